"""Who is drawn is asked once: whatever happens twice, whoever looks, and whenever it ends."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from spec import ANA, BO, HARBOUR, YUNHE, sample_id

from domain.customers.customer import CustomerDetails, MergeCustomer, RegisterCustomer
from domain.ids import OrderId, PaymentId, RequestId
from domain.kernel import Actor, Channel
from domain.money import Money
from domain.sales.order import OrderLine, PlaceOrder, RecordPayment
from domain.support.request import OpenRequest, ReopenRequest, RequestKind, ResolveRequest
from domain.support.scale import Aspect, Scale
from domain.support.survey import Sent
from domain.support.survey_form import (
    Audience,
    DraftSurveyForm,
    PublishSurveyForm,
    Questions,
    survey_form_id,
)
from domain.support.survey_programme import (
    EndSurveyProgramme,
    PauseSurveyProgramme,
    ResumeSurveyProgramme,
    Sampling,
    StartSurveyProgramme,
    Trigger,
    sampled,
    survey_programme_id,
)
from domain.support.survey_rules import SURVEY
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember, LeaveMember
from domain.values import ContactChannel
from projections.reader import Reader
from projections.support.sampling import DRAWING, Sampler

NOW = datetime.now(UTC)
EARLIER = NOW - timedelta(hours=12)
SERVICE = department_id("service")
ALL = Sampling(Trigger.REQUEST_RESOLVED, share=100, rest_days=0, valid_days=14)
ASPECT = Aspect("overall", "All in all?", "总体？", Scale.FIVE)


@pytest.fixture
def tell(crm, envelope):
    def carry_out(command, when=EARLIER, **more):
        return crm.handle(command, envelope(occurred_at=when, **more))

    kind = DepartmentKind.CORE
    carry_out(CreateDepartment(id=SERVICE, code="service", name="Service", kind=kind))
    for who in (ANA, BO):
        carry_out(JoinMember(id=who, name="A", department_id=SERVICE, role="agent"))
    for customer in (HARBOUR, YUNHE):
        carry_out(RegisterCustomer(id=customer, details=CustomerDetails(name=str(customer))))
    for audience in Audience:
        form = survey_form_id(audience)
        asked = Questions("a", "a", (ASPECT,))
        carry_out(DraftSurveyForm(id=form, name=audience, audience=audience, questions=asked))
        carry_out(PublishSurveyForm(id=form))
    return carry_out


@pytest.fixture
def start(tell):
    def carry_out(sampling=ALL, name="after"):
        audience = sampling.trigger.audience
        command = StartSurveyProgramme(
            id=survey_programme_id(name),
            name=name,
            form_id=survey_form_id(audience),
            audience=audience,
            sampling=sampling,
        )
        tell(command)
        return command.id

    return carry_out


@pytest.fixture
def resolve(tell):
    def carry_out(customer=HARBOUR, kind=RequestKind.SUPPORT, when=EARLIER, **more):
        id_ = RequestId(uuid4())
        opened = OpenRequest(
            id=id_, customer_id=customer, department_id=SERVICE,
            kind=kind, channel=ContactChannel.EMAIL, title="x",
        )  # fmt: skip
        tell(opened, when, **more)
        tell(ResolveRequest(id=id_, resolution="x"), when, **more)
        return id_

    return carry_out


@pytest.fixture
def sampler(crm, projections):
    return Sampler(crm, Reader(crm.pool))


@pytest.fixture
def sent(crm):
    def found():
        return [fact for page in crm.facts.pages(names=["survey.sent"]) for fact in page]

    return found


# --- Once -------------------------------------------------------------------------------------


def test_a_resolved_request_is_asked_about(crm, sampler, start, resolve, sent):
    programme = start()
    request = resolve()
    assert sampler.look() == 1
    (fact,) = sent()
    event = fact.event
    assert (event.customer_id, event.request_id, event.programme_id) == (
        HARBOUR,
        request,
        programme,
    )
    assert (event.form_version, [each.aspect for each in event.asked]) == (1, ["overall"])
    assert event.expires_at - fact.occurred_at == timedelta(days=14)
    (resolved,) = [each for each in crm.facts.stream(request) if each.name == "request.resolved"]
    assert (fact.envelope.actor, fact.envelope.channel) == (DRAWING, Channel.POLICY)
    assert fact.envelope.cause == resolved.position
    assert isinstance(crm.load(SURVEY, fact.stream_id).state, Sent)


def test_looking_again_or_beginning_anew_asks_nobody_twice(crm, sampler, start, resolve, sent):
    start()
    resolve()
    assert sampler.look() == 1
    assert sampler.look() == 0
    sampler.begin()
    assert sampler.look() == 0
    assert Sampler(crm, Reader(crm.pool)).look() == 0
    with crm.pool.transaction() as cursor:  # it was killed before it kept its place
        cursor.execute("delete from log.tracking where follower = 'survey-sampling'")
    assert Sampler(crm, Reader(crm.pool)).look() == 0
    assert len(sent()) == 1


def test_two_that_look_at_once_ask_once(crm, sampler, start, resolve, sent):
    start(replace(ALL, rest_days=30))
    for _ in range(8):
        resolve()
    lookers = [sampler, Sampler(crm, Reader(crm.pool))]
    threads = [threading.Thread(target=each.look) for each in lookers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    surveys = [fact.stream_id for fact in sent()]
    assert len(surveys) == len(set(surveys)) == 1


def test_what_comes_back_is_asked_about_again(tell, sampler, start, resolve, sent):
    start()
    request = resolve()
    assert sampler.look() == 1
    tell(ReopenRequest(id=request))
    tell(ResolveRequest(id=request, resolution="y"))
    assert sampler.look() == 1
    assert len(sent()) == 2


# --- By which rules ---------------------------------------------------------------------------


def test_who_was_asked_rests_whichever_programme_asks(sampler, start, resolve, sent):
    start(replace(ALL, rest_days=1))
    start(replace(ALL, rest_days=1), "another")
    resolve()
    resolve()
    resolve(YUNHE)
    assert sampler.look() == 2
    assert {fact.event.customer_id for fact in sent()} == {HARBOUR, YUNHE}


def test_the_share_is_drawn_by_the_hash_alone(sampler, start, resolve, sent):
    programme = start(replace(ALL, share=50))
    requests = [resolve() for _ in range(30)]
    sampler.look()
    drawn = {each for each in requests if sampled(programme, 50, f"{each}:2")}
    assert {fact.event.request_id for fact in sent()} == drawn
    assert 0 < len(drawn) < 30


def test_only_what_happens_while_it_runs(tell, sampler, start, resolve):
    resolve()
    programme = start()
    assert sampler.look() == 0
    tell(PauseSurveyProgramme(id=programme))
    resolve()
    tell(ResumeSurveyProgramme(id=programme))
    assert sampler.look() == 0
    resolve()
    assert sampler.look() == 1
    resolve()
    tell(EndSurveyProgramme(id=programme), reason="x")
    assert sampler.look() == 0  # it has ended before anybody was asked


def test_history_and_what_is_long_over_is_not_asked_about(sampler, start, resolve):
    start()
    resolve(channel=Channel.IMPORT)
    resolve(when=NOW - timedelta(days=15))
    assert sampler.look() == 0


def test_complaints_alone(sampler, start, resolve, sent):
    start(replace(ALL, trigger=Trigger.COMPLAINT_RESOLVED))
    resolve()
    complaint = resolve(kind=RequestKind.COMPLAINT)
    assert sampler.look() == 1
    assert [fact.event.request_id for fact in sent()] == [complaint]


def test_an_order_once_in_however_many_parts_it_is_paid(tell, sampler, start, sent):
    start(replace(ALL, trigger=Trigger.ORDER_PAID))
    order, half = OrderId(sample_id(4)), Money(500, "CNY")
    whole = Money(1000, "CNY")
    place = PlaceOrder(
        id=order, customer_id=HARBOUR, number=None, currency="CNY",
        lines=(OrderLine("x", None, Decimal(1), whole, None),), split=(), due_on=None, due_at=None,
        opportunity_id=None, contract_id=None, channel=None,
    )  # fmt: skip
    tell(place)
    for _ in range(2):
        paid = PaymentId(uuid4())
        tell(RecordPayment(id=order, payment_id=paid, amount=half, method=None, reference=None))
    assert sampler.look() == 1
    assert [fact.event.order_id for fact in sent()] == [order]


def test_who_is_merged_into_another_is_left_alone(tell, sampler, start, resolve, sent):
    start()
    resolve()
    tell(MergeCustomer(id=HARBOUR, into_id=YUNHE), reason="The same", actor=Actor.member(ANA))
    resolve(YUNHE)
    assert sampler.look() == 1
    assert [fact.event.customer_id for fact in sent()] == [YUNHE]


# --- By the calendar --------------------------------------------------------------------------


def test_all_customers_once_in_a_period(tell, sampler, projections, start, sent):
    for number in (0xC8, 0xC9):
        known = RegisterCustomer(id=sample_id(number), details=CustomerDetails(name=str(number)))
        tell(known, EARLIER - timedelta(days=1))
    merge = MergeCustomer(id=sample_id(0xC9), into_id=sample_id(0xC8))
    tell(merge, reason="The same", actor=Actor.member(ANA))
    start(replace(ALL, trigger=Trigger.ALL_CUSTOMERS, every_days=90))
    projections.catch_up()
    for looks in (1, 0):
        assert sampler.look() == looks
        sampler.begin()
    # Not the one merged into it, and none of those registered only when the period had begun.
    assert [fact.event.customer_id for fact in sent()] == [sample_id(0xC8)]


def test_staff_who_work_here(tell, sampler, projections, start, sent):
    early = JoinMember(id=sample_id(0xA9), name="E", department_id=SERVICE, role="agent")
    gone = replace(early, id=sample_id(0xAA))
    for command in (early, gone):
        tell(command, EARLIER - timedelta(days=1))
    tell(LeaveMember(id=gone.id))
    start(Sampling(Trigger.ALL_STAFF, share=100, rest_days=30, valid_days=10, every_days=90))
    projections.catch_up()
    assert sampler.look() == 1
    (fact,) = sent()
    assert (fact.event.member_id, fact.event.customer_id) == (early.id, None)
    assert sampler.look() == 0
    sampler.begin()
    assert sampler.look() == 0
    assert len(sent()) == 1
