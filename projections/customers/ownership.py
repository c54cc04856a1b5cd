"""Who owns a customer, as its document shows it; pools; and hand-overs in bulk."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.customers import hand_over, ownership, pool
from domain.customers.holding import Hold, due, protected_until
from domain.ids import CustomerId, MemberId
from domain.kernel import Recorded
from projections.documents import Document, ReadModel, text, utc, utc_or_none

UNOWNED: Document = {
    "status": "unowned",
    "owner_id": None,
    "claimant_id": None,
    "since": None,
    "protected_until": None,
    "protection_days": None,
    "idle_days": None,
    "stall_days": None,
    "offered_to": None,
    "team": [],
}

# --- A customer's ownership -----------------------------------------------------------------------


def owned(document: Document, fact: Recorded[Any]) -> Document:
    """Return what changes in a customer's document by a fact about who owns it."""
    event: ownership.Event = fact.event
    if str(event.customer_id) != document["id"]:
        return {}  # a claim of another customer that looks like this one
    after = _after(document, fact)
    part = document["ownership"] | after.pop("ownership", {}) | {"version": fact.version}
    return {**after, "ownership": part, "owner_id": part["owner_id"]}


def owner_after(customer_id: UUID, owner_id: str | None, fact: Recorded[Any]) -> str | None:
    """Return whose a customer is after a fact about who owns it; None: nobody's."""
    before = {"id": str(customer_id), "ownership": UNOWNED | {"owner_id": owner_id}}
    after: str | None = owned(before, fact).get("owner_id", owner_id)
    return after


def _after(document: Document, fact: Recorded[Any]) -> Document:
    before = document["ownership"]
    event: ownership.Event = fact.event
    match event:
        case ownership.CustomerClaimed(owner_id=owner_id):
            part = UNOWNED | {
                "status": "owned",
                "owner_id": str(owner_id),
                "since": utc(fact.occurred_at),
                "protected_until": utc_or_none(event.protected_until),
                "protection_days": event.protection_days,
                "idle_days": event.idle_days,
                "stall_days": event.stall_days,
            }
            return {"ownership": part, "pool_id": text(event.pool_id), "hand_over_id": None}
        case ownership.OwnershipTransferred(owner_id=owner_id, hand_over_id=moved_in):
            part = _passed_on(before, owner_id, fact.occurred_at)
            return {"ownership": part, "hand_over_id": text(moved_in)}
        case ownership.OwnershipSettled(from_id=from_id, owner_id=owner_id) if from_id != owner_id:
            part = _passed_on(before, owner_id, fact.occurred_at)
            return {"ownership": part, "hand_over_id": None}
        case ownership.OwnershipSettled():
            return {"ownership": {"status": "owned", "claimant_id": None}}
        case ownership.CustomerReleased() | ownership.CustomerReclaimed():
            return {"ownership": UNOWNED, "pool_id": None, "hand_over_id": None}
        case ownership.OwnershipDisputed(owner_id=owner_id, claimant_id=claimant_id):
            part = {
                "status": "disputed",
                "owner_id": str(owner_id),
                "claimant_id": str(claimant_id),
                "offered_to": None,
            }
            return {"ownership": part, "hand_over_id": None}
        case ownership.ClaimRejected():
            return {}
        case _:
            return {"ownership": _agreed(before, event), "hand_over_id": None}


def _passed_on(before: Document, owner_id: MemberId, at: datetime) -> Document:
    return {
        "status": "owned",
        "owner_id": str(owner_id),
        "claimant_id": None,
        "since": utc(at),
        "protected_until": utc_or_none(protected_until(at, before["protection_days"])),
        "offered_to": None,
        "team": _without(before["team"], owner_id),
    }


def _agreed(before: Document, event: ownership.Event) -> Document:
    match event:
        case ownership.OwnershipOffered(to_id=to_id):
            return {"offered_to": str(to_id)}
        case ownership.OfferDeclined() | ownership.OfferWithdrawn():
            return {"offered_to": None}
        case ownership.CustomerShared(member_id=member_id, part=part):
            mate = {"member_id": str(member_id), "part": part}
            return {"team": [*_without(before["team"], member_id), mate]}
        case ownership.CustomerUnshared(member_id=member_id):
            return {"team": _without(before["team"], member_id)}
        case _:
            return {}


def _without(team: list[Document], who: MemberId) -> list[Document]:
    return [mate for mate in team if mate["member_id"] != str(who)]


# --- Back to the pool by itself -------------------------------------------------------------------


def reclaim_at(document: Document) -> str | None:
    """Return when a customer goes back to the pool by itself; None where it never does."""
    part = document["ownership"]
    if part["status"] != "owned" or (part["idle_days"] is None and part["stall_days"] is None):
        return None
    hold = Hold(
        since=_time(part["since"]),
        protected_until=_time(part["protected_until"]),
        idle_days=part["idle_days"],
        stall_days=part["stall_days"],
    )
    lapsed = due(hold, _time(document["last_contact_at"]), _time(document["last_progress_at"]))
    return None if lapsed is None else utc(lapsed.at)


def reclaiming(document: Document) -> ownership.ReclaimCustomer:
    """Return the command that takes a customer back into the pool, if it is due still."""
    return ownership.ReclaimCustomer(
        id=ownership.ownership_id(CustomerId(UUID(document["id"]))),
        owner_id=MemberId(UUID(document["owner_id"])),
        last_contact_at=_time(document["last_contact_at"]),
        last_progress_at=_time(document["last_progress_at"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


# --- Pools ----------------------------------------------------------------------------------------


def fold_pool(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a pool."""
    match fact.event:
        case pool.PoolOpened() as opened:
            return {
                "id": str(key),
                "name": opened.name,
                "region": opened.region,
                "department_id": text(opened.department_id),
                "rules": msgspec.to_builtins(opened.rules),
                "status": "open",
                "opened_at": utc(fact.occurred_at),
            }
        case _ if document is None:
            return None
        case pool.PoolRulesSet(rules=rules):
            return {"rules": msgspec.to_builtins(rules)}
        case pool.PoolClosed():
            return {"status": "closed"}
        case _:
            return {}


POOLS = ReadModel(
    name="pools",
    version=1,
    subject="pool",
    fold=fold_pool,
    fields=("name", "region", "department_id", "status"),
    row={"department_id": "department_id"},
)

# --- Hand-overs -----------------------------------------------------------------------------------


def fold_hand_over(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a hand-over."""
    match fact.event:
        case hand_over.HandOverCarriedOut(from_id=from_id, to_id=to_id, customers=customers):
            return {
                "id": str(key),
                "from_id": str(from_id),
                "to_id": str(to_id),
                "customers": list(map(str, customers)),
                "left_out": msgspec.to_builtins(fact.event.left_out),
                "customer_id": str(customers[0]) if len(customers) == 1 else None,
                "status": "carried-out",
                "carried_out_at": utc(fact.occurred_at),
                "given_back": [],
                "kept": [],
            }
        case hand_over.HandOverUndone(given_back=given_back, kept=kept) if document is not None:
            return {
                "status": "undone",
                "given_back": list(map(str, given_back)),
                "kept": msgspec.to_builtins(kept),
            }
        case _:
            return None if document is None else {}


HAND_OVERS = ReadModel(
    name="hand_overs",
    version=1,
    subject="hand-over",
    fold=fold_hand_over,
    fields=("from_id", "to_id", "status", "carried_out_at"),
    row={"customer_id": "customer_id", "owner_id": "from_id", "holder_id": "from_id"},
)
