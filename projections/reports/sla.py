"""Promised times: which were kept, which were broken, and who held the request then.

A report by replay: it reads the facts of all requests again, up to one position of the log. It
looks at no clock of its own, so the same log prefix, window and period always give the same bytes.

Definitions (sources: METRICS.md 4, cases/README.md 3; the rules are in ``domain.support.sla``):

- A **clock** is in the period if it started in it: the first response and the resolution with the
  opening, each next response with the customer's oldest unanswered message.
- What is **met**, **breached** and **pending**, and the times used: ``kept.py``. ``evidence`` lists
  the positions of the openings of the requests behind each figure.
- Clocks are read at ``measured_to``: the window's ``as_of``, else the latest time at which anything
  happened to any request.
- The **department** is the one the request was opened in; ``charged_to`` is who held the request
  when the promise broke (``team``: nobody, it was in a queue; ``unattributed``: another tier did).
- A **voided** request counts nowhere and is listed with the reason why; one that was promised
  nothing is only counted, as ``unpromised``.
- A **rehearsal** reads the same clocks twice: by what was promised, and by a draft that is not
  published, of the requests that were promised by that standard or that calendar.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from application.store.log import NOW, Log, Window
from domain.business_hours import WorkingTime, business_time, instant_of, seconds_of
from domain.kernel import Decider
from domain.support.calendar import CALENDAR, CalendarDrafted
from domain.support.promise import Promise
from domain.support.request_life import Life, Promised
from domain.support.sla import Reading, readings
from domain.support.sla_policy import SLA_POLICY, SlaPolicyDrafted, targets_of
from domain.support.words import Clock, RequestKind
from projections.documents import utc
from projections.reports.kept import Counted, by_clock, evidence, figures
from projections.reports.lives import Gathered, Lives
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, silent


class NoDraft(LookupError):
    """There is no such standard or calendar, or it has no draft to rehearse."""


# --- The report -----------------------------------------------------------------------------------


def sla(log: Log, period: Period, window: Window = NOW, progress: Progress = silent) -> Report:
    """Replay the requests of the log as the window shows it, and count which promises were kept."""
    window = ended(log, window)
    lives = Lives.gather(log, window, progress)
    until = _measured_to(lives, window)
    clocks = list(_clocks(lives, period, until, lambda life, _: lives.readings(life)))
    return _heading("sla", period, window, until) | {
        "requests": len(lives.by_id),
        "unpromised": sum(1 for _ in _unpromised(lives, period)),
        "clocks": by_clock(clocks),
        "evidence": evidence(clocks),
        "by_department": _table(clocks, "department_id", _department),
        "by_tier": _table(clocks, "tier", lambda each: str(each.reading.promise.tier)),
        "by_kind": _table(clocks, "kind", lambda each: str(each.request.opened.kind)),
        "by_charged": _charged(clocks),
        "breaches": _breaches(clocks),
        "voided": _voided(lives, period),
    }


def _heading(name: str, period: Period, window: Window, until: int | None) -> Report:
    return heading(name, window) | {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "measured_to": None if until is None else utc(instant_of(until)),
    }


def _measured_to(lives: Lives, window: Window) -> int | None:
    if window.as_of is not None:
        return seconds_of(window.as_of)
    return max(
        (each.at for request in lives.by_id.values() for each in request.happenings), default=None
    )


def _clocks(
    lives: Lives,
    period: Period,
    until: int | None,
    read: Callable[[Life, Gathered], Iterable[Reading]],
    among: Callable[[Promise], bool] = lambda _: True,
) -> Iterator[Counted]:
    """Yield the clocks that started in the period, of requests that count."""
    begin, end = seconds_of(period.start), seconds_of(period.end)
    for id_, request in lives.by_id.items():
        if until is None or request.voided is not None:
            continue
        life = lives.life(id_, until)
        if life is None or life.promise is None or not among(life.promise):
            continue
        for reading in read(life, request):
            if begin <= reading.started_at < end:
                yield Counted(id_, request, reading)


def _unpromised(lives: Lives, period: Period) -> Iterator[Gathered]:
    for request in lives.by_id.values():
        told = request.happenings[0]
        promised = request.opened.promise is not None or request.voided is not None
        if not promised and period.holds(instant_of(told.at)):
            yield request


def _department(each: Counted) -> str:
    return str(each.request.opened.department_id)


def _table(clocks: Iterable[Counted], name: str, value: Callable[[Counted], str]) -> list[Report]:
    found: defaultdict[str, list[Counted]] = defaultdict(list)
    for each in clocks:
        found[value(each)].append(each)
    return [{name: key, "clocks": by_clock(group)} for key, group in sorted(found.items())]


def _charged(clocks: Iterable[Counted]) -> list[Report]:
    found: defaultdict[str, Counter[Clock]] = defaultdict(Counter)
    for each in clocks:
        if each.charged_to is not None:
            found[each.charged_to][each.reading.clock] += 1
    return [
        {"charged_to": whom, "breached": {str(clock): numbers[clock] for clock in Clock}}
        for whom, numbers in sorted(found.items())
    ]


def _breaches(clocks: Iterable[Counted]) -> list[Report]:
    broken = [each for each in clocks if each.reading.breached_at is not None]
    broken.sort(key=lambda each: (each.reading.breached_at, str(each.id), each.reading.clock))
    return [_breach(each) for each in broken]


def _breach(each: Counted) -> Report:
    reading, promise = each.reading, each.reading.promise
    return {
        "request_id": str(each.id),
        "customer_id": str(each.request.opened.customer_id),
        "clock": str(reading.clock),
        "cycle": reading.cycle,
        "tier": str(promise.tier),
        "started_at": _written(reading.started_at),
        "due_at": _written(reading.due_at),
        "breached_at": _written(reading.breached_at),
        "over_seconds": reading.over,
        "charged_to": each.charged_to,
        "policy_id": str(promise.policy_id),
        "policy_version": promise.policy_version,
        "calendar_id": None if promise.calendar_id is None else str(promise.calendar_id),
        "calendar_version": promise.calendar_version,
        "evidence": [str(position) for position in each.request.positions],
    }


def _written(seconds: int | None) -> str | None:
    return None if seconds is None else utc(instant_of(seconds))


def _voided(lives: Lives, period: Period) -> list[Report]:
    found = [
        {"request_id": str(id_), "because": str(request.voided.because)}
        for id_, request in lives.by_id.items()
        if request.voided is not None and period.holds(instant_of(request.happenings[0].at))
    ]
    return sorted(found, key=lambda each: each["request_id"])


# --- The rehearsal --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What is rehearsed: a standard's draft, or a calendar's."""

    what: str
    id: UUID

    def concerns(self, promise: Promise) -> bool:
        """Tell whether a promise was made by the standard, or calendar, that it would change."""
        return self.id == (promise.policy_id if self.what == "policy" else promise.calendar_id)


