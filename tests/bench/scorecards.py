"""Everybody's scorecards: against the time it takes to read the raw rows once, and the memory."""

import gc
import resource
import time
from datetime import date
from itertools import islice
from zoneinfo import ZoneInfo

from eventsourcing.persistence import StoredEvent
from figures import Sheet, Target
from place import Place
from replay import raw
from workforce import RULES, stored

from application.store.log import Log
from application.store.pool import Pool
from application.store.recorder import LogRecorder
from projections.reports.period import Period
from projections.scoring.asked import Terms
from projections.scoring.many import Manner, scorecards

CHUNK = 5_000
MEMBERS = 1_000
PROCESSES = (1, 2)
ONCE = Target(4.0, at_least=False)
"""Times reading the raw rows once, on each core."""
QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1), ZoneInfo("Asia/Shanghai"))


def measure(sheet: Sheet, place: Place, dsn: str, *, facts: int, rounds: int) -> None:
    """Fill a log with a year of a company, then score all its members, in turn with reading it."""
    sheet.say(f"Scorecards: {facts:,} facts of {MEMBERS:,} members")
    fill(dsn, facts)
    place.administer("analyze", dsn)  # as autovacuum does within a minute
    group = f"Scorecards of {MEMBERS:,} members over {facts:,} facts"
    for processes in PROCESSES:
        sheet.say(f"Scorecards by {processes} processes")
        found = [
            place.child("scorecards", "scored_once", dsn=dsn, processes=processes)
            for _ in range(rounds)
        ]
        raw_rows = sheet.add(group, f"raw rows, before {processes}", "s", _of(found, "raw"))
        name = f"scored by {processes} process{'es' if processes > 1 else ''}"
        scored = sheet.add(group, f"{name}, s a core", "s", _of(found, "a_core"))
        sheet.add(group, f"{name}, s in all", "s", _of(found, "scored"))
        sheet.compare(scored, raw_rows, ONCE)
        sheet.add(group, f"{name}, peak memory of one", "MB", _of(found, "megabytes"))


def _of(found: list[dict[str, float]], name: str) -> list[float]:
    return [each[name] for each in found]


def scored_once(dsn: str, processes: int) -> dict[str, float]:
    """Read the raw rows, then score everybody; return how long each took, and the peak memory."""
    pool = Pool(dsn)
    try:
        raw(pool)  # once, so that the pages are in memory
        gc.collect()
        began = time.perf_counter()
        raw(pool)
        reading = time.perf_counter() - began
        began = time.perf_counter()
        terms = Terms(period=QUARTER, rules=RULES)
        cards = sum(1 for _ in scorecards(Log(pool), terms, manner=Manner(processes=processes)))
        seconds = time.perf_counter() - began
    finally:
        pool.close()
    if cards != MEMBERS:
        raise RuntimeError(f"There are {cards} scorecards.")
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "raw": reading,
        "scored": seconds,
        "a_core": seconds * processes,
        "megabytes": peak / 1024,
    }


def fill(dsn: str, facts: int) -> None:
    """Append so many facts, in chunks."""
    pool = Pool(dsn)
    recorder, events = LogRecorder(pool), stored(MEMBERS, facts)
    chunk: list[StoredEvent]
    while chunk := list(islice(events, CHUNK)):
        recorder.insert_events(chunk)
    pool.close()
