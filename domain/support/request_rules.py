"""The rules of a request: what may follow what, in whose hands it goes, and when it comes back."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from domain.kernel import Channel, Decider, Envelope, Fact, Rejected
from domain.support.request import (
    AssignRequest,
    CloseRequest,
    Command,
    CustomerWrote,
    EndWaiting,
    EscalateRequest,
    Event,
    LinkRequest,
    OpenRequest,
    PrioritiseRequest,
    QueueRequest,
    RecordCustomerMessage,
    ReopenRequest,
    ReplyToRequest,
    RequestAssigned,
    RequestClosed,
    RequestEscalated,
    RequestLinked,
    RequestOpened,
    RequestPrioritised,
    RequestQueued,
    RequestReopened,
    RequestReplied,
    RequestResolved,
    RequestRetiered,
    RequestRetracted,
    RequestVoided,
    ResolveRequest,
    RetierRequest,
    RetractRequest,
    StartWaiting,
    StepTaken,
    TakeStep,
    VoidRequest,
    WaitingEnded,
    WaitingStarted,
)
from domain.support.request_checks import check_by_rule, check_link, check_void, check_word
from domain.support.request_informing import (
    CustomerInformed,
    InformCustomer,
    LapsePromise,
    PromiseLapsed,
)
from domain.support.request_leaving import LeaveQueued, RequestLeftQueued
from domain.support.request_states import Absent, Closed, Handled, Open, Request, Resolved, Voided
from domain.support.words import ReplyKind

REOPEN_WITHIN = timedelta(days=7)
"""How long after its resolution a request may come back; later it is a new request."""


def may_reopen(resolved_at: datetime, envelope: Envelope) -> bool:
    """Tell whether a resolved request may come back now.

    The seven days are our own promise: what another system allowed is history and is not refused.
    """
    late = envelope.occurred_at - resolved_at > REOPEN_WITHIN
    return envelope.channel is Channel.IMPORT or not late


def decide(command: Command, request: Request, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: request.exists, request.unknown, request.voided, request.closed,
    request.not-open, request.not-resolved, request.already-held, request.already-queued,
    request.already-waiting, request.not-waiting, request.reopen-too-late, request.reason-missing,
    request.itself, request.already-linked, request.promise-in-the-past, request.no-promise,
    request.no-standard, request.same-promise, request.already-escalated, request.half-a-priority,
    request.routed, request.original-missing, request.nobody-found.
    """
    match command:
        case OpenRequest():
            return [_begin(command, request)]
        case RetractRequest():
            if isinstance(request, Absent):
                return []
            return [RequestRetracted(customer_id=request.customer_id)]
        case AssignRequest() | QueueRequest() | LeaveQueued():
            return [_placed(command, _unfinished(request), envelope)]
        case ReplyToRequest() | RecordCustomerMessage():
            return [_correspond(command, _unfinished(request))]
        case StartWaiting() | EndWaiting():
            return [_wait(command, _unfinished(request))]
        case RetierRequest() | EscalateRequest():
            return [_promise(command, _unfinished(request))]
        case InformCustomer() | LapsePromise() | LinkRequest():
            return _related(command, _counted(request), envelope)
        case ResolveRequest(resolution=resolution):
            return [RequestResolved(customer_id=_open(request).customer_id, resolution=resolution)]
        case PrioritiseRequest(urgency=urgency, importance=importance):
            customer_id = _open(request).customer_id
            return [
                RequestPrioritised(customer_id=customer_id, urgency=urgency, importance=importance)
            ]
        case TakeStep(step=step):
            return [StepTaken(customer_id=_counted(request).customer_id, step=step)]
        case ReopenRequest() | CloseRequest() | VoidRequest():
            return [_change_course(command, _counted(request), envelope)]
        case _:
            assert_never(command)


def _begin(command: OpenRequest, request: Request) -> RequestOpened:
    if not isinstance(request, Absent):
        raise Rejected("request.exists", "This request is recorded already.")
    if (command.urgency is None) != (command.importance is None):
        raise Rejected(
            "request.half-a-priority",
            "Say how urgent and how important it is, or neither.",
            field="urgency" if command.urgency is None else "importance",
        )
    return RequestOpened(
        customer_id=command.customer_id,
        department_id=command.department_id,
        kind=command.kind,
        channel=command.channel,
        title=command.title,
        promise=command.promise,
        holder_id=command.holder_id,
        urgency=command.urgency,
        importance=command.importance,
        to_route=command.to_route,
    )


