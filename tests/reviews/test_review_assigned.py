"""Who is asked to calibrate a review or to judge an appeal sees it, does that, and nothing else."""

from dataclasses import replace
from uuid import UUID

import pytest
from spec import ANA, BO, FRIDAY, LI_NA, by

from domain.ids import MemberId
from domain.reviews.review import AssignReview, ReviewAssigned, ReviewWithdrawn
from domain.reviews.review_answering import AppealUpheld
from tests.reviews.cards import THE_REVIEW
from tests.reviews.one_review import (
    AGREED,
    BEGUN,
    CALIBRATE,
    CHEN,
    CONFIRM,
    CONTESTED,
    DAO,
    DISMISS,
    EVA,
    HALF,
    HEARD,
    LODGED,
    NEW,
    SEAL,
    SHOWN,
    UPHOLD,
    WHOLE,
    WHY,
)
from tests.web.stories_reviews import WHY as SAID_WHY
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

ASK = AssignReview(id=THE_REVIEW, first_calibrator_id=BO, second_calibrator_id=CHEN, judge_id=EVA)
ASKED = ReviewAssigned(first_calibrator_id=BO, second_calibrator_id=CHEN, judge_id=EVA)

# --- Rules ------------------------------------------------------------------------------------


def test_people_are_asked_and_others_in_their_place():
    told = BEGUN.when(ASK).then(ASKED)
    assert told.state.asked_to_calibrate == {BO, CHEN}
    assert told.state.judge_id == EVA
    BEGUN.given(ASKED).when(ASK).then_nothing()
    other = replace(ASK, first_calibrator_id=None, judge_id=DAO)
    BEGUN.given(ASKED).when(other).then(replace(ASKED, first_calibrator_id=None, judge_id=DAO))


def test_nobody_is_asked_of_what_is_not_there():
    NEW.when(ASK).then_rejected("review.unknown")
    BEGUN.given(ReviewWithdrawn()).when(ASK).then_rejected("review.withdrawn")


def test_the_reviewee_asks_nobody_and_is_not_asked():
    BEGUN.when(ASK, by=LI_NA).then_rejected("review.own")
    BEGUN.when(ASK, by=LI_NA, on_behalf_of=ANA).then_rejected("review.own")
    for name in ("first_calibrator_id", "second_calibrator_id", "judge_id"):
        BEGUN.when(replace(ASK, **{name: LI_NA})).then_rejected("review.own", field=name)


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"second_calibrator_id": BO}, "review.asked-twice", "second_calibrator_id"),
        ({"judge_id": CHEN}, "review.asked-twice", "judge_id"),
        ({"first_calibrator_id": ANA}, "review.four-eyes", "first_calibrator_id"),
        ({"judge_id": ANA}, "review.not-uninvolved", "judge_id"),
    ],
)
def test_each_is_asked_for_one_part_and_its_author_for_none(told, code, field):
    BEGUN.when(replace(ASK, **told)).then_rejected(code, field=field)


def test_who_had_a_part_in_it_is_not_asked_to_judge():
    nobody = replace(ASK, first_calibrator_id=None, second_calibrator_id=None)
    for story in (AGREED, SHOWN, WHOLE):
        story.when(replace(nobody, judge_id=BO)).then_rejected(
            "review.not-uninvolved", field="judge_id"
        )
        assert story.when(nobody).events
    WHOLE.when(replace(nobody, judge_id=DAO)).then_rejected(
        "review.not-uninvolved", field="judge_id"
    )
    wrote = SHOWN.given(by(EVA, replace(LODGED.event, by_letter=True)))
    wrote.when(nobody).then_rejected("review.not-uninvolved", field="judge_id")


def test_nobody_is_asked_to_calibrate_what_is_shared_or_what_they_judged():
    SHOWN.when(ASK).then_rejected("review.already-shared", field="first_calibrator_id")
    upheld = CONTESTED.given(by(EVA, AppealUpheld(number=1, late=False, after_sealing=False)))
    again = replace(ASK, second_calibrator_id=EVA, judge_id=None)
    upheld.when(again).then_rejected("review.judge", field="second_calibrator_id")
    assert upheld.when(replace(ASK, judge_id=None)).events


def test_who_is_asked_to_judge_neither_calibrates_nor_signs():
    only_judge = replace(ASKED, first_calibrator_id=None, second_calibrator_id=None)
    HEARD.given(only_judge).when(CALIBRATE, by=EVA, reason=WHY).then_rejected("review.asked-else")
    HALF.given(only_judge).when(CONFIRM, by=EVA, reason=WHY).then_rejected("review.asked-else")
    SHOWN.given(only_judge).when(SEAL, by=EVA, at=FRIDAY).then_rejected("review.asked-else")
    assert CONTESTED.given(only_judge).when(UPHOLD, by=EVA, reason=WHY).events


