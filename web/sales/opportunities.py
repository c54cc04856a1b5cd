"""Opportunities over HTTP: from contact to follow-up, until they are won or lost."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.ids import CustomerId, DepartmentId, MemberId, OpportunityId
from domain.sales import opportunity
from domain.sales.opportunity import Closed, LostBecause, Open
from domain.sales.opportunity_rules import OPPORTUNITY
from domain.sales.pipeline import STANDARD
from domain.teams.member import MEMBER
from domain.values import NAME
from projections.sales.opportunities import OPPORTUNITIES
from web.bodies import Routes
from web.changes import carry_out, change, envelope, expected_version
from web.fields import Amount, Change, Day, Id, Moment, MoneySchema, OutcomeSchema, Text
from web.problems import not_found
from web.running import concord
from web.sales.pipelines import Code, stages_now
from web.sales.selling import ShareSchema, split_of
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list, show_part

bp = Routes("opportunities", "opportunities", description="Sales that may come.")

MOST_SHARES = 50
STATUS = validate.OneOf(["open", "won", "lost"])

# --- Schemas ------------------------------------------------------------------------------------


class StaySchema(ma.Schema):
    """One stay in a stage, with one owner; null while it lasts."""

    stage = fields.String(required=True)
    name = fields.String(required=True)
    owner_id = fields.UUID(required=True)
    entered_at = Moment()
    left_at = Moment(allow_none=True)
    seconds = fields.Integer(required=True, allow_none=True)


class StaysSchema(ma.Schema):
    """Every stay in a stage, the first one first."""

    items = fields.List(fields.Nested(StaySchema), required=True)
    version = fields.Integer(required=True)


class ProposalSchema(ma.Schema):
    """A proposal that the customer was given."""

    title = fields.String(required=True)
    quote_id = fields.UUID(required=True, allow_none=True)
    amount = fields.Nested(MoneySchema, required=True, allow_none=True)
    issued_at = Moment()


class CreditSchema(ma.Schema):
    """A part of the credit, in percent; nobody's where no member is named."""

    member_id = fields.UUID(required=True, allow_none=True)
    percent = fields.String(required=True)


class OpportunitySchema(ma.Schema):
    """An opportunity, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    department_id = fields.UUID(required=True, allow_none=True)
    holder_id = fields.UUID(required=True)
    status = fields.String(required=True, validate=STATUS)
    title = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True, allow_none=True)
    amount_key = fields.String(
        required=True, allow_none=True, metadata={"description": "Sorts by currency and amount."}
    )
    expected_on = Day(required=True, allow_none=True)
    pipeline = fields.String(required=True)
    stage = fields.String(required=True)
    stage_name = fields.String(required=True)
    probability = fields.String(required=True, metadata={"description": "In percent."})
    stage_owner_id = fields.UUID(required=True)
    stage_since = Moment()
    stale = fields.String(required=True, allow_none=True, validate=validate.Equal("yes"))
    stale_at = Moment(allow_none=True)
    stages = fields.Nested(StaysSchema, required=True)
    need_id = fields.UUID(required=True, allow_none=True)
    lead_id = fields.UUID(required=True, allow_none=True)
    campaign_id = fields.UUID(required=True, allow_none=True)
    proposals = fields.List(fields.Nested(ProposalSchema), required=True)
    handovers = fields.Integer(required=True)
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    lost_because = fields.Enum(LostBecause, by_value=True, required=True, allow_none=True)
    competitor = fields.String(required=True, allow_none=True)
    competitor_id = fields.UUID(required=True, allow_none=True)
    split = fields.List(fields.Nested(CreditSchema), required=True)
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class OpenOpportunitySchema(Change):
    """A sale that may come; in the first stage of the standard pipeline, unless said otherwise."""

    holder_id = Id(required=True)
    title = Text(NAME, required=True)
    pipeline = Code(load_default=STANDARD)
    stage = Code(load_default=None, allow_none=True)
    stage_owner_id = Id(load_default=None, allow_none=True)
    department_id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "Whose pipeline it is in; the holder's department, unless said."},
    )
    amount = Amount()
    expected_on = Day(load_default=None, allow_none=True)
    need_id = Id(load_default=None, allow_none=True)
    lead_id = Id(load_default=None, allow_none=True)
    campaign_id = Id(load_default=None, allow_none=True)


class StageChangeSchema(Change):
    """To which stage, and who owns it there; the holder, unless said."""

    stage = Code(required=True)
    stage_owner_id = Id(load_default=None, allow_none=True)


class HandOverOpportunitySchema(Change):
    """To whom, and why."""

    holder_id = Id(required=True)


class AmendSchema(Change):
    """What is different now; what is left out stays."""

    title = Text(NAME)
    amount = Amount()
    expected_on = Day(allow_none=True)


class IssueProposalSchema(Change):
    """What was proposed, with a quote of ours perhaps."""

    title = Text(NAME, required=True)
    quote_id = Id(load_default=None, allow_none=True)
    amount = Amount()


class WinSchema(Change):
    """Whose credit it is: shares that make 100 percent; all the holder's, unless said."""

    split = fields.List(
        fields.Nested(ShareSchema), load_default=list, validate=validate.Length(max=MOST_SHARES)
    )


class LoseSchema(Change):
    """Why, and to whom."""

    because = fields.Enum(LostBecause, by_value=True, required=True)
    competitor = Text(NAME, load_default=None, allow_none=True)
    competitor_id = Id(load_default=None, allow_none=True)


