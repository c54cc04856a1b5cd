"""Which tier a customer's figures suggest: points in bands, weighted, against two cut-offs.

Pure arithmetic on whole numbers, so that a suggestion can be checked by hand. A person decides.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from domain.values import Tier

WHOLE = 100
"""What the weights of all criteria sum to, and the most points there are."""
MOST_CRITERIA = 20
MOST_BANDS = 20


class TierFamily(StrEnum):
    """What a criterion tells of: what a customer is worth, may become, and how we get on."""

    VALUE = "value"
    POTENTIAL = "potential"
    COOPERATION = "cooperation"


class TierMeasure(StrEnum):
    """What the log can tell of a customer, in a number."""

    PAID_AMOUNT = "paid_amount"
    """Payments minus refunds, in units of the criterion's currency; voided orders do not count."""
    ORDER_COUNT = "order_count"
    OPEN_OPPORTUNITIES = "open_opportunities"
    EMPLOYEES = "employees"
    TENURE_DAYS = "tenure_days"
    """Whole days since the customer was registered."""
    INTERACTIONS = "interactions"
    REQUESTS = "requests"


TRAILING = frozenset(
    {
        TierMeasure.PAID_AMOUNT,
        TierMeasure.ORDER_COUNT,
        TierMeasure.INTERACTIONS,
        TierMeasure.REQUESTS,
    }
)
"""Measures that may be taken over the last days only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierBand:
    """From this value on (included) a measure earns these points, from 0 to 100."""

    at_least: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCriterion:
    """One measure, how much it weighs (in percent), and its bands, the lowest first.

    ``window_days``: over how many last days it is measured, None: ever since. ``currency``: of
    which money, where it is money. Below its lowest band a measure earns nothing.
    """

    family: TierFamily
    measure: TierMeasure
    weight: int
    bands: tuple[TierBand, ...]
    window_days: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRules:
    """How a customer's figures become a tier: from which score on it is strategic, or key."""

    criteria: tuple[TierCriterion, ...]
    strategic_from: int
    key_from: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with rules: the way to it, step by step, and a sentence."""

    path: tuple[str | int, ...]
    sentence: str


def flaws(rules: TierRules) -> Iterator[Flaw]:
    """Tell all that is wrong with rules; nothing, where they can be used."""
    if not 1 <= len(rules.criteria) <= MOST_CRITERIA:
        yield Flaw(("criteria",), f"Give 1 to {MOST_CRITERIA} criteria.")
    elif sum(criterion.weight for criterion in rules.criteria) != WHOLE:
        yield Flaw(("criteria",), f"The weights must sum to {WHOLE}.")
    for place, criterion in enumerate(rules.criteria):
        for path, sentence in _flaws_of(criterion):
            yield Flaw(("criteria", place, path), sentence)
    if not 0 < rules.strategic_from <= WHOLE:
        yield Flaw(("strategic_from",), f"A cut-off is a score from 1 to {WHOLE}.")
    if not 0 < rules.key_from < rules.strategic_from:
        yield Flaw(("key_from",), "The cut-off of key must be above 0 and below strategic's.")


def _flaws_of(criterion: TierCriterion) -> Iterator[tuple[str, str]]:
    if criterion.weight <= 0:
        yield "weight", "A weight must be above zero."
    if not 1 <= len(criterion.bands) <= MOST_BANDS:
        yield "bands", f"Give 1 to {MOST_BANDS} bands."
    if any(low.at_least >= high.at_least for low, high in pairwise(criterion.bands)):
        yield "bands", "The bands must ascend: the lowest first, none twice."
    if any(not 0 <= band.points <= WHOLE for band in criterion.bands):
        yield "bands", f"A band earns 0 to {WHOLE} points."
    if criterion.window_days is not None and (
        criterion.measure not in TRAILING or criterion.window_days <= 0
    ):
        yield "window_days", "Only what is counted or paid is measured over a number of days."
    if (criterion.currency is None) == (criterion.measure is TierMeasure.PAID_AMOUNT):
        yield "currency", "Money is measured in a currency, and nothing else is."


# --- Suggesting -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """What one criterion gave: the value measured, the band it reached, the points earned.

    ``value`` is None where nothing is known; ``band`` is the band's lower bound, None below the
    lowest and where nothing is known.
    """

    criterion: TierCriterion
    value: Fraction | None
    band: int | None
    points: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The tier that the figures suggest, the score (0 to 100, exact), and what it rests on."""

    tier: Tier
    score: Decimal
    evidence: tuple[Scored, ...]

    @property
    def complete(self) -> bool:
        """Whether every measure was known; one that was not has earned nothing."""
        return all(scored.value is not None for scored in self.evidence)


def suggested_tier(measures: Sequence[Fraction | None], rules: TierRules) -> Suggestion:
    """Suggest a tier from one measure for each criterion, in the order of the criteria."""
    evidence = tuple(
        scored(value, criterion) for value, criterion in zip(measures, rules.criteria, strict=True)
    )
    hundredfold = sum(each.criterion.weight * each.points for each in evidence)
    score = Decimal(hundredfold).scaleb(-2)
    if score >= rules.strategic_from:
        return Suggestion(Tier.STRATEGIC, score, evidence)
    return Suggestion(Tier.KEY if score >= rules.key_from else Tier.NORMAL, score, evidence)


def scored(value: Fraction | None, criterion: TierCriterion) -> Scored:
    """Return what a value earns by a criterion: the points of the highest band it reaches."""
    if value is not None:
        for band in reversed(criterion.bands):
            if value >= band.at_least:
                return Scored(criterion, value, band.at_least, band.points)
    return Scored(criterion, value, None, 0)


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
