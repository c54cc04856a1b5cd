"""Offers over HTTP: made to single customers, accepted, declined, withdrawn."""

from datetime import date
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.customers import offer
from domain.days import end_of
from domain.ids import CustomerId, OfferId
from domain.values import NAME
from projections.customers.segments import OFFERS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import (
    Amount,
    Change,
    Day,
    Id,
    IdOrNone,
    Moment,
    MoneySchema,
    OutcomeSchema,
    Text,
)
from web.running import zone
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("offers", "offers", description="What was offered to single customers.")

# --- Schemas --------------------------------------------------------------------------------------


class OfferSchema(ma.Schema):
    """An offer, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    department_id = fields.UUID(required=True)
    segment_id = fields.UUID(required=True, allow_none=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf(["open", "accepted", "declined", "withdrawn", "expired"]),
    )
    title = fields.String(required=True)
    text = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    valid_until = fields.Date(required=True, allow_none=True)
    expires_at = Moment(allow_none=True)
    made_at = Moment()
    ended_at = Moment(allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class MakeOfferSchema(Change):
    """An offer, made by a department."""

    department_id = Id(required=True)
    segment_id = Id(load_default=None, allow_none=True)
    title = Text(NAME, required=True)
    text = Text(required=True)
    valid_until = Day(
        load_default=None,
        allow_none=True,
        validate=validate.Range(max=date(2999, 12, 31)),
        metadata={"description": "Its last day."},
    )
    price = Amount(least=0)


OfferQuery = list_schema(
    OFFERS,
    {
        "customer_id": Id(),
        "segment_id": IdOrNone(metadata={"description": "Empty: offers of no segment."}),
        "department_id": Id(),
        "status": fields.String(
            validate=validate.OneOf(["open", "accepted", "declined", "withdrawn", "expired"])
        ),
    },
    sort="made_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/offers")
@bp.arguments(MakeOfferSchema)
@bp.response(201, OutcomeSchema)
def make_offer(body: dict[str, Any], id_: UUID) -> Response:
    """Make a customer an offer; after its last day it expires by itself."""
    given = envelope(body)
    last = body["valid_until"]
    command = offer.MakeOffer(
        id=OfferId(uuid7()),
        customer_id=CustomerId(id_),
        expires_at=None if last is None else end_of(last, zone()),
        **body,
    )
    return carry_out(command, given, created="offers.get_offer")


@bp.get("/offers")
@bp.arguments(OfferQuery, location="query")
@bp.response(200, page_of(OfferSchema), description="A page of offers.")
def list_offers(args: dict[str, Any]) -> Response:
    """List offers."""
    return show_list(OFFERS, args)


@bp.get("/offers/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, OfferSchema, description="The offer.")
def get_offer(args: dict[str, Any], id_: UUID) -> Response:
    """Show an offer, now or as of any moment."""
    return show(OFFERS, id_, args)


@bp.post("/offers/<uuid:id_>/accept")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def accept_offer(body: dict[str, Any], id_: UUID) -> Response:
    """Record that the customer accepts an offer."""
    return change(offer.AcceptOffer, body, id=OfferId(id_))


@bp.post("/offers/<uuid:id_>/decline")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def decline_offer(body: dict[str, Any], id_: UUID) -> Response:
    """Record that the customer declines an offer, and why."""
    return change(offer.DeclineOffer, body, id=OfferId(id_))


@bp.post("/offers/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_offer(body: dict[str, Any], id_: UUID) -> Response:
    """Withdraw an offer that was not answered."""
    return change(offer.WithdrawOffer, body, id=OfferId(id_))
