"""What is computed again takes corrected facts from the correction on, and recorded ones before."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, SALES, sample_id

from application.correcting import Said, corrected, correcting
from application.crm import Crm
from application.store.embedded import Server
from application.store.log import NOW, Window
from domain.audit.correction import (
    CorrectionMade,
    FieldChange,
    WithdrawCorrection,
    check_field,
    correction_id,
    is_correctable,
)
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.ownership import ClaimCustomer, ownership_id
from domain.ids import ContractId, FeedbackId, OrderId, PaymentId, RequestId, SurveyId
from domain.kernel import EVENTS, Actor, Channel, Envelope, Recorded, Rejected
from domain.money import Money
from domain.reviews.feedback import GiveFeedback, Source
from domain.sales.contract import EndContract, EndedBecause, Renewal, SignContract
from domain.sales.order import OrderLine, PlaceOrder, RecordPayment
from domain.sales.split import Share
from domain.support.request import OpenRequest, ReplyToRequest, ResolveRequest
from domain.support.scale import Aspect, Scale
from domain.support.survey import RecordAnswers, Score, SendSurvey, asking
from domain.support.survey_form import (
    SURVEY_FORM,
    Audience,
    DraftSurveyForm,
    PublishSurveyForm,
    Questions,
    survey_form_id,
)
from domain.support.survey_programme import SurveyChannel
from domain.support.words import ReplyKind, RequestKind
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember
from domain.values import ContactChannel
from projections.reports.corrected import NAMES, Corrections
from projections.reports.credit import credit
from projections.reports.lives import Lives
from projections.reports.measures import measures
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.replaying import silent
from projections.reports.retention import Basis, Question, retention
from projections.reports.satisfaction import Question as SurveyQuestion
from projections.reports.satisfaction import satisfaction
from projections.reports.service_flow import service_flow
from tests.store.test_codec import values
from tests.web.served import fresh_database

MARCH = Period(date(2025, 3, 1), date(2025, 4, 1), UTC)
APRIL = Period(date(2025, 4, 1), date(2025, 5, 1), UTC)
MAY = datetime(2025, 5, 5, 9, tzinfo=UTC)


def day(month: int, number: int, hour: int = 9) -> datetime:
    return datetime(2025, month, number, hour, tzinfo=UTC)


def yuan(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "CNY"}


@dataclass(frozen=True)
class Shop:
    """One customer of Ana's, told once for all tests here: what it bought, asked and answered."""

    crm: Crm
    at: dict[str, int]
    """Where its facts stand."""

    def do(self, command: Any, when: datetime = MAY, **around: Any) -> int:
        envelope = Envelope(
            occurred_at=when, actor=Actor.system("test"), channel=Channel.IMPORT, **around
        )
        outcome = self.crm.handle(command, envelope)
        return outcome.position or self.crm.facts.last()

    def said(
        self, name: str, /, at: datetime | None = None, by_id: Any = None, **fields: Any
    ) -> Any:
        said = Said(set=fields, at=at, by_id=by_id)
        return correcting(self.crm.facts, self.crm.load, self.at[name], said)

    def correct(self, name: str, /, *args: Any, **fields: Any) -> int:
        """Correct one of its facts; return the position from which on that is known."""
        return self.do(self.said(name, *args, **fields), reason="Misread")

    def withdraw(self, name: str) -> int:
        withdraw = WithdrawCorrection(id=correction_id(self.at[name]))
        return self.do(withdraw, reason="It was right")

    # --- Asked ---

    def credit(self, period: Period = MARCH, window: Window = NOW) -> dict[str, Any]:
        (found,) = credit(self.crm.facts, period, window)["currencies"] or [None]
        return found or {"total": None}

    def everything(self, position: int | None = None) -> list[Any]:
        """All reports, without where the log stood."""
        log, window = self.crm.facts, Window(position=position)
        reports = [
            credit(log, MARCH, window),
            credit(log, APRIL, window),
            retention(log, Question(MARCH, Basis.CONTRACT), window),
            retention(log, Question(APRIL, Basis.ORDERS, 30), window),
            satisfaction(log, SurveyQuestion("overall", MARCH), window),
            service_flow(log, window),
        ]
        return [
            {name: told for name, told in report.items() if name != "position"}
            for report in reports
        ]


