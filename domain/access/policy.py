"""Who may do what: the one decision, made from the grants somebody has and the table of roles.

The answer is a condition on rows, so that one row is checked and a list is filtered by the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.access.conditions import EVERYTHING, NOTHING, Condition, Row, only
from domain.access.principal import Enrolled, Grant
from domain.access.roles import ROLES, Action, FieldClass, Permission, Reach, Resource
from domain.ids import DepartmentId, MemberId


@dataclass(frozen=True)
class Standpoint:
    """Who asks, when, and who works beside them.

    ``colleagues``: the members of each department a grant was given for.
    """

    principal: Enrolled
    at: datetime
    colleagues: Mapping[DepartmentId, frozenset[MemberId]] = field(default_factory=dict)

    def grants(self) -> list[Grant]:
        """The grants in force, of roles there are."""
        return [grant for grant in self.principal.granted(self.at) if grant.role in ROLES]


@dataclass(frozen=True)
class Rule:
    """One permission under one grant: the reason that an explanation names."""

    grant: Grant
    permission: Permission
    condition: Condition


@dataclass(frozen=True)
class Verdict:
    """What somebody may reach with an action, why, and which field classes they are shown."""

    rules: tuple[Rule, ...]
    shows: frozenset[FieldClass]

    @property
    def condition(self) -> Condition:
        """The rows that any rule covers."""
        found = NOTHING
        for rule in self.rules:
            found |= rule.condition
        return found

    def allowing(self, row: Row) -> Rule | None:
        """Return the first rule that covers a row, or None where it is refused."""
        return next((rule for rule in self.rules if rule.condition.holds(row)), None)


def decide(standpoint: Standpoint, action: Action, resource: Resource) -> Verdict:
    """Decide what somebody may reach with an action on a kind of resource."""
    rules = tuple(
        Rule(grant, permission, _place(grant, resource, standpoint) & _own(permission, standpoint))
        for grant in standpoint.grants()
        for permission in ROLES[grant.role].permissions
        if permission.resource is resource and action in permission.actions
    )
    shows = frozenset[FieldClass]().union(*(ROLES[rule.grant.role].shows for rule in rules))
    return Verdict(rules, shows)


_ABOUT_CUSTOMERS = (Resource.CUSTOMER, Resource.OWNERSHIP, Resource.INTERACTION)


def _place(grant: Grant, resource: Resource, standpoint: Standpoint) -> Condition:
    """Return what lies within the place of a grant."""
    place = EVERYTHING
    if grant.customer_id is not None:
        place &= only("customer_id", str(grant.customer_id))
    if grant.department_id is not None:
        if resource in _ABOUT_CUSTOMERS:  # a department's customers are its members', or nobody's
            here = standpoint.colleagues.get(grant.department_id, frozenset())
            place &= only("owner_id", None, *map(str, here))
        else:
            place &= only("department_id", str(grant.department_id))
    return place


def _own(permission: Permission, standpoint: Standpoint) -> Condition:
    if permission.reach is Reach.PLACE:
        return EVERYTHING
    who = standpoint.principal.member_id
    return NOTHING if who is None else only("holder_id", str(who))
