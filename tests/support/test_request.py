"""A request: opened, handed around, answered, waited for, promised and escalated."""

from dataclasses import replace
from datetime import timedelta

import pytest
from spec import ANA, BO, FRIDAY, HARBOUR, SALES, SERVICE, sample_id, spec

from domain.ids import RequestId
from domain.kernel import Reference, references
from domain.support.request import (
    AssignRequest,
    CustomerInformed,
    CustomerWrote,
    EscalateRequest,
    InformCustomer,
    LinkRequest,
    OpenRequest,
    PrioritiseRequest,
    QueueRequest,
    ReplyToRequest,
    RequestAssigned,
    RequestEscalated,
    RequestLinked,
    RequestOpened,
    RequestPrioritised,
    RequestQueued,
    RequestReplied,
    RequestRetiered,
    RetierRequest,
    StartWaiting,
    StepTaken,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.request_rules import REQUEST
from domain.support.request_states import Open
from domain.support.words import Clock, Level, LinkedAs, ReplyKind, RequestKind, WaitingOn
from domain.values import ContactChannel, Tier
from tests.support.one_request import (
    ASSIGN,
    ASSIGNED,
    AT_WORK,
    DONE,
    EVERY_COMMAND_BUT_OPENING_AND_TAKING_BACK,
    GO_ON,
    HEAR,
    ID,
    NEVER_OPENED,
    NULL,
    OPEN,
    OPENED,
    PROMISE,
    QUEUE,
    QUEUED,
    REPLY,
    RESOLVED,
    SHUT,
    STEP,
    TAKEN_BACK,
    VOID,
    WAIT,
    WAITED,
    WAITS,
    WAITS_FOR_CARRIER,
)

# Opening


@pytest.mark.parametrize("history", [NEVER_OPENED, TAKEN_BACK])
def test_a_request_opens_in_a_departments_queue(history):
    (
        spec(REQUEST)
        .given(*history)
        .when(OPEN)
        .then(
            RequestOpened(
                customer_id=HARBOUR,
                department_id=SERVICE,
                kind=RequestKind.COMPLAINT,
                channel=ContactChannel.EMAIL,
                title="Delivery is late",
            )
        )
        .then_state(
            Open(customer_id=HARBOUR, department_id=SERVICE, holder_id=None, waiting_on=frozenset())
        )
    )


@pytest.mark.parametrize("history", [AT_WORK, DONE, SHUT, NULL])
def test_no_request_is_opened_twice(history):
    spec(REQUEST).given(*history).when(OPEN).then_rejected("request.exists")


@pytest.mark.parametrize(
    ("command", "field", "kind"),
    [
        (OpenRequest, "customer_id", "customer"),
        (OpenRequest, "department_id", "department"),
        (AssignRequest, "member_id", "member"),
        (QueueRequest, "department_id", "department"),
    ],
)
def test_only_those_still_active_are_given_a_request(command, field, kind):
    assert Reference(field, kind, must_be_active=True) in references(command)


@pytest.mark.parametrize("command", EVERY_COMMAND_BUT_OPENING_AND_TAKING_BACK)
@pytest.mark.parametrize("history", [NEVER_OPENED, TAKEN_BACK])
def test_nothing_is_done_about_an_unknown_request(history, command):
    spec(REQUEST).given(*history).when(command, reason="Spam").then_rejected("request.unknown")


# In whose hands


@pytest.mark.parametrize("history", [AT_WORK, DONE])
def test_a_request_is_put_into_a_members_hands_even_when_resolved(history):
    told = spec(REQUEST).given(*history)
    told.when(ASSIGN).then(RequestAssigned(customer_id=HARBOUR, member_id=BO))


def test_its_department_stays_when_a_member_takes_it():
    (
        spec(REQUEST)
        .given(OPENED)
        .when(ASSIGN)
        .then(ASSIGNED)
        .then_state(Open(customer_id=HARBOUR, department_id=SERVICE, holder_id=BO))
    )


def test_a_request_goes_from_hand_to_hand():
    told = spec(REQUEST).given(OPENED, ASSIGNED).when(AssignRequest(id=ID, member_id=ANA))
    told.then(RequestAssigned(customer_id=HARBOUR, member_id=ANA)).then_state(
        Open(customer_id=HARBOUR, department_id=SERVICE, holder_id=ANA)
    )


@pytest.mark.parametrize(
    "history", [(OPENED, ASSIGNED), (OPENED, ASSIGNED, RESOLVED)], ids=["open", "resolved"]
)
def test_nobody_is_given_what_they_hold(history):
    spec(REQUEST).given(*history).when(ASSIGN).then_rejected(
        "request.already-held", field="member_id"
    )


@pytest.mark.parametrize("history", [AT_WORK, DONE])
def test_a_request_is_put_into_another_queue_even_when_resolved(history):
    told = spec(REQUEST).given(*history)
    told.when(QUEUE).then(RequestQueued(customer_id=HARBOUR, department_id=SALES))


def test_nobody_holds_a_request_in_a_queue():
    (
        spec(REQUEST)
        .given(OPENED, ASSIGNED)
        .when(QUEUE)
        .then(QUEUED)
        .then_state(Open(customer_id=HARBOUR, department_id=SALES, holder_id=None))
    )


def test_a_holder_may_give_it_back_to_their_own_departments_queue():
    (
        spec(REQUEST)
        .given(OPENED, ASSIGNED)
        .when(QueueRequest(id=ID, department_id=SERVICE))
        .then(RequestQueued(customer_id=HARBOUR, department_id=SERVICE))
        .then_state(Open(customer_id=HARBOUR, department_id=SERVICE, holder_id=None))
    )


@pytest.mark.parametrize(
    "history", [(OPENED, QUEUED), (OPENED, QUEUED, RESOLVED)], ids=["open", "resolved"]
)
def test_no_request_is_put_into_the_queue_it_is_in(history):
    spec(REQUEST).given(*history).when(QUEUE).then_rejected(
        "request.already-queued", field="department_id"
    )


# Correspondence and steps


@pytest.mark.parametrize("kind", [ReplyKind.PUBLIC, ReplyKind.INTERNAL, ReplyKind.AUTOMATED])
@pytest.mark.parametrize("history", [AT_WORK, DONE])
def test_a_reply_is_written(history, kind):
    told = spec(REQUEST).given(*history)
    told.when(ReplyToRequest(id=ID, kind=kind, text="On its way.")).then(
        RequestReplied(customer_id=HARBOUR, kind=kind, text="On its way.")
    )


@pytest.mark.parametrize("history", [AT_WORK, DONE])
def test_the_customer_writes_again(history):
    told = spec(REQUEST).given(*history)
    told.when(HEAR).then(CustomerWrote(customer_id=HARBOUR, text="Still nothing here."))


@pytest.mark.parametrize("history", [AT_WORK, DONE, SHUT])
def test_a_step_is_taken_even_on_a_closed_request(history):
    told = spec(REQUEST).given(*history)
    told.when(STEP).then(StepTaken(customer_id=HARBOUR, step="Called the carrier"))


@pytest.mark.parametrize("command", [REPLY, HEAR, STEP])
def test_words_and_steps_alone_change_neither_hands_nor_waits(command):
    spec(REQUEST).given(OPENED, ASSIGNED, WAITS).when(command).then_state(
        Open(
            customer_id=HARBOUR,
            department_id=SERVICE,
            holder_id=BO,
            waiting_on=frozenset({WaitingOn.CUSTOMER}),
        )
    )


# Waiting


def test_a_request_waits_for_the_customer():
    (
        spec(REQUEST)
        .given(OPENED)
        .when(WAIT)
        .then(WaitingStarted(customer_id=HARBOUR, on=WaitingOn.CUSTOMER, contracted=False))
        .then_state(
            Open(
                customer_id=HARBOUR,
                department_id=SERVICE,
                holder_id=None,
                waiting_on=frozenset({WaitingOn.CUSTOMER}),
            )
        )
    )


def test_and_for_a_third_party_at_the_same_time_as_the_contract_allows():
    (
        spec(REQUEST)
        .given(OPENED, WAITS)
        .when(StartWaiting(id=ID, on=WaitingOn.THIRD_PARTY, contracted=True))
        .then(WaitingStarted(customer_id=HARBOUR, on=WaitingOn.THIRD_PARTY, contracted=True))
        .then_state(
            Open(
                customer_id=HARBOUR,
                department_id=SERVICE,
                holder_id=None,
                waiting_on=frozenset({WaitingOn.CUSTOMER, WaitingOn.THIRD_PARTY}),
            )
        )
    )


def test_no_request_waits_twice_for_the_same():
    told = spec(REQUEST).given(OPENED, WAITS, WAITS_FOR_CARRIER)
    told.when(WAIT).then_rejected("request.already-waiting", field="on")


def test_one_wait_ends_and_the_other_goes_on():
    (
        spec(REQUEST)
        .given(OPENED, WAITS, WAITS_FOR_CARRIER)
        .when(GO_ON)
        .then(WaitingEnded(customer_id=HARBOUR, on=WaitingOn.CUSTOMER))
        .then_state(
            Open(
                customer_id=HARBOUR,
                department_id=SERVICE,
                holder_id=None,
                waiting_on=frozenset({WaitingOn.THIRD_PARTY}),
            )
        )
    )


@pytest.mark.parametrize(
    "history",
    [(OPENED,), (OPENED, WAITS_FOR_CARRIER), (OPENED, WAITS, WAITED)],
    ids=["never waited", "waits for another", "waited"],
)
def test_no_wait_ends_that_is_not_on(history):
    told = spec(REQUEST).given(*history)
    told.when(GO_ON).then_rejected("request.not-waiting", field="on")


def test_a_wait_stays_when_the_request_changes_hands():
    told = spec(REQUEST).given(OPENED, WAITS, ASSIGNED, QUEUED)
    assert told.state.waiting_on == {WaitingOn.CUSTOMER}


# What was promised


def test_a_share_of_a_promised_time_is_escalated_once():
    promised = replace(OPENED, promise=PROMISE)
    escalate = EscalateRequest(
        id=ID, clock=Clock.RESOLUTION, cycle=1, percent=50, reached_at=FRIDAY
    )
    escalated = RequestEscalated(
        customer_id=HARBOUR,
        clock=Clock.RESOLUTION,
        cycle=1,
        percent=50,
        reached_at=FRIDAY,
    )
    told = spec(REQUEST).given(promised)
    told.when(escalate).then(escalated)
    told.given(escalated).when(escalate).then_rejected("request.already-escalated")
    told.given(escalated).when(replace(escalate, percent=75)).then(replace(escalated, percent=75))
    spec(REQUEST).given(OPENED).when(escalate).then_rejected("request.no-promise")


def test_another_tier_promises_other_times():
    told = spec(REQUEST).given(replace(OPENED, promise=PROMISE))
    told.when(RetierRequest(id=ID, promise=PROMISE)).then_rejected("request.same-promise")
    key = replace(PROMISE, tier=Tier.KEY)
    told.when(RetierRequest(id=ID, promise=key)).then(
        RequestRetiered(customer_id=HARBOUR, promise=key)
    )


def test_a_customer_is_told_and_promised_to_hear_again():
    tell = InformCustomer(id=ID, channel=ContactChannel.PHONE, text="On its way.", again_by=FRIDAY)
    told = CustomerInformed(
        customer_id=HARBOUR, channel=ContactChannel.PHONE, text="On its way.", again_by=FRIDAY
    )
    spec(REQUEST).given(OPENED).when(tell, at=FRIDAY - timedelta(hours=1)).then(told)
    spec(REQUEST).given(OPENED).when(tell, at=FRIDAY).then_rejected(
        "request.promise-in-the-past", field="again_by"
    )


def test_requests_are_linked_once_and_never_with_themselves():
    other = RequestId(sample_id(0x4F))
    link = LinkRequest(id=ID, other_id=other, as_=LinkedAs.EARLIER)
    linked = RequestLinked(customer_id=HARBOUR, other_id=other, as_=LinkedAs.EARLIER)
    told = spec(REQUEST).given(OPENED)
    told.when(link).then(linked)
    told.given(linked).when(link).then_rejected("request.already-linked", field="other_id")
    told.when(replace(link, other_id=ID)).then_rejected("request.itself", field="other_id")
    told.when(replace(VOID, original_id=ID), reason="twice").then_rejected(
        "request.itself", field="original_id"
    )


# Priority

PRIORITISE = PrioritiseRequest(id=ID, urgency=Level.HIGH, importance=Level.MEDIUM)


def test_an_open_request_is_given_a_priority():
    spec(REQUEST).given(OPENED).when(PRIORITISE).then(
        RequestPrioritised(customer_id=HARBOUR, urgency=Level.HIGH, importance=Level.MEDIUM)
    )


def test_what_is_resolved_has_no_priority_any_more():
    spec(REQUEST).given(OPENED, RESOLVED).when(PRIORITISE).then_rejected("request.not-open")
