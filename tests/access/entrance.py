"""A Concord with a provider, where people may try to sign in as often as they like: a plugin."""

from collections.abc import Iterator

import pytest

from application.store.embedded import Server
from tests.access.browser import Person, with_password
from tests.access.fake_provider import CLIENT, CLIENT_SECRET, FakeProvider
from tests.databases import fresh_database
from tests.web.served import Running, concord


@pytest.fixture(scope="session")
def provider() -> Iterator[FakeProvider]:
    """A provider that people sign in at."""
    with FakeProvider(CLIENT, CLIENT_SECRET).serving() as provider:
        yield provider


@pytest.fixture(scope="session")
def entrance(
    busy: tuple[Server, str],
    provider: FakeProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """A Concord with that provider, where nobody asks too often."""
    log = tmp_path_factory.mktemp("entrance") / "log"
    told = {
        "CONCORD_RATE_SIGN_IN": "10000/minute",
        "CONCORD_RATE_LOGIN": "10000/minute",
        "CONCORD_OIDC_ISSUER": provider.issuer,
        "CONCORD_OIDC_CLIENT_ID": CLIENT,
        "CONCORD_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "CONCORD_OIDC_ALLOW_PRIVATE": "true",
        "CONCORD_LOG_LEVEL": "debug",
    }
    with (
        fresh_database(*busy, "concord_entrance") as dsn,
        concord(dsn, log, **told) as running,
    ):
        yield running
        assert running.logged("fault") == []


@pytest.fixture
def ana(entrance: Running) -> Person:
    """Somebody who signs in by password."""
    return with_password(entrance)
