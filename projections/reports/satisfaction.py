"""Satisfaction: what customers, or staff, answered on one aspect in a period.

A report by replay. Definitions (cases/README.md 5 "survey_result", METRICS.md 1 to 5, which follow
ISO 10004; the net promoter score Reichheld 2003, the effort score Dixon 2010):

- Only the **last answer** of each survey counts, the latest by when it was given, wherever it
  falls; earlier ones are ``superseded``, those of a survey that was voided ``voided``. Then an
  answer counts if it was given in the period, else it is ``outside_period``.
- **value**, in percent of n: for the aspect ``recommend``, answers 9-10 minus answers 0-6; for any
  other the top answers: 4 or more of 1-5, 5 or more of 1-7, 9 or more of 1-10 (and of 0-10).
- **mean**: of the scores as they were given, whatever their scale.
- **low**, **high**: between these the value lies with 95 % confidence (``intervals.py``); null for
  a net promoter score of answers that are all alike.
- **sent**: the surveys sent in the period, voided ones left out, whatever they ask; **response**:
  the percentage of those that answered the aspect, whenever.
- What customers say and what staff say are never counted together (``audience``).
- Who was registered by mistake, and taken back, was never asked.
- Nothing is null, never 0. Figures are computed in fractions and rounded half up, once.
- **months**: the same for each month of the period in which somebody answered.
- **groups**: the same by where the answer belongs when it was given: to the ``department`` that
  had the request, else the one in which the customer's owner, or the colleague asked, worked; to
  the ``owner`` of the customer; or to the ``programme``.
  Null: to none. Small groups say little: their interval tells how little.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from application.store.log import NOW, Log, Window
from domain.days import day_of
from domain.kernel import Recorded
from domain.support.scale import EFFORT, RECOMMEND
from domain.support.survey import SurveyAnswered
from domain.support.survey_form import Audience
from projections.reports.answers import SURVEY_EVENTS, Answers
from projections.reports.belonging import PLACE_EVENTS, Belonging
from projections.reports.intervals import Interval, net, wilson
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import percent, places

PROMOTER, DETRACTOR = 9, 6
"""From which score on somebody recommends us, and up to which they warn of us."""
Answer = Recorded[SurveyAnswered]


class By(StrEnum):
    """What answers are told apart by."""

    DEPARTMENT = "department"
    OWNER = "owner"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Question:
    """Which aspect, in which period, of whom, and by what it is told apart."""

    aspect: str
    period: Period
    audience: Audience = Audience.CUSTOMERS
    by: By | None = None


def satisfaction(
    log: Log, question: Question, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Replay surveys, and where they belong, and report what was answered on an aspect."""
    window = ended(log, window)
    answers, belongs = Answers(question.aspect, question.audience), Belonging()
    names = (*SURVEY_EVENTS, *(PLACE_EVENTS if question.by else ()))
    facts = 0
    for fact in shown(log, window, names, progress):
        facts += 1
        if fact.name in SURVEY_EVENTS:
            answers.take(fact)
        else:
            belongs.take(fact)
    return heading("satisfaction", window) | {
        "from": question.period.first.isoformat(),
        "to": question.period.last.isoformat(),
        "facts": facts,
        "aspect": question.aspect,
        "audience": question.audience.value,
        "measure": _measure(question.aspect),
        "by": question.by and question.by.value,
        **_report(answers, question),
        "groups": _groups(answers, belongs, question),
    }


def _measure(aspect: str) -> str:
    if aspect == RECOMMEND:
        return "nps"
    return "ces" if aspect in EFFORT else "csat"


def _report(answers: Answers, question: Question) -> Report:
    period = question.period
    counted, excluded = answers.in_period(period)
    sent = answers.sent_in(period)
    answered = sum(each.last is not None for each in sent)
    return figures(question.aspect, counted) | {
        "sent": len(sent),
        "answered": answered,
        "response": percent(answered, len(sent)),
        "evidence": [str(fact.position) for fact in counted],
        "excluded": [
            {"id": str(position), "reason": reason} for position, reason in sorted(excluded.items())
        ],
        "months": [
            {"month": month} | figures(question.aspect, found)
            for month, found in sorted(_apart(counted, lambda fact: _month(fact, period)).items())
        ],
    }


def _month(fact: Answer, period: Period) -> str:
    return f"{day_of(fact.occurred_at, period.zone):%Y-%m}"


def _groups(answers: Answers, belongs: Belonging, question: Question) -> list[Report] | None:
    if question.by is None:
        return None
    whose: dict[By, Callable[[Answer], str]] = {
        By.DEPARTMENT: lambda fact: str(belongs.department(fact) or ""),
        By.OWNER: lambda fact: str(belongs.owner(fact) or ""),
        By.PROGRAMME: lambda fact: str(answers.of(fact).programme_id or ""),
    }
    counted, _ = answers.in_period(question.period)
    apart = _apart(counted, whose[question.by])
    return [
        {"group": group or None} | figures(question.aspect, found)
        for group, found in sorted(apart.items())
    ]


def _apart(facts: Iterable[Answer], by: Callable[[Answer], str]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = defaultdict(list)
    for fact in facts:
        found[by(fact)].append(fact)
    return found


def figures(aspect: str, counted: Iterable[Answer]) -> Report:
    """Return what these answers on an aspect come to."""
    given = [fact.event for fact in counted]
    n = len(given)
    if not n:
        return {"n": 0, "value": None, "mean": None, "low": None, "high": None}
    mean = Fraction(sum(each.score for each in given), n)
    if aspect == RECOMMEND:
        promoters = sum(each.score >= PROMOTER for each in given)
        detractors = sum(each.score <= DETRACTOR for each in given)
        value, interval = Fraction(promoters - detractors, n), net(promoters, detractors, n)
    else:
        hits = sum(each.score >= each.scale.top for each in given)
        value, interval = Fraction(hits, n), wilson(hits, n)
    return {"n": n, "value": places(100 * value), "mean": places(mean)} | _ends(interval)


def _ends(interval: Interval | None) -> Report:
    if interval is None:
        return {"low": None, "high": None}
    return {"low": places(100 * interval[0]), "high": places(100 * interval[1])}
