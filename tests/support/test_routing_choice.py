"""Which rule takes a request, and whom it chooses: tables, and what always holds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, BO, FRIDAY, LI_NA, MONDAY, SALES, SERVICE, sample_id

from domain.ids import MemberId
from domain.support.routing_choice import (
    Asked,
    Candidate,
    Choice,
    Opening,
    Rule,
    SkillWanted,
    Staffing,
    Team,
    To,
    When,
    choose,
)
from domain.support.words import RequestKind
from domain.values import ContactChannel, Tier

CALENDAR, UNKNOWN = sample_id(0xCA1), sample_id(0xCA2)
LEAK = Asked(RequestKind.SUPPORT, ContactChannel.PHONE, Tier.KEY, 6)
DESK = To(queue=SALES)
SERVICE_TEAM = Team((SERVICE,))


def there(member: MemberId, load: int = 0, **told: Any) -> Candidate:
    """Somebody in Service, with nothing to do unless said."""
    usual = {"department_id": SERVICE, "skills": {}}
    return Candidate(member_id=member, load=load, **usual | told)


def staff(*candidates: Candidate) -> Staffing:
    """Both departments are open, and so is the calendar."""
    return Staffing(candidates, frozenset({SALES, SERVICE}), {CALENDAR: True})


def chosen(team: Team, *candidates: Candidate) -> MemberId | None:
    """Whom the one rule that there is chooses."""
    found = choose([Rule("Team", When(), To(team=team))], LEAK, staff(*candidates))
    return found and found.member


# --- Which rule -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        (When(), True),
        (When(kinds=(RequestKind.SUPPORT,)), True),
        (When(kinds=(RequestKind.COMPLAINT, RequestKind.SUPPORT)), True),
        (When(kinds=(RequestKind.COMPLAINT,)), False),
        (When(channels=(ContactChannel.PHONE,)), True),
        (When(channels=(ContactChannel.EMAIL,)), False),
        (When(tiers=(Tier.KEY, Tier.STRATEGIC)), True),
        (When(tiers=(Tier.NORMAL,)), False),
        (When(least_priority=6), True),
        (When(least_priority=7), False),
        (When(hours=Opening(CALENDAR, open=True)), True),
        (When(hours=Opening(CALENDAR, open=False)), False),
        (When(hours=Opening(UNKNOWN, open=True)), False),
        (When(hours=Opening(UNKNOWN, open=False)), False),
        (When(kinds=(RequestKind.SUPPORT,), channels=(ContactChannel.EMAIL,)), False),
    ],
)
def test_a_rule_is_for_requests_that_meet_all_it_names(when, fits):
    found = choose([Rule("One", when, DESK)], LEAK, staff())
    assert found == (Choice("One", queue=SALES) if fits else None)


def test_without_a_tier_or_a_priority_a_request_meets_neither():
    unknown = Asked(RequestKind.SUPPORT, ContactChannel.PHONE, None, None)
    for when in (When(tiers=tuple(Tier)), When(least_priority=1)):
        assert choose([Rule("One", when, DESK)], unknown, staff()) is None
    assert choose([Rule("One", When(), DESK)], unknown, staff()) is not None


def test_the_first_rule_that_finds_somebody_counts():
    nobody = Rule("Nobody", When(), To(member=BO))
    ana = Rule("Ana", When(), To(member=ANA))
    desk = Rule("Desk", When(), DESK)
    assert choose([nobody, ana, desk], LEAK, staff(there(ANA))) == Choice("Ana", member=ANA)
    assert choose([desk, ana], LEAK, staff(there(ANA))) == Choice("Desk", queue=SALES)
    assert choose([nobody], LEAK, staff(there(ANA))) is None
    assert choose([], LEAK, staff(there(ANA))) is None


def test_a_closed_department_takes_nothing():
    assert choose([Rule("Desk", When(), DESK)], LEAK, Staffing()) is None


# --- Whom -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "candidates", "member"),
    [
        (SERVICE_TEAM, [], None),
        (SERVICE_TEAM, [there(ANA, 3), there(BO, 2)], BO),
        (SERVICE_TEAM, [there(ANA, 0, away=True), there(BO, 9)], BO),
        (SERVICE_TEAM, [there(ANA, 0, department_id=SALES), there(BO, 9)], BO),
        (Team((SALES, SERVICE)), [there(ANA, 0, department_id=SALES), there(BO, 9)], ANA),
        (Team((SERVICE,), at_most=3), [there(ANA, 3)], None),
        (Team((SERVICE,), at_most=3), [there(ANA, 2)], ANA),
        (Team((SERVICE,), (SkillWanted("x", 3),)), [there(ANA, skills={"x": 2})], None),
        (Team((SERVICE,), (SkillWanted("x", 3),)), [there(ANA, skills={"x": 3})], ANA),
        (
            Team((SERVICE,), (SkillWanted("x"), SkillWanted("y"))),
            [there(ANA, skills={"x": 5}), there(BO, 9, skills={"x": 1, "y": 1})],
            BO,
        ),
        # Among equals: who waited longest, never given anything first, then by id
        (SERVICE_TEAM, [there(ANA, last_at=FRIDAY), there(BO, last_at=MONDAY)], BO),
        (SERVICE_TEAM, [there(ANA, last_at=MONDAY), there(BO)], BO),
        (SERVICE_TEAM, [there(BO), there(ANA), there(LI_NA)], LI_NA),
        (SERVICE_TEAM, [there(ANA, 1), there(BO, 0, last_at=FRIDAY)], BO),
    ],
)
def test_the_least_loaded_who_can_is_chosen(team, candidates, member):
    assert chosen(team, *candidates) == member


def test_somebody_named_takes_it_however_much_they_have_unless_they_are_away():
    rules = [Rule("Ana", When(), To(member=ANA))]
    assert choose(rules, LEAK, staff(there(ANA, 99, department_id=SALES))) == Choice(
        "Ana", member=ANA
    )
    assert choose(rules, LEAK, staff(there(ANA, away=True))) is None


PEOPLE = st.lists(
    st.builds(
        Candidate,
        member_id=st.uuids().map(MemberId),
        department_id=st.sampled_from([SALES, SERVICE]),
        load=st.integers(0, 5),
        skills=st.dictionaries(st.sampled_from("xy"), st.integers(1, 5)),
        away=st.booleans(),
        last_at=st.none() | st.integers(0, 3).map(lambda days: MONDAY + timedelta(days=days)),
    ),
    max_size=6,
    unique_by=lambda each: each.member_id,
)


@given(PEOPLE, st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_people_are_listed(people, dice):
    team = Team((SERVICE,), (SkillWanted("x", 2),), at_most=4)
    other = people[:]
    dice.shuffle(other)
    assert chosen(team, *people) == chosen(team, *other)


@given(PEOPLE)
def test_whoever_is_chosen_can_take_it_and_nobody_who_can_has_less_to_do(people):
    team = Team((SERVICE,), (SkillWanted("x", 2),), at_most=4)
    can = {
        each.member_id: each.load
        for each in people
        if each.department_id == SERVICE
        and not each.away
        and each.load < 4
        and each.skills.get("x", 0) >= 2
    }
    member = chosen(team, *people)
    if member is None:
        assert can == {}
    else:
        assert can[member] == min(can.values())


def test_twelve_for_three_are_four_each():
    load: dict[UUID, int] = dict.fromkeys((ANA, BO, LI_NA), 0)
    for _ in range(12):
        member = chosen(SERVICE_TEAM, *(there(MemberId(id_), n) for id_, n in load.items()))
        assert member is not None
        load[member] += 1
    assert set(load.values()) == {4}
