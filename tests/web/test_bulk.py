"""Up to 100 changes in one request: each is answered as if it had been sent alone."""

from uuid import UUID, uuid4

import pytest

from domain.ids import MemberId
from tests.web.client import Answer, Api
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

WHY = {"reason": "They grow"}


def change(path, body=None, seen=None, method="POST", **more):
    if_match = None if seen is None else str(seen)
    return {"method": method, "path": path, "if_match": if_match, "body": body or {}} | more


def send(api: Api, *changes, **more) -> list[dict]:
    return sent(api, *changes, **more).json["results"]


def sent(api: Api, *changes, **more) -> Answer:
    return api.post("/bulk", {"changes": list(changes)}, **more).went_well()


def tier(customer, tier="key", seen=1, **more):
    return change(f"/customers/{customer}/tier", {"tier": tier} | WHY, seen, **more)


def test_each_change_has_its_result_and_one_that_fails_stops_no_other(api, company, running):
    one, two, three = (company.customer().id for _ in range(3))
    before = running.facts()
    answer = sent(
        api,
        tier(one),
        tier(two, seen=7),
        change(f"/customers/{three}", {"details": {"region": "north"}}, "*", "PATCH"),
        tier(three, seen=None),
        tier(uuid4()),
        tier(one, "strategic", seen=2),
        change("/customers", {"details": {"name": company.word("New")}}),
        change("/customers", {"details": {}}),
    )
    results = answer.json["results"]
    assert [each["status"] for each in results] == [200, 412, 200, 428, 404, 200, 201, 422]
    assert [each["etag"] for each in results] == ["2", "1", "2", None, None, "3", "1", None]
    assert [each["body"].get("code") for each in results] == [
        None, "version.stale", None, "version.missing", "not-found", None, None, "fields.invalid",
    ]  # fmt: skip
    assert running.facts() == before + 4
    assert api.get(f"/customers/{one}", after=answer.headers["Concord-Position"]).json["tier"] == (
        "strategic"
    )
    assert api.get(f"/{results[6]['location']}").status == 200
    assert results[7]["body"]["errors"][0]["pointer"] == "/details/name"


def test_a_result_is_what_the_answer_alone_would_have_been(api, company):
    customer = company.customer().id
    for body, seen in (({"tier": "gold"}, 1), ({"tier": "key"}, 1), (WHY | {"tier": "key"}, 9)):
        path = f"/customers/{customer}/tier"
        alone = api.post(path, body, seen=seen)
        (result,) = send(api, change(path, body, seen))
        assert result["status"] == alone.status
        own = {"request_id": None}
        assert result["body"] | own == alone.json | own


def test_all_facts_of_one_request_belong_together(api, company):
    customer = company.customer().id
    answer = sent(
        api,
        tier(customer),
        change(f"/customers/{customer}", {"details": {"region": "n"}}, 2, "PATCH"),
        headers={"X-Request-Id": "bulk-of-two"},
    )
    assert answer.headers["X-Request-Id"] == "bulk-of-two"
    for result in answer.json["results"]:
        fact = api.get(f"/audit/events/{result['body']['position']}", after=answer.headers[
            "Concord-Position"
        ]).went_well().json  # fmt: skip
        assert fact["correlation_id"] == "bulk-of-two"


def test_a_retry_with_the_same_key_changes_nothing_again(api, company, running):
    for key in (company.word("bulk"), "k" * 195 + company.word("x")[:5]):
        changes = [tier(company.customer().id) for _ in range(3)]
        changes.append(change("/customers", {"details": {"name": company.word("Once")}}))
        more = {"headers": {"Idempotency-Key": key}}
        first, after = send(api, *changes, **more), running.facts()
        assert [each["status"] for each in first] == [200, 200, 200, 201]
        assert send(api, *changes, **more) == first
        assert running.facts() == after


def test_a_key_of_its_own_counts_for_a_change_alone_too(api, company, running):
    customer, key = company.customer().id, company.word("own")
    body = {"tier": "key"} | WHY
    done = api.post(
        f"/customers/{customer}/tier", body, seen=1, headers={"Idempotency-Key": key}
    ).went_well()
    before = running.facts()
    reused = change("/departments", {"code": "x", "name": "X"}, idempotency_key=key)
    one, two = send(api, tier(customer, idempotency_key=key), reused)
    assert (two["status"], two["body"]["code"]) == (422, "idempotency.reused")
    assert running.facts() == before
    assert (one["status"], one["body"]) == (200, done.json)


