"""Value models over HTTP: published, revised, run; and the value card of one customer."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response, request
from marshmallow import fields, validate

from application.crm import StaleVersion
from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.ids import CustomerId, ValueModelId
from domain.kernel import Rejected, Subject
from domain.money import CURRENCIES
from domain.sales import value_model
from domain.sales.value_model import VALUE_MODEL, Published, Settings, value_model_id
from domain.values import NAME
from projections.customers.customers import CUSTOMERS
from projections.documents import Document
from projections.reader import ListQuery
from projections.sales.orders import ORDERS
from projections.sales.value_models import VALUE_MODELS
from web.access.seeing import Masks, access, mask
from web.bodies import Routes
from web.changes import carry_out, change, envelope, expected_version
from web.fields import Change, Day, Id, Moment, OutcomeSchema, Text, Words
from web.problems import not_found
from web.reports import PART, RATE
from web.running import concord, json_response, zone
from web.sales.orders import last_day
from web.views import (
    ItemMomentSchema,
    await_past,
    await_position,
    list_schema,
    must_be_there,
    page_of,
    show,
    show_list,
)

bp = Routes("value-models", "value-models", description="What customers are worth, and by what.")

FACTS = 1_000_000
"""More facts than there are about any one customer."""

# --- Schemas --------------------------------------------------------------------------------------


class ValueSettingsSchema(ma.Schema):
    """What a version of a model says; domain/sales/value_model.py defines each setting."""

    calibration_end = fields.Date(required=True)
    timezone = fields.String(required=True)
    currency = fields.String(required=True)
    horizon_weeks = fields.Integer(required=True)
    discount = fields.String(required=True)
    margin = fields.String(required=True, allow_none=True)


class ValueRunSchema(ma.Schema):
    """What a run has learned, from how much of the log."""

    model_version = fields.Integer(required=True)
    position = fields.String(required=True)
    customers = fields.Integer(required=True)
    parameters = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    digest = fields.String(required=True)
    computed_at = Moment()
    settings = fields.Nested(ValueSettingsSchema, required=True)


class ValueModelSchema(ma.Schema):
    """A value model, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    model_version = fields.Integer(required=True)
    settings = fields.Nested(ValueSettingsSchema, required=True)
    published_at = Moment()
    runs = fields.Integer(required=True)
    last_run = fields.Nested(ValueRunSchema, required=True, allow_none=True)
    computed_at = Moment(allow_none=True)


class ReviseValueModelSchema(Change):
    """Settings of the next version."""

    calibration_end = Day(required=True, validate=last_day)
    currency = fields.String(required=True, validate=validate.OneOf(sorted(CURRENCIES)))
    horizon_weeks = fields.Integer(load_default=52, strict=True, validate=validate.Range(1, 520))
    discount = fields.String(load_default="0.10", validate=validate.Regexp(RATE))
    margin = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(PART))


class PublishValueModelSchema(ReviseValueModelSchema):
    """A new model, by a name of its own."""

    name = Text(NAME, required=True)


class ValueCardQuery(ma.Schema):
    """By which model; the one that was run last, unless said."""

    model_id = Id()


