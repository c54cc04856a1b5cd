"""A member: a colleague who joins a department, moves, changes role and one day leaves.

What they are good at, and when they are away, tells which work they can be given.
"""

from dataclasses import dataclass, replace
from typing import Annotated, assert_never

from domain.ids import DepartmentId, MemberId
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Personal,
    Rejected,
    command,
    event,
)
from domain.teams.abilities import (
    NO_ABILITIES,
    Abilities,
    AbsenceAnnounced,
    AbsenceWithdrawn,
    AnnounceAbsence,
    RecordSkill,
    SkillRecorded,
    SkillWithdrawn,
    WithdrawAbsence,
    WithdrawSkill,
    after,
    changed,
    check_absence,
    check_skill,
)

# --- Events -----------------------------------------------------------------------------------


@event("member.joined", zh="成员加入")
class MemberJoined:
    """Member joined."""

    name: Annotated[str, Personal(of="self")]
    email: Annotated[str | None, Personal(of="self")]
    department_id: DepartmentId
    role: str


@event("member.details-changed", zh="成员资料变更")
class MemberDetailsChanged:
    """Member's details changed."""

    name: Annotated[str, Personal(of="self")]
    email: Annotated[str | None, Personal(of="self")]


@event("member.moved", zh="成员调动部门")
class MemberMoved:
    """Member moved to another department."""

    from_department_id: DepartmentId
    department_id: DepartmentId


@event("member.role-changed", zh="成员角色变更")
class MemberRoleChanged:
    """Member's role changed."""

    role: str


@event("member.left", zh="成员离开")
class MemberLeft:
    """Member left."""

    department_id: DepartmentId


@event("member.retracted", zh="成员记录撤回", retracts=True)
class MemberRetracted:
    """Member taken back: recorded by mistake."""


Event = (
    MemberJoined
    | MemberDetailsChanged
    | MemberMoved
    | MemberRoleChanged
    | SkillRecorded
    | SkillWithdrawn
    | AbsenceAnnounced
    | AbsenceWithdrawn
    | MemberLeft
    | MemberRetracted
)

# --- Commands ---------------------------------------------------------------------------------


@command
class JoinMember:
    """Let a colleague join a department in a role; one who has left may join again."""

    id: MemberId
    name: str
    email: str | None = None
    department_id: Annotated[DepartmentId, MustBeActive()]
    role: str


@command
class ChangeMemberDetails:
    """Correct a member's name or email."""

    id: MemberId
    name: str
    email: str | None


@command
class MoveMember:
    """Move a member to another department."""

    id: MemberId
    department_id: Annotated[DepartmentId, MustBeActive()]


@command
class ChangeMemberRole:
    """Give a member another role."""

    id: MemberId
    role: str


@command
class LeaveMember:
    """Record that a member leaves the company."""

    id: MemberId


@command
class RetractMember:
    """Take back a member who was recorded by mistake (an import undone)."""

    id: MemberId


Command = (
    JoinMember
    | ChangeMemberDetails
    | MoveMember
    | ChangeMemberRole
    | RecordSkill
    | WithdrawSkill
    | AnnounceAbsence
    | WithdrawAbsence
    | LeaveMember
    | RetractMember
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Nobody by this id, or a record taken back."""


@dataclass(frozen=True)
class Active:
    """A colleague at work."""

    name: str
    email: str | None
    department_id: DepartmentId
    role: str
    abilities: Abilities = NO_ABILITIES


@dataclass(frozen=True)
class Left:
    """A former colleague, and where they worked: their customers are that department's still."""

    name: str
    email: str | None
    department_id: DepartmentId | None = None


Member = Absent | Active | Left

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, member: Member, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: member.exists, member.unknown, member.left, member.already-there,
    member.not-a-level, member.no-such-skill, member.absence-backwards, member.already-away,
    member.no-such-absence.
    """
    match command:
        case JoinMember():
            if isinstance(member, Active):
                raise Rejected("member.exists", "This member has joined already.")
            return [
                MemberJoined(
                    name=command.name,
                    email=command.email,
                    department_id=command.department_id,
                    role=command.role,
                )
            ]
        case ChangeMemberDetails(name=name, email=email):
            here = _active(member)
            if (here.name, here.email) == (name, email):
                return []
            return [MemberDetailsChanged(name=name, email=email)]
        case MoveMember(department_id=department_id):
            here = _active(member)
            if here.department_id == department_id:
                raise Rejected(
                    "member.already-there",
                    "The member is in this department already.",
                    field="department_id",
                )
            return [MemberMoved(from_department_id=here.department_id, department_id=department_id)]
        case ChangeMemberRole(role=role):
            return [] if _active(member).role == role else [MemberRoleChanged(role=role)]
        case RecordSkill() | WithdrawSkill():
            abilities = _active(member).abilities
            check_skill(command, abilities)
            return [*changed(command, abilities)]
        case AnnounceAbsence() | WithdrawAbsence():
            abilities = _active(member).abilities
            check_absence(command, abilities)
            return [*changed(command, abilities)]
        case LeaveMember():
            return [MemberLeft(department_id=_active(member).department_id)]
        case RetractMember():
            return [] if isinstance(member, Absent) else [MemberRetracted()]
        case _:
            assert_never(command)


def _active(member: Member) -> Active:
    match member:
        case Active():
            return member
        case Absent():
            raise Rejected("member.unknown", "There is no such member.")
        case Left():
            raise Rejected("member.left", "The member has left.")
        case _:
            assert_never(member)


def evolve(member: Member, fact: Fact[Event]) -> Member:
    """Fold one fact into the state."""
    match fact.event:
        case MemberJoined(name=name, email=email, department_id=department_id, role=role):
            return Active(name, email, department_id, role)
        case MemberDetailsChanged(name=name, email=email):
            return member if isinstance(member, Absent) else replace(member, name=name, email=email)
        case MemberMoved(department_id=department_id):
            return (
                replace(member, department_id=department_id)
                if isinstance(member, Active)
                else member
            )
        case MemberRoleChanged(role=role):
            return replace(member, role=role) if isinstance(member, Active) else member
        case SkillRecorded() | SkillWithdrawn() | AbsenceAnnounced() | AbsenceWithdrawn():
            if not isinstance(member, Active):
                return member
            return replace(member, abilities=after(member.abilities, fact.event))
        case MemberLeft():
            if not isinstance(member, Active):
                return member
            return Left(member.name, member.email, member.department_id)
        case MemberRetracted():
            return Absent()
        case _:
            assert_never(fact.event)


def active(member: Member) -> bool:
    """Tell whether work may be given to the member."""
    return isinstance(member, Active)


MEMBER: Decider[Command, Member, Event] = Decider(
    kind="member",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
