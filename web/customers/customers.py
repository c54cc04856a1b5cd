"""Customers over HTTP: the master record, contacts, tier, owner, and interactions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, url_for
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.customers import customer, interaction
from domain.customers.customer import BusinessPhase, CustomerDetails
from domain.customers.customer_rules import CUSTOMER
from domain.ids import ContactId, CustomerId, InteractionId, RequestId
from domain.values import NAME, SHORT, ContactChannel, Tier
from projections.customers.customers import CUSTOMERS
from projections.customers.needs import NEEDS
from projections.customers.segments import OFFERS
from projections.documents import ReadModel
from projections.reader import ListQuery
from projections.sales.contracts import CONTRACTS
from projections.sales.opportunities import OPPORTUNITIES
from projections.sales.orders import ORDERS
from projections.support.requests import REQUESTS
from web.bodies import Routes
from web.changes import carry_out, change, envelope, expected_version
from web.customers.needs import NeedSchema
from web.customers.offers import OfferSchema
from web.customers.ownership import OwnershipSchema
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text, Words
from web.problems import not_found
from web.running import concord
from web.sales.contracts import ContractSchema
from web.sales.opportunities import OpportunitySchema
from web.sales.orders import OrderSchema
from web.support.requests import RequestSchema
from web.views import (
    ItemMomentSchema,
    as_one,
    list_schema,
    page_of,
    show,
    show_list,
)

bp = Routes("customers", "customers", description="Customers, who owns them, and every contact.")

MOST_OPEN = 50
"""How many open things of each kind the customer 360 carries; the lists of them have all."""

# --- Schemas ------------------------------------------------------------------------------------


class DetailsSchema(ma.Schema):
    """What every department may know of a customer."""

    name = Text(NAME, required=True)
    short_name = Text(NAME, allow_none=True)
    industry = Text(NAME, allow_none=True)
    business = Text(NAME, allow_none=True)
    employees = fields.Integer(
        strict=True, allow_none=True, validate=validate.Range(0, 100_000_000)
    )
    phase = fields.Enum(BusinessPhase, by_value=True, allow_none=True)
    address = Text(NAME, allow_none=True)
    region = Text(NAME, allow_none=True)
    phone = Text(SHORT, allow_none=True)
    website = Text(NAME, allow_none=True)
    tax_id = Text(SHORT, allow_none=True)


class ChangedDetailsSchema(DetailsSchema):
    """The details that change; those left out stay, null removes."""

    name = Text(NAME)


class ContactShownSchema(ma.Schema):
    """A person we speak with, as the customer shows them."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    customer_id = fields.UUID(
        metadata={"description": "The merged customer whose contact it is, where it is one's."}
    )


