"""The disk is full: commands say so, nothing acknowledged is lost, and there is a way back."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest
from eventsourcing.persistence import OperationalError

from application.store.embedded import embedded_server
from application.store.migrate import migrate
from application.store.pool import Pool
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from tests.crash.conftest import Outside, Web, web_over
from tests.crash.processes import Process, wait_until

SMALL = "size=200m,mode=0755"
SETTINGS = {"autovacuum": "off", "max_wal_size": "48MB", "min_wal_size": "32MB"}


class Disk:
    """A small disk that can be filled, and freed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        with self.ballast.open("ab", buffering=0) as file:
            for size in (2**20, 4096, 1):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Let there be room again."""
        self.ballast.unlink()


@pytest.fixture
def disk() -> Iterator[Disk]:
    if os.geteuid() != 0:
        pytest.skip("a small disk is a tmpfs, and only root may mount one")
    with TemporaryDirectory(prefix="concord-small-") as name:
        folder = Path(name)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", SMALL, "concord-small", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode != 0:
            pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        try:
            yield Disk(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def write_until_refused(web: Web, name: str, times: int) -> tuple[list[dict[str, str]], list[str]]:
    """Register customers until the database cannot any more; who was told yes, and who no."""
    done, refused = [], []
    for number in range(times):
        answer = web.customer(f"{name} {number} " + "x" * 150, f"{name}-{number}")
        if answer.status_code == 201:
            done.append(answer.json)
        else:
            told = answer.json
            assert (answer.status_code, told["code"]) == (503, "database.unavailable"), told
            assert answer.headers["Retry-After"] == "2"
            refused.append(f"{name}-{number}")
            if len(refused) == 5:
                break
    assert refused, "The disk did not run full."
    return done, refused


def all_there(dsn: str, acknowledged: list[dict[str, str]]) -> bool:
    """Whether every acknowledged fact stands where it was said to, once, with its answer."""
    outside = Outside(dsn)
    try:
        written = outside.ask("select stream_id::text, id::text from log.events where version = 1")
        answers = outside.ask("select stream_id::text from log.idempotency")
    finally:
        outside.connection.close()
    told = {(each["id"], each["position"]) for each in acknowledged}
    return told <= set(written) and {each["id"] for each in acknowledged} == {
        stream for (stream,) in answers
    }


def test_a_full_disk_is_said_and_got_over_by_itself(disk):
    with embedded_server(disk.folder / "data", settings=SETTINGS) as server:
        migrate(server.dsn)
        with web_over(server.dsn) as web:
            done = [web.customer("Harbour", "before").json]
            disk.fill()
            more, refused = write_until_refused(web, "full", 3000)
            done += more
            assert web.get("/health").status_code == 200, "It can still be read."
            with read_models(server.dsn) as projections:
                with pytest.raises(OperationalError, match="No space left"):
                    projections.catch_up()
                disk.free()
                projections.catch_up()
                assert all(each.error is None for each in projections.live()), "Nobody's fault."
            for key in refused:
                number = key.partition("-")[2]
                answer = web.customer(f"full {number} " + "x" * 150, key)
                assert answer.status_code == 201, answer.json
                done.append(answer.json)
            assert all_there(server.dsn, done)
    with embedded_server(disk.folder / "data", settings=SETTINGS) as server:
        assert all_there(server.dsn, done), "Nor is anything lost after a restart."


def test_a_full_disk_for_the_write_ahead_log_ends_postgresql_and_loses_nothing(disk):
    """PostgreSQL ends itself where it cannot write its log; somebody has to start it again."""
    data = disk.folder / "data"
    with ExitStack() as stack:
        server = stack.enter_context(embedded_server(data, settings=SETTINGS))
        migrate(server.dsn)
        web = stack.enter_context(web_over(server.dsn))
        done = [web.customer("Harbour", "before").json]
        postmaster = Process.find(server.pid)
        assert postmaster is not None
        disk.fill()
        refused = []
        for number in range(50):
            answer = web.customer("Harbour", f"wal-{number}")
            if answer.status_code == 201:
                done.append(answer.json)
                switch_file(server.dsn)  # its next file needs room on the disk
            else:
                assert (answer.status_code, answer.json["code"]) == (503, "database.unavailable")
                refused.append(f"wal-{number}")
                if wait_until(lambda: not postmaster.alive, 2):
                    break
        assert not postmaster.alive
        assert web.get("/health").status_code == 503
        disk.free()
        stack.enter_context(embedded_server(data, settings=SETTINGS))
        for key in refused:
            answer = web.customer("Harbour", key)
            assert answer.status_code == 201, answer.json
            done.append(answer.json)
        assert web.get("/health").status_code == 200
        assert all_there(server.dsn, done)


def switch_file(dsn: str) -> None:
    """Let PostgreSQL begin the next file of its log."""
    with suppress(psycopg2.Error):
        outside = Outside(dsn)
        try:
            outside.ask("select pg_switch_wal()")
        finally:
            outside.connection.close()


@contextmanager
def read_models(dsn: str) -> Iterator[Projections]:
    """All projections, kept by the test itself."""
    pool = Pool(dsn)
    try:
        yield Projections(pool, PROJECTIONS)
    finally:
        pool.close()
