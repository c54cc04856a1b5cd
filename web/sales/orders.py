"""Orders over HTTP: placed, paid, refunded, due on another day, voided, and who gets the credit."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from application.deciding import UnknownReference
from domain import days
from domain.confidential import FieldClass
from domain.customers.ownership import Unowned, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId, MemberId, OrderId, PaymentId, RefundId
from domain.money import CURRENCIES
from domain.sales import order
from domain.sales.split import WHOLE, Share
from domain.teams.member import MEMBER
from domain.values import NAME, SHORT
from projections.sales.orders import ORDERS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Amount, Change, Day, Id, Moment, MoneySchema, OutcomeSchema, Text, Words
from web.running import concord, zone
from web.teams.teams import SLUG
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("orders", "orders", description="Orders, payments, refunds, and who gets the credit.")

STATUS = validate.OneOf(["open", "part-paid", "paid", "refunded", "voided"])
LAST_DAY = date(2999, 12, 31)
MOST_LINES, MOST_SHARES = 500, 50

# --- Schemas ------------------------------------------------------------------------------------


class Figure(fields.String):
    """A number written as text, so that none of its digits is lost: 0.5."""

    def __init__(self, whole: int, point: int, **kwargs: Any) -> None:
        self.form = f"[0-9]{{1,{whole}}}([.][0-9]{{1,{point}}})?"
        super().__init__(metadata={"pattern": f"^{self.form}$"}, **kwargs)
        self.error_messages["invalid_form"] = (
            f"Write it as text like 12.5, with at most {point} digits after the point."
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(self.form, text):
            raise self.make_error("invalid_form")
        return Decimal(text)


def last_day(day: date) -> None:
    """Refuse a day so far away that it cannot be meant."""
    if day > LAST_DAY:
        raise ma.ValidationError("That is further away than can be meant.")


class ShownMoney(fields.Nested):
    """An amount in an answer; null where one is not shown money."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MoneySchema, required=True, allow_none=True, **kwargs)


class OrderLineShownSchema(ma.Schema):
    """One product of an order, as it is shown."""

    product = fields.String(required=True)
    sku = fields.String(required=True, allow_none=True)
    quantity = fields.String(required=True)
    unit_price = ShownMoney()
    unit_cost = ShownMoney()
    amount = ShownMoney()


class CreditShownSchema(ma.Schema):
    """Who has which part of the credit; nobody where no member is named."""

    member_id = fields.UUID(required=True, allow_none=True)
    percent = fields.String(required=True)
    credit = ShownMoney()


class PaymentShownSchema(ma.Schema):
    """What the customer paid, and how."""

    payment_id = fields.UUID(required=True)
    amount = ShownMoney()
    method = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    paid_at = Moment()


class RefundShownSchema(ma.Schema):
    """What the customer was paid back."""

    refund_id = fields.UUID(required=True)
    amount = ShownMoney()
    refunded_at = Moment()


class OrderSchema(ma.Schema):
    """An order, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=STATUS)
    currency = fields.String(required=True)
    lines = fields.List(fields.Nested(OrderLineShownSchema), required=True)
    total = ShownMoney()
    paid = ShownMoney()
    refunded = ShownMoney()
    open = ShownMoney()
    amount_key = fields.String(
        required=True, allow_none=True, metadata={"description": "The total, to sort by."}
    )
    payments = fields.List(fields.Nested(PaymentShownSchema), required=True)
    refunds = fields.List(fields.Nested(RefundShownSchema), required=True)
    due_on = fields.Date(required=True, allow_none=True)
    due_at = Moment(allow_none=True)
    owing = fields.String(required=True, validate=validate.OneOf(["yes", ""]))
    overdue = fields.String(required=True, validate=validate.OneOf(["yes", ""]))
    overdue_at = Moment(
        allow_none=True,
        metadata={"description": "When what is open will be overdue; null: it is, or nothing is."},
    )
    placed_at = Moment()
    last_paid_at = Moment(allow_none=True)
    split = fields.List(fields.Nested(CreditShownSchema), required=True)
    channel = fields.String(required=True, allow_none=True)
    opportunity_id = fields.UUID(required=True, allow_none=True)
    contract_id = fields.UUID(required=True, allow_none=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class OrderLineSchema(ma.Schema):
    """One product: how many of it, at what price and cost for one."""

    product = Text(NAME, required=True)
    sku = Text(NAME, load_default=None, allow_none=True)
    quantity = Figure(9, 6, required=True)
    unit_price = Amount(least=0, required=True)
    unit_cost = Amount(least=0, load_default=None, allow_none=True)


class CreditShareSchema(ma.Schema):
    """A member's part of the credit, in percent; nobody's where no member is named."""

    member_id = Id(required=True, allow_none=True)
    percent = Figure(3, 4, required=True)


class Split(fields.List[Any]):
    """Who gets the credit: parts that add up to 100 percent, or nobody at all."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            fields.Nested(CreditShareSchema), validate=validate.Length(max=MOST_SHARES), **kwargs
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        shares: Any = super()._deserialize(value, attr, data, **kwargs)
        return tuple(Share(**share) for share in shares)


class PlaceOrderSchema(Change):
    """What a customer ordered."""

    number = Text(NAME, load_default=None, allow_none=True)
    source = fields.String(
        load_default=None,
        allow_none=True,
        validate=[validate.Length(1, SHORT), SLUG],
        metadata={"description": "Which system gave the number: the same one comes in once."},
    )
    currency = fields.String(required=True, validate=validate.OneOf(sorted(CURRENCIES)))
    lines = fields.List(
        fields.Nested(OrderLineSchema), required=True, validate=validate.Length(1, MOST_LINES)
    )
    split = Split(metadata={"description": "The customer's owner, unless said."})
    due_on = Day(load_default=None, allow_none=True, validate=last_day)
    opportunity_id = Id(load_default=None, allow_none=True)
    contract_id = Id(load_default=None, allow_none=True)
    channel = Text(NAME, load_default=None, allow_none=True)

    @ma.validates_schema
    def _source_of_a_number(self, data: dict[str, Any], **_: Any) -> None:
        if data["source"] is not None and data["number"] is None:
            raise ma.ValidationError("Say which number it has there.", "number")


