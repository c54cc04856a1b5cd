"""The embedded PostgreSQL's life among its users, with real servers and real processes."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from application.store import binaries
from application.store.embedded import EmbeddedUnavailable, embedded_server
from tests.store.visits import UNTIL_TOLD, answers, eventually, runs


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
