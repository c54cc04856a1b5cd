"""A principal: a person or a service account, and the access granted to it: where, and how long.

A grant gives a role in the whole company, in one department, or for one customer (whose team it
then belongs to), from a day on, and until another if it is to end by itself. What a role may do
and see stands in ``domain/access/roles.py``, or was defined by the company (``role.py``).

A person who is away may let a colleague act for them: a delegation, until a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, assert_never
from uuid import UUID

from domain.access.role import role_id
from domain.access.roles import ROLES
from domain.ids import (
    CustomerId,
    DelegationId,
    DepartmentId,
    GrantId,
    KeyId,
    MemberId,
    PrincipalId,
    RoleId,
    named_id,
)
from domain.kernel import (
    Actor,
    ActorKind,
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Rejected,
    command,
    event,
)

REVIEW_EVERY = timedelta(days=180)
"""How long a grant is kept without somebody confirming that it is still needed."""
LONGEST_DELEGATION = timedelta(days=90)


def principal_id(member_id: MemberId) -> PrincipalId:
    """Return the one principal that a member is."""
    return PrincipalId(named_id("principal", "member", str(member_id)))


def service_principal_id(key_id: KeyId) -> PrincipalId:
    """Return the principal that a service account's key stands for."""
    return PrincipalId(named_id("principal", "key", str(key_id)))


def principal_of(actor: Actor) -> PrincipalId | None:
    """Return the principal of somebody who acts; Concord itself is none."""
    match actor.kind:
        case ActorKind.MEMBER:
            return principal_id(MemberId(UUID(actor.id)))
        case ActorKind.SERVICE:
            return service_principal_id(KeyId(UUID(actor.id)))
        case ActorKind.SYSTEM:
            return None
        case _:
            assert_never(actor.kind)


# --- Events -----------------------------------------------------------------------------------


@event("principal.person-enrolled", zh="登记使用人")
class PersonEnrolled:
    """Person enrolled."""

    member_id: MemberId


@event("principal.service-enrolled", zh="登记服务账号")
class ServiceEnrolled:
    """Service account enrolled."""

    label: str


@event("principal.access-granted", zh="授予权限")
class AccessGranted:
    """Access granted."""

    grant_id: GrantId
    role: str
    department_id: DepartmentId | None
    customer_id: CustomerId | None
    starts_at: datetime
    ends_at: datetime | None


@event("principal.access-revoked", zh="收回权限")
class AccessRevoked:
    """Access revoked."""

    grant_id: GrantId
    role: str


@event("principal.access-reviewed", zh="复核权限")
class AccessReviewed:
    """Access reviewed and kept."""

    grant_id: GrantId
    role: str


@event("principal.delegated", zh="委托代理")
class AccessDelegated:
    """Access delegated to a colleague."""

    delegation_id: DelegationId
    to_id: MemberId
    starts_at: datetime
    ends_at: datetime


@event("principal.delegation-ended", zh="终止委托")
class DelegationEnded:
    """Delegation ended."""

    delegation_id: DelegationId
    to_id: MemberId


@event("principal.suspended", zh="停用账号")
class PrincipalSuspended:
    """Account suspended."""


@event("principal.restored", zh="恢复账号")
class PrincipalRestored:
    """Account restored."""


Event = (
    PersonEnrolled
    | ServiceEnrolled
    | AccessGranted
    | AccessRevoked
    | AccessReviewed
    | AccessDelegated
    | DelegationEnded
    | PrincipalSuspended
    | PrincipalRestored
)

# --- Commands ---------------------------------------------------------------------------------


@command
class EnrolPerson:
    """Let a member use Concord; what they may do is granted by itself."""

    id: PrincipalId
    member_id: Annotated[MemberId, MustBeActive()]


@command
class EnrolService:
    """Let another program use Concord."""

    id: PrincipalId
    label: str


@command
class GrantAccess:
    """Grant a role: company-wide, in a department, or for one customer; for good or until a day.

    A role of the company's own is named by ``role_id``, too.
    """

    id: PrincipalId
    grant_id: GrantId
    role: str
    role_id: Annotated[RoleId | None, MustBeActive()] = None
    department_id: Annotated[DepartmentId | None, MustBeActive()] = None
    customer_id: Annotated[CustomerId | None, MustBeActive()] = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@command
class RevokeAccess:
    """Take a grant back, at once."""

    id: PrincipalId
    grant_id: GrantId


@command
class ReviewAccess:
    """Confirm that a grant is still needed; who no longer needs it has it revoked."""

    id: PrincipalId
    grant_id: GrantId


@command
class Delegate:
    """Let a colleague act for a person, from a day on (or at once) until another."""

    id: PrincipalId
    delegation_id: DelegationId
    to_id: Annotated[MemberId, MustBeActive()]
    starts_at: datetime | None = None
    ends_at: datetime


