"""Timers: how long it takes until 10,000 things that are due at once are carried out."""

import sys
import time
from pathlib import Path

import psycopg2
from deadlines import DEADLINES, open_requests, overdue
from figures import Sheet, Target
from place import Place, end

from application.crm import Crm
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections

NUMBER = 10_000
SECONDS = Target(10, at_least=False)
PATIENCE = 120.0
COMMAND = Path(__file__).with_name("deadlines.py")
_CARRIED_OUT = (
    "select count(*), extract(epoch from max(recorded_at) - min(recorded_at))"
    " from log.events where name = 'request.resolved'"
)


def measure(sheet: Sheet, place: Place, *, rounds: int) -> None:
    """Let ``concord timers`` carry out what is due, first alone, then with a second beside it."""
    group = f"Timers: {NUMBER:,} due at once, until the last is in the log"
    for processes in (1, 2):
        seconds = []
        for number in range(1, rounds + 1):
            sheet.say(f"Timers, {processes} at once, round {number} of {rounds}")
            dsn = place.database(f"timers_{processes}_{number}")
            seconds.append(drained(place, dsn, processes))
        sheet.add(group, f"processes: {processes}", "s", seconds, SECONDS)


def drained(place: Place, dsn: str, processes: int) -> float:
    """Return the seconds from the first thing carried out to the last."""
    crm = Crm(dsn)
    open_requests(crm, overdue(NUMBER))
    projections = Projections(crm.pool, [*PROJECTIONS, DEADLINES])
    projections.ensure()
    projections.catch_up()
    crm.close()
    keepers = [
        place.start("timers", sys.executable, COMMAND, "timers", DATABASE_URL=dsn)
        for _ in range(processes)
    ]
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    deadline = time.monotonic() + PATIENCE
    try:
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_CARRIED_OUT)
                done, seconds = cursor.fetchone()
            if done == NUMBER:
                return float(seconds)
            if done > NUMBER or time.monotonic() > deadline:
                raise RuntimeError(f"{done} of {NUMBER} were carried out.")
            time.sleep(0.2)
    finally:
        connection.close()
        for keeper in keepers:
            end(keeper)
