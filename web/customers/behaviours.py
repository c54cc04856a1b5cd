"""Behaviour over HTTP: what customers were seen doing, and the profile that comes of it."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields
from uuid_utils.compat import uuid7

from domain.customers import behaviour
from domain.customers.behaviour import Place
from domain.ids import BehaviourId, CustomerId
from domain.values import NAME
from projections.customers.behaviours import BEHAVIOURS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, Moment, OutcomeSchema, Text
from web.views import ItemMomentSchema, show

bp = Routes(
    "behaviours", "behaviours", description="What customers do on the web, in the app, elsewhere."
)

# --- Schemas ------------------------------------------------------------------------------------


class BehaviourSchema(ma.Schema):
    """One behaviour, as the profile shows it."""

    id = fields.UUID(required=True)
    at = Moment()
    contact_id = fields.UUID(required=True, allow_none=True)
    channel = fields.Enum(Place, by_value=True, required=True)
    what = fields.String(required=True)
    item = fields.String(required=True, allow_none=True)
    campaign_id = fields.UUID(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)


def _counts(by: str) -> Any:
    return fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": f"How many by {by}; what never was is not there."},
    )


class BehaviourProfileSchema(ma.Schema):
    """How often, where and with what a customer was seen. The version is the customer's."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    total = fields.Integer(required=True)
    by_channel = _counts("channel")
    by_what = _counts("what was done")
    by_day = _counts("day, in UTC")
    first_seen_on = fields.Date(required=True, allow_none=True)
    last_seen_on = fields.Date(required=True, allow_none=True)
    latest = fields.List(
        fields.Nested(BehaviourSchema),
        required=True,
        metadata={"description": "The last 20, the latest first, but for those taken back."},
    )


class CaptureBehaviourSchema(Change):
    """What a customer was seen doing, where, and with which of its people if that is known."""

    channel = fields.Enum(Place, by_value=True, required=True)
    what = Text(
        NAME,
        required=True,
        metadata={"description": "A word for the kind of thing, such as: viewed pricing."},
    )
    contact_id = Id(load_default=None, allow_none=True)
    item = Text(NAME, load_default=None, allow_none=True)
    campaign_id = Id(load_default=None, allow_none=True)
    url = Text(load_default=None, allow_none=True)


# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/behaviours")
@bp.arguments(CaptureBehaviourSchema)
@bp.response(201, OutcomeSchema)
def capture_behaviour(body: dict[str, Any], id_: UUID) -> Response:
    """Keep what a customer was seen doing; the profile counts it."""
    given = envelope(body)
    command = behaviour.CaptureBehaviour(
        id=BehaviourId(uuid7()), customer_id=CustomerId(id_), **body
    )
    return carry_out(command, given, created="history.behaviour_history")


@bp.get("/customers/<uuid:id_>/behaviours")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, BehaviourProfileSchema, description="The profile; empty where nobody saw any.")
def get_behaviour_profile(args: dict[str, Any], id_: UUID) -> Response:
    """Show a customer's behaviour profile, now or as of any moment."""
    return show(BEHAVIOURS, id_, args)


@bp.post("/behaviours/<uuid:id_>/retract")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retract_behaviour(body: dict[str, Any], id_: UUID) -> Response:
    """Take back a behaviour that was captured by mistake."""
    return change(behaviour.RetractBehaviour, body, id=BehaviourId(id_))
