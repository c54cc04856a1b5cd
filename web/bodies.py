"""Reading requests strictly: what is malformed, doubled or unknown is refused, never dropped."""

import json
import math
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from web.problems import MAX_ERRORS, FieldError, Problem

MAX_BODY = 1024 * 1024
MAX_DEPTH = 20
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def strict_json(raw: bytes) -> Any:
    """Read JSON as strictly as the standard allows; raise ``Problem`` 400 with the reason.

    Refused: what is not UTF-8, duplicate keys, NaN and infinities, more than 20 levels, NUL
    characters and halves of surrogate pairs, which no database can keep.
    """
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
        _walk(value)
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8 (at byte {error.start}).") from error
    except RecursionError as error:
        raise _malformed(f"The body is nested deeper than {MAX_DEPTH} levels.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"The body is not JSON: {error.msg} ({where}).") from error
    except ValueError as error:
        raise _malformed(f"The body is not usable: {error}") from error
    return value


def _malformed(detail: str) -> Problem:
    return Problem(400, "body.malformed", detail)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {name!r} stands in one object twice.")
        found[name] = value
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number.")


def _walk(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        if isinstance(inner, dict | list) and depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(inner, dict):
            waiting += [(each, depth + 1) for each in inner]
            waiting += [(each, depth + 1) for each in inner.values()]
        elif isinstance(inner, list):
            waiting += [(each, depth + 1) for each in inner]
        elif isinstance(inner, float) and not math.isfinite(inner):
            raise ValueError("a number is too large.")
        elif isinstance(inner, str):
            check_text(inner)


def check_text(text: str) -> None:
    """Raise ``ValueError`` for text that no database can keep."""
    found = _UNKEEPABLE.search(text)
    if found is None:
        return
    if found[0] == "\x00":
        raise ValueError("text may not contain the NUL character.")
    raise ValueError("text may not contain half of a surrogate pair.")


class StrictParser(FlaskParser):
    """Reads arguments; refuses what it does not know instead of dropping it."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as its base has it
        "json": ma.RAISE,
        "query": ma.RAISE,
        "path": None,
    }

    def load_json(self, req: Any, schema: Any) -> Any:  # noqa: ARG002 - the library's signature
        """Read the body, all of it; a change takes no query."""
        if req.args:
            raise _not_here(req.args)
        raw = whole(req)
        if not raw:
            raise Problem(400, "body.missing", "The request needs a JSON body.")
        if req.mimetype != "application/json" and not req.mimetype.endswith("+json"):
            raise Problem(415, "body.not-json", "Send JSON, with Content-Type: application/json.")
        value = strict_json(raw)
        if not isinstance(value, dict):
            raise Problem(
                422,
                "fields.invalid",
                "The body must be a JSON object.",
                errors=[FieldError("", "Not an object.")],
            )
        return value

    def load_querystring(self, req: Any, schema: Any) -> Any:
        """Read the query; each parameter once."""
        for name, values in req.args.lists():
            if len(values) > 1:
                detail = "Given more than once."
                raise Problem(
                    422, "fields.invalid", f"Not valid: {name}.", errors=[FieldError(name, detail)]
                )
        return super().load_querystring(req, schema) if req.args else missing_or_empty(schema)


def _not_here(names: Iterable[str]) -> Problem:
    named = list(islice(names, MAX_ERRORS))
    errors = [FieldError(name, "Unknown field.") for name in named]
    detail = f"Not valid: {', '.join(named)}."
    return Problem(422, "fields.invalid", detail, errors=errors)


def whole(req: Any) -> bytes:
    """Return the whole body. Raises where it is larger than it may be, or breaks off."""
    # The library cuts off in silence what comes in chunks and passes the limit, and takes what a
    # broken connection left for the whole.
    raw: bytes = req.get_data()
    if req.content_length is None and len(raw) >= MAX_BODY:
        raise RequestEntityTooLarge
    if req.content_length is not None and len(raw) < req.content_length:
        raise _malformed("The body ends before its Content-Length.")
    return raw


def missing_or_empty(schema: Any) -> Any:
    """Return what an empty query is to webargs."""
    return {} if schema else missing


class NoQuery(ma.Schema):
    """Nothing: the route takes no query parameters."""


class Routes(Blueprint):
    """A blueprint whose arguments are read strictly."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: Any, **options: Any) -> Any:
        """Read a route's arguments; its schema is built once, not at every request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)
