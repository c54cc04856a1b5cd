"""``concord report complaints``: drawn or as JSON."""

import sys
from datetime import datetime
from typing import Any

import click
from rich.table import Table

from application.store.log import Log, Window
from projections.reports.complaints import (
    ACKNOWLEDGE_HOURS,
    RESOLVE_HOURS,
    Question,
    complaints,
)
from projections.reports.period import Period
from projections.reports.replaying import Report, as_json
from web.commands.terminal import bar, console, opened

_DAY = click.DateTime(["%Y-%m-%d"])
_HOURS = click.IntRange(1, 10_000)


@click.command("complaints")
@click.option("--from", "first", type=_DAY, required=True, help="The first date in it.")
@click.option("--to", "last", type=_DAY, required=True, help="The first date after it.")
@click.option(
    "--acknowledge-hours",
    type=_HOURS,
    default=ACKNOWLEDGE_HOURS,
    show_default=True,
    help="By when a complaint is to be acknowledged.",
)
@click.option(
    "--resolve-hours",
    type=_HOURS,
    default=RESOLVE_HOURS,
    show_default=True,
    help="By when a complaint is to be resolved.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="What had happened by then.",
)
@click.option("--position", type=int, help="What was known at this position of the log.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def report_complaints(first: datetime, last: datetime, *, json_: bool, **told: Any) -> None:
    """Show how complaints were dealt with, what they cost, and what caused them."""
    if last <= first:
        raise click.BadParameter("A period ends after it begins.", param_hint="--to")
    with opened() as (settings, crm), bar("Replaying") as progress:
        as_of = told["as_of"]
        if as_of is not None and as_of.tzinfo is None:
            as_of = as_of.replace(tzinfo=settings.zone)
        period = Period(first.date(), last.date(), settings.zone)
        question = Question(period, told["acknowledge_hours"], told["resolve_hours"])
        found = complaints(Log(crm.pool), question, Window(told["position"], as_of), progress)
    if json_:
        sys.stdout.buffer.write(as_json(found) + b"\n")
    else:
        _draw(found)


def _draw(found: Report) -> None:
    timely = ("acknowledgement", "resolution")
    rows = [(name, found[name]["count"]) for name in ("opened", "resolved", "reopened")]
    rows += [(f"{name}, % in time", found[name]["percent"]) for name in timely]
    rows += [(n.replace("_", " "), found[n]) for n in ("reopen_rate", "complaint_rate")]
    rows.append(("not counted", len(found["excluded"])))
    rows += [(f"granted, {e['currency']}", e["amount"]) for e in found["compensation"]]
    _table(f"Complaints from {found['from']} until {found['to']}", ("Figure", ""), rows)
    if found["causes"]:
        columns = ("cause", "count", "share", "cumulative")
        _table("Causes", columns, [[each[name] for name in columns] for each in found["causes"]])


def _table(title: str, columns: tuple[str, ...], rows: Any) -> None:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("–" if cell is None else str(cell) for cell in row))
    console.print(table)
