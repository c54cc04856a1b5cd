"""Satisfaction: what customers answered when they were asked."""

from collections.abc import Callable, Iterator

from domain.days import day_of
from domain.kernel import Recorded
from domain.support.scale import RECOMMEND
from domain.support.survey import SurveyAnswered
from projections.reports.satisfaction import DETRACTOR, PROMOTER
from projections.scoring.material import Material
from projections.scoring.metric import Credit, CreditRule, Entry, Measure, Question, Registry
from projections.scoring.sources import OWNERS, SURVEYS

SATISFACTION_METRICS = Registry("satisfaction")
metric = SATISFACTION_METRICS.metric
OVERALL = "overall"
Answer = Recorded[SurveyAnswered]


def _answers(
    here: Material, asked: Question, aspect: str, whose: Callable[[Answer], Credit]
) -> Iterator[tuple[Answer, Entry]]:
    """Yield each answer on an aspect, with whether it counts."""
    for survey in here[SURVEYS].on(aspect).by_id.values():
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
    samples=True,
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
    samples=True,
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
    samples=True,
)
def nps(here: Material, asked: Question) -> Iterator[Entry]:
    """Percent of answers of 9 and 10 on ``recommend``, minus percent of those up to 6.

    Credited to who owned the customer at the answer. Otherwise as ``overall_satisfaction``.
    """
    for answer, entry in _answers(here, asked, RECOMMEND, _owner_then(here)):
        score = answer.event.score
        yield entry._replace(amount=int(score >= PROMOTER) - int(score <= DETRACTOR))
