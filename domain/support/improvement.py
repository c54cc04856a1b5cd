"""An improvement: a finding, somebody who owns it, a deadline, and whether it really helped.

It says beforehand which figure it should move. When it is done, somebody else than its owner
compares that figure over two periods of the same length, both computed by replay.
"""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import DepartmentId, ImprovementId, MemberId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event
from domain.support.complaint import Cause

EVIDENCE = 100
"""The most facts that a finding may rest on."""


class Figure(StrEnum):
    """What is to become less; projections/reports/complaints.py defines each."""

    COMPLAINTS = "complaints"
    """How many complaints were opened (with the cause, where one is named)."""
    CAUSE_SHARE = "cause-share"
    """The part of all complaints opened that has the cause, in percent."""
    COMPLAINT_RATE = "complaint-rate"
    """Complaints opened for every hundred active customers."""
    REOPEN_RATE = "reopen-rate"
    """The part of the resolved complaints that came back, in percent."""


@dataclass(frozen=True, slots=True)
class Days:
    """Local dates from the first up to and without the last."""

    first: date
    last: date

    @property
    def number(self) -> int:
        """How many they are."""
        return (self.last - self.first).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to become less, since when: the period before which it is compared with."""

    figure: Figure
    cause: Cause | None
    baseline: Days


# --- Events -----------------------------------------------------------------------------------


@event("improvement.opened", zh="改进立项")
class ImprovementOpened:
    """Improvement opened."""

    department_id: DepartmentId
    member_id: MemberId
    finding: Annotated[str, Confidential(FieldClass.NOTES)]
    evidence: tuple[int, ...]
    """The positions of the facts that the finding rests on."""
    goal: Goal
    due_at: datetime


@event("improvement.measure-noted", zh="改进措施记录")
class MeasureNoted:
    """Measure noted."""

    measure: Annotated[str, Confidential(FieldClass.NOTES)]


@event("improvement.extended", zh="改进延期")
class ImprovementExtended:
    """Improvement given more time."""

    due_at: datetime


@event("improvement.missed", zh="改进逾期提醒")
class ImprovementMissed:
    """Improvement overdue."""

    due_at: datetime


@event("improvement.done", zh="改进措施完成")
class ImprovementDone:
    """Improvement carried out."""


@event("improvement.verified", zh="改进效果验证")
class ImprovementVerified:
    """Effect of the improvement verified."""

    before: Decimal | None
    after: Decimal | None
    """None where there was nothing to divide by."""
    period: Days
    position: int
    """Up to where the log was replayed for both."""
    effective: bool


@event("improvement.closed", zh="改进关闭")
class ImprovementClosed:
    """Improvement closed without effect."""


Event = (
    ImprovementOpened
    | MeasureNoted
    | ImprovementExtended
    | ImprovementMissed
    | ImprovementDone
    | ImprovementVerified
    | ImprovementClosed
)

# --- Commands ---------------------------------------------------------------------------------


@command
class OpenImprovement:
    """Open an improvement of a department from a finding, and say who owns it."""

    id: ImprovementId
    department_id: Annotated[DepartmentId, MustBeActive()]
    member_id: Annotated[MemberId, MustBeActive()]
    finding: str
    figure: Figure
    cause: Cause | None
    baseline_from: date
    baseline_to: date
    due_at: datetime
    evidence: tuple[int, ...] = ()


@command
class NoteMeasure:
    """Note what is done about it."""

    id: ImprovementId
    measure: str


@command
class ExtendImprovement:
    """Give it more time; the envelope says why."""

    id: ImprovementId
    due_at: datetime


@command
class MissImprovement:
    """Say that it is overdue; once for each deadline."""

    id: ImprovementId


@command
class FinishImprovement:
    """Say that it is carried out; whether it helped is verified by somebody else."""

    id: ImprovementId


@command
class VerifyImprovement:
    """Compare the figure before and after; both are computed, not claimed."""

    id: ImprovementId
    after_from: date
    after_to: date
    over_at: datetime
    """When the period after has passed."""
    before: Decimal | None
    after: Decimal | None
    position: int


@command
class CloseImprovement:
    """Close it without effect; the envelope says why."""

    id: ImprovementId


Command = (
    OpenImprovement
    | NoteMeasure
    | ExtendImprovement
    | MissImprovement
    | FinishImprovement
    | VerifyImprovement
    | CloseImprovement
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such improvement."""


@dataclass(frozen=True, kw_only=True)
class Owned:
    """What every improvement has: whose it is, and what it is to move."""

    department_id: DepartmentId
    holder_id: MemberId
    goal: Goal
    due_at: datetime
    missed: bool = False


@dataclass(frozen=True, kw_only=True)
class Open(Owned):
    """An improvement that is being worked on."""


@dataclass(frozen=True, kw_only=True)
class Done(Owned):
    """Carried out, its effect not verified yet."""


@dataclass(frozen=True, kw_only=True)
class Over(Owned):
    """Verified, or closed without effect."""


