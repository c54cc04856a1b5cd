"""Imports over HTTP: which files came in and what became of them."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from projections.exchange.imports import IMPORTS
from web.bodies import Routes
from web.fields import Moment, Words
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("imports", "imports", description="Other systems' files taken into the log.")

STATUS = validate.OneOf(["running", "finished", "undone"])


class TallySchema(ma.Schema):
    """What became of a file's rows."""

    rows = fields.Integer(required=True)
    added = fields.Integer(required=True)
    facts = fields.Integer(required=True)
    known = fields.Integer(required=True)
    unmapped = fields.Integer(required=True)
    bad = fields.Integer(required=True)
    as_steps = fields.Integer(required=True)


class ImportSchema(ma.Schema):
    """An import, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    source = fields.String(required=True)
    file = fields.String(required=True)
    file_sha256 = fields.String(required=True)
    status = fields.String(required=True, validate=STATUS)
    started_at = Moment()
    tally = fields.Nested(TallySchema, required=True, allow_none=True)
    taken_back = fields.Integer()
    kept = fields.Integer()


ImportQuery = list_schema(
    IMPORTS,
    {
        "source": Words(),
        "status": fields.String(validate=STATUS),
    },
    sort="source",
)


@bp.get("/imports")
@bp.arguments(ImportQuery, location="query")
@bp.response(200, page_of(ImportSchema), description="A page of imports.")
def list_imports(args: dict[str, Any]) -> Response:
    """List imports."""
    return show_list(IMPORTS, args)


@bp.get("/imports/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ImportSchema, description="The import.")
def get_import(args: dict[str, Any], id_: UUID) -> Response:
    """Show an import."""
    return show(IMPORTS, id_, args)
