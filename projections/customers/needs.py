"""The needs map and the preferences: what each customer wants, and how they want it."""

from typing import Any
from uuid import UUID

from domain.customers import need, preference
from domain.kernel import Recorded
from projections.customers.customers import OF_A_CUSTOMER
from projections.documents import Document, ReadModel, utc

LATENT = {True: "yes", False: "no"}
"""Whether a need is latent, as lists filter it."""


def fold_need(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a need into its line on the map."""
    event = fact.event
    match event:
        case need.NeedRecorded():
            found_in = event.found_in_id
            return {
                "id": str(key),
                "customer_id": str(event.customer_id),
                **_said(event),
                "found_in_id": None if found_in is None else str(found_in),
                "status": "open",
                "how": None,
                "recorded_at": utc(fact.occurred_at),
                "ended_at": None,
            }
        case _ if document is None:
            return None
        case need.NeedChanged():
            return _said(event)
        case need.NeedMet(how=how):
            return {"status": "met", "how": how, "ended_at": utc(fact.occurred_at)}
        case need.NeedDropped():
            return {"status": "dropped", "ended_at": utc(fact.occurred_at)}
        case _:
            return {}


def _said(event: need.NeedRecorded | need.NeedChanged) -> Document:
    return {
        "what": event.what,
        "latent": LATENT[event.latent],
        "product": event.product,
        "urgency": event.urgency,
    }


def fold_preference(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact of a preference."""
    event = fact.event
    match event:
        case preference.PreferenceRecorded():
            whose = event.contact_id
            return {
                "id": str(key),
                "customer_id": str(event.customer_id),
                "contact_id": None if whose is None else str(whose),
                "topic": event.topic,
                "choice": event.choice,
                "status": "chosen",
                "recorded_at": utc(fact.occurred_at),
                "withdrawn_at": None,
            }
        case preference.PreferenceWithdrawn() if document is not None:
            return {"status": "withdrawn", "withdrawn_at": utc(fact.occurred_at)}
        case _:
            return None if document is None else {}


NEEDS = ReadModel(
    name="needs",
    version=1,
    subject="need",
    fold=fold_need,
    fields=("customer_id", "status", "latent", "product", "urgency", "recorded_at"),
    together=(("customer_id", "recorded_at"), ("status", "recorded_at")),
    row=OF_A_CUSTOMER,
)

PREFERENCES = ReadModel(
    name="preferences",
    version=1,
    subject="preference",
    fold=fold_preference,
    fields=("customer_id", "contact_id", "topic", "status", "recorded_at"),
    together=(("customer_id", "topic"),),
    row=OF_A_CUSTOMER,
    personal=True,
)
