"""Sales: what was sold, to whom first, and how many opportunities were won."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from domain.ids import CustomerId
from domain.money import digits
from domain.reviews.scoring_rules import CreditRule
from domain.sales.split import Share
from projections.reports.orders import Order
from projections.scoring.material import Material
from projections.scoring.metric import (
    Credit,
    Entry,
    Measure,
    Number,
    Question,
    Registry,
)
from projections.scoring.sources import IDENTITIES, ORDERS, SALES, Identities, Sale

SALES_METRICS = Registry("sales")
metric = SALES_METRICS.metric
percentage = SALES_METRICS.percentage
STALE = timedelta(days=90)
"""How long an opportunity may stay open; then it counts as lost."""


def credit_of(split: tuple[Share, ...]) -> Credit:
    """Return the parts of a split that are somebody's."""
    return tuple((each.member_id, part(each)) for each in split if each.member_id is not None)


def part(share: Share) -> Number:
    """Return a share as a part of 1."""
    return _part(share.percent)


@lru_cache(maxsize=10_000)
def _part(percent: Decimal) -> Number:
    found = Fraction(percent) / 100
    return found.numerator if found.denominator == 1 else found


@metric(
    en="Sales amount",
    zh="销售额",
    measure=Measure.SUM,
    unit="money",
    credit=CreditRule.SPLIT,
    guards="f",
    source="METRICS 14; Salesforce opportunity splits",
    needs=(ORDERS,),
    by_customer=True,
    prorated=True,
)
def sales_amount(here: Material, asked: Question) -> Iterator[Entry]:
    """Payments minus refunds that happened in the period, each divided by its order's split.

    A fact: each payment and each refund, by its own time. Left out: ``voided`` (the order was, with
    all its payments and refunds), ``other_currency``, ``outside_period``.
    """
    for order in here[ORDERS]:
        credit, customer_id = credit_of(order.split), order.customer_id
        scale = 10 ** digits(order.currency)
        for booking in order.bookings:
            reason = None
            if order.voided is not None:
                reason = "voided"
            elif asked.currency not in (None, order.currency):
                reason = "other_currency"
            elif not asked.period.holds(booking.at):
                reason = "outside_period"
            amount = Fraction(booking.minor, scale) if reason is None else 0  # nobody adds it up
            yield Entry(
                booking.position, booking.at, credit, amount, reason=reason, customer_id=customer_id
            )


def _all_settled(here: Material, asked: Question) -> Sequence[tuple[Order, Entry]]:
    return here.once(("settled", asked.period), lambda: list(_settled(here, asked)))


def _settled(here: Material, asked: Question) -> Iterator[tuple[Order, Entry]]:
    """Yield each order that was ever settled, as an entry of the payment that settled it."""
    for order in here[ORDERS]:
        if (settled := order.settled) is None:
            continue
        at, position = settled
        reason = None
        if order.voided is not None:
            reason = "voided"
        elif order.refunded:
            reason = "fully_refunded"
        elif not asked.period.holds(at):
            reason = "outside_period"
        yield (
            order,
            Entry(
                position,
                at,
                credit_of(order.split),
                reason=reason,
                customer_id=order.customer_id,
            ),
        )


@metric(
    en="Orders",
    zh="订单数",
    measure=Measure.SUM,
    unit="orders",
    credit=CreditRule.SPLIT,
    guards="ef",
    source="METRICS 17",
    needs=(ORDERS,),
    by_customer=True,
    prorated=True,
)
def order_count(here: Material, asked: Question) -> Iterator[Entry]:
    """Orders first paid in the period, each divided by its split.

    A fact: the payment that settled the order (of one that costs nothing, that it was placed). Left
    out: ``voided``, ``fully_refunded`` (at any date), ``outside_period``.
    """
    for _, entry in _all_settled(here, asked):
        yield entry


@metric(
    en="New customers",
    zh="新客户",
    measure=Measure.SUM,
    unit="customers",
    credit=CreditRule.SPLIT,
    guards="fh",
    source="METRICS 19",
    needs=(ORDERS, IDENTITIES),
    by_customer=True,
    prorated=True,
)
def new_customers(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers who bought for the first time ever in the period, divided by the order's split.

    A fact: as of ``order_count``. Left out: ``voided``, ``fully_refunded``, ``outside_period``,
    ``not_first`` (there is an earlier real order). Customers that were merged are one.
    """
    settled, who = _all_settled(here, asked), here[IDENTITIES]
    first = _first_orders(settled, who)
    for order, entry in settled:
        known = first.get(who.of(order.customer_id))
        if entry.reason is None and known != (entry.at, entry.position):
            yield entry._replace(reason="not_first")
        else:
            yield entry


def _first_orders(
    settled: Iterable[tuple[Order, Entry]], who: Identities
) -> dict[CustomerId, tuple[datetime, int]]:
    """Return, for each customer, when and by which fact their first real order was settled."""
    first: dict[CustomerId, tuple[datetime, int]] = {}
    for order, entry in settled:
        if entry.reason in {None, "outside_period"}:  # it is real, whenever that was
            customer_id, here = who.of(order.customer_id), (entry.at, entry.position)
            first[customer_id] = min(first.get(customer_id, here), here)
    return first


@percentage(
    en="Win rate",
    zh="赢单率",
    credit=CreditRule.OWNER,
    guards="c",
    source="METRICS 20; Salesforce",
    needs=(SALES,),
    by_customer=True,
    sample=5,
)
def win_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Opportunities won, in percent of those that ended in the period.

    A fact: the last closing; of one that is still open 90 days (of 24 hours) after it was opened,
    the opening: it counts as lost, at that instant. Credited to who had it when it was opened. Left
    out: ``not_closed`` (open for less), ``outside_period``.
    """
    for sale in here[SALES]:
        credit: Credit = ((sale.holder_id, 1),)
        yield ended(sale, asked)._replace(credit=credit, customer_id=sale.customer_id)


def ended(sale: Sale, asked: Question) -> Entry:
    """Return how an opportunity ended, as an entry that is nobody's yet: 1 won, 0 lost."""
    at, position, won = max(sale.steps, default=(sale.opened_at, sale.opened, None))
    stale_at = sale.opened_at + STALE
    if won is not None:
        entry = Entry(position, at, (), int(won))
    elif asked.known_at >= stale_at:
        entry = Entry(sale.opened, stale_at, (), 0)
    else:
        return Entry(sale.opened, sale.opened_at, (), 0, reason="not_closed")
    return entry if asked.period.holds(entry.at) else entry._replace(reason="outside_period")
