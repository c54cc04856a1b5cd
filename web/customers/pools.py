"""Pools over HTTP: the customers nobody owns, and the rules on which they are claimed."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from domain.customers import pool
from domain.customers.pool import LONGEST, PoolRules, pool_id
from domain.ids import PoolId
from domain.values import NAME
from projections.customers.customers import CUSTOMERS
from projections.customers.ownership import POOLS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.customers.customers import CustomerSchema
from web.fields import Change, Id, Moment, OutcomeSchema, Text, Words
from web.problems import not_found
from web.running import concord
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("pools", "pools", description="Customers that nobody owns, and who may claim them.")

# --- Schemas ------------------------------------------------------------------------------------


def _days(least: int, about: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(least, LONGEST),
        metadata={"description": f"{about} Null: there is no such rule."},
    )


class PoolRulesSchema(ma.Schema):
    """On what terms customers are claimed and kept."""

    claim_limit = _days(1, "How many customers of the pool one person may own at once.")
    wait_days = _days(0, "Days until who gave one up, or lost it, may claim it again.")
    protection_days = _days(0, "Days after a claim or a transfer in which nothing is reclaimed.")
    idle_days = _days(1, "Days without a contact after which a customer goes back to the pool.")
    stall_days = _days(1, "Days without progress after which it does.")


class PoolSchema(ma.Schema):
    """A pool, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    region = fields.String(required=True, allow_none=True)
    department_id = fields.UUID(required=True, allow_none=True)
    rules = fields.Nested(PoolRulesSchema, required=True)
    status = fields.String(required=True, validate=validate.OneOf(["open", "closed"]))
    opened_at = Moment()


class OpenPoolSchema(Change):
    """A new pool: of a region, of a department, or with neither of the whole company."""

    name = Text(NAME, required=True)
    region = Text(NAME, load_default=None, allow_none=True)
    department_id = Id(load_default=None, allow_none=True)
    rules = fields.Nested(PoolRulesSchema, required=True)


class SetPoolRulesSchema(Change):
    """Other rules."""

    rules = fields.Nested(PoolRulesSchema, required=True)


PoolQuery = list_schema(
    POOLS,
    {
        "status": fields.String(validate=validate.OneOf(["open", "closed"])),
        "region": Words(),
        "department_id": Id(),
    },
    sort="name",
)
UnownedQuery = list_schema(CUSTOMERS, {"industry": Words(), "name": Words()}, sort="registered_at")

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/pools")
@bp.arguments(PoolQuery, location="query")
@bp.response(200, page_of(PoolSchema), description="A page of pools.")
def list_pools(args: dict[str, Any]) -> Response:
    """List pools."""
    return show_list(POOLS, args)


@bp.post("/pools")
@bp.arguments(OpenPoolSchema)
@bp.response(201, OutcomeSchema)
def open_pool(body: dict[str, Any]) -> Response:
    """Open the pool of a region, of a department, or of the whole company."""
    given = envelope(body)
    command = pool.OpenPool(
        id=pool_id(body["region"], body["department_id"]),
        **body | {"rules": PoolRules(**body["rules"])},
    )
    return carry_out(command, given, created="pools.get_pool")


@bp.get("/pools/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, PoolSchema, description="The pool.")
def get_pool(args: dict[str, Any], id_: UUID) -> Response:
    """Show a pool, now or as of any moment."""
    return show(POOLS, id_, args)


@bp.post("/pools/<uuid:id_>/rules")
@bp.arguments(SetPoolRulesSchema)
@bp.response(200, OutcomeSchema)
def set_pool_rules(body: dict[str, Any], id_: UUID) -> Response:
    """Change a pool's rules; those left out hold no more."""
    body["rules"] = PoolRules(**body["rules"])
    return change(pool.SetPoolRules, body, id=PoolId(id_))


@bp.post("/pools/<uuid:id_>/close")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def close_pool(body: dict[str, Any], id_: UUID) -> Response:
    """Close a pool."""
    return change(pool.ClosePool, body, id=PoolId(id_))


@bp.get("/pools/<uuid:id_>/customers")
@bp.arguments(UnownedQuery, location="query")
@bp.response(200, page_of(CustomerSchema), description="Customers that nobody owns.")
def list_unowned(args: dict[str, Any], id_: UUID) -> Response:
    """List the customers of a pool's region that nobody owns; of any region for other pools."""
    state = concord().crm.load(pool.POOL, id_).state
    if isinstance(state, pool.Absent):
        raise not_found()
    region = {} if state.region is None else {"region": state.region}
    return show_list(CUSTOMERS, args, {"owner_id": ""} | region)
