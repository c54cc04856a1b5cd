"""An improvement: owned, due, carried out, and verified by somebody else over equal periods."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from spec import (
    ANA,
    BO,
    FRIDAY,
    LI_NA,
    MONDAY,
    SERVICE,
    THURSDAY,
    WEDNESDAY,
    at,
    sample_id,
    spec,
)

from domain.confidential import FieldClass, confidential_fields
from domain.ids import ImprovementId
from domain.kernel import Actor
from domain.support.complaint import Cause
from domain.support.improvement import (
    EVIDENCE,
    IMPROVEMENT,
    CloseImprovement,
    Days,
    ExtendImprovement,
    Figure,
    FinishImprovement,
    Goal,
    ImprovementClosed,
    ImprovementDone,
    ImprovementExtended,
    ImprovementMissed,
    ImprovementOpened,
    ImprovementVerified,
    MeasureNoted,
    MissImprovement,
    NoteMeasure,
    OpenImprovement,
    VerifyImprovement,
)
from tests.web.client import wait_until
from tests.web.stories_complaints import (
    FINDING,
    WHY,
    acted,
    complaint,
    improvement,
    on_behalf,
    raised,
)

pytest_plugins = ["tests.web.fixtures"]

ID = ImprovementId(sample_id(0x1A))
BEFORE = Days(date(2025, 1, 1), date(2025, 2, 1))
AFTER = Days(date(2025, 2, 1), date(2025, 3, 4))
GOAL = Goal(figure=Figure.CAUSE_SHARE, cause=Cause.DELIVERY, baseline=BEFORE)

OPEN = OpenImprovement(
    id=ID,
    department_id=SERVICE,
    member_id=ANA,
    finding="One delivery in five comes late",
    figure=Figure.CAUSE_SHARE,
    cause=Cause.DELIVERY,
    baseline_from=BEFORE.first,
    baseline_to=BEFORE.last,
    due_at=THURSDAY,
    evidence=(3, 7),
)
NOTE = NoteMeasure(id=ID, measure="A second carrier")
EXTEND = ExtendImprovement(id=ID, due_at=FRIDAY)
MISS = MissImprovement(id=ID)
FINISH = FinishImprovement(id=ID)
VERIFY = VerifyImprovement(
    id=ID,
    after_from=AFTER.first,
    after_to=AFTER.last,
    over_at=WEDNESDAY,
    before=Decimal("40.00"),
    after=Decimal("25.00"),
    position=99,
)
CLOSE = CloseImprovement(id=ID)

OPENED = ImprovementOpened(
    department_id=SERVICE,
    member_id=ANA,
    finding="One delivery in five comes late",
    evidence=(3, 7),
    goal=GOAL,
    due_at=THURSDAY,
)
NOTED = MeasureNoted(measure="A second carrier")
EXTENDED = ImprovementExtended(due_at=FRIDAY)
MISSED = ImprovementMissed(due_at=THURSDAY)
DONE = ImprovementDone()
VERIFIED = ImprovementVerified(
    before=Decimal("40.00"), after=Decimal("25.00"), period=AFTER, position=99, effective=True
)
CLOSED = ImprovementClosed()

# --- Rules ------------------------------------------------------------------------------------


def test_a_finding_has_an_owner_a_deadline_and_a_figure():
    spec(IMPROVEMENT).when(OPEN).then(OPENED)
    spec(IMPROVEMENT).given(OPENED).when(OPEN).then_rejected("improvement.exists")


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        (replace(OPEN, due_at=MONDAY), "improvement.in-the-past", "due_at"),
        (replace(OPEN, cause=None), "improvement.cause-missing", "cause"),
        (replace(OPEN, baseline_to=BEFORE.first), "improvement.empty-period", "baseline_to"),
        (
            replace(OPEN, evidence=tuple(range(EVIDENCE + 1))),
            "improvement.too-much-evidence",
            "evidence",
        ),
    ],
)
def test_what_cannot_be_opened(wish, code, field):
    spec(IMPROVEMENT).when(wish).then_rejected(code, field=field)


def test_only_the_share_of_a_cause_needs_one():
    other = replace(OPEN, figure=Figure.REOPEN_RATE, cause=None)
    goal = Goal(figure=Figure.REOPEN_RATE, cause=None, baseline=BEFORE)
    spec(IMPROVEMENT).when(other).then(replace(OPENED, goal=goal))


def test_more_time_has_a_reason():
    told = spec(IMPROVEMENT).given(OPENED)
    told.when(EXTEND, reason="The carrier is late itself").then(EXTENDED)
    told.when(EXTEND).then_rejected("improvement.reason-missing", field="reason")
    earlier = replace(EXTEND, due_at=THURSDAY)
    told.when(earlier, reason="x").then_rejected("improvement.not-later", field="due_at")


def test_it_is_missed_once_for_each_deadline():
    told = spec(IMPROVEMENT).given(OPENED)
    told.when(MISS, at=THURSDAY - timedelta(seconds=1)).then_rejected("improvement.not-due")
    told.when(MISS, at=THURSDAY).then(MISSED)
    missed = told.given(at(THURSDAY, MISSED))
    missed.when(MISS, at=FRIDAY).then_rejected("improvement.already-missed")
    extended = missed.given(at(THURSDAY, EXTENDED))
    extended.when(MISS, at=FRIDAY).then(replace(MISSED, due_at=FRIDAY))


def test_somebody_else_than_its_owner_verifies_it():
    told = spec(IMPROVEMENT).given(OPENED, DONE)
    told.when(VERIFY, at=FRIDAY, by=BO).then(VERIFIED)
    own = "improvement.own-verification"
    told.when(VERIFY, at=FRIDAY, by=ANA).then_rejected(own)
    told.when(VERIFY, at=FRIDAY, by=BO, on_behalf_of=ANA).then_rejected(own)
    told.when(VERIFY, at=FRIDAY, by=ANA, on_behalf_of=LI_NA).then_rejected(own)
    program = told.when(VERIFY, at=FRIDAY, by=Actor.system("bot"))
    program.then_rejected("improvement.nobody-verifies")


@pytest.mark.parametrize(
    ("before", "after", "effective"),
    [("40", "25", True), ("25", "25", False), ("25", "40", False), ("40", None, False),
     (None, "0", False), (None, None, False)],
)  # fmt: skip
def test_less_is_better_and_nothing_is_no_proof(before, after, effective):
    numbers = [None if each is None else Decimal(each) for each in (before, after)]
    wish = replace(VERIFY, before=numbers[0], after=numbers[1])
    told = spec(IMPROVEMENT).given(OPENED, DONE).when(wish, at=FRIDAY, by=BO)
    told.then(replace(VERIFIED, before=numbers[0], after=numbers[1], effective=effective))


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        (replace(VERIFY, after_to=date(2025, 3, 3)), "improvement.other-length", "after_to"),
        (
            replace(VERIFY, after_from=date(2025, 1, 31), after_to=date(2025, 3, 3)),
            "improvement.periods-overlap",
            "after_from",
        ),
        (replace(VERIFY, over_at=FRIDAY), "improvement.period-not-over", "after_to"),
    ],
)
def test_periods_are_compared_that_can_be(wish, code, field):
    told = spec(IMPROVEMENT).given(OPENED, DONE)
    told.when(wish, at=THURSDAY, by=BO).then_rejected(code, field=field)


def test_nothing_is_verified_before_it_is_done():
    told = spec(IMPROVEMENT).given(OPENED)
    told.when(VERIFY, at=FRIDAY, by=BO).then_rejected("improvement.not-done")
    told.when(FINISH).then(DONE)
    told.given(DONE).when(FINISH).then_rejected("improvement.already-done")
    told.given(DONE).when(NOTE).then(NOTED)


@pytest.mark.parametrize("wish", [NOTE, EXTEND, MISS, FINISH, VERIFY, CLOSE])
@pytest.mark.parametrize("end", [VERIFIED, CLOSED])
def test_what_is_over_stays_over(wish, end):
    told = spec(IMPROVEMENT).given(OPENED, DONE, end)
    told.when(wish, at=FRIDAY, by=BO, reason="x").then_rejected("improvement.over")
    spec(IMPROVEMENT).when(wish, at=FRIDAY, by=BO, reason="x").then_rejected("improvement.unknown")
    assert not told.active


def test_it_is_closed_without_effect_with_a_reason():
    told = spec(IMPROVEMENT).given(OPENED)
    told.when(CLOSE, reason="Another way is tried").then(CLOSED)
    told.when(CLOSE).then_rejected("improvement.reason-missing", field="reason")


def test_findings_are_internal():
    assert confidential_fields(OPENED) == {"finding": FieldClass.NOTES}


# --- HTTP -----------------------------------------------------------------------------------------


def told_of(company, when: str, causes: list[str]) -> str | None:
    """Tell complaints of a day, and return the position of the last fact."""
    old = {"occurred_at": "1998-01-01T00:00:00Z"}
    customer, department = company.customer(**old).id, company.department(**old).id
    last = None
    for cause in causes:
        request = raised(company, customer_id=customer, department_id=department, occurred_at=when)
        last = acted(company, request, "classify", {"cause": cause}).position
    return last


def test_the_effect_is_what_the_log_says(api, company):
    told_of(company, "1998-03-03T04:00:00Z", ["delivery", "delivery", "billing"])
    last = told_of(company, "1998-04-03T04:00:00Z", ["delivery", "billing", "billing"])
    before = {"baseline_from": "1998-03-01", "baseline_to": "1998-04-01"}
    owner, judge = company.member().id, company.member().id
    step = ("measures", {"measure": "A second carrier"})
    done = improvement(company, step, ("finish", {}), member_id=owner, **before)
    path, period = f"/improvements/{done.id}/verify", {"after_from": "1998-04-01"}
    period["after_to"] = "1998-05-02"
    api.get("/audit/events", after=last)
    own = api.post(path, period, seen=3, headers=on_behalf(company, owner))
    own.refused(409, "improvement.own-verification")
    verified = company.do(path, period, seen=3, headers=on_behalf(company, judge))
    shown = api.get(f"/improvements/{done.id}", after=verified).json
    assert (shown["status"], [each["measure"] for each in shown["measures"]]) == (
        "verified",
        ["A second carrier"],
    )
    effect = shown["effect"]
    assert (effect["before"], effect["after"], effect["effective"]) == ("66.67", "33.33", True)
    assert effect["verified_by"] == judge
    again = {"from": "1998-03-01", "to": "1998-04-01", "position": effect["position"]}
    found = api.get("/reports/complaints", **again).json["causes"]
    assert [each["share"] for each in found if each["cause"] == "delivery"] == ["66.67"]


def test_a_finding_rests_on_facts_that_are_there(api, company):
    fact = complaint(company)
    api.get("/audit/events", after=fact)
    body = {"department_id": company.department().id, "member_id": company.member().id} | FINDING
    made = api.post("/improvements", body | {"evidence": [fact.position, fact.position]})
    shown = api.get(f"/improvements/{made.went_well().id}", after=made).json
    assert shown["evidence"] == [fact.position]
    refused = api.post("/improvements", body | {"evidence": [fact.position, "1"]})
    refused.refused(409, "improvement.no-such-fact", "/evidence")


def test_the_board_shows_what_is_overdue(api, company):
    past, due = "2024-12-31T00:00:00Z", "2025-01-31T00:00:00Z"
    department = company.department(occurred_at=past).id
    made = improvement(company, department_id=department, occurred_at=past, due_at=due)
    overdue = {"filter[department_id]": department, "filter[overdue]": "yes"}
    wait_until(lambda: api.get("/improvements", **overdue).ids == [made.id], seconds=30)
    more = company.do(
        f"/improvements/{made.id}/extend", {"due_at": "2999-01-01T00:00:00Z"} | WHY, seen=2
    )
    assert api.get("/improvements", after=more, **overdue).ids == []
    shown = api.get(f"/improvements/{made.id}").json
    assert (shown["extended"], shown["miss_at"]) == (1, "2999-01-01T00:00:00.000000Z")
