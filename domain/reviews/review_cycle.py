"""A review cycle: a period whose work is reviewed together, by the policies in force when it began.

Which version of which policy each role is scored by is settled when the cycle is opened; what is
published later is for later cycles.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never
from uuid import UUID

from domain.ids import ReviewCycleId, ReviewPolicyId, named_id
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event

MOST_ROLES = 100


def review_cycle_id(code: str) -> ReviewCycleId:
    """Return the id of the review cycle with this code."""
    return ReviewCycleId(named_id("review-cycle", code))


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePolicy:
    """By which version of which policy a role is scored; ``hash`` is the version's fingerprint."""

    role: str
    policy_id: ReviewPolicyId
    version: int
    hash: str
    effective_from: date


# --- Events -----------------------------------------------------------------------------------


@event("review-cycle.opened", zh="开启考核周期")
class ReviewCycleOpened:
    """Review cycle opened."""

    code: str
    name: str
    first: date
    last: date
    """The first day after the period."""
    zone: str
    policies: tuple[RolePolicy, ...]

    def also_about(self) -> set[tuple[str, UUID]]:
        """Return the policies that it names."""
        return {("review-policy", each.policy_id) for each in self.policies}


@event("review-cycle.closed", zh="关闭考核周期")
class ReviewCycleClosed:
    """Review cycle closed."""

    code: str


Event = ReviewCycleOpened | ReviewCycleClosed

# --- Commands ---------------------------------------------------------------------------------


@command
class OpenReviewCycle:
    """Open the reviews of a period ``[first, last)``, in local days of ``zone``."""

    id: ReviewCycleId
    code: str
    name: str
    first: date
    last: date
    zone: str
    policies: tuple[RolePolicy, ...]


@command
class CloseReviewCycle:
    """Close a cycle: no more reviews are opened in it."""

    id: ReviewCycleId


Command = OpenReviewCycle | CloseReviewCycle

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such cycle."""


@dataclass(frozen=True)
class Cycle:
    """A cycle, open until it is closed."""

    code: str
    first: date
    last: date
    zone: str
    policies: tuple[RolePolicy, ...]
    closed: bool = False

    def policy_of(self, role: str) -> RolePolicy | None:
        """Return what a role is scored by, or None where it is not reviewed."""
        return next((each for each in self.policies if each.role == role), None)


ReviewCycle = Absent | Cycle

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, cycle: ReviewCycle, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: review-cycle.exists, review-cycle.not-the-codes, review-cycle.period,
    review-cycle.no-policies, review-cycle.role-twice, review-cycle.policy-too-late,
    review-cycle.unknown, review-cycle.closed.
    """
    match command:
        case OpenReviewCycle():
            return [_opened(command, cycle)]
        case CloseReviewCycle():
            if isinstance(cycle, Absent):
                raise Rejected("review-cycle.unknown", "There is no such cycle.")
            if cycle.closed:
                raise Rejected("review-cycle.closed", "It is closed already.")
            return [ReviewCycleClosed(code=cycle.code)]
        case _:
            assert_never(command)


def _opened(command: OpenReviewCycle, cycle: ReviewCycle) -> ReviewCycleOpened:
    if isinstance(cycle, Cycle):
        raise Rejected(
            "review-cycle.exists", "There is a cycle of this code already.", field="code"
        )
    if command.id != review_cycle_id(command.code):
        raise Rejected(
            "review-cycle.not-the-codes", "A cycle's id follows from its code.", field="id"
        )
    if command.first >= command.last:
        raise Rejected("review-cycle.period", "A period ends after it begins.", field="last")
    if not 0 < len(command.policies) <= MOST_ROLES:
        raise Rejected(
            "review-cycle.no-policies",
            f"Name the policies of 1 to {MOST_ROLES} roles.",
            field="policies",
        )
    roles = [each.role for each in command.policies]
    if len(roles) > len(set(roles)):
        raise Rejected(
            "review-cycle.role-twice", "A role is scored by one policy.", field="policies"
        )
    for each in command.policies:
        if each.effective_from > command.first:
            raise Rejected(
                "review-cycle.policy-too-late",
                f"The policy of {each.role} is for periods from {each.effective_from} on.",
                field="policies",
            )
    return ReviewCycleOpened(
        code=command.code,
        name=command.name,
        first=command.first,
        last=command.last,
        zone=command.zone,
        policies=command.policies,
    )


def evolve(cycle: ReviewCycle, fact: Fact[Event]) -> ReviewCycle:
    """Fold one fact into the state."""
    match fact.event:
        case ReviewCycleOpened(code=code, first=first, last=last, zone=zone, policies=policies):
            return Cycle(code, first, last, zone, policies)
        case ReviewCycleClosed():
            return cycle if isinstance(cycle, Absent) else replace(cycle, closed=True)
        case _:
            assert_never(fact.event)


def active(cycle: ReviewCycle) -> bool:
    """Tell whether reviews may be opened in it."""
    return isinstance(cycle, Cycle) and not cycle.closed


REVIEW_CYCLE: Decider[Command, ReviewCycle, Event] = Decider(
    kind="review-cycle",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
