"""Replay: rows read raw, decoded, and folded into every read model's documents in memory."""

import time
from uuid import UUID

from figures import Sheet, Target
from place import Place

from application.store.log import _COLUMNS, PAGE, Log
from application.store.pool import Pool
from projections.catalogue import READ_MODELS
from projections.documents import Document, ReadModel

FOLDED = Target(0.4)
"""Of the raw rows a second."""


def measure(sheet: Sheet, place: Place, dsn: str, *, rounds: int) -> None:
    """Measure the three in turn, in a process of their own, over the whole log."""
    sheet.say(f"Replay, {rounds} rounds")
    found = place.child("replay", "replays", dsn=dsn, rounds=rounds)
    group = "Replay, events/s"
    raw = sheet.add(group, "raw rows", "/s", found["raw"])
    sheet.compare(sheet.add(group, "decoded", "/s", found["decoded"]), raw)
    folded = sheet.add(group, "folded into all documents", "/s", found["folded"])
    sheet.compare(folded, raw, FOLDED)


def replays(dsn: str, rounds: int) -> dict[str, list[float]]:
    """Replay the log so often in each way; return the facts a second."""
    pool = Pool(dsn)
    try:
        ways = {"raw": raw, "decoded": decoded, "folded": folded}
        raw(pool)  # once, so that the first round finds the pages in memory as the others do
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                began = time.perf_counter()
                facts = way(pool)
                found[name].append(facts / (time.perf_counter() - began))
        return found
    finally:
        pool.close()


def raw(pool: Pool) -> int:
    """Read the rows as ``Log.pages`` does, and nothing more."""
    facts, after = 0, 0
    while True:
        with pool.reading() as cursor:
            cursor.execute(
                f"select {_COLUMNS} from log.events where id > %s and id < log.horizon()"
                " order by id limit %s",
                (after, PAGE),
            )
            rows = cursor.fetchall()
        if not rows:
            return facts
        facts, after = facts + len(rows), rows[-1][0]


def decoded(pool: Pool) -> int:
    return sum(map(len, Log(pool).pages()))


def folded(pool: Pool) -> int:
    """Fold page after page into documents, as a read model does between reading and writing."""
    facts = 0
    models: list[tuple[ReadModel, dict[UUID, Document]]] = [(model, {}) for model in READ_MODELS]
    for page in Log(pool).pages():
        facts += len(page)
        for model, documents in models:
            for key, about in model.concerned(page).items():
                document = model.run(documents.pop(key, None), key, about)
                if document is not None:
                    documents[key] = document
    return facts
