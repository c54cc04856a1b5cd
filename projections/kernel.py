"""The read side's engine: folds the log into documents, live, and tells what went wrong.

A projection prepares (reads documents and folds, outside any write transaction) and then writes
its documents together with its position in one short transaction. Each stands at a position of
its own; one that fails stops alone, says at which fact, and goes on after ``retry``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from eventsourcing.persistence import DataError, IntegrityError, PersistenceError
from psycopg2 import sql

from application.store.log import Log, Unreadable
from application.store.pool import Cursor, Pool
from domain.kernel import Recorded

Facts = Sequence[Recorded[Any]]
Write = Callable[[Cursor], None]
Progress = Callable[[int, int], None]

_SCHEMA = """
create table if not exists views.projections (
    name text not null,
    generation integer not null,
    version integer not null,
    status text not null check (status in ('live', 'building', 'retired')),
    failed_at bigint,
    error text,
    since timestamptz not null default clock_timestamp(),
    primary key (name, generation)
);
create unique index if not exists one_live on views.projections (name) where status = 'live';
"""


def _quiet(_done: int, _all: int) -> None:
    pass


class Projection(Protocol):
    """Something computed from the log that readers look at."""

    @property
    def name(self) -> str:
        """Its permanent name."""

    @property
    def version(self) -> int:
        """Raised whenever its fold changes: it is then rebuilt beside the live one."""

    def tables(self, generation: int) -> Mapping[str, sql.Identifier]:
        """Return the tables of a generation, by what they hold."""

    def create(self, cursor: Cursor, generation: int) -> None:
        """Create its empty tables for a generation."""

    def drop(self, cursor: Cursor, generation: int) -> None:
        """Drop the tables of a generation."""

    def prepare(self, pool: Pool, generation: int, facts: Facts) -> Write:
        """Read and fold; return what is to be written."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one generation of a projection stands."""

    name: str
    generation: int
    version: int
    status: str
    position: int
    failed_at: int | None
    error: str | None

    @property
    def follower(self) -> str:
        """The name under which its position is kept."""
        return f"{self.name}/{self.generation}"


