"""A service plan: what a tier of customers is promised, so that service differs by tier.

One for each tier; the id follows from it.
"""

from dataclasses import dataclass
from typing import assert_never

from domain.ids import ServicePlanId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event
from domain.values import Tier

MOST_A_YEAR = 366


def service_plan_id(tier: Tier) -> ServicePlanId:
    """Return the id of a tier's service plan."""
    return ServicePlanId(named_id("service-plan", tier))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePromises:
    """What every customer of a tier may count on; None where nothing is promised."""

    visits_per_year: int
    review_meetings_per_year: int
    response_note: str | None = None
    owner_role: str | None = None


# --- Events -----------------------------------------------------------------------------------


@event("service-plan.set", zh="设定服务方案")
class ServicePlanSet:
    """Service plan of a tier set."""

    tier: Tier
    promises: ServicePromises


Event = ServicePlanSet

# --- Commands ---------------------------------------------------------------------------------


@command
class SetServicePlan:
    """Say what the customers of a tier are promised from now on."""

    id: ServicePlanId
    tier: Tier
    promises: ServicePromises


Command = SetServicePlan

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unset:
    """Nothing is promised yet."""


@dataclass(frozen=True)
class Promised:
    """What a tier is promised."""

    tier: Tier
    promises: ServicePromises


ServicePlan = Unset | Promised

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, plan: ServicePlan, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: service-plan.not-the-tiers, service-plan.frequency.
    """
    if command.id != service_plan_id(command.tier):
        raise Rejected(
            "service-plan.not-the-tiers", "A plan's id follows from its tier.", field="tier"
        )
    said = command.promises
    for number in (said.visits_per_year, said.review_meetings_per_year):
        if not 0 <= number <= MOST_A_YEAR:
            raise Rejected(
                "service-plan.frequency",
                f"Promise 0 to {MOST_A_YEAR} visits and meetings a year.",
                field="promises",
            )
    match plan:
        case Promised(promises=promises) if promises == said:
            return []
        case Unset() | Promised():
            return [ServicePlanSet(tier=command.tier, promises=said)]
        case _:
            assert_never(plan)


def evolve(plan: ServicePlan, fact: Fact[Event]) -> ServicePlan:
    """Fold one fact into the state."""
    del plan  # every event carries the whole new state
    return Promised(fact.event.tier, fact.event.promises)


def active(plan: ServicePlan) -> bool:
    """Tell whether the tier is promised anything."""
    return isinstance(plan, Promised)


SERVICE_PLAN: Decider[Command, ServicePlan, Event] = Decider(
    kind="service-plan",
    commands=Command,
    events=Event,
    initial=Unset(),
    decide=decide,
    evolve=evolve,
    active=active,
)
