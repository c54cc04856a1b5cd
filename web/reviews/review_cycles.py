"""Review cycles over HTTP: a period, and the policy in force for each role when it began."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.access.roles import Action, Resource
from domain.ids import ReviewCycleId, ReviewPolicyId
from domain.reviews import review_cycle
from domain.reviews.review_cycle import MOST_ROLES, RolePolicy, review_cycle_id
from domain.reviews.review_policy import REVIEW_POLICY, Policy
from domain.values import NAME, SHORT
from projections.reviews.review_policies import REVIEW_CYCLES
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Day, Id, Moment, OutcomeSchema, Text, Words
from web.problems import FieldError, Problem
from web.running import concord, zone
from web.sales.orders import last_day
from web.teams.teams import SLUG
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("review-cycles", "review-cycles", description="Periods whose work is reviewed.")

# --- Schemas --------------------------------------------------------------------------------------


class RolePolicySchema(ma.Schema):
    """By which policy a role is scored."""

    role = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    policy_id = Id(required=True)


class RolePolicyShownSchema(ma.Schema):
    """By which version of which policy a role is scored."""

    role = fields.String(required=True)
    policy_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    hash = fields.String(required=True)
    effective_from = fields.Date(required=True)


class ReviewCycleSchema(ma.Schema):
    """A review cycle, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    timezone = fields.String(required=True)
    status = fields.String(required=True)
    policies = fields.List(fields.Nested(RolePolicyShownSchema), required=True)
    opened_at = Moment()
    closed_at = Moment(allow_none=True)


class OpenReviewCycleSchema(Change):
    """A period (from the first day, without the last) and who is scored by what."""

    code = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    name = Text(NAME, required=True)
    first = Day(required=True, data_key="from", validate=last_day)
    last = Day(required=True, data_key="to", validate=last_day)
    policies = fields.List(
        fields.Nested(RolePolicySchema), required=True, validate=validate.Length(1, MOST_ROLES)
    )

    @ma.validates_schema
    def later(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a period that ends before it begins."""
        if data["last"] <= data["first"]:
            raise ma.ValidationError("A period ends after it begins.", "to")


class CloseReviewCycleSchema(Change):
    """Nothing more to say."""


ReviewCycleQuery = list_schema(
    REVIEW_CYCLES,
    {"code": Words(), "status": fields.String(validate=validate.OneOf(["open", "closed"]))},
    sort="-from",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/review-cycles")
@bp.arguments(ReviewCycleQuery, location="query")
@bp.response(200, page_of(ReviewCycleSchema), description="A page of review cycles.")
def list_review_cycles(args: dict[str, Any]) -> Response:
    """List review cycles, the latest first."""
    return show_list(REVIEW_CYCLES, args)


@bp.post("/review-cycles")
@bp.arguments(OpenReviewCycleSchema)
@bp.response(201, OutcomeSchema)
def open_review_cycle(body: dict[str, Any]) -> Response:
    """Open a cycle; each role is scored by the version in force on the period's first day."""
    access().require(Action.CREATE, Resource.REVIEW_POLICY, everywhere=True)
    given = envelope(body)
    command = review_cycle.OpenReviewCycle(
        id=review_cycle_id(body["code"]),
        zone=str(zone()),
        **body | {"policies": _in_force(body)},
    )
    return carry_out(command, given, created="review-cycles.get_review_cycle")


@bp.get("/review-cycles/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ReviewCycleSchema, description="The cycle.")
def get_review_cycle(args: dict[str, Any], id_: UUID) -> Response:
    """Show a review cycle, now or as of any moment."""
    return show(REVIEW_CYCLES, id_, args)


@bp.post("/review-cycles/<uuid:id_>/close")
@bp.arguments(CloseReviewCycleSchema)
@bp.response(200, OutcomeSchema)
def close_review_cycle(body: dict[str, Any], id_: UUID) -> Response:
    """Close a cycle: no more reviews are opened in it."""
    return change(review_cycle.CloseReviewCycle, body, id=ReviewCycleId(id_))


# --- The versions in force ------------------------------------------------------------------------


def _in_force(body: dict[str, Any]) -> tuple[RolePolicy, ...]:
    """Return the version of each policy for a period that begins then.

    Raises ``Problem`` 422, naming the field, where there is no such policy or it is too young.
    """
    named = body["policies"]
    found = concord().crm.states.look([(REVIEW_POLICY, each["policy_id"]) for each in named])
    picked, wrong = [], []
    for number, each in enumerate(named):
        pointer = f"/policies/{number}/policy_id"
        policy = found[REVIEW_POLICY.kind, each["policy_id"]].state
        version = policy.in_force(body["first"]) if isinstance(policy, Policy) else None
        if not isinstance(policy, Policy):
            wrong.append(FieldError(pointer, "There is no such policy."))
        elif policy.retired_on is not None:
            wrong.append(FieldError(pointer, "It is retired."))
        elif version is None:
            wrong.append(FieldError(pointer, "None was published before the period began."))
        else:
            picked.append(
                RolePolicy(
                    role=each["role"],
                    policy_id=ReviewPolicyId(each["policy_id"]),
                    version=version.version,
                    hash=version.hash,
                    effective_from=version.effective_from,
                )
            )
    if wrong:
        raise Problem(
            422,
            "fields.invalid",
            "Each role needs a policy published before the period began, and not retired.",
            errors=wrong,
        )
    return tuple(picked)
