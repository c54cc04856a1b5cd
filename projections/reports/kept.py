"""How many promises were kept: the figures that reports give of clocks, with their evidence.

A clock is **met** if it stopped with no more business time used than promised, **breached** from
the first instant beyond, for good, and **pending** as long as neither is so. ``percent_met`` is the
share of met ones among met and breached ones. **median_seconds** and **p90_seconds** are of the
business time used by clocks that have stopped: the middle one (of an even number the mean of both,
rounded half up), and the least that at least nine in ten do not exceed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from domain.support.sla import Reading, State
from domain.support.words import Clock
from projections.reports.lives import Gathered, Lives
from projections.reports.replaying import Report
from projections.reports.rounding import percent

P90 = Fraction(9, 10)
OUTCOMES = ("met", "breached", "pending")


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


def promised(lives: Lives, until: int | None) -> Iterator[Counted]:
    """Yield the clocks of all requests that count and were promised anything, at an instant."""
    for id_, request in lives.by_id.items():
        if until is None or request.voided is not None:
            continue
        life = lives.life(id_, until)
        if life is not None:
            for reading in lives.readings(life):
                yield Counted(id_, request, reading)


def by_clock(clocks: Iterable[Counted]) -> list[Report]:
    """Return, for each kind of clock, how many promises were kept, and how long it took."""
    found: dict[Clock, list[Counted]] = {clock: [] for clock in Clock}
    for each in clocks:
        found[each.reading.clock].append(each)
    return [{"clock": str(clock)} | figures(group) for clock, group in found.items()]


def figures(group: Sequence[Counted]) -> Report:
    """Return how many of some clocks were met, breached and pending, and what they used."""
    outcomes = Counter(each.outcome for each in group)
    met, breached = outcomes["met"], outcomes["breached"]
    used = sorted(each.reading.elapsed for each in group if each.reading.state is State.STOPPED)
    return {
        "met": met,
        "breached": breached,
        "pending": outcomes["pending"],
        "percent_met": percent(met, met + breached),
        "median_seconds": _median(used),
        "p90_seconds": _nearest(used, P90),
    }


def _median(ordered: Sequence[int]) -> int | None:
    if not ordered:
        return None
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2] + 1) // 2


def _nearest(ordered: Sequence[int], share: Fraction) -> int | None:
    return ordered[-(-len(ordered) * share // 1) - 1] if ordered else None


def evidence(clocks: Iterable[Counted]) -> list[Report]:
    """Return, for each kind of clock, the openings of the requests behind each of its figures."""
    found: dict[Clock, dict[str, list[int]]] = {
        clock: {outcome: [] for outcome in OUTCOMES} for clock in Clock
    }
    for each in clocks:
        found[each.reading.clock][each.outcome].append(each.request.positions[0])
    return [
        {"clock": str(clock)}
        | {outcome: [str(at) for at in sorted(set(places))] for outcome, places in told.items()}
        for clock, told in found.items()
    ]
