"""Tiers of customers over HTTP: who is put into which, with what service, and who is due."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from application.crm import StaleVersion
from domain.access.roles import Action, Resource
from domain.customers import service_plan
from domain.customers.customer import TierCustomer
from domain.customers.service_plan import MOST_A_YEAR, ServicePromises, service_plan_id
from domain.customers.tier_policy import TIER_POLICY, Policy
from domain.customers.tiering import months_later
from domain.days import day_of
from domain.ids import CustomerId
from domain.values import NAME, SHORT, Tier
from projections.customers.customers import CUSTOMERS
from projections.customers.tiers import SERVICE_PLANS
from projections.documents import Document
from projections.reader import ListQuery, Wanted, Within
from web.access.seeing import access
from web.bodies import NoQuery, Routes
from web.changes import change
from web.fields import Change, Id, Moment, OutcomeSchema, Text
from web.problems import FieldError, Problem, stale
from web.running import concord, json_response, zone
from web.views import ItemMomentSchema, await_position, list_schema, page_of, show, show_list

bp = Routes("tier-board", "tier-board", description="Who is in which tier, with what service.")

SOON = timedelta(days=30)
"""What the board shows as due soon."""

# --- Schemas --------------------------------------------------------------------------------------


class ServicePromisesSchema(ma.Schema):
    """What every customer of a tier may count on."""

    visits_per_year = fields.Integer(
        strict=True, required=True, validate=validate.Range(0, MOST_A_YEAR)
    )
    review_meetings_per_year = fields.Integer(
        strict=True, required=True, validate=validate.Range(0, MOST_A_YEAR)
    )
    response_note = Text(
        NAME,
        load_default=None,
        allow_none=True,
        metadata={"description": "How quickly it is answered, in words."},
    )
    owner_role = Text(SHORT, load_default=None, allow_none=True)

    @ma.post_load
    def _make(self, told: dict[str, Any], **_: Any) -> ServicePromises:
        return ServicePromises(**told)


class ServicePlanSchema(ma.Schema):
    """What a tier is promised."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    promises = fields.Nested(ServicePromisesSchema, required=True)
    set_at = Moment()


class SetServicePlanSchema(Change):
    """What a tier is promised from now on."""

    tier = fields.Enum(Tier, by_value=True, required=True)
    promises = fields.Nested(ServicePromisesSchema, required=True)


class TierSchema(Change):
    """The tier that somebody decides on, and why; by a policy it is a review, and may keep it."""

    tier = fields.Enum(Tier, by_value=True, required=True)
    suggested = fields.Enum(
        Tier,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "What GET /reports/tiering suggested."},
    )
    policy_id = Id(load_default=None, allow_none=True)
    policy_version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "Unless said: the version in force that day."},
    )

    @ma.validates_schema
    def _check(self, told: Mapping[str, Any], **_: Any) -> None:
        if told["policy_version"] is not None and told["policy_id"] is None:
            raise ma.ValidationError({"policy_version": ["Say of which policy."]})


class TierCountsSchema(ma.Schema):
    """How many customers are in a tier, how many of them are due, and what they are promised."""

    tier = fields.Enum(Tier, by_value=True, required=True)
    customers = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    due_soon = fields.Integer(required=True)
    unscheduled = fields.Integer(
        required=True, metadata={"description": "Never tiered by a policy: nobody said when."}
    )
    promises = fields.Nested(ServicePromisesSchema, required=True, allow_none=True)


class TierBoardSchema(ma.Schema):
    """The tiers on one day; due soon is within 30 days from it, overdue before it."""

    day = fields.Date(required=True)
    customers = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    due_soon = fields.Integer(required=True)
    tiers = fields.List(fields.Nested(TierCountsSchema), required=True)


ServicePlanQuery = list_schema(
    SERVICE_PLANS, {"tier": fields.Enum(Tier, by_value=True)}, sort="tier"
)

# --- Service plans --------------------------------------------------------------------------------


