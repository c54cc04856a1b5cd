"""Writing, calibrating, sharing and sealing reviews over HTTP, and what follows from them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from domain.ids import ReviewId
from domain.reviews import review
from domain.reviews.review import OutcomeKind
from projections.reviews.deadlines import deadline
from web.bodies import Routes
from web.changes import change, envelope, expected_version
from web.fields import Change, Day, Id, OutcomeSchema, Text
from web.reviews.cards import with_card
from web.running import concord, zone
from web.sales.orders import last_day
from web.sales.selling import Exact

bp = Routes("reviewing", "reviewing", description="Who writes, calibrates, shares, seals reviews.")

DAYS_TO_ANSWER = 5
"""Business days for which the reviewee sees a review before it may be sealed unanswered."""

# --- Schemas --------------------------------------------------------------------------------------


class AssignReviewSchema(Change):
    """Who is asked to calibrate it and to judge an appeal of it; null: nobody in particular."""

    first_calibrator_id = Id(load_default=None, allow_none=True)
    second_calibrator_id = Id(load_default=None, allow_none=True)
    judge_id = Id(load_default=None, allow_none=True)


class InputsCollectedSchema(Change):
    """What people had to say, in short."""

    summary = Text(load_default=None, allow_none=True)


class CalibrateSchema(Change):
    """How many points beside the card's total, from -10 to 10; the reason says why."""

    adjustment = Exact(whole=2, places=2, signed=True, required=True)


class DecideOutcomeSchema(Change):
    """What it leads to; the reason says why."""

    kind = fields.Enum(OutcomeKind, by_value=True, required=True)
    text = Text(required=True)


class AgreeHelpPlanSchema(Change):
    """How the reviewee is helped, and until when."""

    text = Text(required=True)
    until = Day(required=True, validate=last_day)


# --- Before it is shared --------------------------------------------------------------------------


@bp.post("/reviews/<uuid:id_>/assign")
@bp.arguments(AssignReviewSchema)
@bp.response(200, OutcomeSchema)
def assign_review(body: dict[str, Any], id_: UUID) -> Response:
    """Ask who is to calibrate it, and to judge an appeal: they see it, wherever they work."""
    return change(review.AssignReview, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/draft")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def draft_review(body: dict[str, Any], id_: UUID) -> Response:
    """Put the card into a review that the server computes from the log as it is now."""
    return _with_card(review.DraftScorecard, body, id_)


@bp.post("/reviews/<uuid:id_>/collect-inputs")
@bp.arguments(InputsCollectedSchema)
@bp.response(200, OutcomeSchema)
def collect_review_inputs(body: dict[str, Any], id_: UUID) -> Response:
    """Close what people have to say."""
    return change(review.CollectInputs, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/calibrate")
@bp.arguments(CalibrateSchema)
@bp.response(200, OutcomeSchema)
def calibrate_review(body: dict[str, Any], id_: UUID) -> Response:
    """Propose points beside the card's total, with a reason; not by its author."""
    return change(review.CalibrateReview, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/confirm")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def confirm_calibration(body: dict[str, Any], id_: UUID) -> Response:
    """Confirm a calibration that somebody else proposed, with a reason."""
    return change(review.ConfirmCalibration, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/share")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def share_review(body: dict[str, Any], id_: UUID) -> Response:
    """Let the reviewee see it, who has five business days from today to answer."""
    # From now, whatever the body says: nobody loses days because of a date before today.
    upto = deadline(concord().log, datetime.now(UTC), DAYS_TO_ANSWER, zone())
    return change(review.ShareReview, body, id=ReviewId(id_), sealable_from=upto)


@bp.post("/reviews/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_review(body: dict[str, Any], id_: UUID) -> Response:
    """Withdraw a review that was opened by mistake, with a reason, before it is shared."""
    return change(review.WithdrawReview, body, id=ReviewId(id_))


# --- Sealed ---------------------------------------------------------------------------------------


@bp.post("/reviews/<uuid:id_>/seal")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def seal_review(body: dict[str, Any], id_: UUID) -> Response:
    """Seal a review, as somebody who did not write it; what comes later never changes it."""
    return change(review.SealReview, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/note-impact")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def note_review_impact(body: dict[str, Any], id_: UUID) -> Response:
    """Compute the card anew and note what facts learned since the last version change."""
    return _with_card(review.NoteImpact, body, id_)


@bp.post("/reviews/<uuid:id_>/supplement")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def supplement_review(body: dict[str, Any], id_: UUID) -> Response:
    """Sign a further version with the card as it is now, with a reason, where one is due."""
    return _with_card(review.SupplementReview, body, id_)


@bp.post("/reviews/<uuid:id_>/decide-outcome")
@bp.arguments(DecideOutcomeSchema)
@bp.response(200, OutcomeSchema)
def decide_review_outcome(body: dict[str, Any], id_: UUID) -> Response:
    """Decide, as a person and with a reason, what a sealed review leads to."""
    return change(review.DecideOutcome, body, id=ReviewId(id_))


@bp.post("/reviews/<uuid:id_>/agree-help-plan")
@bp.arguments(AgreeHelpPlanSchema)
@bp.response(200, OutcomeSchema)
def agree_help_plan(body: dict[str, Any], id_: UUID) -> Response:
    """Write down how the reviewee is helped, once they know the review."""
    return change(review.AgreeHelpPlan, body, id=ReviewId(id_))


def _with_card(command: Any, body: dict[str, Any], id_: UUID) -> Response:
    expected = expected_version()
    return with_card(command, id_, envelope(body), expected)
