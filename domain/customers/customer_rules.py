"""What is decided about a customer, and what it is after each fact."""

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from domain.customers.customer import (
    Absent,
    Active,
    AddContact,
    ChangeContact,
    ChangeCustomerDetails,
    Command,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    Customer,
    CustomerDetailsChanged,
    CustomerMerged,
    CustomerRegistered,
    CustomerRetracted,
    CustomerTiered,
    CustomerUnmerged,
    Event,
    MergeCustomer,
    Merged,
    RegisterCustomer,
    RemoveContact,
    RetractCustomer,
    TierCustomer,
    UnmergeCustomer,
)
from domain.ids import ContactId
from domain.kernel import Decider, Envelope, Fact, Rejected


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
