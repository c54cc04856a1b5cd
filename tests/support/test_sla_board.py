"""The SLA board: what it says at every step is what the engine says, and escalations come once."""

from datetime import UTC, datetime, time, timedelta
from itertools import count
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, SERVICE, sample_id

from domain.business_hours import Hours, Shift, Week, business_time, seconds_of
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.support import request
from domain.support.promise import Promise, Targets
from domain.support.request_life import happening, life
from domain.support.sla import SHARES, State, readings
from domain.support.words import LinkedAs, ReplyKind, RequestKind, WaitingOn
from domain.values import ContactChannel, Tier
from projections.documents import utc
from projections.reader import Reader
from projections.support.sla_board import SLA_BOARD, SlaBoard, written
from projections.timekeeper import Timekeeper
from projections.timers import TIMERS
from tests.web.client import wait_until
from tests.web.stories_standards import calendar, promised, standard

pytest_plugins = ["tests.web.fixtures"]

KEY = sample_id(7)
DAY = (Shift(time(9), time(12)), Shift(time(13), time(18)))
OFFICE = Hours("Asia/Shanghai", Week(mon=DAY, tue=DAY, wed=DAY, thu=DAY, fri=DAY))
HOURS_ID = sample_id(9)
MONDAY = datetime(2025, 9, 1, 1, tzinfo=UTC)


def board() -> SlaBoard:
    return SlaBoard(
        name="board",
        version=1,
        subject="request",
        fold=SLA_BOARD.fold,
        calendars={(str(HOURS_ID), 1): OFFICE},
    )


def promise(minutes: int, tier: Tier = Tier.NORMAL) -> Promise:
    targets = Targets(minutes, 2 * minutes, 3 * minutes)
    return Promise(sample_id(8), 1, HOURS_ID, 1, tier, targets)


OPENED = request.RequestOpened(
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=RequestKind.SUPPORT,
    channel=ContactChannel.EMAIL,
    title="Where is it?",
    promise=promise(60),
)
OURS = {"customer_id": HARBOUR}
STEPS = st.sampled_from(
    [
        request.RequestAssigned(member_id=ANA, **OURS),
        request.RequestAssigned(member_id=BO, **OURS),
        request.RequestQueued(department_id=SERVICE, **OURS),
        request.RequestReplied(kind=ReplyKind.PUBLIC, text="x", **OURS),
        request.RequestReplied(kind=ReplyKind.INTERNAL, text="x", **OURS),
        request.CustomerWrote(text="x", **OURS),
        request.WaitingStarted(on=WaitingOn.CUSTOMER, contracted=False, **OURS),
        request.WaitingEnded(on=WaitingOn.CUSTOMER, **OURS),
        request.WaitingStarted(on=WaitingOn.THIRD_PARTY, contracted=True, **OURS),
        request.WaitingEnded(on=WaitingOn.THIRD_PARTY, **OURS),
        request.RequestResolved(resolution="x", **OURS),
        request.RequestReopened(**OURS),
        request.RequestRetiered(promise=promise(10, Tier.STRATEGIC), **OURS),
        request.RequestRetiered(promise=promise(600, Tier.KEY), **OURS),
        request.RequestLinked(other_id=sample_id(1), as_=LinkedAs.RELATED, **OURS),
    ]
)


@st.composite
def lives(draw) -> list[Recorded]:
    """A request, opened on some morning, and what happened to it, each step a while later."""
    at, positions = MONDAY, count(1)
    told = []
    for event in [OPENED, *draw(st.lists(STEPS, max_size=12))]:
        envelope = Envelope(occurred_at=at, actor=Actor.member(ANA), channel=Channel.API)
        position = next(positions)
        told.append(
            Recorded(
                stream_id=KEY,
                version=position,
                event=event,
                envelope=envelope,
                position=position,
                recorded_at=at,
            )
        )
        at += timedelta(seconds=draw(st.integers(0, 100_000)))
    return told


