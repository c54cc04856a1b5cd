"""Reading part of the log again for a report: which facts, up to where."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import orjson

from application.store.log import Log, Window
from domain.kernel import Recorded
from projections.documents import utc
from projections.reports.corrected import Corrections

Report = dict[str, Any]
Progress = Callable[[int, int], None]


def silent(_done: int, _all: int) -> None:
    """Tell nobody how far it is."""


def ended(log: Log, window: Window) -> Window:
    """Return the window with an end: where it says, or where the log ends now."""
    head = log.head()
    return replace(window, position=head if window.position is None else min(window.position, head))


def pages(
    log: Log, window: Window, names: Sequence[str], progress: Progress = silent
) -> Iterator[list[Recorded[Any]]]:
    """Return the facts of these names up to a window's position, corrected as is known there.

    The one way in which reports read the log; whether the window shows a fact is for them to ask,
    of the corrected one.
    """
    end = ended(log, window).position or 0
    known = Corrections.known(log, end)
    for page in log.pages(names=names, upto=end):
        yield known.of(page)
        progress(page[-1].position, end)
    progress(end, end)


def shown(
    log: Log, window: Window, names: Sequence[str], progress: Progress = silent
) -> Iterator[Recorded[Any]]:
    """Return the facts of these names that an ended window shows, in the log's order."""
    for page in pages(log, window, names, progress):
        yield from (fact for fact in page if window.shows(fact))


def heading(name: str, window: Window) -> Report:
    """Return what every report begins with: what it is, and which part of the log it shows."""
    return {
        "report": name,
        "position": str(window.position),
        "as_of": window.as_of and utc(window.as_of),
    }


def as_json(report: Report) -> bytes:
    """Write a report as JSON; the same report gives the same bytes."""
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
