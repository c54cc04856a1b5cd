"""The log as its readers see it: whole facts, by stream, by position, or page after page."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from application.store.codec import UnknownEvent, recorded
from application.store.pool import Cursor, Pool
from domain.kernel import Recorded

_COLUMNS = "id, stream_id, version, name, state, recorded_at"
_LAST = 2**62
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of the log a question may see, on two axes.

    ``position``: what was known, everything up to this position. ``as_of``: what was true, only
    what had occurred by this time. None leaves an axis open.
    """

    position: int | None = None
    as_of: datetime | None = None

    def shows(self, fact: Recorded[Any]) -> bool:
        """Tell whether the question may see this fact."""
        known = self.position is None or fact.position <= self.position
        return known and (self.as_of is None or fact.occurred_at <= self.as_of)


NOW = Window()


class Unreadable(UnknownEvent):
    """A fact that this version cannot read, such as a later version's after a downgrade."""

    def __init__(self, position: int, name: str, error: Exception) -> None:
        super().__init__(f"{name} at {position}: {type(error).__name__}: {error}")
        self.position = position


class Log:
    """Reads facts. Pages and positions show only what can never change any more."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def head(self) -> int:
        """Return the position of the last fact, 0 in an empty log."""
        with self.pool.reading() as cursor:
            cursor.execute("select coalesce(max(id), 0) from log.events where id < log.horizon()")
            return int(_only(cursor))

    def last(self) -> int:
        """Return the position of the last fact written, also where earlier ones are under way."""
        with self.pool.reading() as cursor:
            cursor.execute("select coalesce(max(id), 0) from log.events")
            return int(_only(cursor))

    def page(
        self,
        after: int,
        *,
        upto: int | None = None,
        names: Sequence[str] | None = None,
        limit: int = PAGE,
    ) -> list[Recorded[Any]]:
        """Return the next facts after a position, in order; of some event names only, if given.

        Raises ``Unreadable`` where the very next one cannot be read.
        """
        with self.pool.reading() as cursor:
            cursor.execute(
                f"select {_COLUMNS} from log.events"
                " where id > %s and id <= %s and id < log.horizon()"
                " and (%s or name = any(%s)) order by id limit %s",
                (after, _LAST if upto is None else upto, names is None, list(names or ()), limit),
            )
            facts: list[Recorded[Any]] = []
            with uncollected():
                for row in cursor:
                    try:
                        facts.append(recorded(*row))
                    except Exception as error:
                        if facts:
                            break  # those before it first
                        raise Unreadable(row[0], row[3], error) from error
            return facts

    def pages(
        self, *, after: int = 0, upto: int | None = None, names: Sequence[str] | None = None
    ) -> Iterator[list[Recorded[Any]]]:
        """Return page after page until the end, or ``upto``; memory stays flat."""
        while page := self.page(after, upto=upto, names=names):
            yield page
            after = page[-1].position

    def stream(
        self,
        stream_id: UUID,
        *,
        after_version: int = 0,
        upto_version: int | None = None,
        limit: int | None = None,
    ) -> list[Recorded[Any]]:
        """Return what happened to one thing, in order."""
        with self.pool.reading() as cursor:
            cursor.execute(
                f"select {_COLUMNS} from log.events where stream_id = %s"
                " and version > %s and version <= coalesce(%s, version) order by version limit %s",
                (stream_id, after_version, upto_version, limit),
            )
            return [recorded(*row) for row in cursor]

    def at(self, positions: Sequence[int]) -> list[Recorded[Any]]:
        """Return the facts at these positions, in the log's order."""
        with self.pool.reading() as cursor:
            cursor.execute(
                f"select {_COLUMNS} from log.events where id = any(%s) order by id",
                (list(positions),),
            )
            return [recorded(*row) for row in cursor]

    def known_at(self, position: int) -> datetime | None:
        """Return when the last fact up to a position was recorded; None where there is none."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "select recorded_at from log.events where id <= %s order by id desc limit 1",
                (position,),
            )
            row = cursor.fetchone()
            return None if row is None else row[0]

    def tally(self, name: str, path: Sequence[str], upto: int) -> dict[str, int]:
        """Count facts of one name, up to a position, by the text at a path of what they say."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "select state::jsonb #>> %s, count(*) from log.events"
                " where name = %s and id <= %s and id < log.horizon() group by 1",
                (list(path), name, upto),
            )
            return dict(cursor.fetchall())

    def position_at(self, time: datetime) -> int:
        """Return the position up to which the log was known at a time.

        The log is cut where it shows facts recorded after ``time``, found by halving: a prefix, the
        same one for ever, also where transactions overlapped. (Where the database's clock was set
        back, times are not in order and the cut lies at one of the places where they cross.)
        """
        low, high = 0, _LAST
        with self.pool.reading() as cursor:
            while low < high:
                middle = (low + high) // 2
                cursor.execute(
                    "select id, recorded_at from log.events where id > %s and id < log.horizon()"
                    " order by id limit 1",
                    (middle,),
                )
                following = cursor.fetchone()
                if following is None or following[1] > time:
                    high = middle
                else:
                    low = following[0]
            return low

    def is_final(self, position: int) -> bool:
        """Tell whether the log up to a position can never change any more.

        A position that no transaction has come to yet stands for everything there is.
        """
        with self.pool.reading() as cursor:
            cursor.execute(
                "select %s < log.horizon() or %s >= ((select xid_base from log.clock)"
                " + pg_snapshot_xmax(pg_current_snapshot())::text::bigint) << 20",
                (position, position),
            )
            return bool(_only(cursor))

    def waiting_transactions(self) -> float:
        """Return how many seconds the oldest open transaction has held readers back."""
        with self.pool.reading() as cursor:
            cursor.execute("select log.held_back_seconds()")
            return float(_only(cursor))


@contextmanager
def uncollected() -> Iterator[None]:
    """Make many facts at once without the garbage collector looking through them time and again.

    It would find nothing (no fact refers back to what holds it) and take a quarter of the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _only(cursor: Cursor) -> Any:
    row = cursor.fetchone()
    if row is None:
        raise LookupError("The statement returned no row.")
    return row[0]
