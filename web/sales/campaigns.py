"""Campaigns, markets and competitors over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.ids import CampaignId, CompetitorId, CustomerId, DepartmentId, LeadId, MarketId
from domain.sales import campaign, competitor, market
from domain.sales.campaign import Answer, CampaignChannel, CampaignPlan
from domain.sales.competitor import Sight
from domain.values import NAME
from projections.sales.campaigns import CAMPAIGNS, COMPETITORS, MARKETS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Amount, Change, Day, Id, Moment, MoneySchema, OutcomeSchema, Text, Words
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("campaigns", "campaigns", description="Campaigns, the market, and who else is in it.")

_MASKED = fields.List(
    fields.Enum(FieldClass, by_value=True),
    metadata={"description": "The classes of fields you are not shown: they are null."},
)

# --- Campaigns ------------------------------------------------------------------------------------


class CampaignSchema(ma.Schema):
    """A campaign: its plan, what it cost so far, who answered."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    department_id = fields.UUID(required=True)
    name = fields.String(required=True)
    channel = fields.Enum(CampaignChannel, by_value=True, required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    aim = fields.String(required=True, allow_none=True)
    budget = fields.Nested(MoneySchema, required=True, allow_none=True)
    cost = fields.Nested(MoneySchema, required=True, allow_none=True)
    answers = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    status = fields.String(required=True, validate=validate.OneOf(["running", "ended"]))
    planned_at = Moment()
    ended_at = Moment(allow_none=True)
    masked = _MASKED


class PlanSchema(Change):
    """What a campaign is to be; dates in the organisation's time zone, both included."""

    name = Text(NAME, required=True)
    channel = fields.Enum(CampaignChannel, by_value=True, required=True)
    starts_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)
    aim = Text(load_default=None, allow_none=True)
    budget = Amount(load_default=None, allow_none=True)

    @ma.validates_schema
    def ends_later(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a campaign that ends before it starts."""
        if data["ends_on"] is not None and data["ends_on"] < data["starts_on"]:
            raise ma.ValidationError("A campaign ends after it starts.", "ends_on")


class NewCampaignSchema(PlanSchema):
    """A new campaign, and whose it is."""

    department_id = Id(required=True)


class CostSchema(Change):
    """What something for the campaign cost."""

    amount = Amount(required=True)
    what = Text(NAME, required=True)


class AnswerSchema(Change):
    """Who answered, and how."""

    answer = fields.Enum(Answer, by_value=True, required=True)
    customer_id = Id(load_default=None, allow_none=True)
    lead_id = Id(load_default=None, allow_none=True)


CampaignQuery = list_schema(
    CAMPAIGNS,
    {
        "status": fields.String(validate=validate.OneOf(["running", "ended"])),
        "channel": fields.Enum(CampaignChannel, by_value=True),
        "department_id": Id(),
        "name": Words(metadata={"description": "The whole name."}),
    },
    sort="-starts_on",
)


def _plan(body: dict[str, Any]) -> CampaignPlan:
    names = ("name", "channel", "starts_on", "ends_on", "aim")
    return CampaignPlan(**{name: body.pop(name) for name in names})


@bp.get("/campaigns")
@bp.arguments(CampaignQuery, location="query")
@bp.response(200, page_of(CampaignSchema), description="A page of campaigns.")
def list_campaigns(args: dict[str, Any]) -> Response:
    """List campaigns."""
    return show_list(CAMPAIGNS, args)


@bp.post("/campaigns")
@bp.arguments(NewCampaignSchema)
@bp.response(201, OutcomeSchema)
def plan_campaign(body: dict[str, Any]) -> Response:
    """Plan a campaign."""
    given = envelope(body)
    command = campaign.PlanCampaign(
        id=CampaignId(uuid7()),
        department_id=DepartmentId(body.pop("department_id")),
        plan=_plan(body),
        **body,
    )
    return carry_out(command, given, created="campaigns.get_campaign")


@bp.get("/campaigns/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, CampaignSchema, description="The campaign.")
def get_campaign(args: dict[str, Any], id_: UUID) -> Response:
    """Show a campaign, now or as of any moment."""
    return show(CAMPAIGNS, id_, args)


@bp.put("/campaigns/<uuid:id_>")
@bp.arguments(PlanSchema)
@bp.response(200, OutcomeSchema)
def change_campaign(body: dict[str, Any], id_: UUID) -> Response:
    """Replace a campaign's plan and budget."""
    return change(campaign.ChangeCampaign, body, id=CampaignId(id_), plan=_plan(body))


@bp.post("/campaigns/<uuid:id_>/cost")
@bp.arguments(CostSchema)
@bp.response(200, OutcomeSchema)
def book_cost(body: dict[str, Any], id_: UUID) -> Response:
    """Book what something for the campaign cost."""
    return change(campaign.BookCost, body, id=CampaignId(id_))


@bp.post("/campaigns/<uuid:id_>/answer")
@bp.arguments(AnswerSchema)
@bp.response(200, OutcomeSchema)
def log_answer(body: dict[str, Any], id_: UUID) -> Response:
    """Log that a customer or a lead answered."""
    lead_id, customer_id = body.pop("lead_id"), body.pop("customer_id")
    return change(
        campaign.LogAnswer,
        body,
        id=CampaignId(id_),
        customer_id=CustomerId(customer_id) if customer_id else None,
        lead_id=LeadId(lead_id) if lead_id else None,
    )


@bp.post("/campaigns/<uuid:id_>/end")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def end_campaign(body: dict[str, Any], id_: UUID) -> Response:
    """End a campaign; late costs and answers may still be booked."""
    return change(campaign.EndCampaign, body, id=CampaignId(id_))


@bp.post("/campaigns/<uuid:id_>/retract")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retract_campaign(body: dict[str, Any], id_: UUID) -> Response:
    """Take back a campaign that was recorded by mistake."""
    return change(campaign.RetractCampaign, body, id=CampaignId(id_))


# --- Markets --------------------------------------------------------------------------------------


class SizeSchema(ma.Schema):
    """How large the market was in a period, and who says so."""

    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    size = fields.Nested(MoneySchema, required=True)
    source = fields.String(required=True)


class MarketSchema(ma.Schema):
    """A market, with the figures in force."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    department_id = fields.UUID(required=True)
    scope = fields.String(required=True, allow_none=True)
    sizes = fields.List(fields.Nested(SizeSchema), required=True)


class NewMarketSchema(Change):
    """A market that we sell in, and who keeps its figures."""

    name = Text(NAME, required=True)
    department_id = Id(required=True)
    scope = Text(load_default=None, allow_none=True)


class DaysSchema(Change):
    """A period: both dates included."""

    starts_on = Day(required=True)
    ends_on = Day(required=True)


class PublishSizeSchema(DaysSchema):
    """How large the market was, and where that is from."""

    size = Amount(required=True)
    source = Text(NAME, required=True)


MarketQuery = list_schema(MARKETS, {"name": Words(), "department_id": Id()}, sort="name")


@bp.get("/markets")
@bp.arguments(MarketQuery, location="query")
@bp.response(200, page_of(MarketSchema), description="A page of markets.")
def list_markets(args: dict[str, Any]) -> Response:
    """List markets."""
    return show_list(MARKETS, args)


@bp.post("/markets")
@bp.arguments(NewMarketSchema)
@bp.response(201, OutcomeSchema)
def describe_market(body: dict[str, Any]) -> Response:
    """Describe a market that we sell in."""
    given = envelope(body)
    command = market.DescribeMarket(id=market.market_id(body["name"]), **body)
    return carry_out(command, given, created="campaigns.get_market")


@bp.get("/markets/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, MarketSchema, description="The market.")
def get_market(args: dict[str, Any], id_: UUID) -> Response:
    """Show a market and its figures, now or as of any moment."""
    return show(MARKETS, id_, args)


@bp.post("/markets/<uuid:id_>/size")
@bp.arguments(PublishSizeSchema)
@bp.response(200, OutcomeSchema)
def publish_size(body: dict[str, Any], id_: UUID) -> Response:
    """Publish how large a market was in a period."""
    return change(market.PublishMarketSize, body, id=MarketId(id_))


@bp.post("/markets/<uuid:id_>/withdraw-size")
@bp.arguments(DaysSchema)
@bp.response(200, OutcomeSchema)
def withdraw_size(body: dict[str, Any], id_: UUID) -> Response:
    """Withdraw the figure of a period, with the reason."""
    return change(market.WithdrawMarketSize, body, id=MarketId(id_))


# --- Competitors ----------------------------------------------------------------------------------


class ObservationSchema(ma.Schema):
    """What a competitor was seen doing."""

    at = Moment()
    sight = fields.Enum(Sight, by_value=True, required=True)
    note = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)


class CompetitorSchema(ma.Schema):
    """A competitor, and what was seen of them lately."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    department_id = fields.UUID(required=True)
    website = fields.String(required=True, allow_none=True)
    sights = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    observations = fields.List(fields.Nested(ObservationSchema), required=True)
    last_seen_at = Moment(allow_none=True)
    masked = _MASKED


class NewCompetitorSchema(Change):
    """A competitor, and who keeps an eye on them."""

    name = Text(NAME, required=True)
    department_id = Id(required=True)
    website = Text(NAME, load_default=None, allow_none=True)


class ObserveSchema(Change):
    """What they were seen doing, and at which customer."""

    sight = fields.Enum(Sight, by_value=True, required=True)
    note = Text(required=True)
    customer_id = Id(load_default=None, allow_none=True)
    price = Amount(load_default=None, allow_none=True)


CompetitorQuery = list_schema(COMPETITORS, {"name": Words(), "department_id": Id()}, sort="name")


@bp.get("/competitors")
@bp.arguments(CompetitorQuery, location="query")
@bp.response(200, page_of(CompetitorSchema), description="A page of competitors.")
def list_competitors(args: dict[str, Any]) -> Response:
    """List competitors."""
    return show_list(COMPETITORS, args)


@bp.post("/competitors")
@bp.arguments(NewCompetitorSchema)
@bp.response(201, OutcomeSchema)
def enter_competitor(body: dict[str, Any]) -> Response:
    """Enter a competitor."""
    given = envelope(body)
    command = competitor.EnterCompetitor(id=competitor.competitor_id(body["name"]), **body)
    return carry_out(command, given, created="campaigns.get_competitor")


@bp.get("/competitors/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, CompetitorSchema, description="The competitor.")
def get_competitor(args: dict[str, Any], id_: UUID) -> Response:
    """Show a competitor, now or as of any moment."""
    return show(COMPETITORS, id_, args)


@bp.post("/competitors/<uuid:id_>/observe")
@bp.arguments(ObserveSchema)
@bp.response(200, OutcomeSchema)
def observe_competitor(body: dict[str, Any], id_: UUID) -> Response:
    """Note what a competitor was seen doing."""
    customer_id = body.pop("customer_id")
    return change(
        competitor.ObserveCompetitor,
        body,
        id=CompetitorId(id_),
        customer_id=CustomerId(customer_id) if customer_id else None,
    )
