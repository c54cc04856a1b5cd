"""Segments over HTTP: customers with something in common."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.customers import segment
from domain.customers.customer import BusinessPhase
from domain.customers.segment import MOST_DAYS, SegmentCriteria
from domain.days import begin_of, day_of
from domain.ids import SegmentId
from domain.values import NAME, Tier
from projections.customers.customers import CUSTOMERS
from projections.customers.segments import SEGMENTS
from projections.documents import utc
from projections.reader import Wanted, Within
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.customers.customers import CustomerSchema
from web.fields import (
    Change,
    Id,
    Moment,
    OutcomeSchema,
    Text,
    Words,
)
from web.running import zone
from web.views import ItemMomentSchema, list_schema, must_be_there, page_of, show, show_list

bp = Routes("segments", "segments", description="Customers with something in common.")

MOST = 100
"""How many values a segment names of one kind."""
_FEW = validate.Length(max=MOST)

# --- Schemas --------------------------------------------------------------------------------------


class SegmentCriteriaSchema(ma.Schema):
    """What customers have in common: all of it; of each list any one."""

    tiers = fields.List(fields.Enum(Tier, by_value=True), load_default=list, validate=_FEW)
    regions = fields.List(Text(NAME), load_default=list, validate=_FEW)
    industries = fields.List(Text(NAME), load_default=list, validate=_FEW)
    phases = fields.List(
        fields.Enum(BusinessPhase, by_value=True), load_default=list, validate=_FEW
    )
    owner_ids = fields.List(Id(), load_default=list, validate=_FEW)
    contact_age_from = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MOST_DAYS),
        metadata={"description": "The last contact is at least so many days ago, or never was."},
    )
    contact_age_to = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MOST_DAYS),
        metadata={"description": "The last contact is at most so many days ago."},
    )

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> SegmentCriteria:
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return SegmentCriteria(**told | lists)


class SegmentSchema(ma.Schema):
    """A segment, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    department_id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["active", "retired"]))
    criteria = fields.Nested(SegmentCriteriaSchema, required=True)
    defined_at = Moment()


class ChangeSegmentSchema(Change):
    """What a segment is called, and what its customers have in common."""

    name = Text(NAME, required=True)
    criteria = fields.Nested(SegmentCriteriaSchema, required=True)


class DefineSegmentSchema(ChangeSegmentSchema):
    """A segment for a department's campaigns."""

    department_id = Id(required=True)


SegmentQuery = list_schema(
    SEGMENTS,
    {
        "name": Words(),
        "department_id": Id(),
        "status": fields.String(validate=validate.OneOf(["active", "retired"])),
    },
    sort="name",
)
SegmentCustomersQuery = list_schema(CUSTOMERS, {}, sort="name")
# --- Segments -------------------------------------------------------------------------------------


@bp.get("/segments")
@bp.arguments(SegmentQuery, location="query")
@bp.response(200, page_of(SegmentSchema), description="A page of segments.")
def list_segments(args: dict[str, Any]) -> Response:
    """List segments."""
    return show_list(SEGMENTS, args)


@bp.post("/segments")
@bp.arguments(DefineSegmentSchema)
@bp.response(201, OutcomeSchema)
def define_segment(body: dict[str, Any]) -> Response:
    """Define a segment."""
    given = envelope(body)
    command = segment.DefineSegment(id=SegmentId(uuid7()), **body)
    return carry_out(command, given, created="segments.get_segment")


@bp.get("/segments/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SegmentSchema, description="The segment.")
def get_segment(args: dict[str, Any], id_: UUID) -> Response:
    """Show a segment, now or as of any moment."""
    return show(SEGMENTS, id_, args)


@bp.post("/segments/<uuid:id_>/change")
@bp.arguments(ChangeSegmentSchema)
@bp.response(200, OutcomeSchema)
def change_segment(body: dict[str, Any], id_: UUID) -> Response:
    """Say anew what a segment is called, and what its customers have in common."""
    return change(segment.ChangeSegment, body, id=SegmentId(id_))


@bp.post("/segments/<uuid:id_>/retire")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retire_segment(body: dict[str, Any], id_: UUID) -> Response:
    """Retire a segment: no more offers are made for it."""
    return change(segment.RetireSegment, body, id=SegmentId(id_))


@bp.get("/segments/<uuid:id_>/customers")
@bp.arguments(SegmentCustomersQuery, location="query")
@bp.response(200, page_of(CustomerSchema), description="A page of the segment's customers.")
def get_segment_customers(args: dict[str, Any], id_: UUID) -> Response:
    """Find the customers of a segment that one may see, now or as of any moment."""
    criteria = must_be_there(SEGMENTS, id_, args)["criteria"]
    day = day_of(args.get("as_of") or datetime.now(UTC), zone())
    return show_list(CUSTOMERS, args, _in_common(criteria, day))


_ANY_OF = {
    "tiers": "tier",
    "regions": "region",
    "industries": "industry",
    "phases": "phase",
    "owner_ids": "owner_id",
}


def _in_common(criteria: Mapping[str, Any], day: date) -> dict[str, Wanted]:
    """Return criteria as a list's filters; ages count from a day, and stay the same all day."""
    found: dict[str, Wanted] = {
        name: tuple(criteria[list_]) for list_, name in _ANY_OF.items() if criteria[list_]
    }
    youngest, oldest = criteria["contact_age_from"], criteria["contact_age_to"]
    if (youngest, oldest) != (None, None):
        found["last_contact_at"] = Within(
            least=None if oldest is None else utc(begin_of(day - timedelta(days=oldest), zone())),
            below=utc(begin_of(day - timedelta(days=youngest - 1), zone())) if youngest else None,
        )
    return found
