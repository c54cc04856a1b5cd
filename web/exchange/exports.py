"""Lists as files: what somebody may see of a list, for a spreadsheet; that they took it is a fact.

The file is finished, and that it was taken recorded, before its first byte is sent.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

import marshmallow as ma
import orjson
import structlog
from eventsourcing.persistence import PersistenceError
from flask import Response, current_app, g
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.access.data import ExportData
from domain.access.record import Thing
from domain.ids import DataId
from domain.kernel import Channel, Envelope
from projections.documents import Document, ReadModel
from projections.reader import ListQuery
from web.access.access_log import keep_looks
from web.access.seeing import access
from web.bodies import Routes
from web.exchange.columns import EXPORTS, Export, cell, heading
from web.exchange.tables import MEDIA_TYPES, Cell, written
from web.facts import language
from web.problems import Problem
from web.running import concord
from web.views import await_position, check_list, filters_of, list_query

bp = Routes("exports", "exports", description="Lists as files for spreadsheets.")

PAGE = 1000
_CHUNK = 1 << 16

logger = structlog.get_logger()


class _Rows:
    """The rows of a file, page by page; whose data a page shows is recorded before it is kept."""

    def __init__(self, export: Export, query: ListQuery) -> None:
        self.number = 0
        self._export, self._query = export, query

    def __iter__(self) -> Iterator[list[Cell]]:
        chinese = language() == "zh"
        columns = self._export.columns
        yield [columns[each] if chinese else heading(each) for each in columns]
        for document in self._documents():
            self.number += 1
            yield [cell(document, column) for column in columns]

    def _documents(self) -> Iterator[Document]:
        model, query = self._export.model, self._query
        while True:
            page = concord().reader.documents(model, query)
            if model.personal and page.keys:
                keep_looks({Thing(model.subject, UUID(key)) for key in page.keys})
            yield from access().masked(model, [orjson.loads(item) for item in page.items])
            if page.next is None:
                return
            query = replace(query, after=page.next)


# --- Routes ---------------------------------------------------------------------------------------


def _export(export: Export, args: dict[str, Any]) -> Response:
    model, form = export.model, args["format"]
    check_list(model, args["sort"])
    position = await_position(model.name)
    query = replace(list_query(model, args["sort"], filters_of(args)), limit=PAGE)
    _check_number(model, query)
    rows = _Rows(export, query)
    file = written(form, rows)
    try:
        keep_export(model.name, form, rows.number)
        return sent(file, f"{model.name}-{datetime.now(UTC):%Y-%m-%d}.{form}", form, position)
    except BaseException:
        file.close()
        raise


def _check_number(model: ReadModel, query: ListQuery) -> None:
    most = current_app.config["SETTINGS"].export_rows
    if concord().reader.exceeds(model, query, most):
        raise Problem(
            422,
            "export.too-many-rows",
            f"These are more than {most:,} rows; ask for fewer, by a filter.",
        )


def keep_export(what: str, form: str, rows: int) -> None:
    """Record that the caller takes data out. Raises ``Problem`` 503 where that does not work."""
    envelope = Envelope(
        occurred_at=datetime.now(UTC),
        actor=g.actor,
        channel=Channel.API,
        on_behalf_of=g.on_behalf_of,
        correlation_id=g.request_id,
    )
    command = ExportData(id=DataId(uuid7()), what=what, form=form, rows=rows)
    try:
        concord().crm.handle(command, envelope)
    except PersistenceError as error:
        logger.warning("export.not-recorded", error=str(error))
        raise Problem(
            503,
            "export.not-recorded",
            "That you take data out is recorded first, and that did not work. Ask again in a"
            " moment.",
            headers={"Retry-After": "2"},
        ) from error


def sent(file: IO[bytes], name: str, form: str, position: int) -> Response:
    """Answer with a file that is finished."""
    response = Response(iter(lambda: file.read(_CHUNK), b""), content_type=MEDIA_TYPES[form])
    response.call_on_close(file.close)
    response.headers["Content-Length"] = str(os.fstat(file.fileno()).st_size)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Concord-Position"] = str(position)
    return response


def _query_of(export: Export) -> Any:
    """Make the query schema of an export: the list's filters and order, and the file's form."""
    asked: dict[str, Any] = {
        name: field
        for name, field in export.query._declared_fields.items()  # noqa: SLF001 - no public way
        if name == "sort" or name.startswith("filter_")
    }
    asked["format"] = fields.String(load_default="csv", validate=validate.OneOf([*MEDIA_TYPES]))
    return ma.Schema.from_dict(asked, name=f"{export.model.name.title()}ExportQuery")


_FILE = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {media.partition(";")[0]: _FILE for media in MEDIA_TYPES.values()}


def _route(export: Export) -> None:
    def take(args: dict[str, Any]) -> Response:
        return _export(export, args)

    name = export.model.name
    take.__name__ = f"export_{name}"
    take.__doc__ = f"Take the list of {name} as a file; that you do is recorded."
    documented = bp.doc(responses={"200": {"description": "The file.", "content": _CONTENT}})
    bp.get(f"/exports/{name}")(documented(bp.arguments(_query_of(export), location="query")(take)))


for _each in EXPORTS:
    _route(_each)
