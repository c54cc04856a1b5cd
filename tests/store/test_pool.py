"""Connections come back by themselves after the database went away, and none is lost."""

# ruff: noqa: PT012 - what is tested here is how a whole block of work ends

import time
from threading import Barrier, Thread

import psycopg2
import pytest
from eventsourcing import persistence
from eventsourcing.persistence import ConnectionUnavailableError, OperationalError
from psycopg2.extensions import make_dsn, parse_dsn
from spec import SALES

from application.store.pool import Pool, TooLong, connect
from domain.teams.department import CreateDepartment, DepartmentKind, RenameDepartment

CREATE = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)


@pytest.fixture
def pool(dsn):
    pool = Pool(dsn, size=2, wait=0.2)
    yield pool
    pool.close()


@pytest.fixture
def outside(server):
    """The server's administrator, connected to another database."""
    connection = psycopg2.connect(make_dsn(server.dsn, dbname="postgres"))
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def one(pool: Pool) -> int:
    with pool.reading() as cursor:
        cursor.execute("select 1")
        return cursor.fetchone()[0]


def close_backends(outside, dsn: str) -> int:
    outside.execute(
        "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = %s",
        (parse_dsn(dsn)["dbname"],),
    )
    return outside.fetchone()[0]


# --- The database goes away -------------------------------------------------------------------


def test_after_a_restart_one_call_fails_at_most(crm, dsn, outside, envelope):
    crm.handle(CREATE, envelope())
    hold_all(crm.pool, 5)
    assert crm.pool.num_in_pool == 5
    assert close_backends(outside, dsn) == 5
    with pytest.raises(OperationalError):
        crm.handle(RenameDepartment(id=SALES, name="A"), envelope())
    assert crm.handle(RenameDepartment(id=SALES, name="B"), envelope()).version == 2
    assert crm.facts.page(0)[-1].event.name == "B"
    assert crm.pool.num_in_use == 0


