"""What is sealed under which hash, and what facts learned later make of it."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from domain.reviews.card import Card, ScoredFigure, exact, number
from domain.reviews.review import FollowUp

THRESHOLD = Fraction(2)
"""How many points make a supplement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """All that the hash of a version is made of (``card.digest``)."""

    review_id: UUID
    card: str
    """The card's hash."""
    policy: str
    """The policy's hash."""
    position: int
    adjustment: Decimal
    authors: tuple[UUID, ...]
    calibrators: tuple[UUID, ...]
    signed_by: UUID
    previous: str | None = None
    """The hash of the version before."""


@dataclass(frozen=True, slots=True)
class Impact:
    """How a card differs from an earlier one; ``delta`` is exact, None where one has no total."""

    delta: str | None
    follow_up: FollowUp
    changed: tuple[str, ...]


def impact(before: Card, now: Card) -> Impact:
    """Return what a later card changes, and what is to follow."""
    delta = None
    if before.total is not None and now.total is not None:
        delta = number(now.total) - number(before.total)
    return Impact(
        delta=None if delta is None else exact(delta),
        follow_up=_follow_up(delta, neither=before.total is None and now.total is None),
        changed=_changed(before, now),
    )


def _follow_up(delta: Fraction | None, *, neither: bool) -> FollowUp:
    if delta == 0 or neither:
        return FollowUp.NONE
    if delta is None or abs(delta) >= THRESHOLD:
        return FollowUp.SUPPLEMENT
    return FollowUp.NEXT_CYCLE


def _changed(before: Card, now: Card) -> tuple[str, ...]:
    known = {_told(figure) for figure in before.figures}
    changed = [figure.term.metric for figure in now.figures if _told(figure) not in known]
    return tuple(dict.fromkeys(changed))


def _told(figure: ScoredFigure) -> tuple[str | None, ...]:
    term = figure.term
    aspect = term.aspect or ""
    return (term.metric, aspect, figure.status, figure.numerator, figure.denominator, figure.score)
