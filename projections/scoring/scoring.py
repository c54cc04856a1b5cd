"""Scorecards by replay: the log read once, and what it says of members and departments.

A card is a pure function of the log up to a position, the rules, the period and the moment as of
which open things are judged: the same ones give the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from typing import Any

from application.store.log import NOW, Log, Window
from domain.ids import DepartmentId, MemberId
from domain.kernel import Recorded
from domain.reviews.card import Card, digest, exact
from domain.reviews.scoring_rules import Term
from projections.reports.replaying import Progress, ended, shown, silent
from projections.scoring.asked import Asked, Terms
from projections.scoring.catalogue import METRICS
from projections.scoring.figures import figure, total_of
from projections.scoring.material import Material
from projections.scoring.metric import Metric, Question
from projections.scoring.sources import OFFICE, ORDERS, STAFF
from projections.scoring.tally import Tallies, Tally

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
        office, period = self.material[OFFICE], self.terms.period
        whole = office.business_days(period.first, period.last)
        employment = self.material[STAFF].by_id.get(member_id)
        eligible = office.eligible(employment, period) if employment else 0
        there = Fraction(eligible, whole) if whole else Fraction(0)
        tallies = {
            term: found.members.get(member_id, Tally()) for term, found in self.tallies.items()
        }
        return self._card(member_id, None, tallies, there, (eligible, whole))

    def department(self, department_id: DepartmentId) -> Card:
        """Return a department's scorecard, of all that its members' and its own facts come to."""
        period = self.terms.period
        whole = self.material[OFFICE].business_days(period.first, period.last)
        tallies = {
            term: found.departments.get(department_id, Tally())
            for term, found in self.tallies.items()
        }
        return self._card(None, department_id, tallies, None, (whole, whole))

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
            policy_hash=policy.hash if policy else digest(rules),
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


def gather(terms: Terms, facts: Iterable[Recorded[Any]]) -> Material:
    """Gather facts, in the log's order, as the metrics of some rules need them."""
    material = material_for(terms)
    for fact in facts:
        if fact.position not in terms.struck:
            material.take(fact)
    return material


def material_for(terms: Terms) -> Material:
    """Return an empty place for all that the metrics of some rules need."""
    sources = [source for metric in needed(terms) for source in metric.needs]
    return Material([STAFF, OFFICE, *sources])


def count(terms: Terms, material: Material, known_at: datetime) -> dict[Term, Tallies]:
    """Count what was gathered, for each term of the rules."""
    found = {}
    currency = terms.currency or _usual(material)
    for term in terms.rules.terms:
        question = Question(terms.period, known_at, term.aspect, currency)
        tallies, metric = Tallies(), METRICS[term.metric]
        tallies.count(metric, metric.compute(material, question), material[STAFF])
        found[term] = tallies
    return found


def _usual(material: Material) -> str | None:
    """Return the currency of most payments; of equally many the first by its code."""
    if ORDERS not in material:
        return None
    found = Counter(order.currency for order in material[ORDERS] for _ in order.payments)
    return min(found, key=lambda each: (-found[each], each), default=None)


def moment(log: Log, terms: Terms, position: int) -> datetime:
    """Return the moment as of which open things are judged."""
    return terms.known_at or log.known_at(position) or datetime.fromtimestamp(0, UTC)


def scored(log: Log, terms: Terms, window: Window = NOW, progress: Progress = silent) -> Scored:
    """Replay the log as a window shows it, once for everybody."""
    window = ended(log, window)
    position = window.position or 0
    known_at = moment(log, terms, position)
    material = gather(terms, shown(log, window, material_for(terms).names, progress))
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
