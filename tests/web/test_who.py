"""Who did it, for whom, in which request: in the log of facts, and in the log of the server."""

import json
import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.web.client import API, Answer, wait_until
from tests.web.operations import OPERATIONS, untouched

pytest_plugins = ["tests.web.fixtures"]


def fact(api: Any, done: Answer) -> Any:
    """The fact a change led to."""
    return api.get(f"/audit/events/{done.position}").went_well().json


# --- Who --------------------------------------------------------------------------------------


def test_a_members_key_acts_as_the_member_with_department_and_role(api, company, running):
    department = company.department().id
    member = company.member(department_id=department, role="team-lead").id
    own = running.api.acting_as(running.new_key(member=member).text)
    told = fact(api, own.post("/customers", {"details": {"name": "x"}}).went_well())
    assert told["actor"] == {"kind": "member", "id": member}
    assert (told["department_id"], told["role"]) == (department, "team-lead")
    assert told["on_behalf_of"] is None


def test_department_and_role_are_those_of_that_time(api, company, running):
    here, there = company.department().id, company.department().id
    member = company.member(department_id=here, role="agent").id
    own = running.api.acting_as(running.new_key(member=member).text)
    before = own.post("/customers", {"details": {"name": "x"}}).went_well()
    company.do(f"/members/{member}/move", {"department_id": there}, seen=1)
    company.do(f"/members/{member}/role", {"role": "manager"}, seen=2)
    after = own.post("/customers", {"details": {"name": "y"}}).went_well()
    told = [fact(api, done) for done in (before, after)]
    assert [(one["department_id"], one["role"]) for one in told] == [
        (here, "agent"),
        (there, "manager"),
    ]


def test_a_service_account_acts_as_itself_or_for_a_member(api, company, running):
    service = running.new_key("Nightly export")
    own = running.api.acting_as(service.text)
    body = {"details": {"name": "x"}}
    told = fact(api, own.post("/customers", body).went_well())
    assert told["actor"] == {"kind": "service", "id": str(service.id)}
    assert (told["department_id"], told["role"], told["on_behalf_of"]) == (None, None, None)
    member = company.member().id
    for written in (member, member.upper()):
        done = own.post("/customers", body, headers={"Concord-On-Behalf-Of": written}).went_well()
        told = fact(api, done)
        assert told["actor"] == {"kind": "service", "id": str(service.id)}
        assert told["on_behalf_of"] == member


def test_nobody_acts_for_another_who_has_not_let_them(company, running):
    member, other = company.member().id, company.member().id
    own = running.api.acting_as(running.new_key(member=member).text)
    facts = running.facts()
    for somebody in (other, member):
        headers = {"Concord-On-Behalf-Of": somebody}
        answer = own.post("/customers", {"details": {"name": "x"}}, headers=headers)
        answer.refused(403, "acting.not-delegated")
        own.get("/customers", headers=headers).refused(403, "acting.not-delegated")
    assert running.facts() == facts


def test_nobody_acts_for_one_who_has_left(company, running):
    member = company.member()
    company.do(f"/members/{member.id}/leave", {}, seen=member)
    facts = running.facts()
    answer = company.api.post(
        "/customers", {"details": {"name": "x"}}, headers={"Concord-On-Behalf-Of": member.id}
    )
    answer.refused(422, "member.not-active", "Concord-On-Behalf-Of")
    assert running.facts() == facts


def test_the_key_of_one_who_has_left_opens_nothing_until_they_are_back(company, running):
    member = company.member()
    own = running.api.acting_as(running.new_key(member=member.id).text)
    own.get("/customers", limit=1).went_well()
    left = company.do(f"/members/{member.id}/leave", {}, seen=member)
    requests = [untouched(company, operation) for operation in OPERATIONS]
    facts = running.facts()
    for request in requests:
        answer = request.send(headers={"Authorization": f"Bearer {own.key}"})
        answer.refused(403, "member.not-active")
    assert running.facts() == facts
    back = {"name": "Ana", "department_id": company.department().id, "role": "agent"}
    company.do(f"/members/{member.id}/rejoin", back, seen=left)
    own.get("/customers", limit=1).went_well()


# --- In which request -------------------------------------------------------------------------


def test_the_request_id_is_kept_with_the_fact(api, company):
    given = f"mail-gateway.{company.word('m')}_7"
    done = api.post("/customers", {"details": {"name": "x"}}, headers={"X-Request-Id": given})
    assert done.headers["X-Request-Id"] == given
    assert fact(api, done)["correlation_id"] == given


@pytest.mark.parametrize(
    "given", ["", " ", "a b", "x" * 65, "a\tb", "é", '"quoted"', "{}", "a;b", "../../etc"]
)
def test_what_is_no_request_id_is_replaced(given, api):
    done = api.post("/customers", {"details": {"name": "x"}}, headers={"X-Request-Id": given})
    made = done.headers["X-Request-Id"]
    assert made != given
    assert UUID(made).version == 7
    assert fact(api, done)["correlation_id"] == made


def test_every_answer_has_a_request_id_of_its_own(api):
    made = [
        api.get(path).headers["X-Request-Id"] for path in ("/customers", "/nothing", "//health")
    ]
    assert len(set(made)) == 3
    assert all(made)


def test_a_problem_names_the_request_id(api):
    told = api.get("/nothing", headers={"X-Request-Id": "seen-7"}).problem()
    assert told["request_id"] == "seen-7"


