"""What was measured: the figures of a run, their targets, as a table and as JSON."""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Target:
    """What a figure must reach."""

    limit: float
    at_least: bool = True

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {_number(self.limit)}"

    def reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass
class Figure:
    """One figure of each round; their median is what counts."""

    group: str
    name: str
    unit: str
    rounds: list[float]
    target: Target | None = None
    shown: str = ""
    """Its name in the table, below the figure it is about."""

    @property
    def value(self) -> float:
        return statistics.median(self.rounds)

    @property
    def reached(self) -> bool | None:
        return None if self.target is None else self.target.reached(self.value)

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self) | {"value": self.value, "reached": self.reached}
        return told | {"target": None if self.target is None else str(self.target)}


@dataclass
class Sheet:
    """All figures of one run."""

    seed: int
    console: Console
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.about |= {
            "seed": self.seed,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load_before": os.getloadavg(),
        }

    def say(self, sentence: str) -> None:
        seconds = time.monotonic() - self.began
        self.console.print(f"[dim]{seconds:5.0f} s[/]  {sentence}", highlight=False)

    def note(self, sentence: str) -> None:
        """Keep what a reader of the figures must know: something skipped, a smaller size."""
        self.notes.append(sentence)

    def add(
        self,
        group: str,
        name: str,
        unit: str,
        rounds: Sequence[float],
        target: Target | None = None,
    ) -> Figure:
        figure = Figure(group, name, unit, list(rounds), target)
        self.figures.append(figure)
        return figure

    def compare(self, figure: Figure, reference: Figure, target: Target | None = None) -> Figure:
        """Add a figure's ratio to a reference: of each round, as both were measured in turn."""
        pairs = zip(figure.rounds, reference.rounds, strict=True)
        ratios = [mine / other for mine, other in pairs]
        found = self.add(figure.group, f"{figure.name} ÷ {reference.name}", "×", ratios, target)
        found.shown = f"  ÷ {reference.name}"
        return found

    def finish(self) -> None:
        self.about["load_after"] = os.getloadavg()
        self.about["seconds"] = round(time.monotonic() - self.began, 1)

    def table(self) -> Table:
        """Draw the figures with what they should reach and whether they do."""
        table = Table(title="Concord bench", caption=self._caption(), title_style="bold")
        for heading in ("Figure", "Median", "Rounds", "Target", "Reached"):
            table.add_column(heading, justify="left" if heading == "Figure" else "right")
        group = None
        for figure in self.figures:
            if figure.group != group:
                group = figure.group
                table.add_section()
                table.add_row(f"[bold]{group}[/]")
            low, high = min(figure.rounds), max(figure.rounds)
            table.add_row(
                f"  {figure.shown or figure.name}",
                f"{_number(figure.value)} {figure.unit}",
                "" if len(figure.rounds) == 1 else f"{_number(low)} – {_number(high)}",
                "" if figure.target is None else str(figure.target),
                {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[figure.reached],
            )
        return table

    def _caption(self) -> str:
        before, after = self.about["load_before"][0], self.about.get("load_after", (0.0,))[0]
        return (
            f"seed {self.seed}, {self.about['cores']} cores, load average {before:.1f} before and"
            f" {after:.1f} after, {self.about.get('seconds', 0):.0f} s,"
            f" PostgreSQL {self.about.get('postgresql', '?')}"
        )

    def write(self, path: Path) -> None:
        told = {
            "about": self.about,
            "figures": [figure.as_dict() for figure in self.figures],
            "notes": self.notes,
        }
        path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
