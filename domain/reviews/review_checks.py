"""Who may have which hand in a review: nobody checks their own work, or judges what they signed."""

from decimal import Decimal
from uuid import UUID

from domain.ids import MemberId
from domain.kernel import Envelope, Rejected
from domain.reviews.card import Card
from domain.reviews.review import OpenReview
from domain.reviews.review_answering import LodgeAppeal
from domain.reviews.review_states import About, Calibration, Sealed, Shared

MOST_POINTS = Decimal(10)
_CENT = Decimal("0.01")


def hands(envelope: Envelope) -> frozenset[MemberId]:
    """Return who acts: whose work it is, and who does it for them."""
    told = (envelope.performer, envelope.actor.member_id)
    return frozenset(each for each in told if each is not None)


def check_begun(command: OpenReview, envelope: Envelope) -> MemberId:
    """Check that a review can be opened, and return its author.

    Raises ``Rejected``: review.nobody, review.own, review.period.
    """
    author = command.author_id or envelope.performer
    if author is None:
        raise Rejected("review.nobody", "A person writes it; say who.", field="author_id")
    if command.member_id in {author, *hands(envelope)}:
        raise Rejected("review.own", "Somebody else reviews their work.", field="member_id")
    if command.first >= command.last:
        raise Rejected("review.period", "A period ends after it begins.", field="last")
    return author


def check_person(envelope: Envelope) -> MemberId:
    """Check that a person acts, and return who. Raises ``Rejected``: review.nobody."""
    if envelope.performer is None:
        raise Rejected("review.nobody", "A person answers for this, not a program.")
    return envelope.performer


def check_not_own(review: About, envelope: Envelope) -> None:
    """Check that it is not the reviewee. Raises ``Rejected``: review.own."""
    if review.member_id in hands(envelope):
        raise Rejected("review.own", "It is your own review; somebody else does this.")


def check_reviewee(review: About, envelope: Envelope) -> None:
    """Check that it is for the reviewee. Raises ``Rejected``: review.not-yours."""
    if review.member_id is None or review.member_id != envelope.performer:
        raise Rejected("review.not-yours", "Only whom it is about answers to it.")


def check_own_word(review: About, envelope: Envelope) -> None:
    """Check that it is the reviewee, and no colleague for them.

    Raises ``Rejected``: review.not-yours.
    """
    check_reviewee(review, envelope)
    if hands(envelope) != {review.member_id}:
        raise Rejected("review.not-yours", "That one has seen it, nobody else says for one.")


def check_speaks(review: About, envelope: Envelope, *, by_letter: bool) -> None:
    """Check that an appeal is the reviewee's, or written down by who has no stake in the card.

    Raises ``Rejected``: review.nobody, review.own, review.not-yours, review.four-eyes.
    """
    if by_letter:
        check_person(envelope)
        check_not_own(review, envelope)
    else:
        check_reviewee(review, envelope)
    if (review.drawn_by | review.calibrated_by) & hands(envelope):
        raise Rejected(
            "review.four-eyes", "Somebody who neither wrote nor calibrated it writes it down."
        )


def check_reason(envelope: Envelope) -> None:
    """Check that it is said why. Raises ``Rejected``: review.reason-missing."""
    if not envelope.reason:
        raise Rejected("review.reason-missing", "Say why.", field="reason")


def check_not_author(review: About, envelope: Envelope) -> MemberId:
    """Check that a person acts who neither wrote it nor is the reviewee; return who.

    Raises ``Rejected``: review.nobody, review.own, review.four-eyes.
    """
    who = check_person(envelope)
    check_not_own(review, envelope)
    if review.drawn_by & hands(envelope):
        raise Rejected("review.four-eyes", "Somebody else than its author does this.")
    return who


def check_not_judge(review: About, envelope: Envelope) -> None:
    """Check that who decided an appeal does not make the card that follows from it.

    Raises ``Rejected``: review.judge.
    """
    if review.judged_by & hands(envelope):
        raise Rejected(
            "review.judge", "Whoever decided an appeal of it neither writes nor calibrates it."
        )


def check_confirms(calibration: Calibration, envelope: Envelope) -> None:
    """Check that nobody confirms what they proposed or confirmed themselves.

    Raises ``Rejected``: review.four-eyes.
    """
    if calibration.hands & hands(envelope):
        raise Rejected("review.four-eyes", "Somebody who has not calibrated it confirms it.")


def check_uninvolved(review: About, heard: tuple[UUID, ...], envelope: Envelope) -> None:
    """Check that a person acts who had no part in the review, and did not speak for the reviewee.

    Raises ``Rejected``: review.nobody, review.not-uninvolved.
    """
    check_person(envelope)
    involved = review.drawn_by | review.calibrated_by | review.took_part
    if {*involved, *heard, review.member_id} & hands(envelope):
        raise Rejected(
            "review.not-uninvolved",
            "Somebody decides the appeal who had no part in the review: who did not write,"
            " calibrate, share or sign it, gave no feedback that it names, and did not write down"
            " the appeal.",
        )


def check_adjustment(points: Decimal) -> None:
    """Check that a calibration is within bounds. Raises ``Rejected``: review.adjustment."""
    if abs(points) > MOST_POINTS or points != points.quantize(_CENT):
        raise Rejected(
            "review.adjustment",
            "Adjust by -10 to 10 points, with at most two decimals.",
            field="adjustment",
        )


def check_same(review: About, card: Card) -> None:
    """Check that a card is of this review. Raises ``Rejected``: review.other-card."""
    whose = (card.member_id, card.department_id if review.member_id is None else None)
    wanted = (review.member_id, review.department_id if review.member_id is None else None)
    when = (card.first, card.last, card.zone)
    by = (card.policy_id, card.policy_version, card.policy_hash)
    if (
        whose != wanted
        or when != (review.first, review.last, review.zone)
        or by != (review.policy_id, review.policy_version, review.policy_hash)
    ):
        raise Rejected(
            "review.other-card",
            "The card is of somebody else, another period or another policy.",
            field="card",
        )


def check_later(review: Sealed, card: Card) -> None:
    """Check that a card knows no less than what is sealed. Raises ``Rejected``."""
    if card.position < review.versions[-1].position:
        raise Rejected("review.older-card", "It knows less than what is sealed.", field="card")


def check_appeal(review: Shared | Sealed, command: LodgeAppeal, envelope: Envelope) -> None:
    """Check that an appeal says what it is about, and that no other one is open.

    Raises ``Rejected``: review.appeal-open, review.appeal-of-nothing, review.no-such-figure,
    review.no-such-fact, review.deadline.
    """
    if review.appeal is not None:
        raise Rejected("review.appeal-open", "The last appeal is not decided yet.")
    if not command.figures and not command.facts:
        raise Rejected(
            "review.appeal-of-nothing", "Name the figures or facts you contest.", field="figures"
        )
    if {*command.figures} - {figure.term.metric for figure in review.present.figures}:
        raise Rejected("review.no-such-figure", "Name figures of the card.", field="figures")
    if any(position < 1 for position in command.facts):
        raise Rejected("review.no-such-fact", "Name facts by their positions.", field="facts")
    if command.decide_by <= envelope.occurred_at:
        raise Rejected(
            "review.deadline", "It can be promised only for later than now.", field="decide_by"
        )
