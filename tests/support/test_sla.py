"""The clocks of a request: by worked examples, and against counting minute by minute."""

from dataclasses import dataclass, field, replace
from datetime import datetime, time
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, BO

from domain.business_hours import (
    ROUND_THE_CLOCK,
    BusinessTime,
    Hours,
    Shift,
    Week,
    business_time,
    seconds_of,
)
from domain.support.promise import Promise, Targets
from domain.support.request import (
    CustomerWrote,
    RequestAssigned,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetiered,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.request_life import Happening, Life, life
from domain.support.sla import Nobody, Reading, State, held_for, read, readings, risk
from domain.support.words import Clock, WaitingOn
from domain.values import Tier

ZONE = ZoneInfo("Asia/Shanghai")
_DAY = (Shift(time(9), time(12)), Shift(time(13), time(18)))
OFFICE = business_time(
    Hours("Asia/Shanghai", Week(mon=_DAY, tue=_DAY, wed=_DAY, thu=_DAY, fri=_DAY))
)
MINUTE = 60


def promise(minutes: int, tier: Tier = Tier.NORMAL) -> Promise:
    return Promise(UUID(int=1), 1, UUID(int=2), 1, tier, Targets(minutes, minutes, minutes))


def monday(clock: str) -> int:
    return seconds_of(datetime.fromisoformat(f"2025-09-01T{clock}").replace(tzinfo=ZONE))


def tuesday(clock: str) -> int:
    return monday(clock) + 24 * 60 * MINUTE


@dataclass
class Told:
    """A request as it is told: opened by a promise of so many minutes, in Ana's hands."""

    opened: str
    minutes: int
    holder: UUID | None = ANA
    happenings: list[Happening] = field(default_factory=list)

    def __post_init__(self):
        self.add(self.opened, RequestOpened, (promise(self.minutes), self.holder))

    def add(self, at, what, told=None) -> "Told":
        instant = monday(at) if isinstance(at, str) else at
        self.happenings.append(Happening(instant, what, told))
        return self

    def reading(self, until: int, clock: Clock = Clock.RESOLUTION, cycle: int = 1) -> Reading:
        found = read(self.life(until), OFFICE, clock, cycle)
        assert found is not None
        return found

    def life(self, until: int) -> Life:
        found = life(self.happenings, until)
        assert found is not None
        return found


# --- The worked examples of the stories' README, section 7 ----------------------------------------


def test_waits_that_overlap_rest_the_clock_once():
    request = Told("09:00", 240)
    request.add("10:00", WaitingStarted, (WaitingOn.CUSTOMER, True))
    request.add("10:30", WaitingStarted, (WaitingOn.THIRD_PARTY, True))
    request.add("11:00", WaitingEnded, WaitingOn.CUSTOMER)
    request.add("11:30", WaitingEnded, WaitingOn.THIRD_PARTY)
    request.add("14:00", WaitingStarted, (WaitingOn.THIRD_PARTY, False))
    request.add("15:00", WaitingEnded, WaitingOn.THIRD_PARTY)
    request.add("16:00", RequestResolved, ANA)
    reading = request.reading(tuesday("09:00"))
    assert (reading.paused, reading.elapsed, reading.over) == (5400, 16_200, 1800)
    assert reading.due_at == reading.breached_at == monday("15:30")
    assert (reading.state, reading.met, reading.charged_to) == (State.STOPPED, False, ANA)


def test_reaching_is_not_exceeding():
    request = Told("17:00", 60)
    in_time = Told("17:00", 60).add(tuesday("09:00"), RequestReplied, BO)
    late = Told("17:00", 60).add(tuesday("09:01"), RequestReplied, BO)
    for each in (request, in_time, late):
        reading = each.reading(tuesday("12:00"), Clock.FIRST_RESPONSE)
        assert reading.due_at == monday("18:00")
    assert in_time.reading(tuesday("12:00"), Clock.FIRST_RESPONSE).met
    reading = late.reading(tuesday("12:00"), Clock.FIRST_RESPONSE)
    assert (reading.breached_at, reading.over) == (tuesday("09:00"), 60)


@pytest.mark.parametrize(
    ("retiered", "charged", "due"),
    [("15:00", Nobody.UNATTRIBUTED, "14:00"), ("14:00", ANA, "14:00")],
)
def test_another_tier_promises_other_times_since_the_opening(retiered, charged, due):
    request = Told("09:00", 1440).add(retiered, RequestRetiered, promise(240, Tier.STRATEGIC))
    reading = request.reading(monday("17:00"))
    assert reading.breached_at == monday(retiered)
    assert (reading.charged_to, reading.due_at) == (charged, monday(due))
    request.add("17:00", RequestRetiered, promise(1440))
    back = request.reading(tuesday("09:00"))
    assert (back.breached_at, back.charged_to) == (monday(retiered), charged)  # it stays broken
    assert back.target == 1440 * MINUTE


def test_reopened_it_goes_on_without_the_time_it_was_resolved():
    request = Told("09:00", 480)
    request.add("11:00", RequestResolved, ANA)
    request.add(tuesday("09:00"), RequestReopened)
    request.add(tuesday("10:00"), RequestResolved, BO)
    reading = request.reading(tuesday("18:00"))
    assert (reading.elapsed, reading.paused, reading.met) == (10_800, 0, True)
    assert reading.stopped == (tuesday("10:00"), BO)


# --- What is easily got wrong ---------------------------------------------------------------------


def test_the_second_after_the_target_breaks_it():
    request = Told("09:00", 60)
    assert request.reading(monday("10:00")).met is None
    broken = request.reading(monday("10:00") + 1)
    assert (broken.breached_at, broken.over) == (monday("10:00"), 1)


def test_a_clock_that_reached_its_target_while_it_rested_breaks_when_it_goes_on():
    request = Told("09:00", 60)
    request.add("10:00", WaitingStarted, (WaitingOn.CUSTOMER, True))
    assert request.reading(monday("11:00")).due_at == monday("10:00")
    request.add("11:00", WaitingEnded, WaitingOn.CUSTOMER)
    assert request.reading(monday("11:30")).breached_at == monday("11:00")


def test_while_it_rests_nothing_is_due():
    request = Told("09:00", 60).add("09:30", WaitingStarted, (WaitingOn.CUSTOMER, True))
    reading = request.reading(monday("11:00"))
    assert (reading.state, reading.due_at, reading.met) == (State.PAUSED, None, None)
    assert (reading.elapsed, reading.paused) == (30 * MINUTE, 90 * MINUTE)


def test_in_a_queue_it_is_the_team_that_broke_it():
    request = Told("09:00", 60, holder=None).add("10:01", RequestAssigned, BO)
    assert request.reading(monday("12:00")).charged_to is Nobody.TEAM
    request = Told("09:00", 60).add("10:00", RequestAssigned, BO)
    assert request.reading(monday("12:00")).charged_to == BO  # at that very instant
    request.add("09:30", RequestQueued)
    assert request.reading(monday("12:00")).charged_to == BO


def test_escalations_are_the_earliest_instants_and_stay():
    request = Told("09:00", 120).add("10:31", RequestRetiered, promise(1440))
    assert request.reading(monday("12:00")).reached == (monday("10:00"), monday("10:30"), None)
    request.add("11:00", RequestRetiered, promise(60))
    assert request.reading(monday("12:00")).reached[2] == monday("11:00")


def test_at_the_very_instant_of_another_tier_it_is_that_tier_that_counts():
    """Stories, 3: the target in force at an instant belongs to the tier at that instant."""
    request = Told("09:00", 120).add("10:30", RequestRetiered, promise(1440))
    assert request.reading(monday("12:00")).reached == (monday("10:00"), None, None)
    request.add("11:00", RequestRetiered, promise(160))
    assert request.reading(monday("12:00")).reached[1] == monday("11:00")


def test_of_two_tiers_at_one_instant_the_first_was_never_in_force():
    request = Told("09:00", 120).add("10:00", RequestRetiered, promise(30))
    request.add("10:00", RequestRetiered, promise(480))
    reading = request.reading(monday("10:30"))
    assert (reading.breached_at, reading.over, reading.met) == (None, 0, None)
    assert reading.reached == (None, None, None)


def test_each_message_after_an_answer_begins_a_cycle():
    request = Told("09:00", 60)
    request.add("09:10", CustomerWrote).add("09:20", CustomerWrote)
    request.add("09:40", RequestReplied, ANA).add("10:00", CustomerWrote)
    request.add("10:10", RequestResolved, BO)
    until = monday("12:00")
    first, second = (request.reading(until, Clock.NEXT_RESPONSE, cycle) for cycle in (1, 2))
    assert (first.elapsed, first.stopped) == (30 * MINUTE, (monday("09:40"), ANA))
    assert (second.elapsed, second.stopped) == (10 * MINUTE, (monday("10:10"), BO))
    assert read(request.life(until), OFFICE, Clock.NEXT_RESPONSE, 3) is None
    assert len(list(readings(request.life(until), OFFICE))) == 4


def test_what_was_promised_later_holds_since_the_opening():
    request = Told("09:00", 60)
    request.happenings[0] = Happening(monday("09:00"), RequestOpened, (None, ANA))
    assert read(request.life(monday("12:00")), OFFICE, Clock.RESOLUTION) is None
    request.add("11:00", RequestRetiered, promise(60))
    reading = request.reading(monday("12:00"))
    assert (reading.breached_at, reading.charged_to) == (monday("11:00"), Nobody.UNATTRIBUTED)


def test_holders_have_the_time_it_was_theirs_and_not_resolved():
    request = Told("09:00", 60, holder=None)
    request.add("10:00", RequestAssigned, ANA).add("10:30", RequestAssigned, BO)
    request.add("11:00", RequestResolved, BO).add("11:15", RequestAssigned, ANA)
    request.add("11:30", RequestReopened)
    held = held_for(request.life(monday("12:00")), OFFICE)
    assert held == {None: 60 * MINUTE, ANA: 60 * MINUTE, BO: 30 * MINUTE}


def test_before_it_was_opened_there_is_nothing_to_read():
    assert life(Told("09:00", 60).happenings, monday("08:59")) is None


def test_the_risk_is_what_became_of_those_that_took_as_long():
    reading = Told("09:00", 60).reading(monday("09:30"))
    judged = risk(reading, [10 * MINUTE, 30 * MINUTE, 40 * MINUTE, 61 * MINUTE, 90 * MINUTE])
    assert (judged.comparable, judged.longer_than_elapsed, judged.longer_than_target) == (5, 3, 2)
    assert judged.probability == Fraction(2, 3)
    assert risk(reading, [10 * MINUTE]).probability is None
    past = Told("09:00", 60).reading(monday("12:00"))
    assert risk(past, [61 * MINUTE, 240 * MINUTE]).probability == 1


# --- Any life, counted minute by minute -----------------------------------------------------------

BEGIN = monday("08:00")
SPAN = 30 * 60
_THIRD_PARTY = [(WaitingOn.THIRD_PARTY, agreed) for agreed in (True, False)]
KINDS = (
    (RequestReplied, st.sampled_from([ANA, BO])),
    (CustomerWrote, st.none()),
    (RequestAssigned, st.sampled_from([ANA, BO])),
    (RequestQueued, st.none()),
    (WaitingStarted, st.sampled_from([(WaitingOn.CUSTOMER, True), *_THIRD_PARTY])),
    (WaitingEnded, st.sampled_from(WaitingOn)),
    (RequestResolved, st.sampled_from([ANA, BO])),
    (RequestReopened, st.none()),
    (RequestRetiered, st.integers(0, 600).map(promise)),
)


def happened(minute: int) -> st.SearchStrategy[Happening]:
    at = BEGIN + minute * MINUTE
    return st.one_of(
        *(st.builds(Happening, st.just(at), st.just(what), told) for what, told in KINDS)
    )


@st.composite
def lives(draw):
    minutes = draw(st.lists(st.integers(1, SPAN), unique=True, max_size=12))
    opened = Happening(BEGIN, RequestOpened, (promise(draw(st.integers(0, 600))), ANA))
    return [opened, *(draw(happened(minute)) for minute in minutes)]


@dataclass
class Counted:
    """What counting every minute gives for the time to resolution."""

    worked: int = 0
    rested: int = 0
    while_resolved: int = 0
    closed: int = 0
    breached_at: int | None = None
    charged_to: object = None
    broken: int = 0


def count(told: list[Happening], until: int, hours: BusinessTime) -> Counted:
    """Count the minutes of a request one by one, up to the resolution that stopped it or now."""
    by_minute = {each.at: each for each in told}
    found, stopped = Counted(), None
    target, holder, waits = 0, None, {}
    for minute in range(BEGIN, until + 1, MINUTE):
        what, value = by_minute.get(minute, (minute, None, None))[1:]
        if what is RequestOpened:
            target, holder = value[0].targets.resolution, value[1]
        elif what is RequestRetiered:
            target = value.targets.resolution
            if found.breached_at is None and found.worked > target:
                found.breached_at, found.charged_to = minute, Nobody.UNATTRIBUTED
                found.broken = target
        elif what in (RequestAssigned, RequestQueued):
            holder = value
        elif what is WaitingStarted:
            waits.setdefault(*value)
        elif what is WaitingEnded:
            waits.pop(value, None)
        elif what is RequestResolved:
            waits, stopped = {}, stopped or replace(found)
        elif what is RequestReopened:
            stopped = None
        if minute == until:
            break
        if not hours.is_open(minute):
            found.closed += 1
        elif stopped:
            found.while_resolved += 1
        elif any(waits.values()):
            found.rested += 1
        else:
            if found.breached_at is None and found.worked >= target:
                found.breached_at, found.charged_to = minute, holder or Nobody.TEAM
                found.broken = target
            found.worked += 1
    return stopped or found


@settings(max_examples=150, deadline=None)  # it counts every minute
@given(lives(), st.integers(0, SPAN))
def test_the_time_to_resolution_is_what_counting_every_minute_gives(told, minute):
    until = BEGIN + minute * MINUTE
    counted = count(told, until, OFFICE)
    request = life(told, until)
    assert request is not None
    reading = read(request, OFFICE, Clock.RESOLUTION)
    assert reading is not None
    assert reading.elapsed == counted.worked * MINUTE
    assert reading.paused == counted.rested * MINUTE
    assert (reading.breached_at, reading.charged_to) == (counted.breached_at, counted.charged_to)
    if counted.breached_at is not None:
        assert reading.over == (counted.worked - counted.broken) * MINUTE
    # All of the time is accounted for: used, rested, resolved, or outside of business hours.
    end = until if reading.stopped is None else reading.stopped.at
    accounted = counted.worked + counted.rested + counted.while_resolved + counted.closed
    assert end - BEGIN == accounted * MINUTE


@settings(deadline=None)
@given(lives(), st.integers(0, SPAN))
def test_a_response_clock_is_the_business_time_between_question_and_answer(told, minute):
    until = BEGIN + minute * MINUTE
    request = life(told, until)
    assert request is not None
    for reading in readings(request, OFFICE):
        if reading.clock is not Clock.RESOLUTION:
            end = until if reading.stopped is None else reading.stopped.at
            minutes = range(reading.started_at, end, MINUTE)
            assert reading.elapsed == MINUTE * sum(map(OFFICE.is_open, minutes))
            assert reading.paused == 0


@given(lives(), st.integers(0, SPAN), st.randoms())
def test_in_which_order_facts_arrive_does_not_matter(told, minute, random):
    shuffled = list(told)
    random.shuffle(shuffled)
    until = BEGIN + minute * MINUTE
    one, other = (life(each, until) for each in (told, shuffled))
    assert one is not None
    assert other is not None
    assert list(readings(one, OFFICE)) == list(readings(other, OFFICE))
    assert held_for(one, OFFICE) == held_for(other, OFFICE)


@given(lives(), st.tuples(st.integers(0, SPAN), st.integers(0, SPAN)))
def test_a_broken_promise_stays_broken_and_escalations_stay(told, minutes):
    earlier, later = (BEGIN + minute * MINUTE for minute in sorted(minutes))
    for clock in (Clock.FIRST_RESPONSE, Clock.RESOLUTION):
        before, after = (
            read(life(told, until), ROUND_THE_CLOCK, clock) for until in (earlier, later)
        )
        if before.state is not State.STOPPED:
            assert before.breached_at in (None, after.breached_at)
            for one, other in zip(before.reached, after.reached, strict=True):
                assert one in (None, other)


@settings(deadline=None)
@given(lives(), st.integers(0, SPAN))
def test_the_time_of_all_holders_is_the_whole_time(told, minute):
    request = life(told, BEGIN + minute * MINUTE)
    assert request is not None
    reading = read(request, OFFICE, Clock.RESOLUTION)
    assert reading is not None
    assert sum(held_for(request, OFFICE).values()) == reading.elapsed + reading.paused
