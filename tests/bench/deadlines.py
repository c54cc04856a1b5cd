"""Requests with a deadline, and the timer that resolves them: what timers are tried on.

A read model of their own, so that whatever becomes due in Concord itself stays out of it.
"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import projections.timers
from application.crm import Crm
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.ids import CustomerId, RequestId
from domain.kernel import Actor, Channel, Envelope, Fact, Recorded
from domain.support import request
from domain.support.request import RequestOpened, ResolveRequest
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.values import ContactChannel
from projections.documents import Document, ReadModel, utc
from projections.timers import Timer

DUE_AFTER = timedelta(hours=4)
POISON = "Poison"
FAULTY = "Faulty"


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Keep when a request should be resolved, until it is."""
    match fact.event:
        case RequestOpened(title=title):
            due_at = utc(fact.occurred_at + DUE_AFTER)
            return {"id": str(key), "title": title, "due_at": due_at}
        case request.RequestResolved() | request.RequestVoided():
            return None if document is None else {"due_at": None}
    return document and {}


DEADLINES = ReadModel(name="deadlines", version=1, subject="request", fold=fold, fields=("due_at",))


def command(document: Document) -> ResolveRequest:
    """Resolve it; what is poison names a request that is not there, what is faulty fails."""
    if document["title"] == FAULTY:
        raise KeyError("resolution")
    id_ = uuid4() if document["title"] == POISON else UUID(document["id"])
    return ResolveRequest(id=RequestId(id_), resolution="In time")


OVERDUE = Timer(
    name="overdue",
    model=DEADLINES,
    field="due_at",
    command=command,
    reason="Nobody answered in time",
)


def open_requests(crm: Crm, openings: list[tuple[datetime, str]]) -> list[UUID]:
    """Open a request at each of these times, with that title; return their ids."""
    by = Envelope(occurred_at=openings[0][0], actor=Actor.system("test"), channel=Channel.CLI)
    code = f"due-{uuid4()}"
    customer, department = CustomerId(uuid4()), department_id(code)
    founded = CreateDepartment(id=department, code=code, name="Care", kind=DepartmentKind.CORE)
    crm.handle(founded, by)
    crm.handle(RegisterCustomer(id=customer, details=CustomerDetails(name="Harbour Foods")), by)
    facts = [
        Fact(
            stream_id=uuid4(),
            version=1,
            event=RequestOpened(
                customer_id=customer,
                department_id=department,
                kind="support",
                channel=ContactChannel.EMAIL,
                title=title,
            ),
            envelope=Envelope(occurred_at=at, actor=Actor.system("test"), channel=Channel.CLI),
        )
        for at, title in openings
    ]
    for start in range(0, len(facts), 1000):
        crm.append(facts[start : start + 1000])
    return [fact.stream_id for fact in facts]


def overdue(number: int, title: str = "Where is it?") -> list[tuple[datetime, str]]:
    """Return so many openings whose deadline has passed, a second apart, the latest last."""
    last = datetime.now(UTC) - DUE_AFTER - timedelta(seconds=10)
    return [(last - timedelta(seconds=number - each), title) for each in range(number)]


def main() -> None:
    """Be the ``concord`` command with this one timer."""
    projections.timers.TIMERS = (OVERDUE,)
    from web.cli import main as concord  # noqa: PLC0415 - with the timers that it finds then

    concord()


if __name__ == "__main__":
    sys.exit(main())
