"""The rules that a score follows: which figures count, how much, and from where to where.

Weights make a whole. A figure at its ``floor`` is worth 0, at its ``target`` 100, elsewhere
in proportion, never below 0 nor above ``cap``; where less is better, the target lies below its
floor. What is not measured is left out, and the measured weights stand for the whole; with less
than ``minimum_coverage`` percent of all weight measured there is no total.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.kernel import Rejected

WHOLE = Decimal(100)
MOST_TERMS = 50
MOST_CAP = Decimal(200)


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Missing(StrEnum):
    """What becomes of the weight of a figure that is not measured."""

    RENORMALISE = "renormalise"
    """The measured ones stand for the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One figure of a score: which metric, by which of its versions, and what it is worth."""

    metric: str
    version: int = 1
    weight: Decimal
    """In percent of all terms of the rules."""
    floor: Decimal
    target: Decimal
    direction: Direction = Direction.HIGHER
    minimum_sample: int | None = None
    """From how many facts on it counts; None: as the metric says itself."""
    aspect: str | None = None
    """Of what satisfaction is asked, for metrics that are about one aspect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one version of a policy."""

    terms: tuple[Term, ...]
    cap: Decimal = Decimal(120)
    minimum_coverage: Decimal = Decimal(60)
    missing: Missing = Missing.RENORMALISE


def check_rules(rules: Rules) -> None:
    """Check that rules can be followed.

    Raises ``Rejected``: review-policy.no-metrics, review-policy.too-many-metrics,
    review-policy.metric-twice, review-policy.weight, review-policy.weights, review-policy.range,
    review-policy.sample, review-policy.cap, review-policy.coverage.
    """
    if not rules.terms:
        raise _refused("no-metrics", "Name at least one metric.")
    if len(rules.terms) > MOST_TERMS:
        raise _refused("too-many-metrics", f"Name at most {MOST_TERMS} metrics.")
    named = [(term.metric, term.aspect) for term in rules.terms]
    if len(named) > len(set(named)):
        raise _refused("metric-twice", "Name each metric once (of each aspect).")
    for term in rules.terms:
        _check_term(term)
    told = sum((term.weight for term in rules.terms), Decimal(0))
    if told != WHOLE:
        raise _refused("weights", f"Weights add up to 100 percent; these make {told}.")
    if not 0 < rules.cap <= MOST_CAP:
        raise _refused("cap", f"A figure is worth at most 1 to {MOST_CAP} points.", "cap")
    if not 0 <= rules.minimum_coverage <= WHOLE:
        raise _refused("coverage", "Coverage is 0 to 100 percent.", "minimum_coverage")


def _check_term(term: Term) -> None:
    if not 0 < term.weight <= WHOLE:
        raise _refused("weight", f"The weight of {term.metric} is above 0, at most 100 percent.")
    better = term.target - term.floor
    if better == 0 or (better > 0) != (term.direction is Direction.HIGHER):
        raise _refused(
            "range",
            f"Where {term.direction} is better, the target of {term.metric} lies"
            f" {'above' if term.direction is Direction.HIGHER else 'below'} its floor.",
        )
    if term.minimum_sample is not None and term.minimum_sample < 1:
        raise _refused("sample", f"The minimum sample of {term.metric} is 1 or more.")


def _refused(what: str, sentence: str, field: str = "terms") -> Rejected:
    return Rejected(f"review-policy.{what}", sentence, field=field)
