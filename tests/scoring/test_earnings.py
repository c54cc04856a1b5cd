"""Earnings and the market, computed by hand."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE, YUNHE, sample_id

from domain.customers.referral import ReferralConverted
from domain.ids import MarketId
from domain.sales.campaign import (
    Answer,
    CampaignAnswered,
    CampaignChannel,
    CampaignPlan,
    CampaignPlanned,
)
from domain.sales.market import MarketDescribed, MarketSizePublished, MarketSizeWithdrawn
from domain.sales.order import OrderDueChanged
from projections.reports.credit import report as credit_report
from projections.scoring.material import Material
from projections.scoring.sources import ORDERS
from tests.scoring.counted import of_department, reasons, tallied, value
from tests.scoring.facts import OTHERS, SECOND_QUARTER, Story, on, team, yuan

HALVES = {ANA: 60, BO: 40}
MARKET = MarketId(sample_id(0x3A))


# --- Sales ----------------------------------------------------------------------------------------


def sales() -> Story:
    story = team()
    story.sold(HARBOUR, "02-10", "200.00", split=HALVES)
    order = story.sold(YUNHE, "05-10", "300.00", split=HALVES)
    story.refunded(order, YUNHE, "06-10", "50.00")
    story.sold(YUNHE, "06-20", "90.00", split={ANA: 50})
    return story


def test_sales_grow_by_what_came_in_more():
    # Ana: 60 % of 250 and 50 % of 90 are 195; 60 % of 200 are 120. (195 - 120) / 120 = 62.5 %.
    assert value(sales(), "sales_growth", ANA) == Fraction(125, 2)
    assert value(sales(), "sales_growth", BO) == 25
    assert value(sales(), "sales_growth") == 70


def test_without_sales_before_there_is_no_growth():
    story = team()
    order = story.sold(HARBOUR, "2024-05-10")
    story.refunded(order, HARBOUR, "02-10", "10.00")
    story.sold(HARBOUR, "05-10")
    assert value(story, "sales_growth", ANA) is None
    assert value(team(), "sales_growth") is None


def test_sales_are_those_of_the_report_on_credit():
    story = sales()
    material = Material([ORDERS])
    for fact in story.facts:
        material.take(fact)
    (found,) = credit_report(material[ORDERS], SECOND_QUARTER)
    assert found["members"] == {str(ANA): "195.00", str(BO): "100.00"}
    assert found["unattributed"] == "45.00"
    assert value(story, "sales_amount", ANA) == 195
    assert value(story, "sales_amount", BO) == 100
    assert value(story, "sales_amount") == 340
    assert tallied(story, "sales_amount").nobody.amount == 45


def test_money_of_another_currency_does_not_count():
    story = sales()
    story.sold(HARBOUR, "05-10", "70.00", currency="USD")
    assert value(story, "sales_amount", ANA) == 195
    assert reasons(story, "sales_amount", ANA)[story.last] == "other_currency"
    assert value(story, "sales_amount", ANA, currency="USD") == 70


# --- Profit ---------------------------------------------------------------------------------------


def test_each_payment_bears_its_part_of_the_cost():
    story = team()
    order = story.placed(HARBOUR, "03-01", "400.00", cost="300.00")
    story.paid(order, HARBOUR, "03-10", "100.00")
    story.paid(order, HARBOUR, "04-10", "300.00")
    story.refunded(order, HARBOUR, "05-10", "40.00")
    # 300 - 225, and 40 back with 30 of the cost.
    assert value(story, "profit_contribution", ANA) == 65
    assert list(reasons(story, "profit_contribution", ANA).values()) == ["outside_period"]


def test_what_costs_the_customer_nothing_costs_us_something():
    story = team()
    story.placed(HARBOUR, "05-01", "0.00", cost="30.00", split=HALVES)
    assert value(story, "profit_contribution", ANA) == -18


def test_what_was_fully_paid_back_earned_nothing():
    story = team()
    order = story.sold(HARBOUR, "05-01", "100.00", cost="70.00")
    assert value(story, "profit_contribution") == 30
    story.refunded(order, HARBOUR, "05-02", "100.00")
    assert value(story, "profit_contribution") == 0


def test_an_unknown_cost_is_no_profit():
    story = team()
    story.sold(HARBOUR, "05-01", "100.00")
    assert value(story, "profit_contribution") == 0
    assert list(reasons(story, "profit_contribution").values()) == ["cost_unknown"]


# --- Receivables ----------------------------------------------------------------------------------


def test_what_is_overdue_of_what_is_owed():
    story = team()
    late = story.placed(HARBOUR, "04-01", "300.00", due="06-01", split=HALVES)
    story.paid(late, HARBOUR, "05-01", "100.00")
    story.placed(HARBOUR, "05-01", "100.00", due="08-01")
    story.placed(HARBOUR, "05-02", "60.00")
    story.sold(HARBOUR, "05-03", "999.00")
    # Owed: 200 + 100 + 60; overdue: the 200. Ana: 120 of 120 + 160.
    assert value(story, "overdue_rate") == Fraction(20000, 360)
    assert value(story, "overdue_rate", ANA) == Fraction(12000, 280)
    assert value(story, "overdue_rate", BO) == 100


def test_who_owes_nothing_is_not_overdue():
    story = team()
    story.sold(HARBOUR, "05-03")
    assert value(story, "overdue_rate") is None


def test_what_we_gave_back_is_not_owed():
    story = team()
    order = story.sold(HARBOUR, "05-03", due="06-01")
    story.refunded(order, HARBOUR, "05-10", "40.00")
    assert value(story, "overdue_rate") is None


def test_another_day_counts_from_when_it_was_agreed():
    story = team()
    order = story.placed(HARBOUR, "04-01", due="06-01")
    moved = OrderDueChanged(
        customer_id=HARBOUR, due_on=date(2025, 8, 1), due_at=on("08-02", "00:00")
    )
    story.tell(moved, on("07-05"), order)
    assert value(story, "overdue_rate", ANA) == 100
    story.facts[-1] = replace(
        story.facts[-1], envelope=replace(story.facts[-1].envelope, occurred_at=on("06-20"))
    )
    assert value(story, "overdue_rate", ANA) == 0


# --- Referrals ------------------------------------------------------------------------------------


def referred(story: Story, referrer, customer, day: str) -> None:
    story.tell(ReferralConverted(customer_id=referrer, referred_id=customer), on(day))


def test_who_was_referred_counts_for_those_who_sold_to_them_first():
    story = team()
    story.owned(YUNHE, LI_NA)
    referred(story, HARBOUR, YUNHE, "05-01")
    assert value(story, "referred_customers", LI_NA) == 1
    story.sold(YUNHE, "06-01", split=HALVES)
    assert value(story, "referred_customers", LI_NA) == 0
    assert value(story, "referred_customers", ANA) == Fraction(3, 5)
    assert value(story, "referred_customers") == 1


def test_nobody_refers_themselves_or_somebody_twice():
    story = team()
    referred(story, HARBOUR, HARBOUR, "05-01")
    referred(story, HARBOUR, YUNHE, "03-01")
    referred(story, OTHERS, YUNHE, "05-02")
    assert value(story, "referred_customers") == 0
    assert list(reasons(story, "referred_customers").values()) == [
        "outside_period",
        "self_referral",
        "duplicate",
    ]


# --- The market -----------------------------------------------------------------------------------


def published(story: Story, size: str, starts=date(2025, 4, 1), ends=date(2025, 6, 30)) -> None:
    event = MarketSizePublished(
        starts_on=starts, ends_on=ends, size=yuan(size), source="Association"
    )
    story.tell(event, on("07-05"), MARKET)


def in_a_market() -> Story:
    story = sales()
    story.tell(
        MarketDescribed(name="Cold chain", department_id=SALES, scope=None), on("01-05"), MARKET
    )
    return story


def test_our_part_of_the_market():
    story = in_a_market()
    assert value(story, "market_share") is None
    published(story, "9999.00")
    published(story, "3400.00")
    published(story, "1.00", starts=date(2025, 1, 1), ends=date(2025, 3, 31))
    assert value(story, "market_share") == 10
    assert of_department(story, "market_share", SALES) == 10
    assert sorted(reasons(story, "market_share").values()) == ["outside_period", "superseded"]
    assert not tallied(story, "market_share").members


def test_a_size_that_was_withdrawn_is_none():
    story = in_a_market()
    published(story, "3400.00")
    withdrawn = MarketSizeWithdrawn(starts_on=date(2025, 4, 1), ends_on=date(2025, 6, 30))
    story.tell(withdrawn, on("07-06"), MARKET)
    assert value(story, "market_share") is None


def through_channels() -> Story:
    """Harbour came by an event and bought for 300; Yunhe came by mail and did not buy."""
    story = team()
    story.owned(HARBOUR, ANA)
    story.owned(YUNHE, BO)
    for customer, channel, day in (
        (HARBOUR, CampaignChannel.EVENT, "04-10"),
        (YUNHE, CampaignChannel.EVENT, "04-11"),
        (HARBOUR, CampaignChannel.EMAIL, "04-12"),
    ):
        plan = CampaignPlan(name="Fair", channel=channel, starts_on=date(2025, 4, 1))
        planned = CampaignPlanned(department_id=SALES, plan=plan, budget=None)
        campaign = story.tell(planned, on("04-01"))
        answered = CampaignAnswered(answer=Answer.ATTENDED, customer_id=customer, lead_id=None)
        story.tell(answered, on(day), campaign)
    story.sold(HARBOUR, "05-01", "300.00", split=HALVES)
    story.sold(OTHERS, "05-02", "100.00", split=HALVES)
    return story


@pytest.mark.parametrize(
    ("name", "channel", "company", "of_sales"),
    [
        ("channel_performance", "event", 300, 180),
        ("channel_performance", "unknown", 100, 60),
        ("channel_performance", "email", 0, None),
        ("channel_share", "event", 75, 75),
        ("channel_share", "email", 0, 0),
        ("channel_conversion", "event", 50, 100),
        ("channel_conversion", "email", None, None),
    ],
)
def test_what_comes_through_a_channel(name, channel, company, of_sales):
    story = through_channels()
    found = tallied(story, name, aspect=channel)
    assert value(story, name, aspect=channel) == company
    assert not found.members
    if of_sales is not None:
        assert of_department(story, name, SALES, aspect=channel) == of_sales


# --- Speed ----------------------------------------------------------------------------------------


def test_velocity_is_what_is_won_for_each_day_that_it_takes():
    story = team()
    story.pursued("04-01", "600.00", "04-21", won=True)
    story.pursued("04-01", "300.00", "04-11", won=True)
    story.pursued("04-01", "999.00", "05-01", won=False)
    # 3 x 2/3 x 450 / (60 days / 3) = 45 a day.
    assert value(story, "sales_velocity") == 45
    assert of_department(story, "sales_velocity", SALES) == 45
    assert of_department(story, "sales_velocity", SERVICE) is None


def test_what_is_open_or_was_never_estimated_has_no_speed():
    story = team()
    story.pursued("06-01", "600.00", None, won=False)
    story.pursued("04-01", None, "04-11", won=True)
    story.pursued("04-01", None, None, won=False)
    assert reasons(story, "sales_velocity", known_at=on("06-30", "09:00")) == {
        4: "not_closed",
        6: "no_amount",
        7: "not_closed",
    }
    # The third went stale on 30 June after 90 days, and counts as lost: worth nothing.
    assert value(story, "sales_velocity", known_at=on("06-30", "23:00")) == 0
    assert value(story, "sales_velocity", known_at=on("06-01") + timedelta(days=1)) is None
