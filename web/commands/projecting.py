"""``concord project``: keeps the read models up to date, and looks after them."""

import os
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

import click

from projections.catalogue import PROJECTIONS
from projections.kernel import Progress, Projections, Standing
from projections.projector import Projector
from web import logs
from web.commands.terminal import bar, console, fail, note, opened, prepare, print_json

NAMES = tuple(sorted(projection.name for projection in PROJECTIONS))
LOOK_SECONDS = 0.1
NAME_BYTES = max(map(len, NAMES))
"""How much of a pipe one name takes: read whole, by one of the processes that share it."""


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
                _rebuild(projections, each)
            except RuntimeError as error:  # a fact that its fold cannot take
                fail(str(error))


def _rebuild(projections: Projections, name: str) -> None:
    with bar(f"Rebuilding {name}") as progress:
        built = projections.rebuild(name, progress)
    console.print(f"{name}: generation {built.generation} is live.", highlight=False)


def _rebuild_at_once(
    projections: Projections, names: tuple[str, ...], processes: int, progress: Progress
) -> list[str]:
    """Rebuild them by processes that take the next name left; return those that failed.

    Each process says by itself what it did.
    """
    before = {each.name: each.generation for each in projections.live(names)}
    environment = os.environ | {"DATABASE_URL": projections.pool.dsn, "TERM": "dumb"}
    left, telling = os.pipe()
    os.write(telling, b"".join(name.encode().ljust(NAME_BYTES) for name in names))
    os.close(telling)
    running = [
        subprocess.Popen(  # our own command
            (sys.executable, "-m", "web", "project", "rebuild-next"),
            stdin=left,
            env=environment,
            process_group=0,  # Ctrl-C is ours to pass on
        )
        for _ in range(min(processes, len(names)))
    ]
    os.close(left)
    try:
        while any(process.poll() is None for process in running):
            time.sleep(LOOK_SECONDS)
            standings, head = projections.standings(), projections.log.head()
            done = sum(_rebuilt(before, standings, name) for name in names)
            building = [each.position for each in standings if each.status == "building"]
            progress(done * head + sum(building), len(names) * head)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
    after = projections.standings()
    return [name for name in names if not _rebuilt(before, after, name)]


def _rebuilt(before: dict[str, int], after: list[Standing], name: str) -> bool:
    return any(
        each.name == name and each.status == "live" and each.generation > before[name]
        for each in after
    )


@project.command(hidden=True)
def rebuild_next() -> None:
    """Build those anew that another process names on standard input, one after the other."""
    with opened() as (_, crm):
        projections = Projections(crm.pool, PROJECTIONS)
        while name := os.read(sys.stdin.fileno(), NAME_BYTES).decode().strip():
            try:
                _rebuild(projections, name)
            except RuntimeError as error:
                note(str(error))


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
