"""Requests about campaigns, markets and competitors that go well."""

from collections.abc import Callable
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]
PLAN = {
    "name": "Spring fair",
    "channel": "event",
    "starts_on": "2026-03-01",
    "ends_on": "2026-03-03",
    "aim": "Be known in the harbour",
    "budget": {"amount": "6451.50", "currency": "CNY"},
}
COST = {"amount": {"amount": "1200.00", "currency": "CNY"}, "what": "The stand"}
YEAR = {"starts_on": "2025-01-01", "ends_on": "2025-12-31"}
SIZE = YEAR | {"size": {"amount": "900000000", "currency": "CNY"}, "source": "Harbour bureau"}


def planned(company: Company) -> Answer:
    told = PLAN | {"department_id": company.department().id}
    return company.api.post("/campaigns", told).went_well()


def market(company: Company) -> Answer:
    told = {"name": company.word("Market"), "department_id": company.department().id}
    return company.api.post("/markets", told).went_well()


def competitor(company: Company) -> Answer:
    told = {"name": company.word("Rival"), "department_id": company.department().id}
    return company.api.post("/competitors", told).went_well()


def _step(path: str, make: Callable[[Company], Answer], body: Any) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        told = body(company) if callable(body) else body
        return path.format(make(company).id), told, 1

    return tell


def _read(path: str, make: Callable[[Company], Answer]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), made

    return tell


def _withdraw(company: Company) -> tuple[Any, ...]:
    made = market(company)
    company.do(f"/markets/{made.id}/size", SIZE, seen=1)
    return f"/markets/{made.id}/withdraw-size", YEAR | {"reason": "Counted twice"}, 2


CAMPAIGNS: dict[str, Story] = {
    "GET /campaigns": _read("/campaigns", planned),
    "POST /campaigns": lambda c: ("/campaigns", PLAN | {"department_id": c.department().id}),
    "GET /campaigns/{id_}": _read("/campaigns/{}", planned),
    "PUT /campaigns/{id_}": _step("/campaigns/{}", planned, PLAN | {"name": "Summer fair"}),
    "POST /campaigns/{id_}/cost": _step("/campaigns/{}/cost", planned, COST),
    "POST /campaigns/{id_}/answer": _step(
        "/campaigns/{}/answer",
        planned,
        lambda c: {"answer": "enquired", "customer_id": c.customer().id},
    ),
    "POST /campaigns/{id_}/end": _step("/campaigns/{}/end", planned, {}),
    "POST /campaigns/{id_}/retract": _step(
        "/campaigns/{}/retract", planned, {"reason": "Entered twice"}
    ),
    "GET /campaigns/{id_}/timeline": _read("/campaigns/{}/timeline", planned),
    "GET /campaigns/{id_}/history": _read("/campaigns/{}/history", planned),
    "GET /reports/campaign-return": lambda _: ("/reports/campaign-return",),
    "GET /markets": _read("/markets", market),
    "POST /markets": lambda c: (
        "/markets",
        {"name": c.word("Market"), "department_id": c.department().id, "scope": "Maps"},
    ),
    "GET /markets/{id_}": _read("/markets/{}", market),
    "POST /markets/{id_}/size": _step("/markets/{}/size", market, SIZE),
    "POST /markets/{id_}/withdraw-size": _withdraw,
    "GET /markets/{id_}/timeline": _read("/markets/{}/timeline", market),
    "GET /markets/{id_}/history": _read("/markets/{}/history", market),
    "GET /competitors": _read("/competitors", competitor),
    "POST /competitors": lambda c: (
        "/competitors",
        {
            "name": c.word("Rival"),
            "department_id": c.department().id,
            "website": "rival.example",
        },
    ),
    "GET /competitors/{id_}": _read("/competitors/{}", competitor),
    "POST /competitors/{id_}/observe": _step(
        "/competitors/{}/observe",
        competitor,
        lambda c: {
            "sight": "price",
            "note": "A tenth below ours",
            "customer_id": c.customer().id,
            "price": {"amount": "90.00", "currency": "CNY"},
        },
    ),
    "GET /competitors/{id_}/timeline": _read("/competitors/{}/timeline", competitor),
    "GET /competitors/{id_}/history": _read("/competitors/{}/history", competitor),
}
