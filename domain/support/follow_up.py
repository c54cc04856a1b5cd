"""A follow-up: a call back to a customer after a complaint, a delivery or anything else.

It is due at an instant, held by a member or waiting in a department's queue, and ends by being done
or called off. One is scheduled by itself when a complaint is resolved.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import (
    CustomerId,
    DepartmentId,
    FollowUpId,
    MemberId,
    OrderId,
    RequestId,
    named_id,
)
from domain.kernel import (
    Channel,
    Decider,
    Envelope,
    Fact,
    MustBeActive,
    PartOf,
    Personal,
    Rejected,
    command,
    event,
)

AFTER = timedelta(days=3)
"""How long after its resolution the customer is asked whether a complaint is really over."""
ABOUT_A_COMPLAINT = "Is what you complained about really over?"


def follow_up_of(request_id: RequestId) -> FollowUpId:
    """Return the id of the call-back that a resolved complaint brings about: one for each."""
    return FollowUpId(named_id("follow-up", str(request_id)))


class Satisfied(StrEnum):
    """What the customer said, if they were reached."""

    YES = "yes"
    NO = "no"
    UNREACHED = "unreached"


# --- Events -----------------------------------------------------------------------------------


@event("follow-up.scheduled", zh="安排回访")
class FollowUpScheduled:
    """Call-back scheduled."""

    customer_id: CustomerId
    department_id: DepartmentId
    member_id: MemberId | None
    request_id: RequestId | None
    order_id: OrderId | None
    about: str
    due_at: datetime


@event("follow-up.assigned", zh="回访分派到人")
class FollowUpAssigned:
    """Call-back put into a member's hands."""

    customer_id: CustomerId
    member_id: MemberId


@event("follow-up.moved", zh="回访改期")
class FollowUpMoved:
    """Call-back moved."""

    customer_id: CustomerId
    due_at: datetime


@event("follow-up.missed", zh="回访逾期提醒")
class FollowUpMissed:
    """Call-back overdue."""

    customer_id: CustomerId
    due_at: datetime


@event("follow-up.done", zh="回访完成")
class FollowUpDone:
    """Customer called back."""

    customer_id: CustomerId
    satisfied: Satisfied
    outcome: Annotated[str, Confidential(FieldClass.NOTES)]
    note: Annotated[str | None, Personal(of="customer_id"), Confidential(FieldClass.NOTES)] = None


@event("follow-up.called-off", zh="取消回访")
class FollowUpCalledOff:
    """Call-back called off."""

    customer_id: CustomerId


Event = (
    FollowUpScheduled
    | FollowUpAssigned
    | FollowUpMoved
    | FollowUpMissed
    | FollowUpDone
    | FollowUpCalledOff
)

# --- Commands ---------------------------------------------------------------------------------


@command
class ScheduleFollowUp:
    """Schedule a call back to a customer; with nobody named, in the department's queue."""

    id: FollowUpId
    customer_id: Annotated[CustomerId, MustBeActive()]
    department_id: Annotated[DepartmentId, MustBeActive()]
    about: str
    due_at: datetime
    member_id: Annotated[MemberId | None, MustBeActive()] = None
    request_id: Annotated[RequestId | None, PartOf("customer_id")] = None
    order_id: Annotated[OrderId | None, PartOf("customer_id")] = None


@command
class AssignFollowUp:
    """Put a call-back into a member's hands."""

    id: FollowUpId
    member_id: Annotated[MemberId, MustBeActive()]


@command
class MoveFollowUp:
    """Move a call-back to another time; the envelope says why."""

    id: FollowUpId
    due_at: datetime


@command
class MissFollowUp:
    """Say that a call-back is overdue; once for each time it is due."""

    id: FollowUpId


@command
class FinishFollowUp:
    """Keep what came of it: the customer was satisfied, was not, or was not reached."""

    id: FollowUpId
    satisfied: Satisfied
    outcome: str
    note: str | None = None


@command
class CallOffFollowUp:
    """Call it off; the envelope says why."""

    id: FollowUpId


