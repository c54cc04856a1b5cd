"""The policy: every role, every resource and action, in every place, against a table by hand."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, MONDAY, SALES, SERVICE, WEDNESDAY, YUNHE, sample_id

from domain.access.conditions import EVERYTHING, NOTHING, Condition, Without, only, without
from domain.access.policy import Standpoint, decide
from domain.access.principal import Enrolled, Grant
from domain.access.roles import ROLES, Action, Resource
from domain.confidential import FieldClass
from domain.ids import GrantId
from tests.access.table import CELLS, LETTERS, SHOWN

HERS = {
    "customer_id": str(HARBOUR),
    "owner_id": str(ANA),
    "holder_id": str(ANA),
    "department_id": str(SALES),
    "kept_from_id": None,
    "first_calibrator_id": None,
    "second_calibrator_id": None,
    "judge_id": None,
}
"""What is Ana's own, in Sales, about Harbour Foods."""
COLLEAGUES = HERS | {"owner_id": str(BO), "holder_id": str(BO)}
ELSEWHERE = {
    "customer_id": str(YUNHE),
    "owner_id": str(sample_id(0xEE)),
    "holder_id": str(sample_id(0xEE)),
    "department_id": str(SERVICE),
    "kept_from_id": str(BO),
    "first_calibrator_id": None,
    "second_calibrator_id": str(BO),
    "judge_id": str(ANA),
}
THEIRS_ELSEWHERE = ELSEWHERE | {"owner_id": str(BO)}
"""What another department holds of a customer whom a colleague in Sales owns."""
KEPT = COLLEAGUES | {"kept_from_id": str(ANA)}
"""What a colleague in Sales has in hand that Ana is not to know of (yet)."""
ASKED = {
    "to calibrate first": ELSEWHERE | {"first_calibrator_id": str(ANA)},
    "to calibrate second": ELSEWHERE | {"second_calibrator_id": str(ANA)},
    "to judge": ELSEWHERE | {"kept_from_id": None},
}
"""What she is asked for, elsewhere; of a draft that is still kept from whom it is about, the judge
sees nothing."""
ROWS = {
    **ASKED,
    "hers": HERS,
    "a colleague's": COLLEAGUES,
    "a colleague's, kept from her": KEPT,
    "elsewhere": ELSEWHERE,
    "a colleague's customer's, elsewhere": THEIRS_ELSEWHERE,
}
PLACES = {
    "company": {},
    "department": {"department_id": SALES},
    "customer": {"customer_id": HARBOUR},
    "no grant": None,
    "over": {"ends_at": MONDAY},
    "to come": {"starts_at": WEDNESDAY},
}
COVERS = {
    "company": {*ROWS},
    "department": {"hers", "a colleague's", "a colleague's, kept from her"},
    # Bo's rows are about Harbour Foods, too
    "customer": {"hers", "a colleague's", "a colleague's, kept from her"},
}
BY_OWNER = {
    Resource.CUSTOMER,
    Resource.OWNERSHIP,
    Resource.INTERACTION,
    Resource.OPPORTUNITY,
    Resource.ORDER,
}
"""What belongs to the department of the customer's owner, and to no other."""


def standpoint(role, place, member=ANA):
    grants = {}
    if place is not None:
        told = {"department_id": None, "customer_id": None, "starts_at": MONDAY, "ends_at": None}
        grants[GrantId(sample_id(1))] = Grant(role=role, **told | place)
    enrolled = Enrolled(member, grants=grants)
    return Standpoint(enrolled, MONDAY, {SALES: frozenset({ANA, BO})})


def test_the_table_has_every_role_and_every_resource():
    assert {role for role, _ in CELLS} == set(ROLES) == set(SHOWN)
    assert len(CELLS) == len(ROLES) * len(Resource)


def expected(role, resource, action, place, name):
    """The cell of the table, applied to one row."""
    cell, letter = CELLS[role, resource], LETTERS[action]
    granted = place in COVERS
    if resource in {Resource.REVIEW, Resource.FEEDBACK} and name == "a colleague's, kept from her":
        return False
    if letter in "rcs" and letter.upper() in cell:
        return granted
    if {"r": "i", "w": "I"}.get(letter, "?") in cell and name == "hers":
        return granted
    if letter in "rs" and "a" in cell and name in ASKED:
        return granted
    inside = granted and name in COVERS[place]
    if place == "department" and name == "a colleague's customer's, elsewhere":
        inside = resource in BY_OWNER or (resource is Resource.REQUEST and action is Action.READ)
    if letter == "w" and "W" in cell:
        return inside and name == "hers"
    return inside and letter in cell


