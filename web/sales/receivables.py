"""What a customer bought, and what all of them owe: over those orders that the caller may see."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Response
from marshmallow import fields, validate

from domain.access.roles import Action, Resource
from domain.days import day_of
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, utc
from projections.reader import ListQuery
from projections.reports.receivables import BUCKETS, ageing, purchases
from projections.sales.orders import ORDERS
from web.access.seeing import access
from web.bodies import Routes
from web.fields import Moment
from web.problems import not_found
from web.running import concord, json_response, zone
from web.sales.orders import OrderSchema, ShownMoney
from web.views import (
    MomentSchema,
    PageSchema,
    await_past,
    await_position,
    must_be_there,
    page_of,
    show_list,
    window,
)

bp = Routes("receivables", "receivables", description="What was bought, and what is owed.")

AT_ONCE = 1000
ALL = 10**9
"""The past is folded again for each page: all of it is taken in one."""

# --- Schemas ------------------------------------------------------------------------------------


class BucketSchema(ma.Schema):
    """What is open for so many days."""

    overdue = fields.String(required=True, validate=validate.OneOf(BUCKETS))
    orders = fields.Integer(required=True)
    open = ShownMoney()


class CurrencyAgeingSchema(ma.Schema):
    """What is open in one currency."""

    currency = fields.String(required=True)
    orders = fields.Integer(required=True)
    open = ShownMoney()
    buckets = fields.List(fields.Nested(BucketSchema), required=True)


class CustomerAgeingSchema(CurrencyAgeingSchema):
    """What one customer owes in one currency."""

    customer_id = fields.UUID(required=True)


class AgeingSchema(ma.Schema):
    """What is owed, and for how many days it is overdue where the organisation is."""

    at = Moment()
    currencies = fields.List(fields.Nested(CurrencyAgeingSchema), required=True)
    customers = fields.List(fields.Nested(CustomerAgeingSchema), required=True)


class BoughtSchema(ma.Schema):
    """What was bought of one product."""

    product = fields.String(required=True)
    sku = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True)
    lines = fields.Integer(required=True)
    quantity = fields.String(required=True)
    amount = ShownMoney()


class PurchasesSchema(ma.Schema):
    """What a customer bought, product by product; voided orders do not count."""

    customer_id = fields.UUID(required=True)
    products = fields.List(fields.Nested(BoughtSchema), required=True)


# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/customers/<uuid:id_>/purchases")
@bp.arguments(PageSchema, location="query")
@bp.response(200, page_of(OrderSchema), description="A page of orders, the newest first.")
def list_purchases(args: dict[str, Any], id_: UUID) -> Response:
    """Show what a customer bought, order by order."""
    _must_show_orders(id_, args)
    return show_list(ORDERS, args | {"sort": "-placed_at"}, {"customer_id": str(id_)})


@bp.get("/customers/<uuid:id_>/purchases/summary")
@bp.arguments(MomentSchema, location="query")
@bp.response(200, PurchasesSchema, description="The products, by their names.")
def sum_purchases(args: dict[str, Any], id_: UUID) -> Response:
    """Show what a customer bought, product by product."""
    _must_show_orders(id_, args)
    position = _await(args)
    found = purchases(_seen(args, {"customer_id": str(id_)}))
    return _answer({"customer_id": str(id_), "products": found}, position)


@bp.get("/receivables/ageing")
@bp.arguments(MomentSchema, location="query")
@bp.response(200, AgeingSchema, description="What is open, by currency and by customer.")
def get_ageing(args: dict[str, Any]) -> Response:
    """Show what is owed and how long it is overdue, now or as of any moment."""
    access().require(Action.READ, Resource.ORDER)
    position = _await(args)
    at = args.get("as_of") or args.get("known_at") or datetime.now(UTC)
    owing = _seen(args, {"owing": "yes"})
    found = ageing(owing, day_of(at, zone()))
    return _answer({"at": utc(at), **found}, position)


def _must_show_orders(id_: UUID, args: Mapping[str, Any]) -> None:
    must_be_there(CUSTOMERS, id_, args)
    if access().reading(ORDERS).never:
        raise not_found()  # for them there are no purchases


def _await(args: Mapping[str, Any]) -> int | None:
    seen = window(args)
    if seen is None:
        return await_position(ORDERS.name)
    await_past(seen)
    return None


def _seen(args: Mapping[str, Any], filters: dict[str, str]) -> Iterator[Document]:
    here, seen = concord(), window(args)
    query = ListQuery(
        sort="placed_at",
        filters=filters,
        limit=AT_ONCE if seen is None else ALL,
        condition=access().reading(ORDERS),
    )
    while True:
        page = (
            here.reader.documents(ORDERS, query)
            if seen is None
            else here.history.documents(ORDERS, query, seen)
        )
        yield from access().masked(ORDERS, [orjson.loads(item) for item in page.items])
        if page.next is None:
            return
        query = replace(query, after=page.next)


def _answer(body: dict[str, Any], position: int | None) -> Response:
    response = json_response(orjson.dumps(body))
    if position is not None:
        response.headers["Concord-Position"] = str(position)
    return response
