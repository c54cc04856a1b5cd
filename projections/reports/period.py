"""Days where the organisation is: a period ``[from, to)`` of local dates, and instants on them."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property

from domain.days import begin_of


@dataclass(frozen=True)
class Period:
    """Local dates from the first, up to and without the last."""

    first: date
    last: date
    zone: tzinfo

    @cached_property
    def start(self) -> datetime:
        """The instant at which it begins."""
        return begin_of(self.first, self.zone)

    @cached_property
    def end(self) -> datetime:
        """The first instant after it."""
        return begin_of(self.last, self.zone)

    def holds(self, instant: datetime) -> bool:
        """Tell whether an instant lies inside."""
        return self.start <= instant < self.end