OpportunityQuery = list_schema(
    OPPORTUNITIES,
    {
        "status": fields.String(validate=STATUS),
        "customer_id": Id(),
        "holder_id": Id(),
        "department_id": Id(),
        "pipeline": Code(),
        "stage": Code(),
        "stale": fields.String(
            validate=validate.OneOf(["yes", ""]),
            metadata={
                "description": "yes: rested too long in its stage; empty: those that did not."
            },
        ),
        "campaign_id": Id(),
    },
    sort="-opened_at",
)

# --- Reading --------------------------------------------------------------------------------------


@bp.get("/opportunities")
@bp.arguments(OpportunityQuery, location="query")
@bp.response(200, page_of(OpportunitySchema), description="A page of opportunities.")
def list_opportunities(args: dict[str, Any]) -> Response:
    """List opportunities; sorting by amount is for those who are shown all amounts."""
    return show_list(OPPORTUNITIES, args)


@bp.get("/opportunities/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, OpportunitySchema, description="The opportunity.")
def get_opportunity(args: dict[str, Any], id_: UUID) -> Response:
    """Show an opportunity, now or as of any moment."""
    return show(OPPORTUNITIES, id_, args)


@bp.get("/opportunities/<uuid:id_>/stages")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, StaysSchema, description="Its stays in stages, the first one first.")
def get_stages(args: dict[str, Any], id_: UUID) -> Response:
    """Show how long an opportunity was in each stage, and who owned it there."""
    return show_part(OPPORTUNITIES, id_, "stages", args)


# --- Changing -------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/opportunities")
@bp.arguments(OpenOpportunitySchema)
@bp.response(201, OutcomeSchema)
def open_opportunity(body: dict[str, Any], id_: UUID) -> Response:
    """Open an opportunity of a customer."""
    given = envelope(body)
    whose = body.pop("department_id") or _department_of(body["holder_id"])
    command = opportunity.OpenOpportunity(
        id=OpportunityId(uuid7()),
        customer_id=CustomerId(id_),
        department_id=whose,
        stages=stages_now(body["pipeline"]),
        **body,
    )
    return carry_out(command, given, created="opportunities.get_opportunity")


def _department_of(member_id: MemberId) -> DepartmentId | None:
    return getattr(concord().crm.load(MEMBER, member_id).state, "department_id", None)


@bp.post("/opportunities/<uuid:id_>/stage")
@bp.arguments(StageChangeSchema)
@bp.response(200, OutcomeSchema)
def change_stage(body: dict[str, Any], id_: UUID) -> Response:
    """Move an opportunity to another stage of its pipeline."""
    here = concord().crm.load(OPPORTUNITY, id_).state
    stages = stages_now(here.pipeline) if isinstance(here, Open) else ()
    return change(opportunity.ChangeStage, body, id=OpportunityId(id_), stages=stages)


@bp.post("/opportunities/<uuid:id_>/hand-over")
@bp.arguments(HandOverOpportunitySchema)
@bp.response(200, OutcomeSchema)
def hand_over_opportunity(body: dict[str, Any], id_: UUID) -> Response:
    """Hand an opportunity over to another member; say why."""
    return change(opportunity.HandOverOpportunity, body, id=OpportunityId(id_))


@bp.post("/opportunities/<uuid:id_>/amend")
@bp.arguments(AmendSchema)
@bp.response(200, OutcomeSchema)
def amend_opportunity(body: dict[str, Any], id_: UUID) -> Response:
    """Correct an opportunity's title, amount or expected day; what is left out stays."""
    expected = expected_version()
    given = envelope(body)
    loaded = concord().crm.load(OPPORTUNITY, id_)
    last = loaded.state.last if isinstance(loaded.state, Closed) else loaded.state
    if not isinstance(last, Open):
        raise not_found()
    told = {"title": last.title, "amount": last.amount, "expected_on": last.expected_on}
    command = opportunity.AmendOpportunity(id=OpportunityId(id_), **told | body)
    # What is left out is taken from this version: a change in between must not be undone.
    return carry_out(command, given, expected=loaded.version if expected is None else expected)


@bp.post("/opportunities/<uuid:id_>/proposal")
@bp.arguments(IssueProposalSchema)
@bp.response(200, OutcomeSchema)
def issue_proposal(body: dict[str, Any], id_: UUID) -> Response:
    """Record that the customer was given a proposal."""
    return change(opportunity.IssueProposal, body, id=OpportunityId(id_))


@bp.post("/opportunities/<uuid:id_>/win")
@bp.arguments(WinSchema)
@bp.response(200, OutcomeSchema)
def win_opportunity(body: dict[str, Any], id_: UUID) -> Response:
    """Close an opportunity as won, and say whose credit it is."""
    body["split"] = split_of(body["split"])
    return change(opportunity.WinOpportunity, body, id=OpportunityId(id_))


@bp.post("/opportunities/<uuid:id_>/lose")
@bp.arguments(LoseSchema)
@bp.response(200, OutcomeSchema)
def lose_opportunity(body: dict[str, Any], id_: UUID) -> Response:
    """Close an opportunity as lost; say why."""
    return change(opportunity.LoseOpportunity, body, id=OpportunityId(id_))


@bp.post("/opportunities/<uuid:id_>/reopen")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def reopen_opportunity(body: dict[str, Any], id_: UUID) -> Response:
    """Take a closed opportunity up again, in the stage it was in; say why."""
    return change(opportunity.ReopenOpportunity, body, id=OpportunityId(id_))
