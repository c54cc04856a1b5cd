"""What is in the log stays as it is: nobody changes or removes it, the application least of all."""

from uuid import uuid4

import psycopg2
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg2.errors import InsufficientPrivilege

from application.store.appending import IdempotencyKey
from application.store.pool import APP_ROLE, connect

CHANGES = [
    "update log.events set state = '{}'",
    "update log.events set recorded_at = now()",
    "delete from log.events",
    "truncate log.events",
    "truncate log.events cascade",
]
CHANGE = (
    "insert into log.events select * from log.events on conflict {} do update set state = '{{}}'"
)


@pytest.fixture
def kept(crm, dsn):
    """One fact with an idempotency key; checks afterwards that both are as they were."""

    def rows():
        owner = connect(dsn, role=None)
        with owner.cursor() as cursor:
            cursor.execute("select events, idempotency from log.events, log.idempotency")
            found = cursor.fetchall()
        owner.close()
        return found

    crm.log_recorder.insert_events(
        [StoredEvent(uuid4(), 1, "department.closed", b'{"a": "b"}')],
        idempotency=IdempotencyKey("somebody", "key", "fingerprint"),
    )
    before = rows()
    assert len(before) == 1
    yield
    assert rows() == before


@pytest.fixture
def app(dsn):
    """A connection as the application has it."""
    connection = connect(dsn)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def refusal(cursor, statement: str) -> str:
    with pytest.raises(InsufficientPrivilege) as refused:
        cursor.execute(statement)
    return refused.value.diag.message_primary


def test_connections_act_as_the_application_by_default(app, owner):
    app.execute("select current_user, (select rolsuper from pg_roles where rolname = current_user)")
    assert app.fetchone() == (APP_ROLE, False)
    owner.execute("select current_user")
    assert owner.fetchone() == ("concord",)


@pytest.mark.parametrize("statement", [*CHANGES, CHANGE.format("(stream_id, version)")])
def test_the_application_has_no_right_to_change_the_log(kept, app, statement):
    assert refusal(app, statement) == "permission denied for table events"


@pytest.mark.parametrize("statement", [*CHANGES, CHANGE.format("(stream_id, version)")])
def test_even_the_owner_is_refused(kept, owner, statement):
    assert refusal(owner, statement).startswith("The log is append-only: ")


@pytest.mark.parametrize(
    "statement",
    [
        "alter table log.events disable trigger all",
        "alter table log.events add column more text",
        "drop trigger append_only on log.events",
        "drop table log.events",
        "drop schema log cascade",
        "create or replace function log.refuse_change() returns trigger as '' language plpgsql",
        "set session_replication_role = replica",
    ],
)
def test_the_application_cannot_get_around_it(kept, app, statement):
    refusal(app, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "create table log.mine (a integer)",
        "create view log.mine as select 1",
        "create schema mine",
        "create role mine",
    ],
)
def test_the_application_makes_nothing_outside_its_views(app, statement):
    refusal(app, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update log.idempotency set fingerprint = ''",
        "delete from log.idempotency",
        "update log.clock set xid_base = 0",
        "insert into log.clock values (0, false)",
        "update log.settings set value = ''",
        "delete from log.settings",
        "truncate log.tracking",
        "delete from log.key_use",
    ],
)
def test_the_application_does_not_rewrite_what_else_the_log_rests_on(kept, app, statement):
    refusal(app, statement)


def test_the_application_makes_and_changes_its_views(app):
    app.execute("create table views.mine (a integer)")
    app.execute("insert into views.mine values (1)")
    app.execute("update views.mine set a = 2")
    app.execute("alter table views.mine rename to ours")
    app.execute("select a from views.ours")
    assert app.fetchone() == (2,)
    app.execute("truncate views.ours")
    app.execute("drop table views.ours")
    with pytest.raises(psycopg2.ProgrammingError):
        app.execute("select a from views.ours")


def test_a_fact_has_one_place_in_the_order(kept, owner):
    with pytest.raises(psycopg2.IntegrityError, match="events_in_order"):
        owner.execute(
            "insert into log.events (id, stream_id, version, name, state)"
            " select id, gen_random_uuid(), 1, name, state from log.events"
        )
