"""Retention, computed by hand: who stayed, who left, who bought again and for how much."""

from fractions import Fraction

from spec import ANA, BO, HARBOUR, SERVICE, YUNHE

from projections.reports.retention import report
from projections.scoring.material import Material
from projections.scoring.relations import CONTRACTS
from projections.scoring.sources import OWNERS
from tests.scoring.counted import evidence, of_department, reasons, tallied, value
from tests.scoring.facts import OTHERS, SECOND_QUARTER, Story, on, team


def three_contracts() -> Story:
    """Ana's Harbour stays, Ana's Yunhe ends in May, Bo's third stays; one is new."""
    story = team()
    story.owned(HARBOUR, ANA)
    story.owned(YUNHE, ANA)
    story.owned(OTHERS, BO)
    story.contract(HARBOUR, "2025-01-01")
    story.contract(YUNHE, "2025-01-01", "2025-05-20")
    story.contract(OTHERS, "2025-02-01", "2025-12-31")
    return story


def test_who_has_no_contract_any_more_is_lost():
    story = three_contracts()
    assert value(story, "churn_rate") == Fraction(100, 3)
    assert value(story, "retention_rate") == Fraction(200, 3)
    assert value(story, "churn_rate", ANA) == 50
    assert value(story, "churn_rate", BO) == 0
    assert value(story, "customers_held") == 2
    assert value(story, "customers_held", ANA) == 1
    assert of_department(story, "customers_held", SERVICE) == 1


def test_each_customer_is_shown_with_the_contract_that_says_so():
    story = three_contracts()
    assert evidence(story, "churn_rate", ANA) == [7, 8]
    assert reasons(story, "customers_held", ANA) == {8: "lost"}


def test_nobody_was_there_so_nothing_is_measured():
    story = team()
    assert value(story, "churn_rate") is None
    assert value(story, "retention_rate") is None
    assert value(story, "customers_held") == 0


def test_who_comes_in_the_period_is_in_neither():
    story = three_contracts()
    story.contract(story.new(), "2025-05-01")
    assert value(story, "retention_rate") == Fraction(200, 3)


def test_without_a_contract_an_order_makes_a_customer_for_ninety_days():
    story = team()
    for customer in (HARBOUR, YUNHE):
        story.owned(customer, ANA)
        story.sold(customer, "03-10")
    story.sold(HARBOUR, "05-01")
    # Harbour bought again on 1 May, 61 days before the end; Yunhe left on 8 June.
    assert value(story, "retention_rate", ANA) == 50
    assert evidence(story, "customers_held", ANA) == [6, 11]


def test_a_buyer_who_signs_a_contract_stays():
    story = team()
    story.owned(HARBOUR, ANA)
    story.sold(HARBOUR, "03-10")
    story.contract(HARBOUR, "2025-04-15")
    assert value(story, "retention_rate", ANA) == 100


def test_who_left_and_came_back_is_not_lost():
    story = team()
    story.owned(HARBOUR, ANA)
    story.contract(HARBOUR, "2025-01-01", "2025-04-10")
    story.contract(HARBOUR, "2025-06-10")
    assert value(story, "churn_rate", ANA) == 0


def test_the_owner_of_the_ninety_days_before_they_left_bears_it():
    story = team()
    ownership = story.owned(YUNHE, ANA)
    story.transferred(YUNHE, ANA, BO, "2025-05-02", ownership)
    story.contract(YUNHE, "2025-01-01", "2025-05-20")
    found = tallied(story, "churn_rate")
    # Of the 90 dates from 19 February to 19 May, Bo ends 18: from 2 May on.
    assert dict(found.members[BO].evidence) == {6: Fraction(18, 90)}
    assert dict(found.members[ANA].evidence) == {6: Fraction(72, 90)}


def test_a_period_that_is_not_over_tells_how_things_stand():
    story = three_contracts()
    assert value(story, "churn_rate", known_at=on("05-01")) == 0
    assert value(story, "churn_rate", known_at=on("03-01")) is None


