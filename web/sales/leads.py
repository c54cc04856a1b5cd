"""Leads over HTTP: who may become a customer, and how far they have come."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.ids import LeadId
from domain.sales import lead
from domain.sales.lead import LeadSource
from domain.values import NAME, SHORT, TEXT
from projections.sales.leads import LEADS
from projections.tallies import grouped
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text, Words
from web.running import concord, json_response
from web.views import ItemMomentSchema, await_position, list_schema, page_of, show, show_list

bp = Routes("leads", "leads", description="Who may become a customer.")

STATES = ["open", "qualified", "disqualified"]
STATUS = validate.OneOf(STATES)

# --- Schemas ------------------------------------------------------------------------------------


class QualificationSchema(ma.Schema):
    """What is known of a lead that was qualified."""

    budget = fields.String(required=True, allow_none=True)
    authority = fields.String(required=True, allow_none=True)
    need = fields.String(required=True, allow_none=True)
    timing = fields.String(required=True, allow_none=True)


class LeadSchema(ma.Schema):
    """A lead, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    source = fields.Enum(LeadSource, by_value=True, required=True)
    source_detail = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=STATUS)
    department_id = fields.UUID(required=True)
    holder_id = fields.UUID(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    campaign_id = fields.UUID(required=True, allow_none=True)
    referral_id = fields.UUID(required=True, allow_none=True)
    opportunity_id = fields.UUID(required=True, allow_none=True)
    contact_name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    need = fields.String(required=True, allow_none=True)
    qualification = fields.Nested(QualificationSchema, required=True, allow_none=True)
    disqualified_because = fields.String(required=True, allow_none=True)
    captured_at = Moment()
    decided_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class CaptureLeadSchema(Change):
    """Somebody who may become a customer, and where we learned of them."""

    name = Text(NAME, required=True)
    source = fields.Enum(LeadSource, by_value=True, required=True)
    source_detail = Text(NAME, load_default=None, allow_none=True)
    department_id = Id(required=True)
    holder_id = Id(load_default=None, allow_none=True)
    customer_id = Id(load_default=None, allow_none=True)
    campaign_id = Id(load_default=None, allow_none=True)
    referral_id = Id(load_default=None, allow_none=True)
    contact_name = Text(NAME, load_default=None, allow_none=True)
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=NAME))
    phone = Text(SHORT, load_default=None, allow_none=True)
    need = Text(TEXT, load_default=None, allow_none=True)


class AssignLeadSchema(Change):
    """Into whose hands."""

    holder_id = Id(required=True)


class QualifySchema(Change):
    """As which customer, and what is known of it."""

    customer_id = Id(required=True)
    opportunity_id = Id(load_default=None, allow_none=True)
    budget = Text(TEXT, load_default=None, allow_none=True)
    authority = Text(TEXT, load_default=None, allow_none=True)
    need = Text(TEXT, load_default=None, allow_none=True)
    timing = Text(TEXT, load_default=None, allow_none=True)


class SourceSchema(ma.Schema):
    """What has become of the leads from one source."""

    source = fields.Enum(LeadSource, by_value=True, required=True)
    captured = fields.Integer(required=True)
    open = fields.Integer(required=True)
    qualified = fields.Integer(required=True)
    disqualified = fields.Integer(required=True)
    conversion = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Qualified of all captured, from 0 to 1; null: there are none."},
    )


class FunnelSchema(ma.Schema):
    """The lead funnel: how many were captured, and how many of them came through."""

    captured = fields.Integer(required=True)
    statuses = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    conversion = fields.String(required=True, allow_none=True)
    sources = fields.List(fields.Nested(SourceSchema), required=True)


FILTERS: dict[str, fields.Field[Any]] = {
    "status": fields.String(validate=STATUS),
    "source": fields.Enum(LeadSource, by_value=True),
    "department_id": Id(),
    "holder_id": IdOrNone(metadata={"description": "A member's id; empty: in nobody's hands."}),
    "customer_id": Id(),
    "campaign_id": Id(),
    "name": Words(metadata={"description": "The whole name."}),
}
LeadQuery = list_schema(LEADS, FILTERS, sort="-captured_at")


