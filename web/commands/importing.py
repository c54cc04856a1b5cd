"""How an import's outcome is told: as sentences in the terminal, or as JSON."""

from dataclasses import asdict
from typing import Any

from rich.console import Console

from application.imports import ImportReport

SHOWN = 20
"""How many bad rows the terminal names."""


def as_dict(report: ImportReport) -> dict[str, Any]:
    """Return the report for ``--json``."""
    return {
        "import_id": str(report.import_id),
        "tally": asdict(report.tally),
        "unmapped": report.unmapped,
        "bad_rows": [str(row) for row in report.bad_rows],
        "seconds": round(report.seconds, 3),
    }


def draw(report: ImportReport, console: Console) -> None:
    """Print what the import came to, and what to do next."""
    tally = report.tally
    rate = tally.facts / report.seconds if report.seconds else 0
    took = f"{report.seconds:.1f} s, {rate:,.0f} facts/s"
    lines = [f"Read {tally.rows:,} rows: {tally.added:,} added as {tally.facts:,} facts ({took})."]
    if tally.known:
        lines.append(f"Imported before, and therefore not again: {tally.known:,} rows.")
    if tally.as_steps:
        lines.append(
            f"{tally.as_steps:,} of them kept as plain steps: the rules allow no more there."
        )
    if report.unmapped:
        named = ", ".join(f"{value!r} ({count:,})" for value, count in report.unmapped.items())
        lines.append(f"Not imported, because the map does not name their step: {named}.")
    lines += _bad(report)
    if tally.added:
        lines.append("Next: concord report service-flow")
        lines.append(f"To take it back: concord undo-import {report.import_id} --reason '…'")
    _print(lines, console)


def draw_orders(report: ImportReport, console: Console) -> None:
    """Print what an import of orders came to, and what to do next."""
    tally = report.tally
    lines = [f"Read {tally.rows:,} rows: {tally.added:,} added as {tally.facts:,} facts."]
    if tally.known:
        lines.append(f"Imported before, and therefore not again: {tally.known:,} rows.")
    lines += _bad(report)
    if tally.added:
        lines.append("Next: concord report customer-value")
    _print(lines, console)


def _bad(report: ImportReport) -> list[str]:
    if not report.tally.bad:
        return []
    lines = [f"Not imported, because they cannot be read: {report.tally.bad:,} rows."]
    lines += [f"  {row}" for row in report.bad_rows[:SHOWN]]
    return [*lines, "  … (--json names more)"] if report.tally.bad > SHOWN else lines


def _print(lines: list[str], console: Console) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
