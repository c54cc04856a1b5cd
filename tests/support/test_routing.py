"""The routing rules of a department: set as a whole, version by version, and withdrawn."""

import pytest
from spec import ANA, SALES, SERVICE, spec

from domain.support.routing import (
    ROUTING,
    InForce,
    RoutingSet,
    RoutingWithdrawn,
    SetRouting,
    Withdrawn,
    WithdrawRouting,
    cited,
    routing_id,
)
from domain.support.routing_choice import Rule, SkillWanted, Team, To, When

ID = routing_id(SERVICE)
ANA_TAKES_ALL = Rule("Ana", When(), To(member=ANA))
DESK = Rule("Desk", When(), To(queue=SALES))
FIRST = RoutingSet(department_id=SERVICE, number=1, rules=(ANA_TAKES_ALL,))
NONE = RoutingWithdrawn(department_id=SERVICE)


def setting(*rules: Rule) -> SetRouting:
    return SetRouting(id=ID, department_id=SERVICE, rules=rules)


def test_a_department_has_one_set_of_rules():
    assert routing_id(SERVICE) == ID
    assert routing_id(SALES) != ID


def test_rules_are_set_version_by_version():
    (
        spec(ROUTING)
        .given(FIRST)
        .when(setting(ANA_TAKES_ALL, DESK))
        .then(RoutingSet(department_id=SERVICE, number=2, rules=(ANA_TAKES_ALL, DESK)))
        .then_state(InForce(SERVICE, 2, (ANA_TAKES_ALL, DESK)))
    )


def test_the_same_rules_again_are_no_new_version():
    spec(ROUTING).given(FIRST).when(setting(ANA_TAKES_ALL)).then_nothing()


def test_their_order_is_part_of_them():
    two = RoutingSet(department_id=SERVICE, number=1, rules=(ANA_TAKES_ALL, DESK))
    turned = RoutingSet(department_id=SERVICE, number=2, rules=(DESK, ANA_TAKES_ALL))
    spec(ROUTING).given(two).when(setting(DESK, ANA_TAKES_ALL)).then(turned)


def test_what_was_withdrawn_is_set_again_under_the_next_number():
    (
        spec(ROUTING)
        .given(FIRST)
        .when(WithdrawRouting(id=ID))
        .then(NONE)
        .then_state(Withdrawn(SERVICE, 1))
    )
    again = RoutingSet(department_id=SERVICE, number=2, rules=(ANA_TAKES_ALL,))
    spec(ROUTING).given(FIRST, NONE).when(setting(ANA_TAKES_ALL)).then(again)


def test_what_is_not_set_is_not_withdrawn():
    withdraw = WithdrawRouting(id=ID)
    spec(ROUTING).when(withdraw).then_rejected("routing.unknown")
    spec(ROUTING).given(FIRST, NONE).when(withdraw).then_rejected("routing.none-set")


def one(**to: object) -> tuple[Rule, ...]:
    return (Rule("One", When(), To(**to)),)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((), "routing.no-rules"),
        ((DESK, Rule("Desk", When(), To(member=ANA))), "routing.rule-twice"),
        (one(), "routing.one-destination"),
        (one(queue=SALES, member=ANA), "routing.one-destination"),
        (one(queue=SALES, team=Team((SALES,))), "routing.one-destination"),
        (one(team=Team(())), "routing.no-departments"),
        (one(team=Team((SALES,), (SkillWanted("x", 6),))), "routing.not-a-level"),
        (one(team=Team((SALES,), (SkillWanted("x", 0),))), "routing.not-a-level"),
        (one(team=Team((SALES,), at_most=0)), "routing.not-a-load"),
        ((Rule("One", When(least_priority=10), To(member=ANA)),), "routing.not-a-priority"),
        ((Rule("One", When(least_priority=0), To(member=ANA)),), "routing.not-a-priority"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(rules, code):
    spec(ROUTING).given().when(setting(*rules)).then_rejected(code, field="rules")


def test_a_request_names_its_rule_and_which_version_it_was():
    assert cited("Repairs", 3) == "Repairs (version 3)"


def test_only_what_is_in_force_is_active():
    assert spec(ROUTING).given(FIRST).active
    assert not spec(ROUTING).given(FIRST, NONE).active
    assert not spec(ROUTING).given().active
