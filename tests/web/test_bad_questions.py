"""A question that cannot be meant is refused, never answered as if it had been another one."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.web.operations import Ready, reads, ready

pytest_plugins = ["tests.web.fixtures"]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AGES_AGO = {"as_of": "1900-01-02T00:00:00Z"}
DISTANT = {"as_of": "9999-12-31T23:59:59Z"}

LISTS = ["/customers", "/departments", "/members", "/requests", "/imports"]


@pytest.fixture(scope="module")
def questions(company) -> dict[str, Ready]:
    """A question of each kind that is answered."""
    asked = {operation: ready(company, operation) for operation in reads()}
    for question in asked.values():
        question.send().went_well()
    return asked


@pytest.fixture(scope="module")
def known(company) -> dict[str, str]:
    """One thing of each kind, by its kind."""
    return company.one_of_each()


@pytest.fixture(autouse=True)
def nothing_written(running, questions, known) -> Iterator[None]:
    """No question is a fact."""
    before = running.facts()
    yield
    assert running.facts() == before


def taking(document: dict[str, Any], name: str) -> set[str]:
    """The questions that know a parameter (of a date, it is another), answered as JSON."""
    return {
        f"GET {path.removeprefix('/api/v1')}"
        for path, operations in document["paths"].items()
        for each in operations.get("get", {}).get("parameters", [])
        if each.get("name") == name
        and each["schema"].get("format") != "date"
        and not path.startswith("/api/v1/exports/")
    }


def refused_by_all(
    questions: dict[str, Ready], takers: set[str], name: str, value: str, **also: str
) -> None:
    """Every question that knows the parameter refuses this value of it."""
    assert takers
    for operation in takers:
        answer = questions[operation].send(**{name: value}, **also)
        answer.refused(422, "fields.invalid", name)


# --- Parameters -------------------------------------------------------------------------------


UNKNOWN = ["x", "Limit", "limit[]", "offset", "sort_by", "filter", "filter[]", "filter[secret]",
           "filter[id]", "$where", "名", "a/b", "_schema"]  # fmt: skip


def test_each_unknown_parameter_is_named(questions):
    for operation, question in questions.items():
        answer = question.send(**dict.fromkeys(UNKNOWN, "1"))
        assert (answer.status, answer.problem()["code"]) == (422, "fields.invalid"), operation
        assert set(answer.pointers) >= set(UNKNOWN) - {"a/b", "_schema"}, operation


@pytest.mark.parametrize("name", UNKNOWN)
def test_one_unknown_parameter_is_enough(name, questions):
    answer = questions["GET /customers"].send(**{name: "1"})
    assert (answer.status, answer.problem()["code"]) == (422, "fields.invalid")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("limit", ["0", "201", "-1", "x", "", "1.5", "1e1", "ten", "9" * 5000]),
        ("position", ["-1", "x", "", "1.5", str(2**62 + 1), "9" * 5000]),
        ("at_version", ["0", "-1", "x", "", "1.5", str(2**31), "9" * 5000]),
        ("cursor", ["x" * 2001]),
        ("sort", ["", "-", "+name", "password", "--name", "name,tier", "name desc", "details"]),
    ],
)
def test_out_of_range(document, name, values, questions):
    for value in values:
        if len(value) < 4000:  # else the URL is longer than a server reads
            refused_by_all(questions, taking(document, name), name, value)
        else:
            questions["GET /customers"].send(**{name: value}).refused(414, "url.too-long")


NO_TIMES = [
    "", "now", "2025-03-03", "2025-03-03T12:00:00", "2025-02-30T12:00:00Z", "1741003200",
    "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2025-03-03T12:00:00+25:00",
    "2025-03-03T12:00:00 08:00",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_TIMES)
@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("GET /customers", "as_of"),
        ("GET /customers", "known_at"),
        ("GET /reports/service-flow", "from"),
        ("GET /reports/service-flow", "to"),
    ],
)
def test_no_time(operation, name, value, questions):
    refused_by_all(questions, {operation}, name, value)


@pytest.mark.parametrize("name", ["as_of", "known_at", "from", "to"])
def test_no_question_takes_what_is_no_time(document, name, questions):
    """One of them each; that all of them are refused is tried above."""
    for number, operation in enumerate(sorted(taking(document, name))):
        refused_by_all(questions, {operation}, name, NO_TIMES[number % len(NO_TIMES)])


def test_times_at_the_edge_are_times(document, api, questions):
    for name in ("as_of", "known_at", "to"):
        for operation in taking(document, name):
            questions[operation].send(**{name: DISTANT["as_of"]}).went_well()
    for value in ("1900-01-01T00:00:00Z", AGES_AGO["as_of"]):
        assert api.get("/customers", as_of=value).json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2",
        "limit=1&limit=1",
        "sort=name&sort=name",
        "as_of=2025-03-03T12:00:00Z&as_of=2025-03-03T12:00:00Z",
        "filter[tier]=key&filter[tier]=normal",
    ],
)
def test_given_twice(query, api):
    name = query.partition("=")[0]
    api.get(f"/customers?{quote(query, safe='=&')}").refused(422, "fields.invalid", name)


@pytest.mark.parametrize("query", ["filter[name]=a%00b", "limit=1&x=%00", "%00=1", "cursor=%00"])
def test_nul(query, questions):
    for question in questions.values():
        answer = question.send(path=f"{question.path}?{query}")
        assert (answer.status, answer.problem()["code"]) in {
            (400, "url.malformed"),
            (422, "fields.invalid"),
        }


def test_what_is_no_utf8_is_somebody_elses_name(api):
    assert api.get("/customers?filter[name]=caf%E9").went_well().ids == []


FILTERS = {
    "/customers": {"tier": ["vip", "", "NORMAL"], "owner_id": ["x", "0190", "-", "null"]},
    "/departments": {"status": ["", "shut"], "kind": ["", "sales"]},
    "/members": {"department_id": ["", "x"], "status": ["", "fired"]},
    "/requests": {
        "status": ["", "OPEN", "done"],
        "customer_id": ["", "x"],
        "department_id": ["", "x"],
        "holder_id": ["x", "me"],
        "kind": ["", "question"],
    },
    "/imports": {"status": ["", "started"]},
}


@pytest.mark.parametrize("moment", [{}, AGES_AGO, DISTANT, {"position": "1"}], ids=str)
@pytest.mark.parametrize("path", FILTERS)
def test_filters_by_what_cannot_be(path, moment, api):
    for name, values in FILTERS[path].items():
        for value in values:
            answer = api.get(path, **{f"filter[{name}]": value}, **moment)
            answer.refused(422, "fields.invalid", f"filter[{name}]")


def test_a_queue_filtered_by_what_cannot_be(api, known):
    path = f"/departments/{known['departments']}/queue"
    for name, value in (("holder_id", "me"), ("kind", "question")):
        for moment in ({}, DISTANT):
            answer = api.get(path, **{f"filter[{name}]": value}, **moment)
            answer.refused(422, "fields.invalid", f"filter[{name}]")


def test_filters_by_what_nobody_has_find_nothing(api):
    nobody = str(uuid4())
    for moment in ({}, DISTANT):
        assert api.get("/customers", **{"filter[owner_id]": nobody}, **moment).ids == []
        assert api.get("/requests", **{"filter[holder_id]": nobody}, **moment).ids == []
        assert api.get("/customers", **{"filter[region]": "' or 1=1 --"}, **moment).ids == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "customer"),
        ("subject", "customer:"),
        ("subject", "customer:x"),
        ("subject", "dragon:01954d00-0000-7000-8000-000000000001"),
        ("subject", ":01954d00-0000-7000-8000-000000000001"),
        ("subject", "Customer:01954d00-0000-7000-8000-000000000001"),
        ("subject", ""),
        ("actor", ""),
        ("actor", "ana"),
        ("actor", "member:"),
        ("actor", "dragon:smaug"),
        ("actor", "system:a b"),
        ("actor", "system:operator\n"),
        ("name", ""),
        ("name", "customer"),
        ("name", "customer.exploded"),
        ("name", "Customer.Registered"),
    ],
)
def test_audit_questions_that_cannot_be_meant(name, value, api):
    api.get("/audit/events", **{f"_{name}": value}).refused(422, "fields.invalid", name)


# --- Cursors ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(company, known) -> dict[str, tuple[str, dict[str, Any], str]]:
    """For each list its path, a question and the cursor of the second page."""
    for _ in range(2):
        company.customer()
        company.member(department_id=known["departments"])
        company.request(customer_id=known["customers"], department_id=known["departments"])
        company.imported()
    customer, department = known["customers"], known["departments"]
    asked: list[tuple[str, dict[str, Any]]] = [
        *((path, {}) for path in LISTS),
        ("/customers", {"sort": "-name"}),
        ("/customers", {"filter[tier]": "normal"}),
        (f"/departments/{department}/queue", {}),
        (f"/customers/{customer}/timeline", {}),
        (f"/customers/{customer}/history", {}),
        (f"/departments/{department}/timeline", {}),
        ("/audit/events", {}),
        ("/audit/events", {"_name": "customer.registered"}),
    ]
    found = {}
    last = company.department()
    for path, query in asked:
        page = company.api.get(path, limit=1, after=last, **query).went_well()
        found[f"{path}?{query}"] = (path, query, page.json["next_cursor"])
    return found


def test_a_cursor_belongs_to_its_list(api, pages):
    cursors = [cursor for _, _, cursor in pages.values()]
    assert len(set(cursors)) == len(cursors)
    for path, query, own in pages.values():
        for cursor in cursors:
            answer = api.get(path, limit=1, cursor=cursor, **query)
            if cursor == own:
                answer.went_well()
            else:
                answer.refused(400, "cursor.invalid", "cursor")


def test_a_cursor_cannot_be_made_or_changed(api, pages):
    for path, query, own in pages.values():
        for cursor in ("", "x", ".", "e30", "null", "WyIiLCIiXQ", "你好", "a.b.c", own[:-1],
                       own + "A", "A" + own, own.swapcase(), own.partition(".")[0]):  # fmt: skip
            answer = api.get(path, limit=1, cursor=cursor, **query)
            answer.refused(400, "cursor.invalid", "cursor")


# --- What is not there ------------------------------------------------------------------------


def missing(operation: str, question: Ready, other: str) -> Iterator[str]:
    """The question's path with its ids replaced by another."""
    if "{id_}" in operation:
        yield UUID.sub(other, question.path)


