"""What customers are promised today, for everybody who is signed in to read."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec
import orjson
from flask import Response
from marshmallow import fields

from application.promising import standard_in_force
from domain.ids import DepartmentId
from web.bodies import Routes
from web.fields import Id
from web.running import concord, json_response, zone
from web.support.calendars import HoursSchema
from web.support.sla_policies import LineSchema, StatementSchema
from web.views import await_log

bp = Routes("service-standard", "service-standard", description="What customers are promised.")

# --- Schemas --------------------------------------------------------------------------------------


class InForceSchema(ma.Schema):
    """A standard in force, with the hours that its minutes are counted by."""

    policy_id = fields.UUID(required=True)
    policy_version = fields.Integer(required=True)
    department_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Null: the company's."}
    )
    statement = fields.Nested(StatementSchema, required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    effective_from = fields.Date(required=True)
    calendar_id = fields.UUID(required=True, allow_none=True)
    calendar_version = fields.Integer(required=True)
    hours = fields.Nested(
        HoursSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null: every minute counts."},
    )


class ServiceStandardSchema(ma.Schema):
    """The standard in force now; null where nothing is promised."""

    standard = fields.Nested(InForceSchema, required=True, allow_none=True)


class StandardQuery(ma.Schema):
    """Whose requests: a department's; unless said, the company's standard."""

    department_id = Id()


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/service-standard")
@bp.arguments(StandardQuery, location="query")
@bp.response(200, ServiceStandardSchema, description="The standard.")
def get_service_standard(args: dict[str, Any]) -> Response:
    """Show what customers are promised for a request that is opened now."""
    await_log()
    whose: UUID | None = args.get("department_id")
    department_id = None if whose is None else DepartmentId(whose)
    found = standard_in_force(concord().crm.load, department_id, datetime.now(UTC), zone())
    if found is None:
        return json_response(orjson.dumps({"standard": None}))
    standard = {
        "policy_id": found.policy_id,
        "policy_version": found.version.version,
        "department_id": found.department_id,
        "statement": found.version.statement,
        "lines": found.version.lines,
        "effective_from": found.version.effective_from,
        "calendar_id": found.version.calendar_id,
        "calendar_version": found.hours.version if found.hours else 0,
        "hours": found.hours and found.hours.hours,
    }
    return json_response(orjson.dumps({"standard": msgspec.to_builtins(standard)}))
