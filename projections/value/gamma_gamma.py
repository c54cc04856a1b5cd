"""What a purchase is worth: the gamma-gamma model of monetary value.

Source: Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value,
http://www.brucehardie.com/notes/025/; numbers of formulas below are theirs.

A customer's purchases vary gamma(p, nu) around a mean of their own, and nu is gamma(q, gamma) among
customers. Of a customer ``x`` purchases of the mean value ``z`` are known; by them (formula 1a)::

    f(z | x) = Γ(px+q) / (Γ(px) Γ(q)) · γ^q z^(px-1) x^(px) / (γ + x z)^(px+q)

How much somebody spends is taken to have nothing to do with how often they buy.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln

from projections.value.fitting import Fitted, NotFitted, largest

Numbers = Any
"""A number or an array of them."""


class Spending(NamedTuple):
    """How much one customer has spent: purchases that count, and their mean value."""

    x: int
    mean: float


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The model's three parameters; gamma is money."""

    p: float
    q: float
    gamma: float


START = (1.0, 1.0, 1.0)
"""Where the search begins; gamma in multiples of the mean value."""


def fit(customers: Iterable[Spending]) -> Fitted[GammaGamma]:
    """Find the parameters under which these values are most likely.

    Customers without purchases or with nothing spent tell nothing and are left out. Raises
    ``NotFitted`` where fewer than two remain.
    """
    found = Counter(each for each in customers if each.x > 0 and each.mean > 0)
    rows = sorted(found)
    if len(rows) < 2:  # noqa: PLR2004 - how values differ is what is to be learned
        raise NotFitted("Too few customers have bought again to learn what a purchase is worth.")
    counts = np.array([found[row] for row in rows], dtype=float)
    x, mean = np.array(rows, dtype=float).T
    scale = float(np.average(mean, weights=counts))

    def likelihood(parameters: Sequence[float]) -> float:
        p, q, gamma = parameters
        return float(counts @ log_likelihood(GammaGamma(p, q, gamma * scale), x, mean))

    (p, q, gamma), value = largest(likelihood, START)
    return Fitted(GammaGamma(p, q, gamma * scale), value)


def log_likelihood(model: GammaGamma, x: Numbers, mean: Numbers) -> Numbers:
    """Return the logarithm of the density of each customer's mean value (formula 1a)."""
    p, q, gamma = model.p, model.q, model.gamma
    return (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(gamma)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(gamma + x * mean)
    )


def expected_value(model: GammaGamma, x: Numbers, mean: Numbers) -> Numbers:
    """Return what a customer's purchases are worth on average (formula 5): p(γ+xz)/(px+q-1).

    It lies between the customer's own mean and everybody's, the nearer to their own the more they
    have bought. nan for who has no purchases where q ≤ 1: then not even everybody's mean is known.
    """
    x = np.asarray(x, float)
    below = model.p * x + model.q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        value = model.p * (model.gamma + x * np.asarray(mean, float)) / below
    return np.where(below > 0, value, np.nan)
