"""Referrals and points over HTTP: the funnel of the scheme, and each customer's account."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from application.crm import StaleVersion
from application.permissions import resource_of
from domain.access.roles import Action
from domain.confidential import FieldClass
from domain.customers import customer, points, referral
from domain.customers.customer_rules import CUSTOMER
from domain.ids import CustomerId, ReferralId
from domain.values import NAME, ContactChannel
from projections.customers.referrals import POINTS, REFERRALS, STATUSES
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.changes import carry_out, change, envelope, expected_version
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text
from web.problems import not_found, stale
from web.running import concord, json_response
from web.views import (
    ItemMomentSchema,
    await_position,
    list_schema,
    page_of,
    show,
    show_list,
    show_part,
)

bp = Routes("referrals", "referrals", description="Whom customers refer, and loyalty points.")

MOST_POINTS = 1_000_000
"""The most points that one entry of an account may have."""

# --- Schemas ------------------------------------------------------------------------------------


class ReferralSchema(ma.Schema):
    """A referral, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    referred_name = fields.String(required=True)
    referred_contact = fields.String(required=True, allow_none=True)
    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    referred_id = fields.UUID(required=True, allow_none=True)
    points = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "What it was rewarded with; null: nothing yet."},
    )
    made_at = Moment()
    converted_at = Moment(allow_none=True)
    lapsed_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class ReferralFunnelSchema(ma.Schema):
    """How many referrals there are of those you may see, and what became of them."""

    total = fields.Integer(required=True)
    made = fields.Integer(
        required=True, metadata={"description": "Of which something may still come."}
    )
    converted = fields.Integer(required=True)
    lapsed = fields.Integer(required=True)
    conversion_rate = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Converted of all, such as 0.2500; null: there are none."},
    )


class EntrySchema(ma.Schema):
    """One entry of an account of points."""

    entry = fields.String(
        required=True, validate=validate.OneOf(["granted", "redeemed", "taken-back"])
    )
    points = fields.Integer(required=True)
    what = fields.String(required=True, allow_none=True)
    referral_id = fields.UUID(required=True, allow_none=True)
    at = Moment()


class PointsSchema(ma.Schema):
    """A customer's account of points."""

    customer_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    balance = fields.Integer(required=True)
    granted = fields.Integer(required=True)
    redeemed = fields.Integer(required=True)
    taken_back = fields.Integer(required=True)
    latest = fields.List(
        fields.Nested(EntrySchema),
        required=True,
        metadata={"description": "The last 20 entries, the last recorded first."},
    )


class MakeReferralSchema(Change):
    """Whom the customer has told us of."""

    referred_name = Text(NAME, required=True)
    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    referred_contact = Text(NAME, load_default=None, allow_none=True)


class ConvertReferralSchema(Change):
    """Which customer they have become."""

    referred_id = Id(required=True)


class PointsChangeSchema(Change):
    """How many points."""

    points = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_POINTS))


class GrantPointsSchema(PointsChangeSchema):
    """How many points, and the referral they reward if they do."""

    referral_id = Id(load_default=None, allow_none=True)


class RedeemPointsSchema(PointsChangeSchema):
    """How many points, and what for."""

    what = Text(NAME, required=True)


ReferralQuery = list_schema(
    REFERRALS,
    {
        "customer_id": Id(),
        "referred_id": IdOrNone(
            metadata={"description": "A customer's id; empty: those that have not converted."}
        ),
        "status": fields.String(validate=validate.OneOf(STATUSES)),
        "channel": fields.Enum(ContactChannel, by_value=True),
    },
    sort="-made_at",
)

# --- Referrals ------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/referrals")
@bp.arguments(MakeReferralSchema)
@bp.response(201, OutcomeSchema)
def make_referral(body: dict[str, Any], id_: UUID) -> Response:
    """Keep whom a customer has told us of."""
    given = envelope(body)
    command = referral.MakeReferral(id=ReferralId(uuid7()), customer_id=CustomerId(id_), **body)
    return carry_out(command, given, created="referrals.get_referral")


@bp.get("/referrals")
@bp.arguments(ReferralQuery, location="query")
@bp.response(200, page_of(ReferralSchema), description="A page of referrals.")
def list_referrals(args: dict[str, Any]) -> Response:
    """List referrals."""
    return show_list(REFERRALS, args)


