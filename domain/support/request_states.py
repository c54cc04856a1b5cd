"""How a request stands: open, resolved, closed or voided, and in whose hands."""

from dataclasses import dataclass
from datetime import datetime

from domain.ids import CustomerId, DepartmentId, MemberId, RequestId
from domain.support.promise import Promise
from domain.support.words import Clock, WaitingOn


@dataclass(frozen=True, kw_only=True)
class Handled:
    """What every request that exists has: whose it is and in whose hands."""

    customer_id: CustomerId
    department_id: DepartmentId
    holder_id: MemberId | None
    """The member who holds it; None while it sits in its department's queue."""
    promise: Promise | None = None
    waiting_on: frozenset[WaitingOn] = frozenset()
    escalated: frozenset[tuple[Clock, int, int]] = frozenset()
    """What was escalated: the clock, its cycle, the share in percent."""
    linked: frozenset[RequestId] = frozenset()
    to_route: bool = False
    """Whether the routing rules are still to find who takes it."""
    again_by: datetime | None = None
    """When the customer was promised to hear of it again."""
    lapsed: bool = False
    """Whether that promise was not kept, and this is written down."""


@dataclass(frozen=True)
class Absent:
    """No such request, or one taken back."""


@dataclass(frozen=True, kw_only=True)
class Open(Handled):
    """A request somebody should be working on."""


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
