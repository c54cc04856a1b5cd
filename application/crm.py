"""The one way into the log: load, decide, append; safe to retry, never half done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, Transcoder

from application.catalogue import BY_COMMAND
from application.deciding import Loaded, UnknownReference, concerned, decided
from application.states import States
from application.store.appending import IdempotencyKey, KeyUsed
from application.store.codec import FactMapper
from application.store.factory import ConcordFactory
from application.store.log import Log
from application.store.recorder import Answered, LogRecorder
from domain.kernel import Decider, Envelope, Fact, Rejected

ATTEMPTS = 20


class StaleVersion(Exception):
    """Somebody else has changed the thing since the caller looked at it."""

    def __init__(self, current: int) -> None:
        super().__init__(f"It is at version {current} now.")
        self.current = current


class KeyReused(Exception):
    """The same idempotency key came with a different request."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: the thing's version now, and the position to wait for."""

    stream_id: UUID
    version: int
    position: int | None
    """Of its last fact; None where the command changed nothing."""


class Crm(Application[UUID]):
    """Handles every command of Concord."""

    name = "concord"

    def __init__(self, database_url: str, *, pool_size: int = 20) -> None:
        super().__init__(
            {
                "PERSISTENCE_MODULE": "application.store.factory",
                "DATABASE_URL": database_url,
                "CONCORD_POOL_SIZE": str(pool_size),
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
    ) -> Outcome:
        """Carry out a command and return where it led.

        ``expected`` is the version the caller has seen. Raises ``Rejected`` where the rules
        refuse, ``UnknownReference`` where a field names what is not there, ``StaleVersion`` where
        ``expected`` is not the version now, ``KeyReused`` and the recorder's ``KeyInFlight`` for
        the idempotency key.
        """
        for _ in range(ATTEMPTS):
            if idempotency and (answered := self.log_recorder.answered(idempotency)):
                return self._answer_again(answered, idempotency)
            try:
                return self._attempt(command, envelope, expected, idempotency)
            except (IntegrityError, KeyUsed):
                continue  # somebody was faster: look again, decide again
            except (Rejected, StaleVersion, UnknownReference):
                # Refused, perhaps, because the same request was carried out in the meantime.
                if idempotency and (answered := self.log_recorder.answered(idempotency)):
                    return self._answer_again(answered, idempotency)
                raise
        raise StaleVersion(self.load(BY_COMMAND[type(command)], command.id).version)

    def _attempt(
        self,
        command: Any,
        envelope: Envelope,
        expected: int | None,
        idempotency: IdempotencyKey | None,
    ) -> Outcome:
        decider = BY_COMMAND[type(command)]
        states = self.states.look([(decider, command.id), *concerned(command, envelope)])
        loaded = states[decider.kind, command.id]
        if expected is not None and loaded.version != expected:
            raise StaleVersion(loaded.version)
        facts = decided(decider, command, envelope, states)
        if facts:
            positions = self.append(facts, idempotency=idempotency)
            self.states.follow(decider, loaded, facts)
            return Outcome(command.id, facts[-1].version, positions[-1])
        if idempotency:
            self.log_recorder.remember(idempotency, command.id, loaded.version)
        return Outcome(command.id, loaded.version, None)

    def append(
        self, facts: Sequence[Fact[Any]], *, idempotency: IdempotencyKey | None = None
    ) -> list[int]:
        """Append facts, all or none, and return their positions.

        Raises the library's ``IntegrityError`` where a version is taken already.
        """
        recordings = self.events.put(cast("Any", facts), idempotency=idempotency)
        return [recording.notification.id for recording in recordings]

    def load(self, decider: Decider[Any, Any, Any], id_: UUID) -> Loaded:
        """Return a thing's present state; an id of another kind's is nothing yet."""
        return self.states.look([(decider, id_)])[decider.kind, id_]

    def _answer_again(self, answered: Answered, key: IdempotencyKey) -> Outcome:
        if answered.fingerprint != key.fingerprint:
            raise KeyReused("This Idempotency-Key was used for a different request.")
        version = answered.version
        if not answered.changed:
            return Outcome(answered.stream_id, version, None)
        (last,) = self.facts.stream(
            answered.stream_id, after_version=version - 1, upto_version=version
        )
        return Outcome(answered.stream_id, version, last.position)
