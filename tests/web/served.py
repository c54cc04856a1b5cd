"""A Concord that really runs for as long as a test needs it, and how to look behind it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from application.crm import Crm
from domain.ids import MemberId
from tests.web.client import Answer, Api, wait_until
from web.commands.accounts import NewKey, revoke_key, trusted_key

START = 30.0  # seconds


@dataclass(frozen=True)
class Running:
    """A running Concord: how to ask it, and how to look behind it."""

    api: Api
    crm: Crm
    dsn: str
    log: Path

    def facts(self) -> int:
        """How many facts have been written, looks apart, seen by PostgreSQL and not by Concord."""
        counted = "select count(*) from log.events where name <> 'record.viewed'"
        return int(self.query(counted)[0][0])

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Ask the database itself."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        except psycopg2.OperationalError:  # it was restarted: once more, on a new connection
            self._connection.close()
            del self.__dict__["_connection"]
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()

    @cached_property
    def _connection(self) -> psycopg2.extensions.connection:
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        return connection

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def log_lines(self) -> list[str]:
        """What the server has written to its log so far."""
        return self.log.read_text().splitlines()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        lines = [json.loads(line) for line in self.log_lines()]
        return [line for line in lines if line.get("event") == event]

    def new_key(self, label: str = "test", member: str | None = None) -> NewKey:
        """Create an API key that may do all there is."""
        acts_as = MemberId(UUID(member)) if member else None
        return trusted_key(self.crm, label, acts_as)

    def revoke(self, key: NewKey) -> None:
        """Revoke it."""
        revoke_key(self.crm, key.id)


@contextmanager
def concord(dsn: str, log: Path, **settings: str) -> Iterator[Running]:
    """Run ``concord serve`` over a database until the block ends; then it ends cleanly."""
    port = _free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")
    } | {"DATABASE_URL": dsn, "CONCORD_PORT": str(port), "CONCORD_HOST": "127.0.0.1", **settings}
    with log.open("wb") as opened:
        process = subprocess.Popen(
            [sys.executable, "-m", "web", "serve"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=opened,
        )
    crm = Crm(dsn)
    try:
        anybody = Api(port, None)
        _await_health(process, anybody, log)
        running = Running(anybody.acting_as(trusted_key(crm, "tests").text), crm, dsn, log)
        with closing(running):
            yield running
    finally:
        crm.close()
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        try:
            ended = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert ended == 0, f"It ended with {ended}:\n{log.read_text()[-2000:]}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(process: "subprocess.Popen[bytes]", api: Api, log: Path) -> None:
    def answer() -> Answer | None:
        try:
            return api.get("//health")
        except OSError:
            return None

    def up() -> bool:
        if process.poll() is not None:
            pytest.fail(f"Concord does not start:\n{log.read_text()[-2000:]}")
        return (told := answer()) is not None and told.status == 200

    wait_until(up, lambda: f"Concord does not start:\n{log.read_text()[-2000:]}", START)
