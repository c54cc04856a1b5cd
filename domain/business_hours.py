"""Business hours: when people work where they are, and how much of that lies between two instants.

A day's hours come from ``working`` if it is listed there; else there are none if it is ``closed``;
else they are the week's, as it stood that day. Shifts are local and half-open. Instants are whole
seconds since 1970 (``seconds_of``), so that every sum is exact; a day on which the clocks change
has as many seconds of work as really pass.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_DAY_SECONDS = 86_400
_YEAR_SECONDS = 31_556_952
_LAST_YEAR = 9998
"""Beyond it there are no dates to count with."""
_FORESIGHT = 100
"""For how many years work is looked for: what takes longer is never reached."""
_END = (datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _SECOND
_NEVER = 2**63
_MIDNIGHT = time()


def seconds_of(instant: datetime) -> int:
    """Return an instant in whole seconds since 1970; what is left of a second does not count."""
    since = instant - _EPOCH  # its days may be negative, its seconds and what is left never are
    return since.days * _DAY_SECONDS + since.seconds


def instant_of(seconds: int) -> datetime:
    """Return the instant of so many seconds since 1970, in UTC."""
    return _EPOCH + timedelta(seconds=seconds)


# --- What is agreed -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """A time of work on one day; ``closes`` at 00:00 is the end of the day."""

    opens: time
    closes: time


@dataclass(frozen=True)
class Week:
    """The shifts of each day of the week; a day without any is no business day."""

    mon: tuple[Shift, ...] = ()
    tue: tuple[Shift, ...] = ()
    wed: tuple[Shift, ...] = ()
    thu: tuple[Shift, ...] = ()
    fri: tuple[Shift, ...] = ()
    sat: tuple[Shift, ...] = ()
    sun: tuple[Shift, ...] = ()

    @property
    def days(self) -> tuple[tuple[Shift, ...], ...]:
        """The days' shifts, Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


@dataclass(frozen=True)
class WeekFrom:
    """A week that takes the place of the former one, as a whole, from a day on."""

    begins: date
    week: Week


@dataclass(frozen=True)
class SpecialDay:
    """A day with hours of its own, such as a Sunday worked in exchange for a holiday."""

    day: date
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class Hours:
    """When people work: in which zone and week, on which days not, on which days otherwise."""

    zone: str
    week: Week
    changes: tuple[WeekFrom, ...] = ()
    closed: tuple[date, ...] = ()
    working: tuple[SpecialDay, ...] = ()


class Flaw(NamedTuple):
    """What is wrong with hours: the field, what kind of flaw it is, and a sentence."""

    field: str
    code: str
    sentence: str


def flaws(hours: Hours) -> Iterator[Flaw]:
    """Yield what hours cannot be published with."""
    if not _is_zone(hours.zone):
        sentence = f"There is no time zone {hours.zone!r}; use a name such as Asia/Shanghai."
        yield Flaw("zone", "unknown-zone", sentence)
    weeks = [("week", hours.week), *(("changes", change.week) for change in hours.changes)]
    for field, week in weeks:
        for each, shifts in zip(fields(Week), week.days, strict=True):
            if why := _flaw_of_day(each.name, shifts):
                yield Flaw(field, "overlapping-shifts", why)
    for special in hours.working:
        if why := _flaw_of_day(special.day.isoformat(), special.shifts):
            yield Flaw("working", "overlapping-shifts", why)
    if not any(any(week.days) for _, week in weeks):
        yield Flaw("week", "no-working-time", "Somebody must work at some time of the week.")
    begins = [change.begins for change in hours.changes]
    if any(later <= earlier for earlier, later in pairwise(begins)):
        sentence = "List changes of the week by the day they begin, each day once."
        yield Flaw("changes", "changes-out-of-order", sentence)
    days = [special.day for special in hours.working]
    if len(set(days)) < len(days):
        yield Flaw("working", "day-twice", "List each day with hours of its own once.")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def _flaw_of_day(day: str, shifts: Sequence[Shift]) -> str | None:
    for shift in shifts:
        if shift.closes != _MIDNIGHT and shift.closes <= shift.opens:
            return f"On {day} a shift closes before it opens; split it at midnight."
        if shift.opens.tzinfo or shift.closes.tzinfo:
            return f"On {day} a shift names a zone of its own; the calendar has one."
    for earlier, later in pairwise(sorted(shifts, key=lambda shift: shift.opens)):
        if earlier.closes == _MIDNIGHT or later.opens < earlier.closes:
            return f"On {day} two shifts overlap; make one of them."
    return None


# --- Counting -------------------------------------------------------------------------------------


class RoundTheClock:
    """Time where every second counts: the hours of who has no calendar."""

    def elapsed(self, start: int, end: int) -> int:
        """Return the seconds from one instant to a later one; 0 where it is not later."""
        return max(end - start, 0)

    def reach(self, start: int, seconds: int) -> int | None:
        """Return the earliest instant at which so many seconds have passed; None after all time."""
        reached = start + max(seconds, 0)
        return reached if reached < _END else None

    def resume(self, instant: int) -> int | None:
        """Return the first instant from here on that counts."""
        return instant

    def is_open(self, _instant: int) -> bool:
        """Tell whether an instant counts: each does."""
        return True

    def is_business_day(self, _day: date) -> bool:
        """Tell whether anybody works on a day: on each."""
        return True


