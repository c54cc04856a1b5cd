"""Who owns a customer: claimed by the first, offered, handed over, given up, contested, settled.

A stream of its own beside the customer's, so that claims race against claims only, and the whole
story of an ownership can be replayed by itself. A claim that loses is a fact of that story, too:
both sides see who was first, and why the other was refused.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from domain.confidential import Confidential, FieldClass
from domain.customers.holding import (
    PLAIN,
    Because,
    GaveUp,
    Hold,
    Lapse,
)
from domain.customers.pool import PoolRules
from domain.ids import CustomerId, HandOverId, MemberId, OwnershipId, PoolId, named_id
from domain.kernel import (
    MustBeActive,
    Personal,
    command,
    event,
)


def ownership_id(customer_id: CustomerId) -> OwnershipId:
    """Return the id of the customer's ownership stream."""
    return OwnershipId(named_id("ownership", str(customer_id)))


_Note = Annotated[str | None, Personal(of="customer_id"), Confidential(FieldClass.NOTES)]
"""What colleagues tell each other about the customer."""


# --- Events -----------------------------------------------------------------------------------


@event("ownership.claimed", zh="客户被认领", shape=2)
class CustomerClaimed:
    """Customer claimed.

    With the terms of the pool it was claimed from, and how many of it the owner had already.
    """

    customer_id: CustomerId
    owner_id: MemberId
    pool_id: PoolId | None = None
    held: int | None = None
    protected_until: datetime | None = None
    protection_days: int | None = None
    idle_days: int | None = None
    stall_days: int | None = None


@event("ownership.claim-rejected", zh="认领被拒绝")
class ClaimRejected:
    """Claim refused."""

    customer_id: CustomerId
    claimant_id: MemberId
    because: Because
    owner_id: MemberId | None = None
    until: datetime | None = None
    like_id: CustomerId | None = None
    pool_id: PoolId | None = None
    held: int | None = None
    claim_limit: int | None = None


@event("ownership.offered", zh="客户移交待接收")
class OwnershipOffered:
    """Customer offered to another owner."""

    customer_id: CustomerId
    from_id: MemberId
    to_id: MemberId
    note: _Note


@event("ownership.offer-declined", zh="拒绝接收客户")
class OfferDeclined:
    """Offer of the customer declined."""

    customer_id: CustomerId
    to_id: MemberId


@event("ownership.offer-withdrawn", zh="撤回客户移交")
class OfferWithdrawn:
    """Offer of the customer withdrawn."""

    customer_id: CustomerId
    to_id: MemberId


@event("ownership.transferred", zh="客户移交", shape=2)
class OwnershipTransferred:
    """Customer handed over to another owner."""

    customer_id: CustomerId
    from_id: MemberId
    owner_id: MemberId
    note: _Note = None
    hand_over_id: HandOverId | None = None


@event("ownership.released", zh="客户释放")
class CustomerReleased:
    """Customer released by its owner."""

    customer_id: CustomerId
    from_id: MemberId


@event("ownership.reclaimed", zh="客户自动回收")
class CustomerReclaimed:
    """Customer taken back into the pool."""

    customer_id: CustomerId
    from_id: MemberId
    because: Lapse
    since: datetime
    pool_id: PoolId | None


@event("ownership.shared", zh="客户团队加入成员")
class CustomerShared:
    """Colleague joined the customer's team."""

    customer_id: CustomerId
    member_id: MemberId
    part: str


@event("ownership.unshared", zh="客户团队移除成员")
class CustomerUnshared:
    """Colleague left the customer's team."""

    customer_id: CustomerId
    member_id: MemberId


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
    CustomerClaimed
    | ClaimRejected
    | OwnershipOffered
    | OfferDeclined
    | OfferWithdrawn
    | OwnershipTransferred
    | CustomerReleased
    | CustomerReclaimed
    | CustomerShared
    | CustomerUnshared
    | OwnershipDisputed
    | OwnershipSettled
)

# --- Commands ---------------------------------------------------------------------------------


@command
class ClaimCustomer:
    """Claim a customer that nobody owns, on what was found out about the claim.

    ``held``: how many customers of the pool the claimant owns; ``like``: a customer that looks like
    this one and is somebody else's. Who sends the command sees to both, and says so by
    ``looked_into``: what somebody owns need not be looked into to be refused.
    """

    id: OwnershipId
    customer_id: Annotated[CustomerId, MustBeActive()]
    member_id: Annotated[MemberId, MustBeActive()]
    pool_id: PoolId | None = None
    rules: PoolRules = PoolRules()
    held: int | None = None
    like: UUID | None = None
    looked_into: bool = True


@command
class OfferCustomer:
    """Offer an owned customer to a colleague; it moves when they accept."""

    id: OwnershipId
    to_id: Annotated[MemberId, MustBeActive()]
    note: str | None = None


@command
class AcceptOffer:
    """Take over a customer that one was offered."""

    id: OwnershipId
    note: str | None = None


@command
class DeclineOffer:
    """Not take over a customer that one was offered; the envelope's reason says why."""

    id: OwnershipId


@command
class WithdrawOffer:
    """Take an offer back that nobody has accepted yet."""

    id: OwnershipId


@command
class TransferOwnership:
    """Move an owned customer to another member; the envelope's reason says why.

    ``hand_over`` is the id of the hand-over in bulk that this is a part of.
    """

    id: OwnershipId
    to_id: Annotated[MemberId, MustBeActive()]
    hand_over: UUID | None = None


@command
class ReleaseCustomer:
    """Give a customer up, so that somebody else may claim it."""

    id: OwnershipId


@command
class ReclaimCustomer:
    """Take a customer back into the pool that its owner has left without contact or progress."""

    id: OwnershipId
    owner_id: MemberId
    last_contact_at: datetime | None = None
    last_progress_at: datetime | None = None


@command
class ShareCustomer:
    """Take a colleague into the team of a customer, and say at what they work."""

    id: OwnershipId
    member_id: Annotated[MemberId, MustBeActive()]
    part: str


@command
class UnshareCustomer:
    """Take a colleague out of the team of a customer."""

    id: OwnershipId
    member_id: MemberId


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


Command = (
    ClaimCustomer
    | OfferCustomer
    | AcceptOffer
    | DeclineOffer
    | WithdrawOffer
    | TransferOwnership
    | ReleaseCustomer
    | ReclaimCustomer
    | ShareCustomer
    | UnshareCustomer
    | DisputeOwnership
    | SettleOwnership
)

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unowned:
    """Nobody owns the customer; who did, and gave it up or lost it, may have to wait."""

    gave_up: tuple[GaveUp, ...] = ()


@dataclass(frozen=True)
class Owned:
    """One member owns the customer, on the terms it was claimed on."""

    customer_id: CustomerId
    owner_id: MemberId
    hold: Hold = PLAIN
    gave_up: tuple[GaveUp, ...] = ()


@dataclass(frozen=True)
class Disputed:
    """One member owns the customer and another contests it; nothing moves until it is settled."""

    customer_id: CustomerId
    owner_id: MemberId
    claimant_id: MemberId
    hold: Hold = PLAIN
    gave_up: tuple[GaveUp, ...] = ()


Ownership = Unowned | Owned | Disputed
