"""Routing: the rules of each department, and who takes what by them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from application.crm import Crm
from domain.business_hours import business_time, seconds_of
from domain.ids import DepartmentId, MemberId, RequestId
from domain.kernel import Recorded
from domain.support import routing
from domain.support.calendar import CALENDAR, Kept
from domain.support.request import AssignRequest, QueueRequest, RequestAssigned
from domain.support.request_leaving import LeaveQueued
from domain.support.routing import ROUTING, cited, routing_id
from domain.support.routing_choice import Asked, Candidate, Choice, Rule, Staffing, choose
from domain.support.words import RequestKind
from domain.values import ContactChannel, Tier
from projections.customers.customers import CUSTOMERS
from projections.documents import Document, ReadModel, utc
from projections.reader import Reader
from projections.support.requests import REQUESTS
from projections.teams.teams import DEPARTMENTS, MEMBERS

CATCH_UP_SECONDS = 2.0
"""How long is waited for what was written just now, so that it counts as load."""

# --- The rules ------------------------------------------------------------------------------------


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a department's rules."""
    match fact.event:
        case routing.RoutingSet(department_id=department_id, number=number, rules=rules):
            return {
                "id": str(key),
                "department_id": str(department_id),
                "number": number,
                "status": "in-force",
                "rules": [msgspec.to_builtins(rule) for rule in rules],
                "set_at": utc(fact.occurred_at),
            }
        case _ if document is None:
            return None
        case routing.RoutingWithdrawn():
            return {"status": "withdrawn", "rules": []}
        case _:
            return {}


ROUTINGS = ReadModel(
    name="routings",
    version=1,
    subject="routing",
    fold=fold,
    fields=("department_id", "status", "set_at"),
)

# --- Who has been given something last ------------------------------------------------------------


def fold_given(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Keep when a member was given a request last."""
    if isinstance(fact.event, RequestAssigned):
        return {"id": str(key), "last_at": utc(fact.occurred_at)}
    return document and {}


GIVEN = ReadModel(
    name="given",
    version=1,
    subject="member",
    fold=fold_given,
    notices=(RequestAssigned,),
    beside="request",
)

# --- Who takes what -------------------------------------------------------------------------------


def away(member: Document, now: datetime) -> bool:
    """Tell whether a member is away at a time."""
    at = utc(now)
    return any(each["starts_at"] <= at < each["ends_at"] for each in member["absences"])


class Router:
    """Routes some requests, one after the other: whom it gives one has one more for the next.

    It knows who works here as it was when it was made; make a new one for each hand of requests.
    """

    def __init__(self, crm: Crm, reader: Reader) -> None:
        self.crm = crm
        self.reader = reader
        self.now = datetime.now(UTC)
        for model in (REQUESTS, MEMBERS, GIVEN):
            reader.wait(model.name, crm.facts.head(), CATCH_UP_SECONDS)
        self._members = reader.documents_of(MEMBERS, reader.keys(MEMBERS, "status", "active"))
        self._open = Counter(reader.count(REQUESTS, "holder_id", {"status": "open"}))
        self._last = {
            str(id_): datetime.fromisoformat(given["last_at"])
            for id_, given in reader.documents_of(GIVEN, self._members).items()
        }
        self._departments = frozenset(
            DepartmentId(key) for key in reader.keys(DEPARTMENTS, "status", "open")
        )

    def command(self, document: Document) -> AssignRequest | QueueRequest | LeaveQueued:
        """Return what is to be done with a request, by the rules of the department it is in."""
        id_ = RequestId(UUID(document["id"]))
        department_id = DepartmentId(UUID(document["department_id"]))
        rules = self.crm.load(ROUTING, routing_id(department_id)).state
        if not isinstance(rules, routing.InForce):
            return LeaveQueued(id=id_)
        choice = choose(rules.rules, self._asked(document), self._staffing(rules.rules))
        if choice is None:
            return LeaveQueued(id=id_)
        return self._carrying_out(choice, id_, department_id, rules.number)

    def _carrying_out(
        self, choice: Choice, id_: RequestId, here: DepartmentId, number: int
    ) -> AssignRequest | QueueRequest | LeaveQueued:
        rule = cited(choice.rule, number)
        if choice.member is not None:
            self._open[str(choice.member)] += 1
            self._last[str(choice.member)] = self.now
            return AssignRequest(id=id_, member_id=choice.member, rule=rule)
        if choice.queue is None or choice.queue == here:
            return LeaveQueued(id=id_, rule=rule)
        return QueueRequest(id=id_, department_id=choice.queue, rule=rule)

    def _asked(self, document: Document) -> Asked:
        customer_id = UUID(document["customer_id"])
        customer = self.reader.documents_of(CUSTOMERS, [customer_id]).get(customer_id)
        tier = document.get("tier") or (customer and customer["tier"])
        return Asked(
            kind=RequestKind(document["kind"]),
            channel=ContactChannel(document["channel"]),
            tier=Tier(tier) if tier else None,
            priority=document["priority"],
        )

    def _staffing(self, rules: Sequence[Rule]) -> Staffing:
        hours = [rule.when.hours for rule in rules if rule.when.hours]
        asked = [(each.calendar_id, self._opened(each.calendar_id)) for each in hours]
        return Staffing(
            candidates=[self._candidate(member) for member in self._members.values()],
            departments=self._departments,
            calendars={id_: opened for id_, opened in asked if opened is not None},
        )

    def _opened(self, calendar_id: UUID) -> bool | None:
        """Tell whether a calendar says that it is open now; None where there is no such one."""
        calendar = self.crm.load(CALENDAR, calendar_id).state
        version = calendar.in_force_at(self.now) if isinstance(calendar, Kept) else None
        if version is None:
            return None
        return business_time(version.hours).is_open(seconds_of(self.now))

    def _candidate(self, member: Document) -> Candidate:
        return Candidate(
            member_id=MemberId(UUID(member["id"])),
            department_id=DepartmentId(UUID(member["department_id"])),
            load=self._open[member["id"]],
            skills={each["name"]: each["level"] for each in member["skills"]},
            away=away(member, self.now),
            last_at=self._last.get(member["id"]),
        )
