"""A quote: what we offer a customer at what price until which day, and what they say to it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, OpportunityId, QuoteId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, PartOf, Rejected, command, event
from domain.money import LARGEST, Money, total


class QuoteStatus(StrEnum):
    """How far an offer has come."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A product, how many or how much of it, and the price of one."""

    product: str
    quantity: Decimal
    unit_price: Money

    @property
    def price(self) -> Money:
        """What the line comes to, to the nearest minor unit, halves to the even one."""
        exact = self.quantity * self.unit_price.minor
        return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), self.unit_price.currency)


def quote_id(number: str) -> QuoteId:
    """Return the id of the quote with this number: no two have the same."""
    return QuoteId(named_id("quote", number.strip().casefold()))


# --- Events -----------------------------------------------------------------------------------


@event("quote.issued", zh="报价发出")
class QuoteIssued:
    """Quote issued."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None
    number: str
    lines: Annotated[tuple[QuoteLine, ...], Confidential(FieldClass.MONEY)]
    total: Annotated[Money, Confidential(FieldClass.MONEY)]
    valid_until: date
    expires_at: datetime
    """When that day has passed where the organisation is."""


@event("quote.accepted", zh="报价接受")
class QuoteAccepted:
    """Quote accepted."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None


@event("quote.declined", zh="报价拒绝")
class QuoteDeclined:
    """Quote declined."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None


@event("quote.withdrawn", zh="报价撤回")
class QuoteWithdrawn:
    """Quote withdrawn."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None


@event("quote.expired", zh="报价过期")
class QuoteExpired:
    """Quote expired."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None


Event = QuoteIssued | QuoteAccepted | QuoteDeclined | QuoteWithdrawn | QuoteExpired

# --- Commands ---------------------------------------------------------------------------------


@command
class IssueQuote:
    """Issue a quote; its id follows from its number (``quote_id``).

    ``expires_at`` is when the day it is valid until has passed where the organisation is.
    """

    id: QuoteId
    customer_id: Annotated[CustomerId, MustBeActive()]
    number: str
    lines: tuple[QuoteLine, ...]
    valid_until: date
    expires_at: datetime
    opportunity_id: Annotated[OpportunityId | None, PartOf("customer_id")] = None


@command
class AcceptQuote:
    """Record that the customer took the offer."""

    id: QuoteId


@command
class DeclineQuote:
    """Record that the customer did not take the offer; the envelope's reason says why."""

    id: QuoteId


@command
class WithdrawQuote:
    """Take an offer back before it is accepted; the envelope's reason says why."""

    id: QuoteId


@command
class ExpireQuote:
    """Note that the offer's last day has passed; nothing where it has not."""

    id: QuoteId


Command = IssueQuote | AcceptQuote | DeclineQuote | WithdrawQuote | ExpireQuote

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such quote."""


@dataclass(frozen=True)
class Issued:
    """An offer that the customer may take."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None
    expires_at: datetime


@dataclass(frozen=True)
class Settled:
    """An offer that was accepted, declined or withdrawn, or has expired."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None
    outcome: QuoteStatus


Quote = Absent | Issued | Settled

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, quote: Quote, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: quote.exists, quote.unknown, quote.settled, quote.expired, quote.no-lines,
    quote.quantity-not-positive, quote.price-below-zero, quote.other-currency, quote.too-large,
    quote.validity-past, quote.reason-missing.
    """
    match command:
        case IssueQuote():
            if not isinstance(quote, Absent):
                raise Rejected(
                    "quote.exists", "There is a quote with this number already.", field="number"
                )
            return [_issued(command, envelope)]
        case ExpireQuote():
            if isinstance(quote, Issued) and quote.expires_at <= envelope.occurred_at:
                return [
                    QuoteExpired(customer_id=quote.customer_id, opportunity_id=quote.opportunity_id)
                ]
            return []
        case AcceptQuote():
            here = _issued_one(quote)
            if here.expires_at <= envelope.occurred_at:
                raise Rejected(
                    "quote.expired", "The offer's last day has passed; issue another quote."
                )
            return [QuoteAccepted(customer_id=here.customer_id, opportunity_id=here.opportunity_id)]
        case DeclineQuote():
            here = _issued_one(quote)
            _needs_reason(envelope, "Say why the customer declines.")
            return [QuoteDeclined(customer_id=here.customer_id, opportunity_id=here.opportunity_id)]
        case WithdrawQuote():
            here = _issued_one(quote)
            _needs_reason(envelope, "Say why the quote is withdrawn.")
            return [
                QuoteWithdrawn(customer_id=here.customer_id, opportunity_id=here.opportunity_id)
            ]
        case _:
            assert_never(command)


