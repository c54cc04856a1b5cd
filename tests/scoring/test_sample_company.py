"""Every metric over the sample company's log, beside reports that count the same another way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from application.crm import Crm
from application.demo import facts
from application.store.log import Window
from domain.kernel import Recorded
from domain.sales.order import OrderPaid
from domain.support.scale import RECOMMEND
from projections.reports import complaints, satisfaction
from projections.reports.activity import bought
from projections.reports.credit import credit
from projections.reports.period import Period
from projections.reports.retention import report as retention_of
from projections.reports.rounding import percent, places
from projections.reports.sla import sla
from projections.scoring.asked import Terms
from projections.scoring.catalogue import METRICS
from projections.scoring.material import Material
from projections.scoring.relations import CONTRACTS
from projections.scoring.scoring import count, gather, settled
from projections.scoring.sources import ORDERS, OWNERS
from projections.scoring.tally import Tallies
from projections.value.purchases import by_customer
from tests.scoring.counted import term_of, terms_of
from tests.scoring.facts import ZONE

QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1), ZONE)
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 10, 1), ZONE)
ASPECTS = {"aspect_satisfaction": "overall", "complaint_handling_satisfaction": "overall"}


@dataclass
class Company:
    """The sample company's log, and what was recorded in it."""

    crm: Crm
    facts: list[Recorded[Any]]

    def figures(self, *names: str, period: Period = QUARTER, **more: Any) -> dict[str, Tallies]:
        aspects = {
            name: ASPECTS.get(name, "event") if METRICS[name].of_aspect else None for name in names
        }
        terms = terms_of(*(term_of(name, aspects[name]) for name in names), period=period)
        found = count(terms, self.gathered(terms), more.get("known_at", datetime.now(UTC)))
        return {term.metric: tallies for term, tallies in found.items()}

    def gathered(self, terms: Terms) -> Material:
        return gather(terms, self.facts)

    def value(self, name: str, **more: Any) -> str | None:
        found = self.figures(name, **more)[name].whole.value(METRICS[name].measure)
        return None if found is None else places(Fraction(found))

    def without(self, kind: str) -> "Company":
        return Company(self.crm, [fact for fact in self.facts if fact.kind != kind])


@pytest.fixture
def company(crm: Crm) -> Company:
    crm.append(facts())
    return Company(crm, list(_all(crm)))


def _all(crm: Crm) -> Iterator[Recorded[Any]]:
    for page in crm.facts.pages():
        yield from page


def test_money_is_that_of_most_payments_unless_it_is_named(company):
    paid = Counter(
        fact.event.amount.currency for fact in company.facts if isinstance(fact.event, OrderPaid)
    )
    assert len(paid) > 1
    usual = max(paid, key=lambda each: paid[each])
    log = company.crm.facts
    unnamed = replace(terms_of(term_of("sales_amount")), currency=None)
    assert settled(log, unnamed, log.head()).currency == usual
    assert settled(log, replace(unnamed, currency="EUR"), log.head()).currency == "EUR"
    assert settled(log, unnamed, 0).currency is None
    answers = replace(terms_of(term_of("nps")), currency=None)
    assert settled(log, answers, log.head()).currency is None


def test_the_metrics_say_what_the_reports_say(company):
    _sales(company)
    _promises(company)
    _answers(company)
    _complaints(company)
    _customers(company)
    _purchases(company)
    _everybody(company)


def _sales(company: Company) -> None:
    currencies = {
        each["currency"]: each for each in credit(company.crm.facts, QUARTER)["currencies"]
    }
    found = currencies["CNY"]
    assert len(currencies) > 1
    mine = company.figures("sales_amount")["sales_amount"]
    written = {str(member): places(Fraction(each.amount)) for member, each in mine.members.items()}
    assert {member: each for member, each in written.items() if each != "0.00"} == found["members"]
    assert places(Fraction(mine.whole.amount)) == found["total"]
    assert sorted(str(position) for position, _ in mine.whole.evidence) == sorted(found["evidence"])


def _promises(company: Company) -> None:
    found = sla(company.crm.facts, QUARTER)
    known_at = datetime.fromisoformat(found["measured_to"])
    clocks = {each["clock"]: each for each in found["clocks"]}
    for name, clock in (
        ("first_response_met", "first-response"),
        ("next_response_met", "next-response"),
        ("resolution_met", "resolution"),
    ):
        mine = company.figures(name, known_at=known_at)[name].whole
        told = clocks[clock]
        assert mine.n == told["met"] + told["breached"] > 100
        assert company.value(name, known_at=known_at) == told["percent_met"]


def _answers(company: Company) -> None:
    for aspect, name in ((RECOMMEND, "nps"), ("overall", "overall_satisfaction")):
        question = satisfaction.Question(aspect, QUARTER)
        found = satisfaction.satisfaction(company.crm.facts, question)
        mine = company.figures(name)[name].whole
        assert (mine.n, company.value(name)) == (found["n"], found["value"])
        assert sorted(str(position) for position, _ in mine.evidence) == sorted(found["evidence"])


def _complaints(company: Company) -> None:
    found = complaints.complaints(company.crm.facts, complaints.Question(QUARTER), Window())
    mine = company.figures("complaint_rate")["complaint_rate"].whole
    assert mine.amount == found["opened"]["count"] > 10


def _customers(company: Company) -> None:
    material = Material([CONTRACTS, ORDERS, OWNERS])
    for fact in company.facts:
        material.take(fact)
    owners = material[OWNERS]
    by_orders = retention_of(bought(material[ORDERS], timedelta(90)), owners, SEPTEMBER)
    assert by_orders["opening"] > 5
    assert company.without("contract").value("churn_rate", period=SEPTEMBER) == by_orders["churn"]
    by_contract = retention_of(material[CONTRACTS].spans(), owners, SEPTEMBER)
    only = company.without("order")
    assert only.value("churn_rate", period=SEPTEMBER) == by_contract["churn"]
    assert only.value("retention_rate", period=SEPTEMBER) == by_contract["retention"]


def _purchases(company: Company) -> None:
    material = Material([ORDERS])
    for fact in company.facts:
        material.take(fact)
    found = by_customer(material[ORDERS], date(2026, 9, 30), ZONE).values()
    again = sum(len(each.days) > 1 for each in found)
    assert company.value("repeat_purchase_rate") == percent(again, len(found))


def _everybody(company: Company) -> None:
    for name, found in company.figures(*METRICS).items():
        for part in ("amount", "weight"):
            everybody = [*found.members.values(), found.nobody]
            told = sum((getattr(each, part) for each in everybody), Fraction(0))
            assert told == getattr(found.whole, part), name