class OrderSplitSchema(Change):
    """Who gets the credit instead."""

    split = Split(required=True)


class PayOrderSchema(Change):
    """What was paid, and how."""

    amount = Amount(required=True)
    method = Text(NAME, load_default=None, allow_none=True)
    reference = Text(NAME, load_default=None, allow_none=True)
    payment_id = Id(load_default=None, allow_none=True)


class RefundOrderSchema(Change):
    """What was paid back."""

    amount = Amount(required=True)
    refund_id = Id(load_default=None, allow_none=True)


class OrderDueDateSchema(Change):
    """Until when it is to be paid."""

    due_on = Day(required=True, validate=last_day)


OrderQuery = list_schema(
    ORDERS,
    {
        "customer_id": Id(),
        "status": fields.String(validate=STATUS),
        "owing": fields.String(validate=validate.OneOf(["yes", ""])),
        "overdue": fields.String(validate=validate.OneOf(["yes", ""])),
        "number": Words(),
        "contract_id": Id(),
        "opportunity_id": Id(),
        "channel": Words(),
    },
    sort="-placed_at",
)

# --- Reading --------------------------------------------------------------------------------------


@bp.get("/orders")
@bp.arguments(OrderQuery, location="query")
@bp.response(200, page_of(OrderSchema), description="A page of orders.")
def list_orders(args: dict[str, Any]) -> Response:
    """List orders; sorting by amount is for those who are shown all amounts."""
    return show_list(ORDERS, args)


@bp.get("/orders/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, OrderSchema, description="The order.")
def get_order(args: dict[str, Any], id_: UUID) -> Response:
    """Show an order, now or as of any moment."""
    return show(ORDERS, id_, args)


# --- Changing -------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/orders")
@bp.arguments(PlaceOrderSchema)
@bp.response(201, OutcomeSchema)
def place_order(body: dict[str, Any], id_: UUID) -> Response:
    """Record what a customer ordered."""
    given = envelope(body)
    customer_id = CustomerId(id_)
    source = body.pop("source")
    split = body.pop("split", None)
    _check_members(split or ())
    command = order.PlaceOrder(
        id=order.order_id(source, body["number"]) if source else OrderId(uuid7()),
        customer_id=customer_id,
        lines=tuple(order.OrderLine(**line) for line in body.pop("lines")),
        split=_owners(customer_id) if split is None else split,
        due_at=_due_at(body["due_on"]),
        **body,
    )
    return carry_out(command, given, created="orders.get_order")


@bp.post("/orders/<uuid:id_>/split")
@bp.arguments(OrderSplitSchema)
@bp.response(200, OutcomeSchema)
def change_split(body: dict[str, Any], id_: UUID) -> Response:
    """Share the credit otherwise, as long as nothing is paid."""
    _check_members(body["split"])
    return change(order.ChangeSplit, body, id=OrderId(id_))


@bp.post("/orders/<uuid:id_>/pay")
@bp.arguments(PayOrderSchema)
@bp.response(200, OutcomeSchema)
def record_payment(body: dict[str, Any], id_: UUID) -> Response:
    """Record a payment; the same payment_id counts once."""
    payment_id = PaymentId(body.pop("payment_id") or uuid7())
    return change(order.RecordPayment, body, id=OrderId(id_), payment_id=payment_id)


@bp.post("/orders/<uuid:id_>/refund")
@bp.arguments(RefundOrderSchema)
@bp.response(200, OutcomeSchema)
def record_refund(body: dict[str, Any], id_: UUID) -> Response:
    """Record what was paid back; the same refund_id counts once."""
    refund_id = RefundId(body.pop("refund_id") or uuid7())
    return change(order.RecordRefund, body, id=OrderId(id_), refund_id=refund_id)


@bp.post("/orders/<uuid:id_>/due-date")
@bp.arguments(OrderDueDateSchema)
@bp.response(200, OutcomeSchema)
def change_due_date(body: dict[str, Any], id_: UUID) -> Response:
    """Give the customer until another day."""
    due_at = _due_at(body["due_on"])
    return change(order.ChangeDueDate, body, id=OrderId(id_), due_at=due_at)


@bp.post("/orders/<uuid:id_>/void")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def void_order(body: dict[str, Any], id_: UUID) -> Response:
    """Declare that an order counts nothing; say why."""
    return change(order.VoidOrder, body, id=OrderId(id_))


def _due_at(day: date | None) -> datetime | None:
    """Return when a day has passed in the organisation's time zone."""
    if day is None:
        return None
    return days.end_of(day, zone())


def _owners(customer_id: CustomerId) -> tuple[Share, ...]:
    state = concord().crm.load(OWNERSHIP, ownership_id(customer_id)).state
    return () if isinstance(state, Unowned) else (Share(state.owner_id, WHOLE),)


def _check_members(split: tuple[Share, ...]) -> None:
    # They stand in a list, where no command names them; credit may be due to who has left.
    wanted = [(MEMBER, share.member_id) for share in split if share.member_id is not None]
    for (_, id_), known in concord().crm.states.look(wanted).items():
        if not known.version:
            raise UnknownReference("split", "member", MemberId(id_), known=False)
