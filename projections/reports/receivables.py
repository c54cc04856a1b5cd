"""What customers owe and how long it is overdue, and what they bought: sums over orders.

Amounts of different currencies are never put together. Where the amount of one order in a sum is
not shown to who asks, the sum is null: a part of it would be taken for the whole.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from domain.money import Money
from projections.documents import Document, money
from projections.sales.orders import read_money

BUCKETS = ("not-due", "1-30", "31-60", "61-90", "over-90")
"""Days since what is open was due; what has no such day is not due."""


def bucket(due_on: str | None, today: date) -> str:
    """Return how long something is overdue: the day it is due it is not yet."""
    late = (today - date.fromisoformat(due_on)).days if due_on else 0
    if late <= 0:
        return "not-due"
    return next((name for name in BUCKETS[1:4] if late <= int(name.partition("-")[2])), "over-90")


class _Sum:
    """How many orders, and what they amount to."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.orders = 0
        self.minor: int | None = 0

    def add(self, amount: Document | None) -> None:
        self.orders += 1
        if amount is None or self.minor is None:
            self.minor = None
        else:
            self.minor += read_money(amount).minor

    @property
    def amount(self) -> Document | None:
        return None if self.minor is None else money(Money(self.minor, self.currency))


class _Ages:
    """What is open in one currency, all of it and by how long it is overdue."""

    def __init__(self, currency: str) -> None:
        self.all = _Sum(currency)
        self.by_age = {name: _Sum(currency) for name in BUCKETS}

    def add(self, order: Document, today: date) -> None:
        for each in (self.all, self.by_age[bucket(order["due_on"], today)]):
            each.add(order["open"])

    def told(self) -> Document:
        return {
            "currency": self.all.currency,
            "orders": self.all.orders,
            "open": self.all.amount,
            "buckets": [
                {"overdue": name, "orders": each.orders, "open": each.amount}
                for name, each in self.by_age.items()
            ],
        }


def ageing(orders: Iterable[Document], today: date) -> dict[str, Any]:
    """Return what is open on a day: in each currency, and of each customer."""
    currencies: dict[str, _Ages] = {}
    customers: dict[tuple[str, str], _Ages] = {}
    for order in orders:
        if order["owing"]:
            currency, whose = order["currency"], (order["customer_id"], order["currency"])
            currencies.setdefault(currency, _Ages(currency)).add(order, today)
            customers.setdefault(whose, _Ages(currency)).add(order, today)
    return {
        "currencies": [ages.told() for _, ages in sorted(currencies.items())],
        "customers": [
            {"customer_id": whose, **ages.told()} for (whose, _), ages in sorted(customers.items())
        ],
    }


def purchases(orders: Iterable[Document]) -> list[Document]:
    """Return what was bought of each product, in each currency; what was voided was not bought."""
    quantities: dict[tuple[str, str, str], Decimal] = {}
    sums: dict[tuple[str, str, str], _Sum] = {}
    for order in orders:
        if order["status"] == "voided":
            continue
        for line in order["lines"]:
            what = line["product"], line["sku"] or "", order["currency"]
            quantities[what] = quantities.get(what, Decimal(0)) + Decimal(line["quantity"])
            sums.setdefault(what, _Sum(order["currency"])).add(line["amount"])
    return [
        {
            "product": what[0],
            "sku": what[1] or None,
            "currency": what[2],
            "lines": sums[what].orders,
            "quantity": f"{quantities[what]:f}",
            "amount": sums[what].amount,
        }
        for what in sorted(sums)
    ]
