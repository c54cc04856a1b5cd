"""How a fact is shown to people: one shape for timeline, audit history and evidence."""

from collections.abc import Collection
from typing import Any, cast

import msgspec

from domain.confidential import secret_fields
from domain.kernel import EVENTS, Recorded
from projections.documents import Document, utc


def shown(
    fact: Recorded[Any], language: str = "en", masked: Collection[str] = frozenset()
) -> Document:
    """Return a fact as people see it: its label in their language and all it says to them.

    The fields that are ``masked`` are null, and named. Positions are text: they may pass what a
    browser's numbers can hold.
    """
    envelope = fact.envelope
    document = {
        "id": str(fact.position),
        "name": fact.name,
        "label": label(fact.name, language),
        "occurred_at": utc(fact.occurred_at),
        "recorded_at": utc(fact.recorded_at),
        "actor": {"kind": envelope.actor.kind, "id": envelope.actor.id},
        "department_id": _text(envelope.department_id),
        "role": envelope.role,
        "on_behalf_of": _text(envelope.on_behalf_of),
        "reason": envelope.reason,
        "channel": envelope.channel,
        "correlation_id": envelope.correlation_id,
        "cause": _text(envelope.cause),
        "imported": msgspec.to_builtins(envelope.imported),
        "stream": {"kind": fact.kind, "id": str(fact.stream_id), "version": fact.version},
        "subjects": [{"kind": each.kind, "id": str(each.id)} for each in fact.subjects],
        "data": _said(fact, masked),
    }
    return document | {"masked": sorted(masked)} if masked else document


def _said(fact: Recorded[Any], masked: Collection[str]) -> Document:
    said: Document = msgspec.to_builtins(fact.event)
    hidden = secret_fields(cast("Any", type(fact.event)))
    return {
        name: None if name in masked else value
        for name, value in said.items()
        if name not in hidden
    }


def label(name: str, language: str) -> str:
    """Return an event's line on the timeline in a language, English where there is no other."""
    labels: dict[str, str] = EVENTS[name].__event_labels__
    return labels.get(language, labels["en"])


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