class Projections:
    """All projections of a database: where they stand, and moving them on."""

    keep_retired = timedelta(seconds=10)
    """How long a retired generation stays at least, for readers who looked before the swap."""

    def __init__(self, pool: Pool, catalogue: Sequence[Projection]) -> None:
        self.pool = pool
        self.log = Log(pool)
        self.catalogue = {projection.name: projection for projection in catalogue}

    def ensure(self) -> None:
        """Create what is missing: the table of standings and each projection's first generation."""
        with self.pool.transaction() as cursor:
            # Several processes may start at once.
            cursor.execute("select pg_advisory_xact_lock(hashtext('concord projections'))")
            cursor.execute(_SCHEMA)
            cursor.execute("select distinct name from views.projections")
            known = {name for (name,) in cursor.fetchall()}
            for projection in self.catalogue.values():
                if projection.name not in known:
                    projection.create(cursor, 1)
                    _enter(cursor, projection, 1, "live")

    def standings(self) -> list[Standing]:
        """Return where every generation stands, the live ones first."""
        with self.pool.reading() as cursor:
            cursor.execute(
                "select name, generation, version, status, position, failed_at, error"
                " from views.projections join log.tracking"
                " on follower = name || '/' || generation order by status <> 'live', name"
            )
            return [Standing(*row) for row in cursor]

    def live(self, names: Collection[str] | None = None) -> list[Standing]:
        """Return where the live generations of the catalogue's projections (or these) stand."""
        wanted = self.catalogue if names is None else names
        return [
            standing
            for standing in self.standings()
            if standing.status == "live" and standing.name in wanted
        ]

    def step(self, names: Collection[str] | None = None) -> int:
        """Move the healthy live projections (all, or these) on by a page; return its length."""
        moving = [
            standing
            for standing in self.live(names)
            if standing.error is None and standing.version == self.catalogue[standing.name].version
        ]
        if not moving:
            return 0
        try:
            page = self.log.page(min(standing.position for standing in moving))
        except Unreadable as error:
            for standing in moving:
                if standing.position < error.position:
                    self._fail(standing, error.position, str(error))
            return 0
        reached = page[-1].position if page else 0
        if behind := [standing for standing in moving if standing.position < reached]:
            self._advance_all(behind, page)
        return len(page)

    def catch_up(self) -> None:
        """Move on until there is nothing left to read."""
        while self.step():
            pass

    def _advance_all(self, standings: Sequence[Standing], page: Facts) -> None:
        """Fold a page into all of them in one transaction; where one chokes, each by itself."""
        try:
            self._apply(standings, page)
        except Exception as error:
            if _is_the_database(error):
                raise
            for standing in standings:
                with suppress(_Moved):  # look again next time
                    facts = [fact for fact in page if fact.position > standing.position]
                    self.advance(standing, facts)

    def advance(self, standing: Standing, facts: Facts) -> Standing:
        """Fold facts into one generation and return where it stands then.

        A fact it chokes on stops it there, with everything before it applied.
        """
        if not facts or standing.error is not None:
            return standing
        try:
            self._apply([standing], facts)
        except Exception as error:
            if _is_the_database(error) or isinstance(error, _Moved):
                raise
            if len(facts) == 1:
                sentence = (
                    f"{facts[0].name} at {facts[0].position}: {type(error).__name__}: {error}"
                )
                return self._fail(standing, facts[0].position, sentence)
            half = len(facts) // 2  # find it by halving
            return self.advance(self.advance(standing, facts[:half]), facts[half:])
        return replace(standing, position=facts[-1].position)

    def _apply(self, standings: Sequence[Standing], page: Facts) -> None:
        """Prepare, then write the documents and positions of all in one transaction."""
        writes = [
            self.catalogue[each.name].prepare(
                self.pool,
                each.generation,
                [fact for fact in page if fact.position > each.position],
            )
            for each in standings
        ]
        with self.pool.transaction() as cursor:
            # A crash that takes documents back takes their positions back: no wait for the disk.
            cursor.execute("set local synchronous_commit = off")
            _move(cursor, {each.follower: each.position for each in standings}, page[-1].position)
            for write in writes:
                write(cursor)

    def _fail(self, standing: Standing, position: int, sentence: str) -> Standing:
        with self.pool.transaction() as cursor:
            cursor.execute(
                "update views.projections set failed_at = %s, error = %s"
                " where name = %s and generation = %s",
                (position, sentence, standing.name, standing.generation),
            )
        return replace(standing, failed_at=position, error=sentence)

    def retry(self, name: str | None = None) -> list[str]:
        """Let stopped projections go on (all, or one); return their names."""
        with self.pool.transaction() as cursor:
            cursor.execute(
                "update views.projections set failed_at = null, error = null"
                " where error is not null and name = coalesce(%s, name) returning name",
                (name,),
            )
            return sorted({row[0] for row in cursor.fetchall()})

    # --- Rebuilding aside ---

    def outdated(self, names: Collection[str] | None = None) -> list[str]:
        """Return those whose fold has changed since their live generation was built."""
        return [
            standing.name
            for standing in self.live(names)
            if standing.version != self.catalogue[standing.name].version
        ]

    def rebuild(self, name: str, progress: Progress = _quiet) -> Standing:
        """Build a projection anew beside the live one, then swap; readers never see half of it.

        ``progress`` is told the position reached and the one to reach. Raises ``LookupError`` for
        an unknown name and ``RuntimeError`` where the new generation fails.
        """
        building = self._begin(name)
        while True:
            building, page = self._build(building, None, progress)
            if not page and self._swap(building):
                return replace(building, status="live")

    def verify(self, name: str, progress: Progress = _quiet) -> list[str]:
        """Build a projection anew and compare it with the live one, byte for byte.

        Returns some of the rows that only one of them has; none where they are equal. Raises as
        ``rebuild`` does.
        """
        building = self._begin(name)
        try:
            live = next(each for each in self.live() if each.name == name)
            building = self._reach(building, live.position, progress)
            with self.pool.transaction() as cursor:
                cursor.execute(
                    "select position from log.tracking where follower = %s for update",
                    (live.follower,),
                )  # the live one stands still while they are compared
                row = cursor.fetchone()
                building = self._reach(building, row[0] if row else 0, progress)
                return self._differences(cursor, live, building)
        finally:
            with self.pool.transaction() as cursor:
                self.catalogue[name].drop(cursor, building.generation)
                _forget(cursor, name, building.generation)

    def _reach(self, building: Standing, upto: int, progress: Progress) -> Standing:
        while building.position < upto:
            building, page = self._build(building, upto, progress)
            if not page:
                break
        return building

    def _build(
        self, building: Standing, upto: int | None, progress: Progress
    ) -> tuple[Standing, Facts]:
        """Take the new generation on by a page; return where it stands and the page."""
        progress(building.position, upto or self.log.head())
        page = self.log.page(building.position, upto=upto)
        building = self.advance(building, page)
        if building.error is not None:
            raise RuntimeError(f"The new {building.name} stopped: {building.error}")
        return building, page

    def _differences(self, cursor: Cursor, live: Standing, built: Standing) -> list[str]:
        projection = self.catalogue[live.name]
        tables = projection.tables(built.generation)
        found: list[str] = []
        for what, table in projection.tables(live.generation).items():
            for side, one, other in (
                ("live only", table, tables[what]),
                ("new only", tables[what], table),
            ):
                cursor.execute(
                    sql.SQL(
                        "select one::text from {} one except all select other::text from {} other"
                        " limit 5"
                    ).format(one, other)
                )
                found += [f"{what}, {side}: {row}" for (row,) in cursor.fetchall()]
        return found

    def _names(self) -> str:
        return ", ".join(sorted(self.catalogue))

    def _begin(self, name: str) -> Standing:
        if name not in self.catalogue:
            raise LookupError(f"There is no projection {name!r}; there are {self._names()}.")
        projection = self.catalogue[name]
        with self.pool.transaction() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('concord projections'))")
            cursor.execute(
                "select generation, status <> 'live' and since < clock_timestamp() - %s"
                " from views.projections where name = %s",
                (self.keep_retired, name),
            )
            known = dict(cursor.fetchall())
            for generation, old in known.items():
                if old:  # retired, or left by a rebuild that was broken off
                    projection.drop(cursor, generation)
                    _forget(cursor, name, generation)
            generation = max(known, default=0) + 1
            projection.create(cursor, generation)
            _enter(cursor, projection, generation, "building")
        return Standing(name, generation, projection.version, "building", 0, None, None)

    def _swap(self, building: Standing) -> bool:
        """Make the new generation the live one, unless the old one has come further meanwhile."""
        with self.pool.transaction() as cursor:
            cursor.execute(
                "select position from log.tracking where follower = ("
                " select name || '/' || generation from views.projections"
                " where name = %s and status = 'live') for update",
                (building.name,),
            )
            row = cursor.fetchone()
            if row is not None and row[0] > building.position:
                return False
            cursor.execute(
                "update views.projections set status = 'retired', since = clock_timestamp()"
                " where name = %s and status = 'live'",
                (building.name,),
            )
            cursor.execute(
                "update views.projections set status = 'live' where name = %s and generation = %s",
                (building.name, building.generation),
            )
            return True