@bp.get("/service-plans")
@bp.arguments(ServicePlanQuery, location="query")
@bp.response(200, page_of(ServicePlanSchema), description="What each tier is promised.")
def list_service_plans(args: dict[str, Any]) -> Response:
    """List the service plans, one for each tier at most."""
    return show_list(SERVICE_PLANS, args)


@bp.post("/service-plans")
@bp.arguments(SetServicePlanSchema)
@bp.response(200, OutcomeSchema)
def set_service_plan(body: dict[str, Any]) -> Response:
    """Say what a tier is promised from now on; the first time it is at version 0."""
    access().require(Action.CREATE, Resource.POLICY, everywhere=True)
    try:
        return change(service_plan.SetServicePlan, body, id=service_plan_id(body["tier"]))
    except StaleVersion as error:  # nothing promised yet is version 0, and not unknown
        raise stale(error.current) from error


@bp.get("/service-plans/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ServicePlanSchema, description="The plan.")
def get_service_plan(args: dict[str, Any], id_: UUID) -> Response:
    """Show a service plan, now or as of any moment."""
    return show(SERVICE_PLANS, id_, args)


# --- A customer's tier ----------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/tier")
@bp.arguments(TierSchema)
@bp.response(200, OutcomeSchema)
def tier_customer(body: dict[str, Any], id_: UUID) -> Response:
    """Put a customer into a tier, or keep them there by a policy; a person decides."""
    return change(TierCustomer, _reviewed(body), id=CustomerId(id_))


def _reviewed(body: dict[str, Any]) -> dict[str, Any]:
    """Add which version of a policy counts, and when the tier is looked at again by it."""
    number = body["policy_version"]
    policy = concord().crm.load(TIER_POLICY, body["policy_id"]).state if body["policy_id"] else None
    if not isinstance(policy, Policy) or not policy.versions:
        return body  # what is not there, or not published, the command's check names
    day = _day(body.get("occurred_at"))
    version = policy.in_force(day) if number is None else policy.version(number)
    if version is None:
        detail = "The policy has no such version, or none that is in force then."
        errors = [FieldError("/policy_version", detail)]
        raise Problem(422, "tier-policy.no-version", detail, errors=errors)
    review_at = months_later(day, version.review_months)
    return body | {"policy_version": version.version, "review_at": review_at}


def _day(time: datetime | None = None) -> date:
    return day_of(time or datetime.now(UTC), zone())


# --- The board ------------------------------------------------------------------------------------


@bp.get("/tiers/board")
@bp.arguments(NoQuery, location="query")
@bp.response(200, TierBoardSchema, description="The customers that one may see, by tier.")
def get_tier_board(_: dict[str, Any]) -> Response:
    """Show how many customers are in each tier, and how many are due for another look at it."""
    access().require(Action.READ, Resource.CUSTOMER)
    position = await_position(CUSTOMERS.name)
    today = _day()
    soon = (today + SOON + timedelta(days=1)).isoformat()
    counts = {
        "customers": _counts({}),
        "overdue": _counts({"retier_at": Within(least="0", below=today.isoformat())}),
        "due_soon": _counts({"retier_at": Within(least=today.isoformat(), below=soon)}),
        "unscheduled": _counts({"retier_at": ""}),
    }
    plans = _promises()
    tiers = [
        {"tier": str(tier), "promises": plans.get(tier)}
        | {name: found.get(tier, 0) for name, found in counts.items()}
        for tier in Tier
    ]
    board = {"day": today.isoformat(), "tiers": tiers} | {
        name: sum(counts[name].values()) for name in ("customers", "overdue", "due_soon")
    }
    response = json_response(orjson.dumps(board))
    response.headers["Concord-Position"] = str(position)
    return response


def _counts(filters: Mapping[str, Wanted]) -> dict[str, int]:
    return concord().reader.count(CUSTOMERS, "tier", filters, access().reading(CUSTOMERS))


def _promises() -> dict[str, Document]:
    query = ListQuery(sort="tier", condition=access().reading(SERVICE_PLANS))
    plans = map(orjson.loads, concord().reader.documents(SERVICE_PLANS, query).items)
    return {plan["tier"]: plan["promises"] for plan in plans}
