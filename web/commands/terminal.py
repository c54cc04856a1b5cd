"""What the commands share: the configured database, and ways to tell people how it goes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from application import settings as configuration
from application.crm import Crm
from application.settings import Settings
from application.store.embedded import embedded_server
from application.store.migrate import migrate as migrate_database
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from web import logs

console = Console()
errors = Console(stderr=True)


def fail(sentence: str) -> NoReturn:
    """Say what went wrong, and end with exit code 1."""
    errors.print(sentence, style="red", highlight=False, markup=False)
    sys.exit(1)


def print_json(value: Any) -> None:
    """Print JSON for programs to read."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Lend the database: the one configured, or the embedded one, migrated."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded_server(settings.data, say=note) as server:
        migrate_database(server.dsn)
        yield server.dsn


@contextmanager
def opened() -> Iterator[tuple[Settings, Crm]]:
    """Lend the command side over the configured database."""
    settings = configuration.load()
    logs.configure(settings.log_level)
    with database(settings) as url:
        crm = Crm(url, pool_size=settings.pool_size)
        try:
            crm.facts.head()  # a clear sentence now, where there is no log yet
            yield settings, crm
        finally:
            crm.close()


def note(sentence: str) -> None:
    """Say beside the output how it goes."""
    errors.print(sentence, style="dim", highlight=False, markup=False)


@contextmanager
def bar(what: str) -> Iterator[Any]:
    """Lend a progress bar as a function of (done, all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), "{task.percentage:>3.0f}%")
    with Progress(*columns, TimeRemainingColumn(), console=errors, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


def prepare(url: str) -> None:
    """Create what the read side needs before the first question."""
    crm = Crm(url)
    try:
        Projections(crm.pool, PROJECTIONS).ensure()
    finally:
        crm.close()
