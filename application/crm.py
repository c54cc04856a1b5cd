"""The one way into the log: load, decide, append; safe to retry, never half done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, Transcoder

from application.access import Asking, Check, Hidden, NotDelegated, NotPermitted, Sight
from application.catalogue import BY_COMMAND
from application.deciding import Key, Loaded, UnknownReference, concerned, decided
from application.states import States, Wanted
from application.store.appending import IdempotencyKey, KeyUsed, Outdated
from application.store.codec import FactMapper
from application.store.factory import ConcordFactory
from application.store.log import Log
from application.store.recorder import Answered, LogRecorder
from domain.access.api_key import KEY, opens
from domain.kernel import Decider, Envelope, Fact, Rejected

ATTEMPTS = 20


class StaleVersion(Exception):
    """Somebody else has changed the thing since the caller looked at it."""

    def __init__(self, current: int) -> None:
        super().__init__(f"It is at version {current} now.")
        self.current = current


class KeyReused(Exception):
    """The same idempotency key came with a different request."""


class KeyRevoked(Exception):
    """The API key that a command came with opens nothing (any more)."""


_ITSELF = Asking()
_REFUSALS = (
    Rejected,
    StaleVersion,
    UnknownReference,
    KeyRevoked,
    NotPermitted,
    NotDelegated,
    Hidden,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: the thing's version now, and the position to wait for."""

    stream_id: UUID
    version: int
    position: int | None
    """Of its last fact; None where the command changed nothing."""
    event: Any = field(default=None, compare=False)
    """What happened last; None where nothing did."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A command, who sent it, what they had seen, and how they came in."""

    command: Any
    envelope: Envelope
    expected: int | None
    by: Asking

    @property
    def decider(self) -> Decider[Any, Any, Any]:
        return BY_COMMAND[type(self.command)]

    def concerned(self) -> list[Wanted]:
        """What decides it: the thing itself, what it names, who acts, their key and grants."""
        asking: list[Wanted] = []
        if self.by.credential:
            asking.append((KEY, self.by.credential.id))
        if self.by.authority:
            asking += self.by.authority.concerned()
        return [(self.decider, self.command.id), *concerned(self.command, self.envelope), *asking]

    def loaded(self, states: Mapping[Key, Loaded]) -> Loaded:
        return states[self.decider.kind, self.command.id]

    def check_key(self, states: Mapping[Key, Loaded]) -> None:
        given = self.by.credential
        if given is not None and not opens(states[KEY.kind, given.id].state, given):
            raise KeyRevoked

    def decide(self, sight: Sight) -> list[Fact[Any]]:
        self.check_key(sight.states)
        if self.by.authority is not None:
            Check(self.by.authority, sight).check(self.decider, self.command)
        version = self.loaded(sight.states).version
        if self.expected is not None and version != self.expected:
            raise StaleVersion(version)
        return decided(self.decider, self.command, self.envelope, sight.states)