@pytest.fixture(scope="module")
def told(server: Server, template: str) -> Iterator[Shop]:
    with fresh_database(server, template, "corrected_reports") as dsn:
        crm = Crm(dsn, pool_size=2)
        shop = Shop(crm, {})
        for name, (command, when) in _story(crm):
            who = ANA if name in {"resolved", "feedback"} else None
            shop.at[name] = shop.do(command, when, on_behalf_of=who)
        yield shop
        crm.close()


def _story(crm: Crm) -> Iterator[tuple[str, tuple[Any, datetime]]]:
    begin, id_ = day(1, 2), sample_id
    department = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)
    yield "department", (department, begin)
    for name, who in (("ana", ANA), ("bo", BO)):
        yield name, (JoinMember(id=who, name=name, department_id=SALES, role="sales"), begin)
    register = RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour"))
    yield "registered", (register, begin)
    claim = ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=ANA)
    yield "claimed", (claim, begin)
    price = Money(100_00, "CNY")
    place = PlaceOrder(
        id=OrderId(id_(1)),
        customer_id=HARBOUR,
        number=None,
        currency="CNY",
        lines=(OrderLine("Line 7", None, Decimal(1), price, None),),
        split=(Share(ANA, Decimal(60)), Share(BO, Decimal(40))),
        due_on=None,
        due_at=None,
        opportunity_id=None,
        contract_id=None,
        channel=None,
    )
    yield "placed", (place, day(3, 10))
    pay = RecordPayment(
        id=OrderId(id_(1)),
        payment_id=PaymentId(id_(2)),
        amount=price,
        method=None,
        reference=None,
    )
    yield "paid", (pay, day(3, 10))
    sign = SignContract(
        id=ContractId(id_(3)),
        customer_id=HARBOUR,
        number=None,
        title="Service",
        value=None,
        starts_at=day(1, 5),
        ends_at=None,
        renewal=Renewal.NONE,
        renewal_months=None,
        opportunity_id=None,
        quote_id=None,
    )
    yield "signed", (sign, day(1, 5))
    end = EndContract(id=sign.id, ended_at=day(4, 2), because=EndedBecause.TERMINATED)
    yield "ended", (end, day(4, 2))
    open_ = OpenRequest(
        id=RequestId(id_(4)),
        customer_id=HARBOUR,
        department_id=SALES,
        kind=RequestKind.SUPPORT,
        channel=ContactChannel.EMAIL,
        title="Where is it?",
        holder_id=ANA,
    )
    yield "opened", (open_, day(3, 11))
    reply = ReplyToRequest(id=open_.id, kind=ReplyKind.PUBLIC, text="On its way")
    yield "replied", (reply, day(3, 12))
    yield "resolved", (ResolveRequest(id=open_.id, resolution="Arrived"), day(3, 13))
    form = survey_form_id("a")
    asks = Questions("a", "a", (Aspect("overall", "Overall", "总体", Scale.FIVE),))
    draft = DraftSurveyForm(id=form, name="a", audience=Audience.CUSTOMERS, questions=asks)
    yield "drafted", (draft, begin)
    yield "published", (PublishSurveyForm(id=form), begin)
    version, asked, asks_comment = asking(crm.load(SURVEY_FORM, form).state)
    send = SendSurvey(
        id=SurveyId(id_(5)),
        form_id=form,
        form_version=version,
        asked=asked,
        asks_comment=asks_comment,
        expires_at=day(12, 31),
        customer_id=HARBOUR,
    )
    yield "sent", (send, day(3, 14))
    answers = RecordAnswers(id=send.id, channel=SurveyChannel.PHONE, answers=(Score("overall", 2),))
    yield "answered", (answers, day(3, 15))
    give = GiveFeedback(id=FeedbackId(id_(6)), about_id=ANA, source=Source.PEER, rating=Decimal(3))
    yield "feedback", (replace(give, id=FeedbackId(id_(6)), source=Source.SELF), day(3, 16))


