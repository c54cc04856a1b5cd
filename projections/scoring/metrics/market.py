"""Market: how customers come to us, what part of a market is ours, how fast sales are made."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from domain.ids import DepartmentId
from domain.money import digits
from domain.reviews.scoring_rules import CreditRule
from projections.reports.campaign_return import UNKNOWN
from projections.reports.orders import Booking, Order
from projections.scoring.bookings import in_money, left_out
from projections.scoring.material import Material
from projections.scoring.metric import Entry, Measure, Number, Question, Registry
from projections.scoring.metrics.sales import credit_of, ended
from projections.scoring.relations import MARKETS, TOUCHES
from projections.scoring.sources import ORDERS, OWNERS, SALES, STAFF, Sale, Staff

MARKET_METRICS = Registry("market")
metric = MARKET_METRICS.metric
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


# --- Part of the market ---------------------------------------------------------------------------


@metric(
    en="Market share",
    zh="市场份额",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.TEAM,
    source="METRICS 16; Farris, Marketing Metrics",
    needs=(MARKETS, TOUCHES, ORDERS),
)
def market_share(here: Material, asked: Question) -> Iterator[Entry]:
    """What we sold in the period, in percent of the size published for the market.

    Sold: payments minus refunds of all of us, in the size's currency. A fact: the size published
    last for exactly this period, with all those payments and refunds; it is the department's that
    described the market. Orders do not say of which market they are: of several markets each is
    held against all that we sold. Without a published size there is no figure. Left out:
    ``superseded`` (another size was published, or it was withdrawn), ``other_currency``,
    ``outside_period`` (it is for another period).
    """
    markets, period = here[MARKETS], asked.period
    for fact in markets.sizes:
        said = fact.event
        reason = None
        if markets.last[fact.stream_id, said.starts_on, said.ends_on] != fact.position:
            reason = "superseded"
        elif asked.currency not in (None, said.size.currency):
            reason = "other_currency"
        elif (said.starts_on, said.ends_on + DAY) != (period.first, period.last):
            reason = "outside_period"
        sold = [] if reason else list(_sold(here, asked, said.size.currency))
        yield Entry(
            fact.position,
            fact.occurred_at,
            (),
            sum((booking.minor for booking in sold), 0),
            said.size.minor,
            reason,
            markets.departments.get(fact.stream_id),
            also=tuple(sorted(booking.position for booking in sold)),
        )


def _sold(here: Material, asked: Question, currency: str) -> Iterator[Booking]:
    for order in here[ORDERS]:
        if order.voided is None and order.currency == currency:
            yield from (each for each in order.bookings if asked.period.holds(each.at))


# --- Channels -------------------------------------------------------------------------------------


def _parts(order: Order, booking: Booking, staff: Staff) -> dict[DepartmentId | None, Number]:
    """Return the parts of a payment by the departments of those who share it; None: nobody's."""
    found: dict[DepartmentId | None, Number] = {}
    rest: Number = 1
    for member_id, share in credit_of(order.split):
        team = staff.team_at(member_id, booking.at)
        found[team] = found.get(team, 0) + share
        rest -= share
    if rest:
        found[None] = found.get(None, 0) + rest
    return found


def _by_channel(here: Material, asked: Question) -> Iterator[tuple[str, Entry]]:
    """Yield each payment and refund, a part for each department, with its customer's channel."""
    first, staff = here[TOUCHES].first_touches(), here[STAFF]
    for order in here[ORDERS]:
        touch = first.get(order.customer_id)
        channel = touch.channel if touch else UNKNOWN
        for booking in order.bookings:
            reason = left_out(order, asked)
            if not asked.period.holds(booking.at):
                reason = reason or "outside_period"
            also = (touch.position,) if touch else ()
            for team, part in _parts(order, booking, staff).items():
                amount = in_money(order, booking.minor) * part
                entry = Entry(booking.position, booking.at, (), amount, amount, reason, team)
                yield channel, entry._replace(customer_id=order.customer_id, also=also)


