"""Days where the organisation is: a period ``[from, to)`` of local dates, and instants on them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates from the first, up to and without the last."""

    first: date
    last: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        """The instant at which it begins."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return midnight(self.last, self.zone)

    def holds(self, instant: datetime) -> bool:
        """Tell whether an instant lies inside."""
        return self.start <= instant < self.end


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a local date begins."""
    return datetime.combine(day, time(), zone)


def local_date(instant: datetime, zone: tzinfo) -> date:
    """Return the local date of an instant; at the ends of time the last one there is."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return date.max if instant.year > date.max.year // 2 else date.min


def days_before(day: date, number: int) -> list[date]:
    """Return the dates before one, the nearest first."""
    return [day - timedelta(days=each) for each in range(1, number + 1)]