class CustomerSchema(ma.Schema):
    """A customer, as lists show it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    details = fields.Nested(DetailsSchema, required=True)
    name = fields.String(required=True)
    region = fields.String(required=True, allow_none=True)
    industry = fields.String(required=True, allow_none=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    contacts = fields.List(fields.Nested(ContactShownSchema), required=True)
    ownership = fields.Nested(OwnershipSchema, required=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(required=True, allow_none=True)
    hand_over_id = fields.UUID(required=True, allow_none=True)
    reclaim_at = Moment(
        allow_none=True,
        metadata={"description": "When it goes back to the pool by itself; null: it does not."},
    )
    totals = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    registered_at = Moment()
    last_contact_at = Moment(allow_none=True)
    last_progress_at = Moment(allow_none=True)
    phase = fields.Enum(BusinessPhase, by_value=True, required=True, allow_none=True)
    tiered_at = Moment(allow_none=True)
    retier_at = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The day on which the tier is looked at again."},
    )
    merged_into = fields.UUID(required=True, allow_none=True)
    merged_from = fields.List(fields.UUID(), required=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class Customer360Schema(CustomerSchema):
    """A customer, with what is open in every department."""

    open_requests = fields.List(fields.Nested(RequestSchema), required=True)
    open_opportunities = fields.List(fields.Nested(OpportunitySchema), required=True)
    running_contracts = fields.List(fields.Nested(ContractSchema), required=True)
    unpaid_orders = fields.List(fields.Nested(OrderSchema), required=True)
    open_offers = fields.List(fields.Nested(OfferSchema), required=True)
    open_needs = fields.List(fields.Nested(NeedSchema), required=True)


class RegisterSchema(Change):
    """A new customer."""

    details = fields.Nested(DetailsSchema, required=True)
    tier = fields.Enum(Tier, by_value=True, load_default=Tier.NORMAL)


class PatchDetailsSchema(Change):
    """Other details."""

    details = fields.Nested(ChangedDetailsSchema, required=True)


class ContactSchema(Change):
    """A person we speak with."""

    name = Text(NAME, required=True)
    title = Text(NAME, load_default=None, allow_none=True)
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=NAME))
    phone = Text(SHORT, load_default=None, allow_none=True)


class MergeSchema(Change):
    """Into which customer, and how one knows that both are the same."""

    into_id = Id(required=True)


class InteractionSchema(Change):
    """A mail, call, chat, visit or meeting."""

    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    direction = fields.Enum(interaction.Direction, by_value=True, required=True)
    summary = Text(required=True)
    contact_id = Id(load_default=None, allow_none=True)
    about_request_id = Id(load_default=None, allow_none=True)


CustomerQuery = list_schema(
    CUSTOMERS,
    {
        "tier": fields.Enum(Tier, by_value=True),
        "owner_id": IdOrNone(
            metadata={"description": "A member's id; empty: customers that nobody owns."}
        ),
        "region": Words(),
        "industry": Words(),
        "name": Words(metadata={"description": "The whole name."}),
        "merged_into": IdOrNone(
            load_default="",
            metadata={
                "description": "A customer's id: those merged into it. Empty, as when left out:"
                " those merged into no other."
            },
        ),
    },
    sort="name",
)

# --- The master record ----------------------------------------------------------------------------


@bp.get("/customers")
@bp.arguments(CustomerQuery, location="query")
@bp.response(200, page_of(CustomerSchema), description="A page of customers.")
def list_customers(args: dict[str, Any]) -> Response:
    """List customers."""
    return show_list(CUSTOMERS, args)


@bp.post("/customers")
@bp.arguments(RegisterSchema)
@bp.response(201, OutcomeSchema)
def register_customer(body: dict[str, Any]) -> Response:
    """Register a customer."""
    given = envelope(body)
    command = customer.RegisterCustomer(
        id=CustomerId(uuid7()),
        details=CustomerDetails(**body["details"]),
        tier=body["tier"],
    )
    return carry_out(command, given, created="customers.get_customer")


@bp.get("/customers/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, Customer360Schema, description="The customer 360.")
def get_customer(args: dict[str, Any], id_: UUID) -> Response:
    """Show a customer, now or as of any moment; a merged one's id shows the one it is part of."""
    found, moment = as_one(id_, args)
    parts = {name: (model, _open(part, found.texts)) for name, (model, part) in OPEN.items()}
    response = show(CUSTOMERS, found.survivor, moment, parts=parts, merged=found.merged)
    if found.survivor != id_:
        here = url_for("customers.get_customer", id_=found.survivor)
        response.headers["Content-Location"] = here
    return response


OPEN: Mapping[str, tuple[ReadModel, ListQuery]] = {
    "open_requests": (REQUESTS, ListQuery(sort="opened_at", filters={"status": "open"})),
    "open_opportunities": (OPPORTUNITIES, ListQuery(sort="opened_at", filters={"status": "open"})),
    "running_contracts": (CONTRACTS, ListQuery(sort="signed_at", filters={"status": "running"})),
    "unpaid_orders": (ORDERS, ListQuery(sort="placed_at", filters={"owing": "yes"})),
    "open_offers": (OFFERS, ListQuery(sort="made_at", filters={"status": "open"})),
    "open_needs": (NEEDS, ListQuery(sort="recorded_at", filters={"status": "open"})),
}
"""What is open with a customer, in every department."""


