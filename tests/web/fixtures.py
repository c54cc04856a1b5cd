"""A Concord that really runs: ``concord serve`` as a process of its own, asked over HTTP.

A plugin, not a conftest, because the HTTP sections beside the rules of each aggregate use it too.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from application.store.embedded import Server
from tests.databases import fresh_database, make_template, throw_away
from tests.web.client import Api
from tests.web.company import Company
from tests.web.served import Running, concord


@pytest.fixture(scope="session")
def busy() -> Iterator[tuple[Server, str]]:
    """A PostgreSQL apart, and its template, for what runs while other tests do and writes there."""
    with throw_away() as server:
        yield server, make_template(server)


@pytest.fixture(scope="session")
def running(
    busy: tuple[Server, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One Concord for all tests that do not stop it; each uses ids of its own."""
    log = tmp_path_factory.mktemp("concord") / "log"
    with fresh_database(*busy, "concord_served") as dsn, concord(dsn, log) as running:
        yield running
        assert running.logged("fault") == []  # whatever was asked, never a fault of ours


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., AbstractContextManager[Running]]:
    """Run a Concord of the test's own: ``with serve(dsn, CONCORD_WORKERS="2") as running``."""
    return lambda dsn, **settings: concord(dsn, tmp_path / "log", **settings)


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for a PostgreSQL, which may run as another user than the tests."""
    with TemporaryDirectory(prefix="concord-own-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def api(running: Running) -> Api:
    """A service account's program."""
    return running.api


@pytest.fixture(scope="session")
def document(api: Api) -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(api.get("/openapi.json").went_well().json)


@pytest.fixture(scope="session")
def company(running: Running) -> Company:
    """Somebody who founds departments, hires people and finds customers, over HTTP."""
    return Company(running.api, running.crm)
