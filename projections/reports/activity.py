"""When customers were with us: by contracts that held, or by purchases not too long ago.

Activity is told in spans ``(since, until]``: by contract from its start until its end, so that one
starting at an instant is not active at it yet, and one ending at it still is; by orders from a real
order until the gap after it. Pure counting, no log and no clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.customers.customer import CustomerRetracted
from domain.ids import CustomerId
from domain.kernel import Recorded
from domain.sales.contract import (
    CONTRACT,
    ContractEnded,
    ContractRenewed,
    ContractRetracted,
    ContractSigned,
)
from projections.reports.orders import Order

CONTRACT_EVENTS = tuple(event.__event_name__ for event in CONTRACT.event_types)


@dataclass(frozen=True, slots=True)
class Span:
    """A time for which a customer was active: after ``since``, up to and with ``until``.

    ``evidence``: the positions of the facts that say so. Without an end, ``until`` is None.
    """

    since: datetime
    until: datetime | None
    evidence: tuple[int, ...]

    def holds(self, instant: datetime) -> bool:
        """Tell whether the customer was active at an instant."""
        return self.since < instant and (self.until is None or instant <= self.until)


Spans = Mapping[CustomerId, Sequence[Span]]


@dataclass(slots=True)
class _Contract:
    customer_id: CustomerId
    since: datetime
    until: datetime | None
    evidence: list[int]


@dataclass(slots=True)
class Contracts:
    """All contracts of a log, gathered fact by fact in the log's order.

    One that was not renewed ends when its time is up, also before that is recorded.
    """

    by_id: dict[UUID, _Contract] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a contract, or forget those of a customer registered by mistake."""
        match fact.event:
            case ContractSigned() as signed:
                self.by_id[fact.stream_id] = _Contract(
                    signed.customer_id, signed.starts_at, signed.ends_at, [fact.position]
                )
            case ContractRenewed(ends_at=until) | ContractEnded(ended_at=until):
                if contract := self.by_id.get(fact.stream_id):
                    contract.until = until
                    contract.evidence.append(fact.position)
            case ContractRetracted():
                self.by_id.pop(fact.stream_id, None)
            case CustomerRetracted():
                gone = [k for k, each in self.by_id.items() if each.customer_id == fact.stream_id]
                for key in gone:
                    del self.by_id[key]
            case _:
                pass  # its title or value decides nothing here

    def spans(self) -> Spans:
        """Return when whose contracts held."""
        found: dict[CustomerId, list[Span]] = defaultdict(list)
        for each in self.by_id.values():
            if each.until is None or each.since < each.until:
                span = Span(each.since, each.until, tuple(each.evidence))
                found[each.customer_id].append(span)
        return found


def bought(orders: Iterable[Order], gap: timedelta) -> Spans:
    """Return for how long whose real orders count: until the gap after each."""
    found: dict[CustomerId, list[Span]] = defaultdict(list)
    for order in orders:
        if order.real and (at := order.settled_at) is not None:
            found[order.customer_id].append(Span(at, at + gap, (order.settled_by,)))
    return found


def lapses(spans: Iterable[Span], since: datetime, until: datetime) -> bool:
    """Tell whether a customer, active at both instants, was not active at some time between."""
    reached = since
    for span in sorted(spans, key=lambda span: span.since):
        if span.since > reached:
            break
        if span.until is None:
            return False
        reached = max(reached, span.until)
    return reached < until
