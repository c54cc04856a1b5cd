"""What a story comes to: values of metrics, scorecards, and the facts behind them."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.ids import DepartmentId, MemberId
from domain.reviews.scoring_rules import Better, Rules, Term
from projections.reports.period import Period
from projections.scoring.asked import Terms
from projections.scoring.catalogue import METRICS
from projections.scoring.metric import Metric
from projections.scoring.scoring import Scored, count, gather
from projections.scoring.tally import Tallies
from tests.scoring.facts import LATER, SECOND_QUARTER, Story


def term_of(name: str, aspect: str | None = None, weight: Decimal = Decimal(100)) -> Term:
    """Return a term that lets a metric's value through: floor 0, target 100."""
    return Term(
        metric=name,
        weight=weight,
        floor=Decimal(0),
        target=Decimal(100),
        direction=Better.HIGHER,
        minimum_sample=1,
        aspect=aspect,
    )


def terms_of(*terms: Term, period: Period = SECOND_QUARTER) -> Terms:
    rules = Rules(terms=terms, minimum_coverage=Decimal(0))
    return Terms(period=period, rules=rules, currency="CNY")


def tallied(
    story: Story,
    name: str,
    *,
    aspect: str | None = None,
    period: Period = SECOND_QUARTER,
    known_at: datetime = LATER,
    currency: str = "CNY",
) -> Tallies:
    """Return what a metric comes to for everybody."""
    terms = replace(terms_of(term_of(name, aspect), period=period), currency=currency)
    return count(terms, gather(terms, story.facts), known_at)[terms.rules.terms[0]]


def scored(
    story: Story, *terms: Term, period: Period = SECOND_QUARTER, known_at: datetime = LATER
) -> Scored:
    """Return the scorecards of everybody."""
    asked = terms_of(*terms, period=period)
    material = gather(asked, story.facts)
    return Scored(asked, story.last, known_at, material, count(asked, material, known_at))


def metric(name: str) -> Metric:
    return METRICS[name]


def value(story: Story, name: str, member: MemberId | None = None, **more: Any) -> Fraction | None:
    """Return a metric's exact value, of a member or of the whole company."""
    found = tallied(story, name, **more)
    tally = found.members[member] if member else found.whole
    exact = tally.value(metric(name).measure)
    return None if exact is None else Fraction(exact)


def of_department(story: Story, name: str, department: DepartmentId, **more: Any) -> Any:
    """Return a metric's exact value of a department."""
    return tallied(story, name, **more).departments[department].value(metric(name).measure)


def reasons(story: Story, name: str, member: MemberId | None = None, **more: Any) -> dict[int, str]:
    """Return why facts do not count."""
    found = tallied(story, name, **more)
    return dict((found.members[member] if member else found.whole).excluded)


def evidence(story: Story, name: str, member: MemberId | None = None, **more: Any) -> list[int]:
    """Return the positions of the facts that count."""
    found = tallied(story, name, **more)
    return sorted(each for each, _ in (found.members[member] if member else found.whole).evidence)
