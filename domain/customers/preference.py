"""A preference: what a customer, or one of its people, chooses on a topic.

One stream for each topic of each of them, so that a topic never has two choices at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, assert_never

from domain.ids import ContactId, CustomerId, PreferenceId, named_id
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


def preference_id(
    customer_id: CustomerId, topic: str, contact_id: ContactId | None = None
) -> PreferenceId:
    """Return the id of what a customer, or one of its people, chooses on a topic.

    However the topic is written: "Invoice  language" is "invoice language".
    """
    whose = "" if contact_id is None else str(contact_id)
    words = " ".join(topic.casefold().split())
    return PreferenceId(named_id("preference", str(customer_id), whose, words))


# --- Events -----------------------------------------------------------------------------------


@event("preference.recorded", zh="偏好记录")
class PreferenceRecorded:
    """Preference recorded."""

    customer_id: CustomerId
    topic: str
    choice: Annotated[str, Personal(of="contact_id")]
    contact_id: ContactId | None
    """Whose it is; null: the whole customer's, and nobody's personal data."""


@event("preference.withdrawn", zh="偏好取消")
class PreferenceWithdrawn:
    """Preference withdrawn."""

    customer_id: CustomerId


Event = PreferenceRecorded | PreferenceWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class RecordPreference:
    """Record what is chosen on a topic; what was said last counts."""

    id: PreferenceId
    customer_id: Annotated[CustomerId, MustBeActive()]
    topic: str
    choice: str
    contact_id: Annotated[ContactId | None, PartOf("customer_id")] = None


@command
class WithdrawPreference:
    """Keep that there is no preference on this topic any more."""

    id: PreferenceId


Command = RecordPreference | WithdrawPreference

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """Nothing was ever chosen."""


@dataclass(frozen=True)
class Chosen:
    """What is chosen, and since when."""

    customer_id: CustomerId
    choice: str
    since: datetime


@dataclass(frozen=True)
class Withdrawn:
    """Nothing is chosen any more."""

    customer_id: CustomerId
    since: datetime


Preference = Absent | Chosen | Withdrawn

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, preference: Preference, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: preference.unknown, preference.withdrawn, preference.overtaken.
    """
    match command:
        case RecordPreference(choice=choice):
            if isinstance(preference, Chosen) and preference.choice == choice:
                return []
            if not isinstance(preference, Absent):
                _not_overtaken(preference, envelope)
            return [
                PreferenceRecorded(
                    customer_id=command.customer_id,
                    topic=command.topic,
                    choice=choice,
                    contact_id=command.contact_id,
                )
            ]
        case WithdrawPreference():
            match preference:
                case Chosen(customer_id=customer_id):
                    _not_overtaken(preference, envelope)
                    return [PreferenceWithdrawn(customer_id=customer_id)]
                case Absent():
                    raise Rejected("preference.unknown", "There is no such preference.")
                case Withdrawn():
                    raise Rejected("preference.withdrawn", "It was withdrawn already.")
                case _:
                    assert_never(preference)
        case _:
            assert_never(command)


def _not_overtaken(preference: Chosen | Withdrawn, envelope: Envelope) -> None:
    if envelope.occurred_at < preference.since:
        raise Rejected(
            "preference.overtaken",
            "They have said something later on this; what was said last counts.",
        )


def evolve(preference: Preference, fact: Fact[Event]) -> Preference:
    """Fold one fact into the state."""
    del preference  # every event carries the whole new state
    match fact.event:
        case PreferenceRecorded(customer_id=customer_id, choice=choice):
            return Chosen(customer_id, choice, fact.occurred_at)
        case PreferenceWithdrawn(customer_id=customer_id):
            return Withdrawn(customer_id, fact.occurred_at)
        case _:
            assert_never(fact.event)


def active(preference: Preference) -> bool:
    """Tell whether it is to be minded."""
    return isinstance(preference, Chosen)


PREFERENCE: Decider[Command, Preference, Event] = Decider(
    kind="preference",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
