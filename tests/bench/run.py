"""``make bench``: how fast Concord is, by the side of what it is measured against.

Everything runs on one durable PostgreSQL that is started for it; each figure takes turns with its
reference, round after round, and the median counts. What is started is ended, also by Ctrl-C or
when the time is up.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import access
import appends
import lag
import live
import lives
import over_http
import pages
import promises
import replay
import scorecards
import search
import timers
from figures import Sheet
from place import Place, settled
from rich.console import Console
from volume import append

from application.crm import Crm
from application.demo import tell
from application.store.pool import Pool
from application.store.recorder import LogRecorder
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured, and for how long at most."""

    rounds: int
    seconds: float
    """Of one round of one figure."""
    facts: int
    """In the log that is replayed, projected and looked at."""
    large: int
    """In the log whose pages are compared with that one's."""
    build: float
    """When building the large log must end, in seconds from the start."""
    limit: float
    """When everything must end."""


QUICK = Size(rounds=3, seconds=0.6, facts=20_000, large=200_000, build=95, limit=114)
FULL = Size(rounds=5, seconds=2.0, facts=100_000, large=1_000_000, build=900, limit=3600)
LARGE = Size(rounds=5, seconds=2.0, facts=100_000, large=10_000_000, build=9000, limit=10_000)


MILLION = 1_000_000


class TimeIsUp(Exception):
    """The run has taken as long as it may."""


def main() -> int:
    """Measure, show the table, write the JSON; 1 where something could not be measured."""
    asked = arguments()
    console = Console(width=None if sys.stdout.isatty() else 110)
    sheet = Sheet(asked.seed, console)
    whole = True
    with bounded(asked.size.limit):
        try:
            with settled(asked.folder) as place:
                run(sheet, place, asked.size, asked.only)
        except TimeIsUp:
            sheet.note(f"The time was up after {asked.size.limit:,.0f} s: the rest is missing.")
            whole = False
        except KeyboardInterrupt:
            sheet.note("Stopped: the rest is missing.")
            whole = False
    sheet.finish()
    console.print(sheet.table())
    for sentence in sheet.notes:
        console.print(f"Note: {sentence}", highlight=False)
    if asked.json:
        sheet.write(asked.json)
    return 0 if whole else 1


def arguments() -> Any:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const=QUICK, default=FULL)
    size.add_argument("--large", dest="size", action="store_const", const=LARGE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round there")
    parser.add_argument(
        "--folder", type=Path, help="a folder on the disk to measure (default: /var/tmp)"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*PARTS],
        help="none: all; in --quick not access, promises, scorecards, search, timers",
    )
    told = parser.parse_args()
    told.only = told.only or [name for name in PARTS if told.size is not QUICK or name not in SLOW]
    return told


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise ``TimeIsUp`` when the time is up, and treat an end asked for as Ctrl-C."""

    def stop(number: int, _frame: object) -> None:
        raise TimeIsUp if number == signal.SIGALRM else KeyboardInterrupt

    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(sheet: Sheet, place: Place, size: Size, only: list[str]) -> None:
    """Measure the parts that are asked for."""
    ((version,),) = place.administer("show server_version")
    sheet.about |= {"postgresql": version, "size": vars(size) | {"parts": only}}
    for name in only:
        PARTS[name](sheet, place, size)


def of_appends(sheet: Sheet, place: Place, size: Size) -> None:
    appends.measure(sheet, place, writers=[1, 4, 16, 32], rounds=size.rounds, seconds=size.seconds)


def of_lives(sheet: Sheet, place: Place, size: Size) -> None:
    lives.measure(sheet, place, rounds=size.rounds)


def of_company(sheet: Sheet, place: Place, size: Size) -> None:
    """Measure what goes on around the sample company: requests over HTTP, and the lag."""
    dsn = _company(place, "company")
    over_http.measure(sheet, place, dsn, rounds=size.rounds, seconds=size.seconds)
    lag.measure(sheet, place, dsn, rounds=size.rounds, seconds=size.seconds * 3)


def _company(place: Place, name: str) -> str:
    dsn = place.database(name)
    crm = Crm(dsn)
    tell(crm)
    projections = Projections(crm.pool, PROJECTIONS)
    projections.ensure()
    projections.catch_up()
    crm.close()
    return dsn


def of_access(sheet: Sheet, place: Place, size: Size) -> None:
    """Measure what it costs that not everybody may see everything."""
    dsn = _company(place, "seen")
    access.measure(sheet, place, dsn, rounds=size.rounds, seconds=size.seconds)


def of_search(sheet: Sheet, place: Place, size: Size) -> None:
    """Measure how long it takes to find a customer among as many as there may be."""
    customers = min(size.large, MILLION)
    search.measure(sheet, place, place.database("sought"), customers, rounds=size.rounds)


def of_timers(sheet: Sheet, place: Place, size: Size) -> None:
    timers.measure(sheet, place, rounds=size.rounds)


def of_promises(sheet: Sheet, place: Place, size: Size) -> None:
    """Measure how quickly the clocks of very many requests are recomputed."""
    requests = size.facts if size is QUICK else MILLION
    promises.measure(sheet, place, place.database("promises"), requests=requests)


def of_scorecards(sheet: Sheet, place: Place, size: Size) -> None:
    """Measure how quickly the work of everybody is scored."""
    facts = size.facts if size is QUICK else MILLION
    dsn = place.database("scored")
    scorecards.measure(sheet, place, dsn, facts=facts, rounds=max(1, size.rounds // 2))


def of_reading(sheet: Sheet, place: Place, size: Size) -> None:
    """Measure what depends on how much the log holds: replay, projections, pages, memory."""
    small = place.database("small")
    pool = Pool(small)
    sheet.say(f"Appending {size.facts:,} facts")
    append(LogRecorder(pool), size.facts)
    pool.close()
    live.measure(sheet, place, small, size.facts, rounds=max(1, size.rounds // 2))
    replay.measure(sheet, place, small, rounds=size.rounds)
    large = place.database("large")
    sheet.say(f"Building a log of {size.large:,} facts")
    built = place.child(
        *("pages", "build"),
        dsn=large,
        wanted=size.large,
        marks=[size.facts, 4 * size.facts],
        until=sheet.began + size.build,
    )
    facts = built["facts"]
    if facts < size.large:
        sheet.note(f"The large log has {facts:,} facts, not {size.large:,}: no time for more.")
    if len(built["memory"]) == 2:
        live.tell_memory(sheet, built["memory"])
    pages.measure(sheet, place, (small, size.facts), (large, facts), rounds=size.rounds)
    if facts < LARGE.large:
        sheet.note(
            f"Pages were compared at {size.facts:,} and {facts:,} facts; the target is about"
            f" {FULL.facts:,} and {LARGE.large:,}: make bench-large."
        )


PARTS: dict[str, Callable[[Sheet, Place, Size], None]] = {
    "appends": of_appends,
    "lives": of_lives,
    "company": of_company,
    "access": of_access,
    "timers": of_timers,
    "reading": of_reading,
    "search": of_search,
    "promises": of_promises,
    "scorecards": of_scorecards,
}
SLOW = {"access", "promises", "scorecards", "search", "timers"}
"""What a quick run leaves out unless it is asked for."""


if __name__ == "__main__":
    sys.exit(main())
