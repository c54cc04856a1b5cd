"""``concord report sla``: which promised times were kept, drawn or as JSON; and rehearsals."""

from datetime import date
from typing import Any
from uuid import UUID

import click

from projections.reports.names import names_in
from projections.reports.replaying import Report
from projections.reports.sla import Draft, NoDraft, rehearsal, sla
from web.commands.figures import common, draw_table, print_report, replaying, with_period
from web.commands.terminal import console

SHOWN = 20
"""How many breaches, or changes, the terminal names; the JSON has them all."""


@click.command("sla")
@with_period
@click.option("--policy", type=click.UUID, help="Try a service standard's draft on the period.")
@click.option("--calendar", type=click.UUID, help="Try a calendar's draft on the period.")
@click.option("--draft", is_flag=True, help="With --policy or --calendar: its draft.")
@common
def report_sla(first: date, last: date, **told: Any) -> None:
    """Show which promised times were kept and broken, or what a draft would have changed."""
    tried = _draft(told["policy"], told["calendar"], draft=told["draft"])
    with replaying(told) as here:
        period = here.period(first, last)
        if tried is None:
            found = sla(here.log, period, here.window, here.progress)
        else:
            try:
                found = rehearsal(here.log, period, tried, here.window, here.progress)
            except NoDraft as error:
                raise click.UsageError(str(error)) from error
        names = {} if told["json_"] else names_in(here.log, here.window)
    if told["json_"]:
        print_report(found)
    elif tried is None:
        _draw(found, names)
    else:
        _draw_rehearsal(found)


def _draft(policy: UUID | None, calendar: UUID | None, *, draft: bool) -> Draft | None:
    named = [Draft(what, id_) for what, id_ in (("policy", policy), ("calendar", calendar)) if id_]
    if len(named) > 1 or bool(named) != draft:
        raise click.UsageError("Say --policy or --calendar, and --draft with it.")
    return named[0] if named else None


FIGURES = ("met", "breached", "pending", "percent_met", "median_seconds", "p90_seconds")


def _draw(found: Report, names: dict[str, str]) -> None:
    columns = ("Clock", "Met", "Breached", "Pending", "% met", "Median s", "P90 s")
    rows = [[each["clock"], *(each[name] for name in FIGURES)] for each in found["clocks"]]
    draw_table(f"Promised times from {found['from']} until {found['to']}", columns, rows)
    broken = [
        (
            each["breached_at"][:16],
            each["clock"],
            each["request_id"],
            each["over_seconds"],
            names.get(each["charged_to"], each["charged_to"]),
        )
        for each in found["breaches"][:SHOWN]
    ]
    if broken:
        draw_table("Broken", ("At (UTC)", "Clock", "Request", "Over s", "Charged to"), broken)


def _draw_rehearsal(found: Report) -> None:
    rows = [
        (each["clock"], each["promised"]["breached"], each["draft"]["breached"])
        for each in found["clocks"]
    ]
    title = f"{found['requests']} requests, {found['more_breaches']:+} breaches by the draft"
    draw_table(title, ("Clock", "Breached as promised", "by the draft"), rows)
    changed = [
        (each["request_id"], each["clock"], each["promised"], each["draft"])
        for each in found["changed"][:SHOWN]
    ]
    if changed:
        draw_table("Changed", ("Request", "Clock", "As promised", "By the draft"), changed)
    if len(found["changed"]) > SHOWN:
        console.print(f"… and {len(found['changed']) - SHOWN:,} more; --json shows all.")
