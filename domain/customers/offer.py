"""An offer to one customer: made by a department, then accepted, declined, withdrawn or expired."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, DepartmentId, OfferId, SegmentId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.money import Money

# --- Events -----------------------------------------------------------------------------------


@event("offer.made", zh="提出专属优惠")
class OfferMade:
    """Offer made."""

    customer_id: CustomerId
    department_id: DepartmentId
    segment_id: SegmentId | None
    title: str
    text: str
    valid_until: date | None
    expires_at: datetime | None
    price: Annotated[Money | None, Confidential(FieldClass.MONEY)]


@event("offer.accepted", zh="客户接受优惠")
class OfferAccepted:
    """Offer accepted by the customer."""

    customer_id: CustomerId
    department_id: DepartmentId


@event("offer.declined", zh="客户谢绝优惠")
class OfferDeclined:
    """Offer declined by the customer."""

    customer_id: CustomerId
    department_id: DepartmentId


@event("offer.withdrawn", zh="撤回优惠")
class OfferWithdrawn:
    """Offer withdrawn."""

    customer_id: CustomerId
    department_id: DepartmentId


@event("offer.expired", zh="优惠到期")
class OfferExpired:
    """Offer expired without an answer."""

    customer_id: CustomerId
    department_id: DepartmentId


Event = OfferMade | OfferAccepted | OfferDeclined | OfferWithdrawn | OfferExpired

# --- Commands ---------------------------------------------------------------------------------


@command
class MakeOffer:
    """Make a customer an offer, perhaps as one of a segment.

    ``valid_until`` is its last day; ``expires_at`` when that day ends where the company is.
    """

    id: OfferId
    customer_id: Annotated[CustomerId, MustBeActive()]
    department_id: Annotated[DepartmentId, MustBeActive()]
    title: str
    text: str
    segment_id: Annotated[SegmentId | None, MustBeActive()] = None
    valid_until: date | None = None
    expires_at: datetime | None = None
    price: Money | None = None


@command
class AcceptOffer:
    """Record that the customer accepts an offer."""

    id: OfferId


@command
class DeclineOffer:
    """Record that the customer declines an offer; the envelope's reason says why."""

    id: OfferId


@command
class WithdrawOffer:
    """Withdraw an offer that was not answered; the envelope's reason says why."""

    id: OfferId


@command
class ExpireOffer:
    """Let an offer expire whose last day is over."""

    id: OfferId


Command = MakeOffer | AcceptOffer | DeclineOffer | WithdrawOffer | ExpireOffer

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such offer."""


@dataclass(frozen=True)
class Open:
    """An offer that waits for the customer's answer."""

    customer_id: CustomerId
    department_id: DepartmentId
    expires_at: datetime | None


@dataclass(frozen=True)
class Over:
    """An offer that was accepted, declined, withdrawn, or expired."""

    customer_id: CustomerId
    department_id: DepartmentId


Offer = Absent | Open | Over

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, offer: Offer, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: offer.exists, offer.unknown, offer.not-open, offer.expired,
    offer.reason-missing, offer.no-time, offer.negative.
    """
    match command:
        case MakeOffer():
            if not isinstance(offer, Absent):
                raise Rejected("offer.exists", "This offer is made already.")
            return [_made(command, envelope)]
        case ExpireOffer():
            if not isinstance(offer, Open) or not _expired(offer, envelope):
                return []  # answered in the meantime, or not due
            return [_ended(OfferExpired, offer)]
        case AcceptOffer():
            here = _open(offer)
            if _expired(here, envelope):
                raise Rejected("offer.expired", "The offer's last day is over; make a new one.")
            return [_ended(OfferAccepted, here)]
        case DeclineOffer():
            here = _open(offer)
            _needs_reason(envelope, "Say why the customer declines.")
            return [_ended(OfferDeclined, here)]
        case WithdrawOffer():
            here = _open(offer)
            _needs_reason(envelope, "Say why the offer is withdrawn.")
            return [_ended(OfferWithdrawn, here)]
        case _:
            assert_never(command)


def _made(command: MakeOffer, envelope: Envelope) -> OfferMade:
    if (command.valid_until is None) != (command.expires_at is None):
        raise Rejected("offer.no-time", "An offer has both a last day and its end, or neither.")
    if command.expires_at is not None and command.expires_at <= envelope.occurred_at:
        raise Rejected(
            "offer.expired", "The last day must not be over already.", field="valid_until"
        )
    if command.price is not None and command.price.minor < 0:
        raise Rejected("offer.negative", "A price is zero or more.", field="price")
    return OfferMade(
        customer_id=command.customer_id,
        department_id=command.department_id,
        segment_id=command.segment_id,
        title=command.title,
        text=command.text,
        valid_until=command.valid_until,
        expires_at=command.expires_at,
        price=command.price,
    )


def _open(offer: Offer) -> Open:
    match offer:
        case Open():
            return offer
        case Absent():
            raise Rejected("offer.unknown", "There is no such offer.")
        case Over():
            raise Rejected("offer.not-open", "Only an open offer can be answered or withdrawn.")
        case _:
            assert_never(offer)


def _ended(made: Callable[..., Event], offer: Open) -> Event:
    return made(customer_id=offer.customer_id, department_id=offer.department_id)


def _expired(offer: Open, envelope: Envelope) -> bool:
    return offer.expires_at is not None and envelope.occurred_at >= offer.expires_at


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("offer.reason-missing", sentence, field="reason")


def evolve(offer: Offer, fact: Fact[Event]) -> Offer:
    """Fold one fact into the state."""
    del offer  # every event says whose it is
    match fact.event:
        case OfferMade(customer_id=customer_id, department_id=department_id, expires_at=expires):
            return Open(customer_id, department_id, expires)
        case OfferAccepted() | OfferDeclined() | OfferWithdrawn() | OfferExpired():
            return Over(fact.event.customer_id, fact.event.department_id)
        case _:
            assert_never(fact.event)


def active(offer: Offer) -> bool:
    """Tell whether the offer waits for an answer."""
    return isinstance(offer, Open)


OFFER: Decider[Command, Offer, Event] = Decider(
    kind="offer",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
