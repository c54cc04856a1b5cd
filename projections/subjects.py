"""The subjects index: which facts are about what, and who did them.

Append-only rows, kept by a projection. This index alone serves timeline, audit history, as-of
questions and evidence; it needs no code for a new event.
"""

from io import StringIO

from psycopg2 import sql

from application.store.appending import copy_line
from application.store.pool import Cursor, Pool
from projections.documents import utc
from projections.kernel import Facts, Write


class SubjectsIndex:
    """Two tables: ``facts`` (a row each) and ``subjects`` (a row each subject)."""

    name = "subjects"
    version = 2

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
                position bigint primary key, name text not null,
                recorded_at timestamptz not null, actor text not null)""",
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
        rows: dict[str, list[str]] = {"facts": [], "subjects": []}
        for fact in facts:
            place = f"{fact.position}\t{fact.name}\t{utc(fact.recorded_at)}\t"
            rows["facts"].append(place + copy_line(fact.envelope.actor))
            when = f"{utc(fact.occurred_at)}\t{fact.position}\n"
            rows["subjects"] += [f"{kind}\t{id_.hex}\t{when}" for kind, id_ in fact.about]

        def write(cursor: Cursor) -> None:
            for name, table in self.tables(generation).items():
                statement = sql.SQL("copy {} from stdin").format(table)
                cursor.copy_expert(statement, StringIO("".join(rows[name])))

        return write


SUBJECTS = SubjectsIndex()
