"""The department queue: every request, where it is, in whose hands, and what it waits for."""

from typing import Any
from uuid import UUID

import msgspec

from domain.kernel import Recorded
from domain.support import request, words
from domain.support.promise import Promise
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, utc

RANK = {words.Level.LOW: 1, words.Level.MEDIUM: 2, words.Level.HIGH: 3}
"""Priority is urgency times importance, from 1 to 9."""


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a request into its line on the board."""
    event = fact.event
    match event:
        case request.RequestOpened():
            return _opened(key, fact, event)
        case request.RequestRetracted():
            return None
        case _ if document is None:
            return None
        case _:
            return {**_changes(document, fact), "last_fact_at": utc(fact.occurred_at)}


def _opened(key: UUID, fact: Recorded[Any], event: request.RequestOpened) -> Document:
    holder_id = None if event.holder_id is None else str(event.holder_id)
    return {
        "id": str(key),
        "customer_id": str(event.customer_id),
        "department_id": str(event.department_id),
        "holder_id": holder_id,
        "last_holder_id": holder_id,
        "kind": event.kind,
        "channel": event.channel,
        "title": event.title,
        "tier": event.promise and str(event.promise.tier),
        "promise": promised(event.promise),
        "status": "open",
        "waiting_on": [],
        "urgency": None,
        "importance": None,
        "priority": None,
        "handovers": 0,
        "replies": 0,
        "reopened": 0,
        "opened_at": utc(fact.occurred_at),
        "resolved_at": None,
        "closed_at": None,
        "last_fact_at": utc(fact.occurred_at),
    }


def promised(promise: Promise | None) -> Document | None:
    """Write what was promised as documents and answers do."""
    if promise is None:
        return None
    return {
        "policy_id": str(promise.policy_id),
        "policy_version": promise.policy_version,
        "calendar_id": None if promise.calendar_id is None else str(promise.calendar_id),
        "calendar_version": promise.calendar_version,
        "targets": msgspec.to_builtins(promise.targets),
    }


def _changes(document: Document, fact: Recorded[Any]) -> Document:
    match fact.event:
        case request.RequestAssigned(member_id=member_id):
            return _held_by(document, str(member_id))
        case request.RequestQueued(department_id=department_id):
            return {"department_id": str(department_id), "holder_id": None}
        case request.RequestRetiered(promise=promise):
            return {"tier": str(promise.tier), "promise": promised(promise)}
        case request.RequestReplied(kind=words.ReplyKind.PUBLIC):
            return {"replies": document["replies"] + 1}
        case request.WaitingStarted(on=on):
            return {"waiting_on": sorted({*document["waiting_on"], on})}
        case request.WaitingEnded(on=on):
            return {"waiting_on": [each for each in document["waiting_on"] if each != on]}
        case request.RequestPrioritised(urgency=urgency, importance=importance):
            rank = RANK[urgency] * RANK[importance]
            return {"urgency": urgency, "importance": importance, "priority": rank}
        case request.RequestResolved():
            return {"status": "resolved", "resolved_at": utc(fact.occurred_at), "waiting_on": []}
        case request.RequestReopened():
            return {
                "status": "open",
                "resolved_at": None,
                "closed_at": None,
                "reopened": document["reopened"] + 1,
            }
        case request.RequestClosed():
            return {"status": "closed", "closed_at": utc(fact.occurred_at)}
        case request.RequestVoided():
            return {"status": "voided", "waiting_on": []}
        case _:
            return {}


def _held_by(document: Document, member_id: str) -> Document:
    # From one pair of hands to another; coming out of a queue is no hand-over.
    previous = document["last_holder_id"]
    changed = previous is not None and previous != member_id
    return {
        "holder_id": member_id,
        "last_holder_id": member_id,
        "handovers": document["handovers"] + changed,
    }


REQUESTS = ReadModel(
    name="requests",
    version=4,
    subject="request",
    fold=fold,
    fields=(
        "status",
        "customer_id",
        "department_id",
        "holder_id",
        "kind",
        "tier",
        "priority",
        "opened_at",
        "last_fact_at",
    ),
    together=(("department_id", "status", "opened_at"), ("customer_id", "opened_at")),
    row={
        "customer_id": "customer_id",
        "department_id": "department_id",
        "holder_id": "holder_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
)
