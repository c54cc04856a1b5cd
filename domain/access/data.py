"""Who took data out: each export is a fact, written before the first byte of it is."""

from dataclasses import dataclass
from typing import assert_never

from domain.ids import DataId
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event

# --- Events -----------------------------------------------------------------------------------


@event("data.exported", zh="导出数据")
class DataExported:
    """Data exported."""

    what: str
    form: str
    """The file's form, such as csv."""
    rows: int | None
    """How many there were; None where it was not known before."""


Event = DataExported

# --- Commands ---------------------------------------------------------------------------------


@command
class ExportData:
    """Keep that somebody takes data out."""

    id: DataId
    what: str
    form: str
    rows: int | None = None


Command = ExportData

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """Not taken out."""


@dataclass(frozen=True)
class Exported:
    """Taken out: it cannot be undone."""


Data = Kept | Exported

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, data: Data, envelope: Envelope) -> list[Event]:
    """Decide what follows. Raises ``Rejected``: data.exported."""
    del envelope
    match data:
        case Kept():
            return [DataExported(what=command.what, form=command.form, rows=command.rows)]
        case Exported():
            raise Rejected("data.exported", "This export is kept already.")
        case _:
            assert_never(data)


def evolve(data: Data, fact: Fact[Event]) -> Data:
    """Fold one fact into the state."""
    del data, fact
    return Exported()


def active(data: Data) -> bool:
    """Tell whether it was taken out."""
    return isinstance(data, Exported)


DATA: Decider[Command, Data, Event] = Decider(
    kind="data",
    commands=Command,
    events=Event,
    initial=Kept(),
    decide=decide,
    evolve=evolve,
    active=active,
)
