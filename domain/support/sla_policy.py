"""A service standard: how soon customers are answered and helped, version after version.

There is one for the company, and one for each department that wants its own. A draft changes
nothing. What was published stays, and every promise names the version it was made by.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, assert_never

from domain.ids import CalendarId, DepartmentId, SlaPolicyId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.support.promise import Targets
from domain.support.words import RequestKind
from domain.values import Tier
from domain.versions import Versions

MOST_MINUTES = 366 * 24 * 60
"""The longest time that can be promised, in business minutes."""
MOST_LINES = 50


def sla_policy_id(department_id: DepartmentId | None) -> SlaPolicyId:
    """Return the id of a department's own standard, or (None) of the company's."""
    return SlaPolicyId(named_id("sla-policy", str(department_id or "company")))


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The standard as customers and colleagues read it, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """What customers of a tier are promised, for one kind of request or (None) for all others."""

    tier: Tier
    targets: Targets
    kind: RequestKind | None = None


def targets_of(lines: tuple[Line, ...], tier: Tier, kind: RequestKind) -> Targets:
    """Return what lines promise: by the line of the kind, else by the one for all others."""
    found = {line.kind: line.targets for line in lines if line.tier is tier}
    return found.get(kind) or found[None]


# --- Events -----------------------------------------------------------------------------------


@event("sla-policy.drafted", zh="起草服务标准")
class SlaPolicyDrafted:
    """Service standard drafted."""

    department_id: DepartmentId | None
    """Whose own it is; None: the company's."""
    statement: Statement
    calendar_id: CalendarId | None
    """By whose hours minutes are counted; None: every minute counts."""
    lines: tuple[Line, ...]


@event("sla-policy.published", zh="发布服务标准")
class SlaPolicyPublished:
    """Service standard published."""

    department_id: DepartmentId | None
    version: int
    statement: Statement
    calendar_id: CalendarId | None
    lines: tuple[Line, ...]
    effective_from: date


Event = SlaPolicyDrafted | SlaPolicyPublished

# --- Commands ---------------------------------------------------------------------------------


@command
class DraftSlaPolicy:
    """Draft a standard of the company's or a department's (``sla_policy_id``)."""

    id: SlaPolicyId
    department_id: Annotated[DepartmentId | None, MustBeActive()] = None
    statement: Statement
    calendar_id: Annotated[CalendarId | None, MustBeActive()] = None
    lines: tuple[Line, ...]


@command
class RedraftSlaPolicy:
    """Put another draft in the place of the present one; what is published stays in force."""

    id: SlaPolicyId
    statement: Statement
    calendar_id: Annotated[CalendarId | None, MustBeActive()] = None
    lines: tuple[Line, ...]


@command
class PublishSlaPolicy:
    """Publish the draft as the next version, in force from a day on (of its calendar's zone)."""

    id: SlaPolicyId
    effective_from: date


Command = DraftSlaPolicy | RedraftSlaPolicy | PublishSlaPolicy

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such standard."""


@dataclass(frozen=True)
class Standard(Versions[SlaPolicyDrafted, SlaPolicyPublished]):
    """A standard, drafted or published."""

    department_id: DepartmentId | None


SlaPolicy = Absent | Standard

# --- Rules ------------------------------------------------------------------------------------


def _check(lines: tuple[Line, ...]) -> None:
    for tier in Tier:
        kinds = [line.kind for line in lines if line.tier is tier]
        if None not in kinds:
            sentence = f"Say what {tier} customers are promised, whatever they want."
            raise Rejected("sla-policy.tier-missing", sentence, field="lines")
        if len(kinds) > len(set(kinds)):
            sentence = f"Say only once what {tier} customers are promised for one kind of request."
            raise Rejected("sla-policy.line-twice", sentence, field="lines")
    for targets in (line.targets for line in lines):
        minutes = (targets.first_response, targets.next_response, targets.resolution)
        if not all(0 < each <= MOST_MINUTES for each in minutes):
            sentence = f"A time is promised in 1 to {MOST_MINUTES} business minutes."
            raise Rejected("sla-policy.minutes", sentence, field="lines")


def decide(command: Command, policy: SlaPolicy, _: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: sla-policy.exists, sla-policy.unknown, sla-policy.not-the-departments,
    sla-policy.tier-missing, sla-policy.line-twice, sla-policy.minutes, sla-policy.no-draft,
    sla-policy.too-early.
    """
    match command:
        case DraftSlaPolicy(department_id=department_id):
            if isinstance(policy, Standard):
                raise Rejected(
                    "sla-policy.exists", "There is one already; redraft it.", field="department_id"
                )
            if command.id != sla_policy_id(department_id):
                raise Rejected(
                    "sla-policy.not-the-departments",
                    "A standard's id follows from whose it is.",
                    field="id",
                )
            return [_drafted(department_id, command)]
        case RedraftSlaPolicy():
            here = _known(policy)
            drafted = _drafted(here.department_id, command)
            return [] if drafted == here.draft else [drafted]
        case PublishSlaPolicy(effective_from=day):
            return [_published(_known(policy), day)]
        case _:
            assert_never(command)


def _known(policy: SlaPolicy) -> Standard:
    if isinstance(policy, Absent):
        raise Rejected("sla-policy.unknown", "There is no such service standard.")
    return policy


def _drafted(
    department_id: DepartmentId | None, command: DraftSlaPolicy | RedraftSlaPolicy
) -> SlaPolicyDrafted:
    _check(command.lines)
    return SlaPolicyDrafted(
        department_id=department_id,
        statement=command.statement,
        calendar_id=command.calendar_id,
        lines=command.lines,
    )


def _published(policy: Standard, day: date) -> SlaPolicyPublished:
    draft, latest = policy.draft, policy.latest
    if draft is None:
        raise Rejected("sla-policy.no-draft", "There is no draft to publish; draft one first.")
    if latest is not None and day < latest.effective_from:
        raise Rejected(
            "sla-policy.too-early",
            "A version cannot be in force before the one it follows.",
            field="effective_from",
        )
    return SlaPolicyPublished(
        department_id=policy.department_id,
        version=policy.next_number,
        statement=draft.statement,
        calendar_id=draft.calendar_id,
        lines=draft.lines,
        effective_from=day,
    )


def evolve(policy: SlaPolicy, fact: Fact[Event]) -> SlaPolicy:
    """Fold one fact into the state."""
    here = policy if isinstance(policy, Standard) else Standard(fact.event.department_id)
    match fact.event:
        case SlaPolicyDrafted():
            return here.drafted(fact.event)
        case SlaPolicyPublished():
            return here.published(fact.event)
        case _:
            assert_never(fact.event)


def active(policy: SlaPolicy) -> bool:
    """Tell whether times may be promised by it: a version was published."""
    return isinstance(policy, Standard) and bool(policy.versions)


SLA_POLICY: Decider[Command, SlaPolicy, Event] = Decider(
    kind="sla-policy",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
