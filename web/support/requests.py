"""Requests over HTTP: opened, in somebody's hands, waiting, resolved, closed."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from application.promising import Asked, promise, retiered, tier_of
from domain.ids import RequestId
from domain.support import request
from domain.support.promise import Promise
from domain.support.request_rules import REQUEST
from domain.support.words import Level, ReplyKind, RequestKind, VoidedBecause, WaitingOn
from domain.values import NAME, ContactChannel, Tier
from projections.support.requests import REQUESTS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text, Whole, YesNo
from web.running import concord, zone
from web.support.sla_policies import TargetsSchema
from web.support.staffing import check_there, is_routed
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("support", "support", description="Requests: what customers ask of us.")

STATUS = validate.OneOf(["open", "resolved", "closed", "voided"])

WAITING = ("customer", "third-party", "customer and third-party")
WAITS_FOR = fields.String(
    validate=validate.OneOf(["", *WAITING]),
    metadata={"description": "Whom it waits for; empty: nobody, there is something to do."},
)
PRIORITY = Whole(validate=validate.Range(1, 9))

# --- Schemas ------------------------------------------------------------------------------------


class LinkSchema(ma.Schema):
    """Another request, and what it is to this one."""

    request_id = fields.UUID(required=True)
    as_ = fields.String(
        required=True,
        data_key="as",
        validate=validate.OneOf(["duplicate", "original", "earlier", "later", "related"]),
    )


class PromiseSchema(ma.Schema):
    """What the customer was promised, by which versions of the standard and the calendar."""

    policy_id = fields.UUID(required=True)
    policy_version = fields.Integer(required=True)
    calendar_id = fields.UUID(required=True, allow_none=True)
    calendar_version = fields.Integer(required=True)
    targets = fields.Nested(TargetsSchema, required=True)


class RequestSchema(ma.Schema):
    """A request, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    department_id = fields.UUID(required=True)
    holder_id = fields.UUID(required=True, allow_none=True)
    last_holder_id = fields.UUID(required=True, allow_none=True)
    kind = fields.Enum(RequestKind, by_value=True, required=True)
    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    title = fields.String(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True, allow_none=True)
    promise = fields.Nested(
        PromiseSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null: no service standard was in force when it was opened."},
    )
    status = fields.String(required=True, validate=STATUS)
    waiting_on = fields.List(fields.Enum(WaitingOn, by_value=True), required=True)
    waits_for = fields.String(required=True, allow_none=True)
    urgency = fields.Enum(Level, by_value=True, required=True, allow_none=True)
    importance = fields.Enum(Level, by_value=True, required=True, allow_none=True)
    priority = fields.Integer(required=True, allow_none=True)
    queue_order = fields.String(
        required=True, metadata={"description": "Sorts by priority, then by age."}
    )
    route_at = Moment(allow_none=True)
    rule = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The routing rule that put it where it is; null: a person did."},
    )
    links = fields.List(fields.Nested(LinkSchema), required=True)
    voided_because = fields.Enum(VoidedBecause, by_value=True, required=True, allow_none=True)
    informed = fields.Integer(required=True)
    promised_again_by = Moment(allow_none=True)
    promise_lapsed_at = Moment(allow_none=True)
    remind_at = Moment(allow_none=True)
    handovers = fields.Integer(required=True)
    replies = fields.Integer(required=True)
    reopened = fields.Integer(required=True)
    opened_at = Moment()
    resolved_at = Moment(allow_none=True)
    closed_at = Moment(allow_none=True)
    last_fact_at = Moment()


class OpenSchema(Change):
    """What a customer asks."""

    customer_id = Id(required=True)
    department_id = Id(required=True)
    kind = fields.Enum(RequestKind, by_value=True, required=True)
    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    title = Text(NAME, required=True)
    holder_id = Id(
        load_default=None,
        metadata={"description": "Who takes it at once; without, it waits in the queue."},
    )
    urgency = fields.Enum(Level, by_value=True, load_default=None, allow_none=True)
    importance = fields.Enum(
        Level,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "With the urgency it gives the priority that routing looks at."},
    )


class AssignSchema(Change):
    """Into whose hands."""

    member_id = Id(required=True)
    even_if_away = YesNo(
        load_default=False,
        metadata={"description": "Leave it for when they are back."},
    )


class RetierSchema(Change):
    """By which tier the times are promised."""

    tier = fields.Enum(Tier, by_value=True, required=True)


class QueueSchema(Change):
    """Into which department's queue."""

    department_id = Id(required=True)


class ReplySchema(Change):
    """What was written, and for whom."""

    kind = fields.Enum(ReplyKind, by_value=True, load_default=ReplyKind.PUBLIC)
    text = Text(required=True)


class MessageSchema(Change):
    """What the customer wrote."""

    text = Text(required=True)


class StartWaitingSchema(Change):
    """For whom the request waits."""

    on = fields.Enum(WaitingOn, by_value=True, required=True)
    contracted = YesNo(load_default=False)


class EndWaitingSchema(Change):
    """For whom it no longer waits."""

    on = fields.Enum(WaitingOn, by_value=True, required=True)


class StepSchema(Change):
    """What was done, in the business's own word."""

    step = Text(NAME, required=True)


class PrioritySchema(Change):
    """How urgent and how important."""

    urgency = fields.Enum(Level, by_value=True, required=True)
    importance = fields.Enum(Level, by_value=True, required=True)


class ResolveSchema(Change):
    """How it was resolved."""

    resolution = Text(required=True)


class ReopenSchema(Change):
    """Why it comes back. It comes back now: the seven days cannot be argued with."""

    class Meta:
        """No time of one's own choice."""

        exclude = ("occurred_at",)


