"""Further sources that metrics read: contracts, contacts, touches, markets, who recorded what."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from application.catalogue import BY_KIND
from domain.customers.customer import CustomerRetracted
from domain.customers.interaction import InteractionLogged, InteractionRetracted
from domain.customers.referral import ReferralConverted
from domain.ids import DepartmentId, MemberId
from domain.kernel import Recorded
from domain.sales.market import MarketDescribed, MarketSizePublished, MarketSizeWithdrawn
from domain.support.follow_up import FollowUpDone
from domain.support.improvement import ImprovementOpened
from domain.support.request import RequestOpened, RequestQueued
from projections.reports import campaign_return
from projections.reports.activity import CONTRACT_EVENTS, Contracts
from projections.scoring.material import Source, names_of

CONTRACTS = Source(Contracts, (*CONTRACT_EVENTS, *names_of(CustomerRetracted)))
TOUCHES = Source(campaign_return.Gathered, campaign_return.NAMES)


# --- Facts as they are ----------------------------------------------------------------------------


@dataclass
class Kept:
    """Facts that metrics read as they are, of those that stand, in the log's order."""

    by_id: dict[tuple[UUID, int], Recorded[Any]] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact; what was taken back never was, nor what a customer had that was none."""
        if isinstance(fact.event, CustomerRetracted):
            gone = [k for k, each in self.by_id.items() if _whose(each) == fact.stream_id]
        elif fact.retracts:
            gone = [key for key in self.by_id if key[0] == fact.stream_id]
        else:
            self.by_id[fact.stream_id, fact.version] = fact
            return
        for key in gone:
            del self.by_id[key]

    def __iter__(self) -> Iterator[Recorded[Any]]:
        """Go through them in the log's order."""
        return iter(self.by_id.values())


def _whose(fact: Recorded[Any]) -> UUID | None:
    return getattr(fact.event, "customer_id", None)


CONTACTS = Source(Kept, names_of(InteractionLogged, InteractionRetracted, CustomerRetracted))
REFERRALS = Source(Kept, names_of(ReferralConverted, CustomerRetracted))
LISTENING = Source(Kept, names_of(FollowUpDone, ImprovementOpened, CustomerRetracted))


# --- Markets --------------------------------------------------------------------------------------


@dataclass
class Markets:
    """How large markets are said to be, and whose they are; a later figure replaces an earlier."""

    departments: dict[UUID, DepartmentId] = field(default_factory=dict)
    sizes: list[Recorded[MarketSizePublished]] = field(default_factory=list)
    last: dict[tuple[UUID, date, date], int] = field(default_factory=dict)
    """The position of what was said last of a market in a period."""

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a market."""
        match fact.event:
            case MarketDescribed(department_id=department_id):
                self.departments[fact.stream_id] = department_id
            case MarketSizePublished() | MarketSizeWithdrawn() as said:
                self.last[fact.stream_id, said.starts_on, said.ends_on] = fact.position
                if isinstance(said, MarketSizePublished):
                    self.sizes.append(fact)
            case _:
                pass


MARKETS = Source(Markets, names_of(MarketDescribed, MarketSizePublished, MarketSizeWithdrawn))


# --- Departments that had a request ---------------------------------------------------------------


@dataclass
class Queues:
    """In which departments' queues requests were put, one after the other."""

    moves: dict[UUID, list[tuple[datetime, int, DepartmentId]]] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add that a request was opened, or put into a queue."""
        told = self.moves.setdefault(fact.stream_id, [])
        move = (fact.occurred_at, fact.position, fact.event.department_id)
        told.insert(bisect_right(told, move[:2], key=lambda each: each[:2]), move)

    def until(self, request_id: UUID, instant: datetime) -> list[tuple[int, DepartmentId]]:
        """Return the departments a request was with until an instant, each with where it says so.

        Equal neighbours are one.
        """
        found: list[tuple[int, DepartmentId]] = []
        for at, position, department_id in self.moves.get(request_id, ()):
            if at <= instant and (not found or found[-1][1] != department_id):
                found.append((position, department_id))
        return found


QUEUES = Source(Queues, names_of(RequestOpened, RequestQueued))


# --- What was recorded, and when ------------------------------------------------------------------

WORK = frozenset(
    {
        "complaint",
        "contract",
        "follow-up",
        "interaction",
        "lead",
        "need",
        "offer",
        "opportunity",
        "order",
        "quote",
        "referral",
        "request",
    }
)
"""Kinds of things whose facts tell of somebody's work with a customer."""


class Noted(NamedTuple):
    """A fact that a member recorded, or somebody for them: when it happened, when it was told."""

    position: int
    by: MemberId
    occurred_at: datetime
    recorded_at: datetime
    imported: bool


@dataclass
class Notes:
    """All that members told of their work with customers."""

    by_thing: dict[UUID, list[Noted]] = field(default_factory=lambda: defaultdict(list))

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact; what was taken back never was, and what no member did is nobody's habit."""
        envelope = fact.envelope
        if fact.retracts:  # dated back to where the thing began: no habit either
            self.by_thing.pop(fact.stream_id, None)
        elif (by := envelope.performer) is not None:
            times = fact.occurred_at, fact.recorded_at
            noted = Noted(fact.position, by, *times, envelope.imported is not None)
            self.by_thing[fact.stream_id].append(noted)

    def __iter__(self) -> Iterator[Noted]:
        """Go through them, thing by thing."""
        for noted in self.by_thing.values():
            yield from noted


NOTES = Source(
    Notes,
    tuple(event.__event_name__ for kind in sorted(WORK) for event in BY_KIND[kind].event_types),
)
