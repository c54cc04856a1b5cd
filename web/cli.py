"""The ``concord`` command."""

import gc
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from environs import EnvError
from eventsourcing.persistence import PersistenceError
from uuid_utils.compat import uuid7

from application import settings as configuration
from application.archive import ArchiveProblem, export_log, import_log
from application.deciding import UnknownReference
from application.imports import ImportProblem, read_map, run_import, undo_import
from application.imports.orders import OrderForm, import_orders
from application.settings import Settings
from application.store.embedded import EmbeddedUnavailable
from application.store.log import Log, Window
from application.store.migrate import migrate as migrate_database
from domain.access.data import ExportData
from domain.ids import DataId, ImportId
from domain.kernel import Actor, Rejected
from web import logs
from web.commands import importing
from web.commands.accounts import by_operator
from web.commands.assessing import assess
from web.commands.complaint_figures import report_complaints
from web.commands.customer_lists import import_customers_file
from web.commands.drafting import draft
from web.commands.figures import report_credit, report_customer_value, report_retention
from web.commands.granting import access
from web.commands.keys import key
from web.commands.metrics import list_metrics
from web.commands.projecting import project
from web.commands.promises import report_sla
from web.commands.review_figures import (
    report_calibration,
    report_department_review,
    report_indicators,
    report_team_review,
)
from web.commands.satisfaction import report_satisfaction
from web.commands.scorecards import report_scorecards
from web.commands.sign_ins import sign_in
from web.commands.terminal import bar, console, database, fail, opened, prepare, print_json
from web.commands.timekeeping import timers


def main() -> None:
    """Run the command; every expected failure is one sentence and exit code 1."""
    gc.freeze()  # what is imported stays: to look through it for garbage at the end takes 0.2 s
    logs.on_terminate(_stop)
    sys.stdout.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    try:
        concord.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        fail("Stopped.")
    except (
        EnvError,
        EmbeddedUnavailable,
        ArchiveProblem,
        ImportProblem,
        UnknownReference,
        LookupError,
    ) as error:
        fail(str(error))
    except Rejected as error:
        fail(error.sentence)
    except PersistenceError as error:
        fail(f"The database did not answer: {error}")


def _stop() -> None:
    # As Ctrl-C does: unwind, so that what was started is ended.
    raise KeyboardInterrupt


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="concord")
def concord() -> None:
    """The customer record that every department writes and nobody can rewrite.

    Without DATABASE_URL, Concord starts a PostgreSQL of its own and stops it at the end.
    """


# --- Running --------------------------------------------------------------------------------------


@concord.command()
def serve() -> None:
    """Serve the API, keep the read models up to date, and carry out what becomes due."""
    settings = configuration.load()
    _serve(settings, project=settings.project, timers=settings.timers)


@concord.command()
def web() -> None:
    """Serve the API only; run `concord project` and `concord timers` beside it."""
    _serve(configuration.load(), project=False, timers=False)


def _serve(settings: Settings, *, project: bool, timers: bool) -> None:
    logs.configure(settings.log_level)
    with database(settings) as url:
        prepare(url)
        console.print(f"Concord at http://{settings.host}:{settings.port} (Ctrl-C ends it)")
        run_server(settings, url, project=project, timers=timers)


def run_server(settings: Settings, url: str, *, project: bool, timers: bool) -> None:
    """Serve until stopped."""
    from web.serving import serve as run  # noqa: PLC0415 - gunicorn only where it serves

    logs.prepare_metrics(settings.workers)
    run(settings, url, project=project, timers=timers)


@concord.command()
def migrate() -> None:
    """Bring the database up to date, as its owner (CONCORD_MIGRATION_URL or DATABASE_URL)."""
    settings = configuration.load()
    url = settings.migration_url or settings.database_url
    if url is None:
        with database(settings):
            console.print("The embedded database is up to date.")
        return
    applied = migrate_database(url)
    console.print(f"Applied: {', '.join(applied)}." if applied else "Nothing to apply.")


@concord.command()
def demo() -> None:
    """Tell a sample company's 90 days, then serve it; a second time it keeps its data."""
    from web.commands.demonstration import demonstrate  # noqa: PLC0415 - needed by nobody else

    settings = configuration.load()
    logs.configure("warning")
    with database(settings) as url:
        if settings.database_url:
            migrate_database(settings.migration_url or url)
        prepare(url)
        demonstrate(settings, url, console, bar)
        run_server(settings, url, project=True, timers=settings.timers)


concord.add_command(access)
concord.add_command(key)
concord.add_command(sign_in)
concord.add_command(project)
concord.add_command(timers)
concord.add_command(import_customers_file)
concord.add_command(list_metrics)


# --- Import and report ----------------------------------------------------------------------------


@concord.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "map_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the columns and values mean (TOML); see docs/import.md.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_file(file: Path, map_file: Path, as_json: bool) -> None:
    """Take another system's FILE (CSV, XES, JSON Lines, gzipped or not) into the log."""
    with opened() as (_, crm), bar(f"Importing {file.name}") as progress:
        outcome = run_import(crm, file, read_map(map_file), Actor.system("operator"), progress)
    if as_json:
        print_json(importing.as_dict(outcome))
    else:
        importing.draw(outcome, console)


