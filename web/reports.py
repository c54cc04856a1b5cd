"""Reports by replay over HTTP: the same bytes as ``concord report … --json``."""

from datetime import date
from decimal import Decimal
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from application.store.log import NOW
from domain.access.roles import Action, Resource
from domain.confidential import FieldClass
from domain.money import CURRENCIES
from projections.reports.campaign_return import campaign_return
from projections.reports.credit import credit
from projections.reports.period import Period
from projections.reports.replaying import Report
from projections.reports.retention import GAP_DAYS, Basis, Question, retention
from projections.reports.service_flow import as_json, service_flow
from web.access.seeing import Masks, access
from web.bodies import Routes
from web.fields import Day, Moment, MoneySchema, Whole
from web.running import concord, json_response, zone
from web.sales.orders import last_day
from web.views import MomentSchema, await_log, window

bp = Routes("reports", "reports", description="Figures computed again from the log, each time.")

# --- Schemas --------------------------------------------------------------------------------------


class ServiceFlowSchema(ma.Schema):
    """How requests flow; projections/reports/service_flow.py defines each figure."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    measured_to = Moment(allow_none=True)
    facts = fields.Integer(required=True)
    cases = fields.Integer(required=True)
    events = fields.Integer(required=True)
    activities = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    states = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    by_member = fields.Dict(required=True)
    by_queue = fields.Dict(required=True)
    waiting = fields.Dict(required=True)
    cycle_times = fields.Dict(required=True)
    promises = fields.Dict(required=True)
    by_kind = fields.List(fields.Dict(), required=True)
    by_department = fields.List(fields.Dict(), required=True)


class PeriodReportSchema(ma.Schema):
    """What the reports over a period begin with."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    facts = fields.Integer(required=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class CurrencyCreditSchema(ma.Schema):
    """Whose sales they were, in one currency."""

    currency = fields.String(required=True)
    total = fields.String(required=True, allow_none=True)
    members = fields.Dict(
        keys=fields.UUID(), values=fields.String(), required=True, allow_none=True
    )
    unattributed = fields.String(required=True, allow_none=True)
    conserved = fields.Boolean(required=True)
    evidence = fields.List(fields.String(), required=True)
    excluded = fields.List(fields.String(), required=True)


class CreditReportSchema(PeriodReportSchema):
    """What was sold, and whose sale it was; projections/reports/credit.py defines each figure."""

    currencies = fields.List(fields.Nested(CurrencyCreditSchema), required=True)


class LostSchema(ma.Schema):
    """A customer that was lost, since when, and whose it was in the 90 days before."""

    lost_on = fields.Date(required=True)
    owner_days = fields.Dict(keys=fields.UUID(), values=fields.Integer(), required=True)
    share = fields.Dict(keys=fields.UUID(), values=fields.String(), required=True)


class RetentionReportSchema(PeriodReportSchema):
    """Which customers stayed; projections/reports/retention.py defines each figure."""

    basis = fields.Enum(Basis, by_value=True, required=True)
    gap_days = fields.Integer(required=True, allow_none=True)
    opening = fields.Integer(required=True)
    active_at_end = fields.Integer(required=True)
    new_active = fields.Integer(required=True)
    won_back = fields.List(fields.UUID(), required=True)
    churn = fields.String(required=True, allow_none=True)
    retention = fields.String(required=True, allow_none=True)
    lost = fields.Dict(keys=fields.UUID(), values=fields.Nested(LostSchema), required=True)
    evidence = fields.Dict(keys=fields.UUID(), values=fields.List(fields.String()), required=True)


class CustomerValueReportSchema(ma.Schema):
    """What customers are worth; projections/reports/customer_value.py defines each figure."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    timezone = fields.String(required=True)
    calibration_end = fields.Date(required=True, allow_none=True)
    horizon_weeks = fields.Integer(required=True)
    discount = fields.String(required=True)
    margin = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    facts = fields.Integer(required=True)
    counts = fields.Dict(required=True)
    calibration = fields.Dict(required=True)
    bg_nbd = fields.Dict(required=True, allow_none=True)
    gamma_gamma = fields.Dict(required=True, allow_none=True)
    customers = fields.List(fields.Dict(), required=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class ChannelReturnSchema(ma.Schema):
    """Who came through a channel first, and what they bought."""

    channel = fields.String(required=True)
    customers = fields.Integer(required=True)
    buyers = fields.Integer(required=True)
    conversion = fields.String(required=True, allow_none=True)
    net = fields.List(fields.Nested(MoneySchema), required=True, allow_none=True)


class CampaignFiguresSchema(ma.Schema):
    """What a campaign cost, and what came of it."""

    campaign_id = fields.UUID(required=True)
    name = fields.String(required=True)
    channel = fields.String(required=True)
    cost = fields.List(fields.Nested(MoneySchema), required=True, allow_none=True)
    answers = fields.Integer(required=True)
    leads = fields.Integer(required=True)
    qualified = fields.Integer(required=True)
    opportunities = fields.Integer(required=True)
    won = fields.Integer(required=True)
    customers = fields.Integer(required=True)
    orders = fields.Integer(required=True)
    net = fields.List(fields.Nested(MoneySchema), required=True, allow_none=True)
    return_ = fields.String(required=True, allow_none=True, data_key="return")
    evidence = fields.List(fields.String(), required=True)


class CampaignReturnSchema(ma.Schema):
    """What came of campaigns; projections/reports/campaign_return.py defines each figure."""

    report = fields.String(required=True)
    position = fields.String(required=True)
    as_of = Moment(allow_none=True)
    facts = fields.Integer(required=True)
    channels = fields.List(fields.Nested(ChannelReturnSchema), required=True)
    campaigns = fields.List(fields.Nested(CampaignFiguresSchema), required=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class PeriodQuery(MomentSchema):
    """Local dates of the organisation: from the first, up to and without the last."""

    first = Day(required=True, data_key="from", validate=last_day)
    last = Day(required=True, data_key="to", validate=last_day)

    @ma.validates_schema
    def later(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a period that ends before it begins."""
        if data["last"] <= data["first"]:
            raise ma.ValidationError("A period ends after it begins.", "to")


