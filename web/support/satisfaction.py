"""The satisfaction report over HTTP: the same bytes as ``concord report satisfaction --json``."""

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.support.survey_form import Audience
from domain.values import SHORT
from projections.reports.period import Period
from projections.reports.replaying import as_json
from projections.reports.satisfaction import By, Question, satisfaction
from web.access.seeing import access
from web.bodies import Routes
from web.reports import PeriodQuery, PeriodReportSchema
from web.running import concord, json_response, zone
from web.teams.teams import SLUG
from web.views import await_log, window

bp = Routes("satisfaction", "satisfaction", description="What surveys come to.")

# --- Schemas --------------------------------------------------------------------------------------


def _figure(about: str) -> fields.String:
    return fields.String(required=True, allow_none=True, metadata={"description": about})


class SatisfactionFiguresSchema(ma.Schema):
    """What some answers come to; null where there are none."""

    n = fields.Integer(required=True)
    value = _figure("In percent; the net promoter score from -100 to 100.")
    mean = _figure("Of the scores.")
    low = _figure("From here …")
    high = _figure("… to here it lies with 95 % confidence.")


class SatisfactionMonthSchema(SatisfactionFiguresSchema):
    """One month of the period."""

    month = fields.String(required=True)


class SatisfactionGroupSchema(SatisfactionFiguresSchema):
    """The answers that belong to one department, owner or programme; null: to none."""

    group = fields.UUID(required=True, allow_none=True)


class ExcludedAnswerSchema(ma.Schema):
    """An answer that does not count, and why."""

    id = fields.String(required=True)
    reason = fields.String(
        required=True, validate=validate.OneOf(["voided", "superseded", "outside_period"])
    )


class SatisfactionReportSchema(PeriodReportSchema, SatisfactionFiguresSchema):
    """What was answered on an aspect; projections/reports/satisfaction.py defines each figure."""

    aspect = fields.String(required=True)
    audience = fields.Enum(Audience, by_value=True, required=True)
    measure = fields.String(required=True, validate=validate.OneOf(["csat", "nps", "ces"]))
    by = fields.Enum(By, by_value=True, required=True, allow_none=True)
    sent = fields.Integer(required=True)
    answered = fields.Integer(required=True)
    response = _figure("In percent of those sent.")
    evidence = fields.List(fields.String(), required=True)
    excluded = fields.List(fields.Nested(ExcludedAnswerSchema), required=True)
    months = fields.List(fields.Nested(SatisfactionMonthSchema), required=True)
    groups = fields.List(fields.Nested(SatisfactionGroupSchema), required=True, allow_none=True)


class SatisfactionQuery(PeriodQuery):
    """Which aspect, in which period, of whom, and by what it is told apart."""

    aspect = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    audience = fields.Enum(Audience, by_value=True, load_default=Audience.CUSTOMERS)
    by = fields.Enum(By, by_value=True, load_default=None)


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reports/satisfaction")
@bp.arguments(SatisfactionQuery, location="query")
@bp.response(200, SatisfactionReportSchema, description="The report.")
def get_satisfaction(args: dict[str, Any]) -> Response:
    """Show what customers, or staff, answered on an aspect in a period, and how sure that is."""
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    await_log()
    period = Period(args["first"], args["last"], zone())
    question = Question(args["aspect"], period, args["audience"], args["by"])
    return json_response(as_json(satisfaction(concord().log, question, window(args) or NOW)))
