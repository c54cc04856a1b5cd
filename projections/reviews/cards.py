"""A scorecard as answers show it: two decimals, what is exact beside them, facts by positions."""

from domain.reviews.card import Card, ScoredFigure, digest, number
from projections.documents import Document, text, utc
from projections.reports.rounding import places
from projections.reviews.review_policies import number as plain


def shown_card(card: Card) -> Document:
    """Write a card as documents and answers do."""
    return {
        "member_id": text(card.member_id),
        "department_id": text(card.department_id),
        "from": card.first.isoformat(),
        "to": card.last.isoformat(),
        "timezone": card.zone,
        "policy_id": text(card.policy_id),
        "policy_version": card.policy_version,
        "policy_hash": card.policy_hash,
        "position": str(card.position),
        "known_at": utc(card.known_at),
        "code": card.code,
        "hash": digest(card),
        "total": rounded(card.total),
        "exact_total": card.total,
        "coverage": places(number(card.coverage)),
        "eligible_days": card.eligible_days,
        "period_days": card.period_days,
        "figures": [_figure(each) for each in card.figures],
    }


def _figure(figure: ScoredFigure) -> Document:
    term = figure.term
    return {
        "metric": term.metric,
        "metric_version": term.version,
        "aspect": term.aspect,
        "weight": plain(term.weight),
        "direction": term.direction,
        "status": figure.status,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "floor": figure.floor,
        "target": figure.target,
        "score": rounded(figure.score),
        "exact_score": figure.score,
        "evidence": [
            {"position": str(each.position), "share": each.share} for each in figure.evidence
        ],
        "excluded": [
            {"position": str(each.position), "reason": each.reason} for each in figure.excluded
        ],
    }


def rounded(told: str | None) -> str | None:
    """Write exact points with two decimals."""
    return None if told is None else places(number(told))
