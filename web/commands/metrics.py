"""``concord metrics``: what every figure of a scorecard means, drawn or as a page."""

import click
from rich.table import Table

from projections.scoring.catalogue import METRICS, WAITING
from projections.scoring.described import CREDIT, MEASURES, markdown
from web.commands.terminal import console


@click.command("metrics")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/metrics.md.")
def list_metrics(*, as_markdown: bool) -> None:
    """List the metrics that scores are made of, and what others wait for."""
    if as_markdown:
        click.echo(markdown(), nl=False)
        return
    table = Table(title=f"{len(METRICS)} metrics")
    for heading in ("Name", "Title", "Measure", "Credit"):
        table.add_column(heading)
    for each in METRICS.values():
        table.add_row(
            each.name, f"{each.en} · {each.zh}", MEASURES[each.measure], CREDIT[each.credit]
        )
    console.print(table)
    for name, what in sorted(WAITING.items()):
        console.print(f"{name} waits for {what}.", highlight=False)