Improvement = Absent | Open | Done | Over

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, improvement: Improvement, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: improvement.exists, improvement.unknown, improvement.over,
    improvement.already-done, improvement.not-done, improvement.in-the-past, improvement.not-later,
    improvement.not-due, improvement.already-missed, improvement.reason-missing,
    improvement.cause-missing, improvement.empty-period, improvement.too-much-evidence,
    improvement.other-length, improvement.periods-overlap, improvement.period-not-over,
    improvement.own-verification, improvement.nobody-verifies.
    """
    match command:
        case OpenImprovement():
            return [_opened(command, improvement, envelope)]
        case NoteMeasure(measure=measure):
            _unfinished(improvement)
            return [MeasureNoted(measure=measure)]
        case ExtendImprovement(due_at=due_at):
            if due_at <= _open(improvement).due_at:
                raise Rejected(
                    "improvement.not-later", "Name a later day than the one now.", field="due_at"
                )
            _must_say_why(envelope)
            return [ImprovementExtended(due_at=due_at)]
        case MissImprovement():
            here = _open(improvement)
            if here.missed:
                raise Rejected("improvement.already-missed", "It is known to be overdue.")
            if envelope.occurred_at < here.due_at:
                raise Rejected("improvement.not-due", "It is not due yet.")
            return [ImprovementMissed(due_at=here.due_at)]
        case FinishImprovement():
            _open(improvement)
            return [ImprovementDone()]
        case VerifyImprovement():
            return [_verified(command, _unfinished(improvement), envelope)]
        case CloseImprovement():
            _unfinished(improvement)
            _must_say_why(envelope)
            return [ImprovementClosed()]
        case _:
            assert_never(command)


def _opened(command: OpenImprovement, improvement: Improvement, envelope: Envelope) -> Event:
    if not isinstance(improvement, Absent):
        raise Rejected("improvement.exists", "This improvement is recorded already.")
    if command.due_at <= envelope.occurred_at:
        raise Rejected(
            "improvement.in-the-past", "Name a day that is still to come.", field="due_at"
        )
    baseline = Days(command.baseline_from, command.baseline_to)
    goal = Goal(figure=command.figure, cause=command.cause, baseline=baseline)
    if goal.figure is Figure.CAUSE_SHARE and goal.cause is None:
        raise Rejected("improvement.cause-missing", "Say the share of which cause.", field="cause")
    if goal.baseline.number <= 0:
        raise Rejected(
            "improvement.empty-period", "A period ends after it begins.", field="baseline_to"
        )
    if len(command.evidence) > EVIDENCE:
        raise Rejected(
            "improvement.too-much-evidence", f"Name at most {EVIDENCE} facts.", field="evidence"
        )
    return ImprovementOpened(
        department_id=command.department_id,
        member_id=command.member_id,
        finding=command.finding,
        evidence=command.evidence,
        goal=goal,
        due_at=command.due_at,
    )


def _verified(command: VerifyImprovement, here: Open | Done, envelope: Envelope) -> Event:
    if isinstance(here, Open):
        raise Rejected("improvement.not-done", "Carry it out first.")
    if envelope.performer is None:
        raise Rejected("improvement.nobody-verifies", "A member verifies it, not a program.")
    if here.holder_id in {envelope.performer, envelope.actor.member_id}:
        raise Rejected(
            "improvement.own-verification", "Somebody else than its owner verifies the effect."
        )
    period = Days(command.after_from, command.after_to)
    if period.number != here.goal.baseline.number:
        raise Rejected(
            "improvement.other-length",
            f"Compare with {here.goal.baseline.number} days, as many as before.",
            field="after_to",
        )
    if period.first < here.goal.baseline.last:
        raise Rejected(
            "improvement.periods-overlap", "Begin after the period before.", field="after_from"
        )
    if command.over_at > envelope.occurred_at:
        raise Rejected(
            "improvement.period-not-over", "Wait until the period is over.", field="after_to"
        )
    before, after = command.before, command.after
    return ImprovementVerified(
        before=before,
        after=after,
        period=period,
        position=command.position,
        effective=before is not None and after is not None and after < before,
    )


def _must_say_why(envelope: Envelope) -> None:
    if not envelope.reason:
        raise Rejected("improvement.reason-missing", "Say why.", field="reason")


def _unfinished(improvement: Improvement) -> Open | Done:
    match improvement:
        case Open() | Done():
            return improvement
        case Absent():
            raise Rejected("improvement.unknown", "There is no such improvement.")
        case Over():
            raise Rejected("improvement.over", "It was verified or closed.")
        case _:
            assert_never(improvement)


def _open(improvement: Improvement) -> Open:
    here = _unfinished(improvement)
    if isinstance(here, Done):
        raise Rejected("improvement.already-done", "It is carried out already.")
    return here


def evolve(improvement: Improvement, fact: Fact[Event]) -> Improvement:
    """Fold one fact into the state."""
    match fact.event:
        case ImprovementOpened() as event:
            return Open(
                department_id=event.department_id,
                holder_id=event.member_id,
                goal=event.goal,
                due_at=event.due_at,
            )
        case _ if isinstance(improvement, Absent):
            return improvement
        case MeasureNoted():
            return improvement
        case ImprovementExtended(due_at=due_at):
            return replace(improvement, due_at=due_at, missed=False)
        case ImprovementMissed():
            return replace(improvement, missed=True)
        case ImprovementDone():
            return Done(**_owned(improvement))
        case ImprovementVerified() | ImprovementClosed():
            return Over(**_owned(improvement))
        case _:
            assert_never(fact.event)


def _owned(here: Owned) -> dict[str, Any]:
    return {each.name: getattr(here, each.name) for each in fields(Owned)}


def active(improvement: Improvement) -> bool:
    """Tell whether it still goes on."""
    return isinstance(improvement, Open | Done)


IMPROVEMENT: Decider[Command, Improvement, Event] = Decider(
    kind="improvement",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
