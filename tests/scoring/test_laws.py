"""What holds for every metric, whatever happened: credit is divided, and arrival is no matter."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, HARBOUR, YUNHE

from domain.customers.customer import CustomerMerged, CustomerUnmerged
from domain.reviews.scoring_rules import CreditRule
from domain.sales.order import OrderPaid, OrderVoided
from domain.support.survey import SurveyAnswered
from projections.scoring.catalogue import METRICS
from projections.scoring.metric import Entry, Question
from projections.scoring.scoring import count, gather
from projections.scoring.sources import STAFF
from projections.scoring.tally import Tallies, Tally
from tests.scoring.facts import LATER, SECOND_QUARTER, Story, on, tallied, term_of, terms_of, value
from tests.scoring.logs import Random, logs

NAMES = sorted(METRICS)
ASPECTS = {"aspect_satisfaction": "overall", "complaint_handling_satisfaction": "overall"}
KNOWN = (LATER, on("05-15"))


def aspect_of(name: str) -> str | None:
    return ASPECTS.get(name, "event") if METRICS[name].of_aspect else None


def all_of(story: Story, **more: Any) -> dict[str, Tallies]:
    """Return what every metric comes to."""
    terms = terms_of(*(term_of(name, aspect_of(name)) for name in NAMES))
    found = count(terms, gather(terms, story.facts), more.get("known_at", LATER))
    return {term.metric: tallies for term, tallies in found.items()}


# --- Credit is divided, and never created ---------------------------------------------------------


@settings(deadline=None)
@given(logs, st.sampled_from(KNOWN))
def test_what_members_have_and_what_is_nobodys_make_the_whole(story, known_at):
    for name, found in all_of(story, known_at=known_at).items():
        everybody = [*found.members.values(), found.nobody]
        for part in ("amount", "weight"):
            told = sum((getattr(each, part) for each in everybody), Fraction(0))
            assert told == getattr(found.whole, part), name


@settings(deadline=None)
@given(logs)
def test_what_departments_have_is_what_is_theirs_or_their_members(story):
    for name in NAMES:
        entries, found = list(entries_of(story, name)), tallied(story, name, aspect=aspect_of(name))
        own = sum(
            (
                each.amount if each.department_id else each.amount * sum(s for _, s in each.credit)
                for each in entries
                if each.reason is None
            ),
            Fraction(0),
        )
        assert sum((each.amount for each in found.departments.values()), Fraction(0)) == own, name


def entries_of(story: Story, name: str) -> Iterator[Entry]:
    metric = METRICS[name]
    terms = terms_of(term_of(name, aspect_of(name)))
    material = gather(terms, story.facts)
    assert material[STAFF].by_id
    return metric.compute(material, Question(SECOND_QUARTER, LATER, aspect_of(name)))


@settings(deadline=None)
@given(logs)
def test_shares_are_parts_of_one_and_evidence_is_in_the_log(story):
    for name in NAMES:
        for entry in entries_of(story, name):
            parts = [share for _, share in entry.credit]
            assert all(share > 0 for share in parts), name
            assert sum(parts) <= 1, name
            assert len({member for member, _ in entry.credit}) == len(parts), name
            positions = [entry.position, *entry.also]
            assert all(0 < each <= story.last for each in positions), name
            assert len(set(positions)) == len(positions), name
            exact = (int, Fraction)
            assert isinstance(entry.amount, exact), name
            assert isinstance(entry.weight, exact), name
            if METRICS[name].credit is CreditRule.TEAM:
                assert not entry.credit, name


@settings(deadline=None)
@given(logs)
def test_a_fact_is_credited_once(story):
    # Where one fact may stand behind several entries, each is another customer's or department's.
    several = {"channel_performance", "channel_share"}
    for name in set(NAMES) - several:
        positions = [entry.position for entry in entries_of(story, name) if entry.reason is None]
        assert len(positions) == len(set(positions)), name


# --- When a fact arrives is no matter -------------------------------------------------------------


def rearranged(story: Story, order: list[int]) -> Story:
    """Return the same facts recorded in another order: of each thing its first fact first."""
    begun = set()
    ranks = {}
    for place, fact in enumerate(story.facts):
        first = fact.stream_id not in begun
        begun.add(fact.stream_id)
        told_in_order = fact.kind in {"market", "campaign", "member"}
        ranks[place] = (place if told_in_order or first else order[place % len(order)], place)
    firsts = {}
    for place, fact in enumerate(story.facts):
        firsts.setdefault(fact.stream_id, place)
    places = sorted(
        ranks,
        key=lambda each: max(ranks[each], (firsts[story.facts[each].stream_id], each)),
    )
    facts = [replace(story.facts[old], position=new) for new, old in enumerate(places, start=1)]
    return Story(facts)


def told_of(tally: Tally, name: str, story: Story) -> tuple[Any, ...]:
    """Return what a tally says, by facts and not by where they stand."""
    what = {fact.position: (fact.occurred_at, fact.name) for fact in story.facts}
    return (
        tally.value(METRICS[name].measure),
        tally.n,
        sorted((what[position], share) for position, share in tally.evidence),
        sorted((what[position], reason) for position, reason in tally.excluded),
    )


@settings(deadline=None)
@given(logs, st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_the_order_of_arrival_changes_no_figure(story, order):
    other = rearranged(story, order)
    assert {fact.event for fact in other.facts} == {fact.event for fact in story.facts}
    before, after = all_of(story), all_of(other)
    for name in NAMES:
        was, now = before[name], after[name]
        assert told_of(was.whole, name, story) == told_of(now.whole, name, other), name
        for mine, theirs in ((was.members, now.members), (was.departments, now.departments)):
            assert mine.keys() == theirs.keys(), name
            for whose, tally in mine.items():
                assert told_of(tally, name, story) == told_of(theirs[whose], name, other), name


@settings(deadline=None)
@given(logs, st.integers(0, 100))
def test_parts_of_the_entries_add_up_to_the_whole(story, cut):
    for name in NAMES:
        entries, metric = list(entries_of(story, name)), METRICS[name]
        whole, first, second = Tallies(), Tallies(), Tallies()
        staff = gather(terms_of(term_of(name, aspect_of(name))), story.facts)[STAFF]
        whole.count(metric, entries, staff)
        first.count(metric, entries[:cut], staff)
        second.count(metric, entries[cut:], staff)
        first.join(second)
        assert told_of(first.whole, name, story) == told_of(whole.whole, name, story), name


# --- What is undone leaves no trace ---------------------------------------------------------------


@settings(deadline=None)
@given(logs)
def test_customers_merged_and_parted_again_are_as_before(story):
    before = all_of(story)
    story.tell(CustomerMerged(into_id=HARBOUR), on("05-15"), YUNHE)
    story.tell(CustomerUnmerged(from_id=HARBOUR), on("05-16"), YUNHE)
    after = all_of(story)
    for name in NAMES:
        assert told_of(before[name].whole, name, story) == told_of(after[name].whole, name, story)


@settings(deadline=None)
@given(logs)
def test_without_the_fact_that_voided_it_an_order_counts_again(story):
    order = next((f for f in story.facts if isinstance(f.event, OrderPaid)), None)
    if order is None or any(
        fact.stream_id == order.stream_id and isinstance(fact.event, OrderVoided)
        for fact in story.facts
    ):
        return
    before = all_of(story)
    story.voided(order.stream_id, order.event.customer_id, "05-15")
    terms = terms_of(*(term_of(name, aspect_of(name)) for name in NAMES))
    struck = replace(terms, struck=frozenset({story.last}))
    found = count(struck, gather(struck, story.facts), LATER)
    for term, tallies in found.items():
        was = before[term.metric].whole
        assert told_of(was, term.metric, story) == told_of(tallies.whole, term.metric, story)
    assert tallied(story, "sales_amount").whole.n <= before["sales_amount"].whole.n


# --- A better fact never lowers one's own figure --------------------------------------------------


@pytest.mark.parametrize("name", ["overall_satisfaction", "aspect_satisfaction", "nps", "ces"])
@settings(deadline=None)
@given(story=logs, which=st.integers(0, 50))
def test_a_better_answer_never_lowers_a_figure(name, story, which):
    answers = [n for n, f in enumerate(story.facts) if isinstance(f.event, SurveyAnswered)]
    if not answers:
        return
    place = answers[which % len(answers)]
    before = all_members(story, name)
    fact = story.facts[place]
    story.facts[place] = replace(fact, event=replace(fact.event, score=fact.event.scale.most))
    after = all_members(story, name)
    assert all(after[member] >= was for member, was in before.items())


@settings(deadline=None)
@given(logs, st.integers(0, 50), st.integers(1, 10**6))
def test_who_is_paid_more_has_never_sold_less(story, which, more):
    payments = [n for n, f in enumerate(story.facts) if isinstance(f.event, OrderPaid)]
    if not payments:
        return
    place = payments[which % len(payments)]
    before = all_members(story, "sales_amount")
    fact = story.facts[place]
    amount = replace(fact.event.amount, minor=fact.event.amount.minor + more)
    story.facts[place] = replace(fact, event=replace(fact.event, amount=amount))
    after = all_members(story, "sales_amount")
    assert all(after[member] >= was for member, was in before.items())


def all_members(story: Random, name: str) -> dict[Any, Fraction]:
    found = tallied(story, name, aspect=aspect_of(name))
    values = {each: value(story, name, each, aspect=aspect_of(name)) for each in found.members}
    return {each: told for each, told in values.items() if told is not None}


# --- Zero denominators ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_of_nothing_a_rate_is_none_and_a_sum_zero(name):
    found = tallied(Story(), name, aspect=aspect_of(name)).whole
    assert found.n == 0
    expected = 0 if METRICS[name].measure == "sum" else None
    assert found.value(METRICS[name].measure) == expected
    assert tallied(Story(), name, aspect=aspect_of(name)).members.get(ANA) is None
