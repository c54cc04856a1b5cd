"""Scorecards by replay: the log read once, and what it says of members and departments.

A card is a pure function of the log up to a position, the rules, the period and the moment as of
which open things are judged: the same ones give the same bytes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from importlib.metadata import version
from typing import Any

from application.store.log import NOW, Log, Window
from domain.ids import DepartmentId, MemberId
from domain.kernel import Recorded
from domain.reviews.card import Card, digest, exact
from domain.reviews.scoring_rules import Term
from domain.sales.order import OrderPaid
from projections.reports.replaying import Progress, ended, shown, silent
from projections.scoring.asked import Asked, Terms
from projections.scoring.catalogue import METRICS
from projections.scoring.figures import figure, total_of
from projections.scoring.material import AnySource, Material, names_of
from projections.scoring.metric import Metric, Question
from projections.scoring.sources import OFFICE, ORDERS, STAFF
from projections.scoring.tally import Tallies, Tally, Whose

(PAID,) = names_of(OrderPaid)
CODE = version("concord")
"""The version of Concord that computes."""


@dataclass(frozen=True)
class Scored:
    """What the log up to a position comes to under some terms, for everybody in it."""

    terms: Terms
    position: int
    known_at: datetime
    material: Material
    tallies: Mapping[Term, Tallies]

    def member(self, member_id: MemberId) -> Card:
        """Return a member's scorecard; who never worked here was there on no day."""
        office, period, whole = self.material[OFFICE], self.terms.period, self._whole
        employment = self.material[STAFF].by_id.get(member_id)
        eligible = office.eligible(employment, period) if employment else 0
        there = Fraction(eligible, whole) if whole else Fraction(0)
        tallies = {
            term: found.members.get(member_id, Tally()) for term, found in self.tallies.items()
        }
        return self._card(member_id, None, tallies, there, (eligible, whole))

    def department(self, department_id: DepartmentId) -> Card:
        """Return a department's scorecard, of all that its members' and its own facts come to."""
        whole = self._whole
        tallies = {
            term: found.departments.get(department_id, Tally())
            for term, found in self.tallies.items()
        }
        return self._card(None, department_id, tallies, None, (whole, whole))

    def team(self, members: Collection[MemberId]) -> Card:
        """Return the scorecard of some members together: their shares in one fact add up.

        Targets are not shortened; what belongs to departments alone is no data of theirs.
        """
        whole = self._whole
        tallies = {}
        for term in self.terms.rules.terms:
            metric, tally = METRICS[term.metric], Tally()
            for entry in metric.compute(self.material, question(self.terms, term, self.known_at)):
                shares = [share for member_id, share in entry.credit if member_id in members]
                if shares:
                    tally.add(entry, sum(shares), metric.measure)
            tallies[term] = tally
        return self._card(None, None, tallies, Fraction(1), (whole, whole))

    @cached_property
    def _whole(self) -> int:
        """How many business days the period has."""
        period = self.terms.period
        return self.material[OFFICE].business_days(period.first, period.last)

    @cached_property
    def _hash(self) -> str:
        """What tells the rules from others; of a thousand cards it is the same."""
        policy = self.terms.policy
        return policy.hash if policy else digest(self.terms.rules)

    def _card(
        self,
        member_id: MemberId | None,
        department_id: DepartmentId | None,
        tallies: Mapping[Term, Tally],
        there: Fraction | None,
        days: tuple[int, int],
    ) -> Card:
        rules, policy, period = self.terms.rules, self.terms.policy, self.terms.period
        cap = Fraction(rules.cap)
        if self.terms.discreet:
            secret = {term for term in tallies if METRICS[term.metric].hidden_below is not None}
            tallies = {term: Tally() if term in secret else each for term, each in tallies.items()}
        figures = tuple(
            figure(METRICS[term.metric], term, tallies[term], cap, there) for term in rules.terms
        )
        total, coverage = total_of(figures, rules)
        return Card(
            member_id=member_id,
            department_id=department_id,
            first=period.first,
            last=period.last,
            zone=str(period.zone),
            policy_id=policy.id if policy else None,
            policy_version=policy.version if policy else None,
            policy_hash=self._hash,
            position=self.position,
            known_at=self.known_at,
            code=CODE,
            figures=figures,
            total=None if total is None else exact(total),
            coverage=exact(coverage),
            eligible_days=days[0],
            period_days=days[1],
        )


