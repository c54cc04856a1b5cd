"""A review's life: who may do what when, and that what is sealed stays as it is."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from spec import ANA, BO, FRIDAY, LI_NA, SALES, TUESDAY, by, sample_id, spec

from domain.ids import MemberId
from domain.kernel import Actor, Rejected
from domain.reviews.card import Status, digest
from domain.reviews.card_checks import check_card
from domain.reviews.review import (
    AgreeHelpPlan,
    CalibrateReview,
    CalibrationConfirmed,
    CollectInputs,
    ConfirmCalibration,
    DecideOutcome,
    DraftScorecard,
    FollowUp,
    Grounds,
    HelpPlanAgreed,
    ImpactNoted,
    InputsCollected,
    NoteImpact,
    OpenReview,
    OutcomeDecided,
    OutcomeKind,
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
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_sealing import Seal, impact
from domain.reviews.review_states import Opened, Version
from tests.reviews.cards import (
    CYCLE,
    FIRST,
    HASH,
    LAST,
    POLICY,
    THE_REVIEW,
    ZONE,
    card,
    measured,
    nothing_measured,
    unmeasured,
)

# Ana leads Li Na and writes the review; Bo and Chen calibrate it, Dao seals it, Eva judges.
CHEN, DAO, EVA = (MemberId(sample_id(number)) for number in (0xC3, 0xDA, 0xE7))
MACHINE = Actor.system("timer")
WHY = "The harbour was closed for two weeks"

CARD = card()
OPENED = ReviewOpened(
    member_id=LI_NA,
    department_id=SALES,
    cycle_id=CYCLE,
    author_id=ANA,
    first=FIRST,
    last=LAST,
    zone=ZONE,
    policy_id=POLICY,
    policy_version=1,
    policy_hash=HASH,
)
DRAFTED = ScorecardDrafted(card=CARD, card_hash=digest(CARD))
COLLECTED = InputsCollected(summary=None)
PROPOSED = by(BO, ReviewCalibrated(adjustment=Decimal("1.50")))
CONFIRMED = by(CHEN, CalibrationConfirmed(adjustment=Decimal("1.50")))
SHARED = ReviewShared(sealable_from=FRIDAY)
SEEN = by(LI_NA, ReviewAcknowledged(comment=None))
LODGED = by(
    LI_NA,
    AppealLodged(
        number=1,
        figures=("sales_amount",),
        facts=(7,),
        text="This order was mine",
        decide_by=FRIDAY,
        after_sealing=False,
    ),
)
SEALED = by(
    DAO,
    ReviewSealed(
        card_hash=digest(CARD),
        policy_hash=HASH,
        position=40,
        total="70",
        adjustment=Decimal("1.50"),
        authors=(ANA,),
        calibrators=(BO, CHEN),
        sealer_id=DAO,
        hash="aa" * 32,
    ),
)

NEW = spec(REVIEW)
BEGUN = NEW.given(OPENED)
WITH_CARD = BEGUN.given(DRAFTED)
HEARD = WITH_CARD.given(COLLECTED)
HALF = HEARD.given(PROPOSED)
AGREED = HALF.given(CONFIRMED)
SHOWN = AGREED.given(SHARED)
ANSWERED = SHOWN.given(SEEN)
CONTESTED = SHOWN.given(LODGED)
WHOLE = ANSWERED.given(SEALED)

OPEN = OpenReview(
    id=THE_REVIEW,
    member_id=LI_NA,
    department_id=SALES,
    cycle_id=CYCLE,
    first=FIRST,
    last=LAST,
    zone=ZONE,
    policy_id=POLICY,
    policy_version=1,
    policy_hash=HASH,
)
DRAFT = DraftScorecard(id=THE_REVIEW, card=CARD)
COLLECT = CollectInputs(id=THE_REVIEW)
CALIBRATE = CalibrateReview(id=THE_REVIEW, adjustment=Decimal("1.50"))
CONFIRM = ConfirmCalibration(id=THE_REVIEW)
SHARE = ShareReview(id=THE_REVIEW, sealable_from=FRIDAY)
ACKNOWLEDGE = AcknowledgeReview(id=THE_REVIEW)
DISAGREE = DisagreeWithReview(id=THE_REVIEW, comment="One order is missing")
APPEAL = LodgeAppeal(
    id=THE_REVIEW,
    figures=("sales_amount",),
    facts=(7,),
    text="This order was mine",
    decide_by=FRIDAY,
)
UPHOLD = UpholdAppeal(id=THE_REVIEW, heard=())
DISMISS = DismissAppeal(id=THE_REVIEW, heard=())
SEAL = SealReview(id=THE_REVIEW)
DECIDE = DecideOutcome(id=THE_REVIEW, kind=OutcomeKind.PAY, text="Three percent more")
HELP = AgreeHelpPlan(id=THE_REVIEW, text="Visits with Bo", until=date(2025, 6, 30))
WITHDRAW = WithdrawReview(id=THE_REVIEW)


def note(**told):
    return NoteImpact(id=THE_REVIEW, card=card(**told))


def supplement(total="72", **told):
    return SupplementReview(id=THE_REVIEW, card=card(total, **({"position": 90} | told)))


EVERY = (
    DRAFT, COLLECT, CALIBRATE, CONFIRM, SHARE, ACKNOWLEDGE, DISAGREE, APPEAL, UPHOLD, DISMISS, SEAL,
    note(), supplement(), DECIDE, HELP, WITHDRAW,
)  # fmt: skip

# --- The whole way --------------------------------------------------------------------------------


def test_it_is_opened_by_its_author():
    NEW.when(OPEN).then(OPENED)


def test_a_department_is_reviewed_too():
    NEW.when(replace(OPEN, member_id=None)).then(replace(OPENED, member_id=None))


def test_who_has_it_opened_for_them_is_the_author():
    NEW.when(OPEN, by=BO, on_behalf_of=ANA).then(OPENED)


def test_a_cycle_is_opened_for_who_writes_it():
    for_ana = replace(OPEN, author_id=ANA)
    NEW.when(for_ana, by=MACHINE).then(OPENED)
    assert NEW.when(for_ana, by=EVA).then(OPENED).state.drawn_by == {ANA}
    NEW.when(replace(OPEN, author_id=LI_NA), by=EVA).then_rejected("review.own", field="member_id")


def test_a_card_is_drafted_and_may_be_drafted_again():
    BEGUN.when(DRAFT).then(DRAFTED)
    later = card("75", position=50)
    told = replace(DRAFT, card=later)
    AGREED.when(told).then(ScorecardDrafted(card=later, card_hash=digest(later)))


def test_a_machine_may_put_the_card_in():
    drafted = BEGUN.when(DRAFT, by=MACHINE).then(DRAFTED)
    assert drafted.state.authors == (ANA,)


def test_who_drafts_is_an_author_too():
    assert BEGUN.given(by(EVA, DRAFTED)).state.authors == (ANA, EVA)


def test_another_card_is_calibrated_anew():
    again = AGREED.given(DRAFTED)
    again.when(SHARE).then_rejected("review.not-calibrated")
    again.when(CALIBRATE, by=BO, reason=WHY).then(PROPOSED.event)


def test_inputs_are_collected_once():
    WITH_CARD.when(replace(COLLECT, summary="Three peers")).then(
        InputsCollected(summary="Three peers")
    )
    HEARD.when(COLLECT).then_rejected("review.inputs-closed")


def test_two_calibrate():
    HEARD.when(CALIBRATE, by=BO, reason=WHY).then(PROPOSED.event)
    HALF.when(CONFIRM, by=CHEN, reason=WHY).then(CONFIRMED.event)
    HALF.when(SHARE).then_rejected("review.not-calibrated")
    AGREED.when(SHARE).then(SHARED)


def test_another_proposal_is_confirmed_anew():
    other = HALF.given(by(CHEN, ReviewCalibrated(adjustment=Decimal(-2))))
    other.when(SHARE).then_rejected("review.not-calibrated")
    other.when(CONFIRM, by=CHEN, reason=WHY).then_rejected("review.four-eyes")
    other.when(CONFIRM, by=BO, reason=WHY).then(CalibrationConfirmed(adjustment=Decimal(-2)))


def test_the_card_stays_as_it_is_when_it_is_calibrated():
    assert AGREED.state.card == CARD
    assert AGREED.state.calibration.adjustment == Decimal("1.50")
    assert AGREED.state.calibration.signers == (BO, CHEN)


def test_the_reviewee_is_shown_it_once_it_is_shared():
    for before in (BEGUN, WITH_CARD, HEARD, HALF, AGREED):
        assert before.state.holder_id is None
    for after in (SHOWN, ANSWERED, CONTESTED, WHOLE):
        assert after.state.holder_id == LI_NA
        assert after.state.department_id == SALES


def test_the_reviewee_acknowledges_or_disagrees():
    SHOWN.when(replace(ACKNOWLEDGE, comment="Seen"), by=LI_NA).then(
        ReviewAcknowledged(comment="Seen")
    )
    SHOWN.when(DISAGREE, by=LI_NA).then(ReviewDisagreed(comment="One order is missing"))
    ANSWERED.when(DISAGREE, by=LI_NA).then_rejected("review.answered")


def test_it_is_sealed_after_an_answer_by_somebody_else():
    done = ANSWERED.when(SEAL, by=DAO)
    seal = Seal(
        review_id=THE_REVIEW,
        card=digest(CARD),
        policy=HASH,
        position=40,
        adjustment=Decimal("1.50"),
        authors=(ANA,),
        calibrators=(BO, CHEN),
        signed_by=DAO,
    )
    done.then(replace(SEALED.event, hash=digest(seal)))
    assert done.state.versions == (Version(1, "70", 40, digest(seal), Grounds.SEALED),)
    assert done.state.card == CARD


def test_it_is_sealed_without_an_answer_when_its_time_has_come():
    SHOWN.when(SEAL, by=DAO, at=FRIDAY - timedelta(seconds=1)).then_rejected("review.too-early")
    assert SHOWN.when(SEAL, by=DAO, at=FRIDAY).events


def test_who_signed_and_what_the_card_says_is_in_the_hash():
    def sealed(story, sealer):
        return story.when(SEAL, by=sealer, at=FRIDAY).events[0].hash

    first = sealed(ANSWERED, DAO)
    assert first == sealed(SHOWN, DAO)
    assert first != sealed(ANSWERED, EVA)
    other = card("70", position=41)
    drafted = ScorecardDrafted(card=other, card_hash=digest(other))
    assert first != sealed(BEGUN.given(drafted, COLLECTED, PROPOSED, CONFIRMED, SHARED), DAO)
    confirmed = by(EVA, CONFIRMED.event)
    assert first != sealed(HALF.given(confirmed, SHARED), DAO)


def test_an_outcome_is_a_persons_word():
    WHOLE.when(DECIDE, reason=WHY).then(OutcomeDecided(kind=OutcomeKind.PAY, text=DECIDE.text))
    WHOLE.when(DECIDE, reason=WHY, by=MACHINE).then_rejected("review.nobody")
    WHOLE.when(DECIDE).then_rejected("review.reason-missing", field="reason")
    WHOLE.when(DECIDE, reason=WHY, by=LI_NA).then_rejected("review.own")
    ANSWERED.when(DECIDE, reason=WHY).then_rejected("review.not-sealed")


def test_a_help_plan_is_agreed_once_the_reviewee_knows():
    agreed = HelpPlanAgreed(text="Visits with Bo", until=date(2025, 6, 30))
    SHOWN.when(HELP).then(agreed)
    WHOLE.when(HELP).then(agreed)
    AGREED.when(HELP).then_rejected("review.not-shared")
    SHOWN.when(HELP, by=LI_NA).then_rejected("review.own")
    SHOWN.when(HELP, by=MACHINE).then_rejected("review.nobody")
    SHOWN.when(replace(HELP, until=TUESDAY.date())).then_rejected("review.plan-past", field="until")


def test_one_opened_by_mistake_is_withdrawn():
    gone = WITH_CARD.when(WITHDRAW, reason=WHY).then(ReviewWithdrawn())
    assert not REVIEW.active(gone.state)
    WITH_CARD.when(WITHDRAW).then_rejected("review.reason-missing", field="reason")
    SHOWN.when(WITHDRAW, reason=WHY).then_rejected("review.already-shared")
    for order in EVERY:
        WITH_CARD.given(ReviewWithdrawn()).when(order, reason=WHY).then_rejected("review.withdrawn")


# --- What is refused ------------------------------------------------------------------------------


def test_it_is_opened_once():
    BEGUN.when(OPEN).then_rejected("review.exists")


def test_nobody_opens_their_own_review_or_none_at_all():
    NEW.when(OPEN, by=LI_NA).then_rejected("review.own", field="member_id")
    NEW.when(OPEN, by=LI_NA, on_behalf_of=ANA).then_rejected("review.own", field="member_id")
    NEW.when(OPEN, by=MACHINE).then_rejected("review.nobody", field="author_id")
    NEW.when(replace(OPEN, last=FIRST)).then_rejected("review.period", field="last")


@pytest.mark.parametrize("order", EVERY)
def test_nothing_is_done_to_what_is_not_there(order):
    NEW.when(order, reason=WHY).then_rejected("review.unknown")


@pytest.mark.parametrize("order", [DRAFT, COLLECT, CALIBRATE, CONFIRM, SHARE, WITHDRAW])
def test_what_is_shared_is_prepared_no_more(order):
    SHOWN.when(order, by=EVA, reason=WHY).then_rejected("review.already-shared")
    WHOLE.when(order, by=EVA, reason=WHY).then_rejected("review.sealed")


@pytest.mark.parametrize("order", [ACKNOWLEDGE, DISAGREE, APPEAL, UPHOLD, DISMISS, SEAL])
def test_nobody_answers_to_or_seals_what_is_not_shared(order):
    for story in (BEGUN, WITH_CARD, HEARD, HALF, AGREED):
        story.when(order, by=EVA, reason=WHY).then_rejected("review.not-shared")


@pytest.mark.parametrize("order", [ACKNOWLEDGE, DISAGREE, SEAL])
def test_what_is_sealed_is_answered_no_more(order):
    WHOLE.when(order, by=LI_NA).then_rejected("review.sealed")


@pytest.mark.parametrize("order", [note(), supplement(), DECIDE])
def test_what_comes_after_sealing_waits_for_it(order):
    for story in (BEGUN, WITH_CARD, HEARD, HALF, AGREED, SHOWN, ANSWERED, CONTESTED):
        story.when(order, by=EVA, reason=WHY).then_rejected("review.not-sealed")


@pytest.mark.parametrize("order", [COLLECT, CALIBRATE, CONFIRM, SHARE])
def test_without_a_card_there_is_nothing_to_agree_on(order):
    BEGUN.when(order, by=EVA, reason=WHY).then_rejected("review.not-drafted")


def test_calibration_comes_after_the_inputs():
    WITH_CARD.when(CALIBRATE, by=BO, reason=WHY).then_rejected("review.inputs-open")
    HEARD.when(CONFIRM, by=BO, reason=WHY).then_rejected("review.not-calibrated")


@pytest.mark.parametrize("order", [DRAFT, COLLECT, WITHDRAW, SHARE])
def test_the_reviewee_does_not_write_it(order):
    AGREED.when(order, by=LI_NA, reason=WHY).then_rejected("review.own")
    AGREED.when(order, by=LI_NA, on_behalf_of=ANA, reason=WHY).then_rejected("review.own")


@pytest.mark.parametrize(("story", "order"), [(HEARD, CALIBRATE), (HALF, CONFIRM)])
def test_calibrators_are_others_and_say_why(story, order):
    story.when(order, by=ANA, reason=WHY).then_rejected("review.four-eyes")
    story.when(order, by=ANA, on_behalf_of=EVA, reason=WHY).then_rejected("review.four-eyes")
    story.when(order, by=EVA, on_behalf_of=ANA, reason=WHY).then_rejected("review.four-eyes")
    story.when(order, by=LI_NA, reason=WHY).then_rejected("review.own")
    story.when(order, by=MACHINE, reason=WHY).then_rejected("review.nobody")
    story.when(order, by=EVA).then_rejected("review.reason-missing", field="reason")


def test_nobody_confirms_what_they_proposed_or_confirmed():
    HALF.when(CONFIRM, by=BO, reason=WHY).then_rejected("review.four-eyes")
    HALF.when(CONFIRM, by=BO, on_behalf_of=CHEN, reason=WHY).then_rejected("review.four-eyes")
    AGREED.when(CONFIRM, by=CHEN, reason=WHY).then_rejected("review.four-eyes")
    assert AGREED.when(CONFIRM, by=EVA, reason=WHY).state.calibration.signers == (BO, CHEN, EVA)


@pytest.mark.parametrize("points", ["10.01", "-10.01", "1.234", "1E+9"])
def test_a_calibration_has_bounds(points):
    order = replace(CALIBRATE, adjustment=Decimal(points))
    HEARD.when(order, by=BO, reason=WHY).then_rejected("review.adjustment", field="adjustment")


@pytest.mark.parametrize("points", ["10", "-10.00", "0", "0.01"])
def test_a_calibration_within_them_is_taken(points):
    order = replace(CALIBRATE, adjustment=Decimal(points))
    HEARD.when(order, by=BO, reason=WHY).then(ReviewCalibrated(adjustment=Decimal(points)))


def test_it_is_shared_by_a_person_and_leaves_time():
    AGREED.when(SHARE, by=MACHINE).then_rejected("review.nobody")
    AGREED.when(replace(SHARE, sealable_from=TUESDAY)).then_rejected(
        "review.too-early", field="sealable_from"
    )


@pytest.mark.parametrize("order", [ACKNOWLEDGE, DISAGREE, APPEAL])
def test_only_the_reviewee_answers(order):
    for other in (ANA, BO, EVA, MACHINE):
        SHOWN.when(order, by=other).then_rejected("review.not-yours")
    teams = replace(OPENED, member_id=None)
    of_a_team = NEW.given(teams, DRAFTED, COLLECTED, PROPOSED, CONFIRMED, SHARED)
    of_a_team.when(order, by=LI_NA).then_rejected("review.not-yours")


def test_it_is_sealed_by_a_person_who_did_not_write_it():
    ANSWERED.when(SEAL, by=ANA).then_rejected("review.four-eyes")
    ANSWERED.when(SEAL, by=DAO, on_behalf_of=ANA).then_rejected("review.four-eyes")
    ANSWERED.when(SEAL, by=LI_NA).then_rejected("review.own")
    ANSWERED.when(SEAL, by=MACHINE).then_rejected("review.nobody")
    assert ANSWERED.when(SEAL, by=BO).events


# --- Appeals --------------------------------------------------------------------------------------


def test_an_appeal_is_lodged_and_decided_by_somebody_uninvolved():
    SHOWN.when(APPEAL, by=LI_NA).then(LODGED.event)
    CONTESTED.when(DISMISS, by=EVA, reason=WHY).then(AppealDismissed(number=1, late=False))
    CONTESTED.when(UPHOLD, by=EVA, reason=WHY).then(
        AppealUpheld(number=1, late=False, after_sealing=False)
    )


def test_an_appeal_by_letter_is_written_down_by_somebody_else_than_the_author():
    letter = replace(APPEAL, by_letter=True)
    SHOWN.when(letter, by=EVA).then(replace(LODGED.event, by_letter=True))
    SHOWN.when(letter, by=ANA).then_rejected("review.four-eyes")
    SHOWN.when(letter, by=MACHINE).then_rejected("review.nobody")
    AGREED.when(letter, by=EVA).then_rejected("review.not-shared")


@pytest.mark.parametrize("judge", [ANA, BO, CHEN, LI_NA])
def test_whoever_had_a_hand_in_it_judges_nothing(judge):
    for order in (UPHOLD, DISMISS):
        CONTESTED.when(order, by=judge, reason=WHY).then_rejected("review.not-uninvolved")
        CONTESTED.when(order, by=judge, on_behalf_of=EVA, reason=WHY).then_rejected(
            "review.not-uninvolved"
        )


def test_whose_proposal_was_replaced_had_a_hand_in_it_too():
    proposed = by(EVA, ReviewCalibrated(adjustment=Decimal(3)))
    story = HEARD.given(proposed, PROPOSED, CONFIRMED, SHARED, LODGED)
    story.when(UPHOLD, by=EVA, reason=WHY).then_rejected("review.not-uninvolved")


def test_whoever_wrote_the_appeal_down_does_not_judge_it():
    letter = replace(LODGED.event, by_letter=True)
    for order in (UPHOLD, DISMISS):
        SHOWN.given(by(EVA, letter)).when(order, by=EVA, reason=WHY).then_rejected(
            "review.not-uninvolved"
        )
        assert SHOWN.given(by(EVA, letter)).when(order, by=DAO, reason=WHY).events
    # … nor the next one.
    again = SHOWN.given(by(EVA, letter), by(DAO, AppealDismissed(number=1, late=False)), LODGED)
    again.when(UPHOLD, by=EVA, reason=WHY).then_rejected("review.not-uninvolved")


def test_whoever_appeals_for_the_reviewee_has_no_stake_in_it_and_does_not_judge_it():
    for staked in (ANA, BO, CHEN):
        SHOWN.when(APPEAL, by=staked, on_behalf_of=LI_NA).then_rejected("review.four-eyes")
    asked = SHOWN.when(APPEAL, by=EVA, on_behalf_of=LI_NA).then(LODGED.event)
    assert asked.state.took_part == {EVA, ANA}  # Ana shared it
    letter = replace(APPEAL, by_letter=True)
    SHOWN.when(letter, by=BO).then_rejected("review.four-eyes")
    SHOWN.when(letter, by=EVA, on_behalf_of=LI_NA).then_rejected("review.own")
    SHOWN.when(letter, by=EVA, on_behalf_of=CHEN).then_rejected("review.four-eyes")


@pytest.mark.parametrize("order", [ACKNOWLEDGE, DISAGREE])
def test_nobody_answers_in_the_name_of_the_reviewee(order):
    for other in (ANA, DAO):  # it could then be sealed at once
        SHOWN.when(order, by=other, on_behalf_of=LI_NA).then_rejected("review.not-yours")


@pytest.mark.parametrize(
    "part",
    [
        InputsCollected(summary="Three peers"),
        ReviewShared(sealable_from=FRIDAY),
        replace(LODGED.event, by_letter=True),
        SEALED.event,
        OutcomeDecided(kind=OutcomeKind.PAY, text=DECIDE.text),
        HelpPlanAgreed(text="Visits with Bo", until=date(2025, 6, 30)),
    ],
)
def test_whoever_did_anything_else_to_it_judges_nothing(part):
    story = (WHOLE if isinstance(part, OutcomeDecided) else SHOWN).given(by(EVA, part), LODGED)
    story.when(UPHOLD, by=EVA, reason=WHY).then_rejected("review.not-uninvolved")
    story.when(UPHOLD, by=DAO, on_behalf_of=EVA, reason=WHY).then_rejected("review.not-uninvolved")


def test_whoever_signed_it_judges_nothing():
    contested = WHOLE.given(by(LI_NA, replace(LODGED.event, after_sealing=True)))
    contested.when(UPHOLD, by=DAO, reason=WHY).then_rejected("review.not-uninvolved")
    assert contested.when(UPHOLD, by=EVA, reason=WHY).events


def test_whose_feedback_it_names_judges_nothing():
    for order in (UPHOLD, DISMISS):
        told = replace(order, heard=(EVA,))
        CONTESTED.when(told, by=EVA, reason=WHY).then_rejected("review.not-uninvolved")
        CONTESTED.when(told, by=DAO, on_behalf_of=EVA, reason=WHY).then_rejected(
            "review.not-uninvolved"
        )
        assert CONTESTED.when(told, by=DAO, reason=WHY).events


def test_whoever_judged_makes_no_card_of_it():
    upheld = CONTESTED.given(by(EVA, AppealUpheld(number=1, late=False, after_sealing=False)))
    upheld.when(DRAFT, by=EVA).then_rejected("review.judge")
    upheld.when(DRAFT, by=ANA, on_behalf_of=EVA).then_rejected("review.judge")
    drafted = upheld.given(DRAFTED)
    drafted.when(CALIBRATE, by=EVA, reason=WHY).then_rejected("review.judge")
    drafted.given(PROPOSED).when(CONFIRM, by=EVA, reason=WHY).then_rejected("review.judge")
    # The next appeal, they may judge: they have had no other part in it.
    again = drafted.given(PROPOSED, CONFIRMED, SHARED, LODGED)
    assert again.when(DISMISS, by=EVA, reason=WHY).events


def test_nobody_signs_twice_by_doing_it_for_another():
    confirmed = HALF.when(CONFIRM, by=CHEN, on_behalf_of=EVA, reason=WHY)
    again = replace(CONFIRMED, member=EVA)
    assert confirmed.state.calibration.hands == {BO, CHEN, EVA}
    HALF.given(again).when(CONFIRM, by=DAO, on_behalf_of=EVA, reason=WHY).then_rejected(
        "review.four-eyes"
    )
    HEARD.given(by(CHEN, ReviewCalibrated(adjustment=Decimal(1)))).when(
        CONFIRM, by=BO, on_behalf_of=CHEN, reason=WHY
    ).then_rejected("review.four-eyes")


def test_a_judgement_is_a_persons_and_has_a_reason():
    CONTESTED.when(UPHOLD, by=MACHINE, reason=WHY).then_rejected("review.nobody")
    CONTESTED.when(DISMISS, by=EVA).then_rejected("review.reason-missing", field="reason")


def test_a_judgement_later_than_promised_is_marked():
    late = FRIDAY + timedelta(seconds=1)
    CONTESTED.when(DISMISS, by=EVA, at=late, reason=WHY).then(AppealDismissed(number=1, late=True))


def test_appeals_follow_each_other_one_at_a_time():
    CONTESTED.when(APPEAL, by=LI_NA).then_rejected("review.appeal-open")
    CONTESTED.when(SEAL, by=DAO, at=FRIDAY).then_rejected("review.appeal-open")
    dismissed = CONTESTED.given(by(EVA, AppealDismissed(number=1, late=False)))
    dismissed.when(DISMISS, by=EVA, reason=WHY).then_rejected("review.no-appeal")
    dismissed.when(APPEAL, by=LI_NA).then(replace(LODGED.event, number=2))
    assert dismissed.when(SEAL, by=DAO, at=FRIDAY).events


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"figures": (), "facts": ()}, "review.appeal-of-nothing", "figures"),
        ({"figures": ("nps",)}, "review.no-such-figure", "figures"),
        ({"facts": (0,)}, "review.no-such-fact", "facts"),
        ({"decide_by": TUESDAY}, "review.deadline", "decide_by"),
    ],
)
def test_an_appeal_says_what_it_is_about(told, code, field):
    SHOWN.when(replace(APPEAL, **told), by=LI_NA).then_rejected(code, field=field)


def test_after_an_upheld_appeal_there_is_another_card_and_two_calibrate_it():
    upheld = CONTESTED.given(by(EVA, AppealUpheld(number=1, late=False, after_sealing=False)))
    assert isinstance(upheld.state, Opened)
    assert upheld.state.holder_id == LI_NA
    upheld.when(SEAL, by=DAO, at=FRIDAY).then_rejected("review.not-shared")
    upheld.when(SHARE).then_rejected("review.not-drafted")
    upheld.when(WITHDRAW, reason=WHY).then_rejected("review.already-visible")
    drafted = upheld.given(DRAFTED)
    drafted.when(SHARE).then_rejected("review.not-calibrated")
    drafted.when(CALIBRATE, by=BO, reason=WHY).then(PROPOSED.event)
    again = drafted.given(PROPOSED, CONFIRMED, SHARED)
    again.when(SEAL, by=DAO).then_rejected("review.too-early")
    again.when(APPEAL, by=LI_NA).then(replace(LODGED.event, number=2))


# --- After sealing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "delta", "follow_up"),
    [
        ("70", "0", FollowUp.NONE),
        ("72", "2", FollowUp.SUPPLEMENT),
        ("68", "-2", FollowUp.SUPPLEMENT),
        ("143/2", "3/2", FollowUp.NEXT_CYCLE),
        ("719999/10000", "19999/10000", FollowUp.NEXT_CYCLE),
    ],
)
def test_later_facts_are_compared_with_the_last_version(total, delta, follow_up):
    later = card(total, position=90)
    WHOLE.when(NoteImpact(id=THE_REVIEW, card=later), by=MACHINE).then(
        ImpactNoted(
            position=90,
            total=total,
            card_hash=digest(later),
            delta=delta,
            follow_up=follow_up,
            changed=() if delta == "0" else ("sales_amount",),
        )
    )


def test_a_total_that_comes_or_goes_asks_for_a_supplement():
    gone = impact(CARD, nothing_measured())
    assert (gone.delta, gone.follow_up) == (None, FollowUp.SUPPLEMENT)
    assert impact(nothing_measured(), CARD).follow_up is FollowUp.SUPPLEMENT
    never = impact(nothing_measured(), nothing_measured())
    assert (never.delta, never.follow_up, never.changed) == (None, FollowUp.NONE, ())


def impact_noted(follow_up):
    return ImpactNoted(
        position=90, total="72", card_hash="", delta="2", follow_up=follow_up, changed=()
    )


def test_a_supplement_is_signed_by_somebody_else_and_chained_to_what_was_sealed():
    due = WHOLE.given(impact_noted(FollowUp.SUPPLEMENT))
    done = due.when(supplement(), by=EVA, reason=WHY)
    later = card("72", position=90)
    seal = Seal(
        review_id=THE_REVIEW,
        card=digest(later),
        policy=HASH,
        position=90,
        adjustment=Decimal("1.50"),
        authors=(ANA,),
        calibrators=(BO, CHEN),
        signed_by=EVA,
        previous="aa" * 32,
    )
    done.then(
        ReviewSupplemented(
            number=2,
            card=later,
            card_hash=digest(later),
            because=Grounds.IMPACT,
            signer_id=EVA,
            hash=digest(seal),
        )
    )
    assert done.state.card == CARD
    assert [each.total for each in done.state.versions] == ["70", "72"]
    due.when(supplement(), by=ANA, reason=WHY).then_rejected("review.four-eyes")
    due.when(supplement(), by=LI_NA, reason=WHY).then_rejected("review.own")
    due.when(supplement(), by=MACHINE, reason=WHY).then_rejected("review.nobody")
    due.when(supplement(), by=EVA).then_rejected("review.reason-missing", field="reason")


@pytest.mark.parametrize("follow_up", [None, FollowUp.NONE, FollowUp.NEXT_CYCLE])
def test_nothing_is_supplemented_that_nothing_asks_for(follow_up):
    story = WHOLE if follow_up is None else WHOLE.given(impact_noted(follow_up))
    story.when(supplement(), by=EVA, reason=WHY).then_rejected("review.no-supplement-due")


def test_what_was_supplemented_is_the_next_version_to_compare_with():
    due = WHOLE.given(impact_noted(FollowUp.SUPPLEMENT))
    (supplemented,) = due.when(supplement(), by=EVA, reason=WHY).events
    after = due.given(by(EVA, supplemented))
    after.when(supplement("75"), by=EVA, reason=WHY).then_rejected("review.no-supplement-due")
    (noted,) = after.when(note(total="73", position=95)).events
    assert (noted.delta, noted.follow_up) == ("1", FollowUp.NEXT_CYCLE)
    after.when(note(total="73", position=89)).then_rejected("review.older-card", field="card")


def test_an_appeal_after_sealing_leads_to_a_supplement_and_leaves_the_seal():
    lodged = replace(LODGED.event, after_sealing=True)
    WHOLE.when(APPEAL, by=LI_NA).then(lodged)
    contested = WHOLE.given(by(LI_NA, lodged))
    judged = contested.when(UPHOLD, by=EVA, reason=WHY)
    judged.then(AppealUpheld(number=1, late=False, after_sealing=True))
    assert judged.state.versions == WHOLE.state.versions
    done = contested.given(by(EVA, judged.events[0])).when(supplement("71"), by=DAO, reason=WHY)
    assert (done.events[0].because, done.events[0].number) == (Grounds.APPEAL, 2)
    assert done.state.card == CARD


def test_the_reviewee_does_not_note_impacts():
    WHOLE.when(note(position=90), by=LI_NA).then_rejected("review.own")


# --- Cards ----------------------------------------------------------------------------------------

OTHERS = [
    {"member_id": BO},
    {"first": date(2025, 1, 2)},
    {"last": date(2025, 4, 2)},
    {"zone": "Europe/Berlin"},
    {"policy_version": 2},
    {"policy_hash": "00" * 32},
    {"policy_id": None},
]


@pytest.mark.parametrize("other", OTHERS)
def test_a_card_of_something_else_is_refused(other):
    told = replace(DRAFT, card=card(**other))
    BEGUN.when(told).then_rejected("review.other-card", field="card")
    WHOLE.when(note(position=90, **other)).then_rejected("review.other-card", field="card")


def test_a_teams_card_is_of_that_team():
    team = NEW.given(replace(OPENED, member_id=None))
    told = card(member_id=None, department_id=SALES)
    team.when(replace(DRAFT, card=told)).then(ScorecardDrafted(card=told, card_hash=digest(told)))
    other = card(member_id=None, department_id=sample_id(5))
    team.when(replace(DRAFT, card=other)).then_rejected("review.other-card", field="card")


def test_a_total_is_the_weighted_mean_of_what_is_measured():
    """By hand: (60*50 + 25*80)/85 = 5000/85 = 1000/17, and 85 percent are measured."""
    figures = (
        measured("sales_amount", "60", "50", 3),
        measured("win_rate", "25", "80", 4),
        unmeasured("nps", "15"),
    )
    right = card("1000/17", *figures, coverage="85")
    check_card(right)
    assert Fraction(1000, 17) == Fraction(60 * 50 + 25 * 80, 85)
    for wrong, code in (
        ({"total": "59"}, "review.total"),
        ({"total": "58.82"}, "review.total"),
        ({"coverage": "100"}, "review.coverage"),
        ({"total": "many"}, "review.card-unreadable"),
        ({"coverage": "1/0"}, "review.card-unreadable"),
    ):
        with pytest.raises(Rejected) as refused:
            check_card(replace(right, **wrong))
        assert (refused.value.code, refused.value.field) == (code, "card")


def test_too_little_measured_may_have_no_total():
    check_card(card(None, measured("nps", "40", "50", 3), unmeasured("ces", "60"), coverage="40"))
    check_card(nothing_measured())


def refused_draft(told):
    BEGUN.when(replace(DRAFT, card=told)).then_rejected("review.no-evidence", field="card")


def test_no_ids_no_number():
    bare = replace(measured("nps", "100", "70", 3), evidence=())
    refused_draft(card("70", bare))
    refused_draft(card("70", replace(measured("nps", "100", "70", 3), n=0)))
    refused_draft(card("70", replace(measured("nps", "100", "70", 3), score=None)))
    refused_draft(card("70", replace(measured("nps", "100", "70", 3), status=Status.HIDDEN)))


def test_a_sum_of_nothing_is_a_number():
    check_card(card("0", measured("sales_amount", "100", "0")))


def test_a_whole_card_has_a_total():
    told = card(None, measured("nps", "100", "50", 3))
    BEGUN.when(replace(DRAFT, card=told)).then_rejected("review.total", field="card")
