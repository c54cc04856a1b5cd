"""The rules of an order: what may follow what, and no amount beyond what it says."""

from dataclasses import replace
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from domain.kernel import Decider, Envelope, Fact, Rejected
from domain.money import LARGEST, Money
from domain.sales.order import (
    Absent,
    ChangeDueDate,
    ChangeSplit,
    Command,
    Event,
    MarkOverdue,
    Order,
    OrderDueChanged,
    OrderLine,
    OrderOverdue,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderSplitChanged,
    OrderVoided,
    Placed,
    PlaceOrder,
    RecordPayment,
    RecordRefund,
    Voided,
    VoidOrder,
    total_of,
)
from domain.sales.split import Share, check_split

MOST_PIECES = Decimal(10) ** 9
"""The largest quantity of one line."""


def decide(command: Command, order: Order, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: order.exists, order.unknown, order.voided, order.lines-missing,
    order.quantity-not-positive, order.price-negative, order.other-currency, order.too-large,
    order.split-frozen, order.not-positive, order.overpaid, order.over-refunded, payment.exists,
    order.reason-missing, split.not-positive, split.member-twice, split.not-whole.
    """
    match command:
        case PlaceOrder():
            if not isinstance(order, Absent):
                raise Rejected("order.exists", "This order is recorded already.")
            return [_place(command)]
        case MarkOverdue():
            return _mark_overdue(order, envelope)
        case RecordPayment() | RecordRefund():
            return [_settle(command, _placed(order))]
        case ChangeSplit(split=split):
            return _share(split, _placed(order))
        case ChangeDueDate():
            here = _placed(order)
            if (here.due_on, here.due_at) == (command.due_on, command.due_at):
                return []
            return [
                OrderDueChanged(
                    customer_id=here.customer_id, due_on=command.due_on, due_at=command.due_at
                )
            ]
        case VoidOrder():
            here = _placed(order)
            if not envelope.reason:
                raise Rejected(
                    "order.reason-missing", "Say why the order counts nothing.", field="reason"
                )
            return [OrderVoided(customer_id=here.customer_id)]
        case _:
            assert_never(command)


def _place(command: PlaceOrder) -> OrderPlaced:
    _check_lines(command.lines, command.currency)
    if command.split:
        check_split(command.split)
    return OrderPlaced(
        customer_id=command.customer_id,
        number=command.number,
        currency=command.currency,
        lines=command.lines,
        split=command.split,
        due_on=command.due_on,
        due_at=command.due_at,
        opportunity_id=command.opportunity_id,
        contract_id=command.contract_id,
        channel=command.channel,
    )


def _check_lines(lines: tuple[OrderLine, ...], currency: str) -> None:
    if not lines:
        raise Rejected("order.lines-missing", "Say what was ordered.", field="lines")
    for line in lines:
        if not line.quantity.is_finite() or line.quantity <= 0:
            raise Rejected(
                "order.quantity-not-positive", "Each quantity is above zero.", field="lines"
            )
        if line.quantity > MOST_PIECES:
            raise Rejected(
                "order.too-large", f"At most {MOST_PIECES:f} of one product.", field="lines"
            )
        amounts = [line.unit_price, *([line.unit_cost] if line.unit_cost else [])]
        if any(amount.currency != currency for amount in amounts):
            raise Rejected(
                "order.other-currency",
                f"Give every price and cost in {currency}, the order's currency.",
                field="lines",
            )
        if any(amount.minor < 0 for amount in amounts):
            raise Rejected(
                "order.price-negative", "Prices and costs are zero or more.", field="lines"
            )
    if total_of(lines) > LARGEST:
        raise Rejected("order.too-large", "That is more than can be meant.", field="lines")


def _settle(command: RecordPayment | RecordRefund, order: Placed) -> OrderPaid | OrderRefunded:
    if command.amount.currency != order.currency:
        raise Rejected(
            "order.other-currency",
            f"Say it in {order.currency}, the order's currency.",
            field="amount",
        )
    if command.amount.minor <= 0:
        raise Rejected("order.not-positive", "The amount is above zero.", field="amount")
    match command:
        case RecordPayment(payment_id=payment_id, amount=amount):
            _check_new(payment_id, order, "payment_id")
            if amount.minor > order.open:
                raise Rejected(
                    "order.overpaid", "That is more than is still to be paid.", field="amount"
                )
            return OrderPaid(
                customer_id=order.customer_id,
                payment_id=payment_id,
                amount=amount,
                method=command.method,
                reference=command.reference,
            )
        case RecordRefund(refund_id=refund_id, amount=amount):
            _check_new(refund_id, order, "refund_id")
            if amount.minor > order.paid - order.refunded:
                raise Rejected(
                    "order.over-refunded",
                    "That is more than was paid and not yet paid back.",
                    field="amount",
                )
            return OrderRefunded(customer_id=order.customer_id, refund_id=refund_id, amount=amount)
        case _:
            assert_never(command)


def _check_new(id_: UUID, order: Placed, field_: str) -> None:
    if id_ in order.known:
        raise Rejected("payment.exists", "This one is recorded already.", field=field_)


def _share(split: tuple[Share, ...], order: Placed) -> list[Event]:
    if order.paid:
        raise Rejected(
            "order.split-frozen", "The first payment froze who gets the credit.", field="split"
        )
    if split:
        check_split(split)
    if split == order.split:
        return []
    return [OrderSplitChanged(customer_id=order.customer_id, split=split)]


def _mark_overdue(order: Order, envelope: Envelope) -> list[Event]:
    if not isinstance(order, Placed) or order.overdue or order.open <= 0:
        return []
    if order.due_on is None or order.due_at is None or envelope.occurred_at < order.due_at:
        return []
    return [
        OrderOverdue(
            customer_id=order.customer_id,
            due_on=order.due_on,
            open=Money(order.open, order.currency),
        )
    ]


def _placed(order: Order) -> Placed:
    match order:
        case Placed():
            return order
        case Absent():
            raise Rejected("order.unknown", "There is no such order.")
        case Voided():
            raise Rejected("order.voided", "The order was voided; nothing more happens to it.")
        case _:
            assert_never(order)


def evolve(order: Order, fact: Fact[Event]) -> Order:
    """Fold one fact into the state."""
    it = fact.event
    if isinstance(it, OrderPlaced):
        total = total_of(it.lines)
        return Placed(it.customer_id, it.currency, total, it.split, it.due_on, it.due_at)
    if not isinstance(order, Placed):
        return order
    match it:
        case OrderSplitChanged(split=split):
            return replace(order, split=split)
        case OrderPaid(payment_id=id_, amount=amount):
            paid, known = order.paid + amount.minor, order.known | {id_}
            return replace(order, paid=paid, known=known)
        case OrderRefunded(refund_id=id_, amount=amount):
            refunded, known = order.refunded + amount.minor, order.known | {id_}
            return replace(order, refunded=refunded, known=known)
        case OrderOverdue():
            return replace(order, overdue=True)
        case OrderDueChanged(due_on=due_on, due_at=due_at):
            return replace(order, due_on=due_on, due_at=due_at, overdue=False)
        case OrderVoided():
            return Voided(order.customer_id)
        case _:
            assert_never(it)


def active(order: Order) -> bool:
    """Tell whether the order counts."""
    return isinstance(order, Placed)


ORDER: Decider[Command, Order, Event] = Decider(
    kind="order",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
