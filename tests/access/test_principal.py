"""Principals: who is given access, where and how long; and never by themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from spec import (
    ANA,
    BO,
    HARBOUR,
    LI_NA,
    MONDAY,
    SALES,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    sample_id,
    spec,
)

from domain.access.principal import (
    LONGEST_DELEGATION,
    REVIEW_EVERY,
    AccessDelegated,
    AccessGranted,
    AccessReviewed,
    AccessRevoked,
    Delegate,
    DelegationEnded,
    EndDelegation,
    EnrolPerson,
    EnrolService,
    Grant,
    GrantAccess,
    PersonEnrolled,
    PrincipalRestored,
    PrincipalSuspended,
    RestorePrincipal,
    ReviewAccess,
    RevokeAccess,
    ServiceEnrolled,
    SuspendPrincipal,
    principal_id,
    principal_of,
    service_principal_id,
)
from domain.access.principal_rules import PRINCIPAL
from domain.access.role import role_id
from domain.ids import DelegationId, GrantId, KeyId
from domain.kernel import Actor, Reference, references

ID = principal_id(ANA)
GRANT = GrantId(sample_id(0x61))
OTHER = GrantId(sample_id(0x62))

ENROLLED = PersonEnrolled(member_id=ANA)
GRANTED = AccessGranted(
    grant_id=GRANT,
    role="sales",
    department_id=SALES,
    customer_id=None,
    starts_at=MONDAY,
    ends_at=WEDNESDAY,
)
GRANT_SALES = GrantAccess(
    id=ID,
    grant_id=GRANT,
    role="sales",
    department_id=SALES,
    starts_at=MONDAY,
    ends_at=WEDNESDAY,
)
REVOKED = AccessRevoked(grant_id=GRANT, role="sales")
REVIEWED = AccessReviewed(grant_id=GRANT, role="sales")

DELEGATION = DelegationId(sample_id(0x63))
DELEGATED = AccessDelegated(
    delegation_id=DELEGATION, to_id=LI_NA, starts_at=TUESDAY, ends_at=THURSDAY
)
LET_LI_NA = Delegate(
    id=ID, delegation_id=DELEGATION, to_id=LI_NA, starts_at=TUESDAY, ends_at=THURSDAY
)
END = EndDelegation(id=ID, delegation_id=DELEGATION)
ENDED = DelegationEnded(delegation_id=DELEGATION, to_id=LI_NA)

NIGHTLY = KeyId(sample_id(0x64))
"""A program's key."""
PROGRAM = Actor.service(NIGHTLY)


def granted(*history, at):
    return [grant.role for grant in spec(PRINCIPAL).given(*history).state.granted(at)]


def due(*history):
    return spec(PRINCIPAL).given(*history).state.grants[GRANT].review_due_at


def lets(*history, who=LI_NA, at=WEDNESDAY):
    return spec(PRINCIPAL).given(*history).state.lets(who, at)


def test_a_member_is_enrolled_once_under_one_id():
    enrol = EnrolPerson(id=ID, member_id=ANA)
    spec(PRINCIPAL).when(enrol, by=BO).then(ENROLLED)
    spec(PRINCIPAL).given(ENROLLED).when(enrol, by=BO).then_rejected("principal.enrolled")
    other = EnrolPerson(id=principal_id(BO), member_id=ANA)
    spec(PRINCIPAL).when(other, by=BO).then_rejected("principal.not-the-members")
    assert Reference("member_id", "member", must_be_active=True) in references(EnrolPerson)


def test_a_service_account_is_enrolled():
    enrol = EnrolService(id=ID, label="Nightly export")
    spec(PRINCIPAL).when(enrol).then(ServiceEnrolled(label="Nightly export"))
    spec(PRINCIPAL).given(ENROLLED).when(enrol).then_rejected("principal.enrolled")


def test_access_is_granted_where_and_how_long():
    spec(PRINCIPAL).given(ENROLLED).when(GRANT_SALES, by=BO).then(GRANTED)
    for_harbour = GrantAccess(id=ID, grant_id=OTHER, role="service", customer_id=HARBOUR)
    (
        spec(PRINCIPAL)
        .given(ENROLLED, GRANTED)
        .when(for_harbour, by=BO, at=TUESDAY)
        .then(
            AccessGranted(
                grant_id=OTHER,
                role="service",
                department_id=None,
                customer_id=HARBOUR,
                starts_at=TUESDAY,
                ends_at=None,
            )
        )
    )


def test_a_grant_holds_from_its_start_until_its_end():
    # Half open: the instant it ends it is over.
    assert granted(ENROLLED, GRANTED, at=MONDAY) == ["sales"]
    assert granted(ENROLLED, GRANTED, at=TUESDAY) == ["sales"]
    assert granted(ENROLLED, GRANTED, at=WEDNESDAY) == []
    later = replace(GRANTED, starts_at=TUESDAY, ends_at=None)
    assert granted(ENROLLED, later, at=MONDAY) == []
    assert granted(ENROLLED, later, at=THURSDAY) == ["sales"]


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (replace(GRANT_SALES, role="emperor"), "role.unknown", "role"),
        (replace(GRANT_SALES, ends_at=MONDAY), "grant.ends-before-it-starts", "ends_at"),
        (RevokeAccess(id=ID, grant_id=OTHER), "grant.unknown", "grant_id"),
        (ReviewAccess(id=ID, grant_id=OTHER), "grant.unknown", "grant_id"),
    ],
)
def test_what_makes_no_sense_is_refused(command, code, field):
    spec(PRINCIPAL).given(ENROLLED).when(command, by=BO).then_rejected(code, field=field)


