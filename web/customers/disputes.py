"""Disputes between customers over HTTP: raised, mediated, settled or withdrawn."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.customers import dispute, ownership
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId, DisputeId
from projections.customers.disputes import DISPUTES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text
from web.running import concord
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("disputes", "disputes", description="Disputes between customers, and who mediates.")

STATUS = ["raised", "mediated", "settled", "withdrawn"]

# --- Schemas ------------------------------------------------------------------------------------


class CustomerDisputeSchema(ma.Schema):
    """A dispute between two customers, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    against_id = fields.UUID(required=True)
    about = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUS))
    mediator_id = fields.UUID(required=True, allow_none=True)
    terms = fields.String(required=True, allow_none=True)
    raised_at = Moment()
    ended_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class RaiseDisputeSchema(Change):
    """Against which customer, and what about."""

    against_id = Id(required=True)
    about = Text(required=True)


class MediatorSchema(Change):
    """Who mediates."""

    mediator_id = Id(required=True)


class SettleDisputeSchema(Change):
    """On what the two agreed, and why so."""

    terms = Text(required=True)


DisputeQuery = list_schema(
    DISPUTES,
    {
        "customer_id": Id(),
        "against_id": Id(),
        "mediator_id": IdOrNone(
            metadata={"description": "A member's id; empty: disputes that nobody mediates."}
        ),
        "status": fields.String(validate=validate.OneOf(STATUS)),
    },
    sort="-raised_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/disputes")
@bp.arguments(RaiseDisputeSchema)
@bp.response(201, OutcomeSchema)
def raise_dispute(body: dict[str, Any], id_: UUID) -> Response:
    """Keep what a customer holds against another; both timelines show it."""
    given = envelope(body)
    command = dispute.RaiseDispute(id=DisputeId(uuid7()), customer_id=CustomerId(id_), **body)
    return carry_out(command, given, created="disputes.get_dispute")


@bp.get("/disputes")
@bp.arguments(DisputeQuery, location="query")
@bp.response(200, page_of(CustomerDisputeSchema), description="A page of disputes.")
def list_disputes(args: dict[str, Any]) -> Response:
    """List disputes between customers."""
    return show_list(DISPUTES, args)


@bp.get("/disputes/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, CustomerDisputeSchema, description="The dispute.")
def get_dispute(args: dict[str, Any], id_: UUID) -> Response:
    """Show a dispute, now or as of any moment."""
    return show(DISPUTES, id_, args)


@bp.post("/disputes/<uuid:id_>/mediator")
@bp.arguments(MediatorSchema)
@bp.response(200, OutcomeSchema)
def name_mediator(body: dict[str, Any], id_: UUID) -> Response:
    """Put a dispute before somebody who owns neither customer."""
    return change(dispute.NameMediator, body, id=DisputeId(id_), owner_ids=_owners(id_))


@bp.post("/disputes/<uuid:id_>/settle")
@bp.arguments(SettleDisputeSchema)
@bp.response(200, OutcomeSchema)
def settle_dispute(body: dict[str, Any], id_: UUID) -> Response:
    """Write down on what the two agreed; by the mediator, with a reason."""
    return change(dispute.SettleDispute, body, id=DisputeId(id_), owner_ids=_owners(id_))


@bp.post("/disputes/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_dispute(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that the customer insists no more."""
    return change(dispute.WithdrawDispute, body, id=DisputeId(id_))


def _owners(id_: UUID) -> tuple[UUID, ...]:
    """Return who owns the two customers of a dispute."""
    crm = concord().crm
    state = crm.load(dispute.DISPUTE, id_).state
    if isinstance(state, dispute.Absent):
        return ()
    sides = (state.customer_id, state.against_id)
    owned = [crm.load(OWNERSHIP, ownership.ownership_id(side)).state for side in sides]
    return tuple(each.owner_id for each in owned if not isinstance(each, ownership.Unowned))
