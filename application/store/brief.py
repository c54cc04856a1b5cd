"""Facts read in brief: the whole event, and of its envelope only what figures are made of.

Most of the time it takes to read a fact goes into its envelope. Whoever counts very many facts
needs to know when, and whose work it was; this reads that alone, in half the time.
"""

from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import msgspec

from application.store.codec import recorded
from domain.ids import MemberId
from domain.kernel import EVENTS, ActorKind, Recorded

E = TypeVar("E")


class _Actor(msgspec.Struct, gc=False):
    kind: ActorKind
    id: str


class _Envelope(msgspec.Struct, gc=False):
    occurred_at: datetime
    actor: _Actor
    on_behalf_of: MemberId | None = None
    imported: msgspec.Raw | None = None

    @property
    def performer(self) -> MemberId | None:
        """As of an ``Envelope``."""
        if self.on_behalf_of is not None:
            return self.on_behalf_of
        return _member(self.actor.id) if self.actor.kind is ActorKind.MEMBER else None


class _Brief(msgspec.Struct, gc=False):
    """A ``Recorded`` to whoever takes facts."""

    position: int
    stream_id: UUID
    event: Any
    envelope: _Envelope
    recorded_at: datetime
    version: int

    @property
    def name(self) -> str:
        return cast("str", self.event.__event_name__)

    @property
    def kind(self) -> str:
        return cast("str", self.event.__event_kind__)

    @property
    def retracts(self) -> bool:
        return cast("bool", self.event.__event_retracts__)

    @property
    def occurred_at(self) -> datetime:
        return self.envelope.occurred_at


class _Written(msgspec.Struct, Generic[E], gc=False):
    event: E
    envelope: _Envelope
    shape: int = 1


@lru_cache(maxsize=100_000)
def _member(id_: str) -> MemberId:
    return MemberId(UUID(id_))


@cache
def _reader(name: str) -> tuple[msgspec.json.Decoder[_Written[Any]], int]:
    event: Any = EVENTS[name]
    return msgspec.json.Decoder(_Written[event]), event.__event_shape__


def in_brief(  # noqa: PLR0913, PLR0917 - one for each column of the log
    position: int, stream_id: UUID, version: int, name: str, state: bytes, at: datetime
) -> Recorded[Any]:
    """Return what ``recorded`` does, as far as figures need it.

    Raises ``UnknownEvent`` where the name or the shape is newer than this code.
    """
    if name in EVENTS:
        reader, shape = _reader(name)
        try:
            written = reader.decode(state)
        except msgspec.ValidationError:
            pass  # an older shape, or nothing we know: the other way tells
        else:
            if written.shape == shape:
                brief = _Brief(position, stream_id, written.event, written.envelope, at, version)
                return cast("Recorded[Any]", brief)
    return recorded(position, stream_id, version, name, state, at)
