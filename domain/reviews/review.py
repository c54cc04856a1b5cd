"""A review of somebody's work, or a team's: from its opening to its seal, and what comes after.

The card is computed from the log and kept with all it is made of. Two people calibrate it, beside
the card and with reasons; the reviewee sees it, answers, may appeal; somebody else seals it. What
is sealed stays as it is: what is learned later makes a supplement, which a person signs.

What the reviewee says is in ``review_answering``, what a review may be in ``review_states``, the
rules are in ``review_rules``.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.ids import DepartmentId, MemberId, ReviewCycleId, ReviewId, ReviewPolicyId
from domain.kernel import MustBeActive, command, event
from domain.reviews.card import Card
from domain.reviews.review_answering import (
    AcknowledgeReview,
    AppealDismissed,
    AppealLodged,
    AppealUpheld,
    DisagreeWithReview,
    DismissAppeal,
    LodgeAppeal,
    ReviewAcknowledged,
    ReviewDisagreed,
    UpholdAppeal,
)


class OutcomeKind(StrEnum):
    """What a review leads to."""

    PAY = "pay"
    PROMOTION = "promotion"
    NONE = "none"


class FollowUp(StrEnum):
    """What is to follow from facts that were learned after sealing."""

    NONE = "none"
    NEXT_CYCLE = "next_cycle"
    """Little changes: the next review takes it into account."""
    SUPPLEMENT = "supplement"


class Grounds(StrEnum):
    """Why there is a version of what is sealed."""

    SEALED = "sealed"
    IMPACT = "impact"
    """Facts were learned later, or corrected."""
    APPEAL = "appeal"


# --- Events -----------------------------------------------------------------------------------


@event("review.opened", zh="开始考核")
class ReviewOpened:
    """Review opened."""

    member_id: MemberId | None
    """Whose work it is about; None: the department's."""
    department_id: DepartmentId
    cycle_id: ReviewCycleId | None
    author_id: MemberId
    first: date
    last: date
    """The first date that it is not about any more."""
    zone: str
    policy_id: ReviewPolicyId
    policy_version: int
    policy_hash: str


@event("review.assigned", zh="指定校准人与申诉裁决人")
class ReviewAssigned:
    """Calibrators of the review asked, and who would judge an appeal."""

    first_calibrator_id: MemberId | None
    second_calibrator_id: MemberId | None
    judge_id: MemberId | None


@event("review.drafted", zh="起草评分卡")
class ScorecardDrafted:
    """Scorecard drafted."""

    card: Card
    card_hash: str


@event("review.inputs-collected", zh="意见收集完毕")
class InputsCollected:
    """Inputs to the review collected."""

    summary: str | None


@event("review.calibrated", zh="提出校准")
class ReviewCalibrated:
    """Calibration of the review proposed."""

    adjustment: Decimal
    """Points beside the card's total, from -10 to 10."""


@event("review.calibration-confirmed", zh="确认校准")
class CalibrationConfirmed:
    """Calibration of the review confirmed."""

    adjustment: Decimal


@event("review.shared", zh="考核结果告知本人")
class ReviewShared:
    """Review shared with the reviewee."""

    sealable_from: datetime
    """When it may be sealed without an answer."""


@event("review.sealed", zh="考核封存")
class ReviewSealed:
    """Review sealed."""

    card_hash: str
    policy_hash: str
    position: int
    total: str | None
    adjustment: Decimal
    authors: tuple[UUID, ...]
    calibrators: tuple[UUID, ...]
    sealer_id: MemberId
    hash: str
    """Of all of this (``review_sealing.Seal``)."""


@event("review.impact-noted", zh="记录后续影响")
class ImpactNoted:
    """Noted what later facts change in the sealed review."""

    position: int
    total: str | None
    card_hash: str
    delta: str | None
    """Exact points more than in the last version; None where one of them has no total."""
    follow_up: FollowUp
    changed: tuple[str, ...]
    """The metrics whose figures are others now."""


@event("review.supplemented", zh="考核补充")
class ReviewSupplemented:
    """Sealed review supplemented."""

    number: int
    """Which version it is; the sealed one is the first."""
    card: Card
    card_hash: str
    because: Grounds
    signer_id: MemberId
    hash: str


