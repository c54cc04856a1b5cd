"""The subjects index: which facts are about what, and who did them.

Append-only rows, kept by a projection. This index alone serves timeline, audit history, as-of
questions and evidence; it needs no code for a new event.
"""

from typing import Any

from psycopg2 import sql
from psycopg2.extras import execute_values

from application.store.pool import Cursor, Pool
from domain.kernel import Recorded
from projections.kernel import Facts, Write


class SubjectsIndex:
    """Two tables: ``facts`` (a row each) and ``subjects`` (a row each subject)."""

    name = "subjects"
    version = 1

    def tables(self, generation: int) -> dict[str, sql.Identifier]:
        """Return the tables of a generation, by the names used in statements."""
        return {
            "subjects": sql.Identifier("views", f"subjects_{generation}"),
            "facts": sql.Identifier("views", f"facts_{generation}"),
        }

    def create(self, cursor: Cursor, generation: int) -> None:
        """Create the empty tables of a generation."""
        tables = self.tables(generation)
        for statement in (
            """create table {subjects} (
                kind text not null, id uuid not null, occurred_at timestamptz not null,
                position bigint not null, primary key (kind, id, position))""",
            "create index on {subjects} (kind, id, occurred_at, position)",
            "create index on {subjects} (position)",
            """create table {facts} (
                position bigint primary key, name text not null, actor text not null,
                performer uuid, occurred_at timestamptz not null,
                recorded_at timestamptz not null)""",
            "create index on {facts} (name, position)",
            "create index on {facts} (actor, position)",
            "create index on {facts} (recorded_at)",
        ):
            cursor.execute(sql.SQL(statement).format(**tables))

    def drop(self, cursor: Cursor, generation: int) -> None:
        """Drop the tables of a generation."""
        for table in self.tables(generation).values():
            cursor.execute(sql.SQL("drop table if exists {}").format(table))

    def prepare(self, pool: Pool, generation: int, facts: Facts) -> Write:  # noqa: ARG002
        """Return the statements that add these facts' rows."""
        subject_rows = [
            (subject.kind, subject.id, fact.occurred_at, fact.position)
            for fact in facts
            for subject in fact.subjects
        ]
        fact_rows = [_row(fact) for fact in facts]

        def write(cursor: Cursor) -> None:
            tables = self.tables(generation)
            insert = "insert into {} values %s"
            execute_values(cursor, sql.SQL(insert).format(tables["facts"]), fact_rows)
            execute_values(cursor, sql.SQL(insert).format(tables["subjects"]), subject_rows)

        return write


def _row(fact: Recorded[Any]) -> tuple[Any, ...]:
    envelope = fact.envelope
    return (
        fact.position,
        fact.name,
        str(envelope.actor),
        envelope.performer,
        fact.occurred_at,
        fact.recorded_at,
    )


SUBJECTS = SubjectsIndex()
