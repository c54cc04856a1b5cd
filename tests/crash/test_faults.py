"""Single faults, each brought about for real: what was acknowledged stays, nothing is half done."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent
from werkzeug.test import TestResponse

from application.store.appending import Append, IdempotencyKey, insert_one
from application.store.codec import encode
from application.store.pool import connect, library_errors
from domain.kernel import Fact
from domain.teams.department import (
    CreateDepartment,
    DepartmentClosed,
    DepartmentKind,
    RenameDepartment,
    department_id,
)
from projections.catalogue import PROJECTIONS
from projections.customers.customers import CUSTOMERS
from projections.kernel import Projections
from tests.crash.checks import differences
from tests.crash.processes import wait_until

PATIENCE = 10.0


def soon(holds: Any) -> None:
    """It comes to that."""
    assert wait_until(holds, PATIENCE), "It did not come to that."


# --- The connection is lost in the middle of a command ------------------------------------------


def test_a_connection_lost_before_the_commit_leaves_nothing_half_written(web, outside, dsn):
    before = outside.written()
    blocker = connect(dsn, role=None)
    try:
        # Loading reads; appending writes: it is between the two that it waits.
        blocker.cursor().execute("lock table log.idempotency in share mode")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(web.another().customer, "Harbour", "once")
            soon(lambda: outside.waiting("Lock"))
            outside.end(*outside.waiting("Lock"))
            answer = asked.result(PATIENCE)
    finally:
        blocker.close()
    assert (answer.status_code, answer.json["code"]) == (503, "database.unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert outside.written() == before
    again = [web.customer("Harbour", "once") for _ in range(3)]
    assert [each.status_code for each in again] == [201] * 3
    assert len({each.data for each in again}) == 1
    assert outside.written() == (before[0] + 1, before[1] + 1)


def test_a_connection_cut_off_is_told_as_such_whatever_the_driver_calls_it():
    """After a kill -9 of its backend psycopg2 raises, at times, the base of its own errors."""
    with pytest.raises(persistence.OperationalError), library_errors():
        raise psycopg2.DatabaseError("server closed the connection unexpectedly")


@pytest.fixture
def commits_hang(outside):
    """Commits are on the disk, and visible, only when a replica that never comes has them.

    Between the two the connection can be cut off after the commit and before its answer.
    """
    database = outside.ask("select current_database()")[0][0]
    outside.ask(f"alter database {database} set synchronous_commit = on")

    def hang(standby: str = "nobody") -> None:
        outside.ask(f"alter system set synchronous_standby_names = '{standby}'")
        outside.ask("select pg_reload_conf()")
        soon(lambda: outside.ask("show synchronous_standby_names") == [(standby,)])
        time.sleep(0.1)  # the other processes read it when they get to it

    yield hang
    outside.ask("alter system reset synchronous_standby_names")
    outside.ask("select pg_reload_conf()")
    soon(lambda: outside.ask("show synchronous_standby_names") == [("",)])


def cut_off_after_the_commit(outside, commits_hang, web) -> TestResponse:
    """The answer to the registration of a customer whose connection ends after the commit."""
    commits_hang()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(web.another().customer, "Harbour", "once")
        soon(lambda: outside.waiting("SyncRep"))
        outside.end(*outside.waiting("SyncRep"))
        answer = asked.result(PATIENCE)
    commits_hang("")
    return answer


def test_a_connection_lost_after_the_commit_is_answered_by_the_repetition(
    outside, commits_hang, web
):
    before = outside.written()
    answer = cut_off_after_the_commit(outside, commits_hang, web)
    assert (answer.status_code, answer.json["code"]) == (503, "database.unavailable")
    after = outside.written()
    assert after == (before[0] + 1, before[1] + 1), "It was committed."
    again = [web.customer("Harbour", "once") for _ in range(3)]
    assert [each.status_code for each in again] == [201] * 3
    ((position,),) = outside.ask("select max(id) from log.events")
    assert {each.json["position"] for each in again} == {str(position)}
    assert outside.written() == after


def test_what_may_have_been_written_is_not_said_to_be_unwritten(outside, commits_hang, web):
    answer = cut_off_after_the_commit(outside, commits_hang, web)
    assert "nothing was written" not in answer.json["detail"]


@pytest.mark.parametrize("sent", ["at once", "with the version seen"])
def test_a_repetition_during_the_commit_of_the_first_gets_its_answer(
    crm, envelope, monkeypatch, sent
):
    sales = department_id("sales")
    crm.handle(
        CreateDepartment(id=sales, code="sales", name="Sales", kind=DepartmentKind.CORE),
        envelope(),
    )
    rename = RenameDepartment(id=sales, name="Accounts")
    expected = 1 if sent == "with the version seen" else None
    key = IdempotencyKey("tests", "once", "the same")
    first: list[Any] = []
    look = crm.states.remembered

    def commit_now(wanted: Any) -> Any:
        states = look(wanted)
        if not first:  # the first attempt commits right after the repetition looked
            first.append(None)
            first[0] = crm.handle(rename, envelope(), expected=expected, idempotency=key)
        return states

    monkeypatch.setattr(crm.states, "remembered", commit_now)
    assert crm.handle(rename, envelope(), expected=expected, idempotency=key) == first[0]
    assert len(crm.facts.stream(sales)) == 2


# --- The database's clock is set back ---------------------------------------------------------


def test_a_clock_set_back_changes_no_order(web, outside, crm, projections):
    """What stamps facts is the default of a column: another default is another clock."""
    registered = web.customer("Harbour 1").json
    path = f"/customers/{registered['id']}"
    answers = [registered]
    for number, behind in enumerate(["1 hour", "2 hours", "0 seconds", "1 day"], start=2):
        outside.ask(
            "alter table log.events alter recorded_at"
            f" set default clock_timestamp() - interval '{behind}'"
        )
        tier = "key" if number % 2 == 0 else "normal"
        changed = web.post(f"{path}/tier", {"tier": tier, "reason": "grew"}, seen=number - 1)
        assert changed.status_code == 200, changed.json
        answers.append(changed.json)
    log = crm.facts.stream(UUID(registered["id"]))
    stamps = [fact.recorded_at for fact in log]
    assert stamps[2] < stamps[1] < stamps[0] < stamps[3]
    positions = [int(answer["position"]) for answer in answers]
    assert [fact.position for fact in log] == positions == sorted(positions)
    assert [f.position for f in crm.facts.page(positions[0] - 1)] == positions

    # A follower misses nothing, and what was known at a position is what was known then.
    projections.catch_up()
    assert {each.position for each in projections.live()} == {positions[-1]}
    for version, position in enumerate(positions, start=1):
        shown = web.get(f"/api/v1{path}", position=position).json
        assert (shown["version"], shown["tier"]) == (
            version,
            "key" if version % 2 == 0 else "normal",
        )
    # A time still cuts the log into a prefix, the same one each time.
    cuts = [crm.facts.position_at(stamp) for stamp in stamps]
    assert cuts == [crm.facts.position_at(stamp) for stamp in stamps]
    looks = [fact.position for fact in crm.facts.page(positions[-1])]  # stamped a day ago, too
    assert crm.facts.position_at(max(stamps)) == looks[-1]
    assert set(cuts) <= {0, *(fact.position for fact in crm.facts.page(0))}


# --- A projector is killed between fold and commit ----------------------------------------------

STOPS = """
import sys, time
from application.store.pool import Pool
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections

