"""Whether two customers that look alike are the same: what somebody has found out about the pair.

That they look alike is computed (``projections/customers/lookalikes.py``) and no fact. A human's
word is: *these two are not the same*. That they are the same is said by merging them.
"""

from dataclasses import dataclass
from typing import Annotated, assert_never

from domain.ids import CustomerId, LikenessId, named_id
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Rejected, command, event


def likeness_id(one: CustomerId, other: CustomerId) -> LikenessId:
    """Return the id of a pair of customers, in whatever order they are named."""
    return LikenessId(named_id("likeness", *sorted((str(one), str(other)))))


# --- Events -----------------------------------------------------------------------------------


@event("likeness.dismissed", zh="疑似重复已排除")
class LikenessDismissed:
    """Two customers found not to be the same."""

    customer_id: CustomerId
    other_id: CustomerId


@event("likeness.restored", zh="疑似重复恢复提示")
class LikenessRestored:
    """Two customers may be the same after all."""

    customer_id: CustomerId
    other_id: CustomerId


Event = LikenessDismissed | LikenessRestored

# --- Commands ---------------------------------------------------------------------------------


@command
class DismissLikeness:
    """Say that two customers are not the same; the envelope's reason says how one knows."""

    id: LikenessId
    customer_id: Annotated[CustomerId, MustBeActive()]
    other_id: Annotated[CustomerId, MustBeActive()]


@command
class RestoreLikeness:
    """Take that back: the two are suggested again while they look alike."""

    id: LikenessId
    customer_id: CustomerId
    other_id: CustomerId


Command = DismissLikeness | RestoreLikeness

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """Nobody has said that the two are not the same."""


@dataclass(frozen=True)
class Dismissed:
    """Two customers that are not the same."""

    customer_id: CustomerId
    other_id: CustomerId


Likeness = Open | Dismissed

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, likeness: Likeness, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: likeness.same-customer, likeness.reason-missing, likeness.not-dismissed.
    """
    match command:
        case DismissLikeness(customer_id=customer_id, other_id=other_id):
            if customer_id == other_id:
                raise Rejected(
                    "likeness.same-customer", "Name two different customers.", field="other_id"
                )
            if isinstance(likeness, Dismissed):
                return []
            if not envelope.reason:
                raise Rejected(
                    "likeness.reason-missing",
                    "Say how you know that they are not the same.",
                    field="reason",
                )
            return [LikenessDismissed(customer_id=customer_id, other_id=other_id)]
        case RestoreLikeness(customer_id=customer_id, other_id=other_id):
            if not isinstance(likeness, Dismissed):
                raise Rejected(
                    "likeness.not-dismissed",
                    "Nobody has said that these two are not the same.",
                    field="other_id",
                )
            return [LikenessRestored(customer_id=customer_id, other_id=other_id)]
        case _:
            assert_never(command)


def evolve(likeness: Likeness, fact: Fact[Event]) -> Likeness:
    """Fold one fact into the state."""
    del likeness  # every event carries the whole new state
    match fact.event:
        case LikenessDismissed(customer_id=customer_id, other_id=other_id):
            return Dismissed(customer_id, other_id)
        case LikenessRestored():
            return Open()
        case _:
            assert_never(fact.event)


def active(likeness: Likeness) -> bool:
    """Tell whether the two were found not to be the same."""
    return isinstance(likeness, Dismissed)


LIKENESS: Decider[Command, Likeness, Event] = Decider(
    kind="likeness",
    commands=Command,
    events=Event,
    initial=Open(),
    decide=decide,
    evolve=evolve,
    active=active,
)