@pytest.fixture
def shop(told: Shop) -> Iterator[Shop]:
    """The shop without a correction that holds."""
    yield told
    for position in Corrections.known(told.crm.facts).by_target:
        withdraw = WithdrawCorrection(id=correction_id(position))
        told.do(withdraw, reason="The test is over")


# --- As known then, as known now --------------------------------------------------------------


def test_the_corrected_amount_counts_from_the_correction_on(shop):
    before = shop.crm.facts.head()
    after = shop.correct("paid", amount=yuan(2010_00))
    assert shop.credit(window=Window(before))["total"] == "100.00"
    now = shop.credit()
    assert (now["total"], now["members"]) == (
        "2010.00",
        {str(ANA): "1206.00", str(BO): "804.00"},
    )
    assert shop.credit(window=Window(after)) == now
    assert shop.credit(window=Window(after - 1))["total"] == "100.00"


def test_the_evidence_is_the_fact_as_it_was_recorded(shop):
    shop.correct("paid", amount=yuan(1))
    assert shop.credit()["evidence"] == [str(shop.at["paid"])]
    (fact,) = shop.crm.facts.at([shop.at["paid"]])
    assert fact.event.amount == Money(100_00, "CNY")


def test_a_correction_is_corrected_as_a_whole(shop):
    first = shop.correct("paid", amount=yuan(500))
    second = shop.correct("paid", at=day(4, 1))
    assert shop.credit(window=Window(first))["total"] == "5.00"
    assert shop.credit(APRIL, Window(second))["total"] == "100.00"
    assert shop.credit(MARCH, Window(second))["total"] is None


def test_what_was_withdrawn_counts_no_more(shop):
    wrong = shop.correct("paid", amount=yuan(500))
    shop.withdraw("paid")
    assert shop.credit()["total"] == "100.00"
    assert shop.credit(window=Window(wrong))["total"] == "5.00"


def test_money_is_said_as_people_write_it_too(shop):
    shop.correct("paid", amount={"amount": "20.5", "currency": "CNY"})
    assert shop.credit()["total"] == "20.50"


def test_another_split_shares_all_payments(shop):
    shares = [{"member_id": str(BO), "percent": "75"}, {"member_id": None, "percent": "25"}]
    shop.correct("placed", split=shares)
    found = shop.credit()
    assert (found["members"], found["unattributed"]) == ({str(BO): "75.00"}, "25.00")
    assert found["conserved"] is True


def test_a_time_moves_a_fact_into_a_period_and_out_of_it(shop):
    assert (shop.credit(MARCH)["total"], shop.credit(APRIL)["total"]) == ("100.00", None)
    shop.correct("paid", at=APRIL.start)
    assert (shop.credit(MARCH)["total"], shop.credit(APRIL)["total"]) == (None, "100.00")
    shop.correct("paid", at=APRIL.start - timedelta(microseconds=1))
    assert (shop.credit(MARCH)["total"], shop.credit(APRIL)["total"]) == ("100.00", None)


def test_as_of_a_moment_the_corrected_time_decides(shop):
    """Also as of a moment before the correction was made: what is known counts."""
    early, late = day(3, 9), day(3, 11)
    assert shop.credit(window=Window(as_of=early))["total"] is None
    assert shop.credit(window=Window(as_of=late))["total"] == "100.00"
    shop.correct("placed", at=day(3, 8))
    shop.correct("paid", at=day(3, 8))
    assert shop.credit(window=Window(as_of=early))["total"] == "100.00"
    shop.correct("paid", at=day(3, 20))
    assert shop.credit(window=Window(as_of=late))["total"] is None


