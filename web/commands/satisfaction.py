"""``concord report satisfaction``: what was answered on an aspect, drawn or as JSON."""

import sys
from datetime import datetime
from typing import Any

import click
from rich.table import Table

from application.store.log import Log, Window
from domain.support.survey_form import Audience
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.replaying import Report, as_json
from projections.reports.satisfaction import By, Question, satisfaction
from web.commands.terminal import bar, console, opened

_DAY = click.DateTime(["%Y-%m-%d"])
_FIGURES = ("n", "value", "low", "high", "mean")


@click.command("satisfaction")
@click.option("--aspect", required=True, help="The aspect's code: overall, recommend, effort …")
@click.option("--from", "first", type=_DAY, required=True, help="The first date in it.")
@click.option("--to", "last", type=_DAY, required=True, help="The first date after it.")
@click.option(
    "--audience",
    type=click.Choice([str(each) for each in Audience]),
    default=str(Audience.CUSTOMERS),
    show_default=True,
    help="Whose answers.",
)
@click.option(
    "--by",
    type=click.Choice(["month", *(str(each) for each in By)]),
    default="month",
    show_default=True,
    help="What they are told apart by; months are always in the JSON.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="What had happened by then.",
)
@click.option("--position", type=int, help="What was known at this position of the log.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def report_satisfaction(aspect: str, first: datetime, last: datetime, **told: Any) -> None:
    """Show what customers, or staff, answered on an aspect, and how sure that is."""
    if last <= first:
        raise click.BadParameter("A period ends after it begins.", param_hint="--to")
    by = None if told["by"] == "month" else By(told["by"])
    with opened() as (settings, crm), bar("Replaying") as progress:
        as_of = told["as_of"]
        if as_of is not None and as_of.tzinfo is None:
            as_of = as_of.replace(tzinfo=settings.zone)
        seen = Window(told["position"], as_of)
        period = Period(first.date(), last.date(), settings.zone)
        question = Question(aspect, period, Audience(told["audience"]), by)
        found = satisfaction(Log(crm.pool), question, seen, progress)
        names = {} if told["json_"] else names_in(Log(crm.pool), seen)
    if told["json_"]:
        sys.stdout.buffer.write(as_json(found) + b"\n")
    else:
        _draw(found, names)


def _draw(found: Report, names: dict[str, str]) -> None:
    """Draw the figure, and the same by month or by group."""
    title = f"{found['aspect']} ({found['measure']}) from {found['from']} until {found['to']}"
    table = Table("", *_FIGURES, title=title, title_justify="left")
    for each in found["months"] if found["groups"] is None else found["groups"]:
        name = each["month"] if "month" in each else each["group"] or "none"
        table.add_row(names.get(name, name), *_cells(each))
    table.add_row("all", *_cells(found))
    console.print(table, markup=False)
    console.print(
        f"{found['sent']:,} sent, {found['response'] or '–'} % answered this.", highlight=False
    )


def _cells(figures: Report) -> list[str]:
    return ["–" if figures[name] is None else str(figures[name]) for name in _FIGURES]