class Stops:
    def __init__(self, projection):
        self.projection = projection

    def __getattr__(self, name):
        return getattr(self.projection, name)

    def prepare(self, pool, generation, facts):
        write = self.projection.prepare(pool, generation, facts)
        def stop(cursor):
            if sys.argv[2] == "written":
                write(cursor)
            print(self.projection.name, flush=True)
            time.sleep(600)
        return stop

catalogue = [Stops(each) if each.name == "customers" else each for each in PROJECTIONS]
Projections(Pool(sys.argv[1]), catalogue).catch_up()
"""


@pytest.mark.parametrize("moment", ["folded", "written"])
def test_a_projector_killed_between_fold_and_commit_folds_nothing_twice(
    web, crm, dsn, projections, moment
):
    customer = web.customer("Harbour").json["id"]
    calls(web, customer, 20)
    projections.catch_up()
    standings = {each.name: each.position for each in projections.live()}
    calls(web, customer, 20)
    projector = subprocess.Popen(
        [sys.executable, "-c", STOPS, dsn, moment], stdout=subprocess.PIPE, text=True
    )
    try:
        assert projector.stdout is not None
        assert projector.stdout.readline().strip() == "customers"
    finally:
        projector.kill()
        projector.communicate()
    after = {each.name: each.position for each in projections.live()}
    assert after["customers"] == standings["customers"], "It had not committed."
    projections.catch_up()
    assert {each.position for each in projections.live()} == {crm.facts.head()}
    for model in PROJECTIONS:
        assert differences(dsn, model.name, 1, projections.rebuild(model.name).generation) == []
    shown = web.get(f"/api/v1/customers/{customer}").json
    assert shown["totals"]["interactions"] == 40


def calls(web, customer: str, count: int) -> None:
    """Log phone calls; the picture of a customer counts them."""
    for _ in range(count):
        body = {"channel": "phone", "direction": "inbound", "summary": "Asked for a price"}
        answer = web.post(f"/customers/{customer}/interactions", body)
        assert answer.status_code == 201, answer.json


# --- A poison fact ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "poison",
    [
        "the fold cannot take it",
        "PostgreSQL cannot hold it",
    ],
)
def test_a_poison_fact_stops_one_read_model_until_it_is_retried(web, crm, command, dsn, poison):
    def chokes(document: Any, fact: Any, key: Any) -> Any:
        if "Arsenic" not in str(fact.event):
            return CUSTOMERS.fold(document, fact, key)
        if poison == "the fold cannot take it":
            raise ValueError("I cannot swallow this.")
        return {"name": "\0"}

    others = [each for each in PROJECTIONS if each.name != CUSTOMERS.name]
    sick = Projections(crm.pool, [replace(CUSTOMERS, fold=chokes), *others])
    before, arsenic, after = (web.customer(name).json for name in ("Before", "Arsenic", "After"))
    sick.catch_up()
    health = web.get("/health")
    assert (health.status_code, health.json["status"]) == (503, "degraded")
    models = {each.pop("name"): each for each in health.json["read_models"]}
    stopped = models.pop("customers")
    assert stopped["stopped_at"] == arsenic["position"]
    assert stopped["position"] == before["position"]
    assert all(each["current"] and each["stopped_at"] is None for each in models.values())
    assert web.customer("Later").status_code == 201, "What is written is written."

    healed = Projections(crm.pool, PROJECTIONS)
    healed.catch_up()
    assert web.get("/health").status_code == 503, "It stays stopped until somebody says so."
    said = command.run("project", "retry", "customers", DATABASE_URL=dsn).stdout
    assert said == "Going on: customers.\n"
    healed.catch_up()
    assert web.get("/health").json["status"] == "ok"
    for made in (before, arsenic, after):
        assert web.get(f"/api/v1/customers/{made['id']}").status_code == 200
    built = healed.rebuild("customers").generation
    assert differences(dsn, "customers", 1, built) == []


def test_a_fact_that_cannot_be_read_turns_health_red_and_the_projector_goes_on(
    web, crm, dsn, outside, projections
):
    """A fact of a later version, after a downgrade; or one written past Concord."""
    web.customer("Before")
    projections.catch_up()
    outside.ask(
        "insert into log.events (id, stream_id, version, name, state)"
        " values (log.position(0), gen_random_uuid(), 1, 'customer.teleported', '{}')"
    )
    try:
        projections.catch_up()
    finally:
        assert (web.get("/health").json["status"]) == "degraded"


# --- An idle open transaction -----------------------------------------------------------------


def test_an_idle_transaction_is_seen_in_the_metrics_and_ended(web, crm, dsn, projections, envelope):
    first = int(web.customer("Before").json["position"])
    writer = connect(dsn)
    try:
        with writer.cursor() as cursor:
            cursor.execute("set idle_in_transaction_session_timeout = '1500ms'")
            fact = Fact(stream_id=uuid4(), version=1, event=DepartmentClosed(), envelope=envelope())
            stored = StoredEvent(fact.stream_id, 1, fact.name, encode(fact))
            insert_one(cursor, Append([stored]))
        second = int(web.customer("After").json["position"])
        seen = [held_back(web)]
        projections.catch_up()
        assert {each.position for each in projections.live()} == {first}
        time.sleep(0.3)
        seen.append(held_back(web))
        assert 0 < seen[0] < seen[0] + 0.3 <= seen[1] < 1.5 + PATIENCE
        soon(lambda: crm.facts.head() == second)
        assert held_back(web) == 0
        with pytest.raises(psycopg2.OperationalError, match="closed the connection"):
            writer.cursor().execute("select 1")
    finally:
        writer.close()
    projections.catch_up()
    assert {each.position for each in projections.live()} == {second}
    assert web.get("/health").json["oldest_open_transaction_seconds"] == 0


def held_back(web) -> float:
    """What the metrics say."""
    name = "concord_oldest_open_transaction_seconds "
    lines = web.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(name)).removeprefix(name))
