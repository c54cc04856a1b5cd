"""Headers and paths that are not what they should be: refused by every change, nothing written."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.web.client import API
from tests.web.operations import Ready, changes, untouched

pytest_plugins = ["tests.web.fixtures"]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def requests(company) -> dict[str, Ready]:
    """A request for each change, none of which is ever let through."""
    return {operation: untouched(company, operation) for operation in changes()}


@pytest.fixture(scope="module")
def strangers(company) -> dict[str, str]:
    """One thing of each kind, by its kind."""
    return company.one_of_each()


@pytest.fixture(autouse=True)
def nothing_written(request, running, requests, strangers) -> Iterator[None]:
    """Whatever a test here asks for, no fact comes of it."""
    before = running.facts()
    yield
    if "company" not in request.fixturenames:  # who counts after having told a story
        assert running.facts() == before


def versioned(requests: dict[str, Ready]) -> dict[str, Ready]:
    """The changes that must say which version they have seen."""
    return {name: request for name, request in requests.items() if request.seen is not None}


# --- If-Match ---------------------------------------------------------------------------------


def test_only_new_things_and_claims_need_no_version(requests):
    assert set(requests) - set(versioned(requests)) == {
        "POST /audit/events/{position}/corrections",
        "POST /calendars",
        "POST /campaigns",
        "POST /competitors",
        "POST /complaint-summaries",
        "POST /customers",
        "POST /customers/{id_}/behaviours",
        "POST /customers/{id_}/contracts",
        "POST /customers/{id_}/disputes",
        "POST /customers/{id_}/duplicates/dismiss",
        "POST /customers/{id_}/follow-ups",
        "POST /customers/{id_}/interactions",
        "POST /customers/{id_}/needs",
        "POST /customers/{id_}/offers",
        "POST /customers/{id_}/opportunities",
        "POST /customers/{id_}/orders",
        "POST /customers/{id_}/ownership/claim",
        "POST /customers/{id_}/partners",
        "POST /customers/{id_}/preferences",
        "POST /customers/{id_}/quotes",
        "POST /customers/{id_}/referrals",
        "POST /customers/{id_}/surveys",
        "POST /departments",
        "POST /improvements",
        "POST /leads",
        "POST /markets",
        "POST /members",
        "POST /members/{id_}/feedback",
        "POST /members/{id_}/hand-over",
        "POST /pipelines",
        "POST /pools",
        "POST /principals",
        "POST /requests",
        "POST /review-cycles",
        "POST /review-policies",
        "POST /reviews",
        "POST /roles",
        "POST /segments",
        "POST /sla-policies",
        "POST /survey-forms",
        "POST /survey-programmes",
        "POST /tier-policies",
        "POST /value-models",
    }


def test_a_missing_version(requests):
    for request in versioned(requests).values():
        request.send(seen=None).refused(428, "version.missing", "If-Match")


@pytest.mark.parametrize("off", [-1, 1, 999_999_000])
def test_a_stale_version_is_told_the_one_now(off, requests):
    for operation, request in versioned(requests).items():
        if (request.seen or 0) + off < 0:
            continue  # nothing is written of it yet: there is no version before
        answer = request.send(seen=(request.seen or 0) + off)
        answer.refused(412, "version.stale")
        assert answer.headers["ETag"] == f'"{request.seen}"', operation


@pytest.mark.parametrize(
    "given",
    ["", "1", "'1'", '"1', '"x"', '""', '"-1"', '"1.0"', 'W/"1"', '"1", "2"', '"1" *', "**",
     '"' + "9" * 10 + '"', '"' + "9" * 5000 + '"', '"１"'.encode().decode("latin-1")],
)  # fmt: skip
def test_what_is_no_version(given, requests):
    for request in versioned(requests).values():
        answer = request.send(seen=None, headers={"If-Match": given})
        answer.refused(400, "version.malformed", "If-Match")


# --- Other headers ----------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 201, "schlüssel", "tab\tbed"])
def test_what_is_no_idempotency_key(given, requests):
    for request in requests.values():
        answer = request.send(headers={"Idempotency-Key": given})
        answer.refused(400, "idempotency.malformed", "Idempotency-Key")


@pytest.mark.parametrize("given", ["", "x", "*", "' or 1=1", "member:1", "0190", "é"])
def test_acting_for_what_is_no_id(given, requests):
    for request in requests.values():
        answer = request.send(headers={"Concord-On-Behalf-Of": given})
        answer.refused(422, "fields.invalid", "Concord-On-Behalf-Of")


def test_acting_for_a_member_who_is_not_there(requests, strangers):
    for stranger in (str(uuid4()), strangers["customers"]):
        for request in requests.values():
            answer = request.send(headers={"Concord-On-Behalf-Of": stranger})
            answer.refused(422, "member.unknown", "Concord-On-Behalf-Of")


def test_a_query_is_not_for_changes(requests):
    for request in requests.values():
        request.send(dry_run="1").refused(422, "fields.invalid", "dry_run")


# --- Paths ------------------------------------------------------------------------------------


def paths_with(request: Ready, other: str) -> Iterator[str]:
    """The request's path with each of its ids in turn replaced by another."""
    for found in UUID.finditer(request.path):
        yield request.path[: found.start()] + other + request.path[found.end() :]