@command
class EndDelegation:
    """End a delegation, at once."""

    id: PrincipalId
    delegation_id: DelegationId


@command
class SuspendPrincipal:
    """Stop an account, keeping its grants for later."""

    id: PrincipalId


@command
class RestorePrincipal:
    """Let a suspended account work again."""

    id: PrincipalId


Command = (
    EnrolPerson
    | EnrolService
    | GrantAccess
    | RevokeAccess
    | ReviewAccess
    | Delegate
    | EndDelegation
    | SuspendPrincipal
    | RestorePrincipal
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Nobody by this id."""


@dataclass(frozen=True)
class Grant:
    """A role, and where and how long it holds."""

    role: str
    department_id: DepartmentId | None
    customer_id: CustomerId | None
    starts_at: datetime
    ends_at: datetime | None
    reviewed_at: datetime | None = None
    """When somebody last decided that it is needed: granted or reviewed it (None: as it starts)."""

    def holds(self, at: datetime) -> bool:
        """Tell whether it is in force at a time."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)

    @property
    def review_due_at(self) -> datetime:
        """When somebody must have confirmed that it is still needed."""
        return (self.reviewed_at or self.starts_at) + REVIEW_EVERY


@dataclass(frozen=True)
class Delegation:
    """Whom a person lets act for them, and how long."""

    to_id: MemberId
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether it is in force at a time."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True)
class Enrolled:
    """An account: a member's, or a service's where there is no member."""

    member_id: MemberId | None
    suspended: bool = False
    grants: Mapping[GrantId, Grant] = field(default_factory=lambda: MappingProxyType({}))
    delegations: Mapping[DelegationId, Delegation] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def granted(self, at: datetime) -> list[Grant]:
        """Return the grants in force at a time; none while suspended."""
        return [] if self.suspended else [each for each in self.grants.values() if each.holds(at)]

    def lets(self, member_id: MemberId, at: datetime) -> bool:
        """Tell whether somebody may act for this person at a time; nobody while suspended."""
        return not self.suspended and any(
            each.to_id == member_id and each.holds(at) for each in self.delegations.values()
        )


Principal = Absent | Enrolled

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, principal: Principal, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: principal.unknown, principal.enrolled, principal.not-the-members,
    role.unknown, grant.exists, grant.unknown, grant.ends-before-it-starts, grant.own,
    delegation.exists, delegation.unknown, delegation.not-a-persons, delegation.to-oneself,
    delegation.own, delegation.ends-before-it-starts, delegation.too-long.
    """
    match command:
        case EnrolPerson(member_id=member_id):
            _check_new(principal)
            if command.id != principal_id(member_id):
                raise Rejected(
                    "principal.not-the-members", "A member has one account, with one id."
                )
            return [PersonEnrolled(member_id=member_id)]
        case EnrolService(label=label):
            _check_new(principal)
            return [ServiceEnrolled(label=label)]
    known = _known(principal)
    match command:
        case GrantAccess():
            _check_not_own(command.id, envelope)
            return _granted(command, known, envelope)
        case RevokeAccess(grant_id=grant_id):
            return [AccessRevoked(grant_id=grant_id, role=_grant(known, grant_id).role)]
        case ReviewAccess(grant_id=grant_id):
            _check_not_own(command.id, envelope)
            return [AccessReviewed(grant_id=grant_id, role=_grant(known, grant_id).role)]
        case Delegate():
            return [_delegated(command, known, envelope)]
        case EndDelegation(delegation_id=delegation_id):
            if delegation_id not in known.delegations:
                raise Rejected(
                    "delegation.unknown", "There is no such delegation.", field="delegation_id"
                )
            to_id = known.delegations[delegation_id].to_id
            return [DelegationEnded(delegation_id=delegation_id, to_id=to_id)]
        case SuspendPrincipal():
            return [] if known.suspended else [PrincipalSuspended()]
        case RestorePrincipal():
            _check_not_own(command.id, envelope)
            return [PrincipalRestored()] if known.suspended else []
        case _:
            assert_never(command)


def _check_new(principal: Principal) -> None:
    if isinstance(principal, Enrolled):
        raise Rejected("principal.enrolled", "This account is enrolled already.")


def _known(principal: Principal) -> Enrolled:
    if not isinstance(principal, Enrolled):
        raise Rejected("principal.unknown", "There is no such account.")
    return principal


def _check_not_own(id_: PrincipalId, envelope: Envelope) -> None:
    # Four eyes: nobody gives themselves access, or confirms their own; neither who acts, person or
    # program, nor whom they act for.
    for_whom = envelope.on_behalf_of
    if id_ == principal_of(envelope.actor) or (for_whom and id_ == principal_id(for_whom)):
        raise Rejected("grant.own", "Somebody else must decide on your own access.")


def _granted(command: GrantAccess, known: Enrolled, envelope: Envelope) -> list[Event]:
    if command.role_id is None:
        there = command.role in ROLES
    else:  # that a role of the company's own is there was checked, as of all that is named
        there = command.role_id == role_id(command.role)
    if not there:
        raise Rejected(
            "role.unknown",
            f"There are the roles {', '.join(ROLES)}, and those of the company's own.",
            field="role",
        )
    if command.grant_id in known.grants:
        raise Rejected("grant.exists", "There is a grant with this id already.", field="grant_id")
    starts_at = command.starts_at or envelope.occurred_at
    if command.ends_at is not None and command.ends_at <= starts_at:
        raise Rejected(
            "grant.ends-before-it-starts", "A grant must end after it starts.", field="ends_at"
        )
    return [
        AccessGranted(
            grant_id=command.grant_id,
            role=command.role,
            department_id=command.department_id,
            customer_id=command.customer_id,
            starts_at=starts_at,
            ends_at=command.ends_at,
        )
    ]


def _grant(known: Enrolled, grant_id: GrantId) -> Grant:
    if grant_id not in known.grants:
        raise Rejected("grant.unknown", "There is no such grant.", field="grant_id")
    return known.grants[grant_id]


def _delegated(command: Delegate, known: Enrolled, envelope: Envelope) -> Event:
    if known.member_id is None:
        raise Rejected("delegation.not-a-persons", "Only a person lets others act for them.")
    if command.delegation_id in known.delegations:
        raise Rejected(
            "delegation.exists",
            "There is a delegation with this id already.",
            field="delegation_id",
        )
    if command.to_id == known.member_id:
        raise Rejected(
            "delegation.to-oneself", "Nobody needs leave to act for themselves.", field="to_id"
        )
    if command.to_id in {envelope.actor.member_id, envelope.on_behalf_of}:
        raise Rejected(
            "delegation.own", "Somebody else must let you act for a colleague.", field="to_id"
        )
    starts_at = command.starts_at or envelope.occurred_at
    if command.ends_at <= starts_at:
        raise Rejected(
            "delegation.ends-before-it-starts",
            "A delegation must end after it starts.",
            field="ends_at",
        )
    if command.ends_at - starts_at > LONGEST_DELEGATION:
        raise Rejected(
            "delegation.too-long",
            f"A delegation lasts at most {LONGEST_DELEGATION.days} days.",
            field="ends_at",
        )
    return AccessDelegated(
        delegation_id=command.delegation_id,
        to_id=command.to_id,
        starts_at=starts_at,
        ends_at=command.ends_at,
    )


def evolve(principal: Principal, fact: Fact[Event]) -> Principal:
    """Fold one fact into the state."""
    match fact.event:
        case PersonEnrolled(member_id=member_id):
            return Enrolled(member_id)
        case ServiceEnrolled():
            return Enrolled(None)
    known = principal if isinstance(principal, Enrolled) else Enrolled(None)
    match fact.event:
        case AccessGranted(grant_id=grant_id) as granted:
            grant = Grant(
                role=granted.role,
                department_id=granted.department_id,
                customer_id=granted.customer_id,
                starts_at=granted.starts_at,
                ends_at=granted.ends_at,
                reviewed_at=fact.occurred_at,
            )
            return _with_grants(known, {**known.grants, grant_id: grant})
        case AccessRevoked(grant_id=grant_id):
            kept = {id_: each for id_, each in known.grants.items() if id_ != grant_id}
            return _with_grants(known, kept)
        case AccessReviewed(grant_id=grant_id):
            if grant_id not in known.grants:
                return known
            grant = replace(known.grants[grant_id], reviewed_at=fact.occurred_at)
            return _with_grants(known, {**known.grants, grant_id: grant})
        case AccessDelegated(delegation_id=delegation_id) as given:
            delegation = Delegation(given.to_id, given.starts_at, given.ends_at)
            return _with_delegations(known, {**known.delegations, delegation_id: delegation})
        case DelegationEnded(delegation_id=ended):
            others = {id_: each for id_, each in known.delegations.items() if id_ != ended}
            return _with_delegations(known, others)
        case PrincipalSuspended():
            return replace(known, suspended=True)
        case PrincipalRestored():
            return replace(known, suspended=False)
        case _:
            assert_never(fact.event)


def _with_grants(known: Enrolled, grants: Mapping[GrantId, Grant]) -> Enrolled:
    return replace(known, grants=MappingProxyType(dict(grants)))


def _with_delegations(known: Enrolled, delegations: Mapping[DelegationId, Delegation]) -> Enrolled:
    return replace(known, delegations=MappingProxyType(dict(delegations)))


def active(principal: Principal) -> bool:
    """Tell whether the account may be used."""
    return isinstance(principal, Enrolled) and not principal.suspended


PRINCIPAL: Decider[Command, Principal, Event] = Decider(
    kind="principal",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
