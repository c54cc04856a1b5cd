"""What becomes due is carried out once, in its order, whoever runs, ends or is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from structlog.testing import capture_logs

from application.catalogue import BY_KIND
from application.crm import Crm
from domain.support.request import RequestOpened
from projections.catalogue import PROJECTIONS
from projections.documents import ReadModel
from projections.kernel import Projections
from projections.projector import Projector
from projections.reader import Reader
from projections.timekeeper import Remembered, Timekeeper
from projections.timers import TIMERS
from tests.bench import deadlines
from tests.bench.deadlines import DEADLINES, FAULTY, OVERDUE, POISON, open_requests, overdue
from tests.web.client import wait_until

COMMAND = Path(deadlines.__file__)
HERE = str(COMMAND.parents[2])
RESOLVED = "select count(*) from log.events where name = 'request.resolved'"


@pytest.fixture
def read_side(crm: Crm) -> Projections:
    """The read model with the deadlines, beside Concord's own."""
    made = Projections(crm.pool, [*PROJECTIONS, DEADLINES])
    made.ensure()
    return made


@pytest.fixture
def keeper(crm: Crm, read_side: Projections) -> Timekeeper:
    """One that keeps this one timer."""
    return Timekeeper(crm, Reader(read_side.pool), [OVERDUE])


@contextmanager
def following(read_side: Projections) -> Iterator[None]:
    """Keep the read models up to date beside the test."""
    projector = Projector(read_side)
    thread = threading.Thread(target=projector.run)
    thread.start()
    try:
        yield
    finally:
        projector.stop()
        thread.join(10)


