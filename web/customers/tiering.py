"""Tiering reports over HTTP: the same bytes as ``concord report tiering --json``."""

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.customers.tier_policy import TierLabels
from domain.customers.tiering import TierFamily, TierMeasure
from domain.kernel import Rejected
from domain.values import SHORT, Tier
from projections.reports.tiering import Replay, Report, as_json, tiering, what_if, without_money
from web.access.seeing import access
from web.bodies import Routes
from web.fields import Moment, Whole
from web.openapi import NAMES_A_THING
from web.problems import FieldError, Problem
from web.running import concord, json_response, zone
from web.teams.teams import SLUG
from web.views import MomentSchema, await_log, window

bp = Routes(
    "tiering", "tiering", description="Which tier each customer's figures suggest, and why."
)

# --- Schemas --------------------------------------------------------------------------------------


class TierEvidenceSchema(ma.Schema):
    """What one criterion gave, and the facts it rests on; null: nothing is known."""

    family = fields.Enum(TierFamily, by_value=True, required=True)
    measure = fields.Enum(TierMeasure, by_value=True, required=True)
    window_days = fields.Integer(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    weight = fields.Integer(required=True)
    value = fields.String(required=True, allow_none=True)
    band = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The band's lower bound."}
    )
    points = fields.Integer(required=True)
    masked = fields.Boolean(
        required=True, metadata={"description": "Whether you are not shown the value: it is money."}
    )
    facts = fields.List(fields.String(), required=True)


class SuggestedTierSchema(ma.Schema):
    """A customer's tier, the one suggested, the score out of 100, and when it is due."""

    customer_id = fields.UUID(required=True)
    name = fields.String(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    suggested = fields.Enum(Tier, by_value=True, required=True)
    score = fields.String(required=True)
    complete = fields.Boolean(required=True)
    tiered_at = Moment(allow_none=True)
    due_on = fields.Date(required=True)
    overdue = fields.Boolean(required=True)
    criteria = fields.List(fields.Nested(TierEvidenceSchema), required=True)


class TieringHeadSchema(ma.Schema):
    """What was replayed, and by which policy."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    measured_to = Moment()
    policy = fields.String(required=True)


class TieringSchema(TieringHeadSchema):
    """Suggested tiers; projections/reports/tiering.py defines each figure."""

    version = fields.Integer(required=True)
    labels = fields.Enum(TierLabels, by_value=True, required=True)
    review_months = fields.Integer(required=True)
    customers = fields.Integer(required=True)
    present = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    suggested = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    differing = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    items = fields.List(
        fields.Nested(SuggestedTierSchema),
        required=True,
        metadata={"description": "Empty for whom not every customer is shown."},
    )


class ComparedTierSchema(ma.Schema):
    """A customer whom the draft puts elsewhere than they are, or than the version in force."""

    customer_id = fields.UUID(required=True)
    name = fields.String(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    by_policy = fields.Enum(Tier, by_value=True, required=True, allow_none=True)
    policy_score = fields.String(required=True, allow_none=True)
    suggested = fields.Enum(Tier, by_value=True, required=True)
    score = fields.String(required=True)
    complete = fields.Boolean(required=True)


class TierMoveSchema(ma.Schema):
    """How many customers go from one tier to another."""

    from_ = fields.Enum(Tier, by_value=True, required=True, data_key="from")
    to = fields.Enum(Tier, by_value=True, required=True)
    customers = fields.Integer(required=True)


class TierDraftTriedSchema(ma.Schema):
    """The draft that was tried."""

    labels = fields.Enum(TierLabels, by_value=True, required=True)
    review_months = fields.Integer(required=True)


class WhatIfSchema(TieringHeadSchema):
    """What a draft would change; ``version`` is the one in force, null where none is."""

    draft = fields.Nested(TierDraftTriedSchema, required=True)
    version = fields.Integer(required=True, allow_none=True)
    customers = fields.Integer(required=True)
    from_present = fields.List(fields.Nested(TierMoveSchema), required=True)
    from_policy = fields.List(fields.Nested(TierMoveSchema), required=True, allow_none=True)
    items = fields.List(fields.Nested(ComparedTierSchema), required=True)


class WhatIfQuery(MomentSchema):
    """Which policy's draft is tried, as of when."""

    policy = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


class TieringQuery(WhatIfQuery):
    """By which policy, and which of its versions; unless said, the one in force."""

    version = Whole(validate=validate.Range(1, 1_000_000))


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reports/tiering")
@bp.doc(**{NAMES_A_THING: True})
@bp.arguments(TieringQuery, location="query")
@bp.response(200, TieringSchema, description="The report.")
def get_tiering(args: dict[str, Any]) -> Response:
    """Show which tier each customer's figures suggest, and the facts behind it."""
    return _reported(args, lambda replay: tiering(replay, args["policy"], args.get("version")))


@bp.get("/reports/tiering/what-if")
@bp.doc(**{NAMES_A_THING: True})
@bp.arguments(WhatIfQuery, location="query")
@bp.response(200, WhatIfSchema, description="The report.")
def get_what_if(args: dict[str, Any]) -> Response:
    """Try a policy's draft: show which customers it would put into another tier."""
    return _reported(args, lambda replay: what_if(replay, args["policy"]))


def _reported(args: dict[str, Any], make: Callable[[Replay], Report]) -> Response:
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    await_log()
    replay = Replay(concord().log, zone(), window(args) or NOW)
    try:
        return json_response(as_json(_shown(make(replay))))
    except Rejected as refusal:
        if refusal.code.endswith(".unknown"):
            raise
        errors = [FieldError(refusal.field or "policy", refusal.sentence)]
        raise Problem(422, refusal.code, refusal.sentence, errors=errors) from refusal


def _shown(report: Report) -> Report:
    """Leave out what who asks is not shown: customers they may not see, and money."""
    if not access().verdict(Action.READ, Resource.CUSTOMER).condition.always:
        report["items"] = []  # the figures of all, and of nobody by name
    if access().verdict(Action.READ, Resource.REPORT).hides(FieldClass.MONEY):
        return without_money(report)
    return report
