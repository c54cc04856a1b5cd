"""Read models of documents: one JSON document for each customer, request, member …

A read model is a pure fold ``(document or None, fact, key) → document or None`` over everything
that concerns its key: the facts that have it among their subjects. ``None`` removes the document.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg2 import sql
from psycopg2.extras import execute_values

from application.store.pool import Cursor, Pool
from domain.kernel import Recorded
from projections.kernel import Facts, Write

Document = dict[str, Any]
Fold = Callable[[Document | None, Recorded[Any], UUID], Document | None]


@dataclass(frozen=True, kw_only=True)
class ReadModel:
    """One kind of document.

    ``subject`` is the kind of thing each document is about. ``fields`` are the document's fields
    that lists may filter and sort by; each gets an index.
    """

    name: str
    version: int
    subject: str
    fold: Fold
    fields: tuple[str, ...] = field(default=())

    def table(self, generation: int) -> sql.Identifier:
        """Return the table of a generation."""
        return sql.Identifier("views", f"{self.name}_{generation}")

    def tables(self, generation: int) -> dict[str, sql.Identifier]:
        """Return the tables of a generation, by what they hold."""
        return {"documents": self.table(generation)}

    def create(self, cursor: Cursor, generation: int) -> None:
        """Create the empty table of a generation and its indexes."""
        table = self.table(generation)
        cursor.execute(
            sql.SQL("create table {} (key uuid primary key, body jsonb not null)").format(table)
        )
        for name in self.fields:
            cursor.execute(sql.SQL("create index on {} (({}), key)").format(table, sort_key(name)))

    def drop(self, cursor: Cursor, generation: int) -> None:
        """Drop the table of a generation."""
        cursor.execute(sql.SQL("drop table if exists {}").format(self.table(generation)))

    def prepare(self, pool: Pool, generation: int, facts: Facts) -> Write:
        """Load the documents concerned, fold, and return the statement that writes them."""
        by_key: dict[UUID, list[Recorded[Any]]] = {}
        for fact in facts:
            for subject in fact.subjects:
                if subject.kind == self.subject:
                    by_key.setdefault(subject.id, []).append(fact)
        before = self.load(pool, generation, list(by_key))
        after = {key: self.run(before.get(key), key, about) for key, about in by_key.items()}
        kept = [(key, orjson.dumps(doc).decode()) for key, doc in after.items() if doc is not None]
        gone = [key for key, doc in after.items() if doc is None and key in before]

        def write(cursor: Cursor) -> None:
            table = self.table(generation)
            if kept:
                execute_values(
                    cursor,
                    sql.SQL(
                        "insert into {} (key, body) values %s"
                        " on conflict (key) do update set body = excluded.body"
                    ).format(table),
                    kept,
                )
            if gone:
                cursor.execute(sql.SQL("delete from {} where key = any(%s)").format(table), (gone,))

        return write

    def load(self, pool: Pool, generation: int, keys: Sequence[UUID]) -> dict[UUID, Document]:
        """Return the documents that exist among these keys."""
        with pool.reading() as cursor:
            cursor.execute(
                sql.SQL("select key, body::text from {} where key = any(%s)").format(
                    self.table(generation)
                ),
                (list(keys),),
            )
            return {key: orjson.loads(body) for key, body in cursor}

    def run(self, document: Document | None, key: UUID, facts: Facts) -> Document | None:
        """Fold facts into a document; its ``version`` follows the thing's own stream."""
        for fact in facts:
            document = self.fold(document, fact, key)
            if document is not None and fact.stream_id == key:
                document["version"] = fact.version
        return document


def sort_key(name: str) -> sql.Composable:
    """Return the SQL of what lists filter and sort by: a field as text, '' where it is null.

    In byte order, so that a list computed in memory has the same one.
    """
    return sql.SQL("coalesce(body->>{}, '') collate \"C\"").format(sql.Literal(name))


def utc(time: datetime) -> str:
    """Write a time as documents and answers do: RFC 3339 in UTC, to the microsecond, sortable."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
