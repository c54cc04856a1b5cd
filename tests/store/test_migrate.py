"""Databases are brought up to date once, and positions keep growing after a restore."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from psycopg2.extensions import make_dsn, parse_dsn
from spec import SALES
from yoyo import get_backend, read_migrations

from application.crm import Crm
from application.store.appending import Append, insert_one
from application.store.codec import encode
from application.store.embedded import Server, embedded_server
from application.store.migrate import MIGRATIONS, _url, migrate, raise_clock
from application.store.pool import connect
from domain.kernel import Fact
from domain.teams.department import (
    CreateDepartment,
    DepartmentKind,
    DepartmentRenamed,
    RenameDepartment,
)
from tests.databases import administer

ALL = sorted(path.stem for path in MIGRATIONS.glob("*.sql") if "rollback" not in path.name)
CREATE = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)


def ask(dsn: str, statement: str, *values):
    owner = connect(dsn, role=None)
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        owner.close()


@pytest.fixture(params=["empty"])
def empty(request, server: Server):
    """A database with nothing in it."""
    name = request.param
    administer(server, f'create database "{name}"')
    yield make_dsn(server.dsn, dbname=name)
    administer(server, f'drop database "{name}" with (force)')


# --- Migrations -------------------------------------------------------------------------------


def test_what_is_missing_is_applied_once(empty):
    assert ALL
    assert migrate(empty) == ALL
    assert migrate(empty) == []
    with_crm(empty)


def with_crm(dsn: str) -> None:
    """See that a Concord works on this database."""
    crm = Crm(dsn, pool_size=1)
    try:
        (position,) = crm.log_recorder.insert_events([StoredEvent(uuid4(), 1, "x.y", b"{}")])
        assert crm.log_recorder.max_notification_id() == position
    finally:
        crm.close()


def test_a_url_names_the_database_as_well(empty):
    parts = parse_dsn(empty)
    url = f"postgresql://{parts['user']}@/empty?host={parts['host']}&port={parts['port']}"
    assert migrate(url) == ALL
    assert migrate(empty) == []


@pytest.mark.parametrize("empty", ["it's 50% empty & spaced", "客户+1"], indirect=True)
def test_any_name_of_a_database_will_do(empty):
    assert migrate(empty) == ALL
    with_crm(empty)


def test_an_existing_log_is_left_alone(crm, dsn, envelope):
    crm.handle(CREATE, envelope())
    before = crm.facts.page(0)
    assert migrate(dsn) == []
    assert crm.facts.page(0) == before
    assert crm.handle(RenameDepartment(id=SALES, name="A"), envelope()).version == 2


def test_two_processes_that_start_at_once_migrate_once(empty):
    program = (
        "import sys; from application.store.migrate import migrate; print(migrate(sys.argv[1]))"
    )
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=root,
        )
        for _ in range(4)
    ]
    told = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, told[0][1]
    assert sorted(out.strip() for out, _ in told) == sorted([str(ALL), *[str([])] * 3])
    with_crm(empty)


def test_a_migration_that_was_killed_does_not_lock_out_the_next(empty):
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    migrate(empty)
    ask(empty, "insert into yoyo_lock (locked, ctime, pid) values (1, now(), %s)", killed.pid)
    assert migrate(empty) == []


def test_a_database_that_cannot_be_reached_is_told_plainly(tmp_path):
    with pytest.raises(OperationalError, match="No such file"):
        migrate(f"host={tmp_path} dbname=concord user=concord")


def test_a_migration_can_be_taken_back(empty):
    migrate(empty)
    backend = get_backend(_url(empty))
    try:
        steps = read_migrations(str(MIGRATIONS))
        backend.rollback_migrations(backend.to_rollback(steps))
    finally:
        backend.connection.close()
    schemas = ask(empty, "select nspname from pg_namespace where nspname in ('log', 'views')")
    assert ("log",) not in schemas
    assert migrate(empty) == ALL
    with_crm(empty)


# --- Positions keep growing -------------------------------------------------------------------

HUGE = (2**40) << 20
"""A position far beyond any transaction of a young cluster."""


@pytest.fixture
def restored(crm, dsn, envelope) -> int:
    """Leave the database as a restore into a new cluster does: the log is far ahead."""
    fact = Fact(
        stream_id=uuid4(),
        version=1,
        event=DepartmentRenamed(name="Long ago"),
        envelope=envelope(),
    )
    ask(
        dsn,
        "insert into log.events (id, stream_id, version, name, state) values (%s, %s, 1, %s, %s)",
        HUGE + 7,
        fact.stream_id,
        fact.name,
        encode(fact).decode(),
    )
    return HUGE + 7


def positions(crm: Crm) -> list[int]:
    return [fact.position for fact in crm.facts.page(0)]


def test_without_raising_the_clock_a_restored_log_would_be_out_of_order(crm, restored, envelope):
    position = crm.handle(CREATE, envelope()).position
    assert position < restored  # why the clock has to be raised before anybody writes
    assert positions(crm) == [position]


def test_after_raising_the_clock_positions_grow_on(crm, dsn, restored, envelope):
    assert positions(crm) == []
    base = raise_clock(dsn)
    assert 2**40 - 2**20 < base <= 2**40 + 1
    assert positions(crm) == [restored]
    first = crm.handle(CREATE, envelope()).position
    second = crm.handle(RenameDepartment(id=SALES, name="A"), envelope()).position
    assert restored < first < second
    assert positions(crm) == [restored, first, second]
    assert crm.facts.head() == second
    assert first - restored < 100 << 20  # it grows on from there, not from anywhere
    assert raise_clock(dsn) == raise_clock(dsn) == base  # once is enough


def test_migrating_raises_the_clock(crm, dsn, restored, envelope):
    migrate(dsn)
    assert crm.handle(CREATE, envelope()).position > restored


def test_a_clock_that_is_right_stays(crm, dsn, envelope):
    assert raise_clock(dsn) == 0
    crm.handle(CREATE, envelope())
    assert raise_clock(dsn) == raise_clock(dsn) == 0
    ask(dsn, "update log.clock set xid_base = 5000000")
    crm.handle(RenameDepartment(id=SALES, name="A"), envelope())
    assert raise_clock(dsn) == 5000000


def test_an_open_write_holds_followers_back_after_raising_too(crm, dsn, restored, envelope):
    raise_clock(dsn)
    writer = connect(dsn)
    try:
        row = StoredEvent(uuid4(), 1, "x.y", b"{}")
        (held,) = insert_one(writer.cursor(), Append([row]))
        later = crm.handle(CREATE, envelope()).position
        assert restored < held < later
        assert positions(crm) == [restored]
        writer.rollback()
    finally:
        writer.close()
    assert positions(crm) == [restored, later]


def test_who_was_writing_while_the_clock_was_raised_comes_after_the_old_log(crm, dsn, restored):
    """Its transaction began before, as with an idempotency key; others came in between."""
    writer = connect(dsn)
    try:
        cursor = writer.cursor()
        cursor.execute("select pg_current_xact_id()")
        for _ in range(3):
            ask(dsn, "select pg_current_xact_id()")
        raise_clock(dsn)
        row = StoredEvent(uuid4(), 1, "x.y", b"{}")
        (position,) = insert_one(cursor, Append([row]))
        writer.commit()
    finally:
        writer.close()
    assert position > restored  # a follower restored at the end of the log would miss it else


def test_who_has_written_is_waited_for_before_the_clock_is_raised(crm, dsn, restored):
    writer = connect(dsn)
    try:
        insert_one(writer.cursor(), Append([StoredEvent(uuid4(), 1, "x.y", b"{}")]))
        impatient = make_dsn(dsn)
        with pytest.raises(OperationalError, match="timeout"):
            raise_clock_within(impatient, "100ms")
    finally:
        writer.close()
    assert raise_clock(dsn) > 0


def raise_clock_within(dsn: str, patience: str) -> int:
    name = parse_dsn(dsn)["dbname"]
    ask(dsn, f"alter database {name} set lock_timeout = '{patience}'")
    try:
        return raise_clock(dsn)
    finally:
        ask(dsn, f"alter database {name} reset lock_timeout")


# --- Backup and restore, as the README tells it -----------------------------------------------


@pytest.fixture
def new_cluster():
    with tempfile.TemporaryDirectory(prefix="concord-test-") as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o755)
        with embedded_server(Path(folder, "data"), durable=False) as server:
            yield server


def test_a_dump_restored_into_a_new_cluster_goes_on(crm, server, dsn, new_cluster, envelope):
    burn = connect(dsn, role=None)  # the old cluster has seen many more transactions
    burn.autocommit = True
    with burn.cursor() as cursor:
        for _ in range(3000):
            cursor.execute("select pg_current_xact_id()")
    burn.close()
    first = crm.handle(CREATE, envelope()).position
    second = crm.handle(RenameDepartment(id=SALES, name="A"), envelope()).position
    before = crm.facts.page(0)
    assert len(before) == 2

    def run(tool: str, *arguments: str, feed: bytes = b"") -> bytes:
        return subprocess.run(
            [server.bin / tool, *arguments], input=feed, stdout=subprocess.PIPE, check=True
        ).stdout

    dump = run("pg_dump", "--format=custom", "--exclude-schema=views", dsn)
    target = make_dsn(new_cluster.dsn, dbname="concord_new")
    administer(new_cluster, "create database concord_new")
    run("pg_restore", "--no-owner", "--no-acl", "--exit-on-error", "--dbname", target, feed=dump)
    ((xid,),) = ask(target, "select pg_current_xact_id()::text::bigint")
    assert xid < first >> 20  # the new cluster did start over

    assert migrate(target) == []
    there = Crm(target, pool_size=2)
    try:
        assert there.facts.page(0) == before
        third = there.handle(RenameDepartment(id=SALES, name="B"), envelope()).position
        assert third > second
        assert [fact.position for fact in there.facts.page(0)] == [first, second, third]
    finally:
        there.close()
