"""Reading the read side: documents, lists of them, and how current they are."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg2 import sql

from application.store.pool import Pool
from domain.access.conditions import EVERYTHING, NOTHING, Condition
from projections.covering import where
from projections.documents import Document, ReadModel, sort_key

GENERATION_SECONDS = 1.0
WAIT_STEP_SECONDS = 0.005


class Behind(Exception):
    """The read side has not come as far as the question needs; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page starts: the sort field's text and the key of the last item before it."""

    value: str
    key: str


@dataclass(frozen=True, slots=True)
class Within:
    """A text from one on (included) up to another (not included); None leaves an end open.

    In byte order, as lists are sorted: a field that is null comes before every text.
    """

    least: str | None = None
    below: str | None = None


Wanted = str | tuple[str, ...] | Within
"""What a field is to be: this text, one of several, or one between two."""


def meets(text: str, wanted: Wanted) -> bool:
    """Tell whether a field's text is what is wanted."""
    match wanted:
        case tuple():
            return text in wanted
        case Within(least=least, below=below):
            known = text.encode()
            above = least is None or known >= least.encode()
            return above and (below is None or known < below.encode())
        case _:
            return text == wanted


def _wanted(name: str, wanted: Wanted) -> tuple[sql.Composable, list[Any]]:
    """Return the SQL of what ``meets`` tells, and its values."""
    value = sort_key(name)
    match wanted:
        case tuple():
            return sql.SQL("{} = any(%s)").format(value), [list(wanted)]
        case Within(least=least, below=below):
            ends = [("{} >= %s", least), ("{} < %s", below)]
            given = [(sql.SQL(said).format(value), end) for said, end in ends if end is not None]
            said = sql.SQL(" and ").join([sql.SQL("true"), *(said for said, _ in given)])
            return said, [end for _, end in given]
        case _:
            return sql.SQL("{} = %s").format(value), [wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which documents, in which order. ``filters``: field → text; '' means the field is null.

    Several texts: any of them.
    ``condition`` is what who asks may see: nothing, where it was forgotten.
    """

    sort: str
    condition: Condition = NOTHING
    descending: bool = False
    filters: Mapping[str, Wanted] = field(default_factory=dict)
    limit: int = 50
    after: After | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Documents as JSON text, where the next page starts (None: this was the last), their ids."""

    items: list[str]
    next: After | None
    keys: tuple[str, ...] = ()


class Reader:
    """Answers from the live generations of the read models."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._generations: dict[str, int] = {}
        self._looked_at = 0.0

    def generation(self, name: str) -> int:
        """Return the live generation of a projection, known for a second.

        A swap keeps the retired tables for a while, so a second late is not too late.
        Raises ``Behind`` where the projection has not been built at all.
        """
        if time.monotonic() - self._looked_at > GENERATION_SECONDS or name not in self._generations:
            with self.pool.reading() as cursor:
                cursor.execute(
                    "select name, generation from views.projections where status = 'live'"
                )
                self._generations = dict(cursor.fetchall())
                self._looked_at = time.monotonic()
        if name not in self._generations:
            raise Behind(f"The read model {name!r} has not been built yet.")
        return self._generations[name]

    def position(self, name: str) -> int:
        """Return the position a projection has come to."""
        follower = f"{name}/{self.generation(name)}"
        with self.pool.reading() as cursor:
            cursor.execute("select position from log.tracking where follower = %s", (follower,))
            row = cursor.fetchone()
            return int(row[0]) if row else 0

    def wait(self, name: str, position: int, seconds: float) -> int:
        """Wait until a projection shows a position, at most so long; return where it stands."""
        deadline = time.monotonic() + seconds
        while (reached := self.position(name)) < position and time.monotonic() < deadline:
            time.sleep(WAIT_STEP_SECONDS)
        return reached

    def document(self, model: ReadModel, key: UUID, condition: Condition) -> str | None:
        """Return a document as JSON text, or None where there is none that the condition covers.

        One question either way: what one may not know of takes as long as what is not there.
        """
        covered, values = where(model, condition, self._table)
        statement = sql.SQL("select body::text from {} where key = %s and {}").format(
            self._table(model), covered
        )
        with self.pool.reading() as cursor:
            cursor.execute(statement, [key, *values])
            row = cursor.fetchone()
            return row[0] if row else None

    def covered(self, model: ReadModel, keys: Iterable[UUID], condition: Condition) -> set[UUID]:
        """Return those of these documents that a condition covers."""
        covered, values = where(model, condition, self._table)
        statement = sql.SQL("select key from {} where key = any(%s) and {}").format(
            self._table(model), covered
        )
        with self.pool.reading() as cursor:
            cursor.execute(statement, [list(keys), *values])
            return {key for (key,) in cursor}

    def keys(self, model: ReadModel, field_: str, value: str) -> frozenset[UUID]:
        """Return the ids of all documents with this value in a field."""
        statement = sql.SQL("select key from {} where {} = %s").format(
            self._table(model), sort_key(field_)
        )
        with self.pool.reading() as cursor:
            cursor.execute(statement, (value,))
            return frozenset(key for (key,) in cursor)

    def documents_of(self, model: ReadModel, keys: Iterable[UUID]) -> dict[UUID, Document]:
        """Return those of these documents that there are. Not for people: whoever may see them."""
        return model.load(self.pool, self.generation(model.name), list(keys))

    def due(
        self, model: ReadModel, field_: str, upto: str, limit: int, after: After | None = None
    ) -> list[str]:
        """Return the documents with a time in a field that is not after this, the earliest first.

        ``after``: only those beyond this one. Not for people: whoever may see them.
        """
        beyond = sql.SQL(" and ({value}, key) > (%s, %s::uuid)" if after else "")
        statement = sql.SQL(
            "select body::text from {table} where {value} > '' and {value} <= %s{beyond}"
            " order by {value}, key limit %s"
        ).format(
            table=self._table(model),
            value=sort_key(field_),
            beyond=beyond.format(value=sort_key(field_)),
        )
        with self.pool.reading() as cursor:
            cursor.execute(statement, (upto, *((after.value, after.key) if after else ()), limit))
            return [text for (text,) in cursor]

    def documents(self, model: ReadModel, query: ListQuery) -> Page:
        """Return a page of documents."""
        direction, beyond = ("desc", "<") if query.descending else ("asc", ">")
        value = sort_key(query.sort)
        conditions, values = self._asked(model, query)
        if query.after is not None:
            conditions.append(sql.SQL("({}, key) {} (%s, %s::uuid)").format(value, sql.SQL(beyond)))
            values += [query.after.value, query.after.key]
        statement = sql.SQL(
            "select {value}, key, body::text from {table} where {conditions}"
            " order by {value} {direction}, key {direction} limit %s"
        ).format(
            value=value,
            table=self._table(model),
            conditions=sql.SQL(" and ").join(conditions),
            direction=sql.SQL(direction),
        )
        with self.pool.reading() as cursor:
            cursor.execute(statement, [*values, query.limit + 1])
            return paged([(row[0], str(row[1]), row[2]) for row in cursor], query.limit)

    def exceeds(self, model: ReadModel, query: ListQuery, number: int) -> bool:
        """Tell whether more documents than this number are asked for."""
        conditions, values = self._asked(model, query)
        statement = sql.SQL(
            "select count(*) > %s from (select from {table} where {conditions} limit %s) found"
        ).format(table=self._table(model), conditions=sql.SQL(" and ").join(conditions))
        with self.pool.reading() as cursor:
            cursor.execute(statement, [number, *values, number + 1])
            row = cursor.fetchone()
            return row is not None and bool(row[0])

    def _asked(self, model: ReadModel, query: ListQuery) -> tuple[list[sql.Composable], list[Any]]:
        covered, values = where(model, query.condition, self._table)
        conditions: list[sql.Composable] = [covered]
        for name, wanted in query.filters.items():
            condition, given = _wanted(name, wanted)
            conditions.append(condition)
            values += given
        return conditions, values

    def count(
        self,
        model: ReadModel,
        field_: str,
        filters: Mapping[str, Wanted],
        condition: Condition = EVERYTHING,
    ) -> dict[str, int]:
        """Return how many documents there are for each value of a field."""
        return self._of_each(sql.SQL("count(*)"), model, field_, filters, condition)

    def least(
        self,
        model: ReadModel,
        field_: str,
        by: str,
        filters: Mapping[str, Wanted],
        condition: Condition = EVERYTHING,
    ) -> dict[str, str]:
        """Return the least text that a field has, for each value of another one (``by``)."""
        least = sql.SQL("min({})").format(sort_key(field_))
        return self._of_each(least, model, by, filters, condition)

    def _of_each(
        self,
        what: sql.Composable,
        model: ReadModel,
        by: str,
        filters: Mapping[str, Wanted],
        condition: Condition,
    ) -> dict[str, Any]:
        found = [where(model, condition, self._table)]
        found += [_wanted(name, wanted) for name, wanted in filters.items()]
        statement = sql.SQL("select {by}, {what} from {table} where {all} group by 1").format(
            by=sort_key(by),
            what=what,
            table=self._table(model),
            all=sql.SQL(" and ").join([said for said, _ in found]),
        )
        with self.pool.reading() as cursor:
            cursor.execute(statement, [value for _, values in found for value in values])
            return dict(cursor.fetchall())

    def _table(self, model: ReadModel) -> sql.Identifier:
        return model.table(self.generation(model.name))


def paged(rows: list[tuple[str, str, str]], limit: int) -> Page:
    """Cut rows of (sort value, key, document), read one too many, into a page."""
    more = len(rows) > limit
    shown = rows[:limit]
    last = After(shown[-1][0], shown[-1][1]) if more else None
    return Page([document for _, _, document in shown], last, tuple(key for _, key, _ in shown))
