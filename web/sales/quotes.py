"""Quotes over HTTP: what we offer, and what customers say to it."""

from datetime import date
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.confidential import FieldClass
from domain.days import end_of
from domain.ids import CustomerId, QuoteId
from domain.sales import quote
from domain.sales.quote import QuoteLine, QuoteStatus, quote_id
from domain.values import NAME, SHORT
from projections.sales.quotes import QUOTES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Amount, Change, Day, Id, Moment, MoneySchema, OutcomeSchema, Text, Words
from web.running import zone
from web.sales.selling import Exact
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("quotes", "quotes", description="What we offer, for how much, until when.")

MOST_LINES = 500

# --- Schemas ------------------------------------------------------------------------------------


class QuoteLineSchema(ma.Schema):
    """A line of a quote, as it is shown."""

    product = fields.String(required=True)
    quantity = fields.String(required=True)
    unit_price = fields.Nested(MoneySchema, required=True, allow_none=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)


class QuoteSchema(ma.Schema):
    """A quote, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    opportunity_id = fields.UUID(required=True, allow_none=True)
    number = fields.String(required=True)
    status = fields.Enum(QuoteStatus, by_value=True, required=True)
    lines = fields.List(fields.Nested(QuoteLineSchema), required=True)
    total = fields.Nested(MoneySchema, required=True, allow_none=True)
    valid_until = Day(required=True)
    issued_at = Moment()
    expires_at = Moment(allow_none=True)
    settled_at = Moment(allow_none=True)
    settled_because = fields.String(required=True, allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class OfferedLineSchema(ma.Schema):
    """A product, how many or how much of it, and the price of one."""

    product = Text(NAME, required=True)
    quantity = Exact(required=True)
    unit_price = Amount(least=0, required=True)


def _has_an_end(day: date) -> None:
    if day.year >= date.max.year:
        raise ma.ValidationError("That is later than can be meant.")


class IssueQuoteSchema(Change):
    """An offer; its number is for good."""

    number = Text(SHORT, required=True)
    lines = fields.List(
        fields.Nested(OfferedLineSchema), required=True, validate=validate.Length(1, MOST_LINES)
    )
    valid_until = Day(required=True, validate=_has_an_end)
    opportunity_id = Id(load_default=None, allow_none=True)


QuoteQuery = list_schema(
    QUOTES,
    {
        "status": fields.Enum(QuoteStatus, by_value=True),
        "customer_id": Id(),
        "opportunity_id": Id(),
        "number": Words(),
    },
    sort="-issued_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/quotes")
@bp.arguments(QuoteQuery, location="query")
@bp.response(200, page_of(QuoteSchema), description="A page of quotes.")
def list_quotes(args: dict[str, Any]) -> Response:
    """List quotes."""
    return show_list(QUOTES, args)


@bp.get("/quotes/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, QuoteSchema, description="The quote.")
def get_quote(args: dict[str, Any], id_: UUID) -> Response:
    """Show a quote, now or as of any moment."""
    return show(QUOTES, id_, args)


@bp.post("/customers/<uuid:id_>/quotes")
@bp.arguments(IssueQuoteSchema)
@bp.response(201, OutcomeSchema)
def issue_quote(body: dict[str, Any], id_: UUID) -> Response:
    """Issue a quote to a customer."""
    given = envelope(body)
    lines = tuple(QuoteLine(**line) for line in body.pop("lines"))
    command = quote.IssueQuote(
        id=quote_id(body["number"]),
        customer_id=CustomerId(id_),
        lines=lines,
        expires_at=end_of(body["valid_until"], zone()),
        **body,
    )
    return carry_out(command, given, created="quotes.get_quote")


@bp.post("/quotes/<uuid:id_>/accept")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def accept_quote(body: dict[str, Any], id_: UUID) -> Response:
    """Record that the customer took the offer."""
    return change(quote.AcceptQuote, body, id=QuoteId(id_))


@bp.post("/quotes/<uuid:id_>/decline")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def decline_quote(body: dict[str, Any], id_: UUID) -> Response:
    """Record that the customer did not take the offer; say why."""
    return change(quote.DeclineQuote, body, id=QuoteId(id_))


@bp.post("/quotes/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_quote(body: dict[str, Any], id_: UUID) -> Response:
    """Take an offer back; say why."""
    return change(quote.WithdrawQuote, body, id=QuoteId(id_))