class _Moved(Exception):
    """Another process has moved the position since the documents were read."""


def _is_the_database(error: Exception) -> bool:
    """Tell a failure of the database from one of a fact; what it cannot hold is the fact's."""
    refused = isinstance(error, (DataError, IntegrityError))
    return isinstance(error, PersistenceError) and not refused


def _move(cursor: Cursor, positions: Mapping[str, int], reached: int) -> None:
    """Move followers on, only from the positions at which their documents were read."""
    followers = list(positions)
    cursor.execute(
        "select follower, position from log.tracking where follower = any(%s)"
        " order by follower for update",  # in one order: two processes never wait crosswise
        (followers,),
    )
    if dict(cursor.fetchall()) != positions:
        raise _Moved
    cursor.execute(
        "update log.tracking set position = %s where follower = any(%s)", (reached, followers)
    )


def _enter(cursor: Cursor, projection: Projection, generation: int, status: str) -> None:
    cursor.execute(
        "insert into views.projections (name, generation, version, status) values (%s, %s, %s, %s)",
        (projection.name, generation, projection.version, status),
    )
    cursor.execute(
        "insert into log.tracking (follower, position) values (%s, 0)"
        " on conflict (follower) do update set position = 0",  # left by a restored dump
        (f"{projection.name}/{generation}",),
    )


def _forget(cursor: Cursor, name: str, generation: int) -> None:
    cursor.execute(
        "delete from views.projections where name = %s and generation = %s", (name, generation)
    )
    cursor.execute("delete from log.tracking where follower = %s", (f"{name}/{generation}",))
