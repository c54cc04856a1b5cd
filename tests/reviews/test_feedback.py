"""Feedback: given by colleagues, and never traced by who it is about."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from spec import ANA, BO, LI_NA, sample_id, spec

from domain.ids import FeedbackId, MemberId
from domain.kernel import Actor
from domain.reviews.feedback import (
    FEEDBACK,
    FeedbackGiven,
    FeedbackWithdrawn,
    GiveFeedback,
    Source,
    WithdrawFeedback,
)
from tests.web.stories_review_policies import RATING, by, given
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

ID = FeedbackId(sample_id(0xFB))
GIVE = GiveFeedback(
    id=ID, about_id=BO, source=Source.PEER, rating=Decimal("4.5"), text="Helps.", evidence=(7,)
)
GIVEN = FeedbackGiven(
    about_id=BO,
    holder_id=ANA,
    source=Source.PEER,
    rating=Decimal("4.5"),
    text="Helps.",
    evidence=(7,),
    review_id=None,
)
WITHDRAWN = FeedbackWithdrawn(about_id=BO, holder_id=ANA)
WITHDRAW = WithdrawFeedback(id=ID)

# --- Rules ------------------------------------------------------------------------------------


def test_a_colleague_says_how_somebodys_work_is():
    story = spec(FEEDBACK).when(GIVE).then(GIVEN)
    assert FEEDBACK.active(story.state)
    spec(FEEDBACK).given(GIVEN).when(GIVE).then_rejected("feedback.exists", field="id")
    spec(FEEDBACK).given(GIVEN, WITHDRAWN).when(GIVE).then_rejected("feedback.exists", field="id")


def test_whoever_it_was_said_for_is_its_giver():
    service = Actor.service(sample_id(0x5E))
    spec(FEEDBACK).when(GIVE, by=service, on_behalf_of=ANA).then(GIVEN)
    spec(FEEDBACK).when(GIVE, by=service).then_rejected("feedback.nobody")


@pytest.mark.parametrize("rating", ["1", "5", "4.99"])
def test_a_rating_is_1_to_5(rating):
    told = Decimal(rating)
    spec(FEEDBACK).when(replace(GIVE, rating=told)).then(replace(GIVEN, rating=told))


@pytest.mark.parametrize("rating", ["0.99", "5.01", "0"])
def test_other_ratings_are_none(rating):
    spec(FEEDBACK).when(replace(GIVE, rating=Decimal(rating))).then_rejected(
        "feedback.rating", field="rating"
    )


@pytest.mark.parametrize("source", [Source.PEER, Source.MANAGER, Source.UPWARD])
def test_nobody_rates_themselves_but_as_themselves(source):
    spec(FEEDBACK).when(replace(GIVE, source=source), by=BO).then_rejected(
        "feedback.self", field="source"
    )
    own = replace(GIVE, source=Source.SELF)
    spec(FEEDBACK).when(own, by=BO).then(replace(GIVEN, source=Source.SELF, holder_id=BO))
    spec(FEEDBACK).when(own).then_rejected("feedback.not-self", field="source")


def test_only_who_gave_it_takes_it_back_and_once():
    story = spec(FEEDBACK).given(GIVEN)
    taken = story.when(WITHDRAW).then(WITHDRAWN)
    assert not FEEDBACK.active(taken.state)
    for other in (BO, LI_NA):
        story.when(WITHDRAW, by=other).then_rejected("feedback.not-yours")
    spec(FEEDBACK).given(GIVEN, WITHDRAWN).when(WITHDRAW).then_rejected("feedback.withdrawn")
    spec(FEEDBACK).given(GIVEN, WITHDRAWN).when(WITHDRAW, by=BO).then_rejected("feedback.not-yours")
    spec(FEEDBACK).when(WITHDRAW).then_rejected("feedback.unknown")


# --- Who knows of it, over HTTP ----------------------------------------------------------------


@pytest.fixture(scope="module")
def person(running, company):
    """A colleague with roles: their id and what they ask with."""

    def join(*roles, department, **where):
        joined = company.member(department_id=department)
        member = MemberId(UUID(joined.id))
        for role in roles:
            grant(running.crm, enrolled(running.crm, member), role, **where)
        company.api.get("/members", after=joined, limit=1).went_well()
        key = create_key(running.crm, company.word("key"), member).text
        return joined.id, running.api.acting_as(key)

    return join


@pytest.fixture(scope="module")
def people(company, person):
    """Everybody who might want to know who said what of Bo."""
    department = company.department().id
    here = {"department_id": UUID(department)}
    return {
        "bo": person("service", department=department, **here),
        "giver": person("sales", department=department, **here),
        "colleague": person("service", department=department, **here),
        "lead": person("team-lead", department=department, **here),
        "every-lead": person("team-lead", department=department),
        "administrator": person("administrator", department=department),
        "hr": person("hr", department=department),
        "auditor": person("auditor", department=department),
    }


@pytest.fixture(scope="module")
def said(people):
    """What the giver said of Bo."""
    bo, (_, giver) = people["bo"][0], people["giver"]
    return giver.post(f"/members/{bo}/feedback", RATING | {"source": "upward"}).went_well()


KNOW = ("giver", "hr", "auditor")
NEVER = ("bo", "colleague", "lead", "every-lead", "administrator")


def names(answer):
    return [fact["name"] for fact in answer.went_well().json["items"]]


@pytest.mark.parametrize("who", [*KNOW, *NEVER])
def test_who_sees_feedback_itself(people, said, who):
    _, asking = people[who]
    listed = asking.get("/feedback", after=said, **{"filter[about_id]": people["bo"][0]})
    assert listed.went_well().ids == ([said.id] if who in KNOW else [])
    for path in ("", "/timeline", "/history"):
        answer = asking.get(f"/feedback/{said.id}{path}", after=said)
        assert answer.status == (200 if who in KNOW else 404), path


@pytest.mark.parametrize("who", [*KNOW, *NEVER])
def test_the_timeline_of_who_it_is_about_tells_only_who_may_know(people, said, who):
    bo, asking = people["bo"][0], people[who][1]
    told = names(asking.get(f"/members/{bo}/timeline", after=said))
    assert "member.joined" in told
    assert ("feedback.given" in told) == (who in KNOW)
    history = asking.get(f"/members/{bo}/history").went_well()
    assert b"feedback" not in history.body
    giver = people["giver"][0]
    assert ("feedback.given" in names(asking.get(f"/members/{giver}/timeline"))) == (who in KNOW)
    if who not in KNOW:
        timeline = asking.get(f"/members/{bo}/timeline").body
        assert giver.encode() not in timeline


@pytest.mark.parametrize("who", ["lead", "every-lead", "auditor"])
def test_the_audit_history_tells_only_who_may_know(people, said, who):
    bo, giver, asking = people["bo"][0], people["giver"][0], people[who][1]
    for query in (
        {"subject": f"member:{bo}"},
        {"subject": f"member:{giver}"},
        {"subject": f"feedback:{said.id}"},
        {"actor": f"member:{giver}"},
        {"name": "feedback.given"},
    ):
        found = asking.get("/audit/events", after=said, **query)
        assert ("feedback.given" in names(found)) == (who == "auditor"), query
    one = asking.get(f"/audit/events/{said.position}")
    assert one.status == (200 if who == "auditor" else 404)


@pytest.mark.parametrize("who", ["hr", "auditor", "giver"])
def test_ratings_and_words_are_shown_to_who_is_shown_reviews_and_who_gave_them(people, said, who):
    asking = people[who][1]
    one = asking.get(f"/feedback/{said.id}", after=said).went_well().json
    assert (one["rating"], one["text"]) == ("4.5", RATING["text"])
    assert "masked" not in one
    assert (one["source"], one["holder_id"]) == ("upward", people["giver"][0])
    (fact,) = asking.get(f"/feedback/{said.id}/history").json["items"]
    assert "masked" not in fact


def test_hr_sees_no_more_than_its_department_where_it_is_granted_for_one(company, person, said):
    department = company.department().id
    _, asking = person("hr", department=department, department_id=UUID(department))
    asking.get(f"/feedback/{said.id}", after=said).refused(404, "not-found")


# Taken back


def test_the_giver_takes_it_back_and_nobody_else(people, said):
    _, giver = people["giver"]
    path = f"/feedback/{said.id}/withdraw"
    for who in NEVER:
        people[who][1].post(path, {}, seen=said).refused(404, "not-found")
    people["hr"][1].post(path, {}, seen=said).refused(409, "feedback.not-yours")
    own = giver.post(f"/members/{people['bo'][0]}/feedback", RATING).went_well()
    path = f"/feedback/{own.id}/withdraw"
    taken = giver.post(path, {}, seen=own).went_well()
    giver.post(path, {}, seen=own).refused(412, "version.stale")
    giver.post(path, {}, seen=taken).refused(409, "feedback.withdrawn")
    told = giver.get(f"/feedback/{own.id}", after=taken).went_well().json
    assert told["status"] == "withdrawn"
    assert told["withdrawn_at"] is not None
    bo = people["bo"]
    assert "feedback.withdrawn" not in names(bo[1].get(f"/members/{bo[0]}/timeline", after=taken))
    kept = giver.get("/feedback", **{"filter[status]": "given"}).went_well().ids
    assert own.id not in kept


# Evidence


def test_feedback_rests_on_facts_that_its_giver_may_see(api, company, people, said):
    bo, giver = people["bo"][0], people["giver"][1]
    path = f"/members/{bo}/feedback"
    joined = api.get(f"/members/{bo}/timeline").json["items"][-1]["id"]
    request = company.request().position
    for evidence, wrong in (
        ([str(2**59)], [0]),
        ([joined, request], [1]),  # another department's
        ([said.position, joined, "999999999999999999"], [2]),  # their own words they may see
    ):
        answer = giver.post(path, RATING | {"evidence": evidence})
        pointers = [f"/evidence/{number}" for number in wrong]
        answer.refused(422, "feedback.evidence", *pointers)
    hidden = people["colleague"][1].post(path, RATING | {"evidence": [said.position]})
    hidden.refused(422, "feedback.evidence", "/evidence/0")
    made = giver.post(path, RATING | {"evidence": [joined]}).went_well()
    told = giver.get(f"/feedback/{made.id}", after=made).json
    assert told["evidence"] == [joined]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"rating": 4}, "/rating"),
        ({"rating": "four"}, "/rating"),
        ({"rating": "-1"}, "/rating"),
        ({"source": "friend"}, "/source"),
        ({"evidence": [7]}, "/evidence/0"),
        ({"evidence": ["07"]}, "/evidence/0"),
        ({"evidence": ["7", "7"]}, "/evidence"),
        ({"text": " "}, "/text"),
        ({"holder_id": str(sample_id(1))}, "/holder_id"),
    ],
)
def test_what_feedback_cannot_say(people, wrong, pointer):
    path = f"/members/{people['bo'][0]}/feedback"
    people["giver"][1].post(path, RATING | wrong).refused(422, "fields.invalid", pointer)


def test_what_the_rules_refuse(api, company, people):
    bo, asking = people["bo"]
    path = f"/members/{bo}/feedback"
    people["giver"][1].post(path, RATING | {"rating": "5.5"}).refused(
        409, "feedback.rating", "/rating"
    )
    asking.post(path, RATING).refused(409, "feedback.self", "/source")
    asking.post(path, RATING | {"source": "self"}).went_well()
    api.post(path, RATING).refused(409, "feedback.nobody")
    asking.post(f"/members/{sample_id(1)}/feedback", RATING).refused(404, "not-found")
    left = company.member()
    company.do(f"/members/{left.id}/leave", {}, seen=left)
    answer = asking.post(f"/members/{left.id}/feedback", RATING)
    answer.refused(409, "member.not-active")


def test_who_gave_it_may_be_acted_for(api, company):
    bo, giver = company.member().id, company.member().id
    made = given(company, about=bo, giver=giver)
    assert api.get(f"/feedback/{made.id}", after=made).json["holder_id"] == giver
    path = f"/feedback/{made.id}/withdraw"
    api.post(path, {}, seen=made, headers=by(bo)).refused(409, "feedback.not-yours")
    api.post(path, {}, seen=made, headers=by(giver)).went_well()