def test_a_grant_is_given_once():
    again = spec(PRINCIPAL).given(ENROLLED, GRANTED).when(GRANT_SALES, by=BO)
    again.then_rejected("grant.exists", field="grant_id")


def test_a_grant_is_revoked_or_reviewed():
    known = spec(PRINCIPAL).given(ENROLLED, GRANTED)
    known.when(RevokeAccess(id=ID, grant_id=GRANT), by=BO).then(REVOKED)
    known.when(ReviewAccess(id=ID, grant_id=GRANT), by=BO).then(REVIEWED)
    assert granted(ENROLLED, GRANTED, REVOKED, at=TUESDAY) == []
    besides = replace(GRANTED, grant_id=OTHER, role="finance")
    assert granted(ENROLLED, GRANTED, besides, REVIEWED, at=TUESDAY) == ["sales", "finance"]
    gone = spec(PRINCIPAL).given(ENROLLED, GRANTED, REVOKED)
    again = gone.when(RevokeAccess(id=ID, grant_id=GRANT), by=BO)
    again.then_rejected("grant.unknown", field="grant_id")


def test_a_role_of_the_companys_own_is_granted_by_its_id():
    told = spec(PRINCIPAL).given(ENROLLED)
    own = replace(GRANT_SALES, role="night-shift", role_id=role_id("night-shift"))
    told.when(own, by=BO).then(replace(GRANTED, role="night-shift"))
    # Whether there is such a role, nobody having withdrawn it, is looked up by its id.
    assert Reference("role_id", "role", must_be_active=True) in references(GrantAccess)
    for unnamed in (
        replace(own, role_id=None),
        replace(own, role_id=role_id("day-shift")),
        replace(own, role="sales"),
    ):
        told.when(unnamed, by=BO).then_rejected("role.unknown", field="role")


def test_a_grant_is_due_for_review_half_a_year_after_somebody_decided_on_it():
    assert timedelta(days=180) == REVIEW_EVERY
    on_tuesday = at(TUESDAY, GRANTED)  # from Monday on, by its own word
    assert due(ENROLLED, on_tuesday) == TUESDAY + REVIEW_EVERY
    assert due(ENROLLED, on_tuesday, at(THURSDAY, REVIEWED)) == THURSDAY + REVIEW_EVERY
    of_another = at(THURSDAY, replace(REVIEWED, grant_id=OTHER))
    assert due(ENROLLED, on_tuesday, of_another) == TUESDAY + REVIEW_EVERY
    never = Grant("sales", department_id=None, customer_id=None, starts_at=MONDAY, ends_at=None)
    assert never.review_due_at == MONDAY + REVIEW_EVERY


OWN = pytest.mark.parametrize(
    "command", [GRANT_SALES, ReviewAccess(id=ID, grant_id=GRANT), RestorePrincipal(id=ID)]
)
"""What somebody else must decide."""


@OWN
@pytest.mark.parametrize(
    ("who", "for_whom"),
    [
        (ANA, None),
        (PROGRAM, ANA),  # through a program that acts for her
        (BO, ANA),  # through a colleague whom she lets act for her
        (ANA, BO),  # as a colleague who lets her act for him
    ],
)
def test_nobody_decides_on_their_own_access_in_any_guise(command, who, for_whom):
    own = spec(PRINCIPAL).given(ENROLLED, replace(GRANTED, grant_id=OTHER))
    own.when(command, by=who, on_behalf_of=for_whom).then_rejected("grant.own")


@OWN
def test_a_program_does_not_decide_on_its_own_access(command):
    command = replace(command, id=service_principal_id(NIGHTLY))
    suspended = PrincipalSuspended()
    told = spec(PRINCIPAL).given(ServiceEnrolled(label="Export"), suspended)
    told.when(command, by=PROGRAM).then_rejected("grant.own")
    told.when(command, by=PROGRAM, on_behalf_of=BO).then_rejected("grant.own")
    if not isinstance(command, GrantAccess):
        told = told.given(GRANTED)
    another = told.when(command, by=Actor.service(sample_id(1)))
    assert another.events


def test_who_acts_has_one_principal_and_concord_itself_none():
    assert principal_of(Actor.member(ANA)) == principal_id(ANA)
    assert principal_of(PROGRAM) == service_principal_id(NIGHTLY)
    assert principal_of(Actor.system("cli")) is None
    spec(PRINCIPAL).given(ENROLLED).when(GRANT_SALES, by=Actor.system("cli")).then(GRANTED)


