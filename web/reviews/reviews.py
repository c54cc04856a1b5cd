"""Reviews over HTTP: opened for somebody's work in a period, listed, shown with all behind them."""

from datetime import date
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.access.roles import Action, Resource
from domain.ids import DepartmentId, ReviewId
from domain.reviews import review
from domain.reviews.review import FollowUp, Grounds, OutcomeKind
from domain.reviews.review_cycle import REVIEW_CYCLE, Cycle
from domain.reviews.review_policy import REVIEW_POLICY, Policy, ReviewPolicyPublished
from domain.teams import member
from domain.teams.member import MEMBER
from projections.reviews.reviews import REVIEWS
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, envelope
from web.fields import Change, Day, Id, IdOrNone, Moment, OutcomeSchema
from web.problems import FieldError, Problem
from web.reviews.cards import CardSchema
from web.running import concord, zone
from web.sales.orders import last_day
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("reviews", "reviews", description="Reviews of people's and teams' work.")

STATUS = validate.OneOf(
    [
        "opened",
        "drafted",
        "inputs-collected",
        "calibrating",
        "calibrated",
        "shared",
        "acknowledged",
        "disagreed",
        "upheld",
        "sealed",
        "supplemented",
        "withdrawn",
    ]
)

# --- Schemas --------------------------------------------------------------------------------------


class SignedSchema(ma.Schema):
    """Who did it, when and why."""

    at = Moment()
    by = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class ReviewStepSchema(SignedSchema):
    """One step of its life."""

    what = fields.String(required=True)
    position = fields.String(required=True)


class InputsSchema(SignedSchema):
    """What people had to say, in short."""

    summary = fields.String(required=True, allow_none=True)


class CalibrationSchema(ma.Schema):
    """Points beside the card, the total with them, and who stands for it."""

    adjustment = fields.String(required=True)
    total = fields.String(required=True, allow_none=True)
    proposed = fields.Nested(SignedSchema, required=True)
    confirmed = fields.List(fields.Nested(SignedSchema), required=True)


class RevieweeAnswerSchema(ma.Schema):
    """What the reviewee said."""

    kind = fields.String(required=True, validate=validate.OneOf(["acknowledged", "disagreed"]))
    comment = fields.String(required=True, allow_none=True)
    at = Moment()


class DecisionSchema(SignedSchema):
    """How an appeal was decided; late: after it was promised."""

    what = fields.String(required=True, validate=validate.OneOf(["upheld", "dismissed"]))
    late = fields.Boolean(required=True)


class AppealSchema(ma.Schema):
    """An appeal: which figures and facts, and how it was decided."""

    number = fields.Integer(required=True)
    figures = fields.List(fields.String(), required=True)
    facts = fields.List(fields.String(), required=True)
    text = fields.String(required=True)
    lodged_at = Moment()
    decide_by = Moment()
    after_sealing = fields.Boolean(required=True)
    decision = fields.Nested(DecisionSchema, required=True, allow_none=True)


class SealSchema(ma.Schema):
    """What was sealed, by whom, and the hash of all of it."""

    hash = fields.String(required=True)
    card_hash = fields.String(required=True)
    policy_hash = fields.String(required=True)
    position = fields.String(required=True)
    adjustment = fields.String(required=True)
    authors = fields.List(fields.UUID(), required=True)
    calibrators = fields.List(fields.UUID(), required=True)
    sealer_id = fields.UUID(required=True)


class VersionSchema(SignedSchema):
    """The sealed card's total, or a supplement's with its card; each as the card says."""

    number = fields.Integer(required=True)
    total = fields.String(required=True, allow_none=True)
    position = fields.String(required=True)
    hash = fields.String(required=True)
    because = fields.Enum(Grounds, by_value=True, required=True)
    card = fields.Nested(CardSchema, required=True, allow_none=True)


class ImpactSchema(SignedSchema):
    """What later facts change, compared with the last version."""

    position = fields.String(required=True)
    total = fields.String(required=True, allow_none=True)
    delta = fields.String(required=True, allow_none=True)
    follow_up = fields.Enum(FollowUp, by_value=True, required=True)
    changed = fields.List(fields.String(), required=True)


class OutcomeDecidedSchema(SignedSchema):
    """What it leads to."""

    kind = fields.Enum(OutcomeKind, by_value=True, required=True)
    text = fields.String(required=True)


class HelpPlanSchema(SignedSchema):
    """How the reviewee is helped, and until when."""

    text = fields.String(required=True)
    until = fields.Date(required=True)


