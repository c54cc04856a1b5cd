"""What the fuzzing tool is told about Concord: which refusals are meant, what else to look at."""

import json
import os
import re
from datetime import UTC, datetime
from typing import Any

import schemathesis
from hypothesis import strategies

MEANT = {
    "body.missing": "a file that is empty is none",
    "cursor.invalid": "a cursor is signed: nobody can make one up",
    "export.too-many-rows": "how long a list is depends on what was recorded before",
    "idempotency.reused": "a key that was used stands for the request it was used for",
    "import.unreadable": "no schema says what stands in a file",
    "read.behind": "a position that nothing has come to yet, or never will",
    "version.stale": "If-Match names a version that is not the one now",
}
"""Answers to what is well-formed, and why a schema cannot tell them beforehand."""

MEANT_OF_FIELDS = {
    "A period ends after it begins.",
    "Name a policy or a calendar, and not both.",
    "A campaign ends after it starts.",
    "The amount must be above zero.",
    "The amount must be zero or more.",
    "That is more than can be meant.",
    "It lies in the future; a fact has happened.",
    "Before 1900: that cannot be meant.",
    "Name a member or a department.",
    "Name a policy or give rules.",
    "Of which policy?",
    "There is no such policy.",
    "There is no such member.",
    "There is no such cycle.",
    "There is no draft; name a version.",
    "None of its versions was in force when the period began.",
}
"""What is told of well-formed fields: no schema names the moment it is now, compares two, or knows
what there is."""

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KNOWN: dict[str, list[str]] = json.loads(os.environ.get("CONCORD_FUZZ_KNOWN", "{}"))
"""The ids of a few things that are there, by their kind."""

OWN = KNOWN.get("own", [""])[0]
"""The account of the key that asks."""

WHO = {
    "member_id": "member",
    "to_id": "member",
    "claimant_id": "member",
    "owner_id": "member",
    "department_id": "department",
    "customer_id": "customer",
    "about_request_id": "request",
}
"""The fields that name them."""

_KIND = re.compile(r"/api/v1/(\w+)s/")
FAR = 2 * int(KNOWN.get("position", ["0"])[0])
"""A position of the log that no run comes to."""

schemathesis.openapi.format(
    "date-time",
    strategies.integers(0, int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat()
    ),
)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keep a failure unless it is an answer that is meant, told by its code and not its status."""
    kind = type(failure).__name__
    if kind not in {"RejectedPositiveData", "ServerError"}:
        return True
    told = _problem(response)
    code = told.get("code", "")
    if kind == "ServerError":
        return bool(code != "read.behind")
    if code.endswith((".unknown", ".not-active")):
        return False  # an id in the right form that is nobody's, or of somebody who has left
    if code == "fields.invalid":
        return not all(
            error["detail"] in MEANT_OF_FIELDS
            or error["detail"].startswith("Write it like ")  # digits, as the currency has them
            or error["pointer"].startswith("/rules/")  # weights make a whole, bands go up
            or _is_seven_point_zero(case.body, error)
            for error in told["errors"]
        )
    return code not in MEANT


def _is_seven_point_zero(body: Any, error: dict[str, str]) -> bool:
    """Tell whether it is 7.0 that was refused: a whole number to a schema, but not to Concord."""
    for step in error["pointer"].split("/")[1:]:
        body = body.get(step) if isinstance(body, dict) else None
    return isinstance(body, float) and body.is_integer()


@schemathesis.hook
def map_headers(context: Any, headers: dict[str, Any] | None) -> dict[str, Any] | None:
    """Act for a member who is there, mostly: for anybody else no rule is asked."""
    name = "Concord-On-Behalf-Of"
    if headers and name in headers:
        headers[name] = _known("member", headers[name])
    return headers


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> Any:
    """Ask for things that are there, mostly."""
    told = path_parameters or {}
    if _ID.fullmatch(str(told.get("contact_id"))) and _ID.fullmatch(str(told.get("id_"))):
        told["id_"], told["contact_id"] = KNOWN["contact"]
    elif type(told.get("position")) is int and told["position"] > 0:
        told["position"] = int(KNOWN["position"][0])
    elif "id_" in told and (kind := _KIND.match(context.operation.path)):
        told["id_"] = _known(kind[1], told["id_"])
    return path_parameters


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Name members, departments and customers who are there, mostly."""
    if isinstance(body, dict):
        for name in WHO.keys() & body.keys():
            body[name] = _known(WHO[name], body[name])
    return body


def _known(kind: str, drawn: Any) -> Any:
    # What is drawn decides, so that the same seed does the same.
    if not isinstance(drawn, str) or not _ID.fullmatch(drawn) or drawn[0] in "012":
        return drawn
    known = KNOWN.get(kind, [drawn])
    return known[int(drawn[1], 16) % len(known)]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Do not wait for a position that nothing will come to, nor lock oneself out."""
    if case.method != "GET" and (case.path_parameters or {}).get("id_") == OWN:
        case.path_parameters["id_"] = KNOWN["principal"][0]
    asked = str((case.headers or {}).get("Concord-Min-Position", ""))
    if asked.isdecimal() and asked.isascii() and int(asked) > FAR:
        case.headers["Prefer"] = "wait=0"


@schemathesis.check
def each_status_is_documented(ctx: Any, response: Any, case: Any) -> None:
    """The document names the status itself: its "default" is for faults."""
    if case.method != case.operation.method.upper():
        return  # tried with a method the path does not know
    documented = {*case.operation.definition.raw["responses"], *_OF_THE_SERVER}
    status = str(response.status_code)
    assert status in documented, f"{status} is not documented for {case.operation.label}"


_OF_THE_SERVER = {"405", "414", "431"}
"""Refused before the operation is known, as by any server."""


@schemathesis.check
def a_problem_agrees_with_its_answer(ctx: Any, response: Any, case: Any) -> None:
    """Status and request id are told twice, and told the same."""
    if response.status_code >= 400:
        told = _problem(response)
        ids = [told.get("request_id")], response.headers.get("x-request-id")
        assert told.get("status") == response.status_code, told
        assert ids[0] == ids[1], ids


def _problem(response: Any) -> dict[str, Any]:
    try:
        told = json.loads(response.content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
