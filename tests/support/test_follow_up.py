"""A follow-up: due, in somebody's hands, missed, moved, done; one by itself after a complaint."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from spec import ANA, BO, FRIDAY, HARBOUR, MONDAY, SERVICE, THURSDAY, WEDNESDAY, at, sample_id, spec

from application.crm import Crm
from domain.ids import FollowUpId, RequestId
from domain.kernel import Actor, Channel, Envelope, Recorded, personal_fields
from domain.support.follow_up import (
    AFTER,
    FOLLOW_UP,
    AssignFollowUp,
    CallOffFollowUp,
    Due,
    FinishFollowUp,
    FollowUpAssigned,
    FollowUpCalledOff,
    FollowUpDone,
    FollowUpMissed,
    FollowUpMoved,
    FollowUpScheduled,
    MissFollowUp,
    MoveFollowUp,
    Satisfied,
    ScheduleFollowUp,
    follow_up_of,
)
from domain.support.request import RequestOpened, RequestResolved
from domain.support.words import RequestKind
from domain.values import ContactChannel
from projections.support.complaints import fold_cause
from tests.web.client import wait_until
from tests.web.stories_complaints import RESOLVE, WHY, follow_up, raised

pytest_plugins = ["tests.web.fixtures"]

ID = FollowUpId(sample_id(0xF0))

SCHEDULE = ScheduleFollowUp(
    id=ID, customer_id=HARBOUR, department_id=SERVICE, about="Does it run?", due_at=THURSDAY
)
TAKE = AssignFollowUp(id=ID, member_id=BO)
MOVE = MoveFollowUp(id=ID, due_at=FRIDAY)
MISS = MissFollowUp(id=ID)
FINISH = FinishFollowUp(id=ID, satisfied=Satisfied.YES, outcome="Runs", note="Friendly")
CALL_OFF = CallOffFollowUp(id=ID)

SCHEDULED = FollowUpScheduled(
    customer_id=HARBOUR,
    department_id=SERVICE,
    member_id=None,
    request_id=None,
    order_id=None,
    about="Does it run?",
    due_at=THURSDAY,
)
TAKEN = FollowUpAssigned(customer_id=HARBOUR, member_id=BO)
MOVED = FollowUpMoved(customer_id=HARBOUR, due_at=FRIDAY)
MISSED = FollowUpMissed(customer_id=HARBOUR, due_at=THURSDAY)
DONE = FollowUpDone(customer_id=HARBOUR, satisfied=Satisfied.YES, outcome="Runs", note="Friendly")
CALLED_OFF = FollowUpCalledOff(customer_id=HARBOUR)

# --- Rules ------------------------------------------------------------------------------------


def test_a_call_back_waits_in_its_department_until_somebody_takes_it():
    due = Due(customer_id=HARBOUR, department_id=SERVICE, holder_id=None, due_at=THURSDAY)
    spec(FOLLOW_UP).when(SCHEDULE).then(SCHEDULED).then_state(due)
    taken = replace(due, holder_id=BO)
    spec(FOLLOW_UP).given(SCHEDULED).when(TAKE).then(TAKEN).then_state(taken)
    told = spec(FOLLOW_UP).given(SCHEDULED, TAKEN)
    told.when(TAKE).then_rejected("follow-up.already-held", field="member_id")


@pytest.mark.parametrize("history", [(SCHEDULED,), (SCHEDULED, DONE)])
def test_it_is_scheduled_once(history):
    spec(FOLLOW_UP).given(*history).when(SCHEDULE).then_rejected("follow-up.exists")


def test_people_schedule_what_is_to_come():
    late = spec(FOLLOW_UP).when(SCHEDULE, at=THURSDAY)
    late.then_rejected("follow-up.in-the-past", field="due_at")
    by_itself = spec(FOLLOW_UP).when(SCHEDULE, at=FRIDAY, channel=Channel.POLICY)
    by_itself.then(SCHEDULED)


def test_it_is_moved_with_a_reason():
    told = spec(FOLLOW_UP).given(SCHEDULED)
    told.when(MOVE, reason="They are away").then(MOVED)
    told.when(MOVE).then_rejected("follow-up.reason-missing", field="reason")
    same = replace(MOVE, due_at=THURSDAY)
    told.when(same, reason="x").then_rejected("follow-up.same-time", field="due_at")
    past = replace(MOVE, due_at=MONDAY)
    told.when(past, reason="x").then_rejected("follow-up.in-the-past", field="due_at")


def test_it_is_missed_once_for_each_time_it_is_due():
    told = spec(FOLLOW_UP).given(SCHEDULED)
    told.when(MISS, at=THURSDAY - timedelta(seconds=1)).then_rejected("follow-up.not-due")
    told.when(MISS, at=THURSDAY).then(MISSED)
    again = spec(FOLLOW_UP).given(SCHEDULED, at(THURSDAY, MISSED))
    again.when(MISS, at=FRIDAY).then_rejected("follow-up.already-missed")
    moved = again.given(at(THURSDAY, MOVED))
    moved.when(MISS, at=FRIDAY).then(replace(MISSED, due_at=FRIDAY))


def test_it_ends_by_being_done_or_called_off():
    told = spec(FOLLOW_UP).given(SCHEDULED, at(THURSDAY, MISSED))
    told.when(FINISH).then(DONE)
    told.when(CALL_OFF, reason="They left").then(CALLED_OFF)
    told.when(CALL_OFF).then_rejected("follow-up.reason-missing", field="reason")


@pytest.mark.parametrize("wish", [TAKE, MOVE, MISS, FINISH, CALL_OFF])
@pytest.mark.parametrize("end", [DONE, CALLED_OFF])
def test_what_is_over_stays_over(wish, end):
    told = spec(FOLLOW_UP).given(SCHEDULED, end)
    told.when(wish, at=WEDNESDAY, reason="x").then_rejected("follow-up.over")
    spec(FOLLOW_UP).when(wish, reason="x").then_rejected("follow-up.unknown")
    assert not told.active


def test_what_is_personal():
    assert personal_fields(FollowUpDone) == {"note": "customer_id"}
    assert ANA not in {each.member_id for each in (SCHEDULED, TAKEN)}


# --- HTTP, and what happens by itself -------------------------------------------------------------


@pytest.mark.parametrize(("channel", "follows"), [(Channel.API, True), (Channel.IMPORT, False)])
def test_nobody_is_called_back_about_what_another_system_resolved(channel, follows):
    told = [
        RequestOpened(
            customer_id=HARBOUR,
            department_id=SERVICE,
            kind=RequestKind.COMPLAINT,
            channel=ContactChannel.EMAIL,
            title="It leaks",
        ),
        RequestResolved(customer_id=HARBOUR, resolution="Replaced"),
    ]
    document = None
    envelope = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=channel)
    for position, event in enumerate(told, start=1):
        fact = Recorded(
            stream_id=ID,
            version=position,
            event=event,
            envelope=envelope,
            position=position,
            recorded_at=MONDAY,
        )
        document = {**(document or {}), **(fold_cause(document, fact, ID) or {})}
    assert document is not None
    assert (document["follow_up_at"] is not None) == follows


def test_what_is_due_to_whom(api, company):
    department, member = company.department().id, company.member().id
    later = follow_up(company, department_id=department, due_at="2999-05-01T00:00:00Z")
    sooner = follow_up(company, department_id=department, member_id=member)
    taken = company.do(f"/follow-ups/{later.id}/assign", {"member_id": member}, seen=1)
    queue = {"filter[department_id]": department}
    assert api.get("/follow-ups", after=taken, **queue).ids == [sooner.id, later.id]
    mine = {"filter[holder_id]": member, "filter[status]": "due"}
    assert api.get("/follow-ups", **mine).ids == [sooner.id, later.id]
    body = {"satisfied": "no", "outcome": "It leaks again", "note": "Sounded tired"}
    done = company.do(f"/follow-ups/{sooner.id}/finish", body, seen=1)
    shown = api.get(f"/follow-ups/{sooner.id}", after=done).json
    assert (shown["status"], shown["satisfied"]) == ("done", "no")
    assert api.get("/follow-ups", after=done, **mine).ids == [later.id]


def test_another_customers_request_is_not_what_it_is_about(api, company):
    request = company.request().id
    body = {
        "department_id": company.department().id,
        "about": "x",
        "due_at": "2999-01-01T00:00:00Z",
        "request_id": request,
    }
    answer = api.post(f"/customers/{company.customer().id}/follow-ups", body)
    answer.refused(422, "request.unknown", "/request_id")


def scheduled(crm: Crm, request: str) -> int:
    """At which version the call-back of a request stands."""
    id_ = follow_up_of(RequestId(UUID(request)))
    return crm.load(FOLLOW_UP, id_).version


def test_a_resolved_complaint_is_followed_up_exactly_once(api, company, running):
    request = raised(company)
    resolved = company.do(f"/requests/{request}/resolve", RESOLVE[1], seen=1)
    wait_until(lambda: scheduled(running.crm, request) == 1, seconds=30)
    company.do(f"/requests/{request}/reopen", {}, seen=2)
    again = company.do(f"/requests/{request}/resolve", RESOLVE[1], seen=3)
    # Another, resolved later: when that one is followed up, this one was looked at again.
    other = raised(company, RESOLVE)
    wait_until(lambda: scheduled(running.crm, other) == 1, seconds=30)
    assert scheduled(running.crm, request) == 1
    mine = {"filter[request_id]": request}
    (found,) = api.get("/follow-ups", after=again, **mine).json["items"]
    opened = api.get(f"/audit/events/{resolved.position}").json
    at_ = datetime.fromisoformat(opened["occurred_at"])
    assert datetime.fromisoformat(found["due_at"]) == at_ + AFTER
    assert found["holder_id"] is None


def test_what_is_overdue_is_reminded_of_once(api, company):
    past = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    due = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    customer = company.customer(occurred_at=past).id
    made = follow_up(company, customer=customer, due_at=due, occurred_at=past)

    def names() -> list[str]:
        history = api.get(f"/follow-ups/{made.id}/history").json["items"]
        return [fact["name"] for fact in history]

    wait_until(lambda: "follow-up.missed" in names(), seconds=30)
    moved = {"due_at": "2999-01-01T00:00:00Z"} | WHY
    done = company.do(f"/follow-ups/{made.id}/move", moved, seen=2)
    assert api.get(f"/follow-ups/{made.id}", after=done).json["status"] == "due"
    assert names().count("follow-up.missed") == 1
