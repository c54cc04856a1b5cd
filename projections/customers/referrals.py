"""The referral funnel, and the points that each customer has."""

from typing import Any, assert_never
from uuid import UUID

from domain.confidential import FieldClass
from domain.customers import customer, points, referral
from domain.kernel import Recorded
from projections.customers.customers import CUSTOMERS, OF_A_CUSTOMER
from projections.documents import Document, ReadModel, Through, utc

STATUSES = ("made", "converted", "lapsed")
"""What becomes of a referral."""
LATEST = 20
"""How many of its entries an account of points shows."""


def fold_referral(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a referral, the points it was rewarded with among them."""
    event = fact.event
    match event:
        case referral.ReferralMade():
            return {
                "id": str(key),
                "customer_id": str(event.customer_id),
                "referred_name": event.referred_name,
                "referred_contact": event.referred_contact,
                "channel": event.channel,
                "status": "made",
                "referred_id": None,
                "points": None,
                "made_at": utc(fact.occurred_at),
                "converted_at": None,
                "lapsed_at": None,
            }
        case _ if document is None:
            return None
        case referral.ReferralConverted(referred_id=referred_id):
            return {
                "status": "converted",
                "referred_id": str(referred_id),
                "converted_at": utc(fact.occurred_at),
            }
        case referral.ReferralLapsed():
            return {"status": "lapsed", "lapsed_at": utc(fact.occurred_at)}
        case points.PointsGranted(points=granted):
            return {"points": granted}
        case _:
            return {}


def fold_points(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a customer into its account of points: empty at first."""
    event = fact.event
    match event:
        case customer.CustomerRegistered():
            nothing = dict.fromkeys(("version", "balance", "granted", "redeemed", "taken_back"), 0)
            return {"id": str(key), "account": {"customer_id": str(key), **nothing, "latest": []}}
        case customer.CustomerRetracted():
            return None
        case _ if document is None:
            return None
        case points.PointsGranted() | points.PointsRedeemed() | points.PointsTakenBack():
            return {"account": _entered(document["account"], fact, event)}
        case _:
            return {}


def _entered(account: Document, fact: Recorded[Any], event: points.Event) -> Document:
    entry, by = _entry(event), event.points
    column = entry["entry"].replace("-", "_")
    shown = entry | {"points": by, "at": utc(fact.occurred_at)}
    return account | {
        "version": fact.version,
        "balance": account["balance"] + (by if column == "granted" else -by),
        column: account[column] + by,
        "latest": [shown, *account["latest"]][:LATEST],
    }


def _entry(event: points.Event) -> Document:
    match event:
        case points.PointsGranted(referral_id=named):
            told = None if named is None else str(named)
            return {"entry": "granted", "what": None, "referral_id": told}
        case points.PointsRedeemed(what=what):
            return {"entry": "redeemed", "what": what, "referral_id": None}
        case points.PointsTakenBack():
            return {"entry": "taken-back", "what": None, "referral_id": None}
        case _:
            assert_never(event)


REFERRALS = ReadModel(
    name="referrals",
    version=1,
    subject="referral",
    fold=fold_referral,
    notices=(points.PointsGranted,),
    fields=("customer_id", "status", "channel", "referred_id", "made_at"),
    row=OF_A_CUSTOMER,
    masks={("referred_contact",): FieldClass.CONTACT},
    personal=True,
)

POINTS = ReadModel(
    name="points",
    version=1,
    subject="customer",
    beside=points.POINTS.kind,
    fold=fold_points,
    notices=points.POINTS.event_types,
    row={
        "customer_id": "id",
        "owner_id": Through("id", CUSTOMERS, "owner_id"),
        "holder_id": Through("id", CUSTOMERS, "owner_id"),
    },
)
