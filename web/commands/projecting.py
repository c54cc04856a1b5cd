"""``concord project``: keeps the read models up to date, and looks after them."""

import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict
from typing import Any

import click

from projections.catalogue import PROJECTIONS
from projections.kernel import Progress, Projections
from projections.projector import Projector
from web import logs
from web.commands.terminal import bar, console, fail, note, opened, prepare, print_json

NAMES = tuple(sorted(projection.name for projection in PROJECTIONS))
LOOK_SECONDS = 0.1


def _names(_context: Any, _option: Any, value: str | None) -> tuple[str, ...]:
    if value is None:
        return NAMES
    names = tuple(name.strip() for name in value.split(","))
    for name in names:
        if name not in NAMES:
            raise click.BadParameter(f"No read model is called {name!r}: {', '.join(NAMES)}.")
    return names


@click.group(invoke_without_command=True)
@click.option(
    "--only",
    "names",
    metavar="NAME[,NAME…]",
    callback=_names,
    help="Keep just these, so that several processes share the work. None is kept by two: where"
    " another process keeps one already, it is waited for, and taken over when that one ends.",
)
@click.pass_context
def project(context: click.Context, names: tuple[str, ...]) -> None:
    """Keep the read models up to date (without a subcommand), or look after them."""
    if context.invoked_subcommand is not None:
        if names != NAMES:
            raise click.UsageError("--only is for keeping them up to date, without a subcommand.")
        return
    with opened() as (_, crm):
        prepare(crm.pool.dsn)
        projector = Projector(Projections(crm.pool, PROJECTIONS), names)
        logs.on_terminate(projector.stop)
        projector.run(note)


@project.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Show how far each read model has come, and which stopped where."""
    with opened() as (_, crm):
        projections = Projections(crm.pool, PROJECTIONS)
        projections.ensure()
        head, standings = crm.facts.head(), projections.standings()
    if as_json:
        print_json({"position": head, "read_models": [asdict(each) for each in standings]})
        return
    for each in standings:
        state = f"STOPPED: {each.error}" if each.error else f"{head - each.position} behind"
        if not each.error and each.position >= head:
            state = "current"
        console.print(f"{each.name}/{each.generation} ({each.status}): {state}", highlight=False)
    if any(each.error for each in standings):
        console.print("After the fix: concord project retry")


@project.command()
@click.argument("name")
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many read models are built at once, each by a process of its own.",
)
def rebuild(name: str, processes: int) -> None:
    """Build a read model anew beside the live one, then swap; or `all` of them."""
    with opened() as (_, crm):
        projections = Projections(crm.pool, PROJECTIONS)
        projections.ensure()
        names = NAMES if name == "all" else (name,)
        if processes > 1 and len(names) > 1:
            with bar(f"Rebuilding {len(names)} read models") as progress:
                failed = _rebuild_at_once(projections, names, processes, progress)
            if failed:
                fail(f"Not rebuilt, and as they were before: {', '.join(failed)}.")
            return
        for each in names:
            try:
                with bar(f"Rebuilding {each}") as progress:
                    built = projections.rebuild(each, progress)
            except RuntimeError as error:  # a fact that its fold cannot take
                fail(str(error))
            console.print(f"{each}: generation {built.generation} is live.", highlight=False)


def _rebuild_at_once(
    projections: Projections, names: tuple[str, ...], processes: int, progress: Progress
) -> list[str]:
    """Rebuild each by this same command in a process of its own; return those that failed.

    Each says by itself how it ended.
    """
    environment = os.environ | {"DATABASE_URL": projections.pool.dsn, "TERM": "dumb"}
    waiting, running = deque(names), dict[str, subprocess.Popen[bytes]]()
    failed: list[str] = []
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                command = (sys.executable, "-m", "web", "project", "rebuild", waiting[0])
                running[waiting.popleft()] = subprocess.Popen(  # noqa: S603 - our own command
                    command,
                    env=environment,
                    process_group=0,  # Ctrl-C is ours to pass on
                )
            time.sleep(LOOK_SECONDS)
            ended = [name for name, process in running.items() if process.poll() is not None]
            failed += [name for name in ended if running.pop(name).returncode]
            done = len(names) - len(waiting) - len(running)
            building = [each for each in projections.standings() if each.status == "building"]
            head = projections.log.head()
            progress(done * head + sum(each.position for each in building), len(names) * head)
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
    return failed


@project.command()
@click.argument("name")
def verify(name: str) -> None:
    """Build a read model (or `all`) anew and compare it with the live one, byte for byte."""
    with opened() as (_, crm):
        projections = Projections(crm.pool, PROJECTIONS)
        projections.ensure()
        different = False
        for each in NAMES if name == "all" else (name,):
            with bar(f"Verifying {each}") as progress:
                found = projections.verify(each, progress)
            console.print(f"{each}: {'DIFFERENT' if found else 'equal'}", highlight=False)
            for row in found:
                console.print(f"  {row[:200]}", highlight=False, markup=False)
            different = different or bool(found)
    if different:
        fail("A fold has changed without its version, or a table was changed by hand.")


@project.command()
@click.argument("name", required=False)
def retry(name: str | None) -> None:
    """Let a stopped read model (or all) go on, after the fix."""
    with opened() as (_, crm):
        names = Projections(crm.pool, PROJECTIONS).retry(name)
    console.print(f"Going on: {', '.join(names)}." if names else "None was stopped.")
