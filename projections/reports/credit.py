"""Credit: what was sold in a period, and whose sale it was; no part is lost or counted twice.

A report by replay. Definitions (cases/README.md 5 "credit", METRICS.md 14 and 1, rules):

- **total** = payments minus refunds that happened inside the period, each by its own time; orders
  that were voided, whenever, are left out with all their payments and refunds.
- Each is divided by the order's **split** as it was closed. What a split names nobody for, and all
  of an order without one, is **unattributed**.
- **members**: everybody in the split of a payment or refund that counts.
- Exact, rounded half up once. **conserved**: the exact parts add up to the exact total.
- Currencies are never added: each has figures of its own.
- **evidence**: the positions of the payments and refunds that count; **excluded**: of those of
  voided orders.
"""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from application.store.log import NOW, Log, Window
from domain.customers.customer import CustomerRetracted
from domain.ids import MemberId
from domain.money import digits
from domain.sales.split import WHOLE, Share
from projections.reports.orders import ORDER_EVENTS, Booking, Order, Orders
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import places

NOBODY = (Share(None, WHOLE),)
"""The split of an order that has none."""


def credit(log: Log, period: Period, window: Window = NOW, progress: Progress = silent) -> Report:
    """Replay the orders of the log as the window shows it, and report whose sales they were."""
    window, orders = ended(log, window), Orders()
    names = (*ORDER_EVENTS, CustomerRetracted.__event_name__)  # type: ignore[attr-defined]
    for fact in shown(log, window, names, progress):
        orders.take(fact)
    return heading("credit", window) | {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "facts": orders.facts,
        "currencies": report(orders, period),
    }


def report(orders: Iterable[Order], period: Period) -> list[Report]:
    """Divide what was sold in the period, currency by currency."""
    inside: dict[str, list[tuple[Order, Booking]]] = defaultdict(list)
    for order in orders:
        for booking in order.bookings:
            if period.holds(booking.at):
                inside[order.currency].append((order, booking))
    return [_currency(each, inside[each]) for each in sorted(inside)]


def _currency(currency: str, inside: list[tuple[Order, Booking]]) -> Report:
    members: dict[MemberId, Fraction] = defaultdict(Fraction)
    total, nobody = Fraction(0), Fraction(0)
    counted = [(order, booking) for order, booking in inside if order.voided is None]
    for order, booking in counted:
        total += booking.minor
        for share in order.split or NOBODY:
            part = Fraction(share.percent) / 100 * booking.minor
            if share.member_id is None:
                nobody += part
            else:
                members[share.member_id] += part

    def written(minor: Fraction) -> str:
        return places(minor / 10 ** digits(currency), digits(currency))

    return {
        "currency": currency,
        "total": written(total),
        "members": {str(id_): written(part) for id_, part in sorted(members.items())},
        "unattributed": written(nobody),
        "conserved": sum(members.values(), nobody) == total,
        "evidence": _positions(booking for _, booking in counted),
        "excluded": _positions(each for order, each in inside if order.voided is not None),
    }


def _positions(bookings: Iterable[Booking]) -> list[str]:
    return [str(position) for position in sorted(each.position for each in bookings)]
