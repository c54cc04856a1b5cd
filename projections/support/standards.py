"""What customers are promised and by which hours: service standards and business calendars."""

from typing import Any
from uuid import UUID

import msgspec

from domain.kernel import Recorded
from domain.support import calendar, sla_policy
from projections.documents import Document, ReadModel, utc


def fold_calendar(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a calendar."""
    match fact.event:
        case calendar.CalendarDrafted(name=name, hours=hours):
            draft = {"hours": msgspec.to_builtins(hours), "drafted_at": utc(fact.occurred_at)}
            if document is not None:
                return {"draft": draft}
            return {"id": str(key), "name": name, "draft": draft, "versions": []}
        case _ if document is None:
            return None
        case calendar.CalendarPublished() as published:
            version = {
                "version": published.version,
                "hours": msgspec.to_builtins(published.hours),
                "effective_from": published.effective_from.isoformat(),
                "published_at": utc(fact.occurred_at),
            }
            return {"draft": None, "versions": [*document["versions"], version]}
        case _:
            return {}


CALENDARS = ReadModel(
    name="calendars", version=1, subject="calendar", fold=fold_calendar, fields=("name",)
)


def fold_policy(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a service standard."""
    match fact.event:
        case sla_policy.SlaPolicyDrafted() as drafted:
            draft = _terms(drafted) | {"drafted_at": utc(fact.occurred_at)}
            if document is not None:
                return {"draft": draft}
            whose = drafted.department_id and str(drafted.department_id)
            return {"id": str(key), "department_id": whose, "draft": draft, "versions": []}
        case _ if document is None:
            return None
        case sla_policy.SlaPolicyPublished() as published:
            version = _terms(published) | {
                "version": published.version,
                "effective_from": published.effective_from.isoformat(),
                "published_at": utc(fact.occurred_at),
            }
            return {"draft": None, "versions": [*document["versions"], version]}
        case _:
            return {}


def _terms(said: sla_policy.Event) -> Document:
    return {
        "statement": msgspec.to_builtins(said.statement),
        "calendar_id": said.calendar_id and str(said.calendar_id),
        "lines": msgspec.to_builtins(said.lines),
    }


SLA_POLICIES = ReadModel(
    name="sla_policies",
    version=1,
    subject="sla-policy",
    fold=fold_policy,
    fields=("department_id",),
)
