"""A customer: the one master record of a company we serve, its contacts and its tier."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, assert_never
from uuid import UUID

from domain.confidential import Confidential, FieldClass
from domain.ids import ContactId, CustomerId, TierPolicyId
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Personal,
    Rejected,
    command,
    event,
)
from domain.values import Tier


class BusinessPhase(StrEnum):
    """Where the customer stands in its life with us."""

    PROSPECT = "prospect"
    NEW = "new"
    GROWING = "growing"
    MATURE = "mature"
    DECLINING = "declining"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDetails:
    """What every department may know of a customer; only the name is required."""

    name: str
    short_name: str | None = None
    industry: str | None = None
    business: str | None = None
    employees: int | None = None
    phase: BusinessPhase | None = None
    address: str | None = None
    region: str | None = None
    phone: str | None = None
    website: str | None = None
    tax_id: str | None = None


# --- Events -----------------------------------------------------------------------------------


@event("customer.registered", zh="客户登记")
class CustomerRegistered:
    """Customer registered."""

    details: CustomerDetails
    tier: Tier


@event("customer.details-changed", zh="客户资料变更")
class CustomerDetailsChanged:
    """Customer's details changed."""

    details: CustomerDetails


@event("customer.tiered", zh="客户分级", shape=2)
class CustomerTiered:
    """Customer put into a tier."""

    previous: Tier
    tier: Tier
    suggested: Tier | None = None
    policy_id: TierPolicyId | None = None
    policy_version: int | None = None
    review_at: date | None = None


_Reached = Annotated[str | None, Personal(of="contact_id"), Confidential(FieldClass.CONTACT)]
"""How a person is reached."""


@event("customer.contact-added", zh="新增联系人")
class ContactAdded:
    """Contact added."""

    contact_id: ContactId
    name: Annotated[str, Personal(of="contact_id")]
    title: str | None
    email: _Reached
    phone: _Reached


@event("customer.contact-changed", zh="联系人资料变更")
class ContactChanged:
    """Contact's details changed."""

    contact_id: ContactId
    name: Annotated[str, Personal(of="contact_id")]
    title: str | None
    email: _Reached
    phone: _Reached


@event("customer.contact-removed", zh="移除联系人")
class ContactRemoved:
    """Contact removed."""

    contact_id: ContactId


@event("customer.retracted", zh="客户记录撤回", retracts=True)
class CustomerRetracted:
    """Customer taken back: recorded by mistake."""


@event("customer.merged", zh="客户合并")
class CustomerMerged:
    """Customer merged into another: both were the same all along."""

    into_id: CustomerId


@event("customer.unmerged", zh="客户合并撤销")
class CustomerUnmerged:
    """Customer's merging undone: it stands by itself again."""

    from_id: CustomerId


Event = (
    CustomerRegistered
    | CustomerDetailsChanged
    | CustomerTiered
    | ContactAdded
    | ContactChanged
    | ContactRemoved
    | CustomerRetracted
    | CustomerMerged
    | CustomerUnmerged
)

# --- Commands ---------------------------------------------------------------------------------


@command
class RegisterCustomer:
    """Register a customer."""

    id: CustomerId
    details: CustomerDetails
    tier: Tier = Tier.NORMAL


@command
class ChangeCustomerDetails:
    """Replace a customer's details; the whole new details, so that nothing is lost by accident."""

    id: CustomerId
    details: CustomerDetails


@command
class TierCustomer:
    """Put a customer into another tier; the envelope's reason says why.

    By a version of a policy it is a review: it may keep the tier, and says when it is looked at
    again (``review_at``). ``suggested`` is what the policy suggested; who decides may differ.
    """

    id: CustomerId
    tier: Tier
    suggested: Tier | None = None
    policy_id: Annotated[TierPolicyId | None, MustBeActive()] = None
    policy_version: int | None = None
    review_at: date | None = None


@command
class AddContact:
    """Add a person we speak with at the customer."""

    id: CustomerId
    contact_id: ContactId
    name: str
    title: str | None = None
    email: str | None = None
    phone: str | None = None


@command
class ChangeContact:
    """Replace a contact's details."""

    id: CustomerId
    contact_id: ContactId
    name: str
    title: str | None = None
    email: str | None = None
    phone: str | None = None


@command
class RemoveContact:
    """Remove a contact who no longer speaks for the customer."""

    id: CustomerId
    contact_id: ContactId


@command
class RetractCustomer:
    """Take back a customer that was recorded by mistake (an import undone)."""

    id: CustomerId


@command
class MergeCustomer:
    """Say that a customer is the same as another, which stays; the envelope's reason says why."""

    id: CustomerId
    into_id: Annotated[CustomerId, MustBeActive()]


@command
class UnmergeCustomer:
    """Undo a merging: the customer stands by itself again, with all that was recorded of it."""

    id: CustomerId


