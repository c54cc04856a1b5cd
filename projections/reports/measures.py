"""What the log tells of each customer in numbers, replayed, each with the facts it rests on.

Facts of sales are read by their names and fields: what is not there (yet) measures nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from application.store.log import Log, Window
from domain.customers.tiering import TierCriterion, TierMeasure
from domain.days import day_of
from domain.kernel import Recorded
from domain.money import Money, digits
from domain.values import Tier
from projections.reports.replaying import Progress, shown

_COUNTED = {
    "interaction.logged": TierMeasure.INTERACTIONS,
    "request.opened": TierMeasure.REQUESTS,
    "order.placed": TierMeasure.ORDER_COUNT,
    "opportunity.opened": TierMeasure.OPEN_OPPORTUNITIES,
    "opportunity.reopened": TierMeasure.OPEN_OPPORTUNITIES,
}
_COUNTED_NO_MORE = {
    "interaction.retracted": TierMeasure.INTERACTIONS,
    "request.voided": TierMeasure.REQUESTS,
    "request.retracted": TierMeasure.REQUESTS,
    "order.voided": TierMeasure.ORDER_COUNT,
    "opportunity.won": TierMeasure.OPEN_OPPORTUNITIES,
    "opportunity.lost": TierMeasure.OPEN_OPPORTUNITIES,
}
_MONEY = {"order.paid": 1, "order.refunded": -1}
"""What comes in counts, what goes back counts against it."""
_CUSTOMERS = (
    "customer.registered",
    "customer.details-changed",
    "customer.tiered",
    "customer.retracted",
    "customer.merged",
    "customer.unmerged",
)
NAMES = (*_CUSTOMERS, *_COUNTED, *_COUNTED_NO_MORE, *_MONEY)
"""The events that measures rest on."""


class Measured(NamedTuple):
    """A measure (None: nothing is known) and the positions of the facts that it rests on."""

    value: Fraction | None
    positions: tuple[int, ...]


class _Counted(NamedTuple):
    customer_id: UUID
    at: datetime
    position: int


class _Paid(NamedTuple):
    customer_id: UUID
    at: datetime
    position: int
    order_id: UUID
    amount: Money
    sign: int


@dataclass(slots=True)
class Known:
    """What the log tells of one customer by itself."""

    name: str
    tier: Tier
    registered_at: datetime
    registered: int
    tiered_at: datetime | None = None
    employees: int | None = None
    employees_told: int | None = None

    def since(self, zone: tzinfo) -> date:
        """Return the day from which on the present tier is due for a review some time."""
        return day_of(self.tiered_at or self.registered_at, zone)


@dataclass
class Measures:
    """All customers, and what was counted for them; it takes one fact after the other."""

    customers: dict[UUID, Known] = field(default_factory=dict)
    last_at: datetime | None = None
    """The latest time at which anything of this happened."""
    _counted: dict[TierMeasure, dict[UUID, _Counted]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _paid: list[_Paid] = field(default_factory=list)
    _voided: set[UUID] = field(default_factory=set)
    _into: dict[UUID, UUID] = field(default_factory=dict)
    """Customers that were merged into another: what is theirs is the other's."""

    def take(self, fact: Recorded[Any]) -> None:
        """Take the next fact."""
        self.last_at = max(self.last_at or fact.occurred_at, fact.occurred_at)
        name, event = fact.name, fact.event
        if name in _COUNTED:
            counted = _Counted(event.customer_id, fact.occurred_at, fact.position)
            self._counted[_COUNTED[name]][fact.stream_id] = counted
        elif name in _COUNTED_NO_MORE:
            self._counted[_COUNTED_NO_MORE[name]].pop(fact.stream_id, None)
            if name == "order.voided":
                self._voided.add(fact.stream_id)
        elif name in _MONEY:
            place = (event.customer_id, fact.occurred_at, fact.position)
            self._paid.append(_Paid(*place, fact.stream_id, event.amount, _MONEY[name]))
        else:
            self._take_customer(fact)

    def _take_customer(self, fact: Recorded[Any]) -> None:
        event, key = fact.event, fact.stream_id
        if fact.name == "customer.registered":
            known = Known(event.details.name, event.tier, fact.occurred_at, fact.position)
            self.customers[key] = known
            _employs(known, event.details.employees, fact)
        elif fact.name == "customer.retracted":
            self.customers.pop(key, None)
        elif fact.name == "customer.merged":
            self._into[key] = event.into_id
        elif fact.name == "customer.unmerged":
            self._into.pop(key, None)
        elif known_here := self.customers.get(key):
            if fact.name == "customer.tiered":
                known_here.tier, known_here.tiered_at = event.tier, fact.occurred_at
            else:
                known_here.name = event.details.name
                _employs(known_here, event.details.employees, fact)

    def each(self) -> Iterator[tuple[UUID, Known]]:
        """Return the customers that stand by themselves, in the order of their ids."""
        for key in sorted(self.customers.keys() - self._into.keys()):
            yield key, self.customers[key]

    # --- Measuring ---

    def by_customer(self, criterion: TierCriterion, until: datetime) -> Callable[[UUID], Measured]:
        """Return how to look up what a criterion measures of a customer, up to a time."""
        match criterion.measure:
            case TierMeasure.EMPLOYEES:
                return self._employees
            case TierMeasure.TENURE_DAYS:
                return lambda key: self._tenure(key, until)
            case TierMeasure.PAID_AMOUNT:
                found = self._amounts(criterion, until)
            case _:
                found = self._counts(criterion, until)
        nothing = Measured(Fraction(0), ())  # the log tells it: there was none
        return lambda key: found.get(key, nothing)

    def _employees(self, key: UUID) -> Measured:
        known = self.customers[key]
        if known.employees is None or known.employees_told is None:
            return Measured(None, ())
        return Measured(Fraction(known.employees), (known.employees_told,))

    def _tenure(self, key: UUID, until: datetime) -> Measured:
        known = self.customers[key]
        days = (until - known.registered_at) // timedelta(days=1)
        return Measured(Fraction(max(days, 0)), (known.registered,))

    def _counts(self, criterion: TierCriterion, until: datetime) -> dict[UUID, Measured]:
        positions: dict[UUID, list[int]] = defaultdict(list)
        for each in self._counted[criterion.measure].values():
            if _inside(each.at, criterion, until):
                positions[self._whose(each.customer_id)].append(each.position)
        return {
            key: Measured(Fraction(len(found)), tuple(sorted(found)))
            for key, found in positions.items()
        }

    def _amounts(self, criterion: TierCriterion, until: datetime) -> dict[UUID, Measured]:
        currency = criterion.currency or ""
        minor: dict[UUID, int] = defaultdict(int)
        positions: dict[UUID, list[int]] = defaultdict(list)
        for paid in self._paid:
            counts = paid.amount.currency == currency and paid.order_id not in self._voided
            if counts and _inside(paid.at, criterion, until):
                key = self._whose(paid.customer_id)
                minor[key] += paid.sign * paid.amount.minor
                positions[key].append(paid.position)
        unit = 10 ** digits(currency)
        return {
            key: Measured(Fraction(total, unit), tuple(positions[key]))
            for key, total in minor.items()
        }

    def _whose(self, key: UUID) -> UUID:
        while key in self._into:  # rules see to it that no chain closes
            key = self._into[key]
        return key


def _employs(known: Known, number: int | None, fact: Recorded[Any]) -> None:
    if number != known.employees:
        known.employees = number
        known.employees_told = None if number is None else fact.position


def _inside(at: datetime, criterion: TierCriterion, until: datetime) -> bool:
    if criterion.window_days is None:
        return at <= until
    return until - timedelta(days=criterion.window_days) < at <= until


def measures(log: Log, window: Window, progress: Progress) -> Measures:
    """Replay what measures rest on, as the window shows it; its position is given."""
    found = Measures()
    for fact in shown(log, window, NAMES, progress):
        found.take(fact)
    return found
