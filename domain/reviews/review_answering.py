"""What the reviewee says to a review, and how an appeal is decided by somebody uninvolved."""

from datetime import datetime
from uuid import UUID

from domain.ids import ReviewId
from domain.kernel import command, event

# --- Events -----------------------------------------------------------------------------------


@event("review.acknowledged", zh="本人已阅考核结果")
class ReviewAcknowledged:
    """Review acknowledged, which is not to agree with it."""

    comment: str | None


@event("review.disagreed", zh="本人不同意考核结果")
class ReviewDisagreed:
    """Reviewee disagrees with the review."""

    comment: str


@event("review.appeal-lodged", zh="提出申诉")
class AppealLodged:
    """Appeal lodged against the review."""

    number: int
    """Which appeal of this review, from 1."""
    figures: tuple[str, ...]
    facts: tuple[int, ...]
    """Positions in the log."""
    text: str
    decide_by: datetime
    after_sealing: bool
    by_letter: bool = False
    """Whether somebody of ours wrote it down for the reviewee, who works here no more."""


@event("review.appeal-upheld", zh="申诉成立")
class AppealUpheld:
    """Appeal upheld."""

    number: int
    late: bool
    """Whether it was decided later than promised."""
    after_sealing: bool


@event("review.appeal-dismissed", zh="申诉驳回")
class AppealDismissed:
    """Appeal dismissed."""

    number: int
    late: bool


# --- Commands ---------------------------------------------------------------------------------


@command
class AcknowledgeReview:
    """Say, as the reviewee, that one has seen it, which is not to agree."""

    id: ReviewId
    comment: str | None = None


@command
class DisagreeWithReview:
    """Say, as the reviewee, that one does not agree, and why."""

    id: ReviewId
    comment: str


@command
class LodgeAppeal:
    """Contest figures of the card, or facts they rest on or should rest on, as the reviewee."""

    id: ReviewId
    figures: tuple[str, ...] = ()
    facts: tuple[int, ...] = ()
    text: str
    decide_by: datetime
    by_letter: bool = False


@command
class UpholdAppeal:
    """Decide an appeal for the reviewee, as somebody who had no part in the review.

    ``heard``: whose feedback stands among the facts that the card names.
    """

    id: ReviewId
    heard: tuple[UUID, ...]


@command
class DismissAppeal:
    """Decide an appeal against the reviewee, as somebody who had no part in the review.

    ``heard``: whose feedback stands among the facts that the card names.
    """

    id: ReviewId
    heard: tuple[UUID, ...]
