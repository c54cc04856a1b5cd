"""The sample company's review of Ana Souza: its card computed from the story, shared with her."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from application.crm import Crm
from application.demo.hours import at
from application.demo.people import ANA_SOUZA, CHEN_JING, LI_NA, ZHENG_TAO, Person
from application.demo.reviewing import CYCLE, FIRST, LAST, POLICY, ZONE
from domain.ids import ReviewId, named_id
from domain.kernel import Actor, Channel, Envelope
from domain.reviews.review import (
    CalibrateReview,
    CollectInputs,
    Command,
    ConfirmCalibration,
    DraftScorecard,
    OpenReview,
    ShareReview,
)
from domain.reviews.review_policy import REVIEW_POLICY, ReviewPolicyPublished
from domain.reviews.review_rules import REVIEW
from domain.teams.department import department_id
from projections.reports.period import Period
from projections.scoring.asked import Asked, PolicyRef
from projections.scoring.scoring import scorecard

SHOWN_REVIEW = ReviewId(named_id("demo", "review", ANA_SOUZA.login))


def review_ana(crm: Crm) -> None:
    """Open the review, draft its card, calibrate and share it; nothing where that is done."""
    version: ReviewPolicyPublished | None = crm.load(REVIEW_POLICY, POLICY).state.in_force(FIRST)
    if version is None or crm.load(REVIEW, SHOWN_REVIEW).version:
        return
    asked = Asked(
        member_id=ANA_SOUZA.id,
        period=Period(FIRST, LAST, ZoneInfo(ZONE)),
        rules=version.rules,
        policy=PolicyRef(POLICY, version.version, version.hash),
    )
    opening = OpenReview(
        id=SHOWN_REVIEW,
        member_id=ANA_SOUZA.id,
        department_id=department_id(ANA_SOUZA.department),
        cycle_id=CYCLE,
        first=FIRST,
        last=LAST,
        zone=ZONE,
        policy_id=POLICY,
        policy_version=version.version,
        policy_hash=version.hash,
    )
    draft = DraftScorecard(id=SHOWN_REVIEW, card=scorecard(crm.facts, asked))
    said = CollectInputs(id=SHOWN_REVIEW, summary="Four colleagues, the lead, and herself.")
    calibrate = CalibrateReview(id=SHOWN_REVIEW, adjustment=Decimal("1.50"))
    share = ShareReview(id=SHOWN_REVIEW, sealable_from=at(10, 12, 0))
    steps: tuple[tuple[datetime, Person, Command, str | None], ...] = (
        (at(9, 28, 16), CHEN_JING, opening, None),
        (at(9, 28, 16, 10), CHEN_JING, draft, None),
        (at(9, 28, 16, 30), CHEN_JING, said, None),
        (at(9, 28, 17), LI_NA, calibrate, "冷库项目的前期投入未体现在本期销售额中。"),
        (at(9, 28, 17, 20), ZHENG_TAO, ConfirmCalibration(id=SHOWN_REVIEW), "同意，有合同为证。"),
        (at(9, 28, 17, 40), CHEN_JING, share, None),
    )
    for moment, who, command, reason in steps:
        actor = Actor.member(who.id)
        crm.handle(
            command,
            Envelope(occurred_at=moment, actor=actor, channel=Channel.CLI, reason=reason),
        )
