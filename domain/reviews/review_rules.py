"""The rules of a review: what may follow what, by whom, and what stays as it is."""

from dataclasses import fields
from typing import assert_never
from uuid import UUID

from domain.kernel import Decider, Envelope, Rejected
from domain.reviews.card import Card, digest
from domain.reviews.card_checks import check_card
from domain.reviews.review import (
    AgreeHelpPlan,
    AssignReview,
    CalibrateReview,
    CalibrationConfirmed,
    CollectInputs,
    Command,
    ConfirmCalibration,
    DecideOutcome,
    DraftScorecard,
    Event,
    FollowUp,
    Grounds,
    HelpPlanAgreed,
    ImpactNoted,
    InputsCollected,
    NoteImpact,
    OpenReview,
    OutcomeDecided,
    ReviewAssigned,
    ReviewCalibrated,
    ReviewOpened,
    ReviewSealed,
    ReviewShared,
    ReviewSupplemented,
    ReviewWithdrawn,
    ScorecardDrafted,
    SealReview,
    ShareReview,
    SupplementReview,
    WithdrawReview,
)
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
from domain.reviews.review_assigning import (
    check_asked_once,
    check_asked_to_calibrate,
    check_asked_to_judge,
    check_calibrates,
    check_judges,
    check_signs,
)
from domain.reviews.review_checks import (
    check_adjustment,
    check_appeal,
    check_begun,
    check_confirms,
    check_later,
    check_not_author,
    check_not_judge,
    check_not_own,
    check_own_word,
    check_person,
    check_reason,
    check_same,
    check_speaks,
    check_uninvolved,
)
from domain.reviews.review_evolving import active, evolve
from domain.reviews.review_sealing import Seal, impact
from domain.reviews.review_standing import (
    check_drafted,
    check_known,
    check_preparing,
    check_shared,
    check_there,
    check_whole,
)
from domain.reviews.review_states import (
    About,
    Absent,
    Agreed,
    Calibrated,
    Drafted,
    Opened,
    Review,
    Sealed,
    Shared,
)


