"""How a review comes to stand as it does, fact after fact."""

from dataclasses import fields, replace
from typing import Any, TypeVar, assert_never

from domain.kernel import Fact
from domain.reviews.review import (
    CalibrationConfirmed,
    Event,
    Grounds,
    HelpPlanAgreed,
    ImpactNoted,
    InputsCollected,
    OutcomeDecided,
    ReviewAssigned,
    ReviewCalibrated,
    ReviewOpened,
    ReviewSealed,
    ReviewShared,
    ReviewSupplemented,
    ReviewWithdrawn,
    ScorecardDrafted,
)
from domain.reviews.review_answering import (
    AppealDismissed,
    AppealLodged,
    AppealUpheld,
    ReviewAcknowledged,
    ReviewDisagreed,
)
from domain.reviews.review_checks import hands
from domain.reviews.review_states import (
    About,
    Absent,
    Agreed,
    Appeal,
    Calibrated,
    Calibration,
    Carded,
    Drafted,
    Opened,
    Review,
    Sealed,
    Shared,
    Version,
    Withdrawn,
)

C = TypeVar("C", bound=About)


_PARTS = (
    InputsCollected,
    ReviewShared,
    AppealLodged,
    ReviewSealed,
    ReviewSupplemented,
    OutcomeDecided,
    HelpPlanAgreed,
)
"""What nobody does to a review whose appeal they are to judge later."""


def evolve(review: Review, fact: Fact[Event]) -> Review:
    """Fold one fact into the state."""
    after = _evolved(review, fact)
    if isinstance(after, Absent):
        return after
    if isinstance(fact.event, _PARTS):
        others = hands(fact.envelope) - {after.member_id}
        return replace(after, took_part=after.took_part | others)
    if isinstance(fact.event, AppealUpheld | AppealDismissed):
        return replace(after, judged_by=after.judged_by | hands(fact.envelope))
    return after


def _evolved(review: Review, fact: Fact[Event]) -> Review:
    match fact.event:
        case ReviewOpened() as event:
            told = {each.name: getattr(event, each.name) for each in fields(event)}
            author = told.pop("author_id")
            own = author == fact.envelope.performer
            drawn_by = frozenset({author}) | (hands(fact.envelope) if own else set())
            return Opened(**told, authors=(author,), drawn_by=drawn_by)
        case _ if isinstance(review, Absent):
            return review
        case ReviewAssigned() as event:
            asked = {each.name: getattr(event, each.name) for each in fields(event)}
            return replace(review, **asked)
        case ScorecardDrafted(card=card):
            return Drafted(**_about(_drawn(review, fact)), card=card)
        case InputsCollected():
            return replace(review, inputs=True)
        case ReviewCalibrated() | CalibrationConfirmed() | ReviewShared():
            return _calibrated(review, fact)
        case ReviewAcknowledged() | ReviewDisagreed():
            return replace(review, answered=True) if isinstance(review, Shared) else review
        case AppealLodged() | AppealUpheld() | AppealDismissed():
            return _appealed(review, fact.event)
        case ReviewSealed() | ReviewSupplemented() | ImpactNoted():
            return _sealed(review, fact.event)
        case OutcomeDecided() | HelpPlanAgreed():
            return review
        case ReviewWithdrawn():
            return Withdrawn(**_about(review))
        case _:
            assert_never(fact.event)


def _drawn(review: About, fact: Fact[Any]) -> About:
    who = fact.envelope.performer
    authors = review.authors
    if who is not None and who not in authors:
        authors = (*authors, who)
    return replace(review, authors=authors, drawn_by=review.drawn_by | hands(fact.envelope))


def _calibrated(
    review: Opened | Drafted | Calibrated | Shared | Sealed | Withdrawn,
    fact: Fact[Any],
) -> Review:
    who = fact.envelope.performer
    if isinstance(review, Opened | Withdrawn):
        return review
    match fact.event:
        case ReviewCalibrated(adjustment=adjustment) if who is not None:
            here = _signed(review, fact)
            proposed = Calibration(adjustment, who, hands(fact.envelope))
            return Calibrated(**_carded(here), calibration=proposed)
        case CalibrationConfirmed() if who is not None and isinstance(review, Agreed):
            calibration = review.calibration
            confirmed = replace(
                calibration,
                hands=calibration.hands | hands(fact.envelope),
                confirmed_by=(*calibration.confirmed_by, who),
            )
            return replace(_signed(review, fact), calibration=confirmed)
        case ReviewShared(sealable_from=sealable_from) if isinstance(review, Agreed):
            return Shared(**_agreed(replace(review, seen=True)), sealable_from=sealable_from)
        case _:
            return review


def _signed(review: C, fact: Fact[Any]) -> C:
    return replace(review, calibrated_by=review.calibrated_by | hands(fact.envelope))


def _appealed(review: Review, event: AppealLodged | AppealUpheld | AppealDismissed) -> Review:
    if not isinstance(review, Shared | Sealed):
        return review
    match event:
        case AppealLodged(number=number, decide_by=decide_by):
            return replace(review, appeals=number, appeal=Appeal(number, decide_by))
        case AppealUpheld():
            if isinstance(review, Shared):
                return Opened(**_about(review))
            return replace(review, appeal=None, upheld=True)
        case AppealDismissed():
            return replace(review, appeal=None)
        case _:
            assert_never(event)


def _sealed(review: Review, event: ReviewSealed | ReviewSupplemented | ImpactNoted) -> Review:
    match event:
        case ReviewSealed() if isinstance(review, Agreed):
            first = Version(1, event.total, event.position, event.hash, Grounds.SEALED)
            return Sealed(**_agreed(review), versions=(first,), latest=review.card)
        case ReviewSupplemented(card=card) if isinstance(review, Sealed):
            version = Version(event.number, card.total, card.position, event.hash, event.because)
            versions = (*review.versions, version)
            return replace(review, versions=versions, latest=card, upheld=False, impact=None)
        case ImpactNoted(follow_up=follow_up) if isinstance(review, Sealed):
            return replace(review, impact=follow_up)
        case _:
            return review


def _about(review: About) -> dict[str, Any]:
    return _of(About, review)


def _carded(review: Carded) -> dict[str, Any]:
    return _of(Carded, review)


def _agreed(review: Agreed) -> dict[str, Any]:
    return _of(Agreed, review)


def _of(cls: type[Any], review: About) -> dict[str, Any]:
    return {each.name: getattr(review, each.name) for each in fields(cls)}


def active(review: Review) -> bool:
    """Tell whether the review counts."""
    return not isinstance(review, Absent | Withdrawn)
