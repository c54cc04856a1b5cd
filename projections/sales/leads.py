"""The lead funnel: everybody who may become a customer, where they came from, what became of it."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.sales import lead
from domain.sales.opportunity import OpportunityOpened
from projections.documents import Document, ReadModel, text, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a lead."""
    match fact.event:
        case lead.LeadCaptured() as captured:
            return _captured(key, fact, captured)
        case _ if document is None:
            return None
        case lead.LeadAssigned(holder_id=holder_id):
            return {"holder_id": str(holder_id)}
        case lead.LeadQualified() as qualified:
            return {
                "status": "qualified",
                "customer_id": str(qualified.customer_id),
                "opportunity_id": text(qualified.opportunity_id) or document["opportunity_id"],
                "qualification": {
                    "budget": qualified.budget,
                    "authority": qualified.authority,
                    "need": qualified.need,
                    "timing": qualified.timing,
                },
                "decided_at": utc(fact.occurred_at),
            }
        case lead.LeadDisqualified():
            return {
                "status": "disqualified",
                "disqualified_because": fact.envelope.reason,
                "decided_at": utc(fact.occurred_at),
            }
        case lead.LeadReopened():
            return {
                "status": "open",
                "qualification": None,
                "disqualified_because": None,
                "decided_at": None,
            }
        case OpportunityOpened():
            return {"opportunity_id": str(fact.stream_id)}
        case _:
            return {}


def _captured(key: UUID, fact: Recorded[Any], event: lead.LeadCaptured) -> Document:
    return {
        "id": str(key),
        "name": event.name,
        "source": event.source,
        "source_detail": event.source_detail,
        "status": "open",
        "department_id": str(event.department_id),
        "holder_id": text(event.holder_id),
        "customer_id": text(event.customer_id),
        "campaign_id": text(event.campaign_id),
        "referral_id": text(event.referral_id),
        "opportunity_id": None,
        "contact_name": event.contact_name,
        "email": event.email,
        "phone": event.phone,
        "need": event.need,
        "qualification": None,
        "disqualified_because": None,
        "captured_at": utc(fact.occurred_at),
        "decided_at": None,
    }


LEADS = ReadModel(
    name="leads",
    version=1,
    subject="lead",
    fold=fold,
    notices=(OpportunityOpened,),
    fields=(
        "name",
        "status",
        "source",
        "department_id",
        "holder_id",
        "customer_id",
        "campaign_id",
        "captured_at",
        "decided_at",
    ),
    # Whose lead it is decides, as who owns a customer does: it is nobody's customer yet.
    row={"customer_id": "customer_id", "owner_id": "holder_id", "holder_id": "holder_id"},
    masks={
        ("email",): FieldClass.CONTACT,
        ("phone",): FieldClass.CONTACT,
        ("qualification",): FieldClass.NOTES,
    },
    personal=True,
)
