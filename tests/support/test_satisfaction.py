"""What surveys come to, told by real commands and counted by hand."""

import math
from datetime import date, timedelta
from fractions import Fraction
from statistics import NormalDist
from zoneinfo import ZoneInfo

import pytest
from spec import ANA, BO, HARBOUR, MONDAY, YUNHE, sample_id

from application.store.log import NOW, Window
from domain.customers.customer import CustomerDetails, RegisterCustomer, RetractCustomer
from domain.customers.ownership import ClaimCustomer, TransferOwnership, ownership_id
from domain.ids import RequestId, SurveyId
from domain.support.request import OpenRequest, QueueRequest, RequestKind
from domain.support.scale import Aspect, Scale
from domain.support.survey import RecordAnswers, Score, SendSurvey, VoidSurvey, asking
from domain.support.survey_form import (
    SURVEY_FORM,
    Audience,
    DraftSurveyForm,
    PublishSurveyForm,
    Questions,
    survey_form_id,
)
from domain.support.survey_programme import SurveyChannel
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember
from domain.values import ContactChannel
from projections.reports.intervals import net, wilson
from projections.reports.period import Period
from projections.reports.replaying import as_json
from projections.reports.satisfaction import By, Question, satisfaction

SHANGHAI = ZoneInfo("Asia/Shanghai")
MARCH = Period(date(2025, 3, 1), date(2025, 4, 1), SHANGHAI)
ASPECTS = (
    Aspect("overall", "a", "a", Scale.FIVE),
    Aspect("effort", "a", "a", Scale.SEVEN),
    Aspect("quality", "a", "a", Scale.TEN),
    Aspect("recommend", "a", "a", Scale.ELEVEN),
)
REQUEST = RequestId(sample_id(0x4E))
IDS = [SurveyId(sample_id(0x500 + number)) for number in range(20)]


@pytest.fixture
def tell(crm, envelope):
    def carry_out(command, day=0.0, reason=None):
        when = MONDAY + timedelta(days=day)
        return crm.handle(command, envelope(occurred_at=when, reason=reason)).position

    for code in ("sales", "service"):
        kind = DepartmentKind.CORE
        carry_out(CreateDepartment(id=department_id(code), code=code, name=code, kind=kind))
    for who, code in ((ANA, "sales"), (BO, "service")):
        carry_out(JoinMember(id=who, name="A", department_id=department_id(code), role="agent"))
    for customer in (HARBOUR, YUNHE):
        carry_out(RegisterCustomer(id=customer, details=CustomerDetails(name=str(customer))))
    claim = ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=ANA)
    carry_out(claim)
    for audience in Audience:
        form = survey_form_id(audience)
        asked = Questions("a", "a", ASPECTS)
        carry_out(DraftSurveyForm(id=form, name=audience, audience=audience, questions=asked))
        carry_out(PublishSurveyForm(id=form))
    return carry_out


@pytest.fixture
def send(crm, tell):
    def carry_out(number, day=0.0, audience=Audience.CUSTOMERS, **whom):
        form = survey_form_id(audience)
        version, asked, asks_comment = asking(crm.load(SURVEY_FORM, form).state)
        command = SendSurvey(
            id=IDS[number],
            form_id=form,
            form_version=version,
            asked=asked,
            asks_comment=asks_comment,
            expires_at=MONDAY + timedelta(days=365),
            **(whom or {"customer_id": HARBOUR}),
        )
        return tell(command, day)

    return carry_out


@pytest.fixture
def answer(tell):
    def carry_out(number, day=1.0, **scores):
        answers = tuple(Score(aspect, score) for aspect, score in scores.items())
        record = RecordAnswers(id=IDS[number], channel=SurveyChannel.PHONE, answers=answers)
        return tell(record, day)

    return carry_out


@pytest.fixture
def told(send, answer):
    def carry_out(aspect, scores):
        for number, score in enumerate(scores):
            send(number)
            answer(number, **{aspect: score})

    return carry_out


def asked(crm, aspect, window=NOW, **more):
    return satisfaction(crm.facts, Question(aspect, MARCH, **more), window)


# --- Figures ----------------------------------------------------------------------------------


def test_nothing_is_null_and_never_zero(crm):
    found = asked(crm, "overall", by=By.DEPARTMENT)
    nothing = {name: found[name] for name in ("value", "mean", "low", "high", "response")}
    assert set(nothing.values()) == {None}
    assert (found["n"], found["sent"], found["answered"]) == (0, 0, 0)
    assert (found["months"], found["groups"], found["evidence"]) == ([], [], [])


