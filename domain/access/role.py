"""A role of the company's own: defined beside the built-in ones, changed, and withdrawn one day.

Its id is made from its name, so that two roles can never share one. It is put together from what
the built-in roles (``domain/access/roles.py``) may do, so it never permits what nobody could.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from domain.access.roles import ROLES, Action, Permission, Reach, Resource, Role
from domain.confidential import FieldClass
from domain.ids import RoleId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event
from domain.values import SHORT

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def role_id(name: str) -> RoleId:
    """Return the id of the company's own role with this name."""
    return RoleId(named_id("role", name))


@dataclass(frozen=True, slots=True, order=True)
class Allowed:
    """One thing that a role may do with a resource, and how far."""

    resource: Resource
    action: Action
    reach: Reach = Reach.PLACE


def lines(role: Role) -> tuple[Allowed, ...]:
    """Return all that a role may do line by line, each once and in order."""
    return _in_order(
        Allowed(permission.resource, action, permission.reach)
        for permission in role.permissions
        for action in permission.actions
    )


def _in_order(permissions: Iterable[Allowed]) -> tuple[Allowed, ...]:
    return tuple(sorted(set(permissions)))


_WITHIN = {
    Reach.OWN: (Reach.OWN,),
    Reach.PLACE: (Reach.OWN, Reach.PLACE),
    Reach.SELF: (Reach.OWN, Reach.SELF),
    Reach.ASKED: (Reach.ASKED,),
    Reach.COMPANY: tuple(Reach),
}
"""From the shortest to the longest."""
_THERE_IS = frozenset(
    Allowed(line.resource, line.action, reach)
    for role in ROLES.values()
    for line in lines(role)
    for reach in _WITHIN[line.reach]
)
"""All that any built-in role may do, and the same less far."""

# --- Events -----------------------------------------------------------------------------------


@event("role.defined", zh="定义角色")
class RoleDefined:
    """Role defined."""

    name: str
    permissions: tuple[Allowed, ...]
    shows: tuple[FieldClass, ...]


@event("role.changed", zh="变更角色")
class RoleChanged:
    """Role changed."""

    permissions: tuple[Allowed, ...]
    shows: tuple[FieldClass, ...]


@event("role.withdrawn", zh="撤销角色")
class RoleWithdrawn:
    """Role withdrawn."""


Event = RoleDefined | RoleChanged | RoleWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class DefineRole:
    """Define a role; its id follows from the name (``role_id``).

    A withdrawn one may come back, also for those whom it was granted and who kept it.
    """

    id: RoleId
    name: str
    permissions: tuple[Allowed, ...]
    shows: tuple[FieldClass, ...] = ()


@command
class ChangeRole:
    """Say anew what a role may do and see, for all who have it; its name stays."""

    id: RoleId
    permissions: tuple[Allowed, ...]
    shows: tuple[FieldClass, ...]


@command
class WithdrawRole:
    """Withdraw a role: nobody is given it any more, and who has it may do nothing by it."""

    id: RoleId


Command = DefineRole | ChangeRole | WithdrawRole

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such role."""


@dataclass(frozen=True)
class Defined:
    """A role that may be granted."""

    name: str
    permissions: tuple[Allowed, ...]
    shows: tuple[FieldClass, ...]

    def role(self) -> Role:
        """Return it as the policy reads roles."""
        places = sorted({(line.resource, line.reach) for line in self.permissions})
        permissions = tuple(
            Permission(
                resource,
                frozenset(
                    line.action
                    for line in self.permissions
                    if (line.resource, line.reach) == (resource, reach)
                ),
                reach,
            )
            for resource, reach in places
        )
        return Role(self.name, permissions, frozenset(self.shows))


@dataclass(frozen=True)
class Withdrawn:
    """A role that counts no more, until it is defined again."""


CompanyRole = Absent | Defined | Withdrawn

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, role: CompanyRole, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: role.exists, role.unknown, role.withdrawn, role.name, role.built-in,
    role.not-the-names, role.empty, role.no-such-permission.
    """
    match command:
        case DefineRole(name=name):
            if isinstance(role, Defined):
                raise Rejected("role.exists", "There is a role of this name already.", field="name")
            _check_name(command)
            permissions, shows = _said(command)
            return [RoleDefined(name=name, permissions=permissions, shows=shows)]
        case ChangeRole():
            here = _defined(role)
            permissions, shows = _said(command)
            if (permissions, shows) == (here.permissions, here.shows):
                return []
            return [RoleChanged(permissions=permissions, shows=shows)]
        case WithdrawRole():
            _defined(role)
            return [RoleWithdrawn()]
        case _:
            assert_never(command)


def _check_name(command: DefineRole) -> None:
    if len(command.name) > SHORT or not _NAME.fullmatch(command.name):
        raise Rejected(
            "role.name",
            "A role's name is small letters and digits, with single hyphens between them,"
            f" at most {SHORT} characters.",
            field="name",
        )
    if command.name in ROLES:
        raise Rejected("role.built-in", "A built-in role stays as it is.", field="name")
    if command.id != role_id(command.name):
        raise Rejected("role.not-the-names", "A role's id follows from its name.", field="id")


def _said(command: DefineRole | ChangeRole) -> tuple[tuple[Allowed, ...], tuple[FieldClass, ...]]:
    """Return what the role may do and what it shows, each once and in order."""
    if not command.permissions:
        raise Rejected("role.empty", "A role must permit something.", field="permissions")
    for line in command.permissions:
        if line not in _THERE_IS:
            raise Rejected(
                "role.no-such-permission",
                f"No built-in role may {line.action} {line.resource} as far as {line.reach!s}.",
                field="permissions",
            )
    return _in_order(command.permissions), tuple(sorted(set(command.shows)))


def _defined(role: CompanyRole) -> Defined:
    match role:
        case Defined():
            return role
        case Absent():
            raise Rejected("role.unknown", "There is no such role.")
        case Withdrawn():
            raise Rejected("role.withdrawn", "The role is withdrawn; define it again first.")
        case _:
            assert_never(role)


def evolve(role: CompanyRole, fact: Fact[Event]) -> CompanyRole:
    """Fold one fact into the state."""
    match fact.event:
        case RoleDefined(name=name, permissions=permissions, shows=shows):
            return Defined(name, permissions, shows)
        case RoleChanged(permissions=permissions, shows=shows):
            return Defined(role.name, permissions, shows) if isinstance(role, Defined) else role
        case RoleWithdrawn():
            return Withdrawn()
        case _:
            assert_never(fact.event)


def active(role: CompanyRole) -> bool:
    """Tell whether the role may be granted."""
    return isinstance(role, Defined)


ROLE: Decider[Command, CompanyRole, Event] = Decider(
    kind="role",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
