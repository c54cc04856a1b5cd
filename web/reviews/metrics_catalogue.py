"""The metrics that scores are made of: what each means, and what others wait for."""

from typing import Any

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields

from domain.access.roles import Action, Resource
from domain.reviews.scoring_rules import CreditRule
from projections.scoring.described import catalogue
from projections.scoring.metric import Measure
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.running import json_response
from web.views import await_log

bp = Routes("metrics", "reviews", description="What scores are made of.")

# --- Schemas --------------------------------------------------------------------------------------


class TitlesSchema(ma.Schema):
    """A metric's name in both languages."""

    en = fields.String(required=True)
    zh = fields.String(required=True)


class GuardSchema(ma.Schema):
    """What keeps a metric honest."""

    code = fields.String(required=True)
    means = fields.String(required=True)


class MetricSchema(ma.Schema):
    """A metric, with all that has to be known of it."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    family = fields.String(required=True)
    titles = fields.Nested(TitlesSchema, required=True)
    definition = fields.String(
        required=True, metadata={"description": "What it is, whose it is, and what is left out."}
    )
    unit = fields.String(required=True)
    measure = fields.Enum(Measure, by_value=True, required=True)
    credit = fields.Enum(
        CreditRule, by_value=True, required=True, metadata={"description": "Whose a fact is."}
    )
    guards = fields.List(fields.Nested(GuardSchema), required=True)
    source = fields.String(required=True)
    minimum_sample = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "From how many facts on it counts, unless the rules say."},
    )
    hidden_below = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "With fewer voices it is not told, whatever the rules say."},
    )
    prorated = fields.Boolean(
        required=True,
        metadata={"description": "Targets shrink for who was there only part of the period."},
    )
    of_aspect = fields.Boolean(
        required=True, metadata={"description": "The rules have to name an aspect."}
    )


class WaitingSchema(ma.Schema):
    """A metric that cannot be computed yet."""

    name = fields.String(required=True)
    waits_for = fields.String(required=True)


class MetricsCatalogueSchema(ma.Schema):
    """Every metric."""

    metrics = fields.List(fields.Nested(MetricSchema), required=True)
    waiting = fields.List(fields.Nested(WaitingSchema), required=True)


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/metrics-catalogue")
@bp.arguments(NoQuery, location="query")
@bp.response(200, MetricsCatalogueSchema, description="The catalogue.")
def get_metrics_catalogue(_args: dict[str, Any]) -> Response:
    """Show what every metric means, how it is calculated, and whose what it counts is."""
    access().require(Action.READ, Resource.REVIEW_POLICY)
    await_log()  # a question like others: it may wait, though nothing in it changes
    return json_response(orjson.dumps(catalogue()))
