"""Bringing a database up to date: plain SQL steps, applied once; roles; the log's clock."""

from pathlib import Path
from urllib.parse import urlencode

import psycopg2.extensions
from yoyo import get_backend, read_migrations

from application.store.pool import connect, library_errors

MIGRATIONS = Path(__file__).parent / "migrations"
ROLES = Path(__file__).parent / "roles.sql"


def migrate(dsn: str) -> list[str]:
    """Apply the migrations that are missing, as the owner, and return their names.

    Raises ``eventsourcing.persistence.OperationalError`` where the database cannot be reached.
    """
    # A lock of our own: it ends with its connection, so that a migration that was killed does not
    # lock out the next, as a row in a table would.
    guard = connect(dsn, role=None)
    try:
        with library_errors(), guard.cursor() as cursor:
            guard.autocommit = True
            cursor.execute("select pg_advisory_lock(hashtext('concord migration'))")
        names = _apply(dsn)
        _grant(dsn)
        raise_clock(dsn)
        return names
    finally:
        guard.close()


def _apply(dsn: str) -> list[str]:
    backend = get_backend(_url(dsn))
    try:
        missing = backend.to_apply(read_migrations(str(MIGRATIONS)))
        names = [migration.id for migration in missing]
        backend.apply_migrations(missing)
        return names
    finally:
        backend.connection.close()


def _grant(dsn: str) -> None:
    with library_errors():
        connection = connect(dsn, role=None)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(ROLES.read_text())
        finally:
            connection.close()


def raise_clock(dsn: str) -> int:
    """Keep positions growing after a restore into a new cluster; return the base in force.

    A new cluster counts transactions from the start again. Where the log already has a position
    at or beyond the present transaction, the base is raised above it.
    """
    with library_errors():
        connection = connect(dsn, role=None)
        try:
            with connection, connection.cursor() as cursor:
                # Nobody may write between looking and raising; who has begun already counts, too:
                # the base is raised for the oldest transaction still running.
                cursor.execute("lock table log.events in share row exclusive mode")
                cursor.execute(
                    "with now as ("
                    "  select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid),"
                    " top as (select coalesce(max(id) >> 20, 0) as xid from log.events)"
                    " update log.clock set xid_base = top.xid + 1 - now.xid from now, top"
                    " where top.xid >= clock.xid_base + now.xid"
                )
                cursor.execute("select xid_base from log.clock")
                row = cursor.fetchone()
                return int(row[0]) if row else 0
        finally:
            connection.close()


def _url(dsn: str) -> str:
    # The name of the database goes with the other parameters: there it may have any characters.
    return f"postgresql:///?{urlencode(psycopg2.extensions.parse_dsn(dsn))}"
