"""Complaints: what was done about each, what caused it, and which call-backs are to follow."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Channel, Recorded
from domain.support import complaint, follow_up, request
from domain.support.words import RequestKind
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, money, utc
from projections.support.requests import REQUESTS

UNCLASSIFIED = "unclassified"
"""What a complaint is counted under whose cause nobody has said."""


def fold_complaint(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of what is done about a complaint."""
    changes = _handled(fact)
    if document is not None:
        return changes | {"last_fact_at": utc(fact.occurred_at)}
    event = fact.event
    begun = nothing_done(key, str(event.customer_id), str(event.request_id))
    return begun | changes | {"last_fact_at": utc(fact.occurred_at)}


def nothing_done(key: UUID, customer_id: str, request_id: str) -> Document:
    """Return how a complaint is shown that nothing was done about beside answering it."""
    return {
        "id": str(key),
        "version": 0,
        "customer_id": customer_id,
        "request_id": request_id,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "severity": None,
        "escalated_to": None,
        "escalated_department": None,
        "cause": None,
        "detail": None,
        "compensation": "none",
        "form": None,
        "amount": None,
        "settled": None,
        "last_fact_at": None,
    }


def _handled(fact: Recorded[Any]) -> Document:
    event = fact.event
    match event:
        case complaint.ComplaintAcknowledged():
            who = fact.envelope.performer
            return {
                "acknowledged_at": utc(fact.occurred_at),
                "acknowledged_by": None if who is None else str(who),
            }
        case complaint.ComplaintEscalated(member_id=member_id, department_id=department_id):
            return {
                "severity": event.severity,
                "escalated_to": member_id and str(member_id),
                "escalated_department": department_id and str(department_id),
            }
        case complaint.ComplaintClassified(cause=cause, detail=detail):
            return {"cause": cause, "detail": detail}
        case complaint.CompensationProposed(kind=kind, amount=amount):
            return {"compensation": "proposed", "form": kind, "amount": money(amount)}
        case complaint.CompensationApproved():
            return {"compensation": "approved"}
        case complaint.CompensationDeclined():
            return {"compensation": "declined"}
        case complaint.ComplaintSettled(accepted=accepted):
            return {"settled": "accepted" if accepted else "not-accepted"}
        case _:
            return {}


_AS_ITS_REQUEST: dict[str, str | Through] = {
    "customer_id": "customer_id",
    "department_id": Through("request_id", REQUESTS, "department_id"),
    "holder_id": Through("request_id", REQUESTS, "holder_id"),
    "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
}

COMPLAINTS = ReadModel(
    name="complaints",
    version=1,
    subject="complaint",
    fold=fold_complaint,
    fields=(
        "customer_id", "request_id", "severity", "cause", "compensation", "settled",
        "acknowledged_at", "last_fact_at",
    ),
    row=_AS_ITS_REQUEST,
    masks={("amount",): FieldClass.MONEY, ("detail",): FieldClass.NOTES},
)  # fmt: skip


# --- Causes, and the call-backs to follow -----------------------------------------------------


def fold_cause(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a request that complains, or of what is done about it."""
    match fact.event:
        case request.RequestOpened(kind=RequestKind.COMPLAINT) as opened:
            return {
                "id": str(key),
                "customer_id": str(opened.customer_id),
                "department_id": str(opened.department_id),
                "holder_id": None,
                "cause": UNCLASSIFIED,
                "counted": "yes",
                "opened_at": utc(fact.occurred_at),
                "resolved_at": None,
                "followed_up": False,
                "follow_up_at": None,
            }
        case request.RequestRetracted():
            return None
        case _ if document is None:
            return None
        case _:
            return _caused(document, fact)


def _caused(document: Document, fact: Recorded[Any]) -> Document:
    at = utc(fact.occurred_at)
    match fact.event:
        case request.RequestAssigned(member_id=member_id):
            return {"holder_id": str(member_id)}
        case request.RequestQueued(department_id=department_id):
            return {"department_id": str(department_id), "holder_id": None}
        case request.RequestResolved():
            # Nobody is called back about what another system resolved, perhaps years ago.
            done = document["followed_up"] or fact.envelope.channel is Channel.IMPORT
            return {"resolved_at": at, "follow_up_at": None if done else at}
        case request.RequestReopened():
            return {"resolved_at": None, "follow_up_at": None}
        case request.RequestVoided():
            return {"counted": None, "follow_up_at": None}
        case complaint.ComplaintClassified(cause=cause):
            return {"cause": cause}
        case follow_up.FollowUpScheduled():
            return {"followed_up": True, "follow_up_at": None}
        case _:
            return {}


COMPLAINT_CAUSES = ReadModel(
    name="complaint_causes",
    version=1,
    subject="request",
    beside="complaint",
    fold=fold_cause,
    notices=(complaint.ComplaintClassified, follow_up.FollowUpScheduled),
    fields=("cause", "counted", "department_id", "customer_id", "opened_at", "follow_up_at"),
    row={
        "customer_id": "customer_id",
        "department_id": "department_id",
        "holder_id": "holder_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
)
