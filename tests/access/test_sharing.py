"""Sharing between departments: objected to, settled by somebody else, and what holds meanwhile."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, BO, LI_NA, MONDAY, SALES, SERVICE, sample_id, spec

from domain.access.sharing import (
    SHARING,
    SHARING_ID,
    AgreeOnSharing,
    Dataset,
    Objection,
    ObjectionWithdrawn,
    ObjectToSharing,
    SharingAgreed,
    SharingObjected,
    Term,
    Terms,
    WithdrawObjection,
)
from domain.ids import SharingId
from domain.kernel import Actor, Channel, Envelope, Fact, Reference, references
from domain.teams.department import department_id

FINANCE = department_id("finance")
MARKETING = department_id("marketing")

WHAT = {"department_id": SALES, "dataset": Dataset.CUSTOMERS}
WHY = "Marketing wrote to customers in the middle of a deal."

OBJECT = ObjectToSharing(id=SHARING_ID, from_ids=(MARKETING,), **WHAT)
OBJECTED = SharingObjected(from_ids=(MARKETING,), **WHAT)
AGREE = AgreeOnSharing(id=SHARING_ID, withheld_from=(MARKETING,), **WHAT)
AGREED = SharingAgreed(withheld_from=(MARKETING,), **WHAT)
SHARED_AGAIN = SharingAgreed(withheld_from=(), **WHAT)
WITHDRAW = WithdrawObjection(id=SHARING_ID, **WHAT)
WITHDRAWN = ObjectionWithdrawn(**WHAT)

PROGRAM = Actor.service(sample_id(0x64))
TIMER = Actor.system("timer")


def terms(*history):
    return spec(SHARING).given(*history).state


def withheld(*history):
    return terms(*history).of(SALES, Dataset.CUSTOMERS).withheld_from


def in_order(*departments):
    return tuple(sorted(departments))


# --- Objecting --------------------------------------------------------------------------------


def test_a_department_objects_to_sharing():
    raised = Term(objection=Objection((MARKETING,), frozenset({Actor.member(ANA)})))
    spec(SHARING).when(OBJECT, reason=WHY).then(OBJECTED).then_state(
        Terms({SALES: {Dataset.CUSTOMERS: raised}})
    )
    assert Reference("department_id", "department", must_be_active=True) in references(
        ObjectToSharing
    )


@pytest.mark.parametrize("command", [OBJECT, AGREE, WITHDRAW])
def test_the_company_has_its_terms_once(command):
    other = replace(command, id=SharingId(sample_id(1)))
    asked = spec(SHARING).given(OBJECTED).when(other, by=BO, reason=WHY)
    asked.then_rejected("sharing.not-the-companys", field="id")


@pytest.mark.parametrize(
    "other",
    [
        {"department_id": SERVICE, "dataset": Dataset.CUSTOMERS},
        {"department_id": SALES, "dataset": Dataset.REQUESTS},
    ],
)
def test_each_department_and_dataset_has_terms_of_its_own(other):
    told = spec(SHARING).given(OBJECTED)
    for command in (AGREE, WITHDRAW):
        asked = told.when(replace(command, **other), by=BO, reason=WHY)
        asked.then_rejected("sharing.not-objected")
    told.when(replace(OBJECT, **other), reason=WHY).then(replace(OBJECTED, **other))
    both = (OBJECTED, AGREED, replace(OBJECTED, **other), replace(AGREED, **other))
    assert withheld(*both) == {MARKETING}
    assert withheld(*both, replace(OBJECTED, **other), replace(SHARED_AGAIN, **other)) == {
        MARKETING
    }


@pytest.mark.parametrize(
    ("from_ids", "code"),
    [
        ((), "sharing.with-nobody"),
        ((SALES,), "sharing.with-itself"),
        ((MARKETING, SALES), "sharing.with-itself"),
    ],
)
def test_an_objection_is_about_other_departments(from_ids, code):
    asked = spec(SHARING).when(replace(OBJECT, from_ids=from_ids), reason=WHY)
    asked.then_rejected(code, field="from_ids")


@pytest.mark.parametrize("reason", [None, ""])
def test_an_objection_says_why(reason):
    asked = spec(SHARING).when(OBJECT, reason=reason)
    asked.then_rejected("sharing.reason-missing", field="reason")


def test_one_objection_at_a_time():
    spec(SHARING).given(OBJECTED).when(OBJECT, reason=WHY).then_rejected("sharing.objected")
    for settled in (AGREED, WITHDRAWN):
        spec(SHARING).given(OBJECTED, settled).when(OBJECT, reason=WHY).then(OBJECTED)


# --- Settling ---------------------------------------------------------------------------------


def test_somebody_else_settles_an_objection():
    told = spec(SHARING).given(OBJECTED)
    told.when(AGREE, by=BO, reason="For this quarter").then(AGREED)
    # As the two of them see fit: more, others, or nobody at all.
    for others in (in_order(MARKETING, FINANCE), (FINANCE,), ()):
        asked = told.when(replace(AGREE, withheld_from=others), by=BO, reason="Agreed")
        asked.then(replace(AGREED, withheld_from=others))
    told.when(AGREE, by=TIMER, reason="Nobody answered in time").then(AGREED)


@pytest.mark.parametrize(
    ("who", "for_whom"),
    [
        (ANA, None),
        (ANA, BO),  # as a colleague who lets her act for him
        (BO, ANA),  # through a colleague who acts for her
        (PROGRAM, ANA),
        (TIMER, ANA),
    ],
)
def test_nobody_settles_their_own_objection_in_any_guise(who, for_whom):
    told = spec(SHARING).given(OBJECTED)
    told.when(AGREE, by=who, on_behalf_of=for_whom, reason=WHY).then_rejected("sharing.own")


def objected(**who):
    around = Envelope(occurred_at=MONDAY, channel=Channel.API, reason=WHY, **who)
    fact = Fact(stream_id=SHARING_ID, version=1, event=OBJECTED, envelope=around)
    return replace(spec(SHARING), facts=(fact,))


def test_both_who_acted_and_whom_they_acted_for_raised_an_objection():
    told = objected(actor=Actor.member(LI_NA), on_behalf_of=ANA)
    for who in (LI_NA, ANA):
        told.when(AGREE, by=who, reason=WHY).then_rejected("sharing.own")
    told.when(AGREE, by=BO, reason=WHY).then(AGREED)


def test_a_program_does_not_settle_its_own_objection():
    told = objected(actor=PROGRAM)
    told.when(AGREE, by=PROGRAM, reason=WHY).then_rejected("sharing.own")
    told.when(AGREE, by=Actor.service(sample_id(1)), reason=WHY).then(AGREED)
    # Concord itself is no side.
    objected(actor=TIMER).when(AGREE, by=TIMER, reason=WHY).then(AGREED)


def test_an_agreement_says_why_and_withholds_from_others_only():
    told = spec(SHARING).given(OBJECTED)
    told.when(AGREE, by=BO).then_rejected("sharing.reason-missing", field="reason")
    own = replace(AGREE, withheld_from=(SALES,))
    told.when(own, by=BO, reason=WHY).then_rejected("sharing.with-itself", field="withheld_from")


@pytest.mark.parametrize("command", [AGREE, WITHDRAW])
def test_there_is_nothing_to_settle_without_an_objection(command):
    for history in ([], [OBJECTED, AGREED], [OBJECTED, WITHDRAWN]):
        asked = spec(SHARING).given(*history).when(command, by=BO, reason=WHY)
        asked.then_rejected("sharing.not-objected")


def test_an_objection_is_withdrawn():
    spec(SHARING).given(OBJECTED).when(WITHDRAW).then(WITHDRAWN).then_state(
        Terms({SALES: {Dataset.CUSTOMERS: Term()}})
    )


# --- The terms in force -----------------------------------------------------------------------


def test_the_terms_are_those_last_agreed_on():
    assert withheld() == withheld(OBJECTED) == withheld(OBJECTED, WITHDRAWN) == set()
    agreed = (OBJECTED, AGREED)
    assert withheld(*agreed) == {MARKETING}
    # A new objection changes nothing until it is settled, or ever where it is withdrawn.
    again = (*agreed, replace(OBJECTED, from_ids=(FINANCE,)))
    assert withheld(*again) == withheld(*again, WITHDRAWN) == {MARKETING}
    assert withheld(*again, replace(AGREED, withheld_from=(FINANCE,))) == {FINANCE}
    assert withheld(*again, SHARED_AGAIN) == set()


def test_all_that_is_withheld_from_a_department_is_seen_at_once():
    said = [
        SharingAgreed(department_id=whose, dataset=what, withheld_from=others)
        for whose, what, others in (
            (SALES, Dataset.CUSTOMERS, (MARKETING, FINANCE)),
            (SERVICE, Dataset.CUSTOMERS, (MARKETING,)),
            (SERVICE, Dataset.REQUESTS, (FINANCE,)),
        )
    ]
    now = terms(*said, OBJECTED, replace(OBJECTED, department_id=FINANCE))
    assert now.withheld_from(MARKETING) == {
        Dataset.CUSTOMERS: {SALES, SERVICE},
        Dataset.REQUESTS: set(),
    }
    assert now.withheld_from(FINANCE) == {
        Dataset.CUSTOMERS: {SALES},
        Dataset.REQUESTS: {SERVICE},
    }
    nothing = dict.fromkeys(Dataset, frozenset())
    assert now.withheld_from(SALES) == Terms().withheld_from(MARKETING) == nothing


def test_it_counts_while_something_is_withheld_or_contested():
    assert not spec(SHARING).active
    assert spec(SHARING).given(OBJECTED).active
    assert spec(SHARING).given(OBJECTED, AGREED).active
    assert not spec(SHARING).given(OBJECTED, SHARED_AGAIN).active
    assert not spec(SHARING).given(OBJECTED, WITHDRAWN).active


OTHERS = st.lists(st.sampled_from([SERVICE, FINANCE, MARKETING]), min_size=1).map(tuple)


@given(contested=OTHERS, agreed=OTHERS)
def test_departments_are_named_once_and_in_order(contested, agreed):
    told = spec(SHARING).when(replace(OBJECT, from_ids=contested), reason=WHY)
    (raised,) = told.events
    (theirs,) = told.state.by_department.values()
    assert raised.from_ids == in_order(*set(contested))
    assert raised.from_ids == theirs[Dataset.CUSTOMERS].objection.from_ids
    asked = replace(AGREE, withheld_from=agreed)
    settled = spec(SHARING).given(raised).when(asked, by=BO, reason=WHY)
    assert settled.events == [replace(AGREED, withheld_from=in_order(*set(agreed)))]
    assert settled.state.of(SALES, Dataset.CUSTOMERS) == Term(frozenset(agreed))
