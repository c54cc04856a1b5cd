"""Feedback as it was given: about whom, from where, and the facts that it rests on."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.reviews.feedback import FeedbackGiven, FeedbackWithdrawn
from projections.documents import Document, ReadModel, text, utc
from projections.reviews.review_policies import number


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a piece of feedback."""
    match fact.event:
        case FeedbackGiven() as given:
            return {
                "id": str(key),
                "about_id": str(given.about_id),
                "holder_id": str(given.holder_id),
                "kept_from_id": _kept_from(given),
                "source": given.source,
                "rating": number(given.rating),
                "text": given.text,
                "evidence": [str(position) for position in given.evidence],
                "review_id": text(given.review_id),
                "status": "given",
                "given_at": utc(fact.occurred_at),
                "withdrawn_at": None,
            }
        case _ if document is None:
            return None
        case FeedbackWithdrawn():
            return {"status": "withdrawn", "withdrawn_at": utc(fact.occurred_at)}
        case _:
            return {}


def _kept_from(given: FeedbackGiven) -> str | None:
    return None if given.about_id == given.holder_id else str(given.about_id)


FEEDBACK_GIVEN = ReadModel(
    name="feedback",
    version=2,
    subject="feedback",
    fold=fold,
    fields=("given_at", "about_id", "holder_id", "source", "status", "review_id"),
    row={"holder_id": "holder_id", "kept_from_id": "kept_from_id"},
    masks={("rating",): FieldClass.REVIEW, ("text",): FieldClass.REVIEW},
    personal=True,
)
