"""A behaviour: one thing a customer was seen doing on the web, in the app or on social channels.

Each is a stream of its own: they come in great numbers, and none waits for another.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from domain.ids import BehaviourId, CampaignId, ContactId, CustomerId
from domain.kernel import (
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


class Place(StrEnum):
    """Where it was seen."""

    WEB = "web"
    APP = "app"
    SOCIAL = "social"
    EMAIL = "email"
    OTHER = "other"


# --- Events -----------------------------------------------------------------------------------


@event("behaviour.captured", zh="行为采集")
class BehaviourCaptured:
    """Behaviour captured."""

    customer_id: CustomerId
    contact_id: ContactId | None
    """Who did it; null: nobody knows which of the customer's people, and it is nobody's data."""
    channel: Place
    what: str
    item: Annotated[str | None, Personal(of="contact_id")]
    campaign_id: CampaignId | None
    url: Annotated[str | None, Personal(of="contact_id")]


@event("behaviour.retracted", zh="行为采集撤回", retracts=True)
class BehaviourRetracted:
    """Behaviour taken back: captured by mistake."""

    customer_id: CustomerId
    channel: Place
    what: str


Event = BehaviourCaptured | BehaviourRetracted

# --- Commands ---------------------------------------------------------------------------------


@command
class CaptureBehaviour:
    """Keep what a customer was seen doing."""

    id: BehaviourId
    customer_id: Annotated[CustomerId, MustBeActive()]
    channel: Place
    what: str
    contact_id: Annotated[ContactId | None, PartOf("customer_id")] = None
    item: str | None = None
    campaign_id: CampaignId | None = None
    url: str | None = None


@command
class RetractBehaviour:
    """Take back what was captured by mistake; the envelope's reason says why."""

    id: BehaviourId


Command = CaptureBehaviour | RetractBehaviour

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Nothing was captured."""


@dataclass(frozen=True)
class Captured:
    """A behaviour that counts in the customer's profile."""

    customer_id: CustomerId
    channel: Place
    what: str


@dataclass(frozen=True)
class Retracted:
    """A behaviour that counts no more; both facts stay in its history."""

    customer_id: CustomerId


Behaviour = Absent | Captured | Retracted

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, behaviour: Behaviour, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: behaviour.exists, behaviour.unknown, behaviour.retracted,
    behaviour.reason-missing.
    """
    match command:
        case CaptureBehaviour():
            if not isinstance(behaviour, Absent):
                raise Rejected("behaviour.exists", "This behaviour is captured already.")
            return [
                BehaviourCaptured(
                    customer_id=command.customer_id,
                    contact_id=command.contact_id,
                    channel=command.channel,
                    what=command.what,
                    item=command.item,
                    campaign_id=command.campaign_id,
                    url=command.url,
                )
            ]
        case RetractBehaviour():
            return [_retract(behaviour, envelope)]
        case _:
            assert_never(command)


def _retract(behaviour: Behaviour, envelope: Envelope) -> Event:
    match behaviour:
        case Captured(customer_id=customer_id, channel=channel, what=what):
            if not envelope.reason:
                raise Rejected(
                    "behaviour.reason-missing", "Say why it is taken back.", field="reason"
                )
            return BehaviourRetracted(customer_id=customer_id, channel=channel, what=what)
        case Absent():
            raise Rejected("behaviour.unknown", "No such behaviour was captured.")
        case Retracted():
            raise Rejected("behaviour.retracted", "It was taken back already.")
        case _:
            assert_never(behaviour)


def evolve(behaviour: Behaviour, fact: Fact[Event]) -> Behaviour:
    """Fold one fact into the state."""
    del behaviour  # every event carries the whole new state
    match fact.event:
        case BehaviourCaptured(customer_id=customer_id, channel=channel, what=what):
            return Captured(customer_id, channel, what)
        case BehaviourRetracted(customer_id=customer_id):
            return Retracted(customer_id)
        case _:
            assert_never(fact.event)


def active(behaviour: Behaviour) -> bool:
    """Tell whether the behaviour counts."""
    return isinstance(behaviour, Captured)


BEHAVIOUR: Decider[Command, Behaviour, Event] = Decider(
    kind="behaviour",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