def not_found(request: Ready, other: str) -> None:
    """Under this id it finds nothing, whatever version is said to be seen."""
    for path in paths_with(request, other):
        # A part of something that is there, at a version:
        part = re.search(f"/(contacts|grants|delegations)/{other}", path)
        for seen in [f'"{request.seen}"', "*", *([] if part else ['"0"', '"7"'])]:
            headers = {} if request.seen is None else {"If-Match": seen}
            answer = request.send(path=path, seen=None, headers=headers)
            answer.refused(404, "not-found")


@pytest.mark.parametrize("operation", [name for name in changes() if "{" in name])
def test_what_is_not_there(operation, requests):
    not_found(requests[operation], str(uuid4()))


@pytest.mark.parametrize("operation", [name for name in changes() if "{" in name])
def test_what_is_another_kind_of_thing(operation, requests, strangers):
    for kind, stranger in strangers.items():
        if f"/{kind}" not in operation:
            not_found(requests[operation], stranger)


@pytest.mark.parametrize(
    "other",
    ["x", "1", "01954d00-0000-7000-8000-00000000000g", "01954d00000070008000000000000000",
     "%7B01954d00-0000-7000-8000-000000000001%7D", "..", "%2e%2e", "%E4%BD%A0", "%ff%fe", "*"],
)  # fmt: skip
def test_what_is_no_id(other, requests):
    for request in requests.values():
        for path in paths_with(request, other):
            request.send(path=path).refused(404, "not-found")


@pytest.mark.parametrize("other", ["%00", "a%00b", "01954d00-0000-7000-8000-000000000001%00"])
def test_nul_in_a_path(other, requests):
    for request in requests.values():
        for path in paths_with(request, other):
            request.send(path=path).refused(400, "url.malformed")


def test_a_method_that_is_not_offered(api, requests):
    document = api.get("/openapi.json").json
    for path, operations in document["paths"].items():
        here = path.removeprefix(API).replace("{position}", "1")
        here = re.sub(r"\{\w+\}", str(uuid4()), here)
        offered = {method.upper() for method in operations} - {"PARAMETERS"}
        for method in {"DELETE", "PUT", "PATCH", "POST", "TRACE", "PROPFIND"} - offered:
            answer = api.ask(method, here, {})
            answer.refused(405, "method.not-allowed")
            assert offered <= set(answer.headers["Allow"].split(", ")), here


def test_paths_that_lead_nowhere(api):
    for path in (
        "/",
        "/nothing",
        "/customers/",
        "/Customers",
        "/docs/../../../pyproject.toml",
        "//nothing",
        "//admin.php",
        "//api/v2/customers",
        "//../etc/passwd",
    ):
        api.get(path).refused(404, "not-found")


# --- References -------------------------------------------------------------------------------

KINDS = {
    "member_id": "member",
    "to_id": "member",
    "claimant_id": "member",
    "owner_id": "member",
    "department_id": "department",
    "customer_id": "customer",
    "contact_id": "contact",
    "about_request_id": "request",
    "into_id": "customer",
    "other_id": "customer",
    "against_id": "customer",
    "referred_id": "customer",
    "found_in_id": "interaction",
    "segment_id": "segment",
    "holder_id": "member",
    "stage_owner_id": "member",
    "mediator_id": "member",
    "first_calibrator_id": "member",
    "second_calibrator_id": "member",
    "judge_id": "member",
    "lead_id": "lead",
    "opportunity_id": "opportunity",
    "contract_id": "contract",
    "quote_id": "quote",
    "referral_id": "referral",
    "request_id": "request",
    "form_id": "survey-form",
    "calendar_id": "calendar",
    "to_department_id": "department",
    "to_member_id": "member",
}
THERE = {("POST /requests/{id_}/link", "other_id"): "request"}
"""What a field names in one operation, and something else everywhere else."""