class Crm(Application[UUID]):
    """Handles every command of Concord."""

    name = "concord"

    def __init__(
        self, database_url: str, *, pool_size: int = 20, statement_seconds: float = 0
    ) -> None:
        super().__init__(
            {
                "PERSISTENCE_MODULE": "application.store.factory",
                "DATABASE_URL": database_url,
                "CONCORD_POOL_SIZE": str(pool_size),
                "CONCORD_STATEMENT_SECONDS": str(statement_seconds),
            }
        )
        self.pool = cast("ConcordFactory", self.factory).pool
        self.log_recorder = cast("LogRecorder", self.recorder)
        self.facts = Log(self.pool)
        self.states = States(self.pool)

    def construct_transcoder(self) -> Transcoder:
        """Leave the library's transcoder unused: the mapper writes typed JSON by itself."""
        return self.factory.transcoder()

    def construct_mapper(self) -> Mapper[UUID]:
        """Map facts instead of the library's aggregate events."""
        return FactMapper(transcoder=self.construct_transcoder())

    # --- Commands ---

    def handle(
        self,
        command: Any,
        envelope: Envelope,
        *,
        expected: int | None = None,
        idempotency: IdempotencyKey | None = None,
        by: Asking = _ITSELF,
    ) -> Outcome:
        """Carry out a command and return where it led.

        ``expected`` is the version the caller has seen; ``by`` how they came in, checked at the
        time it names: the envelope's is only claimed. Raises ``Rejected`` where the rules refuse,
        ``NotPermitted``, ``NotDelegated`` and ``Hidden`` where the grants do, ``UnknownReference``
        where a field names what is not there, ``StaleVersion`` where ``expected`` is not the
        version now, ``KeyRevoked``, and ``KeyReused`` and the recorder's ``KeyInFlight`` for the
        idempotency key.
        """
        request = _Request(command, envelope, expected, by)
        # First on what is remembered: the append proves that it is still so. Only what was added
        # that way is believed; everything else is decided again on what stands in the log.
        sure = False
        for _ in range(ATTEMPTS):
            sight = Sight(self.states.look if sure else self.states.remembered)
            sight.states |= sight.look(request.concerned())
            if sure:
                request.check_key(sight.states)  # who may not come in is not told an earlier answer
                if idempotency and (answered := self.log_recorder.answered(idempotency)):
                    return self._answer_again(answered, idempotency)
            try:
                if facts := request.decide(sight):
                    return self._added(facts, sight.states, idempotency)
                if sure:
                    return self._unchanged(request.loaded(sight.states), command.id, idempotency)
            except (IntegrityError, KeyUsed, Outdated):
                pass  # somebody was faster: look again, decide again
            except _REFUSALS:
                # Refused, perhaps, because the same request was carried out in the meantime.
                if sure and idempotency and (answered := self.log_recorder.answered(idempotency)):
                    return self._answer_again(answered, idempotency)
                if sure:
                    raise
            sure = True
        raise StaleVersion(self.load(request.decider, command.id).version)

    def _added(
        self,
        facts: list[Fact[Any]],
        states: Mapping[Key, Loaded],
        idempotency: IdempotencyKey | None,
    ) -> Outcome:
        seen = {id_: loaded.version for (_, id_), loaded in states.items()}
        positions = self.append(facts, idempotency=idempotency, seen=seen)
        last = facts[-1]
        self.states.follow(states[last.kind, last.stream_id], facts)
        return Outcome(last.stream_id, last.version, positions[-1], last.event)

    def _unchanged(self, loaded: Loaded, id_: UUID, key: IdempotencyKey | None) -> Outcome:
        if key:
            self.log_recorder.remember(key, id_, loaded.version)
        return Outcome(id_, loaded.version, None)

    def append(
        self,
        facts: Sequence[Fact[Any]],
        *,
        idempotency: IdempotencyKey | None = None,
        seen: Mapping[UUID, int] | None = None,
    ) -> list[int]:
        """Append facts, all or none, and return their positions.

        Raises the library's ``IntegrityError`` where a version is taken already, ``Outdated``
        where a stream that was ``seen`` has gone on.
        """
        recordings = self.events.put(cast("Any", facts), idempotency=idempotency, seen=seen)
        return [recording.notification.id for recording in recordings]

    def load(self, decider: Decider[Any, Any, Any], id_: UUID) -> Loaded:
        """Return a thing's present state; an id of another kind's is nothing yet."""
        return self.states.look([(decider, id_)])[decider.kind, id_]

    def answered(self, key: IdempotencyKey) -> Outcome | None:
        """Return the outcome of an earlier request with this key, if there was one.

        Raises ``KeyReused``.
        """
        found = self.log_recorder.answered(key)
        return None if found is None else self._answer_again(found, key)

    def _answer_again(self, answered: Answered, key: IdempotencyKey) -> Outcome:
        if answered.fingerprint != key.fingerprint:
            raise KeyReused("This Idempotency-Key was used for a different request.")
        version = answered.version
        if not answered.changed:
            return Outcome(answered.stream_id, version, None)
        (last,) = self.facts.stream(
            answered.stream_id, after_version=version - 1, upto_version=version
        )
        return Outcome(answered.stream_id, version, last.position, last.event)
