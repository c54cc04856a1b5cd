"""A request: opened, handed around, answered, waited for, resolved, reopened, closed or voided."""

from dataclasses import replace
from datetime import timedelta

import pytest
from spec import (
    ANA,
    BO,
    FRIDAY,
    HARBOUR,
    MONDAY,
    SALES,
    SERVICE,
    THURSDAY,
    WEDNESDAY,
    at,
    sample_id,
    spec,
)

from domain.ids import RequestId
from domain.kernel import Channel, Reference, personal_fields, references
from domain.support.promise import Promise, Targets
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    CustomerInformed,
    CustomerWrote,
    EndWaiting,
    EscalateRequest,
    InformCustomer,
    LinkRequest,
    OpenRequest,
    PrioritiseRequest,
    QueueRequest,
    RecordCustomerMessage,
    ReopenRequest,
    ReplyToRequest,
    RequestAssigned,
    RequestClosed,
    RequestEscalated,
    RequestLinked,
    RequestOpened,
    RequestPrioritised,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetiered,
    RequestRetracted,
    RequestVoided,
    ResolveRequest,
    RetierRequest,
    RetractRequest,
    StartWaiting,
    StepTaken,
    TakeStep,
    VoidRequest,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.request_rules import REQUEST
from domain.support.request_states import Absent, Closed, Open, Resolved, Voided
from domain.support.words import Clock, Level, LinkedAs, ReplyKind, RequestKind, WaitingOn
from domain.values import ContactChannel, Tier

ID = RequestId(sample_id(0x4E))

PROMISE = Promise(
    policy_id=sample_id(0x51A),
    policy_version=1,
    calendar_id=sample_id(0xCA1),
    calendar_version=1,
    tier=Tier.NORMAL,
    targets=Targets(240, 480, 1440),
)
OPEN = OpenRequest(
    id=ID,
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=RequestKind.COMPLAINT,
    channel=ContactChannel.EMAIL,
    title="Delivery is late",
)
ASSIGN = AssignRequest(id=ID, member_id=BO)
QUEUE = QueueRequest(id=ID, department_id=SALES)
REPLY = ReplyToRequest(id=ID, kind=ReplyKind.PUBLIC, text="On its way.")
HEAR = RecordCustomerMessage(id=ID, text="Still nothing here.")
WAIT = StartWaiting(id=ID, on=WaitingOn.CUSTOMER)
GO_ON = EndWaiting(id=ID, on=WaitingOn.CUSTOMER)
STEP = TakeStep(id=ID, step="Called the carrier")
RESOLVE = ResolveRequest(id=ID, resolution="Delivered")
REOPEN = ReopenRequest(id=ID)
CLOSE = CloseRequest(id=ID)
VOID = VoidRequest(id=ID)
RETRACT = RetractRequest(id=ID)

OPENED = RequestOpened(
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=RequestKind.COMPLAINT,
    channel=ContactChannel.EMAIL,
    title="Delivery is late",
)
ASSIGNED = RequestAssigned(customer_id=HARBOUR, member_id=BO)
QUEUED = RequestQueued(customer_id=HARBOUR, department_id=SALES)
REPLIED = RequestReplied(customer_id=HARBOUR, kind=ReplyKind.PUBLIC, text="On its way.")
HEARD = CustomerWrote(customer_id=HARBOUR, text="Still nothing here.")
WAITS = WaitingStarted(customer_id=HARBOUR, on=WaitingOn.CUSTOMER, contracted=False)
WAITED = WaitingEnded(customer_id=HARBOUR, on=WaitingOn.CUSTOMER)
STEPPED = StepTaken(customer_id=HARBOUR, step="Called the carrier")
RESOLVED = RequestResolved(customer_id=HARBOUR, resolution="Delivered")
REOPENED = RequestReopened(customer_id=HARBOUR)
CLOSED = RequestClosed(customer_id=HARBOUR)
VOIDED = RequestVoided(customer_id=HARBOUR)
RETRACTED = RequestRetracted(customer_id=HARBOUR)

WAITS_FOR_CARRIER = WaitingStarted(customer_id=HARBOUR, on=WaitingOn.THIRD_PARTY, contracted=True)

NEVER_OPENED = pytest.param((), id="never opened")
AT_WORK = pytest.param((OPENED,), id="open")
DONE = pytest.param((OPENED, RESOLVED), id="resolved")
SHUT = pytest.param((OPENED, RESOLVED, CLOSED), id="closed")
NULL = pytest.param((OPENED, VOIDED), id="voided")
TAKEN_BACK = pytest.param((OPENED, RETRACTED), id="taken back")

EVERY_COMMAND_BUT_OPENING_AND_TAKING_BACK = [
    ASSIGN,
    QUEUE,
    REPLY,
    HEAR,
    WAIT,
    GO_ON,
    STEP,
    RESOLVE,
    REOPEN,
    CLOSE,
    VOID,
]

