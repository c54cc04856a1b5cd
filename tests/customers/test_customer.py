"""A customer: one master record, its tier and the people we speak with there."""

import pytest
from spec import HARBOUR, sample_id, spec

from domain.customers.customer import (
    CUSTOMER,
    Absent,
    Active,
    AddContact,
    BusinessPhase,
    ChangeContact,
    ChangeCustomerDetails,
    Contact,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    CustomerDetails,
    CustomerDetailsChanged,
    CustomerRegistered,
    CustomerRetracted,
    CustomerTiered,
    RegisterCustomer,
    RemoveContact,
    RetractCustomer,
    TierCustomer,
)
from domain.ids import ContactId
from domain.kernel import personal_fields
from domain.values import Tier

MARIA = ContactId(sample_id(0x3A))
TOM = ContactId(sample_id(0x70))

SMALL = CustomerDetails(name="Harbour Foods")
GROWN = CustomerDetails(name="Harbour Foods plc", employees=900, phase=BusinessPhase.GROWING)

REGISTER = RegisterCustomer(id=HARBOUR, details=SMALL)
CHANGE = ChangeCustomerDetails(id=HARBOUR, details=GROWN)
PROMOTE = TierCustomer(id=HARBOUR, tier=Tier.KEY)
ADD_MARIA = AddContact(
    id=HARBOUR, contact_id=MARIA, name="Maria Silva", title="Buyer", email="m@h.example", phone="1"
)
CHANGE_MARIA = ChangeContact(
    id=HARBOUR, contact_id=MARIA, name="Maria Costa", title=None, email=None, phone="2"
)
REMOVE_MARIA = RemoveContact(id=HARBOUR, contact_id=MARIA)
RETRACT = RetractCustomer(id=HARBOUR)

REGISTERED = CustomerRegistered(details=SMALL, tier=Tier.NORMAL)
CHANGED = CustomerDetailsChanged(details=GROWN)
PROMOTED = CustomerTiered(previous=Tier.NORMAL, tier=Tier.KEY)
MARIA_ADDED = ContactAdded(
    contact_id=MARIA, name="Maria Silva", title="Buyer", email="m@h.example", phone="1"
)
MARIA_CHANGED = ContactChanged(
    contact_id=MARIA, name="Maria Costa", title=None, email=None, phone="2"
)
MARIA_REMOVED = ContactRemoved(contact_id=MARIA)
TOM_ADDED = ContactAdded(contact_id=TOM, name="Tom", title=None, email=None, phone=None)
RETRACTED = CustomerRetracted()

NEVER_REGISTERED = pytest.param((), id="never registered")
TAKEN_BACK = pytest.param((REGISTERED, MARIA_ADDED, RETRACTED), id="taken back")

# --- Rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [NEVER_REGISTERED, TAKEN_BACK])
def test_a_customer_is_registered_in_the_normal_tier_and_without_contacts(history):
    (
        spec(CUSTOMER)
        .given(*history)
        .when(REGISTER)
        .then(CustomerRegistered(details=SMALL, tier=Tier.NORMAL))
        .then_state(Active(SMALL, Tier.NORMAL, {}))
    )


def test_or_in_another_tier_from_the_start():
    (
        spec(CUSTOMER)
        .when(RegisterCustomer(id=HARBOUR, details=GROWN, tier=Tier.STRATEGIC))
        .then(CustomerRegistered(details=GROWN, tier=Tier.STRATEGIC))
        .then_state(Active(GROWN, Tier.STRATEGIC, {}))
    )


def test_a_name_is_enough_to_be_a_customer():
    assert CustomerDetails(name="Harbour Foods") == CustomerDetails(
        name="Harbour Foods",
        short_name=None,
        industry=None,
        business=None,
        employees=None,
        phase=None,
        address=None,
        region=None,
        phone=None,
        website=None,
        tax_id=None,
    )


def test_no_customer_is_registered_twice():
    spec(CUSTOMER).given(REGISTERED).when(REGISTER).then_rejected("customer.exists")


@pytest.mark.parametrize("command", [CHANGE, PROMOTE, ADD_MARIA, CHANGE_MARIA, REMOVE_MARIA])
@pytest.mark.parametrize("history", [NEVER_REGISTERED, TAKEN_BACK])
def test_nothing_is_changed_about_an_unknown_customer(history, command):
    spec(CUSTOMER).given(*history).when(command, reason="Fair").then_rejected("customer.unknown")


def test_new_details_replace_the_old_and_leave_tier_and_contacts():
    (
        spec(CUSTOMER)
        .given(REGISTERED, PROMOTED, MARIA_ADDED)
        .when(CHANGE)
        .then(CustomerDetailsChanged(details=GROWN))
        .then_state(
            Active(GROWN, Tier.KEY, {MARIA: Contact("Maria Silva", "Buyer", "m@h.example", "1")})
        )
    )


def test_details_that_are_so_already_are_no_news():
    spec(CUSTOMER).given(REGISTERED, CHANGED).when(CHANGE).then_nothing()


