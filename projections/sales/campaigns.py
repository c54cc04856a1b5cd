"""Campaigns, markets, competitors: what was done to be heard, how large the market is, who else."""

from typing import Any
from uuid import UUID

import msgspec

from domain.confidential import FieldClass
from domain.kernel import Recorded
from domain.money import Money
from domain.sales import campaign, competitor, market
from projections.documents import Document, ReadModel, money, utc

LATEST = 50
"""How many observations of a competitor its document carries; the timeline has them all."""


def fold_campaign(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact into a campaign: its plan, its costs, its answers."""
    event = fact.event
    if isinstance(event, campaign.CampaignPlanned):
        return {
            "id": str(key),
            "department_id": str(event.department_id),
            "status": "running",
            "cost": None,
            "answers": {each.value: 0 for each in campaign.Answer},
            "planned_at": utc(fact.occurred_at),
            "ended_at": None,
        } | _planned(event.plan, event.budget)
    if document is None or isinstance(event, campaign.CampaignRetracted):
        return None
    match event:
        case campaign.CampaignChanged(plan=plan, budget=budget):
            return _planned(plan, budget)
        case campaign.CampaignCostBooked(amount=amount):
            return {"cost": _added(document["cost"], amount)}
        case campaign.CampaignAnswered(answer=answer):
            answers = document["answers"]
            return {"answers": answers | {answer.value: answers[answer] + 1}}
        case campaign.CampaignEnded():
            return {"status": "ended", "ended_at": utc(fact.occurred_at)}
        case _:
            return {}


def _planned(plan: campaign.CampaignPlan, budget: Money | None) -> Document:
    planned: Document = msgspec.to_builtins(plan)
    return planned | {"budget": money(budget)}


def _added(cost: Document | None, amount: Money) -> Document | None:
    if cost is None:
        return money(amount)
    return money(Money.of(cost["amount"], cost["currency"]) + amount)


CAMPAIGNS = ReadModel(
    name="campaigns",
    version=1,
    subject="campaign",
    fold=fold_campaign,
    fields=("name", "channel", "status", "department_id", "starts_on", "planned_at"),
    row={"department_id": "department_id"},
    masks={("budget",): FieldClass.MONEY, ("cost",): FieldClass.MONEY},
)


def fold_market(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact into a market and the figures published of it."""
    event = fact.event
    if isinstance(event, market.MarketDescribed):
        return {
            "id": str(key),
            "name": event.name,
            "department_id": str(event.department_id),
            "scope": event.scope,
            "sizes": [],
        }
    if document is None or not isinstance(
        event, market.MarketSizePublished | market.MarketSizeWithdrawn
    ):
        return None if document is None else {}
    days = {"starts_on": event.starts_on.isoformat(), "ends_on": event.ends_on.isoformat()}
    others = [each for each in document["sizes"] if {name: each[name] for name in days} != days]
    if isinstance(event, market.MarketSizePublished):
        others.append(days | {"size": money(event.size), "source": event.source})
    return {"sizes": sorted(others, key=lambda each: (each["starts_on"], each["ends_on"]))}


MARKETS = ReadModel(
    name="markets",
    version=1,
    subject="market",
    fold=fold_market,
    fields=("name", "department_id"),
    row={"department_id": "department_id"},
)


def fold_competitor(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact into a competitor and what was seen of them."""
    event = fact.event
    if isinstance(event, competitor.CompetitorEntered):
        return {
            "id": str(key),
            "name": event.name,
            "department_id": str(event.department_id),
            "website": event.website,
            "sights": {each.value: 0 for each in competitor.Sight},
            "observations": [],
            "last_seen_at": None,
        }
    if document is None or not isinstance(event, competitor.CompetitorObserved):
        return None if document is None else {}
    seen = {
        "at": utc(fact.occurred_at),
        "sight": event.sight,
        "note": event.note,
        "price": money(event.price),
    }
    sights = document["sights"]
    latest = sorted([*document["observations"], seen], key=lambda each: each["at"], reverse=True)
    return {
        "sights": sights | {event.sight.value: sights[event.sight] + 1},
        "observations": latest[:LATEST],
        "last_seen_at": latest[0]["at"],
    }


COMPETITORS = ReadModel(
    name="competitors",
    version=1,
    subject="competitor",
    fold=fold_competitor,
    fields=("name", "department_id", "last_seen_at"),
    row={"department_id": "department_id"},
    masks={("observations", "price"): FieldClass.MONEY},
)
