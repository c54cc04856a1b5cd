"""The rules that a score follows: which figures count, how much, and from where to where.

Weights make a whole. A figure at its ``floor`` is worth 0, at its ``target`` 100, elsewhere
in proportion, never below 0 nor above ``cap``; where less is better, the target lies below its
floor. What is not measured is left out: the measured weights stand for the whole, or there is no
total (``missing``); with less than ``minimum_coverage`` percent of all weight measured there is
none either way.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.kernel import Rejected

WHOLE = Decimal(100)
MOST_TERMS = 50
MOST_CAP = Decimal(200)


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Missing(StrEnum):
    """What becomes of the weight of a figure that is not measured."""

    RENORMALISE = "renormalise"
    """The measured ones stand for the whole."""
    WITHHOLD = "withhold"
    """There is no total before all are measured."""


class CreditRule(StrEnum):
    """Whose a fact is."""

    OWNER = "owner"
    """Whoever owned the customer at that instant."""
    SPLIT = "split"
    """As the split says that was frozen at the close."""
    OWNER_DAYS = "owner-days"
    """Whoever owned the customer in the 90 days before, by days."""
    HOLDER = "holder"
    """Whoever answered, resolved, or held it when the promise broke; in the queue: the team."""
    RATED = "rated"
    """Whom it is about."""
    DOER = "doer"
    """Whoever did it, as the log says."""
    TEAM = "team"
    """A department's alone; never a person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One figure of a score: which metric, by which of its versions, and what it is worth."""

    metric: str
    version: int = 1
    weight: Decimal
    """In percent of all terms of the rules."""
    floor: Decimal
    target: Decimal
    direction: Better = Better.HIGHER
    minimum_sample: int | None = None
    """From how many facts on it counts; None: as the metric says itself."""
    credit: CreditRule | None = None
    """Whose its facts are, so that it is agreed beforehand; None: as the metric says itself."""
    aspect: str | None = None
    """Of what satisfaction is asked, for metrics that are about one aspect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one version of a policy."""

    terms: tuple[Term, ...]
    cap: Decimal = Decimal(120)
    minimum_coverage: Decimal = Decimal(60)
    missing: Missing = Missing.RENORMALISE
    currency: str | None = None
    """Which money counts; None: that of most payments when the card is computed."""


def check_rules(rules: Rules) -> None:
    """Check that rules can be followed, apart from each of their terms (``check_term``).

    Raises ``Rejected``: review-policy.no-metrics, review-policy.too-many-metrics,
    review-policy.metric-twice, review-policy.weights, review-policy.cap, review-policy.coverage.
    """
    if not rules.terms:
        raise Rejected("review-policy.no-metrics", "Name at least one metric.", field="rules")
    if len(rules.terms) > MOST_TERMS:
        sentence = f"Name at most {MOST_TERMS} metrics."
        raise Rejected("review-policy.too-many-metrics", sentence, field="rules")
    named = [(term.metric, term.aspect) for term in rules.terms]
    if len(named) > len(set(named)):
        sentence = "Name each metric once (of each aspect)."
        raise Rejected("review-policy.metric-twice", sentence, field="rules")
    told = sum((term.weight for term in rules.terms), Decimal(0))
    if told != WHOLE:
        sentence = f"Weights add up to 100 percent; these make {told}."
        raise Rejected("review-policy.weights", sentence, field="rules")
    if not 0 < rules.cap <= MOST_CAP:
        sentence = f"A figure is worth at most 1 to {MOST_CAP} points."
        raise Rejected("review-policy.cap", sentence, field="rules")
    if not 0 <= rules.minimum_coverage <= WHOLE:
        raise Rejected("review-policy.coverage", "Coverage is 0 to 100 percent.", field="rules")


def check_term(term: Term) -> None:
    """Check that a term of rules can be followed.

    Raises ``Rejected``: review-policy.weight, review-policy.range, review-policy.sample.
    """
    if not 0 < term.weight <= WHOLE:
        sentence = f"The weight of {term.metric} is above 0, at most 100 percent."
        raise Rejected("review-policy.weight", sentence, field="rules")
    better = term.target - term.floor
    if better == 0 or (better > 0) != (term.direction is Better.HIGHER):
        where = "above" if term.direction is Better.HIGHER else "below"
        raise Rejected(
            "review-policy.range",
            f"Where {term.direction} is better, the target of {term.metric} lies {where} its"
            " floor.",
            field="rules",
        )
    if term.minimum_sample is not None and term.minimum_sample < 1:
        sentence = f"The minimum sample of {term.metric} is 1 or more."
        raise Rejected("review-policy.sample", sentence, field="rules")
