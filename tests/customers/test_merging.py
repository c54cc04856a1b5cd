"""Customers found to be the same: merged without loss, shown as one, and apart again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spec import HARBOUR, MONDAY, YUNHE, sample_id, spec

from domain.customers.customer import (
    Active,
    AddContact,
    ChangeCustomerDetails,
    ContactAdded,
    CustomerDetails,
    CustomerMerged,
    CustomerRegistered,
    CustomerRetracted,
    CustomerTiered,
    CustomerUnmerged,
    MergeCustomer,
    Merged,
    RegisterCustomer,
    RetractCustomer,
    TierCustomer,
    UnmergeCustomer,
)
from domain.customers.customer_rules import CUSTOMER
from domain.customers.interaction import Direction, InteractionLogged
from domain.ids import ContactId, CustomerId, InteractionId
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.values import ContactChannel, Tier
from projections.customers.customers import CUSTOMERS
from projections.customers.merging import composed, family
from web.commands.accounts import create_key, grant

pytest_plugins = ["tests.web.fixtures"]

DETAILS = CustomerDetails(name="Harbour Foods")
REGISTERED = CustomerRegistered(details=DETAILS, tier=Tier.NORMAL)
MERGE = MergeCustomer(id=HARBOUR, into_id=YUNHE)
UNMERGE = UnmergeCustomer(id=HARBOUR)
MERGED = CustomerMerged(into_id=YUNHE)
UNMERGED = CustomerUnmerged(from_id=YUNHE)
WHY = "Same tax id"

# --- Rules ------------------------------------------------------------------------------------


def test_a_customer_is_merged_into_another_and_is_not_active_any_more():
    story = spec(CUSTOMER).given(REGISTERED)
    merged = Merged(YUNHE, Active(DETAILS, Tier.NORMAL))
    story.when(MERGE, reason=WHY).then(MERGED).then_state(merged)
    assert story.active
    assert not story.given(MERGED).active


def test_undone_it_is_what_it_was():
    told = spec(CUSTOMER).given(REGISTERED, MERGED)
    told.when(UNMERGE, reason="Two branches").then(UNMERGED).then_state(
        Active(DETAILS, Tier.NORMAL)
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_both_need_a_reason(reason):
    refused = {"code": "customer.reason-missing", "field": "reason"}
    spec(CUSTOMER).given(REGISTERED).when(MERGE, reason=reason).then_rejected(**refused)
    merged = spec(CUSTOMER).given(REGISTERED, MERGED)
    merged.when(UNMERGE, reason=reason).then_rejected(**refused)


def test_not_into_itself():
    into_itself = MergeCustomer(id=HARBOUR, into_id=HARBOUR)
    spec(CUSTOMER).given(REGISTERED).when(into_itself, reason=WHY).then_rejected(
        "customer.into-itself", field="into_id"
    )


@pytest.mark.parametrize(
    "command",
    [
        MERGE,
        ChangeCustomerDetails(id=HARBOUR, details=CustomerDetails(name="Other")),
        TierCustomer(id=HARBOUR, tier=Tier.KEY),
        AddContact(id=HARBOUR, contact_id=ContactId(sample_id(1)), name="Maria"),
    ],
)
def test_a_merged_customer_is_not_changed(command):
    spec(CUSTOMER).given(REGISTERED, MERGED).when(command, reason=WHY).then_rejected(
        "customer.merged"
    )


def test_nor_registered_again():
    again = RegisterCustomer(id=HARBOUR, details=DETAILS)
    spec(CUSTOMER).given(REGISTERED, MERGED).when(again).then_rejected("customer.exists")


def test_what_was_never_merged_is_not_unmerged():
    spec(CUSTOMER).given(REGISTERED).when(UNMERGE, reason=WHY).then_rejected("customer.not-merged")
    spec(CUSTOMER).when(UNMERGE, reason=WHY).then_rejected("customer.unknown")
    spec(CUSTOMER).when(MERGE, reason=WHY).then_rejected("customer.unknown")


def test_a_merged_customer_may_have_been_a_mistake_altogether():
    told = spec(CUSTOMER).given(REGISTERED, MERGED).when(RetractCustomer(id=HARBOUR))
    told.then(CustomerRetracted())


# --- The picture: merged, more happens, unmerged ------------------------------------------------


THIRD = CustomerId(sample_id(0xC3))
THREE = (HARBOUR, YUNHE, THIRD)


class Log:
    """A log that grows, and the customers' documents at its end."""

    def __init__(self) -> None:
        self.facts: list[Recorded[Any]] = []
        self.versions: dict[UUID, int] = {}

    def add(self, stream: UUID, event: Any) -> None:
        number = len(self.facts) + 1
        self.versions[stream] = self.versions.get(stream, 0) + 1
        when = MONDAY + timedelta(minutes=number)
        fact = Recorded(
            stream_id=stream,
            version=self.versions[stream],
            event=event,
            envelope=Envelope(
                occurred_at=MONDAY, actor=Actor.system("test"), channel=Channel.API, reason=WHY
            ),
            position=number,
            recorded_at=when,
        )
        self.facts.append(fact)

    def documents(self, *, without: tuple[type[Any], ...] = ()) -> dict[UUID, Any]:
        told = [fact for fact in self.facts if not isinstance(fact.event, without)]
        concerned = CUSTOMERS.concerned(told)
        found = {key: CUSTOMERS.run(None, key, about) for key, about in concerned.items()}
        return {key: orjson.loads(orjson.dumps(document)) for key, document in found.items()}


