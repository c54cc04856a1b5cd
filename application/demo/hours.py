"""When people work in the sample company: Shanghai time, Monday to Friday, a holiday, lunch."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone

from application.demo.words import Dice

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
DAYS = 90
FIRST_DAY = date(2026, 7, 1)
OPENING = datetime(2026, 7, 1, 8, tzinfo=SHANGHAI)
"""When the story begins: the company starts to use Concord."""
END = datetime.combine(FIRST_DAY + timedelta(days=DAYS), time(), SHANGHAI)
"""Nothing is told from here on: what is unfinished then stays unfinished."""

_HOLIDAYS = frozenset({date(2026, 9, 25)})  # 中秋节
_SHIFTS = ((time(9), time(12)), (time(13, 30), time(18)))
_AWAKE = (time(7, 30), time(22, 30))
WORKING_DAY = 450
"""The minutes of a working day."""


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of the story."""
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def end_of(day: date) -> datetime:
    """Return when a day has passed."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def later(moment: datetime, minutes: float) -> datetime:
    """Return the moment so many minutes of work later."""
    left = timedelta(seconds=round(minutes * 60))
    for start, end in _shifts(moment):
        begin = max(moment, start)
        if begin + left < end:
            return begin + left
        left -= end - begin
    raise AssertionError("There is always another shift.")


def _shifts(moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    day = moment.astimezone(SHANGHAI).date()
    while True:
        if _worked(day):
            for start, end in _SHIFTS:
                if (ends := datetime.combine(day, end, SHANGHAI)) > moment:
                    yield datetime.combine(day, start, SHANGHAI), ends
        day += timedelta(days=1)


def _worked(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS  # noqa: PLR2004 - Saturday


_WORKDAYS = [day for n in range(DAYS) if _worked(day := FIRST_DAY + timedelta(days=n))]


def awake(moment: datetime, hours: float) -> datetime:
    """Return the moment about so many hours later when a customer is awake, weekend or not."""
    then = moment + timedelta(seconds=round(hours * 3600))
    first, last = (datetime.combine(then.date(), each, SHANGHAI) for each in _AWAKE)
    offset = timedelta(minutes=then.minute, seconds=then.second)
    if then < first:
        return first + offset
    return first + timedelta(days=1) + offset if then > last else then


def office_moment(dice: Dice, since: datetime) -> datetime:
    """Return some moment at work between ``since`` and the end of the story; none left: the end."""
    first = since.astimezone(SHANGHAI).date()
    days = [day for day in _WORKDAYS if day >= first]
    if not days:
        return END
    day = datetime.combine(dice.choice(days), time(), SHANGHAI)
    moment = later(day, dice.uniform(0, WORKING_DAY - 1))
    return moment if moment > since else later(since, dice.uniform(5, 90))


def any_moment(dice: Dice, since: datetime) -> datetime:
    """Return some moment between ``since`` and the end of the story, weekends included."""
    moment = since + dice.random() * (END - since)
    return awake(moment.replace(microsecond=0), 0)
