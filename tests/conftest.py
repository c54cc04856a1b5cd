"""What every test may ask for: a throw-away PostgreSQL, a fresh database, a Concord over it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hypothesis import settings
from psycopg2.extensions import make_dsn
from spec import MONDAY

from application.crm import Crm
from application.demo import facts
from application.store.embedded import Server, embedded_server
from application.store.migrate import migrate
from domain.kernel import Actor, Channel, Envelope
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from tests.command import Command, imported

_numbers = count(1)

FACTS = 1500
"""How much of the sample company's log these tests tell."""

# How many random examples a rule is held against; ``make properties`` takes its time.
settings.register_profile("few", max_examples=40)
settings.register_profile("many", max_examples=int(os.environ.get("EXAMPLES", "2000")))
settings.load_profile("few")

# A shell that runs something in the background lets it ignore Ctrl-C, and so all that it starts:
# what is tried here is how programs of a terminal end.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of this test process's own, whatever DATABASE_URL says; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="concord-test-", dir=_in_memory()) as folder:
        if os.geteuid() == 0:  # then it runs as somebody else, who has to get in
            Path(folder).chmod(0o755)
        options = {
            # An ANALYZE in the background holds readers of the log back for a moment, as any write
            # does: right, but a test that reads what it has just appended would fail at times.
            "autovacuum": "off",
            "max_wal_size": "64MB",
        }
        with embedded_server(Path(folder, "data"), durable=False, settings=options) as running:
            yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a migrated, empty database to copy."""
    _administer(server, "create database concord_template")
    migrate(make_dsn(server.dsn, dbname="concord_template"))
    return "concord_template"


@pytest.fixture
def dsn(server: Server, template: str) -> Iterator[str]:
    """A migrated, empty database, as its owner; the application takes its own role by itself."""
    name = f"concord_{next(_numbers)}"
    _administer(server, f"create database {name} template {template}")
    yield make_dsn(server.dsn, dbname=name)
    _administer(server, f"drop database {name} with (force)")


@pytest.fixture
def crm(dsn: str) -> Iterator[Crm]:
    """A Concord over an empty log."""
    crm = Crm(dsn)
    yield crm
    crm.close()


@pytest.fixture
def projections(crm: Crm) -> Projections:
    """All projections over an empty log."""
    made = Projections(crm.pool, PROJECTIONS)
    made.ensure()
    return made


@pytest.fixture
def told(crm: Crm) -> Crm:
    """A log with the beginning of the sample company's story."""
    crm.append(facts()[:FACTS])
    return crm


@pytest.fixture(scope="session")
def envelope() -> Callable[..., Envelope]:
    """Make an envelope: on Monday, by a part of Concord, through the API, unless told otherwise."""

    def make(**told: Any) -> Envelope:
        usual = {
            "occurred_at": MONDAY,
            "actor": Actor.system("test"),
            "channel": Channel.API,
        }
        return Envelope(**usual | told)

    return make


@pytest.fixture(scope="session")
def command() -> Iterator[Command]:
    """The ``concord`` command."""
    with imported() as command:
        yield command


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository."""
    folder = Path(os.environ.get("CONCORD_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip(f"the reference data is not here: {folder} is missing")
    return folder


def _in_memory() -> Path | None:
    """A folder in memory, if there is one with room: databases are made ten times faster there."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    return memory if roomy and os.access(memory, os.W_OK) else None


def _administer(server: Server, statement: str) -> None:
    connection = psycopg2.connect(make_dsn(server.dsn, dbname="postgres"))
    try:
        connection.autocommit = True  # databases are not made or dropped inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