# --- Rules ------------------------------------------------------------------------------------


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


# Resolving and closing


@pytest.mark.parametrize(
    "history", [(OPENED, ASSIGNED), (OPENED, ASSIGNED, WAITS)], ids=["open", "waiting"]
)
def test_an_open_request_is_resolved_and_stays_in_the_same_hands(history):
    (
        spec(REQUEST)
        .given(*history)
        .when(RESOLVE, at=THURSDAY)
        .then(RequestResolved(customer_id=HARBOUR, resolution="Delivered"))
        .then_state(
            Resolved(customer_id=HARBOUR, department_id=SERVICE, holder_id=BO, resolved_at=THURSDAY)
        )
    )


def test_a_resolved_request_is_not_resolved_again():
    spec(REQUEST).given(OPENED, RESOLVED).when(RESOLVE).then_rejected("request.not-open")


def test_a_resolved_request_may_wait_until_it_is_closed():
    told = spec(REQUEST).given(OPENED, WAITS, RESOLVED)
    told.when(GO_ON).then_rejected("request.not-waiting", field="on")  # resolving ended the wait
    told.when(WAIT).then(WAITS)
    told.given(CLOSED).when(WAIT).then_rejected("request.closed")


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


def test_a_resolved_request_is_closed_and_its_resolution_keeps_its_day():
    (
        spec(REQUEST)
        .given(OPENED, ASSIGNED, at(WEDNESDAY, RESOLVED))
        .when(CLOSE, at=FRIDAY)
        .then(RequestClosed(customer_id=HARBOUR))
        .then_state(
            Closed(customer_id=HARBOUR, department_id=SERVICE, holder_id=BO, resolved_at=WEDNESDAY)
        )
    )


def test_an_open_request_is_not_closed_unresolved():
    spec(REQUEST).given(OPENED).when(CLOSE).then_rejected("request.not-resolved")


@pytest.mark.parametrize("command", [ASSIGN, QUEUE, REPLY, HEAR, WAIT, GO_ON, RESOLVE, CLOSE])
def test_a_closed_request_is_done_with(command):
    spec(REQUEST).given(OPENED, WAITS, RESOLVED, CLOSED).when(command).then_rejected(
        "request.closed"
    )


# Reopening

SEVEN_DAYS = timedelta(days=7)
A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "history",
    [(at(WEDNESDAY, RESOLVED),), (at(WEDNESDAY, RESOLVED), at(FRIDAY, CLOSED))],
    ids=["resolved", "closed"],
)
@pytest.mark.parametrize("moment", [THURSDAY, WEDNESDAY + SEVEN_DAYS], ids=["soon", "last moment"])
def test_a_request_comes_back_within_seven_days_to_the_same_hands(history, moment):
    (
        spec(REQUEST)
        .given(OPENED, WAITS, ASSIGNED, *history)
        .when(REOPEN, at=moment)
        .then(RequestReopened(customer_id=HARBOUR))
        .then_state(
            Open(customer_id=HARBOUR, department_id=SERVICE, holder_id=BO, waiting_on=frozenset())
        )
    )


@pytest.mark.parametrize(
    "history",
    [(at(WEDNESDAY, RESOLVED),), (at(WEDNESDAY, RESOLVED), at(FRIDAY, CLOSED))],
    ids=["resolved", "closed"],
)
def test_after_seven_days_it_is_a_new_request_however_late_it_was_closed(history):
    told = spec(REQUEST).given(OPENED, *history)
    told.when(REOPEN, at=WEDNESDAY + SEVEN_DAYS + A_MOMENT).then_rejected("request.reopen-too-late")


def test_the_seven_days_count_from_the_latest_resolution():
    (
        spec(REQUEST)
        .given(OPENED, RESOLVED, REOPENED, at(FRIDAY, RESOLVED))
        .when(REOPEN, at=MONDAY + SEVEN_DAYS + A_MOMENT)
        .then(REOPENED)
    )


def test_what_another_system_reopened_late_is_history():
    (
        spec(REQUEST)
        .given(OPENED, at(MONDAY, RESOLVED))
        .when(REOPEN, at=MONDAY + timedelta(days=300), channel=Channel.IMPORT)
        .then(REOPENED)
    )


@pytest.mark.parametrize("channel", [Channel.API, Channel.POLICY, Channel.CLI])
def test_in_no_other_way_it_comes_back_late(channel):
    (
        spec(REQUEST)
        .given(OPENED, at(MONDAY, RESOLVED))
        .when(REOPEN, at=MONDAY + timedelta(days=300), channel=channel)
        .then_rejected("request.reopen-too-late")
    )


