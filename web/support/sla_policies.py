"""Service standards over HTTP: drafted, published, and all their versions."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.ids import SlaPolicyId
from domain.support import sla_policy
from domain.support.promise import Targets
from domain.support.sla_policy import MOST_LINES, MOST_MINUTES, Line, Statement, sla_policy_id
from domain.support.words import RequestKind
from domain.values import Tier
from projections.support.standards import SLA_POLICIES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Day, Id, IdOrNone, Moment, OutcomeSchema, Text
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("sla-policies", "sla-policies", description="How soon customers are answered.")

# --- Schemas --------------------------------------------------------------------------------------


class StatementSchema(ma.Schema):
    """The standard as people read it, in both languages."""

    en = Text(required=True)
    zh = Text(required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Statement:
        return Statement(**told)


def _minutes() -> fields.Integer:
    return fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_MINUTES))


class TargetsSchema(ma.Schema):
    """The most business minutes that may pass, by clock."""

    first_response = _minutes()
    next_response = _minutes()
    resolution = _minutes()

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Targets:
        return Targets(**told)


class LineSchema(ma.Schema):
    """What a tier is promised, for one kind of request or (null) for all others."""

    tier = fields.Enum(Tier, by_value=True, required=True)
    kind = fields.Enum(RequestKind, by_value=True, load_default=None, allow_none=True)
    targets = fields.Nested(TargetsSchema, required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Line:
        return Line(**told)


class TermsSchema(ma.Schema):
    """What a standard says."""

    statement = fields.Nested(StatementSchema, required=True)
    calendar_id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "By whose hours minutes are counted; null: every minute counts."},
    )
    lines = fields.List(
        fields.Nested(LineSchema),
        required=True,
        validate=validate.Length(1, MOST_LINES),
        metadata={"description": "Each tier needs a line whose kind is null."},
    )


class SlaDraftSchema(TermsSchema):
    """A standard that is not in force."""

    drafted_at = Moment()


class SlaVersionSchema(TermsSchema):
    """A standard as it was published."""

    version = fields.Integer(required=True)
    effective_from = fields.Date(required=True)
    published_at = Moment()


class SlaPolicySchema(ma.Schema):
    """A service standard with its draft and all its versions."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    department_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Null: the company's."}
    )
    draft = fields.Nested(SlaDraftSchema, required=True, allow_none=True)
    versions = fields.List(fields.Nested(SlaVersionSchema), required=True)


class RedraftSlaPolicySchema(TermsSchema, Change):
    """A standard to try, and perhaps to publish."""

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> dict[str, Any]:
        return told | {"lines": tuple(told["lines"])}


class DraftSlaPolicySchema(RedraftSlaPolicySchema):
    """The standard of a department of its own, or (null) of the company."""

    department_id = Id(load_default=None, allow_none=True)


class PublishSlaPolicySchema(Change):
    """From which day on requests are promised times by it."""

    effective_from = Day(required=True)


SlaPolicyQuery = list_schema(
    SLA_POLICIES,
    {
        "department_id": IdOrNone(
            metadata={"description": "A department's id; empty: the company's."}
        )
    },
    sort="department_id",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/sla-policies")
@bp.arguments(SlaPolicyQuery, location="query")
@bp.response(200, page_of(SlaPolicySchema), description="A page of service standards.")
def list_sla_policies(args: dict[str, Any]) -> Response:
    """List service standards: the company's, and departments' own."""
    return show_list(SLA_POLICIES, args)


@bp.post("/sla-policies")
@bp.arguments(DraftSlaPolicySchema)
@bp.response(201, OutcomeSchema)
def draft_sla_policy(body: dict[str, Any]) -> Response:
    """Draft a service standard; nothing changes before it is published."""
    given = envelope(body)
    command = sla_policy.DraftSlaPolicy(id=sla_policy_id(body["department_id"]), **body)
    return carry_out(command, given, created="sla-policies.get_sla_policy")


@bp.get("/sla-policies/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SlaPolicySchema, description="The standard.")
def get_sla_policy(args: dict[str, Any], id_: UUID) -> Response:
    """Show a service standard with its draft and versions, now or as of any moment."""
    return show(SLA_POLICIES, id_, args)


@bp.post("/sla-policies/<uuid:id_>/redraft")
@bp.arguments(RedraftSlaPolicySchema)
@bp.response(200, OutcomeSchema)
def redraft_sla_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Draft a standard's next version, or draft it anew."""
    return change(sla_policy.RedraftSlaPolicy, body, id=SlaPolicyId(id_))


@bp.post("/sla-policies/<uuid:id_>/publish")
@bp.arguments(PublishSlaPolicySchema)
@bp.response(200, OutcomeSchema)
def publish_sla_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Publish the draft as the next version: requests opened from then on are promised by it."""
    return change(sla_policy.PublishSlaPolicy, body, id=SlaPolicyId(id_))