def needed(terms: Terms) -> list[Metric]:
    """Return the metrics that rules name. Raises ``LookupError`` for one that there is not."""
    return [METRICS[term.metric] for term in terms.rules.terms]


def gather(terms: Terms, facts: Iterable[Recorded[Any]], *also: AnySource) -> Material:
    """Gather facts, in the log's order, as the metrics of some rules need them."""
    material = material_for(terms, *also)
    for fact in (*facts, *terms.added) if terms.added else facts:
        if fact.position not in terms.struck:
            material.take(fact)
    return material


def material_for(terms: Terms, *also: AnySource) -> Material:
    """Return an empty place for all that the metrics of some rules need."""
    sources = [source for metric in needed(terms) for source in metric.needs]
    return Material([STAFF, OFFICE, *sources, *also])


def question(terms: Terms, term: Term, known_at: datetime) -> Question:
    """Return what the metric of a term is asked."""
    return Question(terms.period, known_at, term.aspect, terms.currency)


def count(
    terms: Terms,
    material: Material,
    known_at: datetime,
    only: Iterable[Term] | None = None,
    whose: Whose = Whose.EVERYBODYS,
) -> dict[Term, Tallies]:
    """Count what was gathered, for each term of the rules, or for ``only`` some of them."""
    found = {}
    for term in terms.rules.terms if only is None else only:
        tallies, metric = Tallies(), METRICS[term.metric]
        entries = metric.compute(material, question(terms, term, known_at))
        tallies.count(metric, entries, material[STAFF], whose)
        found[term] = tallies
    return found


def settled(log: Log, terms: Terms, position: int) -> Terms:
    """Return terms with their money: where they name none, that of most payments so far.

    Of two currencies with equally many, the first by its code; without payments, none.
    """
    if (named := terms.currency or terms.rules.currency) is not None:
        return replace(terms, currency=named)
    if not any(ORDERS in each.needs for each in needed(terms)):
        return terms
    found = log.tally(PAID, ("event", "amount", "currency"), position)
    return replace(terms, currency=min(found, key=lambda each: (-found[each], each), default=None))


def moment(log: Log, terms: Terms, position: int) -> datetime:
    """Return the moment as of which open things are judged."""
    return terms.known_at or log.known_at(position) or datetime.fromtimestamp(0, UTC)


def scored(
    log: Log,
    terms: Terms,
    window: Window = NOW,
    progress: Progress = silent,
    also: Sequence[AnySource] = (),
) -> Scored:
    """Replay the log as a window shows it, once for everybody; gather ``also`` what others need."""
    window = ended(log, window)
    position = window.position or 0
    terms = settled(log, terms, position)
    known_at = moment(log, terms, position)
    facts = shown(log, window, material_for(terms, *also).names, progress)
    material = gather(terms, facts, *also)
    return Scored(terms, position, known_at, material, count(terms, material, known_at))


def scorecard(log: Log, asked: Asked, window: Window = NOW, progress: Progress = silent) -> Card:
    """Replay the log, and return the scorecard of one member or one department.

    Raises ``LookupError`` where neither is named, or a metric that there is not.
    """
    found = scored(log, asked, window, progress)
    if asked.member_id is not None:
        return found.member(asked.member_id)
    if asked.department_id is not None:
        return found.department(asked.department_id)
    raise LookupError("A scorecard is a member's or a department's.")
