"""By when somebody answers: so many business days of the company later."""

from datetime import date, datetime, timedelta, tzinfo

from application.store.log import NOW, Log
from domain.days import day_of, end_of
from projections.reports.replaying import ended, shown
from projections.scoring.sources import OFFICE, OfficeDays

_SATURDAY = 5
_FORESIGHT = 1000


def deadline(log: Log, instant: datetime, number: int, zone: tzinfo) -> datetime:
    """Return the end of the last of so many business days after the day of an instant.

    By the company's calendar (``OfficeDays``); without any, Monday to Friday.
    """
    office = OFFICE.make()
    for fact in shown(log, ended(log, NOW), OFFICE.names):
        office.take(fact)
    return end_of(_counted(office, day_of(instant, zone), number), zone)


def _counted(office: OfficeDays, day: date, number: int) -> date:
    last = day + timedelta(days=_FORESIGHT)
    while number and day < last:
        day += timedelta(days=1)
        number -= _works(office, day)
    return day


def _works(office: OfficeDays, day: date) -> bool:
    if not office.calendars:
        return day.weekday() < _SATURDAY
    return office.working.is_business_day(day)
