"""Satisfaction: what customers answered when they were asked."""

from collections.abc import Callable, Iterator

from domain.business_hours import seconds_of
from domain.days import day_of
from domain.kernel import Recorded
from domain.reviews.scoring_rules import CreditRule
from domain.support.scale import EFFORT, RECOMMEND
from domain.support.survey import SurveyAnswered
from domain.support.survey_form import Audience
from domain.support.words import RequestKind
from domain.teams.department import department_id
from projections.reports.lives import Gathered
from projections.reports.satisfaction import DETRACTOR, PROMOTER
from projections.scoring.material import Material
from projections.scoring.metric import Credit, Entry, Measure, Question, Registry
from projections.scoring.requests import requests_of
from projections.scoring.sources import OWNERS, REQUESTS, STAFF, SURVEYS

SATISFACTION_METRICS = Registry("satisfaction")
metric = SATISFACTION_METRICS.metric
OVERALL = "overall"
COLLABORATION = "collaboration-"
"""How the aspects begin on which staff rate another department; its code follows."""
Answer = Recorded[SurveyAnswered]


def _answers(
    here: Material,
    asked: Question,
    aspect: str,
    whose: Callable[[Answer], Credit],
    audience: Audience = Audience.CUSTOMERS,
) -> Iterator[tuple[Answer, Entry]]:
    """Yield each answer on an aspect, with whether it counts."""
    for survey in here[SURVEYS].on(aspect, audience).by_id.values():
        for answer in survey.answers:
            reason = None
            if survey.voided:
                reason = "voided"
            elif answer is not survey.last:
                reason = "superseded"
            elif not asked.period.holds(answer.occurred_at):
                reason = "outside_period"
            entry = Entry(
                answer.position,
                answer.occurred_at,
                whose(answer),
                reason=reason,
                customer_id=answer.event.customer_id,
            )
            yield answer, entry


def _owner_then(here: Material) -> Callable[[Answer], Credit]:
    """Return whose an answer is: whoever owned the customer when they answered."""

    def whose(answer: Answer) -> Credit:
        customer_id = answer.event.customer_id
        owner = here[OWNERS].at(customer_id, answer.occurred_at) if customer_id else None
        return ((owner, 1),) if owner else ()

    return whose


def _owner_days(here: Material, asked: Question) -> Callable[[Answer], Credit]:
    """Return whose an answer is: the owners' of the 90 days before, by days."""
    zone = asked.period.zone

    def whose(answer: Answer) -> Credit:
        customer_id = answer.event.customer_id
        if customer_id is None:
            return ()
        at = answer.occurred_at
        return tuple(here[OWNERS].shares(customer_id, day_of(at, zone), at, zone).parts.items())

    return whose


def _handler(here: Material, asked: Question) -> Callable[[Answer], Credit]:
    """Return whose an answer is: who resolved the request last by then, else who held it then.

    Of what is about no request, the customer's owner then.
    """
    requests = {each.id: each for each in requests_of(here, asked)}
    owner = _owner_then(here)

    def whose(answer: Answer) -> Credit:
        request = requests.get(answer.event.request_id) if answer.event.request_id else None
        if request is None:
            return owner(answer)
        at = seconds_of(answer.occurred_at)
        resolvers = [each.by for each in request.life.resolvers if each.at <= at]
        handler = resolvers[-1] if resolvers else request.life.holder_at(at)
        return ((handler, 1),) if handler else ()

    return whose


def _about(here: Material, answer: Answer) -> Gathered | None:
    """Return the request that an answer is about."""
    request_id = answer.event.request_id
    return here[REQUESTS].by_id.get(request_id) if request_id else None


def _is_top(answer: Answer) -> int:
    return int(answer.event.score >= answer.event.scale.top)


@metric(
    en="Customer satisfaction",
    zh="总体满意度",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER_DAYS,
    guards="ab",
    source="METRICS 1; ISO 10004",
    needs=(SURVEYS, OWNERS),
    by_customer=True,
    sample=5,
)
def overall_satisfaction(here: Material, asked: Question) -> Iterator[Entry]:
    """Answers on ``overall`` that are satisfied, in percent of those that count.

    Satisfied: 4 or more of 1-5, 5 or more of 1-7, 9 or more of 1-10. Credited by days to who owned
    the customer on the 90 dates before the answer (dates without an owner are dropped; where none
    remain, to the owner at the answer). Left out: ``voided``, ``superseded`` (the last answer of a
    survey counts, wherever it falls), ``outside_period``.
    """
    for answer, entry in _answers(here, asked, OVERALL, _owner_days(here, asked)):
        yield entry._replace(amount=_is_top(answer))


