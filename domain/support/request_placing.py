"""The rules of whose hands and which queue a request goes to: a person decides, or a routing rule.

A rule never takes a request out of somebody's hands. By itself it places a request once, after it
was opened; what a person has seen to since then is left as it is.
"""

from typing import assert_never

from domain.kernel import Channel, Envelope, Rejected
from domain.support.request import (
    AssignRequest,
    Event,
    QueueRequest,
    RequestAssigned,
    RequestQueued,
)
from domain.support.request_leaving import LeaveQueued, RequestLeftQueued
from domain.support.request_states import Open, Resolved


def placed(
    command: AssignRequest | QueueRequest | LeaveQueued,
    request: Open | Resolved,
    envelope: Envelope,
) -> Event:
    """Decide in whose hands, or in which queue, a request is from now on.

    Raises ``Rejected``: request.already-held, request.already-queued, request.not-open,
    request.routed, request.nobody-found.
    """
    customer_id = request.customer_id
    match command:
        case AssignRequest(member_id=member_id, rule=rule):
            if rule is not None:
                _check_rule(request, envelope)
            if request.holder_id == member_id:
                raise Rejected(
                    "request.already-held", "The member holds it already.", field="member_id"
                )
            return RequestAssigned(customer_id=customer_id, member_id=member_id, rule=rule)
        case QueueRequest(department_id=department_id, rule=rule):
            if rule is not None:
                _check_rule(request, envelope)
            if request.holder_id is None and request.department_id == department_id:
                raise Rejected(
                    "request.already-queued",
                    "The request is in this queue already.",
                    field="department_id",
                )
            return RequestQueued(customer_id=customer_id, department_id=department_id, rule=rule)
        case LeaveQueued(rule=rule):
            _check_rule(request, envelope)
            if rule is None and envelope.channel is not Channel.POLICY:
                raise Rejected(
                    "request.nobody-found",
                    "No routing rule of its department finds anybody who can take it now; assign"
                    " it.",
                )
            return RequestLeftQueued(customer_id=customer_id, rule=rule)
        case _:
            assert_never(command)


def _check_rule(request: Open | Resolved, envelope: Envelope) -> None:
    if isinstance(request, Resolved):
        raise Rejected("request.not-open", "The request is resolved; reopen it first.")
    if request.holder_id is not None:
        raise Rejected(
            "request.already-held", "Somebody holds it; put it back into a queue to route it."
        )
    if envelope.channel is Channel.POLICY and not request.to_route:
        raise Rejected("request.routed", "It was routed already, or a person has seen to it.")