def _issued(command: IssueQuote, envelope: Envelope) -> Event:
    if command.expires_at <= envelope.occurred_at:
        raise Rejected(
            "quote.validity-past", "The last day must not have passed yet.", field="valid_until"
        )
    return QuoteIssued(
        customer_id=command.customer_id,
        opportunity_id=command.opportunity_id,
        number=command.number,
        lines=command.lines,
        total=_total(command.lines),
        valid_until=command.valid_until,
        expires_at=command.expires_at,
    )


def _total(lines: tuple[QuoteLine, ...]) -> Money:
    if not lines:
        raise Rejected("quote.no-lines", "A quote has at least one line.", field="lines")
    if any(line.quantity <= 0 for line in lines):
        raise Rejected("quote.quantity-not-positive", "Each quantity is above zero.", field="lines")
    if any(line.unit_price.minor < 0 for line in lines):
        raise Rejected("quote.price-below-zero", "A price is zero or more.", field="lines")
    currency = lines[0].unit_price.currency
    if any(line.unit_price.currency != currency for line in lines):
        raise Rejected(
            "quote.other-currency", f"All prices of a quote are in {currency}.", field="lines"
        )
    found = total((line.price for line in lines), currency)
    if found.minor > LARGEST:
        raise Rejected("quote.too-large", "That is more than can be meant.", field="lines")
    return found


def _issued_one(quote: Quote) -> Issued:
    match quote:
        case Issued():
            return quote
        case Absent():
            raise Rejected("quote.unknown", "There is no such quote.")
        case Settled(outcome=settled):
            raise Rejected("quote.settled", f"The quote is {settled} already.")
        case _:
            assert_never(quote)


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("quote.reason-missing", sentence, field="reason")


def evolve(quote: Quote, fact: Fact[Event]) -> Quote:
    """Fold one fact into the state."""
    event = fact.event
    match event:
        case QuoteIssued(customer_id=customer_id, opportunity_id=opportunity_id):
            return Issued(customer_id, opportunity_id, event.expires_at)
        case QuoteAccepted() | QuoteDeclined() | QuoteWithdrawn() | QuoteExpired():
            if isinstance(quote, Absent):
                return quote
            return Settled(quote.customer_id, quote.opportunity_id, outcome(event))
        case _:
            assert_never(event)


def outcome(event: QuoteAccepted | QuoteDeclined | QuoteWithdrawn | QuoteExpired) -> QuoteStatus:
    """Return what has become of an offer."""
    match event:
        case QuoteAccepted():
            return QuoteStatus.ACCEPTED
        case QuoteDeclined():
            return QuoteStatus.DECLINED
        case QuoteWithdrawn():
            return QuoteStatus.WITHDRAWN
        case QuoteExpired():
            return QuoteStatus.EXPIRED
        case _:
            assert_never(event)


def active(quote: Quote) -> bool:
    """Tell whether the customer may still take the offer, or has taken it."""
    match quote:
        case Settled(outcome=settled):
            return settled is QuoteStatus.ACCEPTED
        case _:
            return isinstance(quote, Issued)


QUOTE: Decider[Command, Quote, Event] = Decider(
    kind="quote",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
