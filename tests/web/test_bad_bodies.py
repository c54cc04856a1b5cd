"""A body that is not what it should be is refused by every change, and nothing is written.

Each bad body is sent to every operation that takes one. But for the one thing that is wrong with
it, the request would go well (`test_operations` shows that).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest

from tests.web.client import API, Answer
from tests.web.operations import Ready, changes, untouched

pytest_plugins = ["tests.web.fixtures"]

MEGABYTE = 1024 * 1024
NOON = "2025-03-03T12:00:00"

Spoil = Callable[[dict[str, Any]], bytes]
"""Makes bytes out of a good body."""


@pytest.fixture(scope="module")
def requests(company) -> dict[str, Ready]:
    """A request for each change, none of which is ever let through."""
    return {operation: untouched(company, operation) for operation in changes()}


@pytest.fixture(autouse=True)
def nothing_written(running) -> Iterator[None]:
    """Whatever a test here asks for, no fact and no used key comes of it."""
    before = running.facts()
    yield
    assert running.facts() == before


def refused_by_all(
    requests: dict[str, Ready], spoil: Spoil, status: int, code: str, *pointers: str, **more: Any
) -> None:
    """Every change refuses it in the same way; each is asked about some flaws, by turns."""
    wrong, turn = [], crc32(spoil({})) % TURNS
    for operation, request in list(requests.items())[turn::TURNS]:
        answer = request.send(raw=spoil(request.body or {}), **more)
        told = (answer.status, answer.problem()["code"], tuple(answer.pointers))
        if told != (status, code, pointers):
            wrong.append(f"{operation}: {told} {answer.problem()['detail']}")
    assert wrong == []


TURNS = 4
"""One change in so many is asked about a flaw of whole bodies: they are read before it is known."""


def exactly(raw: bytes) -> Spoil:
    """These bytes and nothing of the good body."""
    return lambda _: raw


def beside(raw: bytes) -> Spoil:
    """The good body with one more member, ``"x":`` these bytes."""

    def spoil(body: dict[str, Any]) -> bytes:
        good = json.dumps(body).encode().removesuffix(b"}")
        return good + (b"," if body else b"") + b'"x":' + raw + b"}"

    return spoil


# --- What is no JSON, or not such as can be kept ----------------------------------------------

MALFORMED: dict[str, Spoil] = {
    "blank": exactly(b"  \n"),
    "not JSON": exactly(b"title=It leaks"),
    "broken off": lambda body: json.dumps(body).encode()[:-1],
    "single quotes": exactly(b"{'title': 'It leaks'}"),
    "a comma too many": exactly(b'{"title": "It leaks",}'),
    "a comment": exactly(b'{} // "nothing"'),
    "two bodies": lambda body: json.dumps(body).encode() * 2,
    "an unescaped line break": beside(b'"a\nb"'),
    "a number with a leading zero": beside(b"007"),
    "not UTF-8": beside(b'"caf\xe9"'),
    "UTF-16": lambda body: json.dumps(body).encode("utf-16"),
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + json.dumps(body).encode(),
    "an over-long UTF-8 form": beside(b'"\xc0\xaf"'),
    "a surrogate in UTF-8": beside(b'"\xed\xa0\x80"'),
    "half of a pair": beside(rb'"\ud800"'),
    "the other half": beside(rb'"a\udc00b"'),
    "a pair the wrong way round": beside(rb'"\udc00\ud800"'),
    "half of a pair in a key": beside(rb'{"\ud800": 1}'),
    "NUL": beside(rb'"a\u0000b"'),
    "NUL as it is": beside(b'"a\x00b"'),
    "NUL in a key": beside(rb'{"a\u0000": 1}'),
    "NaN": beside(b"NaN"),
    "Infinity": beside(b"Infinity"),
    "minus Infinity": beside(b"[-Infinity]"),
    "a number beyond all floats": beside(b"1e999"),
    "and below": beside(b"[[-1e999]]"),
    "5000 digits": beside(b"9" * 5000),
    "a key twice": beside(b'1,"x":2'),
    "a key twice, once escaped": beside(rb'1,"\u0078":2'),
    "a key twice inside": beside(b'{"a":1,"a":1}'),
    "21 levels": beside(b"[" * 20 + b"]" * 20),
    "10,000 lists": beside(b"[" * 10_000 + b"]" * 10_000),
    "10,000 objects": beside(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "10,000 lists without an end": exactly(b"[" * 10_000),
    "100,000 lists": exactly(b"[" * 100_000 + b"]" * 100_000),
}


@pytest.mark.parametrize("flaw", MALFORMED)
def test_malformed(flaw, requests):
    refused_by_all(requests, MALFORMED[flaw], 400, "body.malformed")


def test_missing(requests):
    refused_by_all(requests, exactly(b""), 400, "body.missing")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_another_type_of_content(kind, requests):
    headers = {"Content-Type": kind}
    refused_by_all(
        requests, lambda b: json.dumps(b).encode(), 415, "body.not-json", headers=headers
    )


@pytest.mark.parametrize("size", [MEGABYTE + 1, 10 * MEGABYTE])
def test_too_large(size, requests):
    def spoil(body: dict[str, Any]) -> bytes:
        good = json.dumps(body).encode()
        return good[:-1] + b" " * (size - len(good)) + b"}"

    refused_by_all(requests, spoil, 413, "body.too-large")


def test_too_large_in_chunks_of_unsaid_length(running, requests):
    request = requests["POST /customers"]
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = (
        f"POST {API}{request.path} HTTP/1.1\r\nHost: concord\r\nConnection: close\r\n"
        f"Authorization: Bearer {running.api.key}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = running.api.send(head.encode() + chunk * 17 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"body.too-large"' in answer


# --- What is JSON, but not what the operation asks for ----------------------------------------


@pytest.mark.parametrize("value", ["[]", "[{}]", '"{}"', "7", "0.5", "null", "true", "false"])
def test_not_an_object(value, requests):
    refused_by_all(requests, exactly(value.encode()), 422, "fields.invalid", "")


UNKNOWN = {
    "x": "/x",
    "": "/",
    "a/b~c": "/a~1b~0c",
    "_schema": "",  # marshmallow's word for the object itself
    "id": "/id",
    "version": "/version",
    "actor": "/actor",
    "recorded_at": "/recorded_at",
    "__class__": "/__class__",
    "名": "/名",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_field(name, requests):
    def spoil(body: dict[str, Any]) -> bytes:
        return json.dumps(body | {name: "x"}).encode()

    refused_by_all(requests, spoil, 422, "fields.invalid", UNKNOWN[name])


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("operation", ["POST /customers", "PATCH /customers/{id_}"])
def test_an_unknown_field_inside(operation, name, requests):
    request = requests[operation]
    details = {"details": request.body["details"] | {name: "x"}}
    answer = request.send(body=request.body | details)
    answer.refused(422, "fields.invalid", f"/details{UNKNOWN[name]}")


def test_many_unknown_fields_do_not_make_the_answer_many_times_as_long(requests):
    request = requests["POST /customers"]
    answer = request.send(body=request.body | {f"x{number}": 1 for number in range(50_000)})
    assert (answer.status, answer.problem()["code"]) == (422, "fields.invalid")
    assert len(answer.body) < 100_000


# --- Each field, with values that are not for it ----------------------------------------------

TIMES = [
    NOON,
    "2025-03-03",
    "2025-02-30T12:00:00Z",
    "2025-13-01T12:00:00Z",
    "2025-03-03T25:00:00Z",
    "2025-03-03T12:00:60Z",
    "2025-03-03T12:00:00+25:00",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1899-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2099-01-01T00:00:00+08:00",
    "10000-01-01T00:00:00Z",
    "Monday",
    "now",
    "",
    1741003200,
    None,
]
TO_COME = ["9999-12-31T23:59:59Z", "2099-01-01T00:00:00+08:00"]
NO_TEXTS = ["", " ", "\t\n", "\u3000", "bell\u0007", "escape\u001b[31m", "\u007f", "form\f"]
NO_SLUGS = [
    "",
    " ",
    "Sales",
    "after sales",
    "sales-",
    "-sales",
    "a--b",
    "sales\n",
    "销售",
    "a" * 61,
]
NO_IDS = ["", "x", "not-an-id", "0190", "' or 1=1 --", "01954d00-0000-7000-8000-00000000000g"]
NO_DATES = [
    "",
    "x",
    "2026-02-30",
    "2026-13-01",
    "20260301",
    "2026-W09-1",
    "1026-01-01",
    "2026-03-01T00:00:00Z",
]
NO_EMAILS = ["", "x", "a@", "@b.example", "a b@c.example", "a@b.example\n", "a@b.example" * 30]
NUMBERS = [7, 1.5, True]
NESTED = [[], {}, [1], {"a": 1}]


def unfit(schema: dict[str, Any], name: str) -> list[Any]:
    """Values that a field of this schema must refuse."""
    kinds = schema.get("type", "string")
    nullable = "null" in kinds if isinstance(kinds, list) else None in schema.get("enum", [])
    nothing = [] if nullable else [None]
    if "$ref" in schema:
        return [None, [], "x", *NUMBERS]
    if "anyOf" in schema:  # an object, or nothing
        return [[], "x", *NUMBERS]
    if "array" in kinds:
        return [None, "x", {}, *NUMBERS]
    if "object" in kinds:  # of any names: what they may be, the rules say
        return [None, "x", [], *NUMBERS]
    if schema.get("format") == "date-time":
        to_come = [] if name == "occurred_at" else TO_COME  # what is planned may lie there
        times = [each for each in TIMES if each not in to_come]
        return [each for each in times if each is not None or nothing] + [*NUMBERS, *NESTED]
    if schema.get("format") == "date":
        return [*nothing, *NO_DATES, *NUMBERS, *NESTED]
    if schema.get("format") == "uuid":
        return [*nothing, *NO_IDS, *NUMBERS, *NESTED]
    if schema.get("format") == "email":
        return [*nothing, *NO_EMAILS, *NUMBERS, *NESTED]
    if "boolean" in kinds:
        return [None, "true", "yes", 0, 1, 1.0, *NESTED]
    if "integer" in kinds:
        return [*nothing, -1, 1.5, 2.0, "7", True, 10**9, 10**30, 10**4000, *NESTED]
    if "enum" in schema:
        return [*nothing, "", "no-such", "NORMAL", *NUMBERS, *NESTED]
    if not re.search(schema.get("pattern", ""), "Any text: 文字"):
        return [*nothing, *NO_SLUGS, *NUMBERS, *NESTED]
    assert "maxLength" in schema, f"{name} has no limit: {schema}"
    return [*nothing, *NO_TEXTS, "x" * (schema["maxLength"] + 1), *NUMBERS, *NESTED]


def shape(document: dict[str, Any], operation: str) -> dict[str, Any]:
    """The schema of an operation's body in the OpenAPI document."""
    method, path = operation.split(" ")
    body = document["paths"][API + path][method.lower()]["requestBody"]
    assert body["required"] is True
    return resolved(document, body["content"]["application/json"]["schema"])


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema a reference leads to."""
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name]
    assert found["additionalProperties"] is False
    return found


def flaws(
    document: dict[str, Any], schema: dict[str, Any], body: dict[str, Any], at: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every way to spoil one field of a body, with the pointer to it."""
    for name in schema.get("required", []):
        yield f"{at}/{name}", {key: value for key, value in body.items() if key != name}
    for name, field in schema["properties"].items():
        for value in unfit(field, name):
            yield f"{at}/{name}", body | {name: value}
        if "$ref" in field:
            inner = flaws(document, resolved(document, field), body[name], f"{at}/{name}")
            for pointer, spoiled in inner:
                yield pointer, body | {name: spoiled}


