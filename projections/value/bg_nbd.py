"""How often customers will buy again: the BG/NBD model of buying "till they die".

Source: Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the
Pareto/NBD Model, Marketing Science 24(2); numbers of formulas below are theirs.

A customer is known by ``x`` repeat purchases, the time ``t_x`` of the last one and the time ``T``
we have looked on, both from the first purchase and here in weeks. While active they buy at a rate
that is gamma(r, alpha) among customers; after each purchase they leave for ever with a chance that
is beta(a, b) among customers. Likelihood (formula 6)::

    L = B(a, b+x) / B(a, b)  · Γ(r+x) α^r / (Γ(r) (α+T)^(r+x))
      + [x > 0] B(a+1, b+x-1) / B(a, b) · Γ(r+x) α^r / (Γ(r) (α+t_x)^(r+x))

It is computed with logarithms of gamma functions, so that nobody buys too often for it. No clock,
no chance: the same customers in any order give the same parameters.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from projections.value.fitting import Fitted, NotFitted, largest

Numbers = Any
"""A number or an array of them."""


class Buying(NamedTuple):
    """How one customer has bought: repeat purchases, weeks to the last one, weeks looked on."""

    x: int
    t_x: float
    T: float


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The model's four parameters; times are in weeks."""

    r: float
    alpha: float
    a: float
    b: float


START = (1.0, 1.0, 1.0, 1.0)
"""Where the search begins; alpha in multiples of the mean time looked on."""


def fit(customers: Iterable[Buying]) -> Fitted[BgNbd]:
    """Find the parameters under which these purchases are most likely.

    Raises ``NotFitted`` where nobody has bought again, or there is nobody.
    """
    found = Counter(customers)
    rows = sorted(found)
    if not any(row.x for row in rows):
        raise NotFitted("Nobody has bought a second time; there is nothing to learn from.")
    counts = np.array([found[row] for row in rows], dtype=float)
    arrays = _arrays(rows)
    scale = float(np.average(arrays[2], weights=counts)) or 1.0

    def likelihood(parameters: Sequence[float]) -> float:
        r, alpha, a, b = parameters
        return float(counts @ log_likelihood(BgNbd(r, alpha * scale, a, b), *arrays))

    (r, alpha, a, b), value = largest(likelihood, START)
    return Fitted(BgNbd(r, alpha * scale, a, b), value)


def _arrays(rows: Sequence[Buying]) -> tuple[Numbers, Numbers, Numbers]:
    x, t_x, total = np.array(rows, dtype=float).T
    return x, t_x, total


def log_likelihood(model: BgNbd, x: Numbers, t_x: Numbers, total: Numbers) -> Numbers:
    """Return the logarithm of each customer's likelihood (formula 6)."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    active = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + total)
    again = np.maximum(x, 1)  # where x is 0 the second term is left out below
    left = betaln(a + 1, b + again - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return common + np.where(x > 0, np.logaddexp(active, left), active)


def alive(model: BgNbd, x: Numbers, t_x: Numbers, total: Numbers) -> Numbers:
    """Return the chance that a customer will still buy: 1 for who has bought only once.

    P = 1 / (1 + [x > 0] a/(b+x-1) ((α+T)/(α+t_x))^(r+x)), as the ratio of the likelihood's terms.
    """
    return 1 / _whole_over_active(model, x, t_x, total)


def _whole_over_active(model: BgNbd, x: Numbers, t_x: Numbers, total: Numbers) -> Numbers:
    x, t_x, total = np.asarray(x, float), np.asarray(t_x, float), np.asarray(total, float)
    again = np.maximum(x, 1)
    power = (model.r + x) * (np.log(model.alpha + total) - np.log(model.alpha + t_x))
    with np.errstate(over="ignore"):  # infinitely unlikely to be active: the chance is 0
        left = model.a / (model.b + again - 1) * np.exp(power)
    return 1 + np.where(x > 0, left, 0)


def expected_purchases(
    model: BgNbd, weeks: Numbers, x: Numbers, t_x: Numbers, total: Numbers
) -> Numbers:
    """Return how many purchases to expect of a customer in the next weeks (formula 10)::

        E = (a+b+x-1)/(a-1) · [1 - (1-z)^(r+x) ₂F₁(r+x, b+x; a+b+x-1; z)] · P(active)

    with z = t/(α+T+t). By Euler's transformation (1-z)^(r+x) ₂F₁(…) is also
    (1-z)^(a-1) ₂F₁(a+b-1-r, a-1; a+b+x-1; z), where nothing grows with x: so it is computed, and
    as printed where that series does not come to an end. nan where neither does.
    """
    x, total = np.asarray(x, float), np.asarray(total, float)
    a = float(_apart(model.a, 1))
    whole = _apart(a + model.b + x - 1, 0)
    looked = model.alpha + total
    gone, z = looked / (looked + weeks), weeks / (looked + weeks)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is not used
        rest = gone ** (a - 1) * hyp2f1(a + model.b - 1 - model.r, a - 1, whole, z)
        printed = gone ** (model.r + x) * hyp2f1(model.r + x, model.b + x, whole, z)
    bought = whole / (a - 1) * (1 - np.where(np.isfinite(rest), rest, printed))
    return bought * alive(model, x, t_x, total)


def expected_of_anybody(model: BgNbd, weeks: Numbers) -> Numbers:
    """Return how many repeat purchases to expect of a new customer in so many weeks (formula 9)."""
    return expected_purchases(model, weeks, 0, 0, 0)


NEAR = 1e-6


def _apart(value: Numbers, pole: int) -> Numbers:
    # There the formula is 0/0 with a limit; next to it the limit is good to six digits.
    return np.where(abs(value - pole) > NEAR, value, pole + NEAR)
