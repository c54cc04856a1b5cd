"""Scorecards over HTTP: by the rules in force or by others, and what if something had not been."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ids import MemberId
from tests.web.client import Answer, Api
from tests.web.stories_orders import ORDER, order, yuan
from tests.web.stories_reviews import MANAGERS, PERIOD, acting, policy
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]

SOLD = {"metric": "sales_amount", "weight": "60", "floor": "0", "target": "10000"}
COLLEAGUES = {"metric": "feedback_peer", "weight": "40", "floor": "1", "target": "5"}
RULES = {"terms": [SOLD, COLLEAGUES], "minimum_coverage": "50", "currency": "CNY"}
SALES = {"terms": [SOLD | {"weight": "100"}], "currency": "CNY"}
BEFORE, INSIDE = "2024-12-02T09:00:00Z", "2025-02-03T09:00:00Z"


@pytest.fixture
def department(company) -> str:
    """A department of the seller's own."""
    return company.department().id


@pytest.fixture
def seller(company, department) -> str:
    """A member who was there all the time."""
    return company.member(department_id=department, occurred_at=BEFORE).id


def key_of(running: Any, company: Any, member: str, role: str, **where: Any) -> Api:
    id_ = MemberId(UUID(member))
    grant(running.crm, enrolled(running.crm, id_), role, **where)
    company.api.get("/members", limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, role, id_).text)


def rated(company: Any, member: str, source: str, rating: str) -> Answer:
    giver = company.member().id
    body: dict[str, Any] = {"source": source, "rating": rating, "occurred_at": INSIDE}
    if source == "manager":
        (joined, *_) = company.api.get(f"/members/{member}/history").json["items"]
        body["evidence"] = [joined["id"]]
    return company.api.post(f"/members/{member}/feedback", body, headers=acting(giver)).went_well()


def sold(company: Any, owner: str, amount: str, customer: str | None = None) -> Answer:
    """An order that was placed and paid in the period, all of it somebody's credit."""
    told = ORDER | {
        "lines": [{"product": "Pallets", "quantity": "1", "unit_price": yuan(amount)}],
        "split": [{"member_id": owner, "percent": "100"}],
        "occurred_at": INSIDE,
    }
    pay = ("pay", {"amount": yuan(amount), "occurred_at": INSIDE})
    return order(company, pay, customer=customer, **told)


def asked(api: Api, member: str, after: Answer | None = None, **told: Any) -> Answer:
    body = {"member_id": member, **PERIOD} | told
    return api.post("/scorecards", body)


def test_the_policy_in_force_makes_it_official(company, seller):
    told = rated(company, seller, "manager", "4")
    shown = asked(company.api, seller, policy_id=policy(company)).went_well().json
    (figure,) = shown["card"]["figures"]
    assert (figure["value"], figure["score"]) == ("4.00", "75.00")
    assert figure["evidence"] == [{"position": told.position, "share": "1"}]
    assert shown["official"] is True
    assert shown["as_is"] is None
    assert (shown["card"]["total"], shown["card"]["coverage"]) == ("75.00", "100.00")


def test_rules_of_ones_own_are_a_what_if(company, seller):
    rated(company, seller, "manager", "4")
    rules = {"terms": [MANAGERS | {"floor": "3"}]}
    shown = asked(company.api, seller, rules=rules).went_well().json
    assert (shown["official"], shown["card"]["total"]) == (False, "50.00")
    assert shown["card"]["policy_id"] is None


def test_what_is_not_measured_is_left_to_the_others_or_withholds_the_total(company, seller):
    sold(company, seller, "6000.00")
    left = asked(company.api, seller, rules=RULES).went_well().json["card"]
    assert (left["total"], left["coverage"]) == ("60.00", "60.00")
    withheld = asked(company.api, seller, rules=RULES | {"missing": "withhold"}).json["card"]
    assert (withheld["total"], withheld["coverage"]) == (None, "60.00")
    whole = SALES | {"missing": "withhold"}
    assert asked(company.api, seller, rules=whole).json["card"]["total"] == "60.00"


def test_what_rules_credit_to_the_team_is_no_figure_of_a_person(company, seller, department):
    paid = sold(company, seller, "6000.00")
    rules = SALES | {"terms": [SALES["terms"][0] | {"credit": "team"}]}
    (theirs,) = asked(company.api, seller, rules=rules).went_well().json["card"]["figures"]
    assert (theirs["status"], theirs["value"], theirs["n"]) == ("no_data", None, 0)
    assert theirs["evidence"] == theirs["excluded"] == []
    team = {"member_id": None, "department_id": department}
    (all_,) = asked(company.api, seller, rules=rules, **team).went_well().json["card"]["figures"]
    assert (all_["value"], all_["score"]) == ("6000.00", "60.00")
    assert all_["evidence"] == [{"position": paid.position, "share": "1"}]


