"""Whether the indicators measure anything: who has data, how scores spread, what repeats what.

A report by replay over everybody who worked on some day of the period. Definitions:

- By a **policy** its terms are looked at, and the figures are **scores** (points); without one all
  metrics there are, and the figures are their **values**, which have no floor and no cap. Metrics
  that need the policy to say of which aspect are then left out (``left_out``).
- ``measured``, ``insufficient``, ``no_data``, ``hidden``: how many members have that status. What
  belongs to departments alone is **team_only**: no member ever has it.
- Over the measured, each exact until it is written with two decimals: ``mean`` = Σx/n; ``variance``
  = Σ(x − mean)²/n, of the population, because everybody is in it; ``standard_deviation`` = its
  square root; ``spread`` = largest − smallest. ``at_floor`` and ``at_cap``: how many have 0, and
  the cap. One that **varies** not at all (n ≥ 2) tells nobody apart.
- ``correlations``: Pearson's r = Σ(x − mean x)(y − mean y) / √(Σ(x − mean x)²·Σ(y − mean y)²), over
  the members that have both, for 5 members or more, where both vary. Above 0.95 the pair is
  ``flagged``: both may measure the same. (K. Pearson, Proc. R. Soc. 58 (1895) 240-242.)
- ``unpaired``: metrics that METRICS.md lets count only beside a counter-metric (guard c), while the
  policy has none of the metrics that tell when it is bought at the customer's expense
  (``COUNTERPARTS``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import lcm
from operator import mul
from types import MappingProxyType

from application.store.log import NOW, Log, Window
from domain.ids import MemberId, ReviewPolicyId
from domain.reviews.card import Card, ScoredFigure, Status, exact, number
from domain.reviews.scoring_rules import CreditRule, Rules, Term
from projections.reports.intervals import root
from projections.reports.period import Period
from projections.reports.policies import Policies
from projections.reports.replaying import Progress, Report, ended, heading, silent
from projections.reports.rounding import places
from projections.scoring.asked import Terms
from projections.scoring.catalogue import METRICS, WAITING
from projections.scoring.metric import Metric
from projections.scoring.scoring import Scored, scored
from projections.scoring.sources import OFFICE, STAFF
from projections.scoring.tally import Tally

LEAST = 5
"""Of so few members no correlation is told."""
SAME = Fraction(95, 100)
_TWO = 2

COUNTERPARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "win_rate": ("sales_amount", "order_count", "new_customers"),
        "resolution_met": ("reopen_rate", "resolution_rate", "overall_satisfaction"),
        "resolution_rate": ("reopen_rate", "overall_satisfaction", "complaint_rate"),
        "reopen_rate": ("resolution_rate", "resolution_met"),
        "first_contact_resolution": ("reopen_rate", "overall_satisfaction"),
        "contact_frequency": ("overall_satisfaction", "nps"),
        "two_way_contact": ("overall_satisfaction", "nps"),
        "crm_usage": ("overall_satisfaction", "sales_amount", "order_count", "resolution_met"),
        "feedback_closed_loop": ("overall_satisfaction", "nps"),
        "maintenance_cost": ("retention_rate", "overall_satisfaction", "churn_rate"),
        "churn_rate": ("sales_amount", "maintenance_cost"),
        "retention_rate": ("sales_amount", "maintenance_cost"),
        "complaint_rate": ("overall_satisfaction", "nps", "complaint_timeliness"),
        "task_punctuality": ("task_quality",),
        "task_quality": ("task_punctuality",),
    }
)
"""Our own choice: what shows when the one was reached at the other's expense; any of them will do.

Asking only for what is sure to be won is seen in what was sold; closing requests early in those
that come back; calling too often in what customers say.
"""

_ADVICE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "no-data": (
            "Nobody has data for {}: record what it is computed from, or leave it out.",
            "没有人有“{}”的数据:请记录其计算依据,或不再采用。",
        ),
        "too-few": (
            "Nobody has enough facts for {} to count: lengthen the period or lower the sample.",
            "没有人的“{}”达到最低样本:请延长周期或降低最低样本。",
        ),
        "does-not-vary": (
            "{} is the same for everybody measured: it tells nobody apart.",
            "“{}”对所有人都相同:不能区分任何人。",
        ),
        "at-cap": (
            "More than half of those measured reach the cap of {}: its target is too easy.",
            "超过一半的人在“{}”上达到上限:目标过低。",
        ),
        "at-floor": (
            "More than half of those measured stay at the floor of {}: its target is out of reach.",
            "超过一半的人在“{}”上停留在下限:目标过高。",
        ),
        "same": (
            "{} may measure the same: one of them is enough.",
            "{}可能衡量同一件事:保留一个即可。",
        ),
        "unpaired": (
            "{} counts only beside a counter-metric, and the policy has none.",
            "“{}”只有与制衡指标一起才可计分,而方案中没有。",
        ),
        "team-only": (
            "{} is the team's alone: no member is ever measured by it.",
            "“{}”只属于团队:不能用来衡量个人。",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Of which period; by a policy's terms, or all metrics there are."""

    period: Period
    policy_id: ReviewPolicyId | None = None
    version: int | None = None
    """Another version than the one in force: a what-if."""


