"""An interaction: one mail, call, chat, visit or meeting with a customer.

Each is a stream of its own, so that all departments can log at once without waiting for another.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from domain.confidential import Confidential, FieldClass
from domain.ids import ContactId, CustomerId, InteractionId, MemberId, RequestId
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
from domain.values import ContactChannel


class Direction(StrEnum):
    """Who turned to whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


# --- Events -----------------------------------------------------------------------------------


@event("interaction.logged", zh="互动记录")
class InteractionLogged:
    """Interaction logged."""

    customer_id: CustomerId
    channel: ContactChannel
    direction: Direction
    summary: Annotated[str, Personal(of="customer_id"), Confidential(FieldClass.NOTES)]
    contact_id: ContactId | None
    about_request_id: RequestId | None


@event("interaction.retracted", zh="互动记录撤回", retracts=True)
class InteractionRetracted:
    """Interaction taken back: logged by mistake."""

    customer_id: CustomerId


Event = InteractionLogged | InteractionRetracted

# --- Commands ---------------------------------------------------------------------------------


@command
class LogInteraction:
    """Log an interaction with a customer."""

    id: InteractionId
    customer_id: Annotated[CustomerId, MustBeActive()]
    channel: ContactChannel
    direction: Direction
    summary: str
    contact_id: Annotated[ContactId | None, PartOf("customer_id")] = None
    about_request_id: RequestId | None = None


@command
class RetractInteraction:
    """Take back an interaction that was logged by mistake; the envelope's reason says why."""

    id: InteractionId


Command = LogInteraction | RetractInteraction

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such interaction."""


@dataclass(frozen=True)
class Logged:
    """An interaction on the customer's timeline, and whose work it was (None: a program's)."""

    customer_id: CustomerId
    logged_by: MemberId | None = None


@dataclass(frozen=True)
class Retracted:
    """An interaction that counts no more; both facts stay on the timeline."""


Interaction = Absent | Logged | Retracted

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, interaction: Interaction, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: interaction.exists, interaction.unknown, interaction.retracted,
    interaction.reason-missing.
    """
    match command:
        case LogInteraction():
            if not isinstance(interaction, Absent):
                raise Rejected("interaction.exists", "This interaction is logged already.")
            return [
                InteractionLogged(
                    customer_id=command.customer_id,
                    channel=command.channel,
                    direction=command.direction,
                    summary=command.summary,
                    contact_id=command.contact_id,
                    about_request_id=command.about_request_id,
                )
            ]
        case RetractInteraction():
            match interaction:
                case Logged(customer_id=customer_id):
                    if not envelope.reason:
                        raise Rejected(
                            "interaction.reason-missing",
                            "Say why the interaction is taken back.",
                            field="reason",
                        )
                    return [InteractionRetracted(customer_id=customer_id)]
                case Absent():
                    raise Rejected("interaction.unknown", "There is no such interaction.")
                case Retracted():
                    raise Rejected("interaction.retracted", "It was taken back already.")
                case _:
                    assert_never(interaction)
        case _:
            assert_never(command)


def evolve(interaction: Interaction, fact: Fact[Event]) -> Interaction:
    """Fold one fact into the state."""
    del interaction  # every event carries the whole new state
    match fact.event:
        case InteractionLogged(customer_id=customer_id):
            return Logged(customer_id, fact.envelope.performer)
        case InteractionRetracted():
            return Retracted()
        case _:
            assert_never(fact.event)


def active(interaction: Interaction) -> bool:
    """Tell whether the interaction counts."""
    return isinstance(interaction, Logged)


INTERACTION: Decider[Command, Interaction, Event] = Decider(
    kind="interaction",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
