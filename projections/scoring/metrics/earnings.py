"""Earnings: whether sales grew, what they brought, what is still owed, and who was referred."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from domain.ids import CustomerId
from domain.reviews.scoring_rules import CreditRule
from domain.sales.order import total_of
from projections.reports.orders import Booking
from projections.scoring.bookings import before, in_money, left_out
from projections.scoring.material import Material
from projections.scoring.metric import Credit, Entry, Measure, Question, Registry
from projections.scoring.metrics.sales import credit_of
from projections.scoring.relations import REFERRALS
from projections.scoring.sources import IDENTITIES, ORDERS, OWNERS, Identities

EARNINGS_METRICS = Registry("sales")
metric = EARNINGS_METRICS.metric


@metric(
    en="Growth of sales",
    zh="销售增长率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.SPLIT,
    guards="f",
    source="METRICS 15; Farris, Marketing Metrics",
    needs=(ORDERS,),
    sample=5,
)
def sales_growth(here: Material, asked: Question) -> Iterator[Entry]:
    """What was sold more than in the period before of as many days, in percent of that.

    A fact: each payment and each refund of the two, by its own time, divided by its order's split.
    Nothing was sold before, or more went back than came in: there is no growth to tell. Left out:
    ``voided`` (the order was), ``other_currency``, ``outside_period`` (in neither).
    """
    earlier = before(asked.period)
    for order in here[ORDERS]:
        credit = credit_of(order.split)
        for booking in order.bookings:
            amount, weight, reason = (
                in_money(order, booking.minor),
                Fraction(0),
                left_out(order, asked),
            )
            if earlier.holds(booking.at):
                amount, weight = -amount, amount
            elif not asked.period.holds(booking.at):
                reason = reason or "outside_period"
            entry = Entry(booking.position, booking.at, credit, amount, weight, reason)
            yield entry._replace(customer_id=order.customer_id)


@metric(
    en="Profit contribution",
    zh="利润贡献",
    measure=Measure.SUM,
    unit="money",
    credit=CreditRule.SPLIT,
    guards="f",
    source="METRICS 22",
    needs=(ORDERS,),
    prorated=True,
)
def profit_contribution(here: Material, asked: Question) -> Iterator[Entry]:
    """Payments minus refunds in the period, less what was sold cost us, by the orders' splits.

    Each payment bears its part of its order's cost (of half the price, half the cost), and each
    refund gives it back, so that an order paid in parts earns as it is paid, and one fully refunded
    comes to nothing. An order that costs the customer nothing bears its cost when it is placed. A
    fact: each payment and each refund, by its own time. Left out: ``voided`` (the order was),
    ``other_currency``, ``cost_unknown`` (of any line), ``outside_period``.
    """
    for order in here[ORDERS]:
        total, cost = total_of(order.lines), order.cost
        bookings = list(order.bookings)
        if not total and cost:
            bookings.append(Booking(order.placed_at, 0, order.placed))
        for booking in bookings:
            reason = left_out(order, asked)
            if cost is None:
                reason = reason or "cost_unknown"
            elif not asked.period.holds(booking.at):
                reason = reason or "outside_period"
            borne = (cost or Fraction(0)) * (Fraction(booking.minor, total) if total else 1)
            earned = in_money(order, booking.minor - borne)
            entry = Entry(booking.position, booking.at, credit_of(order.split), earned)
            yield entry._replace(reason=reason, customer_id=order.customer_id)


@metric(
    en="Overdue receivables",
    zh="逾期率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.SPLIT,
    guards="f",
    source="METRICS 22",
    needs=(ORDERS,),
    sample=5,
)
def overdue_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """What customers should have paid by the period's end and did not, in percent of all they owe.

    A fact: each order placed by then and not paid in full, by its split. On the day on which it is
    due it is not overdue yet, and without such a day it never is; a day agreed later counts from
    then on. What we paid back is not owed again, other than in the list of receivables: nobody is
    late with what we gave back. Less is better. Left out: ``voided``, ``other_currency``,
    ``outside_period`` (placed later).
    """
    until = asked.until
    for order in here[ORDERS]:
        paid = sum(booking.minor for booking in order.payments if booking.at < until)
        open_ = in_money(order, total_of(order.lines) - paid)
        reason = left_out(order, asked)
        if order.placed_at >= until:
            reason = reason or "outside_period"
        elif open_ <= 0:
            continue
        due_at = order.due_at(until)
        overdue = open_ if due_at is not None and due_at <= until else 0
        entry = Entry(order.placed, order.placed_at, credit_of(order.split))
        yield entry._replace(
            amount=overdue, weight=open_, reason=reason, customer_id=order.customer_id
        )


@metric(
    en="Customers referred",
    zh="推荐新客",
    measure=Measure.SUM,
    unit="customers",
    credit=CreditRule.SPLIT,
    guards="hf",
    source="METRICS 12",
    needs=(REFERRALS, ORDERS, OWNERS, IDENTITIES),
    prorated=True,
)
def referred_customers(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers won through a customer's word: referrals that converted in the period.

    Credited by the split of the first real order of who was referred; until there is one, to who
    owned them when they were converted. Left out: ``self_referral`` (who refers and who is referred
    are one customer), ``duplicate`` (they had been referred before), ``outside_period``.
    """
    who, seen = here[IDENTITIES], set[CustomerId]()
    splits = _first_splits(here, who)
    for fact in sorted(here[REFERRALS], key=lambda each: (each.occurred_at, each.position)):
        referred = who.of(fact.event.referred_id)
        reason = None
        if referred == who.of(fact.event.customer_id):
            reason = "self_referral"
        elif referred in seen:
            reason = "duplicate"
        elif not asked.period.holds(fact.occurred_at):
            reason = "outside_period"
        if reason != "self_referral":
            seen.add(referred)
        owner = here[OWNERS].at(referred, fact.occurred_at)
        credit = splits.get(referred, ((owner, 1),) if owner else ())
        entry = Entry(fact.position, fact.occurred_at, credit, reason=reason)
        yield entry._replace(customer_id=referred)


def _first_splits(here: Material, who: Identities) -> dict[CustomerId, Credit]:
    """Return whose each customer's first real order is."""
    first: dict[CustomerId, tuple[datetime, int, Credit]] = {}
    for order in here[ORDERS]:
        if order.real and order.settled_at is not None:
            customer_id = who.of(order.customer_id)
            own = order.settled_at, order.settled_by, credit_of(order.split)
            first[customer_id] = min(first.get(customer_id, own), own, key=lambda each: each[:2])
    return {customer_id: own[2] for customer_id, own in first.items()}
