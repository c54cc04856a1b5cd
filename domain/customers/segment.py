"""A segment: customers with something in common, for whom an offer is made.

Who belongs to it is found whenever somebody asks; the segment only says by what.
"""

from dataclasses import dataclass, replace
from typing import Annotated, assert_never
from uuid import UUID

from domain.customers.customer import BusinessPhase
from domain.ids import DepartmentId, SegmentId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.values import Tier

MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCriteria:
    """What the customers of a segment have in common: all of it; of each list any one.

    The age of the last contact is in whole days. A customer who was never contacted is older than
    any age.
    """

    tiers: tuple[Tier, ...] = ()
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    phases: tuple[BusinessPhase, ...] = ()
    owner_ids: tuple[UUID, ...] = ()
    contact_age_from: int | None = None
    contact_age_to: int | None = None


# --- Events -----------------------------------------------------------------------------------


@event("segment.defined", zh="定义客户细分")
class SegmentDefined:
    """Segment defined."""

    name: str
    department_id: DepartmentId
    criteria: SegmentCriteria


@event("segment.changed", zh="变更客户细分")
class SegmentChanged:
    """Segment changed."""

    name: str
    department_id: DepartmentId
    criteria: SegmentCriteria


@event("segment.retired", zh="停用客户细分")
class SegmentRetired:
    """Segment retired."""

    department_id: DepartmentId


Event = SegmentDefined | SegmentChanged | SegmentRetired

# --- Commands ---------------------------------------------------------------------------------


@command
class DefineSegment:
    """Define a segment for a department's campaigns."""

    id: SegmentId
    name: str
    department_id: Annotated[DepartmentId, MustBeActive()]
    criteria: SegmentCriteria


@command
class ChangeSegment:
    """Say anew what a segment is called, and what its customers have in common."""

    id: SegmentId
    name: str
    criteria: SegmentCriteria


@command
class RetireSegment:
    """Retire a segment: no more offers are made for it."""

    id: SegmentId


Command = DefineSegment | ChangeSegment | RetireSegment

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such segment."""


@dataclass(frozen=True)
class Defined:
    """A segment in use."""

    name: str
    department_id: DepartmentId
    criteria: SegmentCriteria


@dataclass(frozen=True)
class Retired:
    """A segment of earlier days."""

    department_id: DepartmentId


Segment = Absent | Defined | Retired

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, segment: Segment, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: segment.exists, segment.unknown, segment.retired, segment.no-criteria,
    segment.contact-age.
    """
    match command:
        case DefineSegment(name=name, department_id=department_id, criteria=criteria):
            if not isinstance(segment, Absent):
                raise Rejected("segment.exists", "This segment is defined already.")
            _check(criteria)
            return [SegmentDefined(name=name, department_id=department_id, criteria=criteria)]
        case ChangeSegment(name=name, criteria=criteria):
            here = _defined(segment)
            _check(criteria)
            if (name, criteria) == (here.name, here.criteria):
                return []
            return [SegmentChanged(name=name, department_id=here.department_id, criteria=criteria)]
        case RetireSegment():
            return [SegmentRetired(department_id=_defined(segment).department_id)]
        case _:
            assert_never(command)


def _check(criteria: SegmentCriteria) -> None:
    if criteria == SegmentCriteria():
        raise Rejected(
            "segment.no-criteria",
            "Say what the customers of the segment have in common.",
            field="criteria",
        )
    ages = [criteria.contact_age_from, criteria.contact_age_to]
    given = [age for age in ages if age is not None]
    if any(not 0 <= age <= MOST_DAYS for age in given) or given != sorted(given):
        raise Rejected(
            "segment.contact-age",
            f"The last contact is from so many to at least as many days ago, 0 to {MOST_DAYS}.",
            field="criteria",
        )


def _defined(segment: Segment) -> Defined:
    match segment:
        case Defined():
            return segment
        case Absent():
            raise Rejected("segment.unknown", "There is no such segment.")
        case Retired():
            raise Rejected("segment.retired", "The segment is retired; define a new one.")
        case _:
            assert_never(segment)


def evolve(segment: Segment, fact: Fact[Event]) -> Segment:
    """Fold one fact into the state."""
    match fact.event:
        case SegmentDefined(name=name, department_id=department_id, criteria=criteria):
            return Defined(name, department_id, criteria)
        case SegmentChanged(name=name, criteria=criteria):
            if not isinstance(segment, Defined):
                return segment
            return replace(segment, name=name, criteria=criteria)
        case SegmentRetired(department_id=department_id):
            return Retired(department_id)
        case _:
            assert_never(fact.event)


def active(segment: Segment) -> bool:
    """Tell whether offers may be made for the segment."""
    return isinstance(segment, Defined)


SEGMENT: Decider[Command, Segment, Event] = Decider(
    kind="segment",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