happenings = st.lists(
    st.tuples(st.sampled_from(THREE), st.sampled_from(["contact", "tier", "call"])), max_size=8
)
MERGING = (CustomerMerged, CustomerUnmerged)


def happens(log: Log, told: list[tuple[CustomerId, str]], *, merged: bool) -> None:
    for customer, what in told:
        number = len(log.facts)
        if what == "call":  # one that was logged before may be imported late, whoever it is about
            log.add(
                InteractionId(sample_id(0x1000 + number)),
                InteractionLogged(
                    customer_id=customer,
                    channel=ContactChannel.PHONE,
                    direction=Direction.INBOUND,
                    summary="Asked",
                    contact_id=None,
                    about_request_id=None,
                ),
            )
        elif merged and customer == HARBOUR:
            continue  # the rules refuse it
        elif what == "tier":
            log.add(customer, CustomerTiered(previous=Tier.NORMAL, tier=Tier.KEY))
        else:
            made = ContactId(sample_id(0x2000 + number))
            log.add(
                customer,
                ContactAdded(contact_id=made, name="Ana", title=None, email=None, phone=None),
            )


def without_versions(documents: dict[UUID, Any]) -> dict[UUID, Any]:
    """Documents without what a merging itself counts up."""
    return {
        key: {name: value for name, value in document.items() if name != "version"}
        for key, document in documents.items()
    }


@given(happenings, happenings, happenings)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_merged_nothing_is_lost_and_unmerged_all_is_as_without_it(before, between, after):
    log = Log()
    for customer in THREE:
        log.add(customer, REGISTERED)
    happens(log, before, merged=False)
    log.add(HARBOUR, MERGED)
    happens(log, between, merged=True)

    documents = log.documents()
    apart = log.documents(without=MERGING)

    def look(keys):
        return {key: documents[key] for key in keys if key in documents}

    one = family(HARBOUR, look)
    assert (one.survivor, one.others) == (YUNHE, (HARBOUR,))
    assert family(YUNHE, look) == one
    assert family(THIRD, look).others == ()
    shown = composed(documents[YUNHE], one.merged)
    assert shown["totals"]["interactions"] == sum(
        apart[each]["totals"]["interactions"] for each in (HARBOUR, YUNHE)
    )
    assert {each["id"] for each in shown["contacts"]} == {
        each["id"] for key in (HARBOUR, YUNHE) for each in apart[key]["contacts"]
    }

    log.add(HARBOUR, UNMERGED)
    happens(log, after, merged=False)
    assert without_versions(log.documents()) == without_versions(log.documents(without=MERGING))