REFERENCES = [
    ("POST /members", "department_id"),
    ("POST /members/{id_}/move", "department_id"),
    ("POST /members/{id_}/rejoin", "department_id"),
    ("POST /customers/{id_}/ownership/claim", "member_id"),
    ("POST /customers/{id_}/ownership/transfer", "to_id"),
    ("POST /customers/{id_}/ownership/dispute", "claimant_id"),
    ("POST /customers/{id_}/ownership/settle", "owner_id"),
    ("POST /customers/{id_}/interactions", "contact_id"),
    ("POST /customers/{id_}/interactions", "about_request_id"),
    ("POST /requests", "customer_id"),
    ("POST /requests", "department_id"),
    ("POST /requests/{id_}/assign", "member_id"),
    ("POST /requests/{id_}/queue", "department_id"),
    ("POST /principals", "member_id"),
    ("POST /principals/{id_}/grants", "department_id"),
    ("POST /principals/{id_}/grants", "customer_id"),
    ("POST /principals/{id_}/delegations", "to_id"),
    ("POST /sharing/objections", "department_id"),
    ("POST /sharing/agreements", "department_id"),
    ("POST /sharing/objections/withdraw", "department_id"),
    ("POST /customers/{id_}/merge", "into_id"),
    ("POST /customers/{id_}/duplicates/dismiss", "other_id"),
    ("POST /customers/{id_}/duplicates/restore", "other_id"),
]
FURTHER = [
    ("POST /campaigns", "department_id"),
    ("POST /campaigns/{id_}/answer", "customer_id"),
    ("POST /competitors", "department_id"),
    ("POST /competitors/{id_}/observe", "customer_id"),
    ("POST /customers/{id_}/behaviours", "contact_id"),
    ("POST /customers/{id_}/contracts", "opportunity_id"),
    ("POST /customers/{id_}/contracts", "quote_id"),
    ("POST /customers/{id_}/disputes", "against_id"),
    ("POST /customers/{id_}/needs", "found_in_id"),
    ("POST /customers/{id_}/offers", "department_id"),
    ("POST /customers/{id_}/offers", "segment_id"),
    ("POST /customers/{id_}/opportunities", "department_id"),
    ("POST /customers/{id_}/opportunities", "holder_id"),
    ("POST /customers/{id_}/opportunities", "lead_id"),
    ("POST /customers/{id_}/opportunities", "stage_owner_id"),
    ("POST /customers/{id_}/orders", "contract_id"),
    ("POST /customers/{id_}/orders", "opportunity_id"),
    ("POST /customers/{id_}/ownership/offer", "to_id"),
    ("POST /customers/{id_}/ownership/share", "member_id"),
    ("POST /customers/{id_}/ownership/unshare", "member_id"),
    ("POST /customers/{id_}/points/grant", "referral_id"),
    ("POST /customers/{id_}/preferences", "contact_id"),
    ("POST /customers/{id_}/quotes", "opportunity_id"),
    ("POST /disputes/{id_}/mediator", "mediator_id"),
    ("POST /leads", "customer_id"),
    ("POST /leads", "department_id"),
    ("POST /leads", "holder_id"),
    ("POST /leads/{id_}/assign", "holder_id"),
    ("POST /leads/{id_}/qualify", "customer_id"),
    ("POST /leads/{id_}/qualify", "opportunity_id"),
    ("POST /markets", "department_id"),
    ("POST /opportunities/{id_}/hand-over", "holder_id"),
    ("POST /opportunities/{id_}/proposal", "quote_id"),
    ("POST /opportunities/{id_}/stage", "stage_owner_id"),
    ("POST /pools", "department_id"),
    ("POST /referrals/{id_}/convert", "referred_id"),
    ("POST /segments", "department_id"),
    ("POST /customers/{id_}/follow-ups", "department_id"),
    ("POST /customers/{id_}/follow-ups", "member_id"),
    ("POST /customers/{id_}/follow-ups", "request_id"),
    ("POST /customers/{id_}/surveys", "form_id"),
    ("POST /customers/{id_}/surveys", "request_id"),
    ("POST /follow-ups/{id_}/assign", "member_id"),
    ("POST /improvements", "department_id"),
    ("POST /improvements", "member_id"),
    ("POST /requests/{id_}/complaint/escalate", "to_department_id"),
    ("POST /requests/{id_}/complaint/escalate", "to_member_id"),
    ("POST /requests/{id_}/link", "other_id"),
    ("POST /routings", "department_id"),
    ("POST /reviews/{id_}/assign", "first_calibrator_id"),
    ("POST /reviews/{id_}/assign", "judge_id"),
    ("POST /reviews/{id_}/assign", "second_calibrator_id"),
    ("POST /sla-policies", "calendar_id"),
    ("POST /sla-policies", "department_id"),
    ("POST /survey-programmes", "form_id"),
    ("POST /survey-programmes/{id_}/change", "form_id"),
]
"""Of what customers buy, what is known of them, and service: by the same check, tried once each."""
OTHERWISE = {
    ("POST /members/{id_}/hand-over", "to_id"),
    ("POST /reviews", "member_id"),
    ("POST /reviews", "policy_id"),
    ("POST /audit/events/{position}/corrections", "by_id"),
    ("POST /corrections/{id_}/replace", "by_id"),
}
"""Who owns nothing has nothing to hand over, whoever it is for; what decides by which rules a
review is and whether a correction can be believed is looked at first, and refused in words of its
own (``tests/reviews``, ``tests/audit``)."""
SETTLING = ("POST /sharing/agreements", "POST /sharing/objections/withdraw")
"""What was begun is settled, though it is about what is closed by now."""