@concord.command("import-orders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="The other system's name; part of every id.")
@click.option(
    "--columns",
    required=True,
    help="What the columns are, in order: customer, date, amount, and quantity, number, product;"
    " _ is left out.",
)
@click.option("--currency", required=True, help="Of all amounts, by its ISO 4217 code: CNY.")
@click.option("--delimiter", help="What stands between cells; blanks, unless said.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_order_file(file: Path, columns: str, as_json: bool, **told: Any) -> None:
    """Take a FILE with an order in each row, and no header, into the log as orders paid."""
    with opened() as (settings, crm), bar(f"Importing {file.name}") as progress:
        form = OrderForm(columns=tuple(columns.split(",")), zone=settings.zone, **told)
        outcome = import_orders(crm, file, form, Actor.system("operator"), progress)
    if as_json:
        print_json(importing.as_dict(outcome))
    else:
        importing.draw_orders(outcome, console)


@concord.command("undo-import")
@click.argument("import_id", type=click.UUID)
@click.option("--reason", required=True, help="Why; it stands in the log.")
def undo_import_run(import_id: UUID, reason: str) -> None:
    """Take an import back by compensating events; what was worked on since stays."""
    with opened() as (_, crm), bar("Taking back") as progress:
        by = Actor.system("operator")
        taken, kept = undo_import(crm, ImportId(import_id), by, reason, progress)
    console.print(f"Taken back: {taken}. Kept, because they were worked on since: {kept}.")


@concord.group("log")
def log_group() -> None:
    """The log as one file: to keep elsewhere, and to read back."""


@log_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_log_file(file: Path) -> None:
    """Write every fact into FILE (JSON Lines, gzipped); that you did is a fact itself."""
    with opened() as (_, crm), bar("Exporting") as progress:
        command = ExportData(id=DataId(uuid7()), what="log", form="jsonl.gz")
        crm.handle(command, by_operator())
        number = export_log(crm.pool, file, progress)
    console.print(f"{number:,} facts in {file}.", highlight=False)


@log_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_log_file(file: Path) -> None:
    """Read an exported FILE into an empty log, positions and times of recording included."""
    settings = configuration.load()
    with database(settings) as url, bar("Importing") as progress:
        number = import_log(settings.migration_url or url, file, progress)
    console.print(f"{number:,} facts are back. Next: concord serve", highlight=False)


@concord.group()
def reviews() -> None:
    """Reviews: a department's, drafted in one go; and what is learned later about sealed ones."""


reviews.add_command(assess)
reviews.add_command(draft)


@concord.group()
def report() -> None:
    """Reports by replay: computed from the log each time, the same bytes for the same position."""


report.add_command(report_credit)
report.add_command(report_customer_value)
report.add_command(report_retention)
report.add_command(report_satisfaction)
report.add_command(report_scorecards)
report.add_command(report_sla)
report.add_command(report_complaints)
report.add_command(report_department_review)
report.add_command(report_team_review)
report.add_command(report_calibration)
report.add_command(report_indicators)


@report.command("service-flow")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="What had happened by then.",
)
@click.option("--position", type=int, help="What was known at this position of the log.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report_service_flow(
    as_of: datetime | None, position: int | None, language: str, as_json: bool
) -> None:
    """Show how requests flow: hand-overs, ping-pongs, waits, cycle times."""
    from projections.reports import drawing, service_flow  # noqa: PLC0415
    from projections.reports.names import names_in  # noqa: PLC0415

    with opened() as (settings, crm), bar("Replaying") as progress:
        window = Window(position=position, as_of=_with_zone(as_of, settings))
        found = service_flow.service_flow(Log(crm.pool), window, progress)
        names = {} if as_json else names_in(crm.facts, window)
    if as_json:
        sys.stdout.buffer.write(service_flow.as_json(found) + b"\n")
    else:
        drawing.draw(found, console, language, names)


@report.command("tiering")
@click.option("--policy", required=True, help="The tier policy's name.")
@click.option("--version", type=int, help="Another version of it than the one in force.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="What had happened by then.",
)
@click.option("--position", type=int, help="What was known at this position of the log.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report_tiering(
    policy: str, version: int | None, as_of: datetime | None, position: int | None, as_json: bool
) -> None:
    """Show which tier each customer's figures suggest by a policy; a person decides."""
    from projections.reports import tiering  # noqa: PLC0415
    from web.commands.tier_table import draw  # noqa: PLC0415

    with opened() as (settings, crm), bar("Replaying") as progress:
        window = Window(position=position, as_of=_with_zone(as_of, settings))
        replay = tiering.Replay(Log(crm.pool), settings.zone, window, progress)
        found = tiering.tiering(replay, policy, version)
    if as_json:
        sys.stdout.buffer.write(tiering.as_json(found) + b"\n")
    else:
        draw(found, console)


def _with_zone(time: datetime | None, settings: Settings) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=settings.zone)
