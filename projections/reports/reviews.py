"""Departments and teams under review: their own card, their people's, and both together.

Reports by replay: the log is read once up to a position; the same prefix, period and policies give
the same bytes. Definitions (METRICS.md 2; cases/README.md 4, ``team_score``):

- A **department's** card pools the facts of those who worked there, without shortening targets;
  requests and notices count by their own department, whoever is charged. A **team's** card pools
  the facts of the members that are named; the shares of several of them in one fact add up. What
  belongs to departments alone is no team's.
- Each **member** is scored by the policy of their role at the end of the period (or when they
  left), in force when it began; who has a role without one, by the policy that was asked for. Of a
  department those are listed who worked there on some day of the period; their card is of all their
  work in it, wherever it was.
- **Blended** = the mean of a member's and the team's total, weighted by the blend of the policy
  that was asked for (70 to 30, unless it says otherwise); none where either has no total.
- **Too little data** has who has no total; ``too_little`` names the metrics that say nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from application.store.log import NOW, Log, Window
from domain.days import day_of
from domain.ids import DepartmentId, MemberId, ReviewPolicyId
from domain.reviews.card import Card, Status, number
from domain.reviews.review_policy import Blend
from projections.reports.colleagues import ROLES, Roles
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.policies import Chosen, Policies
from projections.reports.replaying import Progress, Report, ended, heading, shown, silent
from projections.reports.rounding import places
from projections.reviews.cards import rounded, shown_card
from projections.scoring.asked import Terms
from projections.scoring.material import Material
from projections.scoring.scoring import Scored, count, moment, needed
from projections.scoring.sources import OFFICE, STAFF, Employment, Staff


class NoDepartment(LookupError):
    """There is no such department."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Of which period, and by which policy the whole is scored."""

    period: Period
    policy_id: ReviewPolicyId
    version: int | None = None
    """Another version than the one in force: a what-if."""


# --- The reports ----------------------------------------------------------------------------------


def department_review(
    log: Log,
    question: Question,
    department_id: DepartmentId | None = None,
    window: Window = NOW,
    progress: Progress = silent,
) -> Report:
    """Review a department, or every one that anybody worked in during the period.

    Raises ``NoPolicy`` and ``NoDepartment``.
    """
    here = _Replayed.of(log, question, window, progress)
    if department_id is not None and str(department_id) not in here.names:
        raise NoDepartment("There is no such department.")
    there = here.departments()
    wanted = sorted(there, key=str) if department_id is None else [department_id]
    return here.heading("department-review") | {
        "departments": [
            {
                "department_id": str(each),
                "name": here.names.get(str(each)),
                **here.group(here.whole.department(each), there.get(each, [])),
            }
            for each in wanted
        ],
    }


def team_review(
    log: Log,
    question: Question,
    members: Sequence[MemberId],
    window: Window = NOW,
    progress: Progress = silent,
) -> Report:
    """Review a team: the members that are named; who never worked here was there on no day.

    Raises ``NoPolicy``.
    """
    here = _Replayed.of(log, question, window, progress)
    team = sorted(set(members), key=str)
    return here.heading("team-review") | here.group(here.whole.team(team), team)


def blended(individual: str | None, team: str | None, blend: Blend) -> Fraction | None:
    """Return the exact mean of a member's and a team's total; None where either has none."""
    if individual is None or team is None:
        return None
    own, common = Fraction(blend.individual), Fraction(blend.team)
    return (own * number(individual) + common * number(team)) / (own + common)


# --- What is replayed -----------------------------------------------------------------------------


def together(
    log: Log, asked: Iterable[Terms], window: Window, progress: Progress
) -> tuple[Material, list[Scored]]:
    """Replay the log once, and count it under several terms."""
    wanted = list(asked)
    sources = [source for terms in wanted for each in needed(terms) for source in each.needs]
    material = Material([STAFF, OFFICE, ROLES, *sources])
    for fact in shown(log, window, material.names, progress):
        material.take(fact)
    position = window.position or 0
    found = []
    for terms in wanted:
        known_at = moment(log, terms, position)
        counted = count(terms, material, known_at)
        found.append(Scored(terms, position, known_at, material, counted))
    return material, found


