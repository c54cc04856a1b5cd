"""Appending in groups: appends that wait at the same time share one transaction.

Whoever comes while there is room to commit leads: it takes all that wait, in the order they came,
and commits them with one statement, which is a transaction by itself. Meanwhile others gather; one
of them leads next. So a single writer never waits for company, and many share the cost of the disk.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import accumulate
from threading import Lock
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    IntegrityError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
)

from application.store.forks import begin_in_child
from application.store.pool import Cursor, Pool

IN_ONE_TRANSACTION = 1 << 20
"""How many positions a transaction has."""
APPENDS = 64
FACTS = 2000
"""How many appends, and facts, share a transaction at most."""
AT_ONCE = 2
"""How many groups are on their way at once: while the database commits one, the next is written."""


class KeyInFlight(PersistenceError):
    """Another request with the same idempotency key is being answered right now."""


class KeyUsed(PersistenceError):
    """A request with the same idempotency key has been answered before."""


class Outdated(PersistenceError):
    """Something an append was decided on has changed since."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's promise that repeating a request means the same request.

    ``fingerprint`` is a hash of the request; the same key with another one is a mistake.
    """

    principal: str
    key: str
    fingerprint: str = field(compare=False)


def _taken() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Append:
    """Facts that go into the log together or not at all, and how that ended.

    ``seen``: the versions of the streams they were decided on; if one has gone on, none is added.
    """

    events: Sequence[StoredEvent]
    key: IdempotencyKey | None = None
    seen: Mapping[UUID, int] = field(default_factory=dict)
    turn: Lock = field(default_factory=_taken)
    """Freed when it is done, or when it is to lead."""
    leads: bool = False
    outcome: list[int] | BaseException | None = None

    def positions(self) -> list[int]:
        """Return the positions, or raise what went wrong."""
        if isinstance(self.outcome, list):
            return self.outcome
        raise self.outcome or ProgrammingError("The append was never carried out.")


class Appender:
    """The queue of one process before the log."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._begin()
        begin_in_child(self._begin)  # a fork takes the queue along, not those who stand in it

    def _begin(self) -> None:
        self._lock = Lock()
        self._waiting: deque[Append] = deque()
        self._leaders = 0

    def append(
        self,
        events: Sequence[StoredEvent],
        key: IdempotencyKey | None = None,
        seen: Mapping[UUID, int] | None = None,
    ) -> list[int]:
        """Append facts and return their positions once they are committed.

        Raises the library's ``IntegrityError`` where a version is taken, ``Outdated`` where what
        was ``seen`` has changed, ``KeyUsed`` and ``KeyInFlight`` for the key, ``OperationalError``
        where the database went away.
        """
        if len(events) >= IN_ONE_TRANSACTION:
            raise ProgrammingError(f"A transaction has room for {IN_ONE_TRANSACTION - 1} facts.")
        mine = Append(events, key, seen or {})
        with self._lock:
            mine.leads = self._leaders < AT_ONCE
            if mine.leads:
                self._leaders += 1
            else:
                self._waiting.append(mine)
        if not mine.leads:
            mine.turn.acquire()
        if mine.leads:
            self._lead(mine)
        if mine.key is not None and isinstance(mine.outcome, KeyUsed):
            raise self._told(mine.key)  # asked by itself: the others of its group are done
        return mine.positions()

    def _lead(self, mine: Append) -> None:
        group = self._gather(mine)
        try:
            self._settle(group)
        finally:
            for each in group[1:]:
                each.turn.release()
            with self._lock:
                if self._waiting:  # the next one leads: nobody works for others for ever
                    following = self._waiting.popleft()
                    following.leads = True
                    following.turn.release()
                else:
                    self._leaders -= 1

    def _gather(self, mine: Append) -> list[Append]:
        group, keys, facts = [mine], {mine.key}, len(mine.events)
        with self._lock:
            while self._waiting and len(group) < APPENDS and facts < FACTS:
                if (key := self._waiting[0].key) is not None and key in keys:
                    break  # the same request twice: the second must see the first's answer
                keys.add(key)
                group.append(self._waiting.popleft())
                facts += len(group[-1].events)
        return group

    def _settle(self, group: list[Append]) -> None:
        try:
            with self.pool.reading() as cursor:  # one statement: a transaction by itself
                outcomes = insert(cursor, group)
            for each, outcome in zip(group, outcomes, strict=True):
                each.outcome = outcome
        except IntegrityError as error:
            if len(group) == 1:
                group[0].outcome = error
            else:  # one of them came too late: each by itself, so that it alone is told
                for each in group:
                    self._settle([each])
        except BaseException as error:  # noqa: BLE001 - each of them is told, by raising it there
            for each in group:
                each.outcome = error

    def _told(self, key: IdempotencyKey) -> PersistenceError:
        with self.pool.reading() as cursor:
            cursor.execute(
                "select 1 from log.idempotency where principal = %s and key = %s",
                (key.principal, key.key),
            )
            if cursor.fetchone() is not None:
                return KeyUsed("A request with this Idempotency-Key was answered before.")
        return KeyInFlight("A request with this Idempotency-Key is being answered.")