def test_a_fact_left_out_had_not_happened(company, seller, running):
    before = running.facts()
    paid = sold(company, seller, "6000.00")
    assert asked(company.api, seller, rules=SALES).json["card"]["total"] == "60.00"
    struck = asked(company.api, seller, rules=SALES, strike=[paid.position]).went_well().json
    assert (struck["card"]["total"], struck["struck"]) == ("0.00", [paid.position])
    assert struck["official"] is False
    (figure,) = asked(company.api, seller, rules=SALES).json["card"]["figures"]
    assert figure["evidence"] == [{"position": paid.position, "share": "1"}]
    assert running.facts() > before


def test_a_made_up_fact_counts_as_one_and_is_shown_as_made_up(company, seller, running):
    paid = sold(company, seller, "6000.00")
    fact = company.api.get(f"/audit/events/{paid.position}", after=paid).went_well().json
    before = running.facts()
    data = fact["data"] | {
        "payment_id": str(uuid4()),
        "amount": {"minor": 200000, "currency": "CNY"},
    }
    more = {"name": "order.paid", "stream_id": fact["stream"]["id"], "occurred_at": INSIDE}
    shown = asked(company.api, seller, rules=SALES, add=[more | {"data": data}]).went_well().json
    assert shown["card"]["total"] == "80.00"
    assert shown["added"] == [{"position": "-1", "name": "order.paid"}]
    assert [each["position"] for each in shown["card"]["figures"][0]["evidence"]] == [
        "-1",
        paid.position,
    ]
    assert running.facts() == before


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"strike": ["999999999999"]}, "/strike/0"),
        ({"add": [{"name": "order.paid", "data": {}}]}, "/add/0/data"),
        ({"add": [{"name": "customer.registered", "data": {}}]}, "/add/0/name"),
        ({"add": [{"name": "feedback.given", "data": {}}]}, "/add/0/name"),
        ({"version": 7, "rules": None, "policy": True}, "/version"),
        ({"rules": {"terms": [SOLD]}}, "/rules"),
        (
            {"rules": {"terms": [SOLD | {"metric": "luck", "weight": "100"}]}},
            "/rules/terms/0/metric",
        ),
    ],
)
def test_what_cannot_be_so_is_named(company, seller, told, pointer):
    body = {"rules": RULES} | told
    if body.pop("policy", False):
        body["policy_id"] = policy(company)
    for fact in body.get("add", ()):
        fact |= {"stream_id": str(uuid4()), "occurred_at": INSIDE}
    asked(company.api, seller, **body).refused(422, "fields.invalid", pointer)


def test_what_colleagues_said_cannot_be_found_out(company, seller, running):
    """Three spoke: whoever may not read feedback learns nothing, not by leaving one out either."""
    said = [rated(company, seller, "peer", rating) for rating in ("2", "4", "5")]
    sold(company, seller, "6000.00")
    own = key_of(running, company, seller, "sales")
    shown = asked(own, seller, rules=RULES).went_well().json
    peers = shown["card"]["figures"][1]
    assert (peers["status"], peers["value"], peers["n"], peers["evidence"]) == (
        "hidden", None, None, [],
    )  # fmt: skip
    assert shown["card"]["total"] == "60.00"
    everything = asked(company.api, seller, rules=RULES).json["card"]["figures"][1]
    assert (everything["status"], everything["n"]) == ("measured", 3)
    asked(own, seller, rules=RULES, strike=[said[0].position]).refused(
        422, "fields.invalid", "/strike/0"
    )


def test_ones_own_card_may_be_asked_for_and_nobody_elses(company, seller, running):
    own = key_of(running, company, seller, "sales")
    asked(own, seller, policy_id=policy(company)).went_well()
    asked(own, company.member().id, policy_id=policy(company)).refused(403, "access.refused")


def test_a_lead_asks_for_their_department(company, seller, department, running):
    lead = company.member(department_id=department).id
    key = key_of(running, company, lead, "team-lead", department_id=UUID(department))
    asked(key, seller, policy_id=policy(company)).went_well()
    whole = {"department_id": department, "rules": RULES, **PERIOD}
    shown = key.post("/scorecards", whole).went_well().json
    assert shown["card"]["department_id"] == department
    asked(key, company.member().id, policy_id=policy(company)).refused(403, "access.refused")


def test_beside_it_stands_what_present_owners_would_have(company, running):
    """An answer of a customer who was handed over since counts for who owned it then."""
    before, now = (company.member(occurred_at=BEFORE).id for _ in range(2))
    customer = company.customer()
    base = f"/customers/{customer.id}/ownership"
    claimed = company.api.post(
        f"{base}/claim", {"member_id": before, "occurred_at": "2025-01-02T09:00:00Z"}
    ).went_well()
    paid = sold(company, before, "6000.00", customer.id)
    company.api.post(
        f"{base}/transfer",
        {"to_id": now, "reason": "They moved", "occurred_at": "2025-05-02T09:00:00Z"},
        seen=claimed,
    ).went_well()
    for member, then, later in ((before, "60.00", "0.00"), (now, "0.00", "60.00")):
        shown = asked(company.api, member, rules=SALES, compare_as_is=True).went_well().json
        assert (shown["card"]["total"], shown["as_is"]["total"]) == (then, later)
    assert paid.position