def test_what_one_may_not_do_is_refused_for_each_as_alone(api, company, running):
    department = company.department().id
    joined = company.member(department_id=department)
    member = MemberId(UUID(joined.id))
    mine, theirs = company.customer().id, company.customer().id
    grant(running.crm, enrolled(running.crm, member), "team-lead", customer_id=UUID(mine))
    theirs_owner = company.member().id
    company.do(f"/customers/{theirs}/ownership/claim", {"member_id": theirs_owner})
    who = api.acting_as(create_key(running.crm, "lead", member).text)
    changes = [tier(mine), tier(theirs), tier(uuid4()), change("/members", {"name": "X"})]
    results = send(who, *changes)
    alone = [
        who.post(each["path"], each["body"], seen=each["if_match"]).status
        for each in (tier(theirs), tier(uuid4()))
    ]
    assert [each["status"] for each in results[:3]] == [200, *alone]
    assert alone == [404, 404]
    registering = change("/departments", {"code": company.word("d"), "name": "D", "kind": "core"})
    (refused,) = send(who, registering)
    assert (refused["status"], refused["body"]["code"]) == (403, "access.refused")
    fact = api.get(f"/audit/events/{results[0]['body']['position']}", after=results[0]["body"][
        "position"
    ]).went_well().json  # fmt: skip
    assert fact["actor"] == {"kind": "member", "id": str(member)}


def test_who_is_acted_for_counts_for_each(api, company):
    customer, other = company.customer().id, company.member().id
    (result,) = send(api, tier(customer), headers={"Concord-On-Behalf-Of": other})
    position = result["body"]["position"]
    fact = api.get(f"/audit/events/{position}", after=position).went_well().json
    assert fact["on_behalf_of"] == other
    strange = {"Concord-On-Behalf-Of": str(uuid4())}
    (refused,) = send(api, tier(customer, "normal", 2), headers=strange)
    assert (refused["status"], refused["body"]["code"]) == (422, "member.unknown")


def test_without_a_key_nothing_is_done(api):
    body = {"changes": [change("/customers", {"details": {"name": "X"}})]}
    api.acting_as(None).post("/bulk", body).refused(401, "key.invalid")


def test_no_bulk_in_a_bulk_no_signing_in_and_no_files(api):
    inner = {"changes": [change("/customers", {"details": {"name": "X"}})]}
    results = send(api, change("/bulk", inner), change("/session", {"login": "a", "password": "b"}))
    assert [(each["status"], each["body"]["code"]) for each in results] == [
        (422, "bulk.alone"),
        (422, "bulk.alone"),
    ]
    nowhere, reading = send(api, change("/nothing"), change("/audit/events"))
    assert (nowhere["status"], nowhere["body"]["code"]) == (404, "not-found")
    assert (reading["status"], reading["body"]["code"]) == (405, "method.not-allowed")


@pytest.mark.parametrize(
    ("spoiled", "pointer"),
    [
        ({"method": "GET"}, "/changes/0/method"),
        ({"method": "DELETE"}, "/changes/0/method"),
        ({"path": "//evil.example/x"}, "/changes/0/path"),
        ({"path": "customers"}, "/changes/0/path"),
        ({"path": "/customers?limit=1"}, "/changes/0/path"),
        ({"path": "/customers\n"}, "/changes/0/path"),
        ({"if_match": '"3"'}, "/changes/0/if_match"),
        ({"if_match": "3\r\nX-Evil: 1"}, "/changes/0/if_match"),
        ({"idempotency_key": "a b"}, "/changes/0/idempotency_key"),
        ({"body": []}, "/changes/0/body"),
        ({"query": {}}, "/changes/0/query"),
    ],
)
def test_what_is_no_change_is_refused_before_anything_is_done(spoiled, pointer, api, running):
    before = running.facts()
    good = change("/customers", {"details": {"name": "X"}})
    body = {"changes": [good | spoiled, good]}
    api.post("/bulk", body).refused(422, "fields.invalid", pointer)
    assert running.facts() == before


@pytest.mark.parametrize("number", [0, 101])
def test_there_are_1_to_100(number, api):
    good = change("/customers", {"details": {}})
    api.post("/bulk", {"changes": [good] * number}).refused(422, "fields.invalid", "/changes")


def test_a_hundred_are_carried_out_in_their_order(api, company):
    customer = company.customer().id
    tiers = ["key", "strategic"] * 50
    results = send(api, *(tier(customer, to, n) for n, to in enumerate(tiers, start=1)))
    assert [each["etag"] for each in results] == [str(n) for n in range(2, 102)]
