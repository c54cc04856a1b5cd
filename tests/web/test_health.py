"""When something is wrong Concord says so, goes on with the rest, and recovers by itself."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from application.store.embedded import Server, embedded_server
from application.store.migrate import migrate
from projections.catalogue import PROJECTIONS
from projections.customers.customers import CUSTOMERS
from projections.kernel import Projections
from tests.web.client import Answer, Api, wait_until
from tests.web.company import Company
from tests.web.operations import Ready, changes, reads, ready

pytest_plugins = ["tests.web.fixtures"]


def test_in_good_health(api, company):
    made = company.customer()
    api.get("/customers", after=made)

    def caught_up() -> bool:
        told = api.get("//health").json
        return all(model["current"] for model in told["read_models"])

    wait_until(caught_up)
    told = api.get("//health").went_well().json
    assert (told["status"], told["database"]) == ("ok", "ok")
    assert int(told["position"]) >= int(made.position)
    assert told["oldest_open_transaction_seconds"] >= 0
    assert [model["name"] for model in told["read_models"]] == sorted(
        projection.name for projection in PROJECTIONS
    )
    for model in told["read_models"]:
        assert model["stopped_at"] is None
        assert model["position"].isdecimal()


# --- The database goes away and comes back ----------------------------------------------------


class Database:
    """A PostgreSQL of the test's own, which can be stopped and started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.stack = ExitStack()
        self.server: Server = self.start()

    def start(self) -> Server:
        """Start it over the same data."""
        self.server = self.stack.enter_context(embedded_server(self.data, durable=False))
        return self.server

    def stop(self) -> None:
        """Stop it as an administrator would, under everybody's feet."""
        os.kill(self.server.pid, signal.SIGINT)
        wait_until(lambda: not Path(f"/proc/{self.server.pid}").exists() or self._gone())

    def _gone(self) -> bool:
        try:
            os.kill(self.server.pid, 0)
        except ProcessLookupError:
            return True
        return False


@contextmanager
def own_database(folder: Path) -> Iterator[Database]:
    """A PostgreSQL that nobody else uses, for as long as the block lasts."""
    database = Database(folder / "data")
    with database.stack:
        migrate(database.server.dsn)
        yield database


def every_request(company: Company) -> dict[str, Ready]:
    """A request for every operation of the API."""
    return {operation: ready(company, operation) for operation in (*changes(), *reads())}


def is_unavailable(answer: Answer) -> None:
    """It says that the database is away, and when to ask again."""
    answer.refused(503, "database.unavailable")
    assert answer.headers["Retry-After"] == "2"


def test_a_database_that_goes_away_and_comes_back(serve, server_folder, tmp_path):
    with (
        own_database(server_folder) as database,
        serve(database.server.dsn, CONCORD_WORKERS="2", TMPDIR=str(tmp_path)) as running,
    ):
        api = running.api
        requests = every_request(Company(api, running.crm))
        facts = running.facts()
        database.stop()
        for request in requests.values():
            is_unavailable(request.send(after=None, seen=1))
        is_unavailable(api.get("//metrics"))
        sick = api.get("//health")
        assert sick.status == 503
        assert sick.json == {"status": "down", "database": "unreachable"}
        assert sick.headers["Retry-After"] == "2"
        api.get("/nothing").refused(404, "not-found")
        api.get("/openapi.json").went_well()
        api.get("/docs/").went_well()

        database.start()
        wait_until(lambda: api.get("//health").status == 200, seconds=15)
        for _ in range(4):  # both workers
            api.get("/customers", limit=1).went_well()
        assert running.facts() == facts, "Nothing was written while it was away."
        with suppress(OperationalError):
            running.crm.facts.head()  # ours lets its own dead connections go
        for operation, request in requests.items():
            if operation in changes():
                request.send().went_well()
        last = Company(api, running.crm).customer("The first afterwards")
        api.get(f"/customers/{last.id}", after=last, headers={"Prefer": "wait=9"}).went_well()
        assert running.logged("fault") == []
        metrics = api.get("//metrics").went_well().body.decode()
        assert 'concord_http_requests_total{method="GET",route="/health",status="503"}' in metrics
    assert not list(tmp_path.glob("concord-*")), "It leaves nothing behind."


# --- A read model that stops ------------------------------------------------------------------


