"""Reports by replay over HTTP: the same bytes as ``concord report … --json``."""

from typing import Any

from flask import Response

from application.store.log import NOW
from projections.reports.service_flow import as_json, service_flow
from web.bodies import Routes
from web.running import concord, json_response
from web.views import MomentSchema, window

bp = Routes("reports", "reports", description="Figures computed again from the log, each time.")


@bp.get("/reports/service-flow")
@bp.arguments(MomentSchema, location="query")
@bp.alt_response(200, description="The report.")
def get_service_flow(args: dict[str, Any]) -> Response:
    """Show how requests flow: hand-overs, waits, cycle times, now or as of any moment."""
    return json_response(as_json(service_flow(concord().log, window(args) or NOW)))
