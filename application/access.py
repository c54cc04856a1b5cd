"""What a command needs permission for, and whether who asks has it: decided before the rules are.

Grants, and all that decides whose a thing is, are states like every other: the append proves that
none of them has gone on since it was decided on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from application.catalogue import BY_KIND
from application.deciding import Key, Loaded, UnknownReference, named
from application.permissions import (
    AT_CUSTOMERS,
    BEGINNING,
    begins_at_a_customer,
    needed,
    resource_of,
)
from application.states import Wanted
from domain.access import role
from domain.access.api_key import Credential
from domain.access.conditions import Row
from domain.access.policy import ASKED, Standpoint, Verdict, decide
from domain.access.principal import Enrolled, principal_id
from domain.access.principal_rules import PRINCIPAL
from domain.access.role import ROLE, Defined, role_id
from domain.access.roles import ROLES, Action, Resource, Role
from domain.access.sharing import SHARING, SHARING_ID, Dataset
from domain.customers import (
    ownership,
)
from domain.customers.ownership import ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId, DepartmentId, MemberId, PrincipalId, RoleId
from domain.kernel import Decider, Rejected
from domain.sales import (
    lead,
)
from domain.teams import member
from domain.teams.member import MEMBER


class NotPermitted(Exception):
    """Who asks may see the thing, or know of its kind, and may not do this with it."""

    def __init__(self, action: Action, resource: Resource) -> None:
        super().__init__(f"None of your grants lets you {action} this {resource}.")
        self.action = action
        self.resource = resource


class NotDelegated(Exception):
    """Who acts for somebody has not been let, or not at this time."""

    def __init__(self) -> None:
        super().__init__("They have not let you act for them, or not now.")


class Hidden(Exception):
    """Who asks may not know of the thing: for them it does not exist."""


@dataclass(frozen=True, slots=True)
class Authority:
    """On whose grants a command is carried out, at what time, and by whom where they are away.

    ``acting``: the colleague whom they let act for them.
    """

    principal_id: PrincipalId
    at: datetime
    acting: MemberId | None = None

    def concerned(self) -> list[Wanted]:
        """Return what decides what it permits, as far as that is known before it is looked at."""
        acting = [principal_id(self.acting)] if self.acting else []
        accounts: list[Wanted] = [(PRINCIPAL, id_) for id_ in (self.principal_id, *acting)]
        return [*accounts, (SHARING, SHARING_ID)]


@dataclass(frozen=True, slots=True)
class Asking:
    """How somebody came in: with which key, and on whose grants; Concord itself with neither."""

    credential: Credential | None = None
    authority: Authority | None = None


# --- What is known --------------------------------------------------------------------------------


@dataclass
class Sight:
    """The states a decision looks at, each looked up when it is first asked for."""

    look: Callable[[Iterable[Wanted]], Mapping[Key, Loaded]]
    states: dict[Key, Loaded] = field(default_factory=dict)

    def of(self, decider: Decider[Any, Any, Any], id_: UUID) -> Loaded:
        """Return a thing's state."""
        key = decider.kind, id_
        if key not in self.states:
            self.states |= self.look([(decider, id_)])
        return self.states[key]

    def owner_of(self, customer_id: CustomerId) -> MemberId | None:
        """Return who owns a customer."""
        state = self.of(OWNERSHIP, ownership_id(customer_id)).state
        return None if isinstance(state, ownership.Unowned) else state.owner_id

    def department_of(self, member_id: MemberId) -> DepartmentId | None:
        """Return the department that somebody works in, or did when they left."""
        state = self.of(MEMBER, member_id).state
        return None if isinstance(state, member.Absent) else state.department_id

    def row(self, kind: str, id_: UUID, command: Any = None) -> Row:
        """Return what decides about a thing; about a new one its command tells."""
        state = self.of(BY_KIND[kind], id_).state

        def told(name: str) -> Any:
            return getattr(state, name, None) or getattr(command, name, None)

        match kind:
            case "customer":
                return self._about(CustomerId(id_))
            case "interaction":
                return self._about(told("customer_id")) | _row(holder_id=told("logged_by"))
            case "request" | "complaint" | "follow-up":
                return self._about(told("customer_id")) | _row(
                    department_id=told("department_id"), holder_id=told("holder_id")
                )
            case "hand-over":  # of whoever had the customers; of one alone it is about that one
                moved = told("customers")
                about = _row(customer_id=moved[0]) if moved and len(moved) == 1 else {}
                return about | _row(owner_id=told("from_id"), holder_id=told("from_id"))
            case "lead":  # nobody's customer yet: it is whose lead it is
                holder = told("holder_id")  # what nobody holds is for who takes it
                there = command if isinstance(state, lead.Absent) else state
                customer_id = getattr(there, "customer_id", None)
                return _row(customer_id=customer_id, owner_id=holder, holder_id=holder)
            case "opportunity":
                return self._about(told("customer_id")) | _row(holder_id=told("holder_id"))
            case "offer":  # its department's, whoever owns the customer
                return _row(department_id=told("department_id"))
            case "sla-policy":  # the company's word, also where it is one department's standard
                return {}
            case "member":
                return _row(department_id=told("department_id"), holder_id=id_)
            case "department":
                return _row(department_id=id_)
            case "sharing":
                return _row(department_id=told("department_id"))
            case "routing":  # the company's rules, though they are for one department
                return _row(department_id=None)
            case "review" | "feedback":  # whose it is to know of: a reviewee's once it is shared
                return _row(
                    department_id=told("department_id"),
                    holder_id=told("holder_id"),
                    kept_from_id=told("kept_from_id"),
                    **{name: getattr(state, name, None) for name in ASKED},
                )
            case "principal":
                return _row(holder_id=told("member_id"))
            case _ if resource_of(kind) in {*AT_CUSTOMERS, Resource.CUSTOMER}:
                return self._about(told("customer_id"))
            case _:
                return _row(department_id=told("department_id"))

    def _about(self, customer_id: CustomerId | None) -> dict[str, str | None]:
        if customer_id is None:
            return _row(owner_id=None, holder_id=None)
        owner = self.owner_of(customer_id)
        return _row(customer_id=customer_id, owner_id=owner, holder_id=owner)


