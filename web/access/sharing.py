"""Sharing between departments over HTTP: objections, agreements, and the terms in force."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from domain.access import sharing
from domain.access.roles import Action, Resource
from domain.access.sharing import SHARING_ID, Dataset
from domain.teams.department import DEPARTMENT
from projections.access.accounts import SHARING_TERMS
from web.access.seeing import access
from web.bodies import Routes
from web.changes import change
from web.facts import ActorSchema
from web.fields import Change, Id, Moment, OutcomeSchema
from web.openapi import NAMES_A_THING
from web.problems import FieldError, Problem
from web.running import concord, json_response
from web.views import ItemMomentSchema, show

bp = Routes(
    "sharing", "sharing", description="What departments show each other, as they agreed on it."
)

MOST = 100
"""How many departments one objection or agreement names."""

# --- Schemas --------------------------------------------------------------------------------------


class ObjectionSchema(ma.Schema):
    """An open objection; until it is settled the terms are those of before."""

    from_ids = fields.List(fields.UUID(), required=True)
    by = fields.Nested(ActorSchema, required=True)
    on_behalf_of = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    raised_at = Moment()


class TermSchema(ma.Schema):
    """How a department shares a dataset: with all but those it is withheld from."""

    department_id = fields.UUID(required=True)
    dataset = fields.Enum(Dataset, by_value=True, required=True)
    withheld_from = fields.List(fields.UUID(), required=True)
    agreed_at = Moment(allow_none=True)
    objection = fields.Nested(ObjectionSchema, required=True, allow_none=True)


class SharingSchema(ma.Schema):
    """The company's terms of sharing; whoever is not named shares everything with everybody."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    terms = fields.List(fields.Nested(TermSchema), required=True)


class DatasetSchema(Change):
    """A department's dataset."""

    department_id = Id(required=True, metadata={"description": "Whose it is."})
    dataset = fields.Enum(Dataset, by_value=True, required=True)


class ObjectSchema(DatasetSchema):
    """Whom a department does not want to show a dataset; ``reason`` says why."""

    from_ids = fields.List(Id(), required=True, validate=validate.Length(max=MOST))


class AgreeSchema(DatasetSchema):
    """Who is not shown a dataset from now on (nobody: all see it); ``reason`` says why."""

    withheld_from = fields.List(Id(), required=True, validate=validate.Length(max=MOST))


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/sharing")
@bp.doc(**{NAMES_A_THING: True})
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, SharingSchema, description="The terms in force, and what is contested.")
def get_sharing(args: dict[str, Any]) -> Response:
    """Show what departments withhold from each other, now or as of any moment."""
    access().require(Action.READ, Resource.SHARING, everywhere=True)
    try:
        return show(SHARING_TERMS, SHARING_ID, args)
    except Problem as problem:
        if problem.status != 404 or "at_version" in args:  # noqa: PLR2004 - not found
            raise
    # Nobody has objected yet: then everything is shared.
    response = json_response(orjson.dumps({"id": str(SHARING_ID), "version": 0, "terms": []}))
    response.headers["ETag"] = '"0"'
    return response


@bp.post("/sharing/objections")
@bp.arguments(ObjectSchema)
@bp.response(200, OutcomeSchema)
def object_to_sharing(body: dict[str, Any]) -> Response:
    """Object to sharing a department's dataset with others; the terms stay until it is settled."""
    access().require(Action.CHANGE, Resource.SHARING)
    _check_there(body["from_ids"], "from_ids")
    return change(sharing.ObjectToSharing, _with_tuple(body, "from_ids"), id=SHARING_ID)


@bp.post("/sharing/agreements")
@bp.arguments(AgreeSchema)
@bp.response(200, OutcomeSchema)
def agree_on_sharing(body: dict[str, Any]) -> Response:
    """Settle an objection, as somebody else than who raised it: from now on these terms hold."""
    access().require(Action.SETTLE, Resource.SHARING)
    _check_there(body["withheld_from"], "withheld_from")
    return change(sharing.AgreeOnSharing, _with_tuple(body, "withheld_from"), id=SHARING_ID)


@bp.post("/sharing/objections/withdraw")
@bp.arguments(DatasetSchema)
@bp.response(200, OutcomeSchema)
def withdraw_objection(body: dict[str, Any]) -> Response:
    """Take an objection back; the terms stay as they were."""
    access().require(Action.CHANGE, Resource.SHARING)
    return change(sharing.WithdrawObjection, body, id=SHARING_ID)


def _with_tuple(body: dict[str, Any], name: str) -> dict[str, Any]:
    return body | {name: tuple(body[name])}


def _check_there(ids: Sequence[UUID], name: str) -> None:
    """Check that departments are there. Raises ``Problem`` 422, department.unknown."""
    states = concord().crm.states.look([(DEPARTMENT, id_) for id_ in ids]) if ids else {}
    errors = [
        FieldError(f"/{name}/{place}", f"The department {id_} does not exist.")
        for place, id_ in enumerate(ids)
        if not states[DEPARTMENT.kind, id_].version
    ]
    if errors:
        raise Problem(422, "department.unknown", errors[0].detail, errors=errors)
