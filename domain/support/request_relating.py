"""The rules of what a customer is told of a request, and of the requests it is linked with."""

from typing import assert_never

from domain.kernel import Envelope, Rejected
from domain.support.request import Event, LinkRequest, RequestLinked
from domain.support.request_informing import (
    CustomerInformed,
    InformCustomer,
    LapsePromise,
    PromiseLapsed,
)
from domain.support.request_states import Closed, Open, Resolved


def related(
    command: InformCustomer | LapsePromise | LinkRequest,
    request: Open | Resolved | Closed,
    envelope: Envelope,
) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: request.promise-in-the-past, request.itself, request.already-linked.
    """
    match command:
        case InformCustomer():
            return [_informed(command, request, envelope)]
        case LapsePromise(again_by=again_by):
            # What was kept in the meantime, or said already, is no news.
            kept = request.again_by != again_by or envelope.occurred_at < again_by
            if kept or request.lapsed:
                return []
            return [PromiseLapsed(customer_id=request.customer_id, again_by=again_by)]
        case LinkRequest():
            return [_linked(command, request)]
        case _:
            assert_never(command)


def _informed(
    command: InformCustomer, request: Open | Resolved | Closed, envelope: Envelope
) -> CustomerInformed:
    if command.again_by is not None and command.again_by <= envelope.occurred_at:
        raise Rejected(
            "request.promise-in-the-past",
            "The customer can be promised to hear of it only later than now.",
            field="again_by",
        )
    return CustomerInformed(
        customer_id=request.customer_id,
        channel=command.channel,
        text=command.text,
        again_by=command.again_by,
    )


def _linked(command: LinkRequest, request: Open | Resolved | Closed) -> RequestLinked:
    if command.other_id == command.id:
        raise Rejected("request.itself", "A request is not linked with itself.", field="other_id")
    if command.other_id in request.linked:
        raise Rejected("request.already-linked", "These are linked already.", field="other_id")
    return RequestLinked(
        customer_id=request.customer_id, other_id=command.other_id, as_=command.as_
    )
