"""Facts read in brief: the whole event, and of its envelope only what figures are made of.

Most of the time it takes to read a fact goes into its envelope. Whoever counts very many facts
needs to know when, and whose work it was; this reads that alone, in half the time.
"""

from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Generic, Protocol, TypeVar, cast
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


class _Brief(msgspec.Struct, Generic[E], gc=False):
    """A ``Recorded`` to whoever takes facts: what is written of it, and then where it stands."""

    event: E
    envelope: _Envelope
    shape: int = 1
    position: int = 0
    stream_id: UUID = UUID(int=0)
    version: int = 0
    recorded: bytes = b""
    """When, as PostgreSQL writes it: few ask."""

    @property
    def name(self) -> str:
        return cast("str", self.event.__event_name__)  # type: ignore[attr-defined]

    @property
    def kind(self) -> str:
        return cast("str", self.event.__event_kind__)  # type: ignore[attr-defined]

    @property
    def retracts(self) -> bool:
        return cast("bool", self.event.__event_retracts__)  # type: ignore[attr-defined]

    @property
    def occurred_at(self) -> datetime:
        return self.envelope.occurred_at

    @property
    def recorded_at(self) -> datetime:
        return datetime.fromisoformat(self.recorded.decode())


@lru_cache(maxsize=100_000)
def _member(id_: str) -> MemberId:
    return MemberId(UUID(id_))


class Reading(Protocol):
    """What reads facts of one name, each from its row as COPY writes it."""

    def __call__(
        self, position: int, stream_id: UUID, version: int, at: bytes, state: bytes
    ) -> Recorded[Any]:
        """Return what ``recorded`` does, as far as figures need it.

        Raises ``UnknownEvent`` where the name or the shape is newer than this code.
        """


def wholly(name: str) -> Reading:
    """Return what reads facts of a name with all that their envelopes hold."""

    def read(
        position: int, stream_id: UUID, version: int, at: bytes, state: bytes
    ) -> Recorded[Any]:
        when = datetime.fromisoformat(at.decode())
        return recorded(position, stream_id, version, name, state, when)

    return read


@cache
def in_brief(name: str) -> Reading:
    """Return what reads facts of a name as far as figures need them."""
    event: Any = EVENTS.get(name)
    if event is None:
        return wholly(name)  # which tells why not
    decode, shape = msgspec.json.Decoder(_Brief[event]).decode, event.__event_shape__

    def read(
        position: int, stream_id: UUID, version: int, at: bytes, state: bytes
    ) -> Recorded[Any]:
        try:
            brief = decode(state)
        except msgspec.ValidationError:  # an older shape, or nothing we know: the other way tells
            return wholly(name)(position, stream_id, version, at, state)
        if brief.shape != shape:
            return wholly(name)(position, stream_id, version, at, state)
        brief.position, brief.stream_id = position, stream_id
        brief.version, brief.recorded = version, at
        return cast("Recorded[Any]", brief)

    return read