@dataclass(frozen=True)
class _Replayed:
    """A period's work, counted by the policy of the whole and by those of all roles."""

    question: Question
    window: Window
    chosen: Chosen
    whole: Scored
    by_policy: dict[ReviewPolicyId, Scored]
    policy_of: Callable[[MemberId], Chosen]
    roles: Roles
    staff: Staff
    names: dict[str, str]

    @staticmethod
    def of(log: Log, question: Question, window: Window, progress: Progress) -> "_Replayed":
        window = ended(log, window)
        period = question.period
        policies = Policies.known(log, window)
        chosen = policies.chosen(question.policy_id, period.first, question.version)
        in_use = {policy.role for policy in policies.by_id.values()}
        of_roles = {role: policies.of_role(role, period.first) for role in sorted(in_use)}
        known = {each.id: each for each in of_roles.values() if each and each.id != chosen.id}
        known[chosen.id] = chosen
        terms = [_terms(each, period, window) for each in known.values()]
        material, counted = together(log, terms, window, progress)
        by_policy = dict(zip(known, counted, strict=True))
        staff, roles = material[STAFF], material[ROLES]

        def policy_of(member_id: MemberId) -> Chosen:
            role = _role(member_id, staff, roles, period)
            found = of_roles.get(role) if role else None
            return chosen if found is None or found.id == chosen.id else found

        whole, names = by_policy[chosen.id], names_in(log, window)
        return _Replayed(question, window, chosen, whole, by_policy, policy_of, roles, staff, names)

    def heading(self, name: str) -> Report:
        period = self.question.period
        blend = self.chosen.version.blend
        return heading(name, self.window) | {
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "policy": self.chosen.told(),
            "blend": {
                "individual": f"{blend.individual.normalize():f}",
                "team": f"{blend.team.normalize():f}",
            },
        }

    def departments(self) -> dict[DepartmentId, list[MemberId]]:
        """Return who worked in which department on some day of the period."""
        found: dict[DepartmentId, list[MemberId]] = {}
        for member_id in sorted(self.staff.by_id, key=str):
            for each in _places(self.staff.by_id[member_id], self.question.period):
                found.setdefault(each, []).append(member_id)
        return found

    def group(self, card: Card, members: Sequence[MemberId]) -> Report:
        """Return a group's own card, its members' and both together, with who has too little."""
        rows = [self._member(each, card) for each in members]
        scored = [each for each in rows if each["total"] is not None]
        return {
            "total": rounded(card.total),
            "coverage": rounded(card.coverage),
            "card": shown_card(card),
            "too_little": _too_little(card),
            "evidence": _evidence(card),
            "members": rows,
            "scored": len(scored),
            "without_total": [each["member_id"] for each in rows if each["total"] is None],
        }

    def _member(self, member_id: MemberId, team: Card) -> Report:
        chosen = self.policy_of(member_id)
        card = self.by_policy[chosen.id].member(member_id)
        both = blended(card.total, team.total, self.chosen.version.blend)
        return {
            "member_id": str(member_id),
            "name": self.names.get(str(member_id)),
            "role": _role(member_id, self.staff, self.roles, self.question.period),
            "policy": chosen.told(),
            "total": rounded(card.total),
            "blended": None if both is None else places(both),
            "card": shown_card(card),
            "too_little": _too_little(card),
        }


def _terms(chosen: Chosen, period: Period, window: Window) -> Terms:
    return Terms(
        period=period, rules=chosen.version.rules, policy=chosen.ref, known_at=window.as_of
    )


def _role(member_id: MemberId, staff: Staff, roles: Roles, period: Period) -> str | None:
    here = staff.by_id.get(member_id)
    if here is None:
        return None
    last = period.end if here.left_at is None else min(here.left_at, period.end)
    return roles.at(member_id, last)


def _places(employment: Employment, period: Period) -> Iterator[DepartmentId]:
    """Yield each department that somebody worked in on some day of the period, once."""
    first = max(period.first, day_of(employment.joined_at, period.zone))
    left: Any = employment.left_at and day_of(employment.left_at, period.zone)
    last = min(period.last, left) if left else period.last
    if first >= last:
        return
    begun = [day_of(at, period.zone) for at, _, _ in employment.moves]
    ends = [*begun[1:], last]
    seen = set()
    for since, until, (_, _, department_id) in zip(begun, ends, employment.moves, strict=True):
        if max(since, first) < min(until, last) and department_id not in seen:
            seen.add(department_id)
            yield department_id


def _too_little(card: Card) -> list[Report]:
    """Return the metrics that say nothing, and why: no data, too few facts, or too few people."""
    return [
        {"metric": each.term.metric, "aspect": each.term.aspect, "status": str(each.status)}
        for each in card.figures
        if each.status is not Status.MEASURED
    ]


def _evidence(card: Card) -> list[str]:
    """Return the positions of all facts that count in a card, each once."""
    found = {proof.position for figure in card.figures for proof in figure.evidence}
    return [str(position) for position in sorted(found)]
