"""A department: a group of people with a queue of their own, such as sales or after-sales service.

Its id is made from its code, so that two departments can never share one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.ids import DepartmentId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event


class DepartmentKind(StrEnum):
    """Whether a department serves customers, supports those who do, or leads."""

    CORE = "core"
    SUPPORT = "support"
    MANAGEMENT = "management"


def department_id(code: str) -> DepartmentId:
    """Return the id of the department with this code, however it is capitalised."""
    return DepartmentId(named_id("department", code.strip().casefold()))


# --- Events -----------------------------------------------------------------------------------


@event("department.created", zh="部门成立")
class DepartmentCreated:
    """Department created."""

    code: str
    name: str
    kind: DepartmentKind


@event("department.renamed", zh="部门更名")
class DepartmentRenamed:
    """Department renamed."""

    name: str


@event("department.closed", zh="部门撤销")
class DepartmentClosed:
    """Department closed."""


@event("department.reopened", zh="部门恢复")
class DepartmentReopened:
    """Department reopened."""


@event("department.retracted", zh="部门记录撤回", retracts=True)
class DepartmentRetracted:
    """Department taken back: it was recorded by mistake."""


Event = (
    DepartmentCreated
    | DepartmentRenamed
    | DepartmentClosed
    | DepartmentReopened
    | DepartmentRetracted
)

# --- Commands ---------------------------------------------------------------------------------


@command
class CreateDepartment:
    """Create a department; its id follows from the code (``department_id``)."""

    id: DepartmentId
    code: str
    name: str
    kind: DepartmentKind


@command
class RenameDepartment:
    """Give an open department another name; its code stays."""

    id: DepartmentId
    name: str


@command
class CloseDepartment:
    """Close a department: nothing new is assigned to it, its history stays."""

    id: DepartmentId


@command
class ReopenDepartment:
    """Open a closed department again."""

    id: DepartmentId


@command
class RetractDepartment:
    """Take back a department that was recorded by mistake (an import undone)."""

    id: DepartmentId


Command = (
    CreateDepartment | RenameDepartment | CloseDepartment | ReopenDepartment | RetractDepartment
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such department, or one taken back."""


@dataclass(frozen=True)
class Open:
    """A department at work."""

    code: str
    name: str
    kind: DepartmentKind


@dataclass(frozen=True)
class Closed:
    """A department that takes nothing new."""

    code: str
    name: str
    kind: DepartmentKind


Department = Absent | Open | Closed

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, department: Department, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: department.exists, department.unknown, department.closed,
    department.not-closed.
    """
    match command:
        case CreateDepartment():
            if not isinstance(department, Absent):
                raise Rejected(
                    "department.exists",
                    f"A department with the code {command.code!r} exists already.",
                    field="code",
                )
            return [
                DepartmentCreated(code=command.code, name=command.name, kind=command.kind),
            ]
        case RenameDepartment():
            here = _open(department)
            return [] if here.name == command.name else [DepartmentRenamed(name=command.name)]
        case CloseDepartment():
            _open(department)
            return [DepartmentClosed()]
        case ReopenDepartment():
            if isinstance(department, Absent):
                raise Rejected("department.unknown", "There is no such department.")
            if not isinstance(department, Closed):
                raise Rejected("department.not-closed", "Only a closed department can be reopened.")
            return [DepartmentReopened()]
        case RetractDepartment():
            return [] if isinstance(department, Absent) else [DepartmentRetracted()]
        case _:
            assert_never(command)


def _open(department: Department) -> Open:
    match department:
        case Open():
            return department
        case Absent():
            raise Rejected("department.unknown", "There is no such department.")
        case Closed():
            raise Rejected("department.closed", "The department is closed; reopen it first.")
        case _:
            assert_never(department)


def evolve(department: Department, fact: Fact[Event]) -> Department:
    """Fold one fact into the state."""
    match fact.event:
        case DepartmentCreated(code=code, name=name, kind=kind):
            return Open(code, name, kind)
        case DepartmentRetracted():
            return Absent()
        case DepartmentRenamed() | DepartmentClosed() | DepartmentReopened():
            if isinstance(department, Absent):
                return department
            code, name, kind = department.code, department.name, department.kind
            match fact.event:
                case DepartmentRenamed(name=name):
                    return type(department)(code, name, kind)
                case DepartmentClosed():
                    return Closed(code, name, kind)
                case DepartmentReopened():
                    return Open(code, name, kind)
                case _:
                    assert_never(fact.event)
        case _:
            assert_never(fact.event)


def active(department: Department) -> bool:
    """Tell whether people and requests may be assigned to it."""
    return isinstance(department, Open)


DEPARTMENT: Decider[Command, Department, Event] = Decider(
    kind="department",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
