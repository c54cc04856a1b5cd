"""Orders: what was bought, what of it is paid, what is still open, and who gets the credit."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.ids import MemberId
from domain.kernel import Recorded
from domain.money import Money
from domain.sales import order
from domain.sales.split import Share
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, money, utc, utc_or_none


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns an order."""
    match fact.event:
        case order.OrderPlaced():
            return _placed(key, fact, fact.event)
        case _ if document is None:
            return None
        case _:
            changes = _changes(document, fact)
            return _settled(document | changes) if changes else {}


def read_money(told: Document) -> Money:
    """Read an amount as documents have it."""
    return Money.of(told["amount"], told["currency"])


def _placed(key: UUID, fact: Recorded[Any], event: order.OrderPlaced) -> Document:
    currency = event.currency
    total, nothing = order.total_of(event.lines), money(Money(0, currency))
    begun = {
        "id": str(key),
        "customer_id": str(event.customer_id),
        "number": event.number,
        "status": "open",
        "currency": currency,
        "lines": [_line(line) for line in event.lines],
        "total": money(Money(total, currency)),
        "paid": nothing,
        "refunded": nothing,
        "open": nothing,
        "amount_key": f"{currency} {total:016d}",
        "payments": [],
        "refunds": [],
        "due_on": event.due_on and event.due_on.isoformat(),
        "due_at": utc_or_none(event.due_at),
        "owing": "",
        "overdue": "",
        "overdue_at": None,
        "placed_at": utc(fact.occurred_at),
        "last_paid_at": None,
        "split": _split(event.split),
        "channel": event.channel,
        "opportunity_id": event.opportunity_id and str(event.opportunity_id),
        "contract_id": event.contract_id and str(event.contract_id),
    }
    return _settled(begun)


def _line(line: order.OrderLine) -> Document:
    return {
        "product": line.product,
        "sku": line.sku,
        "quantity": f"{line.quantity:f}",
        "unit_price": money(line.unit_price),
        "unit_cost": money(line.unit_cost),
        "amount": money(order.amount_of(line)),
    }


def _split(split: tuple[Share, ...]) -> list[Document]:
    return [
        {
            "member_id": share.member_id and str(share.member_id),
            "percent": f"{share.percent:f}",
            "credit": None,
        }
        for share in split
    ]


def _changes(document: Document, fact: Recorded[Any]) -> Document:
    match fact.event:
        case order.OrderSplitChanged(split=split):
            return {"split": _split(split)}
        case order.OrderPaid() as paid:
            paid_at = utc(fact.occurred_at)
            told = {
                "payment_id": str(paid.payment_id),
                "amount": money(paid.amount),
                "method": paid.method,
                "reference": paid.reference,
                "paid_at": paid_at,
            }
            return {
                "paid": money(read_money(document["paid"]) + paid.amount),
                "payments": [*document["payments"], told],
                # Facts may arrive late: the last payment is the latest, not the one told last.
                "last_paid_at": max(document["last_paid_at"] or "", paid_at),
            }
        case order.OrderRefunded() as refund:
            told = {
                "refund_id": str(refund.refund_id),
                "amount": money(refund.amount),
                "refunded_at": utc(fact.occurred_at),
            }
            return {
                "refunded": money(read_money(document["refunded"]) + refund.amount),
                "refunds": [*document["refunds"], told],
            }
        case order.OrderOverdue():
            return {"overdue": "yes"}
        case order.OrderDueChanged(due_on=due_on, due_at=due_at):
            return {"due_on": due_on.isoformat(), "due_at": utc_or_none(due_at), "overdue": ""}
        case order.OrderVoided():
            return {"status": "voided"}
        case _:
            return {}


def _settled(document: Document) -> Document:
    """Return a document with all that follows from its amounts."""
    total, paid, refunded = (read_money(document[name]) for name in ("total", "paid", "refunded"))
    voided = document["status"] == "voided"
    nothing = Money(0, document["currency"])
    open_ = nothing if voided else total - paid
    if not open_.minor:
        document["overdue"] = ""
    return document | {
        "status": "voided" if voided else _status(total.minor, paid.minor, refunded.minor),
        "open": money(open_),
        "owing": "yes" if open_.minor else "",
        "overdue_at": document["due_at"] if open_.minor and not document["overdue"] else None,
        "split": _credited(document["split"], nothing if voided else total - refunded),
    }


def _status(total: int, paid: int, refunded: int) -> str:
    if paid < total:
        return "part-paid" if paid else "open"
    return "refunded" if refunded and refunded == paid else "paid"


def _credited(split: list[Document], net: Money) -> list[Document]:
    shares = tuple(Share(_member(each["member_id"]), Decimal(each["percent"])) for each in split)
    credit = order.credit(net, shares)
    return [
        each | {"credit": money(credit[share.member_id])}
        for each, share in zip(split, shares, strict=True)
    ]


def _member(id_: str | None) -> MemberId | None:
    return None if id_ is None else MemberId(UUID(id_))


ORDERS = ReadModel(
    name="orders",
    version=1,
    subject="order",
    fold=fold,
    fields=(
        "status",
        "customer_id",
        "number",
        "owing",
        "overdue",
        "overdue_at",
        "due_on",
        "placed_at",
        "last_paid_at",
        "contract_id",
        "opportunity_id",
        "channel",
        "amount_key",
    ),
    together=(("customer_id", "placed_at"), ("owing", "placed_at")),
    row={
        "customer_id": "customer_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
        "holder_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
    masks={
        ("lines", "unit_price"): FieldClass.MONEY,
        ("lines", "unit_cost"): FieldClass.MONEY,
        ("lines", "amount"): FieldClass.MONEY,
        ("total",): FieldClass.MONEY,
        ("paid",): FieldClass.MONEY,
        ("refunded",): FieldClass.MONEY,
        ("open",): FieldClass.MONEY,
        ("amount_key",): FieldClass.MONEY,
        ("payments", "amount"): FieldClass.MONEY,
        ("refunds", "amount"): FieldClass.MONEY,
        ("split", "credit"): FieldClass.MONEY,
    },
)
