"""The live projection: how fast read models follow and are rebuilt, and in how much memory."""

import resource
import sys
import time
from typing import Any

from figures import Sheet, Target
from place import Place

from application.store.pool import Pool
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections

EVENTS = Target(10_000)
FLAT = Target(1.1, at_least=False)
"""Memory at four times the facts."""


def measure(sheet: Sheet, place: Place, dsn: str, facts: int, *, rounds: int) -> None:
    """Measure catching up with facts that were appended before, then each rebuild."""
    names = [projection.name for projection in PROJECTIONS]
    place.administer("analyze", dsn)  # as autovacuum does within a minute
    sheet.say(f"Live projection of {facts:,} facts")
    found = place.child("live", "follow", dsn=dsn, names=names, window=max(1000, facts // 5))
    group = "Projection, events/s"
    sheet.add(group, "live, all read models", "/s", found["rates"], EVENTS)
    sheet.say(f"Rebuilding each, {rounds} rounds")
    rebuilt = place.child("live", "rebuild", dsn=dsn, facts=facts, rounds=rounds)
    for name in names:
        sheet.add(group, f"rebuild of {name}", "/s", rebuilt[name])


def tell_memory(sheet: Sheet, megabytes: list[tuple[int, float]]) -> None:
    """Compare the memory a process had come to need at some facts and at four times as many."""
    (few, before), (many, after) = megabytes
    group = "Memory of the projecting process, high-water mark"
    first = sheet.add(group, f"at {few:,} facts", "MB", [before])
    sheet.compare(sheet.add(group, f"at {many:,} facts", "MB", [after]), first, FLAT)


def follow(dsn: str, names: list[str], window: int) -> dict[str, Any]:
    """Catch up; return the facts a second of each window, and the memory needed until its end."""
    pool = Pool(dsn)
    try:
        projections = Projections(pool, [each for each in PROJECTIONS if each.name in names])
        projections.ensure()
        rates, megabytes, facts, read = [], [], 0, 1
        while read:
            began, before = time.perf_counter(), facts
            while facts - before < window and (read := projections.step()):
                facts += read
            if facts - before >= window // 2:  # the last one may be too short to say anything
                rates.append((facts - before) / (time.perf_counter() - began))
                megabytes.append((facts, high_water()))
        if stopped := [each.error for each in projections.standings() if each.error]:
            raise RuntimeError(stopped[0])
        return {"rates": rates, "megabytes": megabytes}
    finally:
        pool.close()


def rebuild(dsn: str, facts: int, rounds: int) -> dict[str, list[float]]:
    """Rebuild every projection so often; return the facts a second."""
    pool = Pool(dsn)
    try:
        projections = Projections(pool, PROJECTIONS)
        found: dict[str, list[float]] = {name: [] for name in projections.catalogue}
        for _ in range(rounds):
            for name, rates in found.items():
                began = time.perf_counter()
                projections.rebuild(name)
                rates.append(facts / (time.perf_counter() - began))
        return found
    finally:
        pool.close()


def high_water() -> float:
    """Return the most memory this process has needed so far, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
