"""``concord report department-review``, ``team-review``, ``calibration``, ``indicators``.

Drawn, as JSON, or written into a file: a table (CSV), or a page that prints well (HTML).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from domain.ids import MemberId
from domain.reviews.review_cycle import review_cycle_id
from domain.reviews.review_policy import review_policy_id
from domain.teams.department import department_id
from projections.reports import indicators as worth
from projections.reports.calibration import Scope, calibration
from projections.reports.indicators import indicators
from projections.reports.replaying import Report
from projections.reports.reviews import Question, department_review, team_review
from web.commands.figures import common, draw_table, print_report, replaying, with_period
from web.commands.terminal import console
from web.exchange.tables import written
from web.reviews.pages import department_page
from web.reviews.printing import Language
from web.reviews.report_pages import calibration_page, indicators_page
from web.reviews.report_tables import Row, calibration_rows, department_rows, indicator_rows

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Forms:
    """How a report is drawn and written."""

    title: str
    rows: Callable[[Report, Language], Iterable[Row]]
    page: Callable[[Report, Language], str]
    columns: int
    """How many of a table's columns the terminal shows."""


_DEPARTMENTS = _Forms("Departments", department_rows, department_page, 8)
_TEAM = _Forms("Team", department_rows, department_page, 8)
_CALIBRATION = _Forms("Calibration", calibration_rows, calibration_page, 11)
_INDICATORS = _Forms("Indicators", indicator_rows, indicators_page, 10)


def _written(command: F) -> F:
    """Add into which file a report goes, and in whose words."""
    for option in (
        click.option("--csv", "csv_", type=_FILE, help="Write a table into this file."),
        click.option("--html", "html_", type=_FILE, help="Write a page to print into this file."),
        click.option(
            "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True
        ),
    ):
        command = option(command)
    return command


def _by_policy(command: F) -> F:
    """Add the policy by which the whole is scored."""
    for option in (
        click.option("--policy", required=True, help="The review policy's code."),
        click.option("--version", type=int, help="Another version than the one in force: what if."),
    ):
        command = option(command)
    return command


# --- Commands -------------------------------------------------------------------------------------


@click.command("department-review")
@with_period
@_by_policy
@click.option("--department", help="Its code; all, unless said.")
@_written
@common
def report_department_review(first: date, last: date, **told: Any) -> None:
    """Show a department's card, its members' totals, and both together."""
    with replaying(told) as here:
        question = _question(here, first, last, told)
        where = department_id(told["department"]) if told["department"] else None
        found = department_review(here.log, question, where, here.window, here.progress)
    _give(found, _DEPARTMENTS, told)


@click.command("team-review")
@with_period
@_by_policy
@click.option("--member", "members", type=click.UUID, multiple=True, required=True)
@_written
@common
def report_team_review(first: date, last: date, members: tuple[UUID, ...], **told: Any) -> None:
    """Show the card of some members together, each one's total, and both together."""
    team = [MemberId(each) for each in members]
    with replaying(told) as here:
        question = _question(here, first, last, told)
        found = team_review(here.log, question, team, here.window, here.progress)
    _give(found, _TEAM, told)


@click.command("calibration")
@click.option("--cycle", help="The review cycle's code.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first date in it.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The first date after it.")
@_written
@common
def report_calibration(cycle: str | None, first: Any, last: Any, **told: Any) -> None:
    """Show whether calibration treated groups alike, and who calibrated how."""
    if (first is None) != (last is None):
        raise click.UsageError("Say --from and --to, or neither.")
    with replaying(told) as here:
        within = here.period(first.date(), last.date()) if first else None
        scope = Scope(review_cycle_id(cycle) if cycle else None, within)
        found = calibration(here.log, scope, here.window, here.progress)
    _give(found, _CALIBRATION, told)


@click.command("indicators")
@with_period
@click.option("--policy", help="The review policy's code; all metrics, unless said.")
@click.option("--version", type=int, help="Another version than the one in force: what if.")
@_written
@common
def report_indicators(first: date, last: date, **told: Any) -> None:
    """Show which indicators measure anything, which nobody has data for, which say the same."""
    policy = told["policy"]
    if policy is None and told["version"] is not None:
        raise click.UsageError("Say --policy with --version.")
    with replaying(told) as here:
        question = worth.Question(
            period=here.period(first, last),
            policy_id=review_policy_id(policy) if policy else None,
            version=told["version"],
        )
        found = indicators(here.log, question, here.window, here.progress)
    _give(found, _INDICATORS, told)


def _question(here: Any, first: date, last: date, told: dict[str, Any]) -> Question:
    return Question(
        period=here.period(first, last),
        policy_id=review_policy_id(told["policy"]),
        version=told["version"],
    )


# --- What is given --------------------------------------------------------------------------------


def _give(report: Report, forms: _Forms, told: dict[str, Any]) -> None:
    language: Language = told["language"]
    if told["json_"]:
        print_report(report)
    if table := told["csv_"]:
        with written("csv", forms.rows(report, language)) as file:
            table.write_bytes(file.read())
    if page := told["html_"]:
        page.write_text(forms.page(report, language), encoding="utf-8")
    if not (told["json_"] or table or page):
        _draw(report, forms, language)


def _draw(report: Report, forms: _Forms, language: Language) -> None:
    titles, *rows = forms.rows(report, language)
    shown = slice(forms.columns)
    draw_table(forms.title, map(str, titles[shown]), (row[shown] for row in rows))
    for each in report.get("advice", ()):
        console.print(each[language], highlight=False, markup=False)
