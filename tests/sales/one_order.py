"""One order: what is placed, paid and paid back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from spec import ANA, BO, HARBOUR, MONDAY, sample_id, spec

from domain.ids import OrderId, PaymentId, RefundId
from domain.kernel import Recorded
from domain.money import Money
from domain.sales.order import (
    OrderLine,
    OrderOverdue,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderVoided,
    PlaceOrder,
    RecordPayment,
    RecordRefund,
)
from domain.sales.order_rules import ORDER
from domain.sales.split import Share
from projections.sales.orders import ORDERS

ID = OrderId(sample_id(0x0DE))
WEDNESDAY_OVER = datetime(2025, 3, 5, 16, tzinfo=UTC)
"""When Wednesday has passed in Shanghai."""


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def line(price: Money, quantity: str = "1", cost: Money | None = None) -> OrderLine:
    return OrderLine("Cold box", "CB-2", Decimal(quantity), price, cost)


BOXES = (line(yuan(15025), "2"),)
"""300.50 together."""
HALVES = (Share(ANA, Decimal("62.5")), Share(BO, Decimal("37.5")))

PLACED = OrderPlaced(
    customer_id=HARBOUR,
    number="2025-17",
    currency="CNY",
    lines=BOXES,
    split=HALVES,
    due_on=date(2025, 3, 5),
    due_at=WEDNESDAY_OVER,
    opportunity_id=None,
    contract_id=None,
    channel="web shop",
)
PLACE = PlaceOrder(
    id=ID,
    customer_id=HARBOUR,
    number="2025-17",
    currency="CNY",
    lines=BOXES,
    split=HALVES,
    due_on=date(2025, 3, 5),
    due_at=WEDNESDAY_OVER,
    opportunity_id=None,
    contract_id=None,
    channel="web shop",
)
VOIDED = OrderVoided(customer_id=HARBOUR)
OVERDUE = OrderOverdue(customer_id=HARBOUR, due_on=date(2025, 3, 5), open=yuan(30050))


def pay(minor: int, number: int = 1, currency: str = "CNY") -> RecordPayment:
    return RecordPayment(
        id=ID,
        payment_id=PaymentId(sample_id(number)),
        amount=Money(minor, currency),
        method="cash",
        reference=None,
    )


def paid(minor: int, number: int = 1) -> OrderPaid:
    return OrderPaid(
        customer_id=HARBOUR,
        payment_id=PaymentId(sample_id(number)),
        amount=yuan(minor),
        method="cash",
        reference=None,
    )


def refund(minor: int, number: int = 101, currency: str = "CNY") -> RecordRefund:
    return RecordRefund(id=ID, refund_id=RefundId(sample_id(number)), amount=Money(minor, currency))


def refunded(minor: int, number: int = 101) -> OrderRefunded:
    return OrderRefunded(
        customer_id=HARBOUR, refund_id=RefundId(sample_id(number)), amount=yuan(minor)
    )


def document(*events: Any) -> dict[str, Any]:
    """What the read model makes of these facts."""
    facts = [
        Recorded(
            stream_id=ID,
            version=fact.version,
            event=fact.event,
            envelope=fact.envelope,
            position=fact.version,
            recorded_at=MONDAY,
        )
        for fact in spec(ORDER).given(*events).facts
    ]
    shown = ORDERS.run(None, ID, facts)
    assert shown is not None
    return shown