def test_a_contract_ended_earlier_and_was_anothers(shop):
    question = Question(MARCH, Basis.CONTRACT)
    assert retention(shop.crm.facts, question)["lost"] == {}
    shop.correct("ended", ended_at="2025-03-20T09:00:00Z")
    shop.correct("claimed", owner_id=str(BO))
    (lost,) = retention(shop.crm.facts, question)["lost"].values()
    assert lost["lost_on"] == "2025-03-20"
    assert lost["share"] == {str(BO): "100.00"}


def test_an_answer_was_misheard(shop):
    question = SurveyQuestion("overall", MARCH)
    assert satisfaction(shop.crm.facts, question)["value"] == "0.00"
    shop.correct("answered", score=5)
    found = satisfaction(shop.crm.facts, question)
    assert (found["value"], found["mean"]) == ("100.00", "5.00")
    assert found["evidence"] == [str(shop.at["answered"])]


def test_clocks_stop_when_it_really_was_and_by_whom(shop):
    def resolved() -> tuple[Any, ...]:
        lives = Lives.gather(shop.crm.facts, NOW)
        (id_,) = lives.by_id
        found = lives.life(id_, int(MAY.timestamp()))
        return tuple(datetime.fromtimestamp(each.at, UTC) for each in found.resolvers), tuple(
            each.by for each in found.resolvers
        )

    assert resolved() == ((day(3, 13),), (ANA,))
    shop.correct("resolved", at=day(3, 12, 17), by_id=BO)
    assert resolved() == ((day(3, 12, 17),), (BO,))


def test_requests_flow_and_measures_and_names_as_corrected(shop):
    flow = service_flow(shop.crm.facts)
    assert flow["cycle_times"]["opening_to_resolution"]["median_days"] == "2.0000"
    shop.correct("resolved", at=day(3, 12))
    flow = service_flow(shop.crm.facts)
    assert flow["cycle_times"]["opening_to_resolution"]["median_days"] == "1.0000"
    shop.correct("registered", tier="key")
    assert measures(shop.crm.facts, NOW, silent).customers[HARBOUR].tier == "key"
    shop.correct("department", name="Sales and more")
    assert names_in(shop.crm.facts, NOW)[str(SALES)] == "Sales and more"


# --- Whatever the order, and back again -------------------------------------------------------

CHANGES: dict[str, list[dict[str, Any]]] = {
    "paid": [{"amount": yuan(1)}, {"amount": yuan(99_99)}, {"at": day(4, 3)}],
    "placed": [{"split": [{"member_id": str(BO), "percent": "100"}]}, {"split": []}],
    "claimed": [{"owner_id": str(BO)}, {"at": day(2, 1)}],
    "ended": [{"ended_at": "2025-03-02T00:00:00Z"}],
    "answered": [{"score": 4}, {"at": day(4, 4)}],
    "resolved": [{"at": day(3, 14)}, {"by_id": BO}],
    "opened": [{"kind": "complaint"}, {"holder_id": None}],
}