@settings(deadline=None, max_examples=60)
@given(facts=lives())
def test_at_every_step_the_board_says_what_the_engine_says(facts):
    document = None
    hours = business_time(OFFICE)
    for known in range(1, len(facts) + 1):
        document = board().run(document, KEY, facts[known - 1 : known])
        told = [kept for fact in facts[:known] if (kept := happening(fact)) is not None]
        now = life(told, max(each.at for each in told))
        later = life(told, max(each.at for each in told) + 3600)
        clocks = list(readings(now, hours))
        assert [each["due_at"] for each in document["clocks"]] == [
            written(each.due_at) for each in clocks
        ]
        # What is foreseen is what comes if nothing happens: the same due time an hour later.
        running = [each for each in readings(later, hours) if each.state is State.RUNNING]
        due = min((each.due_at for each in running), default=None)
        assert document["due_at"] == written(due)
        for each in running:
            if each.breached_at is not None:
                assert document["breaks_at"] <= written(each.breached_at)
        assert all(fact["position"] for fact in document["facts"])


@settings(deadline=None, max_examples=40)
@given(facts=lives())
def test_facts_one_by_one_or_all_at_once_give_the_same_board(facts):
    step = None
    for fact in facts:
        step = board().run(step, KEY, [fact])
    assert step == board().run(None, KEY, facts)


@settings(deadline=None, max_examples=40)
@given(facts=lives())
def test_each_share_is_foreseen_at_the_second_at_which_it_is_reached(facts):
    """Carrying out each escalation leads through all that the engine says is reached."""
    document = board().run(None, KEY, facts)
    fired = []
    while (ahead := document["escalate"]) is not None:
        fired.append((ahead["reached_at"], ahead["clock"], ahead["cycle"], ahead["percent"]))
        at = datetime.fromisoformat(ahead["reached_at"])
        event = request.RequestEscalated(
            clock=ahead["clock"], cycle=ahead["cycle"], percent=ahead["percent"],
            reached_at=at, **OURS,
        )  # fmt: skip
        last = facts[-1]
        told = Recorded(
            stream_id=KEY, version=last.version + len(fired), event=event,
            envelope=last.envelope, position=last.position + len(fired), recorded_at=at,
        )  # fmt: skip
        document = board().run(document, KEY, [told])
    assert [at for at, *_ in fired] == sorted(at for at, *_ in fired)
    assert len(set(fired)) == len(fired)
    told = [kept for fact in facts if (kept := happening(fact)) is not None]
    end = seconds_of(MONDAY + timedelta(days=3650))
    running = [
        each
        for each in readings(life(told, end), business_time(OFFICE))
        if each.state is State.RUNNING
    ]
    assert sorted(fired) == sorted(
        (written(at), str(each.clock), each.cycle, share)
        for each in running
        for share, at in zip(SHARES, each.reached, strict=True)
    )


def test_what_is_voided_or_taken_back_is_off_the_board():
    facts = [OPENED, request.RequestVoided(**OURS)]
    envelope = Envelope(occurred_at=MONDAY, actor=Actor.member(ANA), channel=Channel.API)
    told = [
        Recorded(
            stream_id=KEY, version=number, event=event, envelope=envelope,
            position=number, recorded_at=MONDAY,
        )
        for number, event in enumerate(facts, 1)
    ]  # fmt: skip
    assert board().run(None, KEY, told[:1]) is not None
    assert board().run(None, KEY, told) is None


# --- Over HTTP --------------------------------------------------------------------------------


ANY = {"headers": {"If-Match": "*"}}
"""The server escalates beside the test: the version may go on at any time."""


def line_of(api, answer, **asked):
    shown = api.get("/sla-board", after=answer, **asked).went_well().json["items"]
    return next((each for each in shown if each["id"] == answer.id), None)


