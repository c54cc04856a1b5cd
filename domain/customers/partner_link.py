"""A partner link: another company that a customer is supplied by, sells through or belongs to.

The partner may be a customer of ours, too; then the link shows on both their timelines.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, PartnerLinkId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event


class Link(StrEnum):
    """What the partner is to the customer."""

    SUPPLIER = "supplier"
    DISTRIBUTOR = "distributor"
    LOGISTICS = "logistics"
    BANK = "bank"
    PARENT = "parent"
    SUBSIDIARY = "subsidiary"
    OTHER = "other"


def partner_link_id(
    customer_id: CustomerId, link: Link, partner_id: CustomerId | None, partner_name: str | None
) -> PartnerLinkId:
    """Return the one id of a customer's link of a kind with a partner, however its name is set."""
    name = " ".join((partner_name or "").casefold().split())
    whom = name if partner_id is None else str(partner_id)
    return PartnerLinkId(named_id("partner-link", str(customer_id), whom, link))


# --- Events -----------------------------------------------------------------------------------


@event("partner-link.made", zh="合作伙伴关联")
class PartnerLinked:
    """Partner linked."""

    customer_id: CustomerId
    partner_id: CustomerId | None
    partner_name: str | None
    """Of a partner who is no customer of ours; one of the two is told."""
    link: Link
    note: Annotated[str | None, Confidential(FieldClass.NOTES)]


@event("partner-link.ended", zh="合作伙伴关联结束")
class PartnerLinkEnded:
    """Partner link ended."""

    customer_id: CustomerId
    partner_id: CustomerId | None


Event = PartnerLinked | PartnerLinkEnded

# --- Commands ---------------------------------------------------------------------------------


@command
class LinkPartner:
    """Link a customer with a partner: another customer, or a company known by name only."""

    id: PartnerLinkId
    customer_id: Annotated[CustomerId, MustBeActive()]
    link: Link
    partner_id: Annotated[CustomerId | None, MustBeActive()] = None
    partner_name: str | None = None
    note: str | None = None


@command
class EndPartnerLink:
    """Keep that the two work together no more; the envelope's reason may say why."""

    id: PartnerLinkId


Command = LinkPartner | EndPartnerLink

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Never linked."""


@dataclass(frozen=True)
class Linked:
    """The two work together."""

    customer_id: CustomerId
    partner_id: CustomerId | None


@dataclass(frozen=True)
class Ended:
    """They did, and may again."""

    customer_id: CustomerId


PartnerLink = Absent | Linked | Ended

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, partner_link: PartnerLink, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: partner-link.exists, partner-link.unknown, partner-link.ended,
    partner-link.which-partner, partner-link.with-itself.
    """
    del envelope  # anybody who may, whenever
    match command:
        case LinkPartner():
            return [_link(command, partner_link)]
        case EndPartnerLink():
            match partner_link:
                case Linked(customer_id=customer_id, partner_id=partner_id):
                    return [PartnerLinkEnded(customer_id=customer_id, partner_id=partner_id)]
                case Absent():
                    raise Rejected("partner-link.unknown", "There is no such link.")
                case Ended():
                    raise Rejected("partner-link.ended", "The link has ended already.")
                case _:
                    assert_never(partner_link)
        case _:
            assert_never(command)


def _link(command: LinkPartner, partner_link: PartnerLink) -> Event:
    if (command.partner_id is None) == (command.partner_name is None):
        raise Rejected(
            "partner-link.which-partner",
            "Say which customer the partner is, or its name where it is none of ours.",
            field="partner_id",
        )
    if command.partner_id == command.customer_id:
        raise Rejected(
            "partner-link.with-itself", "A customer is no partner of itself.", field="partner_id"
        )
    if isinstance(partner_link, Linked):
        raise Rejected("partner-link.exists", "The two are linked in this way already.")
    return PartnerLinked(
        customer_id=command.customer_id,
        partner_id=command.partner_id,
        partner_name=command.partner_name,
        link=command.link,
        note=command.note,
    )


def evolve(partner_link: PartnerLink, fact: Fact[Event]) -> PartnerLink:
    """Fold one fact into the state."""
    del partner_link  # every event carries the whole new state
    match fact.event:
        case PartnerLinked(customer_id=customer_id, partner_id=partner_id):
            return Linked(customer_id, partner_id)
        case PartnerLinkEnded(customer_id=customer_id):
            return Ended(customer_id)
        case _:
            assert_never(fact.event)


def active(partner_link: PartnerLink) -> bool:
    """Tell whether the two work together."""
    return isinstance(partner_link, Linked)


PARTNER_LINK: Decider[Command, PartnerLink, Event] = Decider(
    kind="partner-link",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
