"""Who owned a customer when: days of each owner, and the shares that follow from them."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.customers.ownership_rules import OWNERSHIP
from domain.days import day_of
from domain.ids import MemberId
from domain.kernel import Recorded

OWNERSHIP_EVENTS = tuple(event.__event_name__ for event in OWNERSHIP.event_types)
OWNER_DAYS = 90
"""How many dates before a day count for whose a customer was."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Whose a customer was: days of each owner, and parts that make a whole."""

    days: Mapping[MemberId, int]
    parts: Mapping[MemberId, Fraction]


@dataclass
class Owners:
    """Everybody's customers over time, gathered fact by fact in the log's order."""

    _changes: dict[UUID, list[tuple[datetime, int, MemberId | None]]] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of an ownership; every one tells who owns the customer from then on."""
        owner: MemberId | None = getattr(fact.event, "owner_id", None)
        change = (fact.occurred_at, fact.position, owner)
        told = self._changes.setdefault(fact.event.customer_id, [])
        told.insert(bisect_right(told, change[:2], key=lambda each: each[:2]), change)

    def at(self, customer_id: UUID, instant: datetime) -> MemberId | None:
        """Return the owner at an instant; a change at that very instant counts."""
        told = self._told(customer_id)
        place = bisect_right(told, instant, key=lambda each: each[0])
        return told[place - 1][2] if place else None

    def before(self, customer_id: UUID, instant: datetime) -> MemberId | None:
        """Return the owner just before an instant."""
        told = self._told(customer_id)
        place = bisect_left(told, instant, key=lambda each: each[0])
        return told[place - 1][2] if place else None

    def _told(self, customer_id: UUID) -> Sequence[tuple[datetime, int, MemberId | None]]:
        return self._changes.get(customer_id, ())

    def shares(self, customer_id: UUID, day: date, instant: datetime, zone: tzinfo) -> Shares:
        """Return whose the customer was in the 90 local dates before a day.

        A date is its owner's at its end; dates without one are left out. Where none remain, the
        owner at ``instant`` has it all; without one, nobody has a share.
        """
        owners = self._dates(customer_id, day, zone)
        if owners:
            whole = owners.total()
            return Shares(owners, {owner: Fraction(n, whole) for owner, n in owners.items()})
        owner = self.at(customer_id, instant)
        return Shares({}, {owner: Fraction(1)} if owner else {})

    def _dates(self, customer_id: UUID, day: date, zone: tzinfo) -> Counter[MemberId]:
        """Return of how many of the 90 dates each owner owned the customer at the end."""
        found: Counter[MemberId] = Counter()
        begins, ends = day - timedelta(days=OWNER_DAYS), day
        for since, _, owner in reversed(self._told(customer_id)):
            first = max(day_of(since, zone), begins)
            if first < ends:  # else somebody else had it before that date was over
                if owner:
                    found[owner] += (ends - first).days
                ends = first
            if ends == begins:
                break
        return found
