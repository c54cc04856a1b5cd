"""Which tier a customer's figures suggest: bands, weights, cut-offs, and the evidence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customers.tiering import (
    Flaw,
    TierBand,
    TierCriterion,
    TierFamily,
    TierMeasure,
    TierRules,
    flaws,
    months_later,
    suggested_tier,
)
from domain.values import Tier


def criterion(measure, weight, *bands, **told):
    return TierCriterion(
        family=TierFamily.VALUE,
        measure=measure,
        weight=weight,
        bands=tuple(TierBand(at_least=least, points=points) for least, points in bands),
        **told,
    )


PAID = criterion(
    TierMeasure.PAID_AMOUNT, 50, (10_000, 40), (100_000, 100), currency="CNY", window_days=365
)
PEOPLE = criterion(TierMeasure.EMPLOYEES, 30, (50, 50), (500, 100))
CALLS = criterion(TierMeasure.INTERACTIONS, 20, (0, 10), (12, 100), window_days=90)
RULES = TierRules(criteria=(PAID, PEOPLE, CALLS), strategic_from=80, key_from=40)

# --- Scores -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "people", "calls", "score", "tier"),
    [
        # 50 x 100 + 30 x 100 + 20 x 100 = 10,000 hundredths
        ("100000", 500, 12, "100.00", Tier.STRATEGIC),
        ("99999.99", 500, 12, "70.00", Tier.KEY),  # 50 x 40 + 3,000 + 2,000
        ("100000", 500, 0, "82.00", Tier.STRATEGIC),  # 5,000 + 3,000 + 20 x 10
        ("100000", 499, 11, "67.00", Tier.KEY),  # 5,000 + 30 x 50 + 200
        ("10000", 49, 12, "40.00", Tier.KEY),  # 2,000 + 0 + 2,000: on the cut-off
        ("10000", 50, 11, "37.00", Tier.NORMAL),  # 2,000 + 1,500 + 200
        ("9999.99", 0, 0, "2.00", Tier.NORMAL),
        ("-500", 0, 0, "2.00", Tier.NORMAL),  # more was paid back than paid
    ],
)
def test_points_are_weighted_and_held_against_the_cut_offs(paid, people, calls, score, tier):
    measures = [Fraction(paid), Fraction(people), Fraction(calls)]
    found = suggested_tier(measures, RULES)
    assert (found.tier, found.score, found.complete) == (tier, Decimal(score), True)


def test_the_score_tells_what_it_rests_on():
    found = suggested_tier([Fraction("10000"), Fraction(7), Fraction(12)], RULES)
    told = [(each.criterion, each.value, each.band, each.points) for each in found.evidence]
    assert told == [(PAID, 10_000, 10_000, 40), (PEOPLE, 7, None, 0), (CALLS, 12, 12, 100)]


def test_what_is_not_known_earns_nothing_and_is_said():
    found = suggested_tier([Fraction(100_000), None, Fraction(12)], RULES)
    assert (found.score, found.tier, found.complete) == (Decimal(70), Tier.KEY, False)
    assert (found.evidence[1].value, found.evidence[1].band) == (None, None)


VALUES = st.fractions(-10, 1_000_000, max_denominator=100)


@given(st.lists(VALUES, min_size=3, max_size=3), st.integers(0, 2), st.fractions(0, 1000))
def test_who_does_more_is_never_put_lower_by_rising_bands(measures, which, more):
    order = list(Tier)  # strategic first
    before = suggested_tier(measures, RULES)
    measures[which] += more
    after = suggested_tier(measures, RULES)
    assert 0 <= before.score <= after.score <= 100
    assert order.index(after.tier) <= order.index(before.tier)


# --- Rules that cannot be meant ---------------------------------------------------------------


def test_good_rules_have_no_flaw():
    assert list(flaws(RULES)) == []


def with_first(**told):
    return replace(RULES, criteria=(replace(PAID, **told), PEOPLE, CALLS))


TWICE = (TierBand(at_least=1, points=1), TierBand(at_least=1, points=2))
DOWN = (TierBand(at_least=2, points=1), TierBand(at_least=1, points=2))


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (replace(RULES, criteria=()), ("criteria",)),
        (replace(RULES, criteria=(PAID, PEOPLE)), ("criteria",)),
        (replace(RULES, criteria=(PAID, PEOPLE, CALLS, CALLS)), ("criteria",)),
        (with_first(bands=()), ("criteria", 0, "bands")),
        (with_first(bands=TWICE), ("criteria", 0, "bands")),
        (with_first(bands=DOWN), ("criteria", 0, "bands")),
        (with_first(bands=(TierBand(at_least=1, points=101),)), ("criteria", 0, "bands")),
        (with_first(bands=(TierBand(at_least=1, points=-1),)), ("criteria", 0, "bands")),
        (with_first(window_days=0), ("criteria", 0, "window_days")),
        (with_first(currency=None), ("criteria", 0, "currency")),
        (
            replace(RULES, criteria=(PAID, replace(PEOPLE, window_days=9), CALLS)),
            ("criteria", 1, "window_days"),
        ),
        (
            replace(RULES, criteria=(PAID, replace(PEOPLE, currency="CNY"), CALLS)),
            ("criteria", 1, "currency"),
        ),
        (replace(RULES, key_from=80), ("key_from",)),
        (replace(RULES, key_from=0), ("key_from",)),
        (replace(RULES, strategic_from=101), ("strategic_from",)),
    ],
)
def test_a_flaw_says_where_it_is(rules, path):
    assert [flaw.path for flaw in flaws(rules)] == [path]


def test_a_weight_of_nothing_is_a_flaw_also_where_the_sum_is_right():
    heavy = replace(PEOPLE, weight=50)
    rules = replace(RULES, criteria=(PAID, heavy, replace(CALLS, weight=0)))
    assert list(flaws(rules)) == [Flaw(("criteria", 2, "weight"), "A weight must be above zero.")]


# --- When it is looked at again ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2025-03-03", 12, "2026-03-03"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2025-11-30", 1, "2025-12-30"),
        ("2025-12-01", 1, "2026-01-01"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(day, months, later):
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)
