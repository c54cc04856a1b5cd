"""A need: recorded, changed, met or dropped; and the map that shows them all."""

import pytest
from spec import HARBOUR, sample_id, spec

from domain.customers.need import (
    NEED,
    Absent,
    ChangeNeed,
    DropNeed,
    Dropped,
    MeetNeed,
    Met,
    NeedChanged,
    NeedDropped,
    NeedMet,
    NeedRecorded,
    Open,
    RecordNeed,
    Urgency,
)
from domain.ids import InteractionId, NeedId
from domain.kernel import Reference, references
from tests.web.stories_relations import NEED as TOLD
from tests.web.stories_relations import need

ID = NeedId(sample_id(0x4E))
CALL = InteractionId(sample_id(0x14))

RECORD = RecordNeed(
    id=ID,
    customer_id=HARBOUR,
    what="Cooling for the night shift",
    latent=True,
    product="Line 7",
    urgency=Urgency.LOW,
    found_in_id=CALL,
)
CHANGE = ChangeNeed(id=ID, what="Cooling", latent=False, product="Line 7", urgency=Urgency.HIGH)
MEET = MeetNeed(id=ID, how="Sold them Line 7")
DROP = DropNeed(id=ID)

RECORDED = NeedRecorded(
    customer_id=HARBOUR,
    what="Cooling for the night shift",
    latent=True,
    product="Line 7",
    urgency=Urgency.LOW,
    found_in_id=CALL,
)
CHANGED = NeedChanged(
    customer_id=HARBOUR, what="Cooling", latent=False, product="Line 7", urgency=Urgency.HIGH
)
MET = NeedMet(customer_id=HARBOUR, how="Sold them Line 7")
DROPPED = NeedDropped(customer_id=HARBOUR)

# --- Rules ------------------------------------------------------------------------------------


def test_a_need_is_recorded():
    (
        spec(NEED)
        .when(RECORD)
        .then(RECORDED)
        .then_state(Open(HARBOUR, "Cooling for the night shift", True, "Line 7", Urgency.LOW))
    )


def test_it_may_be_said_aloud_for_no_product_at_no_time():
    (
        spec(NEED)
        .when(RecordNeed(id=ID, customer_id=HARBOUR, what="Cheaper"))
        .then(
            NeedRecorded(
                customer_id=HARBOUR,
                what="Cheaper",
                latent=False,
                product=None,
                urgency=None,
                found_in_id=None,
            )
        )
    )


@pytest.mark.parametrize("history", [(RECORDED,), (RECORDED, MET), (RECORDED, DROPPED)])
def test_no_need_is_recorded_twice(history):
    spec(NEED).given(*history).when(RECORD).then_rejected("need.exists")


def test_only_of_a_customer_we_serve_and_found_in_what_was_not_taken_back():
    assert references(RecordNeed)[1:] == (
        Reference("customer_id", "customer", must_be_active=True),
        Reference("found_in_id", "interaction", must_be_active=True),
    )


def test_a_latent_need_is_said_aloud():
    (
        spec(NEED)
        .given(RECORDED)
        .when(CHANGE)
        .then(CHANGED)
        .then_state(Open(HARBOUR, "Cooling", False, "Line 7", Urgency.HIGH))
    )


def test_what_is_as_it_was_is_no_change():
    spec(NEED).given(RECORDED, CHANGED).when(CHANGE).then_nothing()


def test_a_need_is_met():
    spec(NEED).given(RECORDED).when(MEET).then(MET).then_state(Met(HARBOUR))


def test_a_need_is_dropped_with_a_reason():
    told = spec(NEED).given(RECORDED, CHANGED)
    told.when(DROP, reason="They closed the night shift").then(DROPPED).then_state(Dropped(HARBOUR))


@pytest.mark.parametrize("reason", [None, ""])
def test_and_not_without(reason):
    spec(NEED).given(RECORDED).when(DROP, reason=reason).then_rejected(
        "need.reason-missing", field="reason"
    )


@pytest.mark.parametrize("command", [CHANGE, MEET, DROP])
@pytest.mark.parametrize(
    ("history", "code"),
    [((), "need.unknown"), ((RECORDED, MET), "need.met"), ((RECORDED, DROPPED), "need.dropped")],
)
def test_only_an_open_need_is_changed_met_or_dropped(history, code, command):
    spec(NEED).given(*history).when(command, reason="So").then_rejected(code)


