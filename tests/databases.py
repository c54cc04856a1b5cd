"""Throw-away PostgreSQLs and databases."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn

from application.store.embedded import Server, embedded_server
from application.store.migrate import migrate


@contextmanager
def throw_away() -> Iterator[Server]:
    """Run a PostgreSQL that forgets everything, as long as the block."""
    with tempfile.TemporaryDirectory(prefix="concord-test-", dir=_in_memory()) as folder:
        if os.geteuid() == 0:  # then it runs as somebody else, who has to get in
            Path(folder).chmod(0o755)
        options = {
            "autovacuum": "off",  # an ANALYZE in the background holds readers of the log back
            "max_wal_size": "64MB",
        }
        with embedded_server(Path(folder, "data"), durable=False, settings=options) as running:
            yield running


def make_template(server: Server) -> str:
    """Make a migrated, empty database to copy; return its name."""
    administer(server, "create database concord_template")
    migrate(make_dsn(server.dsn, dbname="concord_template"))
    return "concord_template"


@contextmanager
def fresh_database(server: Server, template: str, name: str) -> Iterator[str]:
    """Make a migrated, empty database that lives as long as the block."""
    administer(server, f"create database {name} template {template}")
    yield make_dsn(server.dsn, dbname=name)
    administer(server, f"drop database {name} with (force)")


def administer(server: Server, statement: str) -> None:
    """Carry out a statement that no transaction may hold, such as making a database."""
    with closing(psycopg2.connect(make_dsn(server.dsn, dbname="postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def _in_memory() -> Path | None:
    """Return a folder in memory, if there is one with room: databases are made faster there."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    return memory if roomy and os.access(memory, os.W_OK) else None
