"""Counting documents, and adding up money in them: only those that somebody may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg2 import sql

from domain.access.conditions import Condition
from projections.covering import where
from projections.documents import ReadModel, sort_key
from projections.reader import Reader


@dataclass(frozen=True, slots=True)
class Group:
    """The documents that have the same values in some fields ('' is none): how many they are."""

    values: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts of one currency added up, and added up by how likely each is."""

    values: tuple[str, ...]
    currency: str
    amount: Decimal
    weighted: Decimal


def grouped(
    reader: Reader,
    model: ReadModel,
    by: Sequence[str],
    condition: Condition,
    filters: Mapping[str, str],
) -> list[Group]:
    """Count the documents that a condition covers, for each combination of values."""
    keys, source, values = _question(reader, model, by, condition, filters)
    statement = sql.SQL("select {keys}, count(*) from {source} group by {keys}").format(
        keys=keys, source=source
    )
    with reader.pool.reading() as cursor:
        cursor.execute(statement, values)
        return [Group(row[:-1], row[-1]) for row in cursor]


def summed(
    reader: Reader,
    model: ReadModel,
    by: Sequence[str],
    condition: Condition,
    filters: Mapping[str, str],
) -> list[Sum]:
    """Add up the amounts of documents that a condition covers, each currency by itself."""
    keys, source, values = _question(reader, model, by, condition, filters)
    statement = sql.SQL(
        "select {keys}, body->'amount'->>'currency',"
        " sum((body->'amount'->>'amount')::numeric),"
        " sum((body->'amount'->>'amount')::numeric * (body->>'probability')::numeric / 100)"
        " from {source} and jsonb_typeof(body->'amount') = 'object'"
        " group by {keys}, body->'amount'->>'currency' order by 1, body->'amount'->>'currency'"
    ).format(keys=keys, source=source)
    with reader.pool.reading() as cursor:
        cursor.execute(statement, values)
        return [Sum(row[:-3], *row[-3:]) for row in cursor]


def _question(
    reader: Reader,
    model: ReadModel,
    by: Sequence[str],
    condition: Condition,
    filters: Mapping[str, str],
) -> tuple[sql.Composable, sql.Composable, list[Any]]:
    def table(each: ReadModel) -> sql.Identifier:
        return each.table(reader.generation(each.name))

    covered, values = where(model, condition, table)
    wanted = [sql.SQL("{} = %s").format(sort_key(name)) for name in filters]
    source = sql.SQL("{} where {}").format(table(model), sql.SQL(" and ").join([covered, *wanted]))
    keys = sql.SQL(", ").join([sort_key(name) for name in by])
    return keys, source, [*values, *filters.values()]
