"""What a request's customer is told and promised, who gives it to whom, and whose double it is."""

from datetime import UTC, datetime, timedelta

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
    TUESDAY,
    WEDNESDAY,
    at,
    sample_id,
    spec,
)

from domain.ids import RequestId
from domain.kernel import Actor, Channel
from domain.support.request import (
    AssignRequest,
    OpenRequest,
    QueueRequest,
    ReopenRequest,
    RequestAssigned,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestVoided,
    VoidRequest,
)
from domain.support.request_informing import (
    CustomerInformed,
    InformCustomer,
    LapsePromise,
    PromiseLapsed,
)
from domain.support.request_leaving import LeaveQueued, RequestLeftQueued
from domain.support.request_rules import REQUEST
from domain.support.words import Level, ReplyKind, RequestKind, VoidedBecause
from domain.values import ContactChannel
from tests.web.client import Answer, wait_until
from tests.web.stories_routing import TOLD

pytest_plugins = ["tests.web.fixtures"]

ID, OTHER = RequestId(sample_id(0x4E)), RequestId(sample_id(0x4F))
TIMER = Actor.system("timer")
RULE = "Repairs (version 1)"


def opened(**told: object) -> RequestOpened:
    usual = {
        "customer_id": HARBOUR,
        "department_id": SERVICE,
        "kind": RequestKind.SUPPORT,
        "channel": ContactChannel.PHONE,
        "title": "It leaks",
    }
    return RequestOpened(**usual | told)


OPENED, TO_ROUTE = opened(), opened(to_route=True)
RESOLVED = RequestResolved(customer_id=HARBOUR, resolution="Sealed")
REOPENED = RequestReopened(customer_id=HARBOUR)
TAKEN = RequestAssigned(customer_id=HARBOUR, member_id=BO)
PUT_BACK = RequestQueued(customer_id=HARBOUR, department_id=SERVICE)
LEFT = RequestLeftQueued(customer_id=HARBOUR, rule=None)
BY_RULE = AssignRequest(id=ID, member_id=ANA, rule=RULE)
TO_SALES = QueueRequest(id=ID, department_id=SALES, rule=RULE)
LEAVE = LeaveQueued(id=ID)

# --- Routed once, and never against a person ------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (BY_RULE, RequestAssigned(customer_id=HARBOUR, member_id=ANA, rule=RULE)),
        (TO_SALES, RequestQueued(customer_id=HARBOUR, department_id=SALES, rule=RULE)),
        (LEAVE, LEFT),
    ],
)
def test_the_timer_routes_a_request_once(command, event):
    story = spec(REQUEST).given(TO_ROUTE)
    story.when(command, by=TIMER, channel=Channel.POLICY).then(event)
    assert story.state.to_route
    again = spec(REQUEST).given(TO_ROUTE, event)
    assert not again.state.to_route
    code = "request.already-held" if command is BY_RULE else "request.routed"
    again.when(command, by=TIMER, channel=Channel.POLICY).then_rejected(code)


@pytest.mark.parametrize("command", [BY_RULE, TO_SALES, LEAVE])
@pytest.mark.parametrize(
    ("history", "code"),
    [
        ((OPENED,), "request.routed"),
        ((TO_ROUTE, TAKEN), "request.already-held"),
        ((TO_ROUTE, TAKEN, PUT_BACK), "request.routed"),
        ((TO_ROUTE, RESOLVED), "request.not-open"),
        ((TO_ROUTE, RESOLVED, REOPENED), "request.routed"),
        ((TO_ROUTE, LEFT), "request.routed"),
    ],
    ids=["not to route", "taken", "put back", "resolved", "reopened", "left"],
)
def test_what_a_person_has_seen_to_is_left_alone(history, code, command):
    story = spec(REQUEST).given(*history)
    story.when(command, by=TIMER, channel=Channel.POLICY).then_rejected(code)


def test_a_person_may_have_it_routed_again_from_a_queue_only():
    queued = spec(REQUEST).given(TO_ROUTE, TAKEN, PUT_BACK)
    queued.when(BY_RULE).then(RequestAssigned(customer_id=HARBOUR, member_id=ANA, rule=RULE))
    spec(REQUEST).given(TO_ROUTE, TAKEN).when(BY_RULE).then_rejected("request.already-held")
    queued.when(LEAVE).then_rejected("request.nobody-found")
    queued.when(LeaveQueued(id=ID, rule=RULE)).then(
        RequestLeftQueued(customer_id=HARBOUR, rule=RULE)
    )


def test_what_somebody_holds_from_the_first_is_not_to_be_routed():
    assert not spec(REQUEST).given(opened(to_route=True, holder_id=BO)).state.to_route