Command = (
    RegisterCustomer
    | ChangeCustomerDetails
    | TierCustomer
    | AddContact
    | ChangeContact
    | RemoveContact
    | RetractCustomer
    | MergeCustomer
    | UnmergeCustomer
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contact:
    """A person we speak with at a customer."""

    name: str
    title: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class Absent:
    """No such customer, or one taken back."""


@dataclass(frozen=True)
class Active:
    """A customer we serve."""

    details: CustomerDetails
    tier: Tier
    contacts: Mapping[ContactId, Contact] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Merged:
    """A customer that was the same as another, and what it was by itself."""

    into_id: CustomerId
    was: Active


Customer = Absent | Active | Merged

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, customer: Customer, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: customer.exists, customer.unknown, customer.merged, customer.not-merged,
    customer.into-itself, customer.reason-missing, contact.exists, contact.unknown.
    """
    match command:
        case RegisterCustomer():
            if not isinstance(customer, Absent):
                raise Rejected("customer.exists", "This customer is registered already.")
            return [CustomerRegistered(details=command.details, tier=command.tier)]
        case RetractCustomer():
            return [] if isinstance(customer, Absent) else [CustomerRetracted()]
        case _ if isinstance(customer, Absent):
            raise Rejected("customer.unknown", "There is no such customer.")
        case UnmergeCustomer():
            return _unmerge(customer, envelope)
        case _ if isinstance(customer, Merged):
            raise Rejected(
                "customer.merged",
                "This customer was merged into another; change that one, or undo the merging.",
            )
        case MergeCustomer():
            return _merge(command, envelope)
        case ChangeCustomerDetails(details=details):
            return [] if details == customer.details else [CustomerDetailsChanged(details=details)]
        case TierCustomer():
            return _tier(command, customer, envelope)
        case AddContact() | ChangeContact() | RemoveContact():
            return _contact(command, customer)
        case _:
            assert_never(command)


def _tier(command: TierCustomer, customer: Active, envelope: Envelope) -> list[Event]:
    if command.tier is customer.tier and command.policy_id is None:
        return []
    _needs_reason(envelope, "Say why the customer changes tier.")
    return [
        CustomerTiered(
            previous=customer.tier,
            tier=command.tier,
            suggested=command.suggested,
            policy_id=command.policy_id,
            policy_version=command.policy_version,
            review_at=command.review_at,
        )
    ]


def _merge(command: MergeCustomer, envelope: Envelope) -> list[Event]:
    # No chain can close: the one it is merged into is active, so it is merged into none itself.
    if command.into_id == command.id:
        raise Rejected(
            "customer.into-itself", "A customer is merged into another one.", field="into_id"
        )
    _needs_reason(envelope, "Say how you know that both are the same.")
    return [CustomerMerged(into_id=command.into_id)]


def _unmerge(customer: Active | Merged, envelope: Envelope) -> list[Event]:
    if not isinstance(customer, Merged):
        raise Rejected("customer.not-merged", "This customer is merged into no other.")
    _needs_reason(envelope, "Say how you know that they are not the same.")
    return [CustomerUnmerged(from_id=customer.into_id)]


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("customer.reason-missing", sentence, field="reason")


def _contact(command: AddContact | ChangeContact | RemoveContact, customer: Active) -> list[Event]:
    known = customer.contacts.get(command.contact_id)
    if isinstance(command, AddContact):
        if known is not None:
            raise Rejected("contact.exists", "This contact is recorded already.")
    elif known is None:
        raise Rejected("contact.unknown", "The customer has no such contact.")
    match command:
        case RemoveContact():
            return [ContactRemoved(contact_id=command.contact_id)]
        case AddContact() | ChangeContact():
            made = Contact(command.name, command.title, command.email, command.phone)
            if made == known:
                return []
            change = ContactAdded if isinstance(command, AddContact) else ContactChanged
            return [
                change(
                    contact_id=command.contact_id,
                    name=made.name,
                    title=made.title,
                    email=made.email,
                    phone=made.phone,
                )
            ]
        case _:
            assert_never(command)


def evolve(customer: Customer, fact: Fact[Event]) -> Customer:
    """Fold one fact into the state."""
    match fact.event:
        case CustomerRegistered(details=details, tier=tier):
            return Active(details, tier)
        case CustomerRetracted():
            return Absent()
        case _ if isinstance(customer, Absent):
            return customer
        case CustomerUnmerged():
            return customer.was if isinstance(customer, Merged) else customer
        case _ if isinstance(customer, Merged):
            return customer
        case CustomerMerged(into_id=into_id):
            return Merged(into_id, customer)
        case CustomerDetailsChanged(details=details):
            return replace(customer, details=details)
        case CustomerTiered(tier=tier):
            return replace(customer, tier=tier)
        case ContactAdded() | ContactChanged():
            change = fact.event
            made = Contact(change.name, change.title, change.email, change.phone)
            return _with_contacts(customer, {**customer.contacts, change.contact_id: made})
        case ContactRemoved(contact_id=removed):
            kept = {key: value for key, value in customer.contacts.items() if key != removed}
            return _with_contacts(customer, kept)
        case _:
            assert_never(fact.event)


def _with_contacts(customer: Active, contacts: dict[ContactId, Contact]) -> Active:
    return replace(customer, contacts=MappingProxyType(contacts))


def active(customer: Customer) -> bool:
    """Tell whether requests and interactions may be recorded for the customer."""
    return isinstance(customer, Active)


def parts(customer: Customer) -> Collection[UUID]:
    """Return the ids of its contacts."""
    match customer:
        case Absent():
            return ()
        case Active(contacts=contacts) | Merged(was=Active(contacts=contacts)):
            return contacts
        case _:
            assert_never(customer)


CUSTOMER: Decider[Command, Customer, Event] = Decider(
    kind="customer",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
    parts=parts,
)
