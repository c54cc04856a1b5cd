"""Rules of scoring in bodies and answers: terms, what is around them, and a good example."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from domain.money import CURRENCIES
from domain.reviews.review_policy import Blend, PolicyName
from domain.reviews.scoring_rules import MOST_TERMS, Better, CreditRule, Missing, Rules, Term
from domain.values import NAME, SHORT
from projections.scoring.catalogue import METRICS, WAITING
from web.fields import Change, Moment, Text
from web.sales.selling import Exact
from web.teams.teams import SLUG

MOST_SAMPLE = 1_000_000
METRIC = validate.Regexp(
    r"^[a-z0-9]+(_[a-z0-9]+)*$(?!\n)",
    error="Lower-case words joined by low lines, such as resolution_met.",
)

EXAMPLE = {
    "code": "service-agent",
    "role": "agent",
    "name": {"en": "Service agents", "zh": "客服专员"},
    "rules": {
        "terms": [
            {"metric": "resolution_met", "weight": "25", "floor": "60", "target": "95"},
            {"metric": "first_response_met", "weight": "15", "floor": "60", "target": "95"},
            {
                "metric": "reopen_rate",
                "weight": "10",
                "floor": "20",
                "target": "2",
                "direction": "lower",
            },
            {
                "metric": "overall_satisfaction",
                "weight": "25",
                "floor": "50",
                "target": "90",
                "minimum_sample": 10,
            },
            {"metric": "feedback_manager", "weight": "15", "floor": "2", "target": "4.5"},
            {"metric": "feedback_peer", "weight": "10", "floor": "2", "target": "4.5"},
        ],
        "cap": "120",
        "minimum_coverage": "60",
    },
    "blend": {"individual": "70", "team": "30"},
}
"""What one gets done, what customers say of it, and those one works with."""

_USUAL = Rules(terms=())

# --- Parts ----------------------------------------------------------------------------------------


class PolicyNameSchema(ma.Schema):
    """What people call a policy, in both languages."""

    en = Text(NAME, required=True)
    zh = Text(NAME, required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> PolicyName:
        return PolicyName(**told)


class BlendSchema(ma.Schema):
    """How a team's score is made of its people's and of its own: percents that make 100."""

    individual = Exact(whole=3, places=2, required=True)
    team = Exact(whole=3, places=2, required=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Blend:
        return Blend(**told)


class RuleTermSchema(ma.Schema):
    """One figure of a score: a metric, what it weighs, and from where to where it counts."""

    metric = fields.String(required=True, validate=[validate.Length(1, SHORT), METRIC])
    version = fields.Integer(
        strict=True,
        validate=validate.Range(1, 1000),
        metadata={"description": "Of the metric; unless said, its present one."},
    )
    weight = Exact(whole=3, places=2, required=True, metadata={"description": "Of all: percent."})
    floor = Exact(
        whole=12, required=True, signed=True, metadata={"description": "Worth nothing up to here."}
    )
    target = Exact(
        whole=12, required=True, signed=True, metadata={"description": "Worth 100 points."}
    )
    direction = fields.Enum(Better, by_value=True, load_default=Better.HIGHER)
    minimum_sample = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, MOST_SAMPLE),
        metadata={"description": "From how many facts on it counts; null: as the metric says."},
    )
    credit = fields.Enum(
        CreditRule,
        by_value=True,
        allow_none=True,
        load_default=None,
        metadata={"description": "Whose its facts are: as the metric says (null), or the team's."},
    )
    aspect = fields.String(
        allow_none=True,
        load_default=None,
        validate=[validate.Length(1, SHORT), SLUG],
        metadata={"description": "Of which satisfaction is asked, for aspect_satisfaction."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Term:
        metric = METRICS.get(told["metric"])
        if metric is None:
            raise ma.ValidationError(_unknown(told["metric"]), "metric")
        if told.setdefault("version", metric.version) > metric.version:
            raise ma.ValidationError(f"Its present version is {metric.version}.", "version")
        if told["credit"] is not None and not metric.offers(told["credit"]):
            sentence = f"It is credited by {metric.credit}, or to the team; or leave it out."
            raise ma.ValidationError(sentence, "credit")
        if metric.of_aspect and told["aspect"] is None:
            raise ma.ValidationError("Say of which aspect: surveys ask several.", "aspect")
        if told["aspect"] is not None and not metric.of_aspect:
            raise ma.ValidationError("It is not about one aspect; leave it out.", "aspect")
        return Term(**told)


def _unknown(name: str) -> str:
    if name in WAITING:
        return f"Nobody records {WAITING[name]} yet that it could be computed from."
    return f"There is no such metric; there are {', '.join(sorted(METRICS))}."


class RulesSchema(ma.Schema):
    """How figures make a score: terms whose weights make 100, and what is around them."""

    terms = fields.List(
        fields.Nested(RuleTermSchema), required=True, validate=validate.Length(1, MOST_TERMS)
    )
    cap = Exact(
        whole=3,
        places=2,
        load_default=_USUAL.cap,
        metadata={"description": "The most points that a figure is worth."},
    )
    minimum_coverage = Exact(
        whole=3,
        places=2,
        load_default=_USUAL.minimum_coverage,
        metadata={"description": "Percent of all weight to be measured for there to be a total."},
    )
    missing = fields.Enum(
        Missing,
        by_value=True,
        load_default=Missing.RENORMALISE,
        metadata={
            "description": "Where something is not measured: what is stands for the whole,"
            " or there is no total."
        },
    )
    currency = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(sorted(CURRENCIES)),
        metadata={"description": "Which money counts; null: that of most payments."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> Rules:
        return Rules(**told | {"terms": tuple(told["terms"])})


class ContentSchema(ma.Schema):
    """What a policy says."""

    name = fields.Nested(PolicyNameSchema, required=True)
    rules = fields.Nested(RulesSchema, required=True)
    blend = fields.Nested(BlendSchema, load_default=Blend)


# --- Bodies ---------------------------------------------------------------------------------------


class RedraftReviewPolicySchema(ContentSchema, Change):
    """Rules to try, and perhaps to publish."""


class DraftReviewPolicySchema(RedraftReviewPolicySchema):
    """A policy of its own code, for the work of one role."""

    code = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    role = fields.String(
        required=True,
        validate=[validate.Length(1, SHORT), SLUG],
        metadata={"description": "Such as agent, sales; or department."},
    )


# --- Answers --------------------------------------------------------------------------------------


class ReviewDraftSchema(ContentSchema):
    """Rules by which nobody is scored."""

    drafted_at = Moment()


class ReviewVersionSchema(ContentSchema):
    """Rules as they were published."""

    version = fields.Integer(required=True)
    effective_from = fields.Date(
        required=True, metadata={"description": "For periods that begin then or later."}
    )
    hash = fields.String(
        required=True, metadata={"description": "The SHA-256 of all that decides about scores."}
    )
    published_at = Moment()


class ReviewPolicySchema(ma.Schema):
    """A review policy with its draft and all its versions."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    role = fields.String(required=True)
    status = fields.String(
        required=True,
        metadata={
            "description": "draft: nothing was published yet; published: something was; retired:"
            " nothing more begins by it."
        },
    )
    draft = fields.Nested(ReviewDraftSchema, required=True, allow_none=True)
    versions = fields.List(fields.Nested(ReviewVersionSchema), required=True)
    retired_at = Moment(allow_none=True)


class FieldChangeSchema(ma.Schema):
    """What a field said before and says after."""

    field = fields.String(required=True)
    before = fields.String(required=True, allow_none=True)
    after = fields.String(required=True, allow_none=True)


class TermChangeSchema(ma.Schema):
    """A term that is in both and says something else."""

    metric = fields.String(required=True)
    aspect = fields.String(required=True, allow_none=True)
    fields_ = fields.List(fields.Nested(FieldChangeSchema), required=True, data_key="fields")


class DifferenceSchema(ma.Schema):
    """What is different between two versions, or a version and the draft."""

    policy_id = fields.UUID(required=True)
    before = fields.Integer(required=True, data_key="from_version")
    after = fields.Integer(
        required=True,
        allow_none=True,
        data_key="to_version",
        metadata={"description": "Null: the draft."},
    )
    added = fields.List(fields.Nested(RuleTermSchema), required=True)
    removed = fields.List(fields.Nested(RuleTermSchema), required=True)
    changed = fields.List(fields.Nested(TermChangeSchema), required=True)
    around = fields.List(
        fields.Nested(FieldChangeSchema),
        required=True,
        metadata={"description": "Of cap, coverage and the parts of individual and team."},
    )
