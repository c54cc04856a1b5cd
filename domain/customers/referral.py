"""A referral: a customer tells us of somebody, who becomes a customer or does not.

That it converted is one thing; what it is rewarded with is another (points.py).
"""

from dataclasses import dataclass
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import CustomerId, ReferralId
from domain.kernel import Decider, Envelope, Fact, MustBeActive, Personal, Rejected, command, event
from domain.values import ContactChannel

# --- Events -----------------------------------------------------------------------------------


@event("referral.made", zh="推荐提出")
class ReferralMade:
    """Referral made."""

    customer_id: CustomerId
    """Who refers."""
    referred_name: Annotated[str, Personal(of="self")]
    referred_contact: Annotated[str | None, Personal(of="self"), Confidential(FieldClass.CONTACT)]
    """How to reach them: they are nobody of ours yet, so that this referral stands for them."""
    channel: ContactChannel


@event("referral.converted", zh="推荐转化")
class ReferralConverted:
    """Referral converted: who was referred is a customer."""

    customer_id: CustomerId
    referred_id: CustomerId


@event("referral.lapsed", zh="推荐失效")
class ReferralLapsed:
    """Referral lapsed: nothing came of it."""

    customer_id: CustomerId


Event = ReferralMade | ReferralConverted | ReferralLapsed

# --- Commands ---------------------------------------------------------------------------------


@command
class MakeReferral:
    """Keep whom a customer has told us of."""

    id: ReferralId
    customer_id: Annotated[CustomerId, MustBeActive()]
    referred_name: str
    channel: ContactChannel
    referred_contact: str | None = None


@command
class ConvertReferral:
    """Keep that who was referred has become this customer."""

    id: ReferralId
    referred_id: Annotated[CustomerId, MustBeActive()]


@command
class LapseReferral:
    """Keep that nothing came of it; the envelope's reason says why."""

    id: ReferralId


Command = MakeReferral | ConvertReferral | LapseReferral

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such referral."""


@dataclass(frozen=True)
class Made:
    """Somebody was referred, and is no customer yet."""

    customer_id: CustomerId


@dataclass(frozen=True)
class Converted:
    """Who was referred is a customer."""

    customer_id: CustomerId
    referred_id: CustomerId


@dataclass(frozen=True)
class Lapsed:
    """Nothing came of it."""

    customer_id: CustomerId


Referral = Absent | Made | Converted | Lapsed

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, referral: Referral, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: referral.exists, referral.unknown, referral.converted, referral.lapsed,
    referral.of-itself, referral.reason-missing.
    """
    match command:
        case MakeReferral():
            if not isinstance(referral, Absent):
                raise Rejected("referral.exists", "This referral is recorded already.")
            return [
                ReferralMade(
                    customer_id=command.customer_id,
                    referred_name=command.referred_name,
                    referred_contact=command.referred_contact,
                    channel=command.channel,
                )
            ]
        case ConvertReferral(referred_id=referred_id):
            here = _open(referral)
            if referred_id == here.customer_id:
                raise Rejected(
                    "referral.of-itself", "A customer does not refer itself.", field="referred_id"
                )
            return [ReferralConverted(customer_id=here.customer_id, referred_id=referred_id)]
        case LapseReferral():
            here = _open(referral)
            if not envelope.reason:
                raise Rejected(
                    "referral.reason-missing", "Say why nothing came of it.", field="reason"
                )
            return [ReferralLapsed(customer_id=here.customer_id)]
        case _:
            assert_never(command)


def _open(referral: Referral) -> Made:
    match referral:
        case Made():
            return referral
        case Absent():
            raise Rejected("referral.unknown", "There is no such referral.")
        case Converted():
            raise Rejected("referral.converted", "The referral has converted already.")
        case Lapsed():
            raise Rejected("referral.lapsed", "The referral has lapsed; record a new one.")
        case _:
            assert_never(referral)


def evolve(referral: Referral, fact: Fact[Event]) -> Referral:
    """Fold one fact into the state."""
    del referral  # every event carries the whole new state
    match fact.event:
        case ReferralMade(customer_id=customer_id):
            return Made(customer_id)
        case ReferralConverted(customer_id=customer_id, referred_id=referred_id):
            return Converted(customer_id, referred_id)
        case ReferralLapsed(customer_id=customer_id):
            return Lapsed(customer_id)
        case _:
            assert_never(fact.event)


def active(referral: Referral) -> bool:
    """Tell whether it still counts: something may come of it, or has."""
    return isinstance(referral, Made | Converted)


REFERRAL: Decider[Command, Referral, Event] = Decider(
    kind="referral",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