def test_by_contract_it_says_what_the_report_says():
    story = three_contracts()
    material = Material([CONTRACTS, OWNERS])
    for fact in story.facts:
        material.take(fact)
    found = report(material[CONTRACTS].spans(), material[OWNERS], SECOND_QUARTER)
    assert (found["churn"], found["retention"]) == ("33.33", "66.67")
    assert found["opening"] == tallied(story, "churn_rate").whole.n


# --- Buying ---------------------------------------------------------------------------------------


def buyers() -> Story:
    """Harbour buys three times (twice on one day), Yunhe once; Ana's both."""
    story = team()
    story.owned(HARBOUR, ANA)
    story.owned(YUNHE, ANA)
    story.sold(HARBOUR, "2024-08-01")
    story.sold(HARBOUR, "05-05", "60.00")
    story.sold(HARBOUR, "05-05", "40.00")
    story.sold(YUNHE, "06-01", "30.00")
    return story


def test_who_buys_on_two_days_of_a_year_is_a_repeat_buyer():
    assert value(buyers(), "repeat_purchase_rate", ANA) == 50


def test_two_orders_on_one_day_are_one_purchase():
    story = team()
    story.owned(HARBOUR, ANA)
    story.sold(HARBOUR, "05-05")
    story.sold(HARBOUR, "05-05")
    assert value(story, "repeat_purchase_rate", ANA) == 0


def test_what_was_bought_more_than_a_year_before_the_end_is_outside():
    story = buyers()
    story.sold(YUNHE, "2024-06-30")
    story.sold(YUNHE, "2024-07-01")
    # The window begins on 1 July 2024.
    assert reasons(story, "repeat_purchase_rate", ANA) == {15: "outside_period"}
    assert value(story, "repeat_purchase_rate", ANA) == 100


def test_orders_of_the_period_for_each_buyer():
    assert value(buyers(), "purchase_frequency", ANA) == Fraction(3, 2)
    assert value(team(), "purchase_frequency") is None
    assert value(team(), "repeat_purchase_rate") is None


def test_what_was_voided_or_paid_back_was_not_bought():
    story = buyers()
    void, back = story.sold(YUNHE, "06-02"), story.sold(YUNHE, "06-03")
    story.voided(void, YUNHE, "06-04")
    story.refunded(back, YUNHE, "06-05", "100.00")
    assert value(story, "purchase_frequency", ANA) == Fraction(3, 2)
    assert set(reasons(story, "purchase_frequency", ANA).values()) == {
        "voided",
        "fully_refunded",
        "outside_period",
    }


def test_growth_of_those_who_had_bought_before():
    story = team()
    for customer in (HARBOUR, YUNHE, OTHERS):
        story.owned(customer, ANA)
    story.sold(HARBOUR, "02-10", "200.00")
    story.sold(YUNHE, "03-10", "100.00")
    story.sold(HARBOUR, "05-10", "250.00")
    story.sold(OTHERS, "05-11", "900.00")
    # (250 + 0 - 200 - 100) / 300: the new buyer's 900 are no growth of theirs.
    assert value(story, "purchase_growth", ANA) == Fraction(-50, 3)
    assert reasons(story, "purchase_growth", ANA) == {14: "new_buyer"}
    assert tallied(story, "purchase_growth").members[ANA].n == 2


def test_the_period_before_has_as_many_days():
    story = team()
    story.owned(HARBOUR, ANA)
    # The second quarter has 91 days, so that the one before begins on 31 December.
    story.sold(HARBOUR, "2024-12-31", "100.00")
    story.sold(HARBOUR, "2024-12-30", "100.00")
    story.sold(HARBOUR, "04-01", "150.00")
    assert value(story, "purchase_growth", ANA) == 50


def test_nothing_before_is_no_growth():
    story = team()
    story.owned(HARBOUR, ANA)
    story.sold(HARBOUR, "05-10")
    assert value(story, "purchase_growth", ANA) is None
