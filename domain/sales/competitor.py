"""A competitor: who else our customers talk to, and what we have seen them do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import CompetitorId, CustomerId, DepartmentId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.money import Money


def competitor_id(name: str) -> CompetitorId:
    """Return the id of the competitor of this name: each is entered once."""
    return CompetitorId(named_id("competitor", name.strip().casefold()))


class Sight(StrEnum):
    """What a competitor was seen with."""

    PRICE = "price"
    PRODUCT = "product"
    CAMPAIGN = "campaign"
    HIRING = "hiring"
    WON = "won"
    """They won a customer, or an order."""
    LOST = "lost"
    OTHER = "other"


# --- Events -----------------------------------------------------------------------------------


@event("competitor.entered", zh="竞争对手登记")
class CompetitorEntered:
    """Competitor entered."""

    name: str
    department_id: DepartmentId
    website: str | None


@event("competitor.observed", zh="竞争对手动态")
class CompetitorObserved:
    """Competitor observed."""

    sight: Sight
    note: str
    customer_id: CustomerId | None
    price: Annotated[Money | None, Confidential(FieldClass.MONEY)]


Event = CompetitorEntered | CompetitorObserved

# --- Commands ---------------------------------------------------------------------------------


@command
class EnterCompetitor:
    """Enter a competitor."""

    id: CompetitorId
    name: str
    department_id: Annotated[DepartmentId, MustBeActive()]
    website: str | None = None


@command
class ObserveCompetitor:
    """Note what a competitor was seen doing, and at which customer."""

    id: CompetitorId
    sight: Sight
    note: str
    customer_id: CustomerId | None = None
    price: Money | None = None


Command = EnterCompetitor | ObserveCompetitor

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such competitor."""


@dataclass(frozen=True)
class Entered:
    """A competitor we watch."""

    department_id: DepartmentId


Competitor = Absent | Entered

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, competitor: Competitor, envelope: Envelope) -> list[Event]:
    """Decide what follows. Raises ``Rejected``: competitor.exists, competitor.unknown."""
    del envelope
    match command:
        case EnterCompetitor(name=name, department_id=department_id, website=website):
            if isinstance(competitor, Entered):
                raise Rejected("competitor.exists", "This competitor is known.", field="name")
            return [CompetitorEntered(name=name, department_id=department_id, website=website)]
        case _ if isinstance(competitor, Absent):
            raise Rejected("competitor.unknown", "There is no such competitor.")
        case ObserveCompetitor():
            return [
                CompetitorObserved(
                    sight=command.sight,
                    note=command.note,
                    customer_id=command.customer_id,
                    price=command.price,
                )
            ]
        case _:
            assert_never(command)


def evolve(competitor: Competitor, fact: Fact[Event]) -> Competitor:
    """Fold one fact into the state."""
    match fact.event:
        case CompetitorEntered(department_id=department_id):
            return Entered(department_id)
        case CompetitorObserved():
            return competitor
        case _:
            assert_never(fact.event)


def active(competitor: Competitor) -> bool:
    """Tell whether the competitor is known."""
    return isinstance(competitor, Entered)


COMPETITOR: Decider[Command, Competitor, Event] = Decider(
    kind="competitor",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
