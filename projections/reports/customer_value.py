"""Customer value: what customers have brought, and what they are expected to bring from now on.

A report by replay. Definitions (METRICS.md 8, 11 and 22; Fader, Hardie, Lee 2005; Fader, Hardie
2013; see ``projections/value``):

- A **purchase** is a local date with a real order (``orders.py``: settled, neither voided nor fully
  refunded), at the organisation's time zone. ``repeat_purchase_rate``: customers with two or more
  of them, in percent of customers with one, over all that the window shows.
- Orders of other currencies than ``currency`` (the one of most orders, unless asked for) are left
  out and counted: money of two currencies is never added.
- **Learning** sees purchases up to and with ``calibration_end`` (the last purchase, unless asked
  for). Of each customer: ``x`` repeat purchases, ``t_x`` the weeks from the first to the last,
  ``T`` the weeks from the first to the calibration's end; a week is 7 days.
- **net** = payments minus refunds of real orders until then; **contribution** = net minus
  quantity · unit cost; null unless every line's cost is known.
- **expected_purchases** over the horizon by BG/NBD; **expected_value** of one of them by
  gamma-gamma (learned from repeat purchases); **expected_revenue** = what they bring in, week by
  week, each discounted at its end by ``discount`` per year.
- **lifetime_value** = contribution + expected_revenue · the customer's margin (contribution / net).
  Where costs are not known it is null, unless ``margin`` says what part of net is profit: then
  contribution is taken to be net · margin for it.
- Never a figure of anybody's performance: it is about customers.

Money is exact until it meets a model, then rounded half up to minor units. What a model says is
rounded to 6 decimals; parameters are rounded before they are used, so that their published values
give the same figures again. The same log prefix and question always give the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from fractions import Fraction

from application.store.log import NOW, Log, Window
from domain.customers.customer import CustomerRetracted
from domain.ids import CustomerId
from domain.money import digits
from projections.reports.orders import ORDER_EVENTS, Order, Orders
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import percent, places
from projections.value.model import DIGITS, Horizon, Learned, Worth, learn, worth
from projections.value.purchases import Purchases, by_customer

HORIZON_WEEKS = 52
DISCOUNT = Decimal("0.10")
AHEAD = Horizon(HORIZON_WEEKS, DISCOUNT)


@dataclass(frozen=True, slots=True)
class Question:
    """From which purchases to learn, and how far to look ahead."""

    zone: tzinfo
    calibration_end: date | None = None
    """The last local date that counts; the last with a purchase, unless said."""
    horizon: Horizon = AHEAD
    currency: str | None = None
    """The currency that counts; that of most orders, unless said."""
    margin: Decimal | None = None
    """The part of net that is profit where costs are not known, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Valued:
    """Customers' purchases, and what was learned from them, or published before."""

    currency: str | None
    until: date | None
    purchases: Mapping[CustomerId, Purchases]
    learned: Learned


