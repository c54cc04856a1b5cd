"""What a purchase is worth: what must hold of the gamma-gamma model, by other methods."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from projections.value import gamma_gamma
from projections.value.fitting import NotFitted
from projections.value.gamma_gamma import GammaGamma, Spending, expected_value, log_likelihood

PUBLISHED = GammaGamma(p=6.25, q=3.74, gamma=15.44)
"""Of the CDNOW sample, in Fader, Hardie (2013)."""


@pytest.mark.parametrize("x", [1, 3])
def test_the_density_of_mean_values_sums_to_one(x):
    whole, _ = quad(lambda z: math.exp(log_likelihood(PUBLISHED, x, z)), 0, math.inf)
    assert whole == pytest.approx(1, abs=1e-6)


def test_everybodys_mean_is_that_of_the_density():
    mean, _ = quad(lambda z: z * math.exp(log_likelihood(PUBLISHED, 1, z)), 0, math.inf)
    assert expected_value(PUBLISHED, 0, 0) == pytest.approx(mean, rel=1e-6)


def test_a_customers_expectation_lies_between_their_own_mean_and_everybodys():
    everybody = expected_value(PUBLISHED, 0, 0)
    few, many = (expected_value(PUBLISHED, x, 90.0) for x in (1, 50))
    assert everybody < few < many < 90


def test_where_not_even_everybodys_mean_is_known_there_is_no_number():
    assert math.isnan(expected_value(GammaGamma(2, 0.5, 10), 0, 0))
    assert expected_value(GammaGamma(2, 0.5, 10), 1, 30) > 0


def test_the_parameters_that_customers_spend_by_are_found_again():
    chance = np.random.default_rng(3)
    x = chance.integers(1, 8, 40_000)
    nu = chance.gamma(3.7, 1 / 15.4, x.size)
    means = chance.gamma(6.2 * x, 1 / (nu * x))  # of x purchases that are each gamma(6.2, nu)
    customers = [Spending(int(n), float(mean)) for n, mean in zip(x, means, strict=True)]
    found = gamma_gamma.fit(customers).model
    assert found.p == pytest.approx(6.2, rel=0.1)
    assert found.q == pytest.approx(3.7, rel=0.1)
    assert found.gamma == pytest.approx(15.4, rel=0.15)


def test_too_few_are_nothing_to_learn_from():
    with pytest.raises(NotFitted):
        gamma_gamma.fit([Spending(2, 30.0), Spending(0, 0.0), Spending(1, 0.0)])
