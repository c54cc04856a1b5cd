"""Complaints over HTTP: acknowledged, on the fast path, classified, compensated, settled."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from application.access import Check
from application.crm import StaleVersion
from application.permissions import resource_of
from domain.access.roles import Action
from domain.confidential import FieldClass
from domain.ids import CustomerId, RequestId
from domain.support import complaint, request_states
from domain.support.complaint import Cause, CompensationKind, Severity, complaint_id
from domain.support.request import RequestOpened
from domain.support.request_rules import REQUEST
from domain.values import ContactChannel
from projections.reader import Wanted
from projections.reports.rounding import percent
from projections.support.complaints import (
    COMPLAINT_CAUSES,
    COMPLAINTS,
    UNCLASSIFIED,
    nothing_done,
)
from projections.support.requests import REQUESTS
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, envelope, expected_version
from web.fields import Amount, Change, Id, Moment, MoneySchema, OutcomeSchema, Text, YesNo
from web.problems import Problem, not_found, stale
from web.running import concord, json_response
from web.views import (
    ItemMomentSchema,
    await_position,
    list_schema,
    must_be_there,
    page_of,
    show,
    show_list,
    window,
)

bp = Routes("complaints", "complaints", description="What is done about complaints, and causes.")

COMPENSATION = validate.OneOf(["none", "proposed", "approved", "declined"])
SETTLED = validate.OneOf(["accepted", "not-accepted"])

# --- Schemas ------------------------------------------------------------------------------------


class ComplaintSchema(ma.Schema):
    """What was done about a complaint, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    request_id = fields.UUID(required=True)
    acknowledged_at = Moment(allow_none=True)
    acknowledged_by = fields.UUID(required=True, allow_none=True)
    severity = fields.Enum(Severity, by_value=True, required=True, allow_none=True)
    escalated_to = fields.UUID(required=True, allow_none=True)
    escalated_department = fields.UUID(required=True, allow_none=True)
    cause = fields.Enum(Cause, by_value=True, required=True, allow_none=True)
    detail = fields.String(required=True, allow_none=True)
    compensation = fields.String(required=True, validate=COMPENSATION)
    form = fields.Enum(CompensationKind, by_value=True, required=True, allow_none=True)
    amount = fields.Nested(MoneySchema, required=True, allow_none=True)
    settled = fields.String(required=True, allow_none=True, validate=SETTLED)
    last_fact_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class CauseLineSchema(ma.Schema):
    """How many complaints had a cause."""

    cause = fields.String(required=True, validate=validate.OneOf([*Cause, UNCLASSIFIED]))
    count = fields.Integer(required=True)
    share = fields.String(required=True, allow_none=True)
    cumulative = fields.String(required=True, allow_none=True)


class ComplaintCausesSchema(ma.Schema):
    """All complaints by their cause, the most frequent first, unclassified ones last."""

    complaints = fields.Integer(required=True)
    causes = fields.List(fields.Nested(CauseLineSchema), required=True)


class AcknowledgeSchema(Change):
    """How the customer was told."""

    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    text = Text(load_default=None, allow_none=True)


class EscalateSchema(Change):
    """How bad it is, and to whom it goes; the reason says why."""

    severity = fields.Enum(Severity, by_value=True, required=True)
    to_member_id = Id(load_default=None, allow_none=True)
    to_department_id = Id(load_default=None, allow_none=True)


class ClassifySchema(Change):
    """What caused it."""

    cause = fields.Enum(Cause, by_value=True, required=True)
    detail = Text(load_default=None, allow_none=True)


class CompensateSchema(Change):
    """What is proposed to make it good."""

    form = fields.Enum(CompensationKind, by_value=True, required=True)
    amount = Amount(required=True)


class SettleComplaintSchema(Change):
    """What the customer says of how it was settled."""

    accepted = YesNo(required=True)
    words = Text(load_default=None, allow_none=True)


class CausesQuery(ma.Schema):
    """Of which department's complaints; of all that you may see, unless said."""

    department_id = Id(data_key="filter[department_id]")


ComplaintQuery = list_schema(
    COMPLAINTS,
    {
        "customer_id": Id(),
        "request_id": Id(),
        "severity": fields.Enum(Severity, by_value=True),
        "cause": fields.Enum(Cause, by_value=True),
        "compensation": fields.String(validate=COMPENSATION),
        "settled": fields.String(validate=SETTLED),
    },
    sort="-last_fact_at",
)

# --- Reading --------------------------------------------------------------------------------------


@bp.get("/complaints")
@bp.arguments(ComplaintQuery, location="query")
@bp.response(200, page_of(ComplaintSchema), description="A page of complaints.")
def list_complaints(args: dict[str, Any]) -> Response:
    """List complaints that something was done about."""
    return show_list(COMPLAINTS, args)