# --- The report -----------------------------------------------------------------------------------


def indicators(
    log: Log, question: Question, window: Window = NOW, progress: Progress = silent
) -> Report:
    """Replay the log, and tell what the indicators of a policy, or all, are worth.

    Raises ``NoPolicy``.
    """
    window, period = ended(log, window), question.period
    chosen, rules = None, _everything()
    if question.policy_id is not None:
        policies = Policies.known(log, window)
        chosen = policies.chosen(question.policy_id, period.first, question.version)
        rules = chosen.version.rules
    ref = chosen.ref if chosen else None
    terms = Terms(period=period, rules=rules, policy=ref, known_at=window.as_of)
    found = scored(log, terms, window, progress)
    cards = {each: found.member(each) for each in _there(found, period)}
    values = None if chosen else _values(found, cards)
    return (
        heading("indicators", window)
        | {
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "policy": chosen.told() if chosen else None,
            "left_out": []
            if chosen
            else sorted(n for n, each in METRICS.items() if each.of_aspect),
            "waiting": [] if chosen else sorted(WAITING),
        }
        | looked_at(cards, rules, values)
    )


Values = Mapping[Term, Mapping[MemberId, Fraction]]


def looked_at(cards: Mapping[MemberId, Card], rules: Rules, values: Values | None = None) -> Report:
    """Tell what the figures of these cards are worth as indicators.

    ``values``: exact ones to look at in the place of scores, where no policy gives any.
    """
    columns = [
        _Column.of(place, term, cards, None if values is None else values[term])
        for place, term in enumerate(rules.terms)
    ]
    cap = Fraction(rules.cap) if values is None else None
    pairs = [pair for each in combinations(columns, 2) if (pair := _pair(*each))]
    unpaired = _unpaired(rules) if values is None else []
    return {
        "basis": "score" if values is None else "value",
        "members": len(cards),
        "indicators": [_indicator(each, cap) for each in columns],
        "correlations": [_written(each) for each in pairs],
        "unpaired": unpaired,
        "advice": [
            *(_advised(code, each) for each in columns for code in _codes(each, cap)),
            *(_advised("same", *each.columns) for each in pairs if each.flagged),
            *(_advised("unpaired", each) for each in columns if each.term.metric in unpaired),
        ],
    }


def _values(found: Scored, cards: Mapping[MemberId, Card]) -> Values:
    told = {}
    for place, (term, tallies) in enumerate(found.tallies.items()):
        measure = METRICS[term.metric].measure
        told[term] = {
            member_id: Fraction(value)
            for member_id, card in cards.items()
            if card.figures[place].status is Status.MEASURED
            and (value := tallies.members.get(member_id, Tally()).value(measure)) is not None
        }
    return told


def _everything() -> Rules:
    """Return rules that name every metric once; nothing is worth more than anything else."""
    names = [name for name, each in METRICS.items() if not each.of_aspect]
    terms = (
        Term(metric=name, weight=Decimal(1), floor=Decimal(0), target=Decimal(100))
        for name in names
    )
    return Rules(terms=tuple(terms))


def _there(found: Scored, period: Period) -> list[MemberId]:
    """Return who worked on some day of the period."""
    office, staff = found.material[OFFICE], found.material[STAFF]
    there = (id_ for id_, each in staff.by_id.items() if office.eligible(each, period))
    return sorted(there, key=str)


# --- One indicator --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """One figure of everybody's card: who has which status, and the exact number of whom."""

    term: Term
    metric: Metric
    figures: Mapping[MemberId, ScoredFigure]
    values: Mapping[MemberId, Fraction]
    whole: Mapping[MemberId, int]
    """The same, all multiplied by one number: how things go together stays as it is."""

    @staticmethod
    def of(
        place: int,
        term: Term,
        cards: Mapping[MemberId, Card],
        values: Mapping[MemberId, Fraction] | None,
    ) -> "_Column":
        figures = {member_id: card.figures[place] for member_id, card in cards.items()}
        if values is None:
            values = {id_: number(each.score) for id_, each in figures.items() if each.score}
        whole = dict(zip(values, _whole(values.values())[0], strict=True))
        return _Column(term, METRICS[term.metric], figures, values, whole)

    @property
    def team_only(self) -> bool:
        return self.metric.credited(self.term) is CreditRule.TEAM

    def has(self, status: Status) -> int:
        return sum(each.status is status for each in self.figures.values())

    def at(self, points: Fraction | None) -> int | None:
        return None if points is None else sum(each == points for each in self.values.values())

    def called(self, language: str) -> str:
        name = self.metric.en if language == "en" else self.metric.zh
        return f"{name} ({self.term.aspect})" if self.term.aspect else name


