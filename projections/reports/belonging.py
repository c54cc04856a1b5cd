"""Where an answer belongs when it is given: to which department, and to whose customer."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from domain.ids import DepartmentId, MemberId
from domain.kernel import Recorded
from domain.support.request import RequestOpened, RequestQueued
from domain.support.survey import SurveyAnswered
from domain.teams.member import MemberJoined, MemberMoved
from projections.reports.owning import OWNERSHIP_EVENTS, Owners

_MOVING = (RequestOpened, RequestQueued, MemberJoined, MemberMoved)
PLACE_EVENTS = (
    *OWNERSHIP_EVENTS,
    *(cast("Any", event).__event_name__ for event in _MOVING),
)


@dataclass
class Belonging:
    """In which department requests and members were over time, and whose customers were."""

    _owners: Owners = field(default_factory=Owners)
    _moves: dict[UUID, list[tuple[datetime, int, DepartmentId]]] = field(default_factory=dict)

    def take(self, fact: Recorded[Any]) -> None:
        """Add one fact, in the log's order."""
        if fact.kind == "ownership":
            self._owners.take(fact)
            return
        told = self._moves.setdefault(fact.stream_id, [])
        move = (fact.occurred_at, fact.position, fact.event.department_id)
        told.insert(bisect_right(told, move[:2], key=lambda each: each[:2]), move)

    def owner(self, answer: Recorded[SurveyAnswered]) -> MemberId | None:
        """Return who owned the customer when they answered; of staff, nobody."""
        customer_id = answer.event.customer_id
        return self._owners.at(customer_id, answer.occurred_at) if customer_id else None

    def department(self, answer: Recorded[SurveyAnswered]) -> DepartmentId | None:
        """Return which department had the request, or where the owner or who was asked worked."""
        said = answer.event
        thing = said.request_id or said.member_id or self.owner(answer)
        told = self._moves.get(thing, []) if thing else []
        place = bisect_right(told, answer.occurred_at, key=lambda each: each[0])
        return told[place - 1][2] if place else None