class ValuedBySchema(ma.Schema):
    """Which run of which model the figures are by."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    last_run = fields.Nested(ValueRunSchema, required=True)


class CustomerFiguresSchema(ma.Schema):
    """How a customer has bought, and what is expected of them (customer_value.py defines each)."""

    customer_id = fields.UUID(required=True)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    x = fields.Integer(required=True)
    t_x = fields.Float(required=True)
    T = fields.Float(required=True)
    net = fields.String(required=True, allow_none=True)
    contribution = fields.String(required=True, allow_none=True)
    alive = fields.Float(required=True, allow_none=True)
    expected_purchases = fields.Float(required=True, allow_none=True)
    expected_value = fields.String(required=True, allow_none=True)
    expected_revenue = fields.String(required=True, allow_none=True)
    lifetime_value = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.String(), required=True)


class ValueCardSchema(ma.Schema):
    """What one customer is worth; null where no model was run, or it has seen no purchase."""

    customer_id = fields.UUID(required=True)
    model = fields.Nested(ValuedBySchema, required=True, allow_none=True)
    value = fields.Nested(CustomerFiguresSchema, required=True, allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


ValueModelQuery = list_schema(
    VALUE_MODELS, {"name": Words(metadata={"description": "The whole name."})}, sort="name"
)
_WORTH = ("net", "contribution", "expected_value", "expected_revenue", "lifetime_value")
MONEY: Masks = {("value", name): FieldClass.MONEY for name in _WORTH}

# --- Models ---------------------------------------------------------------------------------------


@bp.get("/value-models")
@bp.arguments(ValueModelQuery, location="query")
@bp.response(200, page_of(ValueModelSchema), description="A page of models.")
def list_value_models(args: dict[str, Any]) -> Response:
    """List value models."""
    return show_list(VALUE_MODELS, args)


@bp.post("/value-models")
@bp.arguments(PublishValueModelSchema)
@bp.response(201, OutcomeSchema)
def publish_value_model(body: dict[str, Any]) -> Response:
    """Publish a model: by which settings customers are valued."""
    given, name = envelope(body), body.pop("name")
    command = value_model.PublishValueModel(
        id=value_model_id(name), name=name, settings=_settings(body)
    )
    return carry_out(command, given, created="value-models.get_value_model")


@bp.get("/value-models/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ValueModelSchema, description="The model.")
def get_value_model(args: dict[str, Any], id_: UUID) -> Response:
    """Show a model with its last run."""
    return show(VALUE_MODELS, id_, args)


@bp.post("/value-models/<uuid:id_>/revise")
@bp.arguments(ReviseValueModelSchema)
@bp.response(200, OutcomeSchema)
def revise_value_model(body: dict[str, Any], id_: UUID) -> Response:
    """Publish the next version of a model; runs of earlier ones stay what they are."""
    told: dict[str, Any] = {
        name: body.pop(name) for name in ("occurred_at", "reason") if name in body
    }
    return change(
        value_model.ReviseValueModel, told, id=ValueModelId(id_), settings=_settings(body)
    )


@bp.post("/value-models/<uuid:id_>/run")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def run_value_model(body: dict[str, Any], id_: UUID) -> Response:
    """Compute everybody's value by the present version, from all that the log holds now."""
    from projections.value.runs import run  # noqa: PLC0415 - scipy takes its time

    if not access().readable(VALUE_MODEL.kind, id_):
        raise not_found()
    access().require(Action.CHANGE, Resource.POLICY, everywhere=True)
    expected, given = expected_version(), envelope(body)
    model = concord().crm.load(VALUE_MODEL, id_)
    if not isinstance(model.state, Published):
        raise Rejected("value-model.unknown", "There is no such model.")
    again = "Idempotency-Key" in request.headers  # then it may have been done already
    if expected is not None and expected != model.version and not again:
        raise StaleVersion(model.version)  # before anything is computed for nothing
    found = run(concord().log, model.state.settings)
    command = value_model.RecordValueRun(
        id=ValueModelId(id_),
        version=model.state.version,
        position=found.position,
        customers=found.customers,
        parameters=found.parameters,
        digest=found.digest,
    )
    return carry_out(command, given, expected=expected)


def _settings(body: dict[str, Any]) -> Settings:
    return Settings(
        calibration_end=body["calibration_end"],
        timezone=str(zone()),
        currency=body["currency"],
        horizon_weeks=body["horizon_weeks"],
        discount=Decimal(body["discount"]),
        margin=None if body["margin"] is None else Decimal(body["margin"]),
    )


# --- The value card -------------------------------------------------------------------------------


@bp.get("/customers/<uuid:id_>/value")
@bp.arguments(ValueCardQuery, location="query")
@bp.response(200, ValueCardSchema, description="The card.")
def get_value_card(args: dict[str, Any], id_: UUID) -> Response:
    """Show what a customer brought and is expected to bring, by the last run of a model."""
    must_be_there(CUSTOMERS, id_, args)
    seeing, here = access().reading(ORDERS), concord()
    if not here.reader.covered(CUSTOMERS, [id_], seeing):
        raise not_found()  # for them there are no purchases
    position = await_position(VALUE_MODELS.name)
    model = _model(args.get("model_id"))
    shown: Document = {"customer_id": str(id_), "model": model, "value": None}
    if model is not None:
        shown["value"] = _card(CustomerId(id_), model["last_run"])
    showing = access().verdict(Action.READ, Resource.ORDER).showing(FieldClass.MONEY)
    if not here.reader.covered(CUSTOMERS, [id_], showing):
        mask(MONEY, shown, FieldClass.MONEY)
    response = json_response(orjson.dumps(shown))
    response.headers["Concord-Position"] = str(position)
    return response


def _model(id_: UUID | None) -> Document | None:
    """Return the model that was run last, or the one asked for; None where it was not run."""
    here, condition = concord(), access().reading(VALUE_MODELS)
    if id_ is None:
        query = ListQuery(sort="computed_at", descending=True, limit=1, condition=condition)
        found = here.reader.documents(VALUE_MODELS, query).items
    else:
        text = here.reader.document(VALUE_MODELS, id_, condition)
        if text is None:
            raise not_found()
        found = [text]
    model = orjson.loads(found[0]) if found else None
    if model is None or model["last_run"] is None:
        return None
    return {name: model[name] for name in ("id", "name", "last_run")}


def _card(id_: CustomerId, last_run: Document) -> Document | None:
    from projections.value.runs import card, window_of  # noqa: PLC0415 - scipy takes its time

    seen = window_of(last_run)
    await_past(seen)
    facts = concord().history.timeline(Subject("customer", id_), window=seen, limit=FACTS)
    return card(id_, sorted(facts, key=lambda fact: fact.position), last_run)
