"""Who owns a customer, over HTTP: claimed, offered, handed over, shared, contested, replayed."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from application.crm import StaleVersion
from domain.customers import customer, ownership
from domain.customers.customer_rules import CUSTOMER
from domain.customers.ownership import ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId, MemberId
from domain.kernel import Recorded
from domain.values import SHORT
from projections.customers.customers import CUSTOMERS
from web.bodies import Routes
from web.changes import carry_out, envelope, expected_version
from web.customers.claiming import claim
from web.facts import FactPage, Place, fact_page
from web.fields import Change, Id, Moment, OutcomeSchema, Text, Whole
from web.openapi import FIRST_COME
from web.problems import not_found, stale
from web.running import concord
from web.views import (
    MAX_LIMIT,
    Cursor,
    ItemMomentSchema,
    as_one,
    await_log,
    list_response,
    must_be_there,
    show_part,
)

bp = Routes("ownership", "ownership", description="Who owns which customer, and who said so.")

# --- Schemas ------------------------------------------------------------------------------------


class TeamMateSchema(ma.Schema):
    """A colleague who works with the owner, and at what."""

    member_id = fields.UUID(required=True)
    part = fields.String(required=True)


class OwnershipSchema(ma.Schema):
    """Who owns a customer, on which terms, with whom, and who contests it."""

    status = fields.String(required=True, validate=validate.OneOf(["unowned", "owned", "disputed"]))
    owner_id = fields.UUID(required=True, allow_none=True)
    claimant_id = fields.UUID(required=True, allow_none=True)
    since = Moment(allow_none=True)
    protected_until = Moment(allow_none=True)
    protection_days = fields.Integer(required=True, allow_none=True)
    idle_days = fields.Integer(required=True, allow_none=True)
    stall_days = fields.Integer(required=True, allow_none=True)
    offered_to = fields.UUID(required=True, allow_none=True)
    team = fields.List(fields.Nested(TeamMateSchema), required=True)
    version = fields.Integer(required=True)


class ClaimSchema(Change):
    """Who claims."""

    member_id = Id(required=True)


class OfferCustomerSchema(Change):
    """To whom, and what they should know."""

    to_id = Id(required=True)
    note = Text(load_default=None, allow_none=True)


class AcceptOfferSchema(Change):
    """What the new owner says to it."""

    note = Text(load_default=None, allow_none=True)


class TransferSchema(Change):
    """To whom, and why."""

    to_id = Id(required=True)


class ShareCustomerSchema(Change):
    """Who joins the customer's team, and at what they work."""

    member_id = Id(required=True)
    part = Text(SHORT, required=True)


class UnshareCustomerSchema(Change):
    """Who leaves the customer's team."""

    member_id = Id(required=True)


class DisputeSchema(Change):
    """Who contests, and on what grounds."""

    claimant_id = Id(required=True)


class SettleSchema(Change):
    """For whom, and why."""

    owner_id = Id(required=True)


class LedgerQuery(ma.Schema):
    """How much of the ledger."""

    limit = Whole(load_default=MAX_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


# --- Who owns it ----------------------------------------------------------------------------------


@bp.get("/customers/<uuid:id_>/ownership")
@bp.arguments(ItemMomentSchema(exclude=["at_version"]), location="query")
@bp.response(200, OwnershipSchema, description="The owner; the ETag is the ownership's own.")
def get_ownership(args: dict[str, Any], id_: UUID) -> Response:
    """Show who owns a customer."""
    found, moment = as_one(id_, args)
    return show_part(CUSTOMERS, found.survivor, "ownership", moment)


@bp.get("/customers/<uuid:id_>/ownership/ledger")
@bp.arguments(LedgerQuery, location="query")
@bp.response(200, FactPage, description="A page of facts.")
def get_ledger(args: dict[str, Any], id_: UUID) -> Response:
    """Show all that was said about who owns a customer, the latest first; refused claims, too."""
    await_log()
    must_be_there(CUSTOMERS, id_, {})
    stream = ownership_id(CustomerId(id_))
    last = concord().crm.load(OWNERSHIP, stream).version

    def fetch(before: Place | None, limit: int) -> list[Recorded[Any]]:
        upto = int(before[0]) - 1 if before else last
        facts = concord().log.stream(stream, after_version=max(upto - limit, 0), upto_version=upto)
        return facts[::-1]

    asked = ["ledger", str(id_)]
    page = fact_page(fetch, lambda fact: (str(fact.version), ""), args, asked)
    return list_response(page, asked, None)


# --- Claims ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/ownership/claim")
@bp.doc(**{FIRST_COME: True})
@bp.arguments(ClaimSchema)
@bp.response(200, OutcomeSchema)
def claim_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Claim a customer that nobody owns; of many at once exactly one wins, the others learn why."""
    given = envelope(body)
    return claim(CustomerId(id_), MemberId(body["member_id"]), given)


# --- From one owner to the next -------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/ownership/offer")
@bp.arguments(OfferCustomerSchema)
@bp.response(200, OutcomeSchema)
def offer_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Offer a customer to a colleague; it moves when they accept."""
    return _change(ownership.OfferCustomer, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/offer/accept")
@bp.arguments(AcceptOfferSchema)
@bp.response(200, OutcomeSchema)
def accept_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Take over a customer that one was offered."""
    return _change(ownership.AcceptOffer, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/offer/decline")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def decline_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Decline a customer that one was offered."""
    return _change(ownership.DeclineOffer, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/offer/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_customer_offer(body: dict[str, Any], id_: UUID) -> Response:
    """Withdraw an offer that nobody has accepted yet."""
    return _change(ownership.WithdrawOffer, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/transfer")
@bp.arguments(TransferSchema)
@bp.response(200, OutcomeSchema)
def transfer_ownership(body: dict[str, Any], id_: UUID) -> Response:
    """Move a customer to another owner, as a lead may; an owner offers it instead."""
    return _change(ownership.TransferOwnership, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/release")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def release_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Give a customer up, so that somebody else may claim it."""
    return _change(ownership.ReleaseCustomer, body, id_)


# --- The customer's team --------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/ownership/share")
@bp.arguments(ShareCustomerSchema)
@bp.response(200, OutcomeSchema)
def share_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Take a colleague into the customer's team, or give them another part in it."""
    return _change(ownership.ShareCustomer, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/unshare")
@bp.arguments(UnshareCustomerSchema)
@bp.response(200, OutcomeSchema)
def unshare_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Take a colleague out of the customer's team."""
    return _change(ownership.UnshareCustomer, body, id_)


# --- Disputes -------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/ownership/dispute")
@bp.arguments(DisputeSchema)
@bp.response(200, OutcomeSchema)
def dispute_ownership(body: dict[str, Any], id_: UUID) -> Response:
    """Contest who owns a customer."""
    return _change(ownership.DisputeOwnership, body, id_)


@bp.post("/customers/<uuid:id_>/ownership/settle")
@bp.arguments(SettleSchema)
@bp.response(200, OutcomeSchema)
def settle_ownership(body: dict[str, Any], id_: UUID) -> Response:
    """Settle a dispute for one of its sides; by somebody uninvolved."""
    return _change(ownership.SettleOwnership, body, id_)


def _change(command: Any, body: dict[str, Any], id_: UUID) -> Response:
    expected = expected_version()
    given = envelope(body)
    if not isinstance(concord().crm.load(CUSTOMER, id_).state, customer.Active):
        raise not_found()
    made = command(id=ownership_id(CustomerId(id_)), **body)
    try:
        return carry_out(made, given, expected=expected)
    except StaleVersion as error:  # never claimed is version 0, and not unknown
        raise stale(error.current) from error
