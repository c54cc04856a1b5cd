"""A request's end: resolved, reopened, closed, voided or taken back."""

from datetime import timedelta

import pytest
from spec import BO, FRIDAY, HARBOUR, MONDAY, SERVICE, THURSDAY, WEDNESDAY, at, spec

from domain.kernel import Channel, personal_fields
from domain.support.request import (
    CustomerWrote,
    RequestClosed,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetracted,
    RequestVoided,
)
from domain.support.request_rules import REQUEST
from domain.support.request_states import Absent, Closed, Open, Resolved, Voided
from tests.support.one_request import (
    ASSIGN,
    ASSIGNED,
    AT_WORK,
    CLOSE,
    CLOSED,
    DONE,
    EVERY_COMMAND_BUT_OPENING_AND_TAKING_BACK,
    GO_ON,
    HEAR,
    HEARD,
    NEVER_OPENED,
    NULL,
    OPENED,
    QUEUE,
    QUEUED,
    REOPEN,
    REOPENED,
    REPLIED,
    REPLY,
    RESOLVE,
    RESOLVED,
    RETRACT,
    RETRACTED,
    SHUT,
    STEPPED,
    TAKEN_BACK,
    VOID,
    VOIDED,
    WAIT,
    WAITED,
    WAITS,
)

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