ALL_TAKE = {"/occurred_at", "/reason"}
"""What every change takes, by one schema: of what they refuse each is asked a part, by turns."""


@pytest.mark.parametrize("operation", changes())
def test_no_field_takes_what_is_not_for_it(operation, document, requests):
    request = requests[operation]
    wrong, tried, turn = [], 0, list(requests).index(operation)
    every = flaws(document, shape(document, operation), request.body or {})
    for number, (pointer, body) in enumerate(every):
        if pointer in ALL_TAKE and (number + turn) % TURNS:
            continue
        tried += 1
        answer = request.send(body=body)
        told = (answer.status, code_of(answer), set(answer.pointers))
        if told != (422, "fields.invalid", {pointer}):
            wrong.append(f"{pointer} {body}: {told}"[:500])
    assert wrong == []
    assert tried > 4  # the reason alone has as many


def code_of(answer: Answer) -> str:
    """The code of a problem, or that it was none."""
    return str(answer.problem()["code"]) if answer.status >= 400 else "it went well"


def test_all_that_is_wrong_is_said_at_once(requests):
    request = requests["POST /customers"]
    answer = request.send(
        body={"details": {"phase": "new!", "employees": "many"}, "tier": "vip", "colour": "red"}
    )
    assert answer.status == 422
    assert set(answer.pointers) == {
        "/details/name", "/details/phase", "/details/employees", "/tier", "/colour",
    }  # fmt: skip
