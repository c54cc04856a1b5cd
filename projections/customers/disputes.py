"""Disputes between customers: who holds what against whom, who mediates, on what they agreed."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.customers import dispute
from domain.kernel import Recorded
from projections.customers.customers import OF_A_CUSTOMER
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a dispute."""
    event = fact.event
    match event:
        case dispute.DisputeRaised():
            return {
                "id": str(key),
                "customer_id": str(event.customer_id),
                "against_id": str(event.against_id),
                "about": event.about,
                "status": "raised",
                "mediator_id": None,
                "terms": None,
                "raised_at": utc(fact.occurred_at),
                "ended_at": None,
            }
        case _ if document is None:
            return None
        case dispute.MediatorNamed(mediator_id=mediator_id):
            return {"status": "mediated", "mediator_id": str(mediator_id)}
        case dispute.DisputeSettled(terms=terms):
            return {"status": "settled", "terms": terms, "ended_at": utc(fact.occurred_at)}
        case dispute.DisputeWithdrawn():
            return {"status": "withdrawn", "ended_at": utc(fact.occurred_at)}
        case _:
            return {}


DISPUTES = ReadModel(
    name="disputes",
    version=1,
    subject="dispute",
    fold=fold,
    fields=("customer_id", "against_id", "mediator_id", "status", "raised_at"),
    row=OF_A_CUSTOMER,
    masks={("about",): FieldClass.NOTES, ("terms",): FieldClass.NOTES},
)
