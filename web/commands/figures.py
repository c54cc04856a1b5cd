"""``concord report``: credit, retention and customer value, drawn or as JSON."""

import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click
from rich.table import Table

from application.settings import Settings
from application.store.log import Log, Window
from domain.money import CURRENCIES
from projections.reports.credit import credit
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.replaying import Report, as_json
from projections.reports.retention import GAP_DAYS, Basis, Question, retention
from web.commands.terminal import bar, console, opened

SHOWN = 20
"""How many customers the terminal names; the JSON has them all."""
F = TypeVar("F", bound=Callable[..., Any])


class _Day(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date, such as 2026-03-01.", param, ctx)


class _Number(click.ParamType[Decimal]):
    """A decimal number from 0 up to a limit, with at most six decimals."""

    name = "number"

    def __init__(self, most: int) -> None:
        self.most = most

    def convert(self, value: Any, param: Any, ctx: Any) -> Decimal:
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or not 0 <= number <= self.most:
            self.fail(f"{value!r} is no number from 0 to {self.most}.", param, ctx)
        return number


def common(command: F) -> F:
    """Add what every report may be asked."""
    for option in (
        click.option("--json", "json_", is_flag=True, help="Print JSON."),
        click.option("--position", type=int, help="What was known at this position of the log."),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
            help="What had happened by then.",
        ),
    ):
        command = option(command)
    return command


def with_period(command: F) -> F:
    """Add the period."""
    for option in (
        click.option("--to", "last", type=_Day(), required=True, help="The first date after it."),
        click.option("--from", "first", type=_Day(), required=True, help="The first date in it."),
    ):
        command = option(command)
    return command


class Replay:
    """One report being made: the log, the window it shows, and the settings."""

    def __init__(self, log: Log, window: Window, settings: Settings, progress: Any) -> None:
        self.log = log
        self.window = window
        self.settings = settings
        self.progress = progress

    def period(self, first: date, last: date) -> Period:
        """Return a period where the organisation is."""
        if last <= first:
            raise click.BadParameter("A period ends after it begins.", param_hint="--to")
        return Period(first, last, self.settings.zone)


@contextmanager
def replaying(told: dict[str, Any]) -> Any:
    """Open the log for a report, and show how far it is."""
    with opened() as (settings, crm), bar("Replaying") as progress:
        as_of, position = told["as_of"], told["position"]
        if as_of is not None and as_of.tzinfo is None:
            as_of = as_of.replace(tzinfo=settings.zone)
        yield Replay(Log(crm.pool), Window(position, as_of), settings, progress)


def print_report(report: Report) -> None:
    """Print a report as JSON."""
    sys.stdout.buffer.write(as_json(report) + b"\n")


def draw_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Draw a table; what there is none of is a dash."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("–" if cell is None else str(cell) for cell in row))
    console.print(table)


# --- Commands -------------------------------------------------------------------------------------


@click.command("credit")
@with_period
@common
def report_credit(first: date, last: date, **told: Any) -> None:
    """Show what was sold in a period, and whose sale it was."""
    with replaying(told) as here:
        found = credit(here.log, here.period(first, last), here.window, here.progress)
        names = {} if told["json_"] else names_in(here.log, here.window)
    if told["json_"]:
        print_report(found)
        return
    for each in found["currencies"]:
        rows = [(names.get(id_, id_), part) for id_, part in each["members"].items()]
        rows += [("nobody", each["unattributed"]), ("total", each["total"])]
        draw_table(f"Sold from {first} until {last}", ("Member", each["currency"]), rows)
    if not found["currencies"]:
        console.print("Nothing was sold.")


@click.command("retention")
@with_period
@click.option(
    "--basis",
    type=click.Choice([str(each) for each in Basis]),
    default=str(Basis.CONTRACT),
    show_default=True,
    help="What makes a customer active.",
)
@click.option(
    "--gap-days",
    type=click.IntRange(1, 3660),
    default=GAP_DAYS,
    show_default=True,
    help="How long after an order a customer counts as one.",
)
@common
def report_retention(first: date, last: date, basis: str, gap_days: int, **told: Any) -> None:
    """Show which customers stayed, came, left and came back, and whose they were."""
    with replaying(told) as here:
        question = Question(here.period(first, last), Basis(basis), gap_days)
        found = retention(here.log, question, here.window, here.progress)
        names = {} if told["json_"] else names_in(here.log, here.window)
    if told["json_"]:
        print_report(found)
        return
    figures = ("opening", "active_at_end", "new_active", "churn", "retention")
    rows = [(name.replace("_", " "), found[name]) for name in figures]
    rows.append(("won back", len(found["won_back"])))
    draw_table(f"Customers from {first} until {last}, by {basis}", ("Figure", ""), rows)
    lost = [
        (
            id_,
            each["lost_on"],
            ", ".join(f"{names.get(o, o)} {p} %" for o, p in each["share"].items()),
        )
        for id_, each in list(found["lost"].items())[:SHOWN]
    ]
    if lost:
        draw_table("Lost", ("Customer", "On", "Whose"), lost)


@click.command("customer-value")
@click.option("--calibration-end", type=_Day(), help="The last date to learn from.")
@click.option(
    "--horizon-weeks",
    type=click.IntRange(1, 520),
    default=52,
    show_default=True,
    help="How far to look ahead.",
)
@click.option(
    "--discount",
    type=_Number(9),
    default="0.10",
    show_default=True,
    help="By how much money is worth less after a year.",
)
@click.option("--margin", type=_Number(1), help="The part of net that is profit, without costs.")
@click.option(
    "--currency",
    type=click.Choice(sorted(CURRENCIES)),
    metavar="CODE",
    help="Which orders count; the most usual one, unless said.",
)
@common
def report_customer_value(
    calibration_end: date | None, horizon_weeks: int, discount: Decimal, **told: Any
) -> None:
    """Show what customers brought, and what they are expected to bring (BG/NBD, gamma-gamma)."""
    from projections.reports import customer_value as value  # noqa: PLC0415 - scipy takes its time
    from projections.value.model import Horizon  # noqa: PLC0415

    with replaying(told) as here:
        horizon = Horizon(horizon_weeks, discount)
        question = value.Question(
            here.settings.zone, calibration_end, horizon, told["currency"], told["margin"]
        )
        found = value.customer_value(here.log, question, here.window, here.progress)
    if told["json_"]:
        print_report(found)
        return
    rows = [
        (name.replace("_", " "), figure)
        for part in ("counts", "calibration", "bg_nbd", "gamma_gamma")
        for name, figure in (found[part] or {}).items()
    ]
    draw_table(f"Customer value, learned until {found['calibration_end']}", ("Figure", ""), rows)
    columns = (
        "customer_id",
        "x",
        "net",
        "expected_purchases",
        "expected_revenue",
        "lifetime_value",
    )
    best = sorted(found["customers"], key=lambda each: -Decimal(each["expected_revenue"] or 0))[
        :SHOWN
    ]
    titles = [name.replace("_", " ") for name in columns]
    draw_table(
        "Expected to bring most", titles, ([each[name] for name in columns] for each in best)
    )