_APPEND = (
    "select base, outdated, refused from log.append("
    "%s, %s::uuid[], %s, %s, %s, %s, %s::uuid[], %s, %s, %s, %s, %s, %s)"
)


def insert(cursor: Cursor, group: Sequence[Append]) -> list[list[int] | PersistenceError]:
    """Insert a group with one statement; return each one's positions, or why it was left out.

    That is ``Outdated``, or ``KeyUsed`` (also while another answers). Raises the driver's
    ``IntegrityError`` where a version is taken; nothing is written then.
    """
    facts = [
        (part, str(event.originator_id), event.originator_version, event.topic, event.state)
        for part, each in enumerate(group)
        for event in each.events
    ]
    seen = [
        (part, str(stream_id), version)
        for part, each in enumerate(group)
        for stream_id, version in each.seen.items()
    ]
    firsts = [0, *accumulate(len(each.events) for each in group)]
    keys = [
        (part, each.key.principal, each.key.key, each.key.fingerprint, firsts[part + 1])
        for part, each in enumerate(group)
        if each.key is not None
    ]
    parts, streams, versions, names, states = _columns(facts, 5)
    texts = [state.decode() for state in states]
    cursor.execute(
        _APPEND,
        (parts, streams, versions, names, texts, *_columns(seen, 3), *_columns(keys, 5)),
    )
    ((base, outdated, refused),) = cursor.fetchall()
    return [
        Outdated("Something this was decided on has changed.")
        if part in outdated
        else KeyUsed("A request with this Idempotency-Key came before.")
        if part in refused
        else list(range(base + first, base + firsts[part + 1]))
        for part, first in enumerate(firsts[:-1])
    ]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]


def insert_one(cursor: Cursor, append: Append) -> list[int]:
    """Insert one append in the caller's transaction; return its positions.

    Raises ``KeyUsed`` where its key is taken, ``Outdated`` where what was seen has changed.
    """
    (outcome,) = insert(cursor, [append])
    if isinstance(outcome, PersistenceError):
        raise outcome
    return outcome


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy(cursor: Cursor, events: Sequence[StoredEvent]) -> list[int]:
    """Insert many facts by COPY, in the caller's transaction; return their positions."""
    cursor.execute("select log.position(0)")
    row = cursor.fetchone()
    base = int(row[0]) if row else 0
    lines = (
        copy_line(
            base + ordinal,
            event.originator_id,
            event.originator_version,
            event.topic,
            event.state.decode(),
        )
        for ordinal, event in enumerate(events)
    )
    cursor.copy_expert(
        "copy log.events (id, stream_id, version, name, state) from stdin",
        StringIO("".join(lines)),
    )
    return list(range(base, base + len(events)))


def copy_line(*cells: object) -> str:
    """Write a row as COPY's text format has it."""
    return "\t".join(str(cell).translate(_ESCAPES) for cell in cells) + "\n"
