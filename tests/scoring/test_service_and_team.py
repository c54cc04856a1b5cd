"""Service and team metrics, computed by hand: how soon, in how many hands, how evenly spread."""

from dataclasses import replace
from datetime import UTC, time, timedelta
from fractions import Fraction

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, SALES, SERVICE, YUNHE, sample_id

from domain.business_hours import Hours, Shift, Week
from domain.customers.interaction import InteractionRetracted
from domain.ids import MemberId
from domain.reviews.card import Status
from domain.reviews.scoring_rules import CreditRule
from domain.support.calendar import CalendarPublished
from domain.support.promise import Promise, Targets
from domain.support.request import (
    CustomerWrote,
    RequestQueued,
    RequestReopened,
    RequestVoided,
)
from domain.support.words import RequestKind, VoidedBecause
from domain.teams.member import MemberLeft
from domain.values import Tier
from projections.scoring.catalogue import METRICS
from tests.scoring.facts import (
    Story,
    evidence,
    of_department,
    on,
    reasons,
    scored,
    tallied,
    team,
    term_of,
    value,
)

DAY = (Shift(time(9), time(12)), Shift(time(13), time(18)))
OFFICE_HOURS = Hours(zone="Asia/Shanghai", week=Week(DAY, DAY, DAY, DAY, DAY))
THIRD = MemberId(sample_id(0x99))


def in_office() -> Story:
    story = team()
    event = CalendarPublished(
        name="Office", version=1, hours=OFFICE_HOURS, effective_from=on("01-01").date()
    )
    story.tell(event, on("01-01").astimezone(UTC))
    return story


def queued(story: Story, request, department, day: str) -> None:
    event = RequestQueued(customer_id=HARBOUR, department_id=department, rule=None)
    story.tell(event, on(day), request)


# --- How soon -------------------------------------------------------------------------------------


def answered_after(*minutes: int) -> Story:
    story = in_office()
    for each in minutes:
        request = story.opened("05-05", "09:00")
        reply = on("05-05", "09:00") + timedelta(minutes=each)
        story.replied(request, BO, f"2025-{reply:%m-%d}", f"{reply:%H:%M}")
    return story


def test_the_middle_one_and_that_of_nine_in_ten():
    story = answered_after(*range(1, 11))
    assert value(story, "response_time", BO) == Fraction(11, 2)
    assert value(story, "response_time_p90", BO) == 9
    assert value(answered_after(*range(1, 12)), "response_time_p90", BO) == 10
    assert value(answered_after(7), "response_time_p90", BO) == 7


def test_only_business_time_counts():
    story = in_office()
    request = story.opened("05-09", "17:30")
    story.replied(request, BO, "05-12", "09:15")
    # Friday 17:30 to Monday 09:15: 30 minutes and 15.
    assert value(story, "response_time", BO) == 45


def test_without_hours_every_minute_counts():
    story = team()
    request = story.opened("05-09", "17:30")
    story.replied(request, BO, "05-10", "17:30")
    assert value(story, "response_time", BO) == 1440


def test_who_answers_first_is_credited_and_what_waits_is_pending():
    story = in_office()
    request = story.opened("05-05", holder=LI_NA)
    story.replied(request, BO, "05-05", "11:00")
    story.replied(request, LI_NA, "05-05", "11:30")
    story.opened("05-06", holder=LI_NA)
    assert evidence(story, "response_time", BO) == [5]
    assert value(story, "response_time", LI_NA) is None
    assert reasons(story, "response_time", LI_NA) == {8: "pending"}


def test_the_time_to_the_resolution_counts_waits_and_not_what_was_resolved():
    story = in_office()
    request = story.opened("05-05", "09:00", holder=BO)
    story.resolved(request, BO, "05-05", "10:00")
    story.tell(RequestReopened(customer_id=HARBOUR), on("05-06", "09:00"), request)
    story.resolved(request, BO, "05-06", "09:30")
    assert value(story, "cycle_time", BO) == 90


