"""Sharing over HTTP: who objects, who settles it, and the terms that everybody can look up."""

import pytest
from spec import sample_id

from domain.access.sharing import SHARING_ID

pytest_plugins = ["tests.web.fixtures"]

ANY = {"If-Match": "*"}
WHY = "They wrote to customers in the middle of a deal."
NOBODY = str(sample_id(0xBAD))


@pytest.fixture
def other(running):
    """Somebody else who may settle what the first one objects to."""
    return running.api.acting_as(running.new_key("another").text)


@pytest.fixture
def two(company):
    """Two departments that share so far."""
    return company.department().id, company.department().id


def object_(api, whose, *from_ids, **more):
    told = {"department_id": whose, "dataset": "customers", "from_ids": list(from_ids)}
    return api.post("/sharing/objections", told | {"reason": WHY} | more, headers=ANY)


def agree(api, whose, *withheld_from, **more):
    told = {"department_id": whose, "dataset": "customers", "withheld_from": list(withheld_from)}
    return api.post("/sharing/agreements", told | {"reason": "Agreed"} | more, headers=ANY)


def withdraw(api, whose):
    told = {"department_id": whose, "dataset": "customers"}
    return api.post("/sharing/objections/withdraw", told, headers=ANY)


def terms(api, whose, after, **query):
    shown = api.get("/sharing", after=after, **query).went_well().json["terms"]
    return next((each for each in shown if each["department_id"] == whose), None)


def test_everything_is_shared_until_somebody_objects(api, company):
    shown = api.get("/sharing", position=company.department().position).went_well()
    assert shown.json["id"] == str(SHARING_ID)
    assert api.get("/sharing", as_of="1999-01-01T00:00:00Z").went_well().json == {
        "id": str(SHARING_ID),
        "version": 0,
        "terms": [],
    }


def test_an_objection_is_open_until_somebody_else_settles_it(api, other, two):
    whose, from_ = two
    done = object_(api, whose, from_).went_well()
    shown = terms(api, whose, done)
    assert shown["withheld_from"] == []
    assert shown["objection"]["from_ids"] == [from_]
    assert shown["objection"]["reason"] == WHY
    object_(other, whose, from_).refused(409, "sharing.objected")
    agree(api, whose, from_).refused(409, "sharing.own")
    done = agree(other, whose, from_).went_well()
    shown = terms(api, whose, done)
    assert (shown["withheld_from"], shown["objection"]) == ([from_], None)
    assert shown["agreed_at"]


def test_an_objection_is_withdrawn_over_http(api, two):
    whose, from_ = two
    object_(api, whose, from_).went_well()
    done = withdraw(api, whose).went_well()
    assert terms(api, whose, done)["objection"] is None
    withdraw(api, whose).refused(409, "sharing.not-objected")


def test_the_terms_have_one_version_for_all(api, two):
    seen = api.get("/sharing", after=object_(api, *two).went_well())
    assert seen.headers["ETag"] == f'"{seen.version}"'
    told = {"department_id": two[0], "dataset": "customers"}
    api.post("/sharing/objections/withdraw", told, seen=seen).went_well()
    api.post("/sharing/objections/withdraw", told, seen=seen).refused(412, "version.stale")
    answer = api.post("/sharing/objections/withdraw", told)
    answer.refused(428, "version.missing", "If-Match")


def test_departments_that_are_named_must_be_there(api, other, two):
    whose, from_ = two
    object_(api, NOBODY, from_).refused(422, "department.unknown", "/department_id")
    object_(api, whose, from_, NOBODY).refused(422, "department.unknown", "/from_ids/1")
    object_(api, whose, from_).went_well()
    answer = agree(other, whose, NOBODY, from_, NOBODY)
    answer.refused(422, "department.unknown", "/withheld_from/0", "/withheld_from/2")


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"from_ids": []}, (409, "sharing.with-nobody", "/from_ids")),
        ({"dataset": "wages"}, (422, "fields.invalid", "/dataset")),
        ({"from_ids": ["x"]}, (422, "fields.invalid", "/from_ids/0")),
    ],
)
def test_what_is_no_objection_is_refused(wrong, refused, api, two):
    object_(api, two[0], two[1], **wrong).refused(*refused)


def test_an_objection_says_why_and_is_about_others(api, two):
    whose, from_ = two
    told = {"department_id": whose, "dataset": "customers", "from_ids": [from_]}
    answer = api.post("/sharing/objections", told, headers=ANY)
    answer.refused(409, "sharing.reason-missing", "/reason")
    object_(api, whose, whose).refused(409, "sharing.with-itself", "/from_ids")


def test_the_terms_of_the_past_are_shown(api, other, two):
    whose, from_ = two
    raised = object_(api, whose, from_).went_well()
    agreed = agree(other, whose, from_).went_well()
    before = terms(api, whose, agreed, at_version=raised.version)
    assert (before["withheld_from"], before["agreed_at"]) == ([], None)
    told = api.get(f"/departments/{whose}/timeline", after=agreed).went_well().json["items"]
    assert [fact["name"] for fact in told][:2] == ["sharing.agreed", "sharing.objected"]
    api.get("/sharing", at_version=10**6).refused(404, "not-found")
