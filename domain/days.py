"""Days where the organisation is: which day an instant is on, when a day begins and has passed."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache


def day_of(instant: datetime, zone: tzinfo) -> date:
    """Return the local date of an instant; at the ends of time, where there is none, its own."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return instant.date()


@lru_cache(maxsize=4096)
def begin_of(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a local date begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the first instant after a local date, in UTC: it belongs to the next one."""
    return begin_of(day + timedelta(days=1), zone)
