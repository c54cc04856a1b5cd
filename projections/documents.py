"""Read models of documents: one JSON document for each customer, request, member …

A read model is a pure fold ``(document or None, fact, key) → changes or None`` over what concerns
its key: the thing's own facts, and those about it that the fold takes notice of. It returns what
changes in the document, a whole one where there was none; ``None`` removes it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

import msgspec
import orjson
from psycopg2 import sql

from application.store.pool import Cursor, Pool
from domain.confidential import FieldClass
from domain.kernel import EVENTS, Recorded, references
from domain.money import Money
from projections.kernel import Facts, Write

Document = dict[str, Any]
Fold = Callable[[Document | None, Recorded[Any], UUID], Document | None]
KeyIn = Callable[[Recorded[Any]], UUID | None]


@dataclass(frozen=True)
class Through:
    """What decides about a document and stands in another one, whose id it has in ``by``."""

    by: str
    model: "ReadModel"
    name: str
    """What that other one knows it as."""


@dataclass(frozen=True)
class Column:
    """What decides about it and stands in a column beside the document, '' where it is null."""

    name: str


@dataclass(frozen=True, kw_only=True)
class ReadModel:
    """One kind of document.

    ``subject`` is the kind of thing each document is about. ``notices`` are the events of other
    things that change it; all others about it leave it as it is. ``fields`` are the document's
    fields that lists may filter and sort by; each gets an index, and so do those asked for
    ``together``: filters, and the order of what they leave. ``row`` says where what decides about
    access stands (``domain/access/policy.py``), ``masks`` which of its fields, by the path to
    them, are of a class that not everybody is shown. ``personal``: whether it tells of natural
    persons, so that the access log tells who looked. ``beside``: where another model shows the
    subject itself, the kind of things that this one tells of it.
    """

    name: str
    version: int
    subject: str
    fold: Fold
    notices: tuple[type[Any], ...] = ()
    fields: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    row: Mapping[str, str | Through] = field(default_factory=dict)
    masks: Mapping[tuple[str, ...], FieldClass] = field(default_factory=dict)
    personal: bool = False
    beside: str | None = None

    @property
    def kind(self) -> str:
        """The kind of thing that who reads it must be allowed to read."""
        return self.beside or self.subject

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
        for names in (*((name,) for name in self.fields), *self.together):
            keys = [sql.SQL("({})").format(sort_key(name)) for name in names]
            cursor.execute(
                sql.SQL("create index on {} ({}, key)").format(table, sql.SQL(", ").join(keys))
            )

    def drop(self, cursor: Cursor, generation: int) -> None:
        """Drop the table of a generation."""
        cursor.execute(sql.SQL("drop table if exists {}").format(self.table(generation)))

    def prepare(self, pool: Pool, generation: int, facts: Facts) -> Write:
        """Load the documents concerned, fold, and return the statement that writes them."""
        by_key = self.concerned(facts)
        before = self.load(pool, generation, list(by_key))
        after = {key: self.run(before.get(key), key, about) for key, about in by_key.items()}
        kept = {str(key): document for key, document in after.items() if document is not None}
        gone = [key for key in before if after[key] is None]
        bodies = orjson.dumps(kept).decode()

        def write(cursor: Cursor) -> None:
            table = self.table(generation)
            if kept:
                cursor.execute(
                    sql.SQL(
                        "insert into {} (key, body)"
                        " select key::uuid, value from jsonb_each(%s::jsonb)"
                        " on conflict (key) do update set body = excluded.body"
                    ).format(table),
                    (bodies,),
                )
            if gone:
                cursor.execute(sql.SQL("delete from {} where key = any(%s)").format(table), (gone,))

        return write

    def concerned(self, facts: Facts) -> dict[UUID, list[Recorded[Any]]]:
        """Return the facts that may change a document, by its key, in their order."""
        found: dict[UUID, list[Recorded[Any]]] = defaultdict(list)
        keys = self._keys
        for fact in facts:
            for key_in in keys.get(type(fact.event), ()):
                if (key := key_in(fact)) is None:
                    continue
                about = found[key]
                if not about or about[-1] is not fact:  # named twice, it is told once
                    about.append(fact)
        return found

    @cached_property
    def names(self) -> list[str]:
        """The names of the events that may change a document."""
        return [event.__event_name__ for event in self._keys]

    @cached_property
    def _keys(self) -> dict[type[Any], list[KeyIn]]:
        """Where each event that may change a document says which."""
        own = [event for event in EVENTS.values() if event.__event_kind__ == self.subject]
        found: dict[type[Any], list[KeyIn]] = {event: [attrgetter("stream_id")] for event in own}
        for event in self.notices:
            own_key = found.get(event, [])
            found[event] = own_key + [
                attrgetter(f"event.{reference.field}")
                for reference in references(cast("Any", event))
                if reference.kind == self.subject
            ]
        return found

    def minds(self, fact: Recorded[Any]) -> bool:
        """Tell whether a fact may change a document; others leave it as it is."""
        return type(fact.event) in self._keys

    def load(self, pool: Pool, generation: int, keys: Sequence[UUID]) -> dict[UUID, Document]:
        """Return the documents that exist among these keys."""
        if not keys:
            return {}
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
        fold = self.fold
        for fact in facts:
            if not self.minds(fact):
                continue  # a fact about it that leaves it as it is: the timeline shows it
            changes = fold(document, fact, key)
            if changes is None or document is None:
                document = changes
            else:
                document.update(changes)  # ours: it was read, or begun, for this
            if document is not None and fact.stream_id == key:
                document["version"] = fact.version
        return document


def sort_key(name: str) -> sql.Composable:
    """Return the SQL of what lists filter and sort by: a field as text, '' where it is null.

    In byte order, so that a list computed in memory has the same one.
    """
    return sql.SQL("coalesce(body->>{}, '') collate \"C\"").format(sql.Literal(name))


def money(amount: Money | None) -> Document | None:
    """Write an amount as documents and answers do: ``{"amount": "6451.50", "currency": "CNY"}``."""
    return None if amount is None else {"amount": amount.amount, "currency": amount.currency}


def utc(time: datetime) -> str:
    """Write a time as documents and answers do: RFC 3339 in UTC, to the microsecond, sortable."""
    written: str = msgspec.to_builtins(time.astimezone(UTC))  # the quickest way there is
    return written if time.microsecond else f"{written[:-1]}.000000Z"


def text(id_: UUID | None) -> str | None:
    """Write an id as documents and answers do, or None where there is none."""
    return None if id_ is None else str(id_)


def utc_or_none(time: datetime | None) -> str | None:
    """Write a time as documents and answers do, or None where there is none."""
    return None if time is None else utc(time)
