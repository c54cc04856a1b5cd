"""Partners over HTTP: the map of who supplies whom, sells through whom, belongs to whom."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.confidential import FieldClass
from domain.customers import partner_link
from domain.customers.partner_link import Link
from domain.ids import CustomerId, PartnerLinkId
from domain.values import NAME
from projections.customers.partners import PARTNERS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("partners", "partners", description="The companies that customers work with.")

STATUS = ["linked", "ended"]

# --- Schemas ------------------------------------------------------------------------------------


class PartnerSchema(ma.Schema):
    """A link between a customer and a partner, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    partner_id = fields.UUID(required=True, allow_none=True)
    partner_name = fields.String(required=True, allow_none=True)
    link = fields.Enum(Link, by_value=True, required=True)
    note = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUS))
    linked_at = Moment()
    ended_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class LinkPartnerSchema(Change):
    """Which customer the partner is, or its name where it is none of ours; and what it is."""

    link = fields.Enum(Link, by_value=True, required=True)
    partner_id = Id(load_default=None, allow_none=True)
    partner_name = Text(NAME, load_default=None, allow_none=True)
    note = Text(load_default=None, allow_none=True)


PartnerQuery = list_schema(
    PARTNERS,
    {
        "customer_id": Id(),
        "partner_id": IdOrNone(
            metadata={"description": "A customer's id; empty: partners that are none of ours."}
        ),
        "link": fields.Enum(Link, by_value=True),
        "status": fields.String(validate=validate.OneOf(STATUS)),
    },
    sort="linked_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/partners")
@bp.arguments(LinkPartnerSchema)
@bp.response(201, OutcomeSchema)
def link_partner(body: dict[str, Any], id_: UUID) -> Response:
    """Link a customer with a partner; where that is a customer, too, both timelines show it."""
    given = envelope(body)
    customer_id = CustomerId(id_)
    command = partner_link.LinkPartner(
        id=partner_link.partner_link_id(
            customer_id, body["link"], body["partner_id"], body["partner_name"]
        ),
        customer_id=customer_id,
        **body,
    )
    return carry_out(command, given, created="partners.get_partner")


@bp.get("/partners")
@bp.arguments(PartnerQuery, location="query")
@bp.response(200, page_of(PartnerSchema), description="A page of links.")
def list_partners(args: dict[str, Any]) -> Response:
    """List links with partners: the partner map."""
    return show_list(PARTNERS, args)


@bp.get("/partners/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, PartnerSchema, description="The link.")
def get_partner(args: dict[str, Any], id_: UUID) -> Response:
    """Show a link with a partner, now or as of any moment."""
    return show(PARTNERS, id_, args)


@bp.post("/partners/<uuid:id_>/end")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def end_partner(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that a customer and a partner work together no more."""
    return change(partner_link.EndPartnerLink, body, id=PartnerLinkId(id_))
