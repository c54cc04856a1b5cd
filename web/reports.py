"""Reports by replay over HTTP: the same bytes as ``concord report … --json``."""

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields

from application.store.log import NOW
from domain.access.roles import Action, Resource
from projections.reports.service_flow import as_json, service_flow
from web.access import access
from web.bodies import Routes
from web.fields import Moment
from web.running import concord, json_response
from web.views import MomentSchema, await_log, window

bp = Routes("reports", "reports", description="Figures computed again from the log, each time.")


class ServiceFlowSchema(ma.Schema):
    """How requests flow; projections/reports/service_flow.py defines each figure."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    measured_to = Moment(allow_none=True)
    facts = fields.Integer(required=True)
    cases = fields.Integer(required=True)
    events = fields.Integer(required=True)
    activities = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    by_member = fields.Dict(required=True)
    by_queue = fields.Dict(required=True)
    waiting = fields.Dict(required=True)
    cycle_times = fields.Dict(required=True)
    by_kind = fields.List(fields.Dict(), required=True)
    by_department = fields.List(fields.Dict(), required=True)


@bp.get("/reports/service-flow")
@bp.arguments(MomentSchema, location="query")
@bp.response(200, ServiceFlowSchema, description="The report.")
def get_service_flow(args: dict[str, Any]) -> Response:
    """Show how requests flow: hand-overs, waits, cycle times, now or as of any moment."""
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    await_log()
    return json_response(as_json(service_flow(concord().log, window(args) or NOW)))