@contextmanager
def timers(dsn: str, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run ``concord timers`` beside the test, with the timer of the deadlines."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, COMMAND, "timers"],
            env=os.environ | {"DATABASE_URL": dsn, "PYTHONPATH": HERE},
            stdout=said,
            stderr=said,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def query(crm: Crm, statement: str) -> list[Any]:
    with crm.pool.reading() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def resolved(crm: Crm) -> int:
    return int(query(crm, RESOLVED)[0][0])


def ends(crm: Crm) -> list[Any]:
    """The ids of what was resolved, in the log's order."""
    told = "select stream_id from log.events where name = 'request.resolved' order by id"
    return [id_ for (id_,) in query(crm, told)]


def said(log: Path) -> list[dict[str, Any]]:
    """The log lines of a process; what it says to people is none."""
    lines = log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


# --- One process ----------------------------------------------------------------------------------


def test_what_is_due_is_carried_out_and_what_is_not_yet_is_left(crm, read_side, keeper):
    now = datetime.now(UTC)
    late, early = open_requests(
        crm, [(now - timedelta(hours=5), "Late"), (now - timedelta(hours=3), "Early")]
    )
    read_side.catch_up()
    assert keeper.sweep() == 1
    (fact,) = crm.facts.stream(late, after_version=1)
    assert fact.name == "request.resolved"
    assert str(fact.envelope.actor) == "system:timer"
    assert fact.envelope.channel == "policy"
    assert fact.envelope.reason == "Nobody answered in time"
    assert abs(fact.occurred_at - now) < timedelta(seconds=30)
    assert len(list(crm.facts.stream(early))) == 1


def test_late_ones_follow_in_the_order_in_which_they_were_due(crm, read_side, keeper, monkeypatch):
    monkeypatch.setattr("projections.timekeeper.THREADS", 1)
    monkeypatch.setattr("projections.timekeeper.AT_ONCE", 7)
    ids = open_requests(crm, overdue(30)[::-1])[::-1]
    read_side.catch_up()
    assert keeper.sweep() == 30
    assert ends(crm) == ids


def titled(title: str) -> ReadModel:
    """The deadlines of the requests with this title only."""

    def fold(document: Any, fact: Any, key: Any) -> Any:
        other = isinstance(fact.event, RequestOpened) and fact.event.title != title
        return None if other else deadlines.fold(document, fact, key)

    return replace(DEADLINES, name=f"deadlines_{title}", fold=fold)


def test_the_order_holds_over_all_timers(crm, monkeypatch):
    monkeypatch.setattr("projections.timekeeper.THREADS", 1)
    models = [titled("odd"), titled("even")]
    read_side = Projections(crm.pool, models)
    read_side.ensure()
    openings = [(at, ("even", "odd")[n % 2]) for n, (at, _) in enumerate(overdue(20))]
    ids = open_requests(crm, openings)
    read_side.catch_up()
    both = [replace(OVERDUE, name=model.name, model=model) for model in models]
    Timekeeper(crm, Reader(crm.pool), both).sweep()
    assert ends(crm) == ids


def test_what_was_done_is_not_tried_again_while_its_document_lags(crm, read_side, keeper):
    open_requests(crm, overdue(3))
    read_side.catch_up()
    assert keeper.sweep() == 3
    assert keeper.sweep() == 0  # the read model does not know yet
    read_side.catch_up()
    assert keeper.sweep() == 0
    assert len(keeper._tried) == 0  # and what it shows no more is forgotten
    assert resolved(crm) == 3


def test_poison_and_faults_are_told_once_and_stop_nobody(crm, read_side, keeper):
    open_requests(crm, [*overdue(2, POISON), *overdue(2, FAULTY), *overdue(5)])
    read_side.catch_up()
    with capture_logs() as told:
        assert keeper.sweep() == 9
        assert keeper.sweep() == 0
    assert resolved(crm) == 5
    assert Counter((line["event"], line.get("code")) for line in told) == {
        ("timer.refused", "request.unknown"): 2,
        ("timer.fault", None): 2,
    }


def test_more_poison_than_is_read_at_once_hides_nothing(crm, read_side, keeper, monkeypatch):
    monkeypatch.setattr("projections.timekeeper.AT_ONCE", 4)
    open_requests(crm, [*overdue(20, POISON), *overdue(3)])
    read_side.catch_up()
    assert keeper.sweep() == 23
    assert resolved(crm) == 3
    open_requests(crm, overdue(2))
    read_side.catch_up()
    assert keeper.sweep() == 2


def test_memory_is_bounded_and_what_was_refused_comes_again_later():
    remembered = Remembered(most=3, again=0.05)
    marks = [("overdue", str(number), "2026") for number in range(5)]
    for mark in marks:
        remembered.add(mark)
    assert len(remembered) == 3
    assert [remembered.is_new(mark) for mark in marks] == [True, True, False, False, False]
    time.sleep(0.06)
    assert all(remembered.is_new(mark) for mark in marks)


# --- Several processes ----------------------------------------------------------------------------


def test_two_processes_one_killed_in_the_middle_do_each_thing_once(crm, read_side, dsn, tmp_path):
    ids = open_requests(crm, overdue(500))
    read_side.catch_up()
    with (
        following(read_side),
        timers(dsn, tmp_path / "one") as one,
        timers(dsn, tmp_path / "two") as two,
    ):
        wait_until(lambda: resolved(crm) > 50, seconds=30)
        leads = one if "Keeping time" in (tmp_path / "one").read_text() else two
        leads.send_signal(signal.SIGKILL)
        leads.wait(10)
        before = resolved(crm)
        wait_until(lambda: resolved(crm) == 500, seconds=30)
        late = open_requests(crm, overdue(20))
        wait_until(lambda: resolved(crm) == 520, seconds=30)
    assert 0 < before < 500
    assert sorted(ends(crm)) == sorted([*ids, *late])
    assert "timer.fault" not in (tmp_path / "one").read_text() + (tmp_path / "two").read_text()


def test_what_became_due_while_nothing_ran_follows_at_the_start(crm, read_side, dsn, tmp_path):
    open_requests(crm, overdue(10))
    read_side.catch_up()
    with timers(dsn, tmp_path / "first"):
        wait_until(lambda: resolved(crm) == 10, seconds=30)
    read_side.catch_up()
    open_requests(crm, [*overdue(1, POISON), *overdue(10)])
    read_side.catch_up()
    assert resolved(crm) == 10
    with timers(dsn, tmp_path / "second") as process:
        wait_until(lambda: resolved(crm) == 20, seconds=30)
        wait_until(lambda: len(said(tmp_path / "second")) == 1)
        asked = time.monotonic()
        process.terminate()
        assert process.wait(10) == 0
        assert time.monotonic() - asked < 1.0
    (line,) = said(tmp_path / "second")
    assert (line["event"], line["timer"], line["code"]) == (
        "timer.refused",
        "overdue",
        "request.unknown",
    )


@pytest.mark.parametrize("setting", ["true", "false"])
def test_serving_keeps_time_unless_told_otherwise(setting, crm, read_side, dsn, tmp_path):
    expected = 3 if setting == "true" else 0
    open_requests(crm, overdue(3))
    read_side.catch_up()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {"DATABASE_URL": dsn, "CONCORD_PORT": str(port), "CONCORD_TIMERS": setting}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, COMMAND, "serve"],
            env=os.environ | told | {"PYTHONPATH": HERE},
            stdout=log,
            stderr=log,
        )
        try:
            health = f"http://127.0.0.1:{port}/health"
            wait_until(lambda: answers(health), seconds=60)
            if expected:
                wait_until(lambda: resolved(crm) == expected, seconds=30)
            else:
                time.sleep(2.5)  # longer than what is due ever waits
        finally:
            process.terminate()
            assert process.wait(20) == 0
    assert resolved(crm) == expected


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_timers_name_is_a_kind_of_thing_and_what_is_done_with_it():
    names = [timer.name for timer in TIMERS]
    assert len(set(names)) == len(names)
    for name in names:
        kind, _, done = name.partition(".")
        assert kind in BY_KIND, name
        assert done.replace("-", "").isalpha(), name


def test_the_command_says_what_it_does(dsn):
    def run(*words: str) -> str:
        return subprocess.run(
            [sys.executable, COMMAND, "timers", *words],
            env=os.environ | {"DATABASE_URL": dsn, "PYTHONPATH": HERE},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    assert "taken over" in run("--help")
    assert run("--list") == "overdue: deadlines.due_at, Nobody answered in time\n"
