"""Corrections over HTTP: the fact as it was recorded, what it should have said, and who sees it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ids import FeedbackId, MemberId
from domain.kernel import Actor, Channel, Envelope
from domain.reviews.feedback import GiveFeedback, Source
from tests.web.client import Answer, Api
from tests.web.company import Company
from tests.web.stories_corrections import WHY, correct, correction
from tests.web.stories_orders import order, yuan
from tests.web.stories_relations import somebody
from tests.web.stories_standards import promised
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

PERIOD = {"from": "2025-03-01", "to": "2025-04-01"}
PAID = ("pay", {"amount": yuan("100.25"), "occurred_at": "2025-03-10T09:00:00Z"})
MORE = {"set": {"amount": yuan("200.25")}}


@dataclass(frozen=True)
class Sale:
    """A customer of somebody's, an order, and the payment that is corrected."""

    customer: str
    owner: str
    order: str
    payment: Answer

    @property
    def fact(self) -> str:
        return f"/audit/events/{self.payment.position}"


@pytest.fixture
def sale(company: Company) -> Sale:
    customer, owner = company.owned()
    split = [{"member_id": owner, "percent": "100"}]
    placed = order(company, customer=customer, split=split, occurred_at="2025-03-09T09:00:00Z")
    paid = company.do(f"/orders/{placed.id}/pay", PAID[1], headers={"If-Match": "*"})
    return Sale(customer, owner, placed.id, paid)


def of_company(company: Company, running: Any, role: str) -> Api:
    """A member who has a role everywhere."""
    member = MemberId(UUID(company.member().id))
    grant(running.crm, enrolled(running.crm, member), role)
    return company.api.acting_as(create_key(running.crm, role, member).text)


def credited(api: Api, sale: Sale, **moment: Any) -> str | None:
    report = api.get("/reports/credit", **PERIOD, **moment).went_well().json
    members = {
        name: part for each in report["currencies"] for name, part in each["members"].items()
    }
    return members.get(sale.owner)


# --- What it leads to -----------------------------------------------------------------------------


def test_the_fact_stays_and_shows_what_it_should_have_said(company, api, sale):
    before = api.get(sale.fact).went_well().json
    made = correct(company, sale.payment, MORE | {"at": "2025-03-11T09:00:00+08:00"})
    assert (made.status, made.version) == (201, 1)
    after = api.get(sale.fact, after=made).went_well().json
    (told,) = after.pop("corrections")
    assert before.pop("corrections") == []
    assert after == before
    assert after["data"]["amount"] == {"minor": 10025, "currency": "CNY"}
    assert (told["id"], told["name"], told["reason"]) == (
        made.position, "correction.made", WHY["reason"],
    )  # fmt: skip
    assert told["data"]["changes"] == [
        {"field": "amount", "value": '{"minor":20025,"currency":"CNY"}'}
    ]
    assert told["data"]["corrected_at"] == "2025-03-11T01:00:00Z"
    assert told["actor"]["kind"] == "service"


def test_reports_take_it_from_then_on(company, api, sale):
    made = correct(company, sale.payment, MORE)
    assert credited(api, sale, after=made) == "200.25"
    assert credited(api, sale, position=sale.payment.position) == "100.25"
    api.post(f"/corrections/{made.id}/withdraw", WHY, seen=made).went_well()
    assert credited(api, sale) == "100.25"
    assert credited(api, sale, position=made.position) == "200.25"


def test_it_stands_on_the_timelines_of_all_it_is_about(company, api, sale):
    made = correct(company, sale.payment, MORE)
    for path in (
        f"/customers/{sale.customer}", f"/orders/{sale.order}", f"/corrections/{made.id}",
    ):  # fmt: skip
        page = api.get(f"{path}/timeline", after=made, headers={"Accept-Language": "zh"})
        (found,) = (each for each in page.json["items"] if each["id"] == made.position)
        assert found["label"] == "更正已记录的事实"
    shown = api.get(f"/orders/{sale.order}").went_well().json
    assert shown["paid"] == yuan("100.25"), "What is kept live shows what was recorded."


