"""The department queue: every request, where it is, in whose hands, and what it waits for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.ids import RequestId
from domain.kernel import Recorded
from domain.support import request, words
from domain.support.promise import Promise
from domain.support.request_informing import CustomerInformed, LapsePromise, PromiseLapsed
from domain.support.request_leaving import RequestLeftQueued
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, utc

RANK = {words.Level.LOW: 1, words.Level.MEDIUM: 2, words.Level.HIGH: 3}
"""Priority is urgency times importance, from 1 to 9."""


THE_OTHER_WAY = {"duplicate": "original", "earlier": "later", "related": "related"}
"""What a request is to one that it is linked with, seen from that one."""
ENDED: Document = {
    "waiting_on": [],
    "waits_for": None,
    "route_at": None,
    "promised_again_by": None,
    "promise_lapsed_at": None,
    "remind_at": None,
}
"""What is over with a request's end."""


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
        case _ if fact.stream_id != key:
            return _named(document, fact)
        case _:
            return {**_changes(document, fact), "last_fact_at": utc(fact.occurred_at)}


def _opened(key: UUID, fact: Recorded[Any], event: request.RequestOpened) -> Document:
    holder_id = None if event.holder_id is None else str(event.holder_id)
    opened_at = utc(fact.occurred_at)
    priority = _priority(event.urgency, event.importance)
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
        "waits_for": None,
        "urgency": event.urgency,
        "importance": event.importance,
        "priority": priority,
        "queue_order": _queue_order(priority, opened_at),
        "route_at": opened_at if event.to_route and holder_id is None else None,
        "rule": None,
        "links": [],
        "voided_because": None,
        "informed": 0,
        "promised_again_by": None,
        "promise_lapsed_at": None,
        "remind_at": None,
        "handovers": 0,
        "replies": 0,
        "reopened": 0,
        "opened_at": opened_at,
        "resolved_at": None,
        "closed_at": None,
        "last_fact_at": opened_at,
    }


def _priority(urgency: words.Level | None, importance: words.Level | None) -> int | None:
    return None if urgency is None or importance is None else RANK[urgency] * RANK[importance]


def _queue_order(priority: int | None, opened_at: str) -> str:
    # The most pressing first, then the oldest: as text, in ascending order.
    return f"{9 - (priority or 0)} {opened_at}"


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
        case request.RequestAssigned(member_id=member_id, rule=rule):
            return _held_by(document, str(member_id)) | {"route_at": None, "rule": rule}
        case request.RequestQueued(department_id=department_id, rule=rule):
            return {
                "department_id": str(department_id),
                "holder_id": None,
                "route_at": None,
                "rule": rule,
            }
        case RequestLeftQueued(rule=rule):
            return {"route_at": None, "rule": rule}
        case request.RequestRetiered(promise=promise):
            return {"tier": str(promise.tier), "promise": promised(promise)}
        case request.WaitingStarted(on=on):
            return _waiting({*document["waiting_on"], on})
        case request.WaitingEnded(on=on):
            return _waiting({*document["waiting_on"]} - {on})
        case request.RequestPrioritised(urgency=urgency, importance=importance):
            rank = _priority(urgency, importance)
            return {
                "urgency": urgency,
                "importance": importance,
                "priority": rank,
                "queue_order": _queue_order(rank, document["opened_at"]),
            }
        case request.RequestResolved():
            return ENDED | {"status": "resolved", "resolved_at": utc(fact.occurred_at)}
        case request.RequestReopened():
            return {
                "status": "open",
                "resolved_at": None,
                "closed_at": None,
                "reopened": document["reopened"] + 1,
            }
        case request.RequestClosed():
            return ENDED | {"status": "closed", "closed_at": utc(fact.occurred_at)}
        case request.RequestVoided(because=because, original_id=original_id):
            links = document["links"]
            if original_id is not None:
                links = _linked(links, str(original_id), "original")
            return ENDED | {"status": "voided", "voided_because": because, "links": links}
        case _:
            return _told(document, fact)


def _told(document: Document, fact: Recorded[Any]) -> Document:
    """Return what changes where the customer hears of it, or another request is named."""
    match fact.event:
        case request.RequestReplied(kind=words.ReplyKind.PUBLIC):
            return _heard(None) | {"replies": document["replies"] + 1}
        case CustomerInformed(again_by=again_by):
            return _heard(again_by) | {"informed": document["informed"] + 1}
        case PromiseLapsed():
            return {"promise_lapsed_at": utc(fact.occurred_at), "remind_at": None}
        case request.RequestLinked(other_id=other_id, as_=as_):
            return {"links": _linked(document["links"], str(other_id), as_)}
        case _:
            return {}


def _heard(again_by: datetime | None) -> Document:
    promised = None if again_by is None else utc(again_by)
    return {"promised_again_by": promised, "remind_at": promised, "promise_lapsed_at": None}


def lapsing(document: Document) -> LapsePromise:
    """Return the command that follows where a customer was not told again in time."""
    again_by = datetime.fromisoformat(document["remind_at"])
    return LapsePromise(id=RequestId(UUID(document["id"])), again_by=again_by)


def _waiting(on: set[str]) -> Document:
    waits = sorted(on)
    return {"waiting_on": waits, "waits_for": " and ".join(waits) or None}


def _named(document: Document, fact: Recorded[Any]) -> Document:
    """Return what changes in a request that another one names."""
    match fact.event:
        case request.RequestLinked(as_=as_):
            other_way = THE_OTHER_WAY[as_]
        case request.RequestVoided():
            other_way = "duplicate"
        case _:
            return {}
    return {"links": _linked(document["links"], str(fact.stream_id), other_way)}


def _linked(links: list[Document], id_: str, as_: str) -> list[Document]:
    others = [each for each in links if each["request_id"] != id_]
    return [*others, {"request_id": id_, "as": as_}]


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
    version=6,
    subject="request",
    fold=fold,
    notices=(request.RequestLinked, request.RequestVoided),
    fields=(
        "status",
        "customer_id",
        "department_id",
        "holder_id",
        "kind",
        "tier",
        "channel",
        "priority",
        "queue_order",
        "waits_for",
        "route_at",
        "promised_again_by",
        "remind_at",
        "opened_at",
        "last_fact_at",
    ),
    together=(
        ("department_id", "status", "opened_at"),
        ("department_id", "status", "queue_order"),
        ("customer_id", "opened_at"),
    ),
    row={
        "customer_id": "customer_id",
        "department_id": "department_id",
        "holder_id": "holder_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
)