def test_every_reference_is_tried(requests):
    found = {(name, field) for name, one in requests.items() for field in one.body or {}}
    named = {each.values if hasattr(each, "values") else each for each in [*REFERENCES, *FURTHER]}
    asked = {(name, field) for name, field in found if field.endswith("_id")}
    assert asked - OTHERWISE == named


@pytest.mark.parametrize(("operation", "field"), [*REFERENCES, *FURTHER])
def test_a_reference_to_what_is_not_there(operation, field, requests):
    request = requests[operation]
    answer = request.send(body=request.body | {field: str(uuid4())})
    kind = THERE.get((operation, field)) or KINDS[field]
    answer.refused(422, f"{kind}.unknown", f"/{field}")


@pytest.mark.parametrize(("operation", "field"), REFERENCES)
def test_a_reference_to_another_kind_of_thing(operation, field, requests, strangers):
    request, kind = requests[operation], KINDS[field]
    others = {one for name, one in strangers.items() if name != f"{kind}s"}
    if f"/{kind}s/" not in request.path:
        # The thing in the path too: it is there, but it is not what the field names.
        others |= {found[0] for found in UUID.finditer(request.path)}
    for other in others:
        answer = request.send(body=request.body | {field: other})
        answer.refused(422, f"{kind}.unknown", f"/{field}")


@pytest.mark.parametrize(("operation", "field"), REFERENCES)
def test_a_reference_to_what_is_no_longer_active(operation, field, requests, company, running):
    kind = KINDS[field]
    if operation in SETTLING:
        pytest.skip("it may be settled all the same")
    if kind not in {"member", "department"}:
        pytest.skip("these are taken back by imports only")
    gone = company.member() if kind == "member" else company.department()
    action = "leave" if kind == "member" else "close"
    company.do(f"/{kind}s/{gone.id}/{action}", {}, seen=gone)
    before = running.facts()
    request = requests[operation]
    answer = request.send(body=request.body | {field: gone.id})
    answer.refused(422, f"{kind}.not-active", f"/{field}")
    assert running.facts() == before


# --- Too much ---------------------------------------------------------------------------------


def test_a_path_longer_than_a_server_reads(api):
    answer = api.get("/customers/" + "x" * 10_000)
    answer.refused(414, "url.too-long")


def test_a_header_longer_than_a_server_reads(requests):
    for request in list(requests.values())[:3]:
        answer = request.send(headers={"X-Long": "x" * 100_000})
        answer.refused(431, "headers.too-large")


def test_more_headers_than_a_server_reads(requests):
    for request in list(requests.values())[:3]:
        answer = request.send(headers={f"X-{number}": "x" for number in range(200)})
        answer.refused(431, "headers.too-large")


@pytest.mark.parametrize(
    "request_",
    [b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
     b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nX Y: 1\r\n\r\n",
     b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n", b"G\xc3\xa9T / HTTP/1.1\r\n\r\n",
     b"POST /api/v1/customers HTTP/1.1\r\nContent-Length: x\r\n\r\n",
     b"POST /api/v1/customers HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     b"POST /api/v1/customers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_answered_as_a_problem_all_the_same(request_, api):
    answer = api.send(request_)
    if not answer and not request_.endswith(b"\n"):
        return  # a line that never ends is not answered
    head, _, body = answer.partition(b"\r\n\r\n")
    assert re.match(rb"HTTP/1.1 [45]\d\d ", head), answer
    assert b"Content-Type: application/problem+json" in head, answer
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    told = json.loads(body[:length])
    assert set(told) == {"type", "title", "status", "code", "detail", "request_id"}


def test_a_body_that_ends_before_it_should(running, requests):
    request = requests["POST /customers"]
    body = json.dumps(request.body).encode()
    head = (
        f"POST {API}{request.path} HTTP/1.1\r\nHost: concord\r\nConnection: close\r\n"
        f"Authorization: Bearer {running.api.key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body) + 10}\r\n\r\n"
    )
    assert b'"body.malformed"' in running.api.send(head.encode() + body)


def test_a_body_that_was_not_read_is_not_taken_for_the_next_request(running):
    inner = b"GET /health HTTP/1.1\r\nHost: concord\r\n\r\n"
    refused = b"POST %s/customers HTTP/1.1\r\nHost: concord\r\nContent-Length: %d\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: concord\r\nConnection: close\r\n\r\n"
    answers = running.api.send(refused % (API.encode(), len(inner)) + inner + last)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answers) == [b"401", b"404"]
