"""By what customers are put into tiers, and what each tier is promised."""

from typing import Any
from uuid import UUID

import msgspec

from domain.customers import service_plan, tier_policy
from domain.kernel import Recorded
from projections.documents import Document, ReadModel, utc


def fold_policy(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a tier policy."""
    match fact.event:
        case tier_policy.TierPolicyDrafted() as drafted:
            draft = _rules(drafted) | {"drafted_at": utc(fact.occurred_at)}
            if document is not None:
                return {"draft": draft}
            return {"id": str(key), "name": drafted.name, "draft": draft, "versions": []}
        case _ if document is None:
            return None
        case tier_policy.TierPolicyPublished() as published:
            version = _rules(published) | {
                "version": published.version,
                "effective_from": published.effective_from.isoformat(),
                "published_at": utc(fact.occurred_at),
            }
            return {"draft": None, "versions": [*document["versions"], version]}
        case _:
            return {}


def _rules(said: tier_policy.Event) -> Document:
    return {
        "rules": msgspec.to_builtins(said.rules),
        "labels": str(said.labels),
        "review_months": said.review_months,
    }


TIER_POLICIES = ReadModel(
    name="tier_policies", version=1, subject="tier-policy", fold=fold_policy, fields=("name",)
)


def fold_plan(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a tier's service plan."""
    del document  # each says all that is promised
    said: service_plan.ServicePlanSet = fact.event
    return {
        "id": str(key),
        "tier": str(said.tier),
        "promises": msgspec.to_builtins(said.promises),
        "set_at": utc(fact.occurred_at),
    }


SERVICE_PLANS = ReadModel(
    name="service_plans", version=1, subject="service-plan", fold=fold_plan, fields=("tier",)
)
