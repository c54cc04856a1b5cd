"""Promised times: which were kept, which were broken, and who held the request then.

A report by replay: it reads the facts of all requests again, up to one position of the log. It
looks at no clock of its own, so the same log prefix, window and period always give the same bytes.

Definitions (sources: METRICS.md 4, cases/README.md 3; the rules are in ``domain.support.sla``):

- A **clock** is in the period if it started in it: the first response and the resolution with the
  opening, each next response with the customer's oldest unanswered message.
- It is **met** if it stopped with no more business time used than promised, **breached** from the
  first instant beyond, for good, and **pending** as long as neither is so. ``percent_met`` is the
  share of met ones among met and breached ones.
- Clocks are read at ``measured_to``: the window's ``as_of``, else the latest time at which anything
  happened to any request.
- **median_seconds** and **p90_seconds** are of the business time used by clocks that have stopped:
  the middle one (of an even number the mean of both, rounded half up), and the least that at least
  nine in ten do not exceed.
- The **department** is the one the request was opened in; ``charged_to`` is who held the request
  when the promise broke (``team``: nobody, it was in a queue; ``unattributed``: another tier did).
- A **voided** request counts nowhere and is listed with the reason why; one that was promised
  nothing is only counted, as ``unpromised``.
- A **rehearsal** reads the same clocks twice: by what was promised, and by a draft that is not
  published, of the requests that were promised by that standard or that calendar.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from application.store.log import NOW, Log, Window
from domain.business_hours import Hours, WorkingTime, business_time, instant_of, seconds_of
from domain.kernel import Decider
from domain.support import sla_policy
from domain.support.calendar import CALENDAR
from domain.support.promise import Promise
from domain.support.request_life import Life, Promised
from domain.support.sla import Reading, State, readings
from domain.support.sla_policy import SLA_POLICY
from domain.support.words import Clock, RequestKind
from projections.documents import utc
from projections.reports.lives import Gathered, Lives
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, silent
from projections.reports.rounding import percent

P90 = Fraction(9, 10)


class NoDraft(LookupError):
    """There is no such standard or calendar, or it has no draft to rehearse."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One clock in the period, with the request it belongs to."""

    id: UUID
    request: Gathered
    reading: Reading

    @property
    def outcome(self) -> str:
        """Whether it was met, breached, or is pending."""
        return {True: "met", False: "breached", None: "pending"}[self.reading.met]

    @property
    def charged_to(self) -> str | None:
        """Whom its breach is charged to."""
        charged = self.reading.charged_to
        return None if charged is None else str(charged)


# --- The report -----------------------------------------------------------------------------------


def sla(log: Log, period: Period, window: Window = NOW, progress: Progress = silent) -> Report:
    """Replay the requests of the log as the window shows it, and count which promises were kept."""
    window = ended(log, window)
    lives = Lives.gather(log, window, progress)
    until = _measured_to(lives, window)
    found = _Tallies()
    for each in _clocks(lives, period, until, lambda life, _: lives.readings(life)):
        found.add(each)
    return _heading("sla", period, window, until) | {
        "requests": len(lives.by_id),
        "unpromised": sum(1 for _ in _unpromised(lives, period)),
        "clocks": found.clocks(),
        "by_department": found.table("department_id"),
        "by_tier": found.table("tier"),
        "by_kind": found.table("kind"),
        "by_charged": _charged(found.broken),
        "breaches": _breaches(found.broken),
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


class _Tally:
    """What is counted of some clocks; the clocks themselves need not be kept."""

    def __init__(self, clocks: Iterable[Counted] = ()) -> None:
        self.outcomes: Counter[str] = Counter()
        self.used = array("q")
        for each in clocks:
            self.add(each)

    def add(self, each: Counted) -> None:
        self.outcomes[each.outcome] += 1
        if each.reading.state is State.STOPPED:
            self.used.append(each.reading.elapsed)

    def figures(self) -> Report:
        met, breached = self.outcomes["met"], self.outcomes["breached"]
        used = sorted(self.used)
        return {
            "met": met,
            "breached": breached,
            "pending": self.outcomes["pending"],
            "percent_met": percent(met, met + breached),
            "median_seconds": _median(used),
            "p90_seconds": _nearest(used, P90),
        }


class _Tallies:
    """All that the report counts, clock by clock and value by value."""

    def __init__(self) -> None:
        self._found: defaultdict[tuple[str, str, Clock], _Tally] = defaultdict(_Tally)
        self.broken: list[Counted] = []

    def add(self, each: Counted) -> None:
        for name, value in (
            ("", ""),
            ("department_id", str(each.request.opened.department_id)),
            ("tier", str(each.reading.promise.tier)),
            ("kind", str(each.request.opened.kind)),
        ):
            self._found[name, value, each.reading.clock].add(each)
        if each.reading.breached_at is not None:
            self.broken.append(each)

    def clocks(self, name: str = "", value: str = "") -> list[Report]:
        return [
            {"clock": str(clock)} | self._found[name, value, clock].figures() for clock in Clock
        ]

    def table(self, name: str) -> list[Report]:
        values = sorted({value for table, value, _ in self._found if table == name})
        return [{name: value, "clocks": self.clocks(name, value)} for value in values]


def _median(ordered: Sequence[int]) -> int | None:
    if not ordered:
        return None
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2] + 1) // 2


def _nearest(ordered: Sequence[int], share: Fraction) -> int | None:
    return ordered[-(-len(ordered) * share // 1) - 1] if ordered else None


def _charged(clocks: Iterable[Counted]) -> list[Report]:
    found: defaultdict[str, Counter[Clock]] = defaultdict(Counter)
    for each in clocks:
        if each.charged_to is not None:
            found[each.charged_to][each.reading.clock] += 1
    return [
        {"charged_to": whom, "breached": {str(clock): numbers[clock] for clock in Clock}}
        for whom, numbers in sorted(found.items())
    ]


def _breaches(broken: list[Counted]) -> list[Report]:
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
                "promised": _Tally(one for one, _ in pairs if one.reading.clock is clock).figures(),
                "draft": _Tally(one for _, one in pairs if one.reading.clock is clock).figures(),
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
    hours: Hours = _drafted(log, CALENDAR, draft.id, window)
    time = business_time(hours)
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
    lives: Lives, life: Life, kind: RequestKind, terms: sla_policy.Draft
) -> Iterable[Reading]:
    promised = life.promises
    life.promises = [
        Promised(each.at, replace(each.promise, targets=terms.targets(each.promise.tier, kind)))
        for each in promised
    ]
    return readings(life, _time_of(lives, promised[-1].promise, terms))


def _time_of(lives: Lives, promise: Promise, terms: sla_policy.Draft) -> WorkingTime:
    """Return how the draft counts time: by the hours promised, or by another calendar's latest."""
    if terms.calendar_id == promise.calendar_id:
        return lives.time_of(promise)
    if terms.calendar_id is None:
        return business_time(None)
    latest = max(number for id_, number in lives.hours if id_ == terms.calendar_id)
    return business_time(lives.hours[terms.calendar_id, latest])
