"""``concord project`` in several processes: they share the read models, and take them over."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from application.crm import Crm
from application.demo import facts
from application.store.recorder import LogRecorder
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from tests.command import Command
from tests.web.client import wait_until

ALL = {projection.name for projection in PROJECTIONS}


@pytest.fixture
def projections(crm: Crm) -> Projections:
    """All read models, and 500 facts none of them has seen."""
    crm.append(facts()[:500])
    made = Projections(crm.pool, PROJECTIONS)
    made.ensure()
    return made


@contextmanager
def projecting(dsn: str, log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``concord project`` beside the test; what it says goes into a file."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "web", "project", *words],
            env=os.environ | {"DATABASE_URL": dsn},
            stdout=said,
            stderr=said,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def run(command: Command, dsn: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``concord project`` to its end."""
    return partial(command.run, "project", DATABASE_URL=dsn)


def current(projections: Projections) -> set[str]:
    """The read models that have come to the end of the log."""
    head = projections.log.head()
    return {each.name for each in projections.live() if each.position == head}


def generations(projections: Projections) -> dict[str, int]:
    return {each.name: each.generation for each in projections.live()}


def test_two_processes_share_the_read_models(projections, dsn, tmp_path):
    first, rest = {"customers", "requests"}, ALL - {"customers", "requests"}
    with projecting(dsn, tmp_path / "one", "--only", "customers,requests"):
        wait_until(lambda: current(projections) == first)
        assert {each.position for each in projections.live(rest)} == {0}
        with projecting(dsn, tmp_path / "two", "--only", ",".join(rest)):
            wait_until(lambda: current(projections) == ALL)
    assert (tmp_path / "one").read_text() == "Keeping up to date: customers, requests.\n"
    assert "customers" not in (tmp_path / "two").read_text()
    for name in ALL:
        assert projections.verify(name) == []


def test_a_second_process_waits_and_takes_over_when_the_first_is_killed(
    crm, projections, dsn, tmp_path
):
    with projecting(dsn, tmp_path / "one", "--only", "customers") as first:
        wait_until(lambda: current(projections) == {"customers"})
        with projecting(dsn, tmp_path / "two"):
            wait_until(lambda: current(projections) == ALL)
            said = " ".join((tmp_path / "two").read_text().split())
            assert said == f"Keeping up to date: {', '.join(sorted(ALL - {'customers'}))}."
            first.kill()
            wait_until(lambda: "Keeping up to date: customers.\n" in (tmp_path / "two").read_text())
            crm.append(facts()[500:600])
            wait_until(lambda: current(projections) == ALL)
    assert projections.verify("customers") == []


def test_what_only_names_must_exist_and_be_for_projecting(run):
    unknown = run("--only", "customers,costumers")
    assert unknown.returncode == 2
    assert "'costumers'" in unknown.stderr
    assert "customers, departments" in unknown.stderr
    elsewhere = run("--only", "customers", "rebuild", "all")
    assert elsewhere.returncode == 2
    assert "--only" in elsewhere.stderr


def test_several_are_rebuilt_at_once(projections, dsn, run):
    projections.catch_up()
    done = run("rebuild", "all", "--processes", "3")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()) == {f"{name}: generation 2 is live." for name in ALL}
    assert generations(projections) == dict.fromkeys(ALL, 2)


@pytest.mark.parametrize("at_once", ["1", "2"])
def test_one_that_cannot_be_rebuilt_is_named_and_stays_as_it_was(
    crm, projections, dsn, at_once, run
):
    projections.catch_up()
    # PostgreSQL's JSON cannot hold NUL: the codec refuses it, another way into the log might not.
    registered = {"event": {"details": {"name": "A\0B"}, "tier": "normal"}} | {
        "envelope": {
            "occurred_at": "2026-03-02T09:00:00Z",
            "actor": {"kind": "system", "id": "test"},
            "channel": "cli",
        }
    }
    LogRecorder(crm.pool).insert_events(
        [StoredEvent(uuid4(), 1, "customer.registered", json.dumps(registered).encode())]
    )
    done = run("rebuild", "all", "--processes", at_once)
    assert done.returncode == 1
    assert "The new customers stopped: customer.registered at " in done.stderr
    assert "Traceback" not in done.stderr
    assert generations(projections)["customers"] == 1
    if at_once == "2":
        said = " ".join(done.stderr.split())
        assert "Not rebuilt, and as they were before: customers, search." in said
        stayed = {"customers": 1, "search": 1}  # whoever folds a customer's name
        assert generations(projections) == dict.fromkeys(ALL, 2) | stayed


def test_help_says_how_work_is_shared(run):
    assert "--only" in run("--help").stdout
    assert "--processes" in run("rebuild", "--help").stdout
