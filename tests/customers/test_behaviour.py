"""A behaviour: captured, taken back where it was a mistake, and counted in the profile."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import HARBOUR, sample_id, spec

from domain.customers.behaviour import (
    BEHAVIOUR,
    BehaviourCaptured,
    BehaviourRetracted,
    CaptureBehaviour,
    Captured,
    Place,
    RetractBehaviour,
    Retracted,
)
from domain.ids import BehaviourId, CampaignId, ContactId
from domain.kernel import Reference, personal_fields, references
from projections.catalogue import MODELS
from projections.customers.behaviours import BEHAVIOURS
from projections.customers.customers import CUSTOMERS
from tests.web.stories_relations import behaviour, somebody

ID = BehaviourId(sample_id(0xBE))
MARIA = ContactId(sample_id(0x3A))
SPRING = CampaignId(sample_id(0x5B))

CAPTURE = CaptureBehaviour(
    id=ID,
    customer_id=HARBOUR,
    contact_id=MARIA,
    channel=Place.WEB,
    what="viewed pricing",
    item="Line 7",
    campaign_id=SPRING,
    url="https://concord.example/pricing",
)
RETRACT = RetractBehaviour(id=ID)

CAPTURED = BehaviourCaptured(
    customer_id=HARBOUR,
    contact_id=MARIA,
    channel=Place.WEB,
    what="viewed pricing",
    item="Line 7",
    campaign_id=SPRING,
    url="https://concord.example/pricing",
)
RETRACTED = BehaviourRetracted(customer_id=HARBOUR, channel=Place.WEB, what="viewed pricing")

# --- Rules ------------------------------------------------------------------------------------


def test_a_behaviour_is_captured():
    told = spec(BEHAVIOUR).when(CAPTURE).then(CAPTURED)
    told.then_state(Captured(HARBOUR, Place.WEB, "viewed pricing"))


def test_only_of_a_customer_we_serve_and_its_own_people():
    assert references(CaptureBehaviour)[1:3] == (
        Reference("customer_id", "customer", must_be_active=True),
        Reference("contact_id", "contact", must_be_active=False, part_of="customer_id"),
    )


@pytest.mark.parametrize("history", [(CAPTURED,), (CAPTURED, RETRACTED)])
def test_no_behaviour_is_captured_twice(history):
    spec(BEHAVIOUR).given(*history).when(CAPTURE).then_rejected("behaviour.exists")


def test_what_was_captured_by_mistake_is_taken_back_with_a_reason():
    told = spec(BEHAVIOUR).given(CAPTURED)
    told.when(RETRACT, reason="A robot").then(RETRACTED).then_state(Retracted(HARBOUR))
    for reason in (None, ""):
        told.when(RETRACT, reason=reason).then_rejected("behaviour.reason-missing", field="reason")


@pytest.mark.parametrize(
    ("history", "code"),
    [((), "behaviour.unknown"), ((CAPTURED, RETRACTED), "behaviour.retracted")],
)
def test_what_does_not_count_is_not_taken_back(history, code):
    spec(BEHAVIOUR).given(*history).when(RETRACT, reason="A robot").then_rejected(code)


def test_what_somebody_did_is_their_personal_data():
    assert personal_fields(BehaviourCaptured) == {"item": "contact_id", "url": "contact_id"}


def test_the_profile_stands_beside_the_customer_and_not_in_its_place():
    assert BEHAVIOURS.subject == CUSTOMERS.subject
    assert MODELS["customer"] is CUSTOMERS


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]

EMPTY = {
    "total": 0,
    "by_channel": {},
    "by_what": {},
    "by_day": {},
    "first_seen_on": None,
    "last_seen_on": None,
    "latest": [],
}


def profile(api, customer, **asked):
    told = api.get(f"/customers/{customer}/behaviours", **asked).went_well().json
    return {name: value for name, value in told.items() if name not in {"id", "version"}}


def test_a_customer_nobody_saw_has_an_empty_profile_over_http(api, company):
    customer = company.customer()
    assert profile(api, customer.id, after=customer) == EMPTY
    api.get(f"/customers/{sample_id(9)}/behaviours").refused(404, "not-found")


def test_a_behaviour_is_captured_and_taken_back_over_http(api, company):
    customer = company.customer().id
    maria = company.contact(customer)
    body = {
        "channel": "app",
        "what": "searched",
        "item": "pallets",
        "url": "https://concord.example/?q=pallets",
        "contact_id": maria,
        "occurred_at": "2025-03-05T23:30:00-02:00",
    }
    made = api.post(f"/customers/{customer}/behaviours", body).went_well()
    assert made.headers["Location"] == f"/api/v1/behaviours/{made.id}/history"
    shown = api.get(f"/customers/{customer}/behaviours", after=made).went_well()
    etag = shown.headers["ETag"]
    seen = {name: body[name] for name in ("channel", "what", "item", "url", "contact_id")}
    seen |= {"id": made.id, "at": "2025-03-06T01:30:00.000000Z", "campaign_id": None}
    assert profile(api, customer) == {
        "total": 1,
        "by_channel": {"app": 1},
        "by_what": {"searched": 1},
        "by_day": {"2025-03-06": 1},
        "first_seen_on": "2025-03-06",
        "last_seen_on": "2025-03-06",
        "latest": [seen],
    }
    path = f"/behaviours/{made.id}/retract"
    api.post(path, {}, seen=1).refused(409, "behaviour.reason-missing", "/reason")
    gone = api.post(path, {"reason": "A robot"}, seen=1).went_well()
    # The profile is another one, though the customer has not changed: it is told anew.
    headers = {"If-None-Match": etag}
    again = api.get(f"/customers/{customer}/behaviours", after=gone, headers=headers)
    assert (again.status, again.json["total"]) == (200, 0)
    assert profile(api, customer) == EMPTY
    assert profile(api, customer, position=made.position)["latest"] == [seen]
    api.post(path, {"reason": "A robot"}, seen=2).refused(409, "behaviour.retracted")


def test_who_reads_customers_and_no_interactions_reads_no_profile_over_http(company):
    customer = company.customer().id
    made = behaviour(company, customer=customer)
    for resource, status in (("customer", 404), ("interaction", 200)):
        name = company.word("reader")
        permitted = {"permissions": [{"resource": resource, "action": "read"}], "shows": []}
        company.api.post("/roles", {"name": name} | permitted).went_well()
        who = somebody(company, name, customer)
        profile = who.get(f"/customers/{customer}/behaviours", after=made)
        assert (profile.status, resource) == (status, resource)
        assert who.get(f"/behaviours/{made.id}/history").status == status
        points = who.get(f"/customers/{customer}/points").status
        assert points == (200 if resource == "customer" else 404)


def test_who_captures_strange_things_is_refused_over_http(api, company):
    customer, other = company.customer().id, company.customer().id
    path = f"/customers/{customer}/behaviours"
    body = {"channel": "web", "what": "viewed pricing"}
    strange = api.post(path, body | {"contact_id": company.contact(other)})
    strange.refused(422, "contact.unknown", "/contact_id")
    api.post(path, body | {"channel": "fax"}).refused(422, "fields.invalid", "/channel")
    api.post(f"/customers/{sample_id(9)}/behaviours", body).refused(404, "not-found")


def test_the_last_twenty_are_those_that_happened_last_over_http(api, company):
    customer = company.customer().id
    days = [*range(2, 30, 2), *range(1, 30, 2)]  # as they come in: not in the order of time
    for day in days:
        made = behaviour(
            company, customer=customer, item=str(day), occurred_at=f"2025-03-{day:02}T09:00:00Z"
        )
    told = profile(api, customer, after=made)
    assert [each["item"] for each in told["latest"]] == [str(day) for day in range(29, 9, -1)]
    assert (told["total"], len(told["by_day"])) == (29, 29)
    assert (told["first_seen_on"], told["last_seen_on"]) == ("2025-03-01", "2025-03-29")
    # They were seen before we knew them: as of then, there was no such customer.
    then = {"as_of": "2025-03-02T12:00:00Z"}
    api.get(f"/customers/{customer}/behaviours", **then).refused(404, "not-found")


# --- Against a count by hand --------------------------------------------------------------------

SEEN = st.lists(
    st.tuples(
        st.sampled_from(["web", "app", "social"]),
        st.sampled_from(["viewed pricing", "searched"]),
        st.integers(1, 28),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=8, deadline=None)
@given(seen=SEEN)
def test_the_profile_counts_what_was_not_taken_back_over_http(seen, api, company):
    customer = company.customer()
    last, kept = customer, []
    for channel, what, day, taken_back in seen:
        told = {"channel": channel, "what": what, "occurred_at": f"2025-03-{day:02}T09:00:00Z"}
        last = behaviour(company, customer=customer.id, **told)
        if taken_back:
            last = company.do(f"/behaviours/{last.id}/retract", {"reason": "A robot"}, seen=1)
        else:
            kept.append((channel, what, f"2025-03-{day:02}"))
    told = profile(api, customer.id, after=last)
    assert told["total"] == len(kept)
    for name, place in (("by_channel", 0), ("by_what", 1), ("by_day", 2)):
        assert told[name] == dict(Counter(each[place] for each in kept))
    days = [day for _, _, day in kept]
    assert told["first_seen_on"] == min(days, default=None)
    assert told["last_seen_on"] == max(days, default=None)
