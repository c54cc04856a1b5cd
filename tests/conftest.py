"""What every test may ask for: a throw-away PostgreSQL, a fresh database, a Concord over it."""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from spec import MONDAY

from application.crm import Crm
from application.demo import facts
from application.store.embedded import Server
from domain.kernel import Actor, Channel, Envelope
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from tests.command import Command, imported
from tests.databases import fresh_database, make_template, throw_away

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
    """A PostgreSQL of this test process's own, whatever DATABASE_URL says; gone at the end.

    Only the test that runs writes there: whatever is written anywhere in a PostgreSQL holds back
    those who read a log in it, so what a test has just appended it would not always read.
    """
    with throw_away() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a migrated, empty database to copy."""
    return make_template(server)


@pytest.fixture
def dsn(server: Server, template: str) -> Iterator[str]:
    """A migrated, empty database, as its owner; the application takes its own role by itself."""
    with fresh_database(server, template, f"concord_{next(_numbers)}") as dsn:
        yield dsn


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
