"""The campaign itself: the same seed kills the same, its checks have teeth, and a short run."""

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from application.store.appending import IdempotencyKey
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.ids import CustomerId
from tests.crash import follower
from tests.crash.campaign import KINDS, plan, run
from tests.crash.checks import Findings, came_before, check_follower, check_log, check_read_models
from tests.crash.load import Acknowledged
from tests.crash.processes import children

# --- What is killed ---------------------------------------------------------------------------


def test_the_same_seed_kills_the_same():
    assert plan(7, 300) == plan(7, 300)
    assert plan(7, 300)[:20] == plan(7, 20)
    assert plan(7, 300) != plan(8, 300)


def test_every_kind_is_killed_often():
    kinds = Counter(kill.kind for kill in plan(1, 200))
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 5


# --- The checks have teeth --------------------------------------------------------------------


@pytest.fixture
def changes(crm, envelope) -> list[Acknowledged]:
    """Five changes, as clients send them and are answered."""

    def register(number: int) -> Acknowledged:
        key, began = f"key-test-{number}-", time.monotonic()
        outcome = crm.handle(
            RegisterCustomer(id=CustomerId(uuid4()), details=CustomerDetails(name=key)),
            envelope(),
            idempotency=IdempotencyKey("tests", key, "the same"),
        )
        return Acknowledged(
            key=key,
            stream_id=str(outcome.stream_id),
            version=outcome.version,
            position=outcome.position or 0,
            first_sent=began,
            answered=time.monotonic(),
            last_sent_at=time.time() - 60,
            attempts=1,
        )

    return [register(number) for number in range(5)]


def log_findings(dsn: str, changes: list[Acknowledged]) -> dict[str, int]:
    found = Findings()
    check_log(dsn, changes, found)
    return {kind: len(sentences) for kind, sentences in vars(found).items() if sentences}


def test_nothing_is_found_where_nothing_is_wrong(dsn, crm, changes, projections):
    projections.catch_up()
    found = Findings()
    assert check_log(dsn, changes, found) == 0
    assert check_log(dsn, [replace(changes[0], last_sent_at=time.time() + 60)], found) == 1
    log = list(follower.lines(crm.facts))
    check_follower(log, log, found)
    check_read_models(dsn, found)
    assert not found.any(), found


def test_what_is_not_where_it_was_said_to_be_is_lost(dsn, changes):
    for wrong in (
        replace(changes[2], position=changes[2].position + 1),
        replace(changes[2], version=2),
        replace(changes[2], stream_id=changes[1].stream_id),
        replace(changes[2], key="key-test-9-"),
    ):
        assert log_findings(dsn, [*changes[:2], wrong])["lost"] == 1


def test_what_was_carried_out_twice_is_found(dsn, crm, envelope, changes, outside):
    again = RegisterCustomer(
        id=CustomerId(uuid4()), details=CustomerDetails(name=f"Again {changes[0].key}")
    )
    crm.handle(again, envelope())
    assert log_findings(dsn, changes)["duplicated"] == 1
    outside.ask(
        "insert into log.idempotency (principal, key, fingerprint, stream_id, version, changed)"
        " select 'other', key, fingerprint, stream_id, version, changed from log.idempotency"
        " where key = %s",
        changes[1].key,
    )
    assert log_findings(dsn, changes)["duplicated"] == 2


def test_a_gap_between_versions_is_found(dsn, changes, outside):
    outside.ask(
        "insert into log.events (id, stream_id, version, name, state) values"
        " (log.position(0), %s, 3, 'customer.retracted', '{}')",
        changes[0].stream_id,
    )
    assert log_findings(dsn, changes) == {"order": 1}


def test_an_answer_without_its_fact_and_a_fact_without_its_answer_are_found(dsn, changes, outside):
    outside.ask("update log.idempotency set key = 'key-test-8-' where key = %s", changes[0].key)
    assert log_findings(dsn, changes) == {"keys": 2}


def test_what_precedes_an_earlier_answer_is_found(changes):
    assert came_before(changes) == []
    first, last = changes[0], changes[-1]
    swapped = [
        replace(first, position=last.position),
        *changes[1:-1],
        replace(last, position=first.position),
    ]
    assert came_before(swapped)


def test_a_follower_that_saw_something_else_is_found(crm, changes):
    log = list(follower.lines(crm.facts))
    for noted in (
        log[:-1],
        [*log[:2], *log[3:]],
        [*log, "9 somebody 1 else"],
        [log[1], log[0], *log[2:]],
        [*log, log[-1]],
        [log[0].replace(" 1 ", " 2 "), *log[1:]],
    ):
        found = Findings()
        check_follower(noted, log, found)
        assert found.order


def test_a_read_model_with_another_document_is_found(dsn, changes, projections, outside):
    projections.catch_up()
    for statement in (
        "update views.customers_1 set body = body || '{{\"tier\": \"vip\"}}' where key = '{0}'",
        "delete from views.customers_1 where key = '{0}'",
        "delete from views.facts_1 where position = {1}",
        "insert into views.requests_1 values (gen_random_uuid(), '{{}}')",
    ):
        outside.ask(statement.format(changes[0].stream_id, changes[0].position))
    found = Findings()
    check_read_models(dsn, found)
    assert len(found.read_models) == 3  # a document, a row of the index, an invented request


# --- A short run ------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder PostgreSQL may enter as another user."""
    made = Path(tempfile.mkdtemp(prefix="concord-crash-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.slow
def test_one_kill_of_each_kind_loses_nothing_and_leaves_nobody_behind(folder):
    before = set(children(os.getpid()))
    result = run(folder, seed=547, kills=6, seconds=60)
    assert not result.findings.any(), result.findings
    assert result.kills == dict.fromkeys(KINDS, 1)
    assert result.acknowledged > 20
    assert set(children(os.getpid())) <= before
    assert all(UUID(line.split()[1]) for line in follower.noted(folder / "follower"))
