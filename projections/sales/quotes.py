"""Quotes: what we offered, for how much, until when, and what was said to it."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.sales import quote
from domain.sales.quote import QuoteLine, QuoteStatus
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, money, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a quote."""
    match fact.event:
        case quote.QuoteIssued() as issued:
            return _issued(key, fact, issued)
        case _ if document is None:
            return None
        case (
            quote.QuoteAccepted()
            | quote.QuoteDeclined()
            | quote.QuoteWithdrawn()
            | quote.QuoteExpired()
        ) as settled:
            return {
                "status": quote.outcome(settled),
                "settled_at": utc(fact.occurred_at),
                "settled_because": fact.envelope.reason,
                "expires_at": None,
            }
        case _:
            return {}


def _issued(key: UUID, fact: Recorded[Any], event: quote.QuoteIssued) -> Document:
    return {
        "id": str(key),
        "customer_id": str(event.customer_id),
        "opportunity_id": None if event.opportunity_id is None else str(event.opportunity_id),
        "number": event.number,
        "status": QuoteStatus.ISSUED,
        "lines": [_line(line) for line in event.lines],
        "total": money(event.total),
        "valid_until": event.valid_until.isoformat(),
        "issued_at": utc(fact.occurred_at),
        "expires_at": utc(event.expires_at),
        "settled_at": None,
        "settled_because": None,
    }


def _line(line: QuoteLine) -> Document:
    return {
        "product": line.product,
        "quantity": f"{line.quantity:f}",
        "unit_price": money(line.unit_price),
        "price": money(line.price),
    }


QUOTES = ReadModel(
    name="quotes",
    version=1,
    subject="quote",
    fold=fold,
    fields=(
        "number",
        "status",
        "customer_id",
        "opportunity_id",
        "valid_until",
        "issued_at",
        "expires_at",
    ),
    row={
        "customer_id": "customer_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
        "holder_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
    masks={
        ("total",): FieldClass.MONEY,
        ("lines", "unit_price"): FieldClass.MONEY,
        ("lines", "price"): FieldClass.MONEY,
    },
)
