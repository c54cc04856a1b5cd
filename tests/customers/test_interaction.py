"""An interaction: logged once, and taken back with a reason where it was a mistake."""

import pytest
from spec import ANA, HARBOUR, sample_id, spec

from domain.customers.interaction import (
    INTERACTION,
    Direction,
    InteractionLogged,
    InteractionRetracted,
    Logged,
    LogInteraction,
    Retracted,
    RetractInteraction,
)
from domain.ids import ContactId, InteractionId, RequestId
from domain.kernel import Reference, personal_fields, references
from domain.values import ContactChannel

ID = InteractionId(sample_id(0x14))
MARIA = ContactId(sample_id(0x3A))
LATE_DELIVERY = RequestId(sample_id(0x4E))

LOG = LogInteraction(
    id=ID,
    customer_id=HARBOUR,
    channel=ContactChannel.PHONE,
    direction=Direction.INBOUND,
    summary="Asked where the delivery is.",
    contact_id=MARIA,
    about_request_id=LATE_DELIVERY,
)
RETRACT = RetractInteraction(id=ID)

LOGGED = InteractionLogged(
    customer_id=HARBOUR,
    channel=ContactChannel.PHONE,
    direction=Direction.INBOUND,
    summary="Asked where the delivery is.",
    contact_id=MARIA,
    about_request_id=LATE_DELIVERY,
)
RETRACTED = InteractionRetracted(customer_id=HARBOUR)

# --- Rules ------------------------------------------------------------------------------------


def test_an_interaction_is_logged():
    (
        spec(INTERACTION)
        .when(LOG)
        .then(
            InteractionLogged(
                customer_id=HARBOUR,
                channel=ContactChannel.PHONE,
                direction=Direction.INBOUND,
                summary="Asked where the delivery is.",
                contact_id=MARIA,
                about_request_id=LATE_DELIVERY,
            )
        )
        .then_state(Logged(HARBOUR, ANA))
    )


def test_it_may_be_with_nobody_in_particular_and_about_nothing_open():
    (
        spec(INTERACTION)
        .when(
            LogInteraction(
                id=ID,
                customer_id=HARBOUR,
                channel=ContactChannel.EMAIL,
                direction=Direction.OUTBOUND,
                summary="Newsletter.",
            )
        )
        .then(
            InteractionLogged(
                customer_id=HARBOUR,
                channel=ContactChannel.EMAIL,
                direction=Direction.OUTBOUND,
                summary="Newsletter.",
                contact_id=None,
                about_request_id=None,
            )
        )
    )


def test_only_with_a_customer_we_serve():
    assert Reference("customer_id", "customer", must_be_active=True) in references(LogInteraction)


@pytest.mark.parametrize("history", [(LOGGED,), (LOGGED, RETRACTED)], ids=["logged", "taken back"])
def test_no_interaction_is_logged_twice(history):
    spec(INTERACTION).given(*history).when(LOG).then_rejected("interaction.exists")


def test_an_interaction_logged_by_mistake_is_taken_back():
    (
        spec(INTERACTION)
        .given(LOGGED)
        .when(RETRACT, reason="Wrong customer")
        .then(InteractionRetracted(customer_id=HARBOUR))
        .then_state(Retracted())
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_taking_it_back_needs_a_reason(reason):
    spec(INTERACTION).given(LOGGED).when(RETRACT, reason=reason).then_rejected(
        "interaction.reason-missing", field="reason"
    )


def test_what_was_never_logged_is_not_taken_back():
    spec(INTERACTION).when(RETRACT, reason="Wrong").then_rejected("interaction.unknown")


def test_nothing_is_taken_back_twice():
    told = spec(INTERACTION).given(LOGGED, RETRACTED)
    told.when(RETRACT, reason="Wrong").then_rejected("interaction.retracted")


def test_a_logged_interaction_counts():
    assert spec(INTERACTION).given(LOGGED).active


@pytest.mark.parametrize("history", [(), (LOGGED, RETRACTED)], ids=["never logged", "taken back"])
def test_any_other_does_not(history):
    assert not spec(INTERACTION).given(*history).active


def test_what_was_said_is_the_customers_personal_data():
    assert personal_fields(InteractionLogged) == {"summary": "customer_id"}


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_an_interaction_is_logged_and_taken_back_over_http(api, company):
    customer = company.customer().id
    contact = company.contact(customer)
    request = company.request(customer_id=customer).id
    body = {"channel": "phone", "direction": "inbound", "summary": "Asked where it is"}
    about = {"contact_id": contact, "about_request_id": request}
    logged = api.post(f"/customers/{customer}/interactions", body | about).went_well()
    assert logged.status == 201
    assert logged.headers["Location"] == f"/api/v1/interactions/{logged.id}/history"
    shown = api.get(f"/customers/{customer}", after=logged).json
    assert shown["totals"] == {"requests": 1, "interactions": 1}
    for path in (f"/customers/{customer}", f"/requests/{request}", f"/interactions/{logged.id}"):
        latest = api.get(f"{path}/timeline", after=logged).json["items"][0]
        assert latest["data"] == body | about | {"customer_id": customer}

    path = f"/interactions/{logged.id}/retract"
    api.post(path, {}, seen=1).refused(409, "interaction.reason-missing", "/reason")
    retracted = api.post(path, {"reason": "Another customer's"}, seen=1).went_well()
    shown = api.get(f"/customers/{customer}", after=retracted).json
    assert shown["totals"] == {"requests": 1, "interactions": 0}
    api.post(path, {"reason": "Again"}, seen=retracted).refused(409, "interaction.retracted")


def test_a_late_note_does_not_move_the_last_contact_back_over_http(api, company):
    customer = company.customer().id
    last = company.interaction(customer=customer)
    shown = api.get(f"/customers/{customer}", after=last).json["last_contact_at"]
    late = company.interaction(customer=customer, occurred_at="2025-03-03T09:00:00+08:00")
    assert api.get(f"/customers/{customer}", after=late).json["last_contact_at"] == shown
