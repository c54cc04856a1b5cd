"""A shop whose facts are corrected: what happened once, and all that is computed from it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from spec import ANA, BO, HARBOUR, SALES, sample_id

from application.correcting import Said, correcting
from application.crm import Crm
from application.store.log import NOW, Window
from domain.audit.correction import (
    WithdrawCorrection,
    correction_id,
)
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.ownership import ClaimCustomer, ownership_id
from domain.ids import ContractId, FeedbackId, OrderId, PaymentId, RequestId, SurveyId
from domain.kernel import Actor, Channel, Envelope
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
from projections.reports.credit import credit
from projections.reports.period import Period
from projections.reports.retention import Basis, Question, retention
from projections.reports.satisfaction import Question as SurveyQuestion
from projections.reports.satisfaction import satisfaction
from projections.reports.service_flow import service_flow

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


def story(crm: Crm) -> Iterator[tuple[str, tuple[Any, datetime]]]:
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
