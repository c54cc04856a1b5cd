"""Carrying out a change: who asks, which version they saw, and the answer to it."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Response, g, request, url_for

from application.crm import Outcome
from application.store.appending import IdempotencyKey
from domain.kernel import Channel, Envelope
from web.problems import FieldError, Problem
from web.running import concord, json_response


def envelope(body: dict[str, Any]) -> Envelope:
    """Take what every change may say out of its body, and add who asks."""
    return Envelope(
        occurred_at=body.pop("occurred_at", None) or datetime.now(UTC),
        actor=g.actor,
        channel=Channel.API,
        on_behalf_of=g.on_behalf_of,
        correlation_id=g.request_id,
        reason=body.pop("reason", None),
    )


def expected_version() -> int | None:
    """Read ``If-Match``: the version the caller has seen, or None for ``*``.

    Raises ``Problem`` 428 where it is missing and 400 where it is not an ETag.
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem(
            428,
            "version.missing",
            "Say which version you have seen: send its ETag as If-Match.",
            errors=[FieldError("If-Match", "Missing.")],
        )
    if given.strip() == "*":
        return None
    found = re.fullmatch(r'\s*"(\d{1,9})"\s*', given)
    if found is None:
        raise Problem(
            400,
            "version.malformed",
            'If-Match must be an ETag as answers carry it, such as "3".',
            errors=[FieldError("If-Match", "Not an ETag.")],
        )
    return int(found[1])


def idempotency_key() -> IdempotencyKey | None:
    """Read ``Idempotency-Key``; with the request itself, none where it is not given."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", given):
        raise Problem(
            400,
            "idempotency.malformed",
            "Idempotency-Key must be 1 to 200 printable characters without spaces.",
            errors=[FieldError("Idempotency-Key", "Not usable.")],
        )
    for_whom = request.headers.get("Concord-On-Behalf-Of", "")
    said = f"{request.method} {request.full_path}\n{for_whom}\n".encode() + request.get_data()
    return IdempotencyKey(str(g.actor), given, hashlib.sha256(said).hexdigest())


def carry_out(
    command: Any, given: Envelope, *, expected: int | None = None, created: str | None = None
) -> Response:
    """Handle a command and answer with where it led.

    ``created`` names the route that shows the new thing: the answer is then 201 with its Location.
    """
    return answer(handled(command, given, expected=expected), created)


def handled(command: Any, given: Envelope, *, expected: int | None = None) -> Outcome:
    """Handle a command as who asks, once for each Idempotency-Key, and return where it led."""
    return concord().crm.handle(
        command,
        given,
        expected=expected,
        idempotency=idempotency_key(),
        by=g.asking,
    )


def change(command: Callable[..., Any], body: dict[str, Any], **named: Any) -> Response:
    """Carry out a change of something the caller has seen: the version is in ``If-Match``.

    ``named`` are the command's fields that the path tells, the body has the others.
    """
    expected = expected_version()
    given = envelope(body)
    return carry_out(command(**named, **body), given, expected=expected)


def answer(outcome: Outcome, created: str | None = None) -> Response:
    """Answer with what a command led to."""
    position = None if outcome.position is None else str(outcome.position)
    body = {"id": str(outcome.stream_id), "version": outcome.version, "position": position}
    response = json_response(orjson.dumps(body), 201 if created else 200)
    response.headers["ETag"] = f'"{outcome.version}"'
    if position:
        response.headers["Concord-Position"] = position
    if created:
        response.headers["Location"] = url_for(
            created, **(request.view_args or {}) | {"id_": outcome.stream_id}
        )
    return response
