"""What is recorded, and how well, over HTTP: the field dictionary and the quality of the data."""

from typing import Any

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from application.catalogue import BY_KIND
from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from projections.customers.customers import CUSTOMERS
from projections.customers.quality import quality
from projections.customers.search_index import SEARCH
from projections.exchange.dictionary import entries
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.running import concord, json_response
from web.views import await_log, await_position

bp = Routes("dictionary", "reports", description="Figures computed again from the log, each time.")


class FieldsQuery(ma.Schema):
    """Of which kind of thing."""

    kind = fields.String(
        validate=validate.OneOf(sorted(BY_KIND)),
        metadata={"description": "One kind of thing; left out: all of them."},
    )


class FieldSchema(ma.Schema):
    """A field that facts carry."""

    kind = fields.String(required=True, metadata={"description": "Of what kind of thing."})
    name = fields.String(required=True, metadata={"description": "Inside another: after a dot."})
    type = fields.String(required=True)
    codes = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "What it may say; null: no code."},
    )
    optional = fields.Boolean(required=True)
    personal = fields.Boolean(
        required=True, metadata={"description": "It tells of a natural person."}
    )
    field_class = fields.Enum(
        FieldClass,
        by_value=True,
        required=True,
        allow_none=True,
        data_key="class",
        metadata={"description": "It is null for those whose role does not show the class."},
    )
    events = fields.List(fields.String(), required=True)


class DictionarySchema(ma.Schema):
    """The field dictionary."""

    items = fields.List(fields.Nested(FieldSchema), required=True)


class QualityFieldSchema(ma.Schema):
    """How well one field of the master record is kept."""

    name = fields.String(required=True)
    filled = fields.Integer(required=True)
    share = fields.String(required=True, allow_none=True)
    invalid = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null: it is not checked."}
    )


class SharesSchema(ma.Schema):
    """What the score is made of, from 0 to 1; null: no data."""

    filled = fields.String(required=True, allow_none=True)
    valid = fields.String(required=True, allow_none=True)
    unique = fields.String(required=True, allow_none=True)


class QualitySchema(ma.Schema):
    """How good the master records are; projections/customers/quality.py defines each figure."""

    report = fields.String(required=True)
    customers = fields.Integer(required=True)
    score = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "50 x filled + 30 x valid + 20 x unique; null: no customers."},
    )
    shares = fields.Nested(SharesSchema, required=True)
    duplicates = fields.Integer(
        required=True, metadata={"description": "Customers that share a name or tax id."}
    )
    fields_ = fields.List(fields.Nested(QualityFieldSchema), required=True, data_key="fields")


@bp.get("/fields")
@bp.arguments(FieldsQuery, location="query")
@bp.response(200, DictionarySchema, description="The dictionary.")
def list_fields(args: dict[str, Any]) -> Response:
    """List every field that is recorded: its type, codes, class, and the events that carry it."""
    await_log()  # a question like others: it may wait, though nothing in it changes
    kind = args.get("kind")
    items = [entry for entry in entries() if kind in (None, entry["kind"])]
    return json_response(orjson.dumps({"items": items}))


@bp.get("/reports/data-quality")
@bp.arguments(NoQuery, location="query")
@bp.response(200, QualitySchema, description="The report.")
def get_data_quality(_args: dict[str, Any]) -> Response:
    """Show how good the master records are, as they are now."""
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    position = min(await_position(CUSTOMERS.name), await_position(SEARCH.name))
    response = json_response(orjson.dumps(quality(concord().reader)))
    response.headers["Concord-Position"] = str(position)
    return response