def _open(part: ListQuery, ids: tuple[str, ...]) -> ListQuery:
    return replace(part, filters={**part.filters, "customer_id": ids}, limit=MOST_OPEN)


@bp.patch("/customers/<uuid:id_>")
@bp.arguments(PatchDetailsSchema)
@bp.response(200, OutcomeSchema)
def change_details(body: dict[str, Any], id_: UUID) -> Response:
    """Change a customer's details; what is left out stays."""
    expected = expected_version()
    given = envelope(body)
    loaded = concord().crm.load(CUSTOMER, id_)
    if isinstance(loaded.state, customer.Absent):
        raise not_found()
    merged = isinstance(loaded.state, customer.Merged)  # the rules say so
    state = loaded.state.was if merged else loaded.state
    command = customer.ChangeCustomerDetails(
        id=CustomerId(id_), details=replace(state.details, **body["details"])
    )
    # What is left out is taken from this version: a change in between must not be undone.
    seen = loaded.version if expected is None else expected
    return carry_out(command, given, expected=seen)


@bp.post("/customers/<uuid:id_>/merge")
@bp.arguments(MergeSchema)
@bp.response(200, OutcomeSchema)
def merge_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Merge a customer into another; both are then shown as one, and nothing is lost."""
    return change(customer.MergeCustomer, body, id=CustomerId(id_))


@bp.post("/customers/<uuid:id_>/unmerge")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def unmerge_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Undo a merging: what was recorded under either id is that one's again."""
    return change(customer.UnmergeCustomer, body, id=CustomerId(id_))


# --- Contacts -------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/contacts")
@bp.arguments(ContactSchema)
@bp.response(200, OutcomeSchema)
def add_contact(body: dict[str, Any], id_: UUID) -> Response:
    """Add a contact; the customer's document shows its id."""
    return change(customer.AddContact, body, id=CustomerId(id_), contact_id=ContactId(uuid7()))


@bp.put("/customers/<uuid:id_>/contacts/<uuid:contact_id>")
@bp.arguments(ContactSchema)
@bp.response(200, OutcomeSchema)
def change_contact(body: dict[str, Any], id_: UUID, contact_id: UUID) -> Response:
    """Replace a contact's details."""
    return change(
        customer.ChangeContact, body, id=CustomerId(id_), contact_id=ContactId(contact_id)
    )


@bp.post("/customers/<uuid:id_>/contacts/<uuid:contact_id>/remove")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def remove_contact(body: dict[str, Any], id_: UUID, contact_id: UUID) -> Response:
    """Remove a contact who no longer speaks for the customer."""
    return change(
        customer.RemoveContact, body, id=CustomerId(id_), contact_id=ContactId(contact_id)
    )


# --- Interactions ---------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/interactions")
@bp.arguments(InteractionSchema)
@bp.response(201, OutcomeSchema)
def log_interaction(body: dict[str, Any], id_: UUID) -> Response:
    """Log an interaction with a customer; the timeline shows it."""
    given = envelope(body)
    command = interaction.LogInteraction(
        id=InteractionId(uuid7()),
        customer_id=CustomerId(id_),
        channel=body["channel"],
        direction=body["direction"],
        summary=body["summary"],
        contact_id=ContactId(body["contact_id"]) if body["contact_id"] else None,
        about_request_id=(
            RequestId(body["about_request_id"]) if body["about_request_id"] else None
        ),
    )
    return carry_out(command, given, created="history.interaction_history")


@bp.post("/interactions/<uuid:id_>/retract")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retract_interaction(body: dict[str, Any], id_: UUID) -> Response:
    """Take back an interaction that was logged by mistake."""
    return change(interaction.RetractInteraction, body, id=InteractionId(id_))
