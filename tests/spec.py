"""Given these facts, when this command, then these events: how a story about the rules is told."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.ids import CustomerId, MemberId
from domain.kernel import Actor, Channel, Decider, Envelope, Fact, Rejected
from domain.teams.department import department_id

# --- The people, departments, customers and days of all stories -------------------------------


def sample_id(number: int) -> UUID:
    """Return an id that looks like those Concord makes, always the same for the number."""
    return UUID(f"01954d00-0000-7000-8000-{number:012x}")


ANA = MemberId(sample_id(0xA1))
BO = MemberId(sample_id(0xB0))
LI_NA = MemberId(sample_id(0x71))
"""李娜"""

SALES = department_id("sales")
SERVICE = department_id("service")

HARBOUR = CustomerId(sample_id(0xC1))
"""Harbour Foods, whose story most tests tell."""
YUNHE = CustomerId(sample_id(0xC2))
"""云河科技, another customer."""

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
TUESDAY = MONDAY.replace(day=4)
WEDNESDAY = MONDAY.replace(day=5)
THURSDAY = MONDAY.replace(day=6)
FRIDAY = MONDAY.replace(day=7)

# --- Given ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A fact of the story so far: what happened, when, and who did it."""

    event: Any
    instant: datetime = MONDAY
    member: MemberId = ANA


def at(instant: datetime, event: Any) -> Told:
    """Tell when it happened: ``given(OPENED, at(WEDNESDAY, RESOLVED))``."""
    return replace(_told(event), instant=instant)


def by(member: MemberId, event: Any) -> Told:
    """Tell who did it: ``given(by(BO, OPENED))``."""
    return replace(_told(event), member=member)


def _told(event: Any) -> Told:
    return event if isinstance(event, Told) else Told(event)


@dataclass(frozen=True)
class Spec:
    """The story of one thing so far."""

    decider: Decider[Any, Any, Any]
    facts: tuple[Fact[Any], ...] = ()

    def given(self, *events: Any) -> "Spec":
        """Tell what has happened: events, each on Monday by Ana unless ``at`` or ``by`` say."""
        told = [_told(event) for event in events]
        _check(self.decider.event_types, [fact.event for fact in told])
        envelopes = [
            Envelope(occurred_at=fact.instant, actor=Actor.member(fact.member), channel=Channel.API)
            for fact in told
        ]
        return self._with([fact.event for fact in told], envelopes)

    def when(
        self,
        command: Any,
        *,
        at: datetime = TUESDAY,
        by: MemberId | Actor = ANA,
        on_behalf_of: MemberId | None = None,
        reason: str | None = None,
        channel: Channel = Channel.API,
    ) -> "Outcome":
        """Ask for something: on Tuesday and by Ana, unless the story says otherwise."""
        _check(self.decider.command_types, [command])
        envelope = Envelope(
            occurred_at=at,
            actor=by if isinstance(by, Actor) else Actor.member(by),
            on_behalf_of=on_behalf_of,
            reason=reason,
            channel=channel,
        )
        try:
            events = self.decider.decide(command, self.state, envelope)
        except Rejected as refusal:
            return Outcome(refusal, [], self.state)
        _check(self.decider.event_types, events)
        after = self._with(events, [envelope] * len(events))
        return Outcome(None, list(events), after.state)

    def _with(self, events: list[Any], envelopes: list[Envelope]) -> "Spec":
        told = zip(events, envelopes, strict=True)
        facts = tuple(
            Fact(stream_id=sample_id(0), version=version, event=event, envelope=envelope)
            for version, (event, envelope) in enumerate(told, start=len(self.facts) + 1)
        )
        return replace(self, facts=self.facts + facts)

    @property
    def state(self) -> Any:
        """What the thing is after all that."""
        return self.decider.fold(self.facts)

    @property
    def active(self) -> bool:
        """Whether others may still refer to the thing."""
        return self.decider.active(self.state)


def spec(decider: Decider[Any, Any, Any]) -> Spec:
    """Begin a story: ``spec(REQUEST).given(OPENED).when(…).then(…)``."""
    return Spec(decider)


def _check(own: tuple[type[Any], ...], told: list[Any]) -> None:
    strangers = [type(one).__name__ for one in told if not isinstance(one, own)]
    assert not strangers, f"Not among the decider's own: {', '.join(strangers)}."


# --- Then -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What came of a command: a refusal, or events (none at all, perhaps) and a new state."""

    refusal: Rejected | None
    events: list[Any]
    state: Any

    def then(self, *events: Any) -> "Outcome":
        """Exactly these events follow."""
        if self.refusal is not None:
            raise AssertionError(f"Refused as {self.refusal.code}: {self.refusal}")
        assert self.events == list(events), f"{self.events} followed, not {list(events)}"
        return self

    def then_nothing(self) -> "Outcome":
        """The command is accepted, and nothing follows: it is so already."""
        return self.then()

    def then_rejected(self, code: str, *, field: str | None = None) -> None:
        """The rules refuse it: with this code, and blaming this field of the command or none."""
        assert self.refusal is not None, f"Not refused: {self.events} followed"
        told = (self.refusal.code, self.refusal.field)
        assert told == (code, field), f"Refused as {told}, not as {(code, field)}"

    def then_state(self, state: Any) -> None:
        """The thing is this afterwards."""
        assert self.state == state, f"It is {self.state}, not {state}"