def _placed(
    command: AssignRequest | QueueRequest | LeaveQueued,
    request: Open | Resolved,
    envelope: Envelope,
) -> Event:
    if command.rule is not None or isinstance(command, LeaveQueued):
        check_by_rule(command, request, envelope)
    customer_id = request.customer_id
    match command:
        case AssignRequest(member_id=member_id, rule=rule):
            if request.holder_id == member_id:
                raise Rejected(
                    "request.already-held", "The member holds it already.", field="member_id"
                )
            return RequestAssigned(customer_id=customer_id, member_id=member_id, rule=rule)
        case QueueRequest(department_id=department_id, rule=rule):
            if request.holder_id is None and request.department_id == department_id:
                raise Rejected(
                    "request.already-queued",
                    "The request is in this queue already.",
                    field="department_id",
                )
            return RequestQueued(customer_id=customer_id, department_id=department_id, rule=rule)
        case LeaveQueued(rule=rule):
            return RequestLeftQueued(customer_id=customer_id, rule=rule)
        case _:
            assert_never(command)


def _related(
    command: InformCustomer | LapsePromise | LinkRequest,
    request: Open | Resolved | Closed,
    envelope: Envelope,
) -> list[Event]:
    customer_id = request.customer_id
    match command:
        case InformCustomer(channel=channel, text=text, again_by=again_by):
            check_word(command, envelope)
            return [
                CustomerInformed(
                    customer_id=customer_id, channel=channel, text=text, again_by=again_by
                )
            ]
        case LapsePromise(again_by=again_by):
            # What was kept in the meantime, or said already, is no news.
            kept = request.again_by != again_by or envelope.occurred_at < again_by
            if kept or request.lapsed:
                return []
            return [PromiseLapsed(customer_id=customer_id, again_by=again_by)]
        case LinkRequest(other_id=other_id, as_=as_):
            check_link(command, request)
            return [RequestLinked(customer_id=customer_id, other_id=other_id, as_=as_)]
        case _:
            assert_never(command)


def _correspond(command: ReplyToRequest | RecordCustomerMessage, request: Open | Resolved) -> Event:
    match command:
        case ReplyToRequest(kind=kind, text=text):
            return RequestReplied(customer_id=request.customer_id, kind=kind, text=text)
        case RecordCustomerMessage(text=text):
            return CustomerWrote(customer_id=request.customer_id, text=text)
        case _:
            assert_never(command)


def _wait(command: StartWaiting | EndWaiting, request: Open | Resolved) -> Event:
    waits = command.on in request.waiting_on
    match command:
        case StartWaiting(on=on, contracted=contracted):
            if waits:
                raise Rejected(
                    "request.already-waiting",
                    f"The request waits for the {on} already.",
                    field="on",
                )
            return WaitingStarted(customer_id=request.customer_id, on=on, contracted=contracted)
        case EndWaiting(on=on):
            if not waits:
                raise Rejected(
                    "request.not-waiting", f"The request does not wait for the {on}.", field="on"
                )
            return WaitingEnded(customer_id=request.customer_id, on=on)
        case _:
            assert_never(command)


def _promise(command: RetierRequest | EscalateRequest, request: Open | Resolved) -> Event:
    customer_id = request.customer_id
    match command:
        case RetierRequest(promise=promise):
            if promise is None:
                raise Rejected(
                    "request.no-standard",
                    "No service standard was in force when the request was opened.",
                )
            if request.promise == promise:
                raise Rejected("request.same-promise", "This is what is promised already.")
            return RequestRetiered(customer_id=customer_id, promise=promise)
        case EscalateRequest(clock=clock, cycle=cycle, percent=percent, reached_at=reached_at):
            if request.promise is None:
                raise Rejected("request.no-promise", "No time was promised for this request.")
            if (clock, cycle, percent) in request.escalated:
                raise Rejected("request.already-escalated", "This was escalated already.")
            return RequestEscalated(
                customer_id=customer_id,
                clock=clock,
                cycle=cycle,
                percent=percent,
                reached_at=reached_at,
            )
        case _:
            assert_never(command)


