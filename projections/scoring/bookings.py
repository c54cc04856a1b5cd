"""Payments and refunds as metrics count them: which do, in which money, and in which period."""

from fractions import Fraction

from domain.money import digits
from projections.reports.orders import Order
from projections.reports.period import Period
from projections.scoring.metric import Question


def before(period: Period) -> Period:
    """Return the period of as many days that ends where one begins."""
    return Period(period.first - (period.last - period.first), period.first, period.zone)


def in_money(order: Order, minor: int | Fraction) -> Fraction:
    """Return an amount in whole units of an order's currency."""
    scale: int = 10 ** digits(order.currency)
    return Fraction(minor, scale)


def left_out(order: Order, asked: Question) -> str | None:
    """Return why nothing of an order counts; None: it does."""
    if order.voided is not None:
        return "voided"
    return None if asked.currency in (None, order.currency) else "other_currency"