class _Year(NamedTuple):
    """The times of work of one local year, in the order of time."""

    begins: int
    over: int
    """When the next year begins; of the last one there is, never."""
    starts: list[int]
    ends: list[int]
    worked: list[int]
    """The seconds of work until the end of each."""

    def until(self, instant: int) -> int:
        """Return the seconds of work from the year's beginning to an instant of it."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0
        left = self.ends[index] - instant
        return self.worked[index] - left if left > 0 else self.worked[index]

    @property
    def total(self) -> int:
        return self.worked[-1] if self.worked else 0


class BusinessTime:
    """Time as business hours count it; ``business_time`` makes it, and keeps what it found."""

    def __init__(self, hours: Hours) -> None:
        self._zone = ZoneInfo(hours.zone)
        self._weeks = [(change.begins, change.week.days) for change in hours.changes]
        self._week = hours.week.days
        self._closed = frozenset(hours.closed)
        self._working = {special.day: special.shifts for special in hours.working}
        self._years: dict[int, _Year] = {}
        self._begins: dict[int, int] = {}
        self._recent: _Year | None = None
        """The year asked for last: most often it is asked for again."""

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts of a day."""
        if day in self._working:
            return self._working[day]
        if day in self._closed:
            return ()
        week = next((days for begins, days in reversed(self._weeks) if begins <= day), self._week)
        return week[day.weekday()]

    def is_business_day(self, day: date) -> bool:
        """Tell whether anybody works on a day."""
        return bool(self.shifts_on(day))

    def is_open(self, instant: int) -> bool:
        """Tell whether an instant is a time of work."""
        return self.elapsed(instant, instant + 1) == 1

    def elapsed(self, start: int, end: int) -> int:
        """Return the seconds of work from one instant to a later one; 0 where it is not later.

        Of a hundred years at most: nobody waits longer.
        """
        if end <= start:
            return 0
        begun = self._recent
        if begun is None or not begun.begins <= start < begun.over:
            begun = self._recent = self._year(self._year_of(start))
        if end < begun.over:
            return begun.until(end) - begun.until(start)
        first = self._year_of(start)
        last = min(self._year_of(end), first + _FORESIGHT)
        between = sum(self._year(number).total for number in range(first + 1, last))
        return begun.total - begun.until(start) + between + self._year(last).until(end)

    def reach(self, start: int, seconds: int) -> int | None:
        """Return the earliest instant at which so many seconds of work have passed since a start.

        None where there is too little work in the hundred years to come.
        """
        if seconds <= 0:
            return start
        number = self._year_of(start)
        last = min(number + _FORESIGHT, _LAST_YEAR)
        wanted = seconds + self._year(number).until(start)
        while wanted > (total := self._year(number).total):
            wanted -= total
            number += 1
            if number > last:
                return None
        year = self._year(number)
        index = bisect_left(year.worked, wanted)
        return year.ends[index] - (year.worked[index] - wanted)

    def resume(self, instant: int) -> int | None:
        """Return the first instant from here on that is a time of work, or None."""
        reached = self.reach(instant, 1)
        return None if reached is None else reached - 1

    def _year_of(self, instant: int) -> int:
        number = min(1970 + instant // _YEAR_SECONDS, _LAST_YEAR)
        while instant < self._begin_of(number):
            number -= 1
        while number < _LAST_YEAR and instant >= self._begin_of(number + 1):
            number += 1
        return number

    def _begin_of(self, number: int) -> int:
        if (known := self._begins.get(number)) is None:
            begins = seconds_of(datetime(number, 1, 1, tzinfo=self._zone))
            self._begins[number] = known = begins
        return known

    def _year(self, number: int) -> _Year:
        if known := self._years.get(number):
            return known
        first = date(number, 1, 1)
        days = (first + n * _DAY for n in range((date(number + 1, 1, 1) - first).days))
        times = _joined(sorted(span for day in days for span in self._spans(day)))
        starts, ends = [start for start, _ in times], [end for _, end in times]
        worked = list(accumulate(end - start for start, end in times))
        over = self._begin_of(number + 1) if number < _LAST_YEAR else _NEVER
        self._years[number] = year = _Year(self._begin_of(number), over, starts, ends, worked)
        return year

    def _spans(self, day: date) -> Iterator[tuple[int, int]]:
        for shift in self.shifts_on(day):
            closing = day + _DAY if shift.closes == _MIDNIGHT else day
            start = seconds_of(datetime.combine(day, shift.opens, self._zone))
            end = seconds_of(datetime.combine(closing, shift.closes, self._zone))
            if start < end:  # an hour that the clocks skip is not worked
                yield start, end


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of time with those that touch or overlap as one, so that none counts twice."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


WorkingTime = BusinessTime | RoundTheClock
ROUND_THE_CLOCK = RoundTheClock()


@cache
def business_time(hours: Hours | None) -> WorkingTime:
    """Return the time that hours count; without any every second counts."""
    return ROUND_THE_CLOCK if hours is None else BusinessTime(hours)
