"""Which promised times were kept, over HTTP, and what a draft would have changed."""

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields

from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.support.words import Clock
from domain.values import Tier
from projections.reports.period import Period
from projections.reports.replaying import as_json
from projections.reports.sla import Draft, NoDraft, rehearsal, sla
from web.access.seeing import access
from web.bodies import Routes
from web.fields import Id, Moment
from web.problems import FieldError, Problem
from web.reports import PeriodQuery
from web.running import concord, json_response, zone
from web.views import await_log, window

bp = Routes("sla-reports", "sla-reports", description="Which promised times were kept.")

# --- Schemas --------------------------------------------------------------------------------------


class ClockFiguresSchema(ma.Schema):
    """How often a clock was met, and how long it ran, in seconds of business time."""

    met = fields.Integer(required=True)
    breached = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    percent_met = fields.String(required=True, allow_none=True)
    median_seconds = fields.Integer(required=True, allow_none=True)
    p90_seconds = fields.Integer(required=True, allow_none=True)


class ClockCountsSchema(ClockFiguresSchema):
    """The figures of one clock."""

    clock = fields.Enum(Clock, by_value=True, required=True)


class BreachSchema(ma.Schema):
    """A promise that was broken, by which versions it was made, and on which facts that stands."""

    request_id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    clock = fields.Enum(Clock, by_value=True, required=True)
    cycle = fields.Integer(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    started_at = Moment()
    due_at = Moment(allow_none=True)
    breached_at = Moment()
    over_seconds = fields.Integer(required=True)
    charged_to = fields.String(required=True)
    policy_id = fields.UUID(required=True)
    policy_version = fields.Integer(required=True)
    calendar_id = fields.UUID(required=True, allow_none=True)
    calendar_version = fields.Integer(required=True)
    evidence = fields.List(fields.String(), required=True)


class ClockEvidenceSchema(ma.Schema):
    """Where the openings of the requests behind a clock's figures stand in the log."""

    clock = fields.Enum(Clock, by_value=True, required=True)
    met = fields.List(fields.String(), required=True)
    breached = fields.List(fields.String(), required=True)
    pending = fields.List(fields.String(), required=True)


class SlaHeadingSchema(ma.Schema):
    """What the reports about promised times begin with."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    measured_to = Moment(allow_none=True)
    requests = fields.Integer(required=True)


class SlaReportSchema(SlaHeadingSchema):
    """Which promised times were kept; projections/reports/sla.py defines each figure."""

    unpromised = fields.Integer(required=True)
    clocks = fields.List(fields.Nested(ClockCountsSchema), required=True)
    evidence = fields.List(fields.Nested(ClockEvidenceSchema), required=True)
    by_department = fields.List(fields.Dict(), required=True)
    by_tier = fields.List(fields.Dict(), required=True)
    by_kind = fields.List(fields.Dict(), required=True)
    by_charged = fields.List(fields.Dict(), required=True)
    breaches = fields.List(fields.Nested(BreachSchema), required=True)
    voided = fields.List(fields.Dict(), required=True)


class TriedSchema(ma.Schema):
    """A clock by what was promised, and by the draft."""

    clock = fields.Enum(Clock, by_value=True, required=True)
    promised = fields.Nested(ClockFiguresSchema, required=True)
    draft = fields.Nested(ClockFiguresSchema, required=True)


class SlaRehearsalSchema(SlaHeadingSchema):
    """What a draft would have changed; projections/reports/sla.py defines each figure."""

    policy = fields.UUID()
    calendar = fields.UUID()
    clocks = fields.List(fields.Nested(TriedSchema), required=True)
    more_breaches = fields.Integer(required=True)
    changed = fields.List(fields.Dict(), required=True)


class RehearsalQuery(PeriodQuery):
    """Which draft to try on the requests of a period: a standard's, or a calendar's."""

    policy = Id()
    calendar = Id()

    @ma.validates_schema
    def one(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to try both at once, or nothing."""
        if ("policy" in data) == ("calendar" in data):
            raise ma.ValidationError("Name a policy or a calendar, and not both.", "policy")


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reports/sla")
@bp.arguments(PeriodQuery, location="query")
@bp.response(200, SlaReportSchema, description="The report.")
def get_sla(args: dict[str, Any]) -> Response:
    """Show which promised times were kept, which were broken, and who held the request then."""
    _permit()
    return json_response(as_json(sla(concord().log, _period(args), window(args) or NOW)))


@bp.get("/reports/sla/rehearsal")
@bp.arguments(RehearsalQuery, location="query")
@bp.response(200, SlaRehearsalSchema, description="The comparison.")
def get_sla_rehearsal(args: dict[str, Any]) -> Response:
    """Try the draft of a service standard or a calendar on the requests of a period."""
    _permit()
    what = "policy" if "policy" in args else "calendar"
    draft = Draft(what, args[what])
    try:
        found = rehearsal(concord().log, _period(args), draft, window(args) or NOW)
    except NoDraft as error:
        errors = [FieldError(what, str(error))]
        raise Problem(422, f"{what}.no-draft", str(error), errors=errors) from error
    return json_response(as_json(found))


def _permit() -> None:
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    await_log()


def _period(args: dict[str, Any]) -> Period:
    return Period(args["first"], args["last"], zone())
