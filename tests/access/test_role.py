"""Roles of the company's own: defined out of what there is, changed, withdrawn, defined again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, MONDAY, spec

from domain.access.policy import Standpoint, decide
from domain.access.principal import Enrolled, Grant
from domain.access.role import (
    ROLE,
    Allowed,
    ChangeRole,
    DefineRole,
    RoleChanged,
    RoleDefined,
    RoleWithdrawn,
    WithdrawRole,
    lines,
    role_id,
)
from domain.access.roles import ROLES, Action, Permission, Reach, Resource, Role
from domain.confidential import FieldClass
from domain.ids import GrantId
from domain.kernel import Actor

NAME = "night-shift"
ID = role_id(NAME)

READ_REQUESTS = Allowed(Resource.REQUEST, Action.READ)
CHANGE_REQUESTS = Allowed(Resource.REQUEST, Action.CHANGE)
LOG_CALLS = Allowed(Resource.INTERACTION, Action.CREATE, Reach.OWN)
IN_ORDER = (LOG_CALLS, CHANGE_REQUESTS, READ_REQUESTS)

DEFINE = DefineRole(id=ID, name=NAME, permissions=IN_ORDER, shows=(FieldClass.CONTACT,))
DEFINED = RoleDefined(name=NAME, permissions=IN_ORDER, shows=(FieldClass.CONTACT,))
CHANGE = ChangeRole(id=ID, permissions=(READ_REQUESTS,), shows=())
CHANGED = RoleChanged(permissions=(READ_REQUESTS,), shows=())
WITHDRAW = WithdrawRole(id=ID)
WITHDRAWN = RoleWithdrawn()


def test_a_role_is_defined():
    spec(ROLE).when(DEFINE).then(DEFINED)
    assert spec(ROLE).given(DEFINED).active
    assert not spec(ROLE).active
    spec(ROLE).given(DEFINED).when(DEFINE).then_rejected("role.exists", field="name")


def test_what_it_may_do_and_shows_is_kept_once_and_in_order():
    jumbled = replace(
        DEFINE,
        permissions=(READ_REQUESTS, LOG_CALLS, CHANGE_REQUESTS, READ_REQUESTS),
        shows=(FieldClass.NOTES, FieldClass.CONTACT, FieldClass.NOTES),
    )
    told = spec(ROLE).when(jumbled)
    told.then(replace(DEFINED, shows=(FieldClass.CONTACT, FieldClass.NOTES)))


@pytest.mark.parametrize("name", ["a", "2nd-line", "night-shift-2", "a" * 60])
def test_a_name_is_small_letters_digits_and_single_hyphens(name):
    named = replace(DEFINE, id=role_id(name), name=name)
    spec(ROLE).when(named).then(replace(DEFINED, name=name))


@pytest.mark.parametrize(
    "name", ["", "Night", "-night", "night-", "a--b", "a b", "a_b", "夜班", "night\n", "a" * 61]
)
def test_no_other_name_is_taken(name):
    named = replace(DEFINE, id=role_id(name), name=name)
    spec(ROLE).when(named).then_rejected("role.name", field="name")


@pytest.mark.parametrize("name", ROLES)
def test_a_built_in_role_is_not_defined_anew(name):
    named = replace(DEFINE, id=role_id(name), name=name)
    spec(ROLE).when(named).then_rejected("role.built-in", field="name")


def test_a_roles_id_is_its_names():
    other = replace(DEFINE, id=role_id("day-shift"))
    spec(ROLE).when(other).then_rejected("role.not-the-names", field="id")


@pytest.mark.parametrize("command", [DEFINE, CHANGE])
@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        ((), "role.empty"),
        # No built-in role settles customers …
        ((Allowed(Resource.CUSTOMER, Action.SETTLE),), "role.no-such-permission"),
        # … or reads them beyond the place it was granted for.
        (
            (READ_REQUESTS, Allowed(Resource.CUSTOMER, Action.READ, Reach.COMPANY)),
            "role.no-such-permission",
        ),
    ],
)
@pytest.mark.parametrize("who", [ANA, Actor.system("cli")])
def test_a_role_permits_something_that_there_is(command, permissions, code, who):
    told = spec(ROLE).given(*([DEFINED] if command is CHANGE else []))
    asked = told.when(replace(command, permissions=permissions), by=who)
    asked.then_rejected(code, field="permissions")


@pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))
def test_whatever_a_built_in_role_may_another_role_may_too_and_less_far(role):
    asked = replace(DEFINE, permissions=lines(role))
    spec(ROLE).when(asked).then(replace(DEFINED, permissions=lines(role)))
    own = tuple(sorted({replace(line, reach=Reach.OWN) for line in lines(role)}))
    asked = replace(DEFINE, permissions=own)
    spec(ROLE).when(asked).then(replace(DEFINED, permissions=own))


def test_a_role_is_changed():
    told = spec(ROLE).given(DEFINED)
    told.when(CHANGE).then(CHANGED)
    assert told.given(CHANGED).state.role() == Role(
        NAME, (Permission(Resource.REQUEST, frozenset({Action.READ})),)
    )
    told.when(replace(CHANGE, permissions=IN_ORDER, shows=())).then(
        replace(CHANGED, permissions=IN_ORDER)
    )
    told.when(replace(CHANGE, shows=(FieldClass.CONTACT,))).then(
        replace(CHANGED, shows=(FieldClass.CONTACT,))
    )


def test_nothing_follows_where_a_role_is_so_already():
    same = ChangeRole(id=ID, permissions=IN_ORDER[::-1] * 2, shows=(FieldClass.CONTACT,) * 2)
    spec(ROLE).given(DEFINED).when(same).then_nothing()


def test_a_withdrawn_role_is_granted_no_more_until_it_is_defined_again():
    spec(ROLE).given(DEFINED).when(WITHDRAW).then(WITHDRAWN)
    gone = spec(ROLE).given(DEFINED, WITHDRAWN)
    assert not gone.active
    gone.when(DEFINE).then(DEFINED)
    assert gone.given(DEFINED).active


@pytest.mark.parametrize("command", [CHANGE, WITHDRAW])
def test_only_a_role_there_is_is_changed_or_withdrawn(command):
    spec(ROLE).when(command).then_rejected("role.unknown")
    spec(ROLE).given(DEFINED, WITHDRAWN).when(command).then_rejected("role.withdrawn")


# --- For the policy ---------------------------------------------------------------------------


def test_the_policy_reads_it_as_a_role():
    assert spec(ROLE).given(DEFINED).state.role() == Role(
        NAME,
        (
            Permission(Resource.INTERACTION, frozenset({Action.CREATE}), Reach.OWN),
            Permission(Resource.REQUEST, frozenset({Action.READ, Action.CHANGE})),
        ),
        frozenset({FieldClass.CONTACT}),
    )


POSSIBLE = sorted({line for role in ROLES.values() for line in lines(role)})


@given(
    permissions=st.lists(st.sampled_from(POSSIBLE), min_size=1).map(tuple),
    shows=st.lists(st.sampled_from(FieldClass)).map(tuple),
)
def test_a_role_permits_and_shows_what_was_said_and_nothing_else(permissions, shows):
    asked = replace(DEFINE, permissions=permissions, shows=shows)
    role = spec(ROLE).when(asked).state.role()
    assert set(lines(role)) == set(permissions)
    assert role.shows == set(shows)
    grant = Grant(NAME, department_id=None, customer_id=None, starts_at=MONDAY, ends_at=None)
    held = Enrolled(ANA, grants={GrantId(ID): grant})
    standpoint = Standpoint(held, MONDAY, roles={NAME: role})
    for resource in Resource:
        for action in Action:
            allowed = {(line.resource, line.action) for line in permissions}
            rules = decide(standpoint, action, resource).rules
            assert bool(rules) == ((resource, action) in allowed)
