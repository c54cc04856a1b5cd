"""A customer: the one master record of a company we serve, its contacts and its tier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from domain.confidential import Confidential, FieldClass
from domain.ids import ContactId, CustomerId, TierPolicyId
from domain.kernel import MustBeActive, Personal, command, event
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
