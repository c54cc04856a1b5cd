"""Needs and preferences over HTTP: the needs map, and how customers want things."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.customers import interaction, need, preference
from domain.customers.need import Urgency
from domain.ids import CustomerId, NeedId, PreferenceId
from domain.values import NAME
from projections.customers.needs import LATENT, NEEDS, PREFERENCES
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text, Words, YesNo
from web.running import concord
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("needs", "needs", description="What customers want, and how they want it.")

NEED_STATUS = ["open", "met", "dropped"]
PREFERENCE_STATUS = ["chosen", "withdrawn"]

# --- Schemas ------------------------------------------------------------------------------------


class NeedSchema(ma.Schema):
    """A need, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    what = fields.String(required=True)
    latent = fields.String(required=True, validate=validate.OneOf([*LATENT.values()]))
    product = fields.String(required=True, allow_none=True)
    urgency = fields.Enum(Urgency, by_value=True, required=True, allow_none=True)
    found_in_id = fields.UUID(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(NEED_STATUS))
    how = fields.String(required=True, allow_none=True)
    recorded_at = Moment()
    ended_at = Moment(allow_none=True)


class PreferenceSchema(ma.Schema):
    """A preference, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, allow_none=True)
    topic = fields.String(required=True)
    choice = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(PREFERENCE_STATUS))
    recorded_at = Moment()
    withdrawn_at = Moment(allow_none=True)


class ChangeNeedSchema(Change):
    """The whole need as it is known now: what is left out is not known."""

    what = Text(required=True)
    latent = YesNo(
        required=True,
        metadata={"description": "Whether we see it and the customer has not said it."},
    )
    product = Text(NAME, load_default=None, allow_none=True)
    urgency = fields.Enum(Urgency, by_value=True, load_default=None, allow_none=True)


class RecordNeedSchema(ChangeNeedSchema):
    """What the customer wants, and where we found out."""

    latent = YesNo(
        load_default=False,
        metadata={"description": "Whether we see it and the customer has not said it."},
    )
    found_in_id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "The interaction in which it showed."},
    )


class MeetNeedSchema(Change):
    """How the customer got it."""

    how = Text(load_default=None, allow_none=True)


class RecordPreferenceSchema(Change):
    """What is chosen on a topic, by the whole customer or by one of its people."""

    topic = Text(NAME, required=True)
    choice = Text(NAME, required=True)
    contact_id = Id(load_default=None, allow_none=True)


NeedQuery = list_schema(
    NEEDS,
    {
        "customer_id": Id(),
        "status": fields.String(validate=validate.OneOf(NEED_STATUS)),
        "latent": fields.String(validate=validate.OneOf([*LATENT.values()])),
        "product": Words(metadata={"description": "The whole name; empty: none named."}),
        "urgency": fields.Enum(Urgency, by_value=True),
    },
    sort="-recorded_at",
)
PreferenceQuery = list_schema(
    PREFERENCES,
    {
        "customer_id": Id(),
        "contact_id": IdOrNone(
            metadata={"description": "A contact's id; empty: those of whole customers."}
        ),
        "topic": Words(metadata={"description": "As it was written."}),
        "status": fields.String(validate=validate.OneOf(PREFERENCE_STATUS)),
    },
    sort="topic",
)

# --- Needs ----------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/needs")
@bp.arguments(RecordNeedSchema)
@bp.response(201, OutcomeSchema)
def record_need(body: dict[str, Any], id_: UUID) -> Response:
    """Record what a customer wants, or would want if they thought of it."""
    given = envelope(body)
    command = need.RecordNeed(
        id=NeedId(uuid7()),
        customer_id=CustomerId(id_),
        found_with_id=_with_whom(body["found_in_id"]) if body["found_in_id"] else None,
        **body,
    )
    return carry_out(command, given, created="needs.get_need")


def _with_whom(interaction_id: UUID) -> UUID | None:
    state = concord().crm.load(interaction.INTERACTION, interaction_id).state
    return state.customer_id if isinstance(state, interaction.Logged) else None


@bp.get("/needs")
@bp.arguments(NeedQuery, location="query")
@bp.response(200, page_of(NeedSchema), description="A page of needs.")
def list_needs(args: dict[str, Any]) -> Response:
    """List needs: the needs map, by customer, product, urgency, said or latent."""
    return show_list(NEEDS, args)


@bp.get("/needs/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, NeedSchema, description="The need.")
def get_need(args: dict[str, Any], id_: UUID) -> Response:
    """Show a need, now or as of any moment."""
    return show(NEEDS, id_, args)


@bp.post("/needs/<uuid:id_>/change")
@bp.arguments(ChangeNeedSchema)
@bp.response(200, OutcomeSchema)
def change_need(body: dict[str, Any], id_: UUID) -> Response:
    """Say the whole need as it is known now."""
    return change(need.ChangeNeed, body, id=NeedId(id_))


@bp.post("/needs/<uuid:id_>/meet")
@bp.arguments(MeetNeedSchema)
@bp.response(200, OutcomeSchema)
def meet_need(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that a need was met."""
    return change(need.MeetNeed, body, id=NeedId(id_))


@bp.post("/needs/<uuid:id_>/drop")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def drop_need(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that a customer wants something no more, and why."""
    return change(need.DropNeed, body, id=NeedId(id_))


# --- Preferences ----------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/preferences")
@bp.arguments(RecordPreferenceSchema)
@bp.response(201, OutcomeSchema)
def record_preference(body: dict[str, Any], id_: UUID) -> Response:
    """Record what is chosen on a topic, in place of what was chosen before."""
    given = envelope(body)
    customer_id = CustomerId(id_)
    command = preference.RecordPreference(
        id=preference.preference_id(customer_id, body["topic"], body["contact_id"]),
        customer_id=customer_id,
        **body,
    )
    return carry_out(command, given, created="needs.get_preference")


@bp.get("/preferences")
@bp.arguments(PreferenceQuery, location="query")
@bp.response(200, page_of(PreferenceSchema), description="A page of preferences.")
def list_preferences(args: dict[str, Any]) -> Response:
    """List preferences."""
    return show_list(PREFERENCES, args)


@bp.get("/preferences/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, PreferenceSchema, description="The preference.")
def get_preference(args: dict[str, Any], id_: UUID) -> Response:
    """Show a preference, now or as of any moment."""
    return show(PREFERENCES, id_, args)


@bp.post("/preferences/<uuid:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_preference(body: dict[str, Any], id_: UUID) -> Response:
    """Keep that there is no preference on this topic any more."""
    return change(preference.WithdrawPreference, body, id=PreferenceId(id_))
