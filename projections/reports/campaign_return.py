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
from fractions import Fraction
from typing import Any
from uuid import UUID

from application.store.log import NOW, Log, Window
from domain.customers import interaction
from domain.customers.customer import CustomerRetracted
from domain.ids import CampaignId, CustomerId
from domain.kernel import Recorded
from domain.money import Money
from domain.sales import campaign, lead, opportunity
from domain.sales.campaign import CAMPAIGN
from domain.sales.lead import LEAD
from domain.sales.opportunity_rules import OPPORTUNITY
from projections.reports.orders import ORDER_EVENTS, Order, Orders
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import percent

UNKNOWN = "unknown"
_TOUCHES = (interaction.InteractionLogged, interaction.InteractionRetracted)
_EVENTS: tuple[Any, ...] = (
    *CAMPAIGN.event_types,
    *LEAD.event_types,
    *OPPORTUNITY.event_types,
    *_TOUCHES,
    CustomerRetracted,
)


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
    qualified: dict[UUID, CustomerId] = field(default_factory=dict)
    won: set[UUID] = field(default_factory=set)
    touches: dict[tuple[UUID, int], Touch] = field(default_factory=dict)
    """By the thing and its version that the fact is of."""
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
            case "customer":
                self.orders.take(fact)
                self._forget(lambda touch: touch.customer_id == fact.stream_id)
            case _:
                self._contact(fact)

    def _forget(self, gone: Any) -> None:
        self.touches = {key: touch for key, touch in self.touches.items() if not gone(touch)}

    def _touch(
        self,
        fact: Recorded[Any],
        customer_id: CustomerId,
        channel: str,
        campaign_id: CampaignId | None = None,
    ) -> None:
        known = campaign_id is not None and self.campaigns.get(campaign_id)
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
        if id_ not in self.campaigns:
            return
        here = self.campaigns[id_]
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
        event = fact.event
        if isinstance(event, lead.LeadCaptured):
            self.leads[fact.stream_id] = fact
            if event.campaign_id in self.campaigns:
                self.campaigns[event.campaign_id].leads.add(fact.stream_id)
            if event.customer_id is not None:
                self._lead_of(fact, event.customer_id)
        elif isinstance(event, lead.LeadQualified) and fact.stream_id in self.leads:
            self.qualified[fact.stream_id] = event.customer_id
            self._lead_of(self.leads[fact.stream_id], event.customer_id)
        elif isinstance(event, lead.LeadReopened):
            self.qualified.pop(fact.stream_id, None)

    def _lead_of(self, captured: Recorded[lead.LeadCaptured], customer_id: CustomerId) -> None:
        told = captured.event
        self._touch(captured, customer_id, f"lead-{told.source}", told.campaign_id)

    def _opportunity(self, fact: Recorded[Any]) -> None:
        match fact.event:
            case opportunity.OpportunityOpened(campaign_id=CampaignId() as named):  # type: ignore[misc]
                if named in self.campaigns:
                    self.campaigns[named].opportunities.add(fact.stream_id)
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
            case _:
                self.touches.pop((fact.stream_id, fact.version - 1), None)
