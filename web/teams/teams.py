"""Departments and members over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.ids import DepartmentId, MemberId
from domain.support.words import RequestKind
from domain.teams import department, member
from domain.teams.department import DepartmentKind, department_id
from domain.values import NAME, SHORT, ContactChannel
from projections.support.requests import REQUESTS
from projections.teams.teams import DEPARTMENTS, MEMBERS
from web.bodies import Routes
from web.changes import carry_out, change, envelope, expected_version
from web.fields import Change, Id, IdOrNone, Moment, OutcomeSchema, Text, Words
from web.problems import not_found
from web.running import concord
from web.support.requests import PRIORITY, WAITS_FOR, RequestSchema
from web.views import ItemMomentSchema, list_schema, must_be_there, page_of, show, show_list

bp = Routes("teams", "teams", description="Departments and the people who work in them.")

SLUG = validate.Regexp(  # `$` alone would let a line break pass
    r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)",
    error="Lower-case words joined by hyphens, such as team-lead.",
)

# --- Schemas ------------------------------------------------------------------------------------


class DepartmentSchema(ma.Schema):
    """A department, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(DepartmentKind, by_value=True, required=True)
    status = fields.String(required=True, validate=validate.OneOf(["open", "closed"]))
    created_at = Moment()


class SkillShownSchema(ma.Schema):
    """What somebody is good at, from 1 to 5."""

    name = fields.String(required=True)
    level = fields.Integer(required=True)


class AbsenceShownSchema(ma.Schema):
    """When somebody is away."""

    starts_at = Moment()
    ends_at = Moment()


class MemberSchema(ma.Schema):
    """A member, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    department_id = fields.UUID(required=True)
    role = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["active", "left"]))
    skills = fields.List(fields.Nested(SkillShownSchema), required=True)
    absences = fields.List(fields.Nested(AbsenceShownSchema), required=True)
    joined_at = Moment()
    left_at = Moment(allow_none=True)


class CreateDepartmentSchema(Change):
    """A new department; its code is for good, its name may change."""

    code = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])
    name = Text(NAME, required=True)
    kind = fields.Enum(DepartmentKind, by_value=True, load_default=DepartmentKind.CORE)


class RenameDepartmentSchema(Change):
    """Another name."""

    name = Text(NAME, required=True)


class JoinSchema(Change):
    """Somebody who joins."""

    name = Text(NAME, required=True)
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=NAME))
    department_id = Id(required=True)
    role = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


class MemberDetailsSchema(Change):
    """A member's name and email; what is left out stays."""

    name = Text(NAME)
    email = fields.Email(allow_none=True, validate=validate.Length(max=NAME))


class MoveSchema(Change):
    """Another department."""

    department_id = Id(required=True)


class RoleSchema(Change):
    """Another role."""

    role = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


DepartmentQuery = list_schema(
    DEPARTMENTS,
    {
        "status": fields.String(validate=validate.OneOf(["open", "closed"])),
        "kind": fields.Enum(DepartmentKind, by_value=True),
    },
    sort="code",
)
MemberQuery = list_schema(
    MEMBERS,
    {
        "department_id": Id(),
        "role": Words(),
        "status": fields.String(validate=validate.OneOf(["active", "left"])),
    },
    sort="name",
)
QueueQuery = list_schema(
    REQUESTS,
    {
        "holder_id": IdOrNone(
            metadata={"description": "A member's id; empty: what nobody has taken."}
        ),
        "kind": fields.Enum(RequestKind, by_value=True),
        "channel": fields.Enum(ContactChannel, by_value=True),
        "priority": PRIORITY,
        "waits_for": WAITS_FOR,
    },
    sort="opened_at",
)

# --- Departments ----------------------------------------------------------------------------------


@bp.get("/departments")
@bp.arguments(DepartmentQuery, location="query")
@bp.response(200, page_of(DepartmentSchema), description="A page of departments.")
def list_departments(args: dict[str, Any]) -> Response:
    """List departments."""
    return show_list(DEPARTMENTS, args)


@bp.post("/departments")
@bp.arguments(CreateDepartmentSchema)
@bp.response(201, OutcomeSchema)
def create_department(body: dict[str, Any]) -> Response:
    """Create a department."""
    given = envelope(body)
    command = department.CreateDepartment(id=department_id(body["code"]), **body)
    return carry_out(command, given, created="teams.get_department")