@dataclass(frozen=True)
class Poison:
    """A fold that chokes on one customer."""

    name: str

    def __call__(self, document: Any, fact: Any, key: Any) -> Any:
        if self.name in str(fact.event):
            raise ValueError("I cannot swallow this.")
        return CUSTOMERS.fold(document, fact, key)


def standing(api: Api, name: str) -> dict[str, Any]:
    """What /health says of a read model."""
    (found,) = [one for one in api.get("//health").json["read_models"] if one["name"] == name]
    return dict(found)


def follow(projections: Projections, last: Answer) -> None:
    """Move them on to this answer's fact; any write in the cluster may hold it back a moment."""
    wait_until(lambda: projections.log.head() >= int(last.position or 0))
    projections.catch_up()


def test_a_read_model_that_stops_is_named_and_the_others_go_on(serve, dsn):
    with serve(dsn, CONCORD_PROJECT="false") as running:
        api, company = running.api, Company(running.api, running.crm)
        poisoned = replace(CUSTOMERS, fold=Poison("Arsenic"))
        others = [one for one in PROJECTIONS if one.name != CUSTOMERS.name]
        sick = Projections(running.crm.pool, [*others, poisoned])
        before, stopper = company.customer("Before"), company.customer("Arsenic Ltd")
        after, department = company.customer("After"), company.department()
        follow(sick, department)

        health = api.get("//health")
        assert (health.status, health.json["status"]) == (503, "degraded")
        assert health.headers["Retry-After"] == "2"
        stopped = [one["name"] for one in health.json["read_models"] if one["stopped_at"]]
        assert stopped == ["customers"]
        assert standing(api, "customers")["stopped_at"] == stopper.position
        assert standing(api, "customers")["position"] == before.position
        assert "swallow" not in health.body.decode(), "Its words may tell of customers."
        metrics = api.get("//metrics").body.decode()
        assert 'concord_read_model_stopped{name="customers"} 1.0' in metrics

        # Up to there it is shown, with the position it shows; the others are where they should be.
        api.get(f"/customers/{before.id}", after=None).went_well()
        api.get(f"/customers/{after.id}", after=None).refused(404, "not-found")
        behind = api.get("/customers", after=after, headers={"Prefer": "wait=0"})
        behind.refused(503, "read.behind")
        assert behind.headers["Concord-Position"] == before.position
        api.get(f"/departments/{department.id}", after=department).went_well()
        api.get(f"/customers/{after.id}/timeline", after=after).went_well()
        sick.catch_up()  # the looks so far
        api.get(f"/customers/{after.id}", as_of="2999-01-01T00:00:00Z").went_well()
        last = company.department()  # and what is written is written

        follow(sick, last)
        assert standing(api, "customers")["stopped_at"] == stopper.position, "It stays stopped."
        healed = Projections(running.crm.pool, PROJECTIONS)
        assert healed.retry() == ["customers"]
        healed.catch_up()
        assert api.get("//health").went_well().json["status"] == "ok"
        for customer in (before, stopper, after):
            api.get(f"/customers/{customer.id}", after=department).went_well()


@pytest.mark.parametrize("name", ["customers", "subjects"])
def test_a_rebuild_goes_on_unseen(name, company, running):
    made = company.customer()
    path = f"/customers/{made.id}"
    before = company.api.get(path, after=made).went_well()
    timeline = company.api.get(f"{path}/timeline", after=made).went_well()
    Projections(running.crm.pool, PROJECTIONS).rebuild(name)
    assert company.api.get(path).json == before.json
    assert company.api.get(f"{path}/timeline").json == timeline.json
    assert [model["name"] for model in company.api.get("//health").json["read_models"]] == sorted(
        projection.name for projection in PROJECTIONS
    )
    later = company.customer()
    company.api.get(f"/customers/{later.id}", after=later).went_well()
    assert company.api.get(path).json == before.json


def test_two_rebuilds_in_a_row_go_on_unseen(serve, dsn):
    with serve(dsn, CONCORD_PROJECT="false") as running:
        projections = Projections(running.crm.pool, PROJECTIONS)
        made = Company(running.api, running.crm).customer()
        follow(projections, made)
        running.api.get(f"/customers/{made.id}").went_well()
        for _ in range(2):
            projections.rebuild("customers")
        running.api.get(f"/customers/{made.id}").went_well()
