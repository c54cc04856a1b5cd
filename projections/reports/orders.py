"""What the log says of orders: what was paid and paid back on each, and which of them are real.

An order is **settled** when it is first paid; one that costs nothing, when it is placed. It is
**real** if it is settled, was not voided and was not fully refunded, whenever that happened: what
was taken back was no purchase. Amounts are minor units of the order's currency.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.customers.customer import CustomerRetracted
from domain.ids import CustomerId, OpportunityId
from domain.kernel import Recorded
from domain.sales.order import (
    OrderDueChanged,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderSplitChanged,
    OrderVoided,
    total_of,
)
from domain.sales.order_rules import ORDER
from domain.sales.split import Share

ORDER_EVENTS = tuple(event.__event_name__ for event in ORDER.event_types)


@dataclass(frozen=True, slots=True)
class Booking:
    """Money that came in, or went back (below zero): when, how much, and where the log says so."""

    at: datetime
    minor: int
    position: int


@dataclass(slots=True)
class Order:
    """One order, as far as the log tells."""

    customer_id: CustomerId
    currency: str
    lines: tuple[OrderLine, ...]
    split: tuple[Share, ...]
    placed_at: datetime
    placed: int
    """The position of the fact that it was placed."""
    opportunity_id: OpportunityId | None = None
    due: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    """When it is due, as from when on that was agreed, in the log's order."""
    bookings: list[Booking] = field(default_factory=list)
    voided: int | None = None
    """The position of the fact that it was voided."""

    @property
    def payments(self) -> list[Booking]:
        """What came in, in order of time."""
        return sorted((each for each in self.bookings if each.minor > 0), key=_when)

    @property
    def net(self) -> int:
        """What was paid and not paid back."""
        return sum(each.minor for each in self.bookings)

    @property
    def settled(self) -> tuple[datetime, int] | None:
        """When it was first paid, or placed if it costs nothing, and where the log says so.

        None while nothing is paid.
        """
        if payments := self.payments:
            return _when(payments[0])
        return None if total_of(self.lines) else (self.placed_at, self.placed)

    @property
    def settled_at(self) -> datetime | None:
        """When it was settled, if it is."""
        return settled[0] if (settled := self.settled) else None

    @property
    def settled_by(self) -> int:
        """The position of the fact that it was first paid, or placed."""
        return settled[1] if (settled := self.settled) else self.placed

    @property
    def refunded(self) -> bool:
        """Whether all that was paid went back."""
        return self.net <= 0 and bool(self.payments)

    @property
    def real(self) -> bool:
        """Whether it counts as a purchase."""
        return self.voided is None and not self.refunded and self.settled is not None

    def due_at(self, instant: datetime) -> datetime | None:
        """Return when its payment was due, as had been agreed by an instant; None: no such day."""
        agreed = [due for since, due in self.due if since <= instant]
        return agreed[-1] if agreed else None

    @property
    def cost(self) -> Fraction | None:
        """What its lines cost us; None where that is not known of all of them."""
        costs = [
            Fraction(line.quantity) * line.unit_cost.minor for line in self.lines if line.unit_cost
        ]
        return sum(costs, Fraction(0)) if len(costs) == len(self.lines) else None


def _when(booking: Booking) -> tuple[datetime, int]:
    return booking.at, booking.position


@dataclass(slots=True)
class Orders:
    """All orders of a log, gathered fact by fact in the log's order."""

    by_id: dict[UUID, Order] = field(default_factory=dict)
    facts: int = 0

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of an order; who was registered by mistake has none."""
        if isinstance(fact.event, CustomerRetracted):
            gone = [key for key, each in self.by_id.items() if each.customer_id == fact.stream_id]
            for key in gone:
                del self.by_id[key]
            return
        self.facts += 1
        if isinstance(fact.event, OrderPlaced):
            self.by_id[fact.stream_id] = _placed(fact.event, fact)
        elif order := self.by_id.get(fact.stream_id):
            _follow(order, fact)

    def __iter__(self) -> Iterator[Order]:
        """Go through them in the order in which they were placed."""
        return iter(self.by_id.values())


def _placed(event: OrderPlaced, fact: Recorded[Any]) -> Order:
    return Order(
        customer_id=event.customer_id,
        currency=event.currency,
        lines=event.lines,
        split=event.split,
        placed_at=fact.occurred_at,
        placed=fact.position,
        opportunity_id=event.opportunity_id,
        due=[(fact.occurred_at, event.due_at)],
    )


def _follow(order: Order, fact: Recorded[Any]) -> None:
    match fact.event:
        case OrderSplitChanged(split=split):
            order.split = split
        case OrderPaid(amount=amount):
            order.bookings.append(Booking(fact.occurred_at, amount.minor, fact.position))
        case OrderRefunded(amount=amount):
            order.bookings.append(Booking(fact.occurred_at, -amount.minor, fact.position))
        case OrderVoided():
            order.voided = fact.position
        case OrderDueChanged(due_at=due_at):
            order.due.append((fact.occurred_at, due_at))
        case _:
            pass  # that it is overdue follows from when it is due
