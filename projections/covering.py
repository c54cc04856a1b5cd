"""Conditions on rows as SQL over documents: a list shows what the check of a single row allows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from psycopg2 import sql

from domain.access.conditions import Condition, Values, Without
from projections.documents import Column, ReadModel, Through, sort_key

TableOf = Callable[[ReadModel], sql.Identifier]
Where = tuple[sql.Composable, list[Any]]


class Placed(Protocol):
    """What says where that stands which decides about access."""

    @property
    def row(self) -> Mapping[str, str | Through | Column]:
        """By what the decision knows it as."""


def where(model: Placed, condition: Condition, table_of: TableOf) -> Where:
    """Return the SQL of a condition on a read model's documents, and its values."""
    if condition.always:
        return sql.SQL("true"), []
    alternatives = [
        _all(_one(model, name, wanted, table_of) for name, wanted in alternative.items())
        for alternative in condition.alternatives
    ]
    found = [sql.SQL("false"), *(statement for statement, _ in alternatives)]
    return _joined(" or ", found), [value for _, values in alternatives for value in values]


def _all(parts: Iterable[Where]) -> Where:
    found = list(parts)
    statements = [sql.SQL("true"), *(statement for statement, _ in found)]
    return _joined(" and ", statements), [value for _, values in found for value in values]


def _joined(word: str, statements: Iterable[sql.Composable]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(word).join(statements))


def _one(model: Placed, name: str, wanted: Values, table_of: TableOf) -> Where:
    if isinstance(wanted, Without):
        inside, values = _one(model, name, wanted.values, table_of)
        known = sql.SQL("true" if name in model.row else "false")
        return sql.SQL("({} and not {})").format(known, inside), values
    place = model.row.get(name)
    texts = sorted(value or "" for value in wanted)
    match place:
        case None:
            return sql.SQL("false"), []  # not known of these: it matches nothing
        case "id":
            return sql.SQL("key = any(%s::uuid[])"), [[text for text in texts if text]]
        case str():
            return sql.SQL("{} = any(%s)").format(sort_key(place)), [texts]
        case Column(name=column):
            return sql.SQL("{} = any(%s)").format(sql.Identifier(column)), [texts]
        case Through():
            inside, values = _one(place.model, place.name, wanted, table_of)
            statement = sql.SQL("(body->>{})::uuid in (select key from {} where {})").format(
                sql.Literal(place.by), table_of(place.model), inside
            )
            return statement, values
