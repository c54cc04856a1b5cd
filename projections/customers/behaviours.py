"""The behaviour profile: how often, where and with what a customer was seen, and what it did last.

A document for each customer from the beginning on, so that a customer nobody saw has an empty one.
"""

from datetime import UTC
from typing import Any
from uuid import UUID

from domain.customers import behaviour, customer
from domain.kernel import Recorded
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, utc

LATEST = 20
"""How many behaviours a profile shows one by one."""


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a customer into its behaviour profile."""
    match fact.event:
        case customer.CustomerRegistered():
            return {
                "id": str(key),
                "total": 0,
                "by_channel": {},
                "by_what": {},
                "by_day": {},
                "first_seen_on": None,
                "last_seen_on": None,
                "latest": [],
            }
        case customer.CustomerRetracted():
            return None
        case _ if document is None:
            return None
        case behaviour.BehaviourCaptured():
            return _counted(document, fact, 1) | _captured(document, fact, fact.event)
        case behaviour.BehaviourRetracted():
            left = [each for each in document["latest"] if each["id"] != str(fact.stream_id)]
            return _counted(document, fact, -1) | {"latest": left}
        case _:
            return {}


def _counted(document: Document, fact: Recorded[Any], by: int) -> Document:
    # What is taken back is dated where it was captured: its day is the same.
    day = fact.occurred_at.astimezone(UTC).date().isoformat()
    days = _tally(document["by_day"], day, by)
    return {
        "total": document["total"] + by,
        "by_channel": _tally(document["by_channel"], fact.event.channel.value, by),
        "by_what": _tally(document["by_what"], fact.event.what, by),
        "by_day": days,
        "first_seen_on": min(days, default=None),
        "last_seen_on": max(days, default=None),
    }


def _tally(counts: Document, of: str, by: int) -> Document:
    counted = counts | {of: counts.get(of, 0) + by}
    return {name: count for name, count in counted.items() if count}


def _captured(
    document: Document, fact: Recorded[Any], event: behaviour.BehaviourCaptured
) -> Document:
    shown = {
        "id": str(fact.stream_id),
        "at": utc(fact.occurred_at),
        "contact_id": None if event.contact_id is None else str(event.contact_id),
        "channel": event.channel,
        "what": event.what,
        "item": event.item,
        "campaign_id": None if event.campaign_id is None else str(event.campaign_id),
        "url": event.url,
    }
    # Facts may arrive late: the latest are those that happened last, not those recorded last.
    every = sorted([*document["latest"], shown], key=lambda each: each["at"], reverse=True)
    return {"latest": every[:LATEST]}


BEHAVIOURS = ReadModel(
    name="behaviours",
    version=1,
    subject="customer",
    beside=behaviour.BEHAVIOUR.kind,
    fold=fold,
    notices=behaviour.BEHAVIOUR.event_types,
    row={
        "customer_id": "id",
        "owner_id": Through("id", CUSTOMERS, "owner_id"),
        "holder_id": Through("id", CUSTOMERS, "owner_id"),
    },
    personal=True,
)
