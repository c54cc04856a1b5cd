"""What follows on a review: appeals, later facts and supplements."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from spec import ANA, BO, FRIDAY, LI_NA, TUESDAY, by

from domain.reviews.card import digest
from domain.reviews.review import (
    FollowUp,
    Grounds,
    HelpPlanAgreed,
    ImpactNoted,
    InputsCollected,
    NoteImpact,
    OutcomeDecided,
    OutcomeKind,
    ReviewCalibrated,
    ReviewShared,
    ReviewSupplemented,
)
from domain.reviews.review_answering import AppealDismissed, AppealUpheld
from domain.reviews.review_sealing import Seal, impact
from domain.reviews.review_states import Opened
from tests.reviews.cards import HASH, THE_REVIEW, card, nothing_measured
from tests.reviews.one_review import (
    ACKNOWLEDGE,
    AGREED,
    APPEAL,
    CALIBRATE,
    CARD,
    CHEN,
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
    HALF,
    HEARD,
    LODGED,
    MACHINE,
    PROPOSED,
    SEAL,
    SEALED,
    SHARE,
    SHARED,
    SHOWN,
    UPHOLD,
    WHOLE,
    WHY,
    WITHDRAW,
    note,
    supplement,
)

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
