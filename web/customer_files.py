"""Customers from CSV and XLSX files, over HTTP and by ``concord import-customers``."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import marshmallow as ma
import orjson
from flask import Response, g, request
from marshmallow import fields, validate

from application.imports import ImportProblem, ImportReport
from application.imports.customer_rows import OwnerOf, read_customers
from application.imports.customers import CustomerFile, CustomerImport
from application.imports.sheets import FORMS, LARGEST_FILE, read_sheet
from domain.access.conditions import EVERYTHING
from domain.access.roles import Action, Resource
from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope
from projections.documents import Document
from projections.reader import ListQuery, Reader
from projections.teams import MEMBERS
from web import importing
from web.access import access
from web.bodies import Routes, whole
from web.imports import TallySchema
from web.openapi import MANY
from web.problems import Problem
from web.running import concord, json_response
from web.tables import MEDIA_TYPES
from web.terminal import bar, console, opened, prepare, print_json

bp = Routes("customer-files", "imports", description="Customers from files.")

SHOWN = 1000
"""How many errors an answer names."""
_ANY = "application/octet-stream"


class FileQuerySchema(ma.Schema):
    """What the file is, and whether only to look."""

    format = fields.String(load_default="csv", validate=validate.OneOf([*FORMS]))
    dry_run = fields.Boolean(
        load_default=False,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Only tell what would come of it; nothing is written."},
    )


class RowErrorSchema(ma.Schema):
    """What is wrong with one row."""

    line = fields.Integer(required=True)
    column = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True)


class CustomersImportedSchema(ma.Schema):
    """What became of a file's rows, or would."""

    import_id = fields.UUID(required=True)
    dry_run = fields.Boolean(required=True)
    tally = fields.Nested(TallySchema, required=True)
    errors = fields.List(
        fields.Nested(RowErrorSchema),
        required=True,
        metadata={"description": f"The first {SHOWN} of them."},
    )


# --- Who owns them --------------------------------------------------------------------------------


def owners(members: Callable[[], Iterator[Document]]) -> OwnerOf:
    """Return what finds a member by e-mail address or id; they are read when first asked for."""
    known: dict[str, MemberId] = {}
    read = False

    def find(written: str) -> MemberId | None:
        nonlocal read
        if not read:
            read = True
            for each in members():
                if each["status"] != "active":
                    continue
                known[each["id"]] = MemberId(UUID(each["id"]))
                if each["email"]:
                    known[each["email"].casefold()] = known[each["id"]]
        return known.get(written.casefold())

    return find


def _members(reader: Reader, query: ListQuery) -> Iterator[Document]:
    while True:
        page = reader.documents(MEMBERS, query)
        yield from (orjson.loads(item) for item in page.items)
        if page.next is None:
            return
        query = replace(query, after=page.next)


# --- Over HTTP ------------------------------------------------------------------------------------

_CONTENT = {
    media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
    for media in (*MEDIA_TYPES.values(), _ANY)
}


@bp.post("/imports/customers")
@bp.doc(**{MANY: True, "requestBody": {"required": True, "content": _CONTENT}})
@bp.arguments(FileQuerySchema, location="query")
@bp.response(200, CustomersImportedSchema, description="What became of each row.")
def import_customers(args: dict[str, Any]) -> Response:
    """Register the customers of a file; the same row is never registered twice.

    The first row names the columns, in English or Chinese: name (名称), short_name (简称),
    industry (行业), business (主营业务), employees (员工数), phase (阶段), region (地区), address
    (地址), phone (电话), website (网站), tax_id (税号), tier (等级), owner (负责人: an e-mail
    address or id). Of an export, its other columns are left out.
    """
    seeing = access()
    seeing.require(Action.CREATE, Resource.CUSTOMER)
    content = _body(args["format"])
    reader = concord().reader
    everybody = ListQuery(sort="name", limit=1000, condition=seeing.reading(MEMBERS))
    find = owners(lambda: iter(seeing.masked(MEMBERS, _members(reader, everybody))))
    envelope = Envelope(
        occurred_at=datetime.now(UTC),
        actor=g.actor,
        channel=Channel.IMPORT,
        on_behalf_of=g.on_behalf_of,
        correlation_id=g.request_id,
    )
    try:
        file = _file(f"upload.{args['format']}", content, args["format"], find)
    except ImportProblem as problem:
        raise Problem(422, "import.unreadable", str(problem)) from problem
    importing_ = CustomerImport(concord().crm, file, envelope, g.asking)
    report = importing_.rehearse() if args["dry_run"] else importing_.run()
    response = json_response(orjson.dumps(_told(report, dry_run=args["dry_run"])))
    if importing_.position is not None:
        response.headers["Concord-Position"] = str(importing_.position)
    return response


