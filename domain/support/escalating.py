"""When a request is escalated next: a share of a promised time is used up, and it still runs.

Each share of each clock is escalated once. What rests or has stopped is not escalated: what it
reached before is, when it runs again.
"""

from collections.abc import Container, Iterable
from typing import NamedTuple

from domain.business_hours import WorkingTime
from domain.support.sla import SHARES, Reading, State
from domain.support.words import Clock


class Ahead(NamedTuple):
    """A share that is reached next, or was reached and not escalated yet."""

    at: int
    """In seconds since 1970."""
    percent: int
    clock: Clock
    cycle: int


def reaches(reading: Reading, share: int, until: int, hours: WorkingTime) -> int | None:
    """Return when a clock that runs at ``until`` reached one of ``SHARES``, or will."""
    reached = reading.reached[SHARES.index(share)]
    wanted = -(-share * reading.target // 100) - reading.elapsed
    return hours.reach(until, wanted) if reached is None else reached


def next_escalation(
    clocks: Iterable[Reading],
    done: Container[tuple[Clock, int, int]],
    until: int,
    hours: WorkingTime,
) -> Ahead | None:
    """Return what is escalated next if nothing happens before; ``done`` was already."""
    ahead = (
        Ahead(at, share, each.clock, each.cycle)
        for each in clocks
        if each.state is State.RUNNING
        for share in SHARES
        if (each.clock, each.cycle, share) not in done
        if (at := reaches(each, share, until, hours)) is not None
    )
    return min(ahead, default=None)