def test_of_customers_merged_one_into_the_next_the_last_stays():
    log = Log()
    for customer in THREE:
        log.add(customer, REGISTERED)
    log.add(HARBOUR, MERGED)
    log.add(YUNHE, CustomerMerged(into_id=THIRD))
    documents = log.documents()

    def look(keys):
        return {key: documents[key] for key in keys if key in documents}

    for customer in THREE:
        one = family(customer, look)
        assert (one.survivor, set(one.others)) == (THIRD, {HARBOUR, YUNHE})


def test_merged_in_both_directions_at_times_that_cross_it_still_ends():
    """As of a time between, told late: neither is merged into itself."""
    documents = {
        HARBOUR: {"id": str(HARBOUR), "merged_into": str(YUNHE), "merged_from": [str(YUNHE)]},
        YUNHE: {"id": str(YUNHE), "merged_into": str(HARBOUR), "merged_from": [str(HARBOUR)]},
    }

    def look(keys):
        return {key: documents[key] for key in keys}

    assert family(HARBOUR, look).others == (HARBOUR,)


# --- Over HTTP --------------------------------------------------------------------------------


@pytest.fixture
def pair(company) -> tuple[str, str]:
    """Two customers, each with a contact and a call; the second has an open request."""
    return _told(company, "Harbour Foods"), _told(company, "Harbour Foods Ltd")


def _told(company, name: str) -> str:
    customer: str = company.customer(name).id
    company.contact(customer)
    company.interaction(customer=customer)
    opened = company.request(customer_id=customer)
    for shown in ("", "/timeline"):
        company.api.get(f"/customers/{customer}{shown}", after=opened).went_well()
    return customer


def merge(company, gone: str, stays: str) -> Any:
    return company.do(f"/customers/{gone}/merge", {"into_id": stays, "reason": WHY}, seen=2)


def unmerge(company, gone: str) -> Any:
    return company.do(f"/customers/{gone}/unmerge", {"reason": "Two branches"}, seen=3)


def names(answer: Any) -> list[str]:
    return [fact["name"] for fact in answer.went_well().json["items"]]


def test_ids_of_merged_customers_keep_working(company, pair):
    gone, stays = pair
    api = company.api
    merged = merge(company, gone, stays)
    shown = api.get(f"/customers/{gone}", after=merged).went_well()
    told = shown.json
    assert told["id"] == stays
    assert shown.headers["Content-Location"].endswith(f"/customers/{stays}")
    assert shown.headers["ETag"] == '"2"'
    assert told["merged_from"] == [gone]
    assert told["totals"] == {"requests": 2, "interactions": 2}
    assert [each.get("customer_id") for each in told["contacts"]] == [None, gone]
    assert {each["customer_id"] for each in told["open_requests"]} == {gone, stays}
    assert api.get(f"/customers/{stays}").json == told
    assert api.get(f"/customers/{stays}").headers["Content-Location"] is None
    for id_ in (gone, stays):
        assert names(api.get(f"/customers/{id_}/timeline")).count("interaction.logged") == 2
        assert names(api.get(f"/customers/{id_}/timeline")).count("customer.merged") == 1
        paged = api.pages(f"/customers/{id_}/timeline", limit=2)
        found = [fact["id"] for page in paged for fact in page.json["items"]]
        assert len(found) == len(set(found)) == 9
        assert len(api.get("/requests", **{"filter[customer_id]": id_}, after=merged).ids) == 2
    assert names(api.get(f"/customers/{gone}/history"))[-1] == "customer.merged"


def test_lists_leave_merged_customers_out_unless_they_are_asked_for(company, pair):
    gone, stays = pair
    merged = merge(company, gone, stays)
    of = {"filter[name]": "Harbour Foods", "limit": 200}
    assert gone not in company.api.get("/customers", after=merged, **of).ids
    assert company.api.get("/customers", **{"filter[merged_into]": stays}).ids == [gone]
    undone = unmerge(company, gone)
    assert gone in company.api.get("/customers", after=undone, **of).ids


