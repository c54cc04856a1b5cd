"""Follow-ups over HTTP: whom to call back, by when, and what came of it."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.ids import CustomerId, FollowUpId
from domain.support import follow_up
from domain.support.follow_up import Satisfied
from domain.values import NAME
from projections.support.follow_ups import FOLLOW_UPS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text, Time
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("follow-ups", "follow-ups", description="Whom to call back, by when.")

STATUS = validate.OneOf(["due", "overdue", "done", "called-off"])

# --- Schemas ------------------------------------------------------------------------------------


class FollowUpSchema(ma.Schema):
    """A call-back, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    department_id = fields.UUID(required=True)
    holder_id = fields.UUID(required=True, allow_none=True)
    request_id = fields.UUID(required=True, allow_none=True)
    order_id = fields.UUID(required=True, allow_none=True)
    about = fields.String(required=True)
    status = fields.String(required=True, validate=STATUS)
    due_at = Moment()
    miss_at = Moment(
        allow_none=True, metadata={"description": "When it will be overdue; null: it is, or over."}
    )
    satisfied = fields.Enum(Satisfied, by_value=True, required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    scheduled_at = Moment()
    ended_at = Moment(allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class ScheduleFollowUpSchema(Change):
    """About what to call back, by when, and who does; with nobody named, the department."""

    department_id = Id(required=True)
    member_id = Id(load_default=None, allow_none=True)
    request_id = Id(load_default=None, allow_none=True)
    order_id = Id(load_default=None, allow_none=True)
    about = Text(NAME, required=True)
    due_at = Time(required=True)


class AssignFollowUpSchema(Change):
    """Into whose hands."""

    member_id = Id(required=True)


class MoveFollowUpSchema(Change):
    """To when; the reason says why."""

    due_at = Time(required=True)


class FinishFollowUpSchema(Change):
    """What came of it."""

    satisfied = fields.Enum(Satisfied, by_value=True, required=True)
    outcome = Text(required=True)
    note = Text(load_default=None, allow_none=True)


FollowUpQuery = list_schema(
    FOLLOW_UPS,
    {
        "status": fields.String(validate=STATUS),
        "customer_id": Id(),
        "department_id": Id(),
        "holder_id": IdOrNone(
            metadata={"description": "A member's id; empty: what nobody has taken."}
        ),
        "request_id": IdOrNone(metadata={"description": "Empty: about no request."}),
        "order_id": IdOrNone(metadata={"description": "Empty: about no order."}),
        "satisfied": fields.Enum(Satisfied, by_value=True),
    },
    sort="due_at",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/follow-ups")
@bp.arguments(ScheduleFollowUpSchema)
@bp.response(201, OutcomeSchema)
def schedule_follow_up(body: dict[str, Any], id_: UUID) -> Response:
    """Schedule a call back to a customer."""
    given = envelope(body)
    command = follow_up.ScheduleFollowUp(
        id=FollowUpId(uuid7()), customer_id=CustomerId(id_), **body
    )
    return carry_out(command, given, created="follow-ups.get_follow_up")


@bp.get("/follow-ups")
@bp.arguments(FollowUpQuery, location="query")
@bp.response(200, page_of(FollowUpSchema), description="A page of call-backs.")
def list_follow_ups(args: dict[str, Any]) -> Response:
    """List call-backs, those due first at the top."""
    return show_list(FOLLOW_UPS, args)


@bp.get("/follow-ups/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, FollowUpSchema, description="The call-back.")
def get_follow_up(args: dict[str, Any], id_: UUID) -> Response:
    """Show a call-back, now or as of any moment."""
    return show(FOLLOW_UPS, id_, args)


@bp.post("/follow-ups/<uuid:id_>/assign")
@bp.arguments(AssignFollowUpSchema)
@bp.response(200, OutcomeSchema)
def assign_follow_up(body: dict[str, Any], id_: UUID) -> Response:
    """Put a call-back into a member's hands."""
    return change(follow_up.AssignFollowUp, body, id=FollowUpId(id_))


@bp.post("/follow-ups/<uuid:id_>/move")
@bp.arguments(MoveFollowUpSchema)
@bp.response(200, OutcomeSchema)
def move_follow_up(body: dict[str, Any], id_: UUID) -> Response:
    """Move a call-back to another time, and say why."""
    return change(follow_up.MoveFollowUp, body, id=FollowUpId(id_))


@bp.post("/follow-ups/<uuid:id_>/finish")
@bp.arguments(FinishFollowUpSchema)
@bp.response(200, OutcomeSchema)
def finish_follow_up(body: dict[str, Any], id_: UUID) -> Response:
    """Keep what came of a call-back."""
    return change(follow_up.FinishFollowUp, body, id=FollowUpId(id_))


@bp.post("/follow-ups/<uuid:id_>/call-off")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def call_off_follow_up(body: dict[str, Any], id_: UUID) -> Response:
    """Call a call-back off, and say why."""
    return change(follow_up.CallOffFollowUp, body, id=FollowUpId(id_))
