"""Who owns a customer: claimed by the first, transferred, released, disputed and settled.

A stream of its own beside the customer's, so that claims race against claims only, and the whole
story of an ownership can be replayed by itself.
"""

from dataclasses import dataclass
from typing import Annotated, assert_never

from domain.ids import CustomerId, MemberId, OwnershipId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event


def ownership_id(customer_id: CustomerId) -> OwnershipId:
    """Return the id of the customer's ownership stream."""
    return OwnershipId(named_id("ownership", str(customer_id)))


# --- Events -----------------------------------------------------------------------------------


@event("ownership.claimed", zh="客户被认领")
class CustomerClaimed:
    """Customer claimed."""

    customer_id: CustomerId
    owner_id: MemberId


@event("ownership.transferred", zh="客户移交")
class OwnershipTransferred:
    """Customer handed over to another owner."""

    customer_id: CustomerId
    from_id: MemberId
    owner_id: MemberId


@event("ownership.released", zh="客户释放")
class CustomerReleased:
    """Customer released by its owner."""

    customer_id: CustomerId
    from_id: MemberId


@event("ownership.disputed", zh="客户归属争议")
class OwnershipDisputed:
    """Ownership disputed."""

    customer_id: CustomerId
    owner_id: MemberId
    claimant_id: MemberId


@event("ownership.settled", zh="归属争议裁定")
class OwnershipSettled:
    """Ownership dispute settled."""

    customer_id: CustomerId
    from_id: MemberId
    claimant_id: MemberId
    owner_id: MemberId


Event = (
    CustomerClaimed | OwnershipTransferred | CustomerReleased | OwnershipDisputed | OwnershipSettled
)

# --- Commands ---------------------------------------------------------------------------------


@command
class ClaimCustomer:
    """Claim a customer that nobody owns."""

    id: OwnershipId
    customer_id: Annotated[CustomerId, MustBeActive()]
    member_id: Annotated[MemberId, MustBeActive()]


@command
class TransferOwnership:
    """Hand an owned customer over to another member; the envelope's reason says why."""

    id: OwnershipId
    to_id: Annotated[MemberId, MustBeActive()]


@command
class ReleaseCustomer:
    """Give a customer up, so that somebody else may claim it."""

    id: OwnershipId


@command
class DisputeOwnership:
    """Contest who owns a customer; the envelope's reason carries the grounds."""

    id: OwnershipId
    claimant_id: Annotated[MemberId, MustBeActive()]


@command
class SettleOwnership:
    """Decide a dispute for one of the two sides, by somebody uninvolved, with a reason."""

    id: OwnershipId
    owner_id: Annotated[MemberId, MustBeActive()]


Command = ClaimCustomer | TransferOwnership | ReleaseCustomer | DisputeOwnership | SettleOwnership

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unowned:
    """Nobody owns the customer."""


@dataclass(frozen=True)
class Owned:
    """One member owns the customer."""

    customer_id: CustomerId
    owner_id: MemberId


@dataclass(frozen=True)
class Disputed:
    """One member owns the customer and another contests it; nothing moves until it is settled."""

    customer_id: CustomerId
    owner_id: MemberId
    claimant_id: MemberId


Ownership = Unowned | Owned | Disputed

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, ownership: Ownership, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: ownership.taken, ownership.unowned, ownership.disputed,
    ownership.not-disputed, ownership.same-owner, ownership.reason-missing, ownership.no-judge,
    ownership.involved, ownership.not-a-side.
    """
    match command:
        case ClaimCustomer():
            if not isinstance(ownership, Unowned):
                raise Rejected("ownership.taken", "A member owns this customer already.")
            return [CustomerClaimed(customer_id=command.customer_id, owner_id=command.member_id)]
        case TransferOwnership(to_id=to_id):
            here = _owned(ownership)
            if here.owner_id == to_id:
                raise Rejected(
                    "ownership.same-owner", "The customer is this member's already.", field="to_id"
                )
            _needs_reason(envelope, "Say why the customer changes hands.")
            return [
                OwnershipTransferred(
                    customer_id=here.customer_id, from_id=here.owner_id, owner_id=to_id
                )
            ]
        case ReleaseCustomer():
            here = _owned(ownership)
            return [CustomerReleased(customer_id=here.customer_id, from_id=here.owner_id)]
        case DisputeOwnership(claimant_id=claimant_id):
            here = _owned(ownership)
            if here.owner_id == claimant_id:
                raise Rejected(
                    "ownership.same-owner",
                    "The owner cannot contest their own customer.",
                    field="claimant_id",
                )
            _needs_reason(envelope, "Say on what grounds the ownership is contested.")
            return [
                OwnershipDisputed(
                    customer_id=here.customer_id, owner_id=here.owner_id, claimant_id=claimant_id
                )
            ]
        case SettleOwnership():
            return [_settle(command, ownership, envelope)]
        case _:
            assert_never(command)


def _settle(command: SettleOwnership, ownership: Ownership, envelope: Envelope) -> Event:
    if not isinstance(ownership, Disputed):
        raise Rejected("ownership.not-disputed", "There is no open dispute to settle.")
    if envelope.performer is None:
        raise Rejected("ownership.no-judge", "A dispute is settled by a person, not a program.")
    sides = {ownership.owner_id, ownership.claimant_id}
    if envelope.performer in sides or envelope.actor.member_id in sides:
        raise Rejected("ownership.involved", "A dispute is settled by somebody uninvolved.")
    if command.owner_id not in sides:
        raise Rejected(
            "ownership.not-a-side",
            "A dispute is settled for one of its two sides.",
            field="owner_id",
        )
    _needs_reason(envelope, "Say why the dispute is settled this way.")
    return OwnershipSettled(
        customer_id=ownership.customer_id,
        from_id=ownership.owner_id,
        claimant_id=ownership.claimant_id,
        owner_id=command.owner_id,
    )


def _owned(ownership: Ownership) -> Owned:
    match ownership:
        case Owned():
            return ownership
        case Unowned():
            raise Rejected("ownership.unowned", "Nobody owns this customer; claim it first.")
        case Disputed():
            raise Rejected("ownership.disputed", "The ownership is in dispute; settle it first.")
        case _:
            assert_never(ownership)


def _needs_reason(envelope: Envelope, sentence: str) -> None:
    if not envelope.reason:
        raise Rejected("ownership.reason-missing", sentence, field="reason")


def evolve(ownership: Ownership, fact: Fact[Event]) -> Ownership:
    """Fold one fact into the state."""
    del ownership  # every event carries the whole new state
    match fact.event:
        case CustomerClaimed() | OwnershipTransferred() | OwnershipSettled():
            return Owned(fact.event.customer_id, fact.event.owner_id)
        case CustomerReleased():
            return Unowned()
        case OwnershipDisputed(customer_id=customer_id, owner_id=owner_id, claimant_id=claimant):
            return Disputed(customer_id, owner_id, claimant)
        case _:
            assert_never(fact.event)


def active(ownership: Ownership) -> bool:
    """Tell whether somebody owns the customer."""
    return not isinstance(ownership, Unowned)


OWNERSHIP: Decider[Command, Ownership, Event] = Decider(
    kind="ownership",
    commands=Command,
    events=Event,
    initial=Unowned(),
    decide=decide,
    evolve=evolve,
    active=active,
)
