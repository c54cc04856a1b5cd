"""Real servers on real folders, and other processes that visit them."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from application.store.embedded import Server

ROOT = Path(__file__).parents[2]
DISK = Path("/tmp")
MEMORY = Path("/dev/shm")  # clusters are made three times faster there

VISITOR = """
import os, signal, sys, time
from pathlib import Path
import psycopg2
from application.store.embedded import embedded_server

data, uid = Path(sys.argv[1]), int(sys.argv[2])
if os.geteuid() != uid:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)

def ask(sql):
    connection = psycopg2.connect(server.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]

def tell(*words):
    print(*words, flush=True)

with embedded_server(data, durable=False) as server:
    tell(server.pid)
"""
UNTIL_TOLD = "    sys.stdin.readline()\n"


def answers(server: Server, *statements: str) -> list[object]:
    connection = psycopg2.connect(server.dsn)
    try:
        with connection, connection.cursor() as cursor:
            found = []
            for statement in statements:
                cursor.execute(statement)
                found.append(cursor.fetchone()[0] if cursor.description else None)
            return found
    finally:
        connection.close()


def runs(data: Path) -> bool:
    """Whether any process of the server is left: each inherits the lock on its log."""
    log = data.with_name(f"{data.name}.log")
    if not log.exists():
        return False
    with log.open("a") as probe:
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return held


class Visitor:
    """Another process that uses the server."""

    def __init__(self, data: Path, stay: str = UNTIL_TOLD, uid: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", VISITOR + stay, data, str(os.geteuid() if uid is None else uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            start_new_session=True,  # a process group of its own, as from a terminal
        )

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        self.process.communicate("\n", timeout=20)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def open_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder anybody may enter: pytest's own are closed to the user root's server runs as."""
    memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    roomy = memory and shutil.disk_usage(MEMORY).free > 2**30
    place = parent or (MEMORY if roomy else DISK)
    folder = Path(tempfile.mkdtemp(prefix="concord-test-", dir=place)).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def leaves_nothing_running(folder: Path) -> None:
    left = [data for log in folder.rglob("*.log") if runs(data := log.with_suffix(""))]
    for data in left:
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    assert not left, "a server was left running"
