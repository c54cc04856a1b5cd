"""How often customers will buy again: published figures, and what must hold by other methods."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta as beta_function
from scipy.special import hyp2f1
from scipy.stats import beta, gamma

from projections.value import bg_nbd
from projections.value.bg_nbd import (
    BgNbd,
    Buying,
    alive,
    expected_of_anybody,
    expected_purchases,
    log_likelihood,
)
from projections.value.fitting import NotFitted

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""The CDNOW sample's, in Fader, Hardie, Lee (2005)."""


def test_the_published_customer_is_expected_to_buy_1_226_times():
    model = BgNbd(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258)
    assert expected_purchases(model, 39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=0.0005)


def by_the_paper(model, weeks, x, t_x, total):
    """Formula 10 as it is printed, good for customers who have not bought too often."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    z = weeks / (alpha + total + weeks)
    power = ((alpha + total) / (alpha + total + weeks)) ** (r + x)
    bought = (a + b + x - 1) / (a - 1) * (1 - power * hyp2f1(r + x, b + x, a + b + x - 1, z))
    left = a / (b + x - 1) * ((alpha + total) / (alpha + t_x)) ** (r + x) if x else 0
    return bought / (1 + left)


@pytest.mark.parametrize("x", [0, 1, 2, 7, 30])
@pytest.mark.parametrize("weeks", [0.5, 39, 200])
def test_expected_purchases_are_those_of_the_printed_formula(x, weeks):
    t_x = 30.43 if x else 0
    expected = by_the_paper(PUBLISHED, weeks, x, t_x, 38.86)
    assert expected_purchases(PUBLISHED, weeks, x, t_x, 38.86) == pytest.approx(expected, rel=1e-9)


def chance_of(model, x, weeks):
    """Formula 8: the chance of exactly x repeat purchases of anybody."""

    def poisson(j):
        times = math.lgamma(model.r + j) - math.lgamma(model.r) - math.lgamma(j + 1)
        within = weeks / (model.alpha + weeks)
        return math.exp(times + model.r * math.log1p(-within) + j * math.log(within))

    stays = beta_function(model.a, model.b + x) / beta_function(model.a, model.b)
    if not x:
        return stays * poisson(0)
    leaves = beta_function(model.a + 1, model.b + x - 1) / beta_function(model.a, model.b)
    return stays * poisson(x) + leaves * (1 - sum(poisson(j) for j in range(x)))


def test_what_is_expected_of_anybody_is_the_mean_of_what_may_happen():
    chances = [chance_of(PUBLISHED, x, 39) for x in range(150)]
    assert sum(chances) == pytest.approx(1, abs=1e-6)
    mean = sum(x * chance for x, chance in enumerate(chances))
    assert expected_of_anybody(PUBLISHED, 39) == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize(("x", "t_x"), [(0, 0), (1, 5), (4, 20)])
def test_the_likelihood_is_the_average_over_rates_and_chances_to_leave(x, t_x):
    model, total = BgNbd(r=1.4, alpha=6, a=1.8, b=3.1), 26.0

    def over_rates(at):
        return quad(
            lambda rate: rate**x * math.exp(-rate * at) * gamma.pdf(rate, 1.4, scale=1 / 6), 0, 20
        )[0]

    def over_leaving(leaves, stays):
        return quad(lambda p: p**leaves * (1 - p) ** stays * beta.pdf(p, 1.8, 3.1), 0, 1)[0]

    expected = over_leaving(0, x) * over_rates(total)
    if x:
        expected += over_leaving(1, x - 1) * over_rates(t_x)
    assert log_likelihood(model, x, t_x, total) == pytest.approx(math.log(expected), rel=1e-6)


positive = st.floats(0.05, 20)


@given(
    st.builds(BgNbd, r=positive, alpha=positive, a=positive, b=positive),
    st.integers(0, 1000),
    st.floats(0, 1),
    st.floats(0, 2000),
    st.floats(0, 500),
)
def test_chances_lie_between_0_and_1_and_expectations_never_fall_below_0(
    model, x, part, more, weeks
):
    total = x / 7 + more  # at most one purchase a day
    t_x = x / 7 + part * more
    assert 0 <= alive(model, x, t_x, total) <= 1
    assert np.isfinite(log_likelihood(model, x, t_x, total))
    soon, later = expected_purchases(model, np.array([weeks, weeks + 1]), x, t_x, total)
    if np.isfinite(soon) and np.isfinite(later):  # else it is not known, and told so
        assert -1e-4 <= soon <= later + 1e-4


def test_who_has_not_bought_again_is_taken_to_be_with_us():
    assert alive(PUBLISHED, 0, 0, 38.86) == 1


def test_next_to_a_of_one_nothing_jumps():
    around = [
        float(expected_purchases(BgNbd(0.5, 5, a, 2), 39, 3, 20, 30)) for a in (0.9999, 1.0, 1.0001)
    ]
    assert around[0] > around[1] > around[2]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-6)


def simulated(model, number, seed):
    """Customers who live by the model: an independent telling of its story."""
    chance = np.random.default_rng(seed)
    for _ in range(number):
        rate = chance.gamma(model.r, 1 / model.alpha)
        leaves = chance.beta(model.a, model.b)
        total = chance.uniform(26, 52)
        now, last, x = 0.0, 0.0, 0
        while (now := now + chance.exponential(1 / rate)) <= total:
            last, x = now, x + 1
            if chance.random() < leaves:
                break
        yield Buying(x, last, total)


def test_the_parameters_that_customers_live_by_are_found_again():
    lived_by = BgNbd(r=0.8, alpha=5.0, a=1.2, b=3.0)
    customers = list(simulated(lived_by, 12_000, seed=7))
    found = bg_nbd.fit(customers).model
    assert found.r == pytest.approx(0.8, rel=0.1)
    assert found.alpha == pytest.approx(5.0, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(1.2 / 4.2, rel=0.1)


def test_the_order_of_customers_changes_nothing():
    customers = list(simulated(PUBLISHED, 500, seed=1))
    assert bg_nbd.fit(customers) == bg_nbd.fit(reversed(customers))


@pytest.mark.parametrize("customers", [[], [Buying(0, 0, 10), Buying(0, 0, 3)]])
def test_without_a_second_purchase_there_is_nothing_to_learn(customers):
    with pytest.raises(NotFitted):
        bg_nbd.fit(customers)
