"""The event store behind the eventsourcing library's interfaces, ordered without a table lock.

A position is ``(transaction id << 20) + ordinal``; readers see only positions below the oldest
transaction still running (``log.horizon()``), so that what they have read never changes and
nothing turns up behind them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)

from application.store.appending import Append, Appender, IdempotencyKey, KeyUsed, copy, insert_one
from application.store.pool import Cursor, Pool

POLL_SECONDS = 0.02
BULK = 200
"""From how many facts on an append goes through COPY, in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request with an idempotency key ended: where it left the stream."""

    fingerprint: str
    stream_id: UUID
    version: int
    changed: bool = True
    """Whether it added facts; the last one then stands at ``version``."""


@dataclass(frozen=True)
class LogRow(Notification):
    """A row of the log: the library's notification and when the database stamped it."""

    recorded_at: datetime


class LogRecorder(ApplicationRecorder):
    """Appends facts to the log and reads them, by stream or in the one order."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.appender = Appender(pool)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append facts in one transaction, shared with others that wait; return their positions.

        ``idempotency``: an ``IdempotencyKey``; its answer is written in the same transaction and
        names the last stored event. ``seen``: the versions of the streams that this was decided
        on. Raises the library's ``IntegrityError`` where a version is taken, ``Outdated`` where
        what was seen has changed, ``KeyUsed`` and ``KeyInFlight`` for the key.
        """
        if not stored_events:
            return []
        key: IdempotencyKey | None = kwargs.get("idempotency")
        seen: Mapping[UUID, int] | None = kwargs.get("seen")
        if len(stored_events) < BULK or key is not None or seen:
            return self.appender.append(stored_events, key, seen)
        with self.pool.transaction() as cursor:
            return copy(cursor, stored_events)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Read the facts of one stream by version."""
        order = "desc" if desc else "asc"
        with self.pool.reading() as cursor:
            cursor.execute(
                "select version, name, state from log.events where stream_id = %s"
                " and version > coalesce(%s, -1) and version <= coalesce(%s, 2147483647)"
                f" order by version {order} limit %s",
                (originator_id, gt, lte, limit),
            )
            return [
                StoredEvent(originator_id, version, name, state.encode())
                for version, name, state in cursor
            ]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[LogRow]:
        """Read a page of the log in its one order; only what can never change any more."""
        after = -1 if start is None else start - (1 if inclusive_of_start else 0)
        with self.pool.reading() as cursor:
            cursor.execute(
                "select id, stream_id, version, name, state, recorded_at from log.events"
                " where id > %s and id < log.horizon() and id <= coalesce(%s, id)"
                " and (%s or name = any(%s)) order by id limit %s",
                (after, stop, not topics, list(topics), limit),
            )
            return [
                LogRow(
                    originator_id=stream_id,
                    originator_version=version,
                    topic=name,
                    state=state.encode(),
                    id=position,
                    recorded_at=recorded_at,
                )
                for position, stream_id, version, name, state, recorded_at in cursor
            ]

    def max_notification_id(self) -> int | None:
        """Return the position of the last fact that can never change any more."""
        with self.pool.reading() as cursor:
            cursor.execute("select max(id) from log.events where id < log.horizon()")
            row = cursor.fetchone()
            return row[0] if row else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        """Follow the log from a position on, for as long as the caller iterates."""
        return LogSubscription(self, gt, topics)

    def remember(self, key: IdempotencyKey, stream_id: UUID, version: int) -> None:
        """Keep the answer of a request that changed nothing. Raises ``KeyUsed``."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "insert into log.idempotency"
                " (principal, key, fingerprint, stream_id, version, changed)"
                " values (%s, %s, %s, %s, %s, false) on conflict do nothing",
                (key.principal, key.key, key.fingerprint, stream_id, version),
            )
            if not cursor.rowcount:
                raise KeyUsed("A request with this Idempotency-Key was answered before.")

    def answered(self, key: IdempotencyKey) -> Answered | None:
        """Return how a request with this key was answered, if it was."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "select fingerprint, stream_id, version, changed from log.idempotency"
                " where principal = %s and key = %s",
                (key.principal, key.key),
            )
            row = cursor.fetchone()
            return Answered(*row) if row else None


class LogSubscription(Subscription[LogRecorder]):
    """Yields the rows of the log as they become final, polling (a NOTIFY would lock commits)."""

    def __init__(self, recorder: LogRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._page: list[LogRow] = []
        self._stopped = Event()

    def stop(self) -> None:
        """End the iteration."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> LogRow:
        while not self._has_been_stopped:
            if self._page:
                return self._page.pop(0)
            rows = self._recorder.select_notifications(
                self._last_notification_id, 500, topics=self._topics, inclusive_of_start=False
            )
            if rows:
                self._page = list(rows)
                self._last_notification_id = rows[-1].id
            else:
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration


class FollowerRecorder(TrackingRecorder):
    """Remembers how far each follower of the log has come; it only ever moves forward."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move a follower forward. Raises the library's ``IntegrityError`` where it would not."""
        with self.pool.transaction() as cursor:
            move(cursor, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the follower's position, or None before its first fact."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "select position from log.tracking where follower = %s", (application_name,)
            )
            row = cursor.fetchone()
            return row[0] if row else None


def move(cursor: Cursor, tracking: Tracking) -> None:
    """Move a follower forward in the caller's transaction.

    Raises the library's ``IntegrityError`` where another process has moved it as far already.
    """
    cursor.execute(
        "insert into log.tracking (follower, position) values (%s, %s)"
        " on conflict (follower) do update set position = excluded.position"
        " where tracking.position < excluded.position",
        (tracking.application_name, tracking.notification_id),
    )
    if not cursor.rowcount:
        raise IntegrityError(
            f"Follower {tracking.application_name!r} is at {tracking.notification_id} or beyond."
        )


class LogProcessRecorder(LogRecorder, FollowerRecorder, ProcessRecorder):
    """Appends facts and moves a follower in one transaction: a policy acts once for each fact."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append facts; ``tracking`` moves the follower that caused them."""
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is None:
            return super().insert_events(stored_events, **kwargs)
        with self.pool.transaction() as cursor:
            move(cursor, tracking)
            if not stored_events:
                return []
            return insert_one(cursor, Append(stored_events, kwargs.get("idempotency")))
