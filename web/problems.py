"""Every mistake as an answer people and machines understand: RFC 9457 problem documents."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
import structlog
from eventsourcing.persistence import InterfaceError, OperationalError
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from application.access import Hidden, NotDelegated, NotPermitted
from application.crm import KeyReused, KeyRevoked, StaleVersion
from application.deciding import UnknownReference
from application.store.appending import KeyInFlight
from application.store.pool import TooLong
from domain.kernel import Rejected
from projections.reader import Behind

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 50
"""How many errors a problem names: enough to mend a form, too few to send back a flood."""

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: a JSON pointer into the body, or the parameter's name."""

    pointer: str
    detail: str


class Problem(Exception):
    """An answer that says what is wrong and what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


TITLES = {
    400: "Malformed request",
    401: "Who is asking?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Too slow",
    409: "Refused by the rules",
    410: "Over",
    412: "Changed by somebody else",
    413: "Too large",
    414: "URL too long",
    415: "Not JSON",
    422: "Invalid fields",
    428: "Version missing",
    429: "Too many requests",
    431: "Headers too large",
    500: "A fault of ours",
    503: "Not available right now",
}


def document(problem: Problem, request_id: str | None) -> bytes:
    """Write a problem document."""
    body: dict[str, Any] = {
        "type": f"urn:concord:problem:{problem.code}",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.errors:
        body["errors"] = [
            {"pointer": error.pointer, "detail": error.detail} for error in problem.errors
        ]
    return orjson.dumps(body)


def respond(problem: Problem) -> Response:
    """Answer with a problem document."""
    body = document(problem, g.get("request_id"))
    response = Response(body, problem.status, mimetype=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def translated(error: Exception) -> Problem:
    """Return the problem that an error is for who asks."""
    match error:
        case Problem():
            return error
        case Rejected():
            return _rejected(error)
        case UnknownReference():
            return _unknown_reference(error)
        case KeyRevoked():
            return unauthorised("This API key is unknown, expired or revoked.")
        case NotPermitted():
            return not_permitted(str(error))
        case NotDelegated():
            return Problem(403, "acting.not-delegated", str(error))
        case Hidden() | StaleVersion(current=0):
            return not_found()
        case StaleVersion():
            return stale(error.current)
        case KeyReused():
            return Problem(
                422,
                "idempotency.reused",
                "This Idempotency-Key was used for a different request; use a new one.",
                errors=[FieldError("Idempotency-Key", "Used for a different request.")],
            )
        case KeyInFlight():
            return Problem(
                409,
                "idempotency.in-flight",
                "The first request with this Idempotency-Key is still being answered.",
                headers={"Retry-After": "1"},
            )
        case Behind():
            return Problem(503, "read.behind", str(error), headers={"Retry-After": "1"})
        case TooLong():
            return Problem(
                503,
                "database.too-long",
                "This takes the database longer than one request may. Ask for less: a filter, a"
                " smaller page, a narrower time.",
                headers={"Retry-After": "10"},
            )
        case OperationalError() | InterfaceError():
            logger.warning("database.unavailable", error=str(error))
            return Problem(
                503,
                "database.unavailable",
                "The database did not answer. Try again in a moment; what was sent with an"
                " Idempotency-Key is carried out once, however often it is sent.",
                headers={"Retry-After": "2"},
            )
        case HTTPException():
            return _http(error)
        case _:
            logger.error("fault", error="".join(traceback.format_exception(error)))
            return Problem(
                500,
                "fault",
                "Something went wrong on our side; the request id finds it in the server's log.",
            )


def unauthorised(detail: str) -> Problem:
    """Return the problem with a request that comes without a key that opens the door."""
    return Problem(
        401, "key.invalid", detail, headers={"WWW-Authenticate": 'Bearer realm="Concord"'}
    )


def not_found() -> Problem:
    """Return the one answer for what does not exist and for what one may not know of."""
    return Problem(404, "not-found", "There is nothing here, or nothing you may see.")


def not_permitted(detail: str) -> Problem:
    """Return the answer for what one may know of and not do."""
    return Problem(403, "access.refused", f"{detail} Ask GET /access/explain which would.")


def stale(current: int) -> Problem:
    """Return the answer for a change of a version that is not the one now."""
    return Problem(
        412,
        "version.stale",
        f"It has changed: it is at version {current} now. Read it again and decide.",
        headers={"ETag": f'"{current}"'},
    )


def _rejected(error: Rejected) -> Problem:
    if error.code.endswith(".unknown"):
        return not_found()
    errors = [FieldError(f"/{error.field}", error.sentence)] if error.field else []
    if error.code.startswith("text."):
        return Problem(422, error.code, error.sentence, errors=errors)
    return Problem(409, error.code, error.sentence, errors=errors)


def _unknown_reference(error: UnknownReference) -> Problem:
    kind = error.code.partition(".")[0]
    if f"/{kind}s/{error.id}" in request.path.lower():  # it is the path that names it
        return Problem(409, error.code, str(error)) if error.there else not_found()
    if error.field == "actor":
        return Problem(403, error.code, f"You cannot act here: {error}")
    pointer = "Concord-On-Behalf-Of" if error.field == "on_behalf_of" else f"/{error.field}"
    return Problem(422, error.code, str(error), errors=[FieldError(pointer, str(error))])


def _http(error: HTTPException) -> Problem:
    status = error.code or 500
    data: Any = getattr(error, "data", None)
    if data and "messages" in data:
        return invalid(data["messages"])
    passed_on = {"Allow", "Retry-After", "WWW-Authenticate", "Location"}
    headers = {name: value for name, value in error.get_headers() if name in passed_on}
    codes = {
        404: "not-found",
        405: "method.not-allowed",
        413: "body.too-large",
        415: "body.not-json",
    }
    details = {
        404: "There is nothing here, or nothing you may see.",
        413: "The body is larger than 1 MiB; send it in parts or as an import.",
    }
    return Problem(
        status,
        codes.get(status, f"http.{status}"),
        details.get(status, str(error.description or error.name)),
        headers=headers,
    )


def invalid(messages: Mapping[str, Any]) -> Problem:
    """Return the problem for fields that do not fit, from marshmallow's messages by location."""
    errors = []
    for location, found in messages.items():
        for pointer, detail in islice(_flat(found), MAX_ERRORS):
            body = location in {"json", "json_or_form"}
            errors.append(FieldError(pointer if body else pointer.removeprefix("/"), detail))
    named = ", ".join(sorted({error.pointer or "the body" for error in errors}))
    return Problem(422, "fields.invalid", f"Not valid: {named}.", errors=errors)


def _flat(found: Any, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        for name, inner in found.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from _flat(inner, at if name == "_schema" else f"{at}/{step}")
    elif isinstance(found, str):
        yield at, found
    else:
        for inner in found:
            yield from _flat(inner, at)


def register(app: Flask) -> None:
    """Answer every error of the application with a problem document."""

    def handle(error: Exception) -> Response:
        return respond(translated(error))

    app.register_error_handler(Exception, handle)
    app.register_error_handler(HTTPException, handle)
