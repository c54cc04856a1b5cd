"""A business calendar: drafted, published in versions, and what it cannot be published with."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from spec import sample_id, spec

from domain.business_hours import Hours, Shift, SpecialDay, Week, WeekFrom
from domain.ids import CalendarId
from domain.support.calendar import (
    CALENDAR,
    CalendarDrafted,
    CalendarPublished,
    DraftCalendar,
    Kept,
    PublishCalendar,
    RedraftCalendar,
    calendar_id,
)
from tests.web.stories_standards import EFFECTIVE, HOURS, calendar, drafted_calendar

pytest_plugins = ["tests.web.fixtures"]

ID = calendar_id("service")
NINE, NOON, ONE, SIX, MIDNIGHT = time(9), time(12), time(13), time(18), time()
DAY = (Shift(NINE, NOON), Shift(ONE, SIX))
OFFICE = Hours(zone="Asia/Shanghai", week=Week(mon=DAY, tue=DAY, wed=DAY, thu=DAY, fri=DAY))
LATE = replace(OFFICE, week=Week(mon=(Shift(NINE, MIDNIGHT),)))
NEW_YEAR, SPRING = date(2025, 1, 1), date(2025, 4, 1)

DRAFTED = CalendarDrafted(name="service", hours=OFFICE)
PUBLISHED = CalendarPublished(name="service", version=1, hours=OFFICE, effective_from=NEW_YEAR)
REDRAFTED = CalendarDrafted(name="service", hours=LATE)
AGAIN = CalendarPublished(name="service", version=2, hours=LATE, effective_from=SPRING)


def draft(hours=OFFICE, name="service", id_=ID):
    return DraftCalendar(id=id_, name=name, hours=hours)


def publish(day):
    return PublishCalendar(id=ID, effective_from=day)


# --- Rules ------------------------------------------------------------------------------------


def test_a_calendar_is_drafted():
    told = spec(CALENDAR).when(draft()).then(DRAFTED).state
    assert told == Kept("service", draft=DRAFTED)
    assert not CALENDAR.active(told)


def test_a_name_has_one_calendar():
    spec(CALENDAR).given(DRAFTED).when(draft()).then_rejected("calendar.exists", field="name")
    other = CalendarId(sample_id(1))
    spec(CALENDAR).when(draft(id_=other)).then_rejected("calendar.not-the-names", field="id")


def test_the_draft_is_published_and_what_was_published_stays():
    told = (
        spec(CALENDAR).given(DRAFTED, PUBLISHED, REDRAFTED).when(publish(SPRING)).then(AGAIN).state
    )
    assert told == Kept("service", versions=(PUBLISHED, AGAIN))
    assert CALENDAR.active(told)
    assert told.version(1) == PUBLISHED
    assert told.version(3) is None


@pytest.mark.parametrize(
    ("instant", "number"),
    [
        (datetime(2024, 12, 1, tzinfo=UTC), 1),  # before there was any: the first
        (datetime(2025, 3, 31, 15, 59, tzinfo=UTC), 1),
        (datetime(2025, 3, 31, 16, tzinfo=UTC), 2),  # midnight in Shanghai
    ],
)
def test_a_version_is_in_force_from_the_calendars_own_midnight_on(instant, number):
    assert Kept("service", versions=(PUBLISHED, AGAIN)).in_force_at(instant).version == number


def test_what_cannot_be_published():
    spec(CALENDAR).when(publish(SPRING)).then_rejected("calendar.unknown")
    spec(CALENDAR).given(DRAFTED, PUBLISHED).when(publish(SPRING)).then_rejected(
        "calendar.no-draft"
    )
    story = spec(CALENDAR).given(DRAFTED, PUBLISHED, REDRAFTED)
    story.when(publish(date(2024, 12, 31))).then_rejected(
        "calendar.too-early", field="effective_from"
    )


def test_the_same_draft_again_changes_nothing():
    spec(CALENDAR).given(DRAFTED).when(RedraftCalendar(id=ID, hours=OFFICE)).then_nothing()
    spec(CALENDAR).given(DRAFTED).when(RedraftCalendar(id=ID, hours=LATE)).then(REDRAFTED)
    spec(CALENDAR).when(RedraftCalendar(id=ID, hours=LATE)).then_rejected("calendar.unknown")


OVERLAPPING = Week(mon=(Shift(NINE, NOON), Shift(time(11), SIX)))
BACKWARDS = Week(mon=(Shift(NOON, NINE),))


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        (replace(OFFICE, zone="Asia/Atlantis"), "calendar.unknown-zone"),
        (replace(OFFICE, week=Week()), "calendar.no-working-time"),
        (replace(OFFICE, week=OVERLAPPING), "calendar.overlapping-shifts"),
        (replace(OFFICE, week=BACKWARDS), "calendar.overlapping-shifts"),
        (
            replace(OFFICE, changes=(WeekFrom(SPRING, OVERLAPPING),)),
            "calendar.overlapping-shifts",
        ),
        (
            replace(OFFICE, changes=(WeekFrom(SPRING, OFFICE.week), WeekFrom(NEW_YEAR, LATE.week))),
            "calendar.changes-out-of-order",
        ),
        (
            replace(OFFICE, working=(SpecialDay(SPRING, DAY), SpecialDay(SPRING, ()))),
            "calendar.day-twice",
        ),
    ],
)
def test_hours_that_no_time_can_be_counted_by(hours, code):
    spec(CALENDAR).when(draft(hours)).then_rejected(code, field="hours")
    spec(CALENDAR).given(DRAFTED).when(RedraftCalendar(id=ID, hours=hours)).then_rejected(
        code, field="hours"
    )


# --- Over HTTP --------------------------------------------------------------------------------


def test_all_versions_are_shown_over_http(api, company):
    made = calendar(company)
    told = company.do(f"/calendars/{made.id}/redraft", {"hours": HOURS | {"closed": []}}, seen=made)
    shown = api.get(f"/calendars/{made.id}", after=told).went_well().json
    assert shown["draft"]["hours"]["closed"] == []
    (version,) = shown["versions"]
    assert (version["version"], version["effective_from"]) == (1, "2025-01-01")
    assert version["hours"]["closed"] == ["2025-10-01", "2025-10-02"]
    assert version["hours"]["week"]["mon"][0] == {"opens": "09:00:00", "closes": "12:00:00"}
    assert version["hours"]["week"]["sun"] == []
    before = api.get(f"/calendars/{made.id}", at_version=2).went_well().json
    assert before["draft"] is None


def test_hours_are_refused_where_they_are_wrong_over_http(api, company):
    wrong = HOURS | {"zone": "Asia/Atlantis"}
    answer = api.post("/calendars", {"name": company.word("hours"), "hours": wrong})
    answer.refused(409, "calendar.unknown-zone", "/hours")
    idle = HOURS | {"week": {}, "changes": []}
    answer = api.post("/calendars", {"name": company.word("hours"), "hours": idle})
    answer.refused(409, "calendar.no-working-time", "/hours")


def test_a_version_follows_the_one_before_over_http(company):
    made = calendar(company)
    again = company.do(
        f"/calendars/{made.id}/redraft", {"hours": HOURS | {"closed": []}}, seen=made
    )
    early = company.api.post(
        f"/calendars/{made.id}/publish", {"effective_from": "2024-12-31"}, seen=again
    )
    early.refused(409, "calendar.too-early", "/effective_from")
    draft = drafted_calendar(company)
    done = company.do(f"/calendars/{draft.id}/publish", EFFECTIVE, seen=draft)
    twice = company.api.post(f"/calendars/{draft.id}/publish", EFFECTIVE, seen=done)
    twice.refused(409, "calendar.no-draft")
