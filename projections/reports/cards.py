"""Scorecards as reports show them: two decimals where they are read, exact where they are kept."""

from fractions import Fraction

from domain.reviews.card import Card, Figure, Status
from projections.documents import utc
from projections.reports.replaying import Report
from projections.reports.rounding import places


def told(card: Card) -> Report:
    """Return a card: its total and coverage, and every figure with the facts behind it."""
    return {
        "total": points(card.total),
        "coverage": points(card.coverage),
        "eligible_days": card.eligible_days,
        "period_days": card.period_days,
        "known_at": utc(card.known_at),
        "figures": [_figure(each) for each in card.figures],
    }


def points(exact: str | None) -> str | None:
    """Write an exact number with two decimals."""
    return None if exact is None else places(Fraction(exact))


def too_little(card: Card) -> list[Report]:
    """Return the metrics that say nothing, and why: no data, too few facts, or too few people."""
    return [
        {"metric": each.term.metric, "aspect": each.term.aspect, "status": str(each.status)}
        for each in card.figures
        if each.status is not Status.MEASURED
    ]


def evidence(card: Card) -> list[str]:
    """Return the positions of all facts that count in a card, each once."""
    found = {proof.position for figure in card.figures for proof in figure.evidence}
    return [str(position) for position in sorted(found)]


def _figure(figure: Figure) -> Report:
    return {
        "metric": figure.term.metric,
        "aspect": figure.term.aspect,
        "version": figure.term.version,
        "weight": f"{figure.term.weight.normalize():f}",
        "status": str(figure.status),
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "floor": points(figure.floor),
        "target": points(figure.target),
        "score": points(figure.score),
        "evidence": [
            {"position": str(each.position), "share": each.share} for each in figure.evidence
        ],
        "excluded": [
            {"position": str(each.position), "reason": each.reason} for each in figure.excluded
        ],
    }
