"""How each customer has bought: days with real orders, what came in, what it cost us.

Pure counting over the orders of one currency, no log and no clock. Several orders of a customer on
one local date are one purchase; its value is what is left of their payments after refunds.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, tzinfo
from fractions import Fraction

from domain.days import day_of
from domain.ids import CustomerId
from projections.reports.orders import Order
from projections.value.bg_nbd import Buying
from projections.value.gamma_gamma import Spending

WEEK = 7
"""Days of a week, the unit of time of the models."""


@dataclass(slots=True)
class Purchases:
    """One customer's purchases; money is minor units."""

    days: dict[date, int] = field(default_factory=dict)
    """What came in on each day with a real order."""
    cost: Fraction | None = Fraction(0)
    """What they cost us; None where that is not known of all of them."""
    positions: list[int] = field(default_factory=list)

    def take(self, order: Order, day: date) -> None:
        """Add a real order."""
        self.days[day] = self.days.get(day, 0) + order.net
        cost = order.cost
        self.cost = None if self.cost is None or cost is None else self.cost + cost
        self.positions.append(order.settled_by)

    @property
    def net(self) -> int:
        """What came in and was not paid back."""
        return sum(self.days.values())

    @property
    def contribution(self) -> Fraction | None:
        """Profit contribution: what came in less what it cost us; None where that is unknown."""
        return None if self.cost is None else self.net - self.cost

    @property
    def margin(self) -> Fraction | None:
        """The part of what came in that is profit; None where unknown, or where nothing came in."""
        profit = self.contribution
        return profit / self.net if profit is not None and self.net else None

    @property
    def first(self) -> date:
        """The day of the first purchase."""
        return min(self.days)

    @property
    def last(self) -> date:
        """The day of the last one."""
        return max(self.days)

    def buying(self, until: date) -> Buying:
        """Return how they have bought, looked on until the end of a day."""
        return Buying(
            x=len(self.days) - 1,
            t_x=(self.last - self.first).days / WEEK,
            T=(until - self.first).days / WEEK,
        )

    def spending(self) -> Spending:
        """Return what they spent on repeat purchases, on average, in minor units."""
        again = [value for day, value in self.days.items() if day != self.first]
        return Spending(len(again), sum(again) / len(again) if again else 0.0)


def by_customer(orders: Iterable[Order], until: date, zone: tzinfo) -> dict[CustomerId, Purchases]:
    """Gather the real orders up to and with a local date, by customer."""
    found: dict[CustomerId, Purchases] = defaultdict(Purchases)
    for order in orders:
        if order.real and order.settled_at is not None:
            day = day_of(order.settled_at, zone)
            if day <= until:
                found[order.customer_id].take(order, day)
    return dict(found)
