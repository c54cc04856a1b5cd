"""What the question about a review is in Concord: a review carried through, as the story knew.

Who writes, calibrates, seals and judges it are people of ours beside the story. The cards are
computed as of what was known when the story sealed the review and upheld its appeals. All of it
happens when the story is told to its end, where the reviewee may have left: appeals come by letter.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from application.store.log import Window
from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope
from domain.reviews.card import Card
from domain.reviews.review import (
    CalibrateReview,
    CollectInputs,
    ConfirmCalibration,
    DraftScorecard,
    ImpactNoted,
    NoteImpact,
    OpenReview,
    SealReview,
    ShareReview,
    SupplementReview,
)
from domain.reviews.review_answering import LodgeAppeal, UpholdAppeal
from domain.reviews.review_policy import (
    REVIEW_POLICY,
    DraftReviewPolicy,
    PolicyName,
    PublishReviewPolicy,
    review_policy_id,
)
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember
from projections.reports.period import Period
from projections.scoring.asked import Asked, PolicyRef
from projections.scoring.scoring import scorecard
from tests.acceptance.scores import rules_of, shown
from tests.acceptance.story import Line, Telling, recorded_at

Ask = dict[str, Any]
LONG_AGO = datetime(1999, 12, 30, tzinfo=UTC)
NOTICE = timedelta(days=7)
OFFICE = "review-office"
PEOPLE = ("the author", "the first", "the second", "the sealer", "the judge")
AUTHOR, FIRST, SECOND, SEALER, JUDGE = PEOPLE
"""Our people; no story has such names."""


def published(telling: Telling) -> PolicyRef:
    """Publish the story's policy before all that it tells, unless that is done."""
    told, id_ = telling.story.told["policy"], review_policy_id(telling.story.name)
    if not telling.crm.load(REVIEW_POLICY, id_).version:
        draft = DraftReviewPolicy(
            id=id_,
            code=telling.story.name,
            role=told["role"],
            name=PolicyName(en=told["name"], zh=told["name"]),
            rules=rules_of(told),
        )
        _employ(telling)
        day = LONG_AGO.date() + timedelta(days=2)
        zone = telling.story.told["timezone"]
        for command in (draft, PublishReviewPolicy(id=id_, effective_from=day, zone=zone)):
            _do(telling, command, AUTHOR, LONG_AGO)
    version = telling.crm.load(REVIEW_POLICY, id_).state.versions[-1]
    return PolicyRef(id_, version.version, version.hash)


def _employ(telling: Telling) -> None:
    """Let our people join a department of their own."""
    id_, line = department_id(OFFICE), {"id": "", "at": LONG_AGO.isoformat()}
    create = CreateDepartment(id=id_, code=OFFICE, name=OFFICE, kind=DepartmentKind.SUPPORT)
    telling.do(line, create)
    for name in PEOPLE:
        join = JoinMember(
            id=telling.id("member", name), name=name, department_id=id_, role="reviewer"
        )
        telling.do(line, join)


def _do(telling: Telling, command: Any, by: str, at: datetime) -> Any:
    envelope = Envelope(
        occurred_at=at,
        actor=Actor.member(telling.id("member", by)),
        channel=Channel.CLI,
        reason="As the story tells.",
    )
    return telling.crm.handle(command, envelope)


def _card(telling: Telling, line: Line, policy: PolicyRef, known_at: str) -> Card:
    first, last = (datetime.fromisoformat(line[name]).date() for name in ("from", "to"))
    asked = Asked(
        member_id=telling.id("member", line["member"]),
        period=Period(first, last, telling.story.zone),
        rules=rules_of(telling.story.told["policy"]),
        policy=policy,
        known_at=datetime.fromisoformat(known_at),
    )
    told = telling.as_known(known_at)
    if told.broken:
        raise told.broken
    card = scorecard(told.crm.facts, asked, Window(position=told.position(known_at)))
    if not told.story.settled:
        return card
    # Of several logs, each of which knows its own: which knows more cannot be seen by positions.
    return replace(card, position=int(datetime.fromisoformat(known_at).timestamp()))


def _lines(telling: Telling, ask: Ask) -> tuple[Line, list[Line]]:
    """Return the sealing of a review, and its appeals, as far as the question sees them."""
    known = list(telling.story.known(ask))
    (sealing,) = (
        line for line in known if line["do"] == "review_sealed" and line["review"] == ask["review"]
    )
    appeals = (
        line for line in known if line["do"] == "appeal_upheld" and line["review"] == ask["review"]
    )
    return sealing, sorted(appeals, key=recorded_at)


def review(telling: Telling, ask: Ask) -> Ask:
    """Carry the review through to its seal and its appeals, and note what is known now."""
    policy = published(telling)
    sealing, appeals = _lines(telling, ask)
    number = ask["review"] + ask["known_at"]
    id_, at = telling.id("review", number), recorded_at(sealing)
    sealed = _card(telling, sealing, policy, at.isoformat())
    opening = OpenReview(
        id=id_,
        member_id=MemberId(telling.id("member", sealing["member"])),
        department_id=department_id(OFFICE),
        first=sealed.first,
        last=sealed.last,
        zone=sealed.zone,
        policy_id=policy.id,
        policy_version=policy.version,
        policy_hash=policy.hash,
    )
    for by, command in (
        (AUTHOR, opening),
        (AUTHOR, DraftScorecard(id=id_, card=sealed)),
        (AUTHOR, CollectInputs(id=id_)),
        (FIRST, CalibrateReview(id=id_, adjustment=Decimal(0))),
        (SECOND, ConfirmCalibration(id=id_)),
        (AUTHOR, ShareReview(id=id_, sealable_from=at + NOTICE)),
    ):
        _do(telling, command, by, at)
    _do(telling, SealReview(id=id_), SEALER, at + NOTICE)
    totals = [sealed.total]
    for appeal in appeals:
        at = recorded_at(appeal)
        card = _card(telling, sealing, policy, at.isoformat())
        appealing = LodgeAppeal(
            id=id_,
            figures=(sealed.figures[0].term.metric,),
            facts=tuple(telling.positions.get(appeal["fact"], [1])),
            text=appeal["reason"],
            decide_by=at + timedelta(days=14),
            by_letter=True,
        )
        _do(telling, appealing, SEALER, at)
        _do(telling, UpholdAppeal(id=id_, heard=()), JUDGE, at)
        _do(telling, SupplementReview(id=id_, card=card), SEALER, at)
        totals.append(card.total)
    now = _card(telling, sealing, policy, ask["known_at"])
    done = _do(
        telling, NoteImpact(id=id_, card=now), SEALER, datetime.fromisoformat(ask["known_at"])
    )
    (fact,) = telling.crm.facts.at([done.position])
    noted = fact.event
    assert isinstance(noted, ImpactNoted)
    return {
        "versions": [shown(total) for total in totals],
        "recomputed": shown(noted.total),
        "delta": shown(noted.delta),
        "follow_up": str(noted.follow_up),
    }