def decide(command: Command, review: Review, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: review.exists, review.unknown, review.withdrawn, review.already-shared,
    review.sealed, review.not-drafted, review.not-calibrated, review.not-shared, review.not-sealed,
    review.inputs-open, review.inputs-closed, review.nobody, review.own, review.not-yours,
    review.four-eyes, review.judge, review.not-uninvolved, review.reason-missing, review.period,
    review.other-card, review.older-card, review.card-unreadable, review.no-evidence,
    review.coverage, review.total, review.adjustment, review.answered, review.already-visible,
    review.appeal-of-nothing, review.no-such-figure, review.no-such-fact, review.deadline,
    review.appeal-open, review.no-appeal, review.too-early, review.no-supplement-due,
    review.plan-past, review.asked-twice, review.asked-else.
    """
    match command:
        case OpenReview():
            return [_opened(command, review, envelope)]
        case AssignReview():
            return _assigned(command, check_there(review), envelope)
        case DraftScorecard() | CollectInputs() | WithdrawReview():
            return [_prepared(command, check_preparing(review), envelope)]
        case CalibrateReview() | ConfirmCalibration() | ShareReview():
            return [_agreed(command, check_drafted(review), envelope)]
        case AcknowledgeReview() | DisagreeWithReview():
            return [_answered(command, review, envelope)]
        case LodgeAppeal() | UpholdAppeal() | DismissAppeal():
            return [_appealed(command, check_known(review), envelope)]
        case SealReview():
            return [_sealed(command, check_shared(review), envelope)]
        case NoteImpact() | SupplementReview():
            return [_later(command, check_whole(review), envelope)]
        case DecideOutcome() | AgreeHelpPlan():
            return [_led_to(command, review, envelope)]
        case _:
            assert_never(command)


def _opened(command: OpenReview, review: Review, envelope: Envelope) -> Event:
    if not isinstance(review, Absent):
        raise Rejected("review.exists", "This review is there already.")
    author = check_begun(command, envelope)
    told = {each.name: getattr(command, each.name) for each in fields(command)}
    del told["id"]
    return ReviewOpened(**told | {"author_id": author})


def _assigned(command: AssignReview, review: About, envelope: Envelope) -> list[Event]:
    check_not_own(review, envelope)
    asked, before = (
        ReviewAssigned(
            first_calibrator_id=told.first_calibrator_id,
            second_calibrator_id=told.second_calibrator_id,
            judge_id=told.judge_id,
        )
        for told in (command, review)
    )
    if asked == before:
        return []
    check_asked_once(asked, review)
    check_asked_to_calibrate(asked, review)
    check_asked_to_judge(asked, review)
    return [asked]


# --- Before it is shared --------------------------------------------------------------------------


def _prepared(
    command: DraftScorecard | CollectInputs | WithdrawReview,
    review: Opened | Drafted | Calibrated,
    envelope: Envelope,
) -> Event:
    check_not_own(review, envelope)
    match command:
        case DraftScorecard(card=card):
            check_not_judge(review, envelope)
            check_same(review, card)
            check_card(card)
            return ScorecardDrafted(card=card, card_hash=digest(card))
        case CollectInputs(summary=summary):
            if isinstance(review, Opened):
                raise Rejected("review.not-drafted", "Draft its card first.")
            if review.inputs:
                raise Rejected("review.inputs-closed", "The inputs are collected already.")
            return InputsCollected(summary=summary)
        case WithdrawReview():
            check_reason(envelope)
            if review.seen:
                raise Rejected(
                    "review.already-visible", "The reviewee knows of it; bring it to its end."
                )
            return ReviewWithdrawn()
        case _:
            assert_never(command)


def _agreed(
    command: CalibrateReview | ConfirmCalibration | ShareReview,
    review: Drafted | Calibrated,
    envelope: Envelope,
) -> Event:
    match command:
        case CalibrateReview(adjustment=points):
            check_not_author(review, envelope)
            check_calibrates(review, envelope)
            check_not_judge(review, envelope)
            check_reason(envelope)
            check_adjustment(points)
            if not review.inputs:
                raise Rejected("review.inputs-open", "Collect what people have to say first.")
            return ReviewCalibrated(adjustment=points)
        case ConfirmCalibration():
            check_not_author(review, envelope)
            check_calibrates(review, envelope)
            check_not_judge(review, envelope)
            check_reason(envelope)
            if isinstance(review, Drafted):
                raise Rejected("review.not-calibrated", "Nobody has proposed a calibration yet.")
            check_confirms(review.calibration, envelope)
            return CalibrationConfirmed(adjustment=review.calibration.adjustment)
        case ShareReview(sealable_from=sealable_from):
            check_person(envelope)
            check_not_own(review, envelope)
            if isinstance(review, Drafted) or not review.calibration.confirmed_by:
                raise Rejected("review.not-calibrated", "Two people calibrate it first.")
            if sealable_from <= envelope.occurred_at:
                raise Rejected(
                    "review.too-early", "Leave time for an answer.", field="sealable_from"
                )
            return ReviewShared(sealable_from=sealable_from)
        case _:
            assert_never(command)


# --- The reviewee's word --------------------------------------------------------------------------


def _answered(
    command: AcknowledgeReview | DisagreeWithReview, review: Review, envelope: Envelope
) -> Event:
    here = check_shared(review)
    check_own_word(here, envelope)
    if here.answered:
        raise Rejected("review.answered", "You have answered; you may still appeal.")
    match command:
        case AcknowledgeReview(comment=comment):
            return ReviewAcknowledged(comment=comment)
        case DisagreeWithReview(comment=comment):
            return ReviewDisagreed(comment=comment)
        case _:
            assert_never(command)


def _appealed(
    command: LodgeAppeal | UpholdAppeal | DismissAppeal, review: Shared | Sealed, envelope: Envelope
) -> Event:
    if isinstance(command, LodgeAppeal):
        check_speaks(review, envelope, by_letter=command.by_letter)
        check_appeal(review, command, envelope)
        return AppealLodged(
            number=review.appeals + 1,
            figures=command.figures,
            facts=command.facts,
            text=command.text,
            decide_by=command.decide_by,
            after_sealing=isinstance(review, Sealed),
            by_letter=command.by_letter,
        )
    if review.appeal is None:
        raise Rejected("review.no-appeal", "There is no appeal to decide.")
    check_uninvolved(review, command.heard, envelope)
    check_judges(review, envelope)
    check_reason(envelope)
    number, late = review.appeal.number, envelope.occurred_at > review.appeal.decide_by
    match command:
        case UpholdAppeal():
            sealed = isinstance(review, Sealed)
            return AppealUpheld(number=number, late=late, after_sealing=sealed)
        case DismissAppeal():
            return AppealDismissed(number=number, late=late)
        case _:
            assert_never(command)


# --- Sealed ---------------------------------------------------------------------------------------


def _sealed(command: SealReview, review: Shared, envelope: Envelope) -> Event:
    sealer = check_not_author(review, envelope)
    check_signs(review, envelope)
    if review.appeal is not None:
        raise Rejected("review.appeal-open", "An appeal is not decided yet.")
    if not review.answered and envelope.occurred_at < review.sealable_from:
        raise Rejected("review.too-early", "The reviewee still has time to answer.")
    seal = _seal(command.id, review, review.card, sealer)
    return ReviewSealed(
        card_hash=seal.card,
        policy_hash=seal.policy,
        position=seal.position,
        total=review.card.total,
        adjustment=seal.adjustment,
        authors=seal.authors,
        calibrators=seal.calibrators,
        sealer_id=sealer,
        hash=digest(seal),
    )


def _seal(
    review_id: UUID, review: Agreed, card: Card, signer: UUID, previous: str | None = None
) -> Seal:
    return Seal(
        review_id=review_id,
        card=digest(card),
        policy=review.policy_hash,
        position=card.position,
        adjustment=review.calibration.adjustment,
        authors=review.authors,
        calibrators=review.calibration.signers,
        signed_by=signer,
        previous=previous,
    )


def _later(command: NoteImpact | SupplementReview, review: Sealed, envelope: Envelope) -> Event:
    card = command.card
    check_not_own(review, envelope)
    check_same(review, card)
    check_card(card)
    check_later(review, card)
    match command:
        case NoteImpact():
            found = impact(review.latest, card)
            return ImpactNoted(
                position=card.position,
                total=card.total,
                card_hash=digest(card),
                delta=found.delta,
                follow_up=found.follow_up,
                changed=found.changed,
            )
        case SupplementReview():
            signer = check_not_author(review, envelope)
            check_signs(review, envelope)
            check_reason(envelope)
            if not review.upheld and review.impact is not FollowUp.SUPPLEMENT:
                raise Rejected(
                    "review.no-supplement-due",
                    "Neither an upheld appeal nor later facts ask for a supplement.",
                )
            last = review.versions[-1]
            return ReviewSupplemented(
                number=last.number + 1,
                card=card,
                card_hash=digest(card),
                because=Grounds.APPEAL if review.upheld else Grounds.IMPACT,
                signer_id=signer,
                hash=digest(_seal(command.id, review, card, signer, last.hash)),
            )
        case _:
            assert_never(command)


def _led_to(command: DecideOutcome | AgreeHelpPlan, review: Review, envelope: Envelope) -> Event:
    match command:
        case DecideOutcome(kind=kind, text=text):
            here = check_whole(review)
            check_person(envelope)
            check_not_own(here, envelope)
            check_reason(envelope)
            return OutcomeDecided(kind=kind, text=text)
        case AgreeHelpPlan(text=text, until=until):
            visible = check_known(review)
            check_person(envelope)
            check_not_own(visible, envelope)
            if until <= envelope.occurred_at.date():
                raise Rejected("review.plan-past", "A plan is for days to come.", field="until")
            return HelpPlanAgreed(text=text, until=until)
        case _:
            assert_never(command)


REVIEW: Decider[Command, Review, Event] = Decider(
    kind="review",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
