"""The improvement board over HTTP: findings, measures, and whether they helped."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, request
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from application.access import Check
from application.crm import StaleVersion
from domain.confidential import FieldClass
from domain.days import begin_of
from domain.ids import ImprovementId
from domain.kernel import Rejected
from domain.support import improvement
from domain.support.complaint import Cause
from domain.support.improvement import EVIDENCE, IMPROVEMENT, Days, Figure
from projections.reports.complaint_replay import measured
from projections.support.improvements import IMPROVEMENTS
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, change, envelope, expected_version
from web.fields import Change, Day, Id, Moment, OutcomeSchema, Text, Time
from web.problems import not_found
from web.running import concord, zone
from web.sales.orders import last_day
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("improvements", "improvements", description="Findings, measures, and their effect.")

STATUS = validate.OneOf(["open", "done", "verified", "closed"])
POSITION = r"^[1-9][0-9]{0,17}$(?!\n)"

# --- Schemas ------------------------------------------------------------------------------------


class MeasureShownSchema(ma.Schema):
    """What was done about it, and when."""

    at = Moment()
    measure = fields.String(required=True, allow_none=True)


class EffectSchema(ma.Schema):
    """The figure before and after, both by replay up to a position."""

    before = fields.String(required=True, allow_none=True)
    after = fields.String(required=True, allow_none=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    position = fields.String(required=True)
    effective = fields.Boolean(required=True)
    verified_by = fields.UUID(required=True, allow_none=True)


class ImprovementSchema(ma.Schema):
    """An improvement, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    department_id = fields.UUID(required=True)
    holder_id = fields.UUID(required=True)
    finding = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.String(), required=True)
    figure = fields.Enum(Figure, by_value=True, required=True)
    cause = fields.Enum(Cause, by_value=True, required=True, allow_none=True)
    baseline_from = fields.Date(required=True)
    baseline_to = fields.Date(required=True)
    status = fields.String(required=True, validate=STATUS)
    due_at = Moment()
    miss_at = Moment(allow_none=True)
    overdue = fields.String(required=True, allow_none=True, validate=validate.OneOf(["yes"]))
    extended = fields.Integer(required=True)
    measures = fields.List(fields.Nested(MeasureShownSchema), required=True)
    effect = fields.Nested(EffectSchema, required=True, allow_none=True)
    opened_at = Moment()
    done_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class OpenImprovementSchema(Change):
    """What was found, who owns it, by when, and which figure it is to move since which period."""

    department_id = Id(required=True)
    member_id = Id(required=True, metadata={"description": "Who owns it."})
    finding = Text(required=True)
    evidence = fields.List(
        fields.String(validate=validate.Regexp(POSITION)),
        load_default=list,
        validate=validate.Length(max=EVIDENCE),
        metadata={"description": "The positions of the facts it rests on."},
    )
    figure = fields.Enum(Figure, by_value=True, required=True)
    cause = fields.Enum(Cause, by_value=True, load_default=None, allow_none=True)
    baseline_from = Day(required=True, validate=last_day)
    baseline_to = Day(required=True, validate=last_day)
    due_at = Time(required=True)


class MeasureSchema(Change):
    """What is done about it."""

    measure = Text(required=True)


class ExtendSchema(Change):
    """Until when; the reason says why."""

    due_at = Time(required=True)


class VerifySchema(Change):
    """The period after, as long as the one before: up to and without its last date."""

    after_from = Day(required=True, validate=last_day)
    after_to = Day(required=True, validate=last_day)


ImprovementQuery = list_schema(
    IMPROVEMENTS,
    {
        "status": fields.String(validate=STATUS),
        "department_id": Id(),
        "holder_id": Id(),
        "figure": fields.Enum(Figure, by_value=True),
        "cause": fields.Enum(Cause, by_value=True),
        "overdue": fields.String(validate=validate.OneOf(["yes"])),
    },
    sort="due_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/improvements")
@bp.arguments(OpenImprovementSchema)
@bp.response(201, OutcomeSchema)
def open_improvement(body: dict[str, Any]) -> Response:
    """Open an improvement of a department from a finding."""
    given = envelope(body)
    evidence = tuple(sorted({int(position) for position in body["evidence"]}))
    command = improvement.OpenImprovement(
        id=ImprovementId(uuid7()), **(body | {"evidence": evidence})
    )
    if len(access().visible(concord().log.at(evidence))) < len(evidence):
        raise Rejected("improvement.no-such-fact", "Name facts that you can see.", field="evidence")
    return carry_out(command, given, created="improvements.get_improvement")


@bp.get("/improvements")
@bp.arguments(ImprovementQuery, location="query")
@bp.response(200, page_of(ImprovementSchema), description="A page of improvements.")
def list_improvements(args: dict[str, Any]) -> Response:
    """Show the board: improvements, those due first at the top."""
    return show_list(IMPROVEMENTS, args)


@bp.get("/improvements/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ImprovementSchema, description="The improvement.")
def get_improvement(args: dict[str, Any], id_: UUID) -> Response:
    """Show an improvement, now or as of any moment."""
    return show(IMPROVEMENTS, id_, args)


@bp.post("/improvements/<uuid:id_>/measures")
@bp.arguments(MeasureSchema)
@bp.response(200, OutcomeSchema)
def note_measure(body: dict[str, Any], id_: UUID) -> Response:
    """Note what is done about a finding."""
    return change(improvement.NoteMeasure, body, id=ImprovementId(id_))


@bp.post("/improvements/<uuid:id_>/extend")
@bp.arguments(ExtendSchema)
@bp.response(200, OutcomeSchema)
def extend_improvement(body: dict[str, Any], id_: UUID) -> Response:
    """Give an improvement more time, and say why."""
    return change(improvement.ExtendImprovement, body, id=ImprovementId(id_))


@bp.post("/improvements/<uuid:id_>/finish")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def finish_improvement(body: dict[str, Any], id_: UUID) -> Response:
    """Say that an improvement is carried out; its effect is verified by somebody else."""
    return change(improvement.FinishImprovement, body, id=ImprovementId(id_))


@bp.post("/improvements/<uuid:id_>/verify")
@bp.arguments(VerifySchema)
@bp.response(200, OutcomeSchema)
def verify_improvement(body: dict[str, Any], id_: UUID) -> Response:
    """Compare the figure before and after, both computed from the log; not by the owner."""
    expected, given, here = expected_version(), envelope(body), concord()
    days = Days(body["after_from"], body["after_to"])
    wish = improvement.VerifyImprovement(
        id=ImprovementId(id_),
        after_from=days.first,
        after_to=days.last,
        over_at=begin_of(days.last, zone()),
        before=None,
        after=None,
        position=here.log.head(),
    )
    Check(access().authority, access().sight).check(IMPROVEMENT, wish)
    found = here.crm.load(IMPROVEMENT, id_)
    if isinstance(found.state, improvement.Absent):
        raise not_found()
    again = "Idempotency-Key" in request.headers  # then it may have been done already
    if expected is not None and expected != found.version and not again:
        raise StaleVersion(found.version)  # before anything is computed for nothing
    before, after = (
        measured(here.log, found.state.goal, each, zone(), wish.position)
        if each.number > 0
        else None
        for each in (found.state.goal.baseline, days)
    )
    return carry_out(replace(wish, before=before, after=after), given, expected=expected)


@bp.post("/improvements/<uuid:id_>/close")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def close_improvement(body: dict[str, Any], id_: UUID) -> Response:
    """Close an improvement without effect, and say why."""
    return change(improvement.CloseImprovement, body, id=ImprovementId(id_))
