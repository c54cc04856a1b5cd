"""What the sample company sells at what price: its price list, and what customers put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from application.demo.companies import Company
from application.demo.words import PRODUCTS, Dice, Words
from domain.money import Money
from domain.sales.order import OrderLine, total_of
from domain.sales.quote import QuoteLine

_ABROAD = "北美 North America"
"""Where customers are quoted and billed in US dollars."""


@dataclass(frozen=True)
class Ware:
    """A product on the price list: one of it costs so much, and costs us so much."""

    name: Words
    sku: str
    price: int
    cost: int


WARES = tuple(
    Ware(name, sku, price, cost)
    for name, (sku, price, cost) in zip(
        PRODUCTS,
        (
            ("HT-50", 4650, 2980),
            ("LP-300", 3200, 2050),
            ("BS-20", 880, 520),
            ("WS-15", 1460, 910),
            ("RF-8", 6900, 4350),
            ("KX-2", 23800, 16100),
        ),
        strict=True,
    )
)
"""In yuan; in dollars a seventh of it."""
_QUANTITIES = (2, 3, 4, 5, 6, 8, 10, 12, 20)


class Item(NamedTuple):
    """A product and how many of it."""

    ware: Ware
    quantity: int


Basket = Sequence[Item]


def basket(dice: Dice) -> Basket:
    """Return what a customer wants: one to three products."""
    wares = dice.sample(WARES, dice.choices((1, 2, 3), (55, 30, 15))[0])
    return [Item(ware, dice.choice(_QUANTITIES)) for ware in wares]


def currency_of(company: Company) -> str:
    """Return what a customer pays in."""
    return "USD" if company.details.region == _ABROAD else "CNY"


def _money(yuan: int, currency: str) -> Money:
    return Money(yuan * 100 if currency == "CNY" else round(yuan * 100 / 7), currency)


def ordered(wanted: Basket, company: Company) -> tuple[OrderLine, ...]:
    """Return it as the lines of an order."""
    currency = currency_of(company)
    return tuple(
        OrderLine(
            product=ware.name.into(company.language),
            sku=ware.sku,
            quantity=Decimal(quantity),
            unit_price=_money(ware.price, currency),
            unit_cost=_money(ware.cost, currency),
        )
        for ware, quantity in wanted
    )


def quoted(wanted: Basket, company: Company) -> tuple[QuoteLine, ...]:
    """Return it as the lines of a quote, at the same prices."""
    return tuple(
        QuoteLine(line.product, line.quantity, line.unit_price) for line in ordered(wanted, company)
    )


def worth(wanted: Basket, company: Company) -> Money:
    """Return what it costs altogether."""
    return Money(total_of(ordered(wanted, company)), currency_of(company))