@metric(
    en="Satisfaction with one aspect",
    zh="分项满意度",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER,
    guards="ab",
    source="METRICS 2; ISO 10004",
    needs=(SURVEYS, OWNERS),
    by_customer=True,
    sample=5,
    of_aspect=True,
)
def aspect_satisfaction(here: Material, asked: Question) -> Iterator[Entry]:
    """Answers on the aspect that the rules name that are satisfied, in percent.

    Credited to who owned the customer at the answer. Otherwise as ``overall_satisfaction``.
    """
    aspect = asked.aspect or OVERALL
    for answer, entry in _answers(here, asked, aspect, _owner_then(here)):
        yield entry._replace(amount=_is_top(answer))


@metric(
    en="Net promoter score",
    zh="净推荐值",
    measure=Measure.RATE,
    unit="-100 to 100",
    credit=CreditRule.OWNER,
    guards="ab",
    source="METRICS 4; Reichheld 2003",
    needs=(SURVEYS, OWNERS),
    by_customer=True,
    sample=5,
)
def nps(here: Material, asked: Question) -> Iterator[Entry]:
    """Percent of answers of 9 and 10 on ``recommend``, minus percent of those up to 6.

    Credited to who owned the customer at the answer. Otherwise as ``overall_satisfaction``.
    """
    for answer, entry in _answers(here, asked, RECOMMEND, _owner_then(here)):
        score = answer.event.score
        yield entry._replace(amount=int(score >= PROMOTER) - int(score <= DETRACTOR))


@metric(
    en="Satisfaction with how complaints are handled",
    zh="投诉处理满意度",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="ab",
    source="METRICS 3; ISO 10002",
    needs=(SURVEYS, OWNERS, REQUESTS),
    sample=5,
    of_aspect=True,
)
def complaint_handling_satisfaction(here: Material, asked: Question) -> Iterator[Entry]:
    """Answers after a complaint, on the aspect that the rules name, that are satisfied, in percent.

    Of surveys about a request that is a complaint. Credited to who had resolved it last when the
    customer answered; until then to who held it, in the queue to the team. Otherwise as
    ``overall_satisfaction``. Left out besides: ``request_voided``.
    """
    aspect = asked.aspect or OVERALL
    for answer, entry in _answers(here, asked, aspect, _handler(here, asked)):
        request = _about(here, answer)
        if request is None or request.opened.kind is not RequestKind.COMPLAINT:
            continue
        reason = entry.reason or ("request_voided" if request.voided else None)
        yield entry._replace(
            amount=_is_top(answer), reason=reason, department_id=request.opened.department_id
        )


@metric(
    en="Customer effort score",
    zh="客户费力度",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.HOLDER,
    guards="ab",
    source="METRICS 5; Dixon 2010",
    needs=(SURVEYS, OWNERS, REQUESTS),
    sample=5,
)
def ces(here: Material, asked: Question) -> Iterator[Entry]:
    """Answers on ``effort`` or ``ease`` that found it easy, in percent; more is better.

    Easy: 5 or more of 1-7, and the top scores of other scales. Credited to who had resolved the
    request last when the customer answered, until then to who held it; where they were asked about
    no request, to who owned the customer. Otherwise as ``overall_satisfaction``.
    """
    whose = _handler(here, asked)
    for aspect in sorted(EFFORT):
        for answer, entry in _answers(here, asked, aspect, whose):
            request = _about(here, answer)
            department = request.opened.department_id if request else None
            yield entry._replace(amount=_is_top(answer), department_id=department)


@metric(
    en="Satisfaction with collaboration",
    zh="协作满意度",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.TEAM,
    guards="ab",
    source="METRICS 34",
    needs=(SURVEYS, STAFF),
    sample=5,
)
def collaboration_satisfaction(here: Material, asked: Question) -> Iterator[Entry]:
    """Answers of other departments' staff on working with a department that are satisfied.

    In percent of those that count. The department is the one whose code the aspect names after
    ``collaboration-``. Satisfied as ``overall_satisfaction`` says. Left out: ``voided``,
    ``superseded``, ``outside_period``, ``own_department`` (nobody rates their own).
    """
    for aspect in here[SURVEYS].aspects:
        if not aspect.startswith(COLLABORATION):
            continue
        rated = department_id(aspect.removeprefix(COLLABORATION))
        for answer, entry in _answers(here, asked, aspect, lambda _: (), Audience.STAFF):
            member_id = answer.event.member_id
            own = member_id and here[STAFF].team_at(member_id, answer.occurred_at) == rated
            yield entry._replace(
                amount=_is_top(answer),
                reason=entry.reason or ("own_department" if own else None),
                department_id=rated,
            )
