"""What tests of single faults may ask for: Concord's web application over the test's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from application import settings
from application.crm import Crm
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from web.app import create_app
from web.commands.accounts import trusted_key

API = "/api/v1"


class Web:
    """The web application, asked without a network in between; a new key for each question."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self.client = client
        self.secret = key
        self.key = {"Authorization": f"Bearer {key}"}

    def another(self) -> "Web":
        """The same caller, for another thread: each client has a context of its own."""
        return Web(self.client.application.test_client(), self.secret)

    def get(self, path: str, **query: Any) -> TestResponse:
        """Read."""
        return self.client.get(path, headers=self.key, query_string=query)

    def post(
        self, path: str, body: dict[str, Any], key: str | None = None, seen: int | None = None
    ) -> TestResponse:
        """Change something, under an idempotency key perhaps."""
        headers = dict(self.key)
        if key is not None:
            headers["Idempotency-Key"] = key
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        return self.client.post(API + path, json=body, headers=headers)

    def customer(self, name: str, key: str | None = None) -> TestResponse:
        """Register a customer."""
        return self.post("/customers", {"details": {"name": name}}, key)


class Outside:
    """The administrator's own connection."""

    def __init__(self, dsn: str) -> None:
        self.connection = psycopg2.connect(dsn)
        self.connection.autocommit = True

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Ask the database itself."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def waiting(self, event: str) -> list[int]:
        """The backends of this database that wait for something."""
        return [
            pid
            for (pid,) in self.ask(
                "select pid from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and %s in (wait_event_type, wait_event)",
                event,
            )
        ]

    def end(self, pid: int) -> None:
        """Cut off a connection, and wait until it is."""
        assert self.ask("select pg_terminate_backend(%s, 5000)", pid) == [(True,)]

    def written(self) -> tuple[int, int]:
        """How many facts there are, and how many answers are kept."""
        return self.ask(
            "select (select count(*) from log.events), (select count(*) from log.idempotency)"
        )[0]


@contextmanager
def web_over(dsn: str) -> Iterator[Web]:
    """The web application over a database."""
    crm = Crm(dsn)
    try:
        Projections(crm.pool, PROJECTIONS).ensure()
        key = trusted_key(crm, "tests").text
    finally:
        crm.close()
    app = create_app(settings.load(), dsn)
    try:
        yield Web(app.test_client(), key)
    finally:
        app.extensions["concord"].crm.close()


@pytest.fixture
def web(dsn: str) -> Iterator[Web]:
    with web_over(dsn) as web:
        yield web


@pytest.fixture
def projections(crm: Crm) -> Projections:
    """All projections, kept by the test itself."""
    made = Projections(crm.pool, PROJECTIONS)
    made.ensure()
    return made


@pytest.fixture
def outside(dsn: str) -> Iterator[Outside]:
    outside = Outside(dsn)
    yield outside
    outside.connection.close()