RequestQuery = list_schema(
    REQUESTS,
    {
        "status": fields.String(validate=STATUS),
        "customer_id": Id(),
        "department_id": Id(),
        "holder_id": IdOrNone(
            metadata={"description": "A member's id; empty: what nobody has taken."}
        ),
        "kind": fields.Enum(RequestKind, by_value=True),
        "tier": fields.Enum(Tier, by_value=True),
        "channel": fields.Enum(ContactChannel, by_value=True),
        "priority": PRIORITY,
        "waits_for": WAITS_FOR,
    },
    sort="-opened_at",
)

# --- Reading --------------------------------------------------------------------------------------


@bp.get("/requests")
@bp.arguments(RequestQuery, location="query")
@bp.response(200, page_of(RequestSchema), description="A page of requests.")
def list_requests(args: dict[str, Any]) -> Response:
    """List requests."""
    return show_list(REQUESTS, args)


@bp.get("/requests/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, RequestSchema, description="The request.")
def get_request(args: dict[str, Any], id_: UUID) -> Response:
    """Show a request, now or as of any moment."""
    return show(REQUESTS, id_, args)


# --- Changing -------------------------------------------------------------------------------------


@bp.post("/requests")
@bp.arguments(OpenSchema)
@bp.response(201, OutcomeSchema)
def open_request(body: dict[str, Any]) -> Response:
    """Open a request of a customer in a department's queue; its rules find who takes it."""
    given = envelope(body)
    load = concord().crm.load
    promised = promise(
        load,
        Asked(
            department_id=body["department_id"],
            tier=tier_of(load, body["customer_id"]),
            kind=body["kind"],
            opened_at=given.occurred_at,
            zone=zone(),
        ),
    )
    command = request.OpenRequest(
        id=RequestId(uuid7()),
        promise=promised,
        to_route=body["holder_id"] is None and is_routed(body["department_id"]),
        **body,
    )
    return carry_out(command, given, created="support.get_request")


@bp.post("/requests/<uuid:id_>/retier")
@bp.arguments(RetierSchema)
@bp.response(200, OutcomeSchema)
def retier_request(body: dict[str, Any], id_: UUID) -> Response:
    """Promise the times of another tier, by the same standard; they hold since the opening."""
    promised = _retiered(id_, body.pop("tier"))
    return change(request.RetierRequest, body, id=RequestId(id_), promise=promised)


def _retiered(id_: UUID, tier: Tier) -> Promise | None:
    here = concord()
    opened = next(iter(here.log.stream(id_, limit=1)), None)
    if opened is None or not isinstance(opened.event, request.RequestOpened):
        return None  # there is no such request: the rules say so
    load, kind = here.crm.load, opened.event.kind
    now = getattr(load(REQUEST, id_).state, "promise", None)
    if now is not None:
        return retiered(load, now, tier, kind)
    asked = Asked(
        department_id=opened.event.department_id,
        tier=tier,
        kind=kind,
        opened_at=opened.occurred_at,
        zone=zone(),
    )
    return promise(load, asked)


@bp.post("/requests/<uuid:id_>/assign")
@bp.arguments(AssignSchema)
@bp.response(200, OutcomeSchema)
def assign_request(body: dict[str, Any], id_: UUID) -> Response:
    """Put a request into a member's hands, who must not be away unless you say so."""
    if not body.pop("even_if_away"):
        check_there(body["member_id"])
    return change(request.AssignRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/queue")
@bp.arguments(QueueSchema)
@bp.response(200, OutcomeSchema)
def queue_request(body: dict[str, Any], id_: UUID) -> Response:
    """Put a request into a department's queue."""
    return change(request.QueueRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/reply")
@bp.arguments(ReplySchema)
@bp.response(200, OutcomeSchema)
def reply_to_request(body: dict[str, Any], id_: UUID) -> Response:
    """Write a reply."""
    return change(request.ReplyToRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/customer-message")
@bp.arguments(MessageSchema)
@bp.response(200, OutcomeSchema)
def record_customer_message(body: dict[str, Any], id_: UUID) -> Response:
    """Record that the customer wrote again."""
    return change(request.RecordCustomerMessage, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/wait")
@bp.arguments(StartWaitingSchema)
@bp.response(200, OutcomeSchema)
def start_waiting(body: dict[str, Any], id_: UUID) -> Response:
    """Wait for the customer or a third party."""
    return change(request.StartWaiting, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/end-wait")
@bp.arguments(EndWaitingSchema)
@bp.response(200, OutcomeSchema)
def end_waiting(body: dict[str, Any], id_: UUID) -> Response:
    """End a wait."""
    return change(request.EndWaiting, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/step")
@bp.arguments(StepSchema)
@bp.response(200, OutcomeSchema)
def take_step(body: dict[str, Any], id_: UUID) -> Response:
    """Record a step that was done."""
    return change(request.TakeStep, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/prioritise")
@bp.arguments(PrioritySchema)
@bp.response(200, OutcomeSchema)
def prioritise_request(body: dict[str, Any], id_: UUID) -> Response:
    """Say how urgent and how important a request is; its priority is the product."""
    return change(request.PrioritiseRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/resolve")
@bp.arguments(ResolveSchema)
@bp.response(200, OutcomeSchema)
def resolve_request(body: dict[str, Any], id_: UUID) -> Response:
    """Resolve a request; every wait ends with it."""
    return change(request.ResolveRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/reopen")
@bp.arguments(ReopenSchema)
@bp.response(200, OutcomeSchema)
def reopen_request(body: dict[str, Any], id_: UUID) -> Response:
    """Reopen a request within seven days of its resolution."""
    return change(request.ReopenRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/close")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def close_request(body: dict[str, Any], id_: UUID) -> Response:
    """Close a resolved request."""
    return change(request.CloseRequest, body, id=RequestId(id_))