@pytest.mark.parametrize(
    "history", [(OPENED,), (OPENED, RESOLVED, REOPENED)], ids=["never resolved", "reopened"]
)
def test_an_open_request_is_not_reopened(history):
    spec(REQUEST).given(*history).when(REOPEN).then_rejected("request.not-resolved")


# Voiding


@pytest.mark.parametrize("history", [AT_WORK, DONE, SHUT])
def test_a_request_that_does_not_count_is_voided(history):
    (
        spec(REQUEST)
        .given(*history)
        .when(VOID, reason="A duplicate")
        .then(RequestVoided(customer_id=HARBOUR))
        .then_state(Voided(customer_id=HARBOUR, department_id=SERVICE, holder_id=None))
    )


@pytest.mark.parametrize("reason", [None, ""])
@pytest.mark.parametrize("history", [AT_WORK, DONE, SHUT])
def test_voiding_needs_a_reason(history, reason):
    spec(REQUEST).given(*history).when(VOID, reason=reason).then_rejected(
        "request.reason-missing", field="reason"
    )


@pytest.mark.parametrize("command", EVERY_COMMAND_BUT_OPENING_AND_TAKING_BACK)
def test_nothing_more_is_done_about_a_voided_request(command):
    told = spec(REQUEST).given(OPENED, WAITS, VOIDED)
    told.when(command, reason="Spam").then_rejected("request.voided")


# Taking back


@pytest.mark.parametrize("history", [AT_WORK, DONE, SHUT, NULL])
def test_a_request_recorded_by_mistake_is_taken_back(history):
    (
        spec(REQUEST)
        .given(*history)
        .when(RETRACT)
        .then(RequestRetracted(customer_id=HARBOUR))
        .then_state(Absent())
    )


@pytest.mark.parametrize("history", [NEVER_OPENED, TAKEN_BACK])
def test_taking_back_what_is_not_there_is_no_news(history):
    spec(REQUEST).given(*history).when(RETRACT).then_nothing()


# What counts, and what history may hold


@pytest.mark.parametrize("history", [AT_WORK, DONE, SHUT])
def test_a_request_counts_from_its_opening_on(history):
    assert spec(REQUEST).given(*history).active


@pytest.mark.parametrize("history", [NEVER_OPENED, NULL, TAKEN_BACK])
def test_unless_it_was_voided_or_taken_back(history):
    assert not spec(REQUEST).given(*history).active


def test_a_request_that_another_system_closed_unresolved_counts_as_resolved_that_day():
    assert spec(REQUEST).given(OPENED, at(FRIDAY, CLOSED)).state == Closed(
        customer_id=HARBOUR, department_id=SERVICE, holder_id=None, resolved_at=FRIDAY
    )


@pytest.mark.parametrize("event", [WAITED, REPLIED, HEARD, STEPPED])
def test_words_after_a_resolution_change_nothing(event):
    assert spec(REQUEST).given(OPENED, at(WEDNESDAY, RESOLVED), event).state == Resolved(
        customer_id=HARBOUR, department_id=SERVICE, holder_id=None, resolved_at=WEDNESDAY
    )


def test_a_reopening_in_the_history_of_a_voided_request_is_obeyed():
    assert spec(REQUEST).given(OPENED, ASSIGNED, VOIDED, REOPENED).state == Open(
        customer_id=HARBOUR, department_id=SERVICE, holder_id=BO
    )


@pytest.mark.parametrize(
    "event", [ASSIGNED, QUEUED, REPLIED, HEARD, WAITS, WAITED, STEPPED, RESOLVED, REOPENED]
)
def test_no_later_fact_brings_back_what_was_taken_back(event):
    assert spec(REQUEST).given(OPENED, RETRACTED, event).state == Absent()


@pytest.mark.parametrize("event", [RequestReplied, CustomerWrote])
def test_what_was_written_is_the_customers_personal_data(event):
    assert personal_fields(event) == {"text": "customer_id"}


# --- Priority -----------------------------------------------------------------------------------

PRIORITISE = PrioritiseRequest(id=ID, urgency=Level.HIGH, importance=Level.MEDIUM)


def test_an_open_request_is_given_a_priority():
    spec(REQUEST).given(OPENED).when(PRIORITISE).then(
        RequestPrioritised(customer_id=HARBOUR, urgency=Level.HIGH, importance=Level.MEDIUM)
    )


