"""Complaints: how many came in, how soon they were answered, what they cost, and their causes.

A report by replay. Definitions (METRICS.md 1, rules, 38-41):

- **Cohort**: the requests of kind complaint **opened** inside the period, each counted once. Those
  that were voided, whenever, are **excluded**, each with why (spam, duplicate …); of customers
  registered by mistake there are none. What became of the cohort is told as the window shows it.
- **acknowledgement**: **within** the target where the first acknowledgement came no later than
  ``acknowledge_hours`` after the opening, else **late**, as is one overdue; **pending** is neither
  yet. ``percent`` = within / (within + late). Hours of the clock, not of business: business times
  are the service level report's.
- **resolution**: the same with ``resolve_hours`` and the last resolution, where the complaint did
  not come back since: one that came back has not been resolved before.
- **measured_to**: ``as_of``, else the latest time at which anything happened to a complaint.
- **resolved**: resolved at least once. **reopened**: of those, which came back.
  ``reopen_rate`` = reopened / resolved, ``resolution_rate`` = resolved and never back / opened.
- **settled**: the customer's last word on how it was settled; ``percent`` = accepted / either.
- **compensation**: what was approved, currency by currency; currencies are never added.
- **causes**: as last classified, the most frequent first (equal: by name); what nobody classified
  comes last in a line of its own, so that ``cumulative`` always comes to 100.
- **active_customers**: with a contract that held, or a real order not longer than 90 days ago, at
  any time of the period. ``complaint_rate`` = opened / active customers (fewer complaints may mean
  that people gave up complaining).
- Rates are percent with two decimals, exact and rounded half up once; null of nothing.
- **evidence**: the positions of the facts that a figure counts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

from application.store.log import NOW, Log, Window
from domain.ids import CustomerId
from domain.money import Money, total
from domain.support.complaint import Cause
from domain.support.improvement import Figure
from projections.documents import utc
from projections.reports.activity import CONTRACT_EVENTS, Contracts, Spans, bought
from projections.reports.complaint_cases import COMPLAINT_EVENTS, Case, Cases, Mark
from projections.reports.orders import ORDER_EVENTS, Orders
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.retention import GAP_DAYS
from projections.reports.rounding import percent

ACKNOWLEDGE_HOURS = 24
RESOLVE_HOURS = 120
UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True)
class Question:
    """Which period, and in how many hours a complaint is to be acknowledged and resolved."""

    period: Period
    acknowledge_hours: int = ACKNOWLEDGE_HOURS
    resolve_hours: int = RESOLVE_HOURS


def complaints(
    log: Log, question: Question, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Replay complaints, and who bought from us, and report how they were dealt with."""
    window = ended(log, window)
    cases, orders, contracts = Cases(), Orders(), Contracts()
    names = (*COMPLAINT_EVENTS, *ORDER_EVENTS, *CONTRACT_EVENTS)
    for fact in shown(log, window, names, progress):
        if fact.kind in {"order", "customer"}:
            orders.take(fact)
        if fact.kind in {"contract", "customer"}:
            contracts.take(fact)
        if fact.kind not in {"order", "contract"}:
            cases.take(fact)
    gap = timedelta(days=GAP_DAYS)
    until = window.as_of or cases.last_at
    period = question.period
    return (
        heading("complaints", window)
        | {
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "acknowledge_hours": question.acknowledge_hours,
            "resolve_hours": question.resolve_hours,
            "measured_to": until and utc(until),
            "facts": cases.facts,
        }
        | report(cases, question, until)
        | per_customer(cases, [contracts.spans(), bought(orders, gap)], period)
    )


def report(cases: Iterable[Case], question: Question, until: datetime | None) -> Report:
    """Count the complaints of the period."""
    opened = [case for case in cases if question.period.holds(case.opened.at)]
    cohort = [case for case in opened if case.voided is None]
    resolved = [case for case in cohort if case.resolutions]
    back = [case for case in resolved if case.reopenings]
    for_good = [case for case in resolved if case.resolved and not case.reopenings]
    return {
        "opened": _figure(_openings(cohort), len(cohort)),
        "excluded": [_excluded(case) for case in opened if case.voided is not None],
        "acknowledgement": _timely(
            cohort, lambda case: case.acknowledged, question.acknowledge_hours, until
        ),
        "resolution": _timely(cohort, lambda case: case.resolved, question.resolve_hours, until),
        "resolved": _figure((p for case in resolved for p in case.resolutions), len(resolved)),
        "reopened": _figure((p for case in back for p in case.reopenings), len(back)),
        "reopen_rate": percent(len(back), len(resolved)),
        "resolution_rate": percent(len(for_good), len(cohort)),
        "settled": _settled(cohort),
        "compensation": _compensation(cohort),
        "causes": _causes(cohort),
    }


