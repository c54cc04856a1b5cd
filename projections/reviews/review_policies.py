"""Review policies and cycles: what is drafted, every published version, what each is used for."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.kernel import Recorded
from domain.reviews import review_cycle, review_policy
from domain.reviews.scoring_rules import Rules, Term
from projections.documents import Document, ReadModel, utc

# --- Policies ---------------------------------------------------------------------------------


def fold_policy(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a review policy."""
    match fact.event:
        case review_policy.ReviewPolicyDrafted() as drafted:
            draft = _terms(drafted) | {"drafted_at": utc(fact.occurred_at)}
            if document is not None:
                return {"draft": draft}
            return {
                "id": str(key),
                "code": drafted.code,
                "role": drafted.role,
                "status": "draft",
                "draft": draft,
                "versions": [],
                "retired_at": None,
            }
        case _ if document is None:
            return None
        case review_policy.ReviewPolicyPublished() as published:
            version = _terms(published) | {
                "version": published.version,
                "effective_from": published.effective_from.isoformat(),
                "hash": published.hash,
                "published_at": utc(fact.occurred_at),
            }
            versions = [*document["versions"], version]
            return {"status": "published", "draft": None, "versions": versions}
        case review_policy.ReviewPolicyRetired():
            return {"status": "retired", "draft": None, "retired_at": utc(fact.occurred_at)}
        case _:
            return {}


def _terms(
    said: review_policy.ReviewPolicyDrafted | review_policy.ReviewPolicyPublished,
) -> Document:
    return {
        "name": msgspec.to_builtins(said.name),
        "rules": _rules(said.rules),
        "blend": {
            "individual": number(said.blend.individual),
            "team": number(said.blend.team),
        },
    }


def _rules(rules: Rules) -> Document:
    return {
        "terms": [_term(term) for term in rules.terms],
        "cap": number(rules.cap),
        "minimum_coverage": number(rules.minimum_coverage),
        "missing": rules.missing,
        "currency": rules.currency,
    }


def _term(term: Term) -> Document:
    return {
        "metric": term.metric,
        "version": term.version,
        "weight": number(term.weight),
        "floor": number(term.floor),
        "target": number(term.target),
        "direction": term.direction,
        "minimum_sample": term.minimum_sample,
        "credit": term.credit,
        "aspect": term.aspect,
    }


def number(value: Decimal) -> str:
    """Write a number in one way only: 70, not 70.0; so that what is the same looks the same."""
    return format(value.normalize() if value else Decimal(0), "f")


REVIEW_POLICIES = ReadModel(
    name="review_policies",
    version=2,
    subject="review-policy",
    fold=fold_policy,
    fields=("code", "role", "status"),
)

# --- Cycles -----------------------------------------------------------------------------------


def fold_cycle(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a review cycle."""
    match fact.event:
        case review_cycle.ReviewCycleOpened() as opened:
            return {
                "id": str(key),
                "code": opened.code,
                "name": opened.name,
                "from": opened.first.isoformat(),
                "to": opened.last.isoformat(),
                "timezone": opened.zone,
                "status": "open",
                "policies": msgspec.to_builtins(opened.policies),
                "opened_at": utc(fact.occurred_at),
                "closed_at": None,
            }
        case _ if document is None:
            return None
        case review_cycle.ReviewCycleClosed():
            return {"status": "closed", "closed_at": utc(fact.occurred_at)}
        case _:
            return {}


REVIEW_CYCLES = ReadModel(
    name="review_cycles",
    version=1,
    subject="review-cycle",
    fold=fold_cycle,
    fields=("code", "status", "from", "to"),
)
