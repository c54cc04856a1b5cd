"""A correction: it needs a reason, names what was recorded, and leaves alone what is not for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, HARBOUR, LI_NA, MONDAY, TUESDAY, WEDNESDAY, sample_id, spec

from application.permissions import resource_of
from domain.access.roles import Resource
from domain.audit.correction import (
    CORRECTION,
    Absent,
    CorrectFact,
    CorrectionMade,
    CorrectionWithdrawn,
    FieldChange,
    Standing,
    WithdrawCorrection,
    Withdrawn,
    correction_id,
)
from domain.confidential import FieldClass, confidential_fields
from domain.ids import CorrectionId
from domain.kernel import (
    EVENTS,
    Actor,
    Channel,
    Envelope,
    Fact,
    Rejected,
    Subject,
    personal_fields,
    references,
)

PAYMENT = 4711
ID = correction_id(PAYMENT)
ORDER = Subject("order", sample_id(0x0D))
ABOUT = (ORDER, Subject("customer", HARBOUR))
AMOUNT = FieldChange("amount", '{"minor":201000,"currency":"CNY"}')
METHOD = FieldChange("method", '"cash"')
WHY = "The amount was misread"

CORRECT = CorrectFact(
    id=ID, target=PAYMENT, event_name="order.paid", changes=(AMOUNT,), about=ABOUT
)
MADE = CorrectionMade(
    target=PAYMENT,
    target_name="order.paid",
    changes=(AMOUNT,),
    review_changes=(),
    corrected_at=None,
    by_id=None,
    about=ABOUT,
)
WITHDRAWN = CorrectionWithdrawn(target=PAYMENT, target_name="order.paid", about=ABOUT)


def correct(name="order.paid", *changes, target=PAYMENT, **more):
    return CorrectFact(
        id=correction_id(target),
        target=target,
        event_name=name,
        changes=tuple(FieldChange(field, "null") for field in changes),
        about=ABOUT,
        **more,
    )


def test_a_fact_is_corrected():
    spec(CORRECTION).when(CORRECT, reason=WHY).then(MADE).then_state(Standing(MADE))


def test_a_fact_happened_at_another_time_or_was_somebody_elses_work():
    made = spec(CORRECTION).when(correct(corrected_at=MONDAY, by_id=LI_NA), reason=WHY)
    (event,) = made.events
    assert (event.changes, event.corrected_at, event.by_id) == ((), MONDAY, LI_NA)


@pytest.mark.parametrize(
    "history", [(), (MADE,), (MADE, WITHDRAWN)], ids=["first", "again", "after withdrawing"]
)
@pytest.mark.parametrize("reason", [None, ""])
def test_it_says_why(history, reason):
    told = spec(CORRECTION).given(*history).when(CORRECT, reason=reason)
    told.then_rejected("correction.reason-missing", field="reason")


def test_correcting_again_replaces_the_former_one_as_a_whole():
    again = correct("order.paid", "method")
    told = spec(CORRECTION).given(MADE).when(again, reason=WHY)
    (event,) = told.events
    assert event.changes == (FieldChange("method", "null"),)
    told.then_state(Standing(event))


def test_saying_the_same_again_changes_nothing():
    spec(CORRECTION).given(MADE).when(CORRECT, reason=WHY).then_nothing()


def test_what_was_withdrawn_can_be_said_again():
    spec(CORRECTION).given(MADE, WITHDRAWN).when(CORRECT, reason=WHY).then(MADE)


def test_a_correction_is_withdrawn():
    withdraw = spec(CORRECTION).given(MADE).when(WithdrawCorrection(id=ID), reason="It was right")
    withdraw.then(WITHDRAWN).then_state(Withdrawn(MADE))


def test_withdrawing_says_why():
    told = spec(CORRECTION).given(MADE).when(WithdrawCorrection(id=ID))
    told.then_rejected("correction.reason-missing", field="reason")


@pytest.mark.parametrize(
    ("history", "code"),
    [((), "correction.unknown"), ((MADE, WITHDRAWN), "correction.withdrawn")],
)
def test_only_what_holds_is_withdrawn(history, code):
    told = spec(CORRECTION).given(*history).when(WithdrawCorrection(id=ID), reason=WHY)
    told.then_rejected(code)


def test_nothing_is_no_correction():
    spec(CORRECTION).when(correct(), reason=WHY).then_rejected(
        "correction.nothing-changed", field="set"
    )


def test_each_fact_has_one_stream_of_corrections():
    other = CorrectionId(sample_id(1))
    told = CorrectFact(
        id=other, target=PAYMENT, event_name="order.paid", changes=(AMOUNT,), about=ABOUT
    )
    spec(CORRECTION).when(told, reason=WHY).then_rejected("correction.other-fact")


@pytest.mark.parametrize(
    "name",
    [
        "correction.made",
        "key.created",
        "principal.access-granted",
        "role.defined",
        "sharing.agreed",
        "sign-in.succeeded",
        "record.viewed",
        "data.exported",
        "import.started",
        "calendar.published",
        "sla-policy.published",
        "tier-policy.published",
        "survey-form.published",
        "value-model.published",
        "complaint-summary.published",
        "survey-programme.started",
        "service-plan.set",
        "routing.set",
        "pipeline.set-up",
        "pool.opened",
        "hand-over.carried-out",
        "segment.defined",
        "request.retracted",
        "customer.retracted",
        "no.such-event",
    ],
)
def test_what_is_no_fact_of_business_is_not_corrected(name):
    told = spec(CORRECTION).when(correct(name, corrected_at=MONDAY), reason=WHY)
    told.then_rejected("correction.not-correctable")


@pytest.mark.parametrize(
    ("name", "field", "code"),
    [
        ("order.paid", "total", "correction.field-unknown"),
        ("order.paid", "occurred_at", "correction.field-unknown"),
        ("order.paid", "__class__", "correction.field-unknown"),
        ("survey.link-issued", "token_sha256", "correction.field-unknown"),
        ("member.joined", "name", "correction.personal"),
        ("request.replied", "text", "correction.personal"),
        ("partner-link.made", "note", "correction.words"),
        ("request.opened", "promise", "correction.follows"),
        ("order.placed", "currency", "correction.follows"),
        ("order.paid", "customer_id", "correction.identity"),
        ("customer.merged", "into_id", "correction.identity"),
        ("dispute.raised", "against_id", "correction.identity"),
    ],
)
def test_what_cannot_be_corrected_in_a_fact(name, field, code):
    told = spec(CORRECTION).when(correct(name, field), reason=WHY)
    told.then_rejected(code, field=f"set/{field}")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("ownership.claimed", "owner_id"),
        ("order.placed", "split"),
        ("request.assigned", "member_id"),
        ("request.opened", "department_id"),
        ("member.joined", "department_id"),
        ("opportunity.opened", "holder_id"),
        ("customer.tiered", "tier"),
        ("survey.answered", "score"),
    ],
)
def test_what_can(name, field):
    (made,) = spec(CORRECTION).when(correct(name, field), reason=WHY).events
    assert [change.field for change in made.changes] == [field]


def test_a_field_is_named_once():
    told = spec(CORRECTION).when(correct("order.paid", "amount", "amount"), reason=WHY)
    told.then_rejected("correction.field-twice", field="set")


def test_a_fact_happened_before_it_is_corrected():
    later = correct(corrected_at=WEDNESDAY)
    spec(CORRECTION).when(later, at=TUESDAY, reason=WHY).then_rejected(
        "correction.in-future", field="at"
    )
    assert spec(CORRECTION).when(later, at=WEDNESDAY, reason=WHY).events


def test_amounts_and_ratings_stand_apart_and_are_each_shown_to_their_own():
    (paid,) = spec(CORRECTION).when(CORRECT, reason=WHY).events
    assert (paid.changes, paid.review_changes) == ((AMOUNT,), ())
    rated = correct("feedback.given", "rating", "source")
    (given_,) = spec(CORRECTION).when(rated, reason=WHY).events
    assert [each.field for each in given_.review_changes] == ["rating"]
    assert [each.field for each in given_.changes] == ["source"]
    assert confidential_fields(given_) == {
        "changes": FieldClass.MONEY,
        "review_changes": FieldClass.REVIEW,
    }


def test_it_stands_on_the_timeline_of_all_that_the_fact_is_about():
    around = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=Channel.API)
    for event in (MADE, WITHDRAWN):
        fact = Fact(stream_id=ID, version=1, event=event, envelope=around)
        assert fact.about == {("correction", ID), ("order", ORDER.id), ("customer", HARBOUR)}


def test_history_is_never_refused():
    assert spec(CORRECTION).given(WITHDRAWN).state == Absent()
    assert spec(CORRECTION).given(MADE, WITHDRAWN, WITHDRAWN, MADE).active
    assert not spec(CORRECTION).given(MADE, WITHDRAWN).active


@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_no_personal_data_and_no_other_customer_ever_comes_of_a_correction(name, data):
    fields = sorted(EVENTS[name].__dataclass_fields__)
    field = data.draw(st.sampled_from([*fields, "x"]))
    around = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=Channel.API, reason=WHY)
    try:
        (made,) = CORRECTION.decide(correct(name, field), Absent(), around)
    except Rejected:
        return
    kind = EVENTS[name]
    assert resource_of(kind.__event_kind__) not in {
        Resource.ACCESS,
        Resource.AUDIT,
        Resource.POLICY,
    }
    assert field in fields
    assert field not in personal_fields(kind)
    assert not [each for each in references(kind) if (each.field, each.kind) == (field, "customer")]
    assert {each.field for each in (*made.changes, *made.review_changes)} == {field}
