"""The stories of value models, the value card, and the reports on sales."""

from collections.abc import Callable
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]

SETTINGS = {"calibration_end": "2025-12-31", "currency": "CHF", "horizon_weeks": 4}
PERIOD = "from=2025-01-01&to=2025-04-01"


def sold(company: Company, customer: str, day: str, amount: str, cost: str | None = None) -> Answer:
    """Sell something to a customer on a day, for as much, and let them pay."""
    price = {"amount": amount, "currency": "CHF"}
    when = f"{day}T10:00:00+08:00"
    line = {
        "product": "Cold box",
        "sku": None,
        "quantity": "1",
        "unit_price": price,
        "unit_cost": {"amount": cost, "currency": "CHF"} if cost else None,
    }
    body = {"currency": "CHF", "lines": [line], "split": [], "occurred_at": when}
    placed = company.do(f"/customers/{customer}/orders", body)
    paid = {"amount": price, "occurred_at": when}
    return company.do(f"/orders/{placed.id}/pay", paid, seen=placed)


def bought(company: Company) -> str:
    """Return the customer of two who bought twice."""
    one, other = company.customer().id, company.customer().id
    for customer, days in (
        (one, ("2025-01-06", "2025-02-10")),
        (other, ("2025-01-08", "2025-06-30")),
    ):
        for day, amount in zip(days, ("100.00", "60.00"), strict=True):
            sold(company, customer, day, amount if customer == one else f"1{amount}", "40.00")
    return one


def model(company: Company, *, run: bool = False) -> Answer:
    """Publish a model, and run it perhaps."""
    if run:
        bought(company)
    answer = company.do("/value-models", {"name": company.word("model"), **SETTINGS})
    return company.do(f"/value-models/{answer.id}/run", {}, seen=answer) if run else answer


def _run(company: Company) -> tuple[Any, ...]:
    bought(company)
    made = model(company)
    return f"/value-models/{made.id}/run", {}, made.version


def _revise(company: Company) -> tuple[Any, ...]:
    made = model(company)
    body = {"calibration_end": "2026-03-31", "currency": "CHF", "margin": "0.3"}
    return f"/value-models/{made.id}/revise", body, made.version


def _of_one(page: str = "") -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = model(company)
        return f"/value-models/{made.id}{page}", made

    return tell


def _all(company: Company) -> tuple[Any, ...]:
    return "/value-models", model(company)


def _card(company: Company) -> tuple[Any, ...]:
    customer, made = bought(company), model(company)
    ran = company.do(f"/value-models/{made.id}/run", {}, seen=made)
    return f"/customers/{customer}/value?model_id={made.id}", ran


VALUE_STORIES: dict[str, Story] = {
    "GET /value-models": _all,
    "POST /value-models": lambda company: (
        "/value-models",
        {"name": company.word("model"), **SETTINGS},
    ),
    "GET /value-models/{id_}": _of_one(),
    "POST /value-models/{id_}/revise": _revise,
    "POST /value-models/{id_}/run": _run,
    "GET /value-models/{id_}/timeline": _of_one("/timeline"),
    "GET /value-models/{id_}/history": _of_one("/history"),
    "GET /customers/{id_}/value": _card,
    "GET /reports/credit": lambda _: (f"/reports/credit?{PERIOD}",),
    "GET /reports/retention": lambda _: (f"/reports/retention?{PERIOD}",),
    "GET /reports/customer-value": lambda _: ("/reports/customer-value?horizon_weeks=4",),
}
VALUE_SORTS = {"/value-models": ["name", "published_at", "computed_at"]}