class FunnelQuery(ma.Schema):
    """Whose leads, or of which campaign."""

    filter_department_id = Id(data_key="filter[department_id]")
    filter_holder_id = IdOrNone(data_key="filter[holder_id]")
    filter_campaign_id = Id(data_key="filter[campaign_id]")


# --- Reading --------------------------------------------------------------------------------------


@bp.get("/leads")
@bp.arguments(LeadQuery, location="query")
@bp.response(200, page_of(LeadSchema), description="A page of leads.")
def list_leads(args: dict[str, Any]) -> Response:
    """List leads."""
    return show_list(LEADS, args)


@bp.get("/leads/funnel")
@bp.arguments(FunnelQuery, location="query")
@bp.response(200, FunnelSchema, description="The funnel, of the leads that you may see.")
def get_funnel(args: dict[str, Any]) -> Response:
    """Show how many leads each source brings, and how many of them come through."""
    access().require(Action.READ, Resource.OPPORTUNITY)
    position = await_position(LEADS.name)
    filters = {name.removeprefix("filter_"): str(value) for name, value in args.items()}
    by = ("source", "status")
    found = grouped(concord().reader, LEADS, by, access().reading(LEADS), filters)
    counts = {(group.values[0], group.values[1]): group.count for group in found}
    sources = [_came_of(counts, source) for source in LeadSource]
    response = json_response(orjson.dumps(_funnel(sources)))
    response.headers["Concord-Position"] = str(position)
    return response


def _came_of(counts: dict[tuple[str, str], int], source: LeadSource) -> dict[str, Any]:
    came = {status: counts.get((source, status), 0) for status in STATES}
    captured = sum(came.values())
    conversion = _conversion(came["qualified"], captured)
    return {"source": source, "captured": captured, **came, "conversion": conversion}


def _funnel(sources: list[dict[str, Any]]) -> dict[str, Any]:
    statuses = {status: sum(each[status] for each in sources) for status in STATES}
    captured = sum(statuses.values())
    return {
        "captured": captured,
        "statuses": statuses,
        "conversion": _conversion(statuses["qualified"], captured),
        "sources": sources,
    }


def _conversion(qualified: int, captured: int) -> str | None:
    if not captured:
        return None  # of none there is no part
    part = Decimal(qualified) / Decimal(captured)
    return str(part.quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


@bp.get("/leads/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, LeadSchema, description="The lead.")
def get_lead(args: dict[str, Any], id_: UUID) -> Response:
    """Show a lead, now or as of any moment."""
    return show(LEADS, id_, args)


# --- Changing -------------------------------------------------------------------------------------


@bp.post("/leads")
@bp.arguments(CaptureLeadSchema)
@bp.response(201, OutcomeSchema)
def capture_lead(body: dict[str, Any]) -> Response:
    """Capture a lead."""
    given = envelope(body)
    command = lead.CaptureLead(id=LeadId(uuid7()), **body)
    return carry_out(command, given, created="leads.get_lead")


@bp.post("/leads/<uuid:id_>/assign")
@bp.arguments(AssignLeadSchema)
@bp.response(200, OutcomeSchema)
def assign_lead(body: dict[str, Any], id_: UUID) -> Response:
    """Put an open lead into a member's hands."""
    return change(lead.AssignLead, body, id=LeadId(id_))


@bp.post("/leads/<uuid:id_>/qualify")
@bp.arguments(QualifySchema)
@bp.response(200, OutcomeSchema)
def qualify_lead(body: dict[str, Any], id_: UUID) -> Response:
    """Find a lead worth pursuing, as a customer."""
    return change(lead.QualifyLead, body, id=LeadId(id_))


@bp.post("/leads/<uuid:id_>/disqualify")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def disqualify_lead(body: dict[str, Any], id_: UUID) -> Response:
    """Find that a lead leads nowhere; say why."""
    return change(lead.DisqualifyLead, body, id=LeadId(id_))


@bp.post("/leads/<uuid:id_>/reopen")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def reopen_lead(body: dict[str, Any], id_: UUID) -> Response:
    """Take a lead up again."""
    return change(lead.ReopenLead, body, id=LeadId(id_))