def test_sent_and_not_answered_is_a_response_of_nought(crm, send):
    send(0)
    found = asked(crm, "overall")
    assert (found["sent"], found["response"], found["value"]) == (1, "0.00", None)


@pytest.mark.parametrize(
    ("aspect", "scores", "expected"),
    [
        ("overall", [3, 4, 5], ("66.67", "4.00", "csat")),
        ("effort", [4, 5, 7], ("66.67", "5.33", "ces")),
        ("quality", [8, 9, 10], ("66.67", "9.00", "csat")),
        ("recommend", [6, 7, 8, 9], ("0.00", "7.50", "nps")),
        ("recommend", [0, 6, 9], ("-33.33", "5.00", "nps")),
        ("recommend", [9, 10, 8], ("66.67", "9.00", "nps")),
    ],
)
def test_top_answers_and_promoters(crm, told, aspect, scores, expected):
    told(aspect, scores)
    found = asked(crm, aspect)
    assert (found["value"], found["mean"], found["measure"]) == expected
    assert (found["n"], found["response"]) == (len(scores), "100.00")


def test_the_last_answer_counts_by_when_it_was_given(crm, send, answer):
    send(0)
    first, late = answer(0, 3, overall=5), answer(0, 2, overall=1)
    found = asked(crm, "overall")
    assert (found["evidence"], found["value"]) == ([str(first)], "100.00")
    assert found["excluded"] == [{"id": str(late), "reason": "superseded"}]


def test_outside_the_period_it_does_not_count_nor_does_what_it_replaces(crm, send, answer):
    send(0)
    inside, after = answer(0, 3, overall=5), answer(0, 40, overall=1)
    found = asked(crm, "overall")
    assert (found["n"], found["sent"], found["response"]) == (0, 1, "100.00")
    assert found["excluded"] == [
        {"id": str(inside), "reason": "superseded"},
        {"id": str(after), "reason": "outside_period"},
    ]
    known = asked(crm, "overall", Window(position=inside))
    assert (known["n"], known["value"], known["excluded"]) == (1, "100.00", [])


def test_a_period_begins_and_ends_at_midnight_where_the_company_is(crm, send, answer):
    # 1 March and 1 April 2025 begin at 16:00 UTC of the day before; MONDAY is 3 March, 9:00.
    for number in range(4):
        send(number, -60)
    begin, end = -2 - 17 / 24, 31 - 2 - 17 / 24
    instant = 1 / 86400
    told = [
        answer(number, day, overall=5)
        for number, day in enumerate((begin - instant, begin, end - instant, end))
    ]
    found = asked(crm, "overall")
    assert found["evidence"] == [str(told[1]), str(told[2])]
    assert found["sent"] == 0
    assert found["response"] is None


def test_what_was_voided_counts_nowhere(crm, tell, send, answer):
    for number in range(2):
        send(number)
    gone, kept = answer(0, overall=1), answer(1, overall=5)
    tell(VoidSurvey(id=IDS[0]), 2, reason="Another company's")
    found = asked(crm, "overall")
    assert (found["n"], found["value"], found["sent"]) == (1, "100.00", 1)
    assert found["evidence"] == [str(kept)]
    assert found["excluded"] == [{"id": str(gone), "reason": "voided"}]


def test_who_was_registered_by_mistake_was_never_asked(crm, tell, send, answer):
    send(0)
    send(1, customer_id=YUNHE)
    answer(0, overall=5)
    before = answer(1, overall=1)
    tell(RetractCustomer(id=YUNHE), 2)
    found = asked(crm, "overall")
    assert (found["n"], found["value"], found["sent"], found["excluded"]) == (1, "100.00", 1, [])
    assert asked(crm, "overall", Window(position=before))["n"] == 2


def test_customers_and_staff_are_never_counted_together(crm, send, answer):
    send(0)
    send(1, audience=Audience.STAFF, member_id=BO)
    answer(0, overall=5)
    answer(1, overall=1)
    assert asked(crm, "overall")["value"] == "100.00"
    staff = asked(crm, "overall", audience=Audience.STAFF, by=By.DEPARTMENT)
    assert (staff["n"], staff["value"], staff["sent"]) == (1, "0.00", 1)
    assert [each["group"] for each in staff["groups"]] == [str(department_id("service"))]


