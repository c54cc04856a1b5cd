"""Feedback over HTTP: given, read again by who gave it, and taken back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.access.roles import Action, Resource
from domain.ids import FeedbackId, MemberId
from domain.reviews import feedback
from domain.reviews.feedback import Source
from projections.reviews.feedback import FEEDBACK_GIVEN
from projections.teams.teams import MEMBERS
from web.access.seeing import Covered, access
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text
from web.problems import FieldError, Problem, not_found
from web.running import concord
from web.sales.selling import Exact
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("feedback", "feedback", description="What colleagues say of each other's work.")

MOST_EVIDENCE = 100
_POSITION = r"^[1-9][0-9]{0,17}$(?!\n)"

# --- Schemas --------------------------------------------------------------------------------------


class FeedbackSchema(ma.Schema):
    """Feedback, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    about_id = fields.UUID(required=True)
    holder_id = fields.UUID(required=True, metadata={"description": "Who gave it."})
    kept_from_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Who never sees it: whom it is about, unless they said it."},
    )
    source = fields.Enum(Source, by_value=True, required=True)
    rating = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.String(), required=True)
    review_id = fields.UUID(required=True, allow_none=True)
    status = fields.String(required=True)
    given_at = Moment()
    withdrawn_at = Moment(allow_none=True)
    masked = fields.List(fields.String())


def _each_once(positions: Sequence[str]) -> None:
    if len(set(positions)) < len(positions):
        raise ma.ValidationError("Name each fact once.")


class GiveFeedbackSchema(Change):
    """How somebody's work is, seen from where, and the facts that says so."""

    source = fields.Enum(Source, by_value=True, required=True)
    rating = Exact(whole=1, places=2, required=True, metadata={"description": "1 to 5."})
    text = Text(load_default=None, allow_none=True)
    evidence = fields.List(
        fields.String(validate=validate.Regexp(_POSITION, error="Not a position.")),
        load_default=list,
        validate=[validate.Length(max=MOST_EVIDENCE), _each_once],
        metadata={"description": "Ids of facts (their positions) that it rests on."},
    )
    review_id = Id(load_default=None, allow_none=True)


class WithdrawFeedbackSchema(Change):
    """Nothing more to say."""


FeedbackQuery = list_schema(
    FEEDBACK_GIVEN,
    {
        "about_id": Id(),
        "holder_id": Id(),
        "review_id": IdOrNone(),
        "source": fields.Enum(Source, by_value=True),
        "status": fields.String(validate=validate.OneOf(["given", "withdrawn"])),
    },
    sort="-given_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/members/<uuid:id_>/feedback")
@bp.arguments(GiveFeedbackSchema)
@bp.response(201, OutcomeSchema)
def give_feedback(body: dict[str, Any], id_: UUID) -> Response:
    """Say how a colleague's work is (or one's own), and which facts that rests on."""
    access().require(Action.CREATE, Resource.FEEDBACK)
    if not access().readable(MEMBERS.subject, id_):
        raise not_found()
    given = envelope(body)
    evidence = tuple(int(position) for position in body.pop("evidence"))
    _check_known(evidence)
    command = feedback.GiveFeedback(
        id=FeedbackId(uuid7()), about_id=MemberId(id_), evidence=evidence, **body
    )
    return carry_out(command, given, created="feedback.get_feedback")


@bp.get("/feedback")
@bp.arguments(FeedbackQuery, location="query")
@bp.response(200, page_of(FeedbackSchema), description="A page of feedback.")
def list_feedback(args: dict[str, Any]) -> Response:
    """List feedback: for who looks after reviews all of it, for others what they gave."""
    return show_list(FEEDBACK_GIVEN, args)


@bp.get("/feedback/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, FeedbackSchema, description="The feedback.")
def get_feedback(args: dict[str, Any], id_: UUID) -> Response:
    """Show feedback to who gave it and to who looks after reviews, to nobody else."""
    return show(FEEDBACK_GIVEN, id_, args)


@bp.post("/feedback/<uuid:id_>/withdraw")
@bp.arguments(WithdrawFeedbackSchema)
@bp.response(200, OutcomeSchema)
def withdraw_feedback(body: dict[str, Any], id_: UUID) -> Response:
    """Take back what one said oneself."""
    return change(feedback.WithdrawFeedback, body, id=FeedbackId(id_))


# --- Evidence -------------------------------------------------------------------------------------


def _check_known(positions: Sequence[int]) -> None:
    """Check that whoever speaks may see each fact they name.

    Raises ``Problem`` 422: what is not there and what they may not know of are told alike.
    """
    facts = concord().log.at(positions) if positions else []
    covered = Covered(access(), facts)
    known = {fact.position for fact in facts if covered.reads(fact)}
    wrong = [
        FieldError(f"/evidence/{number}", "There is no such fact, or none you may see.")
        for number, position in enumerate(positions)
        if position not in known
    ]
    if wrong:
        detail = "Feedback rests on facts that who gives it may see."
        raise Problem(422, "feedback.evidence", detail, errors=wrong)
