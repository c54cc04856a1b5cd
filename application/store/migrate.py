"""Bringing a database up to date: plain SQL steps, applied once; roles; the log's clock."""

from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg2.extensions
from yoyo import get_backend, read_migrations

from application.store.pool import connect, library_errors

MIGRATIONS = Path(__file__).parent / "migrations"
ROLES = Path(__file__).parent / "roles.sql"


def migrate(dsn: str) -> list[str]:
    """Apply the migrations that are missing, as the owner, and return their names.

    Raises ``eventsourcing.persistence.OperationalError`` where the database cannot be reached.
    """
    connect(dsn, role=None).close()  # a clear error before the migration tool's own
    backend = get_backend(_url(dsn))
    try:
        with backend.lock():
            missing = backend.to_apply(read_migrations(str(MIGRATIONS)))
            names = [migration.id for migration in missing]
            backend.apply_migrations(missing)
    finally:
        backend.connection.close()
    _grant(dsn)
    raise_clock(dsn)
    return names


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
                # Nobody may write between looking and raising.
                cursor.execute("lock table log.events in share row exclusive mode")
                cursor.execute(
                    "with now as (select pg_current_xact_id()::text::bigint as xid),"
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
    parts: dict[str, str] = dict(psycopg2.extensions.parse_dsn(dsn))
    database = parts.pop("dbname", "")
    return f"postgresql:///{quote(database)}?{urlencode(parts)}"
