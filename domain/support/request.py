"""A request: what a customer asks of us, in whose hands it is, and how it ends.

It sits in a department's queue or in one member's hands. It may wait for the customer or for a
third party, be resolved, come back within seven days, and be closed. The words are here, the rules
in ``request_rules``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, DepartmentId, MemberId, RequestId
from domain.kernel import (
    MustBeActive,
    Personal,
    command,
    event,
)
from domain.values import ContactChannel


class RequestKind(StrEnum):
    """What the customer wants."""

    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    DEMAND = "demand"
    SUPPORT = "support"


class ReplyKind(StrEnum):
    """Who reads a reply, and whether a human wrote it; only a public one answers the customer."""

    PUBLIC = "public"
    INTERNAL = "internal"
    AUTOMATED = "automated"


class WaitingOn(StrEnum):
    """Whom the request waits for."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third-party"


class Level(StrEnum):
    """How urgent a request is for the customer, or how important for us."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


# --- Events -----------------------------------------------------------------------------------


@event("request.opened", zh="请求受理")
class RequestOpened:
    """Request opened."""

    customer_id: CustomerId
    department_id: DepartmentId
    kind: RequestKind
    channel: ContactChannel
    title: str


@event("request.assigned", zh="请求分派到人")
class RequestAssigned:
    """Request put into a member's hands."""

    customer_id: CustomerId
    member_id: MemberId


@event("request.queued", zh="请求转入部门队列")
class RequestQueued:
    """Request put into a department's queue."""

    customer_id: CustomerId
    department_id: DepartmentId


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


@event("request.voided", zh="请求作废")
class RequestVoided:
    """Request voided: it does not count."""

    customer_id: CustomerId


@event("request.retracted", zh="请求记录撤回", retracts=True)
class RequestRetracted:
    """Request taken back: recorded by mistake."""

    customer_id: CustomerId


Event = (
    RequestOpened
    | RequestAssigned
    | RequestQueued
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
    """Open a request of a customer in a department's queue."""

    id: RequestId
    customer_id: Annotated[CustomerId, MustBeActive()]
    department_id: Annotated[DepartmentId, MustBeActive()]
    kind: RequestKind
    channel: ContactChannel
    title: str


@command
class AssignRequest:
    """Put a request into a member's hands."""

    id: RequestId
    member_id: Annotated[MemberId, MustBeActive()]


@command
class QueueRequest:
    """Put a request into a department's queue, its own or another's: nobody holds it then."""

    id: RequestId
    department_id: Annotated[DepartmentId, MustBeActive()]


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


@command
class RetractRequest:
    """Take back a request that was recorded by mistake (an import undone)."""

    id: RequestId


Command = (
    OpenRequest
    | AssignRequest
    | QueueRequest
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

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Handled:
    """What every request that exists has: whose it is and in whose hands."""

    customer_id: CustomerId
    department_id: DepartmentId
    holder_id: MemberId | None
    """The member who holds it; None while it sits in its department's queue."""


@dataclass(frozen=True)
class Absent:
    """No such request, or one taken back."""


@dataclass(frozen=True, kw_only=True)
class Open(Handled):
    """A request somebody should be working on."""

    waiting_on: frozenset[WaitingOn] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Resolved(Handled):
    """A request that is answered and may still come back."""

    resolved_at: datetime


@dataclass(frozen=True, kw_only=True)
class Closed(Handled):
    """A request that is done with."""

    resolved_at: datetime


@dataclass(frozen=True, kw_only=True)
class Voided(Handled):
    """A request that does not count."""


Request = Absent | Open | Resolved | Closed | Voided