# --- Parts --------------------------------------------------------------------------------------


def _figure(positions: Iterable[int], count: int) -> Report:
    return {"count": count, "evidence": _told(positions)}


def _told(positions: Iterable[int]) -> list[str]:
    return [str(position) for position in sorted(set(positions))]


def _openings(cases: Iterable[Case]) -> list[int]:
    return [case.opened.position for case in cases]


def _excluded(case: Case) -> Report:
    because, position = case.voided or (None, 0)
    return {
        "request_id": str(case.id),
        "because": because,
        "evidence": _told([case.opened.position, position]),
    }


def _timely(
    cohort: Iterable[Case],
    reached: Callable[[Case], Mark | None],
    hours: int,
    until: datetime | None,
) -> Report:
    target = timedelta(hours=hours)
    found: dict[str, list[list[int]]] = {"within": [], "late": [], "pending": []}
    for case in cohort:
        mark, opened = reached(case), case.opened
        end = mark.at if mark else (until or opened.at)
        met = "within" if mark else "pending"
        kept = [opened.position, *([mark.position] if mark else [])]
        found["late" if end - opened.at > target else met].append(kept)
    within, late = len(found["within"]), len(found["late"])
    return {
        **{
            name: _figure((p for kept in each for p in kept), len(each))
            for name, each in found.items()
        },
        "percent": percent(within, within + late),
    }


def _settled(cohort: Iterable[Case]) -> Report:
    words = [case.settled for case in cohort if case.settled]
    accepted = [position for yes, position in words if yes]
    not_accepted = [position for yes, position in words if not yes]
    return {
        "accepted": _figure(accepted, len(accepted)),
        "not_accepted": _figure(not_accepted, len(not_accepted)),
        "percent": percent(len(accepted), len(words)),
    }


def _compensation(cohort: Iterable[Case]) -> list[Report]:
    granted: dict[str, list[tuple[Money, int]]] = defaultdict(list)
    for case in cohort:
        for amount, position in case.granted:
            granted[amount.currency].append((amount, position))
    return [
        {
            "currency": currency,
            "amount": total((amount for amount, _ in each), currency).amount,
            **_figure((position for _, position in each), len(each)),
        }
        for currency, each in sorted(granted.items())
    ]


def _causes(cohort: Sequence[Case]) -> list[Report]:
    by_cause: dict[Cause | None, list[Case]] = defaultdict(list)
    for case in cohort:
        by_cause[case.cause].append(case)
    ranked = sorted(
        by_cause.items(),
        key=lambda item: (item[0] is None, -len(item[1]), item[0] or ""),
    )
    lines, upto = [], 0
    for cause, cases in ranked:
        upto += len(cases)
        lines.append(
            {
                "cause": cause or UNCLASSIFIED,
                "share": percent(len(cases), len(cohort)),
                "cumulative": percent(upto, len(cohort)),
                **_figure((case.classified or case.opened.position for case in cases), len(cases)),
            }
        )
    return lines


def per_customer(cases: Iterable[Case], told: Iterable[Spans], period: Period) -> Report:
    """Count who was active in the period, and how many complaints there were for each hundred."""
    active: set[CustomerId] = set()
    evidence: set[int] = set()
    for spans in told:
        for customer_id, own in spans.items():
            held = [
                span
                for span in own
                if span.since < period.end and (span.until is None or span.until >= period.start)
            ]
            if held:
                active.add(customer_id)
                evidence.update(position for span in held for position in span.evidence)
    opened = sum(case.voided is None and period.holds(case.opened.at) for case in cases)
    return {
        "active_customers": _figure(evidence, len(active)),
        "complaint_rate": percent(opened, len(active)),
    }


# --- One figure ---------------------------------------------------------------------------------


def figure(found: Report, which: Figure, cause: Cause | None) -> Decimal | None:
    """Return one figure of a report, None of nothing."""
    opened: int = found["opened"]["count"]
    line = next((each for each in found["causes"] if each["cause"] == cause), None)
    match which:
        case Figure.COMPLAINTS:
            return Decimal(opened if cause is None else line["count"] if line else 0)
        case Figure.CAUSE_SHARE:
            share = line["share"] if line else percent(Fraction(0), opened)
            return None if share is None else Decimal(share)
        case Figure.COMPLAINT_RATE | Figure.REOPEN_RATE:
            name = "complaint_rate" if which is Figure.COMPLAINT_RATE else "reopen_rate"
            return None if found[name] is None else Decimal(found[name])
        case _:
            assert_never(which)
