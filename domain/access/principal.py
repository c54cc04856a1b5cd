"""A principal: a person or a service account, and the access granted to it: where, and how long.

A grant gives a role in the whole company, in one department, or for one customer (whose team it
then belongs to), from a day on, and until another if it is to end by itself. What a role may do
and see stands in ``domain/access/roles.py``, or was defined by the company (``role.py``).

A person who is away may let a colleague act for them: a delegation, until a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, assert_never
from uuid import UUID

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
from domain.kernel import Actor, ActorKind, MustBeActive, command, event

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
