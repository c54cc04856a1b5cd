"""The tiering report as people read it in a terminal: who would change first, then who is due."""

from rich.console import Console
from rich.table import Table

from projections.reports.tiering import Report

SHOWN = 50
"""How many customers are drawn; ``--json`` has them all."""


def draw(report: Report, console: Console) -> None:
    """Draw the customers whose figures suggest another tier, or who are overdue for a review."""
    names = _names(report["labels"])
    console.print(
        f"{report['policy']} version {report['version']}: {report['customers']:,} customers,"
        f" {report['differing']:,} with another tier suggested,"
        f" {report['overdue']:,} overdue for a review (to {report['measured_to']}).",
        highlight=False,
        markup=False,
    )
    wanted = [each for each in report["items"] if each["tier"] != each["suggested"]]
    wanted += [each for each in report["items"] if each["overdue"] and each not in wanted]
    if not wanted:
        return
    table = Table("Customer", "Tier", "Suggested", "Score", "Due")
    for each in wanted[:SHOWN]:
        score = each["score"] if each["complete"] else f"{each['score']} (not all is known)"
        due = f"{each['due_on']} overdue" if each["overdue"] else each["due_on"]
        table.add_row(each["name"], names[each["tier"]], names[each["suggested"]], score, due)
    console.print(table, markup=False)
    if len(wanted) > SHOWN:
        console.print(f"… and {len(wanted) - SHOWN:,} more; --json shows all.", highlight=False)


def _names(labels: str) -> dict[str, str]:
    return dict(zip(("strategic", "key", "normal"), labels.split("|"), strict=True))
