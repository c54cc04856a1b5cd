"""Finding customers by fragments of what is known of them.

What the index finds is looked at again, letter by letter. A question goes from bucket to bucket and
stops as soon as it has enough, so that what half of all customers have in their names is found as
quickly as what nobody has; it goes to those only in which there is something its asker may see. Who
sees few customers is answered from those, one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg2 import sql

from application.store.pool import Cursor
from domain.access.conditions import Condition
from projections.covering import TableOf, Where, where
from projections.customers.search_index import SEARCH, WORDS, WORDS_AND_PEOPLE, asked, buckets
from projections.customers.spelling import is_cjk, words
from projections.documents import ReadModel
from projections.reader import Reader

MOST_WORDS = 6
FEW = 2000
"""Who may see no more customers than these is answered from those, one by one."""
_BEYOND = "\U0010ffff"


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What somebody looks for, and what they may: ``people``: also how contacts are reached."""

    text: str
    condition: Condition
    people: bool
    limit: int

    @property
    def words(self) -> list[str]:
        """The words that must all be found."""
        return words(self.text)[:MOST_WORDS]


class Search:
    """Answers from the live generation of the index."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def found(self, sought: Sought) -> list[UUID]:
        """Return customers in whose names, numbers or addresses all words are found.

        First the one of this name, then those whose names begin so, in the order of their names;
        then others, as they are come across. A merged one stands for the one it is part of.
        """
        if not sought.words or sought.condition.never:
            return []
        with self.reader.pool.transaction() as cursor:
            cursor.execute("set local enable_seqscan = off")
            asking = _Asking(cursor, self._tables(), self._table, sought)
            if not sought.condition.always and asking.sees_few():
                return asking.among_few()
            found = asking.beginning()
            if len(found) < sought.limit:
                found |= asking.inside()
            return list(found)[: sought.limit]

    def _tables(self) -> dict[str, sql.Identifier]:
        return SEARCH.tables(self.reader.generation(SEARCH.name))

    def _table(self, model: ReadModel) -> sql.Identifier:
        return model.table(self.reader.generation(model.name))


@dataclass(frozen=True)
class _Asking:
    """One question on its way."""

    cursor: Cursor
    tables: dict[str, sql.Identifier]
    table_of: TableOf
    sought: Sought

    # --- Who sees few customers ---

    def sees_few(self) -> bool:
        mine, values = self._mine()
        statement = "select count(*) from (select from {search} where {mine} limit %s) few"
        ((count,),) = self._rows(statement, [*values, FEW + 1], mine=mine)
        return bool(count <= FEW)

    def among_few(self) -> list[UUID]:
        mine, values = self._mine()
        letters, compared = self._letters()
        rows = self._rows(
            "with few as materialized ("
            " select key, name, said, reached, merged_into from {search} where {mine} limit %s)"
            " select key, name from few where merged_into is null and {letters}"
            " union all select few.key, s.name from few join {search} s on s.merged_into = few.key"
            " where {part_letters} order by name",
            [*values, FEW, *compared, *compared],
            mine=mine,
            letters=letters,
            part_letters=self._letters("s.")[0],
        )
        begins = " ".join(self.sought.words)
        rows.sort(key=lambda row: not row[1].startswith(begins))
        return list(dict.fromkeys(key for key, _ in rows))[: self.sought.limit]

    # --- Whose name begins so ---

    def beginning(self) -> dict[UUID, None]:
        covered, values = self._covered()
        name = " ".join(self.sought.words)
        rows = self._rows(
            "select coalesce(merged_into, key) from {search} s"
            " where name >= %s and name < %s and {covered} order by name, key limit %s",
            [name, name + _BEYOND, *values, self.sought.limit],
            covered=covered,
        )
        return {key: None for (key,) in rows}

    # --- Who has it anywhere ---

    def inside(self) -> dict[UUID, None]:
        covered, values = self._covered()
        limit = 2 * self.sought.limit  # those that begin so may come again
        grams, fragments = self._fragments()
        letters, compared = self._letters()
        rows = self._rows(
            "select found.key from unnest(%s) as bucket(sign) cross join lateral ("
            " select coalesce(merged_into, key) as key from {search} s"
            " where {grams} and {letters} and {covered} limit %s) found limit %s",
            [buckets(self.sought.condition), *fragments, *compared, *values, limit, limit],
            grams=grams,
            letters=letters,
            covered=covered,
        )
        return {key: None for (key,) in rows}

    # --- Parts of statements ---

    def _fragments(self) -> Where:
        fragments = [each for word in self.sought.words for each in asked(word)]
        array = sql.SQL(", ").join([sql.SQL("sign || %s")] * len(fragments))
        index = sql.SQL(WORDS_AND_PEOPLE if self.sought.people else WORDS)
        return sql.SQL("{} @> array[{}]").format(index, array), fragments

    def _letters(self, of: str = "") -> Where:
        texts = f"{of}said || {of}reached" if self.sought.people else f"{of}said"
        one = sql.SQL("position(%s in {}) > 0").format(sql.SQL(texts))
        sought = self.sought.words
        whole = [word if len(word) > 1 or is_cjk(word) else f" {word}" for word in sought]
        return sql.SQL(" and ").join([one] * len(whole)), list(whole)

    def _mine(self) -> Where:
        return where(SEARCH, self.sought.condition, self.table_of)

    def _covered(self) -> Where:
        """Return whether one may see it, or the one it was merged into."""
        if self.sought.condition.always:
            return sql.SQL("true"), []
        mine, values = self._mine()
        covered = sql.SQL(
            "case when s.merged_into is null then {mine}"
            " else exists (select from {search} where key = s.merged_into and {mine}) end"
        ).format(mine=mine, **self.tables)
        return covered, values + values

    def _rows(self, statement: str, values: Sequence[Any], **parts: sql.Composable) -> list[Any]:
        self.cursor.execute(sql.SQL(statement).format(**self.tables, **parts), values)
        return self.cursor.fetchall()