def test_a_request_has_a_priority_from_the_first_or_none():
    told = {
        "id": ID,
        "customer_id": HARBOUR,
        "department_id": SERVICE,
        "kind": RequestKind.SUPPORT,
        "channel": ContactChannel.PHONE,
        "title": "It leaks",
    }
    both = {"urgency": Level.HIGH, "importance": Level.LOW}
    spec(REQUEST).given().when(OpenRequest(**told, **both)).then(opened(**both))
    for named, missing in (("urgency", "importance"), ("importance", "urgency")):
        half = spec(REQUEST).given().when(OpenRequest(**told, **{named: Level.LOW}))
        half.then_rejected("request.half-a-priority", field=missing)


# --- Told, and promised ---------------------------------------------------------------------------


def informed(again_by: datetime | None) -> CustomerInformed:
    return CustomerInformed(
        customer_id=HARBOUR, channel=ContactChannel.PHONE, text="Soon", again_by=again_by
    )


PROMISED = informed(WEDNESDAY)
LAPSE = LapsePromise(id=ID, again_by=WEDNESDAY)
LAPSED = PromiseLapsed(customer_id=HARBOUR, again_by=WEDNESDAY)


def answer(kind: ReplyKind) -> RequestReplied:
    return RequestReplied(customer_id=HARBOUR, kind=kind, text="There it is")


@pytest.mark.parametrize(
    ("history", "now", "lapses"),
    [
        ((OPENED, PROMISED), TUESDAY, False),
        ((OPENED, PROMISED), WEDNESDAY, True),
        ((OPENED, PROMISED), FRIDAY, True),
        ((OPENED,), FRIDAY, False),
        ((OPENED, PROMISED, LAPSED), FRIDAY, False),
        ((OPENED, PROMISED, informed(None)), FRIDAY, False),
        ((OPENED, PROMISED, informed(THURSDAY)), FRIDAY, False),
        ((OPENED, PROMISED, answer(ReplyKind.PUBLIC)), FRIDAY, False),
        ((OPENED, PROMISED, answer(ReplyKind.INTERNAL)), FRIDAY, True),
        ((OPENED, PROMISED, answer(ReplyKind.AUTOMATED)), FRIDAY, True),
        ((OPENED, PROMISED, RESOLVED), FRIDAY, False),
        ((OPENED, PROMISED, RESOLVED, REOPENED), FRIDAY, False),
        ((OPENED, PROMISED, LAPSED, informed(THURSDAY), PROMISED), FRIDAY, True),
    ],
)
def test_a_promise_that_was_not_kept_is_written_down_once(history, now, lapses):
    outcome = spec(REQUEST).given(*history).when(LAPSE, at=now, by=TIMER, channel=Channel.POLICY)
    outcome.then(*([LAPSED] if lapses else []))


@pytest.mark.parametrize("again_by", [MONDAY, TUESDAY])
def test_a_customer_is_promised_a_word_later_than_now(again_by):
    asked = InformCustomer(id=ID, channel=ContactChannel.PHONE, text="Soon", again_by=again_by)
    refused = spec(REQUEST).given(OPENED).when(asked, at=TUESDAY)
    refused.then_rejected("request.promise-in-the-past", field="again_by")


# --- Void -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("because", "original", "refused"),
    [
        (VoidedBecause.SPAM, None, None),
        (VoidedBecause.MISTAKE, None, None),
        (VoidedBecause.OTHER, None, None),
        (VoidedBecause.DUPLICATE, OTHER, None),
        (VoidedBecause.DUPLICATE, None, "request.original-missing"),
        (VoidedBecause.SPAM, OTHER, "request.original-missing"),
        (VoidedBecause.DUPLICATE, ID, "request.itself"),
    ],
)
def test_a_duplicate_names_its_original_and_nothing_else_does(because, original, refused):
    asked = VoidRequest(id=ID, because=because, original_id=original)
    outcome = spec(REQUEST).given(OPENED).when(asked, reason="Twice")
    if refused:
        outcome.then_rejected(refused, field="original_id")
    else:
        outcome.then(RequestVoided(customer_id=HARBOUR, because=because, original_id=original))


# --- Odd lives ------------------------------------------------------------------------------------


def test_ten_reopenings_are_ten():
    life = [at(TUESDAY, OPENED)]
    for _ in range(10):
        life += [at(TUESDAY, RESOLVED), at(TUESDAY, REOPENED)]
    story = spec(REQUEST).given(*life)
    assert type(story.state).__name__ == "Open"
    assert story.facts[-1].version == 21


