"""A request over HTTP."""

import pytest

pytest_plugins = ["tests.web.fixtures"]


def test_the_life_of_a_request_over_http(api, company):
    sales, service = company.department().id, company.department().id
    ana, bo = company.member().id, company.member().id
    seen = company.request(department_id=sales, title="It leaks", kind="complaint")
    path = f"/requests/{seen.id}"
    assert seen.headers["Location"] == f"/api/v1{path}"
    for step, body, told in (
        ("assign", {"member_id": ana}, {"holder_id": ana, "handovers": 0}),
        ("assign", {"member_id": bo}, {"holder_id": bo, "handovers": 1}),
        ("queue", {"department_id": service}, {"holder_id": None, "department_id": service}),
        ("assign", {"member_id": ana}, {"holder_id": ana, "handovers": 2}),
        ("wait", {"on": "customer"}, {"waiting_on": ["customer"]}),
        ("wait", {"on": "third-party"}, {"waiting_on": ["customer", "third-party"]}),
        ("customer-message", {"text": "Well?"}, {"replies": 0}),
        ("end-wait", {"on": "customer"}, {"waiting_on": ["third-party"]}),
        ("reply", {"kind": "internal", "text": "Ask the yard"}, {"replies": 0}),
        ("reply", {"text": "We are on it"}, {"replies": 1}),
        ("step", {"step": "Looked at it"}, {"status": "open"}),
        ("prioritise", {"urgency": "high", "importance": "medium"}, {"priority": 6}),
        ("resolve", {"resolution": "Sealed"}, {"status": "resolved", "waiting_on": []}),
        ("reopen", {"reason": "Leaks again"}, {"status": "open", "reopened": 1}),
        ("resolve", {"resolution": "Replaced"}, {"status": "resolved"}),
        ("close", {}, {"status": "closed"}),
    ):
        done = api.post(f"{path}/{step}", body, seen=seen).went_well()
        assert done.version == seen.version + 1
        api.post(f"{path}/{step}", body, seen=seen).refused(412, "version.stale")
        shown = api.get(path, after=done).went_well()
        assert told.items() <= shown.json.items(), step
        assert shown.headers["ETag"] == done.headers["ETag"]
        seen = done
    assert shown.json["opened_at"] < shown.json["resolved_at"] < shown.json["closed_at"]


@pytest.mark.parametrize(
    ("steps", "step", "body", "refusal"),
    [
        ([], "end-wait", {"on": "customer"}, ("request.not-waiting", "/on")),
        ([], "reopen", {}, ("request.not-resolved",)),
        ([], "close", {}, ("request.not-resolved",)),
        ([], "void", {}, ("request.reason-missing", "/reason")),
        (["wait"], "wait", {"on": "customer"}, ("request.already-waiting", "/on")),
        (["resolve"], "resolve", {"resolution": "x"}, ("request.not-open",)),
        (["resolve", "close"], "close", {}, ("request.closed",)),
        (["resolve", "close"], "reply", {"text": "x"}, ("request.closed",)),
        (["void"], "reply", {"text": "x"}, ("request.voided",)),
        (["void"], "reopen", {}, ("request.voided",)),
    ],
)
def test_what_the_rules_refuse_over_http(steps, step, body, refusal, company):
    bodies = {
        "wait": {"on": "customer"},
        "resolve": {"resolution": "x"},
        "void": {"reason": "Spam"},
        "close": {},
    }
    seen = company.request(*((name, bodies[name]) for name in steps))
    answer = company.api.post(f"/requests/{seen.id}/{step}", body, seen=seen)
    answer.refused(409, *refusal)


def test_nobody_is_given_what_they_have_over_http(company):
    department, member = company.department().id, company.member().id
    seen = company.request(department_id=department)
    path = f"/requests/{seen.id}"
    queued = company.api.post(f"{path}/queue", {"department_id": department}, seen=seen)
    queued.refused(409, "request.already-queued", "/department_id")
    held = company.do(f"{path}/assign", {"member_id": member}, seen=seen)
    again = company.api.post(f"{path}/assign", {"member_id": member}, seen=held)
    again.refused(409, "request.already-held", "/member_id")


def test_after_seven_days_it_is_a_new_request_over_http(company):
    days_ago = "2025-03-03T09:00:00Z"
    opened = company.request(occurred_at=days_ago)
    path = f"/requests/{opened.id}"
    body = {"resolution": "Sealed", "occurred_at": days_ago}
    resolved = company.do(f"{path}/resolve", body, seen=opened)
    company.api.post(f"{path}/reopen", {}, seen=resolved).refused(409, "request.reopen-too-late")


def test_a_voided_request_does_not_count_over_http(api, company):
    customer = company.customer().id
    request = company.request(customer_id=customer)
    voided = company.do(f"/requests/{request.id}/void", {"reason": "Spam"}, seen=request)
    shown = api.get(f"/customers/{customer}", after=voided).json
    assert shown["totals"]["requests"] == 0
    assert shown["open_requests"] == []
    assert api.get(f"/requests/{request.id}").json["status"] == "voided"
