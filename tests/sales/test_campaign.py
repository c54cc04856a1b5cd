"""Campaigns, markets and competitors: the rules, what they show, and what comes over HTTP."""

from datetime import date
from uuid import UUID

import pytest
from spec import BO, FRIDAY, HARBOUR, MONDAY, SALES, at, sample_id, spec

from domain.ids import CampaignId, LeadId, MemberId
from domain.money import Money
from domain.sales.campaign import (
    CAMPAIGN,
    Answer,
    BookCost,
    CampaignAnswered,
    CampaignChanged,
    CampaignChannel,
    CampaignCostBooked,
    CampaignEnded,
    CampaignPlan,
    CampaignPlanned,
    CampaignRetracted,
    ChangeCampaign,
    EndCampaign,
    LogAnswer,
    PlanCampaign,
    RetractCampaign,
)
from domain.sales.competitor import COMPETITOR, EnterCompetitor, Sight, competitor_id
from domain.sales.market import (
    MARKET,
    DescribeMarket,
    MarketDescribed,
    MarketSizePublished,
    MarketSizeWithdrawn,
    PublishMarketSize,
    WithdrawMarketSize,
    market_id,
)
from tests.web.stories_campaigns import COST, PLAN, SIZE, YEAR, competitor, market, planned
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

FAIR = CampaignId(sample_id(0xFA))
LEAD = LeadId(sample_id(0x1E))
DAYS = CampaignPlan(name="Spring fair", channel=CampaignChannel.EVENT, starts_on=date(2025, 3, 1))
BUDGET = Money(645150, "CNY")
PLANNED = CampaignPlanned(department_id=SALES, plan=DAYS, budget=BUDGET)
STAND = CampaignCostBooked(amount=Money(120000, "CNY"), what="The stand")
ANSWERED = CampaignAnswered(answer=Answer.ATTENDED, customer_id=HARBOUR, lead_id=None)


@pytest.fixture
def campaign():
    return spec(CAMPAIGN)


def test_a_campaign_is_planned_once(campaign):
    plan = PlanCampaign(id=FAIR, department_id=SALES, plan=DAYS, budget=BUDGET)
    campaign.when(plan).then(PLANNED)
    campaign.given(PLANNED).when(plan).then_rejected("campaign.exists")


def test_it_ends_no_day_before_it_starts(campaign):
    over = CampaignPlan(
        name="x", channel=CampaignChannel.EVENT, starts_on=DAYS.starts_on, ends_on=date(2025, 2, 28)
    )
    plan = PlanCampaign(id=FAIR, department_id=SALES, plan=over)
    campaign.when(plan).then_rejected("campaign.ends-before-start", field="plan")
    change = ChangeCampaign(id=FAIR, plan=over)
    campaign.given(PLANNED).when(change).then_rejected("campaign.ends-before-start", field="plan")


def test_its_plan_changes_until_it_ends(campaign):
    change = ChangeCampaign(id=FAIR, plan=DAYS, budget=None)
    campaign.given(PLANNED).when(change).then(CampaignChanged(plan=DAYS, budget=None))
    same = ChangeCampaign(id=FAIR, plan=DAYS, budget=BUDGET)
    campaign.given(PLANNED).when(same).then()
    campaign.given(PLANNED, CampaignEnded()).when(change).then_rejected("campaign.ended")


def test_costs_add_up_in_one_currency_also_after_its_end(campaign):
    book = BookCost(id=FAIR, amount=STAND.amount, what="The stand")
    campaign.given(PLANNED, CampaignEnded()).when(book).then(STAND)
    euros = BookCost(id=FAIR, amount=Money(1, "EUR"), what="x")
    campaign.given(PLANNED, STAND).when(euros).then_rejected(
        "campaign.other-currency", field="amount"
    )


def test_somebody_answers(campaign):
    lead = LogAnswer(id=FAIR, answer=Answer.CLICKED, lead_id=LEAD)
    told = CampaignAnswered(answer=Answer.CLICKED, customer_id=None, lead_id=LEAD)
    campaign.given(PLANNED).when(lead).then(told)
    nobody = LogAnswer(id=FAIR, answer=Answer.CLICKED)
    campaign.given(PLANNED).when(nobody).then_rejected(
        "campaign.nobody-answered", field="customer_id"
    )


def test_only_what_came_to_nothing_is_taken_back(campaign):
    back = RetractCampaign(id=FAIR)
    campaign.given(PLANNED).when(back).then(CampaignRetracted())
    campaign.given(PLANNED, STAND).when(back).then_rejected("campaign.has-results")
    campaign.given(PLANNED, ANSWERED).when(back).then_rejected("campaign.has-results")


def test_it_ends_once(campaign):
    campaign.given(PLANNED).when(EndCampaign(id=FAIR)).then(CampaignEnded())
    campaign.given(PLANNED, CampaignEnded()).when(EndCampaign(id=FAIR)).then()
    campaign.when(EndCampaign(id=FAIR)).then_rejected("campaign.unknown")


