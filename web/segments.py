"""Segments of customers over HTTP, and offers made to single ones."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.customers import offer, segment
from domain.customers.customer import BusinessPhase
from domain.customers.segment import MOST_DAYS, SegmentCriteria
from domain.customers.tiering import day_of
from domain.ids import CustomerId, OfferId, SegmentId
from domain.values import NAME, Tier
from projections.customers import CUSTOMERS
from projections.documents import utc
from projections.reader import Wanted, Within
from projections.segments import OFFERS, SEGMENTS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.customers import CustomerSchema
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
    Words,
)
from web.running import zone
from web.views import ItemMomentSchema, list_schema, must_be_there, page_of, show, show_list

bp = Routes("segments", "segments", description="Customers with something in common, and offers.")

MOST = 100
"""How many values a segment names of one kind."""
_FEW = validate.Length(max=MOST)

# --- Schemas --------------------------------------------------------------------------------------


class SegmentCriteriaSchema(ma.Schema):
    """What customers have in common: all of it; of each list any one."""

    tiers = fields.List(fields.Enum(Tier, by_value=True), load_default=list, validate=_FEW)
    regions = fields.List(Text(NAME), load_default=list, validate=_FEW)
    industries = fields.List(Text(NAME), load_default=list, validate=_FEW)
    phases = fields.List(
        fields.Enum(BusinessPhase, by_value=True), load_default=list, validate=_FEW
    )
    owner_ids = fields.List(Id(), load_default=list, validate=_FEW)
    contact_age_from = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MOST_DAYS),
        metadata={"description": "The last contact is at least so many days ago, or never was."},
    )
    contact_age_to = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MOST_DAYS),
        metadata={"description": "The last contact is at most so many days ago."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> SegmentCriteria:
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return SegmentCriteria(**told | lists)


class SegmentSchema(ma.Schema):
    """A segment, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    department_id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["active", "retired"]))
    criteria = fields.Nested(SegmentCriteriaSchema, required=True)
    defined_at = Moment()


class ChangeSegmentSchema(Change):
    """What a segment is called, and what its customers have in common."""

    name = Text(NAME, required=True)
    criteria = fields.Nested(SegmentCriteriaSchema, required=True)


class DefineSegmentSchema(ChangeSegmentSchema):
    """A segment for a department's campaigns."""

    department_id = Id(required=True)


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


SegmentQuery = list_schema(
    SEGMENTS,
    {
        "name": Words(),
        "department_id": Id(),
        "status": fields.String(validate=validate.OneOf(["active", "retired"])),
    },
    sort="name",
)
SegmentCustomersQuery = list_schema(CUSTOMERS, {}, sort="name")
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

# --- Segments -------------------------------------------------------------------------------------


@bp.get("/segments")
@bp.arguments(SegmentQuery, location="query")
@bp.response(200, page_of(SegmentSchema), description="A page of segments.")
def list_segments(args: dict[str, Any]) -> Response:
    """List segments."""
    return show_list(SEGMENTS, args)


@bp.post("/segments")
@bp.arguments(DefineSegmentSchema)
@bp.response(201, OutcomeSchema)
def define_segment(body: dict[str, Any]) -> Response:
    """Define a segment."""
    given = envelope(body)
    command = segment.DefineSegment(id=SegmentId(uuid7()), **body)
    return carry_out(command, given, created="segments.get_segment")


@bp.get("/segments/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SegmentSchema, description="The segment.")
def get_segment(args: dict[str, Any], id_: UUID) -> Response:
    """Show a segment, now or as of any moment."""
    return show(SEGMENTS, id_, args)


@bp.post("/segments/<uuid:id_>/change")
@bp.arguments(ChangeSegmentSchema)
@bp.response(200, OutcomeSchema)
def change_segment(body: dict[str, Any], id_: UUID) -> Response:
    """Say anew what a segment is called, and what its customers have in common."""
    return change(segment.ChangeSegment, body, id=SegmentId(id_))


@bp.post("/segments/<uuid:id_>/retire")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retire_segment(body: dict[str, Any], id_: UUID) -> Response:
    """Retire a segment: no more offers are made for it."""
    return change(segment.RetireSegment, body, id=SegmentId(id_))


@bp.get("/segments/<uuid:id_>/customers")
@bp.arguments(SegmentCustomersQuery, location="query")
@bp.response(200, page_of(CustomerSchema), description="A page of the segment's customers.")
def get_segment_customers(args: dict[str, Any], id_: UUID) -> Response:
    """Find the customers of a segment that one may see, now or as of any moment."""
    criteria = must_be_there(SEGMENTS, id_, args)["criteria"]
    day = day_of(args.get("as_of") or datetime.now(UTC), zone())
    return show_list(CUSTOMERS, args, _in_common(criteria, day))


_ANY_OF = {
    "tiers": "tier",
    "regions": "region",
    "industries": "industry",
    "phases": "phase",
    "owner_ids": "owner_id",
}


def _in_common(criteria: Mapping[str, Any], day: date) -> dict[str, Wanted]:
    """Return criteria as a list's filters; ages count from a day, and stay the same all day."""
    found: dict[str, Wanted] = {
        name: tuple(criteria[list_]) for list_, name in _ANY_OF.items() if criteria[list_]
    }
    youngest, oldest = criteria["contact_age_from"], criteria["contact_age_to"]
    if (youngest, oldest) != (None, None):
        found["last_contact_at"] = Within(
            least=None if oldest is None else utc(_begins(day - timedelta(days=oldest))),
            below=utc(_begins(day - timedelta(days=youngest - 1))) if youngest else None,
        )
    return found


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), zone()).astimezone(UTC)


# --- Offers ---------------------------------------------------------------------------------------


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
        expires_at=None if last is None else _begins(last + timedelta(days=1)),
        **body,
    )
    return carry_out(command, given, created="segments.get_offer")


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
