"""Finding customers by fragments of what is known of them, and those that share a key.

PostgreSQL's own index of arrays over fragments of two and three letters (one and two of Chinese
text); what it finds is looked at again, letter by letter. Each customer stands in one of 32
buckets, which is part of every fragment: a question goes from bucket to bucket and stops as soon
as it has enough, so that what half of all customers have in their names is found as quickly as
what nobody has. What only those may look for who are shown how people are reached (their e-mail
and telephone) stands in columns of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, assert_never
from uuid import UUID

import orjson
from psycopg2 import sql

from application.store.appending import copy_line
from application.store.pool import Cursor, Pool
from domain.access.conditions import Condition
from domain.customers import customer
from domain.kernel import Recorded
from projections.covering import where
from projections.customers.customers import CUSTOMERS
from projections.customers.spelling import LEAST_DIGITS, core, digits, domain, is_cjk, plain, words
from projections.documents import Document
from projections.kernel import Facts, Write
from projections.reader import Reader

BUCKETS = "0123456789abcdefghijklmnopqrstuv"
MOST_WORDS = 6
MOST_OF_A_WORD = 4
"""How many of a long word's fragments are looked up; the whole word is compared afterwards."""
FEW = 2000
"""Who may see no more customers than these is answered from those, one by one."""
NONE = r"\N"
"""What COPY's text format has for null."""
_BEYOND = "\U0010ffff"

SAME_DIGITS = 11
"""Of a telephone number only the last ones count: the country's code is left out at times."""

# --- What is kept of a customer -----------------------------------------------------------------


def fold(body: Document | None, fact: Recorded[customer.Event]) -> Document | None:
    """Fold one of a customer's facts into what is kept of it."""
    match fact.event:
        case customer.CustomerRegistered(details=details):
            return {"contacts": {}, "merged_into": None} | _details(details)
        case customer.CustomerRetracted():
            return None
        case _ if body is None:
            return None
        case customer.CustomerDetailsChanged(details=details):
            return body | _details(details)
        case customer.ContactAdded() | customer.ContactChanged():
            contact = fact.event
            told = [contact.name, contact.email, contact.phone]
            return body | {"contacts": body["contacts"] | {str(contact.contact_id): told}}
        case customer.ContactRemoved(contact_id=removed):
            kept = {id_: told for id_, told in body["contacts"].items() if id_ != str(removed)}
            return body | {"contacts": kept}
        case customer.CustomerMerged(into_id=into_id):
            return body | {"merged_into": str(into_id)}
        case customer.CustomerUnmerged():
            return body | {"merged_into": None}
        case customer.CustomerTiered():
            return body
        case _:
            assert_never(fact.event)


def _details(details: customer.CustomerDetails) -> Document:
    return {
        "name": details.name,
        "short_name": details.short_name,
        "phone": details.phone,
        "website": details.website,
        "tax_id": details.tax_id,
    }


@dataclass(frozen=True)
class Row:
    """What a customer is found by: the words everybody may look for, and those of its contacts."""

    name: str
    core: str
    said: str
    reached: str
    grams: list[str]
    reached_grams: list[str]
    keys: list[tuple[str, bool]]
    """What another customer may share with it, and whether it is how a person is reached."""


def row_of(key: UUID, body: Document) -> Row:
    """Return what a customer is found by."""
    contacts = body["contacts"].values()
    own = core(body["name"])
    names = [*words(body["name"]), *words(body["short_name"]), own]
    for name, _, _ in contacts:
        names += words(name)
    numbers = [digits(body["phone"]), *words(body["tax_id"]), *words(body["website"])]
    reached = [
        word for _, email, phone in contacts for word in (*words(email), digits(phone)) if word
    ]
    bucket = bucket_of(key)
    said = [word for word in (*names, *numbers) if word]
    grams = {gram for word in names for gram in _grams(word)}
    grams |= {gram for word in numbers for gram in _grams(word, short=False)}
    people = {gram for word in reached for gram in _grams(word, short=False)}
    return Row(
        name=" ".join(words(body["name"])),
        core=own,
        said=_line(said),
        reached=_line(reached),
        grams=sorted(bucket + gram for gram in grams),
        reached_grams=sorted(bucket + gram for gram in people),
        keys=sorted(set(_keys(body, own))),
    )


def bucket_of(key: UUID) -> str:
    """Return the bucket that a customer stands in."""
    return BUCKETS[key.int % len(BUCKETS)]


def _line(found: Iterable[str]) -> str:
    return f" {' '.join(dict.fromkeys(found))} "


def _keys(body: Document, own: str) -> Iterable[tuple[str, bool]]:
    yield f"name {own}", False
    if code := "".join(words(body["tax_id"])):
        yield f"tax-id {code}", False
    if len(number := digits(body["phone"])) >= LEAST_DIGITS:
        yield f"phone {number[-SAME_DIGITS:]}", False
    if site := domain(body["website"]):
        yield f"website {site}", False
    for _, email, phone in body["contacts"].values():
        if email:
            yield f"contact-email {plain(email).strip()}", True
        if len(number := digits(phone)) >= LEAST_DIGITS:
            yield f"contact-phone {number[-SAME_DIGITS:]}", True


