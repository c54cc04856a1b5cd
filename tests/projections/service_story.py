"""The story that the service-flow report is tried on: requests of one week and their facts."""

from datetime import timedelta

from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, SALES, SERVICE, sample_id

from domain.ids import RequestId
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    EndWaiting,
    OpenRequest,
    QueueRequest,
    ReopenRequest,
    RequestAssigned,
    RequestClosed,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestResolved,
    ResolveRequest,
    RetractRequest,
    StartWaiting,
    StepTaken,
    VoidRequest,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.words import RequestKind, WaitingOn
from domain.values import ContactChannel
from projections.reports.flow import Cases

LATE = RequestId(sample_id(1))
STUCK = RequestId(sample_id(2))
SPAM = RequestId(sample_id(3))
MISTAKEN = RequestId(sample_id(4))

HOUR = timedelta(hours=1)
DAYS = {"mon": 0, "tue": 24, "wed": 48, "thu": 72, "fri": 96}


def moment(text):
    """The hour of a day in the story: "tue 18"; everything begins on Monday at nine."""
    day, hour = text.split()
    return MONDAY + (DAYS[day] + int(hour) - 9) * HOUR


def opening(id_, kind, department):
    return OpenRequest(
        id=id_,
        customer_id=HARBOUR,
        department_id=department,
        kind=kind,
        channel=ContactChannel.EMAIL,
        title="Delivery",
    )


def assign(id_, member):
    return AssignRequest(id=id_, member_id=member)


def queue(id_, department):
    return QueueRequest(id=id_, department_id=department)


def wait(id_, on, *, contracted=False):
    return StartWaiting(id=id_, on=on, contracted=contracted)


def resolve(id_):
    return ResolveRequest(id=id_, resolution="Delivered")


CUSTOMER, THIRD_PARTY = WaitingOn.CUSTOMER, WaitingOn.THIRD_PARTY
COMPLAINT, SUPPORT, ENQUIRY = RequestKind.COMPLAINT, RequestKind.SUPPORT, RequestKind.ENQUIRY

STORY = [
    # Late: from Ana to Bo, through the sales queue to Bo again, and back to Ana.
    ("mon 9", opening(LATE, COMPLAINT, SERVICE)),
    ("mon 10", assign(LATE, ANA)),
    ("mon 12", wait(LATE, CUSTOMER)),
    ("tue 9", assign(LATE, BO)),
    ("tue 12", wait(LATE, THIRD_PARTY, contracted=True)),
    ("tue 18", EndWaiting(id=LATE, on=CUSTOMER)),
    ("wed 9", queue(LATE, SALES)),
    ("wed 10", assign(LATE, BO)),
    ("wed 11", assign(LATE, ANA)),
    ("thu 9", resolve(LATE)),
    ("thu 10", ReopenRequest(id=LATE)),
    ("thu 12", wait(LATE, CUSTOMER)),
    ("fri 9", resolve(LATE)),
    ("fri 10", CloseRequest(id=LATE)),
    # Stuck: from queue to queue and back, and still waiting.
    ("mon 9", opening(STUCK, SUPPORT, SALES)),
    ("tue 9", queue(STUCK, SERVICE)),
    ("tue 10", assign(STUCK, LI_NA)),
    ("tue 12", wait(STUCK, THIRD_PARTY)),
    ("tue 15", queue(STUCK, SALES)),
    # Spam does not count, though it was handed over and waited for.
    ("mon 9", opening(SPAM, ENQUIRY, SALES)),
    ("mon 10", assign(SPAM, ANA)),
    ("mon 11", assign(SPAM, BO)),
    ("mon 12", wait(SPAM, CUSTOMER)),
    ("fri 18", VoidRequest(id=SPAM)),
    # Mistaken was taken back, and recorded again as it was.
    ("mon 9", opening(MISTAKEN, COMPLAINT, SALES)),
    ("mon 10", assign(MISTAKEN, ANA)),
    ("mon 11", assign(MISTAKEN, BO)),
    ("tue 9", RetractRequest(id=MISTAKEN)),
    ("wed 9", opening(MISTAKEN, ENQUIRY, SERVICE)),
    ("wed 10", assign(MISTAKEN, LI_NA)),
    ("wed 15", resolve(MISTAKEN)),
]


def pair(giver, receiver, count=1):
    return {"from": str(giver), "to": str(receiver), "count": count}


def waiting(seconds, waits, running, cases):
    return {"seconds": seconds, "waits": waits, "running": running, "cases": cases}


def group(by, value, *, median, **states):
    counts = {"open": 0, "resolved": 0, "closed": 0} | states
    return {by: value, "cases": sum(counts.values()), **counts, "median_days": median}


OPENED = RequestOpened(
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=COMPLAINT,
    channel=ContactChannel.EMAIL,
    title="Delivery",
)
RESOLVED = RequestResolved(customer_id=HARBOUR, resolution="Delivered")
REOPENED = RequestReopened(customer_id=HARBOUR)
CLOSED = RequestClosed(customer_id=HARBOUR)
STEP = StepTaken(customer_id=HARBOUR, step="Called the carrier")


def assigned(member):
    return RequestAssigned(customer_id=HARBOUR, member_id=member)


def queued(department):
    return RequestQueued(customer_id=HARBOUR, department_id=department)


def waits(on, *, contracted=False):
    return WaitingStarted(customer_id=HARBOUR, on=on, contracted=contracted)


def ended(on):
    return WaitingEnded(customer_id=HARBOUR, on=on)


def gathered(*told, imported=None):
    """Gather (hour, event) of one request, or (hour, event, request), in order of recording."""
    cases = Cases()
    for position, (hour, event, *which) in enumerate(told, start=1):
        envelope = Envelope(
            occurred_at=MONDAY + hour * HOUR,
            actor=Actor.system("test"),
            channel=Channel.IMPORT,
            imported=(imported or {}).get(position),
        )
        cases.take(
            Recorded(
                stream_id=which[0] if which else LATE,
                version=position,
                event=event,
                envelope=envelope,
                position=position,
                recorded_at=MONDAY,
            )
        )
    return cases
