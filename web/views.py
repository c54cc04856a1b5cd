"""Showing documents and lists: now, as of a moment, page after page."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response, request
from itsdangerous import BadSignature
from marshmallow import fields, validate

from application.permissions import resource_of
from application.store.log import Window
from domain.access.roles import Action
from projections.customers.customers import CUSTOMERS
from projections.customers.merging import Family, composed
from projections.documents import Document, ReadModel
from projections.reader import After, ListQuery, Page, Wanted
from projections.subjects import SUBJECTS
from web.access.seeing import access
from web.customers.merged import family_of
from web.fields import Time, Whole
from web.problems import FieldError, Problem, not_found
from web.running import concord, json_response

LIMIT = 50
MAX_LIMIT = 200
MAX_WAIT = 10.0


class MomentSchema(ma.Schema):
    """As of when: what was true (``as_of``) and what was known (``known_at`` or ``position``)."""

    as_of = Time(metadata={"description": "Only what had happened by this time."})
    known_at = Time(metadata={"description": "Only what was recorded by this time."})
    position = Whole(
        validate=validate.Range(0, 2**62),
        metadata={"description": "Only what was recorded up to this position of the log."},
    )


class ItemMomentSchema(MomentSchema):
    """As of when, or at which version of the thing itself."""

    at_version = Whole(validate=validate.Range(1, 2**31 - 1))


def window(args: Mapping[str, Any]) -> Window | None:
    """Return the part of the log the question may see, or None where it asks for now."""
    position, known_at, as_of = args.get("position"), args.get("known_at"), args.get("as_of")
    if position is None and known_at is None and as_of is None:
        return None
    if known_at is not None:
        known = concord().log.position_at(known_at)
        position = known if position is None else min(position, known)
    return Window(position=position, as_of=as_of)


def await_position(name: str) -> int:
    """Wait for the position the caller asks for, and return where the read model stands.

    Raises ``Problem`` 503 where it does not get there in the time of ``Prefer: wait=…`` (2 s).
    """
    given = request.headers.get("Concord-Min-Position")
    reader = concord().reader
    if given is None:
        return reader.position(name)
    if not re.fullmatch("[0-9]{1,19}", given):
        raise Problem(
            400,
            "position.malformed",
            "Concord-Min-Position must be a position as answers carry it.",
            errors=[FieldError("Concord-Min-Position", "Not a position.")],
        )
    prefer = re.search(r"\bwait=(\d{1,3})\b", request.headers.get("Prefer", ""))
    reached = reader.wait(name, int(given), min(float(prefer[1]) if prefer else 2.0, MAX_WAIT))
    if reached < int(given):
        raise Problem(
            503,
            "read.behind",
            f"The read model has come to {reached}; ask again in a moment.",
            headers={"Retry-After": "1", "Concord-Position": str(reached)},
        )
    return reached


def await_log() -> None:
    """Wait, as ``await_position``, before the log itself is read: its index comes right behind."""
    if "Concord-Min-Position" in request.headers:
        await_position(SUBJECTS.name)


def await_past(seen: Window) -> None:
    """Wait until all is there that a question about the past may see, or that its caller saw."""
    await_log()
    concord().history.await_index(seen)


Parts = Mapping[str, tuple[ReadModel, ListQuery]]


def show(
    model: ReadModel,
    id_: UUID,
    args: Mapping[str, Any],
    parts: Parts | None = None,
    merged: Sequence[Document] = (),
) -> Response:
    """Answer with one document, now or as of a moment. Raises ``Problem`` 404.

    ``parts`` are lists of other documents shown inside it, ``merged`` those shown with it as one.
    """
    document, position = _read(model, id_, args)
    document = composed(document, merged)
    access().tell(model, (UUID(other["id"]) for other in merged))
    seen = window_of(id_, args)
    for name, (part, query) in (parts or {}).items():
        if position is not None:  # each read model stands at a position of its own
            position = min(position, await_position(part.name))
        document[name] = _part(part, query, seen)
    (document,) = access().masked(model, [document])
    # With others' documents or facts in it, its version does not tell of every change.
    fresh = bool(parts or merged or model.notices)
    return _document_response(document, document["version"], position, fresh=fresh)


def must_be_there(model: ReadModel, id_: UUID, args: Mapping[str, Any]) -> Document:
    """Return the thing in the path. Raises ``Problem`` 404 where it does not exist, or did not."""
    return _read(model, id_, args)[0]


def show_part(model: ReadModel, id_: UUID, part: str, args: Mapping[str, Any]) -> Response:
    """Answer with one part of a document that has a version of its own."""
    document, position = _read(model, id_, args)
    return _document_response(document[part], document[part]["version"], position)


def _read(model: ReadModel, id_: UUID, args: Mapping[str, Any]) -> tuple[Document, int | None]:
    """Return the document and, if it is the present one, the position it shows."""
    here, condition = concord(), access().reading(model)
    seen = window_of(id_, args)
    if seen is None:
        position: int | None = await_position(model.name)
        text = here.reader.document(model, id_, condition)
        document = None if text is None else orjson.loads(text)
    else:
        position = None
        await_past(seen)
        known = condition.always or here.reader.covered(model, [id_], condition)
        document = here.history.document(model, id_, seen) if known else None
    if document is None:
        raise not_found()
    access().tell(model, [id_])
    return document, position


def window_of(id_: UUID, args: Mapping[str, Any]) -> Window | None:
    """Return the part of the log a question about one thing may see; None: it asks for now.

    Raises ``Problem`` 404 for a version it never had.
    """
    seen = window(args)
    if "at_version" not in args:
        return seen
    position = concord().history.position_of(id_, args["at_version"])
    if position is None:
        raise not_found()
    if seen is None or seen.position is None:
        return replace(seen or Window(), position=position)
    return replace(seen, position=min(position, seen.position))


def _part(model: ReadModel, query: ListQuery, seen: Window | None) -> list[Document]:
    here = concord()
    query = replace(query, condition=access().reading(model))
    page = (
        here.reader.documents(model, query)
        if seen is None
        else here.history.documents(model, query, seen)
    )
    access().tell(model, map(UUID, page.keys))
    return access().masked(model, [orjson.loads(item) for item in page.items])


def _document_response(
    document: Document, version: int, position: int | None, *, fresh: bool = False
) -> Response:
    response = json_response(orjson.dumps(document))
    if position is None:
        return response  # the past cannot be changed: no ETag to change it with
    response.headers["Concord-Position"] = str(position)
    response.headers["ETag"] = f'"{version}"'
    if not fresh and request.headers.get("If-None-Match", "").strip() == f'"{version}"':
        response.status_code = 304
        response.set_data(b"")
    return response


class Cursor(fields.String):
    """Where a page starts, as the page before it says; it is signed, nobody can make one up."""

    def __init__(self) -> None:
        told = {"description": "The next_cursor of the last page.", "pattern": "^[A-Za-z0-9._-]+$"}
        super().__init__(validate=validate.Length(max=2000), metadata=told)


class PageSchema(MomentSchema):
    """How much of a list, from where, as of when."""

    limit = Whole(load_default=LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


@cache
def page_of(item: type[ma.Schema]) -> Any:
    """Make the schema of a page of these items."""
    shown: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(
            required=True,
            allow_none=True,
            metadata={"description": "For the next page; null: this was the last."},
        ),
    }
    return ma.Schema.from_dict(shown, name=f"{item.__name__.removesuffix('Schema')}Page")


def list_schema(model: ReadModel, filters: Mapping[str, fields.Field[Any]], sort: str) -> Any:
    """Make the query schema of a list: its filters and the fields it may be sorted by."""
    sorts = [sign + name for name in model.fields for sign in ("", "-")]
    shown: dict[str, Any] = {
        f"filter_{name}": _as_filter(name, field) for name, field in filters.items()
    }
    shown["sort"] = fields.String(load_default=sort, validate=validate.OneOf(sorts))
    return PageSchema.from_dict(shown, name=f"{model.name.title()}Query")


def _as_filter(name: str, field: fields.Field[Any]) -> fields.Field[Any]:
    field.data_key = f"filter[{name}]"
    return field


def check_list(model: ReadModel, sort: str) -> None:
    """Check that the caller may see anything of a list, and what its order would tell.

    Raises ``NotPermitted`` and ``Problem`` 403.
    """
    access().require(Action.READ, resource_of(model.kind))
    field = sort.removeprefix("-")
    if (kind := model.masks.get((field,))) and access().hides(model, kind):
        raise Problem(
            403,
            "access.refused",
            "The order would tell what you are not shown; sort by something else.",
            errors=[FieldError("sort", f"Not by {field}.")],
        )


def filters_of(args: Mapping[str, Any]) -> dict[str, Wanted]:
    """Return the filters of a list's query."""
    return {
        name.removeprefix("filter_"): str(value)
        for name, value in args.items()
        if name.startswith("filter_")
    }


