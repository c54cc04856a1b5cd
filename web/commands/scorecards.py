"""``concord report scorecards``: everybody's, in one replay, drawn, as JSON or as CSV."""

import csv
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
import orjson
from rich.table import Table

from application.crm import Crm
from application.store.log import Window
from domain.ids import ReviewPolicyId
from domain.kernel import Rejected
from domain.reviews.card import Card, ScoredFigure, Status
from domain.reviews.review_policy import REVIEW_POLICY, Policy, review_policy_id
from domain.reviews.scoring_rules import Rules, check_rules
from domain.teams.department import department_id
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.rounding import places
from projections.reviews.cards import shown_card
from projections.scoring.asked import PolicyRef, Terms
from projections.scoring.many import Manner, scorecards
from web.commands.terminal import bar, console, fail, opened

_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = ("member_id", "department_id", "name", "total", "coverage", "not measured")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("scorecards")
@click.option("--policy", help="The policy's code or id; its version in force on the first day.")
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON file of rules to try instead: what if? Never official.",
)
@click.option("--from", "first", type=_DAY, required=True, help="The first date in it.")
@click.option("--to", "last", type=_DAY, required=True, help="The first date after it.")
@click.option("--department", help="Only this department (its code or id), and who worked there.")
@click.option("--position", type=int, help="What was known at this position of the log.")
@click.option("--processes", type=click.IntRange(1, 64), help="Unless said, one for each core.")
@click.option("--json", "json_", is_flag=True, help="Print JSON, a line for each card.")
@click.option("--csv", "csv_", type=_FILE, metavar="FILE", help="Write a table there.")
def report_scorecards(first: datetime, last: datetime, **told: Any) -> None:
    """Score everybody's work of a period by a policy: a table of all, or all their cards."""
    if last <= first:
        raise click.BadParameter("A period ends after it begins.", param_hint="--to")
    if (told["policy"] is None) == (told["rules_file"] is None):
        raise click.UsageError("Say by which --policy, or give a file of --rules.")
    with opened() as (settings, crm), bar("Scoring") as progress:
        period = Period(first.date(), last.date(), settings.zone)
        terms = _terms(crm, period, told["policy"], told["rules_file"])
        window = Window(told["position"])
        manner = Manner(processes=told["processes"], progress=progress)
        cards = scorecards(crm.facts, terms, window, departments=True, manner=manner)
        shown = _of(told["department"], cards, crm)
        if told["json_"]:
            for card in shown:
                sys.stdout.buffer.write(orjson.dumps(_document(card)) + b"\n")
            return
        rows = [_row(card) for card in shown]
        names = names_in(crm.facts, window)
    if told["csv_"] is not None:
        _write(told["csv_"], rows, names)
    else:
        _draw(rows, names, terms)


# --- By what rules, and whose ---------------------------------------------------------------------


def _terms(crm: Crm, period: Period, policy: str | None, file: Path | None) -> Terms:
    if file is not None:
        return Terms(period=period, rules=_rules(file))
    id_ = _policy_id(policy or "")
    state = crm.load(REVIEW_POLICY, id_).state
    version = state.in_force(period.first) if isinstance(state, Policy) else None
    if version is None:
        fail(
            f"No version of the policy {policy} was in force on {period.first}."
            " GET /api/v1/review-policies shows what there is."
        )
    ref = PolicyRef(id_, version.version, version.hash)
    return Terms(period=period, rules=version.rules, policy=ref)


def _policy_id(told: str) -> ReviewPolicyId:
    try:
        return ReviewPolicyId(UUID(told))
    except ValueError:
        return review_policy_id(told)


def _rules(file: Path) -> Rules:
    try:
        rules = msgspec.json.decode(file.read_bytes(), type=Rules, strict=False)
        check_rules(rules)
    except msgspec.MsgspecError as error:
        fail(f"{file} holds no rules: {error}.")
    except Rejected as error:
        fail(f"{file}: {error.sentence}")
    return rules


def _of(department: str | None, cards: Iterator[Card], crm: Crm) -> Iterator[Card]:
    """Yield all cards, or a department's and those of who ever worked in it."""
    if department is None:
        yield from cards
        return
    try:
        id_ = UUID(department)
    except ValueError:
        id_ = department_id(department)
    there = {
        fact.stream_id
        for page in crm.facts.pages(names=["member.joined", "member.moved"])
        for fact in page
        if fact.event.department_id == id_
    }
    if not there:
        fail(f"Nobody ever worked in {department}; `concord report scorecards` shows everybody.")
    yield from (card for card in cards if card.member_id in there or card.department_id == id_)


# --- What is shown --------------------------------------------------------------------------------


def _document(card: Card) -> dict[str, Any]:
    return shown_card(card) | {"official": card.policy_id is not None}


def _row(card: Card) -> Mapping[str, str | None]:
    missing = [_missing(figure) for figure in card.figures if figure.status is not Status.MEASURED]
    return {
        "member_id": None if card.member_id is None else str(card.member_id),
        "department_id": None if card.department_id is None else str(card.department_id),
        "total": None if card.total is None else places(Fraction(card.total)),
        "coverage": places(Fraction(card.coverage)),
        "not measured": ", ".join(missing),
    }


def _missing(figure: ScoredFigure) -> str:
    return f"{figure.term.metric} ({figure.status.replace('_', ' ')})"


def _named(row: Mapping[str, str | None], names: Mapping[str, str]) -> dict[str, str | None]:
    id_ = row["member_id"] or row["department_id"] or ""
    return {**row, "name": names.get(id_, id_)}


def _write(file: Path, rows: list[Mapping[str, str | None]], names: Mapping[str, str]) -> None:
    with file.open("w", newline="", encoding="utf-8") as written:
        table = csv.DictWriter(written, _COLUMNS)
        table.writeheader()
        table.writerows(_named(row, names) for row in rows)
    console.print(f"{len(rows):,} scorecards are in {file}.", highlight=False)


def _draw(rows: list[Mapping[str, str | None]], names: Mapping[str, str], terms: Terms) -> None:
    period = terms.period
    by = "rules of a file: a what-if, not official"
    if terms.policy is not None:
        by = f"version {terms.policy.version} of the policy"
    title = f"Scorecards from {period.first} until {period.last}, by {by}"
    table = Table("Name", "Total", "Coverage", "Not measured", title=title, title_justify="left")
    for row in (_named(each, names) for each in rows):
        cells = (row["name"], row["total"], row["coverage"], row["not measured"])
        table.add_row(*(cell or "–" for cell in cells))
    console.print(table, markup=False)
    console.print(
        "Every fact behind a figure: --json, or POST /api/v1/scorecards. To review somebody by"
        " these rules: POST /api/v1/reviews.",
        highlight=False,
    )
