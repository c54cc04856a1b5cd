"""What the facts of a story are in Concord's commands: one small function for each action."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from application.promising import retiered
from domain.customers.customer import CustomerDetails, RegisterCustomer, TierCustomer
from domain.customers.ownership import ClaimCustomer, TransferOwnership, ownership_id
from domain.ids import DepartmentId
from domain.reviews.feedback import GiveFeedback, Source
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
from domain.support.words import ReplyKind, WaitingOn
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember, LeaveMember
from domain.values import ContactChannel, Tier
from tests.acceptance.corrections import correct
from tests.acceptance.deals import DEALS
from tests.acceptance.standards import KINDS, promised
from tests.acceptance.story import Line, Telling, happened_at

ACTIONS: dict[str, Callable[[Telling, Line], None]] = {tell.__name__: tell for tell in DEALS}


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
    command = JoinMember(
        id=telling.id("member", line["member"]),
        name=line["member"],
        department_id=_department(telling, line),
        role=line["role"],
    )
    telling.do(line, command)


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
    customer_id = telling.id("customer", line["customer"])
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
    command = StartWaiting(
        id=telling.id("request", line["request"]),
        on=_waits_on(line),
        contracted=line["contracted"],
    )
    telling.do(line, command)


@action
def waiting_ended(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    telling.do(line, EndWaiting(id=id_, on=_waits_on(line)))


def _waits_on(line: Line) -> WaitingOn:
    return WaitingOn(line["on"].replace("_", "-"))


@action
def request_resolved(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    telling.do(line, ResolveRequest(id=id_, resolution="Done"), by=line["by"])


@action
def request_reopened(telling: Telling, line: Line) -> None:
    telling.do(line, ReopenRequest(id=telling.id("request", line["request"])))


@action
def request_voided(telling: Telling, line: Line) -> None:
    id_ = telling.id("request", line["request"])
    telling.do(line, VoidRequest(id=id_), reason=line["reason"])


# --- Reviews --------------------------------------------------------------------------------------


@action
def feedback_given(telling: Telling, line: Line) -> None:
    """Give it; what a story names as evidence are its own facts."""
    evidence = (at for name in line["evidence"] for at in telling.positions.get(name, []))
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
        each["aspect"]: Scale(each["scale"])
        for each in telling.story.lines
        if each["do"] == "survey_answered" and each["survey"] == line["survey"]
    } or {"overall": Scale.FIVE}
    aspects = tuple(Aspect(code, code, code, scale) for code, scale in scales.items())
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
        answers=(Score(line["aspect"], line["score"]),),
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