def test_what_comes_too_early_or_late_in_a_history_is_never_refused():
    early = [answer(ReplyKind.PUBLIC), TAKEN, PROMISED, RESOLVED, LAPSED, LEFT, REOPENED]
    story = spec(REQUEST).given(*early, OPENED)
    assert story.state == spec(REQUEST).given(OPENED).state
    twice = spec(REQUEST).given(OPENED, RESOLVED, at(MONDAY - timedelta(days=9), RESOLVED))
    assert twice.state.resolved_at == MONDAY - timedelta(days=9)


# --- Over HTTP ------------------------------------------------------------------------------------


def shown(api, made: Answer) -> dict:
    return dict(api.get(f"/requests/{made.id}", after=made).went_well().json)


def test_both_show_that_they_are_linked(api, company):
    customer = company.customer().id
    earlier = company.request(customer_id=customer)
    later = company.request(customer_id=customer)
    body = {"other_id": earlier.id, "as": "earlier"}
    linked = company.do(f"/requests/{later.id}/link", body, seen=later)
    assert shown(api, linked)["links"] == [{"request_id": earlier.id, "as": "earlier"}]
    there = api.get(f"/requests/{earlier.id}", after=linked).went_well().json
    assert there["links"] == [{"request_id": later.id, "as": "later"}]
    assert (there["version"], there["status"]) == (1, "open")
    again = api.post(f"/requests/{later.id}/link", body, seen=linked)
    again.refused(409, "request.already-linked", "/other_id")
    own = {"other_id": later.id, "as": "related"}
    api.post(f"/requests/{later.id}/link", own, seen=linked).refused(
        409, "request.itself", "/other_id"
    )


def test_a_duplicate_and_its_original_show_each_other(api, company):
    original, double = company.request(), company.request()
    body = {"because": "duplicate", "original_id": original.id, "reason": "Sent twice"}
    voided = company.do(f"/requests/{double.id}/void", body, seen=double)
    gone = shown(api, voided)
    assert (gone["status"], gone["voided_because"]) == ("voided", "duplicate")
    assert gone["links"] == [{"request_id": original.id, "as": "original"}]
    there = api.get(f"/requests/{original.id}", after=voided).went_well().json
    assert there["links"] == [{"request_id": double.id, "as": "duplicate"}]
    missing = {"because": "duplicate", "reason": "Sent twice"}
    api.post(f"/requests/{original.id}/void", missing, seen=1).refused(
        409, "request.original-missing", "/original_id"
    )


def test_open_promises_are_listed_the_earliest_first(api, company):
    department = company.department().id

    def promised(days: int) -> Answer:
        by = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        return company.request(("inform", TOLD | {"again_by": by}), department_id=department)

    late, early, kept, answered = (promised(days) for days in (9, 2, 3, 4))
    company.request(department_id=department)
    body = {"channel": "sms", "text": "It is on its way"}
    company.do(f"/requests/{kept.id}/inform", body, seen=kept)
    last = company.do(f"/requests/{answered.id}/resolve", {"resolution": "There"}, seen=answered)
    asked = {"filter[department_id]": department}
    assert api.get("/open-promises", after=last, **asked).ids == [early.id, late.id]
    told = api.get(f"/requests/{kept.id}").json
    assert (told["informed"], told["promised_again_by"]) == (2, None)


def test_who_forgets_a_promise_is_reminded_once(api, company):
    made = company.request()
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    told = company.do(f"/requests/{made.id}/inform", TOLD | {"again_by": soon}, seen=made)

    def lapsed() -> bool:
        return api.get(f"/requests/{made.id}").json["promise_lapsed_at"] is not None

    assert shown(api, told)["promise_lapsed_at"] is None
    wait_until(lapsed, seconds=30)
    names = [fact["name"] for fact in api.get(f"/requests/{made.id}/history").json["items"]]
    assert names.count("request.promise-lapsed") == 1
    after = api.get(f"/requests/{made.id}").json
    assert after["promised_again_by"] is not None  # still open, and late
    assert after["remind_at"] is None


def test_what_comes_back_too_late_says_what_to_do():
    old = spec(REQUEST).given(OPENED, RESOLVED)
    outcome = old.when(ReopenRequest(id=ID), at=MONDAY + timedelta(days=8))
    outcome.then_rejected("request.reopen-too-late")
    assert "link it with this one as the earlier one" in str(outcome.refusal)


def test_nothing_is_resolved_twice(api, company):
    made = company.request(("resolve", {"resolution": "There"}))
    twice = api.post(f"/requests/{made.id}/resolve", {"resolution": "There"}, seen=made)
    twice.refused(409, "request.not-open")