def test_everybody_may_give_their_own_access_up():
    spec(PRINCIPAL).given(ENROLLED, GRANTED).when(RevokeAccess(id=ID, grant_id=GRANT), by=ANA).then(
        REVOKED
    )
    spec(PRINCIPAL).given(ENROLLED).when(SuspendPrincipal(id=ID), by=ANA).then(PrincipalSuspended())


def test_a_suspended_account_has_nothing_until_it_is_restored():
    suspended = (ENROLLED, GRANTED, PrincipalSuspended())
    assert granted(*suspended, at=TUESDAY) == []
    assert granted(*suspended, PrincipalRestored(), at=TUESDAY) == ["sales"]
    assert not PRINCIPAL.active(spec(PRINCIPAL).given(*suspended).state)
    spec(PRINCIPAL).given(*suspended).when(SuspendPrincipal(id=ID), by=BO).then()
    spec(PRINCIPAL).given(*suspended).when(RestorePrincipal(id=ID), by=BO).then(PrincipalRestored())


# --- Delegation -------------------------------------------------------------------------------


def test_a_person_lets_a_colleague_act_for_them():
    told = spec(PRINCIPAL).given(ENROLLED)
    told.when(LET_LI_NA, by=ANA).then(DELEGATED)
    told.when(replace(LET_LI_NA, starts_at=None), by=ANA, at=TUESDAY).then(DELEGATED)
    told.when(LET_LI_NA, by=BO).then(DELEGATED)  # for Ana, who is ill
    assert Reference("to_id", "member", must_be_active=True) in references(Delegate)


def test_a_delegation_holds_from_its_start_until_its_end_and_for_one_colleague():
    told = (ENROLLED, DELEGATED)
    assert [lets(*told, at=day) for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)] == [
        False,
        True,
        True,
        False,
    ]
    assert not lets(*told, who=BO)
    assert not lets(ENROLLED)
    another = replace(DELEGATED, delegation_id=DelegationId(sample_id(2)), to_id=BO)
    assert lets(*told, another)
    assert lets(*told, another, who=BO)


def test_nobody_acts_for_a_suspended_account():
    assert not lets(ENROLLED, DELEGATED, PrincipalSuspended())
    assert lets(ENROLLED, DELEGATED, PrincipalSuspended(), PrincipalRestored())


def test_only_a_persons_access_is_delegated():
    told = spec(PRINCIPAL).given(ServiceEnrolled(label="Export"))
    told.when(LET_LI_NA, by=ANA).then_rejected("delegation.not-a-persons")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"to_id": ANA}, "delegation.to-oneself", "to_id"),
        ({"ends_at": TUESDAY}, "delegation.ends-before-it-starts", "ends_at"),
        (
            {"ends_at": TUESDAY + LONGEST_DELEGATION + timedelta(seconds=1)},
            "delegation.too-long",
            "ends_at",
        ),
    ],
)
def test_a_delegation_that_makes_no_sense_is_refused(changes, code, field):
    asked = replace(LET_LI_NA, **changes)
    spec(PRINCIPAL).given(ENROLLED).when(asked, by=BO).then_rejected(code, field=field)


def test_a_delegation_lasts_at_most_ninety_days():
    assert timedelta(days=90) == LONGEST_DELEGATION
    longest = TUESDAY + LONGEST_DELEGATION
    asked = replace(LET_LI_NA, ends_at=longest)
    spec(PRINCIPAL).given(ENROLLED).when(asked, by=ANA).then(replace(DELEGATED, ends_at=longest))


@pytest.mark.parametrize(
    ("who", "for_whom"), [(LI_NA, None), (LI_NA, ANA), (PROGRAM, LI_NA), (BO, LI_NA)]
)
def test_nobody_lets_themselves_act_for_a_colleague(who, for_whom):
    told = spec(PRINCIPAL).given(ENROLLED)
    asked = told.when(LET_LI_NA, by=who, on_behalf_of=for_whom)
    asked.then_rejected("delegation.own", field="to_id")


@pytest.mark.parametrize("who", [ANA, BO, LI_NA])
def test_anybody_may_end_a_delegation(who):
    other = replace(DELEGATED, delegation_id=DelegationId(sample_id(2)), to_id=BO)
    spec(PRINCIPAL).given(ENROLLED, DELEGATED).when(END, by=who).then(ENDED)
    assert not lets(ENROLLED, DELEGATED, other, ENDED)
    assert lets(ENROLLED, DELEGATED, other, ENDED, who=BO)


def test_a_delegation_is_given_once_and_ended_once():
    told = spec(PRINCIPAL).given(ENROLLED, DELEGATED)
    told.when(LET_LI_NA, by=ANA).then_rejected("delegation.exists", field="delegation_id")
    for unknown in (spec(PRINCIPAL).given(ENROLLED), told.given(ENDED)):
        unknown.when(END, by=ANA).then_rejected("delegation.unknown", field="delegation_id")


@pytest.mark.parametrize(
    "command",
    [
        GRANT_SALES,
        RevokeAccess(id=ID, grant_id=GRANT),
        SuspendPrincipal(id=ID),
        LET_LI_NA,
        END,
    ],
)
def test_who_is_not_enrolled_is_unknown(command):
    spec(PRINCIPAL).when(command, by=BO).then_rejected("principal.unknown")
