"""How requests travelled: through whose hands, past which queues, and where they had to wait.

Pure counting, no log and no clock. A request that counts is a *case*; its facts stand in the order
in which they occurred (equal times: in which they were recorded), not in which we learned of them.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from domain.kernel import Recorded
from domain.support.request import (
    RequestAssigned,
    RequestClosed,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestResolved,
    RequestRetracted,
    RequestVoided,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.words import RequestKind, WaitingOn

MICROSECOND = timedelta(microseconds=1)


class State(StrEnum):
    """How a case stands at the end of the window."""

    OPEN = "open"
    RESOLVED = "resolved"
    CLOSED = "closed"
    VOIDED = "voided"


class Cause(StrEnum):
    """What a case waited for; what the contract allows us to wait for is counted apart."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third-party"
    CONTRACTED_THIRD_PARTY = "contracted-third-party"


# --- What is kept of the log ------------------------------------------------------------------


class Step(NamedTuple):
    """What the report keeps of one fact."""

    at: datetime
    what: type[Any]
    """The event's class."""
    told: Any
    """Who holds it now, which queue it is in, or what it waits for; None for other events."""
    activity: str | None
    """The other system's own word for it, else the event's name; None where a row told it too."""


@dataclass(slots=True)
class Case:
    """One request since it was opened: what the customer wanted, and what happened to it."""

    kind: RequestKind
    steps: list[Step] = field(default_factory=list)
    """In the log's order."""


@dataclass(slots=True)
class Cases:
    """All requests of a log, gathered fact by fact in the log's order.

    A request counts since it was last opened: what was there before has been taken back.
    """

    by_id: dict[UUID, Case] = field(default_factory=dict)
    facts: int = 0

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a request."""
        self.facts += 1
        if isinstance(fact.event, RequestOpened):
            self.by_id[fact.stream_id] = Case(fact.event.kind)
        elif isinstance(fact.event, RequestRetracted):
            self.take_back(fact.stream_id)
        if case := self.by_id.get(fact.stream_id):
            case.steps.append(_step(fact))
            if isinstance(fact.event, RequestOpened) and fact.event.holder_id:
                holder = sys.intern(str(fact.event.holder_id))
                case.steps.append(Step(fact.occurred_at, RequestAssigned, holder, None))

    def take_back(self, id_: UUID) -> None:
        """Forget a request that was recorded by mistake: it never was."""
        self.by_id.pop(id_, None)

    def last_at(self) -> datetime | None:
        """Return the latest time at which anything happened to a request, None without any."""
        return max((step.at for case in self.by_id.values() for step in case.steps), default=None)


def _step(fact: Recorded[Any]) -> Step:
    event = fact.event
    return Step(fact.occurred_at, type(event), _told(event), _activity(fact))


def _told(event: Any) -> Any:
    match event:
        case RequestAssigned(member_id=id_) | RequestQueued(department_id=id_):
            return sys.intern(str(id_))
        case RequestOpened(department_id=id_):
            return sys.intern(str(id_))
        case WaitingStarted(on=on, contracted=contracted):
            return on, contracted
        case WaitingEnded(on=on):
            return on
        case _:
            return None


def _activity(fact: Recorded[Any]) -> str | None:
    imported = fact.envelope.imported
    if imported is None:
        return fact.name
    return None if imported.derived else sys.intern(imported.label)


# --- What became of a case --------------------------------------------------------------------


class Wait(NamedTuple):
    """A time during which a case waited for one thing."""

    cause: Cause
    start: datetime
    end: datetime
    running: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one case."""

    kind: RequestKind
    state: State
    reopened: bool
    activities: tuple[str, ...]
    holders: tuple[str, ...]
    """The members who held it, one after the other; time spent in a queue is no holder's."""
    queues: tuple[str, ...]
    """The departments whose queues it went through; the last one has it now."""
    waits: tuple[Wait, ...]
    duration: timedelta
    """From its first fact to its last."""
    resolved_after: timedelta | None
    """From its opening to its last resolution, where it is resolved now."""


