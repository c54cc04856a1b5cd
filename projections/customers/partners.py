"""The partner map: whom each customer is supplied by, sells through, banks with or belongs to."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.customers import partner_link
from domain.kernel import Recorded
from projections.customers.customers import OF_A_CUSTOMER
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a partner link."""
    event = fact.event
    match event:
        case partner_link.PartnerLinked():
            partner = event.partner_id
            return {
                "id": str(key),
                "customer_id": str(event.customer_id),
                "partner_id": None if partner is None else str(partner),
                "partner_name": event.partner_name,
                "link": event.link,
                "note": event.note,
                "status": "linked",
                "linked_at": utc(fact.occurred_at),
                "ended_at": None,
            }
        case partner_link.PartnerLinkEnded() if document is not None:
            return {"status": "ended", "ended_at": utc(fact.occurred_at)}
        case _:
            return None if document is None else {}


PARTNERS = ReadModel(
    name="partners",
    version=1,
    subject="partner-link",
    fold=fold,
    fields=("customer_id", "partner_id", "link", "status", "linked_at"),
    row=OF_A_CUSTOMER,
    masks={("note",): FieldClass.NOTES},
)
