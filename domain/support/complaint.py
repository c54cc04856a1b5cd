"""A complaint: what is done about a request that complains, beside answering it.

It is acknowledged, put on the fast path, its cause is classified, a compensation is proposed and
approved by somebody else, and in the end the customer says whether they accept how it was settled.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, assert_never
from uuid import UUID

from domain.confidential import Confidential, FieldClass
from domain.ids import ComplaintId, CustomerId, DepartmentId, MemberId, RequestId, named_id
from domain.kernel import (
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    Personal,
    Rejected,
    command,
    event,
)
from domain.money import Money
from domain.support.words import RequestKind
from domain.values import ContactChannel


def complaint_id(request_id: RequestId) -> ComplaintId:
    """Return the id of what is done about a request that complains."""
    return ComplaintId(named_id("complaint", str(request_id)))


class Severity(StrEnum):
    """How much harm a complaint tells of."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Cause(StrEnum):
    """What went wrong, as causes are counted; the detail beside it is free text."""

    PRODUCT = "product"
    DELIVERY = "delivery"
    SERVICE = "service"
    BILLING = "billing"
    COMMUNICATION = "communication"
    CONTRACT = "contract"
    CUSTOMER = "customer"
    """A misunderstanding, or something the customer did."""
    OTHER = "other"


class CompensationKind(StrEnum):
    """In what form something is made good."""

    REFUND = "refund"
    DISCOUNT = "discount"
    GOODS = "goods"
    GESTURE = "gesture"


# --- Events -----------------------------------------------------------------------------------


@event("complaint.acknowledged", zh="确认收到投诉")
class ComplaintAcknowledged:
    """Complaint acknowledged to the customer."""

    customer_id: CustomerId
    request_id: RequestId
    channel: ContactChannel
    text: Annotated[str | None, Personal(of="customer_id")] = None


@event("complaint.escalated", zh="投诉进入快速通道")
class ComplaintEscalated:
    """Complaint put on the fast path."""

    customer_id: CustomerId
    request_id: RequestId
    severity: Severity
    member_id: MemberId | None
    department_id: DepartmentId | None


@event("complaint.classified", zh="投诉原因归类")
class ComplaintClassified:
    """Cause of the complaint classified."""

    customer_id: CustomerId
    request_id: RequestId
    cause: Cause
    detail: Annotated[str | None, Confidential(FieldClass.NOTES)] = None


@event("complaint.compensation-proposed", zh="提议补偿")
class CompensationProposed:
    """Compensation proposed."""

    customer_id: CustomerId
    request_id: RequestId
    kind: CompensationKind
    amount: Annotated[Money, Confidential(FieldClass.MONEY)]


@event("complaint.compensation-approved", zh="批准补偿")
class CompensationApproved:
    """Compensation approved."""

    customer_id: CustomerId
    request_id: RequestId
    kind: CompensationKind
    amount: Annotated[Money, Confidential(FieldClass.MONEY)]


@event("complaint.compensation-declined", zh="否决补偿")
class CompensationDeclined:
    """Compensation declined."""

    customer_id: CustomerId
    request_id: RequestId


@event("complaint.settled", zh="客户对处理结果表态")
class ComplaintSettled:
    """Customer's word on how the complaint was settled."""

    customer_id: CustomerId
    request_id: RequestId
    accepted: bool
    words: Annotated[str | None, Personal(of="customer_id")] = None


Event = (
    ComplaintAcknowledged
    | ComplaintEscalated
    | ComplaintClassified
    | CompensationProposed
    | CompensationApproved
    | CompensationDeclined
    | ComplaintSettled
)

# --- Commands ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AtRequest:
    """Which request it is about, and how that stands: looked up, not claimed."""

    id: ComplaintId
    request_id: Annotated[RequestId, MustBeActive()]
    customer_id: UUID
    kind: RequestKind | None
    """What the request was opened as."""
    department_id: UUID | None = None
    holder_id: UUID | None = None
    resolved: bool = False


@command
class AcknowledgeComplaint(AtRequest):
    """Tell the customer that their complaint has come in and is being looked into."""

    channel: ContactChannel
    text: str | None = None


@command
class EscalateComplaint(AtRequest):
    """Put the complaint on the fast path, to a member or a department; the envelope says why."""

    severity: Severity
    to_member_id: Annotated[MemberId | None, MustBeActive()] = None
    to_department_id: Annotated[DepartmentId | None, MustBeActive()] = None


@command
class ClassifyComplaint(AtRequest):
    """Say what caused it; said again, the last counts."""

    cause: Cause
    detail: str | None = None


@command
class ProposeCompensation(AtRequest):
    """Propose to make it good; somebody else approves."""

    form: CompensationKind
    amount: Money


@command
class ApproveCompensation(AtRequest):
    """Approve what somebody else proposed."""


@command
class DeclineCompensation(AtRequest):
    """Decline what somebody else proposed; the envelope says why."""


@command
class SettleComplaint(AtRequest):
    """Keep the customer's word on how it was settled."""

    accepted: bool
    words: str | None = None