def test_each_message_that_waits_is_answered_in_time_or_not():
    story = in_office()
    promise = Promise(sample_id(2), 1, None, 0, Tier.NORMAL, Targets(60, 30, 480))
    request = story.opened("05-05", "09:00", holder=LI_NA, promise=promise)
    for hour, answer in (("10:00", "10:30"), ("11:00", "11:31")):
        wrote = CustomerWrote(customer_id=HARBOUR, text="Well?")
        story.tell(wrote, on("05-05", hour), request)
        story.tell(wrote, on("05-05", f"{hour[:2]}:10"), request)
        story.replied(request, BO, "05-05", answer)
    story.tell(wrote, on("05-05", "15:00"), request)
    # Bo answered the first in time; the second broke when Li Na held it.
    assert value(story, "next_response_met", BO, known_at=on("05-05", "15:30")) == 100
    assert value(story, "next_response_met", LI_NA, known_at=on("05-05", "15:30")) == 0
    assert evidence(story, "next_response_met", known_at=on("05-05", "15:30")) == [6, 9]
    assert reasons(story, "next_response_met", LI_NA, known_at=on("05-05", "15:30")) == {
        12: "pending"
    }
    assert value(story, "next_response_met") == Fraction(100, 3)


# --- At the first contact -------------------------------------------------------------------------


def test_resolved_at_once():
    story = team()
    for _ in range(2):
        request = story.opened("05-05")
        story.assigned(request, BO, "05-05", "10:05")
        story.replied(request, BO, "05-05", "11:00")
        story.resolved(request, BO, "05-05", "11:30")
    assert value(story, "first_contact_resolution", BO) == 100
    story.tell(CustomerWrote(customer_id=HARBOUR, text="Well?"), on("05-05", "11:15"), request)
    assert value(story, "first_contact_resolution", BO) == 50


@pytest.mark.parametrize("spoiled", ["told-twice", "other-member", "other-department", "back"])
def test_a_second_contact_or_hand_is_no_first_contact(spoiled):
    story = team()
    request = story.opened("05-05", holder=BO)
    story.replied(request, BO, "05-05", "11:00")
    match spoiled:
        case "told-twice":
            story.replied(request, BO, "05-05", "11:10")
        case "other-member":
            story.assigned(request, LI_NA, "05-05", "11:10")
        case "other-department":
            queued(story, request, SALES, "05-05")
    story.resolved(request, BO, "05-05", "11:30")
    if spoiled == "back":
        story.tell(RequestReopened(customer_id=HARBOUR), on("05-06"), request)
    assert value(story, "first_contact_resolution", BO) == 0
    assert value(team(), "first_contact_resolution") is None


# --- From hand to hand ----------------------------------------------------------------------------


def test_going_to_other_departments_and_straight_back():
    story = team()
    one, other = story.opened("05-05"), story.opened("05-06")
    for department, day in (
        (SALES, "05-07"),
        (SALES, "05-08"),
        (SERVICE, "05-09"),
        (SALES, "05-10"),
    ):
        queued(story, one, department, day)
    # One: service, sales, service, sales. The other: service.
    assert value(story, "handovers") == Fraction(3, 2)
    assert value(story, "ping_pongs") == 1
    assert of_department(story, "handovers", SERVICE) == Fraction(3, 2)
    assert of_department(story, "handovers", SALES) is None
    voided = RequestVoided(customer_id=HARBOUR, because=VoidedBecause.SPAM, original_id=None)
    story.tell(voided, on("05-20"), other)
    assert value(story, "handovers") == 3
    assert reasons(story, "handovers") == {5: "voided"}


def test_nobody_holds_it_until_somebody_takes_it():
    story = in_office()
    request = story.opened("05-05", "09:00")
    story.assigned(request, BO, "05-05", "09:40")
    held = story.opened("05-05", "09:00", holder=BO)
    story.resolved(request, BO, "05-05", "11:00")
    story.resolved(held, BO, "05-05", "11:00")
    assert value(story, "waiting") == 20
    assert of_department(story, "waiting", SERVICE) == 20
    assert value(team(), "waiting") is None


