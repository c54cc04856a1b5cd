"""A dispute between two customers: raised, put before a neutral mediator, settled or withdrawn."""

from dataclasses import dataclass
from typing import Annotated, assert_never
from uuid import UUID

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, DisputeId, MemberId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event

# --- Events -----------------------------------------------------------------------------------


@event("dispute.raised", zh="客户纠纷提出")
class DisputeRaised:
    """Dispute between customers raised."""

    customer_id: CustomerId
    against_id: CustomerId
    about: Annotated[str, Confidential(FieldClass.NOTES)]


@event("dispute.mediator-named", zh="指定调解人")
class MediatorNamed:
    """Mediator named."""

    customer_id: CustomerId
    against_id: CustomerId
    mediator_id: MemberId


@event("dispute.settled", zh="客户纠纷调解达成")
class DisputeSettled:
    """Dispute between customers settled."""

    customer_id: CustomerId
    against_id: CustomerId
    terms: Annotated[str, Confidential(FieldClass.NOTES)]


@event("dispute.withdrawn", zh="客户纠纷撤销")
class DisputeWithdrawn:
    """Dispute between customers withdrawn."""

    customer_id: CustomerId
    against_id: CustomerId


Event = DisputeRaised | MediatorNamed | DisputeSettled | DisputeWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class RaiseDispute:
    """Keep what one customer holds against another."""

    id: DisputeId
    customer_id: Annotated[CustomerId, MustBeActive()]
    against_id: Annotated[CustomerId, MustBeActive()]
    about: str


@command
class NameMediator:
    """Put the dispute before somebody who owns neither customer, in place of who had it."""

    id: DisputeId
    mediator_id: Annotated[MemberId, MustBeActive()]
    owner_ids: tuple[UUID, ...] = ()
    """Who owns the two customers now: looked up, not claimed."""


@command
class SettleDispute:
    """Write down on what the two agreed; by the mediator, and the envelope's reason says why so."""

    id: DisputeId
    terms: str
    owner_ids: tuple[UUID, ...] = ()
    """Who owns the two customers now: a mediator may have become one of them."""


@command
class WithdrawDispute:
    """Keep that the customer insists no more; the envelope's reason may say why."""

    id: DisputeId


Command = RaiseDispute | NameMediator | SettleDispute | WithdrawDispute

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such dispute."""


@dataclass(frozen=True)
class Open:
    """Two customers in dispute, and who mediates (None: nobody yet)."""

    customer_id: CustomerId
    against_id: CustomerId
    mediator_id: MemberId | None = None


@dataclass(frozen=True)
class Over:
    """Settled or withdrawn."""

    customer_id: CustomerId
    against_id: CustomerId


Dispute = Absent | Open | Over

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, dispute: Dispute, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: dispute.exists, dispute.unknown, dispute.over, dispute.with-itself,
    dispute.not-neutral, dispute.no-mediator, dispute.not-the-mediator, dispute.reason-missing.
    """
    match command:
        case RaiseDispute():
            return [_raise(command, dispute)]
        case NameMediator(mediator_id=mediator_id):
            here = _open(dispute)
            if mediator_id in command.owner_ids:
                raise Rejected(
                    "dispute.not-neutral",
                    "Who owns one of the two customers does not mediate between them.",
                    field="mediator_id",
                )
            if mediator_id == here.mediator_id:
                return []
            return [
                MediatorNamed(
                    customer_id=here.customer_id,
                    against_id=here.against_id,
                    mediator_id=mediator_id,
                )
            ]
        case SettleDispute():
            return [_settle(command, _open(dispute), envelope)]
        case WithdrawDispute():
            here = _open(dispute)
            return [DisputeWithdrawn(customer_id=here.customer_id, against_id=here.against_id)]
        case _:
            assert_never(command)


def _raise(command: RaiseDispute, dispute: Dispute) -> Event:
    if not isinstance(dispute, Absent):
        raise Rejected("dispute.exists", "This dispute is recorded already.")
    if command.against_id == command.customer_id:
        raise Rejected(
            "dispute.with-itself",
            "A customer has no dispute with itself; name the other one.",
            field="against_id",
        )
    return DisputeRaised(
        customer_id=command.customer_id, against_id=command.against_id, about=command.about
    )


def _settle(command: SettleDispute, here: Open, envelope: Envelope) -> Event:
    if here.mediator_id is None:
        raise Rejected("dispute.no-mediator", "Nobody mediates yet; name a mediator first.")
    if envelope.performer != here.mediator_id:
        raise Rejected("dispute.not-the-mediator", "A dispute is settled by its mediator.")
    # In no guise: neither as the mediator grown into an owner, nor an owner acting for them.
    if {envelope.performer, envelope.actor.member_id} & {*command.owner_ids}:
        raise Rejected(
            "dispute.not-neutral",
            "Who owns one of the two customers does not settle; name another mediator.",
        )
    if not envelope.reason:
        raise Rejected("dispute.reason-missing", "Say why it is settled this way.", field="reason")
    return DisputeSettled(
        customer_id=here.customer_id, against_id=here.against_id, terms=command.terms
    )


def _open(dispute: Dispute) -> Open:
    match dispute:
        case Open():
            return dispute
        case Absent():
            raise Rejected("dispute.unknown", "There is no such dispute.")
        case Over():
            raise Rejected("dispute.over", "The dispute was settled or withdrawn.")
        case _:
            assert_never(dispute)


def evolve(dispute: Dispute, fact: Fact[Event]) -> Dispute:
    """Fold one fact into the state."""
    del dispute  # every event carries the whole new state
    match fact.event:
        case DisputeRaised(customer_id=customer_id, against_id=against_id):
            return Open(customer_id, against_id)
        case MediatorNamed(customer_id=customer_id, against_id=against_id, mediator_id=mediator):
            return Open(customer_id, against_id, mediator)
        case DisputeSettled() | DisputeWithdrawn():
            return Over(fact.event.customer_id, fact.event.against_id)
        case _:
            assert_never(fact.event)


def active(dispute: Dispute) -> bool:
    """Tell whether it still goes on."""
    return isinstance(dispute, Open)


DISPUTE: Decider[Command, Dispute, Event] = Decider(
    kind="dispute",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
