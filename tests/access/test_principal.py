"""Principals: who is given access, where and how long; and never by themselves."""

from dataclasses import replace

import pytest
from spec import ANA, BO, HARBOUR, MONDAY, SALES, THURSDAY, TUESDAY, WEDNESDAY, sample_id, spec

from domain.access.principal import (
    PRINCIPAL,
    AccessGranted,
    AccessReviewed,
    AccessRevoked,
    EnrolPerson,
    EnrolService,
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
)
from domain.ids import GrantId
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


def granted(*history, at):
    return [grant.role for grant in spec(PRINCIPAL).given(*history).state.granted(at)]


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
    reviewed = AccessReviewed(grant_id=GRANT, role="sales")
    known.when(ReviewAccess(id=ID, grant_id=GRANT), by=BO).then(reviewed)
    assert granted(ENROLLED, GRANTED, REVOKED, at=TUESDAY) == []
    assert granted(ENROLLED, GRANTED, reviewed, at=TUESDAY) == ["sales"]
    gone = spec(PRINCIPAL).given(ENROLLED, GRANTED, REVOKED)
    again = gone.when(RevokeAccess(id=ID, grant_id=GRANT), by=BO)
    again.then_rejected("grant.unknown", field="grant_id")


@pytest.mark.parametrize(
    "command", [GRANT_SALES, ReviewAccess(id=ID, grant_id=GRANT), RestorePrincipal(id=ID)]
)
def test_nobody_decides_on_their_own_access(command):
    own = spec(PRINCIPAL).given(ENROLLED)
    own.when(command, by=ANA).then_rejected("grant.own")
    # Nor through a program that acts for them.
    service = Actor.service(sample_id(1))
    own.when(command, by=service, on_behalf_of=ANA).then_rejected("grant.own")


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


@pytest.mark.parametrize(
    "command", [GRANT_SALES, RevokeAccess(id=ID, grant_id=GRANT), SuspendPrincipal(id=ID)]
)
def test_who_is_not_enrolled_is_unknown(command):
    spec(PRINCIPAL).when(command, by=BO).then_rejected("principal.unknown")
