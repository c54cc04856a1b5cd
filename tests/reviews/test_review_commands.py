"""A department's reviews from the command line, and what is learned after they are sealed."""

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest

from application.crm import Crm
from application.demo import facts
from application.demo.hours import END, SHANGHAI
from application.demo.people import (
    ACCOUNT_MANAGER,
    ANA_SOUZA,
    CHEN_JING,
    LI_NA,
    SALES,
    WANG_WEI,
    ZHENG_TAO,
)
from application.demo.reviewing import CYCLE, FIRST, LAST
from domain.ids import FeedbackId, ReviewId
from domain.kernel import Actor, Channel, Envelope
from domain.reviews.feedback import GiveFeedback, Source
from domain.reviews.review import (
    CalibrateReview,
    CollectInputs,
    ConfirmCalibration,
    SealReview,
    ShareReview,
)
from domain.reviews.review_rules import REVIEW
from domain.reviews.review_states import Drafted, Sealed
from domain.teams.department import department_id
from domain.teams.member import MEMBER
from projections.reader import Reader
from projections.reports.rounding import places
from projections.reviews.assessing import FOLLOWER, Assessor
from projections.timekeeper import Timekeeper
from tests.command import Command
from tests.web.client import wait_until

CODE = "2026-august-september"
DRAFT = ("reviews", "draft", "--cycle", CODE, "--department", "sales")
BEGINS, ENDS = (datetime.combine(day, time(), SHANGHAI) for day in (FIRST, LAST))
NOTICE = timedelta(days=7)


@pytest.fixture
def company(crm: Crm, dsn: str) -> str:
    """The sample company; where it is."""
    crm.append(facts())
    return dsn


def reviews(crm: Crm) -> dict[ReviewId, object]:
    opened = crm.facts.page(0, names=["review.drafted"])
    return {ReviewId(each.stream_id): crm.load(REVIEW, each.stream_id).state for each in opened}


def do(crm: Crm, command, by, at) -> None:
    actor = Actor.member(by.id)
    crm.handle(
        command, Envelope(occurred_at=at, actor=actor, channel=Channel.CLI, reason="Because")
    )


def test_a_departments_reviews_are_drafted_once(company, crm, command: Command):
    words = (*DRAFT, "--author", CHEN_JING.id)
    done = command.run(*words, DATABASE_URL=company)
    assert done.returncode == 0, done.stderr
    found = reviews(crm)
    told = [each for each in facts() if each.kind == "member" and each.occurred_at < ENDS]
    lives = {id_: [] for id_ in {each.stream_id for each in told}}
    for each in told:
        lives[each.stream_id].append(each)
    roles = {
        id_: [each.event.role for each in life if hasattr(each.event, "role")][-1]
        for id_, life in lives.items()
    }
    managers = {
        id_
        for id_, life in lives.items()
        if roles[id_] == ACCOUNT_MANAGER
        and MEMBER.fold(life).department_id == department_id(SALES)
        and not (life[-1].name == "member.left" and life[-1].occurred_at < BEGINS)
    }
    assert {each.member_id for each in found.values()} == managers
    assert {each.cycle_id for each in found.values()} == {CYCLE}
    assert all(isinstance(each, Drafted) for each in found.values())
    assert ANA_SOUZA.id in {each.member_id for each in found.values()}
    assert f"{len(found)} people scored" in " ".join(done.stdout.split())
    before = crm.facts.head()
    again = command.run(*words, DATABASE_URL=company)
    assert "was there already" in " ".join(again.stdout.split())
    assert crm.facts.head() == before


