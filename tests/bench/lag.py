"""The lag: from a command to its being visible in every read model, at a steady rate."""

import random
import statistics
import sys
import threading
import time
from bisect import bisect_left
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg2
from figures import Sheet, Target
from place import Place, end
from told import customers

from application.crm import Crm
from application.demo import landmarks
from domain.customers.interaction import Direction, LogInteraction
from domain.ids import CustomerId, InteractionId, MemberId
from domain.kernel import Actor, Channel, Envelope
from domain.values import ContactChannel
from projections.catalogue import PROJECTIONS

RATE = 500
THREADS = 8
LOOK_SECONDS = 0.005
PATIENCE = 30.0
P99 = Target(100, at_least=False)

_VISIBLE = (
    "select coalesce(min(position), 0), count(*) from views.projections"
    " join log.tracking on follower = name || '/' || generation where status = 'live'"
)


def measure(sheet: Sheet, place: Place, dsn: str, *, rounds: int, seconds: float) -> None:
    """Send commands at a steady rate while ``concord project`` runs in a process of its own."""
    projector = place.start(
        "project",
        *(Path(sys.executable).with_name("concord"), "project"),
        DATABASE_URL=dsn,
    )
    with Watch(dsn) as watch:
        found: dict[str, list[float]] = {"p50": [], "p99": [], "rate": []}
        for number in range(1, rounds + 1):
            sheet.say(f"Lag, round {number} of {rounds}")
            told = place.child("lag", "command", dsn=dsn, seconds=seconds, seed=sheet.seed + number)
            lags = watch.lags([(due, position) for due, _, position in told])
            first, last = told[0][0], max(acknowledged for _, acknowledged, _ in told)
            found["rate"].append(len(told) / (last - first))
            found["p50"].append(statistics.median(lags) * 1000)
            found["p99"].append(statistics.quantiles(lags, n=100)[98] * 1000)
    end(projector)
    group = f"Lag from command to visible, {RATE} commands/s"
    sheet.add(group, "commands acknowledged", "/s", found["rate"])
    sheet.add(group, "p50", "ms", found["p50"])
    sheet.add(group, "p99", "ms", found["p99"], P99)


class Watch:
    """Looks again and again how far all live read models have come, and remembers when."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg2.connect(dsn)
        self._connection.autocommit = True
        self._seen: list[tuple[int, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def _look(self) -> None:
        with self._connection.cursor() as cursor:
            while not self._ended.is_set():
                try:
                    cursor.execute(_VISIBLE)
                    position, models = cursor.fetchone()
                except psycopg2.errors.UndefinedTable:  # the projector is only starting
                    position, models = 0, 0
                now = time.monotonic()
                if models == len(PROJECTIONS) and (not self._seen or position > self._seen[-1][0]):
                    self._seen.append((position, now))
                self._ended.wait(LOOK_SECONDS)

    def await_position(self, position: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._seen or self._seen[-1][0] < position:
            if time.monotonic() > deadline:
                raise TimeoutError("The read models do not catch up.")
            time.sleep(0.02)

    def lags(self, due: list[tuple[float, int]]) -> list[float]:
        """Return how long after it was due each command was visible."""
        self.await_position(max(position for _, position in due))
        seen = list(self._seen)
        return [seen[bisect_left(seen, (position, 0.0))][1] - moment for moment, position in due]


def command(dsn: str, seconds: float, seed: int) -> list[tuple[float, float, int]]:
    """Send commands, each when it is due; return when, when acknowledged, and the position."""
    crm = Crm(dsn)
    rng = random.Random(seed)
    known = customers()
    plan = [rng.choice(known) for _ in range(int(RATE * seconds))]
    told: list[tuple[float, float, int]] = []
    began = time.monotonic() + 0.2

    def send(thread: int) -> None:
        for number in range(thread, len(plan), THREADS):
            due = began + number / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            outcome = crm.handle(*interaction(plan[number]))
            told.append((due, time.monotonic(), outcome.position or 0))

    crm.handle(*interaction(plan[0]))  # connections and caches, as in a server that runs
    threads: list[Any] = [threading.Thread(target=send, args=(each,)) for each in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    crm.close()
    if len(told) < len(plan):
        raise RuntimeError(f"Only {len(told)} of {len(plan)} commands were carried out.")
    return sorted(told)


def interaction(customer: UUID) -> tuple[LogInteraction, Envelope]:
    """Make the command of a member who logs a call with a customer."""
    command = LogInteraction(
        id=InteractionId(uuid4()),
        customer_id=CustomerId(customer),
        channel=ContactChannel.PHONE,
        direction=Direction.INBOUND,
        summary="Asked when the second pallet arrives, and whether it can come on a Monday.",
    )
    actor = Actor.member(MemberId(landmarks().member_id))
    return command, Envelope(occurred_at=datetime.now(UTC), actor=actor, channel=Channel.API)
