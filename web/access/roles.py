"""Roles over HTTP: the built-in ones and the company's own, in one form."""

import re
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from domain.access import role
from domain.access.role import Allowed, lines, role_id
from domain.access.roles import ROLES, Action, Reach, Resource, Role
from domain.confidential import FieldClass
from domain.ids import RoleId
from domain.values import SHORT
from projections.access.accounts import COMPANY_ROLES, permitted
from projections.documents import Document
from projections.reader import After, ListQuery, paged
from web.access.seeing import access
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import ID, Change, OutcomeSchema, Whole
from web.problems import FieldError, Problem
from web.running import concord, json_response
from web.teams.teams import SLUG
from web.views import (
    LIMIT,
    MAX_LIMIT,
    Cursor,
    ItemMomentSchema,
    await_position,
    list_response,
    open_cursor,
    page_of,
    show,
)

bp = Routes("roles", "roles", description="Roles: what a grant of each permits, and shows.")

MOST = 200
"""How many lines a role may have: more than there are."""
_FIRST = str(UUID(int=0))

# --- Schemas --------------------------------------------------------------------------------------


class PermissionSchema(ma.Schema):
    """One line of a role: what it may do with a resource, and how far."""

    resource = fields.Enum(Resource, by_value=True, required=True)
    action = fields.Enum(Action, by_value=True, required=True)
    reach = fields.Enum(
        Reach,
        by_value=True,
        load_default=Reach.PLACE,
        metadata={
            "description": "Within the place of the grant, only one's own there, or everywhere."
        },
    )


class AccessRoleSchema(ma.Schema):
    """A role, as it is shown."""

    id = fields.String(required=True, metadata={"description": "A built-in role's is its name."})
    version = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of a built-in role: null."}
    )
    name = fields.String(required=True)
    built_in = fields.Boolean(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["active", "withdrawn"]))
    permissions = fields.List(fields.Nested(PermissionSchema), required=True)
    shows = fields.List(
        fields.Enum(FieldClass, by_value=True),
        required=True,
        metadata={"description": "The classes of fields that are not masked."},
    )


class ChangeRoleSchema(Change):
    """All that a role may do and see from now on."""

    permissions = fields.List(
        fields.Nested(PermissionSchema), required=True, validate=validate.Length(max=MOST)
    )
    shows = fields.List(
        fields.Enum(FieldClass, by_value=True),
        required=True,
        validate=validate.Length(max=MOST),
        metadata={"description": "The classes of fields that are not masked."},
    )


class DefineRoleSchema(ChangeRoleSchema):
    """A role of the company's own, put together from what built-in roles may do."""

    name = fields.String(required=True, validate=[validate.Length(1, SHORT), SLUG])


class RoleQuery(ma.Schema):
    """How much of the list, from where."""

    limit = Whole(load_default=LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Cursor()


def _built_in(name: str, of: Role) -> Document:
    return {
        "id": name,
        "version": None,
        "name": name,
        "built_in": True,
        "status": "active",
        "permissions": permitted(lines(of)),
        "shows": sorted(of.shows),
    }


def _said(body: dict[str, Any]) -> dict[str, Any]:
    told = tuple(Allowed(**line) for line in body.pop("permissions"))
    return body | {"permissions": told, "shows": tuple(body.pop("shows"))}


def _id(text: str) -> RoleId:
    """Return the id of a role of the company's own that a path gives by id or by name."""
    return RoleId(UUID(text)) if re.fullmatch(ID, text) else role_id(text)


def _own(text: str) -> RoleId:
    if text in ROLES:
        detail = "A built-in role stays as it is; define one of your own beside it."
        raise Problem(409, "role.built-in", detail, errors=[FieldError("/name", detail)])
    return _id(text)


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/roles")
@bp.arguments(RoleQuery, location="query")
@bp.response(200, page_of(AccessRoleSchema), description="A page of roles, by name.")
def list_roles(args: dict[str, Any]) -> Response:
    """List all roles, the built-in ones and the company's own, withdrawn ones included."""
    access().require(Action.READ, Resource.ACCESS, everywhere=True)
    limit: int = args["limit"]
    after = After(*open_cursor(args["cursor"], ["roles"])) if "cursor" in args else After("", "")
    position = await_position(COMPANY_ROLES.name)
    query = ListQuery(
        sort="name",
        condition=access().reading(COMPANY_ROLES),
        limit=limit + 1,
        after=after if after.key else None,
    )
    own = map(orjson.loads, concord().reader.documents(COMPANY_ROLES, query).items)
    rows = [(each["name"], each["id"], orjson.dumps(each).decode()) for each in own]
    rows += [
        (name, _FIRST, orjson.dumps(_built_in(name, of)).decode())
        for name, of in ROLES.items()
        if name > after.value
    ]
    return list_response(paged(sorted(rows), limit), ["roles"], position)


@bp.post("/roles")
@bp.arguments(DefineRoleSchema)
@bp.response(201, OutcomeSchema)
def define_role(body: dict[str, Any]) -> Response:
    """Define a role of the company's own; a withdrawn one comes back by that."""
    access().require(Action.GRANT, Resource.ACCESS, everywhere=True)
    given = envelope(body)
    command = role.DefineRole(id=role_id(body["name"]), **_said(body))
    return carry_out(command, given, created="roles.get_role")


@bp.get("/roles/<string:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, AccessRoleSchema, description="The role.")
def get_role(args: dict[str, Any], id_: str) -> Response:
    """Show a role by its name or id; one of the company's own as of any moment."""
    if id_ not in ROLES:
        return show(COMPANY_ROLES, _id(id_), args)
    access().require(Action.READ, Resource.ACCESS, everywhere=True)
    return json_response(orjson.dumps(_built_in(id_, ROLES[id_])))


@bp.put("/roles/<string:id_>")
@bp.arguments(ChangeRoleSchema)
@bp.response(200, OutcomeSchema)
def redefine_role(body: dict[str, Any], id_: str) -> Response:
    """Say anew what a role permits and shows, for all who have it; its name stays."""
    return change(role.ChangeRole, _said(body), id=_own(id_))


@bp.post("/roles/<string:id_>/withdraw")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def withdraw_role(body: dict[str, Any], id_: str) -> Response:
    """Withdraw a role: who has it may do nothing by it, and nobody is given it any more."""
    return change(role.WithdrawRole, body, id=_own(id_))
