"""How a fact is written: JSON, typed both ways, under the event's permanent name."""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent

from application.store.upcasts import UPCASTS, Upcast
from domain.kernel import EVENTS, Envelope, Fact, Recorded, Rejected

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class UnknownEvent(LookupError):
    """The log has an event, or a shape of one, that this version of Concord does not know."""


E = TypeVar("E")


class _Written(msgspec.Struct, Generic[E]):
    event: E
    envelope: Envelope
    shape: int = 1


_encoder = msgspec.json.Encoder()
_of_any_shape = msgspec.json.Decoder(_Written[dict[str, Any]])
_envelope_fields = tuple(field.name for field in fields(Envelope))


@cache
def _decoder(event_type: type[Any]) -> msgspec.json.Decoder[_Written[Any]]:
    return msgspec.json.Decoder(_Written[event_type])  # type: ignore[valid-type]


def encode(fact: Fact[Any]) -> bytes:
    """Write a fact's event and envelope as JSON.

    Raises ``Rejected``: text.nul, text.surrogate (what PostgreSQL's JSON cannot hold).
    """
    envelope = fact.envelope
    known = {
        name: value for name in _envelope_fields if (value := getattr(envelope, name)) is not None
    }
    known["occurred_at"] = envelope.occurred_at.astimezone(UTC)
    written: dict[str, Any] = {"event": fact.event, "envelope": known}
    if (shape := fact.event.__event_shape__) > 1:
        written["shape"] = shape
    try:
        encoded = _encoder.encode(written)
    except UnicodeEncodeError as error:
        raise Rejected("text.surrogate", "Text may not contain half a character.") from error
    if b"\\u0000" in encoded and _NUL.search(encoded):
        raise Rejected("text.nul", "Text may not contain the NUL character.")
    return encoded


def decode(
    name: str, state: bytes | str, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
) -> tuple[Any, Envelope]:
    """Read an event and its envelope; older shapes are lifted step by step.

    Raises ``UnknownEvent`` where the name or the shape is newer than this code.
    """
    event_type: Any = EVENTS.get(name)
    if event_type is None:
        raise UnknownEvent(f"The log has an event {name!r} that this version does not know.")
    try:
        written = _decoder(event_type).decode(state)
    except msgspec.ValidationError:
        if _of_any_shape.decode(state).shape == event_type.__event_shape__:
            raise
    else:
        if written.shape == event_type.__event_shape__:
            return written.event, written.envelope
    return _lifted(event_type, state, upcasts)


def _lifted(
    event_type: Any, state: bytes | str, upcasts: Mapping[tuple[str, int], Upcast]
) -> tuple[Any, Envelope]:
    name, written = event_type.__event_name__, _of_any_shape.decode(state)
    if written.shape > event_type.__event_shape__:
        raise UnknownEvent(f"{name!r} was written in shape {written.shape} by a newer version.")
    body = written.event
    for shape in range(written.shape, event_type.__event_shape__):
        body = upcasts[name, shape](body)
    # JSON has no UUIDs, dates or enums: convert() makes them as the decoder would have.
    return msgspec.convert(body, event_type, strict=True), written.envelope


def recorded(  # noqa: PLR0913, PLR0917 - one for each column of the log
    position: int, stream_id: UUID, version: int, name: str, state: bytes | str, at: datetime
) -> Recorded[Any]:
    """Make the fact that stands in one row of the log."""
    event, envelope = decode(name, state)
    return Recorded(
        position=position,
        stream_id=stream_id,
        version=version,
        event=event,
        envelope=envelope,
        recorded_at=at,
    )


class FactMapper(Mapper[UUID]):
    """The eventsourcing library's mapper, for facts: named events instead of Python paths."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Write a ``Fact``."""
        return StoredEvent(
            originator_id=domain_event.stream_id,
            originator_version=domain_event.version,
            topic=domain_event.name,
            state=encode(domain_event),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Read a ``Fact``."""
        event, envelope = decode(stored_event.topic, stored_event.state)
        return Fact(
            stream_id=stored_event.originator_id,  # type: ignore[arg-type]
            version=stored_event.originator_version,
            event=event,
            envelope=envelope,
        )
