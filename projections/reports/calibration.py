"""Whether calibration treats groups alike: who was raised, lowered or left as the card says.

A report by replay of the facts of reviews. It prescribes no distribution and knows no quota: it
shows what people did. Definitions:

- **Counted** are the reviews of people, of one cycle or of periods that lie within the one asked
  for, whose last calibration was confirmed and that were not withdrawn. ``adjustment`` is what was
  confirmed last; who is calibrated anew (after an upheld appeal) counts by that.
- **Groups** are what is recorded anyway, nothing of a person's nature: the review's ``department``,
  the ``role`` at the end of the period, and ``tenure``: joined ``during`` the reviewed period or
  ``before`` it.
- **Kept** = raised or unchanged, as a share of the group. ``ratio`` = the group's share of kept /
  the largest share of a group of the same kind. Below 4/5 it is ``flagged``: the four-fifths rule
  (Uniform Guidelines on Employee Selection Procedures, 1978, 29 CFR 1607.4 D). A flag is a reason
  to look, no finding; with few people it also happens by chance.
- Groups below 5 are **insufficient**: they are counted together, with no name and no figure.
- A **calibrator** is who proposed; every proposal of a counted review counts, also one that another
  replaced. ``confirmed`` counts the confirmations.
- Means are of exact numbers; ``mean_total`` is of the cards' totals, of those that have one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from application.store.log import NOW, Log, Window
from domain.days import begin_of, day_of
from domain.ids import DepartmentId, MemberId, ReviewCycleId
from domain.kernel import Recorded
from domain.reviews.card import number
from domain.reviews.review import (
    CalibrationConfirmed,
    ReviewCalibrated,
    ReviewOpened,
    ReviewSealed,
    ReviewShared,
    ReviewWithdrawn,
    ScorecardDrafted,
)
from domain.reviews.review_answering import AppealUpheld
from projections.reports.colleagues import ROLES, Roles
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import percent, places
from projections.scoring.material import Material, Source, names_of
from projections.scoring.sources import STAFF, Staff

LEAST = 5
"""Below so many reviews a group says nothing."""
FOUR_FIFTHS = Fraction(4, 5)

# --- The facts of reviews -------------------------------------------------------------------------


@dataclass(slots=True)
class Proposal:
    """Points that somebody proposed, and who confirmed them."""

    by: MemberId | None
    adjustment: Fraction
    position: int
    confirmed: list[tuple[MemberId | None, int]] = field(default_factory=list)


@dataclass(slots=True)
class Course:
    """A review, as far as its calibration goes."""

    member_id: MemberId | None
    department_id: DepartmentId
    cycle_id: ReviewCycleId | None
    first: date
    last: date
    zone: str
    total: str | None = None
    standing: Proposal | None = None
    """The calibration of the present card; None: not proposed (again) yet."""
    proposals: list[Proposal] = field(default_factory=list)
    shared: bool = False
    sealed: bool = False
    withdrawn: bool = False
    positions: list[int] = field(default_factory=list)

    @property
    def calibrated(self) -> bool:
        """Whether the calibration of its card stands, and counts."""
        return self.standing is not None and bool(self.standing.confirmed) and not self.withdrawn

    @property
    def adjustment(self) -> Fraction:
        """The points that were confirmed last."""
        return self.standing.adjustment if self.standing else Fraction(0)


@dataclass
class Courses:
    """All reviews."""

    by_id: dict[UUID, Course] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact of a review."""
        event, who = fact.event, fact.envelope.performer
        if isinstance(event, ReviewOpened):
            self.by_id[fact.stream_id] = Course(
                event.member_id,
                event.department_id,
                event.cycle_id,
                event.first,
                event.last,
                event.zone,
            )
        if (here := self.by_id.get(fact.stream_id)) is None:
            return
        here.positions.append(fact.position)
        match event:
            case ScorecardDrafted(card=card):
                here.total, here.standing = card.total, None
            case ReviewCalibrated(adjustment=points):
                here.standing = Proposal(who, Fraction(points), fact.position)
                here.proposals.append(here.standing)
            case CalibrationConfirmed() if here.standing:
                here.standing.confirmed.append((who, fact.position))
            case ReviewShared():
                here.shared = True
            case AppealUpheld(after_sealing=False):
                here.standing, here.shared = None, False
            case ReviewSealed():
                here.sealed = True
            case ReviewWithdrawn():
                here.withdrawn = True
            case _:
                pass


REVIEWS = Source(
    Courses,
    names_of(
        ReviewOpened,
        ScorecardDrafted,
        ReviewCalibrated,
        CalibrationConfirmed,
        ReviewShared,
        AppealUpheld,
        ReviewSealed,
        ReviewWithdrawn,
    ),
)

# --- The report -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Which reviews: of a cycle, of a period, or all."""

    cycle_id: ReviewCycleId | None = None
    period: Period | None = None

    def holds(self, course: Course) -> bool:
        """Tell whether a review is among them."""
        if course.member_id is None or course.withdrawn:
            return False
        if self.cycle_id is not None and course.cycle_id != self.cycle_id:
            return False
        within = self.period
        return within is None or (within.first <= course.first and course.last <= within.last)