@metric(
    en="Sales through a channel",
    zh="渠道销售额",
    measure=Measure.SUM,
    unit="money",
    credit=CreditRule.TEAM,
    source="METRICS 18; Farris, Marketing Metrics",
    needs=(TOUCHES, STAFF, ORDERS),
    of_aspect=True,
)
def channel_performance(here: Material, asked: Question) -> Iterator[Entry]:
    """Payments minus refunds in the period of customers who came through one channel.

    The rules name the channel as the aspect, such as ``email`` or ``event``: that of the first
    touch, as the report on campaigns defines it (``unknown``: of who bought without one). Each is a
    department's by its order's split; what is nobody's is the company's alone. Left out:
    ``voided``, ``other_currency``, ``outside_period``.
    """
    for channel, entry in _by_channel(here, asked):
        if channel == asked.aspect:
            yield entry


@metric(
    en="Channel's part of sales",
    zh="渠道销售占比",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.TEAM,
    source="METRICS 18; Farris, Marketing Metrics",
    needs=(TOUCHES, STAFF, ORDERS),
    of_aspect=True,
)
def channel_share(here: Material, asked: Question) -> Iterator[Entry]:
    """Sales through one channel, in percent of all sales; see ``channel_performance``."""
    for channel, entry in _by_channel(here, asked):
        yield entry if channel == asked.aspect else entry._replace(amount=0)


@metric(
    en="Channel's conversion",
    zh="渠道转化率",
    measure=Measure.RATE,
    unit="%",
    credit=CreditRule.TEAM,
    source="METRICS 18; Farris, Marketing Metrics",
    needs=(TOUCHES, STAFF, OWNERS, ORDERS),
    of_aspect=True,
)
def channel_conversion(here: Material, asked: Question) -> Iterator[Entry]:
    """Customers who bought, in percent of those who came through one channel in the period.

    A fact: a customer's first touch, in the channel that the rules name as the aspect; bought: a
    real order, whenever. It is the department's in which the customer's owner worked at the touch.
    Left out: ``outside_period``.
    """
    buyers = {order.customer_id for order in here[ORDERS] if order.real}
    for customer_id, touch in here[TOUCHES].first_touches().items():
        if touch.channel != asked.aspect:
            continue
        owner = here[OWNERS].at(customer_id, touch.at)
        yield Entry(
            touch.position,
            touch.at,
            (),
            int(customer_id in buyers),
            reason=None if asked.period.holds(touch.at) else "outside_period",
            department_id=here[STAFF].team_at(owner, touch.at) if owner else None,
            customer_id=customer_id,
        )


# --- Speed ----------------------------------------------------------------------------------------


@metric(
    en="Sales velocity",
    zh="销售速度",
    measure=Measure.PACE,
    unit="money per day",
    credit=CreditRule.TEAM,
    source="METRICS 21",
    needs=(SALES, STAFF, ORDERS),
)
def sales_velocity(here: Material, asked: Question) -> Iterator[Entry]:
    """Opportunities x part won x mean deal / mean days from opening to end, of those that ended.

    That is what was won in the period, divided by how many days one took on average. A fact: as of
    ``win_rate`` (one open 90 days counts as lost then). A deal is worth what it was estimated at
    last. It is the opportunity's department's, else that of who had it. Left out: ``not_closed``,
    ``other_currency``, ``no_amount`` (won, and never estimated), ``outside_period``.
    """
    for sale in here[SALES]:
        entry = ended(sale, asked)
        value = sale.amount
        reason = entry.reason
        if value is not None and asked.currency not in (None, value.currency):
            reason = reason or "other_currency"
        elif value is None and entry.amount:
            reason = reason or "no_amount"
        yield entry._replace(
            amount=entry.amount * _worth(sale),
            weight=Fraction(max(entry.at - sale.opened_at, INSTANT) // INSTANT, DAY // INSTANT),
            reason=reason,
            department_id=sale.department_id or here[STAFF].team_at(sale.holder_id, entry.at),
            customer_id=sale.customer_id,
        )


def _worth(sale: Sale) -> Fraction:
    if sale.amount is None:
        return Fraction(0)
    scale: int = 10 ** digits(sale.amount.currency)
    return Fraction(sale.amount.minor, scale)