def test_blanks_are_skipped(crm, send, answer):
    for number in range(2):
        send(number)
    answer(0, overall=5, effort=7)
    answer(1, effort=1)
    found = asked(crm, "overall")
    assert (found["n"], found["sent"], found["response"]) == (1, 2, "50.00")


# --- Told apart -------------------------------------------------------------------------------


def test_by_month_by_owner_and_by_department(crm, tell, send, answer):
    opened = OpenRequest(
        id=REQUEST, customer_id=HARBOUR, department_id=department_id("service"),
        kind=RequestKind.SUPPORT, channel=ContactChannel.EMAIL, title="x",
    )  # fmt: skip
    tell(opened)
    send(0, 0)
    send(1, 0, customer_id=HARBOUR, request_id=REQUEST)
    send(2, 0, customer_id=YUNHE)
    answer(0, 1, overall=5)
    answer(1, 2, overall=1)
    answer(2, 3, overall=5)
    # What changes afterwards changes nothing.
    tell(QueueRequest(id=REQUEST, department_id=department_id("sales")), 4, "x")
    tell(TransferOwnership(id=ownership_id(HARBOUR), to_id=BO), 4, "x")

    def by(what):
        groups = asked(crm, "overall", by=what)["groups"]
        return {each["group"]: (each["n"], each["value"]) for each in groups}

    sales, service = (str(department_id(code)) for code in ("sales", "service"))
    assert by(By.DEPARTMENT) == {None: (1, "100.00"), sales: (1, "100.00"), service: (1, "0.00")}
    assert by(By.OWNER) == {None: (1, "100.00"), str(ANA): (2, "50.00")}
    assert by(By.PROGRAMME) == {None: (3, "66.67")}
    wide = Question("overall", Period(date(2025, 1, 1), date(2026, 1, 1), SHANGHAI))
    answer(2, 35, overall=1)
    months = satisfaction(crm.facts, wide)["months"]
    assert [(each["month"], each["n"], each["value"]) for each in months] == [
        ("2025-03", 2, "50.00"),
        ("2025-04", 1, "0.00"),
    ]


def test_the_same_position_gives_the_same_bytes(crm, send, answer):
    send(0)
    window = Window(position=answer(0, overall=5))
    before = as_json(asked(crm, "overall", window, by=By.OWNER))
    answer(0, 2, overall=1)
    assert as_json(asked(crm, "overall", window, by=By.OWNER)) == before


# --- Intervals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # The roots of (p - k/n)^2 = z^2 p (1 - p) / n, by the quadratic formula, in floating point.
    [(hits, n, *sorted(
        ((2 * n * (hits / n) + Z2) + sign * math.sqrt(
            (2 * n * (hits / n) + Z2) ** 2 - 4 * (n + Z2) * n * (hits / n) ** 2)) / (2 * (n + Z2))
        for sign in (-1, 1)
    )) for Z2 in [NormalDist().inv_cdf(0.975) ** 2]
      for hits, n in [(8, 10), (0, 10), (10, 10), (1, 1), (1, 2), (450, 1000)]],
)  # fmt: skip
def test_wilson_is_where_the_score_test_turns(hits, n, low, high):
    assert [float(end) for end in wilson(hits, n)] == pytest.approx([low, high], abs=1e-12)


def test_wilson_as_published():
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3: 81/263, 15/148."""
    for hits, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        assert [round(float(end), 4) for end in wilson(hits, n)] == [low, high]


def test_the_interval_of_a_net_promoter_score():
    scores = [1] * 50 + [0] * 30 + [-1] * 20
    mean = sum(scores) / 100
    variance = sum((each - mean) ** 2 for each in scores) / 100
    width = NormalDist().inv_cdf(0.975) * math.sqrt(variance / 100)
    found = net(50, 20, 100)
    assert [float(end) for end in found] == pytest.approx([mean - width, mean + width], abs=1e-12)
    assert net(5, 0, 5) is None
    assert net(9, 0, 10)[1] == Fraction(1)


def test_the_report_says_how_sure_it_is(crm, send, answer):
    for number in range(10):
        send(number)
        answer(number, overall=5 if number < 8 else 1, recommend=10)
    found = asked(crm, "overall")
    assert (found["low"], found["high"]) == ("49.02", "94.33")
    alike = asked(crm, "recommend")
    assert (alike["value"], alike["low"], alike["high"]) == ("100.00", None, None)
