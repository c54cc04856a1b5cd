"""The contract book: what was signed with whom, until when it holds, and what happens then."""

from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.sales import contract
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, money, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a contract."""
    match fact.event:
        case contract.ContractSigned():
            return _signed(key, fact, fact.event)
        case contract.ContractRetracted():
            return None
        case _ if document is None:
            return None
        case contract.ContractChanged(number=number, title=title, value=value):
            return {"number": number, "title": title, "value": money(value)}
        case contract.ContractRenewed(ends_at=ends_at):
            until = ends_at and utc(ends_at)
            return {"ends_at": until, "term_ends_at": until, "renewals": document["renewals"] + 1}
        case contract.ContractEnded(ended_at=ended_at, because=because):
            return {
                "status": "ended",
                "ended_at": utc(ended_at),
                "because": because,
                "term_ends_at": None,
            }
        case _:
            return {}


def _signed(key: UUID, fact: Recorded[Any], event: contract.ContractSigned) -> Document:
    until = event.ends_at and utc(event.ends_at)
    return {
        "id": str(key),
        "customer_id": str(event.customer_id),
        "number": event.number,
        "title": event.title,
        "value": money(event.value),
        "status": "running",
        "starts_at": utc(event.starts_at),
        "ends_at": until,
        "term_ends_at": until,
        "renewal": event.renewal,
        "renewal_months": event.renewal_months,
        "renewals": 0,
        "ended_at": None,
        "because": None,
        "opportunity_id": event.opportunity_id and str(event.opportunity_id),
        "quote_id": event.quote_id and str(event.quote_id),
        "signed_at": utc(fact.occurred_at),
    }


CONTRACTS = ReadModel(
    name="contracts",
    version=1,
    subject="contract",
    fold=fold,
    fields=(
        "status",
        "customer_id",
        "number",
        "renewal",
        "starts_at",
        "ends_at",
        "term_ends_at",
        "signed_at",
        "opportunity_id",
    ),
    together=(("customer_id", "signed_at"), ("status", "ends_at")),
    row={
        "customer_id": "customer_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
        "holder_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
    masks={("value",): FieldClass.MONEY},
)
