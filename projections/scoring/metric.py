"""A metric: one figure about somebody's work, as a pure function of what the log says.

It yields **entries**: the facts that count, or would count but for a reason, each with whose credit
it is. Everything else follows from them alike for members, teams and companies: value, number,
evidence, what is left out, and that no credit is lost or given twice.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, Required, TypedDict, Unpack

from domain.ids import CustomerId, DepartmentId, MemberId
from domain.reviews.scoring_rules import CreditRule, Term
from projections.reports.period import Period
from projections.scoring.material import AnySource, Material

Number = int | Fraction
Credit = tuple[tuple[MemberId, Number], ...]
"""Whose a fact is, in parts of 1; what is left of 1 is nobody's."""


class Measure(StrEnum):
    """How entries become a value; amounts and weights count by the part that is credited."""

    SUM = "sum"
    """All amounts together."""
    RATE = "rate"
    """100 times all amounts, divided by all weights: percent."""
    MEAN = "mean"
    """All amounts, divided by all weights."""
    MEDIAN = "median"
    """The middle amount; of an even number the mean of both."""
    P90 = "p90"
    """The least amount that at least nine in ten do not exceed."""
    SPREAD = "spread"
    """The standard deviation of all amounts, in percent of their mean."""
    PACE = "pace"
    """All amounts, divided by the mean weight."""

    @property
    def of_each(self) -> bool:
        """Whether every amount matters by itself, and not only what they make together."""
        return self in {Measure.MEDIAN, Measure.P90, Measure.SPREAD}


class Entry(NamedTuple):
    """A fact that a metric looks at: whose it is, what it adds, or why it does not count."""

    position: int
    at: datetime
    credit: Credit
    amount: Number = 1
    weight: Number = 1
    reason: str | None = None
    """Why it does not count; None: it does."""
    department_id: DepartmentId | None = None
    """Whose it is as a team's, whoever is credited; None: the teams' of those credited."""
    customer_id: CustomerId | None = None
    also: tuple[int, ...] = ()
    """Further facts behind the same entry: a customer's second order, a request's reply."""


class Question(NamedTuple):
    """What a metric is asked: for which period, as known when, about which aspect and money."""

    period: Period
    known_at: datetime
    aspect: str | None = None
    currency: str | None = None

    @property
    def until(self) -> datetime:
        """The moment as of which it is asked how things stand: the period's end, or before it."""
        return min(self.period.end, self.known_at)


Compute = Callable[[Material, Question], Iterator[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric with all that has to be known of it."""

    name: str
    en: str
    zh: str
    family: str
    measure: Measure
    unit: str
    credit: CreditRule
    guards: str = ""
    """Letters of METRICS.md, section 1."""
    source: str
    needs: tuple[AnySource, ...]
    compute: Compute
    prorated: bool = False
    """Whether floor and target shrink for who was there only part of the period."""
    sample: int | None = None
    """From how many facts on it says anything, unless the rules say otherwise."""
    samples: bool = False
    """Whether the rules may demand a number of facts though the metric itself demands none."""
    hidden_below: int | None = None
    """With fewer facts than this nothing is told: it would tell who said what."""
    of_aspect: bool = False
    """Whether the rules have to say which aspect is meant."""
    by_customer: bool = False
    """Whether customers can be counted apart from each other, and what they come to be added."""
    version: int = 1

    @property
    def definition(self) -> str:
        """What it is and how it is calculated."""
        return inspect.cleandoc(self.compute.__doc__ or "")

    def offers(self, rule: CreditRule) -> bool:
        """Tell whether rules may credit it so: as it does itself, or to teams alone."""
        return rule in {self.credit, CreditRule.TEAM}

    def credited(self, term: Term) -> CreditRule:
        """Return whose its facts are under a term of the rules."""
        return term.credit or self.credit

    def minimum(self, told: int | None) -> int:
        """Return from how many facts on it counts, where the rules say ``told``."""
        if self.sample is None and not self.samples:
            return 0
        return (self.sample or 0) if told is None else told


class Told(TypedDict, total=False):
    """What a metric's function says of it beside its name and its docstring."""

    en: Required[str]
    zh: Required[str]
    measure: Required[Measure]
    unit: Required[str]
    credit: Required[CreditRule]
    source: Required[str]
    needs: Required[tuple[AnySource, ...]]
    guards: str
    prorated: bool
    sample: int | None
    samples: bool
    hidden_below: int | None
    of_aspect: bool
    by_customer: bool
    version: int


class Registry(dict[str, Metric]):
    """Metrics by name; a family's file makes one and fills it."""

    def __init__(self, family: str) -> None:
        super().__init__()
        self.family = family

    def metric(self, **told: Unpack[Told]) -> Callable[[Compute], Compute]:
        """Register a function under its own name; its docstring defines it."""

        def register(compute: Compute) -> Compute:
            name = compute.__name__
            self[name] = Metric(name=name, family=self.family, compute=compute, **told)
            return compute

        return register
