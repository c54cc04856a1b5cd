"""Finding a customer among a million: rare and common fragments, both scripts, telephone numbers.

The tables are filled as the projection fills them, by COPY, without going through the log. Each
question takes turns with looking one customer up by its id.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from figures import Sheet, Target
from place import Place
from psycopg2 import sql

from application.store.appending import copy_line
from application.store.pool import Pool
from domain.access.conditions import EVERYTHING, Condition, only
from projections.customers.customers import CUSTOMERS
from projections.customers.search import SEARCH, Search, Sought, copied
from projections.kernel import Projections
from projections.reader import Reader

CHUNK = 20_000
TIMES = 60
"""How often each kind of question is asked in a round."""
SOON = Target(50, at_least=False)
OWNERS = [UUID(int=number) for number in range(1, 2001)]
LIMIT = 20

_listed = str.split
STEMS = _listed("ar bel cor dan el fa gri hol in jor kel lun mar nor os pel qui ras sol tan ul vor")
TRADES = _listed("Foods Trading Logistics Steel Marine Textiles Energy Software Tools Paper")
FORMS = _listed("Ltd Inc GmbH LLC plc SA")
PLACES = _listed("上海 北京 深圳 广州 杭州 苏州 成都 武汉 厦门 青岛 云南 天津")
SIGNS = "云河海天远大新华东方金龙安泰恒通瑞丰嘉和永盛广源宏达兴业美佳康宁中正明德信诚"
TRADES_ZH = _listed("科技 贸易 物流 食品 机械 电子 化工 纺织 医药 建材")
PEOPLE = ("Maria Costa", "Tom Weber", "李娜", "王伟", "Ana Souza", "张敏", "Jo Park")


def measure(sheet: Sheet, place: Place, dsn: str, customers: int, rounds: int) -> None:
    """Fill the tables, then measure each kind of question."""
    pool = Pool(dsn)
    try:
        Projections(pool, (CUSTOMERS, SEARCH)).ensure()
        sheet.say(f"Search: filling the index with {customers:,} customers")
        fill(place, pool, dsn, customers, random.Random(sheet.seed))
        place.administer("analyze", dsn)
        ask(sheet, Reader(pool), customers, rounds, random.Random(sheet.seed + 1))
    finally:
        pool.close()


# --- Customers ------------------------------------------------------------------------------------


def told(number: int, rng: random.Random) -> dict[str, Any]:
    """Return what is kept of one customer; every other one has a Chinese name."""
    if number % 2:
        stem = "".join(rng.choices(STEMS, k=rng.choice((2, 3)))).capitalize()
        name = f"{stem} {rng.choice(TRADES)} {rng.choice(FORMS)}"
        site = f"www.{stem.lower()}.example"
    else:
        brand = "".join(rng.choices(SIGNS, k=2))
        name = f"{rng.choice(PLACES)}{brand}{rng.choice(TRADES_ZH)}有限公司"
        site = None
    contact = [
        rng.choice(PEOPLE),
        f"p{number}@mail.example",
        f"+86 1{rng.randrange(10**9, 10**10)}",
    ]
    return {
        "name": name,
        "short_name": None,
        "phone": f"+86 21 {rng.randrange(10**7, 10**8)}",
        "website": site,
        "tax_id": f"91{rng.randrange(10**15, 10**16)}",
        "contacts": {str(UUID(int=number)): contact},
        "merged_into": None,
    }


def key_of(number: int) -> UUID:
    return UUID(int=(0x01954D00 << 96) + (0x7 << 76) + (0x8 << 60) + number * 2654435761 % 2**60)


def fill(place: Place, pool: Pool, dsn: str, customers: int, rng: random.Random) -> None:
    """Copy customers into both read models; the indexes are made afterwards, which is quicker."""
    names = {"search_1", "search_keys_1", "customers_1"}
    made = place.administer(
        "select tablename, indexname, indexdef from pg_indexes where schemaname = 'views'"
        " and indexdef not like 'CREATE UNIQUE%'",
        dsn,
    )
    ours = [(index, definition) for table, index, definition in made if table in names]
    for index, _ in ours:
        place.administer(f'drop index views."{index}"', dsn)
    numbers = iter(range(customers))
    while chunk := list(islice(numbers, CHUNK)):
        copy(pool, chunk, rng)
    for _, definition in ours:
        place.administer(definition, dsn)


def copy(pool: Pool, chunk: list[int], rng: random.Random) -> None:
    search, keys, documents = StringIO(), StringIO(), StringIO()
    for number in chunk:
        key, body = key_of(number), told(number, rng)
        rows, words = copied(key, body)
        search.write(rows)
        keys.write(words)
        owner = str(rng.choice(OWNERS)) if rng.random() < 0.9 else None
        document = {"id": str(key), "name": body["name"], "owner_id": owner}
        documents.write(copy_line(key, orjson.dumps(document).decode()))
    tables = {**SEARCH.tables(1), "documents": CUSTOMERS.table(1)}
    with pool.transaction() as cursor:
        for name, text in (("search", search), ("keys", keys), ("documents", documents)):
            text.seek(0)
            cursor.copy_expert(sql.SQL("copy {} from stdin").format(tables[name]), text)


# --- Questions ------------------------------------------------------------------------------------


def questions(customers: int, rng: random.Random) -> dict[str, Callable[[], str]]:
    """Return what is looked for, by its kind: each time another one."""

    def name() -> str:
        number = rng.randrange(0, customers // 2) * 2 + 1
        return f"{''.join(rng.choices(STEMS, k=3))} {rng.choice(TRADES)}"[: 6 + number % 6]

    return {
        "a rare name": name,
        "one in twenty: a trade": lambda: rng.choice(TRADES).lower(),
        "one in twelve: a legal form": lambda: rng.choice(FORMS).lower(),
        "two letters": lambda: rng.choice(STEMS)[:2],
        "two Chinese signs, a trade": lambda: rng.choice(TRADES_ZH),
        "two Chinese signs, a brand": lambda: "".join(rng.choices(SIGNS, k=2)),
        "half of all: 有限公司": lambda: "有限公司",
        "one Chinese sign": lambda: rng.choice(SIGNS),
        "two words": lambda: f"{rng.choice(STEMS)}{rng.choice(STEMS)} {rng.choice(TRADES)[:3]}",
        "last four digits of a telephone": lambda: f"{rng.randrange(10**4):04}",
        "no hit": lambda: f"{rng.choice(STEMS)}xqz",
        "no hit, of common fragments": lambda: f"{rng.choice(TRADES).lower()}ing",
    }


def who(rng: random.Random) -> dict[str, Condition]:
    """Return who asks: everybody's, a department of twenty's, and one team's."""
    team = rng.sample(OWNERS, 20)
    return {
        "whole company": EVERYTHING,
        "one department": only("owner_id", None, *map(str, team)),
        "one owner's": only("owner_id", str(team[0])),
    }


