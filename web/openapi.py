"""The OpenAPI document: what holds for every operation is said here, once."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apispec import APISpec, BasePlugin
from flask import Response
from flask_smorest import Api

from web.fields import ProblemSchema
from web.problems import MEDIA_TYPE, TITLES

FIRST_COME = "x-first-come"
"""Marks a change that needs no ``If-Match``: whoever is first gets it."""
MANY = "x-many"
"""Marks a change of many things: there is no version of them all."""
NAMES_A_THING = "x-names-a-thing"
"""Marks a question whose parameters, not its path, name a thing that may not be there."""

_READING = (400, 401, 403, 422, 503)
_CHANGING = (400, 401, 403, 409, 413, 415, 422, 503)
_VERSIONED = (412, 428)
_DETAILS = {
    412: "Changed by somebody else: the ETag says the version now.",
    503: "Not available right now: Retry-After says when to ask again.",
}

_HEADERS: dict[str, tuple[str, dict[str, str]]] = {
    "If-Match": (
        "The ETag of the version you have seen; * for whichever it is.",
        {"pattern": r'^(\*|"[0-9]{1,9}")$'},
    ),
    "Idempotency-Key": (
        "Makes it safe to send this change again: 1 to 200 characters.",
        {"pattern": "^[!-~]{1,200}$"},
    ),
    "Concord-On-Behalf-Of": (
        "The member one acts for: a service account, or a colleague they have let.",
        {"format": "uuid"},
    ),
    "Concord-Min-Position": (
        "Wait until this position is shown, as changes answer it.",
        {"pattern": "^[0-9]{1,19}$"},
    ),
    "Prefer": ("wait=5: for how many seconds (2, at most 10) to wait for that.", {}),
}
_REQUIRED = {"If-Match"}
_CHANGE_HEADERS = ("Idempotency-Key", "Concord-On-Behalf-Of")
_READ_HEADERS = ("Concord-Min-Position", "Prefer", "Concord-On-Behalf-Of")

_ANSWERED = {
    "ETag": "The version now, for If-Match.",
    "Concord-Position": "Where this stands in the log, for Concord-Min-Position.",
    "Location": "Where the new thing is shown.",
    "Retry-After": "In how many seconds to ask again.",
    "WWW-Authenticate": "How to say who asks.",
}
_ANSWERED_WITH = {401: "WWW-Authenticate", 412: "ETag", 503: "Retry-After"}
"""The header that a problem comes with."""
_CARRIED_ON = {"If-Match": "ETag", "Concord-Min-Position": "Concord-Position"}
"""What a next request says, and the header of the answer before that it is taken from."""
_RIGHT_BELOW = re.compile(r".*/([a-z]+)/\{(\w+)\}(?:/[^/]*)?")  # deeper down is another version


class Conventions(BasePlugin):
    """Says of every operation what holds for all of them."""

    def __init__(self) -> None:
        self._links = Links()

    def init_spec(self, spec: APISpec) -> None:
        """Put what operations refer to into the document."""
        spec.components.schema("Problem", schema=ProblemSchema)
        problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for status, title in TITLES.items():
            answer: dict[str, Any] = {
                "description": _DETAILS.get(status, title),
                "content": problem,
            }
            if name := _ANSWERED_WITH.get(status):
                answer["headers"] = {name: name}
            spec.components.response(f"Problem{status}", answer)
        for name, (about, form) in _HEADERS.items():
            spec.components.parameter(
                name,
                "header",
                {
                    "name": name,
                    "description": about,
                    "required": name in _REQUIRED,
                    "schema": {"type": "string"} | form,
                },
            )
        for name, about in _ANSWERED.items():
            spec.components.header(name, {"description": about, "schema": {"type": "string"}})

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Complete the operations of one path."""
        for method, operation in (operations or {}).items():
            operation["operationId"] = kwargs["rule"].endpoint.partition(".")[2]
            if method == "get":
                _read(operation, path or "")
            else:
                _change(operation, path or "")
            self._links.add(path or "", method, operation)