def test_what_is_resolved_has_no_priority_any_more():
    spec(REQUEST).given(OPENED, RESOLVED).when(PRIORITISE).then_rejected("request.not-open")


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_the_life_of_a_request_over_http(api, company):
    sales, service = company.department().id, company.department().id
    ana, bo = company.member().id, company.member().id
    seen = company.request(department_id=sales, title="It leaks", kind="complaint")
    path = f"/requests/{seen.id}"
    assert seen.headers["Location"] == f"/api/v1{path}"
    for step, body, told in (
        ("assign", {"member_id": ana}, {"holder_id": ana, "handovers": 0}),
        ("assign", {"member_id": bo}, {"holder_id": bo, "handovers": 1}),
        ("queue", {"department_id": service}, {"holder_id": None, "department_id": service}),
        ("assign", {"member_id": ana}, {"holder_id": ana, "handovers": 2}),
        ("wait", {"on": "customer"}, {"waiting_on": ["customer"]}),
        ("wait", {"on": "third-party"}, {"waiting_on": ["customer", "third-party"]}),
        ("customer-message", {"text": "Well?"}, {"replies": 0}),
        ("end-wait", {"on": "customer"}, {"waiting_on": ["third-party"]}),
        ("reply", {"kind": "internal", "text": "Ask the yard"}, {"replies": 0}),
        ("reply", {"text": "We are on it"}, {"replies": 1}),
        ("step", {"step": "Looked at it"}, {"status": "open"}),
        ("prioritise", {"urgency": "high", "importance": "medium"}, {"priority": 6}),
        ("resolve", {"resolution": "Sealed"}, {"status": "resolved", "waiting_on": []}),
        ("reopen", {"reason": "Leaks again"}, {"status": "open", "reopened": 1}),
        ("resolve", {"resolution": "Replaced"}, {"status": "resolved"}),
        ("close", {}, {"status": "closed"}),
    ):
        done = api.post(f"{path}/{step}", body, seen=seen).went_well()
        assert done.version == seen.version + 1
        api.post(f"{path}/{step}", body, seen=seen).refused(412, "version.stale")
        shown = api.get(path, after=done).went_well()
        assert told.items() <= shown.json.items(), step
        assert shown.headers["ETag"] == done.headers["ETag"]
        seen = done
    assert shown.json["opened_at"] < shown.json["resolved_at"] < shown.json["closed_at"]


@pytest.mark.parametrize(
    ("steps", "step", "body", "refusal"),
    [
        ([], "end-wait", {"on": "customer"}, ("request.not-waiting", "/on")),
        ([], "reopen", {}, ("request.not-resolved",)),
        ([], "close", {}, ("request.not-resolved",)),
        ([], "void", {}, ("request.reason-missing", "/reason")),
        (["wait"], "wait", {"on": "customer"}, ("request.already-waiting", "/on")),
        (["resolve"], "resolve", {"resolution": "x"}, ("request.not-open",)),
        (["resolve", "close"], "close", {}, ("request.closed",)),
        (["resolve", "close"], "reply", {"text": "x"}, ("request.closed",)),
        (["void"], "reply", {"text": "x"}, ("request.voided",)),
        (["void"], "reopen", {}, ("request.voided",)),
    ],
)
def test_what_the_rules_refuse_over_http(steps, step, body, refusal, company):
    bodies = {
        "wait": {"on": "customer"},
        "resolve": {"resolution": "x"},
        "void": {"reason": "Spam"},
        "close": {},
    }
    seen = company.request(*((name, bodies[name]) for name in steps))
    answer = company.api.post(f"/requests/{seen.id}/{step}", body, seen=seen)
    answer.refused(409, *refusal)


def test_nobody_is_given_what_they_have_over_http(company):
    department, member = company.department().id, company.member().id
    seen = company.request(department_id=department)
    path = f"/requests/{seen.id}"
    queued = company.api.post(f"{path}/queue", {"department_id": department}, seen=seen)
    queued.refused(409, "request.already-queued", "/department_id")
    held = company.do(f"{path}/assign", {"member_id": member}, seen=seen)
    again = company.api.post(f"{path}/assign", {"member_id": member}, seen=held)
    again.refused(409, "request.already-held", "/member_id")


def test_after_seven_days_it_is_a_new_request_over_http(company):
    days_ago = "2025-03-03T09:00:00Z"
    opened = company.request(occurred_at=days_ago)
    path = f"/requests/{opened.id}"
    body = {"resolution": "Sealed", "occurred_at": days_ago}
    resolved = company.do(f"{path}/resolve", body, seen=opened)
    company.api.post(f"{path}/reopen", {}, seen=resolved).refused(409, "request.reopen-too-late")


def test_a_voided_request_does_not_count_over_http(api, company):
    customer = company.customer().id
    request = company.request(customer_id=customer)
    voided = company.do(f"/requests/{request.id}/void", {"reason": "Spam"}, seen=request)
    shown = api.get(f"/customers/{customer}", after=voided).json
    assert shown["totals"]["requests"] == 0
    assert shown["open_requests"] == []
    assert api.get(f"/requests/{request.id}").json["status"] == "voided"
