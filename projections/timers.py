"""What becomes due: promises that have a clock, and what Concord does when it has run out.

A read model keeps the time at which something is due in a field of its documents; a timer names
that field and the command that follows. Whether it is still so is for the rules to say: a command
that comes twice, or too late, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from application.crm import Crm
from domain.customers.offer import ExpireOffer
from domain.ids import (
    ContractId,
    FollowUpId,
    ImprovementId,
    OfferId,
    OpportunityId,
    OrderId,
    QuoteId,
    RequestId,
    SurveyId,
)
from domain.sales.contract import PassContractEnd
from domain.sales.opportunity import MarkStale
from domain.sales.order import MarkOverdue
from domain.sales.quote import ExpireQuote
from domain.support.follow_up import MissFollowUp
from domain.support.improvement import MissImprovement
from domain.support.request import EscalateRequest
from domain.support.survey import ExpireSurvey
from domain.support.words import Clock
from projections.customers.customers import CUSTOMERS
from projections.customers.ownership import reclaiming
from projections.customers.segments import OFFERS
from projections.documents import Document, ReadModel
from projections.reader import Reader
from projections.sales.contracts import CONTRACTS
from projections.sales.opportunities import OPPORTUNITIES
from projections.sales.orders import ORDERS
from projections.sales.quotes import QUOTES
from projections.support.complaints import COMPLAINT_CAUSES
from projections.support.follow_ups import FOLLOW_UPS, following_up
from projections.support.improvements import IMPROVEMENTS
from projections.support.requests import REQUESTS, lapsing
from projections.support.routing import Router
from projections.support.sla_board import SLA_BOARD
from projections.support.surveys import SURVEYS

Command = Callable[[Document], Any]
"""What makes the command that follows from a document."""


@dataclass(frozen=True)
class InHand:
    """What makes the commands of one hand: each depends on the others in it, and on more."""

    begin: Callable[[Crm, Reader], Command]


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One kind of promise: where it stands when it is due, and the command that follows.

    ``name`` is the kind of thing and what is done with it (``quote.expire``). ``field`` is one of
    the model's ``fields``: the time it is due as documents write it (``utc``), null where nothing
    is. ``reason`` is what people read of it on the timeline.
    """

    name: str
    model: ReadModel
    field: str
    command: Command | InHand
    reason: str
    at_version: bool = False
    """Whether the command is for the very version that the document shows: where something has
    happened since, the clock is looked at again first."""

    def commands(self, crm: Crm, reader: Reader) -> Command:
        """Return what makes the commands of one hand from its documents."""
        return self.command.begin(crm, reader) if isinstance(self.command, InHand) else self.command


def _escalating(document: Document) -> EscalateRequest:
    reached = document["escalate"]
    return EscalateRequest(
        id=RequestId(UUID(document["id"])),
        clock=Clock(reached["clock"]),
        cycle=reached["cycle"],
        percent=reached["percent"],
        reached_at=datetime.fromisoformat(reached["reached_at"]),
    )


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
        name="request.escalate",
        model=SLA_BOARD,
        field="escalate_at",
        command=_escalating,
        reason="A share of the promised time is used up.",
        at_version=True,
    ),
    Timer(
        name="offer.expire",
        model=OFFERS,
        field="expires_at",
        command=lambda document: ExpireOffer(id=OfferId(UUID(document["id"]))),
        reason="Nobody answered the offer in time.",
    ),
    Timer(
        name="survey.expire",
        model=SURVEYS,
        field="due_at",
        command=lambda document: ExpireSurvey(id=SurveyId(UUID(document["id"]))),
        reason="Nobody answered the survey in time.",
    ),
    Timer(
        name="complaint.follow-up",
        model=COMPLAINT_CAUSES,
        field="follow_up_at",
        command=following_up,
        reason="A complaint was resolved; ask whether it is really over.",
    ),
    Timer(
        name="follow-up.miss",
        model=FOLLOW_UPS,
        field="miss_at",
        command=lambda document: MissFollowUp(id=FollowUpId(UUID(document["id"]))),
        reason="The customer was not called back in time.",
    ),
    Timer(
        name="improvement.miss",
        model=IMPROVEMENTS,
        field="miss_at",
        command=lambda document: MissImprovement(id=ImprovementId(UUID(document["id"]))),
        reason="The day by which it should be done has passed.",
    ),
    Timer(
        name="request.route",
        model=REQUESTS,
        field="route_at",
        command=InHand(lambda crm, reader: Router(crm, reader).command),
        reason="By the routing rules of its department.",
    ),
    Timer(
        name="request.remind",
        model=REQUESTS,
        field="remind_at",
        command=lapsing,
        reason="The customer was promised to hear of it by now.",
    ),
)
"""Every timer, one entry each."""
