"""What becomes due: promises that have a clock, and what Concord does when it has run out.

A read model keeps the time at which something is due in a field of its documents; a timer names
that field and the command that follows. Whether it is still so is for the rules to say: a command
that comes twice, or too late, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.crm import Crm
from domain.customers.offer import ExpireOffer
from domain.ids import ContractId, OfferId, OpportunityId, OrderId, QuoteId
from domain.sales.contract import PassContractEnd
from domain.sales.opportunity import MarkStale
from domain.sales.order import MarkOverdue
from domain.sales.quote import ExpireQuote
from projections.customers.customers import CUSTOMERS
from projections.customers.ownership import reclaiming
from projections.customers.segments import OFFERS
from projections.documents import Document, ReadModel
from projections.reader import Reader
from projections.sales.contracts import CONTRACTS
from projections.sales.opportunities import OPPORTUNITIES
from projections.sales.orders import ORDERS
from projections.sales.quotes import QUOTES
from projections.support.requests import REQUESTS, lapsing
from projections.support.routing import Router

Command = Callable[[Document], Any]
"""What makes the command that follows from a document."""


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One kind of promise: where it stands when it is due, and the command that follows.

    ``field`` is one of the model's ``fields``: the time it is due as documents write it
    (``utc``), null where nothing is. ``reason`` is what people read of it on the timeline.
    ``begun`` returns what makes the commands of one hand, in place of ``command``, where each
    depends on the others in it and on more than its document.
    ``name`` is the kind of thing and what is done with it (``quote.expire``). ``field`` is one of
    the model's ``fields``: the time it is due as documents write it (``utc``), null where nothing
    is. ``reason`` is what people read of it on the timeline.
    """

    name: str
    model: ReadModel
    field: str
    command: Command | None = None
    begun: Callable[[Crm, Reader], Command] | None = None
    reason: str

    def commands(self, crm: Crm, reader: Reader) -> Command:
        """Return what makes the commands of one hand from its documents."""
        if self.begun is not None:
            return self.begun(crm, reader)
        if self.command is None:
            raise TypeError(f"The timer {self.name!r} does nothing.")
        return self.command


TIMERS: tuple[Timer, ...] = (
    Timer(
        name="order.mark-overdue",
        model=ORDERS,
        field="overdue_at",
        command=lambda document: MarkOverdue(id=OrderId(UUID(document["id"]))),
        reason="It was not paid by the day it was due.",
    ),
    Timer(
        name="contract.pass-end",
        model=CONTRACTS,
        field="term_ends_at",
        command=lambda document: PassContractEnd(id=ContractId(UUID(document["id"]))),
        reason="The agreed time is up.",
    ),
    Timer(
        name="opportunity.mark-stale",
        model=OPPORTUNITIES,
        field="stale_at",
        command=lambda document: MarkStale(id=OpportunityId(UUID(document["id"]))),
        reason="It has rested in its stage beyond the time set for it.",
    ),
    Timer(
        name="quote.expire",
        model=QUOTES,
        field="expires_at",
        command=lambda document: ExpireQuote(id=QuoteId(UUID(document["id"]))),
        reason="The last day of the offer has passed.",
    ),
    Timer(
        name="ownership.reclaim",
        model=CUSTOMERS,
        field="reclaim_at",
        command=reclaiming,
        reason="Too long without a contact or progress; back in the pool",
    ),
    Timer(
        name="offer.expire",
        model=OFFERS,
        field="expires_at",
        command=lambda document: ExpireOffer(id=OfferId(UUID(document["id"]))),
        reason="Nobody answered the offer in time.",
    ),
    Timer(
        name="route-request",
        model=REQUESTS,
        field="route_at",
        begun=lambda crm, reader: Router(crm, reader).command,
        reason="By the routing rules of its department.",
    ),
    Timer(
        name="remind-of-promise",
        model=REQUESTS,
        field="remind_at",
        command=lapsing,
        reason="The customer was promised to hear of it by now.",
    ),
)
"""Every timer, one entry each."""
