"""Retention: which customers stayed, and whether those who stayed bought more."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache

from domain.days import begin_of, day_of
from domain.ids import CustomerId
from domain.reviews.scoring_rules import CreditRule
from projections.reports.activity import Span, Spans, bought
from projections.reports.orders import Booking, Order
from projections.reports.retention import GAP_DAYS
from projections.scoring.bookings import before, in_money, left_out
from projections.scoring.material import Material
from projections.scoring.metric import Credit, Entry, Measure, Question, Registry
from projections.scoring.relations import CONTRACTS
from projections.scoring.sources import IDENTITIES, ORDERS, OWNERS, Identities

RETENTION_METRICS = Registry("retention")
metric = RETENTION_METRICS.metric
GAP = timedelta(days=GAP_DAYS)
"""How long after an order somebody without a contract counts as a customer."""
TRAILING_DAYS = 365
"""How many dates the window of repeat purchases has, up to the end of the period."""
SOURCE = "Farris, Marketing Metrics"


# --- Who was a customer, and whose ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A customer who was there when the period began: until when, and the facts that say so."""

    customer_id: CustomerId
    left_at: datetime | None
    """When they left; None: they are still there."""
    evidence: tuple[int, ...]


def opening(here: Material, asked: Question) -> Iterator[Kept]:
    """Yield the customers who were there at the beginning of the period, and whether they stayed.

    By contract: whoever had one then stayed if they have one at the end. By orders: whoever had
    none, but had bought less than 90 days before, stayed if they have a contract at the end or
    bought less than 90 days before it.
    """
    start, end = asked.period.start, asked.until
    who = here[IDENTITIES]
    by_contract = _as_one(here[CONTRACTS].spans(), who)
    by_orders = _as_one(bought(here[ORDERS], GAP), who)
    for customer_id in sorted(by_contract.keys() | by_orders.keys()):
        spans = by_contract.get(customer_id, [])
        if not _active(spans, start):
            spans = spans + by_orders.get(customer_id, [])
        if start <= end and _active(spans, start):
            left_at = None if _active(spans, end) else _last(spans, end)
            yield Kept(customer_id, left_at, _evidence(spans, start, end))


def _as_one(spans: Spans, who: Identities) -> dict[CustomerId, list[Span]]:
    found: dict[CustomerId, list[Span]] = defaultdict(list)
    for customer_id, own in spans.items():
        found[who.of(customer_id)] += own
    return found


def _active(spans: Iterable[Span], instant: datetime) -> bool:
    return any(span.holds(instant) for span in spans)


def _last(spans: Iterable[Span], end: datetime) -> datetime:
    # Not active at the end, so that every span that began before it has ended before it.
    return max(span.until for span in spans if span.until and span.since < end)


def _evidence(spans: Iterable[Span], start: datetime, end: datetime) -> tuple[int, ...]:
    touching = (s for s in spans if s.since < end and (s.until is None or s.until >= start))
    return tuple(sorted({position for span in touching for position in span.evidence}))


def owner_days(here: Material, asked: Question) -> Callable[[CustomerId, datetime], Credit]:
    """Return whose a customer was in the 90 dates before an instant, by days."""
    zone = asked.period.zone

    @cache
    def whose(customer_id: CustomerId, instant: datetime) -> Credit:
        shares = here[OWNERS].shares(customer_id, day_of(instant, zone), instant, zone)
        return tuple(shares.parts.items())

    return whose


def _stayed(here: Material, asked: Question) -> Iterator[Entry]:
    """Yield each customer of the opening: 1 for who stayed, 0 for who left."""
    whose = owner_days(here, asked)
    for each in opening(here, asked):
        first, *more = each.evidence
        at = each.left_at or asked.until
        yield Entry(
            first,
            at,
            whose(each.customer_id, at),
            int(each.left_at is None),
            customer_id=each.customer_id,
            also=tuple(more),
        )


@metric(
    en="Churn",
    zh="客户流失率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER_DAYS,
    guards="cf",
    source=f"METRICS 6; {SOURCE}",
    needs=(CONTRACTS, ORDERS, OWNERS, IDENTITIES),
    sample=5,
)
def churn_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers lost, in percent of those who were there when the period began; less is better.

    There: with a contract; without one, with a real order in the 90 days before. Who had a contract
    at the beginning is lost without one at the end; who had none, with neither a contract nor such
    an order at the end. Who left and came back in the period is not lost. A fact: a customer, by
    all contracts and orders that say so; merged ones are one. Credited by days to who owned them on
    the 90 dates before they left, or before the period's end. Of a period that is not over it tells
    how things stand.
    """
    for entry in _stayed(here, asked):
        yield entry._replace(amount=1 - entry.amount)


@metric(
    en="Retention",
    zh="客户保持率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER_DAYS,
    guards="c",
    source=f"METRICS 7; {SOURCE}",
    needs=(CONTRACTS, ORDERS, OWNERS, IDENTITIES),
    sample=5,
)
def retention_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers who stayed, in percent of those who were there when the period began.

    What ``churn_rate`` leaves of 100. New customers count in neither.
    """
    return _stayed(here, asked)


