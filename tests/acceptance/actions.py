"""What the facts of a story are in Concord's commands: one small function for each action."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from application.promising import retiered
from domain.customers.customer import CustomerDetails, RegisterCustomer, TierCustomer
from domain.customers.ownership import ClaimCustomer, TransferOwnership, ownership_id
from domain.ids import DepartmentId
from domain.money import Money
from domain.reviews.feedback import GiveFeedback, Source
from domain.sales.contract import EndContract, EndedBecause, Renewal, SignContract
from domain.sales.opportunity import LoseOpportunity, LostBecause, OpenOpportunity, WinOpportunity
from domain.sales.order import OrderLine, PlaceOrder, RecordPayment, RecordRefund, VoidOrder
from domain.sales.pipeline import STANDARD, STANDARD_STAGES
from domain.sales.split import Share
from domain.support.request import (
    AssignRequest,
    EndWaiting,
    OpenRequest,
    QueueRequest,
    RecordCustomerMessage,
    ReopenRequest,
    ReplyToRequest,
    ResolveRequest,
    RetierRequest,
    StartWaiting,
    VoidRequest,
)
from domain.support.request_rules import REQUEST
from domain.support.scale import RECOMMEND, Aspect, Scale
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
from domain.support.words import ReplyKind, WaitingOn
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import (
    MEMBER,
    Active,
    ChangeMemberRole,
    JoinMember,
    LeaveMember,
    MoveMember,
)
from domain.values import ContactChannel, Tier
from tests.acceptance.corrections import correct
from tests.acceptance.standards import KINDS, promised
from tests.acceptance.story import Line, Telling, code_of, happened_at

ACTIONS: dict[str, Callable[[Telling, Line], None]] = {}
CURRENCY = "CNY"
"""A story has one currency, whatever it is."""


def action(tell: Callable[[Telling, Line], None]) -> Callable[[Telling, Line], None]:
    """Register how an action is told; the function has its name."""
    ACTIONS[tell.__name__] = tell
    return tell


# --- People and customers -------------------------------------------------------------------------


def _department(telling: Telling, line: Line) -> DepartmentId:
    code = line["department"]
    command = CreateDepartment(
        id=department_id(code), code=code, name=code, kind=DepartmentKind.CORE
    )
    telling.do(line, command, unless=("department.exists",))
    return department_id(code)


@action
def member_joined(telling: Telling, line: Line) -> None:
    """Let them join; who works here already moves, and has another role."""
    id_, department = telling.id("member", line["member"]), _department(telling, line)
    if isinstance(telling.crm.load(MEMBER, id_).state, Active):
        move = MoveMember(id=id_, department_id=department)
        telling.do(line, move, unless=("member.already-there",))
        telling.do(line, ChangeMemberRole(id=id_, role=line["role"]))
        return
    join = JoinMember(id=id_, name=line["member"], department_id=department, role=line["role"])
    telling.do(line, join)


@action
def member_left(telling: Telling, line: Line) -> None:
    telling.do(line, LeaveMember(id=telling.id("member", line["member"])))


@action
def customer_registered(telling: Telling, line: Line) -> None:
    customer_id = telling.id("customer", line["customer"])
    register = RegisterCustomer(
        id=customer_id, details=CustomerDetails(name=line["customer"]), tier=Tier(line["tier"])
    )
    telling.do(line, register)
    claim = ClaimCustomer(
        id=ownership_id(customer_id),
        customer_id=customer_id,
        member_id=telling.id("member", line["owner"]),
    )
    telling.do(line, claim)


@action
def customer_retiered(telling: Telling, line: Line) -> None:
    """Tier the customer; a request opened since then had been promised by another tier."""
    customer_id = telling.id("customer", line["customer"])
    told = telling.story.lines[: telling.story.lines.index(line)]
    telling.strained |= any(
        each["do"] == "request_opened"
        and each["customer"] == line["customer"]
        and happened_at(each) > happened_at(line)
        for each in told
    )
    telling.do(line, TierCustomer(id=customer_id, tier=Tier(line["tier"])), reason="As told")


@action
def customer_transferred(telling: Telling, line: Line) -> None:
    command = TransferOwnership(
        id=ownership_id(telling.id("customer", line["customer"])),
        to_id=telling.id("member", line["owner"]),
    )
    telling.do(line, command, reason="As told", unless=("ownership.same-owner",))


# --- Requests -------------------------------------------------------------------------------------


@action
def request_opened(telling: Telling, line: Line) -> None:
    command = OpenRequest(
        id=telling.id("request", line["request"]),
        customer_id=telling.id("customer", line["customer"]),
        department_id=_department(telling, line),
        kind=KINDS[line["kind"]],
        channel=ContactChannel.OTHER,
        title=line["request"],
        promise=promised(telling, line),
        holder_id=None if line["holder"] is None else telling.id("member", line["holder"]),
    )
    telling.do(line, command)


@action
def request_retiered(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    (opened,) = (
        each
        for each in telling.story.lines
        if each["do"] == "request_opened" and each["request"] == line["request"]
    )
    promised = telling.crm.load(REQUEST, id_).state.promise
    other = retiered(telling.crm.load, promised, Tier(line["tier"]), KINDS[opened["kind"]])
    retier = RetierRequest(id=id_, promise=other)
    telling.do(line, retier, unless=("request.same-promise",))


@action
def request_assigned(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    if line["holder"] is not None:
        command = AssignRequest(id=id_, member_id=telling.id("member", line["holder"]))
        telling.do(line, command, unless=("request.already-held",))
        return
    (opened,) = (
        each
        for each in telling.story.lines
        if each["do"] == "request_opened" and each["request"] == line["request"]
    )
    queue = QueueRequest(id=id_, department_id=department_id(opened["department"]))
    telling.do(line, queue, unless=("request.already-queued",))


@action
def reply_written(telling: Telling, line: Line) -> None:
    command = ReplyToRequest(
        id=telling.id("request", line["request"]), kind=ReplyKind(line["kind"]), text=line["id"]
    )
    telling.do(line, command, by=line["by"])


@action
def customer_wrote(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    telling.do(line, RecordCustomerMessage(id=id_, text=line["id"]))


@action
def waiting_started(telling: Telling, line: Line) -> None:
    """Start it; what is waited for already is waited for anew where that rests the clock."""
    id_, on = telling.id("request", line["request"]), _waits_on(line)
    if on in telling.crm.load(REQUEST, id_).state.waiting_on:
        telling.strained |= not telling.story.in_order
        if not line["contracted"]:
            return
        telling.do(line, EndWaiting(id=id_, on=on))
    telling.do(line, StartWaiting(id=id_, on=on, contracted=line["contracted"]))


@action
def waiting_ended(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    telling.do(line, EndWaiting(id=id_, on=_waits_on(line)), unless=("request.not-waiting",))


def _waits_on(line: Line) -> WaitingOn:
    return WaitingOn(line["on"].replace("_", "-"))


@action
def request_resolved(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    resolve = ResolveRequest(id=id_, resolution="Done")
    telling.do(line, resolve, by=line["by"], unless=("request.not-open",))


@action
def request_reopened(telling: Telling, line: Line) -> None:
    reopen = ReopenRequest(id=telling.id("request", line["request"]))
    telling.do(line, reopen, unless=("request.not-resolved",))


@action
def request_voided(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    telling.do(line, VoidRequest(id=id_), reason=line["reason"])


# --- Orders and contracts -------------------------------------------------------------------------


def _money(amount: str) -> Money:
    return Money(int(Decimal(amount) * 100), CURRENCY)


def _share(telling: Telling, name: str, percent: str) -> Share:
    nobody = name == "unattributed"
    return Share(None if nobody else telling.id("member", name), Decimal(percent))


@action
def order_paid(telling: Telling, line: Line) -> None:
    """Place the order as large as all its payments, with its first; record the payment."""
    id_ = telling.id("order", line["order"])
    paid = [
        each
        for each in telling.story.lines
        if each["do"] == "order_paid" and each["order"] == line["order"]
    ]
    total = _money(str(sum(Decimal(each["amount"]) for each in paid)))
    shares = (_share(telling, name, percent) for name, percent in line["split"].items())
    place = PlaceOrder(
        id=id_,
        customer_id=telling.id("customer", line["customer"]),
        number=None,
        currency=CURRENCY,
        lines=(OrderLine(line["order"], None, Decimal(1), total, None),),
        split=tuple(share for share in shares if share.percent),
        due_on=None,
        due_at=None,
        opportunity_id=None,
        contract_id=None,
        channel=None,
    )
    telling.do(line, place, unless=("order.exists",))
    if Decimal(line["amount"]):
        pay = RecordPayment(
            id=id_,
            payment_id=telling.id("payment", line["id"]),
            amount=_money(line["amount"]),
            method=None,
            reference=None,
        )
        telling.do(line, pay)


@action
def order_refunded(telling: Telling, line: Line) -> None:
    command = RecordRefund(
        id=telling.id("order", line["order"]),
        refund_id=telling.id("refund", line["id"]),
        amount=_money(line["amount"]),
    )
    telling.do(line, command)


@action
def order_voided(telling: Telling, line: Line) -> None:
    command = VoidOrder(id=telling.id("order", line["order"]))
    telling.do(line, command, reason=line["reason"], unless=("order.voided",))


@action
def contract_started(telling: Telling, line: Line) -> None:
    command = SignContract(
        id=telling.id("contract", line["id"]),
        customer_id=telling.id("customer", line["customer"]),
        number=None,
        title=line["id"],
        value=None,
        starts_at=happened_at(line),
        ends_at=None,
        renewal=Renewal.NONE,
        renewal_months=None,
        opportunity_id=None,
        quote_id=None,
    )
    telling.do(line, command)


@action
def contract_ended(telling: Telling, line: Line) -> None:
    """End the contract of the customer that was last started, and not ended yet, as it happened."""
    standing: list[str] = []
    for each in telling.story.as_it_happened("contract_started", "contract_ended"):
        if each["customer"] != line["customer"]:
            continue
        if each["do"] == "contract_started":
            standing.append(each["id"])
        elif each["id"] != line["id"]:
            standing.pop()
        else:
            break
    command = EndContract(
        id=telling.id("contract", standing[-1]),
        ended_at=happened_at(line),
        because=EndedBecause.TERMINATED,
    )
    telling.do(line, command)


# --- Opportunities --------------------------------------------------------------------------------


@action
def opportunity_opened(telling: Telling, line: Line) -> None:
    command = OpenOpportunity(
        id=telling.id("opportunity", line["opportunity"]),
        customer_id=telling.id("customer", line["customer"]),
        holder_id=telling.id("member", line["owner"]),
        title=line["opportunity"],
        pipeline=STANDARD,
        stages=STANDARD_STAGES,
    )
    telling.do(line, command)


@action
def opportunity_closed(telling: Telling, line: Line) -> None:
    id_ = telling.id("opportunity", line["opportunity"])
    if line["outcome"] == "won":
        telling.do(line, WinOpportunity(id=id_))
    else:
        telling.do(line, LoseOpportunity(id=id_, because=LostBecause.OTHER), reason=line["id"])


# --- Reviews --------------------------------------------------------------------------------------


@action
def feedback_given(telling: Telling, line: Line) -> None:
    """Give it; what a story names as evidence are its own facts, or something else that it has."""
    evidence = [at for name in line["evidence"] for at in telling.positions.get(name, [])]
    if line["evidence"] and not evidence:
        evidence = [min(at for told in telling.positions.values() for at in told)]
    give = GiveFeedback(
        id=telling.id("feedback", line["id"]),
        about_id=telling.id("member", line["about"]),
        source=Source(line["source"]),
        rating=Decimal(line["rating"]),
        evidence=tuple(evidence),
    )
    telling.do(line, give, by=line["by"])


# --- Surveys --------------------------------------------------------------------------------------

_LONG = timedelta(days=3650)
"""A story says of no survey when it expires."""


@action
def survey_sent(telling: Telling, line: Line) -> None:
    """Publish a form with all that the survey is ever answered on, and send it by that."""
    scales = {
        each["aspect"]: Scale.ELEVEN if each["aspect"] == RECOMMEND else Scale(each["scale"])
        for each in telling.story.lines
        if each["do"] == "survey_answered" and each["survey"] == line["survey"]
    } or {"overall": Scale.FIVE}
    aspects = tuple(Aspect(code_of(told), told, told, scale) for told, scale in scales.items())
    form = survey_form_id(line["survey"])
    questions = Questions(line["survey"], line["survey"], aspects)
    draft = DraftSurveyForm(
        id=form, name=line["survey"], audience=Audience.CUSTOMERS, questions=questions
    )
    telling.do(line, draft)
    telling.do(line, PublishSurveyForm(id=form))
    version, asked, asks_comment = asking(telling.crm.load(SURVEY_FORM, form).state)
    send = SendSurvey(
        id=telling.id("survey", line["survey"]),
        form_id=form,
        form_version=version,
        asked=asked,
        asks_comment=asks_comment,
        expires_at=happened_at(line) + _LONG,
        customer_id=telling.id("customer", line["customer"]),
    )
    telling.do(line, send)


@action
def survey_answered(telling: Telling, line: Line) -> None:
    answers = RecordAnswers(
        id=telling.id("survey", line["survey"]),
        channel=SurveyChannel.PHONE,
        answers=(Score(code_of(line["aspect"]), line["score"]),),
    )
    telling.do(line, answers)


# --- Corrections ----------------------------------------------------------------------------------


@action
def fact_corrected(telling: Telling, line: Line) -> None:
    correct(telling, line)


@action
def appeal_upheld(telling: Telling, line: Line) -> None:
    """Correct the fact; the review itself is carried through where the question asks for it."""
    correct(telling, line)
