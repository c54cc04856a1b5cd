"""Days where the organisation is: by its own clock, and where the clocks change."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from domain.days import begin_of, day_of, end_of

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def test_an_instant_is_on_the_day_of_the_organisations_clock():
    assert day_of(datetime(2025, 3, 3, 15, 59, tzinfo=UTC), SHANGHAI) == date(2025, 3, 3)
    assert day_of(datetime(2025, 3, 3, 16, tzinfo=UTC), SHANGHAI) == date(2025, 3, 4)
    assert day_of(datetime(9999, 12, 31, 23, tzinfo=UTC), SHANGHAI) == date(9999, 12, 31)


def test_a_day_begins_and_has_passed_at_midnight_there():
    assert begin_of(date(2025, 3, 3), SHANGHAI) == datetime(2025, 3, 2, 16, tzinfo=UTC)
    assert end_of(date(2025, 3, 3), SHANGHAI) == datetime(2025, 3, 3, 16, tzinfo=UTC)


def test_a_day_on_which_the_clocks_change_is_an_hour_shorter():
    short = date(2025, 3, 30)
    assert (end_of(short, BERLIN) - begin_of(short, BERLIN)).total_seconds() == 23 * 3600