@pytest.mark.parametrize("place", PLACES)
def test_the_matrix(place):
    for (role, resource), action, (name, row) in product(CELLS, Action, ROWS.items()):
        verdict = decide(standpoint(role, PLACES[place]), action, resource)
        allowed = verdict.allowing(row) is not None
        wanted = expected(role, resource, action, place, name)
        assert allowed == wanted, (role, resource, action, place, name)
        assert verdict.condition.holds(row) == allowed
        shown = {kind for kind in FieldClass if verdict.showing(kind).holds(row)}
        reads_own_words = (resource, action, name) == (Resource.FEEDBACK, Action.READ, "hers")
        own = {FieldClass.REVIEW} if reads_own_words else set()
        assert shown == (SHOWN[role] | own if allowed else set())


def test_what_is_shown_is_what_the_grant_for_this_row_shows():
    """Contacts of one's own team's customer, not of all whom one may read about."""
    company = standpoint("marketing", {}).principal.grants
    team = standpoint("sales", {"customer_id": HARBOUR}).principal.grants
    both = {GrantId(sample_id(1 + number)): each for number, grants in enumerate((company, team))
            for each in grants.values()}  # fmt: skip
    verdict = decide(Standpoint(Enrolled(ANA, grants=both), MONDAY), Action.READ, Resource.CUSTOMER)
    assert verdict.condition.always
    assert verdict.showing(FieldClass.CONTACT).holds(HERS)
    assert not verdict.showing(FieldClass.CONTACT).holds(ELSEWHERE)


@pytest.mark.parametrize("role", ["hr", "team-lead", "auditor"])
def test_what_is_kept_from_somebody_is_not_shown_to_them_through_a_colleague(role):
    """Neither with the grants of a colleague who is away, nor to a program, which is nobody."""
    hers = standpoint(role, {}, member=BO)
    program = standpoint(role, {}, member=None)
    assert decide(hers, Action.READ, Resource.REVIEW).allowing(KEPT)
    assert decide(replace(hers, acting=ANA), Action.READ, Resource.REVIEW).allowing(KEPT) is None
    assert decide(program, Action.READ, Resource.REVIEW).condition.always


def test_a_suspended_account_may_nothing():
    enrolled = Enrolled(ANA, suspended=True, grants=standpoint("auditor", {}).principal.grants)
    for resource, action in product(Resource, Action):
        assert decide(Standpoint(enrolled, MONDAY), action, resource).condition.never


def test_nobody_has_nothing_of_their_own():
    verdict = decide(standpoint("sales", {}, member=None), Action.CHANGE, Resource.CUSTOMER)
    assert verdict.allowing({**HERS, "holder_id": None}) is None


def test_a_customer_whom_nobody_owns_is_every_departments():
    free = HERS | {"owner_id": None, "holder_id": None}
    in_sales = standpoint("sales", {"department_id": SALES})
    assert decide(in_sales, Action.READ, Resource.CUSTOMER).allowing(free)
    assert not decide(in_sales, Action.CHANGE, Resource.CUSTOMER).allowing(free)


def test_what_is_not_known_of_a_row_lets_nobody_in():
    in_sales = standpoint("sales", {"department_id": SALES})
    assert decide(in_sales, Action.READ, Resource.CUSTOMER).allowing({"customer_id": "x"}) is None


def test_the_reason_is_the_grant_and_the_line_of_the_role():
    rule = decide(standpoint("sales", {}), Action.CHANGE, Resource.CUSTOMER).allowing(HERS)
    assert rule is not None
    assert (rule.grant.role, rule.permission.reach) == ("sales", "own")


# --- Conditions -------------------------------------------------------------------------------

FIELDS = ("a", "b", "c")
VALUES = ("1", "2", None)
some_values = st.frozensets(st.sampled_from(VALUES))
alternatives = st.dictionaries(
    st.sampled_from(FIELDS), some_values | some_values.map(Without), max_size=3
)
conditions = st.lists(alternatives, max_size=3).map(lambda each: Condition(tuple(each)))
ALL_ROWS = [dict(zip(FIELDS, values, strict=True)) for values in product(VALUES, repeat=3)]


@given(conditions, conditions)
def test_and_or_are_those_of_sets(one, other):
    for row in ALL_ROWS:
        assert (one & other).holds(row) == (one.holds(row) and other.holds(row))
        assert (one | other).holds(row) == (one.holds(row) or other.holds(row))


@given(conditions)
def test_never_and_always_say_what_is_so(condition):
    covered = [condition.holds(row) for row in ALL_ROWS]
    if condition.always:
        assert all(covered)
    if any(covered):
        assert not condition.never  # a row may have values that nobody named here
    if condition.never:
        assert not any(covered)


def test_everything_and_nothing():
    assert EVERYTHING.always
    assert NOTHING.never
    assert (EVERYTHING & only("a", "1")).holds({"a": "1"})
    assert not (EVERYTHING & without("a", "1")).holds({"a": "1"})
    assert without("a", "1").holds({"a": None})
    assert not without("a", "1").holds({})
    assert (only("a", "1") & without("a", "1")).never