def calibration(
    log: Log, scope: Scope, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Replay the reviews of a cycle or a period, and compare how groups were calibrated."""
    window = ended(log, window)
    material = Material([REVIEWS, STAFF, ROLES])
    for fact in shown(log, window, material.names, progress):
        material.take(fact)
    within = scope.period
    return (
        heading("calibration", window)
        | {
            "cycle_id": None if scope.cycle_id is None else str(scope.cycle_id),
            "from": within.first.isoformat() if within else None,
            "to": within.last.isoformat() if within else None,
        }
        | compared(material, scope, names_in(log, window))
    )


def compared(material: Material, scope: Scope, names: Mapping[str, str]) -> Report:
    """Compare how the groups of what was gathered were calibrated."""
    courses = [each for each in material[REVIEWS].by_id.values() if scope.holds(each)]
    counted = [each for each in courses if each.calibrated]
    staff, roles = material[STAFF], material[ROLES]
    return {
        "reviews": len(courses),
        "calibrated": len(counted),
        "shared": sum(each.shared for each in courses),
        "sealed": sum(each.sealed for each in courses),
        "least": LEAST,
        "all": _figures(counted) if len(counted) >= LEAST else None,
        "by_department": _groups(counted, lambda each: str(each.department_id), names),
        "by_role": _groups(counted, lambda each: _role(each, roles), {}),
        "by_tenure": _groups(counted, lambda each: _tenure(each, staff), {}),
        "calibrators": _calibrators(counted, names),
    }


def _role(course: Course, roles: Roles) -> str:
    if course.member_id is None:
        return ""
    return roles.at(course.member_id, begin_of(course.last, ZoneInfo(course.zone))) or "unknown"


def _tenure(course: Course, staff: Staff) -> str:
    here = staff.by_id.get(course.member_id) if course.member_id else None
    if here is None:
        return "unknown"
    joined = day_of(here.joined_at, ZoneInfo(course.zone))
    return "during" if joined >= course.first else "before"


def _groups(
    counted: Iterable[Course], key: Callable[[Course], str], names: Mapping[str, str]
) -> Report:
    found: defaultdict[str, list[Course]] = defaultdict(list)
    for course in counted:
        found[key(course)].append(course)
    told = {name: group for name, group in found.items() if len(group) >= LEAST}
    small = [len(group) for name, group in found.items() if name not in told]
    best = max((_kept(group) for group in told.values()), default=Fraction(0))
    return {
        "groups": [
            {"group": name, "name": names.get(name)} | _figures(group) | _ratio(_kept(group), best)
            for name, group in sorted(told.items())
        ],
        "insufficient": {"groups": len(small), "reviews": sum(small)},
    }


def _kept(group: Sequence[Course]) -> Fraction:
    return Fraction(sum(each.adjustment >= 0 for each in group), len(group))


def _ratio(kept: Fraction, best: Fraction) -> Report:
    ratio = kept / best if best else None
    return {
        "ratio": None if ratio is None else places(ratio, 4),
        "flagged": ratio is not None and ratio < FOUR_FIFTHS,
    }


def _figures(group: Sequence[Course]) -> Report:
    totals = [number(each.total) for each in group if each.total is not None]
    raised = sum(each.adjustment > 0 for each in group)
    lowered = sum(each.adjustment < 0 for each in group)
    kept = len(group) - lowered
    return {
        "n": len(group),
        "mean_total": _mean(totals),
        "mean_adjustment": _mean([each.adjustment for each in group]),
        "raised": raised,
        "lowered": lowered,
        "unchanged": len(group) - raised - lowered,
        "raised_percent": percent(raised, len(group)),
        "lowered_percent": percent(lowered, len(group)),
        "unchanged_percent": percent(len(group) - raised - lowered, len(group)),
        "kept_percent": percent(kept, len(group)),
        "evidence": _positions(at for each in group for at in each.positions),
    }


def _mean(values: Sequence[Fraction]) -> str | None:
    return places(sum(values, Fraction(0)) / len(values)) if values else None


def _positions(found: Iterable[int]) -> list[str]:
    return [str(position) for position in sorted(found)]


def _calibrators(counted: Iterable[Course], names: Mapping[str, str]) -> list[Report]:
    proposed: defaultdict[str, list[Proposal]] = defaultdict(list)
    confirmed: defaultdict[str, list[int]] = defaultdict(list)
    for proposal in (each for course in counted for each in course.proposals):
        proposed[str(proposal.by)].append(proposal)
        for who, position in proposal.confirmed:
            confirmed[str(who)].append(position)
    return [
        _calibrator(who, names.get(who), proposed[who], confirmed[who])
        for who in sorted({*proposed, *confirmed})
    ]


def _calibrator(
    who: str, name: str | None, proposed: Sequence[Proposal], confirmed: Sequence[int]
) -> Report:
    points = [each.adjustment for each in proposed]
    return {
        "member_id": who,
        "name": name,
        "proposed": len(proposed),
        "mean_adjustment": _mean(points),
        "raised": sum(each > 0 for each in points),
        "lowered": sum(each < 0 for each in points),
        "unchanged": sum(each == 0 for each in points),
        "confirmed": len(confirmed),
        "evidence": _positions([*(each.position for each in proposed), *confirmed]),
    }
