"""How orders, contracts, purchases and receivables are asked for in the matrix."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes, lists, of, reads
from tests.web.stories_orders import CONTRACT, ORDER, contract, order, yuan

ORDERS = Resource.ORDER


def _created(body: dict[str, Any]) -> Asked:
    return Asked(How.CREATE_THERE, ORDERS, "c", lambda _: body, done=201)


ORDERS_ASKED: dict[str, Asked] = {
    "GET /orders": lists(ORDERS),
    "POST /customers/{id_}/orders": _created(ORDER),
    "GET /orders/{id_}": reads(ORDERS),
    "POST /orders/{id_}/split": Asked(
        How.CHANGE,
        ORDERS,
        "w",
        lambda side: {"split": [{"member_id": side.member, "percent": "100"}]},
    ),
    "POST /orders/{id_}/pay": changes(ORDERS, amount=yuan("1.00")),
    "POST /orders/{id_}/refund": changes(ORDERS, amount=yuan("1.00")),
    "POST /orders/{id_}/due-date": changes(ORDERS, due_on="2127-01-31"),
    "POST /orders/{id_}/void": changes(ORDERS, **WHY),
    **of(ORDERS, "orders"),
    "GET /contracts": lists(ORDERS),
    "POST /customers/{id_}/contracts": _created(CONTRACT),
    "GET /contracts/{id_}": reads(ORDERS),
    "POST /contracts/{id_}/change": changes(ORDERS, title="Cold chain"),
    "POST /contracts/{id_}/renew": changes(ORDERS, ends_at=None),
    "POST /contracts/{id_}/end": changes(ORDERS, ended_at="2026-06-30T00:00:00Z"),
    "POST /contracts/{id_}/retract": changes(ORDERS, **WHY),
    **of(ORDERS, "contracts"),
    "GET /customers/{id_}/purchases": reads(ORDERS),
    "GET /customers/{id_}/purchases/summary": reads(ORDERS),
    "GET /receivables/ageing": Asked(How.LIST, ORDERS),
}


def _shown(company: Any, path: str, made: Any) -> str:
    company.api.get(path, after=made, limit=1).went_well()
    return str(made.id)


ORDERS_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "orders": lambda company, customer, *_: _shown(
        company, "/orders", order(company, customer=customer)
    ),
    "contracts": lambda company, customer, *_: _shown(
        company, "/contracts", contract(company, customer=customer)
    ),
}
