"""A public pool: the customers nobody owns, and the rules on which somebody may claim one.

There is one pool for a region, for a department, or for the whole company: its id is the uuid5 of
that place, so that no two can be opened.
"""

from dataclasses import dataclass
from typing import Annotated, assert_never

from domain.ids import DepartmentId, PoolId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event

LONGEST = 3650
"""The most days a rule may name: ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRules:
    """On what terms customers are claimed and kept; None: there is no such rule."""

    claim_limit: int | None = None
    """How many customers of the pool one person may own at once."""
    wait_days: int | None = None
    """How long somebody who gave a customer up, or lost it, waits before claiming it again."""
    protection_days: int | None = None
    """How long after a claim or a transfer nothing is reclaimed."""
    idle_days: int | None = None
    """After how many days without a contact a customer goes back to the pool."""
    stall_days: int | None = None
    """After how many days without progress it does."""


def pool_id(region: str | None = None, department_id: DepartmentId | None = None) -> PoolId:
    """Return the id of the pool of a region, of a department, or else of the whole company."""
    if region is not None:
        return PoolId(named_id("pool", "region", region))
    if department_id is not None:
        return PoolId(named_id("pool", "department", str(department_id)))
    return PoolId(named_id("pool", "company"))


# --- Events -----------------------------------------------------------------------------------


@event("pool.opened", zh="公海开放")
class PoolOpened:
    """Pool opened."""

    name: str
    region: str | None
    department_id: DepartmentId | None
    rules: PoolRules


@event("pool.rules-set", zh="公海规则变更")
class PoolRulesSet:
    """Pool's rules changed."""

    rules: PoolRules


@event("pool.closed", zh="公海关闭")
class PoolClosed:
    """Pool closed."""


Event = PoolOpened | PoolRulesSet | PoolClosed

# --- Commands ---------------------------------------------------------------------------------


@command
class OpenPool:
    """Open the pool of a region, of a department, or of the company; a closed one opens again."""

    id: PoolId
    name: str
    region: str | None = None
    department_id: Annotated[DepartmentId | None, MustBeActive()] = None
    rules: PoolRules = PoolRules()


@command
class SetPoolRules:
    """Change a pool's rules; those who own a customer keep the terms they claimed it on."""

    id: PoolId
    rules: PoolRules


@command
class ClosePool:
    """Close a pool: customers are claimed on the next wider pool's rules, or on none."""

    id: PoolId


Command = OpenPool | SetPoolRules | ClosePool

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such pool."""


@dataclass(frozen=True)
class Open:
    """A pool whose rules hold."""

    region: str | None
    department_id: DepartmentId | None
    rules: PoolRules


@dataclass(frozen=True)
class Closed:
    """A pool whose rules hold no more; the department decides still who may open it again."""

    region: str | None
    department_id: DepartmentId | None


Pool = Absent | Open | Closed

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, pool: Pool, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: pool.exists, pool.unknown, pool.closed, pool.two-places,
    pool.out-of-range.
    """
    match command:
        case OpenPool():
            if isinstance(pool, Open):
                raise Rejected("pool.exists", "There is a pool for this place already.")
            if command.region is not None and command.department_id is not None:
                raise Rejected(
                    "pool.two-places",
                    "A pool is a region's or a department's, not both; open one for each.",
                    field="department_id",
                )
            _check(command.rules)
            return [
                PoolOpened(
                    name=command.name,
                    region=command.region,
                    department_id=command.department_id,
                    rules=command.rules,
                )
            ]
        case SetPoolRules(rules=rules):
            here = _open(pool)
            _check(rules)
            return [] if here.rules == rules else [PoolRulesSet(rules=rules)]
        case ClosePool():
            _open(pool)
            return [PoolClosed()]
        case _:
            assert_never(command)


def _check(rules: PoolRules) -> None:
    at_least_one = (rules.claim_limit, rules.idle_days, rules.stall_days)
    at_least_none = (rules.wait_days, rules.protection_days)
    wrong = [each for each in at_least_one if each is not None and not 1 <= each <= LONGEST]
    wrong += [each for each in at_least_none if each is not None and not 0 <= each <= LONGEST]
    if wrong:
        raise Rejected(
            "pool.out-of-range",
            f"The rules name {wrong[0]}; write a number from 1 to {LONGEST}.",
            field="rules",
        )


def _open(pool: Pool) -> Open:
    match pool:
        case Open():
            return pool
        case Absent():
            raise Rejected("pool.unknown", "There is no such pool.")
        case Closed():
            raise Rejected("pool.closed", "The pool is closed; open it again first.")
        case _:
            assert_never(pool)


def evolve(pool: Pool, fact: Fact[Event]) -> Pool:
    """Fold one fact into the state."""
    match fact.event:
        case PoolOpened(region=region, department_id=department_id, rules=rules):
            return Open(region, department_id, rules)
        case _ if isinstance(pool, Absent):
            return pool
        case PoolRulesSet(rules=rules):
            return Open(pool.region, pool.department_id, rules)
        case PoolClosed():
            return Closed(pool.region, pool.department_id)
        case _:
            assert_never(fact.event)


def active(pool: Pool) -> bool:
    """Tell whether its rules hold."""
    return isinstance(pool, Open)


POOL: Decider[Command, Pool, Event] = Decider(
    kind="pool",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
