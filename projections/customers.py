"""Customer 360: one picture of a customer for every department."""

from collections.abc import Mapping
from typing import Any, assert_never
from uuid import UUID

import msgspec

from domain.confidential import FieldClass
from domain.customers import customer, interaction, ownership
from domain.kernel import Recorded
from domain.support import request
from projections.documents import Document, ReadModel, Through, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a customer into its picture."""
    match fact.event:
        case customer.CustomerRegistered():
            return _registered(key, fact, fact.event)
        case customer.CustomerRetracted():
            return None
        case _ if document is None:
            return None  # it was taken back; what is still said about it shows on the timeline
        case _:
            return _changes(document, fact)


def _registered(key: UUID, fact: Recorded[Any], event: customer.CustomerRegistered) -> Document:
    return {
        "id": str(key),
        "tier": event.tier,
        "contacts": [],
        "ownership": {"status": "unowned", "owner_id": None, "claimant_id": None, "version": 0},
        "owner_id": None,
        "totals": {"requests": 0, "interactions": 0},
        "registered_at": utc(fact.occurred_at),
        "last_contact_at": None,
    } | _details(event.details)


def _changes(document: Document, fact: Recorded[Any]) -> Document:
    event = fact.event
    match event:
        case interaction.InteractionLogged():
            return _counted(document, "interactions", 1) | _contacted(document, fact)
        case interaction.InteractionRetracted():
            return _counted(document, "interactions", -1)
        case request.RequestOpened():
            return _counted(document, "requests", 1) | _contacted(document, fact)
        case request.RequestVoided() | request.RequestRetracted():
            return _counted(document, "requests", -1)
        case request.RequestReplied(kind=request.ReplyKind.PUBLIC) | request.CustomerWrote():
            return _contacted(document, fact)
        case customer.CustomerDetailsChanged(details=details):
            return _details(details)
        case customer.CustomerTiered(tier=tier):
            return {"tier": tier}
        case customer.ContactAdded() | customer.ContactChanged() | customer.ContactRemoved():
            return {"contacts": _contacts(document["contacts"], event)}
        case (
            ownership.CustomerClaimed()
            | ownership.OwnershipTransferred()
            | ownership.OwnershipSettled()
            | ownership.CustomerReleased()
            | ownership.OwnershipDisputed()
        ):
            owned = _ownership(event) | {"version": fact.version}
            return {"ownership": owned, "owner_id": owned["owner_id"]}
        case _:
            return {}


def _details(details: customer.CustomerDetails) -> Document:
    # What lists filter and sort by stands beside the details as well.
    return {
        "details": msgspec.to_builtins(details),
        "name": details.name,
        "region": details.region,
        "industry": details.industry,
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


def _ownership(event: ownership.Event) -> Document:
    match event:
        case ownership.CustomerReleased():
            return {"status": "unowned", "owner_id": None, "claimant_id": None}
        case ownership.OwnershipDisputed(owner_id=owner_id, claimant_id=claimant_id):
            return {
                "status": "disputed",
                "owner_id": str(owner_id),
                "claimant_id": str(claimant_id),
            }
        case (
            ownership.CustomerClaimed(owner_id=owner_id)
            | ownership.OwnershipTransferred(owner_id=owner_id)
            | ownership.OwnershipSettled(owner_id=owner_id)
        ):
            return {"status": "owned", "owner_id": str(owner_id), "claimant_id": None}
        case _:
            assert_never(event)


def _counted(document: Document, what: str, by: int) -> Document:
    totals = document["totals"]
    return {"totals": totals | {what: totals[what] + by}}


def _contacted(document: Document, fact: Recorded[Any]) -> Document:
    # Facts may arrive late: the last contact is the latest one, not the one recorded last.
    return {"last_contact_at": max(document["last_contact_at"] or "", utc(fact.occurred_at))}


CUSTOMERS = ReadModel(
    name="customers",
    version=2,
    subject="customer",
    fold=fold,
    notices=(
        *ownership.OWNERSHIP.event_types,
        interaction.InteractionLogged,
        interaction.InteractionRetracted,
        request.RequestOpened,
        request.RequestReplied,
        request.CustomerWrote,
        request.RequestVoided,
        request.RequestRetracted,
    ),
    fields=("name", "tier", "owner_id", "region", "industry", "registered_at", "last_contact_at"),
    together=(("owner_id", "name"),),
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
