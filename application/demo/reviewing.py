"""How the sample company reviews work: by which rules, in which cycles, and what colleagues say.

Scorecards are computed from the log, so that none stands in the story: ``concord demo`` drafts one
when all is told.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from application.demo.hours import at
from application.demo.people import (
    ACCOUNT_MANAGER,
    ANA_SOUZA,
    CHEN_JING,
    EMILY_CARTER,
    LI_NA,
    SALES,
    WANG_WEI,
    ZHENG_TAO,
    ZHOU_TING,
    Person,
)
from application.demo.script import Beat, Script, Storyline, acted
from domain.ids import FeedbackId, MemberId, ReviewId, named_id
from domain.reviews.feedback import GiveFeedback, Source, WithdrawFeedback
from domain.reviews.review import OpenReview, WithdrawReview
from domain.reviews.review_cycle import (
    CloseReviewCycle,
    OpenReviewCycle,
    RolePolicy,
    review_cycle_id,
)
from domain.reviews.review_policy import (
    DraftReviewPolicy,
    PolicyName,
    PublishReviewPolicy,
    RedraftReviewPolicy,
    RetireReviewPolicy,
    ReviewPolicyPublished,
    review_policy_id,
)
from domain.reviews.scoring_rules import Rules, Term
from domain.teams.department import department_id

ZONE = "Asia/Shanghai"
POLICY = review_policy_id(ACCOUNT_MANAGER)
_TRAINEES = review_policy_id("trainee")
_OF_TRAINEES: dict[str, Any] = {
    "id": _TRAINEES,
    "code": "trainee",
    "role": "trainee",
    "name": PolicyName(en="Trainees", zh="实习生"),
}
CYCLE = review_cycle_id("2026-august-september")
_JULY = review_cycle_id("2026-july")
FIRST, LAST = date(2026, 8, 1), date(2026, 9, 28)
"""The period that is reviewed: from the first date until before the last one."""
_NAME = PolicyName(en="Account managers", zh="客户经理")


def _term(metric: str, weight: int, floor: int, target: int, least: int | None = None) -> Term:
    return Term(
        metric=metric,
        weight=Decimal(weight),
        floor=Decimal(floor),
        target=Decimal(target),
        minimum_sample=least,
    )


_SOLD = Rules(
    terms=(_term("sales_amount", 70, 0, 100_000), _term("win_rate", 30, 20, 60, 3)),
    currency="CNY",
)
RULES = Rules(
    terms=(
        _term("sales_amount", 35, 0, 200_000),
        _term("new_customers", 15, 0, 4),
        _term("overall_satisfaction", 20, 50, 90, 3),
        _term("contact_frequency", 20, 0, 6),
        _term("feedback_peer", 10, 1, 5),
    ),
    currency="CNY",
)
"""Not what was sold alone: whether customers are glad, heard from, and colleagues, too."""


def storyline(script: Script) -> Storyline:
    """Tell which rules were published before which period, and what was said in September."""
    draft = DraftReviewPolicy(
        id=POLICY, code=ACCOUNT_MANAGER, role=ACCOUNT_MANAGER, name=_NAME, rules=_SOLD
    )
    yield from acted(
        script,
        Beat(at(7, 1, 9), CHEN_JING, draft),
        Beat(at(7, 1, 9, 10), CHEN_JING, _published(date(2026, 7, 2))),
        Beat(at(7, 20, 10), CHEN_JING, RedraftReviewPolicy(id=POLICY, name=_NAME, rules=RULES)),
        Beat(at(7, 22, 17), CHEN_JING, _published(FIRST), "销售额不是全部，也看客户满意和协作。"),
    )
    yield from acted(
        script,
        Beat(at(7, 22, 17, 20), CHEN_JING, replace(draft, **_OF_TRAINEES)),
        Beat(at(7, 22, 17, 30), CHEN_JING, replace(_published(FIRST), id=_TRAINEES)),
    )
    yield at(7, 30, 16)
    script.say(_cycle(script, "2026-july", date(2026, 7, 2), FIRST), CHEN_JING)
    yield at(8, 7, 9, 30)
    script.say(CloseReviewCycle(id=_JULY), CHEN_JING, reason="试运行一个月，只看不评。")
    retire = RetireReviewPolicy(id=_TRAINEES, zone=ZONE)
    yield from acted(script, Beat(at(8, 7, 9, 40), CHEN_JING, retire, "实习期只带教，不打分。"))
    yield from acted(script, *_feedback())
    yield at(9, 28, 14)
    script.say(_cycle(script, "2026-august-september", FIRST, LAST), CHEN_JING)
    yield at(9, 28, 15)
    wrong = _review(script, ReviewId(named_id("demo", "review", "mistaken")), ZHOU_TING.id)
    script.say(wrong, CHEN_JING)
    yield at(9, 28, 15, 10)
    script.say(WithdrawReview(id=wrong.id), CHEN_JING, reason="她不是客户经理，另有方案。")


def _published(day: date) -> PublishReviewPolicy:
    return PublishReviewPolicy(id=POLICY, effective_from=day, zone=ZONE)


def _in_force(script: Script, day: date) -> ReviewPolicyPublished:
    version: ReviewPolicyPublished = script.state(POLICY).in_force(day)
    return version


def _cycle(script: Script, code: str, first: date, last: date) -> OpenReviewCycle:
    version = _in_force(script, first)
    told = RolePolicy(
        role=ACCOUNT_MANAGER,
        policy_id=POLICY,
        version=version.version,
        hash=version.hash,
        effective_from=version.effective_from,
    )
    return OpenReviewCycle(
        id=review_cycle_id(code),
        code=code,
        name=f"{first:%Y-%m}",
        first=first,
        last=last,
        zone=ZONE,
        policies=(told,),
    )


def _review(script: Script, id_: ReviewId, member_id: MemberId) -> OpenReview:
    version = _in_force(script, FIRST)
    return OpenReview(
        id=id_,
        member_id=member_id,
        department_id=department_id(SALES),
        cycle_id=CYCLE,
        first=FIRST,
        last=LAST,
        zone=ZONE,
        policy_id=POLICY,
        policy_version=version.version,
        policy_hash=version.hash,
    )


def _feedback() -> list[Beat]:
    """Return what colleagues say of Ana Souza in September, and one word taken back."""
    said: tuple[tuple[int, Person, Source, str, str], ...] = (
        (1, WANG_WEI, Source.PEER, "4", "交接清楚，从不推诿。"),
        (
            2,
            EMILY_CARTER,
            Source.PEER,
            "5",
            "Always picks up the phone, and shares what she hears.",
        ),
        (3, LI_NA, Source.PEER, "4", "客户的问题她会跟到底。"),
        (4, ZHENG_TAO, Source.PEER, "3", "回款信息有时晚几天。"),
        (7, CHEN_JING, Source.MANAGER, "4", "冷库项目带得好。"),
        (8, ZHOU_TING, Source.UPWARD, "5", "She explains what she needs, and why."),
        (9, ANA_SOUZA, Source.SELF, "4", "Good quarter; I should note calls the same day."),
    )
    beats = [
        Beat(
            at(9, day, 11),
            who,
            GiveFeedback(
                id=_feedback_id(who, source),
                about_id=ANA_SOUZA.id,
                source=source,
                rating=Decimal(rating),
                text=text,
            ),
        )
        for day, who, source, rating, text in said
    ]
    hasty = GiveFeedback(
        id=FeedbackId(named_id("demo", "feedback", "hasty")),
        about_id=WANG_WEI.id,
        source=Source.PEER,
        rating=Decimal(2),
        text="……",
    )
    back = WithdrawFeedback(id=hasty.id)
    return [
        *beats,
        Beat(at(9, 10, 10), ZHOU_TING, hasty),
        Beat(at(9, 10, 16), ZHOU_TING, back, "气头上写的，收回。"),
    ]


def _feedback_id(who: Person, source: Source) -> FeedbackId:
    return FeedbackId(named_id("demo", "feedback", who.login, source))
