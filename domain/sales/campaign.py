"""A campaign: what marketing does to be heard, what it cost, and who answered."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import CampaignId, CustomerId, DepartmentId, LeadId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.money import Money


class CampaignChannel(StrEnum):
    """Where a campaign meets people."""

    SOCIAL = "social"
    EVENT = "event"
    EMAIL = "email"
    PHONE = "phone"
    ADVERTISING = "advertising"
    SEARCH = "search"
    PARTNER = "partner"
    OTHER = "other"


class Answer(StrEnum):
    """What somebody did because of a campaign."""

    OPENED = "opened"
    CLICKED = "clicked"
    ATTENDED = "attended"
    ENQUIRED = "enquired"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """What a campaign is to be: dates in the organisation's time zone, both included."""

    name: str
    channel: CampaignChannel
    starts_on: date
    ends_on: date | None = None
    aim: str | None = None


# --- Events -----------------------------------------------------------------------------------

_Cost = Annotated[Money, Confidential(FieldClass.MONEY)]
_MaybeCost = Annotated[Money | None, Confidential(FieldClass.MONEY)]


@event("campaign.planned", zh="营销活动立项")
class CampaignPlanned:
    """Campaign planned."""

    department_id: DepartmentId
    plan: CampaignPlan
    budget: _MaybeCost


@event("campaign.changed", zh="营销活动变更")
class CampaignChanged:
    """Campaign's plan changed."""

    plan: CampaignPlan
    budget: _MaybeCost


@event("campaign.cost-booked", zh="营销费用入账")
class CampaignCostBooked:
    """Cost of a campaign booked."""

    amount: _Cost
    what: str


@event("campaign.answered", zh="营销活动得到回应")
class CampaignAnswered:
    """Campaign answered by a customer or a lead."""

    answer: Answer
    customer_id: CustomerId | None
    lead_id: LeadId | None


@event("campaign.ended", zh="营销活动结束")
class CampaignEnded:
    """Campaign ended."""


@event("campaign.retracted", zh="营销活动撤回", retracts=True)
class CampaignRetracted:
    """Campaign taken back: recorded by mistake."""


Event = (
    CampaignPlanned
    | CampaignChanged
    | CampaignCostBooked
    | CampaignAnswered
    | CampaignEnded
    | CampaignRetracted
)

# --- Commands ---------------------------------------------------------------------------------


@command
class PlanCampaign:
    """Plan a campaign of a department."""

    id: CampaignId
    department_id: Annotated[DepartmentId, MustBeActive()]
    plan: CampaignPlan
    budget: Money | None = None


@command
class ChangeCampaign:
    """Replace a campaign's plan and budget."""

    id: CampaignId
    plan: CampaignPlan
    budget: Money | None = None


@command
class BookCost:
    """Book what something for the campaign cost; also after it has ended."""

    id: CampaignId
    amount: Money
    what: str


@command
class LogAnswer:
    """Log that a customer or a lead answered; also after it has ended."""

    id: CampaignId
    answer: Answer
    customer_id: Annotated[CustomerId | None, MustBeActive()] = None
    lead_id: LeadId | None = None


@command
class EndCampaign:
    """End a campaign."""

    id: CampaignId


@command
class RetractCampaign:
    """Take back a campaign that was recorded by mistake; nothing may have come of it."""

    id: CampaignId


Command = PlanCampaign | ChangeCampaign | BookCost | LogAnswer | EndCampaign | RetractCampaign

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such campaign, or one taken back."""


@dataclass(frozen=True)
class Running:
    """A campaign planned or under way."""

    department_id: DepartmentId
    plan: CampaignPlan
    budget: Money | None
    currency: str | None = None
    """Of its costs, once there are some: they add up in one currency."""
    answers: int = 0


@dataclass(frozen=True)
class Ended:
    """A campaign that is over; late costs and answers are still booked."""

    department_id: DepartmentId
    currency: str | None
    answers: int


Campaign = Absent | Running | Ended

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, campaign: Campaign, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: campaign.exists, campaign.unknown, campaign.ended, campaign.has-results,
    campaign.other-currency, campaign.ends-before-start, campaign.nobody-answered.
    """
    del envelope
    if isinstance(command, PlanCampaign):
        if not isinstance(campaign, Absent):
            raise Rejected("campaign.exists", "This campaign is planned already.")
        _check_dates(command.plan)
        return [
            CampaignPlanned(
                department_id=command.department_id, plan=command.plan, budget=command.budget
            )
        ]
    if isinstance(campaign, Absent):
        raise Rejected("campaign.unknown", "There is no such campaign.")
    match command:
        case ChangeCampaign(plan=plan, budget=budget):
            _check_dates(plan)
            here = _running(campaign)
            same = (plan, budget) == (here.plan, here.budget)
            return [] if same else [CampaignChanged(plan=plan, budget=budget)]
        case BookCost(amount=amount, what=what):
            if campaign.currency not in {None, amount.currency}:
                raise Rejected(
                    "campaign.other-currency",
                    f"The costs of this campaign are booked in {campaign.currency}.",
                    field="amount",
                )
            return [CampaignCostBooked(amount=amount, what=what)]
        case LogAnswer():
            if command.customer_id is None and command.lead_id is None:
                raise Rejected(
                    "campaign.nobody-answered",
                    "Say which customer or which lead answered.",
                    field="customer_id",
                )
            return [
                CampaignAnswered(
                    answer=command.answer,
                    customer_id=command.customer_id,
                    lead_id=command.lead_id,
                )
            ]
        case EndCampaign():
            return [] if isinstance(campaign, Ended) else [CampaignEnded()]
        case RetractCampaign():
            if campaign.answers or campaign.currency:
                raise Rejected(
                    "campaign.has-results",
                    "Costs or answers are booked on this campaign; end it instead.",
                )
            return [CampaignRetracted()]
        case _:
            assert_never(command)


def _running(campaign: Running | Ended) -> Running:
    if isinstance(campaign, Ended):
        raise Rejected("campaign.ended", "This campaign has ended.")
    return campaign


def _check_dates(plan: CampaignPlan) -> None:
    if plan.ends_on is not None and plan.ends_on < plan.starts_on:
        raise Rejected(
            "campaign.ends-before-start", "A campaign ends after it starts.", field="plan"
        )


def evolve(campaign: Campaign, fact: Fact[Event]) -> Campaign:
    """Fold one fact into the state."""
    match fact.event:
        case CampaignPlanned(department_id=department_id, plan=plan, budget=budget):
            return Running(department_id, plan, budget)
        case CampaignRetracted():
            return Absent()
        case _ if isinstance(campaign, Absent):
            return campaign
        case CampaignChanged(plan=plan, budget=budget):
            if isinstance(campaign, Ended):
                return campaign
            return replace(campaign, plan=plan, budget=budget)
        case CampaignCostBooked(amount=amount):
            return replace(campaign, currency=amount.currency)
        case CampaignAnswered():
            return replace(campaign, answers=campaign.answers + 1)
        case CampaignEnded():
            return Ended(campaign.department_id, campaign.currency, campaign.answers)
        case _:
            assert_never(fact.event)


def active(campaign: Campaign) -> bool:
    """Tell whether leads and offers may name the campaign."""
    return not isinstance(campaign, Absent)


CAMPAIGN: Decider[Command, Campaign, Event] = Decider(
    kind="campaign",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