def hold_all(pool: Pool, count: int) -> None:
    """Let the pool open so many connections."""
    all_here = Barrier(count)

    def hold():
        with pool.reading():
            all_here.wait(10)

    threads = [Thread(target=hold) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_while_the_database_is_gone_every_call_says_so_and_then_it_works(pool, dsn, outside):
    database = parse_dsn(dsn)["dbname"]
    assert one(pool) == 1
    outside.execute(f"alter database {database} with allow_connections false")
    close_backends(outside, dsn)
    for _ in range(5):  # more often than the pool has places
        with pytest.raises(OperationalError):
            one(pool)
        with pytest.raises(OperationalError), pool.transaction():
            pass
    assert pool.num_in_use == 0
    outside.execute(f"alter database {database} with allow_connections true")
    assert one(pool) == 1


def test_a_server_that_is_not_there(tmp_path):
    pool = Pool(f"host={tmp_path} dbname=concord user=concord", size=2)
    try:
        for _ in range(3):
            with pytest.raises(OperationalError, match="No such file"):
                one(pool)
    finally:
        pool.close()


def test_a_transaction_cut_off_by_the_server_is_not_committed(pool, dsn, outside):
    with pytest.raises(OperationalError), pool.transaction() as cursor:
        cursor.execute("insert into log.settings values ('a', 'b')")
        close_backends(outside, dsn)
    with pool.reading() as cursor:
        cursor.execute("select count(*) from log.settings")
        assert cursor.fetchone() == (0,)


def test_what_fails_by_itself_on_a_broken_connection_is_told_as_the_databases_fault(
    pool, dsn, outside
):
    with pytest.raises(OperationalError) as raised, pool.transaction() as cursor:
        cursor.execute("select 1")
        close_backends(outside, dsn)
        raise ZeroDivisionError
    assert isinstance(raised.value.__cause__.__context__, ZeroDivisionError)  # nothing is hidden
    assert one(pool) == 1


def test_a_transaction_left_idle_too_long_costs_only_itself(pool):
    with pytest.raises(persistence.PersistenceError), pool.transaction() as cursor:
        cursor.execute("set idle_in_transaction_session_timeout = '50ms'")
        time.sleep(0.3)
        cursor.execute("select 1")
    assert one(pool) == 1


def test_a_connection_closed_in_hand_is_replaced(pool):
    with pool.reading() as cursor:
        cursor.connection.close()
    assert one(pool) == 1


# --- Places in the pool -----------------------------------------------------------------------


def test_who_finds_the_pool_exhausted_waits_and_is_told(pool):
    assert issubclass(ConnectionUnavailableError, OperationalError)
    with pool.reading(), pool.transaction():
        started = time.monotonic()
        with pytest.raises(ConnectionUnavailableError):
            one(pool)
        assert 0.2 <= time.monotonic() - started < 2
    assert one(pool) == 1


def test_who_waits_gets_the_place_that_becomes_free(dsn):
    pool = Pool(dsn, size=1, wait=10)
    answers = []
    try:
        waiting = Thread(target=lambda: answers.append(one(pool)))
        with pool.reading():
            waiting.start()
            time.sleep(0.05)
            assert answers == []
        waiting.join(5)
        assert answers == [1]
    finally:
        pool.close()


def test_a_failed_piece_of_work_gives_its_place_back(pool):
    for _ in range(3):
        with pytest.raises(persistence.ProgrammingError), pool.reading() as cursor:
            cursor.execute("selec 1")
        with pytest.raises(persistence.ProgrammingError), pool.transaction() as cursor:
            cursor.execute("selec 1")
        with pytest.raises(ZeroDivisionError), pool.transaction():
            raise ZeroDivisionError
        with pytest.raises(KeyboardInterrupt), pool.reading():
            raise KeyboardInterrupt
    assert pool.num_in_use == 0
    assert pool.num_in_pool == 1
    assert one(pool) == 1


def test_closing_the_pool_closes_the_connections(dsn, outside):
    pool = Pool(dsn, size=3)
    hold_all(pool, 3)
    pool.close()
    count = "select count(*) from pg_stat_activity where datname = %s"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        outside.execute(count, (parse_dsn(dsn)["dbname"],))
        (left,) = outside.fetchone()
        if not left:
            break
        time.sleep(0.01)
    assert left == 0
    with pytest.raises(persistence.ConnectionPoolClosedError):
        one(pool)


# --- Transactions -----------------------------------------------------------------------------


def settings(pool: Pool) -> list[str]:
    with pool.reading() as cursor:
        cursor.execute("select name from log.settings order by name")
        return [name for (name,) in cursor]


def insert(cursor, name: str) -> None:
    cursor.execute("insert into log.settings values (%s, '')", (name,))


def test_a_transaction_is_committed_at_its_end_and_rolled_back_on_any_error(pool):
    with pool.transaction() as cursor:
        insert(cursor, "a")
        assert settings(pool) == []  # by another connection
    with pytest.raises(KeyboardInterrupt), pool.transaction() as cursor:
        insert(cursor, "b")
        raise KeyboardInterrupt
    with pytest.raises(persistence.IntegrityError), pool.transaction() as cursor:
        insert(cursor, "c")
        insert(cursor, "a")
    assert settings(pool) == ["a"]


def test_a_reader_leaves_no_transaction_open(pool):
    with pool.reading() as cursor:
        cursor.execute("select 1")
        assert cursor.connection.info.transaction_status == 0  # idle
    with pool.transaction() as cursor:  # the same connection
        cursor.execute("select 1")
        assert cursor.connection.info.transaction_status == 2  # in a transaction
    with pool.reading() as cursor:
        cursor.execute("select 1")
        assert cursor.connection.info.transaction_status == 0


def test_connections_are_set_up_by_us_whatever_the_server_says(pool):
    with pool.reading() as cursor:
        cursor.execute(
            "select name, setting from pg_settings where source = 'client' and name in"
            " ('TimeZone', 'client_encoding', 'idle_in_transaction_session_timeout')"
        )
        assert dict(cursor) == {
            "TimeZone": "UTC",
            "client_encoding": "UTF8",
            "idle_in_transaction_session_timeout": "60000",
        }


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("selec 1", persistence.ProgrammingError),
        ("select * from log.nothing", persistence.ProgrammingError),
        ("delete from log.events", persistence.ProgrammingError),
        ("select 1 / 0", persistence.DataError),
        ("select 'x'::uuid", persistence.DataError),
        ("insert into log.settings values (null, '')", persistence.IntegrityError),
        ("set statement_timeout = 1; select pg_sleep(1)", TooLong),
        ("select 1 from log.events for update", persistence.ProgrammingError),
        (
            "do $$ begin raise exception 'x' using errcode = '0A000'; end $$",
            persistence.NotSupportedError,
        ),
        (
            "do $$ begin raise exception 'x' using errcode = 'XX001'; end $$",
            persistence.InternalError,
        ),
        (
            "do $$ begin raise exception 'x' using errcode = '99999'; end $$",
            persistence.DatabaseError,
        ),
    ],
)
def test_the_drivers_errors_become_the_librarys(pool, statement, error):
    with pytest.raises(persistence.PersistenceError) as raised, pool.reading() as cursor:
        cursor.execute(statement)
    assert type(raised.value) is error
    assert isinstance(raised.value.__cause__, psycopg2.Error)


def test_a_cursor_that_is_closed_is_an_interface_error(pool):
    with pytest.raises(persistence.InterfaceError), pool.reading() as cursor:
        cursor.close()
        cursor.execute("select 1")
    assert one(pool) == 1


def test_connecting_to_nothing_is_an_operational_error(tmp_path):
    with pytest.raises(OperationalError):
        connect(f"host={tmp_path} dbname=concord")