class Links:
    """Says where one can go from an answer, with the ids in it, as the paths tell.

    From what was created to all that is right below it; from a list to what shows its first item.
    """

    def __init__(self) -> None:
        self._answers: defaultdict[str, list[_Answer]] = defaultdict(list)
        self._onward: defaultdict[str, list[_Onward]] = defaultdict(list)

    def add(self, path: str, method: str, operation: dict[str, Any]) -> None:
        """Link an operation with those before it."""
        if found := _RIGHT_BELOW.fullmatch(path):
            onward = _Onward(found[2], operation["operationId"], _carried_on(operation))
            self._onward[found[1]].append(onward)
            for answer in self._answers[found[1]]:
                answer.link(onward)
        for status, told in operation["responses"].items():
            if status == "201":
                self._lead_on(path, _Answer("#/id", told))
            elif _is_list(path, method, status, told):
                self._lead_on(path, _Answer("#/items/0/id", told))

    def _lead_on(self, path: str, answer: "_Answer") -> None:
        kind = path.rpartition("/")[2]
        self._answers[kind].append(answer)
        for onward in self._onward[kind]:
            answer.link(onward)


@dataclass(frozen=True, slots=True)
class _Onward:
    """Where one can go, given an id: as which parameter of the path, and what else it takes."""

    key: str
    name: str
    headers: dict[str, str]


def _carried_on(operation: dict[str, Any]) -> dict[str, str]:
    asked = operation["parameters"]
    return {
        f"header.{name}": f"$response.header.{header}"
        for name, header in _CARRIED_ON.items()
        if name in asked
    }


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer that tells an id, and where in it that stands."""

    pointer: str
    told: dict[str, Any]

    def link(self, onward: _Onward) -> None:
        if "header.If-Match" in onward.headers and "ETag" not in self.told["headers"]:
            return  # only the answer to a change says a version
        told = {f"path.{onward.key}": f"$response.body{self.pointer}"} | onward.headers
        links = self.told.setdefault("links", {})
        links[onward.name] = {"operationId": onward.name, "parameters": told}


def _is_list(path: str, method: str, status: str, answer: Any) -> bool:
    if status != "200" or method != "get" or "{" in path:
        return False
    return "application/json" in answer.get("content", {})


def _read(operation: dict[str, Any], path: str) -> None:
    names_a_thing = operation.pop(NAMES_A_THING, False) or "{" in path
    found = [*_READING, *([404] if names_a_thing else [])]
    _complete(operation, found, _READ_HEADERS, ("Concord-Position",))


def _change(operation: dict[str, Any], path: str) -> None:
    created = "201" in {str(status) for status in operation["responses"]}
    found = [*_CHANGING, *([404] if "{" in path else [])]
    headers: tuple[str, ...] = _CHANGE_HEADERS
    answered: tuple[str, ...] = ("ETag", "Concord-Position", *(("Location",) if created else ()))
    if operation.pop(MANY, False):
        answered = ("Concord-Position",)
    elif not operation.pop(FIRST_COME, False) and not created:
        found += _VERSIONED
        headers = ("If-Match", *headers)
    _complete(operation, found, headers, answered)


def _complete(
    operation: dict[str, Any],
    problems: list[int],
    headers: tuple[str, ...],
    answered: tuple[str, ...],
) -> None:
    # What stands in the document's components is named; the library makes the references.
    operation.setdefault("parameters", []).extend(headers)
    good = {
        str(status): answer
        for status, answer in operation["responses"].items()
        if str(status).startswith("2")
    }
    for answer in good.values():
        answer["headers"] = {name: name for name in answered}
    bad = {str(status): f"Problem{status}" for status in sorted(set(problems))}
    operation["responses"] = good | bad | {"default": "Problem500"}


class ConcordApi(Api):
    """Documents our own problem documents; the library's error handlers stay out."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Any) -> None:
        super().__init__(app, spec_kwargs={"extra_plugins": [Conventions()], **_SPEC})

    def _register_error_handlers(self) -> None:
        pass

    def _openapi_json(self) -> Response:
        return Response(self._written, mimetype="application/json")

    @cached_property
    def _written(self) -> str:
        # All routes are there before the first question; the document is large to write.
        return json.dumps(self.spec.to_dict(), sort_keys=False)


_SPEC: dict[str, Any] = {
    "info": {
        "description": "The customer record that every department writes and nobody can rewrite. "
        "Changes need If-Match with the ETag of the version you have seen; Idempotency-Key makes "
        "a retry safe; errors are problem documents (RFC 9457) with a stable code.",
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer", "bearerFormat": "ck_<id>_<secret>"}
        }
    },
    "security": [{"key": []}],
}