def test_it_is_shown_and_listed(company, api, sale):
    made = correct(company, sale.payment, MORE | {"by_id": sale.owner})
    assert made.headers["Location"] == f"/api/v1/corrections/{made.id}"
    shown = api.get(f"/corrections/{made.id}", after=made).went_well().json
    assert shown["changes"] == [{"field": "amount", "value": {"minor": 20025, "currency": "CNY"}}]
    assert (shown["target"], shown["target_name"], shown["by_id"], shown["status"]) == (
        sale.payment.position, "order.paid", sale.owner, "standing",
    )  # fmt: skip
    asked = {"filter[target]": sale.payment.position, "filter[target_name]": "order.paid"}
    assert api.get("/corrections", **asked).ids == [made.id]
    gone = api.post(f"/corrections/{made.id}/withdraw", {"reason": "It was right"}, seen=made)
    withdrawn = api.get("/corrections", **asked, **{"filter[status]": "withdrawn"}, after=gone)
    (item,) = withdrawn.went_well().json["items"]
    assert (item["id"], item["withdrawn_because"]) == (made.id, "It was right")
    earlier = api.get(f"/corrections/{made.id}", at_version=1).went_well().json
    assert (earlier["status"], earlier["withdrawn_because"]) == ("standing", None)


def test_correcting_once_more_names_the_version_it_replaces(company, api, sale):
    made = correct(company, sale.payment, MORE)
    again = f"{sale.fact}/corrections"
    assert api.post(again, MORE | WHY).refused(409, "correction.exists")
    other = {"set": {"method": "cash"}} | WHY
    path = f"/corrections/{made.id}/replace"
    api.post(path, other).refused(428, "version.missing", "If-Match")
    api.post(path, other, seen=7).refused(412, "version.stale")
    replaced = api.post(path, other, seen=made).went_well()
    assert (replaced.status, replaced.version) == (200, 2)
    assert credited(api, sale, after=replaced) == "100.25", "It replaces the former one whole."
    assert len(api.get(sale.fact, after=replaced).json["corrections"]) == 2


def test_what_was_withdrawn_is_corrected_again(company, api, sale):
    made = correct(company, sale.payment, MORE)
    gone = api.post(f"/corrections/{made.id}/withdraw", WHY, seen=made).went_well()
    api.post(f"/corrections/{made.id}/withdraw", WHY, seen=gone).refused(
        409, "correction.withdrawn"
    )
    back = api.post(f"/corrections/{made.id}/replace", MORE | WHY, seen=gone).went_well()
    assert credited(api, sale, after=back) == "200.25"


def test_a_retry_is_safe(company, api, sale):
    key = {"Idempotency-Key": str(uuid4())}
    path = f"{sale.fact}/corrections"
    first, second = (api.post(path, MORE | WHY, headers=key).went_well() for _ in range(2))
    assert (first.json, first.status) == (second.json, second.status)
    assert first.headers["Location"] == second.headers["Location"]


def test_clocks_of_a_request_run_as_corrected(company, api):
    """Four hours were promised for the first answer; it came after five, or rather after one."""
    request = promised(company, occurred_at="2025-03-10T09:00:00Z")
    reply = {"kind": "public", "text": "Soon", "occurred_at": "2025-03-10T14:00:00Z"}
    replied = company.do(f"/requests/{request.id}/reply", reply, seen=request)
    made = correct(company, replied, {"at": "2025-03-10T10:00:00Z"})

    def met(**moment: Any) -> bool:
        told = api.get(f"/requests/{request.id}/clocks", **moment).went_well().json["clocks"]
        return next(each["met"] for each in told if each["clock"] == "first-response")

    assert met(after=made) is True
    assert met(position=replied.position) is False


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"set": {"amount": "12"}}, "correction.value", "/set/amount"),
        ({"set": {"amount": yuan("-1")}}, "correction.value", "/set/amount"),
        ({"set": {"amount": 10**300}}, "correction.value", "/set/amount"),
        ({"set": {"total": 1}}, "correction.field-unknown", "/set/total"),
        ({"set": {"customer_id": str(uuid4())}}, "correction.identity", "/set/customer_id"),
        ({"set": {"payment_id": str(uuid4())}}, "correction.identity", "/set/payment_id"),
        ({"set": {"amount": yuan("100.25")}}, "correction.nothing-changed", "/set"),
        ({"set": {}}, "correction.nothing-changed", "/set"),
        ({}, "correction.nothing-changed", "/set"),
        ({"by_id": str(uuid4())}, "correction.value", "/by_id"),
        (
            {"at": "2025-03-12T09:00:00Z", "occurred_at": "2025-03-11T09:00:00Z"},
            "correction.in-future",
            "/at",
        ),
    ],
)
def test_what_it_cannot_say(api, sale, body, code, pointer):
    api.post(f"{sale.fact}/corrections", body | WHY).refused(409, code, pointer)