def list_query(
    model: ReadModel, sort: str, filters: Mapping[str, Wanted], seen: Window | None = None
) -> ListQuery:
    """Return what is asked of a list, now or as of a moment: what the caller may see of it."""
    return ListQuery(
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        filters=_of_all_merged(filters, seen),
        condition=access().reading(model),
    )


def show_list(
    model: ReadModel, args: Mapping[str, Any], fixed: Mapping[str, Wanted] | None = None
) -> Response:
    """Answer with a page of documents, now or as of a moment: those the caller may see.

    Raises ``NotPermitted`` where they may see none at all.
    """
    here, seeing = concord(), access()
    check_list(model, args["sort"])
    filters = filters_of(args) | dict(fixed or {})
    asked = [model.name, args["sort"], *sorted(filters.items(), key=itemgetter(0))]
    after = After(*open_cursor(args["cursor"], asked)) if "cursor" in args else None
    seen = window(args)
    position = None if seen else await_position(model.name)
    if seen is not None:
        await_past(seen)
    query = list_query(model, args["sort"], filters, seen)
    query = replace(query, limit=args["limit"], after=after)
    if seen is None:
        page = here.reader.documents(model, query)
    else:
        page = here.history.documents(model, query, seen)
    seeing.tell(model, map(UUID, page.keys))
    if not seeing.unmasked(model):
        documents = seeing.masked(model, map(orjson.loads, page.items))
        page = replace(page, items=[orjson.dumps(each).decode() for each in documents])
    return list_response(page, asked, position)


