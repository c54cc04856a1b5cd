"""Tier policies over HTTP: drafted, published, and all their versions."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.customers import tier_policy
from domain.customers.tier_policy import (
    MOST_MONTHS,
    TierLabels,
    tier_policy_id,
)
from domain.customers.tiering import (
    MOST_BANDS,
    MOST_CRITERIA,
    WHOLE,
    Flaw,
    TierBand,
    TierCriterion,
    TierFamily,
    TierMeasure,
    TierRules,
    flaws,
)
from domain.ids import TierPolicyId
from domain.money import CURRENCIES
from domain.values import SHORT
from projections.customers.tiers import TIER_POLICIES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Day, Moment, OutcomeSchema, Words
from web.teams.teams import SLUG
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("tiers", "tiers", description="By which policies customers are put into tiers.")

MOST_UNITS = 10**12
"""The highest lower bound of a band."""

# --- Schemas --------------------------------------------------------------------------------------


class TierBandSchema(ma.Schema):
    """From this value on (included) a measure earns these points."""

    at_least = fields.Integer(strict=True, required=True, validate=validate.Range(0, MOST_UNITS))
    points = fields.Integer(strict=True, required=True, validate=validate.Range(0, WHOLE))

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> TierBand:
        return TierBand(**told)


class TierCriterionSchema(ma.Schema):
    """One measure, its weight in percent, and its bands, the lowest first."""

    family = fields.Enum(TierFamily, by_value=True, required=True)
    measure = fields.Enum(TierMeasure, by_value=True, required=True)
    weight = fields.Integer(strict=True, required=True, validate=validate.Range(1, WHOLE))
    bands = fields.List(
        fields.Nested(TierBandSchema), required=True, validate=validate.Length(1, MOST_BANDS)
    )
    window_days = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, 36_500),
        metadata={"description": "Over how many last days it is measured; null: ever since."},
    )
    currency = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.OneOf(sorted(CURRENCIES)),
        metadata={"description": "Of paid_amount: which money counts."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> TierCriterion:
        return TierCriterion(**told | {"bands": tuple(told["bands"])})


class TierRulesSchema(ma.Schema):
    """How figures become a tier: weights sum to 100, cut-offs are scores from 1 to 100."""

    criteria = fields.List(
        fields.Nested(TierCriterionSchema),
        required=True,
        validate=validate.Length(1, MOST_CRITERIA),
    )
    strategic_from = fields.Integer(strict=True, required=True, validate=validate.Range(1, WHOLE))
    key_from = fields.Integer(strict=True, required=True, validate=validate.Range(1, WHOLE))

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> TierRules:
        rules = TierRules(**told | {"criteria": tuple(told["criteria"])})
        if found := list(flaws(rules)):
            raise ma.ValidationError(_by_field(found))
        return rules


def _by_field(found: list[Flaw]) -> dict[Any, Any]:
    """Return flaws as the messages that marshmallow nests."""
    messages: dict[Any, Any] = {}
    for flaw in found:
        place = messages
        for step in flaw.path:
            place = place.setdefault(step, {})
        place.setdefault("_schema", []).append(flaw.sentence)
    return messages


class TierDraftSchema(ma.Schema):
    """Rules that are not in force."""

    rules = fields.Nested(TierRulesSchema, required=True)
    labels = fields.Enum(TierLabels, by_value=True, required=True)
    review_months = fields.Integer(required=True)
    drafted_at = Moment()


class TierVersionSchema(ma.Schema):
    """Rules as they were published."""

    rules = fields.Nested(TierRulesSchema, required=True)
    labels = fields.Enum(TierLabels, by_value=True, required=True)
    review_months = fields.Integer(required=True)
    version = fields.Integer(required=True)
    effective_from = fields.Date(required=True)
    published_at = Moment()


class TierPolicySchema(ma.Schema):
    """A tier policy with its draft and all its versions."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    draft = fields.Nested(TierDraftSchema, required=True, allow_none=True)
    versions = fields.List(fields.Nested(TierVersionSchema), required=True)


class RedraftTierPolicySchema(Change):
    """Rules to try, and perhaps to publish."""

    rules = fields.Nested(TierRulesSchema, required=True)
    labels = fields.Enum(TierLabels, by_value=True, load_default=TierLabels.STRATEGIC)
    review_months = fields.Integer(
        strict=True,
        load_default=12,
        validate=validate.Range(1, MOST_MONTHS),
        metadata={"description": "After how many months a tier is looked at again."},
    )


class DraftTierPolicySchema(RedraftTierPolicySchema):
    """A policy of its own name."""

    name = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


class PublishTierPolicySchema(Change):
    """From which day on the draft is in force."""

    effective_from = Day(required=True)


TierPolicyQuery = list_schema(TIER_POLICIES, {"name": Words()}, sort="name")
# --- Policies -------------------------------------------------------------------------------------


@bp.get("/tier-policies")
@bp.arguments(TierPolicyQuery, location="query")
@bp.response(200, page_of(TierPolicySchema), description="A page of tier policies.")
def list_tier_policies(args: dict[str, Any]) -> Response:
    """List tier policies."""
    return show_list(TIER_POLICIES, args)


@bp.post("/tier-policies")
@bp.arguments(DraftTierPolicySchema)
@bp.response(201, OutcomeSchema)
def draft_tier_policy(body: dict[str, Any]) -> Response:
    """Draft a new tier policy; nothing changes before it is published."""
    given = envelope(body)
    command = tier_policy.DraftTierPolicy(id=tier_policy_id(body["name"]), **body)
    return carry_out(command, given, created="tiers.get_tier_policy")


@bp.get("/tier-policies/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, TierPolicySchema, description="The policy.")
def get_tier_policy(args: dict[str, Any], id_: UUID) -> Response:
    """Show a tier policy with its draft and versions, now or as of any moment."""
    return show(TIER_POLICIES, id_, args)


@bp.post("/tier-policies/<uuid:id_>/redraft")
@bp.arguments(RedraftTierPolicySchema)
@bp.response(200, OutcomeSchema)
def redraft_tier_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Draft a policy's next version, or draft it anew."""
    return change(tier_policy.RedraftTierPolicy, body, id=TierPolicyId(id_))


@bp.post("/tier-policies/<uuid:id_>/publish")
@bp.arguments(PublishTierPolicySchema)
@bp.response(200, OutcomeSchema)
def publish_tier_policy(body: dict[str, Any], id_: UUID) -> Response:
    """Publish the draft as the policy's next version."""
    return change(tier_policy.PublishTierPolicy, body, id=TierPolicyId(id_))