def _change_course(
    command: ReopenRequest | CloseRequest | VoidRequest,
    request: Open | Resolved | Closed,
    envelope: Envelope,
) -> Event:
    match command:
        case ReopenRequest():
            if isinstance(request, Open):
                raise Rejected("request.not-resolved", "Only a resolved request can be reopened.")
            if not may_reopen(request.resolved_at, envelope):
                raise Rejected(
                    "request.reopen-too-late",
                    "It was resolved more than seven days ago; open a new request and link it"
                    " with this one as the earlier one.",
                )
            return RequestReopened(customer_id=request.customer_id)
        case CloseRequest():
            if isinstance(request, Closed):
                raise Rejected("request.closed", "The request is closed already.")
            if isinstance(request, Open):
                raise Rejected("request.not-resolved", "Resolve the request before closing it.")
            return RequestClosed(customer_id=request.customer_id)
        case VoidRequest():
            check_void(command, envelope)
            return RequestVoided(
                customer_id=request.customer_id,
                because=command.because,
                original_id=command.original_id,
            )
        case _:
            assert_never(command)


def _counted(request: Request) -> Open | Resolved | Closed:
    match request:
        case Open() | Resolved() | Closed():
            return request
        case Absent():
            raise Rejected("request.unknown", "There is no such request.")
        case Voided():
            raise Rejected("request.voided", "The request was voided.")
        case _:
            assert_never(request)


def _unfinished(request: Request) -> Open | Resolved:
    counted = _counted(request)
    if isinstance(counted, Closed):
        raise Rejected("request.closed", "The request is closed; reopen it or open a new one.")
    return counted


def _open(request: Request) -> Open:
    unfinished = _unfinished(request)
    if isinstance(unfinished, Resolved):
        raise Rejected("request.not-open", "The request is resolved; reopen it first.")
    return unfinished


def evolve(request: Request, fact: Fact[Event]) -> Request:
    """Fold one fact into the state."""
    match fact.event:
        case RequestOpened() as opened:
            return Open(
                customer_id=opened.customer_id,
                department_id=opened.department_id,
                holder_id=opened.holder_id,
                promise=opened.promise,
                to_route=opened.to_route and opened.holder_id is None,
            )
        case RequestRetracted():
            return Absent()
        case _ if isinstance(request, Absent):
            return request
        case RequestAssigned(member_id=member_id):
            return replace(request, holder_id=member_id, to_route=False)
        case RequestQueued(department_id=department_id):
            return replace(request, department_id=department_id, holder_id=None, to_route=False)
        case RequestLeftQueued():
            return replace(request, to_route=False)
        case RequestReplied(kind=ReplyKind.PUBLIC):
            return replace(request, again_by=None, lapsed=False)
        case RequestReplied() | CustomerWrote() | StepTaken() | RequestPrioritised():
            return request
        case CustomerInformed(again_by=again_by):
            return replace(request, again_by=again_by, lapsed=False)
        case PromiseLapsed():
            return replace(request, lapsed=True)
        case RequestRetiered(promise=promise):
            return replace(request, promise=promise)
        case RequestEscalated(clock=clock, cycle=cycle, percent=percent):
            return replace(request, escalated=request.escalated | {(clock, cycle, percent)})
        case RequestLinked(other_id=other_id):
            return replace(request, linked=request.linked | {other_id})
        case WaitingStarted(on=on):
            return replace(request, waiting_on=request.waiting_on | {on})
        case WaitingEnded(on=on):
            return replace(request, waiting_on=request.waiting_on - {on})
        case RequestResolved():
            handled = _ended(request) | {"waiting_on": frozenset()}
            return Resolved(**handled, resolved_at=fact.occurred_at)
        case RequestReopened():
            return Open(**_handled(request))
        case RequestClosed():
            resolved_at = (
                request.resolved_at if isinstance(request, Resolved | Closed) else fact.occurred_at
            )
            return Closed(**_ended(request), resolved_at=resolved_at)
        case RequestVoided():
            return Voided(**_ended(request))
        case _:
            assert_never(fact.event)


def _handled(request: Handled) -> dict[str, Any]:
    return {each.name: getattr(request, each.name) for each in fields(Handled)}


def _ended(request: Handled) -> dict[str, Any]:
    return _handled(request) | {"to_route": False, "again_by": None, "lapsed": False}


def active(request: Request) -> bool:
    """Tell whether the request counts."""
    return isinstance(request, Open | Resolved | Closed)


REQUEST: Decider[Command, Request, Event] = Decider(
    kind="request",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