def test_a_request_is_on_the_board_until_it_is_done_with(api, company):
    department, hours = company.department().id, calendar(company).id
    standard(company, department_id=department, calendar_id=hours)
    ours = {"filter[department_id]": department}
    # Monday, 25 August 2025, 09:00 in Shanghai: 1440 business minutes are three days.
    opened = company.request(department_id=department, occurred_at="2025-08-25T01:00:00Z")
    line = line_of(api, opened, **ours)
    assert (line["state"], line["tier"]) == ("running", "normal")
    assert line["due_at"] == "2025-08-25T06:00:00Z".replace("Z", ".000000Z")  # 14:00: 240 minutes
    assert [each["due_at"][:16] for each in line["clocks"]] == [
        "2025-08-25T06:00",
        "2025-08-27T10:00",
    ]
    assert line["breaks_at"] == line["due_at"]
    counts = api.get("/sla-board/counts", after=opened, **ours).went_well().json
    assert counts == {"running": 1, "paused": 0, "breached": 1, "at_risk": 0}
    before = {"occurred_at": "2025-08-25T02:00:00Z"}
    replied = company.do(f"/requests/{opened.id}/reply", {"text": "Soon"} | before, **ANY)
    waiting = company.do(f"/requests/{opened.id}/wait", {"on": "customer"} | before, seen=replied)
    line = line_of(api, waiting, **ours)
    assert (line["state"], line["due_at"], line["breaks_at"]) == ("paused", None, None)
    assert line_of(api, waiting, **ours, due_before="2099-01-01T00:00:00Z") is None
    counts = api.get("/sla-board/counts", after=waiting, **ours).json
    assert counts == {"running": 0, "paused": 1, "breached": 0, "at_risk": 0}
    resolved = company.do(f"/requests/{opened.id}/resolve", {"resolution": "x"}, **ANY)
    assert line_of(api, resolved, **ours) is None
    line = line_of(api, resolved, **ours, **{"filter[state]": "stopped"})
    assert line["resolved_seconds"] == 3600


def test_the_clocks_of_a_request_at_any_moment(api, company):
    department, hours = company.department().id, calendar(company).id
    policy = standard(company, department_id=department, calendar_id=hours)
    member = company.member(department_id=department).id
    at = "2025-08-25T0{}:00:00Z".format
    opened = company.request(department_id=department, occurred_at=at(1))
    assigned = {"member_id": member, "occurred_at": at(2)}
    company.do(f"/requests/{opened.id}/assign", assigned, **ANY)
    replied = {"text": "Yes", "occurred_at": at(7)}
    last = company.do(f"/requests/{opened.id}/reply", replied, **ANY)
    path = f"/requests/{opened.id}/clocks"
    now = api.get(path, after=last).went_well().json
    first = now["clocks"][0]
    assert (first["clock"], first["state"], first["met"]) == ("first-response", "stopped", False)
    assert (first["elapsed_seconds"], first["over_seconds"]) == (5 * 3600, 3600)
    assert (first["breached_at"], first["charged_to"]) == ("2025-08-25T06:00:00.000000Z", member)
    assert [each["percent"] for each in first["reached"]] == [50, 75, 100]
    assert now["promise"]["policy_id"] == policy.id
    assert now["promise"]["calendar_version"] == 1
    assert len(now["evidence"]) == 3
    assert now["risk"]["comparable"] >= 0
    then = api.get(path, as_of=at(3)).went_well().json
    first = then["clocks"][0]
    assert (first["state"], first["met"], first["elapsed_seconds"]) == ("running", None, 7200)
    assert first["due_at"] == "2025-08-25T06:00:00.000000Z"
    assert len(then["evidence"]) == 2
    assert then["risk"] is None


def test_without_a_promise_there_are_no_clocks(api, company):
    opened = company.request()
    answer = api.get(f"/requests/{opened.id}/clocks", after=opened).went_well().json
    assert (answer["promise"], answer["clocks"], answer["risk"]) == (None, [], None)
    assert api.get(f"/requests/{uuid4()}/clocks").status == 404


# --- Escalations ------------------------------------------------------------------------------

ESCALATING = [timer for timer in TIMERS if timer.name == "request.escalate"]


def test_a_request_is_escalated_once_for_each_share(running, api, company):
    """By the server beside this test, and by other keepers that look at the same time."""
    opened = promised(company, occurred_at="2025-08-25T01:00:00Z")
    path = f"/requests/{opened.id}/clocks"
    reader = Reader(running.crm.pool)
    keepers = [Timekeeper(running.crm, reader, ESCALATING) for _ in range(2)]

    def escalated():
        for keeper in keepers:
            keeper.sweep()
        return api.get(path, after=opened).went_well().json["escalations"]

    wait_until(lambda: len(escalated()) >= 6, seconds=60)
    shown = escalated()
    assert [(each["clock"], each["percent"]) for each in shown] == [
        ("first-response", 50),
        ("first-response", 75),
        ("first-response", 100),
        ("resolution", 50),
        ("resolution", 75),
        ("resolution", 100),
    ]
    assert [each["reached_at"] for each in shown] == sorted(each["reached_at"] for each in shown)
    assert shown[0]["reached_at"] == utc(datetime(2025, 8, 25, 3, tzinfo=UTC))
