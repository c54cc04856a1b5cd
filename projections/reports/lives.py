"""Every request as its clocks see it, gathered from the log: what reports about promises count."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from application.store.log import Log, Window
from domain.business_hours import Hours, WorkingTime, business_time
from domain.ids import CustomerId, DepartmentId
from domain.kernel import Recorded
from domain.support.calendar import CALENDAR, CalendarPublished
from domain.support.promise import Promise
from domain.support.request import RequestOpened, RequestRetracted, RequestVoided
from domain.support.request_life import Happening, Life, happening, life
from domain.support.request_rules import REQUEST
from domain.support.sla import Reading, readings
from domain.support.words import RequestKind
from projections.reports.replaying import Progress, pages, silent

NAMES = (
    *(event.__event_name__ for event in REQUEST.event_types),
    *(event.__event_name__ for event in CALENDAR.event_types),
)


ALWAYS = (RequestRetracted, CalendarPublished)
"""What counts whenever it happened: what never was, and the hours of what was dated back."""


T = TypeVar("T")


class Opening(NamedTuple):
    """What counts of how a request was opened."""

    customer_id: CustomerId
    department_id: DepartmentId
    kind: RequestKind
    promise: Promise | None


@dataclass(slots=True)
class Gathered:
    """One request: how it was opened, what happened to it, and where that stands in the log."""

    opened: Opening
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
        found = happening(fact)
        if found is None:
            self._mind(fact)
            return
        at, what, told = found
        if told is not None:  # what many requests have in common is kept once
            found = Happening(at, what, told := self._shared(told))
        if what is RequestOpened:
            self.by_id[fact.stream_id] = Gathered(self._opening(fact.event, told[0]))
        if (request := self.by_id.get(fact.stream_id)) is not None:
            request.happenings.append(found)
            request.positions.append(fact.position)

    def _mind(self, fact: Recorded[Any]) -> None:
        """Add a fact that the clocks of a request do not count by themselves."""
        match fact.event:
            case CalendarPublished(version=version, hours=hours):
                self.hours[fact.stream_id, version] = hours
            case RequestRetracted():
                self.by_id.pop(fact.stream_id, None)
            case RequestVoided() if fact.stream_id in self.by_id:
                self.by_id[fact.stream_id].voided = fact.event
            case _:
                pass

    def _opening(self, opened: RequestOpened, promise: Promise | None) -> Opening:
        whose = self._shared(opened.customer_id), self._shared(opened.department_id)
        return Opening(*whose, opened.kind, promise)

    def _shared(self, told: T) -> T:
        return cast("T", self._same.setdefault(told, told))

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
