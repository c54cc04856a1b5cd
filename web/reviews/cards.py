"""Scorecards in answers, and how the server computes the one that a review is about."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import Response, request
from marshmallow import fields

from application.access import Check
from application.crm import StaleVersion
from application.store.log import NOW, Window
from domain.ids import ReviewId
from domain.kernel import Envelope, Rejected
from domain.reviews import review
from domain.reviews.card import Card, Status
from domain.reviews.review_policy import REVIEW_POLICY, Policy
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_states import About, Absent
from domain.reviews.scoring_rules import Better
from projections.reports.period import Period
from projections.scoring.asked import Asked, PolicyRef
from projections.scoring.scoring import scorecard
from web.access.seeing import access
from web.changes import carry_out
from web.fields import Moment
from web.problems import not_found
from web.running import concord

# --- Schemas --------------------------------------------------------------------------------------


class ProofSchema(ma.Schema):
    """A fact that counts, and the part of it that is credited here."""

    position = fields.String(required=True)
    share = fields.String(required=True)


class LeftOutSchema(ma.Schema):
    """A fact that does not count, and why."""

    position = fields.String(required=True)
    reason = fields.String(required=True)


class FigureSchema(ma.Schema):
    """A line of a card; ``numerator``, ``denominator`` and ``exact_score`` are exact."""

    metric = fields.String(required=True)
    metric_version = fields.Integer(required=True)
    aspect = fields.String(required=True, allow_none=True)
    weight = fields.String(required=True)
    direction = fields.Enum(Better, by_value=True, required=True)
    status = fields.Enum(Status, by_value=True, required=True)
    value = fields.String(required=True, allow_none=True)
    numerator = fields.String(required=True, allow_none=True)
    denominator = fields.String(required=True, allow_none=True)
    n = fields.Integer(required=True, allow_none=True)
    floor = fields.String(required=True)
    target = fields.String(required=True)
    score = fields.String(required=True, allow_none=True)
    exact_score = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.Nested(ProofSchema), required=True)
    excluded = fields.List(fields.Nested(LeftOutSchema), required=True)


class CardSchema(ma.Schema):
    """A scorecard with the facts behind each figure; ``hash`` tells that it is this one."""

    member_id = fields.UUID(required=True, allow_none=True)
    department_id = fields.UUID(required=True, allow_none=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    timezone = fields.String(required=True)
    policy_id = fields.UUID(required=True, allow_none=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    policy_hash = fields.String(required=True)
    position = fields.String(required=True)
    known_at = Moment()
    code = fields.String(required=True, metadata={"description": "The version of Concord."})
    hash = fields.String(required=True)
    total = fields.String(required=True, allow_none=True)
    exact_total = fields.String(required=True, allow_none=True)
    coverage = fields.String(required=True)
    eligible_days = fields.Integer(required=True)
    period_days = fields.Integer(required=True)
    figures = fields.List(fields.Nested(FigureSchema), required=True)


# --- Computing ------------------------------------------------------------------------------------

C = TypeVar("C", review.DraftScorecard, review.NoteImpact, review.SupplementReview)


def with_card(command: type[C], id_: UUID, given: Envelope, expected: int | None) -> Response:
    """Carry out a change that takes a card computed from the log as it is now.

    Nothing is computed for who may not do it, or has not seen the version there is.
    """
    like = review.SealReview if command is review.SupplementReview else review.CollectInputs
    Check(access().authority, access().sight).check(REVIEW, like(id=ReviewId(id_)))
    found = concord().crm.load(REVIEW, id_)
    if isinstance(found.state, Absent):
        raise not_found()
    again = "Idempotency-Key" in request.headers  # then it may have been done already
    if expected is not None and expected != found.version and not again:
        raise StaleVersion(found.version)
    made: Any = command(id=ReviewId(id_), card=computed(found.state))
    return carry_out(made, given, expected=expected)


def computed(about: About, window: Window = NOW, known_at: datetime | None = None) -> Card:
    """Return the card of a review, by replay of the log as a window shows it.

    Raises ``Rejected``: review.no-policy, review.no-such-metric.
    """
    policy = concord().crm.load(REVIEW_POLICY, about.policy_id).state
    version = policy.version(about.policy_version) if isinstance(policy, Policy) else None
    if version is None:
        raise Rejected("review.no-policy", "The policy it follows is not there.")
    asked = Asked(
        member_id=about.member_id,
        department_id=about.department_id if about.member_id is None else None,
        period=Period(about.first, about.last, ZoneInfo(about.zone)),
        rules=version.rules,
        policy=PolicyRef(about.policy_id, about.policy_version, about.policy_hash),
        known_at=known_at,
    )
    try:
        return scorecard(concord().log, asked, window)
    except LookupError as error:
        raise Rejected(
            "review.no-such-metric", "The policy names a metric that is not there any more."
        ) from error
