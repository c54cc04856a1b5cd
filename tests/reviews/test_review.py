"""A review: from its opening to its seal, and what is refused on the way."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from spec import ANA, BO, FRIDAY, LI_NA, SALES, TUESDAY, by

from domain.reviews.card import digest
from domain.reviews.review import (
    CalibrationConfirmed,
    Grounds,
    HelpPlanAgreed,
    InputsCollected,
    OutcomeDecided,
    OutcomeKind,
    ReviewCalibrated,
    ReviewWithdrawn,
    ScorecardDrafted,
)
from domain.reviews.review_answering import ReviewAcknowledged, ReviewDisagreed
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_sealing import Seal
from domain.reviews.review_states import Version
from tests.reviews.cards import FIRST, HASH, THE_REVIEW, card
from tests.reviews.one_review import (
    ACKNOWLEDGE,
    AGREED,
    ANSWERED,
    APPEAL,
    BEGUN,
    CALIBRATE,
    CARD,
    CHEN,
    COLLECT,
    COLLECTED,
    CONFIRM,
    CONFIRMED,
    CONTESTED,
    DAO,
    DECIDE,
    DISAGREE,
    DISMISS,
    DRAFT,
    DRAFTED,
    EVA,
    EVERY,
    HALF,
    HEARD,
    HELP,
    MACHINE,
    NEW,
    OPEN,
    OPENED,
    PROPOSED,
    SEAL,
    SEALED,
    SHARE,
    SHARED,
    SHOWN,
    UPHOLD,
    WHOLE,
    WHY,
    WITH_CARD,
    WITHDRAW,
    note,
    supplement,
)

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