class RetentionQuery(PeriodQuery):
    """Which period, and what being a customer means in it."""

    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CONTRACT)
    gap_days = Whole(
        load_default=GAP_DAYS,
        validate=validate.Range(1, 3660),
        metadata={"description": "How long after an order a customer counts as one."},
    )


PART = r"^(0([.][0-9]{1,6})?|1([.]0{1,6})?)$(?!\n)"
RATE = r"^[0-9]([.][0-9]{1,6})?$(?!\n)"


class ValueQuery(MomentSchema):
    """From which purchases to learn, and how far to look ahead."""

    calibration_end = Day(
        validate=last_day,
        metadata={"description": "The last date that counts; the last purchase's, unless said."},
    )
    horizon_weeks = Whole(load_default=52, validate=validate.Range(1, 520))
    discount = fields.String(
        load_default="0.10",
        validate=validate.Regexp(RATE),
        metadata={"description": "By how much money is worth less after a year: 0.1."},
    )
    margin = fields.String(
        validate=validate.Regexp(PART),
        metadata={"description": "The part of net that is profit, where costs are not known: 0.3."},
    )
    currency = fields.String(validate=validate.OneOf(sorted(CURRENCIES)))


MONEY_IN_CREDIT: Masks = {
    ("currencies", name): FieldClass.MONEY for name in ("total", "members", "unattributed")
}
MONEY_IN_RETURN: Masks = {
    ("channels", "net"): FieldClass.MONEY,
    **{("campaigns", name): FieldClass.MONEY for name in ("cost", "net", "return")},
}
_WORTH = ("net", "contribution", "expected_value", "expected_revenue", "lifetime_value")
MONEY_IN_VALUE: Masks = {
    **{("customers", name): FieldClass.MONEY for name in _WORTH},
    ("counts", "net"): FieldClass.MONEY,
    ("calibration", "net"): FieldClass.MONEY,
    ("gamma_gamma",): FieldClass.MONEY,
}

# --- Routes ---------------------------------------------------------------------------------------


@bp.get("/reports/service-flow")
@bp.arguments(MomentSchema, location="query")
@bp.response(200, ServiceFlowSchema, description="The report.")
def get_service_flow(args: dict[str, Any]) -> Response:
    """Show how requests flow: hand-overs, waits, cycle times, now or as of any moment."""
    _permit()
    return json_response(as_json(service_flow(concord().log, window(args) or NOW)))


@bp.get("/reports/credit")
@bp.arguments(PeriodQuery, location="query")
@bp.response(200, CreditReportSchema, description="The report.")
def get_credit(args: dict[str, Any]) -> Response:
    """Show what was sold in a period, and whose sale it was."""
    _permit()
    found = credit(concord().log, _period(args), window(args) or NOW)
    return _answer(found, MONEY_IN_CREDIT)


@bp.get("/reports/campaign-return")
@bp.arguments(MomentSchema, location="query")
@bp.response(200, CampaignReturnSchema, description="The report.")
def get_campaign_return(args: dict[str, Any]) -> Response:
    """Show what campaigns cost, and what came through each of them and each channel."""
    _permit()
    return _answer(campaign_return(concord().log, window(args) or NOW), MONEY_IN_RETURN)


@bp.get("/reports/retention")
@bp.arguments(RetentionQuery, location="query")
@bp.response(200, RetentionReportSchema, description="The report.")
def get_retention(args: dict[str, Any]) -> Response:
    """Show which customers stayed, came, left and came back in a period, and whose they were."""
    _permit()
    question = Question(_period(args), args["basis"], args["gap_days"])
    return _answer(retention(concord().log, question, window(args) or NOW), {})


@bp.get("/reports/customer-value")
@bp.arguments(ValueQuery, location="query")
@bp.response(200, CustomerValueReportSchema, description="The report.")
def get_customer_value(args: dict[str, Any]) -> Response:
    """Show what customers brought, and what they are expected to bring; never whose merit it is."""
    from projections.reports import customer_value as value  # noqa: PLC0415 - scipy takes its time
    from projections.value.model import Horizon  # noqa: PLC0415

    _permit()
    question = value.Question(
        zone(),
        args.get("calibration_end"),
        Horizon(args["horizon_weeks"], Decimal(args["discount"])),
        args.get("currency"),
        Decimal(args["margin"]) if "margin" in args else None,
    )
    found = value.customer_value(concord().log, question, window(args) or NOW)
    return _answer(found, MONEY_IN_VALUE)


def _permit() -> None:
    access().require(Action.READ, Resource.REPORT, everywhere=True)
    await_log()


def _period(args: dict[str, Any]) -> Period:
    first: date = args["first"]
    return Period(first, args["last"], zone())


def _answer(report: Report, masks: Masks) -> Response:
    return json_response(as_json(access().unless_hidden(Resource.REPORT, masks, report)))
