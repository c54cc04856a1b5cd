"""Every request as its clocks see it, gathered from the log: what reports about promises count."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from application.store.log import Log, Window
from domain.business_hours import Hours, WorkingTime, business_time
from domain.kernel import Recorded
from domain.support.calendar import CALENDAR, CalendarPublished
from domain.support.promise import Promise
from domain.support.request import RequestOpened, RequestRetracted, RequestVoided
from domain.support.request_life import Happening, Life, happening, life
from domain.support.request_rules import REQUEST
from domain.support.sla import Reading, readings
from projections.reports.replaying import Progress, pages, silent

NAMES = (
    *(event.__event_name__ for event in REQUEST.event_types),
    *(event.__event_name__ for event in CALENDAR.event_types),
)


ALWAYS = (RequestRetracted, CalendarPublished)
"""What counts whenever it happened: what never was, and the hours of what was dated back."""


@dataclass(slots=True)
class Gathered:
    """One request: how it was opened, what happened to it, and where that stands in the log."""

    opened: RequestOpened
    happenings: list[Happening] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    """Of each happening, its place in the log: the evidence."""
    voided: RequestVoided | None = None


@dataclass(slots=True)
class Lives:
    """All requests of a log, and the business hours that were promised by."""

    by_id: dict[UUID, Gathered] = field(default_factory=dict)
    hours: dict[tuple[UUID, int], Hours] = field(default_factory=dict)
    """Of each calendar and its version."""
    _same: dict[Any, Any] = field(default_factory=dict)
    _times: dict[tuple[UUID, int], WorkingTime] = field(default_factory=dict)

    @staticmethod
    def gather(log: Log, window: Window, progress: Progress = silent) -> "Lives":
        """Replay the requests of a log as a window shows it."""
        lives = Lives()
        for page in pages(log, window, NAMES, progress):
            for fact in page:
                if window.shows(fact) or isinstance(fact.event, ALWAYS):
                    lives.take(fact)
        return lives

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a request or a calendar, in the log's order."""
        match fact.event:
            case CalendarPublished(version=version, hours=hours):
                self.hours[fact.stream_id, version] = hours
                return
            case RequestOpened():
                self.by_id[fact.stream_id] = Gathered(self._slim(fact.event))
            case RequestRetracted():
                self.by_id.pop(fact.stream_id, None)
            case RequestVoided() if fact.stream_id in self.by_id:
                self.by_id[fact.stream_id].voided = fact.event
        told = happening(fact)
        request = self.by_id.get(fact.stream_id)
        if told is not None and request is not None:
            request.happenings.append(told._replace(told=self._shared(told.told)))
            request.positions.append(fact.position)

    def _slim(self, opened: RequestOpened) -> RequestOpened:
        """Return it without its title; what many requests have in common is kept once."""
        return replace(
            opened,
            title="",
            customer_id=self._shared(opened.customer_id),
            department_id=self._shared(opened.department_id),
            promise=self._shared(opened.promise),
        )

    def _shared(self, told: Any) -> Any:
        if isinstance(told, tuple):
            told = tuple(self._shared(each) for each in told)
        return self._same.setdefault(told, told)

    def life(self, id_: UUID, until: int) -> Life | None:
        """Tell what happened to a request until an instant (in seconds since 1970)."""
        request = self.by_id.get(id_)
        return None if request is None else life(request.happenings, until)

    def time_of(self, promise: Promise | None) -> WorkingTime:
        """Return how a promise counts time: by the very version of the calendar it was made by."""
        if promise is None or promise.calendar_id is None:
            return business_time(None)
        calendar = promise.calendar_id, promise.calendar_version
        if (known := self._times.get(calendar)) is None:
            known = self._times[calendar] = business_time(self.hours[calendar])
        return known

    def readings(self, life: Life) -> Iterator[Reading]:
        """Yield every clock of a request."""
        yield from readings(life, self.time_of(life.promise))
