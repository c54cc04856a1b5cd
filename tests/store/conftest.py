"""What tests of the store may ask for: the owner; and of the embedded PostgreSQL, visitors."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from application.store.embedded import embedded_server
from application.store.pool import connect
from tests.store.visits import UNTIL_TOLD, Visitor, answers, leaves_nothing_running, open_folder


@pytest.fixture
def owner(dsn):
    """A connection as the owner, who migrates the database."""
    connection = connect(dsn, role=None)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def room() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder
        leaves_nothing_running(folder)


@pytest.fixture
def fresh(room: Path) -> Path:
    """Where nothing has been made yet."""
    return room / "it's $HOME's data"


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    with open_folder() as folder:
        with embedded_server(folder / "made", durable=False) as server:
            answers(server, "CREATE TABLE note (text text)")
        yield folder / "made"


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    """Data made before, the same for all tests: most of their time would go into making it."""
    yield made
    leaves_nothing_running(made.parent)


@pytest.fixture
def visit(data) -> Iterator[Callable[..., Visitor]]:
    """Let another process use the server of some data."""
    visitors: list[Visitor] = []

    def enter(data: Path, stay: str = UNTIL_TOLD, uid: int | None = None) -> Visitor:
        visitors.append(Visitor(data, stay, uid))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.kill()
