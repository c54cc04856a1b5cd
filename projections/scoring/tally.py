"""Counting entries: of each member and each department, what counts, and what does not and why.

Credit is divided and never created: what is credited to members, and what to nobody, make the
whole. Tallies of parts of the log add up to the tally of the whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from domain.ids import DepartmentId, MemberId
from projections.reports.intervals import root
from projections.reports.kept import P90
from projections.scoring.metric import Entry, Measure, Metric, Number
from projections.scoring.sources import Staff


@dataclass(slots=True)
class Tally:
    """What one metric comes to for somebody: exact amounts, with the facts behind them."""

    amount: Number = 0
    weight: Number = 0
    values: list[Number] = field(default_factory=list)
    """Every amount by itself, where each of them matters."""
    wholly: list[int] = field(default_factory=list)
    """Positions that count, all of them credited here."""
    partly: list[tuple[int, Number]] = field(default_factory=list)
    """Positions that count, each with the part credited here."""
    left_out: dict[str, list[int]] = field(default_factory=dict)
    """Positions that do not count, by why not."""
    n: int = 0
    """How many entries count, whatever part of them is credited here."""

    @property
    def evidence(self) -> list[tuple[int, Number]]:
        """Positions that count, each with the part credited here."""
        return [*((each, 1) for each in self.wholly), *self.partly]

    @property
    def excluded(self) -> list[tuple[int, str]]:
        """Positions that do not count, each with why not."""
        return [(each, reason) for reason, places in self.left_out.items() for each in places]

    def add(self, entry: Entry, share: Number, measure: Measure) -> None:
        """Count an entry, by the part of it that is credited here."""
        if entry.reason is not None:
            if (places := self.left_out.get(entry.reason)) is None:
                places = self.left_out[entry.reason] = []
            places.append(entry.position)
            if entry.also:
                places += entry.also
            return
        self.amount += _times(entry.amount, share)
        if measure is not Measure.SUM:  # a sum is not divided
            self.weight += _times(entry.weight, share)
        self.n += 1
        if share == 1:
            self.wholly.append(entry.position)
            self.wholly += entry.also
        else:
            self.partly += ((position, share) for position in (entry.position, *entry.also))
        if measure.of_each:
            self.values.append(entry.amount)

    def join(self, other: "Tally") -> None:
        """Add what was counted in another part of the log."""
        self.amount += other.amount
        self.weight += other.weight
        self.values += other.values
        self.wholly += other.wholly
        self.partly += other.partly
        for reason, places in other.left_out.items():
            self.left_out.setdefault(reason, []).extend(places)
        self.n += other.n

    def value(self, measure: Measure) -> Number | None:
        """Return the exact value; None where there is nothing to divide by."""
        if measure is Measure.SUM:
            return self.amount
        if measure.of_each:
            return _BY_EACH[measure](sorted(self.values)) if self.values else None
        if self.weight <= 0:  # what went back is more than what came in: nothing to compare with
            return None
        if measure is Measure.PACE:
            return _ratio(self.amount * self.n, self.weight)
        return _ratio((100 if measure is Measure.RATE else 1) * self.amount, self.weight)


def _times(amount: Number, share: Number) -> Number:
    """Multiply; most shares and many amounts are 1, and fractions take their time."""
    if share.__class__ is int:
        return amount if share == 1 else amount * share
    return share if amount.__class__ is int and amount == 1 else amount * share


def _median(ordered: Sequence[Number]) -> Number:
    n = len(ordered)
    middle = ordered[(n - 1) // 2 : n // 2 + 1]
    return _ratio(sum(middle), len(middle))


def _p90(ordered: Sequence[Number]) -> Number:
    return ordered[-(-len(ordered) * P90 // 1) - 1]


def _spread(ordered: Sequence[Number]) -> Number | None:
    mean = _ratio(sum(ordered), len(ordered))
    if not mean:
        return None
    variance = sum((each - mean) ** 2 for each in ordered) / len(ordered)
    return 100 * root(Fraction(variance)) / mean


_BY_EACH: Mapping[Measure, Callable[[Sequence[Number]], Number | None]] = {
    Measure.MEDIAN: _median,
    Measure.P90: _p90,
    Measure.SPREAD: _spread,
}


def _ratio(part: Number, whole: Number) -> Number:
    return Fraction(part) / Fraction(whole)


class Whose(Enum):
    """For whom entries are counted."""

    MEMBERS = 1
    TEAMS = 2
    """Members and departments."""
    EVERYBODYS = 3
    """Those, nobody, and all together."""


@dataclass(slots=True)
class Tallies:
    """What one metric comes to for everybody."""

    members: dict[MemberId, Tally] = field(default_factory=lambda: defaultdict(Tally))
    departments: dict[DepartmentId, Tally] = field(default_factory=lambda: defaultdict(Tally))
    nobody: Tally = field(default_factory=Tally)
    """What is no member's: the rest of each fact that is not fully credited."""
    whole: Tally = field(default_factory=Tally)
    """All of it, whoever it is credited to."""

    def count(
        self,
        metric: Metric,
        entries: Iterable[Entry],
        staff: Staff,
        whose: Whose = Whose.EVERYBODYS,
    ) -> None:
        """Count entries for all whose they are, or for some of those alone."""
        measure = metric.measure
        members = self.members
        for entry in entries:
            for member_id, share in entry.credit:
                members[member_id].add(entry, share, measure)
            if whose is Whose.MEMBERS:
                continue
            for department_id, share in _teams(entry, staff):
                self.departments[department_id].add(entry, share, measure)
            if whose is Whose.EVERYBODYS:
                self.whole.add(entry, 1, measure)
                if rest := 1 - sum(share for _, share in entry.credit):
                    self.nobody.add(entry, rest, measure)

    def join(self, other: "Tallies") -> None:
        """Add what was counted in another part of the log."""
        for member_id, tally in other.members.items():
            self.members[member_id].join(tally)
        for department_id, tally in other.departments.items():
            self.departments[department_id].join(tally)
        self.nobody.join(other.nobody)
        self.whole.join(other.whole)


def _teams(entry: Entry, staff: Staff) -> Iterable[tuple[DepartmentId, Number]]:
    """Return the departments whose an entry is, each with its part."""
    if entry.department_id is not None:
        return ((entry.department_id, 1),)
    if len(entry.credit) == 1:
        member_id, part = entry.credit[0]
        team = staff.team_at(member_id, entry.at)
        return () if team is None else ((team, part),)
    found: dict[DepartmentId, Number] = {}
    for member_id, share in entry.credit:
        team = staff.team_at(member_id, entry.at)
        if team is not None:
            found[team] = found.get(team, 0) + share
    return found.items()
