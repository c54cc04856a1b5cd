"""Pages people wait for, timelines and lists of customers: in a small log and in a large one."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any
from uuid import UUID

import orjson
from figures import Sheet, Target
from live import high_water
from place import Place
from volume import customers, key_account, stored

from application.demo import landmarks
from application.store.pool import Pool
from application.store.recorder import LogRecorder
from domain.access.conditions import EVERYTHING
from domain.kernel import Subject
from projections.customers.customers import CUSTOMERS
from projections.history import History
from projections.kernel import Projections
from projections.reader import After, ListQuery, Reader
from projections.subjects import SUBJECTS
from projections.timeline import shown

NEEDED = (SUBJECTS, CUSTOMERS)
"""The read models these pages come from; a large log is built with no others."""
PAGE = 50
LARGER = Target(1.5, at_least=False)

Ask = Callable[[], Any]


def measure(
    sheet: Sheet, place: Place, small: tuple[str, int], large: tuple[str, int], *, rounds: int
) -> None:
    """Measure each page in the small and the large log (dsn, facts) in turn."""
    sheet.say(f"Pages, {rounds} rounds")
    for dsn, _ in (small, large):
        place.administer("analyze", dsn)  # as autovacuum has done long ago where logs grow slowly
    found = place.child("pages", "look", logs=[small, large], rounds=rounds, seed=sheet.seed)
    group = f"Pages of {PAGE}, in a log of {small[1]:,} and of {large[1]:,} facts"
    for name, (few, many) in found.items():
        first = sheet.add(group, f"{name}, {small[1]:,}", "ms", few)
        sheet.compare(sheet.add(group, f"{name}, {large[1]:,}", "ms", many), first, LARGER)


def build(dsn: str, wanted: int, marks: Sequence[int], until: float) -> dict[str, Any]:
    """Append so many facts and project them, chunk by chunk, until done or out of time.

    Return how many there are then, and the memory (MB) this process had needed at the marks.
    """
    pool = Pool(dsn)
    try:
        recorder, projections = LogRecorder(pool), Projections(pool, NEEDED)
        projections.ensure()
        facts, memory = 0, []
        for chunk in stored(wanted):
            recorder.insert_events(chunk)
            projections.catch_up()
            facts += len(chunk)
            if len(memory) < len(marks) and facts >= marks[len(memory)]:
                memory.append((facts, high_water()))
            if time.monotonic() > until:
                break
        return {"facts": facts, "memory": memory}
    finally:
        pool.close()


def look(logs: list[tuple[str, int]], rounds: int, seed: int) -> dict[str, list[list[float]]]:
    """Look at every page in every log; return the median milliseconds of each round."""
    pools = [Pool(dsn) for dsn, _ in logs]
    rng = random.Random(seed)
    try:
        books = [
            asks(Reader(pool), customers(facts, 200, rng))
            for pool, (_, facts) in zip(pools, logs, strict=True)
        ]
        found: dict[str, list[list[float]]] = {name: [[] for _ in logs] for name in books[0]}
        for number in range(rounds + 1):
            for name, medians in found.items():
                taken: list[list[float]] = [[] for _ in logs]
                for _ in range(60):
                    for each, book in zip(taken, books, strict=True):
                        began = time.perf_counter()
                        book[name]()
                        each.append((time.perf_counter() - began) * 1000)
                for median, each in zip(medians, taken, strict=True):
                    if number:  # the first round warms up
                        median.append(statistics.median(each))
        return found
    finally:
        for pool in pools:
            pool.close()


def asks(reader: Reader, chosen: list[UUID]) -> dict[str, Ask]:
    """Return what is asked of one log, by the name of the page."""
    history, turn = History(reader), cycle(chosen)
    owner = {"owner_id": str(landmarks().member_id)}

    def timeline(of: UUID) -> list[bytes]:
        facts = history.timeline(Subject("customer", of), limit=PAGE + 1)
        return [orjson.dumps(shown(fact)) for fact in facts]

    def listed(**asked: Any) -> Any:
        return reader.documents(CUSTOMERS, ListQuery(condition=EVERYTHING, limit=PAGE, **asked))

    third: After | None = None
    for _ in range(2):
        third = listed(sort="last_contact_at", descending=True, after=third).next
    return {
        "timeline of a customer": lambda: timeline(next(turn)),
        "timeline of the key account": lambda: timeline(key_account()),
        "customers by name": lambda: listed(sort="name"),
        "customers by last contact, third page": lambda: listed(
            sort="last_contact_at", descending=True, after=third
        ),
        "customers of one owner": lambda: listed(sort="name", filters=owner),
    }
