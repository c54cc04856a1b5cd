"""Explaining access over HTTP: the answer is the policy's own, and says what it hangs on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from spec import sample_id

from domain.ids import CustomerId, DepartmentId, MemberId
from tests.web.client import Api
from web.commands.accounts import create_key, grant

pytest_plugins = ["tests.web.fixtures"]


@dataclass(frozen=True)
class Person:
    """A member with a key of their own."""

    member: str
    account: str
    api: Api


@pytest.fixture
def person(running, company):
    """Hire somebody and grant them a role."""

    def hire(role=None, **place):
        member = company.member()
        key = create_key(running.crm, "own", MemberId(UUID(member.id)))
        if role:
            grant(running.crm, key.account, role, **place)
        running.api.get(f"/members/{member.id}", after=member).went_well()
        return Person(member.id, str(key.account), running.api.acting_as(key.text))

    return hire


def explained(api, action, resource, **more):
    told = api.get("/access/explain", action=action, resource=resource, **more)
    return told.went_well().json


# --- Kinds ------------------------------------------------------------------------------------


def test_what_a_company_wide_grant_permits_is_permitted_everywhere(person):
    one = person("service")
    told = explained(one.api, "read", "customer")
    (reason,) = told["because"]
    assert (told["principal_id"], told["id"]) == (one.account, None)
    assert (told["allowed"], told["refused_because"]) == ("yes", None)
    assert (reason["role"], reason["reach"], reason["covers"]) == ("service", "place", [{}])
    assert told["shows"] == ["contact", "notes"]


def test_what_a_departments_grant_permits_is_permitted_in_some_places(company, person):
    here = company.department().id
    one = person("service", department_id=DepartmentId(UUID(here)))
    told = explained(one.api, "change", "request")
    (reason,) = told["because"]
    assert told["allowed"] == "some"
    assert reason["department_id"] == here
    assert reason["covers"] == [{"department_id": {"in": [here], "not_in": None}}]
    colleague = company.member(department_id=here)
    company.api.get(f"/members/{colleague.id}", after=colleague).went_well()
    told = explained(one.api, "read", "customer")
    covered = told["because"][0]["covers"]
    assert covered == [{"owner_id": {"in": [None, colleague.id], "not_in": None}}]


def test_what_no_role_of_theirs_permits_names_those_that_do(person):
    told = explained(person("service").api, "settle", "ownership")
    assert (told["allowed"], told["because"]) == ("no", [])
    assert "team-lead" in told["refused_because"]
    assert "service" in told["refused_because"]


def test_who_has_no_grant_in_force_is_told_so(api, person):
    soon = datetime.now(UTC) + timedelta(days=1)
    for one in (person(), person("sales", starts_at=soon)):
        assert "No grant is in force" in explained(one.api, "read", "customer")["refused_because"]
    one = person("sales")
    api.post(f"/principals/{one.account}/suspend", {}, headers={"If-Match": "*"}).went_well()
    told = explained(one.api, "read", "customer")
    assert (told["allowed"], told["refused_because"]) == ("no", "The account is suspended.")


# --- One thing --------------------------------------------------------------------------------


def test_one_thing_is_decided_as_a_change_of_it_is(company, person):
    one = person("sales")
    mine, others = company.customer().id, company.customer().id
    company.do(f"/customers/{mine}/ownership/claim", {"member_id": one.member})
    told = explained(one.api, "change", f"customer:{mine}")
    assert (told["allowed"], told["id"]) == ("yes", mine)
    (reason,) = told["because"]
    assert reason["covers"] == [{"holder_id": {"in": [one.member], "not_in": None}}]
    told = explained(one.api, "change", f"customer:{others}")
    assert (told["allowed"], told["because"]) == ("no", [])
    assert "holder_id" in told["refused_because"]
    for customer, status in ((mine, 200), (others, 403)):
        path = f"/customers/{customer}/tier"
        body = {"tier": "key", "reason": "It grew"}
        assert one.api.post(path, body, headers={"If-Match": "*"}).status == status


def test_what_one_may_not_know_of_is_not_explained(company, person):
    mine, other = company.customer().id, company.customer().id
    one = person("sales", customer_id=CustomerId(UUID(mine)))
    assert explained(one.api, "read", f"customer:{mine}")["allowed"] == "yes"
    unknown = sample_id(0xBAD)
    for id_ in (other, unknown):
        answer = one.api.get("/access/explain", action="read", resource=f"customer:{id_}")
        answer.refused(404, "not-found")
    nothing = person().api.get("/access/explain", action="read", resource=f"customer:{mine}")
    nothing.refused(404, "not-found")


# --- Others -----------------------------------------------------------------------------------


def test_somebody_elses_access_is_explained_to_who_may_see_it(api, company, person):
    boss, one = person("auditor"), person("sales")
    customer = company.customer().id
    told = explained(boss.api, "read", f"customer:{customer}", principal=one.account)
    assert (told["principal_id"], told["allowed"]) == (one.account, "yes")
    assert explained(api, "change", "member", principal=one.account)["allowed"] == "no"
    query = {"action": "read", "resource": "customer"}
    refused = one.api.get("/access/explain", principal=boss.account, **query)
    refused.refused(403, "access.refused")
    explained(one.api, "read", "customer", principal=one.account)
    unknown = api.get("/access/explain", principal=str(sample_id(0xBAD)), **query)
    unknown.refused(404, "not-found")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"action": "read"}, "resource"),
        ({"resource": "customer"}, "action"),
        ({"action": "eat", "resource": "customer"}, "action"),
        ({"action": "read", "resource": "weather"}, "resource"),
        ({"action": "read", "resource": "customer:7"}, "resource"),
        ({"action": "read", "resource": f"weather:{sample_id(1)}"}, "resource"),
        ({"action": "read", "resource": "customer", "principal": "me"}, "principal"),
    ],
)
def test_a_question_must_make_sense(query, pointer, api):
    api.get("/access/explain", **query).refused(422, "fields.invalid", pointer)