def _row(**known: UUID | None) -> dict[str, str | None]:
    return {name: None if id_ is None else str(id_) for name, id_ in known.items()}


# --- Whether it is there --------------------------------------------------------------------------


def standing(authority: Authority, sight: Sight) -> Standpoint:
    """Return who asks, with their grants and all that bounds them; who works beside them is not in.

    Raises ``NotDelegated``.
    """
    state = sight.of(PRINCIPAL, authority.principal_id).state
    enrolled = state if isinstance(state, Enrolled) else Enrolled(None)
    if authority.acting is not None:
        own = sight.of(PRINCIPAL, principal_id(authority.acting)).state
        if not PRINCIPAL.active(own) or not enrolled.lets(authority.acting, authority.at):
            raise NotDelegated
    return Standpoint(
        enrolled,
        authority.at,
        roles=_roles(enrolled, authority.at, sight),
        withheld=_withheld(enrolled, sight),
        acting=authority.acting,
    )


def _roles(enrolled: Enrolled, at: datetime, sight: Sight) -> Mapping[str, Role]:
    own = {grant.role for grant in enrolled.granted(at)} - ROLES.keys()
    if not own:
        return ROLES
    states = {name: sight.of(ROLE, role_id(name)).state for name in own}
    defined = {name: each.role() for name, each in states.items() if isinstance(each, Defined)}
    return {**ROLES, **defined}


def _withheld(enrolled: Enrolled, sight: Sight) -> Mapping[Dataset, frozenset[DepartmentId]]:
    terms = sight.of(SHARING, SHARING_ID)
    if enrolled.member_id is None or not terms.version:
        return {}
    home = sight.department_of(enrolled.member_id)
    return {} if home is None else terms.state.withheld_from(home)


@dataclass(frozen=True)
class Check:
    """Who asks, and what they may, on what can be seen."""

    authority: Authority
    sight: Sight

    @cached_property
    def standpoint(self) -> Standpoint:
        """Who asks; whoever works beside them is found for each row."""
        return standing(self.authority, self.sight)

    def verdict(self, action: Action, resource: Resource, row: Row) -> Verdict:
        """Return what they may, with all that counts for one row."""
        beside = replace(self.standpoint, colleagues=self._beside(row))
        return decide(beside, action, resource)

    def allows(self, action: Action, resource: Resource, row: Callable[[], Row]) -> bool:
        """Tell whether a thing is covered; what decides is asked for only where it counts."""
        verdict = decide(self.standpoint, action, resource)
        if verdict.condition.always:
            return True
        if verdict.condition.never:
            return False
        known = row()
        return self.verdict(action, resource, known).condition.holds(known)

    def _beside(self, row: Row) -> dict[DepartmentId, frozenset[MemberId]]:
        owner = row.get("owner_id")
        if owner is None:
            return {}
        owner_id = MemberId(UUID(owner))
        where = self.sight.department_of(owner_id)
        return {} if where is None else {where: frozenset({owner_id})}

    def readable(self, kind: str, id_: UUID, command: Any = None) -> bool:
        """Tell whether who asks may know of a thing."""
        return self.allows(
            Action.READ, resource_of(kind), lambda: self.sight.row(kind, id_, command)
        )

    def check(self, decider: Decider[Any, Any, Any], command: Any) -> None:
        """Check that a command, and all that it names, is within what who asks may do and see.

        Raises ``NotPermitted``, ``Hidden``, ``UnknownReference`` for what they may not know of, and
        ``Rejected`` role.own.
        """
        action, resource = needed(type(command), decider.kind)
        known = self.sight.of(decider, command.id).version > 0
        if not known and type(command) not in BEGINNING and resource is not Resource.OWNERSHIP:
            return  # there is nothing: the rules say so

        def row() -> Row:
            return self.sight.row(decider.kind, command.id, command)

        if not self.allows(action, resource, row):
            there = known or begins_at_a_customer(decider.kind)
            if there and not self.allows(Action.READ, resource, row):
                raise Hidden
            raise NotPermitted(action, resource)
        if isinstance(command, (role.DefineRole, role.ChangeRole)):
            self._check_not_own(command.id)
        if resource is not Resource.ACCESS:  # who grants access need not know all it is for
            self._check_named(command, resource)

    def _check_not_own(self, id_: RoleId) -> None:
        # Four eyes, as for grants: nobody says what their own role permits.
        acting = self.authority.acting
        own = {self.authority.principal_id, *([principal_id(acting)] if acting else [])}
        for account in own:
            state = self.sight.of(PRINCIPAL, account).state
            grants = state.grants.values() if isinstance(state, Enrolled) else ()
            if any(role_id(grant.role) == id_ for grant in grants):
                raise Rejected("role.own", "Somebody else must change a role that you have.")

    def _check_named(self, command: Any, resource: Resource) -> None:
        for reference in named(command):
            if resource is Resource.FEEDBACK and reference.kind == "review":
                continue  # whoever is asked for a word need not see what it is for
            if reference.part_of is None and reference.kind in BY_KIND:
                id_ = getattr(command, reference.field)
                if not self.readable(reference.kind, id_):
                    raise UnknownReference(reference.field, reference.kind, id_, known=False)
