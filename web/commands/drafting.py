"""``concord reviews draft``: a department's reviews of a cycle, opened and drafted in one go."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from application.crm import Crm
from application.store.log import Log, Window
from domain.ids import DepartmentId, MemberId, ReviewId, named_id
from domain.kernel import Actor, Channel, Envelope, Rejected
from domain.reviews.card import Card, number
from domain.reviews.review import DraftScorecard, OpenReview
from domain.reviews.review_cycle import REVIEW_CYCLE, Cycle, RolePolicy, review_cycle_id
from domain.reviews.review_policy import REVIEW_POLICY
from domain.reviews.review_rules import REVIEW
from domain.teams.department import DEPARTMENT, department_id
from domain.teams.member import MEMBER
from projections.reports.colleagues import ROLES
from projections.reports.names import names_in
from projections.reports.period import Period
from projections.reports.replaying import Progress, shown
from projections.reports.rounding import places
from projections.scoring.asked import PolicyRef, Terms
from projections.scoring.many import Manner, scorecards
from projections.scoring.material import Material
from projections.scoring.sources import STAFF
from web.commands.terminal import bar, console, fail, opened


@click.command("draft")
@click.option("--cycle", required=True, help="The cycle's code.")
@click.option("--department", required=True, help="The department's code.")
@click.option("--author", type=click.UUID, required=True, help="The id of who answers for them.")
@click.option("--dry-run", is_flag=True, help="Only show the scores.")
def draft(cycle: str, department: str, author: UUID, dry_run: bool) -> None:
    """Open and draft the reviews of a cycle for a department: one replay for each role's policy.

    Of everybody who worked in the period, was there last, and in a role that has a policy. What is
    open already is left as it is; nobody writes their own. There is this command for it and no
    route; POST /reviews and POST /reviews/<id>/draft do it one by one.
    """
    with opened() as (_, crm), bar("Scoring") as progress:
        state = crm.load(REVIEW_CYCLE, review_cycle_id(cycle)).state
        if not isinstance(state, Cycle):
            fail(f"There is no cycle {cycle}. GET /api/v1/review-cycles shows what there is.")
        if not DEPARTMENT.active(crm.load(DEPARTMENT, department_id(department)).state):
            fail(f"There is no department {department}. GET /api/v1/departments shows them.")
        if not MEMBER.active(crm.load(MEMBER, author).state):
            fail(f"Nobody who works here has the id {author}. GET /api/v1/members shows them.")
        window = Window(crm.facts.head())
        whose = _Colleagues.of(crm.facts, window, state, department_id(department))
        drafts = [
            _Draft(state, policy, card, whose.department_id)
            for policy in state.policies
            for card in _cards(crm, state, policy, window, progress)
            if card.member_id in whose.in_role(policy.role)
            and card.member_id != author
            and card.eligible_days
        ]
        outcomes = ["not kept" if dry_run else each.keep(crm, MemberId(author)) for each in drafts]
        names = names_in(crm.facts, window)
    table = Table("whose", "score", "measured", "review")
    for each, outcome in zip(drafts, outcomes, strict=True):
        total = "-" if each.card.total is None else places(number(each.card.total))
        whom = names.get(str(each.card.member_id), str(each.card.member_id))
        table.add_row(whom, total, f"{places(number(each.card.coverage))} %", outcome)
    console.print(table)
    console.print(
        f"{len(drafts)} people scored as of position {window.position}."
        " Next: POST /reviews/<id>/collect-inputs, then two calibrate.",
        highlight=False,
    )


def _cards(
    crm: Crm, cycle: Cycle, policy: RolePolicy, window: Window, progress: Progress
) -> list[Card]:
    version = crm.load(REVIEW_POLICY, policy.policy_id).state.version(policy.version)
    terms = Terms(
        period=Period(cycle.first, cycle.last, ZoneInfo(cycle.zone)),
        rules=version.rules,
        policy=PolicyRef(policy.policy_id, policy.version, policy.hash),
    )
    return list(scorecards(crm.facts, terms, window, manner=Manner(progress=progress)))


@dataclass(frozen=True)
class _Colleagues:
    """Whose last department it was when a cycle's period ended, and as what."""

    department_id: DepartmentId
    roles: dict[MemberId, str | None]

    @staticmethod
    def of(log: Log, window: Window, cycle: Cycle, department: DepartmentId) -> "_Colleagues":
        material = Material([STAFF, ROLES])
        for fact in shown(log, window, material.names):
            material.take(fact)
        end = Period(cycle.first, cycle.last, ZoneInfo(cycle.zone)).end
        return _Colleagues(
            department,
            {
                member_id: material[ROLES].at(member_id, end)
                for member_id, employment in material[STAFF].by_id.items()
                if employment.joined_at < end and employment.department_at(end) == department
            },
        )

    def in_role(self, role: str) -> set[MemberId]:
        return {member_id for member_id, each in self.roles.items() if each == role}


@dataclass(frozen=True)
class _Draft:
    """A review to open, with its card."""

    cycle: Cycle
    policy: RolePolicy
    card: Card
    department_id: DepartmentId

    @property
    def id(self) -> ReviewId:
        """Always the same for a member and a cycle: the command may be repeated."""
        return ReviewId(named_id("review", self.cycle.code, str(self.card.member_id)))

    def keep(self, crm: Crm, author: MemberId) -> str:
        """Open the review and put the card into it; say what became of it."""
        if crm.load(REVIEW, self.id).version:
            return "was there already"
        envelope = Envelope(
            occurred_at=datetime.now(UTC), actor=Actor.member(author), channel=Channel.CLI
        )
        opening = OpenReview(
            id=self.id,
            member_id=MemberId(self.card.member_id) if self.card.member_id else None,
            department_id=self.department_id,
            cycle_id=review_cycle_id(self.cycle.code),
            first=self.cycle.first,
            last=self.cycle.last,
            zone=self.cycle.zone,
            policy_id=self.policy.policy_id,
            policy_version=self.policy.version,
            policy_hash=self.policy.hash,
        )
        try:
            crm.handle(opening, envelope)
            crm.handle(DraftScorecard(id=self.id, card=self.card), envelope)
        except Rejected as refusal:
            return refusal.sentence
        return str(self.id)
