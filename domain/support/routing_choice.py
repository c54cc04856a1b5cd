"""Who takes a request: the first routing rule that fits and finds somebody, and whom it chooses.

The least loaded of those who have the skills, are there and may hold one more; among equals who
has waited longest for something new, then by id. The same facts give the same choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.ids import DepartmentId, MemberId
from domain.support.words import RequestKind
from domain.values import ContactChannel, Tier

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

# --- Rules as they are set ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """Inside (``open``) or outside the business hours of a calendar."""

    calendar_id: UUID
    open: bool


@dataclass(frozen=True, slots=True)
class When:
    """Which requests a rule is for; what is left empty does not matter."""

    kinds: tuple[RequestKind, ...] = ()
    channels: tuple[ContactChannel, ...] = ()
    tiers: tuple[Tier, ...] = ()
    least_priority: int | None = None
    """Urgency times importance, 1 to 9; a request without a priority has none of it."""
    hours: Opening | None = None


@dataclass(frozen=True, slots=True)
class SkillWanted:
    """A skill, at this level or above."""

    name: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Team:
    """Whoever of these departments has these skills, with the fewest open requests."""

    departments: tuple[UUID, ...]
    skills: tuple[SkillWanted, ...] = ()
    at_most: int | None = None
    """The most open requests that somebody may hold already and still be given one: fewer."""


@dataclass(frozen=True, slots=True)
class To:
    """Where a request goes: a department's queue, one member, or a team; exactly one of them.

    The ids are plain: rules are no news of whom they name.
    """

    queue: UUID | None = None
    member: UUID | None = None
    team: Team | None = None

    @property
    def places(self) -> int:
        """How many of them are named."""
        return sum(each is not None for each in (self.queue, self.member, self.team))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a department's routing: for which requests, and where they go."""

    name: str
    when: When
    to: To


# --- What they are applied to ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules look at in a request."""

    kind: RequestKind
    channel: ContactChannel
    tier: Tier | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who works here, and how much they have to do."""

    member_id: MemberId
    department_id: DepartmentId
    load: int
    """The open requests they hold."""
    skills: Mapping[str, int]
    away: bool = False
    last_at: datetime | None = None
    """When something was put into their hands last."""


@dataclass(frozen=True)
class Staffing:
    """Who works here, which departments are open, and which calendars say that it is open now."""

    candidates: Sequence[Candidate] = ()
    departments: frozenset[DepartmentId] = frozenset()
    calendars: Mapping[UUID, bool] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a request goes, and the name of the rule that says so."""

    rule: str
    queue: DepartmentId | None = None
    member: MemberId | None = None


# --- Choosing -------------------------------------------------------------------------------------


def choose(rules: Sequence[Rule], asked: Asked, staffing: Staffing) -> Choice | None:
    """Return where the first rule that fits and finds somebody sends a request; None: nowhere."""
    for rule in rules:
        if _fits(rule.when, asked, staffing) and (found := _found(rule, staffing)):
            return found
    return None


def _fits(when: When, asked: Asked, staffing: Staffing) -> bool:
    return (
        (not when.kinds or asked.kind in when.kinds)
        and (not when.channels or asked.channel in when.channels)
        and (not when.tiers or asked.tier in when.tiers)
        and (when.least_priority is None or (asked.priority or 0) >= when.least_priority)
        and (when.hours is None or _at(when.hours, staffing))
    )


def _at(hours: Opening, staffing: Staffing) -> bool:
    # A calendar that is not there says neither: the rule is not for now.
    return (staffing.calendars or {}).get(hours.calendar_id) is hours.open


def _found(rule: Rule, staffing: Staffing) -> Choice | None:
    to = rule.to
    if to.queue is not None:
        queue = DepartmentId(to.queue)
        return Choice(rule.name, queue=queue) if queue in staffing.departments else None
    fitting = [each for each in staffing.candidates if not each.away and _may(each, to)]
    if not fitting:
        return None
    return Choice(rule.name, member=min(fitting, key=_turn).member_id)


def _may(candidate: Candidate, to: To) -> bool:
    if to.team is None:
        return candidate.member_id == to.member
    return (
        candidate.department_id in to.team.departments
        and all(candidate.skills.get(each.name, 0) >= each.level for each in to.team.skills)
        and (to.team.at_most is None or candidate.load < to.team.at_most)
    )


def _turn(candidate: Candidate) -> tuple[int, datetime, UUID]:
    return candidate.load, candidate.last_at or LONG_AGO, candidate.member_id