Command = (
    AcknowledgeComplaint
    | EscalateComplaint
    | ClassifyComplaint
    | ProposeCompensation
    | ApproveCompensation
    | DeclineCompensation
    | SettleComplaint
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Nothing was done about it beside answering."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A compensation that nobody has decided on, and whose idea it was."""

    kind: CompensationKind
    amount: Money
    by: frozenset[MemberId]


@dataclass(frozen=True, kw_only=True)
class Handled:
    """A complaint that something was done about."""

    customer_id: CustomerId
    request_id: RequestId
    acknowledged: bool = False
    cause: tuple[Cause, str | None] | None = None
    proposal: Proposal | None = None
    accepted: bool | None = None


Complaint = Absent | Handled

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, complaint: Complaint, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: complaint.not-a-complaint, complaint.already-acknowledged,
    complaint.reason-missing, complaint.nowhere-to, complaint.compensation-pending,
    complaint.nothing-proposed, complaint.own-approval, complaint.nobody-approves,
    complaint.not-resolved.
    """
    if command.kind is not RequestKind.COMPLAINT:
        raise Rejected("complaint.not-a-complaint", "This request is no complaint.")
    known = complaint if isinstance(complaint, Handled) else None
    about: dict[str, Any] = {
        "customer_id": CustomerId(command.customer_id),
        "request_id": command.request_id,
    }
    match command:
        case AcknowledgeComplaint(channel=channel, text=text):
            if known and known.acknowledged:
                raise Rejected(
                    "complaint.already-acknowledged",
                    "The customer was told already that it is here.",
                )
            return [ComplaintAcknowledged(**about, channel=channel, text=text)]
        case EscalateComplaint():
            return [_escalate(command, about, envelope)]
        case ClassifyComplaint(cause=cause, detail=detail):
            if known and known.cause == (cause, detail):
                return []
            return [ComplaintClassified(**about, cause=cause, detail=detail)]
        case ProposeCompensation(form=form, amount=amount):
            if known and known.proposal:
                raise Rejected(
                    "complaint.compensation-pending",
                    "Another compensation is proposed; approve or decline that one first.",
                )
            return [CompensationProposed(**about, kind=form, amount=amount)]
        case ApproveCompensation() | DeclineCompensation():
            return [_judge(command, known, about, envelope)]
        case SettleComplaint(accepted=accepted, words=words):
            if not command.resolved:
                raise Rejected("complaint.not-resolved", "Resolve the request first.")
            return [ComplaintSettled(**about, accepted=accepted, words=words)]
        case _:
            assert_never(command)


def _escalate(command: EscalateComplaint, about: dict[str, Any], envelope: Envelope) -> Event:
    if not envelope.reason:
        raise Rejected("complaint.reason-missing", "Say why it is urgent.", field="reason")
    if command.to_member_id is None and command.to_department_id is None:
        raise Rejected(
            "complaint.nowhere-to",
            "Say to whom it goes: a member, a department or both.",
            field="to_member_id",
        )
    return ComplaintEscalated(
        **about,
        severity=command.severity,
        member_id=command.to_member_id,
        department_id=command.to_department_id,
    )


def _judge(
    command: ApproveCompensation | DeclineCompensation,
    known: Handled | None,
    about: dict[str, Any],
    envelope: Envelope,
) -> Event:
    if known is None or known.proposal is None:
        raise Rejected("complaint.nothing-proposed", "No compensation is proposed.")
    judges = _people(envelope)
    if not judges:
        raise Rejected("complaint.nobody-approves", "A member decides on it, not a program.")
    if judges & known.proposal.by:
        raise Rejected("complaint.own-approval", "Somebody else decides on what you proposed.")
    match command:
        case ApproveCompensation():
            granted = known.proposal
            return CompensationApproved(**about, kind=granted.kind, amount=granted.amount)
        case DeclineCompensation():
            if not envelope.reason:
                raise Rejected("complaint.reason-missing", "Say why not.", field="reason")
            return CompensationDeclined(**about)
        case _:
            assert_never(command)


def _people(envelope: Envelope) -> frozenset[MemberId]:
    # In no guise: neither whose work it is nor who does it for them.
    both = (envelope.performer, envelope.actor.member_id)
    return frozenset(each for each in both if each is not None)


def evolve(complaint: Complaint, fact: Fact[Event]) -> Complaint:
    """Fold one fact into the state."""
    event = fact.event
    here = (
        complaint
        if isinstance(complaint, Handled)
        else Handled(customer_id=event.customer_id, request_id=event.request_id)
    )
    match event:
        case ComplaintAcknowledged():
            return replace(here, acknowledged=True)
        case ComplaintEscalated():
            return here
        case ComplaintClassified(cause=cause, detail=detail):
            return replace(here, cause=(cause, detail))
        case CompensationProposed(kind=kind, amount=amount):
            proposal = Proposal(kind=kind, amount=amount, by=_people(fact.envelope))
            return replace(here, proposal=proposal)
        case CompensationApproved() | CompensationDeclined():
            return replace(here, proposal=None)
        case ComplaintSettled(accepted=accepted):
            return replace(here, accepted=accepted)
        case _:
            assert_never(event)


def active(complaint: Complaint) -> bool:
    """Tell whether anything was done about it."""
    return isinstance(complaint, Handled)


COMPLAINT: Decider[Command, Complaint, Event] = Decider(
    kind="complaint",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
