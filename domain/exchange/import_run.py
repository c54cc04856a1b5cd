"""An import: another system's file taken into the log, and taken back if it was a mistake."""

from dataclasses import dataclass
from typing import assert_never

from domain.ids import ImportId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event


def import_id(source: str, file_sha256: str) -> ImportId:
    """Return the id of importing this file from this source: the same file is the same import."""
    return ImportId(named_id("import", source, file_sha256))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of a file's rows.

    ``rows`` were read; ``added`` became facts (``facts`` of them in all), ``known`` had been
    imported before, ``unmapped`` have a step the map does not name, ``bad`` could not be read, and
    ``as_steps`` of those added were kept as plain steps because the rules refuse what the map
    makes of them.
    """

    rows: int
    added: int
    facts: int
    known: int
    unmapped: int
    bad: int
    as_steps: int


# --- Events -----------------------------------------------------------------------------------


@event("import.started", zh="导入开始")
class ImportStarted:
    """Import started."""

    source: str
    file: str
    file_sha256: str
    map_sha256: str


@event("import.finished", zh="导入完成")
class ImportFinished:
    """Import finished."""

    tally: Tally


@event("import.undone", zh="导入撤销")
class ImportUndone:
    """Import undone."""

    taken_back: int
    kept: int


Event = ImportStarted | ImportFinished | ImportUndone

# --- Commands ---------------------------------------------------------------------------------


@command
class StartImport:
    """Start an import, or go on with one that stopped in the middle."""

    id: ImportId
    source: str
    file: str
    file_sha256: str
    map_sha256: str


@command
class FinishImport:
    """Record how an import ended."""

    id: ImportId
    tally: Tally


@command
class UndoImport:
    """Record that an import was taken back; the envelope's reason says why."""

    id: ImportId
    taken_back: int
    kept: int


Command = StartImport | FinishImport | UndoImport

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Never imported."""


@dataclass(frozen=True)
class Running:
    """Started, and not finished yet."""

    source: str
    map_sha256: str


@dataclass(frozen=True)
class Finished:
    """In the log."""

    source: str


@dataclass(frozen=True)
class Undone:
    """Taken back; the file may be imported again, with a better map perhaps."""

    source: str


ImportRun = Absent | Running | Finished | Undone

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, run: ImportRun, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: import.unknown, import.undone, import.not-running.
    """
    match command:
        case StartImport():
            if isinstance(run, Running) and run.map_sha256 == command.map_sha256:
                return []
            return [
                ImportStarted(
                    source=command.source,
                    file=command.file,
                    file_sha256=command.file_sha256,
                    map_sha256=command.map_sha256,
                )
            ]
        case FinishImport(tally=tally):
            if isinstance(run, Absent):
                raise Rejected("import.unknown", "There is no such import.")
            if not isinstance(run, Running):
                raise Rejected("import.not-running", "Only an import that runs can finish.")
            return [ImportFinished(tally=tally)]
        case UndoImport():
            match run:
                case Running() | Finished():
                    return [ImportUndone(taken_back=command.taken_back, kept=command.kept)]
                case Absent():
                    raise Rejected("import.unknown", "There is no such import.")
                case Undone():
                    raise Rejected("import.undone", "The import was undone already.")
                case _:
                    assert_never(run)
        case _:
            assert_never(command)


def evolve(run: ImportRun, fact: Fact[Event]) -> ImportRun:
    """Fold one fact into the state."""
    match fact.event:
        case ImportStarted(source=source, map_sha256=map_sha256):
            return Running(source, map_sha256)
        case ImportFinished():
            return run if isinstance(run, Absent) else Finished(run.source)
        case ImportUndone():
            return run if isinstance(run, Absent) else Undone(run.source)
        case _:
            assert_never(fact.event)


def active(run: ImportRun) -> bool:
    """Tell whether the import's facts stand."""
    return isinstance(run, Running | Finished)


IMPORT_RUN: Decider[Command, ImportRun, Event] = Decider(
    kind="import",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
