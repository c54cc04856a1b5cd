"""Appends by many writers at once: ours, pgbench's, the eventsourcing library's own recorder's."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from figures import Sheet, Target
from place import Place
from psycopg2.extensions import parse_dsn
from volume import story

from application.store.pool import Pool
from application.store.recorder import LogRecorder

try:
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
except ImportError:  # psycopg 3 is installed for the bench only
    PostgresDatastore = None

Append = Callable[[Sequence[StoredEvent]], Any]
Round = Callable[[int, float], float]
"""So many writers, for so many seconds → appends a second."""

NAME = "interaction.logged"
STATE = next("".join(line.parts).replace("\0", "") for line in story() if line.name == NAME)
TARGET_WRITERS = 16
PREPARED = "pgbench, prepared"
"""Its best: the statement is parsed and planned once. By default it talks as psycopg2 does."""
TARGETS = {"pgbench": 0.7, "library": 8.0, PREPARED: None}

_TABLE = """
create schema if not exists bench;
create table if not exists bench.events (like log.events including all);
"""
_INSERT = """
insert into bench.events (id, stream_id, version, name, state)
values (pg_current_xact_id()::text::bigint << 20, gen_random_uuid(), 1, '{name}', :state);
"""


def measure(
    sheet: Sheet, place: Place, *, writers: Sequence[int], rounds: int, seconds: float
) -> None:
    """Measure one event an append, every system at every number of writers in turn."""
    dsn = place.database("appends")
    with ours(dsn) as own, library(place, max(writers)) as librarys:
        systems = {
            "Concord": own,
            "pgbench": pgbench(place, dsn, "simple"),
            PREPARED: pgbench(place, dsn, "prepared"),
        }
        if librarys is None:
            sheet.note("The library's recorder was not measured: requirements-bench.lock.")
        else:
            systems["library"] = librarys
        found: dict[tuple[str, int], list[float]] = {}
        for system in systems.values():  # connections, plans, first pages
            system(max(writers), 0.3)
        for number in range(1, rounds + 1):
            sheet.say(f"Appends, round {number} of {rounds}")
            for count in writers:
                for name, system in systems.items():
                    found.setdefault((name, count), []).append(system(count, seconds))
    for count in writers:
        _tell(sheet, count, {name: found[name, count] for name in systems})


def _tell(sheet: Sheet, count: int, found: dict[str, list[float]]) -> None:
    group = f"Appends, {count} writer{'s' * (count > 1)}"
    figures = {name: sheet.add(group, name, "/s", rounds) for name, rounds in found.items()}
    for name, least in TARGETS.items():
        if name in figures:
            target = Target(least) if least and count == TARGET_WRITERS else None
            sheet.compare(figures["Concord"], figures[name], target)


def event() -> StoredEvent:
    """Make an interaction as it is logged: a stream of its own, one event."""
    return StoredEvent(uuid4(), 1, NAME, STATE.encode())


@contextmanager
def ours(dsn: str) -> Iterator[Round]:
    """Lend Concord's recorder, as the web application uses it."""
    pool = Pool(dsn)
    try:
        yield by_threads(LogRecorder(pool).insert_events)
    finally:
        pool.close()


@contextmanager
def library(place: Place, connections: int) -> Iterator[Round | None]:
    """Lend the library's own PostgreSQL recorder, with a connection for each writer."""
    if PostgresDatastore is None:
        yield None
        return
    place.administer("create database library")
    where = parse_dsn(place.server.dsn)
    with PostgresDatastore(
        dbname="library",
        host=where["host"],
        port=where["port"],
        user=where["user"],
        password="",
        pool_size=connections,
        originator_id_type="uuid",
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        yield by_threads(recorder.insert_events)


def by_threads(append: Append) -> Round:
    """Make a round of an append: writer threads of this process, each one event at a time."""

    def run(writers: int, seconds: float) -> float:
        done = [0] * writers
        ready = threading.Barrier(writers + 1)
        stopped = threading.Event()

        def write(number: int) -> None:
            with suppress(threading.BrokenBarrierError):
                ready.wait()
            while not stopped.is_set():
                append([event()])
                done[number] += 1

        threads = [threading.Thread(target=write, args=(each,)) for each in range(writers)]
        for thread in threads:
            thread.start()
        ready.wait()
        began = time.perf_counter()
        stopped.wait(seconds)
        stopped.set()
        for thread in threads:
            thread.join()
        return sum(done) / (time.perf_counter() - began)

    return run


def pgbench(place: Place, dsn: str, protocol: str) -> Round:
    """Make rounds of PostgreSQL's own load generator: the same row, columns and indexes."""
    place.administer(_TABLE, dsn)
    state = STATE if protocol == "prepared" else f"'{STATE}'"  # put in as a value, or as text
    script = place.folder / "insert.sql"
    script.write_text(_INSERT.format(name=NAME))

    def run(writers: int, seconds: float) -> float:
        said = subprocess.run(
            [
                *(place.server.bin / "pgbench", "--no-vacuum", f"--protocol={protocol}"),
                *(f"--client={writers}", f"--jobs={min(writers, 2)}", f"--file={script}"),
                *(f"--define=state={state}", f"--time={max(1, round(seconds))}", dsn),
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
        found = re.search(r"tps = ([0-9.]+)", said.stdout)
        if found is None:
            raise RuntimeError(f"pgbench said nothing to read: {said.stdout}{said.stderr}")
        return float(found[1])

    return run