def _body(form: str) -> bytes:
    content = whole(request)
    media = MEDIA_TYPES[form].partition(";")[0]
    if request.mimetype not in {media, _ANY}:
        detail = f"Send the file itself, with Content-Type: {media}."
        raise Problem(415, "body.not-a-table", detail)
    if not content:
        raise Problem(400, "body.missing", "The request needs the file as its body.")
    return content


def _file(name: str, content: bytes, form: str, find: OwnerOf) -> CustomerFile:
    table = read_customers(read_sheet(content, form), find)
    return CustomerFile(name=name, sha256=hashlib.sha256(content).hexdigest(), table=table)


def _told(report: ImportReport, *, dry_run: bool) -> dict[str, Any]:
    tally = importing.as_dict(report)["tally"]
    return {
        "import_id": str(report.import_id),
        "dry_run": dry_run,
        "tally": tally,
        "errors": [
            {"line": each.line, "column": each.column, "detail": each.why}
            for each in report.bad_rows[:SHOWN]
        ],
    }


# --- By the command line --------------------------------------------------------------------------


@click.command("import-customers")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would come of it; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_customers_file(file: Path, dry_run: bool, as_json: bool) -> None:
    """Register the customers of FILE (CSV or XLSX), one for each row.

    The first row names the columns, in English or Chinese: name (名称), short_name (简称), industry
    (行业), business (主营业务), employees (员工数), phase (阶段), region (地区), address (地址),
    phone (电话), website (网站), tax_id (税号), tier (等级), owner (负责人: e-mail address or id).
    A row that is wrong is named with its line and column, and the others go in. The same row is
    never registered twice; `concord undo-import` takes the whole file back.
    """
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise ImportProblem(f"{file.name} ends neither in .csv nor in .xlsx.")
    if file.stat().st_size > LARGEST_FILE:
        raise ImportProblem(f"{file.name} is larger than {LARGEST_FILE // 2**20} MiB; divide it.")
    envelope = Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.IMPORT
    )
    with opened() as (_, crm), bar(f"Importing {file.name}") as progress:
        prepare(crm.pool.dsn)
        everybody = ListQuery(sort="name", limit=1000, condition=EVERYTHING)
        find = owners(lambda: _members(Reader(crm.pool), everybody))
        run = CustomerImport(crm, _file(file.name, file.read_bytes(), form, find), envelope)
        report = run.rehearse() if dry_run else run.run(progress)
    if as_json:
        print_json(_told(report, dry_run=dry_run))
    else:
        _draw(report, dry_run=dry_run)


def _draw(report: ImportReport, *, dry_run: bool) -> None:
    tally = report.tally
    went = "would be registered" if dry_run else "registered"
    lines = [f"Read {tally.rows:,} rows: {tally.added:,} customers {went}."]
    if tally.known:
        lines.append(f"There already, by the same row: {tally.known:,}.")
    if tally.bad:
        lines.append(f"Not registered: {tally.bad:,} rows.")
    lines += [f"  {row}" for row in report.bad_rows[: importing.SHOWN]]
    if len(report.bad_rows) > importing.SHOWN:
        lines.append("  … (--json names more)")
    if tally.added and not dry_run:
        lines.append(f"To take it back: concord undo-import {report.import_id} --reason '…'")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
