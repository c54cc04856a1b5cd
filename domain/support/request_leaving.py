"""A request that the routing rules leave where it is, so that a person looks for who takes it."""

from domain.ids import CustomerId, RequestId
from domain.kernel import command, event


@event("request.left-queued", zh="请求留在队列")
class RequestLeftQueued:
    """Request left in its queue by the routing rules."""

    customer_id: CustomerId
    rule: str | None
    """The rule that leaves it there; None where no rule found anybody."""


@command
class LeaveQueued:
    """Leave a request in its queue: no rule found anybody, or ``rule`` wants it there."""

    id: RequestId
    rule: str | None = None
