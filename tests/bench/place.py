"""Where it is measured: one durable PostgreSQL, databases on it, and processes that end with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg2
from psycopg2.extensions import make_dsn

from application.store.embedded import Server, embedded_server
from application.store.migrate import migrate

HERE = Path(__file__).parent
PATIENCE = 20.0
"""Seconds a process may take to answer, or to end when it is asked to."""


@dataclass
class Place:
    """The server all figures of a run are measured on, and the processes started for them."""

    server: Server
    folder: Path
    stack: ExitStack

    def database(self, name: str) -> str:
        """Make a migrated, empty database; return its dsn, as the owner."""
        self.administer(f"create database {name}")
        dsn = make_dsn(self.server.dsn, dbname=name)
        migrate(dsn)
        return dsn

    def administer(self, statement: str, dsn: str | None = None) -> list[tuple[Any, ...]]:
        """Run one statement as the owner, outside a transaction."""
        connection = psycopg2.connect(dsn or make_dsn(self.server.dsn, dbname="postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def start(self, name: str, *command: str | Path, **env: str) -> subprocess.Popen[bytes]:
        """Start a process of our own; it is ended when the place is left.

        What it says goes to ``name.log``.
        """
        log = self.stack.enter_context((self.folder / f"{name}.log").open("ab"))
        process = subprocess.Popen(
            [str(word) for word in command],
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,  # Ctrl-C is ours to pass on
        )
        self.stack.callback(end, process)
        return process

    def child(self, module: str, function: str, **arguments: Any) -> Any:
        """Run a function of this folder in a process of its own; return what it returns."""
        process = subprocess.Popen(
            [sys.executable, HERE / "child.py", module, function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        try:
            answer, _ = process.communicate(json.dumps(arguments).encode())
        finally:
            end(process)
        if process.returncode:
            raise RuntimeError(f"{module}.{function} failed with {process.returncode}.")
        return json.loads(answer)


@contextmanager
def settled(folder: Path | None) -> Iterator[Place]:
    """Lend a place on a disk: a temporary folder that does not live in memory, or ``folder``."""
    disk = folder or Path("/var/tmp")
    with ExitStack() as stack:
        inside = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(
                    prefix="concord-bench-", dir=disk if disk.is_dir() else None
                )
            )
        )
        if os.geteuid() == 0:  # then PostgreSQL runs as somebody else, who has to get in
            inside.chmod(0o755)
        server = stack.enter_context(embedded_server(inside / "data"))
        with ExitStack() as processes:
            yield Place(server, inside, processes)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started, and see it gone."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)  # it may be halted
            process.send_signal(number)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            continue
        return


@contextmanager
def halted(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Keep a process and its workers from running, so that they disturb no other measurement."""
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_http(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was started answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