def mean(values: Sequence[Fraction]) -> Fraction:
    """Return the exact mean."""
    whole, scale = _whole(values)
    return Fraction(sum(whole), len(whole) * scale)


def variance(values: Sequence[Fraction]) -> Fraction:
    """Return the exact variance of a population."""
    whole, scale = _whole(values)
    return Fraction(_spread(whole), (len(whole) * scale) ** 2)


def _whole(values: Iterable[Fraction]) -> tuple[list[int], int]:
    """Return numbers as whole ones, and what they were multiplied by: adding is quick with them."""
    told = list(values)
    scale = lcm(*(each.denominator for each in told))
    return [each.numerator * (scale // each.denominator) for each in told], scale


def _spread(whole: Sequence[int]) -> int:
    """Return n·Σx² − (Σx)², which is n² times the variance."""
    return len(whole) * sum(each * each for each in whole) - sum(whole) ** 2


def _indicator(column: _Column, cap: Fraction | None) -> Report:
    values, term = list(column.values.values()), column.term
    spread = max(values) - min(values) if values else None
    squared = variance(values) if values else None
    evidence = {proof.position for each in column.figures.values() for proof in each.evidence}
    return {
        "metric": term.metric,
        "aspect": term.aspect,
        "version": term.version,
        "weight": f"{term.weight.normalize():f}" if cap is not None else None,
        "unit": "points" if cap is not None else column.metric.unit,
        "team_only": column.team_only,
        **{str(status): column.has(status) for status in Status},
        "mean": places(mean(values)) if values else None,
        "variance": None if squared is None else exact(squared),
        "standard_deviation": None if squared is None else places(root(squared)),
        "least": places(min(values)) if values else None,
        "most": places(max(values)) if values else None,
        "spread": None if spread is None else places(spread),
        "at_floor": column.at(None if cap is None else Fraction(0)),
        "at_cap": column.at(cap),
        "varies": None if len(values) < _TWO else bool(spread),
        "evidence": [str(position) for position in sorted(evidence)],
    }


def _codes(column: _Column, cap: Fraction | None) -> Iterator[str]:
    """Yield what is to be said about an indicator."""
    values = list(column.values.values())
    if column.team_only:
        yield "team-only"
    elif not values and column.figures:
        few = column.has(Status.INSUFFICIENT) + column.has(Status.HIDDEN)
        yield "too-few" if few else "no-data"
    elif len(values) >= _TWO and not variance(values):
        yield "does-not-vary"
    if cap is not None and len(values) >= _TWO:
        if sum(each == cap for each in values) * 2 > len(values):
            yield "at-cap"
        if sum(each == 0 for each in values) * 2 > len(values):
            yield "at-floor"


def _unpaired(rules: Rules) -> list[str]:
    """Return the metrics of rules that may count only beside others, of which there are none."""
    named = {term.metric for term in rules.terms}
    return sorted(
        name
        for name in named
        if "c" in METRICS[name].guards and not named & {*COUNTERPARTS.get(name, ())}
    )


def _advised(code: str, *columns: _Column) -> Report:
    english, chinese = _ADVICE[code]
    return {
        "code": code,
        "metrics": [each.term.metric for each in columns],
        "en": english.format(" and ".join(each.called("en") for each in columns)),
        "zh": chinese.format("、".join(each.called("zh") for each in columns)),
    }


# --- Pairs ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two indicators of the same members; ``square`` is that of r, exact."""

    columns: tuple[_Column, _Column]
    n: int
    square: Fraction
    negative: bool

    @property
    def flagged(self) -> bool:
        return not self.negative and self.square > SAME**2


def _pair(one: _Column, other: _Column) -> _Pair | None:
    both = [each for each in one.whole if each in other.whole]
    if len(both) < LEAST:
        return None
    x, y = ([column.whole[each] for each in both] for column in (one, other))
    spreads = _spread(x) * _spread(y)
    if not spreads:
        return None
    together = len(both) * sum(map(mul, x, y)) - sum(x) * sum(y)
    return _Pair((one, other), len(both), Fraction(together**2, spreads), negative=together < 0)


def _written(pair: _Pair) -> Report:
    r = root(pair.square)
    return {
        "metrics": [each.term.metric for each in pair.columns],
        "aspects": [each.term.aspect for each in pair.columns],
        "n": pair.n,
        "r": places(-r if pair.negative else r, 4),
        "flagged": pair.flagged,
    }
