"""The pipeline: every sale that may come, in which stage, in whose hands, and for how long."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.money import Money
from domain.sales import opportunity
from domain.sales.opportunity import OpportunityOpened
from domain.sales.pipeline import Stage
from domain.sales.split import Share
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, Through, money, text, utc, utc_or_none


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns an opportunity."""
    event = fact.event
    if isinstance(event, OpportunityOpened):
        return _opened(key, fact, event)
    if document is None:
        return None
    changes = _changes(document, fact)
    stages = (document | changes)["stages"]
    return {**changes, "stages": {**stages, "version": fact.version}}


def _opened(key: UUID, fact: Recorded[Any], event: OpportunityOpened) -> Document:
    at = utc(fact.occurred_at)
    first = _stay(event.stage.code, event.stage.name, str(event.stage_owner_id), at)
    return {
        "id": str(key),
        "customer_id": str(event.customer_id),
        "department_id": text(event.department_id),
        "holder_id": str(event.holder_id),
        "status": "open",
        "pipeline": event.pipeline,
        **_in_stage(event.stage, event.stage_owner_id, event.stale_at),
        "stage_since": at,
        "stages": {"items": [first], "version": fact.version},
        **_deal(event.title, event.amount, event.expected_on),
        "need_id": text(event.need_id),
        "lead_id": text(event.lead_id),
        "campaign_id": text(event.campaign_id),
        "proposals": [],
        "handovers": 0,
        "opened_at": at,
        "closed_at": None,
        "lost_because": None,
        "competitor": None,
        "competitor_id": None,
        "split": [],
    }


def _changes(document: Document, fact: Recorded[Any]) -> Document:
    event, at = fact.event, utc(fact.occurred_at)
    match event:
        case opportunity.StageChanged(stage=stage, stage_owner_id=owner_id):
            entered = _stay(stage.code, stage.name, str(owner_id), at)
            return {
                **_in_stage(stage, owner_id, event.stale_at),
                "stage_since": at,
                "stages": _left(document, at, entered),
            }
        case opportunity.OpportunityHandedOver(holder_id=holder_id, stage_owner_id=owner_id):
            held = {"holder_id": str(holder_id), "handovers": document["handovers"] + 1}
            if str(owner_id) == document["stage_owner_id"]:
                return held
            stay = _stay(document["stage"], document["stage_name"], str(owner_id), at)
            return held | {"stage_owner_id": str(owner_id), "stages": _left(document, at, stay)}
        case opportunity.OpportunityAmended(title=title, amount=amount):
            return _deal(title, amount, event.expected_on)
        case opportunity.ProposalIssued(title=title, quote_id=quote_id, amount=amount):
            proposal = {
                "title": title,
                "quote_id": text(quote_id),
                "amount": money(amount),
                "issued_at": at,
            }
            return {"proposals": [*document["proposals"], proposal]}
        case opportunity.OpportunityWon(split=split):
            return _closed(document, at, "won") | {"split": [_share(each) for each in split]}
        case opportunity.OpportunityLost() as lost:
            return _closed(document, at, "lost") | {
                "lost_because": lost.because,
                "competitor": lost.competitor,
                "competitor_id": text(lost.competitor_id),
            }
        case opportunity.OpportunityReopened(stage_owner_id=owner_id, stale_at=stale_at):
            stay = _stay(document["stage"], document["stage_name"], str(owner_id), at)
            return {
                "status": "open",
                "stage_since": at,
                "stale": None,
                "stale_at": utc_or_none(stale_at),
                "stages": {"items": [*document["stages"]["items"], stay]},
                "closed_at": None,
                "lost_because": None,
                "competitor": None,
                "competitor_id": None,
                "split": [],
            }
        case opportunity.OpportunityGoneStale():
            return {"stale": "yes", "stale_at": None}  # once in each stay
        case _:
            return {}


def _in_stage(stage: Stage, owner_id: UUID, stale_at: datetime | None) -> Document:
    return {
        "stage": stage.code,
        "stage_name": stage.name,
        "probability": f"{stage.probability:f}",
        "stage_owner_id": str(owner_id),
        "stale": None,
        "stale_at": utc_or_none(stale_at),
    }


def _deal(title: str, amount: Money | None, expected_on: Any) -> Document:
    return {
        "title": title,
        "amount": money(amount),
        # Sorts as text: by currency, then by how much.
        "amount_key": None if amount is None else f"{amount.currency} {amount.minor:016d}",
        "expected_on": None if expected_on is None else expected_on.isoformat(),
    }


def _closed(document: Document, at: str, status: str) -> Document:
    return {
        "status": status,
        "closed_at": at,
        "stale": None,
        "stale_at": None,
        "stages": _left(document, at),
    }


def _stay(stage: str, name: str, owner_id: str, at: str) -> Document:
    return {
        "stage": stage,
        "name": name,
        "owner_id": owner_id,
        "entered_at": at,
        "left_at": None,
        "seconds": None,
    }


def _left(document: Document, at: str, *entered: Document) -> Document:
    """End the present stay in a stage, and begin the next one where there is one."""
    *before, last = document["stages"]["items"]
    since = datetime.fromisoformat(last["entered_at"])
    seconds = int((datetime.fromisoformat(at) - since).total_seconds())
    return {"items": [*before, last | {"left_at": at, "seconds": seconds}, *entered]}


def _share(share: Share) -> Document:
    return {"member_id": text(share.member_id), "percent": f"{share.percent:f}"}


OPPORTUNITIES = ReadModel(
    name="opportunities",
    version=1,
    subject="opportunity",
    fold=fold,
    fields=(
        "status",
        "customer_id",
        "department_id",
        "holder_id",
        "pipeline",
        "stage",
        "stale",
        "stale_at",
        "campaign_id",
        "expected_on",
        "amount_key",
        "opened_at",
        "closed_at",
    ),
    row={
        "customer_id": "customer_id",
        "holder_id": "holder_id",
        "owner_id": Through("customer_id", CUSTOMERS, "owner_id"),
    },
    masks={
        ("amount",): FieldClass.MONEY,
        ("amount_key",): FieldClass.MONEY,
        ("proposals", "amount"): FieldClass.MONEY,
    },
)