# --- The server's log -------------------------------------------------------------------------

TRICKS = [
    'x\n{"event": "forged"}',
    'x\r\n{"event": "forged"}',
    "x\u2028{forged}",
    "x\x85{forged}",
    "\x1b[2J forged",
]


def test_nothing_that_is_asked_can_split_or_forge_a_line(api, running):
    for trick in TRICKS:
        raw = trick.encode()
        for header in (b"X-Request-Id", b"Authorization", b"User-Agent", b"Idempotency-Key"):
            api.send(
                b"GET %s/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s: %s\r\n\r\n"
                % (API.encode(), header, raw)
            )
        api.send(b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % raw)
        api.send(b"GET /?%s HTTP/1.1\r\nHost: x\r\n\r\n" % raw)
        api.send(b"%s / HTTP/1.1\r\nHost: x\r\n\r\n" % raw)
        api.send(b"GET / HTTP/1.1\r\n%s: x\r\n\r\n" % raw)
        api.get(f"/{quote(trick)}")
        api.get(f"/customers/{quote(trick)}")
        api.get(f"/customers?{quote(trick)}={quote(trick)}")
        api.get(f"/audit/events?actor={quote(trick)}")
        api.post("/customers", {trick: trick})
        api.post("/customers", {"details": {"name": trick}})
    last = api.get("/customers", limit=1).headers["X-Request-Id"]
    wait_until(lambda: any(last in line for line in running.log_lines()))
    for line in running.log.read_bytes().decode().split("\n")[:-1]:
        told = json.loads(line)  # each line is whole, and JSON
        assert {"event", "level", "timestamp"} <= set(told)
        assert told["event"] != "forged"
        assert line.isascii()


def test_what_is_asked_is_logged_once(api, running):
    given = "logged-once-1"
    answer = api.get("/customers", limit=1, headers={"X-Request-Id": given})

    def lines() -> list[dict[str, Any]]:
        return [line for line in running.logged("request") if line["request_id"] == given]

    wait_until(lambda: bool(lines()))
    (line,) = lines()
    assert (line["method"], line["route"], line["status"]) == (
        "GET",
        "/api/v1/customers",
        answer.status,
    )
    assert line["actor"].startswith("service:")
    assert line["ms"] >= 0


def test_no_secret_is_ever_written(api, company, running):
    member = company.member().id
    keys = [running.new_key(), running.new_key(member=member)]
    for key in keys:
        own = running.api.acting_as(key.text)
        own.get("/customers", limit=1).went_well()
        own.post("/customers", {"nonsense": 1}).refused(
            422, "fields.invalid", "/details", "/nonsense"
        )
        own.acting_as(key.text[:-1] + "~").get("/customers").refused(401, "key.invalid")
        running.revoke(key)
        own.get("/customers").refused(401, "key.invalid")
    texts = [*(key.text for key in keys), running.api.key]
    secrets = [re.fullmatch(r"ck_[0-9a-f]{32}_(.+)", text)[1] for text in texts]
    api.get("/audit/events", after=company.customer())
    everything = [
        running.log.read_text(),
        *(page.body.decode() for page in api.pages("/audit/events", limit=200)),
        api.get("//metrics").body.decode(),
        api.get("//health").body.decode(),
        *(str(row) for row in running.query("select name, state from log.events")),
        *(str(row) for row in running.query("select * from log.idempotency")),
    ]
    for secret in secrets:
        assert not any(secret in text for text in everything)


def test_what_people_wrote_is_not_in_the_servers_log(api, company, running):
    words = "Confidential-words-of-Ms-Costa"
    customer = company.customer(name=words).id
    company.interaction(customer=customer, summary=words)
    api.post("/customers", {"details": {"name": words, "phase": words}})
    api.get("/customers", **{"filter[name]": words}).went_well()
    api.get(f"/{words}")
    last = api.get("/customers", limit=1).headers["X-Request-Id"]
    wait_until(lambda: any(last in line for line in running.log_lines()))
    assert words not in running.log.read_text()


# --- Metrics ----------------------------------------------------------------------------------


def figure(metrics: str, name: str) -> float:
    """The value of one series."""
    (line,) = [line for line in metrics.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_the_metrics_count_what_is_asked(api, company, running):
    series = 'concord_http_requests_total{method="GET",route="/api/v1/customers",status="200"}'
    api.get("/customers", limit=1).went_well()
    before = figure(api.get("//metrics").went_well().body.decode(), series)
    for _ in range(3):
        api.get("/customers", limit=1).went_well()
    answer = api.get("//metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    after = answer.body.decode()
    assert figure(after, series) == before + 3
    made = company.customer()
    api.get("/customers", limit=1, after=made)
    metrics = api.get("//metrics").body.decode()
    end = figure(metrics, "concord_log_position")
    assert end >= int(made.position)
    for name in ("subjects", "customers", "requests", "departments", "members", "imports"):
        assert figure(metrics, f'concord_read_model_stopped{{name="{name}"}}') == 0
        position = figure(metrics, f'concord_read_model_position{{name="{name}"}}')
        assert position <= end
    assert "concord_oldest_open_transaction_seconds" in metrics


def test_strangers_cannot_fill_the_metrics_with_names_of_their_own(api):
    for number in range(20):
        api.acting_as(None).ask(f"STRANGE{number}", "/customers")
        api.acting_as(None).get(f"/strange-{number}")
    metrics = api.get("//metrics").body.decode()
    assert "strange" not in metrics.lower()
