"""Requests about tiers, plans of service, segments and offers that go well."""

from collections.abc import Callable
from typing import Any

from domain.customers.service_plan import SERVICE_PLAN, service_plan_id
from domain.values import Tier
from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, changed, listed, pages, shown

RULES = {
    "criteria": [
        {
            "family": "cooperation",
            "measure": "interactions",
            "weight": 60,
            "bands": [{"at_least": 1, "points": 50}, {"at_least": 3, "points": 100}],
            "window_days": 365,
        },
        {
            "family": "potential",
            "measure": "employees",
            "weight": 40,
            "bands": [{"at_least": 100, "points": 100}],
        },
    ],
    "strategic_from": 70,
    "key_from": 30,
}
PROMISES = {
    "visits_per_year": 12,
    "review_meetings_per_year": 4,
    "response_note": "Within two hours",
    "owner_role": "account-manager",
}
EFFECTIVE = {"effective_from": "2026-01-01"}
KEY_PLAN = service_plan_id(Tier.KEY)


def drafted(company: Company, **told: Any) -> Answer:
    """Draft a tier policy."""
    usual = {"name": company.word("policy"), "rules": RULES}
    return company.api.post("/tier-policies", usual | told).went_well()


def published(company: Company, **told: Any) -> Answer:
    """Publish a tier policy."""
    made = drafted(company, **told)
    return company.do(f"/tier-policies/{made.id}/publish", EFFECTIVE, seen=made)


def named(company: Company, make: Callable[..., Answer]) -> str:
    """Make a policy and return its name."""
    name = company.word("policy")
    make(company, name=name)
    return name


def planned(company: Company) -> Answer:
    """Say what key customers are promised."""
    body = {"tier": "key", "promises": PROMISES | {"response_note": company.word("Within hours")}}
    return company.do("/service-plans", body, headers={"If-Match": "*"})


def segment(company: Company, **told: Any) -> Answer:
    """Define a segment: strategic customers, unless told otherwise."""
    usual = {"name": company.word("segment"), "criteria": {"tiers": ["strategic"]}}
    if "department_id" not in told:
        told["department_id"] = company.department().id
    return company.api.post("/segments", usual | told).went_well()


def offer(company: Company, customer: str | None = None, **told: Any) -> Answer:
    """Make an offer, to a new customer unless one is given."""
    usual = {"title": "Spring", "text": "Ten pallets for nine", "valid_until": "2999-12-31"}
    if "department_id" not in told:
        told["department_id"] = company.department().id
    path = f"/customers/{customer or company.customer().id}/offers"
    return company.api.post(path, usual | told).went_well()


def _plan(company: Company) -> tuple[Any, ...]:
    def version() -> int:
        return company.crm.load(SERVICE_PLAN, KEY_PLAN).version

    body = {"tier": "key", "promises": PROMISES | {"response_note": company.word("In hours")}}
    return "/service-plans", body, version


def _define(company: Company) -> tuple[Any, ...]:
    criteria = {
        "tiers": ["key", "strategic"],
        "regions": ["north"],
        "industries": ["food"],
        "phases": ["growing"],
        "owner_ids": [company.member().id],
        "contact_age_from": 30,
        "contact_age_to": 365,
    }
    body = {"name": "Quiet ones", "department_id": company.department().id, "criteria": criteria}
    return "/segments", body


def _offer(company: Company) -> tuple[Any, ...]:
    department = company.department().id
    return f"/customers/{company.customer().id}/offers", {
        "department_id": department,
        "segment_id": segment(company, department_id=department).id,
        "title": "Spring",
        "text": "Ten pallets for nine",
        "valid_until": "2999-12-31",
        "price": {"amount": "6451.50", "currency": "CNY"},
    }


STORIES: dict[str, Story] = {
    **pages("/tier-policies", published),
    "POST /tier-policies": lambda c: (
        "/tier-policies",
        {"name": c.word("policy"), "rules": RULES, "labels": "high|mid|low", "review_months": 6},
    ),
    "POST /tier-policies/{id_}/redraft": changed(
        "/tier-policies/{}/redraft", published, {"rules": RULES, "review_months": 6}
    ),
    "POST /tier-policies/{id_}/publish": changed("/tier-policies/{}/publish", drafted, EFFECTIVE),
    **pages("/service-plans", planned),
    "POST /service-plans": _plan,
    "GET /tiers/board": listed("/tiers/board", Company.customer),
    "GET /reports/tiering": lambda c: (f"/reports/tiering?policy={named(c, published)}",),
    "GET /reports/tiering/what-if": lambda c: (
        f"/reports/tiering/what-if?policy={named(c, drafted)}",
    ),
    **pages("/segments", segment),
    "POST /segments": _define,
    "POST /segments/{id_}/change": changed(
        "/segments/{}/change", segment, {"name": "The quiet", "criteria": {"regions": ["south"]}}
    ),
    "POST /segments/{id_}/retire": changed("/segments/{}/retire", segment, {}),
    "GET /segments/{id_}/customers": shown("/segments/{}/customers", segment),
    **pages("/offers", offer),
    "POST /customers/{id_}/offers": _offer,
    "POST /offers/{id_}/accept": changed("/offers/{}/accept", offer, {}),
    "POST /offers/{id_}/decline": changed("/offers/{}/decline", offer, {"reason": "Too dear"}),
    "POST /offers/{id_}/withdraw": changed("/offers/{}/withdraw", offer, {"reason": "Sold out"}),
}
