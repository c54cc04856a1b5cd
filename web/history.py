"""Looking back over HTTP: timeline and history of anything, and the audit history."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response, request
from marshmallow import fields, validate

from application.catalogue import BY_KIND
from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.kernel import EVENTS, ActorKind, Channel, Recorded, Subject
from projections.history import AuditQuery
from projections.reader import After, Page
from projections.subjects import SUBJECTS
from projections.timeline import shown
from web.access import access
from web.bodies import NoQuery, Routes
from web.fields import ID, Moment, Time, Whole
from web.problems import not_found
from web.running import concord, json_response
from web.views import (
    LIMIT,
    MAX_LIMIT,
    Cursor,
    PageSchema,
    await_log,
    await_past,
    await_position,
    list_response,
    open_cursor,
    page_of,
    window,
)

bp = Routes("history", "history", description="What happened, who did it, and when we knew.")

PATHS = {
    "customer": "customers",
    "member": "members",
    "department": "departments",
    "request": "requests",
    "interaction": "interactions",
    "import": "imports",
}
"""The kinds of things with pages of their own. Ownership shows on its customer's timeline."""


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


class HistoryQuery(ma.Schema):
    """How much of a thing's own history."""

    limit = Whole(load_default=MAX_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


def language() -> str:
    """Return the language the caller reads, of those we write."""
    return request.accept_languages.best_match(["en", "zh"]) or "en"


ROUNDS = 20
"""How often a page is filled up at most, where most of what it would show may not be seen."""

Seen = list[tuple[Recorded[Any], frozenset[str]]]
Place = tuple[str, str]
Fetch = Callable[[Place | None, int], list[Recorded[Any]]]


def _page(fetch: Fetch, place: Callable[[Recorded[Any]], Place], args: Mapping[str, Any],
          asked: list[Any]) -> Page:  # fmt: skip
    """Return a page of the facts that the caller may see.

    A short page may have a next one all the same.
    """
    limit: int = args["limit"]
    start = open_cursor(args["cursor"], asked) if "cursor" in args else None
    begin = None if start is None else (start[0], start[1])
    found: Seen = []
    for _ in range(ROUNDS):
        facts = fetch(begin, limit + 1)
        found += access().visible(facts)
        if len(found) > limit:
            return Page(_items(found[:limit]), After(*place(found[limit - 1][0])))
        if len(facts) <= limit:
            return Page(_items(found), None)
        begin = place(facts[-1])
    return Page(_items(found), After(*begin) if begin else None)


def _items(found: Seen) -> list[str]:
    return [orjson.dumps(shown(fact, language(), masked)).decode() for fact, masked in found]


# --- Timeline and history of one thing ------------------------------------------------------------


def _timeline(kind: str) -> Callable[[dict[str, Any], UUID], Response]:
    def get_timeline(args: dict[str, Any], id_: UUID) -> Response:
        subject, seen = Subject(kind, id_), window(args)
        history = concord().history

        def fetch(before: Place | None, limit: int) -> list[Recorded[Any]]:
            place = before and (datetime.fromisoformat(before[0]), int(before[1]))
            return history.timeline(subject, window=seen or NOW, before=place, limit=limit)

        reached = None
        if seen is None:
            reached = await_position(SUBJECTS.name)
        else:
            await_past(seen)
        if not access().readable(kind, id_):
            raise not_found()
        asked = ["timeline", str(subject)]
        page = _page(
            fetch, lambda fact: (fact.occurred_at.isoformat(), str(fact.position)), args, asked
        )
        if not page.items and "cursor" not in args:
            raise not_found()
        return list_response(page, asked, reached)

    get_timeline.__doc__ = f"Show everything that happened around a {kind}, the latest first."
    return get_timeline


def _history(kind: str) -> Callable[[dict[str, Any], UUID], Response]:
    def get_history(args: dict[str, Any], id_: UUID) -> Response:
        def fetch(after: Place | None, limit: int) -> list[Recorded[Any]]:
            version = int(after[0]) if after else 0
            return concord().log.stream(id_, after_version=version, limit=limit)

        await_log()
        facts = concord().log.stream(id_, limit=1)
        if not facts or facts[0].kind != kind or not access().readable(kind, id_):
            raise not_found()
        asked = ["history", kind, str(id_)]
        page = _page(fetch, lambda fact: (str(fact.version), ""), args, asked)
        return list_response(page, asked, None)

    get_history.__doc__ = f"Show the {kind}'s own facts, version by version."
    return get_history


def _register(kind: str, path: str) -> None:
    for name, make, query in (
        ("timeline", _timeline, PageSchema),
        ("history", _history, HistoryQuery),
    ):
        view = make(kind)
        view.__name__ = f"{kind}_{name}"
        documented = bp.response(200, FactPage, description="A page of facts.")(view)
        bp.route(f"/{path}/<uuid:id_>/{name}", methods=["GET"])(
            bp.arguments(query, location="query")(documented)
        )


for _kind, _path in PATHS.items():
    _register(_kind, _path)


# --- The audit history ----------------------------------------------------------------------------


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


class AuditQuerySchema(ma.Schema):
    """Which facts; every condition is optional, all must hold."""

    subject = SubjectField()
    actor = fields.String(
        validate=validate.Regexp(
            r"^(member|service|system):[A-Za-z0-9_-]{1,60}$(?!\n)",
            error="Write kind:id, such as member:0190….",
        ),
        metadata={"description": "Who did it, as kind:id."},
    )
    name = fields.String(
        validate=validate.OneOf(sorted(EVENTS)), metadata={"description": "The event's name."}
    )
    since = Time(data_key="from", metadata={"description": "Recorded at or after."})
    until = Time(data_key="to", metadata={"description": "Recorded before."})
    limit = Whole(load_default=LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


@bp.get("/audit/events")
@bp.arguments(AuditQuerySchema, location="query")
@bp.response(200, FactPage, description="A page of facts, the last recorded first.")
def list_audit_events(args: dict[str, Any]) -> Response:
    """Search the audit history: by subject, actor, name and time of recording."""
    access().require(Action.READ, Resource.AUDIT)
    query = {name: value for name, value in args.items() if name not in {"limit", "cursor"}}
    asked = ["audit", *sorted((name, str(value)) for name, value in query.items())]
    reached = await_position(SUBJECTS.name)

    def fetch(before: Place | None, limit: int) -> list[Recorded[Any]]:
        position = int(before[0]) if before else None
        return concord().history.audit(AuditQuery(**query, before=position, limit=limit))

    page = _page(fetch, lambda fact: (str(fact.position), ""), args, asked)
    return list_response(page, asked, reached)


@bp.get("/audit/events/<int:position>")
@bp.arguments(NoQuery, location="query")
@bp.response(200, FactSchema, description="The fact.")
def get_audit_event(_args: dict[str, Any], position: int) -> Response:
    """Show one fact by its id, the position in the log."""
    access().require(Action.READ, Resource.AUDIT)
    await_log()
    facts = concord().log.at([position]) if position < 2**63 else []
    for fact, masked in access().visible(facts):
        return json_response(orjson.dumps(shown(fact, language(), masked)))
    raise not_found()
