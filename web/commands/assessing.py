"""``concord reviews assess``: what facts learned later change in sealed reviews, noted once."""

import sys

import click
from rich.table import Table

from application.crm import Crm
from application.store.log import NOW, Log
from domain.kernel import Channel
from domain.reviews.card import number
from domain.reviews.review import FollowUp
from projections.reports.names import names_in
from projections.reports.replaying import Report, as_json, ended
from projections.reports.rounding import places
from projections.reviews.assessing import note
from projections.reviews.impacts import Assessed, assessed
from web.commands.terminal import bar, console, opened


@click.command("assess")
@click.option("--dry-run", is_flag=True, help="Only show what would be noted.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def assess(dry_run: bool, json_: bool) -> None:
    """Compute every sealed review again as known now, and note what later facts change.

    What is sealed stays as it is, and each change is noted once. `concord serve` and
    `concord timers` do it once a day.
    """
    with opened() as (_, crm), bar("Replaying") as progress:
        window = ended(Log(crm.pool), NOW)
        found = assessed(Log(crm.pool), window, progress=progress)
        noted = [] if dry_run else [each for each in found if each.news and _noted(crm, each)]
        names = {} if json_ else names_in(crm.facts, window)
    told = [_told(each, noted=each in noted) for each in found]
    if json_:
        sys.stdout.buffer.write(as_json({"position": str(window.position), "reviews": told}))
        sys.stdout.buffer.write(b"\n")
        return
    _draw(told, names, len(noted), dry_run=dry_run)


def _noted(crm: Crm, each: Assessed) -> bool:
    refusal = note(crm, each, Channel.CLI)
    if refusal is not None:
        console.print(f"{each.id}: {refusal}", style="red", highlight=False)
    return refusal is None


def _told(each: Assessed, *, noted: bool) -> Report:
    return {
        "id": str(each.id),
        "member_id": None if each.review.member_id is None else str(each.review.member_id),
        "department_id": str(each.review.department_id),
        "sealed": _points(each.review.latest.total),
        "now": _points(each.card.total),
        "delta": _points(each.impact.delta),
        "follow_up": each.impact.follow_up.value,
        "changed": list(each.impact.changed),
        "noted": noted,
    }


def _points(told: str | None) -> str | None:
    return None if told is None else places(number(told))


def _draw(told: list[Report], names: dict[str, str], noted: int, *, dry_run: bool) -> None:
    table = Table(title="Sealed reviews, as known now")
    for heading in ("whose", "last version", "now", "delta", "follow-up", "changed"):
        table.add_column(heading)
    for each in told:
        if each["changed"]:
            whose = each["member_id"] or each["department_id"]
            cells = (each["sealed"], each["now"], each["delta"])
            table.add_row(
                names.get(whose, whose),
                *(cell or "-" for cell in cells),
                each["follow_up"],
                ", ".join(each["changed"]),
            )
    console.print(table)
    due = sum(each["follow_up"] == FollowUp.SUPPLEMENT for each in told)
    console.print(
        f"{len(told)} sealed reviews, {noted} impacts noted"
        f"{' (a dry run notes nothing)' if dry_run else ''}."
        + (f" Next: sign {due} supplements, POST /reviews/<id>/supplement." if due else ""),
        highlight=False,
    )
