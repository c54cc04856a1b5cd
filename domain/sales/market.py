"""A market: how large it is said to be in a period, and by whom; the ground of our share of it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, assert_never

from domain.ids import DepartmentId, MarketId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.money import Money


def market_id(name: str) -> MarketId:
    """Return the id of the market of this name: each is described once."""
    return MarketId(named_id("market", name.strip().casefold()))


# --- Events -----------------------------------------------------------------------------------


@event("market.described", zh="市场界定")
class MarketDescribed:
    """Market described."""

    name: str
    department_id: DepartmentId
    scope: str | None


@event("market.size-published", zh="市场规模发布")
class MarketSizePublished:
    """Size of a market published."""

    starts_on: date
    ends_on: date
    size: Money
    source: str


@event("market.size-withdrawn", zh="市场规模撤回")
class MarketSizeWithdrawn:
    """Size of a market withdrawn."""

    starts_on: date
    ends_on: date


Event = MarketDescribed | MarketSizePublished | MarketSizeWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class DescribeMarket:
    """Describe a market that we sell in."""

    id: MarketId
    name: str
    department_id: Annotated[DepartmentId, MustBeActive()]
    scope: str | None = None


@command
class PublishMarketSize:
    """Publish how large a market was in a period; a later figure for it takes its place."""

    id: MarketId
    starts_on: date
    ends_on: date
    size: Money
    source: str


@command
class WithdrawMarketSize:
    """Withdraw the figure of a period; the envelope's reason says why."""

    id: MarketId
    starts_on: date
    ends_on: date


Command = DescribeMarket | PublishMarketSize | WithdrawMarketSize

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
    """The figure in force for a period, and where it is from."""

    starts_on: date
    ends_on: date
    size: Money
    source: str


@dataclass(frozen=True)
class Absent:
    """No such market."""


@dataclass(frozen=True)
class Described:
    """A market, with the figures in force, one for each period."""

    department_id: DepartmentId
    sizes: tuple[Size, ...] = ()

    def without(self, starts_on: date, ends_on: date) -> tuple[Size, ...]:
        """Return the figures of all other periods."""
        days = starts_on, ends_on
        return tuple(each for each in self.sizes if (each.starts_on, each.ends_on) != days)


Market = Absent | Described

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, market: Market, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: market.exists, market.unknown, market.ends-before-start,
    market.no-such-figure, market.reason-missing.
    """
    if isinstance(command, DescribeMarket):
        if isinstance(market, Described):
            raise Rejected("market.exists", "This market is described already.", field="name")
        return [
            MarketDescribed(
                name=command.name, department_id=command.department_id, scope=command.scope
            )
        ]
    if isinstance(market, Absent):
        raise Rejected("market.unknown", "There is no such market.")
    match command:
        case PublishMarketSize(starts_on=starts_on, ends_on=ends_on, size=size, source=source):
            if ends_on < starts_on:
                raise Rejected(
                    "market.ends-before-start", "A period ends after it starts.", field="ends_on"
                )
            if Size(starts_on, ends_on, size, source) in market.sizes:
                return []
            return [
                MarketSizePublished(starts_on=starts_on, ends_on=ends_on, size=size, source=source)
            ]
        case WithdrawMarketSize(starts_on=starts_on, ends_on=ends_on):
            if market.without(starts_on, ends_on) == market.sizes:
                raise Rejected("market.no-such-figure", "No figure of this period is in force.")
            if not envelope.reason:
                raise Rejected(
                    "market.reason-missing", "Say why the figure is withdrawn.", field="reason"
                )
            return [MarketSizeWithdrawn(starts_on=starts_on, ends_on=ends_on)]
        case _:
            assert_never(command)


def evolve(market: Market, fact: Fact[Event]) -> Market:
    """Fold one fact into the state."""
    match fact.event:
        case MarketDescribed(department_id=department_id):
            return Described(department_id)
        case _ if isinstance(market, Absent):
            return market
        case MarketSizePublished(starts_on=starts_on, ends_on=ends_on, size=size, source=source):
            others = market.without(starts_on, ends_on)
            sizes = (*others, Size(starts_on, ends_on, size, source))
        case MarketSizeWithdrawn(starts_on=starts_on, ends_on=ends_on):
            sizes = market.without(starts_on, ends_on)
        case _:
            assert_never(fact.event)
    return Described(market.department_id, sizes)


def active(market: Market) -> bool:
    """Tell whether the market is described."""
    return isinstance(market, Described)


MARKET: Decider[Command, Market, Event] = Decider(
    kind="market",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
