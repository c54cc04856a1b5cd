"""Customers from CSV and XLSX files, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, g, request
from marshmallow import fields, validate

from application.imports import ImportProblem
from application.imports.customers import CustomerImport
from application.imports.sheets import FORMS
from domain.access.roles import Action, Resource
from domain.kernel import Channel, Envelope
from projections.reader import ListQuery
from projections.teams.teams import MEMBERS
from web.access.seeing import access
from web.bodies import Routes, whole
from web.commands.customer_lists import SHOWN, as_told, customer_file, members_of, owners
from web.exchange.imports import TallySchema
from web.exchange.tables import MEDIA_TYPES
from web.openapi import MANY
from web.problems import Problem
from web.running import concord, json_response

bp = Routes("customer-files", "imports", description="Customers from files.")

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
    find = owners(lambda: iter(seeing.masked(MEMBERS, members_of(reader, everybody))))
    envelope = Envelope(
        occurred_at=datetime.now(UTC),
        actor=g.actor,
        channel=Channel.IMPORT,
        on_behalf_of=g.on_behalf_of,
        correlation_id=g.request_id,
    )
    try:
        file = customer_file(f"upload.{args['format']}", content, args["format"], find)
    except ImportProblem as problem:
        raise Problem(422, "import.unreadable", str(problem)) from problem
    importing_ = CustomerImport(concord().crm, file, envelope, g.asking)
    report = importing_.rehearse() if args["dry_run"] else importing_.run()
    response = json_response(orjson.dumps(as_told(report, dry_run=args["dry_run"])))
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
