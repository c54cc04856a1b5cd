"""Many changes in one request, each answered as if it had been sent alone."""

import hashlib
import json
from typing import Any

import marshmallow as ma
import orjson
import structlog
from flask import Response, current_app, g, request
from marshmallow import fields, validate

from web.bodies import Routes
from web.openapi import MANY
from web.problems import Problem, respond
from web.running import json_response

bp = Routes("bulk", "bulk", description="Many changes at once, each with a result of its own.")

MOST = 100
"""How many changes one request may carry."""
LONGEST_KEY = 190
"""The longest Idempotency-Key that the number of a change is added to as it is."""
_PATH = "^(/[A-Za-z0-9._~:-]+)+$"
_ALONE = ("bulk.", "sign-in.", "customer-files.")
"""How the endpoints begin that must be asked alone: what is no single change, or signs in."""
_ITS_OWN = {"If-Match", "If-None-Match", "Idempotency-Key", "Content-Type", "Content-Length"}
"""The headers that each change has of its own."""


class OneChangeSchema(ma.Schema):
    """One change, as it would be sent alone."""

    method = fields.String(required=True, validate=validate.OneOf(["POST", "PATCH", "PUT"]))
    path = fields.String(
        required=True,
        validate=[validate.Length(max=500), validate.Regexp(f"{_PATH}(?!\n)")],
        metadata={"description": "Below /api/v1, such as /customers/<id>/tier.", "pattern": _PATH},
    )
    if_match = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^(\*|[0-9]{1,9})$(?!\n)"),
        metadata={
            "description": "The version you have seen; * for whichever it is.",
            "pattern": r"^(\*|[0-9]{1,9})$",
        },
    )
    idempotency_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^[!-~]{1,200}$(?!\n)"),
        metadata={
            "description": "Else its number, after the Idempotency-Key of all.",
            "pattern": "^[!-~]{1,200}$",
        },
    )
    body = fields.Dict(keys=fields.String(), load_default=dict)


class BulkSchema(ma.Schema):
    """The changes, carried out one after another in this order."""

    changes = fields.List(
        fields.Nested(OneChangeSchema), required=True, validate=validate.Length(1, MOST)
    )


class ResultSchema(ma.Schema):
    """What became of one change: the answer it would have had alone."""

    status = fields.Integer(required=True)
    body = fields.Dict(
        keys=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "The outcome, or a problem document."},
    )
    etag = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The version now, for if_match."},
    )
    location = fields.String(
        required=True, allow_none=True, metadata={"description": "Where a new thing is shown."}
    )


class ResultsSchema(ma.Schema):
    """A result for each change, in their order."""

    results = fields.List(fields.Nested(ResultSchema), required=True)


@bp.post("/bulk")
@bp.doc(**{MANY: True})
@bp.arguments(BulkSchema)
@bp.response(200, ResultsSchema, description="A result for each change.")
def change_many(body: dict[str, Any]) -> Response:
    """Carry out up to 100 changes, each by itself: one that fails does not stop the others."""
    results = [_result(change, number) for number, change in enumerate(body["changes"])]
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    response = json_response(orjson.dumps({"results": results}))
    told = [result["body"] for result in results if result["status"] < 400]  # noqa: PLR2004
    if reached := [int(each["position"]) for each in told if each and each.get("position")]:
        response.headers["Concord-Position"] = str(max(reached))
    return response


def _result(change: dict[str, Any], number: int) -> dict[str, Any]:
    answer = _asked(change, number)
    try:
        data = answer.get_data()
        etag = answer.headers.get("ETag")
        return {
            "status": answer.status_code,
            "body": orjson.loads(data) if answer.is_json else None,
            "etag": etag.strip('"') if etag else None,
            "location": answer.headers.get("Location"),
        }
    finally:
        answer.close()  # what follows an answer follows it here, too


def _asked(change: dict[str, Any], number: int) -> Response:
    """Send one change through the whole application, as if it had come alone."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    prefix = request.path.rpartition("/")[0]
    inner = app.test_request_context(
        prefix + change["path"],
        base_url=request.host_url,
        method=change["method"],
        data=json.dumps(change["body"]),
        content_type="application/json",
        headers=_headers(change, number),
        environ_base={"REMOTE_ADDR": request.remote_addr or ""},
    )
    with app.app_context(), inner:  # with notes (``g``) of its own
        if (inner.request.endpoint or "").startswith(_ALONE):
            return respond(Problem(422, "bulk.alone", "This is no single change: send it alone."))
        answer: Response = app.full_dispatch_request()
        return answer


def _headers(change: dict[str, Any], number: int) -> dict[str, str]:
    headers = {name: value for name, value in request.headers.items() if name not in _ITS_OWN}
    headers["X-Request-Id"] = g.request_id
    if change["if_match"] is not None:
        seen = change["if_match"]
        headers["If-Match"] = seen if seen == "*" else f'"{seen}"'
    if key := change["idempotency_key"] or _derived(number):
        headers["Idempotency-Key"] = key
    return headers


def _derived(number: int) -> str | None:
    """Return the key of a change that has none: what the whole was sent with, and its number."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if len(given) > LONGEST_KEY:
        given = hashlib.sha256(given.encode()).hexdigest()
    return f"{given}/{number}"
