"""Customers that may be the same: suggested by what they share, never decided.

Points say how much speaks for it, 100 at most: the same tax id 60, the same name but for its legal
form 50 (a similar one as many hundredths of 50 as it resembles, from 60 % on), the same telephone,
contact's e-mail or contact's telephone 40 each, the same website 25. Similar names are looked for
among those that have the first or the second half of this one in theirs, 200 of each at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from psycopg2 import sql

from domain.access.conditions import Condition
from domain.customers.likeness import likeness_id
from domain.ids import CustomerId
from projections.customers.customers import CUSTOMERS
from projections.customers.likeness import LIKENESSES
from projections.customers.search import Search, Sought
from projections.customers.search_index import SEARCH
from projections.customers.spelling import resemblance
from projections.reader import Reader

POINTS: Mapping[str, int] = {
    "tax-id": 60,
    "name": 50,
    "phone": 40,
    "contact-email": 40,
    "contact-phone": 40,
    "website": 25,
}
MOST_POINTS = 100
RESEMBLING = 0.6
"""How alike names must be to count."""
WITHIN = 200
"""How many names are compared for each half of one."""
LEAST_CORE = 4
MOST_SHARING = 20
"""A key that more customers share tells nothing (a switchboard, a host of websites)."""
MOST_KEYS = 500
"""How many shared keys of each kind are looked at for the pairs of the whole company."""


@dataclass(frozen=True)
class Pair:
    """Two customers that may be the same, and what speaks for it."""

    one: UUID
    other: UUID
    points: int
    why: tuple[str, ...]
    version: int
    """Of what somebody has said about the pair; 0: nothing."""
    dismissed: bool


class Lookalikes:
    """Answers which customers may be the same, as far as who asks may see them."""

    def __init__(self, reader: Reader, condition: Condition, *, people: bool) -> None:
        self.reader = reader
        self.condition = condition
        self.people = people

    def of(self, key: UUID) -> list[Pair]:
        """Return who may be the same as one customer, the likeliest first."""
        shared: dict[UUID, set[str]] = defaultdict(set)
        rows = self._ask(
            "select other.word, other.key from {keys} mine join {keys} other using (word)"
            " where mine.key = %s and other.key <> %s and (%s or not"
            " (mine.personal or other.personal)) limit 1000",
            [key, key, self.people],
        )
        for word, other in rows:
            shared[other].add(word.partition(" ")[0])
        named = self._cores([key])
        for half in _halves(named.get(key, "")):
            sought = Sought(text=half, condition=self.condition, people=False, limit=WITHIN)
            for other in Search(self.reader).found(sought):
                shared[other] |= {"name"}
        shared.pop(key, None)
        return self._told({(key, other): why for other, why in shared.items()})

    def everywhere(self, limit: int) -> list[Pair]:
        """Return the pairs of the whole company that share a key, the likeliest first."""
        shared: dict[tuple[UUID, UUID], set[str]] = defaultdict(set)
        for kind in POINTS:
            rows = self._ask(
                "select array_agg(key order by key) from {keys} where word >= %s and word < %s"
                " and (%s or not personal) group by word having count(*) between 2 and %s"
                " limit %s",
                [f"{kind} ", f"{kind}!", self.people, MOST_SHARING, MOST_KEYS],
            )
            for (keys,) in rows:
                for one, other in combinations(sorted(keys), 2):
                    shared[one, other].add(kind)
        return [pair for pair in self._told(shared) if not pair.dismissed][:limit]

    def _told(self, shared: Mapping[tuple[UUID, UUID], set[str]]) -> list[Pair]:
        ids = {key for pair in shared for key in pair}
        seen = self.reader.covered(CUSTOMERS, ids, self.condition)
        cores = self._cores(seen)
        said = self._said([pair for pair in shared if seen.issuperset(pair)])
        found = []
        for (one, other), why in shared.items():
            if one in cores and other in cores:
                points, reasons = scored(why, resemblance(cores[one], cores[other]))
                if points:
                    version, dismissed = said.get(frozenset((one, other)), (0, False))
                    found.append(Pair(one, other, points, reasons, version, dismissed))
        return sorted(found, key=lambda pair: (-pair.points, pair.one, pair.other))

    def _said(self, pairs: Iterable[tuple[UUID, UUID]]) -> dict[frozenset[UUID], tuple[int, bool]]:
        ids: dict[UUID, frozenset[UUID]] = {
            likeness_id(CustomerId(one), CustomerId(other)): frozenset((one, other))
            for one, other in pairs
        }
        generation = self.reader.generation(LIKENESSES.name)
        said = LIKENESSES.load(self.reader.pool, generation, list(ids))
        return {
            ids[key]: (document["version"], document["dismissed_at"] is not None)
            for key, document in said.items()
        }

    def _cores(self, keys: Iterable[UUID]) -> dict[UUID, str]:
        """Return what is their own in the names of customers that are not merged."""
        return dict(
            self._ask(
                "select key, core from {search} where key = any(%s) and merged_into is null",
                [list(keys)],
            )
        )

    def _ask(self, statement: str, values: list[Any]) -> list[Any]:
        tables = SEARCH.tables(self.reader.generation(SEARCH.name))
        with self.reader.pool.reading() as cursor:
            cursor.execute(sql.SQL(statement).format(**tables), values)
            return cursor.fetchall()


def scored(shared: Iterable[str], alike: float) -> tuple[int, tuple[str, ...]]:
    """Return the points for what two customers share, and what they are for."""
    why = {kind: POINTS[kind] for kind in shared if kind != "name"}
    if alike >= RESEMBLING:
        why["name" if alike == 1 else "similar-name"] = round(POINTS["name"] * alike)
    return min(MOST_POINTS, sum(why.values())), tuple(sorted(why, key=lambda each: -why[each]))


def _halves(core: str) -> list[str]:
    if len(core) < LEAST_CORE:
        return []
    middle = len(core) // 2
    return [core[:middle], core[middle:]]
