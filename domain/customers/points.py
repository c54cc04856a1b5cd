"""Loyalty points: an account for each customer, granted, redeemed, taken back; never below zero.

A referral that converted is rewarded by a grant that names it, once. Nothing grants by itself.
"""

from dataclasses import dataclass, replace
from typing import Annotated, assert_never
from uuid import UUID

from domain.ids import CustomerId, PointsId, ReferralId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event


def points_id(customer_id: CustomerId) -> PointsId:
    """Return the id of a customer's account of points."""
    return PointsId(named_id("points", str(customer_id)))


# --- Events -----------------------------------------------------------------------------------


@event("points.granted", zh="积分发放")
class PointsGranted:
    """Points granted."""

    customer_id: CustomerId
    points: int
    referral_id: ReferralId | None


@event("points.redeemed", zh="积分兑换")
class PointsRedeemed:
    """Points redeemed."""

    customer_id: CustomerId
    points: int
    what: str


@event("points.taken-back", zh="积分收回")
class PointsTakenBack:
    """Points taken back: granted by mistake."""

    customer_id: CustomerId
    points: int


Event = PointsGranted | PointsRedeemed | PointsTakenBack

# --- Commands ---------------------------------------------------------------------------------


@command
class GrantPoints:
    """Grant a customer whole points, as the reward for a referral perhaps."""

    id: PointsId
    customer_id: Annotated[CustomerId, MustBeActive()]
    points: int
    referral_id: ReferralId | None = None
    referrer_id: UUID | None = None
    """The customer whose referral it is, where it has converted: looked up, not claimed. Once it
    has converted, neither changes any more."""


@command
class RedeemPoints:
    """Give the customer something for points; no more than there are."""

    id: PointsId
    customer_id: Annotated[CustomerId, MustBeActive()]
    points: int
    what: str


@command
class TakePointsBack:
    """Take back points that were granted by mistake; the envelope's reason says why."""

    id: PointsId
    customer_id: CustomerId
    points: int


Command = GrantPoints | RedeemPoints | TakePointsBack

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """How many points a customer has, and for which referrals it got some."""

    customer_id: CustomerId | None = None
    balance: int = 0
    rewarded: frozenset[UUID] = frozenset()


# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, account: Account, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: points.not-positive, points.too-few, points.not-their-referral,
    points.rewarded-already, points.reason-missing.
    """
    if command.points < 1:
        raise Rejected("points.not-positive", "Say how many points: one or more.", field="points")
    match command:
        case GrantPoints():
            _rewardable(command, account)
            return [
                PointsGranted(
                    customer_id=command.customer_id,
                    points=command.points,
                    referral_id=command.referral_id,
                )
            ]
        case RedeemPoints(customer_id=customer_id, points=points, what=what):
            _enough(points, account)
            return [PointsRedeemed(customer_id=customer_id, points=points, what=what)]
        case TakePointsBack(customer_id=customer_id, points=points):
            if not envelope.reason:
                raise Rejected(
                    "points.reason-missing", "Say why the points are taken back.", field="reason"
                )
            _enough(points, account)
            return [PointsTakenBack(customer_id=customer_id, points=points)]
        case _:
            assert_never(command)


def _rewardable(command: GrantPoints, account: Account) -> None:
    if command.referral_id is None:
        return
    if command.referrer_id != command.customer_id:
        raise Rejected(
            "points.not-their-referral",
            "Points reward a referral of this very customer, once it has converted.",
            field="referral_id",
        )
    if command.referral_id in account.rewarded:
        raise Rejected(
            "points.rewarded-already", "This referral was rewarded already.", field="referral_id"
        )


def _enough(points: int, account: Account) -> None:
    if points > account.balance:
        raise Rejected(
            "points.too-few", f"The customer has {account.balance} points.", field="points"
        )


def evolve(account: Account, fact: Fact[Event]) -> Account:
    """Fold one fact into the state."""
    match fact.event:
        case PointsGranted(customer_id=customer_id, points=points, referral_id=referral_id):
            named = {referral_id} if referral_id else set()
            return Account(customer_id, account.balance + points, account.rewarded | named)
        case PointsRedeemed(points=points) | PointsTakenBack(points=points):
            return replace(account, balance=account.balance - points)
        case _:
            assert_never(fact.event)


def active(account: Account) -> bool:
    """Tell whether there are any points."""
    return account.balance > 0


POINTS: Decider[Command, Account, Event] = Decider(
    kind="points",
    commands=Command,
    events=Event,
    initial=Account(),
    decide=decide,
    evolve=evolve,
    active=active,
)
