"""The one way into the log: load, decide, append; safe to retry, never half done."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, Transcoder

from application.catalogue import BY_COMMAND, BY_KIND
from application.store.codec import FactMapper
from application.store.factory import ConcordFactory
from application.store.log import Log
from application.store.recorder import Answered, IdempotencyKey, KeyUsed, LogRecorder
from domain.ids import MemberId
from domain.kernel import Decider, Envelope, Fact, references
from domain.teams import member

ATTEMPTS = 20


class StaleVersion(Exception):
    """Somebody else has changed the thing since the caller looked at it."""

    def __init__(self, current: int) -> None:
        super().__init__(f"It is at version {current} now.")
        self.current = current


class KeyReused(Exception):
    """The same idempotency key came with a different request."""


class UnknownReference(Exception):
    """A command names something that does not exist, or that nothing may be given to any more."""

    def __init__(self, field: str, kind: str, id_: UUID, *, known: bool) -> None:
        why = "is not active any more" if known else "does not exist"
        super().__init__(f"The {kind} {id_} {why}.")
        self.field = field
        self.id = id_
        self.code = f"{kind}.{'not-active' if known else 'unknown'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: the thing's version now, and the position to wait for."""

    stream_id: UUID
    version: int
    position: int | None
    """Of its last fact; None where the command changed nothing."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The present state of a thing and the version it stands at (0: nothing yet).

    ``began`` is the earliest time anything is said to have happened to it, since it was last
    taken back.
    """

    state: Any
    version: int
    began: datetime | None = field(default=None, compare=False)

    def followed(self, decider: Decider[Any, Any, Any], facts: Sequence[Fact[Any]]) -> "Loaded":
        """Return it after these further facts."""
        state, version, began = self.state, self.version, self.began
        for fact in facts:
            state, version = decider.evolve(state, fact), fact.version
            began = None if fact.retracts else min(began or fact.occurred_at, fact.occurred_at)
        return Loaded(state, version, began)


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
        decider = BY_COMMAND[type(command)]
        for attempt in range(ATTEMPTS):
            if idempotency and (answered := self.log_recorder.answered(idempotency)):
                return self._answer_again(answered, idempotency)
            loaded = self.load(decider, command.id)
            if expected is not None and loaded.version != expected:
                raise StaleVersion(loaded.version)
            if attempt == 0:
                self._check_references(command)
                envelope = self._stamped(envelope)
            facts = follow_up(decider, command, loaded, envelope)
            try:
                if facts:
                    positions = self.append(facts, idempotency=idempotency)
                    return Outcome(command.id, facts[-1].version, positions[-1])
                if idempotency:
                    self.log_recorder.remember(idempotency, command.id, loaded.version)
                return Outcome(command.id, loaded.version, None)
            except KeyUsed:
                continue  # answered by another thread in the meantime: give the same answer
            except IntegrityError:
                continue  # somebody was faster: look again, decide again
        raise StaleVersion(self.load(decider, command.id).version)

    def append(
        self, facts: Sequence[Fact[Any]], *, idempotency: IdempotencyKey | None = None
    ) -> list[int]:
        """Append facts, all or none, and return their positions.

        Raises the library's ``IntegrityError`` where a version is taken already.
        """
        recordings = self.events.put(cast("Any", facts), idempotency=idempotency)
        return [recording.notification.id for recording in recordings]

    def load(self, decider: Decider[Any, Any, Any], id_: UUID) -> Loaded:
        """Fold a thing's present state out of its facts; an id of another kind's is nothing."""
        facts = [cast("Fact[Any]", fact) for fact in self.events.get(id_)]
        nothing = Loaded(decider.initial, 0)
        if facts and facts[0].kind != decider.kind:
            return nothing
        return nothing.followed(decider, facts)

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

    def _check_references(self, command: Any) -> None:
        for reference in references(cast("Any", type(command))):
            decider = BY_KIND.get(reference.kind)
            id_ = getattr(command, reference.field)
            if decider is None or id_ is None or reference.field == "id":
                continue
            loaded = self.load(decider, id_)
            if not loaded.version:
                raise UnknownReference(reference.field, reference.kind, id_, known=False)
            if reference.must_be_active and not decider.active(loaded.state):
                raise UnknownReference(reference.field, reference.kind, id_, known=True)

    def _stamped(self, envelope: Envelope) -> Envelope:
        """Add the department and role that the one who acts has now."""
        who = envelope.actor.member_id
        if envelope.on_behalf_of is not None:
            self._working("on_behalf_of", envelope.on_behalf_of)
        if who is None or envelope.role is not None:
            return envelope
        here = self._working("actor", who)
        return replace(envelope, department_id=here.department_id, role=here.role)

    def _working(self, field: str, member_id: MemberId) -> member.Active:
        state = self.load(member.MEMBER, member_id).state
        if not isinstance(state, member.Active):
            known = not isinstance(state, member.Absent)
            raise UnknownReference(field, "member", member_id, known=known)
        return state


def follow_up(
    decider: Decider[Any, Any, Any], command: Any, loaded: Loaded, envelope: Envelope
) -> list[Fact[Any]]:
    """Decide a command on a loaded state and put the events into facts, numbered on.

    Raises ``Rejected``.
    """
    return [
        Fact(
            stream_id=command.id,
            version=loaded.version + number,
            event=event,
            envelope=_dated(event, loaded, envelope),
        )
        for number, event in enumerate(decider.decide(command, loaded.state, envelope), start=1)
    ]


def _dated(event: Any, loaded: Loaded, envelope: Envelope) -> Envelope:
    # What is taken back never was: an as-of question about any time since it began must not show
    # it. When it was taken back is the time of recording.
    if not event.__event_retracts__ or loaded.began is None:
        return envelope
    return replace(envelope, occurred_at=loaded.began)
