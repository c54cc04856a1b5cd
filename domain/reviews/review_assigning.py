"""Who is asked to calibrate a review, or to judge an appeal: people with no other part in it."""

from domain.kernel import Envelope, Rejected
from domain.reviews.review import AssignReview, ReviewAssigned
from domain.reviews.review_checks import hands
from domain.reviews.review_states import About, Sealed, Shared

Asked = AssignReview | ReviewAssigned | About


def assigned(command: AssignReview, review: About) -> list[ReviewAssigned]:
    """Return what follows where people are asked: nothing, where they are asked already.

    Raises ``Rejected``: review.own, review.asked-twice, review.four-eyes, review.judge,
    review.not-uninvolved, review.already-shared.
    """
    if _asked(command) == _asked(review):
        return []
    _check_different(command, review)
    if _asked(command)[:2] != _asked(review)[:2]:
        _check_calibrators(command, review)
    if command.judge_id != review.judge_id:
        _check_judge(command, review)
    return [
        ReviewAssigned(
            first_calibrator_id=command.first_calibrator_id,
            second_calibrator_id=command.second_calibrator_id,
            judge_id=command.judge_id,
        )
    ]


_FIELDS = ("first_calibrator_id", "second_calibrator_id", "judge_id")


def _asked(told: Asked) -> tuple[object, ...]:
    return tuple(getattr(told, name) for name in _FIELDS)


def _check_different(command: AssignReview, review: About) -> None:
    seen = set()
    for name in _FIELDS:
        who = getattr(command, name)
        if who is None:
            continue
        if who == review.member_id:
            raise Rejected("review.own", "It is their own review; ask somebody else.", field=name)
        if who in seen:
            raise Rejected("review.asked-twice", "Ask each for one part in it.", field=name)
        seen.add(who)


def _check_calibrators(command: AssignReview, review: About) -> None:
    if isinstance(review, Shared | Sealed):
        raise Rejected("review.already-shared", "It is calibrated.", field="first_calibrator_id")
    for name in _FIELDS[:2]:
        who = getattr(command, name)
        if who in review.drawn_by:
            raise Rejected("review.four-eyes", "Ask somebody else than its author.", field=name)
        if who in review.judged_by:
            raise Rejected("review.judge", "They decided an appeal of it.", field=name)


def _check_judge(command: AssignReview, review: About) -> None:
    if command.judge_id in review.drawn_by | review.calibrated_by | review.took_part:
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
