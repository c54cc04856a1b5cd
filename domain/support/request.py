"""A request: what a customer asks of us, in whose hands it is, and how it ends.

It sits in a department's queue or in one member's hands. It may wait for the customer or for a
third party, be resolved, come back within seven days, and be closed. What it may be
is in ``request_states``, the rules are in ``request_rules``.
"""

from datetime import datetime
from typing import Annotated

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, DepartmentId, MemberId, RequestId
from domain.kernel import MustBeActive, Personal, command, event
from domain.support.promise import Promise
from domain.support.request_informing import (
    CustomerInformed,
    InformCustomer,
    LapsePromise,
    PromiseLapsed,
)
from domain.support.request_leaving import LeaveQueued, RequestLeftQueued
from domain.support.words import (
    Clock,
    Level,
    LinkedAs,
    ReplyKind,
    RequestKind,
    VoidedBecause,
    WaitingOn,
)
from domain.values import ContactChannel

# --- Events -----------------------------------------------------------------------------------


@event("request.opened", zh="请求受理", shape=2)
class RequestOpened:
    """Request opened."""

    customer_id: CustomerId
    department_id: DepartmentId
    kind: RequestKind
    channel: ContactChannel
    title: str
    promise: Promise | None = None
    holder_id: MemberId | None = None
    """Who holds it from the first; None: it is in the department's queue."""
    urgency: Level | None = None
    importance: Level | None = None
    to_route: bool = False
    """Whether its department's rules are to find who takes it."""


@event("request.assigned", zh="请求分派到人", shape=2)
class RequestAssigned:
    """Request put into a member's hands."""

    customer_id: CustomerId
    member_id: MemberId
    rule: str | None = None
    """The routing rule that chose the member; None where a person did."""


@event("request.queued", zh="请求转入部门队列", shape=2)
class RequestQueued:
    """Request put into a department's queue."""

    customer_id: CustomerId
    department_id: DepartmentId
    rule: str | None = None
    """The routing rule that chose the queue; None where a person did."""


@event("request.retiered", zh="请求改变服务级别")
class RequestRetiered:
    """Request promised the times of another tier, since it was opened."""

    customer_id: CustomerId
    promise: Promise


@event("request.escalated", zh="请求时限升级提醒")
class RequestEscalated:
    """Request escalated: a share of the promised time is used up."""

    customer_id: CustomerId
    clock: Clock
    cycle: int
    """Which next response it is about, from 1; always 1 for the other clocks."""
    percent: int
    reached_at: datetime


@event("request.linked", zh="关联请求")
class RequestLinked:
    """Request linked with another one."""

    customer_id: CustomerId
    other_id: RequestId
    as_: LinkedAs


@event("request.replied", zh="回复")
class RequestReplied:
    """Reply written."""

    customer_id: CustomerId
    kind: ReplyKind
    text: Annotated[
        str,
        Personal(of="customer_id"),
        Confidential(FieldClass.NOTES, unless=("kind", ReplyKind.PUBLIC)),
    ]


@event("request.customer-wrote", zh="客户来信")
class CustomerWrote:
    """Customer wrote."""

    customer_id: CustomerId
    text: Annotated[str, Personal(of="customer_id")]


@event("request.waiting-started", zh="开始等待")
class WaitingStarted:
    """Waiting started."""

    customer_id: CustomerId
    on: WaitingOn
    contracted: bool


@event("request.waiting-ended", zh="结束等待")
class WaitingEnded:
    """Waiting ended."""

    customer_id: CustomerId
    on: WaitingOn


@event("request.step-taken", zh="处理步骤")
class StepTaken:
    """Step taken on the request."""

    customer_id: CustomerId
    step: str


@event("request.prioritised", zh="评定优先级")
class RequestPrioritised:
    """Request given a priority."""

    customer_id: CustomerId
    urgency: Level
    importance: Level


@event("request.resolved", zh="请求解决")
class RequestResolved:
    """Request resolved."""

    customer_id: CustomerId
    resolution: str


@event("request.reopened", zh="请求重开")
class RequestReopened:
    """Request reopened."""

    customer_id: CustomerId


@event("request.closed", zh="请求关闭")
class RequestClosed:
    """Request closed."""

    customer_id: CustomerId


