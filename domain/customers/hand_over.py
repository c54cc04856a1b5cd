"""A hand-over in bulk: all customers of a member who leaves move to a colleague, or come back."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from domain.ids import HandOverId, MemberId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event

MOST = 1000
"""The most customers that move in one hand-over."""


def hand_over_id(from_id: MemberId, to_id: MemberId, number: int) -> HandOverId:
    """Return the id of the first, second … hand-over from one member to another.

    One that broke off half-way goes on under the same id.
    """
    return HandOverId(named_id("hand-over", str(from_id), str(to_id), str(number)))


class Kept(StrEnum):
    """Why a customer does not come back."""

    MOVED_ON = "moved-on"
    """It is another's by now, or nobody's."""
    CHANGED = "changed"
    """It is with the receiver still, and something was agreed about it since."""
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class KeptCustomer:
    """A customer that does not come back, and why."""

    customer_id: UUID
    because: Kept


# --- Events -----------------------------------------------------------------------------------
# The customers stand there as plain ids: each has the transfer on its own timeline.


@event("hand-over.carried-out", zh="批量移交完成")
class HandOverCarriedOut:
    """Customers of a member handed over to another."""

    from_id: MemberId
    to_id: MemberId
    customers: tuple[UUID, ...]
    left_out: tuple[KeptCustomer, ...]


@event("hand-over.undone", zh="批量移交撤销")
class HandOverUndone:
    """Hand-over undone."""

    from_id: MemberId
    to_id: MemberId
    given_back: tuple[UUID, ...]
    kept: tuple[KeptCustomer, ...]


Event = HandOverCarriedOut | HandOverUndone

# --- Commands ---------------------------------------------------------------------------------


@command
class CarryOutHandOver:
    """Record that these customers were handed over; whoever sends the command has moved them."""

    id: HandOverId
    from_id: MemberId
    to_id: Annotated[MemberId, MustBeActive()]
    customers: tuple[UUID, ...]
    left_out: tuple[KeptCustomer, ...] = ()


@command
class UndoHandOver:
    """Record that a hand-over was undone: what was given back, and what was not and why."""

    id: HandOverId
    given_back: tuple[UUID, ...]
    kept: tuple[KeptCustomer, ...]


Command = CarryOutHandOver | UndoHandOver

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such hand-over."""


@dataclass(frozen=True)
class CarriedOut:
    """The customers were moved."""

    from_id: MemberId
    to_id: MemberId
    customers: tuple[UUID, ...]


@dataclass(frozen=True)
class Undone:
    """What could be given back was."""

    from_id: MemberId
    to_id: MemberId
    customers: tuple[UUID, ...]


HandOver = Absent | CarriedOut | Undone

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, hand_over: HandOver, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: hand-over.exists, hand-over.unknown, hand-over.undone,
    hand-over.same-member, hand-over.nothing, hand-over.too-many, hand-over.reason-missing.
    """
    match command:
        case CarryOutHandOver(from_id=from_id, to_id=to_id, customers=customers):
            if not isinstance(hand_over, Absent):
                raise Rejected("hand-over.exists", "This hand-over was carried out already.")
            check(from_id, to_id, len(customers), envelope)
            return [
                HandOverCarriedOut(
                    from_id=from_id, to_id=to_id, customers=customers, left_out=command.left_out
                )
            ]
        case UndoHandOver():
            match hand_over:
                case CarriedOut():
                    return [
                        HandOverUndone(
                            from_id=hand_over.from_id,
                            to_id=hand_over.to_id,
                            given_back=command.given_back,
                            kept=command.kept,
                        )
                    ]
                case Absent():
                    raise Rejected("hand-over.unknown", "There is no such hand-over.")
                case Undone():
                    raise Rejected("hand-over.undone", "The hand-over was undone already.")
                case _:
                    assert_never(hand_over)
        case _:
            assert_never(command)


def check(from_id: MemberId, to_id: MemberId, customers: int, envelope: Envelope) -> None:
    """Check that so many customers may be handed over, before the first one moves.

    Raises ``Rejected``: hand-over.same-member, hand-over.nothing, hand-over.too-many,
    hand-over.reason-missing.
    """
    if from_id == to_id:
        raise Rejected(
            "hand-over.same-member", "Hand the customers over to somebody else.", field="to_id"
        )
    if not customers:
        raise Rejected("hand-over.nothing", "This member owns no customer to hand over.")
    if customers > MOST:
        raise Rejected(
            "hand-over.too-many",
            f"A hand-over moves {MOST} customers at most, not {customers};"
            " transfer some of them first.",
        )
    if not envelope.reason:
        raise Rejected(
            "hand-over.reason-missing", "Say why the customers are handed over.", field="reason"
        )


def evolve(hand_over: HandOver, fact: Fact[Event]) -> HandOver:
    """Fold one fact into the state."""
    match fact.event:
        case HandOverCarriedOut(from_id=from_id, to_id=to_id, customers=customers):
            return CarriedOut(from_id, to_id, customers)
        case HandOverUndone(from_id=from_id, to_id=to_id):
            if isinstance(hand_over, Absent):
                return hand_over
            return Undone(from_id, to_id, hand_over.customers)
        case _:
            assert_never(fact.event)


def active(hand_over: HandOver) -> bool:
    """Tell whether it holds."""
    return isinstance(hand_over, CarriedOut)


HAND_OVER: Decider[Command, HandOver, Event] = Decider(
    kind="hand-over",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
