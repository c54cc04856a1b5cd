"""The process that keeps read models up to date: at most one at a time for each of them."""

import math
import threading
import time
from collections.abc import Callable, Collection, Sequence

import psycopg2.extensions
import structlog
from eventsourcing.persistence import PersistenceError

from application.store.pool import connect, library_errors
from projections.kernel import Projections

POLL_SECONDS = 0.02
RECONNECT_SECONDS = 1.0
LOCK = "concord projector"

Say = Callable[[str], None]

logger = structlog.get_logger()


class Projector:
    """Keeps read models up to date until it is stopped: all, or those it is given by name.

    Who holds a read model's advisory lock projects it. What another process holds is waited for,
    and taken over when that process ends; so several share the work, and nothing is done twice.
    """

    def __init__(self, projections: Projections, names: Collection[str] | None = None) -> None:
        self.projections = projections
        self.names = sorted(projections.catalogue if names is None else names)
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask it to end after the page in hand."""
        self._stop.set()

    def run(self, say: Say = lambda _sentence: None) -> None:
        """Project until stopped; survives a database that goes away and comes back."""
        while not self._stop.is_set():
            try:
                self._run_while_connected(say)
            except PersistenceError as error:
                logger.warning("projector.waiting", error=str(error))
                self._stop.wait(RECONNECT_SECONDS)
            except Exception:  # a thread that ended here would end in silence
                logger.exception("projector.fault")
                self._stop.wait(RECONNECT_SECONDS)

    def _run_while_connected(self, say: Say) -> None:
        connection = connect(self.projections.pool.dsn)
        try:
            connection.autocommit = True
            led: list[str] = []
            looked = -math.inf
            settled: int | None = None
            while not self._stop.is_set():
                if time.monotonic() - looked > RECONNECT_SECONDS:
                    # Asked even where all are led: locks are lost with their connection.
                    taken = _lead(connection, [name for name in self.names if name not in led])
                    self._take_over(taken, say)
                    led += taken
                    looked, settled = time.monotonic(), None
                if not led:
                    self._stop.wait(RECONNECT_SECONDS)
                    continue
                last = _last(connection)
                if last != settled:
                    if self.projections.step(led):
                        continue
                    settled = last if self._have_come_to(last, led) else None
                self._stop.wait(POLL_SECONDS)
        finally:
            connection.close()

    def _have_come_to(self, position: int, led: Collection[str]) -> bool:
        """Tell whether those led have folded all there is: until more comes, one look is enough.

        A read model that stopped, or was swapped, is looked after with the locks, once a second.
        """
        return all(
            standing.position >= position or standing.error is not None
            for standing in self.projections.live(led)
        )

    def _take_over(self, names: Sequence[str], say: Say) -> None:
        if not names:
            return
        say(f"Keeping up to date: {', '.join(names)}.")
        self.projections.ensure()
        for name in self.projections.outdated(names):
            say(f"The rules of {name!r} have changed: rebuilding it beside the live one.")
            try:
                self.projections.rebuild(name)
            except RuntimeError as error:  # the others go on; this one stays as it was
                logger.error("projector.not-rebuilt", projection=name, error=str(error))  # noqa: TRY400


def _last(connection: psycopg2.extensions.connection) -> int:
    """Return the position of the last fact written: dearer questions follow where it is new."""
    with library_errors(), connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from log.events")
        (last,) = cursor.fetchone() or (0,)
        return int(last)


def _lead(connection: psycopg2.extensions.connection, names: Sequence[str]) -> list[str]:
    """Return those of the names whose lock nobody held; from now on it is this connection's."""
    with library_errors(), connection.cursor() as cursor:
        cursor.execute(
            "select name from unnest(%s::text[]) name"
            " where pg_try_advisory_lock(hashtext(%s), hashtext(name))",
            (list(names), LOCK),
        )
        return [name for (name,) in cursor.fetchall()]
