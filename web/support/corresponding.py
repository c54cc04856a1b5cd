"""Telling customers how their requests go, and what requests have to do with others, over HTTP."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from domain.ids import RequestId
from domain.support import request
from domain.support.request_informing import InformCustomer
from domain.support.words import LinkedAs, VoidedBecause
from domain.values import ContactChannel
from projections.reader import Within
from projections.support.requests import REQUESTS
from web.bodies import Routes
from web.changes import change
from web.fields import Change, Id, IdOrNone, OutcomeSchema, Text, Time
from web.support.requests import RequestSchema
from web.views import list_schema, page_of, show_list

bp = Routes("corresponding", "corresponding", description="What customers are told, and promised.")

# --- Schemas --------------------------------------------------------------------------------------


class InformSchema(Change):
    """What the customer was told, and by when they were promised to hear of it again."""

    channel = fields.Enum(ContactChannel, by_value=True, required=True)
    text = Text(required=True)
    again_by = Time(load_default=None, allow_none=True)


class LinkRequestSchema(Change):
    """Which other request, and what it is to this one."""

    other_id = Id(required=True)
    as_ = fields.Enum(LinkedAs, by_value=True, required=True, data_key="as")


class VoidSchema(Change):
    """Why it does not count; of a duplicate, which one is the original."""

    because = fields.Enum(VoidedBecause, by_value=True, load_default=VoidedBecause.OTHER)
    original_id = Id(load_default=None, allow_none=True)


PromisesQuery = list_schema(
    REQUESTS,
    {"department_id": Id(), "holder_id": IdOrNone(), "customer_id": Id()},
    sort="promised_again_by",
)

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/open-promises")
@bp.arguments(PromisesQuery, location="query")
@bp.response(200, page_of(RequestSchema), description="Requests, the earliest promise first.")
def list_open_promises(args: dict[str, Any]) -> Response:
    """List the requests whose customer was promised to hear of it again, and has not yet."""
    return show_list(REQUESTS, args, {"promised_again_by": Within(least="1")})


@bp.post("/requests/<uuid:id_>/inform")
@bp.arguments(InformSchema)
@bp.response(200, OutcomeSchema)
def inform_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Record what the customer was told; whoever has not kept the promise is reminded once."""
    return change(InformCustomer, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/link")
@bp.arguments(LinkRequestSchema)
@bp.response(200, OutcomeSchema)
def link_request(body: dict[str, Any], id_: UUID) -> Response:
    """Link a request with another one; both show it."""
    return change(request.LinkRequest, body, id=RequestId(id_))


@bp.post("/requests/<uuid:id_>/void")
@bp.arguments(VoidSchema)
@bp.response(200, OutcomeSchema)
def void_request(body: dict[str, Any], id_: UUID) -> Response:
    """Declare that a request does not count; say why."""
    return change(request.VoidRequest, body, id=RequestId(id_))
