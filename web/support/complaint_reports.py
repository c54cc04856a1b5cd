"""The complaints report over HTTP: the same bytes as ``concord report complaints --json``."""

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.support.words import VoidedBecause
from projections.reports.complaints import (
    ACKNOWLEDGE_HOURS,
    RESOLVE_HOURS,
    Question,
    complaints,
)
from projections.reports.period import Period
from projections.reports.replaying import as_json
from web.access.seeing import Masks, access
from web.bodies import Routes
from web.fields import Moment, Whole
from web.reports import PeriodQuery, PeriodReportSchema
from web.running import concord, json_response, zone
from web.support.complaints import CauseLineSchema
from web.views import await_log, window

bp = Routes("complaint-reports", "complaint-reports", description="Complaints by replay.")

MONEY: Masks = {("compensation", "amount"): FieldClass.MONEY}
HOURS = validate.Range(1, 10_000)

# --- Schemas ------------------------------------------------------------------------------------


class CountedSchema(ma.Schema):
    """How many, and the positions of the facts that say so."""

    count = fields.Integer(required=True)
    evidence = fields.List(fields.String(), required=True)


class TimelySchema(ma.Schema):
    """How many reached a target in time, too late, or have time left."""

    within = fields.Nested(CountedSchema, required=True)
    late = fields.Nested(CountedSchema, required=True)
    pending = fields.Nested(CountedSchema, required=True)
    percent = fields.String(required=True, allow_none=True)


class ExcludedComplaintSchema(ma.Schema):
    """A complaint that does not count, and why."""

    request_id = fields.UUID(required=True)
    because = fields.Enum(VoidedBecause, by_value=True, required=True)
    evidence = fields.List(fields.String(), required=True)


class SettledSchema(ma.Schema):
    """What customers said of how it was settled."""

    accepted = fields.Nested(CountedSchema, required=True)
    not_accepted = fields.Nested(CountedSchema, required=True)
    percent = fields.String(required=True, allow_none=True)


class CompensationSumSchema(CountedSchema):
    """What was approved in one currency."""

    currency = fields.String(required=True)
    amount = fields.String(required=True, allow_none=True)


class CauseFiguresSchema(CauseLineSchema):
    """How many complaints had a cause, and the facts that say so."""

    evidence = fields.List(fields.String(), required=True)


class ComplaintsReportSchema(PeriodReportSchema):
    """How complaints were dealt with; projections/reports/complaints.py defines each figure."""

    acknowledge_hours = fields.Integer(required=True)
    resolve_hours = fields.Integer(required=True)
    measured_to = Moment(allow_none=True)
    opened = fields.Nested(CountedSchema, required=True)
    excluded = fields.List(fields.Nested(ExcludedComplaintSchema), required=True)
    acknowledgement = fields.Nested(TimelySchema, required=True)
    resolution = fields.Nested(TimelySchema, required=True)
    resolved = fields.Nested(CountedSchema, required=True)
    reopened = fields.Nested(CountedSchema, required=True)
    reopen_rate = fields.String(required=True, allow_none=True)
    resolution_rate = fields.String(required=True, allow_none=True)
    settled = fields.Nested(SettledSchema, required=True)
    compensation = fields.List(fields.Nested(CompensationSumSchema), required=True)
    causes = fields.List(fields.Nested(CauseFiguresSchema), required=True)
    active_customers = fields.Nested(CountedSchema, required=True)
    complaint_rate = fields.String(required=True, allow_none=True)


class ComplaintsQuery(PeriodQuery):
    """Which period, and in how many hours complaints are to be acknowledged and resolved."""

    acknowledge_hours = Whole(load_default=ACKNOWLEDGE_HOURS, validate=HOURS)
    resolve_hours = Whole(load_default=RESOLVE_HOURS, validate=HOURS)


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reports/complaints")
@bp.arguments(ComplaintsQuery, location="query")
@bp.response(200, ComplaintsReportSchema, description="The report.")
def get_complaints_report(args: dict[str, Any]) -> Response:
    """Show how the complaints of a period were dealt with, what they cost, and their causes."""
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    await_log()
    period = Period(args["first"], args["last"], zone())
    question = Question(period, args["acknowledge_hours"], args["resolve_hours"])
    found = complaints(concord().log, question, window(args) or NOW)
    return json_response(as_json(access().unless_hidden(Resource.REPORT, MONEY, found)))