def rehearsal(
    log: Log, period: Period, draft: Draft, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Read the clocks of a period by what was promised, and by a draft; tell the difference.

    Raises ``NoDraft``.
    """
    window = ended(log, window)
    tried = _tried(log, draft, window)
    lives = Lives.gather(log, window, progress)
    until = _measured_to(lives, window)
    was = list(_clocks(lives, period, until, lambda life, _: lives.readings(life), draft.concerns))

    def read(life: Life, request: Gathered) -> Iterable[Reading]:
        return tried(lives, life, request)

    would = {
        (each.id, each.reading.clock, each.reading.cycle): each
        for each in _clocks(lives, period, until, read, draft.concerns)
    }
    pairs = [(each, would[each.id, each.reading.clock, each.reading.cycle]) for each in was]
    changed = [_changed(*pair) for pair in pairs if pair[0].outcome != pair[1].outcome]
    return _heading("sla-rehearsal", period, window, until) | {
        draft.what: str(draft.id),
        "requests": len({each.id for each in was}),
        "clocks": [
            {
                "clock": str(clock),
                "promised": figures([each for each, _ in pairs if each.reading.clock is clock]),
                "draft": figures([each for _, each in pairs if each.reading.clock is clock]),
            }
            for clock in Clock
        ],
        "more_breaches": sum(_breaks(each) for _, each in pairs)
        - sum(_breaks(each) for each, _ in pairs),
        "changed": sorted(
            changed, key=lambda each: (each["request_id"], each["clock"], each["cycle"])
        ),
    }


def _breaks(each: Counted) -> bool:
    return each.outcome == "breached"


def _changed(was: Counted, would: Counted) -> Report:
    return {
        "request_id": str(was.id),
        "clock": str(was.reading.clock),
        "cycle": was.reading.cycle,
        "promised": was.outcome,
        "draft": would.outcome,
        "promised_due_at": _written(was.reading.due_at),
        "draft_due_at": _written(would.reading.due_at),
        "evidence": [str(position) for position in was.request.positions],
    }


Trying = Callable[[Lives, Life, Gathered], Iterable[Reading]]


def _tried(log: Log, draft: Draft, window: Window) -> Trying:
    if draft.what == "policy":
        terms = _drafted(log, SLA_POLICY, draft.id, window)
        return lambda lives, life, request: _by_policy(lives, life, request.opened.kind, terms)
    calendar: CalendarDrafted = _drafted(log, CALENDAR, draft.id, window)
    time = business_time(calendar.hours)
    return lambda _lives, life, _request: readings(life, time)


def _drafted(log: Log, decider: Decider[Any, Any, Any], id_: UUID, window: Window) -> Any:
    # A draft is made after what it is tried on: as of when does not matter, what was known does.
    facts = [fact for fact in log.stream(id_) if fact.position <= (window.position or 0)]
    own = bool(facts) and facts[0].kind == decider.kind
    drafted = getattr(decider.fold(facts), "draft", None) if own else None
    if drafted is None:
        raise NoDraft(f"There is no {decider.kind} {id_} with a draft.")
    return drafted


def _by_policy(
    lives: Lives, life: Life, kind: RequestKind, terms: SlaPolicyDrafted
) -> Iterable[Reading]:
    promised = life.promises
    life.promises = [
        Promised(
            each.at, replace(each.promise, targets=targets_of(terms.lines, each.promise.tier, kind))
        )
        for each in promised
    ]
    return readings(life, _time_of(lives, promised[-1].promise, terms))


def _time_of(lives: Lives, promise: Promise, terms: SlaPolicyDrafted) -> WorkingTime:
    """Return how the draft counts time: by the hours promised, or by another calendar's latest."""
    if terms.calendar_id == promise.calendar_id:
        return lives.time_of(promise)
    if terms.calendar_id is None:
        return business_time(None)
    latest = max(number for id_, number in lives.hours if id_ == terms.calendar_id)
    return business_time(lives.hours[terms.calendar_id, latest])
