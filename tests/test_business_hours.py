"""Business hours: what counts between two instants, whatever the zone, the week and the day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.business_hours import (
    ROUND_THE_CLOCK,
    Hours,
    Shift,
    SpecialDay,
    Week,
    WeekFrom,
    business_time,
    flaws,
    instant_of,
    seconds_of,
)

HOUR = 3600


def shift(text: str) -> Shift:
    opens, closes = text.split("-")
    return Shift(time.fromisoformat(opens), time.fromisoformat(closes))


def office(*shifts: str) -> Week:
    day = tuple(shift(each) for each in shifts)
    return Week(mon=day, tue=day, wed=day, thu=day, fri=day)


OFFICE = office("09:00-12:00", "13:00-18:00")
NATIONAL_DAY = tuple(date(2025, 10, day) for day in range(1, 9))
IN_EXCHANGE = tuple(SpecialDay(day, OFFICE.mon) for day in (date(2025, 9, 28), date(2025, 10, 11)))
SHANGHAI = Hours("Asia/Shanghai", OFFICE, closed=NATIONAL_DAY, working=IN_EXCHANGE)


def at(hours: Hours, text: str) -> int:
    return seconds_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(hours.zone)))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-09-01T09:00", "2025-09-01T18:00", 8),  # lunch is no work
        ("2025-09-01T08:00", "2025-09-01T08:59", 0),
        ("2025-09-01T12:15", "2025-09-01T12:45", 0),
        ("2025-09-05T17:00", "2025-09-08T10:00", 2),  # over a weekend
        ("2025-09-28T00:00", "2025-09-29T00:00", 8),  # a Sunday worked in exchange
        ("2025-09-30T17:00", "2025-10-09T10:00", 2),  # over the holidays
        ("2025-10-11T09:00", "2025-10-11T12:00", 3),  # a Saturday worked in exchange
        ("2025-12-31T17:00", "2026-01-01T10:00", 2),  # over the end of the year
        ("2025-09-01T18:00", "2025-09-01T09:00", 0),  # backwards
    ],
)
def test_what_counts_in_shanghai(start, end, hours):
    counted = business_time(SHANGHAI)
    assert counted.elapsed(at(SHANGHAI, start), at(SHANGHAI, end)) == hours * HOUR


def test_what_counts_in_two_years_and_two_days():
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366 + 365)]
    weekdays = sum(day.weekday() < 5 for day in days) - 6 + 2  # holidays, and days in exchange
    start, end = at(SHANGHAI, "2023-12-29T17:00"), at(SHANGHAI, "2026-01-01T10:00")
    assert business_time(SHANGHAI).elapsed(start, end) == (1 + 8 * weekdays + 1) * HOUR


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-30", 5), ("2025-10-26", 7), ("2025-06-01", 6)]
)
def test_a_night_on_which_the_clocks_change_is_as_long_as_it_is(day, hours):
    night = (shift("00:00-06:00"),)
    nightly = Hours("Europe/Berlin", Week(sun=night))
    start = at(nightly, f"{day}T00:00")
    assert business_time(nightly).elapsed(start, start + 12 * HOUR) == hours * HOUR


def test_an_hour_that_the_clocks_skip_is_not_worked():
    skipped = Hours("Europe/Berlin", Week(sun=(shift("02:00-03:00"),)))
    start = at(skipped, "2025-03-30T00:00")
    assert business_time(skipped).elapsed(start, start + 24 * HOUR) == 0


def test_a_shift_may_last_until_midnight():
    late = Hours("Asia/Shanghai", Week(mon=(shift("22:00-00:00"),), tue=(shift("00:00-02:00"),)))
    counted = business_time(late)
    monday = at(late, "2025-09-01T00:00")
    assert counted.elapsed(monday, monday + 48 * HOUR) == 4 * HOUR
    assert counted.reach(monday, 3 * HOUR) == at(late, "2025-09-02T01:00")


def test_a_changed_week_takes_the_place_of_the_former_as_a_whole():
    hours = Hours(
        "Asia/Shanghai",
        OFFICE,
        changes=(
            WeekFrom(date(2025, 9, 3), Week(wed=(shift("10:00-11:00"),))),
            WeekFrom(date(2025, 9, 8), OFFICE),
        ),
    )
    counted = business_time(hours)
    days = [date(2025, 9, 1) + timedelta(days=n) for n in range(8)]
    assert [counted.is_business_day(day) for day in days] == [
        True, True, True, False, False, False, False, True,
    ]  # fmt: skip
    week = at(hours, "2025-09-01T00:00")
    assert counted.elapsed(week, week + 8 * 24 * HOUR) == (8 + 8 + 1 + 8) * HOUR


def test_reaching_is_the_earliest_instant_and_going_on_the_next_that_counts():
    counted = business_time(SHANGHAI)
    opened = at(SHANGHAI, "2025-09-01T17:00")
    assert counted.reach(opened, HOUR) == at(SHANGHAI, "2025-09-01T18:00")
    assert counted.resume(at(SHANGHAI, "2025-09-01T18:00")) == at(SHANGHAI, "2025-09-02T09:00")
    assert counted.reach(opened, 0) == opened
    assert counted.is_open(opened)
    assert not counted.is_open(at(SHANGHAI, "2025-09-01T18:00"))


def test_where_nobody_works_any_more_nothing_is_reached():
    once = Hours("Asia/Shanghai", Week(), working=(SpecialDay(date(2025, 9, 1), OFFICE.mon),))
    counted = business_time(once)
    start = at(once, "2025-09-01T00:00")
    assert counted.reach(start, 8 * HOUR) == at(once, "2025-09-01T18:00")
    assert counted.reach(start, 8 * HOUR + 1) is None
    assert counted.resume(at(once, "2025-09-01T18:00")) is None


def test_at_the_end_of_time_nothing_is_reached_and_no_more_than_a_hundred_years_count():
    end = seconds_of(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    counted, start = business_time(SHANGHAI), at(SHANGHAI, "2025-09-01T09:00")
    assert counted.elapsed(start, end) == counted.elapsed(start, at(SHANGHAI, "2126-01-01T00:00"))
    assert counted.reach(end, 1) is None
    assert ROUND_THE_CLOCK.reach(end, 1) is None
    assert counted.elapsed(seconds_of(datetime(1900, 1, 1, tzinfo=UTC)), start) > 0


def test_without_hours_every_second_counts():
    assert business_time(None) is ROUND_THE_CLOCK
    assert ROUND_THE_CLOCK.elapsed(10, 25) == 15
    assert ROUND_THE_CLOCK.elapsed(25, 10) == 0
    assert ROUND_THE_CLOCK.reach(10, 15) == 25
    assert ROUND_THE_CLOCK.resume(10) == 10
    assert ROUND_THE_CLOCK.is_open(10)
    assert ROUND_THE_CLOCK.is_business_day(date(2025, 9, 7))


def test_what_is_left_of_a_second_does_not_count():
    instant = datetime(2025, 9, 1, 9, 0, 0, 999_999, tzinfo=UTC)
    assert instant_of(seconds_of(instant)) == instant.replace(microsecond=0)
    assert seconds_of(datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)) == -1


# --- Any hours, counted minute by minute ----------------------------------------------------------

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC")
AWAY_FROM_CHANGES = [time(hour, minute) for hour in (0, 5, 9, 12, 17, 22) for minute in (0, 30)]
"""No clock changes at these times: minute by minute and end by end, a shift is the same."""


@st.composite
def shifts(draw):
    ends = sorted(draw(st.sets(st.sampled_from(AWAY_FROM_CHANGES), max_size=6)))
    pairs = [Shift(*pair) for pair in zip(ends[::2], ends[1::2], strict=False)]
    if len(ends) % 2:
        pairs.append(Shift(ends[-1], time()))
    return tuple(pairs)


weeks = st.builds(Week, *(shifts() for _ in range(7)))
DAYS = [date(2025, 3, 25) + timedelta(days=n) for n in range(14)]
some_hours = st.builds(
    Hours,
    zone=st.sampled_from(ZONES),
    week=weeks,
    changes=st.lists(st.sampled_from(DAYS), max_size=2, unique=True)
    .map(sorted)
    .flatmap(lambda days: st.tuples(*(st.builds(WeekFrom, st.just(day), weeks) for day in days))),
    closed=st.lists(st.sampled_from(DAYS), max_size=3).map(tuple),
    working=st.lists(st.sampled_from(DAYS), max_size=2, unique=True).flatmap(
        lambda days: st.tuples(*(st.builds(SpecialDay, st.just(day), shifts()) for day in days))
    ),
)
BEGIN = seconds_of(datetime(2025, 3, 27, tzinfo=UTC))
minutes = st.integers(0, 7 * 24 * 60)


def counts(hours: Hours, instant: int) -> bool:
    """Tell by the clock on the wall whether a minute is worked."""
    local = datetime.fromtimestamp(instant, ZoneInfo(hours.zone))
    day, clock = local.date(), local.time()
    special = {each.day: each.shifts for each in hours.working}
    if day in special:
        worked = special[day]
    elif day in hours.closed:
        worked = ()
    else:
        week = hours.week
        for change in hours.changes:
            if change.begins <= day:
                week = change.week
        worked = week.days[day.weekday()]
    return any(
        each.opens <= clock and (clock < each.closes or each.closes == time()) for each in worked
    )


@settings(deadline=None)  # a year of hours is made when it is first asked for
@given(some_hours, minutes, minutes)
def test_what_counts_is_what_the_clock_on_the_wall_says(hours, one, other):
    start, end = (BEGIN + 60 * minute for minute in sorted((one, other)))
    counted = sum(counts(hours, instant) for instant in range(start, end, 60))
    assert business_time(hours).elapsed(start, end) == 60 * counted


@settings(deadline=None)  # a year of hours is made when it is first asked for
@given(some_hours, st.tuples(minutes, minutes, minutes))
def test_splitting_a_time_never_changes_the_sum(hours, points):
    first, middle, last = (BEGIN + 60 * minute for minute in sorted(points))
    counted = business_time(hours)
    split = counted.elapsed(first, middle) + counted.elapsed(middle, last)
    assert counted.elapsed(first, last) == split


@settings(deadline=None)  # a year of hours is made when it is first asked for
@given(some_hours, minutes, st.integers(1, 100 * HOUR))
def test_what_is_reached_was_not_reached_a_second_before(hours, minute, seconds):
    counted, start = business_time(hours), BEGIN + 60 * minute
    reached = counted.reach(start, seconds)
    if reached is not None:
        assert counted.elapsed(start, reached) == seconds
        assert counted.elapsed(start, reached - 1) == seconds - 1


# --- What cannot be published ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        (SHANGHAI, []),
        (Hours("Mars/Olympus", OFFICE), [("zone", "unknown-zone")]),
        (Hours("", OFFICE), [("zone", "unknown-zone")]),
        (Hours("../etc", OFFICE), [("zone", "unknown-zone")]),
        (Hours("UTC", Week()), [("week", "no-working-time")]),
        (
            Hours("UTC", Week(mon=(shift("09:00-12:00"), shift("11:00-13:00")))),
            [("week", "overlapping-shifts")],
        ),
        (
            Hours("UTC", Week(mon=(shift("22:00-00:00"), shift("23:00-23:30")))),
            [("week", "overlapping-shifts")],
        ),
        (Hours("UTC", Week(tue=(shift("12:00-12:00"),))), [("week", "overlapping-shifts")]),
        (Hours("UTC", Week(tue=(shift("18:00-09:00"),))), [("week", "overlapping-shifts")]),
        (
            Hours("UTC", OFFICE, working=(SpecialDay(date(2025, 9, 6), (shift("09:00-08:00"),)),)),
            [("working", "overlapping-shifts")],
        ),
        (Hours("UTC", OFFICE, working=IN_EXCHANGE + IN_EXCHANGE[:1]), [("working", "day-twice")]),
        (
            Hours(
                "UTC",
                OFFICE,
                changes=(
                    WeekFrom(date(2025, 9, 8), OFFICE),
                    WeekFrom(date(2025, 9, 8), office("10:00-11:00")),
                ),
            ),
            [("changes", "changes-out-of-order")],
        ),
    ],
)
def test_flaws(hours, found):
    assert [(flaw.field, flaw.code) for flaw in flaws(hours)] == found


def test_shifts_that_touch_do_not_overlap():
    assert not list(flaws(Hours("UTC", Week(mon=(shift("09:00-12:00"), shift("12:00-13:00"))))))
