"""An opportunity: a sale that may come, from stage to stage, until it is won or lost.

Its rules stand in ``opportunity_rules``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.confidential import Confidential, FieldClass
from domain.ids import (
    CampaignId,
    CompetitorId,
    CustomerId,
    DepartmentId,
    LeadId,
    MemberId,
    NeedId,
    OpportunityId,
    QuoteId,
)
from domain.kernel import MustBeActive, PartOf, command, event
from domain.money import Money
from domain.sales.pipeline import Stage
from domain.sales.split import Share


class LostBecause(StrEnum):
    """Why a sale did not come about."""

    PRICE = "price"
    COMPETITOR = "competitor"
    PRODUCT = "product"
    TIMING = "timing"
    NO_BUDGET = "no-budget"
    NO_DECISION = "no-decision"
    OTHER = "other"


# --- Events -----------------------------------------------------------------------------------
# A stage stands in the event as it was then: it stays readable when the pipeline no longer has it.


@event("opportunity.opened", zh="商机建立")
class OpportunityOpened:
    """Opportunity opened."""

    customer_id: CustomerId
    holder_id: MemberId
    department_id: DepartmentId | None
    title: str
    pipeline: str
    stage: Stage
    stage_owner_id: MemberId
    stale_at: datetime | None
    amount: Annotated[Money | None, Confidential(FieldClass.MONEY)]
    expected_on: date | None
    need_id: NeedId | None
    lead_id: LeadId | None
    campaign_id: CampaignId | None


@event("opportunity.stage-changed", zh="商机阶段变更")
class StageChanged:
    """Opportunity moved to another stage."""

    customer_id: CustomerId
    previous: str
    stage: Stage
    stage_owner_id: MemberId
    stale_at: datetime | None


@event("opportunity.handed-over", zh="商机移交")
class OpportunityHandedOver:
    """Opportunity handed over to another member."""

    customer_id: CustomerId
    from_id: MemberId
    holder_id: MemberId
    stage_owner_id: MemberId


@event("opportunity.amended", zh="商机修订")
class OpportunityAmended:
    """Opportunity amended."""

    customer_id: CustomerId
    title: str
    amount: Annotated[Money | None, Confidential(FieldClass.MONEY)]
    expected_on: date | None


@event("opportunity.proposal-issued", zh="提交方案")
class ProposalIssued:
    """Proposal issued."""

    customer_id: CustomerId
    quote_id: QuoteId | None
    title: str
    amount: Annotated[Money | None, Confidential(FieldClass.MONEY)]


@event("opportunity.won", zh="商机赢单")
class OpportunityWon:
    """Opportunity won."""

    customer_id: CustomerId
    split: tuple[Share, ...]

    def also_about(self) -> Collection[tuple[str, UUID]]:
        """Whose credit it is."""
        return [("member", share.member_id) for share in self.split if share.member_id]


@event("opportunity.lost", zh="商机丢单")
class OpportunityLost:
    """Opportunity lost."""

    customer_id: CustomerId
    because: LostBecause
    competitor: str | None
    competitor_id: CompetitorId | None


@event("opportunity.reopened", zh="商机重开")
class OpportunityReopened:
    """Opportunity taken up again."""

    customer_id: CustomerId
    stage_owner_id: MemberId
    stale_at: datetime | None


@event("opportunity.gone-stale", zh="商机停滞")
class OpportunityGoneStale:
    """Opportunity has rested too long in its stage."""

    customer_id: CustomerId
    stage: str
    stage_owner_id: MemberId


Event = (
    OpportunityOpened
    | StageChanged
    | OpportunityHandedOver
    | OpportunityAmended
    | ProposalIssued
    | OpportunityWon
    | OpportunityLost
    | OpportunityReopened
    | OpportunityGoneStale
)

# --- Commands ---------------------------------------------------------------------------------


@command
class OpenOpportunity:
    """Open an opportunity of a customer.

    ``stages`` are those that its pipeline has now (none: there is no such pipeline); it begins in
    the one named, else in the first. The holder owns that stage, unless somebody else is named.
    """

    id: OpportunityId
    customer_id: Annotated[CustomerId, MustBeActive()]
    holder_id: Annotated[MemberId, MustBeActive()]
    title: str
    pipeline: str
    stages: tuple[Stage, ...]
    stage: str | None = None
    stage_owner_id: Annotated[MemberId | None, MustBeActive()] = None
    department_id: Annotated[DepartmentId | None, MustBeActive()] = None
    amount: Money | None = None
    expected_on: date | None = None
    need_id: Annotated[NeedId | None, PartOf("customer_id")] = None
    lead_id: Annotated[LeadId | None, MustBeActive()] = None
    campaign_id: CampaignId | None = None


@command
class ChangeStage:
    """Move an open opportunity to another stage of its pipeline, and say who owns it there.

    ``stages`` are those that its pipeline has now.
    """

    id: OpportunityId
    stages: tuple[Stage, ...]
    stage: str
    stage_owner_id: Annotated[MemberId | None, MustBeActive()] = None


@command
class HandOverOpportunity:
    """Hand an open opportunity over to another member; the envelope's reason says why."""

    id: OpportunityId
    holder_id: Annotated[MemberId, MustBeActive()]


@command
class AmendOpportunity:
    """Correct what an open opportunity is about, what it is worth, or when it is expected."""

    id: OpportunityId
    title: str
    amount: Money | None
    expected_on: date | None


@command
class IssueProposal:
    """Record that the customer was given a proposal, with a quote of ours perhaps."""

    id: OpportunityId
    title: str
    quote_id: Annotated[QuoteId | None, PartOf("customer_id")] = None
    amount: Money | None = None


@command
class WinOpportunity:
    """Close an open opportunity as won; the credit is all the holder's, unless it is split.

    The members are not looked up: whoever sends the command makes sure that they are there.
    """

    id: OpportunityId
    split: tuple[Share, ...] = ()


@command
class LoseOpportunity:
    """Close an open opportunity as lost: to whom, and in the envelope's reason why."""

    id: OpportunityId
    because: LostBecause
    competitor: str | None = None
    competitor_id: CompetitorId | None = None


@command
class ReopenOpportunity:
    """Take a closed opportunity up again in its last stage; the envelope's reason says why."""

    id: OpportunityId


@command
class MarkStale:
    """Note that an opportunity has rested too long in its stage; nothing where it has not."""

    id: OpportunityId


Command = (
    OpenOpportunity
    | ChangeStage
    | HandOverOpportunity
    | AmendOpportunity
    | IssueProposal
    | WinOpportunity
    | LoseOpportunity
    | ReopenOpportunity
    | MarkStale
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such opportunity."""


@dataclass(frozen=True)
class Open:
    """A sale that may come; ``since`` when it is in its stage, stale at ``stale_at`` (once)."""

    customer_id: CustomerId
    holder_id: MemberId
    title: str
    pipeline: str
    stage: Stage
    stage_owner_id: MemberId
    since: datetime
    stale_at: datetime | None
    amount: Money | None
    expected_on: date | None


@dataclass(frozen=True)
class Closed:
    """A sale that came or did not; ``last`` is how it stood before."""

    customer_id: CustomerId
    holder_id: MemberId
    last: Open
    won: bool
    closed_at: datetime


Opportunity = Absent | Open | Closed
