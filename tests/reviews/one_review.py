"""One review: all that can be asked of it, what happened to it, and how far it has come.

Ana leads Li Na and writes the review; Bo and Chen calibrate it, Dao seals it, Eva judges.
"""

from datetime import date
from decimal import Decimal

from spec import ANA, BO, FRIDAY, LI_NA, SALES, by, sample_id, spec

from domain.ids import MemberId
from domain.kernel import Actor
from domain.reviews.card import digest
from domain.reviews.review import (
    AgreeHelpPlan,
    CalibrateReview,
    CalibrationConfirmed,
    CollectInputs,
    ConfirmCalibration,
    DecideOutcome,
    DraftScorecard,
    InputsCollected,
    NoteImpact,
    OpenReview,
    OutcomeKind,
    ReviewCalibrated,
    ReviewOpened,
    ReviewSealed,
    ReviewShared,
    ScorecardDrafted,
    SealReview,
    ShareReview,
    SupplementReview,
    WithdrawReview,
)
from domain.reviews.review_answering import (
    AcknowledgeReview,
    AppealLodged,
    DisagreeWithReview,
    DismissAppeal,
    LodgeAppeal,
    ReviewAcknowledged,
    UpholdAppeal,
)
from domain.reviews.review_rules import REVIEW
from tests.reviews.cards import CYCLE, FIRST, HASH, LAST, POLICY, THE_REVIEW, ZONE, card

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
