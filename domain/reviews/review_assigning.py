"""Who is asked to calibrate a review, or to judge an appeal: people with no other part in it."""

from domain.kernel import Envelope, Rejected
from domain.reviews.review import ReviewAssigned
from domain.reviews.review_checks import hands
from domain.reviews.review_states import About, Sealed, Shared

_FIELDS = ("first_calibrator_id", "second_calibrator_id", "judge_id")


def check_asked_once(asked: ReviewAssigned, review: About) -> None:
    """Check that different people are asked, not the reviewee.

    Raises ``Rejected``: review.own, review.asked-twice.
    """
    seen = set()
    for name in _FIELDS:
        who = getattr(asked, name)
        if who is None:
            continue
        if who == review.member_id:
            raise Rejected("review.own", "It is their own review; ask somebody else.", field=name)
        if who in seen:
            raise Rejected("review.asked-twice", "Ask each for one part in it.", field=name)
        seen.add(who)


def check_asked_to_calibrate(asked: ReviewAssigned, review: About) -> None:
    """Check that who is asked to calibrate may still do so; who is asked already stays.

    Raises ``Rejected``: review.already-shared, review.four-eyes, review.judge.
    """
    calibrators = {name: getattr(asked, name) for name in _FIELDS[:2]}
    if all(getattr(review, name) == who for name, who in calibrators.items()):
        return
    if isinstance(review, Shared | Sealed):
        raise Rejected("review.already-shared", "It is calibrated.", field=_FIELDS[0])
    for name, who in calibrators.items():
        if who in review.drawn_by:
            raise Rejected("review.four-eyes", "Ask somebody else than its author.", field=name)
        if who in review.judged_by:
            raise Rejected("review.judge", "They decided an appeal of it.", field=name)


def check_asked_to_judge(asked: ReviewAssigned, review: About) -> None:
    """Check that who is asked to judge had no part in it; who is asked already stays.

    Raises ``Rejected``: review.not-uninvolved.
    """
    involved = review.drawn_by | review.calibrated_by | review.took_part
    if asked.judge_id != review.judge_id and asked.judge_id in involved:
        raise Rejected(
            "review.not-uninvolved",
            "Ask somebody who had no part in the review.",
            field="judge_id",
        )


def check_calibrates(review: About, envelope: Envelope) -> None:
    """Check that who is asked to judge keeps out of it. Raises ``Rejected``: review.asked-else."""
    if review.judge_id in hands(envelope):
        raise Rejected("review.asked-else", "You are asked to judge an appeal of it, where one is.")


def check_judges(review: About, envelope: Envelope) -> None:
    """Check that who is asked to calibrate only does so. Raises ``Rejected``: review.asked-else."""
    if review.asked_to_calibrate & hands(envelope):
        raise Rejected("review.asked-else", "You are asked to calibrate it, and nothing else.")


def check_signs(review: About, envelope: Envelope) -> None:
    """Check that who is asked for a part does not sign. Raises ``Rejected``: review.asked-else."""
    check_calibrates(review, envelope)
    check_judges(review, envelope)