Command = (
    ScheduleFollowUp
    | AssignFollowUp
    | MoveFollowUp
    | MissFollowUp
    | FinishFollowUp
    | CallOffFollowUp
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such call-back."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A call-back to be made."""

    customer_id: CustomerId
    department_id: DepartmentId
    holder_id: MemberId | None
    due_at: datetime
    missed: bool = False


@dataclass(frozen=True, kw_only=True)
class Over:
    """Done or called off."""

    customer_id: CustomerId
    department_id: DepartmentId
    holder_id: MemberId | None


FollowUp = Absent | Due | Over

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, follow_up: FollowUp, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: follow-up.exists, follow-up.unknown, follow-up.over, follow-up.in-the-past,
    follow-up.already-held, follow-up.same-time, follow-up.not-due, follow-up.already-missed,
    follow-up.reason-missing.
    """
    match command:
        case ScheduleFollowUp():
            return [_schedule(command, follow_up, envelope)]
        case AssignFollowUp(member_id=member_id):
            here = _due(follow_up)
            if here.holder_id == member_id:
                raise Rejected(
                    "follow-up.already-held", "The member holds it already.", field="member_id"
                )
            return [FollowUpAssigned(customer_id=here.customer_id, member_id=member_id)]
        case MoveFollowUp(due_at=due_at):
            here = _due(follow_up)
            if due_at == here.due_at:
                raise Rejected("follow-up.same-time", "It is due then already.", field="due_at")
            _must_come(due_at, envelope)
            _must_say_why(envelope)
            return [FollowUpMoved(customer_id=here.customer_id, due_at=due_at)]
        case MissFollowUp():
            return [_miss(_due(follow_up), envelope)]
        case FinishFollowUp(satisfied=satisfied, outcome=outcome, note=note):
            customer_id = _due(follow_up).customer_id
            return [
                FollowUpDone(
                    customer_id=customer_id, satisfied=satisfied, outcome=outcome, note=note
                )
            ]
        case CallOffFollowUp():
            here = _due(follow_up)
            _must_say_why(envelope)
            return [FollowUpCalledOff(customer_id=here.customer_id)]
        case _:
            assert_never(command)


def _schedule(command: ScheduleFollowUp, follow_up: FollowUp, envelope: Envelope) -> Event:
    if not isinstance(follow_up, Absent):
        raise Rejected("follow-up.exists", "This call-back is scheduled already.")
    # What Concord schedules by itself may come late: then it is overdue at once, and not forgotten.
    if envelope.channel is not Channel.POLICY:
        _must_come(command.due_at, envelope)
    return FollowUpScheduled(
        customer_id=command.customer_id,
        department_id=command.department_id,
        member_id=command.member_id,
        request_id=command.request_id,
        order_id=command.order_id,
        about=command.about,
        due_at=command.due_at,
    )


def _miss(here: Due, envelope: Envelope) -> Event:
    if here.missed:
        raise Rejected("follow-up.already-missed", "It is known to be overdue.")
    if envelope.occurred_at < here.due_at:
        raise Rejected("follow-up.not-due", "It is not due yet.")
    return FollowUpMissed(customer_id=here.customer_id, due_at=here.due_at)


def _must_come(due_at: datetime, envelope: Envelope) -> None:
    if due_at <= envelope.occurred_at:
        raise Rejected(
            "follow-up.in-the-past", "Name a time that is still to come.", field="due_at"
        )


def _must_say_why(envelope: Envelope) -> None:
    if not envelope.reason:
        raise Rejected("follow-up.reason-missing", "Say why.", field="reason")


def _due(follow_up: FollowUp) -> Due:
    match follow_up:
        case Due():
            return follow_up
        case Absent():
            raise Rejected("follow-up.unknown", "There is no such call-back.")
        case Over():
            raise Rejected("follow-up.over", "It was done or called off.")
        case _:
            assert_never(follow_up)


def evolve(follow_up: FollowUp, fact: Fact[Event]) -> FollowUp:
    """Fold one fact into the state."""
    match fact.event:
        case FollowUpScheduled() as event:
            return Due(
                customer_id=event.customer_id,
                department_id=event.department_id,
                holder_id=event.member_id,
                due_at=event.due_at,
            )
        case _ if not isinstance(follow_up, Due):
            return follow_up
        case FollowUpAssigned(member_id=member_id):
            return replace(follow_up, holder_id=member_id)
        case FollowUpMoved(due_at=due_at):
            return replace(follow_up, due_at=due_at, missed=False)
        case FollowUpMissed():
            return replace(follow_up, missed=True)
        case FollowUpDone() | FollowUpCalledOff():
            return Over(
                customer_id=follow_up.customer_id,
                department_id=follow_up.department_id,
                holder_id=follow_up.holder_id,
            )
        case _:
            assert_never(fact.event)


def active(follow_up: FollowUp) -> bool:
    """Tell whether it is still to be made."""
    return isinstance(follow_up, Due)


FOLLOW_UP: Decider[Command, FollowUp, Event] = Decider(
    kind="follow-up",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