def test_who_is_asked_to_calibrate_neither_judges_nor_signs():
    asked = replace(ASKED, second_calibrator_id=DAO, judge_id=None)
    assert HEARD.given(asked).when(CALIBRATE, by=DAO, reason=WHY).events
    assert HALF.given(asked).when(CONFIRM, by=DAO, reason=WHY).events
    contested = HEARD.given(asked, by(BO, HALF.facts[-1].event), by(CHEN, AGREED.facts[-1].event))
    shared = contested.given(SHOWN.facts[-1].event)
    shared.when(SEAL, by=DAO, at=FRIDAY).then_rejected("review.asked-else")
    shared.given(LODGED).when(DISMISS, by=DAO, reason=WHY).then_rejected("review.asked-else")


# --- Over HTTP --------------------------------------------------------------------------------


@pytest.fixture
def asked(running, file):
    """Three people of another department, none of them a lead, who were asked."""
    elsewhere = file.company.department().id
    for name in ("calibrator", "confirmer", "other judge", "bystander"):
        joined = file.company.member(department_id=elsewhere)
        member = MemberId(UUID(joined.id))
        account = enrolled(running.crm, member)
        grant(running.crm, account, "sales", department_id=UUID(elsewhere))
        file.keys[name] = running.api.acting_as(create_key(running.crm, name, member).text)
        file.ids[name] = joined.id
    file.company.api.get("/members", after=joined, limit=1).went_well()
    file.manager_says("4", by="author")
    file.does("author", "draft")
    for name in ("calibrator", "other judge"):
        file.shows(name).refused(404, "not-found")
    file.does(
        "author",
        "assign",
        {
            "first_calibrator_id": file.ids["calibrator"],
            "second_calibrator_id": file.ids["confirmer"],
            "judge_id": file.ids["other judge"],
        },
    )
    return file


def test_who_is_asked_sees_this_review_and_no_other(asked):
    shown = asked.shows("calibrator").went_well().json
    assert shown["first_calibrator_id"] == asked.ids["calibrator"]
    calibrator = asked.keys["calibrator"]
    assert calibrator.get("/reviews").ids == [shown["id"]]
    mine = {"filter[first_calibrator_id]": asked.ids["calibrator"]}
    assert asked.keys["author"].get("/reviews", **mine).ids == [shown["id"]]
    for page in ("timeline", "history", "evidence", "explanation", "replay"):
        calibrator.get(f"{asked.path}/{page}").went_well()
    asked.shows("bystander").refused(404, "not-found")
    asked.does("author", "assign", {"second_calibrator_id": asked.ids["confirmer"]})
    asked.shows("calibrator").refused(404, "not-found")
    asked.shows("confirmer").went_well()


def test_who_is_asked_calibrates_and_does_nothing_else(asked):
    for verb in ("draft", "collect-inputs", "share", "assign"):
        asked.ask("calibrator", verb).refused(403, "access.refused")
    asked.ask("calibrator", "withdraw", SAID_WHY).refused(403, "access.refused")
    asked.does("author", "collect-inputs")
    points = {"adjustment": "1.00"} | SAID_WHY
    asked.ask("bystander", "calibrate", points).refused(404, "not-found")
    asked.does("calibrator", "calibrate", points)
    asked.ask("calibrator", "confirm", SAID_WHY).refused(409, "review.four-eyes")
    asked.does("confirmer", "confirm", SAID_WHY)
    asked.does("author", "share")
    asked.does("reviewee", "acknowledge")
    asked.ask("confirmer", "seal").refused(409, "review.asked-else")
    asked.does("sealer", "seal")


def test_who_is_asked_to_judge_sees_it_from_when_it_is_shared(asked):
    judge = asked.keys["other judge"]
    asked.shows("other judge").refused(404, "not-found")
    asked.ask("other judge", "confirm", SAID_WHY).refused(404, "not-found")
    asked.does("author", "collect-inputs")
    asked.does("calibrator", "calibrate", {"adjustment": "1.00"} | SAID_WHY)
    asked.does("confirmer", "confirm", SAID_WHY)
    asked.does("author", "share")
    asked.shows("other judge").went_well()
    asked.ask("other judge", "seal").refused(409, "review.asked-else")
    appeal = {"text": "Chen said 5", "figures": ["feedback_manager"]}
    asked.does("reviewee", "appeal", appeal)
    asked.does("other judge", "dismiss", SAID_WHY)
    (judged,) = asked.shows("other judge").json["appeals"]
    assert judged["decision"]["by"] == asked.ids["other judge"]
    assert len(judge.get("/reviews").ids) == 1


def test_only_members_are_asked(asked):
    nobody = "0190f000-0000-7000-8000-00000000dead"
    asked.ask("author", "assign", {"judge_id": nobody}).refused(422, "member.unknown", "/judge_id")
