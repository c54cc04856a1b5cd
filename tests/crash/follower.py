"""A reader of the log in a process of its own, which notes every fact in the order it sees it.

``python follower.py FILE`` with DATABASE_URL; a line for each fact. It survives a database that
goes away, and ends when it is told to or when whoever started it is gone.
"""

import hashlib
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eventsourcing.persistence import PersistenceError

import application.catalogue  # noqa: F401 - the events of every context, to be read
from application.store.log import Log
from application.store.pool import Pool
from domain.kernel import Recorded

POLL_SECONDS = 0.01


def line(fact: Recorded[Any]) -> str:
    """All of a fact: where it stands in the log, and a hash of what it says."""
    said = repr((fact.name, fact.recorded_at, fact.event, fact.envelope)).encode()
    digest = hashlib.sha256(said).hexdigest()[:24]
    return f"{fact.position} {fact.stream_id} {fact.version} {digest}"


def lines(log: Log) -> Iterable[str]:
    """The whole log as it is now, a line for each fact."""
    for page in log.pages():
        yield from map(line, page)


def noted(file: Path) -> list[str]:
    """What a follower has noted so far; a line that is still being written does not count."""
    return file.read_text().split("\n")[:-1] if file.exists() else []


def last_position(file: Path) -> int:
    """How far a follower has come."""
    if not file.exists():
        return 0
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - 1000))
        whole = opened.read().split(b"\n")[:-1]
        return int(whole[-1].split()[0]) if whole else 0


def follow(dsn: str, file: Path, stop: threading.Event) -> None:
    """Read the log from the beginning and go on until told to stop."""
    pool = Pool(dsn, size=1)
    log = Log(pool)
    after, parent = 0, os.getppid()
    try:
        with file.open("a") as notes:
            while not stop.is_set() and os.getppid() == parent:
                try:
                    page = log.page(after, limit=200)
                except PersistenceError:
                    page = []
                for fact in page:
                    notes.write(line(fact) + "\n")
                    after = fact.position
                notes.flush()
                if not page:
                    stop.wait(POLL_SECONDS)
    finally:
        pool.close()


if __name__ == "__main__":
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    follow(os.environ["DATABASE_URL"], Path(sys.argv[1]), ended)
