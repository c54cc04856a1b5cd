"""The complaints report: every figure by hand, each with the facts that it counts."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, HARBOUR, SERVICE, YUNHE, sample_id

from domain.customers.customer import CustomerRetracted
from domain.ids import RequestId
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.money import Money
from domain.support.complaint import (
    Cause,
    CompensationApproved,
    CompensationKind,
    ComplaintAcknowledged,
    ComplaintClassified,
    ComplaintSettled,
)
from domain.support.improvement import Figure
from domain.support.request import (
    RequestOpened,
    RequestReopened,
    RequestResolved,
    RequestRetracted,
    RequestVoided,
)
from domain.support.words import RequestKind, VoidedBecause
from domain.values import ContactChannel
from projections.reports.activity import Span
from projections.reports.complaint_cases import Cases
from projections.reports.complaints import Question, figure, per_customer, report
from projections.reports.period import Period
from tests.web.stories_complaints import on_behalf, raised

pytest_plugins = ["tests.web.fixtures"]

MARCH = Period(date(2025, 3, 1), date(2025, 4, 1), UTC)
START = datetime(2025, 3, 3, 9, tzinfo=UTC)


class Story:
    """Facts of requests, told one after the other; positions count from 1."""

    def __init__(self) -> None:
        self.cases = Cases()
        self.positions: Iterator[int] = count(1)

    def tell(self, request: int, event: Any, hours: float = 0) -> int:
        """Tell what happened to a request so many hours after the start; return its position."""
        position, at = next(self.positions), START + timedelta(hours=hours)
        envelope = Envelope(occurred_at=at, actor=Actor.member(ANA), channel=Channel.API)
        self.cases.take(
            Recorded(
                stream_id=sample_id(request),
                version=1,
                event=event,
                envelope=envelope,
                position=position,
                recorded_at=at,
            )
        )
        return position

    def report(self, **question: int) -> dict[str, Any]:
        """Return the report of March."""
        return report(self.cases, Question(MARCH, **question), self.cases.last_at)


def opened(kind: RequestKind = RequestKind.COMPLAINT, customer: Any = HARBOUR) -> RequestOpened:
    return RequestOpened(
        customer_id=customer,
        department_id=SERVICE,
        kind=kind,
        channel=ContactChannel.EMAIL,
        title="It leaks",
    )


def about(request: int) -> dict[str, Any]:
    return {"customer_id": HARBOUR, "request_id": RequestId(sample_id(request))}


def acknowledged(request: int) -> ComplaintAcknowledged:
    return ComplaintAcknowledged(**about(request), channel=ContactChannel.PHONE)


def classified(request: int, cause: Cause) -> ComplaintClassified:
    return ComplaintClassified(**about(request), cause=cause)


RESOLVED = RequestResolved(customer_id=HARBOUR, resolution="Replaced")
REOPENED = RequestReopened(customer_id=HARBOUR)
FAR = 24 * 40.0


def counted(found: dict[str, Any]) -> tuple[int, list[str]]:
    return found["count"], found["evidence"]


# --- The cohort -----------------------------------------------------------------------------------


def test_complaints_opened_in_the_period_count_and_nothing_else():
    story = Story()
    first = story.tell(1, opened())
    story.tell(2, opened(RequestKind.SUPPORT))
    story.tell(3, opened(), FAR)
    found = story.report()
    assert counted(found["opened"]) == (1, [str(first)])


@pytest.mark.parametrize("because", VoidedBecause)
def test_what_was_voided_is_left_out_and_shown_with_why(because):
    story = Story()
    story.tell(1, opened())
    story.tell(2, opened())
    story.tell(2, RequestVoided(customer_id=HARBOUR, because=because), FAR)
    found = story.report()
    assert found["opened"]["count"] == 1
    assert found["excluded"] == [
        {"request_id": str(sample_id(2)), "because": because, "evidence": ["2", "3"]}
    ]


def test_what_was_recorded_by_mistake_never_was():
    story = Story()
    story.tell(1, opened())
    story.tell(1, RequestRetracted(customer_id=HARBOUR))
    story.tell(2, opened(customer=YUNHE))
    gone = CustomerRetracted()
    story.tell(0xC2, gone)
    assert sample_id(0xC2) == YUNHE
    found = story.report()
    assert (found["opened"]["count"], found["excluded"]) == (0, [])
    assert (found["reopen_rate"], found["resolution_rate"]) == (None, None)
    assert found["acknowledgement"]["percent"] is None


# --- Times ----------------------------------------------------------------------------------------


def test_acknowledged_within_late_or_pending():
    story = Story()
    for request, hours in ((1, 24), (2, 24.01), (3, None), (4, None)):
        story.tell(request, opened(), 90 if request == 4 else 0)
        if hours is not None:
            story.tell(request, acknowledged(request), hours)
    story.tell(1, acknowledged(1), 100)  # the first counts; it is the last that happened
    found = story.report()["acknowledgement"]
    assert counted(found["within"]) == (1, ["1", "2"])
    assert counted(found["late"]) == (2, ["3", "4", "5"])  # one too late, one overdue
    assert counted(found["pending"]) == (1, ["6"])
    assert found["percent"] == "33.33"


def test_the_target_is_a_question():
    story = Story()
    story.tell(1, opened())
    story.tell(1, acknowledged(1), 2)
    assert story.report(acknowledge_hours=2)["acknowledgement"]["percent"] == "100.00"
    assert story.report(acknowledge_hours=1)["acknowledgement"]["percent"] == "0.00"


def test_what_came_back_was_not_resolved_before():
    story = Story()
    story.tell(1, opened())
    story.tell(1, RESOLVED, 10)
    story.tell(2, opened())
    story.tell(2, RESOLVED, 20)
    story.tell(2, REOPENED, 30)
    story.tell(2, RESOLVED, 121)
    story.tell(3, opened())
    story.tell(3, RESOLVED, 20)
    story.tell(3, REOPENED, 40)
    story.tell(4, opened())
    found = story.report()
    assert counted(found["resolved"]) == (3, ["2", "4", "6", "8"])
    assert counted(found["reopened"]) == (2, ["5", "9"])
    assert found["reopen_rate"] == "66.67"
    assert found["resolution_rate"] == "25.00"
    resolution = found["resolution"]
    assert counted(resolution["within"]) == (1, ["1", "2"])
    assert resolution["late"]["count"] == 3  # too late, and two overdue by then
    assert resolution["percent"] == "25.00"


def test_times_decide_and_not_when_they_were_recorded():
    story = Story()
    story.tell(1, opened())
    story.tell(1, RESOLVED, 50)
    story.tell(1, REOPENED, 30)
    story.tell(1, RESOLVED, 20)
    found = story.report()
    assert counted(found["reopened"]) == (1, ["3"])
    assert found["resolution"]["within"]["evidence"] == ["1", "2"]


# --- Causes, money and words ----------------------------------------------------------------------


def test_causes_as_last_classified_in_the_order_of_pareto():
    story = Story()
    causes = [Cause.SERVICE, Cause.DELIVERY, Cause.DELIVERY, Cause.BILLING, None, None, None]
    for request, cause in enumerate(causes, start=1):
        story.tell(request, opened())
        if cause:
            story.tell(request, classified(request, Cause.OTHER))
            story.tell(request, classified(request, cause))
    found = story.report()["causes"]
    told = [(each["cause"], each["count"], each["share"], each["cumulative"]) for each in found]
    assert told == [
        ("delivery", 2, "28.57", "28.57"),
        ("billing", 1, "14.29", "42.86"),
        ("service", 1, "14.29", "57.14"),
        ("unclassified", 3, "42.86", "100.00"),
    ]
    assert found[0]["evidence"] == ["6", "9"]
    assert found[-1]["evidence"] == ["13", "14", "15"]


@given(st.lists(st.sampled_from([*Cause, None]), max_size=60))
def test_no_complaint_is_lost_among_the_causes(causes):
    story = Story()
    for request, cause in enumerate(causes, start=1):
        story.tell(request, opened())
        if cause:
            story.tell(request, classified(request, cause))
    found = story.report()["causes"]
    assert sum(each["count"] for each in found) == len(causes)
    assert len({p for each in found for p in each["evidence"]}) == len(causes)
    classified_ = [each["count"] for each in found if each["cause"] != "unclassified"]
    assert classified_ == sorted(classified_, reverse=True)
    assert [each["cumulative"] for each in found[-1:]] == ["100.00"] * bool(causes)


def granted(request: int, minor: int, currency: str) -> CompensationApproved:
    kind = CompensationKind.REFUND
    return CompensationApproved(**about(request), kind=kind, amount=Money(minor, currency))


def test_what_was_granted_currency_by_currency():
    story = Story()
    for request in (1, 2, 3):
        story.tell(request, opened())
    story.tell(1, granted(1, 12050, "CNY"))
    story.tell(1, granted(1, 1, "CNY"))
    story.tell(2, granted(2, 500, "JPY"))
    story.tell(3, granted(3, 999, "CNY"))
    story.tell(3, RequestVoided(customer_id=HARBOUR, because=VoidedBecause.SPAM))
    assert story.report()["compensation"] == [
        {"currency": "CNY", "amount": "120.51", "count": 2, "evidence": ["4", "5"]},
        {"currency": "JPY", "amount": "500", "count": 1, "evidence": ["6"]},
    ]


def test_the_last_word_counts():
    story = Story()
    story.tell(1, opened())
    story.tell(1, ComplaintSettled(**about(1), accepted=False))
    story.tell(1, ComplaintSettled(**about(1), accepted=True))
    found = story.report()["settled"]
    assert counted(found["accepted"]) == (1, ["3"])
    assert counted(found["not_accepted"]) == (0, [])
    story.tell(2, opened())
    story.tell(2, ComplaintSettled(**about(2), accepted=False))
    assert story.report()["settled"]["percent"] == "50.00"


def test_complaints_for_every_hundred_active_customers():
    story = Story()
    story.tell(1, opened())
    held = Span(START - timedelta(days=900), None, (7,))
    over = Span(START - timedelta(days=900), MARCH.start - timedelta(seconds=1), (8,))
    later = Span(MARCH.end, None, (9,))
    bought = Span(START, START + timedelta(days=90), (10,))
    spans = [{HARBOUR: [held, over], YUNHE: [over, later]}, {HARBOUR: [bought]}]
    found = per_customer(story.cases, spans, MARCH)
    assert counted(found["active_customers"]) == (1, ["7", "10"])
    assert found["complaint_rate"] == "100.00"
    assert per_customer(story.cases, [], MARCH)["complaint_rate"] is None


@pytest.mark.parametrize(
    ("which", "cause", "value"),
    [
        (Figure.COMPLAINTS, None, "3"), (Figure.COMPLAINTS, Cause.DELIVERY, "2"),
        (Figure.COMPLAINTS, Cause.BILLING, "0"), (Figure.CAUSE_SHARE, Cause.DELIVERY, "66.67"),
        (Figure.CAUSE_SHARE, Cause.BILLING, "0.00"), (Figure.REOPEN_RATE, None, "None"),
        (Figure.COMPLAINT_RATE, None, "None"),
    ],
)  # fmt: skip
def test_one_figure_of_it(which, cause, value):
    story = Story()
    for request in (1, 2, 3):
        story.tell(request, opened())
        if request < 3:
            story.tell(request, classified(request, Cause.DELIVERY))
    found = story.report() | per_customer(story.cases, [], MARCH)
    assert str(figure(found, which, cause)) == value


def test_of_nothing_a_share_is_nothing():
    assert figure(Story().report(), Figure.CAUSE_SHARE, Cause.PRODUCT) is None


# --- HTTP -----------------------------------------------------------------------------------------


def test_the_report_and_the_summary_that_rests_on_it(api, company):
    when = {"occurred_at": "1999-03-03T09:00:00+08:00"}
    customer = company.customer(occurred_at="1999-01-01T09:00:00+08:00").id
    department = company.department(occurred_at="1999-01-01T09:00:00+08:00").id
    request = raised(company, customer_id=customer, department_id=department, **when)
    period = {"from": "1999-03-03", "to": "1999-03-04"}
    body = {"conclusions": "One leak", **period}
    made = api.post("/complaint-summaries", body, headers=on_behalf(company)).went_well()
    path = f"/complaint-summaries/{made.id}"
    shown = api.get(path, after=made).went_well().json
    found = api.get("/reports/complaints", position=shown["position"], **period).went_well()
    assert hashlib.sha256(found.body).hexdigest() == shown["digest"] == shown["replayed"]
    assert shown["same"] is True
    told = json.loads(found.body)
    assert told["opened"]["count"] == 1
    # What is learned later changes the report, and not what the summary rests on.
    void = company.do(f"/requests/{request}/void", {"reason": "Spam"}, seen=1)
    now = api.get("/reports/complaints", after=void, **period).went_well()
    assert now.json["opened"]["count"] == 0
    assert now.body != found.body
    again = api.get(path, after=void).went_well().json
    assert again == shown
    assert UUID(shown["published_by"])


def test_no_program_concludes(api):
    body = {"conclusions": "x", "from": "2025-01-01", "to": "2025-02-01"}
    answer = api.post("/complaint-summaries", body)
    answer.refused(409, "complaint-summary.nobody-concludes")
