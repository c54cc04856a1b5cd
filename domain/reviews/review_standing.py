"""How far a review is: what may be done to it only while, or only once, it stands so."""

from typing import assert_never

from domain.kernel import Rejected
from domain.reviews.review_states import (
    Absent,
    Calibrated,
    Drafted,
    Opened,
    Review,
    Sealed,
    Shared,
    Withdrawn,
)


def check_there(review: Review) -> Opened | Drafted | Calibrated | Shared | Sealed:
    """Check and return one that is there. Raises ``Rejected``: review.unknown, review.withdrawn."""
    match review:
        case Absent():
            raise Rejected("review.unknown", "There is no such review.")
        case Withdrawn():
            raise Rejected("review.withdrawn", "The review was withdrawn.")
        case Opened() | Drafted() | Calibrated() | Shared() | Sealed():
            return review
        case _:
            assert_never(review)


def check_preparing(review: Review) -> Opened | Drafted | Calibrated:
    """Check and return one before sharing. Raises ``Rejected``: review.already-shared, .sealed."""
    match here := check_there(review):
        case Sealed():
            raise Rejected("review.sealed", "It is sealed; what comes later is a supplement.")
        case Shared():
            raise Rejected("review.already-shared", "The reviewee is shown it; it stays so.")
        case _:
            return here


def check_drafted(review: Review) -> Drafted | Calibrated:
    """Check and return one with a card, not shared yet. Raises ``Rejected``: review.not-drafted."""
    here = check_preparing(review)
    if isinstance(here, Opened):
        raise Rejected("review.not-drafted", "Draft its card first.")
    return here


def check_known(review: Review) -> Shared | Sealed:
    """Check and return one that the reviewee is shown. Raises ``Rejected``: review.not-shared."""
    here = check_there(review)
    if not isinstance(here, Shared | Sealed):
        raise Rejected("review.not-shared", "Share it with the reviewee first.")
    return here


def check_shared(review: Review) -> Shared:
    """Check and return one that is shared and not sealed. Raises ``Rejected``: review.sealed."""
    here = check_known(review)
    if isinstance(here, Sealed):
        raise Rejected("review.sealed", "It is sealed; what comes later is a supplement.")
    return here


def check_whole(review: Review) -> Sealed:
    """Check and return a sealed one. Raises ``Rejected``: review.not-sealed."""
    here = check_there(review)
    if not isinstance(here, Sealed):
        raise Rejected("review.not-sealed", "Seal it first.")
    return here
