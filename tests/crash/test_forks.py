"""Group commit after a fork: each process has a queue and connections of its own."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

FORKED = """
import json, os, sys, threading
from datetime import UTC, datetime
from uuid import uuid4

from application.crm import Crm
from domain.ids import CustomerId
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.kernel import Actor, Channel, Envelope

dsn, before = sys.argv[1:]
by = Envelope(occurred_at=datetime.now(UTC), actor=Actor.system("test"), channel=Channel.CLI)
crm = Crm(dsn)
positions, errors = [], []

def register():
    outcome = crm.handle(
        RegisterCustomer(id=CustomerId(uuid4()), details=CustomerDetails(name="Harbour")), by)
    positions.append((str(outcome.stream_id), outcome.position))

def many(times):
    try:
        for _ in range(times):
            register()
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")

def at_once(times):
    threads = [threading.Thread(target=many, args=(times,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    return threads

busy = []
if before == "used":
    register()
if before == "in use":
    busy = at_once(60)
children = []
for _ in range(2):
    theirs, ours = os.pipe()
    if (pid := os.fork()) == 0:
        positions.clear(), errors.clear()
        for thread in at_once(15):
            thread.join()
        with os.fdopen(ours, "w") as told:
            json.dump([positions, errors], told)
        os._exit(0)
    os.close(ours)
    children.append((pid, theirs))
for thread in [*busy, *at_once(15)]:
    thread.join()
said = [[positions, errors]]
for pid, theirs in children:
    with os.fdopen(theirs) as told:
        said.append(json.load(told))
    os.waitpid(pid, 0)
crm.close()
json.dump(said, sys.stdout)
"""


@pytest.mark.parametrize(
    "before",
    [
        "unused",
        "used",
        "in use",
    ],
)
def test_all_processes_of_a_fork_append_and_nothing_is_lost_or_doubled(dsn, outside, before):
    acknowledged: list[Any] = []
    for positions, errors in forked(dsn, before):
        assert errors == []
        assert len(positions) >= 90
        acknowledged += positions
    written = outside.ask("select stream_id::text, id from log.events")
    assert sorted(map(tuple, acknowledged)) == sorted(written)


def forked(dsn: str, before: str) -> Any:
    """Let a process and two that it forks append at once; return what each was told."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKED, dsn, before],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said, complaint = process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail("It hangs.")
    assert process.returncode == 0, complaint.decode()[-2000:]
    return json.loads(said)
