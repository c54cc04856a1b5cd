"""Who may do what: the one decision, made from the grants somebody has and the table of roles.

The answer is a condition on rows, so that one row is checked and a list is filtered by the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import assert_never

from domain.access.conditions import EVERYTHING, NOTHING, Condition, Row, only, without
from domain.access.principal import Enrolled, Grant
from domain.access.roles import ROLES, Action, Permission, Reach, Resource, Role
from domain.access.sharing import Dataset
from domain.confidential import FieldClass
from domain.ids import DepartmentId, MemberId


@dataclass(frozen=True)
class Standpoint:
    """Who asks, when, who works beside them, the roles there are, and what is withheld from them.

    ``colleagues``: the members of each department that a grant was given for, or that withholds.
    ``withheld``: by the terms of sharing in force, whose data their department is not shown.
    ``acting``: the colleague who came in for them.
    """

    principal: Enrolled
    at: datetime
    colleagues: Mapping[DepartmentId, frozenset[MemberId]] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    withheld: Mapping[Dataset, frozenset[DepartmentId]] = field(default_factory=dict)
    acting: MemberId | None = None

    def grants(self) -> list[Grant]:
        """The grants in force, of roles there are."""
        return [grant for grant in self.principal.granted(self.at) if grant.role in self.roles]


@dataclass(frozen=True)
class Rule:
    """One permission under one grant: the reason that an explanation names."""

    grant: Grant
    permission: Permission
    condition: Condition
    shows: frozenset[FieldClass]


@dataclass(frozen=True)
class Verdict:
    """What somebody may reach with an action, why, and what they are shown of it."""

    rules: tuple[Rule, ...]

    @cached_property
    def condition(self) -> Condition:
        """The rows that any rule covers."""
        return _any(rule.condition for rule in self.rules)

    def showing(self, kind: FieldClass) -> Condition:
        """The rows of which a class of fields is shown."""
        return _any(rule.condition for rule in self.rules if kind in rule.shows)

    def hides(self, kind: FieldClass) -> bool:
        """Tell whether a class of fields is hidden of any row that is covered at all."""
        showing = self.showing(kind)
        return not showing.always and showing != self.condition

    def allowing(self, row: Row) -> Rule | None:
        """Return the first rule that covers a row, or None where it is refused."""
        return next((rule for rule in self.rules if rule.condition.holds(row)), None)


def _any(conditions: Iterable[Condition]) -> Condition:
    found = NOTHING
    for condition in conditions:
        if condition.always:
            return EVERYTHING
        found |= condition
    return found


def decide(standpoint: Standpoint, action: Action, resource: Resource) -> Verdict:
    """Decide what somebody may reach with an action on a kind of resource."""
    shared, known = _shared(resource, standpoint), _known(resource, standpoint)
    rules = []
    for grant in standpoint.grants():
        role = standpoint.roles[grant.role]
        for permission in role.permissions:
            if permission.resource is resource and action in permission.actions:
                reached = _reached(grant, permission, action, standpoint)
                condition = (reached if role.oversees else reached & shared) & known
                rules.append(Rule(grant, permission, condition, _shown(role, permission)))
    return Verdict(tuple(rules))


def _shown(role: Role, permission: Permission) -> frozenset[FieldClass]:
    """Return what a permission shows: what one said of colleagues, one reads again."""
    own = permission.reach is Reach.SELF and permission.resource is Resource.FEEDBACK
    return role.shows | {FieldClass.REVIEW} if own else role.shows


_ABOUT_CUSTOMERS = (
    Resource.CUSTOMER,
    Resource.OWNERSHIP,
    Resource.INTERACTION,
    Resource.OPPORTUNITY,
    Resource.ORDER,
)


def _shared(resource: Resource, standpoint: Standpoint) -> Condition:
    """Return what the terms of sharing leave to see."""
    if resource is Resource.REQUEST and (names := standpoint.withheld.get(Dataset.REQUESTS)):
        return without("department_id", *map(str, names))
    if resource in _ABOUT_CUSTOMERS and (names := standpoint.withheld.get(Dataset.CUSTOMERS)):
        owners = (standpoint.colleagues.get(name, frozenset()) for name in names)
        return without("owner_id", *(str(owner) for each in owners for owner in each))
    return EVERYTHING


_ABOUT_PEOPLE = (Resource.REVIEW, Resource.FEEDBACK)


def _known(resource: Resource, standpoint: Standpoint) -> Condition:
    """Return what is kept from nobody who looks: what others write of one, no role shows."""
    if resource not in _ABOUT_PEOPLE:
        return EVERYTHING
    here = (standpoint.principal.member_id, standpoint.acting)
    names = [str(each) for each in here if each is not None]
    return without("kept_from_id", *names) if names else EVERYTHING


def _reached(
    grant: Grant, permission: Permission, action: Action, standpoint: Standpoint
) -> Condition:
    match permission.reach:
        case Reach.COMPANY:
            return EVERYTHING
        case Reach.PLACE:
            return _place(grant, permission.resource, action, standpoint)
        case Reach.SELF:
            return _own(standpoint)
        case Reach.ASKED:
            return _asked(standpoint)
        case Reach.OWN:
            return _own(standpoint) & _place(grant, permission.resource, action, standpoint)
        case _:
            assert_never(permission.reach)


def _own(standpoint: Standpoint) -> Condition:
    who = standpoint.principal.member_id
    return NOTHING if who is None else only("holder_id", str(who))


ASKED = ("first_calibrator_id", "second_calibrator_id", "judge_id")
"""Where it stands who is asked for a part in something."""


def _asked(standpoint: Standpoint) -> Condition:
    who = standpoint.principal.member_id
    if who is None:
        return NOTHING
    first, second, judge = (only(name, str(who)) for name in ASKED)
    return first | second | (judge & only("kept_from_id", None))  # nobody judges a draft


def _place(grant: Grant, resource: Resource, action: Action, standpoint: Standpoint) -> Condition:
    """Return what lies within the place of a grant."""
    place = EVERYTHING
    if grant.customer_id is not None:
        place &= only("customer_id", str(grant.customer_id))
    if grant.department_id is None:
        return place
    here = map(str, standpoint.colleagues.get(grant.department_id, frozenset()))
    if resource in _ABOUT_CUSTOMERS:  # a department's customers are its members', or nobody's
        return place & only("owner_id", None, *here)
    within = only("department_id", str(grant.department_id))
    if resource is Resource.REQUEST and action is Action.READ:
        within |= only("owner_id", *here)  # what becomes of their customers' requests elsewhere
    return place & within
