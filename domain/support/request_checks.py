"""What is checked before a request is routed by a rule, linked, voided, or its customer told.

A rule never takes a request out of somebody's hands. By itself it places a request once, after it
was opened; what a person has seen to since then is left as it is.
"""

from domain.kernel import Channel, Envelope, Rejected
from domain.support.request import AssignRequest, LinkRequest, QueueRequest, VoidRequest
from domain.support.request_informing import InformCustomer
from domain.support.request_leaving import LeaveQueued
from domain.support.request_states import Closed, Open, Resolved
from domain.support.words import VoidedBecause


def check_by_rule(
    command: AssignRequest | QueueRequest | LeaveQueued,
    request: Open | Resolved,
    envelope: Envelope,
) -> None:
    """Check that a rule may place a request.

    Raises ``Rejected``: request.not-open, request.already-held, request.routed,
    request.nobody-found.
    """
    by_itself = envelope.channel is Channel.POLICY
    if isinstance(request, Resolved):
        raise Rejected("request.not-open", "The request is resolved; reopen it first.")
    if request.holder_id is not None:
        raise Rejected(
            "request.already-held", "Somebody holds it; put it back into a queue to route it."
        )
    if by_itself and not request.to_route:
        raise Rejected("request.routed", "It was routed already, or a person has seen to it.")
    if command.rule is None and not by_itself:
        raise Rejected(
            "request.nobody-found",
            "No routing rule of its department finds anybody who can take it now; assign it.",
        )


def check_word(command: InformCustomer, envelope: Envelope) -> None:
    """Check that the next word is promised for later. Raises ``Rejected``."""
    if command.again_by is not None and command.again_by <= envelope.occurred_at:
        raise Rejected(
            "request.promise-in-the-past",
            "The customer can be promised to hear of it only later than now.",
            field="again_by",
        )


def check_link(command: LinkRequest, request: Open | Resolved | Closed) -> None:
    """Check that two requests are not linked yet. Raises ``Rejected``."""
    if command.other_id == command.id:
        raise Rejected("request.itself", "A request is not linked with itself.", field="other_id")
    if command.other_id in request.linked:
        raise Rejected("request.already-linked", "These are linked already.", field="other_id")


def check_void(command: VoidRequest, envelope: Envelope) -> None:
    """Check that it is said why a request does not count, and which one does.

    Raises ``Rejected``: request.reason-missing, request.itself, request.original-missing.
    """
    if not envelope.reason:
        raise Rejected(
            "request.reason-missing", "Say why the request does not count.", field="reason"
        )
    if command.original_id == command.id:
        raise Rejected(
            "request.itself", "A request is no duplicate of itself.", field="original_id"
        )
    if (command.because is VoidedBecause.DUPLICATE) != (command.original_id is not None):
        raise Rejected(
            "request.original-missing",
            "Name the original of a duplicate, and of nothing else.",
            field="original_id",
        )
