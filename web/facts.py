"""Facts over HTTP: how one is shown, and pages of those that the caller may see."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import request
from marshmallow import fields, validate

from application.catalogue import BY_KIND
from domain.kernel import ActorKind, Channel, Recorded, Subject
from projections.reader import After, Page
from projections.timeline import shown
from web.access.seeing import access
from web.fields import ID, Moment
from web.views import open_cursor, page_of

# --- How a fact is shown --------------------------------------------------------------------------


class ActorSchema(ma.Schema):
    """Who did it."""

    kind = fields.Enum(ActorKind, by_value=True, required=True)
    id = fields.String(required=True)


class ThingSchema(ma.Schema):
    """A thing a fact is about."""

    kind = fields.String(required=True)
    id = fields.UUID(required=True)


class StreamSchema(ThingSchema):
    """The thing it happened to, and the version that came of it."""

    version = fields.Integer(required=True)


class ImportedSchema(ma.Schema):
    """Where in another system's file it stands."""

    import_id = fields.UUID(required=True)
    line = fields.Integer(required=True)
    row = fields.String(required=True)
    label = fields.String(required=True)
    derived = fields.Boolean(required=True)


class FactSchema(ma.Schema):
    """A fact, as it is shown."""

    id = fields.String(required=True, metadata={"description": "Its position in the log."})
    name = fields.String(required=True)
    label = fields.String(required=True, metadata={"description": "In the reader's language."})
    occurred_at = Moment()
    recorded_at = Moment()
    actor = fields.Nested(ActorSchema, required=True)
    department_id = fields.UUID(required=True, allow_none=True)
    role = fields.String(required=True, allow_none=True)
    on_behalf_of = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    correlation_id = fields.String(required=True, allow_none=True)
    cause = fields.String(required=True, allow_none=True)
    imported = fields.Nested(ImportedSchema, required=True, allow_none=True)
    stream = fields.Nested(StreamSchema, required=True)
    subjects = fields.List(fields.Nested(ThingSchema), required=True)
    data = fields.Dict(keys=fields.String(), required=True)
    masked = fields.List(
        fields.String(), metadata={"description": "The fields of data you are not shown."}
    )


FactPage = page_of(FactSchema)


def language() -> str:
    """Return the language the caller reads, of those we write."""
    return request.accept_languages.best_match(["en", "zh"]) or "en"


# --- Pages ----------------------------------------------------------------------------------------


ROUNDS = 20
"""How often a page is filled up at most, where most of what it would show may not be seen."""

_Seen = list[tuple[Recorded[Any], frozenset[str]]]
Place = tuple[str, str]
Fetch = Callable[[Place | None, int], list[Recorded[Any]]]


def fact_page(fetch: Fetch, place: Callable[[Recorded[Any]], Place], args: Mapping[str, Any],
          asked: list[Any]) -> Page:  # fmt: skip
    """Return a page of the facts that the caller may see.

    A short page may have a next one all the same.
    """
    limit: int = args["limit"]
    start = open_cursor(args["cursor"], asked) if "cursor" in args else None
    begin = None if start is None else (start[0], start[1])
    found: _Seen = []
    for _ in range(ROUNDS):
        facts = fetch(begin, limit + 1)
        found += access().visible(facts)
        if len(found) > limit:
            return Page(_items(found[:limit]), After(*place(found[limit - 1][0])))
        if len(facts) <= limit:
            return Page(_items(found), None)
        begin = place(facts[-1])
    return Page(_items(found), After(*begin) if begin else None)


def _items(found: _Seen) -> list[str]:
    return [orjson.dumps(shown(fact, language(), masked)).decode() for fact, masked in found]


# --- Questions about facts ------------------------------------------------------------------------


KINDS = sorted({*BY_KIND, "contact"})


def _subject(text: str) -> Subject:
    kind, _, id_ = text.partition(":")
    if kind not in KINDS:
        raise ma.ValidationError(f"Write kind:id; the kinds are {', '.join(KINDS)}.")
    if not re.fullmatch(ID, id_):
        raise ma.ValidationError("Write kind:id, such as customer:0190….")
    return Subject(kind, UUID(id_))


class SubjectField(fields.String):
    """A thing, as kind:id."""

    def __init__(self) -> None:
        told = {"description": "What it is about, as kind:id."}
        told["pattern"] = f"^({'|'.join(KINDS)}):{ID}$"
        super().__init__(metadata=told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return _subject(super()._deserialize(value, attr, data, **kwargs))


class ActorField(fields.String):
    """Who did it, as kind:id."""

    def __init__(self) -> None:
        super().__init__(
            validate=validate.Regexp(
                r"^(member|service|system):[A-Za-z0-9_-]{1,60}$(?!\n)",
                error="Write kind:id, such as member:0190….",
            ),
            metadata={"description": "Who did it, as kind:id."},
        )
