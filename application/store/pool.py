"""Connections to PostgreSQL: lent for one piece of work, replaced when the database went away."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from eventsourcing import persistence

from application.store.forks import begin_in_child

Cursor = psycopg2.extensions.cursor
APP_ROLE = "concord_app"

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]

_SESSION = {
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    "client_encoding": "UTF8",
}


def connect(
    dsn: str, *, role: str | None = APP_ROLE, statement_seconds: float | None = None
) -> psycopg2.extensions.connection:
    """Open a connection that acts as ``role``, the application's own by default.

    A statement may take ``statement_seconds`` at most, where they are given. Raises
    ``eventsourcing.persistence.OperationalError`` where the database cannot be reached.
    """
    settings = dict(_SESSION) | ({"role": role} if role else {})
    if statement_seconds:
        settings["statement_timeout"] = f"{statement_seconds * 1000:.0f}"
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with library_errors():
        return psycopg2.connect(dsn, options=options, connect_timeout=5)


class TooLong(persistence.OperationalError):
    """A statement took longer than it may; the connection is as good as before."""


_ERRORS: Mapping[type[psycopg2.Error], type[persistence.PersistenceError]] = {
    psycopg2.InterfaceError: persistence.InterfaceError,
    psycopg2.IntegrityError: persistence.IntegrityError,
    psycopg2.OperationalError: persistence.OperationalError,
    psycopg2.DataError: persistence.DataError,
    psycopg2.InternalError: persistence.InternalError,
    psycopg2.NotSupportedError: persistence.NotSupportedError,
    psycopg2.ProgrammingError: persistence.ProgrammingError,
}


@contextmanager
def library_errors() -> Iterator[None]:
    """Raise the driver's errors as the eventsourcing library's, which the layers above know."""
    try:
        yield
    except psycopg2.errors.QueryCanceled as error:
        raise TooLong(str(error).strip()) from error
    except psycopg2.Error as error:
        for driver, library in _ERRORS.items():
            if isinstance(error, driver):
                raise library(str(error).strip()) from error
        # What the server refuses has a code. For a connection cut off in the middle of an answer
        # (a backend that was killed) the driver has at times no name.
        cut_off = error.pgcode is None
        unnamed = persistence.OperationalError if cut_off else persistence.DatabaseError
        raise unnamed(str(error).strip()) from error


class PooledConnection(persistence.Connection[Any]):
    """One connection of the pool."""

    def __init__(self, raw: psycopg2.extensions.connection) -> None:
        super().__init__()
        self.raw = raw

    def commit(self) -> None:
        """Commit the transaction."""
        self.raw.commit()

    def rollback(self) -> None:
        """Roll the transaction back."""
        self.raw.rollback()

    def cursor(self) -> Cursor:
        """Open a cursor."""
        return self.raw.cursor()

    def _close(self) -> None:
        self.raw.close()
        super()._close()


class Pool(persistence.ConnectionPool[PooledConnection]):
    """A bounded number of connections, shared by the threads of one process.

    When one turns out to be broken, the idle ones are closed too: they are most likely as dead,
    and the next piece of work should not find out one by one. A forked child begins with none:
    its parent's are its parent's (the driver closes a connection only where it was opened).
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 20,
        wait: float = 5.0,
        statement_seconds: float | None = None,
    ) -> None:
        self.dsn = dsn
        self.statement_seconds = statement_seconds
        self._size, self._wait = size, wait
        self._begin()
        begin_in_child(self._begin)

    def _begin(self) -> None:
        super().__init__(pool_size=self._size, max_overflow=0, pool_timeout=self._wait)

    def _create_connection(self) -> PooledConnection:
        return PooledConnection(connect(self.dsn, statement_seconds=self.statement_seconds))

    def take_your_time(self) -> None:
        """Let statements take as long as they do from now on."""
        self.statement_seconds = None
        self._close_idle()

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Lend a cursor for one transaction: committed at the end, rolled back on any error."""
        with self._lend(autocommit=False) as connection, connection.cursor() as cursor:
            try:
                yield cursor
                connection.commit()
            except BaseException:
                if not connection.raw.closed:
                    connection.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """Lend a cursor for single statements that read, each with a snapshot of its own."""
        with self._lend(autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _lend(self, *, autocommit: bool) -> Iterator[PooledConnection]:
        with library_errors():
            connection = self.get_connection()
            try:
                connection.raw.autocommit = autocommit
                yield connection
            except psycopg2.Error as error:
                broken = (psycopg2.OperationalError, psycopg2.InterfaceError)
                cancelled = isinstance(error, psycopg2.errors.QueryCanceled)
                lost = isinstance(error, broken) and not cancelled
                if lost or connection.raw.closed:
                    connection.close()
                    self._close_idle()
                raise
            finally:
                if connection.raw.closed and not connection.closed:
                    connection.close()
                self.put_connection(connection)

    def _close_idle(self) -> None:
        with self._put_condition:
            while self._pool:
                self._pool.popleft().close()
