"""What a customer is found by: its names, numbers and addresses, cut into fragments.

PostgreSQL's own index of arrays over fragments of two and three letters (one and two of Chinese
text). Each customer stands in a bucket, which is part of every fragment: a question goes from one
bucket to the next and stops as soon as it has enough. Whose it is decides the bucket, so that who
sees some owners' customers passes over most of the others'. How people are reached (their e-mail
and telephone) is for those to look for who are shown it: one index has it, the other has not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any, ClassVar, assert_never
from uuid import UUID

import orjson
from psycopg2 import sql

from application.store.appending import copy_line
from application.store.pool import Cursor, Pool
from domain.access.conditions import Condition
from domain.customers import customer, ownership
from domain.kernel import Recorded
from projections.customers.ownership import owner_after
from projections.customers.spelling import LEAST_DIGITS, core, digits, domain, is_cjk, plain, words
from projections.documents import Column, Document
from projections.kernel import Facts, Write

OWNERS, NOBODYS = 512, 32
"""In how many buckets owned customers stand, and in how many those of nobody."""
_SIGNS = "0123456789abcdefghijklmnopqrstuv"
MOST_OF_A_WORD = 4
"""How many of a long word's fragments are looked up; the whole word is compared afterwards."""
WORDS = "string_to_array(grams, ',')"
"""A customer's fragments as the index has them that everybody may use."""
WORDS_AND_PEOPLE = "string_to_array(grams || reached_grams, ',')"
"""And with those of how its people are reached."""
NONE = r"\N"
"""What COPY's text format has for null."""

SAME_DIGITS = 11
"""Of a telephone number only the last ones count: the country's code is left out at times."""

# --- What is kept of a customer -----------------------------------------------------------------


Told = customer.Event | ownership.Event


def fold(body: Document | None, fact: Recorded[Told], key: UUID) -> Document | None:
    """Fold one of a customer's facts, or one of who owns it, into what is kept of it."""
    if isinstance(fact.event, ownership.Event):
        return body and body | {"owner_id": owner_after(key, body["owner_id"], fact)}
    match fact.event:
        case customer.CustomerRegistered(details=details):
            return {"contacts": {}, "owner_id": None, "merged_into": None} | _details(details)
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
    grams: str
    reached_grams: str
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
    bucket = bucket_of(key, body)
    said = [word for word in (*names, *numbers) if word]
    grams = {gram for word in names for gram in _grams(word)}
    grams |= {gram for word in numbers for gram in _grams(word, short=False)}
    people = {gram for word in reached for gram in _grams(word, short=False)}
    return Row(
        name=" ".join(words(body["name"])),
        core=own,
        said=_line(said),
        reached=_line(reached),
        grams=",".join(sorted(bucket + gram for gram in grams)),
        reached_grams="".join(sorted(f",{bucket}{gram}" for gram in people - grams)),
        keys=sorted(set(_keys(body, own))),
    )


def bucket_of(key: UUID, body: Document) -> str:
    """Return the bucket that a customer stands in: its owner's, unless it stands for another."""
    if body["owner_id"] is None or body["merged_into"] is not None:
        return _sign(OWNERS + key.int % NOBODYS)
    return _owners(body["owner_id"])


def buckets(condition: Condition) -> list[str]:
    """Return the buckets in which all that a condition covers stands."""
    owners: set[str] = set()
    for alternative in condition.alternatives:
        wanted = [
            values
            for name, values in alternative.items()
            if SEARCH.row.get(name) == OWNER and isinstance(values, frozenset)
        ]
        if not wanted:
            return [_sign(number) for number in range(OWNERS + NOBODYS)]
        owners.update(owner for owner in wanted[0] if owner)
    mine = sorted({_owners(owner) for owner in owners})
    return mine + [_sign(OWNERS + number) for number in range(NOBODYS)]


def _owners(owner_id: str) -> str:
    return _sign(UUID(owner_id).int % OWNERS)


def _sign(number: int) -> str:
    more, less = divmod(number, len(_SIGNS))
    return _SIGNS[more] + _SIGNS[less]


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


def asked(word: str) -> list[str]:
    """Return the fragments to look a word up by."""
    size = min(len(word), 2 if is_cjk(word) else 3)
    if size == 1 and not is_cjk(word):
        return [f" {word}"]
    pieces = _pieces(word, size)
    step = max(1, -(-len(pieces) // MOST_OF_A_WORD))
    return list(dict.fromkeys([*pieces[::step], pieces[-1]]))


# --- The index ------------------------------------------------------------------------------------


OWNER = Column("owner_id")


class SearchIndex:
    """Two tables: ``search`` (a row each customer) and ``keys`` (a row each of its keys)."""

    name = "search"
    version = 2
    row: ClassVar[Mapping[str, str | Column]] = {
        "customer_id": "id",
        "owner_id": OWNER,
        "holder_id": OWNER,
    }
    """Where what decides about access stands: for customers as for their documents."""

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
                grams text collate "C" not null, reached_grams text collate "C" not null,
                owner_id text collate "C" not null, merged_into uuid)""",
            "create index on {search} (merged_into) where merged_into is not null",
            # Names that begin alike are many: whose they are is told by the index alone.
            "create index on {search} (name, key) include (owner_id, merged_into)",
            "create index on {search} (owner_id)",
            # Without a list of what is still to be filed, which every question would read whole.
            f"create index on {{search}} using gin ({WORDS}) with (fastupdate = off)",
            f"create index on {{search}} using gin ({WORDS_AND_PEOPLE}) with (fastupdate = off)",
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
            elif isinstance(fact.event, ownership.Event):
                about[fact.event.customer_id].append(fact)
        if not about:
            return _nothing
        with pool.reading() as cursor:
            cursor.execute(
                sql.SQL("select key, body::text from {search} where key = any(%s)").format(
                    **tables
                ),
                (list(about),),
            )
            before = {key: orjson.loads(body) for key, body in cursor.fetchall()}
        after: dict[UUID, Document | None] = {}
        for key, told in about.items():
            body = before.get(key)
            for fact in told:
                body = fold(body, fact, key)
            if body != before.get(key):  # most of who owns it, and its tier, change nothing here
                after[key] = body
        lines = [copied(key, body) for key, body in after.items() if body is not None]
        rows = "".join(search for search, _ in lines)
        keys = "".join(keys for _, keys in lines)

        def write(cursor: Cursor) -> None:
            for table in tables.values():
                cursor.execute(
                    sql.SQL("delete from {} where key = any(%s)").format(table), (list(after),)
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
        *(row.grams, row.reached_grams, body["owner_id"] or ""),
    )
    known = () if body["merged_into"] else row.keys  # who is merged is nobody's double any more
    keys = "".join(copy_line(word, key, int(personal)) for word, personal in known)
    return f"{said[:-1]}\t{body['merged_into'] or NONE}\n", keys


SEARCH = SearchIndex()