def ask(sheet: Sheet, reader: Reader, customers: int, rounds: int, rng: random.Random) -> None:
    search, group = Search(reader), f"Search among {customers:,} customers"
    kinds = questions(customers, rng)
    for place, condition in who(rng).items():
        for kind, text in kinds.items():
            if place != "whole company" and kind not in _WITH_ACCESS:
                continue
            sheet.say(f"Search, {place}: {kind}")
            found = _rounds(
                search,
                lambda text=text, condition=condition: Sought(
                    text=text(), condition=condition, people=True, limit=LIMIT
                ),
                lambda: key_of(rng.randrange(customers)),
                rounds,
            )
            medians, slowest, reference = zip(*found, strict=True)
            named = f"{kind}, {place}"
            first = sheet.add(group, f"a customer by its id ({named})", "ms", reference)
            figure = sheet.add(group, named, "ms", medians, SOON)
            sheet.compare(figure, first)
            sheet.add(group, f"{named}, slowest of a hundred", "ms", slowest, SOON)


_WITH_ACCESS = {"a rare name", "one in twenty: a trade", "half of all: 有限公司", "no hit"}


def _rounds(
    search: Search, sought: Callable[[], Sought], key: Callable[[], UUID], rounds: int
) -> Iterator[tuple[float, float, float]]:
    for number in range(rounds + 1):
        asked, looked = [], []
        for _ in range(TIMES):
            asked.append(_took(search.found, sought()))
            looked.append(_took(search.reader.document, CUSTOMERS, key(), EVERYTHING))
        if number:  # the first round warms up
            yield statistics.median(asked), _late(asked), statistics.median(looked)


def _took(question: Callable[..., Any], *told: Any) -> float:
    began = time.perf_counter()
    question(*told)
    return (time.perf_counter() - began) * 1000


def _late(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100, method="inclusive")[98]
