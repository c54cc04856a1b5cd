"""Follow-ups due: whom to call back, about what, by when, and what came of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.ids import CustomerId, DepartmentId, RequestId
from domain.kernel import Recorded
from domain.support import follow_up
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a call-back."""
    match fact.event:
        case follow_up.FollowUpScheduled() as event:
            return {
                "id": str(key),
                "customer_id": str(event.customer_id),
                "department_id": str(event.department_id),
                "holder_id": event.member_id and str(event.member_id),
                "request_id": event.request_id and str(event.request_id),
                "order_id": event.order_id and str(event.order_id),
                "about": event.about,
                "status": "due",
                "due_at": utc(event.due_at),
                "miss_at": utc(event.due_at),
                "satisfied": None,
                "outcome": None,
                "note": None,
                "scheduled_at": utc(fact.occurred_at),
                "ended_at": None,
            }
        case _ if document is None:
            return None
        case follow_up.FollowUpAssigned(member_id=member_id):
            return {"holder_id": str(member_id)}
        case follow_up.FollowUpMoved(due_at=due_at):
            return {"status": "due", "due_at": utc(due_at), "miss_at": utc(due_at)}
        case follow_up.FollowUpMissed():
            return {"status": "overdue", "miss_at": None}
        case follow_up.FollowUpDone() as done:
            told = {"satisfied": done.satisfied, "outcome": done.outcome, "note": done.note}
            return _over("done", fact) | told
        case follow_up.FollowUpCalledOff():
            return _over("called-off", fact)
        case _:
            return {}


def _over(status: str, fact: Recorded[Any]) -> Document:
    return {"status": status, "miss_at": None, "ended_at": utc(fact.occurred_at)}


FOLLOW_UPS = ReadModel(
    name="follow_ups",
    version=1,
    subject="follow-up",
    fold=fold,
    fields=(
        "status", "customer_id", "department_id", "holder_id", "request_id", "order_id",
        "satisfied", "due_at", "miss_at", "scheduled_at",
    ),
    row={
        "customer_id": "customer_id",
        "department_id": "department_id",
        "holder_id": "holder_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
    masks={("outcome",): FieldClass.NOTES, ("note",): FieldClass.NOTES},
    personal=True,
)  # fmt: skip


def following_up(cause: Document) -> follow_up.ScheduleFollowUp:
    """Schedule the call-back that a resolved complaint brings about: of its document."""
    request_id = RequestId(UUID(cause["id"]))
    return follow_up.ScheduleFollowUp(
        id=follow_up.follow_up_of(request_id),
        customer_id=CustomerId(UUID(cause["customer_id"])),
        department_id=DepartmentId(UUID(cause["department_id"])),
        request_id=request_id,
        about=follow_up.ABOUT_A_COMPLAINT,
        due_at=datetime.fromisoformat(cause["resolved_at"]) + follow_up.AFTER,
    )