def original(shop: Shop, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """What the fact said of these fields, and of its time and whose work it was."""
    (fact,) = shop.crm.facts.at([shop.at[name]])
    data = msgspec.to_builtins(fact.event)
    own = {field: data[field] for field in said if field not in {"at", "by_id"}}
    return own | {"at": fact.occurred_at, "by_id": fact.envelope.performer}


corrections = st.dictionaries(st.sampled_from(sorted(CHANGES)), st.integers(0, 2), min_size=1)
few = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _each(drawn: dict[str, int]) -> dict[str, dict[str, Any]]:
    return {name: CHANGES[name][n % len(CHANGES[name])] for name, n in drawn.items()}


@few
@given(corrections)
def test_what_is_corrected_back_is_as_if_it_had_never_been_corrected(told, drawn):
    untouched = told.everything(told.at["feedback"])
    for name, said in _each(drawn).items():
        told.correct(name, **said)
    for name, said in _each(drawn).items():
        told.correct(name, **original(told, name, said))
    assert told.everything() == untouched
    for name in drawn:
        told.withdraw(name)
    assert told.everything() == untouched


@few
@given(corrections, st.randoms(use_true_random=False))
def test_in_which_order_different_facts_are_corrected_does_not_matter(told, drawn, random):
    found = []
    for _ in range(2):
        order = list(_each(drawn).items())
        random.shuffle(order)
        for name, said in order:
            told.correct(name, **said)
        found.append(told.everything())
        for name in drawn:
            told.withdraw(name)
    assert found[0] == found[1]


# --- What a fact can say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("paid", {"amount": "100"}, "amount"),
        ("paid", {"amount": {"minor": 1.5, "currency": "CNY"}}, "amount"),
        ("paid", {"amount": {"minor": 1}}, "amount"),
        ("paid", {"amount": yuan(-1)}, "amount"),
        ("paid", {"amount": yuan(10**16)}, "amount"),
        ("paid", {"amount": yuan(10**40)}, "amount"),
        ("paid", {"amount": {"minor": 1, "currency": "EUR"}}, "amount"),
        ("paid", {"amount": {"amount": "1.001", "currency": "CNY"}}, "amount"),
        ("paid", {"amount": {"amount": "1E9", "currency": "CNY"}}, "amount"),
        ("paid", {"amount": {"amount": "-1", "currency": "CNY"}}, "amount"),
        ("paid", {"amount": None}, "amount"),
        ("paid", {"method": " "}, "method"),
        ("paid", {"method": "\x1b[31m"}, "method"),
        ("paid", {"method": "x" * 10_001}, "method"),
        ("placed", {"split": [{"member_id": str(ANA), "percent": "99"}]}, "split"),
        ("placed", {"split": [{"member_id": str(ANA), "percent": "NaN"}]}, "split"),
        ("placed", {"split": [{"member_id": str(ANA), "percent": "1E+99999999"}]}, "split"),
        ("placed", {"split": [{"member_id": str(uuid4()), "percent": "100"}]}, "split"),
        ("placed", {"due_at": "2025-03-10T09:00:00"}, "due_at"),
        ("placed", {"due_on": "0001-01-01"}, "due_on"),
        ("claimed", {"owner_id": str(uuid4())}, "owner_id"),
        ("claimed", {"owner_id": "Bo"}, "owner_id"),
        ("opened", {"kind": "no-such"}, "kind"),
        ("ended", {"ended_at": "yesterday"}, "ended_at"),
        ("answered", {"score": 6}, "score"),
        ("answered", {"score": "5"}, "score"),
        ("feedback", {"rating": "5.01"}, "rating"),
        ("feedback", {"rating": "NaN"}, "rating"),
    ],
)
def test_what_no_command_would_have_recorded_is_refused(shop, name, said, field):
    with pytest.raises(Rejected) as refused:
        shop.said(name, **said)
    assert (refused.value.code, refused.value.field) == ("correction.value", f"set/{field}")


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("paid", {"payment_id": str(uuid4())}, "correction.identity"),
        ("paid", {"amount": yuan(100_00)}, "correction.nothing-changed"),
        ("paid", {"at": day(3, 10)}, "correction.nothing-changed"),
        ("paid", {}, "correction.nothing-changed"),
        ("drafted", {"name": "b"}, "correction.not-correctable"),
        ("ana", {"name": "Bo"}, "correction.personal"),
    ],
)
def test_what_is_refused_before_it_is_asked(shop, name, said, code):
    with pytest.raises(Rejected) as refused:
        shop.said(name, **said)
    assert refused.value.code == code


def test_whose_work_it_was_is_somebody_known(shop):
    with pytest.raises(Rejected) as refused:
        shop.said("resolved", by_id=LI_NA)
    assert (refused.value.code, refused.value.field) == ("correction.value", "by_id")


def test_there_is_no_correction_of_nothing(shop):
    with pytest.raises(Rejected) as refused:
        correcting(shop.crm.facts, shop.crm.load, 5, Said(set={}, at=MAY))
    assert refused.value.code == "correction.unknown"


