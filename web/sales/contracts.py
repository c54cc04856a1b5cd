"""The contract book over HTTP: signed, changed, renewed, ended."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate
from uuid_utils.compat import uuid7

from domain.confidential import FieldClass
from domain.ids import ContractId, CustomerId
from domain.sales import contract
from domain.sales.contract import MOST_MONTHS, EndedBecause, Renewal
from domain.values import NAME
from projections.sales.contracts import CONTRACTS
from web.bodies import Routes
from web.changes import carry_out, change, envelope
from web.fields import Amount, Change, Id, Moment, OutcomeSchema, Text, Time, Words
from web.running import zone
from web.sales.orders import LAST_DAY, ShownMoney
from web.views import ItemMomentSchema, list_schema, page_of, show, show_list

bp = Routes("contracts", "contracts", description="The contract book.")

STATUS = validate.OneOf(["running", "ended"])

# --- Schemas ------------------------------------------------------------------------------------


class Planned(Time):
    """A time that may lie ahead, though not for ever; months are counted where we are."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        time: datetime = super()._deserialize(value, attr, data, **kwargs)
        if time.date() > LAST_DAY:
            raise ma.ValidationError("That is further away than can be meant.")
        return _here(time)


def _here(time: datetime) -> datetime:
    # By its offset, as it is kept: what is remembered is then the same as what is read again.
    here = time.astimezone(zone())
    offset = here.utcoffset() or timedelta(0)
    return time if offset.seconds % 60 else here.replace(tzinfo=timezone(offset))


class ContractSchema(ma.Schema):
    """A contract, as it is shown."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    customer_id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    value = ShownMoney()
    status = fields.String(required=True, validate=STATUS)
    starts_at = Moment()
    ends_at = Moment(allow_none=True)
    term_ends_at = Moment(
        allow_none=True,
        metadata={"description": "When it expires or renews itself; null: it has ended, or never."},
    )
    renewal = fields.Enum(Renewal, by_value=True, required=True)
    renewal_months = fields.Integer(required=True, allow_none=True)
    renewals = fields.Integer(required=True)
    ended_at = Moment(allow_none=True)
    because = fields.Enum(EndedBecause, by_value=True, required=True, allow_none=True)
    opportunity_id = fields.UUID(required=True, allow_none=True)
    quote_id = fields.UUID(required=True, allow_none=True)
    signed_at = Moment()
    masked = fields.List(
        fields.Enum(FieldClass, by_value=True),
        metadata={"description": "The classes of fields you are not shown: they are null."},
    )


class ContractTermsSchema(Change):
    """What a contract is called and worth; what is left out it does not have."""

    number = Text(NAME, load_default=None, allow_none=True)
    title = Text(NAME, required=True)
    value = Amount(least=0, load_default=None, allow_none=False)


class SignContractSchema(ContractTermsSchema):
    """What was signed."""

    starts_at = Planned(required=True)
    ends_at = Planned(load_default=None, allow_none=True)
    renewal = fields.Enum(Renewal, by_value=True, load_default=Renewal.NONE)
    renewal_months = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MOST_MONTHS)
    )
    opportunity_id = Id(load_default=None, allow_none=True)
    quote_id = Id(load_default=None, allow_none=True)


class RenewContractSchema(Change):
    """Until when it runs now; null: without an end."""

    ends_at = Planned(required=True, allow_none=True)


class EndContractSchema(Change):
    """When it ends, which may lie ahead, and why."""

    ended_at = Planned(required=True)
    because = fields.Enum(EndedBecause, by_value=True, load_default=EndedBecause.TERMINATED)


ContractQuery = list_schema(
    CONTRACTS,
    {
        "customer_id": Id(),
        "status": fields.String(validate=STATUS),
        "renewal": fields.Enum(Renewal, by_value=True),
        "number": Words(),
        "opportunity_id": Id(),
    },
    sort="ends_at",
)

# --- Reading --------------------------------------------------------------------------------------


@bp.get("/contracts")
@bp.arguments(ContractQuery, location="query")
@bp.response(200, page_of(ContractSchema), description="A page of the contract book.")
def list_contracts(args: dict[str, Any]) -> Response:
    """List contracts: those without an end first, then whichever ends first."""
    return show_list(CONTRACTS, args)


@bp.get("/contracts/<uuid:id_>")
@bp.arguments(ItemMomentSchema, location="query")
@bp.response(200, ContractSchema, description="The contract.")
def get_contract(args: dict[str, Any], id_: UUID) -> Response:
    """Show a contract, now or as of any moment."""
    return show(CONTRACTS, id_, args)


# --- Changing -------------------------------------------------------------------------------------


@bp.post("/customers/<uuid:id_>/contracts")
@bp.arguments(SignContractSchema)
@bp.response(201, OutcomeSchema)
def sign_contract(body: dict[str, Any], id_: UUID) -> Response:
    """Record a contract that a customer signed."""
    given = envelope(body)
    command = contract.SignContract(id=ContractId(uuid7()), customer_id=CustomerId(id_), **body)
    return carry_out(command, given, created="contracts.get_contract")


@bp.post("/contracts/<uuid:id_>/change")
@bp.arguments(ContractTermsSchema)
@bp.response(200, OutcomeSchema)
def change_contract(body: dict[str, Any], id_: UUID) -> Response:
    """Replace a contract's number, title and value."""
    return change(contract.ChangeContract, body, id=ContractId(id_))


@bp.post("/contracts/<uuid:id_>/renew")
@bp.arguments(RenewContractSchema)
@bp.response(200, OutcomeSchema)
def renew_contract(body: dict[str, Any], id_: UUID) -> Response:
    """Let a contract run longer."""
    return change(contract.RenewContract, body, id=ContractId(id_))


@bp.post("/contracts/<uuid:id_>/end")
@bp.arguments(EndContractSchema)
@bp.response(200, OutcomeSchema)
def end_contract(body: dict[str, Any], id_: UUID) -> Response:
    """End a contract; open opportunities and orders stay as they are."""
    return change(contract.EndContract, body, id=ContractId(id_))


@bp.post("/contracts/<uuid:id_>/retract")
@bp.arguments(Change)
@bp.response(200, OutcomeSchema)
def retract_contract(body: dict[str, Any], id_: UUID) -> Response:
    """Take back a contract that was recorded by mistake."""
    return change(contract.RetractContract, body, id=ContractId(id_))