@bp.get("/complaints/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ComplaintSchema, description="The complaint.")
def get_complaint(args: dict[str, Any], id_: UUID) -> Response:
    """Show what was done about a complaint, now or as of any moment."""
    return show(COMPLAINTS, id_, args)


@bp.get("/requests/<uuid:id_>/complaint")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ComplaintSchema, description="The complaint; the ETag is its own.")
def get_complaint_of_request(args: dict[str, Any], id_: UUID) -> Response:
    """Show what was done about a request that complains; nothing was at version 0."""
    moment = {name: value for name, value in args.items() if name != "at_version"}
    request = must_be_there(REQUESTS, id_, moment)
    key = complaint_id(RequestId(id_))
    try:
        return show(COMPLAINTS, key, args)
    except Problem as problem:
        if problem.status != HTTPStatus.NOT_FOUND or "at_version" in args:
            raise
    response = json_response(orjson.dumps(nothing_done(key, request["customer_id"], str(id_))))
    if window(args) is None:
        response.headers["ETag"] = '"0"'
    return response


@bp.get("/complaint-causes")
@bp.arguments(CausesQuery, location="query")
@bp.response(200, ComplaintCausesSchema, description="The causes.")
def get_complaint_causes(args: dict[str, Any]) -> Response:
    """Show what caused the complaints that you may see, the most frequent cause first."""
    access().require(Action.READ, resource_of(COMPLAINT_CAUSES.kind))
    position = await_position(COMPLAINT_CAUSES.name)
    filters: dict[str, Wanted] = {"counted": "yes"}
    if "department_id" in args:
        filters["department_id"] = str(args["department_id"])
    seeing = access().reading(COMPLAINT_CAUSES)
    counts = concord().reader.count(COMPLAINT_CAUSES, "cause", filters, seeing)
    response = json_response(orjson.dumps(_pareto(counts)))
    response.headers["Concord-Position"] = str(position)
    return response


def _pareto(counts: dict[str, int]) -> dict[str, Any]:
    ranked = sorted(counts.items(), key=lambda each: (each[0] == UNCLASSIFIED, -each[1], each[0]))
    whole, upto, lines = sum(counts.values()), 0, []
    for cause, count in ranked:
        upto += count
        share, cumulative = percent(count, whole), percent(upto, whole)
        lines.append({"cause": cause, "count": count, "share": share, "cumulative": cumulative})
    return {"complaints": whole, "causes": lines}


# --- Changing -------------------------------------------------------------------------------------


@bp.post("/requests/<uuid:id_>/complaint/acknowledge")
@bp.arguments(AcknowledgeSchema)
@bp.response(200, OutcomeSchema)
def acknowledge_complaint(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that the customer was told: it has come in and is being looked into."""
    return _change(complaint.AcknowledgeComplaint, body, id_)


@bp.post("/requests/<uuid:id_>/complaint/escalate")
@bp.arguments(EscalateSchema)
@bp.response(200, OutcomeSchema)
def escalate_complaint(body: dict[str, Any], id_: UUID) -> Response:
    """Put a complaint on the fast path, to a member, a department or both; say why."""
    return _change(complaint.EscalateComplaint, body, id_)


@bp.post("/requests/<uuid:id_>/complaint/classify")
@bp.arguments(ClassifySchema)
@bp.response(200, OutcomeSchema)
def classify_complaint(body: dict[str, Any], id_: UUID) -> Response:
    """Say what caused a complaint; said again, the last counts and all stay."""
    return _change(complaint.ClassifyComplaint, body, id_)


@bp.post("/requests/<uuid:id_>/complaint/propose-compensation")
@bp.arguments(CompensateSchema)
@bp.response(200, OutcomeSchema)
def propose_compensation(body: dict[str, Any], id_: UUID) -> Response:
    """Propose to make it good; somebody else approves."""
    return _change(complaint.ProposeCompensation, body, id_)


@bp.post("/requests/<uuid:id_>/complaint/approve-compensation")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def approve_compensation(body: dict[str, Any], id_: UUID) -> Response:
    """Approve what somebody else proposed."""
    return _change(complaint.ApproveCompensation, body, id_)


@bp.post("/requests/<uuid:id_>/complaint/decline-compensation")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def decline_compensation(body: dict[str, Any], id_: UUID) -> Response:
    """Decline what somebody else proposed, and say why."""
    return _change(complaint.DeclineCompensation, body, id_)


@bp.post("/requests/<uuid:id_>/complaint/settle")
@bp.arguments(SettleComplaintSchema)
@bp.response(200, OutcomeSchema)
def settle_complaint(body: dict[str, Any], id_: UUID) -> Response:
    """Keep the customer's word: whether they accept how it was settled."""
    return _change(complaint.SettleComplaint, body, id_)


def _change(command: Any, body: dict[str, Any], id_: UUID) -> Response:
    expected, given, request_id = expected_version(), envelope(body), RequestId(id_)
    here = concord()
    state = here.crm.load(REQUEST, id_).state
    looking = Check(access().authority, access().sight)
    if isinstance(state, request_states.Absent) or not looking.readable(REQUEST.kind, id_):
        raise not_found()
    opened = [fact.event for fact in here.log.stream(id_) if isinstance(fact.event, RequestOpened)]
    made = command(
        id=complaint_id(request_id),
        request_id=request_id,
        customer_id=CustomerId(state.customer_id),
        department_id=state.department_id,
        holder_id=state.holder_id,
        kind=opened[-1].kind,
        resolved=isinstance(state, request_states.Resolved | request_states.Closed),
        **body,
    )
    try:
        return carry_out(made, given, expected=expected)
    except StaleVersion as error:  # of what nothing was done about it is at version 0, and there
        raise stale(error.current) from error
