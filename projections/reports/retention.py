"""Retention: which customers stayed, came, left and came back in a period, and whose they were.

A report by replay. Definitions (cases/README.md 5 "retention", METRICS.md 6, 7, 13, which follow
Farris, *Marketing Metrics*):

- **Active at t**, by ``contract``: one started before t and did not end before t. By ``orders``: a
  real order (``orders.py``) within [t - gap_days · 24 h, t).
- **opening**: active at the period's start; **active_at_end**: at its end; **new_active**: at its
  end only.
- Who is active at the start and not at the end is **lost**: ``churn`` = lost, ``retention`` = kept,
  each in percent of opening; null where nobody was there.
- **won_back**: lapsed inside the period, yet active at both ends. Not lost.
- **lost_on**: the local date of the last end of a contract, or of the last real order + gap, before
  the period's end. ``owner_days`` and ``share`` (percent): whose the customer was in the 90 local
  dates before it (``owning.py``).
- **evidence** of each customer that counts: the positions of the facts by which they were active.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from application.store.log import NOW, Log, Window
from domain.customers.customer import CustomerRetracted
from domain.days import day_of
from domain.ids import CustomerId
from projections.reports.activity import (
    CONTRACT_EVENTS,
    Contracts,
    Span,
    Spans,
    bought,
    lapses,
)
from projections.reports.orders import ORDER_EVENTS, Orders
from projections.reports.owning import OWNERSHIP_EVENTS, Owners
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import percent, places

GAP_DAYS = 90


class Basis(StrEnum):
    """What makes a customer active."""

    CONTRACT = "contract"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Question:
    """Which period, and what being a customer means in it."""

    period: Period
    basis: Basis
    gap_days: int = GAP_DAYS
    """How long after an order a customer counts as one; of basis orders only."""


def retention(
    log: Log, question: Question, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Replay contracts or orders, and who owned whom, and report which customers stayed."""
    window = ended(log, window)
    orders, contracts, owners = Orders(), Contracts(), Owners()
    by_orders = question.basis is Basis.ORDERS
    taken = CustomerRetracted.__event_name__  # type: ignore[attr-defined]
    names = (*(ORDER_EVENTS if by_orders else CONTRACT_EVENTS), *OWNERSHIP_EVENTS, taken)
    facts = 0
    for fact in shown(log, window, names, progress):
        facts += 1
        if fact.kind == "ownership":
            owners.take(fact)
        elif by_orders:
            orders.take(fact)
        else:
            contracts.take(fact)
    gap = timedelta(days=question.gap_days)
    spans = bought(orders, gap) if by_orders else contracts.spans()
    return (
        heading("retention", window)
        | {
            "from": question.period.first.isoformat(),
            "to": question.period.last.isoformat(),
            "basis": question.basis.value,
            "gap_days": question.gap_days if by_orders else None,
            "facts": facts,
        }
        | report(spans, owners, question.period)
    )


def report(spans: Spans, owners: Owners, period: Period) -> Report:
    """Count who stayed, came, left and came back."""
    first, last = (
        {id_ for id_, told in spans.items() if any(span.holds(instant) for span in told)}
        for instant in (period.start, period.end)
    )
    lost = sorted(first - last)
    kept = first & last
    won_back = sorted(id_ for id_ in kept if lapses(spans[id_], period.start, period.end))
    return {
        "opening": len(first),
        "active_at_end": len(last),
        "new_active": len(last - first),
        "won_back": [str(id_) for id_ in won_back],
        "churn": percent(len(lost), len(first)),
        "retention": percent(len(kept), len(first)),
        "lost": {str(id_): _lost(id_, spans[id_], owners, period) for id_ in lost},
        "evidence": {str(id_): _evidence(spans[id_], period) for id_ in sorted(first | last)},
    }


def _lost(id_: CustomerId, spans: Sequence[Span], owners: Owners, period: Period) -> Report:
    # Not active at the end, so that every span that began before it has ended before it.
    left_at = max(span.until for span in spans if span.until and span.since < period.end)
    lost_on = day_of(left_at, period.zone)
    shares = owners.shares(id_, lost_on, left_at, period.zone)
    return {
        "lost_on": lost_on.isoformat(),
        "owner_days": {str(owner): days for owner, days in sorted(shares.days.items())},
        "share": {str(owner): places(100 * part) for owner, part in sorted(shares.parts.items())},
    }


def _evidence(spans: Sequence[Span], period: Period) -> list[str]:
    counted = {
        position
        for span in spans
        if span.since < period.end and (span.until is None or span.until >= period.start)
        for position in span.evidence
    }
    return [str(position) for position in sorted(counted)]
