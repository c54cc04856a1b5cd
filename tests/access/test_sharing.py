"""Sharing between departments: objected to, settled by somebody else, and what holds meanwhile."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, BO, LI_NA, MONDAY, SALES, SERVICE, sample_id, spec

from domain.access.sharing import (
    SHARING,
    AgreeOnSharing,
    Dataset,
    Objected,
    ObjectionWithdrawn,
    ObjectToSharing,
    SharingAgreed,
    SharingObjected,
    Silent,
    WithdrawObjection,
    sharing_id,
)
from domain.kernel import Actor, Channel, Envelope, Fact, Reference, references
from domain.teams.department import department_id

FINANCE = department_id("finance")
MARKETING = department_id("marketing")

ID = sharing_id(SALES, Dataset.CUSTOMERS)
WHAT = {"department_id": SALES, "dataset": Dataset.CUSTOMERS}
WHY = "Marketing wrote to customers in the middle of a deal."

OBJECT = ObjectToSharing(id=ID, from_ids=(MARKETING,), **WHAT)
OBJECTED = SharingObjected(from_ids=(MARKETING,), **WHAT)
AGREE = AgreeOnSharing(id=ID, withheld_from=(MARKETING,))
AGREED = SharingAgreed(withheld_from=(MARKETING,), **WHAT)
SHARED_AGAIN = SharingAgreed(withheld_from=(), **WHAT)
WITHDRAW = WithdrawObjection(id=ID)
WITHDRAWN = ObjectionWithdrawn(**WHAT)

PROGRAM = Actor.service(sample_id(0x64))
TIMER = Actor.system("timer")


def withheld(*history):
    return spec(SHARING).given(*history).state.withheld_from


def in_order(*departments):
    return tuple(sorted(departments))


# --- Objecting --------------------------------------------------------------------------------


def test_a_department_objects_to_sharing():
    spec(SHARING).when(OBJECT, reason=WHY).then(OBJECTED).then_state(
        Objected(SALES, Dataset.CUSTOMERS, (MARKETING,), frozenset({Actor.member(ANA)}))
    )
    assert Reference("department_id", "department", must_be_active=True) in references(
        ObjectToSharing
    )


def test_each_department_and_dataset_has_terms_of_its_own():
    every = {sharing_id(where, what) for where in (SALES, SERVICE) for what in Dataset}
    assert len(every) == 4
    for other in (sharing_id(SERVICE, Dataset.CUSTOMERS), sharing_id(SALES, Dataset.REQUESTS)):
        asked = spec(SHARING).when(replace(OBJECT, id=other), reason=WHY)
        asked.then_rejected("sharing.not-the-departments", field="id")


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
    fact = Fact(stream_id=ID, version=1, event=OBJECTED, envelope=around)
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
    spec(SHARING).given(OBJECTED).when(WITHDRAW).then(WITHDRAWN).then_state(Silent())


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
    assert raised.from_ids == in_order(*set(contested)) == told.state.from_ids
    asked = replace(AGREE, withheld_from=agreed)
    settled = spec(SHARING).given(raised).when(asked, by=BO, reason=WHY)
    assert settled.events == [replace(AGREED, withheld_from=in_order(*set(agreed)))]
    assert settled.state == Silent(frozenset(agreed))