class ReviewFileSchema(ma.Schema):
    """A review with all behind it, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    member_id = fields.UUID(required=True, allow_none=True)
    department_id = fields.UUID(required=True)
    holder_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "The reviewee, once it was shared."},
    )
    kept_from_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Who may not see it yet: the reviewee, whatever their role."},
    )
    first_calibrator_id = fields.UUID(required=True, allow_none=True)
    second_calibrator_id = fields.UUID(required=True, allow_none=True)
    judge_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Who is asked to judge an appeal, where there is one."},
    )
    cycle_id = fields.UUID(required=True, allow_none=True)
    author_id = fields.UUID(required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    timezone = fields.String(required=True)
    policy_id = fields.UUID(required=True)
    policy_version = fields.Integer(required=True)
    policy_hash = fields.String(required=True)
    status = fields.String(required=True, validate=STATUS)
    appealed = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["yes"]),
        metadata={"description": "Whether an appeal is not decided yet."},
    )
    opened_at = Moment()
    card = fields.Nested(CardSchema, required=True, allow_none=True)
    inputs = fields.Nested(InputsSchema, required=True, allow_none=True)
    calibration = fields.Nested(CalibrationSchema, required=True, allow_none=True)
    shared_at = Moment(allow_none=True)
    sealable_from = Moment(allow_none=True)
    answer = fields.Nested(RevieweeAnswerSchema, required=True, allow_none=True)
    appeals = fields.List(fields.Nested(AppealSchema), required=True)
    seal = fields.Nested(SealSchema, required=True, allow_none=True)
    versions = fields.List(fields.Nested(VersionSchema), required=True)
    impacts = fields.List(fields.Nested(ImpactSchema), required=True)
    outcomes = fields.List(fields.Nested(OutcomeDecidedSchema), required=True)
    help_plans = fields.List(fields.Nested(HelpPlanSchema), required=True)
    steps = fields.List(fields.Nested(ReviewStepSchema), required=True)


class OpenReviewSchema(Change):
    """Whose work (a member's or a department's), in which period, by which policy."""

    member_id = Id(load_default=None, allow_none=True)
    department_id = Id(load_default=None, allow_none=True)
    author_id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "Who writes it; unless said, who opens it."},
    )
    cycle_id = Id(load_default=None, allow_none=True)
    policy_id = Id(required=True)
    first = Day(required=True, data_key="from", validate=last_day)
    last = Day(required=True, data_key="to", validate=last_day)

    @ma.validates_schema
    def one(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a review of nobody or of two, and of no time at all."""
        if (data["member_id"] is None) == (data["department_id"] is None):
            raise ma.ValidationError("Name a member or a department.", "member_id")
        if data["last"] <= data["first"]:
            raise ma.ValidationError("A period ends after it begins.", "to")


ReviewQuery = list_schema(
    REVIEWS,
    {
        "member_id": IdOrNone(),
        "department_id": Id(),
        "cycle_id": IdOrNone(),
        "author_id": Id(),
        "first_calibrator_id": IdOrNone(),
        "second_calibrator_id": IdOrNone(),
        "judge_id": IdOrNone(),
        "status": fields.String(validate=STATUS),
        "appealed": fields.String(validate=validate.OneOf(["yes"])),
    },
    sort="-from",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/reviews")
@bp.arguments(OpenReviewSchema)
@bp.response(201, OutcomeSchema)
def open_review(body: dict[str, Any]) -> Response:
    """Open a review by the version of a policy that was in force when its period began."""
    access().require(Action.CREATE, Resource.REVIEW)
    given = envelope(body)
    body["department_id"] = body["department_id"] or _department_of(body["member_id"])
    version = _in_force(body["policy_id"], body["first"], of_a_cycle=body["cycle_id"] is not None)
    if body["cycle_id"] is not None:
        _check_in_cycle(body, version)
    command = review.OpenReview(
        id=ReviewId(uuid7()),
        zone=str(zone()),
        policy_version=version.version,
        policy_hash=version.hash,
        **body,
    )
    return carry_out(command, given, created="reviews.get_review")


@bp.get("/reviews")
@bp.arguments(ReviewQuery, location="query")
@bp.response(200, page_of(ReviewFileSchema), description="A page of reviews.")
def list_review_files(args: dict[str, Any]) -> Response:
    """List reviews, the latest period first; one's own once they are shared."""
    return show_list(REVIEWS, args)


@bp.get("/reviews/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ReviewFileSchema, description="The review.")
def get_review(args: dict[str, Any], id_: UUID) -> Response:
    """Show a review, now or as of any moment; the reviewee sees it from when it is shared on."""
    return show(REVIEWS, id_, args)


# --- Whose, and by what ---------------------------------------------------------------------------


def _department_of(member_id: UUID) -> DepartmentId:
    state = concord().crm.load(MEMBER, member_id).state
    if isinstance(state, member.Absent) or state.department_id is None:
        raise _wrong("/member_id", "There is no such member.")
    return DepartmentId(state.department_id)


def _in_force(policy_id: UUID, day: date, *, of_a_cycle: bool) -> ReviewPolicyPublished:
    policy = concord().crm.load(REVIEW_POLICY, policy_id).state
    if not isinstance(policy, Policy):
        raise _wrong("/policy_id", "There is no such policy.")
    if policy.retired_on is not None and not of_a_cycle:
        raise _wrong("/policy_id", "It is retired: only the cycles that name it go on by it.")
    version = policy.in_force(day)
    if version is None:
        raise _wrong("/policy_id", "None of its versions was in force when the period began.")
    return version


def _check_in_cycle(body: dict[str, Any], version: ReviewPolicyPublished) -> None:
    cycle = concord().crm.load(REVIEW_CYCLE, body["cycle_id"]).state
    if not isinstance(cycle, Cycle):
        raise _wrong("/cycle_id", "There is no such cycle.")
    named = {(each.policy_id, each.version) for each in cycle.policies}
    if (cycle.first, cycle.last) != (body["first"], body["last"]):
        raise _wrong("/cycle_id", "The cycle is of another period.")
    if (body["policy_id"], version.version) not in named:
        raise _wrong("/policy_id", "Nobody is scored by this policy in the cycle.")


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(422, "fields.invalid", detail, errors=[FieldError(pointer, detail)])
