"""What a scorecard is asked for: of whom, for which period, by which rules, at which position."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ids import DepartmentId, MemberId, ReviewPolicyId
from domain.kernel import Recorded
from domain.reviews.scoring_rules import Rules
from projections.reports.period import Period


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """The published version of a policy whose rules are followed."""

    id: ReviewPolicyId
    version: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which rules whoever is asked about is scored; ``policy`` None: a what-if."""

    period: Period
    rules: Rules
    policy: PolicyRef | None = None
    known_at: datetime | None = None
    """As of when what is still open is judged; None: when the last fact was recorded."""
    currency: str | None = None
    """Which money counts; None: what the rules say."""
    struck: frozenset[int] = frozenset()
    """Positions of facts to leave out: what if they had not happened?"""
    added: tuple[Recorded[Any], ...] = ()
    """Facts that nobody recorded, at positions below zero: what if they had happened?"""
    discreet: bool = False
    """Whether nothing at all is told of what only a group's size keeps from telling who said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Terms):
    """The scorecard of a member, or of a department."""

    member_id: MemberId | None = None
    department_id: DepartmentId | None = None