def test_a_dry_run_keeps_nothing(company, crm, command: Command):
    before = crm.facts.head()
    done = command.run(*DRAFT, "--author", CHEN_JING.id, "--dry-run", DATABASE_URL=company)
    assert done.returncode == 0, done.stderr
    assert "Ana Souza" in done.stdout
    assert crm.facts.head() == before


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"--cycle": "winter"}, "There is no cycle winter."),
        ({"--department": "moon"}, "There is no department moon."),
        ({"--author": uuid4()}, "Nobody who works here has the id"),
    ],
)
def test_what_is_not_there_is_told(company, command: Command, told, said):
    usual = {"--cycle": CODE, "--department": "sales", "--author": CHEN_JING.id}
    words = [word for pair in (usual | told).items() for word in pair]
    done = command.run("reviews", "draft", *words, DATABASE_URL=company)
    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())


def sealed(crm: Crm, command: Command, company: str) -> ReviewId:
    """Ana Souza's review, sealed."""
    command.run(*DRAFT, "--author", CHEN_JING.id, DATABASE_URL=company)
    (id_,) = (id_ for id_, each in reviews(crm).items() if each.member_id == ANA_SOUZA.id)
    now = datetime.now(UTC)
    for who, step in (
        (CHEN_JING, CollectInputs(id=id_)),
        (LI_NA, CalibrateReview(id=id_, adjustment=Decimal(0))),
        (ZHENG_TAO, ConfirmCalibration(id=id_)),
        (CHEN_JING, ShareReview(id=id_, sealable_from=now + NOTICE)),
    ):
        do(crm, step, who, now)
    do(crm, SealReview(id=id_), LI_NA, now + NOTICE)
    return id_


def low(crm: Crm) -> None:
    """Wang Wei thinks less of her than he did."""
    late = GiveFeedback(
        id=FeedbackId(uuid4()),
        about_id=ANA_SOUZA.id,
        source=Source.PEER,
        rating=Decimal(1),
        text=None,
    )
    do(crm, late, WANG_WEI, END - timedelta(days=3))


def test_what_is_learned_after_sealing_is_noted_once(company, crm, command: Command):
    id_ = sealed(crm, command, company)
    before = assessed(command, company)
    assert [each["follow_up"] for each in before] == ["none"]
    assert not any(each["noted"] for each in before)
    low(crm)
    (rehearsed,) = assessed(command, company, "--dry-run")
    assert (rehearsed["noted"], rehearsed["changed"]) == (False, ["feedback_peer"])
    (noted,) = assessed(command, company)
    state = crm.load(REVIEW, id_).state
    assert isinstance(state, Sealed)
    # Wang Wei's 4 becomes a 1: the mean of four voices falls from 4 to 3.25, of 1 to 5 that is from
    # 75 points to 56.25, with a weight of 10 among those that are measured.
    delta = Fraction("-18.75") * 10 / Fraction(state.latest.coverage)
    assert noted["noted"] is True
    assert noted["delta"] == places(delta)
    assert noted["follow_up"] == ("supplement" if delta <= -2 else "next_cycle")
    assert len(state.versions) == 1
    (again,) = assessed(command, company)
    assert again["noted"] is False
    drawn = command.run("reviews", "assess", DATABASE_URL=company)
    assert "1 sealed reviews, 0 impacts noted" in " ".join(drawn.stdout.split())


def test_it_is_looked_at_once_a_day_by_itself(company, crm, command: Command):
    assert FOLLOWER in {each.name for each in Timekeeper(crm, Reader(crm.pool)).rounds}
    id_ = sealed(crm, command, company)
    daily, always = Assessor(crm), Assessor(crm, every=timedelta(0))
    assert daily.assess() == 0
    low(crm)
    assert daily.look() == 0  # no day has passed
    assert always.look() == 1
    wait_until(lambda: noted_impacts(crm, id_) == 1)
    assert always.assess() == 0
    assert noted_impacts(crm, id_) == 1


def noted_impacts(crm: Crm, id_: ReviewId) -> int:
    return sum(fact.name == "review.impact-noted" for fact in crm.facts.stream(id_))


def assessed(command: Command, company: str, *more: str):
    done = command.run("reviews", "assess", "--json", *more, DATABASE_URL=company)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["reviews"]