def customer_value(
    log: Log, question: Question, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Replay the orders of the log as the window shows it, learn from them, and report."""
    window, orders = ended(log, window), Orders()
    names = (*ORDER_EVENTS, CustomerRetracted.__event_name__)  # type: ignore[attr-defined]
    for fact in shown(log, window, names, progress):
        orders.take(fact)
    return heading("customer-value", window) | report(orders, question)


def report(orders: Orders, question: Question) -> Report:
    """Learn from orders, and tell what is expected of whom."""
    currency = question.currency or _usual(orders)
    counted = [order for order in orders if order.currency == currency]
    bought = by_customer(counted, date.max, question.zone)
    last = max((each.last for each in bought.values()), default=None)
    until = question.calibration_end or last
    valued = _learned(counted, question, currency, until)
    return {
        "timezone": str(question.zone),
        "calibration_end": until and until.isoformat(),
        "horizon_weeks": question.horizon.weeks,
        "discount": f"{question.horizon.discount:f}",
        "margin": None if question.margin is None else f"{question.margin:f}",
        "currency": currency,
        "facts": orders.facts,
        "counts": _counts(orders, counted, bought, currency),
        "calibration": _calibration(valued),
        "bg_nbd": _parameters(valued.learned.buying, valued.learned.buying_likelihood),
        "gamma_gamma": _parameters(
            _in_money(valued.learned, currency), valued.learned.spending_likelihood
        ),
        "customers": told(valued, question),
    }


def _usual(orders: Iterable[Order]) -> str | None:
    found = Counter(order.currency for order in orders)
    return min(found, key=lambda each: (-found[each], each), default=None)


def _learned(
    orders: Sequence[Order], question: Question, currency: str | None, until: date | None
) -> Valued:
    purchases = by_customer(orders, until, question.zone) if until else {}
    ordered = {id_: purchases[id_] for id_ in sorted(purchases)}
    return Valued(currency, until, ordered, learn(list(ordered.values()), until))


def _in_money(learned: Learned, currency: str | None) -> object:
    """Return gamma-gamma with gamma in whole units of the currency, as papers write it."""
    model = learned.spending
    if model is None or currency is None:
        return None
    return replace(
        model, gamma=round(model.gamma / 10 ** digits(currency), DIGITS + digits(currency))
    )


def _parameters(model: object, likelihood: float | None) -> Report | None:
    if model is None:
        return None
    return asdict(model) | {"log_likelihood": likelihood}  # type: ignore[call-overload,no-any-return]


def _counts(
    orders: Orders,
    counted: Sequence[Order],
    bought: Mapping[CustomerId, Purchases],
    currency: str | None,
) -> Report:
    real = [order for order in counted if order.real]
    again = sum(len(each.days) > 1 for each in bought.values())
    return {
        "orders": len(orders.by_id),
        "other_currency": len(orders.by_id) - len(counted),
        "voided": sum(order.voided is not None for order in counted),
        "fully_refunded": sum(order.refunded and order.voided is None for order in counted),
        "not_paid": sum(order.settled_at is None and order.voided is None for order in counted),
        "transactions": len(real),
        "customers": len(bought),
        "net": _money(sum(order.net for order in real), currency),
        "repeat_customers": again,
        "repeat_purchase_rate": percent(again, len(bought)),
    }


def _calibration(valued: Valued) -> Report:
    repeats = [len(each.days) - 1 for each in valued.purchases.values()]
    return {
        "customers": len(repeats),
        "zero_repeat": sum(not each for each in repeats),
        "repeat_transactions": sum(repeats),
        "net": _money(sum(each.net for each in valued.purchases.values()), valued.currency),
    }


def told(valued: Valued, question: Question) -> list[Report]:
    """Tell of each customer how they have bought, and what is expected of them."""
    if valued.until is None or valued.currency is None:
        return []
    expected = worth(
        valued.learned, list(valued.purchases.values()), valued.until, question.horizon
    )
    return [
        _customer(id_, purchases, ahead, valued, question)
        for (id_, purchases), ahead in zip(valued.purchases.items(), expected, strict=True)
    ]


def _customer(
    id_: CustomerId, purchases: Purchases, ahead: Worth, valued: Valued, question: Question
) -> Report:
    until = valued.until or purchases.last
    buying, currency = purchases.buying(until), valued.currency
    return {
        "customer_id": str(id_),
        "first_on": purchases.first.isoformat(),
        "last_on": purchases.last.isoformat(),
        "x": buying.x,
        "t_x": round(buying.t_x, DIGITS),
        "T": round(buying.T, DIGITS),
        "net": _money(purchases.net, currency),
        "contribution": _money(purchases.contribution, currency),
        "alive": _rounded(ahead.alive),
        "expected_purchases": _rounded(ahead.purchases),
        "expected_value": _money(_exact(ahead.value), currency),
        "expected_revenue": _money(_exact(ahead.revenue), currency),
        "lifetime_value": _money(_lifetime(purchases, ahead, question), currency),
        "evidence": [str(position) for position in sorted(purchases.positions)],
    }


def _lifetime(purchases: Purchases, ahead: Worth, question: Question) -> Fraction | None:
    profit, margin = purchases.contribution, purchases.margin
    if profit is None and question.margin is not None:
        margin = Fraction(question.margin)
        profit = purchases.net * margin
    revenue = _exact(ahead.revenue)
    if profit is None or margin is None or revenue is None:
        return None
    return profit + revenue * margin


def _exact(value: float | None) -> Fraction | None:
    # Rounded first, as everything that a model says.
    return None if value is None else Fraction(Decimal(str(round(value, DIGITS))))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _money(minor: int | Fraction | None, currency: str | None) -> str | None:
    if minor is None or currency is None:
        return None
    return places(Fraction(minor) / 10 ** digits(currency), digits(currency))
