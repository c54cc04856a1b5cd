"""Pairs of customers that somebody has found not to be the same."""

from typing import Any
from uuid import UUID

from domain.customers import likeness
from domain.kernel import Recorded
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact about a pair."""
    match fact.event:
        case likeness.LikenessDismissed(customer_id=customer_id, other_id=other_id):
            return {
                "id": str(key),
                "customer_id": str(customer_id),
                "other_id": str(other_id),
                "dismissed_at": utc(fact.occurred_at),
            }
        case likeness.LikenessRestored() if document is not None:
            return {"dismissed_at": None}
        case _:
            return document


LIKENESSES = ReadModel(
    name="likenesses",
    version=1,
    subject="likeness",
    fold=fold,
    fields=("customer_id",),
    row={
        "customer_id": "customer_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
        "holder_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
)
