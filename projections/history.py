"""Looking back: timeline, audit history, and any document as of any moment.

Everything here goes through the subjects index and works for every event without code for it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, assert_never
from uuid import UUID

import orjson
from psycopg2 import sql

from application.store.codec import recorded
from application.store.log import NOW, Log, Window
from domain.kernel import Recorded, Subject
from projections.documents import Document, ReadModel
from projections.reader import (
    WAIT_STEP_SECONDS,
    Behind,
    ListQuery,
    Page,
    Reader,
    Wanted,
    Within,
    meets,
    paged,
)
from projections.subjects import SUBJECTS

_EVENT = "e.id, e.stream_id, e.version, e.name, e.state, e.recorded_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which facts an auditor asks for; every condition is optional, all must hold.

    ``since`` and ``until`` bound the time of recording, half open.
    """

    subject: Subject | None = None
    actor: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


class History:
    """Answers about the past."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.pool = reader.pool
        self.log = Log(reader.pool)

    def timeline(
        self,
        subject: Subject,
        *,
        beside: Sequence[UUID] = (),
        window: Window = NOW,
        before: tuple[datetime, int] | None = None,
        limit: int = 50,
    ) -> list[Recorded[Any]]:
        """Return what happened around a subject, the latest first.

        ``beside``: the ids of others of its kind that are shown with it as one. ``before``: the
        time and position of the last fact of the page before.
        """
        inside, bounds = _inside(window)
        if before is not None:
            inside += " and (s.occurred_at, s.position) < (%s, %s)"
            bounds += before
        each = (
            "(select s.position, s.occurred_at from {subjects} s"
            f" where s.kind = %s and s.id = %s and {inside}"
            " order by s.occurred_at desc, s.position desc limit %s)"
        )
        ids = (subject.id, *beside)
        return self._select(
            f"select {{event}} from (select * from ({' union '.join([each] * len(ids))}) each"
            " order by occurred_at desc, position desc limit %s) s"
            " join log.events e on e.id = s.position"
            " order by s.occurred_at desc, s.position desc",
            [*(value for id_ in ids for value in (subject.kind, id_, *bounds, limit)), limit],
        )

    def audit(self, query: AuditQuery) -> list[Recorded[Any]]:
        """Return the facts an auditor asks for, the last recorded first."""
        conditions: list[str] = ["true"]
        values: list[Any] = []
        for condition, value in (
            ("f.actor = %s", query.actor),
            ("f.name = %s", query.name),
            ("f.recorded_at >= %s", query.since),
            ("f.recorded_at < %s", query.until),
            ("f.position < %s", query.before),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if query.subject is not None:
            conditions.append(
                "f.position in (select position from {subjects} where kind = %s and id = %s)"
            )
            values += [query.subject.kind, query.subject.id]
        return self._select(
            "select {event} from {facts} f join log.events e on e.id = f.position"
            f" where {' and '.join(conditions)} order by f.position desc limit %s",
            [*values, query.limit],
        )

    def position_of(self, stream_id: UUID, version: int) -> int | None:
        """Return the position at which a thing came to a version, or None."""
        facts = self.log.stream(stream_id, after_version=version - 1, upto_version=version)
        return facts[0].position if facts else None

    def document(self, model: ReadModel, key: UUID, window: Window) -> Document | None:
        """Return a document as it was, folded again from the facts in the window."""
        for _, document in self._fold(model, [key], window):
            return document
        return None

    def documents(self, model: ReadModel, query: ListQuery, window: Window) -> Page:
        """Return a page of documents as they were.

        A filter on another thing's id (``department_id`` …) narrows what is folded: only what that
        thing was ever a subject with.
        """
        rows = []
        keys = self._candidates(model, query, window)
        if not query.condition.always:  # who may see it now, may see what it was
            keys = list(self.reader.covered(model, keys, query.condition))
        for key, document in self._fold(model, keys, window):
            texts = {name: _text(document.get(name)) for name in (*query.filters, query.sort)}
            if all(meets(texts[name], wanted) for name, wanted in query.filters.items()):
                rows.append((texts[query.sort], str(key), orjson.dumps(document).decode()))
        rows.sort(reverse=query.descending)
        if query.after is not None:
            last = (query.after.value, query.after.key)
            rows = [row for row in rows if (row[:2] < last if query.descending else row[:2] > last)]
        return paged(rows[: query.limit + 1], query.limit)

    def _candidates(self, model: ReadModel, query: ListQuery, window: Window) -> list[UUID]:
        others = next(
            (
                ids
                for name, wanted in query.filters.items()
                if name.endswith("_id") and (ids := _ids(wanted))
            ),
            None,
        )
        inside, bounds = _inside(window)
        statement = f"select distinct s.id from {{subjects}} s where s.kind = %s and {inside}"
        values: list[Any] = [model.subject, *bounds]
        if others is not None:
            statement += (
                " and s.position in (select position from {subjects} where id = any(%s::uuid[]))"
            )
            values.append(others)
        with self.pool.reading() as cursor:
            cursor.execute(self._sql(statement), values)
            return [id_ for (id_,) in cursor]

    def _fold(
        self, model: ReadModel, keys: list[UUID], window: Window
    ) -> Iterator[tuple[UUID, Document]]:
        inside, bounds = _inside(window)
        statement = (
            "select {event}, s.id from {subjects} s join log.events e on e.id = s.position"
            f" where s.kind = %s and s.id = any(%s) and e.name = any(%s) and {inside}"
            " order by s.id, s.position"
        )
        values = [model.subject, keys, model.names, *bounds]
        with self.pool.reading() as cursor:
            cursor.execute(self._sql(statement), values)
            for key, rows in groupby(cursor, key=lambda row: row[-1]):
                document = model.run(None, key, [recorded(*row[:-1]) for row in rows])
                if document is not None:
                    yield key, document

    def _select(self, statement: str, values: list[Any]) -> list[Recorded[Any]]:
        with self.pool.reading() as cursor:
            cursor.execute(self._sql(statement), values)
            return [recorded(*row) for row in cursor]

    def _sql(self, statement: str) -> sql.Composed:
        return sql.SQL(statement).format(
            event=sql.SQL(_EVENT),
            **SUBJECTS.tables(self.reader.generation(SUBJECTS.name)),
        )

    def await_index(self, window: Window, seconds: float = 2.0) -> None:
        """Wait until the index shows all that the window may see. Raises ``Behind``."""
        deadline = time.monotonic() + seconds
        while window.position is not None and not self.log.is_final(window.position):
            if time.monotonic() > deadline:
                raise Behind("The log up to this position is still being written.")
            time.sleep(WAIT_STEP_SECONDS)
        head = self.log.head()
        needed = head if window.position is None else min(window.position, head)
        if self.reader.wait(SUBJECTS.name, needed, seconds) < needed:
            raise Behind("The index has not caught up with the log yet.")


def _inside(window: Window) -> tuple[str, tuple[Any, ...]]:
    """Return the condition that a window makes, and its values; only where it has bounds.

    (A bound that holds for all rows would mislead the planner.)
    """
    bounds = {"s.position <= %s": window.position, "s.occurred_at <= %s": window.as_of}
    given = {condition: bound for condition, bound in bounds.items() if bound is not None}
    return " and ".join(["true", *given]), tuple(given.values())


def _ids(wanted: Wanted) -> list[str]:
    """Return the ids that a filter asks for; none where it asks for what has no such id, too."""
    match wanted:
        case tuple():
            return list(wanted) if all(wanted) else []
        case str():
            return [wanted] if wanted else []
        case Within():
            return []
        case _:
            assert_never(wanted)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
