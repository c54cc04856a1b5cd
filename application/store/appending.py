"""Appending in groups: appends that wait at the same time share one transaction.

Whoever comes while nobody commits leads: it takes all that wait, in the order they came, and
commits them with one statement, which is a transaction by itself. Meanwhile others gather; one of
them leads next. So a single writer never waits for company, and many share the cost of the disk.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from typing import Any

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


class KeyInFlight(PersistenceError):
    """Another request with the same idempotency key is being answered right now."""


class KeyUsed(PersistenceError):
    """A request with the same idempotency key has been answered before."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's promise that repeating a request means the same request.

    ``fingerprint`` is a hash of the request; the same key with another one is a mistake.
    """

    principal: str
    key: str
    fingerprint: str = field(compare=False)


@dataclass(slots=True)
class Append:
    """Facts that go into the log together or not at all, and how that ended."""

    events: Sequence[StoredEvent]
    key: IdempotencyKey | None = None
    woken: threading.Event = field(default_factory=threading.Event)
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
        self._lock = threading.Lock()
        self._waiting: deque[Append] = deque()
        self._led = False

    def append(self, events: Sequence[StoredEvent], key: IdempotencyKey | None = None) -> list[int]:
        """Append facts and return their positions once they are committed.

        Raises the library's ``IntegrityError`` where a version is taken, ``KeyUsed`` and
        ``KeyInFlight`` for the key, ``OperationalError`` where the database went away.
        """
        if len(events) >= IN_ONE_TRANSACTION:
            raise ProgrammingError(f"A transaction has room for {IN_ONE_TRANSACTION - 1} facts.")
        mine = Append(events, key)
        with self._lock:
            self._waiting.append(mine)
            mine.leads, self._led = not self._led, True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead(mine)
        return mine.positions()

    def _lead(self, mine: Append) -> None:
        try:
            while mine.outcome is None:
                self._commit(self._gather())
        finally:
            with self._lock:
                self._led = bool(self._waiting)
                if self._led:  # the next one leads: nobody works for others for ever
                    self._waiting[0].leads = True
                    self._waiting[0].woken.set()

    def _gather(self) -> list[Append]:
        group: list[Append] = []
        keys: set[IdempotencyKey | None] = set()
        facts = 0
        with self._lock:
            while self._waiting and len(group) < APPENDS and facts < FACTS:
                if (key := self._waiting[0].key) is not None and key in keys:
                    break  # the same request twice: the second must see the first's answer
                keys.add(key)
                group.append(self._waiting.popleft())
                facts += len(group[-1].events)
        return group

    def _commit(self, group: list[Append]) -> None:
        try:
            self._try(group)
        except IntegrityError as error:
            if len(group) == 1:
                group[0].outcome = error
            else:  # one of them came too late: each by itself, so that it alone is told
                for each in group:
                    self._commit([each])
        except BaseException as error:  # noqa: BLE001 - each of them is told, by raising it there
            for each in group:
                each.outcome = error
        finally:
            for each in group:
                if not each.leads:
                    each.woken.set()

    def _try(self, group: list[Append]) -> None:
        with self.pool.reading() as cursor:  # one statement: a transaction by itself
            positions = insert(cursor, group)
        for each, found in zip(group, positions, strict=True):
            each.outcome = found or self._refused(each)

    def _refused(self, append: Append) -> Exception:
        assert append.key is not None  # noqa: S101 - without a key nothing is left out
        with self.pool.reading() as cursor:
            cursor.execute(
                "select 1 from log.idempotency where principal = %s and key = %s",
                (append.key.principal, append.key.key),
            )
            used = cursor.fetchone() is not None
        if used:
            return KeyUsed("A request with this Idempotency-Key was answered before.")
        return KeyInFlight("A request with this Idempotency-Key is being answered.")


_INSERT = """
insert into log.events (id, stream_id, version, name, state)
select base.position + fact.ordinal, fact.stream_id, fact.version, fact.name, fact.state
from (select log.position(0) as position) base,
    (values {facts}) fact (ordinal, stream_id, version, name, state)
returning id
"""

# The advisory lock lasts as long as the transaction: who does not get it came second while the
# first is still being answered. Facts go in only with their key.
_INSERT_WITH_KEYS = """
with wanted (first, last, principal, key, fingerprint, stream_id, version) as (values {keys}),
taken as (
    insert into log.idempotency (principal, key, fingerprint, stream_id, version, changed)
    select principal, key, fingerprint, stream_id::uuid, version, true from wanted
    where pg_try_advisory_xact_lock(hashtextextended(principal || E'\\x1f' || key, 7))
    on conflict do nothing returning principal, key
),
refused as (
    select first, last from wanted
    where not exists (
        select from taken where taken.principal = wanted.principal and taken.key = wanted.key)
)
insert into log.events (id, stream_id, version, name, state)
select base.position + fact.ordinal, fact.stream_id, fact.version, fact.name, fact.state
from (select log.position(0) as position) base,
    (values {facts}) fact (ordinal, stream_id, version, name, state)
where not exists (select from refused where fact.ordinal between first and last)
returning id
"""


def insert(cursor: Cursor, group: Sequence[Append]) -> list[list[int]]:
    """Insert a group with one statement; return each one's positions, none where its key is taken.

    Raises the driver's ``IntegrityError`` where a version is taken; nothing is written then.
    """
    ordinals = count()
    numbered = [[(next(ordinals), event) for event in each.events] for each in group]
    facts = [
        (ordinal, event.originator_id, event.originator_version, event.topic, event.state.decode())
        for each in numbered
        for ordinal, event in each
    ]
    keys = [
        _key_row(numbered[place], each.key)
        for place, each in enumerate(group)
        if each.key is not None
    ]
    statement = _INSERT_WITH_KEYS if keys else _INSERT
    cursor.execute(
        statement.format(
            facts=_rows(cursor, "(%s, %s::uuid, %s, %s, %s)", facts),
            keys=_rows(cursor, "(%s, %s, %s, %s, %s, %s, %s)", keys),
        )
    )
    inserted = {position for (position,) in cursor.fetchall()}
    base = max(inserted, default=0) & -IN_ONE_TRANSACTION
    return [
        [base + ordinal for ordinal, _ in each if base + ordinal in inserted] for each in numbered
    ]


def insert_one(cursor: Cursor, append: Append) -> list[int]:
    """Insert one append in the caller's transaction; return its positions.

    Raises ``KeyUsed`` where its key is taken.
    """
    (positions,) = insert(cursor, [append])
    if append.events and not positions:
        raise KeyUsed("A request with this Idempotency-Key was answered before.")
    return positions


def _key_row(numbered: list[tuple[int, StoredEvent]], key: IdempotencyKey) -> tuple[Any, ...]:
    (first, _), (final, last) = numbered[0], numbered[-1]
    return (
        first,
        final,
        key.principal,
        key.key,
        key.fingerprint,
        str(last.originator_id),
        last.originator_version,
    )


def _rows(cursor: Cursor, template: str, rows: Sequence[tuple[Any, ...]]) -> str:
    return ", ".join(cursor.mogrify(template, row).decode() for row in rows)


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