def test_it_is_about_what_the_fact_is_about_before_and_after(shop):
    about = shop.said("claimed", owner_id=str(BO)).about
    assert (about[0].kind, about[0].id) == ("ownership", ownership_id(HARBOUR))
    assert {each.id for each in about[1:]} == {HARBOUR, ANA, BO}


FIELDS = [
    (name, field)
    for name, kind in sorted(EVENTS.items())
    if kind.__module__.startswith("domain.") and is_correctable(kind)
    for field in kind.__dataclass_fields__
]


def _correctable(name: str, field: str) -> bool:
    try:
        check_field(EVENTS[name], field)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "field"), [each for each in FIELDS if _correctable(*each)], ids=".".join
)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_whatever_a_field_can_say_a_correction_can(name, field, data):
    kind = EVENTS[name]
    happened, other = data.draw(values(kind)), data.draw(values(get_type_hints(kind)[field]))
    fact = _fact(happened)
    written = msgspec.json.encode(json.loads(msgspec.json.encode(other))).decode()
    made = replace(_nothing(name), changes=(FieldChange(field, written),))
    found = corrected(fact, made)
    assert getattr(found.event, field) == other
    assert found == replace(fact, event=replace(happened, **{field: other}))
    assert corrected(fact, _nothing(name)) == fact


SANE = {
    str: st.text("abc 文字", min_size=1, max_size=9),
    int: st.integers(-9, 9),
    datetime: st.datetimes(day(1, 1).replace(tzinfo=None), timezones=st.just(UTC)),
    Decimal: st.decimals(-1, 200, places=2),
    Money: st.builds(Money, st.integers(-1, 10**15), st.just("CNY")),
    tuple[Share, ...]: st.lists(
        st.builds(
            Share, st.sampled_from([ANA, BO, None]), st.sampled_from(map(Decimal, (50, 100)))
        ),
        max_size=2,
    ),
}
"""What people might say, so that more of it is let through."""


def sayings(hint: Any) -> st.SearchStrategy[Any]:
    options = [each for each in (hint, *get_args(hint)) if each in SANE]
    return st.one_of([values(hint), *(SANE[each] for each in options)])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_correction_that_is_let_through_stops_a_report(told, data):
    name = data.draw(st.sampled_from(sorted(told.at)))
    (fact,) = told.crm.facts.at([told.at[name]])
    hints = get_type_hints(type(fact.event))
    assume(hints)
    field = data.draw(st.sampled_from(sorted(hints)))
    value = msgspec.to_builtins(data.draw(sayings(hints[field])))
    try:
        told.correct(name, **{field: value})
    except Rejected as refused:
        event(refused.code)
        return
    event("corrected")
    told.everything()
    Lives.gather(told.crm.facts, NOW)
    measures(told.crm.facts, NOW, silent)
    names_in(told.crm.facts, NOW)
    told.withdraw(name)


def _fact(happened: Any) -> Recorded[Any]:
    around = Envelope(occurred_at=MAY, actor=Actor.system("test"), channel=Channel.API)
    return Recorded(
        position=7, recorded_at=MAY, stream_id=HARBOUR, version=1, event=happened, envelope=around
    )


def _nothing(name: str) -> CorrectionMade:
    return CorrectionMade(
        target=7,
        target_name=name,
        changes=(),
        review_changes=(),
        corrected_at=None,
        by_id=None,
        about=(),
    )


# --- What it costs --------------------------------------------------------------------------------


def test_without_corrections_pages_go_through_as_they_are():
    page: list[Recorded[Any]] = []
    assert Corrections({}).of(page) is page


def test_whether_there_are_any_is_asked_of_an_index(crm: Crm):
    with crm.pool.reading() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(
            "explain select id from log.events where id > %s and id <= %s and id < log.horizon()"
            " and (%s or name = any(%s)) order by id limit 1000",
            (0, 2**62, False, list(NAMES)),
        )
        plan = "\n".join(line for (line,) in cursor)
    assert "events_corrections" in plan