def test_a_change_of_tier_tells_the_previous_one_and_leaves_the_rest():
    (
        spec(CUSTOMER)
        .given(REGISTERED, CHANGED, TOM_ADDED)
        .when(PROMOTE, reason="Third order this year")
        .then(CustomerTiered(previous=Tier.NORMAL, tier=Tier.KEY))
        .then_state(Active(GROWN, Tier.KEY, {TOM: Contact("Tom", None, None, None)}))
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_a_change_of_tier_needs_a_reason(reason):
    spec(CUSTOMER).given(REGISTERED).when(PROMOTE, reason=reason).then_rejected(
        "customer.reason-missing", field="reason"
    )


def test_the_tier_it_is_in_already_is_no_news_and_needs_no_reason():
    spec(CUSTOMER).given(REGISTERED, PROMOTED).when(PROMOTE, reason=None).then_nothing()


def test_a_contact_is_added_beside_the_others():
    (
        spec(CUSTOMER)
        .given(REGISTERED, TOM_ADDED)
        .when(ADD_MARIA)
        .then(
            ContactAdded(
                contact_id=MARIA, name="Maria Silva", title="Buyer", email="m@h.example", phone="1"
            )
        )
        .then_state(
            Active(
                SMALL,
                Tier.NORMAL,
                {
                    TOM: Contact("Tom", None, None, None),
                    MARIA: Contact("Maria Silva", "Buyer", "m@h.example", "1"),
                },
            )
        )
    )


@pytest.mark.parametrize(
    ("command", "event", "history"),
    [
        (AddContact, ContactAdded, (REGISTERED,)),
        (ChangeContact, ContactChanged, (REGISTERED, MARIA_ADDED)),
    ],
)
def test_a_name_is_enough_to_be_a_contact(command, event, history):
    told = spec(CUSTOMER).given(*history)
    told.when(command(id=HARBOUR, contact_id=MARIA, name="Maria")).then(
        event(contact_id=MARIA, name="Maria", title=None, email=None, phone=None)
    )


def test_no_contact_is_added_twice():
    (spec(CUSTOMER).given(REGISTERED, MARIA_ADDED).when(ADD_MARIA).then_rejected("contact.exists"))


def test_a_contacts_details_are_replaced():
    (
        spec(CUSTOMER)
        .given(REGISTERED, MARIA_ADDED)
        .when(CHANGE_MARIA)
        .then(
            ContactChanged(contact_id=MARIA, name="Maria Costa", title=None, email=None, phone="2")
        )
        .then_state(
            Active(SMALL, Tier.NORMAL, {MARIA: Contact("Maria Costa", None, None, "2")}),
        )
    )


def test_a_contacts_details_that_are_so_already_are_no_news():
    told = spec(CUSTOMER).given(REGISTERED, MARIA_ADDED, MARIA_CHANGED)
    told.when(CHANGE_MARIA).then_nothing()


def test_a_contact_is_removed_and_the_others_stay():
    (
        spec(CUSTOMER)
        .given(REGISTERED, MARIA_ADDED, TOM_ADDED)
        .when(REMOVE_MARIA)
        .then(ContactRemoved(contact_id=MARIA))
        .then_state(Active(SMALL, Tier.NORMAL, {TOM: Contact("Tom", None, None, None)}))
    )


def test_a_contact_who_was_removed_may_come_back():
    told = spec(CUSTOMER).given(REGISTERED, MARIA_ADDED, MARIA_REMOVED)
    told.when(ADD_MARIA).then(MARIA_ADDED)


@pytest.mark.parametrize("command", [CHANGE_MARIA, REMOVE_MARIA])
@pytest.mark.parametrize(
    "history",
    [
        pytest.param((REGISTERED, TOM_ADDED), id="never added"),
        pytest.param((REGISTERED, MARIA_ADDED, MARIA_REMOVED), id="removed"),
    ],
)
def test_who_is_no_contact_is_neither_changed_nor_removed(history, command):
    spec(CUSTOMER).given(*history).when(command).then_rejected("contact.unknown")


def test_a_customer_recorded_by_mistake_is_taken_back():
    (spec(CUSTOMER).given(REGISTERED).when(RETRACT).then(CustomerRetracted()).then_state(Absent()))


@pytest.mark.parametrize("history", [NEVER_REGISTERED, TAKEN_BACK])
def test_taking_back_what_is_not_there_is_no_news(history):
    spec(CUSTOMER).given(*history).when(RETRACT).then_nothing()


def test_things_are_recorded_for_a_customer_we_serve():
    assert spec(CUSTOMER).given(REGISTERED).active


@pytest.mark.parametrize("history", [NEVER_REGISTERED, TAKEN_BACK])
def test_and_for_no_other(history):
    assert not spec(CUSTOMER).given(*history).active


def test_what_is_known_of_contacts_cannot_be_changed_in_passing():
    customer = spec(CUSTOMER).given(REGISTERED, MARIA_ADDED).state
    with pytest.raises(TypeError):
        customer.contacts[TOM] = Contact("Tom", None, None, None)


@pytest.mark.parametrize("event", [CHANGED, PROMOTED, MARIA_ADDED, MARIA_CHANGED, MARIA_REMOVED])
def test_no_later_fact_brings_back_what_was_taken_back(event):
    assert spec(CUSTOMER).given(REGISTERED, RETRACTED, event).state == Absent()


def test_a_change_in_the_history_of_an_unknown_contact_is_obeyed():
    told = spec(CUSTOMER).given(REGISTERED, MARIA_CHANGED)
    assert told.state.contacts == {MARIA: Contact("Maria Costa", None, None, "2")}


def test_a_removal_in_the_history_of_an_unknown_contact_is_obeyed():
    assert spec(CUSTOMER).given(REGISTERED, MARIA_REMOVED).state == Active(SMALL, Tier.NORMAL, {})


@pytest.mark.parametrize("event", [ContactAdded, ContactChanged])
def test_what_identifies_a_contact_is_their_personal_data(event):
    assert personal_fields(event) == {
        "name": "contact_id",
        "email": "contact_id",
        "phone": "contact_id",
    }