def course(case: Case, until: datetime) -> Course:
    """Tell what became of a case; a wait that still runs is measured up to ``until``."""
    steps = sorted(case.steps, key=attrgetter("at"))  # equal times stay in the log's order
    return Course(
        kind=case.kind,
        state=state(steps),
        reopened=any(step.what is RequestReopened for step in steps),
        activities=tuple(step.activity for step in steps if step.activity is not None),
        holders=collapsed(step.told for step in steps if step.what is RequestAssigned),
        queues=collapsed(step.told for step in steps if step.what in _INTO_QUEUE),
        waits=tuple(waits(steps, until)),
        duration=steps[-1].at - steps[0].at,
        resolved_after=resolved_after(steps),
    )


_INTO_QUEUE = (RequestOpened, RequestQueued)
_TURNS: dict[type[Any], State] = {
    RequestResolved: State.RESOLVED,
    RequestReopened: State.OPEN,
    RequestClosed: State.CLOSED,
}


def state(steps: Iterable[Step]) -> State:
    """Return how a case stands after its steps: open until resolved; voided for good."""
    now = State.OPEN
    for step in steps:
        if step.what is RequestVoided:
            return State.VOIDED
        now = _TURNS.get(step.what, now)
    return now


def resolved_after(steps: Sequence[Step]) -> timedelta | None:
    """Return the time from the opening to the last resolution.

    None for a case that is open (or open again), and where the claimed times contradict each
    other: a resolution before the opening measures nothing.
    """
    if state(steps) is State.OPEN:
        return None
    opened = [step.at for step in steps if step.what is RequestOpened]
    resolved = [step.at for step in steps if step.what is RequestResolved]
    if not (opened and resolved) or resolved[-1] < opened[0]:
        return None
    return resolved[-1] - opened[0]


def waits(steps: Iterable[Step], until: datetime) -> list[Wait]:
    """Return a case's waits, in the order of their ends.

    Only an open case waits, once at a time for the customer and once for a third party. A wait
    ends when that is recorded, and with the resolution; one still running ends ``until``.
    """
    over: list[Wait] = []
    running: dict[WaitingOn, tuple[Cause, datetime]] = {}
    now = State.OPEN
    for step in steps:
        now = _TURNS.get(step.what, now)
        if step.what is WaitingStarted and now is State.OPEN:
            on, contracted = step.told
            running.setdefault(on, (cause(on, contracted=contracted), step.at))
        ended = list(running) if now is not State.OPEN else []
        if step.what is WaitingEnded and step.told in running:
            ended = [step.told]
        over += [Wait(*running.pop(on), step.at, running=False) for on in ended]
    return over + [Wait(*begun, until, running=True) for begun in running.values()]


def cause(on: WaitingOn, *, contracted: bool) -> Cause:
    """Tell what a wait is counted under."""
    if on is WaitingOn.CUSTOMER:
        return Cause.CUSTOMER
    return Cause.CONTRACTED_THIRD_PARTY if contracted else Cause.THIRD_PARTY


# --- Counting ---------------------------------------------------------------------------------


def collapsed(sequence: Iterable[str]) -> tuple[str, ...]:
    """Return a sequence with equal neighbours taken as one: A, A, B, A → A, B, A."""
    return tuple(each for each, _ in groupby(sequence))


def ping_pongs(sequence: Sequence[str]) -> int:
    """Count how often a case came straight back (A → B → A); overlaps count: A, B, A, B is two."""
    return sum(first == third for first, third in zip(sequence, sequence[2:], strict=False))


def waited(waits: Iterable[Wait]) -> timedelta:
    """Return how long a case waited; time spent waiting for two things at once counts once."""
    total = timedelta()
    reached: datetime | None = None
    for wait in sorted(waits, key=lambda wait: (wait.start, wait.end)):
        start = wait.start if reached is None else max(wait.start, reached)
        if wait.end > start:
            total += wait.end - start
            reached = wait.end
    return total


def grouped(courses: Iterable[Course], by: str) -> dict[str, list[Course]]:
    """Return the courses by what the customer wanted (``kind``) or the department that has them."""
    groups: dict[str, list[Course]] = defaultdict(list)
    for each in courses:
        groups[each.kind if by == "kind" else each.queues[-1]].append(each)
    return dict(sorted(groups.items()))