def test_it_says_why(api, sale):
    answer = api.post(f"{sale.fact}/corrections", MORE)
    answer.refused(409, "correction.reason-missing", "/reason")


@pytest.mark.parametrize("position", ["0", "1", "9223372036854775807", "99999999999999999999"])
def test_what_is_not_there_is_not_corrected(api, position):
    answer = api.post(f"/audit/events/{position}/corrections", MORE | WHY)
    answer.refused(404, "not-found")


def test_a_correction_is_not_corrected(company, api):
    made = correction(company)
    answer = api.post(f"/audit/events/{made.position}/corrections", MORE | WHY)
    answer.refused(409, "correction.not-correctable")


def test_personal_data_is_changed_at_the_person(company, api):
    joined = company.member()
    answer = api.post(f"/audit/events/{joined.position}/corrections", {"set": {"name": "Bo"}} | WHY)
    answer.refused(409, "correction.personal", "/set/name")


# --- Who sees it ----------------------------------------------------------------------------------


def test_who_sees_the_fact_sees_its_correction_and_of_amounts_what_they_are_shown(company, sale):
    made = correct(company, sale.payment, MORE)
    path = f"/customers/{sale.customer}/timeline"
    company.api.get(path, after=made).went_well()
    for role, shown in (("sales", True), ("logistics", False)):
        who = somebody(company, role, sale.customer)
        page = who.get(path, after=made).went_well().json["items"]
        (found,) = (each for each in page if each["id"] == made.position)
        assert (found["data"]["changes"] is not None) == shown
        assert ("changes" in found.get("masked", [])) != shown
    page = somebody(company, "marketing", sale.customer).get(path).went_well().json["items"]
    assert made.position not in [each["id"] for each in page], "It sees no orders."


def test_whoever_leads_a_department_corrects_nothing_and_lists_nothing(company, running, sale):
    made = correct(company, sale.payment, MORE)
    owner = company.api.get(f"/members/{sale.owner}", after=made).json
    member = MemberId(UUID(company.member(department_id=owner["department_id"]).id))
    grant(
        running.crm,
        enrolled(running.crm, member),
        "team-lead",
        department_id=UUID(owner["department_id"]),
    )
    lead = company.api.acting_as(create_key(running.crm, "lead", member).text)
    lead.post(f"{sale.fact}/corrections", MORE | WHY).refused(403, "access.refused")
    assert lead.get("/corrections").went_well().ids == []
    lead.get(f"/corrections/{made.id}").refused(404, "not-found")
    told = lead.get(sale.fact, after=made).went_well().json["corrections"]
    assert [each["id"] for each in told] == [made.position]


def test_what_was_said_of_somebodys_work_is_corrected_only_by_who_may_read_it(company, running):
    about, giver = (MemberId(UUID(company.member().id)) for _ in range(2))
    give = GiveFeedback(
        id=FeedbackId(uuid4()), about_id=about, source=Source.PEER, rating=Decimal(2)
    )
    around = Envelope(
        occurred_at=running.crm.facts.at([running.crm.facts.head()])[0].recorded_at,
        actor=Actor.member(giver),
        channel=Channel.API,
    )
    given = running.crm.handle(give, around)
    path = f"/audit/events/{given.position}/corrections"
    body = {"set": {"rating": "4"}} | WHY
    lead = of_company(company, running, "team-lead")
    auditor = of_company(company, running, "auditor")
    lead.post(path, body).refused(404, "not-found")
    auditor.post(path, body).refused(403, "access.refused")
    made = company.api.post(path, body).went_well()
    lead.get(f"/corrections/{made.id}/timeline", after=made).refused(404, "not-found")
    lead.post(f"/corrections/{made.id}/withdraw", WHY, seen=made).refused(404, "not-found")
    hidden = lead.get(f"/corrections/{made.id}", after=made).went_well().json
    assert (hidden["changes"], hidden["review_changes"]) == ([], None)
    assert hidden["masked"] == ["review"]
    shown = auditor.get(f"/corrections/{made.id}", after=made).went_well().json
    assert shown["review_changes"] == [{"field": "rating", "value": "4"}]
    timeline = lead.get(f"/members/{about}/timeline", after=made).went_well().json["items"]
    assert made.position not in [each["id"] for each in timeline]