@metric(
    en="Customers held",
    zh="老客户保有",
    measure=Measure.SUM,
    unit="customers",
    credit=CreditRule.OWNER_DAYS,
    source=f"METRICS 13; {SOURCE}",
    needs=(CONTRACTS, ORDERS, OWNERS, IDENTITIES),
    prorated=True,
)
def customers_held(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers who were there when the period began, and still are at its end.

    There, and credited, as ``churn_rate`` says. Left out: ``lost``.
    """
    for entry in _stayed(here, asked):
        yield entry if entry.amount else entry._replace(amount=1, reason="lost")


# --- How often they buy ---------------------------------------------------------------------------


def _buyers(
    here: Material, asked: Question, inside: Callable[[datetime], bool]
) -> Iterator[tuple[Entry, list[Order]]]:
    """Yield who bought, each with all real orders inside; then each other order, with why not."""
    whose, who = owner_days(here, asked), here[IDENTITIES]
    counted: dict[CustomerId, list[Order]] = defaultdict(list)
    for order in here[ORDERS]:
        if (at := order.settled_at) is None:
            continue
        customer_id = who.of(order.customer_id)
        reason = _not_counted(order, inside(at))
        if reason is None:
            counted[customer_id].append(order)
        else:
            credit = whose(customer_id, asked.until)
            entry = Entry(order.settled_by, asked.until, credit, 0, 0, reason)
            yield entry._replace(customer_id=customer_id), []
    for customer_id, orders in counted.items():
        first, *more = sorted(order.settled_by for order in orders)
        entry = Entry(first, asked.until, whose(customer_id, asked.until), also=tuple(more))
        yield entry._replace(customer_id=customer_id), orders


def _not_counted(order: Order, inside: bool) -> str | None:
    if order.voided is not None:
        return "voided"
    if order.refunded:
        return "fully_refunded"
    return None if inside else "outside_period"


@metric(
    en="Repeat purchases",
    zh="复购率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER_DAYS,
    guards="ef",
    source=f"METRICS 8; {SOURCE}",
    needs=(ORDERS, OWNERS, IDENTITIES),
    sample=5,
)
def repeat_purchase_rate(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers who bought on two or more days, in percent of those who bought at all.

    In the 365 dates that end with the period, so that who buys twice a year counts also in a
    quarter. Several orders on one local date are one purchase. A fact: a customer, by all their
    orders in that time. Credited by days to who owned them on the 90 dates before the period's end.
    Left out: orders ``voided``, ``fully_refunded``, ``outside_period``.
    """
    zone, end = asked.period.zone, asked.until
    begin = begin_of(day_of(end, zone) - timedelta(days=TRAILING_DAYS), zone)
    for entry, orders in _buyers(here, asked, lambda at: begin <= at < end):
        days = {day_of(order.settled_at, zone) for order in orders if order.settled_at}
        yield entry._replace(amount=int(len(days) > 1))


@metric(
    en="Purchase frequency",
    zh="购买频率",
    measure=Measure.MEAN,
    unit="orders per buyer",
    credit=CreditRule.OWNER_DAYS,
    guards="ef",
    source=f"METRICS 10; {SOURCE}",
    needs=(ORDERS, OWNERS, IDENTITIES),
    sample=5,
)
def purchase_frequency(here: Material, asked: Question) -> Iterator[Entry]:
    """Orders first paid in the period, divided by the customers who placed them.

    A fact: a customer, by all those orders. Credited by days to who owned them on the 90 dates
    before the period's end. Left out: orders ``voided``, ``fully_refunded``, ``outside_period``.
    """
    for entry, orders in _buyers(here, asked, asked.period.holds):
        yield entry._replace(amount=len(orders))


# --- How much they buy ----------------------------------------------------------------------------


def _reason(order: Order, booking: Booking, asked: Question) -> str | None:
    inside = asked.period.holds(booking.at) or before(asked.period).holds(booking.at)
    return left_out(order, asked) or (None if inside else "outside_period")


@metric(
    en="Growth of purchases",
    zh="购买金额增长率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.OWNER_DAYS,
    guards="f",
    source=f"METRICS 9; {SOURCE}",
    needs=(ORDERS, OWNERS, IDENTITIES),
    sample=5,
)
def purchase_growth(here: Material, asked: Question) -> Iterator[Entry]:
    """What customers paid more than in the period before, in percent of what they had paid then.

    Of those who had bought then alone (of as many days, up to this period's beginning): payments
    minus refunds by their own time, above zero. A fact: a customer, by all those payments and
    refunds. Credited by days to who owned them on the 90 dates before the period's end. Left out:
    payments and refunds ``voided`` (the order was), ``other_currency``, ``outside_period`` (neither
    in it nor in the one before), ``new_buyer`` (they had not bought in the one before).
    """
    whose, who, earlier = owner_days(here, asked), here[IDENTITIES], before(asked.period)
    counted: dict[CustomerId, list[tuple[Booking, Fraction]]] = defaultdict(list)
    for order in here[ORDERS]:
        customer_id = who.of(order.customer_id)
        for booking in order.bookings:
            reason = _reason(order, booking, asked)
            if reason is None:
                counted[customer_id].append((booking, in_money(order, booking.minor)))
            else:
                yield _uncounted(booking, customer_id, whose(customer_id, asked.until), reason)
    for customer_id, bookings in counted.items():
        credit = whose(customer_id, asked.until)
        was = sum((each for booking, each in bookings if earlier.holds(booking.at)), Fraction(0))
        if was <= 0:
            for booking, _ in bookings:
                yield _uncounted(booking, customer_id, credit, "new_buyer")
            continue
        first, *more = sorted(booking.position for booking, _ in bookings)
        now = sum((each for _, each in bookings), Fraction(0)) - was
        entry = Entry(first, asked.until, credit, now - was, was, also=tuple(more))
        yield entry._replace(customer_id=customer_id)


def _uncounted(booking: Booking, customer_id: CustomerId, credit: Credit, reason: str) -> Entry:
    return Entry(booking.position, booking.at, credit, 0, 0, reason, None, customer_id)
