"""An order: what a customer bought, at what price, what of it is paid, and who gets the credit.

Payments and refunds are facts of their own, each known by its id, so that the same one told twice
counts once. An order that is voided counts nothing; what was paid on it stays told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated
from uuid import UUID

from domain.confidential import Confidential, FieldClass
from domain.ids import (
    ContractId,
    CustomerId,
    MemberId,
    OpportunityId,
    OrderId,
    PaymentId,
    RefundId,
    named_id,
)
from domain.kernel import MustBeActive, PartOf, command, event
from domain.money import Money, shared
from domain.sales.split import Share


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order: how many (or how much) of it, at what price and cost for one."""

    product: str
    sku: str | None
    quantity: Decimal
    unit_price: Money
    unit_cost: Money | None


def order_id(source: str, number: str) -> OrderId:
    """Return the one id of an order that another system knows by a number."""
    return OrderId(named_id("order", source, number))


# --- Events -----------------------------------------------------------------------------------


def _shared_by(split: Iterable[Share]) -> Iterable[tuple[str, UUID]]:
    return (("member", share.member_id) for share in split if share.member_id is not None)


@event("order.placed", zh="客户下单")
class OrderPlaced:
    """Order placed."""

    customer_id: CustomerId
    number: str | None
    currency: str
    lines: Annotated[tuple[OrderLine, ...], Confidential(FieldClass.MONEY)]
    split: tuple[Share, ...]
    due_on: date | None
    due_at: datetime | None
    """When that day has passed where the organisation is."""
    opportunity_id: OpportunityId | None
    contract_id: ContractId | None
    channel: str | None

    def also_about(self) -> Iterable[tuple[str, UUID]]:
        """Name who shares the credit."""
        return _shared_by(self.split)


@event("order.split-changed", zh="业绩分成变更")
class OrderSplitChanged:
    """Credit for the order shared otherwise."""

    customer_id: CustomerId
    split: tuple[Share, ...]

    def also_about(self) -> Iterable[tuple[str, UUID]]:
        """Name who shares the credit now."""
        return _shared_by(self.split)


@event("order.paid", zh="收到货款")
class OrderPaid:
    """Payment received."""

    customer_id: CustomerId
    payment_id: PaymentId
    amount: Annotated[Money, Confidential(FieldClass.MONEY)]
    method: str | None
    reference: str | None


@event("order.refunded", zh="退款")
class OrderRefunded:
    """Payment refunded."""

    customer_id: CustomerId
    refund_id: RefundId
    amount: Annotated[Money, Confidential(FieldClass.MONEY)]


@event("order.voided", zh="订单作废")
class OrderVoided:
    """Order voided."""

    customer_id: CustomerId


@event("order.overdue", zh="应收款逾期")
class OrderOverdue:
    """Payment overdue."""

    customer_id: CustomerId
    due_on: date
    open: Annotated[Money, Confidential(FieldClass.MONEY)]


@event("order.due-changed", zh="付款期限变更")
class OrderDueChanged:
    """Payment due on another day."""

    customer_id: CustomerId
    due_on: date
    due_at: datetime | None


Event = (
    OrderPlaced
    | OrderSplitChanged
    | OrderPaid
    | OrderRefunded
    | OrderVoided
    | OrderOverdue
    | OrderDueChanged
)

# --- Commands ---------------------------------------------------------------------------------


@command
class PlaceOrder:
    """Record what a customer ordered; one known elsewhere by a number has one id for ever."""

    id: OrderId
    customer_id: Annotated[CustomerId, MustBeActive()]
    number: str | None
    currency: str
    lines: tuple[OrderLine, ...]
    split: tuple[Share, ...]
    due_on: date | None
    due_at: datetime | None
    opportunity_id: Annotated[OpportunityId | None, PartOf("customer_id")]
    contract_id: Annotated[ContractId | None, PartOf("customer_id")]
    channel: str | None


@command
class ChangeSplit:
    """Share the credit otherwise, as long as nothing is paid."""

    id: OrderId
    split: tuple[Share, ...]


@command
class RecordPayment:
    """Record what the customer paid, and how."""

    id: OrderId
    payment_id: PaymentId
    amount: Money
    method: str | None
    reference: str | None


@command
class RecordRefund:
    """Record what the customer was paid back."""

    id: OrderId
    refund_id: RefundId
    amount: Money


@command
class VoidOrder:
    """Declare that an order counts nothing; the envelope's reason says why."""

    id: OrderId


@command
class MarkOverdue:
    """Tell that the day has passed on which an order was to be paid, where that is so."""

    id: OrderId


@command
class ChangeDueDate:
    """Give the customer until another day."""

    id: OrderId
    due_on: date
    due_at: datetime | None


Command = (
    PlaceOrder
    | ChangeSplit
    | RecordPayment
    | RecordRefund
    | VoidOrder
    | MarkOverdue
    | ChangeDueDate
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such order has been recorded."""


@dataclass(frozen=True)
class Placed:
    """An order that counts; amounts are minor units of its currency."""

    customer_id: CustomerId
    currency: str
    total: int
    split: tuple[Share, ...]
    due_on: date | None
    due_at: datetime | None
    paid: int = 0
    refunded: int = 0
    known: frozenset[UUID] = field(default_factory=frozenset)
    """Its payments and refunds so far."""
    overdue: bool = False
    """Whether it was told that this due date has passed."""

    @property
    def open(self) -> int:
        """What is still to be paid."""
        return self.total - self.paid


@dataclass(frozen=True)
class Voided:
    """An order that counts nothing."""

    customer_id: CustomerId


Order = Absent | Placed | Voided

# --- Amounts ----------------------------------------------------------------------------------


def amount_of(line: OrderLine) -> Money:
    """Return what a line costs: quantity times price, half a minor unit rounded up."""
    exact = Fraction(line.quantity) * line.unit_price.minor
    return Money(int((exact + Fraction(1, 2)) // 1), line.unit_price.currency)


def total_of(lines: Iterable[OrderLine]) -> int:
    """Return what lines cost together, in minor units of their one currency."""
    return sum(amount_of(line).minor for line in lines)


def credit(amount: Money, split: tuple[Share, ...]) -> dict[MemberId | None, Money]:
    """Divide an amount among those who share the credit; the parts add up to it.

    What nobody is named for stands at None: all of it where there is no split.
    """
    if not split:
        return {None: amount}
    return shared(amount, {share.member_id: share.percent for share in split})
