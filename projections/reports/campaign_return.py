"""Campaign return: what campaigns cost, who came through them, and what those bought.

A report by replay. Definitions (METRICS.md 18, after Farris, *Marketing Metrics*; where that is
silent, our own):

- A **touch** is a fact that brought a customer and us together: an answer to a campaign, something
  they did on a channel of ours, an interaction, or a lead that was theirs. What was taken back
  touched nobody. The **first touch** is the earliest one by its own time.
- **channel** of a touch: the campaign's where it names one, else the fact's own, else ``lead`` and
  its source. Who bought without any touch came by ``unknown``.
- By channel: **customers** first touched there, **buyers** among them (with a real order, see
  ``orders.py``), **conversion** in percent, **net**: payments minus refunds of their real orders.
- By campaign: **cost**, **answers**, **leads** captured for it and **qualified** among them,
  **opportunities** opened for it and **won**, **customers** whose first touch it was. Its
  **orders**: the real ones of those customers, and those placed for one of its opportunities; each
  once. **return** = (net - cost) / cost in percent, in the currency of its costs; null without any.
- Currencies are never added. Exact, rounded half up once. **evidence**: the positions of the facts
  of cost, answers, and of the payments and refunds that count.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from application.store.log import NOW, Log, Window
from domain.customers import behaviour, interaction
from domain.customers.behaviour import BEHAVIOUR
from domain.customers.customer import CustomerRetracted
from domain.customers.interaction import INTERACTION
from domain.ids import CampaignId, CustomerId
from domain.kernel import Recorded
from domain.money import Money
from domain.sales import campaign, lead, opportunity
from domain.sales.campaign import CAMPAIGN
from domain.sales.lead import LEAD
from domain.sales.opportunity_rules import OPPORTUNITY
from projections.documents import Document, money
from projections.reports.orders import ORDER_EVENTS, Order, Orders
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import percent

UNKNOWN = "unknown"
_EVENTS: tuple[Any, ...] = (
    *CAMPAIGN.event_types,
    *LEAD.event_types,
    *OPPORTUNITY.event_types,
    *INTERACTION.event_types,
    *BEHAVIOUR.event_types,
    CustomerRetracted,
)
NAMES = (*ORDER_EVENTS, *(event.__event_name__ for event in _EVENTS))


@dataclass(frozen=True, slots=True)
class Touch:
    """What brought a customer and us together: when, where, and through which campaign."""

    customer_id: CustomerId
    at: datetime
    position: int
    channel: str
    campaign_id: CampaignId | None = None


@dataclass(slots=True)
class Course:
    """What the log says of one campaign."""

    plan: campaign.CampaignPlan
    costs: list[tuple[Money, int]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    leads: set[UUID] = field(default_factory=set)
    opportunities: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class Gathered:
    """All that counts, gathered fact by fact in the log's order."""

    campaigns: dict[UUID, Course] = field(default_factory=dict)
    leads: dict[UUID, Recorded[lead.LeadCaptured]] = field(default_factory=dict)
    qualified: set[UUID] = field(default_factory=set)
    won: set[UUID] = field(default_factory=set)
    touches: dict[tuple[UUID, int], Touch] = field(default_factory=dict)
    """By the thing that the fact is of, and its version."""
    orders: Orders = field(default_factory=Orders)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact."""
        match fact.kind:
            case "campaign":
                self._campaign(fact)
            case "lead":
                self._lead(fact)
            case "opportunity":
                self._opportunity(fact)
            case "order":
                self.orders.take(fact)
            case "customer":  # taken back: it never was
                self.orders.take(fact)
                self.touches = {
                    key: touch
                    for key, touch in self.touches.items()
                    if touch.customer_id != fact.stream_id
                }
            case _:
                self._contact(fact)

    def _touch(
        self,
        fact: Recorded[Any],
        customer_id: CustomerId,
        channel: str,
        campaign_id: CampaignId | None = None,
    ) -> None:
        known = None if campaign_id is None else self.campaigns.get(campaign_id)
        self.touches[fact.stream_id, fact.version] = Touch(
            customer_id,
            fact.occurred_at,
            fact.position,
            known.plan.channel.value if known else channel,
            campaign_id if known else None,
        )

    def _campaign(self, fact: Recorded[Any]) -> None:
        id_ = CampaignId(fact.stream_id)
        if isinstance(fact.event, campaign.CampaignPlanned):
            self.campaigns[id_] = Course(fact.event.plan)
        if (here := self.campaigns.get(id_)) is None:
            return
        match fact.event:
            case campaign.CampaignChanged(plan=plan):
                here.plan = plan
            case campaign.CampaignCostBooked(amount=amount):
                here.costs.append((amount, fact.position))
            case campaign.CampaignAnswered(customer_id=customer_id):
                here.answers.append(fact.position)
                if customer_id is not None:
                    self._touch(fact, customer_id, here.plan.channel.value, id_)
            case campaign.CampaignRetracted():
                del self.campaigns[id_]
            case _:
                pass

    def _lead(self, fact: Recorded[Any]) -> None:
        match fact.event:
            case lead.LeadCaptured(customer_id=customer_id, campaign_id=campaign_id):
                self.leads[fact.stream_id] = fact
                if campaign_id is not None and campaign_id in self.campaigns:
                    self.campaigns[campaign_id].leads.add(fact.stream_id)
                if customer_id is not None:
                    self._lead_of(fact, customer_id)
            case lead.LeadQualified(customer_id=customer_id):
                self.qualified.add(fact.stream_id)
                self._lead_of(self.leads[fact.stream_id], customer_id)
            case lead.LeadReopened():
                self.qualified.discard(fact.stream_id)
            case _:
                pass

    def _lead_of(self, captured: Recorded[lead.LeadCaptured], customer_id: CustomerId) -> None:
        told = captured.event
        self._touch(captured, customer_id, f"lead-{told.source}", told.campaign_id)

    def _opportunity(self, fact: Recorded[Any]) -> None:
        match fact.event:
            case opportunity.OpportunityOpened(campaign_id=campaign_id):
                if campaign_id is not None and campaign_id in self.campaigns:
                    self.campaigns[campaign_id].opportunities.add(fact.stream_id)
            case opportunity.OpportunityWon():
                self.won.add(fact.stream_id)
            case opportunity.OpportunityReopened():
                self.won.discard(fact.stream_id)
            case _:
                pass

    def _contact(self, fact: Recorded[Any]) -> None:
        match fact.event:
            case interaction.InteractionLogged(customer_id=customer_id, channel=channel):
                self._touch(fact, customer_id, channel.value)
            case behaviour.BehaviourCaptured(customer_id=customer_id, channel=channel):
                self._touch(fact, customer_id, channel.value, fact.event.campaign_id)
            case _:  # taken back
                self.touches = {
                    key: touch for key, touch in self.touches.items() if key[0] != fact.stream_id
                }

    def first_touches(self) -> dict[CustomerId, Touch]:
        """Return what first brought each customer and us together."""
        found: dict[CustomerId, Touch] = {}
        for touch in sorted(self.touches.values(), key=lambda each: (each.at, each.position)):
            found.setdefault(touch.customer_id, touch)
        return found


def campaign_return(log: Log, window: Window = NOW, progress: Progress = silent) -> Report:
    """Replay campaigns, contacts and orders as the window shows them; report what came of them."""
    window, gathered = ended(log, window), Gathered()
    facts = 0
    for fact in shown(log, window, NAMES, progress):
        facts += 1
        gathered.take(fact)
    return heading("campaign-return", window) | {"facts": facts} | report(gathered)


def report(gathered: Gathered) -> Report:
    """Count what came through each channel and each campaign."""
    first = gathered.first_touches()
    real = [order for order in gathered.orders if order.real]
    return {
        "channels": _channels(first, real),
        "campaigns": [
            {"campaign_id": str(id_)} | _campaign(id_, gathered, first, real)
            for id_ in sorted(gathered.campaigns)
        ],
    }


def _channels(first: dict[CustomerId, Touch], real: list[Order]) -> list[Report]:
    customers: dict[str, set[CustomerId]] = defaultdict(set)
    for touch in first.values():
        customers[touch.channel].add(touch.customer_id)
    for order in real:
        if order.customer_id not in first:
            customers[UNKNOWN].add(order.customer_id)
    return [_channel(name, customers[name], real) for name in sorted(customers)]


def _channel(name: str, customers: set[CustomerId], real: list[Order]) -> Report:
    bought = [order for order in real if order.customer_id in customers]
    buyers = {order.customer_id for order in bought}
    return {
        "channel": name,
        "customers": len(customers),
        "buyers": len(buyers),
        "conversion": percent(len(buyers), len(customers)),
        "net": _written(_net(bought)),
    }


def _campaign(
    id_: UUID, gathered: Gathered, first: dict[CustomerId, Touch], real: list[Order]
) -> Report:
    here = gathered.campaigns[CampaignId(id_)]
    customers = {touch.customer_id for touch in first.values() if touch.campaign_id == id_}
    orders = [
        order
        for order in real
        if order.customer_id in customers or order.opportunity_id in here.opportunities
    ]
    cost, net = _sums(amount for amount, _ in here.costs), _net(orders)
    positions = {position for _, position in here.costs} | set(here.answers)
    positions.update(each.position for order in orders for each in order.bookings)
    return {
        "name": here.plan.name,
        "channel": here.plan.channel,
        "cost": _written(cost),
        "answers": len(here.answers),
        "leads": len(here.leads),
        "qualified": len(here.leads & gathered.qualified),
        "opportunities": len(here.opportunities),
        "won": len(here.opportunities & gathered.won),
        "customers": len(customers),
        "orders": len(orders),
        "net": _written(net),
        "return": _return(cost, net),
        "evidence": [str(position) for position in sorted(positions)],
    }


def _return(cost: dict[str, int], net: dict[str, int]) -> str | None:
    for currency, spent in cost.items():  # one at most: the rules see to it
        return percent(net.get(currency, 0) - spent, spent)
    return None


def _net(orders: Iterable[Order]) -> dict[str, int]:
    return _sums(Money(order.net, order.currency) for order in orders)


def _sums(amounts: Iterable[Money]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for amount in amounts:
        found[amount.currency] += amount.minor
    return found


def _written(sums: dict[str, int]) -> list[Document | None]:
    return [money(Money(sums[currency], currency)) for currency in sorted(sums)]
