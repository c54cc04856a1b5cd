"""The process that keeps the read models up to date: one at a time for each database."""

import threading
import time
from collections.abc import Callable

import psycopg2.extensions
import structlog
from eventsourcing.persistence import PersistenceError

from application.store.pool import connect, library_errors
from projections.kernel import Projections

POLL_SECONDS = 0.02
RECONNECT_SECONDS = 1.0
LOCK = "concord projector"

logger = structlog.get_logger()


class Projector:
    """Runs projections until it is stopped; waits while another process does.

    Who holds the advisory lock projects; when that process ends, the next takes over.
    """

    def __init__(self, projections: Projections) -> None:
        self.projections = projections
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask it to end after the page in hand."""
        self._stop.set()

    def run(self, say: Callable[[str], None] = lambda _sentence: None) -> None:
        """Project until stopped; survives a database that goes away and comes back."""
        while not self._stop.is_set():
            try:
                self._run_while_leading(say)
            except PersistenceError as error:
                logger.warning("projector.waiting", error=str(error))
                self._stop.wait(RECONNECT_SECONDS)
            except Exception:  # a thread that ended here would end in silence
                logger.exception("projector.fault")
                self._stop.wait(RECONNECT_SECONDS)

    def _run_while_leading(self, say: Callable[[str], None]) -> None:
        connection = connect(self.projections.pool.dsn)
        try:
            connection.autocommit = True
            if not _lead(connection):
                self._stop.wait(RECONNECT_SECONDS)
                return
            say("Keeping the read models up to date.")
            self.projections.ensure()
            for name in self.projections.outdated():
                say(f"The rules of {name!r} have changed: rebuilding it beside the live one.")
                self.projections.rebuild(name)
            self._follow(connection)
        finally:
            connection.close()

    def _follow(self, leading: psycopg2.extensions.connection) -> None:
        checked = time.monotonic()
        while not self._stop.is_set():
            if not self.projections.step():
                self._stop.wait(POLL_SECONDS)
            if time.monotonic() - checked > RECONNECT_SECONDS:
                with library_errors(), leading.cursor() as cursor:
                    cursor.execute("select 1")  # the lock is lost with its connection
                checked = time.monotonic()


def _lead(connection: psycopg2.extensions.connection) -> bool:
    with library_errors(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtext(%s))", (LOCK,))
        row = cursor.fetchone()
        return bool(row and row[0])
