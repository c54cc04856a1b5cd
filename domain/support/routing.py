"""The routing of a department: the rules by which its requests find who takes them.

They are set as a whole, version by version; what was routed names the rule and its version.
"""

from dataclasses import dataclass
from typing import Annotated, assert_never

from domain.ids import DepartmentId, RoutingId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.support.routing_choice import Rule

MOST_PRIORITY = 9
MOST_LEVEL = 5


def routing_id(department_id: DepartmentId) -> RoutingId:
    """Return the id of a department's routing: it has one."""
    return RoutingId(named_id("routing", str(department_id)))


def cited(rule: str, number: int) -> str:
    """Return how a fact names the rule that chose: by its name and its version."""
    return f"{rule} (version {number})"


# --- Events -----------------------------------------------------------------------------------


@event("routing.set", zh="设定分派规则")
class RoutingSet:
    """Routing rules set."""

    department_id: DepartmentId
    number: int
    """Which version these are, from 1."""
    rules: tuple[Rule, ...]


@event("routing.withdrawn", zh="停用分派规则")
class RoutingWithdrawn:
    """Routing rules withdrawn: requests stay in the queue."""

    department_id: DepartmentId


Event = RoutingSet | RoutingWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class SetRouting:
    """Set a department's rules, in the order in which they are tried; its id follows from it."""

    id: RoutingId
    department_id: Annotated[DepartmentId, MustBeActive()]
    rules: tuple[Rule, ...]


@command
class WithdrawRouting:
    """Withdraw a department's rules; a person looks for who takes what."""

    id: RoutingId


Command = SetRouting | WithdrawRouting

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No rules were ever set."""


@dataclass(frozen=True)
class InForce:
    """The rules that requests are routed by."""

    department_id: DepartmentId
    number: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Withdrawn:
    """No rules any more; ``number`` is the last version that there was."""

    department_id: DepartmentId
    number: int


Routing = Absent | InForce | Withdrawn

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, routing: Routing, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: routing.unknown, routing.none-set, routing.no-rules, routing.rule-twice,
    routing.one-destination, routing.no-departments, routing.not-a-priority, routing.not-a-level,
    routing.not-a-load.
    """
    match command:
        case SetRouting(department_id=department_id, rules=rules):
            _check(rules)
            if isinstance(routing, InForce) and routing.rules == rules:
                return []
            number = 0 if isinstance(routing, Absent) else routing.number
            return [RoutingSet(department_id=department_id, number=number + 1, rules=rules)]
        case WithdrawRouting():
            if isinstance(routing, Absent):
                raise Rejected("routing.unknown", "No routing rules were ever set here.")
            if isinstance(routing, Withdrawn):
                raise Rejected("routing.none-set", "The routing rules are withdrawn already.")
            return [RoutingWithdrawn(department_id=routing.department_id)]
        case _:
            assert_never(command)


def _check(rules: tuple[Rule, ...]) -> None:
    if not rules:
        raise Rejected(
            "routing.no-rules", "Set at least one rule, or withdraw them all.", field="rules"
        )
    if len({rule.name for rule in rules}) < len(rules):
        raise Rejected("routing.rule-twice", "Name each rule once.", field="rules")
    for rule in rules:
        _check_one(rule)


def _check_one(rule: Rule) -> None:
    least, team = rule.when.least_priority, rule.to.team
    if rule.to.places != 1:
        raise Rejected(
            "routing.one-destination",
            f"Send {rule.name!r} to a queue, to a member or to a team: to one of them.",
            field="rules",
        )
    if least is not None and not 1 <= least <= MOST_PRIORITY:
        raise Rejected(
            "routing.not-a-priority", f"A priority is 1 to {MOST_PRIORITY}.", field="rules"
        )
    if team is None:
        return
    if not team.departments:
        raise Rejected(
            "routing.no-departments", "Say whose members a team is made of.", field="rules"
        )
    if not all(1 <= each.level <= MOST_LEVEL for each in team.skills):
        raise Rejected("routing.not-a-level", f"A level is 1 to {MOST_LEVEL}.", field="rules")
    if team.at_most is not None and team.at_most < 1:
        raise Rejected(
            "routing.not-a-load", "The most that somebody may hold is one or more.", field="rules"
        )


def evolve(routing: Routing, fact: Fact[Event]) -> Routing:
    """Fold one fact into the state."""
    match fact.event:
        case RoutingSet(department_id=department_id, number=number, rules=rules):
            return InForce(department_id, number, rules)
        case RoutingWithdrawn():
            if isinstance(routing, Absent):
                return routing
            return Withdrawn(routing.department_id, routing.number)
        case _:
            assert_never(fact.event)


def active(routing: Routing) -> bool:
    """Tell whether requests are routed by it."""
    return isinstance(routing, InForce)


ROUTING: Decider[Command, Routing, Event] = Decider(
    kind="routing",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