def test_only_an_open_need_asks_for_an_offer():
    assert spec(NEED).given(RECORDED, CHANGED).active
    assert not any(
        spec(NEED).given(*history).active for history in ((), (RECORDED, MET), (RECORDED, DROPPED))
    )
    assert spec(NEED).state == Absent()


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_need_over_http(api, company):
    customer = company.customer().id
    call = company.interaction(customer=customer).id
    body = TOLD | {"latent": True, "found_in_id": call}
    made = api.post(f"/customers/{customer}/needs", body).went_well()
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/needs/{made.id}")
    shown = api.get(f"/needs/{made.id}", after=made).went_well()
    assert shown.headers["ETag"] == '"1"'
    recorded_at = shown.json["recorded_at"]
    assert shown.json == {
        "id": made.id,
        "version": 1,
        "customer_id": customer,
        "what": "A second pallet line",
        "latent": "yes",
        "product": "Line 7",
        "urgency": "high",
        "found_in_id": call,
        "status": "open",
        "how": None,
        "recorded_at": recorded_at,
        "ended_at": None,
    }
    said = {"what": "A pallet line", "latent": False}
    changed = api.post(f"/needs/{made.id}/change", said, seen=made).went_well()
    now = api.get(f"/needs/{made.id}", after=changed).json
    told = {"what": "A pallet line", "latent": "no", "product": None, "urgency": None}
    assert now == shown.json | told | {"version": 2}
    api.post(f"/needs/{made.id}/meet", {}, seen=made).refused(412, "version.stale")

    met = api.post(f"/needs/{made.id}/meet", {"how": "Sold them one"}, seen=changed).went_well()
    now = api.get(f"/needs/{made.id}", after=met).json
    assert (now["status"], now["how"]) == ("met", "Sold them one")
    assert now["ended_at"] is not None
    assert api.get(f"/needs/{made.id}", at_version=1).json == shown.json
    again = api.post(f"/needs/{made.id}/drop", {"reason": "x"}, seen=met)
    again.refused(409, "need.met")
    names = [each["name"] for each in api.get(f"/customers/{customer}/timeline").json["items"]]
    assert names[:3] == ["need.met", "need.changed", "need.recorded"]


def test_the_needs_map_over_http(api, company):
    customer, other = company.customer().id, company.customer().id
    product = company.word("product")
    said = need(company, customer=customer, product=product, urgency="low")
    latent = need(company, customer=customer, product=product, latent=True)
    dropped = need(company, customer=customer)
    company.do(f"/needs/{dropped.id}/drop", {"reason": "Too dear"}, seen=dropped)
    last = need(company, customer=other, product=product)

    def found(**filters):
        asked = {f"filter[{name}]": value for name, value in filters.items()}
        return set(api.get("/needs", after=last, **asked).went_well().ids)

    assert found(customer_id=customer) == {said.id, latent.id, dropped.id}
    assert found(product=product) == {said.id, latent.id, last.id}
    assert found(product=product, latent="yes") == {latent.id}
    assert found(product=product, latent="no") == {said.id, last.id}
    assert found(product=product, urgency="low") == {said.id}
    assert found(customer_id=customer, status="open") == {said.id, latent.id}
    assert found(customer_id=customer, status="dropped") == {dropped.id}
    api.get("/needs", **{"filter[latent]": "true"}).refused(422, "fields.invalid", "filter[latent]")


def test_what_cannot_be_a_need_over_http(api, company):
    customer = company.customer().id
    path = f"/customers/{customer}/needs"
    nobody = api.post(f"/customers/{sample_id(9)}/needs", TOLD)
    nobody.refused(404, "not-found")
    nowhere = api.post(path, TOLD | {"found_in_id": str(sample_id(9))})
    nowhere.refused(422, "interaction.unknown", "/found_in_id")
    call = company.interaction(customer=customer)
    company.do(f"/interactions/{call.id}/retract", {"reason": "Not theirs"}, seen=call)
    taken_back = api.post(path, TOLD | {"found_in_id": call.id})
    taken_back.refused(422, "interaction.not-active", "/found_in_id")

    made = api.post(path, TOLD | {"occurred_at": "2025-03-05T09:00:00Z"}).went_well()
    early = {"occurred_at": "2025-03-03T09:00:00Z"}
    before = api.post(f"/needs/{made.id}/meet", early, seen=made)
    before.refused(409, "fact.before-its-beginning", "/occurred_at")
    api.get(f"/needs/{made.id}", after=made, as_of=early["occurred_at"]).refused(404, "not-found")
