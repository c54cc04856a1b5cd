"""A lead: somebody who may become a customer, from where they came until they are qualified."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import (
    CampaignId,
    CustomerId,
    DepartmentId,
    LeadId,
    MemberId,
    OpportunityId,
    ReferralId,
)
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    PartOf,
    Personal,
    Rejected,
    command,
    event,
)


class LeadSource(StrEnum):
    """Where we learned of somebody."""

    SOCIAL = "social"
    EVENT = "event"
    REFERRAL = "referral"
    RESEARCH = "research"
    WEB = "web"
    CAMPAIGN = "campaign"
    OTHER = "other"


# --- Events -----------------------------------------------------------------------------------


@event("lead.captured", zh="线索录入")
class LeadCaptured:
    """Lead captured."""

    name: str
    source: LeadSource
    source_detail: str | None
    department_id: DepartmentId
    holder_id: MemberId | None
    customer_id: CustomerId | None
    campaign_id: CampaignId | None
    referral_id: ReferralId | None
    contact_name: Annotated[str | None, Personal(of="self")]
    email: Annotated[str | None, Personal(of="self"), Confidential(FieldClass.CONTACT)]
    phone: Annotated[str | None, Personal(of="self"), Confidential(FieldClass.CONTACT)]
    need: str | None


@event("lead.assigned", zh="线索分配")
class LeadAssigned:
    """Lead put into somebody's hands."""

    customer_id: CustomerId | None
    holder_id: MemberId
    from_id: MemberId | None


@event("lead.qualified", zh="线索合格")
class LeadQualified:
    """Lead qualified."""

    customer_id: CustomerId
    opportunity_id: OpportunityId | None
    budget: Annotated[str | None, Confidential(FieldClass.NOTES)]
    authority: Annotated[str | None, Confidential(FieldClass.NOTES)]
    need: Annotated[str | None, Confidential(FieldClass.NOTES)]
    timing: Annotated[str | None, Confidential(FieldClass.NOTES)]


@event("lead.disqualified", zh="线索淘汰")
class LeadDisqualified:
    """Lead disqualified."""

    customer_id: CustomerId | None


@event("lead.reopened", zh="线索重开")
class LeadReopened:
    """Lead taken up again."""

    customer_id: CustomerId | None


Event = LeadCaptured | LeadAssigned | LeadQualified | LeadDisqualified | LeadReopened

# --- Commands ---------------------------------------------------------------------------------


@command
class CaptureLead:
    """Capture a lead; of a customer we have, where it is one who may buy something else."""

    id: LeadId
    name: str
    source: LeadSource
    department_id: Annotated[DepartmentId, MustBeActive()]
    source_detail: str | None = None
    holder_id: Annotated[MemberId | None, MustBeActive()] = None
    customer_id: Annotated[CustomerId | None, MustBeActive()] = None
    campaign_id: CampaignId | None = None
    referral_id: ReferralId | None = None
    contact_name: str | None = None
    email: str | None = None
    phone: str | None = None
    need: str | None = None


@command
class AssignLead:
    """Put an open lead into a member's hands."""

    id: LeadId
    holder_id: Annotated[MemberId, MustBeActive()]


@command
class QualifyLead:
    """Find a lead worth pursuing, as this customer; say what is known of it."""

    id: LeadId
    customer_id: Annotated[CustomerId, MustBeActive()]
    opportunity_id: Annotated[OpportunityId | None, PartOf("customer_id")] = None
    budget: str | None = None
    authority: str | None = None
    need: str | None = None
    timing: str | None = None


@command
class DisqualifyLead:
    """Find that a lead leads nowhere; the envelope's reason says why."""

    id: LeadId


@command
class ReopenLead:
    """Take up again a lead that was qualified or disqualified."""

    id: LeadId


Command = CaptureLead | AssignLead | QualifyLead | DisqualifyLead | ReopenLead

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such lead."""


@dataclass(frozen=True)
class Open:
    """A lead that somebody has to look at."""

    holder_id: MemberId | None
    customer_id: CustomerId | None


@dataclass(frozen=True)
class Qualified:
    """A lead that has become a customer's."""

    holder_id: MemberId | None
    customer_id: CustomerId


@dataclass(frozen=True)
class Disqualified:
    """A lead that leads nowhere."""

    holder_id: MemberId | None
    customer_id: CustomerId | None


Lead = Absent | Open | Qualified | Disqualified

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, lead: Lead, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: lead.exists, lead.unknown, lead.not-open, lead.not-closed,
    lead.reason-missing.
    """
    if isinstance(command, CaptureLead):
        if not isinstance(lead, Absent):
            raise Rejected("lead.exists", "This lead is captured already.")
        return [_captured(command)]
    if isinstance(lead, Absent):
        raise Rejected("lead.unknown", "There is no such lead.")
    match command:
        case AssignLead(holder_id=holder_id):
            _must_be_open(lead)
            if lead.holder_id == holder_id:
                return []
            return [
                LeadAssigned(
                    customer_id=lead.customer_id, holder_id=holder_id, from_id=lead.holder_id
                )
            ]
        case QualifyLead():
            _must_be_open(lead)
            return [_qualified(command)]
        case DisqualifyLead():
            _must_be_open(lead)
            if not envelope.reason:
                raise Rejected(
                    "lead.reason-missing", "Say why the lead leads nowhere.", field="reason"
                )
            return [LeadDisqualified(customer_id=lead.customer_id)]
        case ReopenLead():
            if isinstance(lead, Open):
                raise Rejected("lead.not-closed", "The lead is open already.")
            return [LeadReopened(customer_id=lead.customer_id)]
        case _:
            assert_never(command)


def _captured(command: CaptureLead) -> Event:
    return LeadCaptured(
        name=command.name,
        source=command.source,
        source_detail=command.source_detail,
        department_id=command.department_id,
        holder_id=command.holder_id,
        customer_id=command.customer_id,
        campaign_id=command.campaign_id,
        referral_id=command.referral_id,
        contact_name=command.contact_name,
        email=command.email,
        phone=command.phone,
        need=command.need,
    )


def _qualified(command: QualifyLead) -> Event:
    return LeadQualified(
        customer_id=command.customer_id,
        opportunity_id=command.opportunity_id,
        budget=command.budget,
        authority=command.authority,
        need=command.need,
        timing=command.timing,
    )


def _must_be_open(lead: Open | Qualified | Disqualified) -> None:
    if not isinstance(lead, Open):
        raise Rejected("lead.not-open", "The lead is decided already; reopen it first.")


def evolve(lead: Lead, fact: Fact[Event]) -> Lead:
    """Fold one fact into the state."""
    match fact.event:
        case LeadCaptured(holder_id=holder_id, customer_id=customer_id):
            return Open(holder_id, customer_id)
        case _ if isinstance(lead, Absent):
            return lead
        case LeadAssigned(holder_id=holder_id):
            return replace(lead, holder_id=holder_id)
        case LeadQualified(customer_id=known):
            return Qualified(lead.holder_id, known)
        case LeadDisqualified():
            return Disqualified(lead.holder_id, lead.customer_id)
        case LeadReopened():
            return Open(lead.holder_id, lead.customer_id)
        case _:
            assert_never(fact.event)


def active(lead: Lead) -> bool:
    """Tell whether an opportunity may still come of it."""
    return isinstance(lead, Open | Qualified)


LEAD: Decider[Command, Lead, Event] = Decider(
    kind="lead",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
