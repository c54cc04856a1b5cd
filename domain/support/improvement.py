"""An improvement: a finding, somebody who owns it, a deadline, and whether it really helped.

It says beforehand which figure it should move. When it is done, somebody else than its owner
compares that figure over two periods of the same length, both computed by replay.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from domain.confidential import Confidential, FieldClass
from domain.ids import DepartmentId, ImprovementId, MemberId
from domain.kernel import MustBeActive, command, event
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
