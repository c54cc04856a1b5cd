"""Segments of customers, and the offers made to single ones."""

from typing import Any
from uuid import UUID

import msgspec

from domain.confidential import FieldClass
from domain.customers import offer, segment
from domain.kernel import Recorded
from projections.documents import Document, ReadModel, money, utc


def fold_segment(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a segment."""
    match fact.event:
        case segment.SegmentDefined() as defined:
            return {
                "id": str(key),
                "department_id": str(defined.department_id),
                "status": "active",
                "defined_at": utc(fact.occurred_at),
            } | _criteria(defined)
        case _ if document is None:
            return None
        case segment.SegmentChanged() as changed:
            return _criteria(changed)
        case segment.SegmentRetired():
            return {"status": "retired"}
        case _:
            return {}


def _criteria(said: segment.SegmentDefined | segment.SegmentChanged) -> Document:
    return {"name": said.name, "criteria": msgspec.to_builtins(said.criteria)}


SEGMENTS = ReadModel(
    name="segments",
    version=1,
    subject="segment",
    fold=fold_segment,
    fields=("name", "department_id", "status", "defined_at"),
    row={"department_id": "department_id"},
)


def fold_offer(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns an offer; ``expires_at`` is null once it is over."""
    match fact.event:
        case offer.OfferMade() as made:
            return {
                "id": str(key),
                "customer_id": str(made.customer_id),
                "department_id": str(made.department_id),
                "segment_id": made.segment_id and str(made.segment_id),
                "status": "open",
                "title": made.title,
                "text": made.text,
                "price": money(made.price),
                "valid_until": made.valid_until and made.valid_until.isoformat(),
                "expires_at": made.expires_at and utc(made.expires_at),
                "made_at": utc(fact.occurred_at),
                "ended_at": None,
                "reason": None,
            }
        case _ if document is None:
            return None
        case offer.OfferAccepted():
            return _over("accepted", fact)
        case offer.OfferDeclined():
            return _over("declined", fact)
        case offer.OfferWithdrawn():
            return _over("withdrawn", fact)
        case offer.OfferExpired():
            return _over("expired", fact)
        case _:
            return {}


def _over(status: str, fact: Recorded[Any]) -> Document:
    return {
        "status": status,
        "expires_at": None,
        "ended_at": utc(fact.occurred_at),
        "reason": fact.envelope.reason,
    }


OFFERS = ReadModel(
    name="offers",
    version=1,
    subject="offer",
    fold=fold_offer,
    fields=(
        "status", "customer_id", "segment_id", "department_id", "made_at", "valid_until",
        "expires_at",
    ),
    row={"department_id": "department_id"},
    masks={("price",): FieldClass.MONEY},
)  # fmt: skip
