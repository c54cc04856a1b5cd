"""Who did which work, and since when: roles over time, for reports about reviews."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.ids import MemberId
from domain.kernel import Recorded
from domain.teams.member import MemberJoined, MemberRetracted, MemberRoleChanged
from projections.scoring.material import Source, names_of


@dataclass
class Roles:
    """Which role everybody had, and since when."""

    by_id: dict[MemberId, list[tuple[datetime, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, fact: Recorded[Any]) -> None:
        """Add that somebody was given a role, or that they never were here."""
        member_id = MemberId(fact.stream_id)
        match fact.event:
            case MemberJoined(role=role) | MemberRoleChanged(role=role):
                told = self.by_id[member_id]
                told.append((fact.occurred_at, fact.position, role))
                told.sort()
            case _:
                self.by_id.pop(member_id, None)

    def at(self, member_id: MemberId, instant: datetime) -> str | None:
        """Return somebody's role at an instant: before their first, their first."""
        told = self.by_id.get(member_id)
        if not told:
            return None
        return told[max(bisect_right(told, instant, key=lambda each: each[0]) - 1, 0)][2]


ROLES = Source(Roles, names_of(MemberJoined, MemberRoleChanged, MemberRetracted))
