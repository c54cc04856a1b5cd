"""What the log says of complaints: each one's course, cause, and what was granted for it.

Pure counting, no log and no clock. Where the order matters it is that of the times at which things
occurred (equal times: in which they were recorded).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from domain.customers.customer import CustomerRetracted
from domain.ids import CustomerId
from domain.kernel import Recorded
from domain.money import Money
from domain.support.complaint import (
    COMPLAINT,
    Cause,
    CompensationApproved,
    ComplaintAcknowledged,
    ComplaintClassified,
    ComplaintSettled,
)
from domain.support.request import (
    RequestOpened,
    RequestReopened,
    RequestResolved,
    RequestRetracted,
    RequestVoided,
)
from domain.support.words import RequestKind, VoidedBecause

_OF_REQUESTS: tuple[Any, ...] = (
    RequestOpened,
    RequestResolved,
    RequestReopened,
    RequestVoided,
    RequestRetracted,
    CustomerRetracted,
)
COMPLAINT_EVENTS = tuple(event.__event_name__ for event in (*_OF_REQUESTS, *COMPLAINT.event_types))


class Mark(NamedTuple):
    """Something that happened to a complaint: when, and where the log says so."""

    at: datetime
    position: int


class Turn(NamedTuple):
    """A resolution, or the end of one."""

    at: datetime
    position: int
    resolved: bool


@dataclass(slots=True)
class Case:
    """One complaint, as far as the log tells."""

    id: UUID
    customer_id: CustomerId
    opened: Mark
    acknowledgements: list[Mark] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    cause: Cause | None = None
    classified: int | None = None
    granted: list[tuple[Money, int]] = field(default_factory=list)
    settled: tuple[bool, int] | None = None
    voided: tuple[VoidedBecause, int] | None = None

    @property
    def acknowledged(self) -> Mark | None:
        """When the customer was first told that it is here."""
        return min(self.acknowledgements, default=None)

    @property
    def course(self) -> list[Turn]:
        """Resolutions and reopenings, in order of time."""
        return sorted(self.turns, key=attrgetter("at"))

    @property
    def resolved(self) -> Mark | None:
        """Its last resolution, where it did not come back since."""
        last = self.course[-1] if self.turns else None
        return Mark(last.at, last.position) if last and last.resolved else None

    @property
    def resolutions(self) -> list[int]:
        """The positions of all its resolutions."""
        return [turn.position for turn in self.course if turn.resolved]

    @property
    def reopenings(self) -> list[int]:
        """The positions of the facts that it came back after a resolution."""
        course = self.course
        return [
            after.position
            for before, after in pairwise(course)
            if before.resolved and not after.resolved
        ]


@dataclass(slots=True)
class Cases:
    """All complaints of a log, gathered fact by fact in the log's order."""

    by_id: dict[UUID, Case] = field(default_factory=dict)
    facts: int = 0
    last_at: datetime | None = None
    """The latest time at which anything happened to one."""

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact; what was recorded by mistake never was."""
        event = fact.event
        if isinstance(event, CustomerRetracted):
            gone = [key for key, each in self.by_id.items() if each.customer_id == fact.stream_id]
            for key in gone:
                del self.by_id[key]
        elif isinstance(event, RequestRetracted):
            self.by_id.pop(fact.stream_id, None)
        elif isinstance(event, RequestOpened):
            self.by_id.pop(fact.stream_id, None)
            if event.kind is RequestKind.COMPLAINT:
                opened = Mark(fact.occurred_at, fact.position)
                self.by_id[fact.stream_id] = Case(fact.stream_id, event.customer_id, opened)
                self._count(fact)
        elif case := self.by_id.get(getattr(event, "request_id", fact.stream_id)):
            _follow(case, fact)
            self._count(fact)

    def _count(self, fact: Recorded[Any]) -> None:
        self.facts += 1
        self.last_at = max(self.last_at or fact.occurred_at, fact.occurred_at)

    def __iter__(self) -> Iterator[Case]:
        """Go through them in the order in which they were recorded."""
        return iter(self.by_id.values())


def _follow(case: Case, fact: Recorded[Any]) -> None:
    at, position = fact.occurred_at, fact.position
    match fact.event:
        case ComplaintAcknowledged():
            case.acknowledgements.append(Mark(at, position))
        case RequestResolved():
            case.turns.append(Turn(at, position, resolved=True))
        case RequestReopened():
            case.turns.append(Turn(at, position, resolved=False))
        case ComplaintClassified(cause=cause):
            case.cause, case.classified = cause, position
        case CompensationApproved(amount=amount):
            case.granted.append((amount, position))
        case ComplaintSettled(accepted=accepted):
            case.settled = (accepted, position)
        case RequestVoided(because=because):
            case.voided = (because, position)
        case _:
            pass  # who has it decides no figure here
