"""A complaint summary: what people concluded from the complaints of a period.

It names the log's position and the fingerprint of the report it was written on: computed again at
that position, the report must give the same bytes.
"""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from domain.ids import ComplaintSummaryId
from domain.kernel import Decider, Envelope, Fact, Rejected, command, event


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which report: local dates where ``timezone`` tells, from the first, without the last.

    The targets are hours from the opening of a complaint.
    """

    first: date
    last: date
    timezone: str
    acknowledge_hours: int
    resolve_hours: int


# --- Events -----------------------------------------------------------------------------------


@event("complaint-summary.published", zh="投诉总结发布")
class SummaryPublished:
    """Summary of complaints published."""

    question: Question
    position: int
    """Up to where the log was replayed."""
    digest: str
    """The SHA-256 of the report's bytes."""
    conclusions: str


Event = SummaryPublished

# --- Commands ---------------------------------------------------------------------------------


@command
class PublishSummary:
    """Publish what was concluded from the complaints of a period."""

    id: ComplaintSummaryId
    question: Question
    position: int
    digest: str
    conclusions: str


Command = PublishSummary

# --- States -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absent:
    """No such summary."""


@dataclass(frozen=True)
class Published:
    """A summary; it stays as it is."""

    question: Question
    position: int
    digest: str


Summary = Absent | Published

# --- Rules ------------------------------------------------------------------------------------


def decide(command: Command, summary: Summary, envelope: Envelope) -> list[Event]:
    """Decide what follows.

    Raises ``Rejected``: complaint-summary.exists, complaint-summary.nobody-concludes.
    """
    match summary:
        case Published():
            raise Rejected("complaint-summary.exists", "This summary is published already.")
        case Absent():
            pass
        case _:
            assert_never(summary)
    if envelope.performer is None:
        raise Rejected("complaint-summary.nobody-concludes", "A member concludes, not a program.")
    return [
        SummaryPublished(
            question=command.question,
            position=command.position,
            digest=command.digest,
            conclusions=command.conclusions,
        )
    ]


def evolve(summary: Summary, fact: Fact[Event]) -> Summary:
    """Fold one fact into the state."""
    del summary  # there is only one fact of it
    event = fact.event
    return Published(event.question, event.position, event.digest)


def active(summary: Summary) -> bool:
    """Tell whether it is published."""
    return isinstance(summary, Published)


COMPLAINT_SUMMARY: Decider[Command, Summary, Event] = Decider(
    kind="complaint-summary",
    commands=Command,
    events=Event,
    initial=Absent(),
    decide=decide,
    evolve=evolve,
    active=active,
)