@pytest.mark.parametrize("moment", [{}, AGES_AGO, DISTANT, {"position": str(2**62)}], ids=str)
def test_nothing_by_this_id(document, moment, questions, known):
    kinds = {kind: id_ for kind, id_ in known.items() if kind != "contacts"}
    takers = taking(document, "as_of")
    for number, (operation, question) in enumerate(questions.items()):
        told = moment if operation in takers else {}
        strangers = [id_ for kind, id_ in kinds.items() if f"/{kind}/" not in operation]
        stranger = strangers[number % len(strangers)]  # each kind's id, by turns
        for other in (str(uuid4()), known["contacts"], stranger):
            for path in missing(operation, question, other):
                question.send(path=path, after=None, **told).refused(404, "not-found")


def test_nothing_at_this_version(document, questions, known):
    takers = taking(document, "at_version")
    assert takers
    for operation in takers:
        question = questions[operation]
        question.send(at_version=1).went_well()
        question.send(at_version=99).refused(404, "not-found")
        for kind, other in known.items():
            if "{" in operation and f"/{kind}/" not in operation:
                path = UUID.sub(other, question.path)
                question.send(path=path, at_version=1, after=None).refused(404, "not-found")


@pytest.mark.parametrize("other", ["x", "1", "None", "%E4%BD%A0", "0190", "{id}"])
def test_what_is_no_id(other, questions):
    for operation, question in questions.items():
        for path in missing(operation, question, quote(other, safe="%")):
            question.send(path=path).refused(404, "not-found")


@pytest.mark.parametrize("other", ["0", "1", "999999999999999999999", str(2**63), "-1", "x", "1.5"])
def test_no_fact_at_this_position(other, api):
    api.get(f"/audit/events/{other}").refused(404, "not-found")


# --- Headers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", "x", "-1", "1.5", "1 2", "9" * 20, "0x10", '"1"', "١"])
def test_no_position_to_wait_for(given, api, questions):
    given = given.encode().decode("latin-1")
    for operation in live(questions):
        answer = questions[operation].send(after=None, headers={"Concord-Min-Position": given})
        answer.refused(400, "position.malformed", "Concord-Min-Position")


def live(questions: dict[str, Ready]) -> list[str]:
    """The questions to the read models; history and reports read the log itself."""
    return [
        operation
        for operation in questions
        if not operation.endswith(("/history", "/service-flow", "{position}"))
    ]


def test_without_a_key_nothing_is_told(questions):
    for question in questions.values():
        for given in ("", "Bearer", "Basic YTpi", "Bearer x"):
            question.send(headers={"Authorization": given}).refused(401, "key.invalid")
