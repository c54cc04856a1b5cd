"""The reviewee's word over HTTP: acknowledged or not, appealed, and decided by others."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from domain.ids import ReviewId
from domain.reviews import review_answering
from domain.reviews.feedback import FeedbackGiven
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_states import Carded, Review
from domain.reviews.scoring_rules import MOST_TERMS
from domain.values import SHORT
from projections.reviews.deadlines import deadline
from projections.scoring.metrics.feedback import FEEDBACK_METRICS
from web.bodies import Routes
from web.changes import change
from web.fields import Change, OutcomeSchema, Text, YesNo
from web.problems import FieldError, Problem
from web.reviews.policy_bodies import METRIC
from web.running import concord, zone

bp = Routes("answering", "answering", description="What reviewees say to reviews, and appeals.")

DAYS_TO_DECIDE = 10
"""Business days in which an appeal is decided."""
MOST_FACTS = 200
POSITION = r"^[1-9][0-9]{0,17}$(?!\n)"

# --- Schemas --------------------------------------------------------------------------------------


class AcknowledgeReviewSchema(Change):
    """What the reviewee says to it."""

    comment = Text(load_default=None, allow_none=True)


class DisagreeSchema(Change):
    """With what the reviewee does not agree."""

    comment = Text(required=True)


class LodgeAppealSchema(Change):
    """Which figures of the card, or facts behind it or missing in it, and what is wrong."""

    figures = fields.List(
        fields.String(validate=[validate.Length(1, SHORT), METRIC]),
        load_default=list,
        validate=validate.Length(max=MOST_TERMS),
    )
    facts = fields.List(
        fields.String(validate=validate.Regexp(POSITION, error="Not a position.")),
        load_default=list,
        validate=validate.Length(max=MOST_FACTS),
        metadata={"description": "Positions of facts."},
    )
    text = Text(required=True)
    by_letter = YesNo(
        load_default=False,
        metadata={"description": "Written down for a reviewee who works here no more."},
    )


# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/reviews/<uuid:id_>/acknowledge")
@bp.arguments(AcknowledgeReviewSchema)
@bp.response(200, OutcomeSchema)
def acknowledge_review(body: dict[str, Any], id_: UUID) -> Response:
    """Say, as the reviewee, that one has seen it; this is not to agree."""
    return change(review_answering.AcknowledgeReview, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/disagree")
@bp.arguments(DisagreeSchema)
@bp.response(200, OutcomeSchema)
def disagree_with_review(body: dict[str, Any], id_: UUID) -> Response:
    """Say, as the reviewee, that one does not agree."""
    return change(review_answering.DisagreeWithReview, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/appeal")
@bp.arguments(LodgeAppealSchema)
@bp.response(200, OutcomeSchema)
def lodge_appeal(body: dict[str, Any], id_: UUID) -> Response:
    """Contest figures or facts, as the reviewee; decided within ten business days from today.

    Who has left may send it ``by_letter``: somebody records it who neither wrote nor calibrated the
    review, and does not decide the appeal.
    """
    facts = tuple(int(position) for position in body.pop("facts"))
    _check_known(facts)
    return change(
        review_answering.LodgeAppeal,
        body | {"figures": tuple(body["figures"]), "facts": facts},
        id=ReviewId(id_),
        decide_by=deadline(concord().log, datetime.now(UTC), DAYS_TO_DECIDE, zone()),
    )


@bp.post("/reviews/<uuid:id_>/uphold")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def uphold_appeal(body: dict[str, Any], id_: UUID) -> Response:
    """Decide for the reviewee, with a reason, as somebody who had no part in the review."""
    return change(review_answering.UpholdAppeal, body, id=ReviewId(id_), heard=_heard(id_))


@bp.post("/reviews/<uuid:id_>/dismiss")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def dismiss_appeal(body: dict[str, Any], id_: UUID) -> Response:
    """Decide against the reviewee, with a reason, as somebody who had no part in the review."""
    return change(review_answering.DismissAppeal, body, id=ReviewId(id_), heard=_heard(id_))


# --- What is known of it --------------------------------------------------------------------------


def _heard(id_: UUID) -> tuple[UUID, ...]:
    """Return whose feedback stands among the facts that a review's card names."""
    review: Review = concord().crm.load(REVIEW, id_).state
    if not isinstance(review, Carded):
        return ()
    figures = [each for each in review.present.figures if each.term.metric in FEEDBACK_METRICS]
    named = {proof.position for each in figures for proof in each.evidence}
    named |= {left.position for each in figures for left in each.excluded}
    facts = concord().log.at(sorted(named))
    return tuple(fact.event.holder_id for fact in facts if isinstance(fact.event, FeedbackGiven))


def _check_known(positions: tuple[int, ...]) -> None:
    """Check that there are such facts; a reviewee may name also those they cannot open.

    Raises ``Problem`` 422.
    """
    known = {fact.position for fact in concord().log.at(positions)} if positions else set()
    wrong = [
        FieldError(f"/facts/{number}", "There is no such fact.")
        for number, position in enumerate(positions)
        if position not in known
    ]
    if wrong:
        raise Problem(422, "fields.invalid", "Name facts by their positions.", errors=wrong)
