"""The stories of orders, contracts, purchases and receivables: what to send, and to what."""

from collections.abc import Callable
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.stories_pipeline import opportunity, quote

Story = Callable[[Company], tuple[Any, ...]]


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


LINE = {
    "product": "Cold box",
    "sku": "CB-2",
    "quantity": "2",
    "unit_price": yuan("150.25"),
    "unit_cost": yuan("90.00"),
}
"""Two cold boxes, 300.50 together."""
ORDER: dict[str, Any] = {"currency": "CNY", "lines": [LINE]}
CONTRACT = {
    "title": "Cold chain for a hundred years",
    "starts_at": "2025-01-01T00:00:00+08:00",
    "ends_at": "2125-01-01T00:00:00+08:00",
}
PAY_ALL = ("pay", {"amount": yuan("300.50")})


def order(
    company: Company, *steps: tuple[str, dict[str, Any]], customer: str | None = None, **told: Any
) -> Answer:
    """Place an order and take these steps with it; return the last answer."""
    customer = customer or company.customer().id
    answer = company.do(f"/customers/{customer}/orders", ORDER | told)
    for step, body in steps:
        # Whichever version it is: what is due is marked as overdue in between.
        path = f"/orders/{answer.id}/{step}"
        answer = company.do(path, body, headers={"If-Match": "*"})
    return answer


def contract(company: Company, *, customer: str | None = None, **told: Any) -> Answer:
    """Sign a contract."""
    customer = customer or company.customer().id
    return company.do(f"/customers/{customer}/contracts", CONTRACT | told)


def _order(action: str, body: Any, *steps: tuple[str, dict[str, Any]]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = order(company, *steps)
        told = body(company) if callable(body) else body
        return f"/orders/{made.id}/{action}", told, made.version

    return tell


def _contract(action: str, body: dict[str, Any]) -> Story:
    return lambda company: (f"/contracts/{contract(company).id}/{action}", body, 1)


def _place(company: Company) -> tuple[Any, ...]:
    customer, owner = company.owned()
    other, signed = company.member().id, contract(company, customer=customer)
    return f"/customers/{customer}/orders", ORDER | {
        "number": company.word("order"),
        "source": "web-shop",
        "split": [{"member_id": owner, "percent": "62.5"}, {"member_id": other, "percent": "37.5"}],
        "due_on": "2126-12-31",
        "contract_id": signed.id,
        "opportunity_id": opportunity(company, customer=customer).id,
        "channel": "web shop",
    }


def _sign(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/contracts", CONTRACT | {
        "number": company.word("contract"),
        "value": yuan("98000.00"),
        "renewal": "automatic",
        "renewal_months": 12,
        "opportunity_id": opportunity(company, customer=customer).id,
        "quote_id": quote(company, customer=customer).id,
    }


def _one(path: str, make: Callable[[Company], Answer]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), made

    return tell


def _purchases(path: str) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        customer = company.customer().id
        return path.format(customer), order(company, PAY_ALL, customer=customer)

    return tell


ORDER_STORIES: dict[str, Story] = {
    "GET /orders": lambda c: ("/orders", order(c)),
    "POST /customers/{id_}/orders": _place,
    "GET /orders/{id_}": _one("/orders/{}", lambda c: order(c, PAY_ALL)),
    "POST /orders/{id_}/split": _order(
        "split", lambda c: {"split": [{"member_id": c.member().id, "percent": "100"}]}
    ),
    "POST /orders/{id_}/pay": _order(
        "pay", {"amount": yuan("0.01"), "method": "bank transfer", "reference": "Voucher 7"}
    ),
    "POST /orders/{id_}/refund": _order("refund", {"amount": yuan("300.50")}, PAY_ALL),
    "POST /orders/{id_}/due-date": _order("due-date", {"due_on": "2127-01-31"}),
    "POST /orders/{id_}/void": _order("void", {"reason": "Placed twice"}),
    "GET /orders/{id_}/timeline": _one("/orders/{}/timeline", order),
    "GET /orders/{id_}/history": _one("/orders/{}/history", order),
    "GET /contracts": lambda c: ("/contracts", contract(c)),
    "POST /customers/{id_}/contracts": _sign,
    "GET /contracts/{id_}": _one("/contracts/{}", contract),
    "POST /contracts/{id_}/change": _contract(
        "change", {"title": "Cold chain", "number": "C-7", "value": yuan("0.00")}
    ),
    "POST /contracts/{id_}/renew": _contract("renew", {"ends_at": "2126-01-01T00:00:00+08:00"}),
    "POST /contracts/{id_}/end": _contract(
        "end", {"ended_at": "2026-06-30T00:00:00+08:00", "because": "superseded"}
    ),
    "POST /contracts/{id_}/retract": _contract("retract", {"reason": "Another customer's"}),
    "GET /contracts/{id_}/timeline": _one("/contracts/{}/timeline", contract),
    "GET /contracts/{id_}/history": _one("/contracts/{}/history", contract),
    "GET /customers/{id_}/purchases": _purchases("/customers/{}/purchases"),
    "GET /customers/{id_}/purchases/summary": _purchases("/customers/{}/purchases/summary"),
    "GET /receivables/ageing": lambda c: ("/receivables/ageing", order(c, due_on="2026-01-31")),
}
