"""Complaint summaries: of which period, at which position of the log, and what was concluded."""

from typing import Any
from uuid import UUID

from domain.kernel import Recorded
from domain.support.complaint_summary import SummaryPublished
from projections.documents import Document, ReadModel, utc


def fold(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold the one fact of a summary."""
    del document
    event: SummaryPublished = fact.event
    asked, who = event.question, fact.envelope.performer
    return {
        "id": str(key),
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "timezone": asked.timezone,
        "acknowledge_hours": asked.acknowledge_hours,
        "resolve_hours": asked.resolve_hours,
        "position": str(event.position),
        "digest": event.digest,
        "conclusions": event.conclusions,
        "published_by": None if who is None else str(who),
        "published_at": utc(fact.occurred_at),
    }


COMPLAINT_SUMMARIES = ReadModel(
    name="complaint_summaries",
    version=1,
    subject="complaint-summary",
    fold=fold,
    fields=("from", "to", "published_by", "published_at"),
)
