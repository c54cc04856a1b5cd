"""Complaint summaries over HTTP: published by people, and replayed whenever somebody looks."""

from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields
from uuid_utils.compat import uuid7

from domain.access.roles import Action, Resource
from domain.ids import ComplaintSummaryId
from domain.support import complaint_summary
from projections.reports.complaint_replay import question_of, replayed
from projections.reports.complaints import ACKNOWLEDGE_HOURS, RESOLVE_HOURS
from projections.support.complaint_summaries import COMPLAINT_SUMMARIES
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, envelope
from web.fields import Change, Day, Id, Moment, OutcomeSchema, Text
from web.running import concord, json_response, zone
from web.sales.orders import last_day
from web.support.complaint_reports import HOURS
from web.views import ItemMomentSchema, list_schema, must_be_there, page_of, show_list

bp = Routes("complaint-summaries", "complaint-summaries", description="What complaints taught us.")

# --- Schemas ------------------------------------------------------------------------------------


class ComplaintSummarySchema(ma.Schema):
    """A summary, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    timezone = fields.String(required=True)
    acknowledge_hours = fields.Integer(required=True)
    resolve_hours = fields.Integer(required=True)
    position = fields.String(required=True)
    digest = fields.String(required=True)
    conclusions = fields.String(required=True)
    published_by = fields.UUID(required=True, allow_none=True)
    published_at = Moment()


class ReplayedSummarySchema(ComplaintSummarySchema):
    """A summary, and whether the log still gives what it was written on."""

    replayed = fields.String(required=True, metadata={"description": "The SHA-256 of it now."})
    same = fields.Boolean(required=True)


class PublishSummarySchema(Change):
    """Which report, and what was concluded from it."""

    first = Day(required=True, data_key="from", validate=last_day)
    last = Day(required=True, data_key="to", validate=last_day)
    acknowledge_hours = fields.Integer(load_default=ACKNOWLEDGE_HOURS, strict=True, validate=HOURS)
    resolve_hours = fields.Integer(load_default=RESOLVE_HOURS, strict=True, validate=HOURS)
    conclusions = Text(required=True)

    @ma.validates_schema
    def later(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a period that ends before it begins."""
        if data["last"] <= data["first"]:
            raise ma.ValidationError("A period ends after it begins.", "to")


SummaryQuery = list_schema(COMPLAINT_SUMMARIES, {"published_by": Id()}, sort="-published_at")

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/complaint-summaries")
@bp.arguments(SummaryQuery, location="query")
@bp.response(200, page_of(ComplaintSummarySchema), description="A page of summaries.")
def list_complaint_summaries(args: dict[str, Any]) -> Response:
    """List summaries of complaints."""
    return show_list(COMPLAINT_SUMMARIES, args)


@bp.post("/complaint-summaries")
@bp.arguments(PublishSummarySchema)
@bp.response(201, OutcomeSchema)
def publish_complaint_summary(body: dict[str, Any]) -> Response:
    """Publish what was concluded from the complaints of a period, as the log tells them now."""
    access().require(Action.CHANGE, Resource.REQUEST, everywhere=True)
    given = envelope(body)
    question = complaint_summary.Question(
        first=body["first"],
        last=body["last"],
        timezone=str(zone()),
        acknowledge_hours=body["acknowledge_hours"],
        resolve_hours=body["resolve_hours"],
    )
    position, digest = replayed(concord().log, question)
    command = complaint_summary.PublishSummary(
        id=ComplaintSummaryId(uuid7()),
        question=question,
        position=position,
        digest=digest,
        conclusions=body["conclusions"],
    )
    return carry_out(command, given, created="complaint-summaries.get_complaint_summary")


@bp.get("/complaint-summaries/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ReplayedSummarySchema, description="The summary, replayed.")
def get_complaint_summary(args: dict[str, Any], id_: UUID) -> Response:
    """Show a summary, and whether the log up to its position still gives the same report."""
    shown = must_be_there(COMPLAINT_SUMMARIES, id_, args)
    _, digest = replayed(concord().log, question_of(shown), int(shown["position"]))
    told = shown | {"replayed": digest, "same": digest == shown["digest"]}
    return json_response(orjson.dumps(told))