@event("review.outcome-decided", zh="决定考核结果应用")
class OutcomeDecided:
    """Outcome of the review decided."""

    kind: OutcomeKind
    text: str


@event("review.help-plan-agreed", zh="商定帮扶计划")
class HelpPlanAgreed:
    """Help plan agreed."""

    text: str
    until: date


@event("review.withdrawn", zh="撤销考核")
class ReviewWithdrawn:
    """Review withdrawn before it was shared."""


Event = (
    ReviewOpened
    | ReviewAssigned
    | ScorecardDrafted
    | InputsCollected
    | ReviewCalibrated
    | CalibrationConfirmed
    | ReviewShared
    | ReviewAcknowledged
    | ReviewDisagreed
    | AppealLodged
    | AppealUpheld
    | AppealDismissed
    | ReviewSealed
    | ImpactNoted
    | ReviewSupplemented
    | OutcomeDecided
    | HelpPlanAgreed
    | ReviewWithdrawn
)

# --- Commands ---------------------------------------------------------------------------------


@command
class OpenReview:
    """Open a review of a member, also one who has left, or of a department (no ``member_id``).

    Of the period ``[first, last)`` by one version of a policy; unless said, whoever opens it is its
    author.
    """

    id: ReviewId
    member_id: MemberId | None = None
    department_id: DepartmentId
    author_id: Annotated[MemberId | None, MustBeActive()] = None
    cycle_id: Annotated[ReviewCycleId | None, MustBeActive()] = None
    first: date
    last: date
    zone: str
    policy_id: ReviewPolicyId
    policy_version: int
    policy_hash: str


@command
class AssignReview:
    """Ask who is to calibrate it and who would judge an appeal; who is left out is not asked.

    They see this review, wherever they work, and do that part of it.
    """

    id: ReviewId
    first_calibrator_id: Annotated[MemberId | None, MustBeActive()] = None
    second_calibrator_id: Annotated[MemberId | None, MustBeActive()] = None
    judge_id: Annotated[MemberId | None, MustBeActive()] = None


@command
class DraftScorecard:
    """Put a computed card into a review, or a later one in its place until it is shared."""

    id: ReviewId
    card: Card


@command
class CollectInputs:
    """Close what people have to say; in short, what it was."""

    id: ReviewId
    summary: str | None = None


@command
class CalibrateReview:
    """Propose so many points beside the card's total, from -10 to 10; the reason says why."""

    id: ReviewId
    adjustment: Decimal


@command
class ConfirmCalibration:
    """Confirm what somebody else proposed; the reason says why."""

    id: ReviewId


@command
class ShareReview:
    """Let the reviewee see it; from ``sealable_from`` on it may be sealed without an answer."""

    id: ReviewId
    sealable_from: datetime


@command
class SealReview:
    """Seal a review, as somebody who did not write it."""

    id: ReviewId


@command
class NoteImpact:
    """Compare a sealed review with a card computed from what is known later."""

    id: ReviewId
    card: Card


@command
class SupplementReview:
    """Add a version with another card to what is sealed, and sign it; the reason says why."""

    id: ReviewId
    card: Card


@command
class DecideOutcome:
    """Decide, as a person and with a reason, what a sealed review leads to."""

    id: ReviewId
    kind: OutcomeKind
    text: str


@command
class AgreeHelpPlan:
    """Write down how the reviewee is helped, and until when."""

    id: ReviewId
    text: str
    until: date


@command
class WithdrawReview:
    """Withdraw a review that nobody was shown; the reason says why."""

    id: ReviewId


Command = (
    OpenReview
    | AssignReview
    | DraftScorecard
    | CollectInputs
    | CalibrateReview
    | ConfirmCalibration
    | ShareReview
    | AcknowledgeReview
    | DisagreeWithReview
    | LodgeAppeal
    | UpholdAppeal
    | DismissAppeal
    | SealReview
    | NoteImpact
    | SupplementReview
    | DecideOutcome
    | AgreeHelpPlan
    | WithdrawReview
)
