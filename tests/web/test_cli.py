"""The ``concord`` command, run as people run it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from tests.command import Command

CSV = """case,when,what,who,customer
T-1,2025-03-03T09:00:00+08:00,Opened,Ana Souza,Harbour Foods
T-1,2025-03-03T10:00:00+08:00,Solved,李娜,Harbour Foods
T-2,2025-03-04T09:00:00+08:00,Opened,李娜,云河科技
T-2,2025-03-04T09:30:00+08:00,Sang a song,李娜,云河科技
T-3,yesterday,Opened,李娜,云河科技
"""
MAP = """
source = "tickets"

[columns]
case = "case"
time = "when"
step = "what"
actor = "who"
customer = "customer"

[steps]
"Opened" = "opened"
"Solved" = "resolved"
"""


@pytest.fixture
def concord(command: Command, dsn: str, tmp_path: Path) -> Any:
    """Run the command over a database of its own; return what it printed and its exit code."""
    return partial(command.run, DATABASE_URL=dsn, CONCORD_DATA=str(tmp_path / "unused"))


@pytest.fixture
def tickets(tmp_path: Path) -> tuple[str, str]:
    """Another system's export, and the map that says what it means."""
    (tmp_path / "tickets.csv").write_text(CSV)
    (tmp_path / "tickets.toml").write_text(MAP)
    return str(tmp_path / "tickets.csv"), str(tmp_path / "tickets.toml")


def count(dsn: str) -> int:
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from log.events")
            return cursor.fetchone()[0]
    finally:
        connection.close()


def test_an_import_says_what_it_did_and_what_to_do_next(concord, dsn, tickets):
    file, map_ = tickets
    done = concord("import", file, "--map", map_)
    assert done.returncode == 0, done.stderr
    assert "Read 5 rows: 3 added" in done.stdout
    assert "'Sang a song' (1)" in done.stdout
    assert "Line 6, column 'when'" in done.stdout
    assert "concord report service-flow" in done.stdout
    before = count(dsn)

    again = concord("import", file, "--map", map_, "--json")
    assert json.loads(again.stdout)["tally"]["known"] == 3
    assert count(dsn) == before

    report = json.loads(concord("report", "service-flow", "--json").stdout)
    assert (report["cases"], report["events"]) == (2, 3)
    assert report["by_member"]["handovers"] == 1
    assert "Ana Souza" in concord("report", "service-flow").stdout
    assert "李娜" in concord("report", "service-flow", "--language", "zh").stdout

    import_id = re.search(r"undo-import ([0-9a-f-]{36})", done.stdout)[1]
    undone = concord("undo-import", import_id, "--reason", "The wrong map.")
    assert "Taken back" in undone.stdout
    report = json.loads(concord("report", "service-flow", "--json").stdout)
    assert (report["cases"], report["events"]) == (0, 0)


def test_a_mistake_is_one_sentence(concord, tickets, tmp_path):
    file, map_ = tickets
    Path(map_).write_text(MAP.replace('customer = "customer"', 'customer = "client"'))
    done = concord("import", file, "--map", map_)
    assert done.returncode == 1
    assert "client" in done.stderr
    assert "Traceback" not in done.stderr
    unknown = concord("undo-import", str(uuid4()), "--reason", "Never was.")
    assert (unknown.returncode, unknown.stderr.strip()) == (1, "There is no such import.")


def test_a_key_is_shown_once_and_can_be_revoked(concord, dsn):
    made = concord("key", "create", "warehouse system")
    key = made.stdout.strip()
    assert re.fullmatch(r"ck_[0-9a-f]{32}_[\w-]{43}", key)
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("select string_agg(state, ' ') from log.events")
        assert key.split("_", 2)[2] not in cursor.fetchone()[0]
    connection.close()
    key_id = json.loads(concord("key", "create", "other", "--json").stdout)["id"]
    assert concord("key", "revoke", key_id).returncode == 0
    assert "revoked already" in concord("key", "revoke", key_id).stderr
    nobody = concord("key", "create", "nobody's", "--member", str(uuid4()))
    assert nobody.returncode == 1
    assert "does not exist" in nobody.stderr


def test_read_models_are_looked_after(concord):
    assert concord("project", "rebuild", "all").returncode == 0
    status = json.loads(concord("project", "status", "--json").stdout)
    live = {
        each["name"]: each["generation"]
        for each in status["read_models"]
        if each["status"] == "live"
    }
    assert live["customers"] == 2
    assert "None was stopped" in concord("project", "retry").stdout
    wrong = concord("project", "rebuild", "costumers")
    assert wrong.returncode == 1
    assert "customers" in wrong.stderr


def test_a_database_without_a_log_is_said_so(server, concord, dsn):
    settings = os.environ | {"DATABASE_URL": dsn.replace("dbname=concord_", "dbname=nowhere_")}
    done = subprocess.run(
        [sys.executable, "-m", "web", "project", "status"],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_says_what_every_command_is_for(concord):
    for words in ([], ["import"], ["project"], ["key"], ["report", "service-flow"]):
        done = concord(*words, "--help")
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) > 5


def test_the_demo_starts_goes_on_and_leaves_nothing_running(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if os.geteuid() == 0:
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)  # the embedded PostgreSQL runs as somebody else
    settings = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    settings |= {"CONCORD_DATA": str(tmp_path / "data" / "pg"), "CONCORD_PORT": str(port)}
    keys = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "web", "demo"],
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            printed = _printed_until(process, "queue?limit=5")
            keys.append(re.search(r"ck_[0-9a-f]{32}_[\w-]{43}", printed)[0])
            urls = re.findall(r'"(http://[^"]+)"', printed)
            assert len(urls) == 3
            for url in urls:
                assert _answered(url, keys[-1])
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal's Ctrl-C reaches all of it
            process.communicate(timeout=30)
        assert not _running(str(tmp_path))
    assert keys[0] == keys[1]


def _printed_until(process: Any, words: str) -> str:
    printed = ""
    for line in process.stdout:
        printed += line
        if words in line:
            return printed
    raise AssertionError(printed)


def _answered(url: str, key: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def _running(words: str) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if words in line]