def test_a_figure_of_a_market_has_a_period_and_a_source():
    maps = market_id("Sea maps")
    assert maps == market_id(" sea MAPS ")
    told = MarketDescribed(name="Sea maps", department_id=SALES, scope=None)
    describe = DescribeMarket(id=maps, name="Sea maps", department_id=SALES)
    spec(MARKET).when(describe).then(told)
    spec(MARKET).given(told).when(describe).then_rejected("market.exists", field="name")
    year = {"starts_on": date(2025, 1, 1), "ends_on": date(2025, 12, 31)}
    figure = {"size": Money(10**11, "CNY"), "source": "Harbour bureau"}
    publish = PublishMarketSize(id=maps, **year, **figure)
    published = MarketSizePublished(**year, **figure)
    spec(MARKET).given(told).when(publish).then(published)
    spec(MARKET).given(told, published).when(publish).then()
    backwards = PublishMarketSize(
        id=maps, starts_on=year["ends_on"], ends_on=year["starts_on"], **figure
    )
    spec(MARKET).given(told).when(backwards).then_rejected(
        "market.ends-before-start", field="ends_on"
    )
    withdraw = WithdrawMarketSize(id=maps, **year)
    spec(MARKET).given(told).when(withdraw, reason="x").then_rejected("market.no-such-figure")
    spec(MARKET).given(told, published).when(withdraw).then_rejected(
        "market.reason-missing", field="reason"
    )
    gone = MarketSizeWithdrawn(**year)
    spec(MARKET).given(told, published).when(withdraw, reason="Counted twice").then(gone)
    spec(MARKET).given(told, published, gone).when(publish).then(published)


def test_a_competitor_is_entered_once_whatever_the_case():
    enter = EnterCompetitor(id=competitor_id("Rival"), name="Rival", department_id=SALES)
    (entered,) = spec(COMPETITOR).when(enter, at=MONDAY, by=BO).events
    assert competitor_id("RIVAL ") == enter.id
    spec(COMPETITOR).given(at(FRIDAY, entered)).when(enter).then_rejected(
        "competitor.exists", field="name"
    )


# --- Over HTTP ------------------------------------------------------------------------------------


def test_a_campaign_shows_what_it_cost_and_who_answered(company):
    made = planned(company)
    path = f"/campaigns/{made.id}"
    customer = company.customer().id
    done = company.do(f"{path}/cost", COST, seen=1)
    flyers = {"amount": {"amount": "99.50", "currency": "CNY"}, "what": "Flyers"}
    done = company.do(f"{path}/cost", flyers, seen=done)
    for answer in ("attended", "attended", "enquired"):
        told = {"answer": answer, "customer_id": customer}
        done = company.do(f"{path}/answer", told, seen=done)
    shown = company.api.get(path, after=done).went_well().json
    assert shown["cost"] == {"amount": "1299.50", "currency": "CNY"}
    counted = {"attended": 2, "enquired": 1, "opened": 0, "clicked": 0, "declined": 0}
    assert shown["answers"] == counted
    assert shown["name"] == PLAN["name"]
    timeline = company.api.get(f"/customers/{customer}/timeline", after=done).went_well().json
    answers = [fact for fact in timeline["items"] if fact["name"] == "campaign.answered"]
    assert len(answers) == 3
    first = company.api.get(path, at_version=2).went_well().json
    assert first["cost"] == COST["amount"]


def test_money_is_not_shown_to_who_may_not_see_it(company, running):
    made = planned(company)
    shown = company.api.get(f"/campaigns/{made.id}", after=made).went_well().json
    assert shown["budget"] == PLAN["budget"]
    assert "masked" not in shown
    who = MemberId(UUID(company.member().id))
    grant(running.crm, enrolled(running.crm, who), "marketing")
    marketing = running.api.acting_as(create_key(running.crm, "test", who).text)
    masked = marketing.get(f"/campaigns/{made.id}").went_well().json
    assert (masked["budget"], masked["masked"]) == (None, ["money"])
    (fact,) = marketing.get(f"/campaigns/{made.id}/history").went_well().json["items"]
    assert (fact["data"]["budget"], fact["masked"]) == (None, ["budget"])


@pytest.mark.parametrize(
    ("amount", "currency", "wrong"),
    [
        ("12.345", "CNY", "amount/amount"),
        ("1.5", "JPY", "amount/amount"),
        ("0", "CNY", "amount/amount"),
        ("-1", "CNY", "amount/amount"),
        ("1e3", "CNY", "amount/amount"),
        ("1000000000000001", "CNY", "amount/amount"),
        ("1", "XXX", "amount/currency"),
        ("1", "cny", "amount/currency"),
        ("１２", "CNY", "amount/amount"),
    ],
)
def test_money_is_written_as_its_currency_has_it(amount, currency, wrong, company):
    path = f"/campaigns/{planned(company).id}/cost"
    told = {"amount": {"amount": amount, "currency": currency}, "what": "x"}
    company.api.post(path, told, seen=1).refused(422, "fields.invalid", f"/{wrong}")


def test_a_market_keeps_the_figures_in_force(company):
    made = market(company)
    path = f"/markets/{made.id}"
    done = company.do(f"{path}/size", SIZE, seen=1)
    other = SIZE | {"size": {"amount": "5", "currency": "CNY"}}
    done = company.do(f"{path}/size", other, seen=done)
    (size,) = company.api.get(path, after=done).went_well().json["sizes"]
    assert size == other | {"size": {"amount": "5.00", "currency": "CNY"}}
    done = company.do(f"{path}/withdraw-size", YEAR | {"reason": "Wrong bureau"}, seen=done)
    assert company.api.get(path, after=done).json["sizes"] == []


def test_a_competitor_shows_what_was_seen_lately(company):
    made = competitor(company)
    path = f"/competitors/{made.id}"
    seen = company.do(f"{path}/observe", {"sight": Sight.PRICE, "note": "A tenth less"}, seen=1)
    later = {"sight": "product", "note": "A new map"}
    seen = company.do(f"{path}/observe", later, seen=seen)
    shown = company.api.get(path, after=seen).went_well().json
    assert [each["note"] for each in shown["observations"]] == ["A new map", "A tenth less"]
    assert (shown["sights"]["price"], shown["sights"]["won"]) == (1, 0)
