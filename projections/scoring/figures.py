"""From what was counted to a figure and a score: METRICS.md 2, cases/README.md 4."""

from collections.abc import Sequence
from fractions import Fraction

from domain.reviews.card import LeftOut, Proof, ScoredFigure, Status, exact
from domain.reviews.scoring_rules import Rules, Term
from projections.reports.rounding import places
from projections.scoring.metric import CreditRule, Measure, Metric, Number
from projections.scoring.tally import Tally


def figure(
    metric: Metric, term: Term, tally: Tally, cap: Fraction, there: Fraction | None
) -> ScoredFigure:
    """Return one line of a scorecard.

    ``there``: which part of the period's business days they were there, for whom targets shrink
    with that; None: for whom they do not (a team). What is a team's alone is no data of a member.
    """
    part = there if metric.prorated and there is not None else Fraction(1)
    floor, target = Fraction(term.floor) * part, Fraction(term.target) * part
    theirs = there is None or metric.credit is not CreditRule.TEAM
    value = tally.value(metric.measure) if part and theirs else None
    status = _status(metric, term, tally, value)
    if status is not Status.MEASURED:
        value = None
    hidden = status is Status.HIDDEN
    return ScoredFigure(
        term=term,
        status=status,
        value=None if value is None else places(Fraction(value)),
        numerator=None if value is None else exact(_numerator(metric, tally, value)),
        denominator=None if value is None else exact(_denominator(metric, tally)),
        n=None if hidden else tally.n,
        floor=exact(floor),
        target=exact(target),
        score=None if value is None else exact(_score(Fraction(value), floor, target, cap)),
        evidence=() if hidden else _proofs(tally.evidence),
        excluded=() if hidden else _left_out(tally.excluded),
    )


def _status(metric: Metric, term: Term, tally: Tally, value: Number | None) -> Status:
    least = metric.minimum(term.minimum_sample)
    if metric.hidden_below is not None and tally.n < max(metric.hidden_below, least):
        return Status.HIDDEN
    if value is None:
        return Status.NO_DATA
    return Status.INSUFFICIENT if 0 < tally.n < least else Status.MEASURED


def _numerator(metric: Metric, tally: Tally, value: Number) -> Number:
    return value if metric.measure.of_each else tally.amount


def _denominator(metric: Metric, tally: Tally) -> Number:
    if metric.measure is Measure.PACE:
        return Fraction(tally.weight) / tally.n
    return tally.weight if metric.measure in (Measure.RATE, Measure.MEAN) else 1


def _score(value: Fraction, floor: Fraction, target: Fraction, cap: Fraction) -> Fraction:
    return max(Fraction(0), min(100 * (value - floor) / (target - floor), cap))


def _proofs(evidence: Sequence[tuple[int, Number]]) -> tuple[Proof, ...]:
    return tuple(Proof(position=at, share=exact(share)) for at, share in sorted(evidence))


def _left_out(excluded: Sequence[tuple[int, str]]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(position=at, reason=reason) for at, reason in sorted(excluded))


def total_of(figures: Sequence[ScoredFigure], rules: Rules) -> tuple[Fraction | None, Fraction]:
    """Return the exact total, None where too little is measured, and the coverage in percent."""
    scored = [each for each in figures if each.score is not None]
    weight = sum((Fraction(each.term.weight) for each in scored), Fraction(0))
    coverage = 100 * weight / sum((Fraction(each.weight) for each in rules.terms), Fraction(0))
    if not weight or coverage < Fraction(rules.minimum_coverage):
        return None, coverage
    points = sum(
        (Fraction(each.term.weight) * Fraction(each.score) for each in scored if each.score),
        Fraction(0),
    )
    return points / weight, coverage
