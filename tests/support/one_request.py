"""One request: all that can be asked of it, and all that can have happened to it."""

import pytest
from spec import BO, HARBOUR, SALES, SERVICE, sample_id

from domain.ids import RequestId
from domain.support.promise import Promise, Targets
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    CustomerWrote,
    EndWaiting,
    OpenRequest,
    QueueRequest,
    RecordCustomerMessage,
    ReopenRequest,
    ReplyToRequest,
    RequestAssigned,
    RequestClosed,
    RequestOpened,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetracted,
    RequestVoided,
    ResolveRequest,
    RetractRequest,
    StartWaiting,
    StepTaken,
    TakeStep,
    VoidRequest,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.words import ReplyKind, RequestKind, WaitingOn
from domain.values import ContactChannel, Tier

ID = RequestId(sample_id(0x4E))

PROMISE = Promise(
    policy_id=sample_id(0x51A),
    policy_version=1,
    calendar_id=sample_id(0xCA1),
    calendar_version=1,
    tier=Tier.NORMAL,
    targets=Targets(240, 480, 1440),
)
OPEN = OpenRequest(
    id=ID,
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=RequestKind.COMPLAINT,
    channel=ContactChannel.EMAIL,
    title="Delivery is late",
)
ASSIGN = AssignRequest(id=ID, member_id=BO)
QUEUE = QueueRequest(id=ID, department_id=SALES)
REPLY = ReplyToRequest(id=ID, kind=ReplyKind.PUBLIC, text="On its way.")
HEAR = RecordCustomerMessage(id=ID, text="Still nothing here.")
WAIT = StartWaiting(id=ID, on=WaitingOn.CUSTOMER)
GO_ON = EndWaiting(id=ID, on=WaitingOn.CUSTOMER)
STEP = TakeStep(id=ID, step="Called the carrier")
RESOLVE = ResolveRequest(id=ID, resolution="Delivered")
REOPEN = ReopenRequest(id=ID)
CLOSE = CloseRequest(id=ID)
VOID = VoidRequest(id=ID)
RETRACT = RetractRequest(id=ID)

OPENED = RequestOpened(
    customer_id=HARBOUR,
    department_id=SERVICE,
    kind=RequestKind.COMPLAINT,
    channel=ContactChannel.EMAIL,
    title="Delivery is late",
)
ASSIGNED = RequestAssigned(customer_id=HARBOUR, member_id=BO)
QUEUED = RequestQueued(customer_id=HARBOUR, department_id=SALES)
REPLIED = RequestReplied(customer_id=HARBOUR, kind=ReplyKind.PUBLIC, text="On its way.")
HEARD = CustomerWrote(customer_id=HARBOUR, text="Still nothing here.")
WAITS = WaitingStarted(customer_id=HARBOUR, on=WaitingOn.CUSTOMER, contracted=False)
WAITED = WaitingEnded(customer_id=HARBOUR, on=WaitingOn.CUSTOMER)
STEPPED = StepTaken(customer_id=HARBOUR, step="Called the carrier")
RESOLVED = RequestResolved(customer_id=HARBOUR, resolution="Delivered")
REOPENED = RequestReopened(customer_id=HARBOUR)
CLOSED = RequestClosed(customer_id=HARBOUR)
VOIDED = RequestVoided(customer_id=HARBOUR)
RETRACTED = RequestRetracted(customer_id=HARBOUR)

WAITS_FOR_CARRIER = WaitingStarted(customer_id=HARBOUR, on=WaitingOn.THIRD_PARTY, contracted=True)

NEVER_OPENED = pytest.param((), id="never opened")
AT_WORK = pytest.param((OPENED,), id="open")
DONE = pytest.param((OPENED, RESOLVED), id="resolved")
SHUT = pytest.param((OPENED, RESOLVED, CLOSED), id="closed")
NULL = pytest.param((OPENED, VOIDED), id="voided")
TAKEN_BACK = pytest.param((OPENED, RETRACTED), id="taken back")

EVERY_COMMAND_BUT_OPENING_AND_TAKING_BACK = [
    ASSIGN,
    QUEUE,
    REPLY,
    HEAR,
    WAIT,
    GO_ON,
    STEP,
    RESOLVE,
    REOPEN,
    CLOSE,
    VOID,
]
