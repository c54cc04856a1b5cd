"""Service flow: how requests passed from hand to hand, what they waited for, how long they took.

A report by replay: it reads the facts of all requests again, up to one position of the log, and
counts. It looks at no clock, so the same log prefix and window always give the same bytes.

Definitions (sources: the figures' definitions in shared/data/README.md, DESIGN.md 1 and 3,
cases/README.md 3 "holders", METRICS.md 35 and 4, which follow van der Aalst 2005 and the BPI
Challenge 2013):

- A **case** is a request, since it was last opened. One that was taken back never was one: this is
  a matter of what is known (the position), so it holds as of any moment, also before it was taken
  back. A voided one is left out of every figure and only counted, as ``voided``, from the moment
  on at which it was voided.
- **events** are the facts of cases; a row of an imported file is one event, whatever it led to.
- An **activity** is the other system's own word for an imported event, else the event's name.
- The facts of a case stand in the order in which they occurred; equal times in the log's order.
- **Hand-overs by member**: the members a case was assigned to, one after the other; being put into
  a queue is not a holder, and equal neighbours are one. A hand-over is a change, a **ping-pong**
  is A → B → A (overlaps count). **By queue**: the same over the departments.
- **Waiting** is clock time from the start of a wait to its end, or to the resolution. ``total``
  counts time spent waiting for two things at once only once. A wait that still runs is measured
  up to ``measured_to``: the window's ``as_of``, else the latest time at which anything happened to
  any request (taken back ones apart, voided ones too).
- **States** are those at the end of the window; ``reopened`` are the cases that ever came back.
- **Cycle times**: from a case's first fact to its last, for every case; from the opening to the
  last resolution, for cases that are resolved or closed. Exact, rounded half up to 4 decimals of a
  day (24 hours); null where there is nothing to measure.
- **promises**: which promised times were kept, by the clocks of all cases (``kept.py``, METRICS.md
  4), with the positions of the openings behind each figure.
- A case belongs to the **department** in whose queue it was last, as on the department's board.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import orjson

from application.store.log import NOW, Log, Window
from domain.business_hours import seconds_of
from domain.support.request import RequestRetracted
from domain.support.request_rules import REQUEST
from projections.documents import utc
from projections.reports.flow import (
    MICROSECOND,
    Cases,
    Cause,
    Course,
    State,
    Wait,
    course,
    grouped,
    ping_pongs,
    waited,
)
from projections.reports.kept import by_clock, evidence, promised
from projections.reports.lives import ALWAYS, NAMES, Lives
from projections.reports.replaying import ended, pages

Report = dict[str, Any]

TOP_PAIRS = 10
DAY = timedelta(days=1) // MICROSECOND
SECOND = timedelta(seconds=1) // MICROSECOND


def service_flow(
    log: Log,
    window: Window = NOW,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Report:
    """Replay the requests of the log as the window shows it, and report how they flowed.

    Without a position the window ends where the log ends now; the report says where. ``progress``
    is told the position reached and the one to reach.
    """
    window = ended(log, window)
    cases, lives = Cases(), Lives()
    for page in pages(log, window, NAMES, progress):
        for fact in page:
            if window.shows(fact) or isinstance(fact.event, ALWAYS):
                lives.take(fact)
            if fact.kind != REQUEST.kind:
                continue
            if window.shows(fact):
                cases.take(fact)
            elif isinstance(fact.event, RequestRetracted):
                cases.take_back(fact.stream_id)
    until = window.as_of or cases.last_at()
    clocks = list(promised(lives, None if until is None else seconds_of(until)))
    return (
        {"position": str(window.position), "as_of": window.as_of and utc(window.as_of)}
        | report(cases, window.as_of)
        | {"promises": {"clocks": by_clock(clocks), "evidence": evidence(clocks)}}
    )


def as_json(report: Report) -> bytes:
    """Write a report as JSON; the same report gives the same bytes."""
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)


def report(cases: Cases, as_of: datetime | None = None) -> Report:
    """Count what became of the cases."""
    until = as_of or cases.last_at()
    courses = [course(case, until) for case in cases.by_id.values()] if until else []
    counted = [each for each in courses if each.state is not State.VOIDED]
    activities = Counter(name for each in counted for name in each.activities)
    return {
        "report": "service-flow",
        "measured_to": until and utc(until),
        "facts": cases.facts,
        "cases": len(counted),
        "events": activities.total(),
        "activities": dict(activities),
        "states": _states(counted)
        | {
            "voided": len(courses) - len(counted),
            "reopened": sum(each.reopened for each in counted),
        },
        "by_member": _handing([each.holders for each in counted], "members"),
        "by_queue": _handing([each.queues for each in counted], "departments"),
        "waiting": _waiting(counted),
        "cycle_times": {
            "first_to_last_fact": _times([each.duration for each in counted]),
            "opening_to_resolution": _times(
                [each.resolved_after for each in counted if each.resolved_after is not None]
            ),
        },
        "by_kind": _table(counted, "kind"),
        "by_department": _table(counted, "department"),
    }


def _states(courses: Iterable[Course]) -> dict[str, int]:
    found = Counter(each.state for each in courses)
    return {str(each): found[each] for each in (State.OPEN, State.RESOLVED, State.CLOSED)}


def _handing(sequences: Sequence[Sequence[str]], holders: str) -> Report:
    changes = Counter(pair for sequence in sequences for pair in pairwise(sequence))
    returns = [ping_pongs(sequence) for sequence in sequences]
    return {
        "handovers": changes.total(),
        "cases_with_handover": sum(len(sequence) > 1 for sequence in sequences),
        "ping_pongs": sum(returns),
        "cases_with_ping_pong": sum(number > 0 for number in returns),
        holders: len({holder for sequence in sequences for holder in sequence}),
        "pairs": [
            {"from": giver, "to": receiver, "count": count}
            for (giver, receiver), count in _most_common(changes)[:TOP_PAIRS]
        ],
    }


def _most_common(changes: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(changes.items(), key=lambda item: (-item[1], item[0]))


def _waiting(courses: Sequence[Course]) -> Report:
    every = [each.waits for each in courses]
    return {
        "by_cause": [
            {"cause": str(cause)}
            | _waited([[wait for wait in waits if wait.cause is cause] for waits in every])
            for cause in Cause
        ],
        "total": _waited(every),
    }


def _waited(by_case: Iterable[Sequence[Wait]]) -> Report:
    found = [waits for waits in by_case if waits]
    exact = sum(waited(waits) // MICROSECOND for waits in found)
    return {
        "seconds": half_up(Fraction(exact, SECOND)),
        "waits": sum(len(waits) for waits in found),
        "running": sum(wait.running for waits in found for wait in waits),
        "cases": len(found),
    }


def _table(courses: Sequence[Course], by: str) -> list[Report]:
    return [
        {
            by: value,
            "cases": len(group),
            **_states(group),
            "median_days": _times([each.duration for each in group])["median_days"],
        }
        for value, group in grouped(courses, by).items()
    ]


def _times(durations: Sequence[timedelta]) -> Report:
    exact = sorted(duration // MICROSECOND for duration in durations)
    if not exact:
        return {"cases": 0, "median_days": None, "mean_days": None}
    middle = exact[(len(exact) - 1) // 2] + exact[len(exact) // 2]
    return {
        "cases": len(exact),
        "median_days": days(Fraction(middle, 2)),
        "mean_days": days(Fraction(sum(exact), len(exact))),
    }


def days(microseconds: Fraction) -> str:
    """Write a length of time in days of 24 hours with 4 decimals, rounded half up."""
    whole, decimals = divmod(half_up(microseconds * 10_000 / DAY), 10_000)
    return f"{whole}.{decimals:04}"


def half_up(value: Fraction) -> int:
    """Round a number that is not negative to the nearest whole one, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
