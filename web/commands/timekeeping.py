"""``concord timers``: carries out what has become due."""

import click

from projections.reader import Reader
from projections.timekeeper import Timekeeper
from web import logs
from web.commands.terminal import console, note, opened, prepare


@click.command()
@click.option("--list", "listed", is_flag=True, help="Only say which timers there are.")
def timers(listed: bool) -> None:
    """Carry out what has become due, until stopped.

    `concord serve` does so by itself; run this beside `concord web`, or where CONCORD_TIMERS is
    false. What became due while nothing ran follows at the start, in the order in which it was
    due. However many processes run, each thing is done once: a timer that one process keeps is
    waited for by the others, and taken over within a second when that one ends. What the rules
    refuse is logged (timer.refused, with its code) and tried again after ten minutes.
    """
    with opened() as (_, crm):
        keeper = Timekeeper(crm, Reader(crm.pool))
        if listed:
            for each in keeper.timers:
                told = f"{each.name}: {each.model.name}.{each.field}, {each.reason}"
                console.print(told, highlight=False, markup=False)
            return
        prepare(crm.pool.dsn)
        logs.on_terminate(keeper.stop)
        keeper.run(note)