def _grams(word: str, *, short: bool = True) -> set[str]:
    """Return the fragments that a word is found by; without the short ones by three letters."""
    if is_cjk(word):
        return {*word, *_pieces(word, 2)}
    long = {f" {word[0]}", *_pieces(word, 3)} if word else set()
    return long | set(_pieces(word, 2)) if short or len(word) == 2 else long  # noqa: PLR2004


def _pieces(word: str, size: int) -> list[str]:
    return [word[start : start + size] for start in range(len(word) - size + 1)]


def _asked(word: str) -> list[str]:
    """Return the fragments to look a word up by."""
    size = min(len(word), 2 if is_cjk(word) else 3)
    if size == 1 and not is_cjk(word):
        return [f" {word}"]
    pieces = _pieces(word, size)
    step = max(1, -(-len(pieces) // MOST_OF_A_WORD))
    return list(dict.fromkeys([*pieces[::step], pieces[-1]]))


# --- The index ------------------------------------------------------------------------------------


class SearchIndex:
    """Two tables: ``search`` (a row each customer) and ``keys`` (a row each of its keys)."""

    name = "search"
    version = 1

    def tables(self, generation: int) -> dict[str, sql.Identifier]:
        """Return the tables of a generation, by the names used in statements."""
        return {
            "search": sql.Identifier("views", f"search_{generation}"),
            "keys": sql.Identifier("views", f"search_keys_{generation}"),
        }

    def create(self, cursor: Cursor, generation: int) -> None:
        """Create the empty tables of a generation."""
        tables = self.tables(generation)
        for statement in (
            """create table {search} (
                key uuid primary key, body jsonb not null,
                name text collate "C" not null, core text collate "C" not null,
                said text collate "C" not null, reached text collate "C" not null,
                grams text[] collate "C" not null, reached_grams text[] collate "C" not null,
                merged_into uuid)""",
            "create index on {search} (merged_into) where merged_into is not null",
            "create index on {search} (name, key)",
            # Without a list of what is still to be filed, which every question would read whole.
            "create index on {search} using gin (grams) with (fastupdate = off)",
            "create index on {search} using gin (reached_grams) with (fastupdate = off)",
            """create table {keys} (
                word text collate "C" not null, key uuid not null, personal boolean not null,
                primary key (word, key))""",
            "create index on {keys} (key)",
        ):
            cursor.execute(sql.SQL(statement).format(**tables))

    def drop(self, cursor: Cursor, generation: int) -> None:
        """Drop the tables of a generation."""
        for table in self.tables(generation).values():
            cursor.execute(sql.SQL("drop table if exists {}").format(table))

    def prepare(self, pool: Pool, generation: int, facts: Facts) -> Write:
        """Load what is kept of the customers concerned, fold, and return what is to be written."""
        tables = self.tables(generation)
        about: dict[UUID, list[Recorded[Any]]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact.event, customer.Event):
                about[fact.stream_id].append(fact)
        if not about:
            return _nothing
        with pool.reading() as cursor:
            cursor.execute(
                sql.SQL("select key, body::text from {search} where key = any(%s)").format(
                    **tables
                ),
                (list(about),),
            )
            bodies: dict[UUID, Document | None] = {
                key: orjson.loads(body) for key, body in cursor.fetchall()
            }
        for key, told in about.items():
            for fact in told:
                bodies[key] = fold(bodies.get(key), fact)
        kept = {key: body for key, body in bodies.items() if body is not None}
        lines = [copied(key, body) for key, body in kept.items()]
        rows = "".join(search for search, _ in lines)
        keys = "".join(keys for _, keys in lines)

        def write(cursor: Cursor) -> None:
            for table in tables.values():
                cursor.execute(
                    sql.SQL("delete from {} where key = any(%s)").format(table), (list(about),)
                )
            for name, text in (("search", rows), ("keys", keys)):
                cursor.copy_expert(
                    sql.SQL("copy {} from stdin").format(tables[name]), StringIO(text)
                )

        return write


def _nothing(_cursor: Cursor) -> None:
    pass


def copied(key: UUID, body: Document) -> tuple[str, str]:
    """Return a customer's lines for PostgreSQL's COPY, of both tables."""
    row = row_of(key, body)
    said = copy_line(
        key,
        orjson.dumps(body).decode(),
        *(row.name, row.core, row.said, row.reached),
        *(_array(row.grams), _array(row.reached_grams)),
    )
    known = () if body["merged_into"] else row.keys  # who is merged is nobody's double any more
    keys = "".join(copy_line(word, key, int(personal)) for word, personal in known)
    return f"{said[:-1]}\t{body['merged_into'] or NONE}\n", keys


def _array(texts: Sequence[str]) -> str:
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"  # letters, digits and blanks only


SEARCH = SearchIndex()

# --- Questions ------------------------------------------------------------------------------------


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
            if not sought.condition.always and self._few(cursor, sought):
                return self._among(cursor, sought)
            found = self._beginning(cursor, sought)
            if len(found) < sought.limit:
                found += self._inside(cursor, sought)
            return list(dict.fromkeys(found))[: sought.limit]

    def _few(self, cursor: Cursor, sought: Sought) -> bool:
        covered, values = where(CUSTOMERS, sought.condition, self._customers)
        statement = sql.SQL("select count(*) from (select from {} where {} limit %s) few").format(
            self._customers(CUSTOMERS), covered
        )
        cursor.execute(statement, [*values, FEW + 1])
        (count,) = cursor.fetchone() or (0,)
        return bool(count <= FEW)

    def _among(self, cursor: Cursor, sought: Sought) -> list[UUID]:
        covered, values = where(CUSTOMERS, sought.condition, self._customers)
        letters, compared = self._letters(sought)
        statement = self._sql(
            "with few as materialized (select key from {customers} where {covered} limit %s)"
            " select few.key, name from few join {search} s on s.key = few.key"
            " where s.merged_into is null and {letters}"
            " union all select few.key, name from few join {search} s on s.merged_into = few.key"
            " where {letters} order by name",
            customers=self._customers(CUSTOMERS),
            covered=covered,
            letters=letters,
        )
        cursor.execute(statement, [*values, FEW, *compared, *compared])
        begins = " ".join(sought.words)
        rows = sorted(cursor.fetchall(), key=lambda row: not row[1].startswith(begins))
        return list(dict.fromkeys(key for key, _ in rows))[: sought.limit]

    def _beginning(self, cursor: Cursor, sought: Sought) -> list[UUID]:
        covered, values = self._covered(sought)
        name = " ".join(sought.words)
        statement = self._sql(
            "select coalesce(merged_into, key) from {search} s"
            " where name >= %s and name < %s and {covered} order by name, key limit %s",
            covered=covered,
        )
        cursor.execute(statement, [name, name + _BEYOND, *values, sought.limit])
        return [key for (key,) in cursor]

    def _inside(self, cursor: Cursor, sought: Sought) -> list[UUID]:
        grams, fragments = self._fragments(sought)
        letters, compared = self._letters(sought)
        covered, values = self._covered(sought)
        statement = self._sql(
            "select found.key from unnest(%s) as bucket(sign) cross join lateral ("
            " select coalesce(merged_into, key) as key from {search} s"
            " where {grams} and {letters} and {covered} limit %s) found limit %s",
            grams=grams,
            letters=letters,
            covered=covered,
        )
        limit = 2 * sought.limit  # those that begin so may come again
        cursor.execute(statement, [list(BUCKETS), *fragments, *compared, *values, limit, limit])
        return [key for (key,) in cursor]

    def _fragments(self, sought: Sought) -> tuple[sql.Composable, list[Any]]:
        conditions: list[sql.Composable] = []
        values: list[Any] = []
        for word in sought.words:
            asked = _asked(word)
            array = sql.SQL(", ").join([sql.SQL("sign || %s")] * len(asked))
            columns = ("grams", "reached_grams") if sought.people else ("grams",)
            either = [
                sql.SQL("{} @> array[{}]").format(sql.Identifier(column), array)
                for column in columns
            ]
            conditions.append(sql.SQL("({})").format(sql.SQL(" or ").join(either)))
            values += asked * len(columns)
        return sql.SQL(" and ").join(conditions), values

    def _letters(self, sought: Sought) -> tuple[sql.Composable, list[Any]]:
        texts = "said || reached" if sought.people else "said"
        one = sql.SQL("position(%s in {}) > 0").format(sql.SQL(texts))
        whole = [word if len(word) > 1 or is_cjk(word) else f" {word}" for word in sought.words]
        return sql.SQL(" and ").join([one] * len(whole)), list(whole)

    def _covered(self, sought: Sought) -> tuple[sql.Composable, list[Any]]:
        if sought.condition.always:
            return sql.SQL("true"), []
        covered, values = where(CUSTOMERS, sought.condition, self._customers)
        # A question for each that is found, never a join of all there are.
        statement = sql.SQL(
            "(select true from {} where key = coalesce(s.merged_into, s.key) and {})"
        ).format(self._customers(CUSTOMERS), covered)
        return statement, values

    def _customers(self, _model: Any) -> sql.Identifier:
        return CUSTOMERS.table(self.reader.generation(CUSTOMERS.name))

    def _sql(self, statement: str, **parts: sql.Composable) -> sql.Composed:
        tables = SEARCH.tables(self.reader.generation(SEARCH.name))
        return sql.SQL(statement).format(**tables, **parts)
