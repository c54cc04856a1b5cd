"""What is decided about a principal and its access, and what it is after each fact."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from domain.access.principal import (
    LONGEST_DELEGATION,
    Absent,
    AccessDelegated,
    AccessGranted,
    AccessReviewed,
    AccessRevoked,
    Command,
    Delegate,
    Delegation,
    DelegationEnded,
    EndDelegation,
    Enrolled,
    EnrolPerson,
    EnrolService,
    Event,
    Grant,
    GrantAccess,
    PersonEnrolled,
    Principal,
    PrincipalRestored,
    PrincipalSuspended,
    RestorePrincipal,
    ReviewAccess,
    RevokeAccess,
    ServiceEnrolled,
    SuspendPrincipal,
    principal_id,
    principal_of,
)
from domain.access.role import role_id
from domain.access.roles import ROLES
from domain.ids import DelegationId, GrantId, PrincipalId
from domain.kernel import Decider, Envelope, Fact, Rejected


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