@bp.get("/departments/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, DepartmentSchema, description="The department.")
def get_department(args: dict[str, Any], id_: UUID) -> Response:
    """Show a department, now or as of any moment."""
    return show(DEPARTMENTS, id_, args)


@bp.patch("/departments/<uuid:id_>")
@bp.arguments(RenameDepartmentSchema)
@bp.response(200, OutcomeSchema)
def rename_department(body: dict[str, Any], id_: UUID) -> Response:
    """Give a department another name."""
    return change(department.RenameDepartment, body, id=DepartmentId(id_))


@bp.post("/departments/<uuid:id_>/close")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def close_department(body: dict[str, Any], id_: UUID) -> Response:
    """Close a department: nothing new is assigned to it."""
    return change(department.CloseDepartment, body, id=DepartmentId(id_))


@bp.post("/departments/<uuid:id_>/reopen")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def reopen_department(body: dict[str, Any], id_: UUID) -> Response:
    """Open a closed department again."""
    return change(department.ReopenDepartment, body, id=DepartmentId(id_))


@bp.get("/departments/<uuid:id_>/queue")
@bp.arguments(QueueQuery, location="query")
@bp.response(200, page_of(RequestSchema), description="The open requests there, oldest first.")
def get_queue(args: dict[str, Any], id_: UUID) -> Response:
    """Show a department's queue: what is open there, now or as of any moment."""
    must_be_there(DEPARTMENTS, id_, args)
    return show_list(REQUESTS, args, {"department_id": str(id_), "status": "open"})


# --- Members --------------------------------------------------------------------------------------


@bp.get("/members")
@bp.arguments(MemberQuery, location="query")
@bp.response(200, page_of(MemberSchema), description="A page of members.")
def list_members(args: dict[str, Any]) -> Response:
    """List members."""
    return show_list(MEMBERS, args)


@bp.post("/members")
@bp.arguments(JoinSchema)
@bp.response(201, OutcomeSchema)
def join_member(body: dict[str, Any]) -> Response:
    """Let somebody join a department."""
    given = envelope(body)
    command = member.JoinMember(id=MemberId(uuid7()), **body)
    return carry_out(command, given, created="teams.get_member")


@bp.get("/members/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, MemberSchema, description="The member.")
def get_member(args: dict[str, Any], id_: UUID) -> Response:
    """Show a member, now or as of any moment."""
    return show(MEMBERS, id_, args)


@bp.patch("/members/<uuid:id_>")
@bp.arguments(MemberDetailsSchema)
@bp.response(200, OutcomeSchema)
def change_member(body: dict[str, Any], id_: UUID) -> Response:
    """Correct a member's name or email; what is left out stays."""
    expected = expected_version()
    given = envelope(body)
    loaded = concord().crm.load(member.MEMBER, id_)
    if isinstance(loaded.state, member.Absent):
        raise not_found()
    details = {"name": loaded.state.name, "email": loaded.state.email} | body
    command = member.ChangeMemberDetails(id=MemberId(id_), **details)
    # What is left out is taken from this version: a change in between must not be undone.
    seen = loaded.version if expected is None else expected
    return carry_out(command, given, expected=seen)


@bp.post("/members/<uuid:id_>/move")
@bp.arguments(MoveSchema)
@bp.response(200, OutcomeSchema)
def move_member(body: dict[str, Any], id_: UUID) -> Response:
    """Move a member to another department."""
    return change(member.MoveMember, body, id=MemberId(id_))


@bp.post("/members/<uuid:id_>/role")
@bp.arguments(RoleSchema)
@bp.response(200, OutcomeSchema)
def change_role(body: dict[str, Any], id_: UUID) -> Response:
    """Give a member another role."""
    return change(member.ChangeMemberRole, body, id=MemberId(id_))


@bp.post("/members/<uuid:id_>/leave")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def leave_member(body: dict[str, Any], id_: UUID) -> Response:
    """Record that a member leaves."""
    return change(member.LeaveMember, body, id=MemberId(id_))


@bp.post("/members/<uuid:id_>/rejoin")
@bp.arguments(JoinSchema)
@bp.response(200, OutcomeSchema)
def rejoin_member(body: dict[str, Any], id_: UUID) -> Response:
    """Let somebody who left join again, as the same person."""
    expected = expected_version()
    given = envelope(body)
    if isinstance(concord().crm.load(member.MEMBER, id_).state, member.Absent):
        raise not_found()  # ids are ours to give
    return carry_out(member.JoinMember(id=MemberId(id_), **body), given, expected=expected)
