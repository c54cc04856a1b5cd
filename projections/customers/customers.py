"""Customer 360: one picture of a customer for every department."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from domain.confidential import FieldClass
from domain.customers import customer, interaction
from domain.customers.ownership_rules import OWNERSHIP
from domain.kernel import Recorded
from domain.sales import contract, opportunity, order, quote
from domain.support import request, words
from projections.customers.ownership import UNOWNED, owned, reclaim_at
from projections.documents import Document, ReadModel, Through, utc

PROGRESS = (
    opportunity.OpportunityOpened,
    opportunity.StageChanged,
    opportunity.ProposalIssued,
    opportunity.OpportunityWon,
    quote.QuoteIssued,
    order.OrderPlaced,
    order.OrderPaid,
    contract.ContractSigned,
    contract.ContractRenewed,
)
"""What counts as progress with a customer: an owner without any loses it where the pool says so."""


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a customer into its picture."""
    match fact.event:
        case customer.CustomerRegistered():
            return _registered(key, fact, fact.event)
        case customer.CustomerRetracted():
            return None
        case _ if document is None:
            return None  # it was taken back; what is still said about it shows on the timeline
        case customer.CustomerMerged() | customer.CustomerUnmerged():
            return _merging(document, fact, key)
        case _:
            changes = _changes(document, fact)
            if changes.keys() & _DECIDING:
                changes["reclaim_at"] = reclaim_at({**document, **changes})
            return changes


_DECIDING = {"ownership", "last_contact_at", "last_progress_at"}
"""What decides when a customer goes back to the pool."""


def _registered(key: UUID, fact: Recorded[Any], event: customer.CustomerRegistered) -> Document:
    return {
        "id": str(key),
        "tier": event.tier,
        "contacts": [],
        "ownership": UNOWNED | {"version": 0},
        "owner_id": None,
        "pool_id": None,
        "hand_over_id": None,
        "reclaim_at": None,
        "totals": {"requests": 0, "interactions": 0},
        "registered_at": utc(fact.occurred_at),
        "last_contact_at": None,
        "last_progress_at": None,
        "tiered_at": None,
        "retier_at": None,
        "merged_into": None,
        "merged_from": [],
    } | _details(event.details)


def _merging(document: Document, fact: Recorded[Any], key: UUID) -> Document:
    merged = isinstance(fact.event, customer.CustomerMerged)
    if fact.stream_id == key:
        return {"merged_into": str(fact.event.into_id) if merged else None}
    others = [each for each in document["merged_from"] if each != str(fact.stream_id)]
    return {"merged_from": [*others, str(fact.stream_id)] if merged else others}


def _changes(document: Document, fact: Recorded[Any]) -> Document:
    event = fact.event
    if isinstance(event, PROGRESS):
        return {"last_progress_at": max(document["last_progress_at"] or "", utc(fact.occurred_at))}
    match event:
        case interaction.InteractionLogged():
            return _counted(document, "interactions", 1) | _contacted(document, fact)
        case interaction.InteractionRetracted():
            return _counted(document, "interactions", -1)
        case request.RequestOpened():
            return _counted(document, "requests", 1) | _contacted(document, fact)
        case request.RequestVoided() | request.RequestRetracted():
            return _counted(document, "requests", -1)
        case request.RequestReplied(kind=words.ReplyKind.PUBLIC) | request.CustomerWrote():
            return _contacted(document, fact)
        case customer.CustomerDetailsChanged(details=details):
            return _details(details)
        case customer.CustomerTiered(tier=tier, review_at=day):
            due = None if day is None else day.isoformat()
            return {"tier": tier, "tiered_at": utc(fact.occurred_at), "retier_at": due}
        case customer.ContactAdded() | customer.ContactChanged() | customer.ContactRemoved():
            return {"contacts": _contacts(document["contacts"], event)}
        case _ if fact.kind == OWNERSHIP.kind:
            return owned(document, fact)
        case _:
            return {}


def _details(details: customer.CustomerDetails) -> Document:
    # What lists filter and sort by stands beside the details as well.
    return {
        "details": msgspec.to_builtins(details),
        "name": details.name,
        "region": details.region,
        "industry": details.industry,
        "phase": details.phase,
    }


def _contacts(
    contacts: list[Document],
    event: customer.ContactAdded | customer.ContactChanged | customer.ContactRemoved,
) -> list[Document]:
    contact_id = str(event.contact_id)
    others = [contact for contact in contacts if contact["id"] != contact_id]
    if isinstance(event, customer.ContactRemoved):
        return others
    return [
        *others,
        {
            "id": contact_id,
            "name": event.name,
            "title": event.title,
            "email": event.email,
            "phone": event.phone,
        },
    ]


def _counted(document: Document, what: str, by: int) -> Document:
    totals = document["totals"]
    return {"totals": totals | {what: totals[what] + by}}


def _contacted(document: Document, fact: Recorded[Any]) -> Document:
    # Facts may arrive late: the last contact is the latest one, not the one recorded last.
    return {"last_contact_at": max(document["last_contact_at"] or "", utc(fact.occurred_at))}


CUSTOMERS = ReadModel(
    name="customers",
    version=3,
    subject="customer",
    fold=fold,
    notices=(
        *OWNERSHIP.event_types,
        customer.CustomerMerged,
        customer.CustomerUnmerged,
        interaction.InteractionLogged,
        interaction.InteractionRetracted,
        request.RequestOpened,
        request.RequestReplied,
        request.CustomerWrote,
        request.RequestVoided,
        request.RequestRetracted,
        *PROGRESS,
    ),
    fields=(
        "name",
        "tier",
        "owner_id",
        "region",
        "industry",
        "registered_at",
        "last_contact_at",
        "merged_into",
        "reclaim_at",
        "retier_at",
        "phase",
    ),
    together=(("owner_id", "name"), ("owner_id", "pool_id"), ("hand_over_id",)),
    row={"customer_id": "id", "owner_id": "owner_id", "holder_id": "owner_id"},
    masks={
        ("contacts", "email"): FieldClass.CONTACT,
        ("contacts", "phone"): FieldClass.CONTACT,
    },
    personal=True,
)

OF_A_CUSTOMER: Mapping[str, str | Through] = {
    "customer_id": "customer_id",
    "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    "holder_id": Through("customer_id", CUSTOMERS, "owner_id"),
}
"""Where what decides about a customer's thing stands: it is whose customer it is."""
