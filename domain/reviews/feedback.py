"""Feedback: what somebody says of a colleague's work, with the facts it rests on.

Managers name facts; what a manager cannot show counts for nothing. Nobody rates themselves as a
peer, and a self-assessment is never scored.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import FeedbackId, MemberId, ReviewId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event

LOWEST, HIGHEST = Decimal(1), Decimal(5)


class Source(StrEnum):
    """From where somebody looks at another's work."""

    MANAGER = "manager"
    PEER = "peer"
    UPWARD = "upward"
    SELF = "self"


# --- Events -----------------------------------------------------------------------------------


@event("feedback.given", zh="给出反馈")
class FeedbackGiven:
    """Feedback given."""

    about_id: MemberId
    holder_id: MemberId
    """Who gave it, and may read it again."""
    source: Source
    rating: Annotated[Decimal, Confidential(FieldClass.REVIEW)]
    text: Annotated[str | None, Confidential(FieldClass.REVIEW)]
    evidence: tuple[int, ...]
    """Positions of the facts that it rests on."""
    review_id: ReviewId | None


@event("feedback.withdrawn", zh="撤回反馈")
class FeedbackWithdrawn:
    """Feedback withdrawn."""

    about_id: MemberId
    holder_id: MemberId


Event = FeedbackGiven | FeedbackWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class GiveFeedback:
    """Say how somebody's work is, from 1 to 5, and what that rests on."""

    id: FeedbackId
    about_id: Annotated[MemberId, MustBeActive()]
    source: Source
    rating: Decimal
    text: str | None = None
    evidence: tuple[int, ...] = ()
    review_id: ReviewId | None = None


@command
class WithdrawFeedback:
    """Take back what one said oneself; it counts for nothing any more."""

    id: FeedbackId


Command = GiveFeedback | WithdrawFeedback

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such feedback."""


@dataclass(frozen=True)
class _Said:
    about_id: MemberId
    holder_id: MemberId

    @property
    def kept_from_id(self) -> MemberId | None:
        """Who never knows who said it: whom it is about, unless they said it themselves."""
        return None if self.about_id == self.holder_id else self.about_id


@dataclass(frozen=True)
class Given(_Said):
    """Feedback, as it was given."""


@dataclass(frozen=True)
class Withdrawn(_Said):
    """Feedback that its giver took back."""


Feedback = Absent | Given | Withdrawn

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, feedback: Feedback, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: feedback.exists, feedback.nobody, feedback.rating, feedback.not-self,
    feedback.self, feedback.unknown, feedback.not-yours, feedback.withdrawn.
    """
    match command:
        case GiveFeedback():
            return [_given(command, feedback, envelope)]
        case WithdrawFeedback():
            return [_withdrawn(feedback, envelope)]
        case _:
            assert_never(command)


def _given(command: GiveFeedback, feedback: Feedback, envelope: Envelope) -> FeedbackGiven:
    if not isinstance(feedback, Absent):
        raise Rejected("feedback.exists", "It was given already; give another one.", field="id")
    giver = envelope.performer
    if giver is None:
        raise Rejected("feedback.nobody", "Feedback is given by a member, or for one.")
    if not LOWEST <= command.rating <= HIGHEST:
        raise Rejected("feedback.rating", "A rating is 1 to 5.", field="rating")
    if command.source is Source.SELF and giver != command.about_id:
        raise Rejected("feedback.not-self", "This is about somebody else.", field="source")
    if command.source is not Source.SELF and giver == command.about_id:
        raise Rejected("feedback.self", "Of oneself one speaks as oneself.", field="source")
    return FeedbackGiven(
        about_id=command.about_id,
        holder_id=giver,
        source=command.source,
        rating=command.rating,
        text=command.text,
        evidence=command.evidence,
        review_id=command.review_id,
    )


def _withdrawn(feedback: Feedback, envelope: Envelope) -> FeedbackWithdrawn:
    match feedback:
        case Absent():
            raise Rejected("feedback.unknown", "There is no such feedback.")
        case (
            Given(about_id=about_id, holder_id=holder_id)
            | Withdrawn(about_id=about_id, holder_id=holder_id)
        ):
            if envelope.performer != holder_id:
                raise Rejected("feedback.not-yours", "Only who gave it can take it back.")
            if isinstance(feedback, Withdrawn):
                raise Rejected("feedback.withdrawn", "It was taken back already.")
            return FeedbackWithdrawn(about_id=about_id, holder_id=holder_id)
        case _:
            assert_never(feedback)


def evolve(_: Feedback, fact: Fact[Event]) -> Feedback:
    """Fold one fact into the state."""
    match fact.event:
        case FeedbackGiven(about_id=about_id, holder_id=holder_id):
            return Given(about_id, holder_id)
        case FeedbackWithdrawn(about_id=about_id, holder_id=holder_id):
            return Withdrawn(about_id, holder_id)
        case _:
            assert_never(fact.event)


FEEDBACK: Decider[Command, Feedback, Event] = Decider(
    kind="feedback",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=lambda feedback: isinstance(feedback, Given),
)
