"""A need: what a customer wants, or would want if they thought of it, until it is met or dropped.

Each is a stream of its own, so that all departments can record at once.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from domain.ids import CustomerId, InteractionId, NeedId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event


class Urgency(StrEnum):
    """How soon the customer wants it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


# --- Events -----------------------------------------------------------------------------------


@event("need.recorded", zh="需求记录")
class NeedRecorded:
    """Need recorded."""

    customer_id: CustomerId
    what: str
    latent: bool
    """Whether we see it and the customer has not said it."""
    product: str | None
    urgency: Urgency | None
    found_in_id: InteractionId | None


@event("need.changed", zh="需求变更")
class NeedChanged:
    """Need changed."""

    customer_id: CustomerId
    what: str
    latent: bool
    product: str | None
    urgency: Urgency | None


@event("need.met", zh="需求已满足")
class NeedMet:
    """Need met."""

    customer_id: CustomerId
    how: str | None


@event("need.dropped", zh="需求取消")
class NeedDropped:
    """Need dropped: the customer wants it no more."""

    customer_id: CustomerId


Event = NeedRecorded | NeedChanged | NeedMet | NeedDropped

# --- Commands ---------------------------------------------------------------------------------


@command
class RecordNeed:
    """Record what a customer wants."""

    id: NeedId
    customer_id: Annotated[CustomerId, MustBeActive()]
    what: str
    latent: bool = False
    product: str | None = None
    urgency: Urgency | None = None
    found_in_id: Annotated[InteractionId | None, MustBeActive()] = None


@command
class ChangeNeed:
    """Say the whole need as it is known now; a latent one may have been said aloud."""

    id: NeedId
    what: str
    latent: bool
    product: str | None = None
    urgency: Urgency | None = None


@command
class MeetNeed:
    """Keep that the customer has what they wanted, and how they got it."""

    id: NeedId
    how: str | None = None


@command
class DropNeed:
    """Keep that the customer wants it no more; the envelope's reason says why."""

    id: NeedId


Command = RecordNeed | ChangeNeed | MeetNeed | DropNeed

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such need."""


@dataclass(frozen=True)
class Open:
    """A need nobody has met yet."""

    customer_id: CustomerId
    what: str
    latent: bool
    product: str | None
    urgency: Urgency | None


@dataclass(frozen=True)
class Met:
    """A need that was met."""

    customer_id: CustomerId


@dataclass(frozen=True)
class Dropped:
    """A need the customer has no more."""

    customer_id: CustomerId


Need = Absent | Open | Met | Dropped

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, need: Need, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: need.exists, need.unknown, need.met, need.dropped, need.reason-missing.
    """
    match command:
        case RecordNeed():
            if not isinstance(need, Absent):
                raise Rejected("need.exists", "This need is recorded already.")
            return [
                NeedRecorded(
                    customer_id=command.customer_id,
                    what=command.what,
                    latent=command.latent,
                    product=command.product,
                    urgency=command.urgency,
                    found_in_id=command.found_in_id,
                )
            ]
        case ChangeNeed():
            return _change(command, _open(need))
        case MeetNeed(how=how):
            return [NeedMet(customer_id=_open(need).customer_id, how=how)]
        case DropNeed():
            here = _open(need)
            if not envelope.reason:
                raise Rejected(
                    "need.reason-missing",
                    "Say why the customer wants it no more.",
                    field="reason",
                )
            return [NeedDropped(customer_id=here.customer_id)]
        case _:
            assert_never(command)


def _change(command: ChangeNeed, here: Open) -> list[Event]:
    said = Open(here.customer_id, command.what, command.latent, command.product, command.urgency)
    if said == here:
        return []
    return [
        NeedChanged(
            customer_id=said.customer_id,
            what=said.what,
            latent=said.latent,
            product=said.product,
            urgency=said.urgency,
        )
    ]


def _open(need: Need) -> Open:
    match need:
        case Open():
            return need
        case Absent():
            raise Rejected("need.unknown", "There is no such need.")
        case Met():
            raise Rejected("need.met", "The need was met; record a new one.")
        case Dropped():
            raise Rejected("need.dropped", "The need was dropped; record a new one.")
        case _:
            assert_never(need)


def evolve(need: Need, fact: Fact[Event]) -> Need:
    """Fold one fact into the state."""
    del need  # every event carries the whole new state
    match fact.event:
        case NeedRecorded() | NeedChanged():
            told = fact.event
            return Open(told.customer_id, told.what, told.latent, told.product, told.urgency)
        case NeedMet(customer_id=customer_id):
            return Met(customer_id)
        case NeedDropped(customer_id=customer_id):
            return Dropped(customer_id)
        case _:
            assert_never(fact.event)


def active(need: Need) -> bool:
    """Tell whether something may be offered for it."""
    return isinstance(need, Open)


NEED: Decider[Command, Need, Event] = Decider(
    kind="need",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
