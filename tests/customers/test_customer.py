"""A customer: one master record, its tier and the people we speak with there."""

import pytest
from spec import HARBOUR, sample_id, spec

from domain.customers.customer import (
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
from domain.customers.customer_rules import CUSTOMER
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


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_customer_is_registered_over_http(api):
    details = {"name": "云河科技", "region": "east", "employees": 120, "phase": "growing"}
    made = api.post("/customers", {"details": details, "tier": "key"}).went_well()
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/customers/{made.id}"
    shown = api.get(f"/customers/{made.id}", after=made).went_well()
    told = {"name": "云河科技", "region": "east", "industry": None, "tier": "key", "version": 1}
    assert told.items() <= shown.json.items()
    assert details.items() <= shown.json["details"].items()
    nobody = {"status": "unowned", "owner_id": None, "claimant_id": None, "version": 0}
    assert nobody.items() <= shown.json["ownership"].items()
    assert shown.json["totals"] == {"requests": 0, "interactions": 0}
    assert shown.json["contacts"] == shown.json["open_requests"] == []
    assert shown.json["last_contact_at"] is None


def test_details_left_out_stay_and_null_removes_over_http(api, company):
    made = company.customer(details={"region": "east", "industry": "ships"})
    path = f"/customers/{made.id}"
    changed = api.patch(path, {"details": {"region": None, "employees": 0}}, seen=made).went_well()
    shown = api.get(path, after=changed).json
    assert (shown["region"], shown["industry"]) == (None, "ships")
    assert shown["details"]["employees"] == 0
    same = api.patch(path, {"details": {"industry": "ships"}}, seen=changed).went_well()
    assert (same.version, same.position) == (2, None)
    api.patch(path, {"details": {"region": "west"}}, seen=made).refused(412, "version.stale")
    nameless = api.patch(path, {"details": {"name": None}}, seen=changed)
    nameless.refused(422, "fields.invalid", "/details/name")


def test_another_tier_needs_a_reason_over_http(api, company):
    made = company.customer(tier="normal")
    path = f"/customers/{made.id}"
    refusal = api.post(f"{path}/tier", {"tier": "key"}, seen=made)
    refusal.refused(409, "customer.reason-missing", "/reason")
    tiered = api.post(f"{path}/tier", {"tier": "key", "reason": "It grew"}, seen=made).went_well()
    assert api.get(path, after=tiered).json["tier"] == "key"
    fact = api.get(f"/audit/events/{tiered.position}").json
    unsaid = dict.fromkeys(("suggested", "policy_id", "policy_version", "review_at"))
    told = {"previous": "normal", "tier": "key"} | unsaid
    assert (fact["data"], fact["reason"]) == (told, "It grew")


def test_contacts_come_change_and_go_over_http(api, company):
    customer = company.customer().id
    path, contacts = f"/customers/{customer}", f"/customers/{customer}/contacts"
    maria = {"name": "Maria Costa", "title": "CFO", "email": "m@harbour.example", "phone": "5"}
    added = api.post(contacts, maria, seen=1).went_well()
    (shown,) = api.get(path, after=added).json["contacts"]
    assert maria.items() <= shown.items()
    one = f"{contacts}/{shown['id']}"
    changed = api.ask("PUT", one, {"name": "Maria Silva", "phone": "6"}, seen=added).went_well()
    (shown,) = api.get(path, after=changed).json["contacts"]
    told = {"name": "Maria Silva", "title": None, "email": None, "phone": "6"}
    assert told.items() <= shown.items()
    removed = api.post(f"{one}/remove", {}, seen=changed).went_well()
    assert api.get(path, after=removed).json["contacts"] == []
    api.post(f"{one}/remove", {}, seen=removed).refused(404, "not-found")
    api.ask("PUT", one, {"name": "Maria"}, seen=removed).refused(404, "not-found")