def test_as_of_before_they_were_apart_and_after_the_merging_was_undone_they_are(company, pair):
    gone, stays = pair
    api = company.api
    before = {id_: api.get(f"/customers/{id_}").json for id_ in pair}
    told = {id_: names(api.get(f"/customers/{id_}/timeline")) for id_ in pair}
    last = max(int(api.get(f"/customers/{id_}/timeline").json["items"][0]["id"]) for id_ in pair)
    merged = merge(company, gone, stays)
    company.interaction(customer=stays)
    for id_ in pair:
        then = api.get(f"/customers/{id_}", position=last, after=merged).went_well().json
        assert then == before[id_]
        assert names(api.get(f"/customers/{id_}/timeline", position=last)) == told[id_]
        of = {"filter[customer_id]": id_, "position": last}
        assert len(api.get("/requests", **of).ids) == 1
    at_once = {"position": merged.position}
    assert api.get(f"/customers/{gone}", **at_once).json["merged_from"] == [gone]
    assert len(api.get("/requests", **{"filter[customer_id]": gone}, **at_once).ids) == 2
    undone = unmerge(company, gone)
    api.get(f"/customers/{gone}/timeline", after=undone).went_well()
    now = {id_: api.get(f"/customers/{id_}", after=undone).json for id_ in pair}
    assert now[gone] | {"version": 2} == before[gone]
    assert now[stays]["totals"]["interactions"] == 2
    before[stays]["totals"]["interactions"] = 2
    before[stays]["last_contact_at"] = now[stays]["last_contact_at"]
    assert now[stays] == before[stays]
    assert api.get(f"/customers/{gone}", **at_once).json["id"] == stays


def test_nothing_new_is_recorded_of_a_merged_customer(company, pair):
    gone, stays = pair
    api = company.api
    merged = merge(company, gone, stays)
    said = {"channel": "phone", "direction": "inbound", "summary": "Asked"}
    api.post(f"/customers/{gone}/interactions", said).refused(409, "customer.not-active")
    wanted = {
        "customer_id": gone,
        "department_id": company.department().id,
        "kind": "support",
        "channel": "email",
        "title": "Where?",
    }
    api.post("/requests", wanted).refused(422, "customer.not-active", "/customer_id")
    other = {"details": {"region": "north"}}
    api.patch(f"/customers/{gone}", other, seen=merged).refused(409, "customer.merged")
    third = company.customer().id
    api.post(f"/customers/{third}/merge", {"into_id": gone, "reason": WHY}, seen=1).refused(
        422, "customer.not-active", "/into_id"
    )
    api.post(f"/customers/{stays}/merge", {"into_id": gone, "reason": WHY}, seen=2).refused(
        422, "customer.not-active", "/into_id"
    )
    api.post(f"/customers/{stays}/unmerge", {"reason": WHY}, seen=2).refused(
        409, "customer.not-merged"
    )


def who_may_see(running, customer: str) -> Any:
    key = create_key(running.crm, "team")
    grant(running.crm, key.account, "sales", customer_id=UUID(customer))
    return running.api.acting_as(key.text)


def test_who_may_see_the_one_that_stays_sees_both_and_nobody_else_does(running, company):
    gone, stays = _told(company, "Gone"), _told(company, "Stays")
    hers, ours = who_may_see(running, gone), who_may_see(running, stays)
    assert hers.get(f"/customers/{gone}").status == 200
    merged = merge(company, gone, stays)
    shown = ours.get(f"/customers/{gone}", after=merged).went_well().json
    assert shown["merged_from"] == [gone]
    assert [each["name"] for each in shown["contacts"]] == ["Maria Costa"] * 2
    facts = ours.get(f"/customers/{stays}/timeline", after=merged)
    assert names(facts).count("interaction.logged") == 2
    assert names(facts).count("customer.registered") == 2
    hers.get(f"/customers/{gone}").refused(404, "not-found")
    hers.get(f"/customers/{gone}/timeline").refused(404, "not-found")
    hers.post(f"/customers/{gone}/unmerge", {"reason": WHY}, seen=3).refused(403, "access.refused")
    both = {"into_id": stays, "reason": WHY}
    hers.post(f"/customers/{company.customer().id}/merge", both, seen=1).refused(404, "not-found")