def as_one(id_: UUID, args: Mapping[str, Any]) -> tuple[Family, dict[str, Any]]:
    """Return whom an id stands for at the moment asked about, and the moment for all of them."""
    seen = window_of(id_, args)
    if seen is None:
        await_position(CUSTOMERS.name)
        return family_of(id_, None), {}
    await_past(seen)
    return family_of(id_, seen), {"position": seen.position, "as_of": seen.as_of}


def _of_all_merged(filters: Mapping[str, Wanted], seen: Window | None) -> Mapping[str, Wanted]:
    """Let a customer's id stand for all that were merged with it."""
    named = filters.get("customer_id")
    if not named or not isinstance(named, str):
        return filters
    if seen is None and "Concord-Min-Position" in request.headers:
        await_position(CUSTOMERS.name)
    return {**filters, "customer_id": family_of(UUID(named), seen).texts}


def list_response(page: Page, asked: Sequence[Any], position: int | None) -> Response:
    """Answer with a page; its items are JSON already."""
    after = None
    if page.next is not None:
        after = seal_cursor([page.next.value, page.next.key], asked)
    body = b"".join(
        (
            b'{"items":[',
            ",".join(page.items).encode(),
            b'],"next_cursor":',
            orjson.dumps(after),
            b"}",
        )
    )
    response = json_response(body)
    if position is not None:
        response.headers["Concord-Position"] = str(position)
    return response


def seal_cursor(place: Sequence[str], asked: Sequence[Any]) -> str:
    """Sign where the next page starts, together with the question it belongs to."""
    cursor = concord().cursors.dumps([list(place), _digest(asked)])
    return cursor if isinstance(cursor, str) else cursor.decode()


def open_cursor(cursor: str, asked: Sequence[Any]) -> list[str]:
    """Return where the page starts. Raises ``Problem`` 400 for a cursor of another question."""
    try:
        place, digest = concord().cursors.loads(cursor)
    except BadSignature as error:
        raise _bad_cursor() from error
    if digest != _digest(asked):
        raise _bad_cursor()
    return [str(each) for each in place]


def _bad_cursor() -> Problem:
    return Problem(
        400,
        "cursor.invalid",
        "This cursor does not belong to this list; start again without it.",
        errors=[FieldError("cursor", "Not a cursor of this list.")],
    )


def _digest(asked: Sequence[Any]) -> str:
    return hashlib.sha256(repr(list(asked)).encode()).hexdigest()[:16]
