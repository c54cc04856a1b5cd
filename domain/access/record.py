"""Who looked at whose records: each look at personal data is a fact like any other.

A stream for each look, so that nobody waits for somebody else to look. It does not show on the
timelines of what was looked at, which would soon tell of nothing else; the access log finds it by
``viewed``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from domain.ids import RecordId
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that was looked at."""

    kind: str
    id: UUID


def viewed(kind: str) -> str:
    """Return what the index calls a kind of thing that was looked at."""
    return f"viewed-{kind}"


# --- Events -----------------------------------------------------------------------------------


@event("record.viewed", zh="查看记录")
class RecordViewed:
    """Record viewed."""

    things: tuple[Thing, ...]
    through: str
    """The question that was asked, by its name in the API's document."""

    def also_about(self) -> Collection[tuple[str, UUID]]:
        """What the access log finds it by."""
        return [(viewed(thing.kind), thing.id) for thing in self.things]


Event = RecordViewed

# --- Commands ---------------------------------------------------------------------------------


@command
class ViewRecord:
    """Keep that somebody is shown these things."""

    id: RecordId
    things: tuple[Thing, ...]
    through: str


Command = ViewRecord

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unseen:
    """Nobody has looked yet."""


@dataclass(frozen=True)
class Seen:
    """Somebody has: it cannot be undone."""


Record = Unseen | Seen

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, record: Record, envelope: Envelope) -> list[Event]:
    """Decide what follows. Raises ``Rejected``: record.viewed."""
    del envelope
    match record:
        case Unseen():
            told = set(command.things)
            things = tuple(sorted(told, key=lambda each: (each.kind, each.id.int)))
            return [RecordViewed(things=things, through=command.through)]
        case Seen():
            raise Rejected("record.viewed", "This look is kept already.")
        case _:
            assert_never(record)


def evolve(record: Record, fact: Fact[Event]) -> Record:
    """Fold one fact into the state."""
    del record, fact
    return Seen()


def active(record: Record) -> bool:
    """Tell whether somebody looked."""
    return isinstance(record, Seen)


RECORD: Decider[Command, Record, Event] = Decider(
    kind="record",
    commands=Command,
    events=Event,
    initial=Unseen(),
    decide=decide,
    evolve=evolve,
    active=active,
)