@bp.get("/referrals/funnel")
@bp.arguments(NoQuery, location="query")
@bp.response(200, ReferralFunnelSchema, description="The funnel.")
def get_referral_funnel(args: dict[str, Any]) -> Response:  # noqa: ARG001 - there are none
    """Show how many referrals became customers, of those you may see."""
    access().require(Action.READ, resource_of(REFERRALS.kind))
    position = await_position(REFERRALS.name)
    seeing = access().reading(REFERRALS)
    found = concord().reader.count(REFERRALS, "status", {}, seeing)
    counts = {status: found.get(status, 0) for status in STATUSES}
    told = {"total": sum(counts.values()), **counts, "conversion_rate": _rate(counts)}
    response = json_response(orjson.dumps(told))
    response.headers["Concord-Position"] = str(position)
    return response


def _rate(counts: dict[str, int]) -> str | None:
    total = sum(counts.values())
    return f"{Decimal(counts['converted']) / total:.4f}" if total else None


@bp.get("/referrals/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ReferralSchema, description="The referral.")
def get_referral(args: dict[str, Any], id_: UUID) -> Response:
    """Show a referral, now or as of any moment."""
    return show(REFERRALS, id_, args)


@bp.post("/referrals/<uuid:id_>/convert")
@bp.arguments(ConvertReferralSchema)
@bp.response(200, OutcomeSchema)
def convert_referral(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that who was referred has become a customer; that grants nothing by itself."""
    return change(referral.ConvertReferral, body, id=ReferralId(id_))


@bp.post("/referrals/<uuid:id_>/lapse")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def lapse_referral(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that nothing came of a referral, and why."""
    return change(referral.LapseReferral, body, id=ReferralId(id_))


# --- Points ---------------------------------------------------------------------------------------


@bp.get("/customers/<uuid:id_>/points")
@bp.arguments(ItemMomentSchema(exclude=["at_version"]), location="query")
@bp.response(200, PointsSchema, description="The account; the ETag is its own.")
def get_points(args: dict[str, Any], id_: UUID) -> Response:
    """Show a customer's points; nothing was granted at version 0."""
    return show_part(POINTS, id_, "account", args)


@bp.post("/customers/<uuid:id_>/points/grant")
@bp.arguments(GrantPointsSchema)
@bp.response(200, OutcomeSchema)
def grant_points(body: dict[str, Any], id_: UUID) -> Response:
    """Grant points, as the reward for a referral of theirs perhaps; each is rewarded once."""
    referrer = _referrer(body["referral_id"]) if body["referral_id"] else None
    return _change_points(points.GrantPoints, body | {"referrer_id": referrer}, id_)


@bp.post("/customers/<uuid:id_>/points/redeem")
@bp.arguments(RedeemPointsSchema)
@bp.response(200, OutcomeSchema)
def redeem_points(body: dict[str, Any], id_: UUID) -> Response:
    """Give the customer something for points; no more than there are."""
    return _change_points(points.RedeemPoints, body, id_)


@bp.post("/customers/<uuid:id_>/points/take-back")
@bp.arguments(PointsChangeSchema)
@bp.response(200, OutcomeSchema)
def take_points_back(body: dict[str, Any], id_: UUID) -> Response:
    """Take back points that were granted by mistake, and say why."""
    return _change_points(points.TakePointsBack, body, id_)


def _referrer(referral_id: UUID) -> UUID | None:
    state = concord().crm.load(referral.REFERRAL, referral_id).state
    return state.customer_id if isinstance(state, referral.Converted) else None


def _change_points(command: Any, body: dict[str, Any], id_: UUID) -> Response:
    expected = expected_version()
    given = envelope(body)
    if not isinstance(concord().crm.load(CUSTOMER, id_).state, customer.Active):
        raise not_found()
    customer_id = CustomerId(id_)
    made = command(id=points.points_id(customer_id), customer_id=customer_id, **body)
    try:
        return carry_out(made, given, expected=expected)
    except StaleVersion as error:  # an account without entries is at version 0, and not unknown
        raise stale(error.current) from error
