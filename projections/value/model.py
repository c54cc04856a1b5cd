"""What customers are worth from now on: both models together, learned from purchases.

Parameters are rounded before anything is computed with them, so that who has the parameters as they
were published comes to the same figures.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from projections.value import bg_nbd, gamma_gamma
from projections.value.bg_nbd import BgNbd, alive, expected_purchases
from projections.value.fitting import NotFitted
from projections.value.gamma_gamma import GammaGamma, expected_value
from projections.value.purchases import WEEK, Purchases

DIGITS = 6
"""Decimals of parameters."""
YEAR = 365
"""Days of a year, for discounting."""

Numbers = Any


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from some customers; None where too few of them have bought again."""

    buying: BgNbd | None
    spending: GammaGamma | None
    """Money is minor units."""
    buying_likelihood: float | None
    """The logarithm of how likely the purchases are under the model."""
    spending_likelihood: float | None


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far to look ahead, and what money is worth then: ``discount`` is a rate per year."""

    weeks: int
    discount: Decimal


@dataclass(frozen=True, slots=True)
class Worth:
    """What one customer is expected to bring; money is minor units, None where not known."""

    alive: float | None
    """The chance that they still buy."""
    purchases: float | None
    """How many, over the horizon."""
    value: float | None
    """What one of them brings in, on average."""
    revenue: float | None
    """What all of them bring in, discounted week by week."""


def learn(customers: Collection[Purchases], until: Any) -> Learned:
    """Fit both models to customers as they have bought until a date."""
    buying = spending = buying_likelihood = spending_likelihood = None
    try:
        found = bg_nbd.fit(each.buying(until) for each in customers)
        buying, buying_likelihood = _rounded(found.model), round(found.log_likelihood, 4)
    except NotFitted:
        pass
    try:
        spent = gamma_gamma.fit(each.spending() for each in customers)
        spending, spending_likelihood = _rounded(spent.model), round(spent.log_likelihood, 4)
    except NotFitted:
        pass
    return Learned(buying, spending, buying_likelihood, spending_likelihood)


def _rounded(model: Any) -> Any:
    told = {name: round(value, DIGITS) for name, value in asdict(model).items()}
    return type(model)(**told)


def worth(
    learned: Learned, customers: Sequence[Purchases], until: Any, horizon: Horizon
) -> list[Worth]:
    """Return what each customer is expected to bring from the end of a date on."""
    if not customers:
        return []
    bought = [each.buying(until) for each in customers]
    spent = [each.spending() for each in customers]
    x, t_x, total = np.array(bought, dtype=float).T
    number, mean = np.array(spent, dtype=float).T
    nothing = np.full(len(customers), np.nan)
    chance = purchases = discounted = nothing
    if learned.buying is not None:
        chance = alive(learned.buying, x, t_x, total)
        purchases, discounted = _ahead(learned.buying, x, t_x, total, horizon)
    value = nothing
    if learned.spending is not None:
        value = expected_value(learned.spending, number, mean)
    told = np.array([chance, purchases, value, discounted * value]).T
    return [Worth(*(float(each) if np.isfinite(each) else None for each in row)) for row in told]


def _ahead(
    model: BgNbd, x: Numbers, t_x: Numbers, total: Numbers, horizon: Horizon
) -> tuple[Numbers, Numbers]:
    """Return expected purchases over the horizon, plain and discounted at the end of each week."""
    before = discounted = np.zeros(len(x))
    yearly = 1 + float(horizon.discount)
    for week in range(1, horizon.weeks + 1):
        now = expected_purchases(model, week, x, t_x, total)
        discounted = discounted + (now - before) * yearly ** (-week * WEEK / YEAR)
        before = now
    return before, discounted
