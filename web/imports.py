"""Imports over HTTP: which files came in and what became of them."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from projections.imports import IMPORTS
from web.bodies import Routes
from web.views import ItemMomentSchema, list_schema, show, show_list

bp = Routes("imports", "imports", description="Other systems' files taken into the log.")

ImportQuery = list_schema(
    IMPORTS,
    {
        "source": fields.String(),
        "status": fields.String(validate=validate.OneOf(["running", "finished", "undone"])),
    },
    sort="source",
)


@bp.get("/imports")
@bp.arguments(ImportQuery, location="query")
@bp.alt_response(200, description="A page of imports.")
def list_imports(args: dict[str, Any]) -> Response:
    """List imports."""
    return show_list(IMPORTS, args)


@bp.get("/imports/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.alt_response(200, description="The import.")
def get_import(args: dict[str, Any], id_: UUID) -> Response:
    """Show an import."""
    return show(IMPORTS, id_, args)