def test_how_unequally_open_requests_are_spread():
    story = team()
    for holder in (BO, BO, BO, LI_NA):
        story.opened("05-05", holder=holder)
    done = story.opened("05-05", holder=LI_NA)
    story.resolved(done, LI_NA, "05-06")
    # 3 and 1: the mean is 2, the standard deviation 1.
    assert of_department(story, "workload_balance", SERVICE) == 50
    assert of_department(story, "workload_balance", SALES) is None
    story.joined(THIRD, SERVICE, "06-01")
    # 3, 1 and 0: the mean is 4/3, the variance 14/9, so that its root is 93.54 % of the mean.
    found = of_department(story, "workload_balance", SERVICE)
    assert abs(found**2 - Fraction(8750)) < Fraction(1, 10**20)
    story.tell(MemberLeft(department_id=SERVICE), on("06-10"), THIRD)
    assert of_department(story, "workload_balance", SERVICE) == 50


# --- Complaints for each customer -----------------------------------------------------------------


def test_complaints_for_a_hundred_customers_of_the_owners_department():
    story = team()
    for customer, owner in ((HARBOUR, ANA), (YUNHE, ANA)):
        story.owned(customer, owner)
        story.contract(customer, "2025-01-01")
    story.opened("05-05", kind=RequestKind.COMPLAINT)
    story.opened("05-05", kind=RequestKind.SUPPORT)
    story.opened("03-05", kind=RequestKind.COMPLAINT)
    assert value(story, "complaint_rate") == 50
    assert of_department(story, "complaint_rate", SALES) == 50
    assert of_department(story, "complaint_rate", SERVICE) is None
    assert reasons(story, "complaint_rate") == {10: "outside_period"}
    assert value(team(), "complaint_rate") is None


# --- Recorded in time -----------------------------------------------------------------------------


def test_what_is_recorded_within_a_day_of_happening():
    story = team()
    story.spoke(HARBOUR, "05-05")
    story.facts[-1] = late(story, timedelta(hours=24))
    story.spoke(HARBOUR, "05-05")
    story.facts[-1] = late(story, timedelta(hours=24, microseconds=1))
    assert value(story, "crm_usage", ANA) == 50
    assert value(story, "crm_usage", BO) is None
    mistake = story.spoke(HARBOUR, "05-06")
    assert value(story, "crm_usage", ANA) == Fraction(200, 3)
    story.tell(InteractionRetracted(customer_id=HARBOUR), on("05-06"), mistake)
    assert value(story, "crm_usage", ANA) == 50


def late(story: Story, by: timedelta):
    return replace(story.facts[-1], recorded_at=story.facts[-1].occurred_at + by)


# --- Never a person's -----------------------------------------------------------------------------

OF_TEAMS = sorted(name for name, each in METRICS.items() if each.credit is CreditRule.TEAM)


@pytest.mark.parametrize("name", OF_TEAMS)
def test_what_is_a_teams_alone_is_no_data_of_a_member(name):
    story = team()
    story.owned(HARBOUR, ANA)
    story.contract(HARBOUR, "2025-01-01")
    request = story.opened("05-05", kind=RequestKind.COMPLAINT, holder=BO)
    queued(story, request, SALES, "05-06")
    story.sold(HARBOUR, "05-05")
    story.pursued("04-01", "600.00", "04-21", won=True)
    cards = scored(story, term_of(name, "unknown"))
    for member in (ANA, BO, LI_NA):
        (figure,) = cards.member(member).figures
        assert (figure.status, figure.value, figure.n) == (Status.NO_DATA, None, 0)
    assert not tallied(story, name, aspect="unknown").members


def test_sums_of_a_team_are_its_own():
    story = team()
    story.sold(HARBOUR, "05-05")
    cards = scored(story, term_of("channel_performance", "unknown"))
    (figure,) = cards.department(SALES).figures
    assert (figure.status, figure.value) == (Status.MEASURED, "100.00")
