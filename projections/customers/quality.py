"""How good the master records are: what is filled, what cannot be right, what may be twice there.

Score, from 0 to 100: 50 x filled + 30 x valid + 20 x unique, each a share from 0 to 1, rounded half
up; null where there is no customer.

- filled: of all fields of all customers that are not merged into another, those that are filled.
- valid: of the telephones, websites and tax ids that are filled, those that can be right; 1 where
  there are none. A telephone has 5 to 15 digits; a website names a domain; a tax id has 5 to 20
  letters and digits and, where name, region or address are written in Chinese, is a unified social
  credit code with its right check sign.
- unique: of all customers, those that share neither name (but for the legal form) nor tax id with
  another one.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal

import orjson
from psycopg2 import sql

from domain.customers.customer import CustomerDetails
from projections.customers.customers import CUSTOMERS
from projections.customers.search_index import SEARCH
from projections.customers.spelling import digits, domain, is_cjk, is_tax_id, words
from projections.documents import Document
from projections.reader import Reader

FIELDS = (*(field.name for field in fields(CustomerDetails)), "contacts")
"""The fields of the master record; ``contacts``: at least one."""


def quality(reader: Reader) -> Document:
    """Compute the report from the customers as they are."""
    filled: Counter[str] = Counter()
    invalid: Counter[str] = Counter()
    customers = 0
    with reader.pool.transaction() as cursor:
        table = CUSTOMERS.table(reader.generation(CUSTOMERS.name))
        cursor.execute(
            sql.SQL(
                "select (body->'details')::text, jsonb_array_length(body->'contacts') from {}"
                " where body->>'merged_into' is null"
            ).format(table)
        )
        for text, contacts in cursor:
            customers += 1
            details = orjson.loads(text)
            filled.update(name for name, value in details.items() if value not in (None, ""))
            filled["contacts"] += contacts > 0
            invalid.update(name for name, wrong in WRONG.items() if wrong(details))
        duplicates = _duplicates(reader)
    shown = [
        {
            "name": name,
            "filled": filled[name],
            "share": _share(filled[name], customers),
            "invalid": invalid[name] if name in WRONG else None,
        }
        for name in FIELDS
    ]
    checked = sum(filled[name] for name in WRONG)
    shares = {
        "filled": _share(filled.total(), customers * len(FIELDS)),
        "valid": _share(checked - invalid.total(), checked) or ("1.0000" if customers else None),
        "unique": _share(customers - duplicates, customers),
    }
    return {
        "report": "data-quality",
        "customers": customers,
        "score": _score(shares),
        "shares": shares,
        "duplicates": duplicates,
        "fields": shown,
    }


def _score(shares: Mapping[str, str | None]) -> int | None:
    weights = {"filled": 50, "valid": 30, "unique": 20}
    known = {name: Decimal(share) for name, share in shares.items() if share is not None}
    if len(known) < len(weights):
        return None
    points = sum(weights[name] * share for name, share in known.items())
    return int(Decimal(points).quantize(Decimal(1), ROUND_HALF_UP))


def _share(part: int, whole: int) -> str | None:
    if not whole:
        return None
    return str((Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _duplicates(reader: Reader) -> int:
    statement = (
        "select count(distinct key) from (select key, count(*) over (partition by word) as sharing"
        " from {keys} where word like 'name %' or word like 'tax-id %') each where sharing > 1"
    )
    tables = SEARCH.tables(reader.generation(SEARCH.name))
    with reader.pool.reading() as cursor:
        cursor.execute(sql.SQL(statement).format(**tables))
        (count,) = cursor.fetchone() or (0,)
        return int(count)


# --- What cannot be right -------------------------------------------------------------------------

SHORTEST_NUMBER, LONGEST_NUMBER = 5, 15
SHORTEST_TAX_ID, LONGEST_TAX_ID = 5, 20


def _wrong_phone(details: Document) -> bool:
    number = details.get("phone")
    return bool(number) and not SHORTEST_NUMBER <= len(digits(number)) <= LONGEST_NUMBER


def _wrong_website(details: Document) -> bool:
    return bool(details.get("website")) and domain(details["website"]) is None


def _wrong_tax_id(details: Document) -> bool:
    code = details.get("tax_id")
    if not code:
        return False
    if _is_chinese(details):
        return not is_tax_id(code)
    signs = "".join(words(code))
    return not SHORTEST_TAX_ID <= len(signs) <= LONGEST_TAX_ID


def _is_chinese(details: Document) -> bool:
    told = (details.get(name) for name in ("name", "region", "address"))
    return any(is_cjk(word) for text in told for word in words(text))


WRONG: Mapping[str, Callable[[Document], bool]] = {
    "phone": _wrong_phone,
    "website": _wrong_website,
    "tax_id": _wrong_tax_id,
}
"""The fields that are looked at more closely."""