@event("request.voided", zh="请求作废", shape=2)
class RequestVoided:
    """Request voided: it does not count."""

    customer_id: CustomerId
    because: VoidedBecause = VoidedBecause.OTHER
    original_id: RequestId | None = None
    """What it is a duplicate of."""


@event("request.retracted", zh="请求记录撤回", retracts=True)
class RequestRetracted:
    """Request taken back: recorded by mistake."""

    customer_id: CustomerId


Event = (
    RequestOpened
    | RequestAssigned
    | RequestQueued
    | RequestRetiered
    | RequestEscalated
    | RequestLeftQueued
    | CustomerInformed
    | PromiseLapsed
    | RequestLinked
    | RequestReplied
    | CustomerWrote
    | WaitingStarted
    | WaitingEnded
    | StepTaken
    | RequestPrioritised
    | RequestResolved
    | RequestReopened
    | RequestClosed
    | RequestVoided
    | RequestRetracted
)

# --- Commands ---------------------------------------------------------------------------------


@command
class OpenRequest:
    """Open a request of a customer in a department's queue, or in somebody's hands there."""

    id: RequestId
    customer_id: Annotated[CustomerId, MustBeActive()]
    department_id: Annotated[DepartmentId, MustBeActive()]
    kind: RequestKind
    channel: ContactChannel
    title: str
    promise: Promise | None = None
    holder_id: Annotated[MemberId | None, MustBeActive()] = None
    urgency: Level | None = None
    importance: Level | None = None
    to_route: bool = False


@command
class AssignRequest:
    """Put a request into a member's hands; by a routing rule, where ``rule`` names one."""

    id: RequestId
    member_id: Annotated[MemberId, MustBeActive()]
    rule: str | None = None


@command
class QueueRequest:
    """Put a request into a department's queue, its own or another's: nobody holds it then."""

    id: RequestId
    department_id: Annotated[DepartmentId, MustBeActive()]
    rule: str | None = None


@command
class RetierRequest:
    """Promise the times of another tier; they hold since the request was opened.

    ``promise``: None where no standard says what could be promised.
    """

    id: RequestId
    promise: Promise | None


@command
class EscalateRequest:
    """Say that a share of a promised time is used up; once for each share of each clock."""

    id: RequestId
    clock: Clock
    cycle: int
    percent: int
    reached_at: datetime


@command
class LinkRequest:
    """Link a request with another one of any customer."""

    id: RequestId
    other_id: RequestId
    as_: LinkedAs


@command
class ReplyToRequest:
    """Write a reply."""

    id: RequestId
    kind: ReplyKind
    text: str


@command
class RecordCustomerMessage:
    """Record that the customer wrote again."""

    id: RequestId
    text: str


@command
class StartWaiting:
    """Wait for the customer or a third party (``contracted``: a pause the contract allows)."""

    id: RequestId
    on: WaitingOn
    contracted: bool = False


@command
class EndWaiting:
    """End a wait."""

    id: RequestId
    on: WaitingOn


@command
class TakeStep:
    """Record a step that changes nothing but was done, by its name in the business."""

    id: RequestId
    step: str


@command
class PrioritiseRequest:
    """Say how urgent and how important an open request is."""

    id: RequestId
    urgency: Level
    importance: Level


@command
class ResolveRequest:
    """Resolve an open request; every wait ends with it."""

    id: RequestId
    resolution: str


@command
class ReopenRequest:
    """Reopen a request within seven days of its resolution."""

    id: RequestId


@command
class CloseRequest:
    """Close a resolved request."""

    id: RequestId


@command
class VoidRequest:
    """Declare that a request does not count (spam, a duplicate); the envelope says why."""

    id: RequestId
    because: VoidedBecause = VoidedBecause.OTHER
    original_id: RequestId | None = None


@command
class RetractRequest:
    """Take back a request that was recorded by mistake (an import undone)."""

    id: RequestId


Command = (
    OpenRequest
    | AssignRequest
    | QueueRequest
    | RetierRequest
    | EscalateRequest
    | LeaveQueued
    | InformCustomer
    | LapsePromise
    | LinkRequest
    | ReplyToRequest
    | RecordCustomerMessage
    | StartWaiting
    | EndWaiting
    | TakeStep
    | PrioritiseRequest
    | ResolveRequest
    | ReopenRequest
    | CloseRequest
    | VoidRequest
    | RetractRequest
)
