"""Whether a card proves itself: what is computed from its figures, and facts under each number."""

from fractions import Fraction

from domain.kernel import Rejected
from domain.reviews.card import Card, ScoredFigure, Status, number

WHOLE = Fraction(100)


def check_card(card: Card) -> None:
    """Check that a card's total and coverage follow from its figures, and these rest on facts.

    Raises ``Rejected``: review.card-unreadable, review.no-evidence, review.coverage, review.total.
    """
    try:
        scored = [
            (Fraction(figure.term.weight), number(figure.score))
            for figure in card.figures
            if figure.score is not None
        ]
        whole = sum((Fraction(figure.term.weight) for figure in card.figures), Fraction(0))
        total = None if card.total is None else number(card.total)
        coverage = number(card.coverage)
    except (ValueError, ArithmeticError) as error:
        raise Rejected(
            "review.card-unreadable", "The numbers of a card are exact.", field="card"
        ) from error
    if not all(_proved(figure) for figure in card.figures):
        raise Rejected(
            "review.no-evidence",
            "Each measured figure names the facts that it counts, and only those have points.",
            field="card",
        )
    weight = sum((each for each, _ in scored), Fraction(0))
    if whole <= 0 or coverage != WHOLE * weight / whole:
        raise Rejected(
            "review.coverage", "The coverage does not follow from the figures.", field="card"
        )
    known = weight > 0 and total is not None
    if known:
        fits = total == sum((each * score for each, score in scored), Fraction(0)) / weight
    else:
        fits = total is None and coverage < WHOLE
    if not fits:
        raise Rejected("review.total", "The total does not follow from the figures.", field="card")


def _proved(figure: ScoredFigure) -> bool:
    if figure.status is not Status.MEASURED:
        return figure.score is None
    counted = len(figure.evidence)
    return figure.score is not None and figure.n is not None and bool(counted) == bool(figure.n)
