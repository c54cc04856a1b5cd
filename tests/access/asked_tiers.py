"""Tiers, plans of service, segments and offers: what each operation is about, and what it needs."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, WHY, Asked, How, changes, company, lists, of, reads
from tests.web.stories_tiers import EFFECTIVE, PROMISES, RULES, offer, planned, published, segment

POLICY, CAMPAIGN = Resource.POLICY, Resource.CAMPAIGN
PLAN = {"tier": "key", "promises": PROMISES}

ASKED_TIERS: dict[str, Asked] = {
    # Tiers
    "GET /tier-policies": lists(POLICY),
    "POST /tier-policies": Asked(
        How.FOUND,
        POLICY,
        "c",
        lambda _: {"name": f"matrix-policy-{next(NUMBERS)}", "rules": RULES},
    ),
    "GET /tier-policies/{id_}": reads(POLICY),
    "POST /tier-policies/{id_}/redraft": changes(POLICY, rules=RULES),
    "POST /tier-policies/{id_}/publish": changes(POLICY, **EFFECTIVE),
    **of(POLICY, "tier-policies"),
    "GET /service-plans": lists(POLICY),
    "POST /service-plans": company("c", lambda _: PLAN, resource=POLICY),
    "GET /service-plans/{id_}": reads(POLICY),
    **of(POLICY, "service-plans"),
    "GET /tiers/board": Asked(How.LIST, Resource.CUSTOMER),
    "GET /reports/tiering": Asked(
        How.EVERYWHERE, Resource.REPORT, query={"policy": "matrix-tiers"}
    ),
    "GET /reports/tiering/what-if": Asked(
        How.EVERYWHERE, Resource.REPORT, query={"policy": "matrix-tiers"}
    ),
    # Segments and offers
    "GET /segments": lists(CAMPAIGN),
    "POST /segments": Asked(
        How.JOIN,
        CAMPAIGN,
        "c",
        lambda side: {
            "name": "New",
            "department_id": side.department,
            "criteria": {"tiers": ["key"]},
        },
    ),
    "GET /segments/{id_}": reads(CAMPAIGN),
    "POST /segments/{id_}/change": changes(CAMPAIGN, name="Other", criteria={"tiers": ["key"]}),
    "POST /segments/{id_}/retire": changes(CAMPAIGN),
    "GET /segments/{id_}/customers": reads(CAMPAIGN),
    **of(CAMPAIGN, "segments"),
    "GET /offers": lists(CAMPAIGN),
    "POST /customers/{id_}/offers": Asked(
        How.OFFER,
        CAMPAIGN,
        "c",
        lambda side: {"title": "Spring", "text": "Ten", "department_id": side.department},
    ),
    "GET /offers/{id_}": reads(CAMPAIGN),
    "POST /offers/{id_}/accept": changes(CAMPAIGN),
    "POST /offers/{id_}/decline": changes(CAMPAIGN, **WHY),
    "POST /offers/{id_}/withdraw": changes(CAMPAIGN, **WHY),
    **of(CAMPAIGN, "offers"),
}


def _policy(told: Any, *_: str) -> str:
    """A policy of each side; one that both sides' reports name is made with the first."""
    if told.api.get("/tier-policies", **{"filter[name]": "matrix-tiers"}).ids == []:
        both = published(told, name="matrix-tiers")
        last = told.do(f"/tier-policies/{both.id}/redraft", {"rules": RULES}, seen=both)
        told.api.get("/tier-policies", after=last).went_well()
    return shown(told, "tier-policies", published(told))


def shown(told: Any, path: str, made: Any) -> str:
    """Wait until what was made is shown, and return its id."""
    told.api.get(f"/{path}/{made.id}", after=made).went_well()
    return str(made.id)


MADE_TIERS: dict[str, Callable[[Any, str, str, str], str]] = {
    "tier-policies": _policy,
    "service-plans": lambda told, *_: shown(told, "service-plans", planned(told)),
    "segments": lambda told, _customer, _owner, department: shown(
        told, "segments", segment(told, department_id=department)
    ),
    "offers": lambda told, customer, _owner, department: shown(
        told, "offers", offer(told, customer, department_id=department)
    ),
}
