"""A million customers who are searched for, and the colleagues whose they are.

They stand in the read models only, copied there as the projections would: the log has no part in
searching. Half of them have Chinese names; nine in ten have an owner, in one of ten departments.
What is from 云南 is all the last department's: for any other it is as common as a place may be,
and nothing of it is theirs.
"""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import orjson
from place import Place
from psycopg2 import sql
from psycopg2.extensions import make_dsn

from application.crm import Crm
from application.store.appending import copy_line
from application.store.pool import Pool
from domain.customers.customer import CustomerDetails
from domain.ids import DepartmentId, MemberId
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.teams.member import JoinMember
from projections.customers.customers import CUSTOMERS
from projections.customers.ownership import UNOWNED
from projections.customers.search_index import SEARCH, copied
from web.commands.accounts import by_operator

CHUNK = 10_000
PROCESSES = 2
DEPARTMENTS, IN_EACH = 10, 100

_listed = str.split
STEMS = _listed("ar bel cor dan el fa gri hol in jor kel lun mar nor os pel qui ras sol tan ul vor")
TRADES = _listed("Foods Trading Logistics Steel Marine Textiles Energy Software Tools Paper")
FORMS = _listed("Ltd Inc GmbH LLC plc SA Co")
PLACES = _listed("上海 北京 深圳 广州 杭州 苏州 成都 武汉 厦门 青岛 云南 天津")
ELSEWHERE = "云南"
"""Where only the last department has customers, and those without an owner are not."""
SIGNS = "河海天远大新华东方金龙安泰恒通瑞丰嘉和永盛广源宏达兴业美佳康宁中正明德信诚"
TRADES_ZH = _listed("科技 贸易 物流 食品 机械 电子 化工 纺织 医药 建材")
PEOPLE = ("Maria Costa", "Tom Weber", "李娜", "王伟", "Ana Souza", "张敏", "Jo Park")


# --- Colleagues -----------------------------------------------------------------------------------


def department(number: int) -> DepartmentId:
    """Return the id of a department."""
    return department_id(f"sales-{number}")


def owner(number: int) -> MemberId:
    """Return the id of an owner; the first hundred are in the first department."""
    return MemberId(UUID(int=(0x01954C00 << 96) + (0x7 << 76) + (0x8 << 60) + number))


def hire(crm: Crm) -> None:
    """Found the departments and let the owners join them."""
    for number in range(DEPARTMENTS):
        founded = CreateDepartment(
            id=department(number),
            code=f"sales-{number}",
            name=f"Sales {number}",
            kind=DepartmentKind.CORE,
        )
        crm.handle(founded, by_operator())
        for each in range(number * IN_EACH, (number + 1) * IN_EACH):
            joined = JoinMember(
                id=owner(each),
                name=f"Member {each}",
                department_id=department(number),
                role="account-manager",
            )
            crm.handle(joined, by_operator())


# --- Customers ------------------------------------------------------------------------------------


def key_of(number: int) -> UUID:
    """Return a customer's id."""
    spread = (number * 0x9E3779B97F4A7C15 % 2**64) >> 4
    return UUID(int=(0x01954D00 << 96) + (0x7 << 76) + (0x8 << 60) + spread)


def told(number: int) -> dict[str, Any]:
    """Return what search keeps of one customer; every other one has a Chinese name."""
    rng = random.Random(number)
    site, whose = None, rng.randrange(DEPARTMENTS * IN_EACH)
    if number % 2:
        stem = "".join(rng.choices(STEMS, k=rng.choice((2, 3)))).capitalize()
        name = f"{stem} {rng.choice(TRADES)} {rng.choice(FORMS)}"
        site = f"www.{stem.lower()}.example"
    else:
        city, brand = rng.choice(PLACES), "".join(rng.choices(SIGNS, k=2))
        name = f"{city}{brand}{rng.choice(TRADES_ZH)}有限公司"
        if city == ELSEWHERE:
            whose = (DEPARTMENTS - 1) * IN_EACH + whose % IN_EACH
    owned = ELSEWHERE in name or rng.random() < 0.9
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
        "owner_id": str(owner(whose)) if owned else None,
        "merged_into": None,
    }


def document(key: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Return the document that lists and answers show of a customer."""
    named = ("name", "short_name", "phone", "website", "tax_id")
    details = CustomerDetails(**{name: body[name] for name in named})
    ((contact_id, (name, email, phone)),) = body["contacts"].items()
    return {
        "id": str(key),
        "tier": None,
        "contacts": [
            {"id": contact_id, "name": name, "title": None, "email": email, "phone": phone}
        ],
        "ownership": UNOWNED | {"version": 1, "owner_id": body["owner_id"]},
        "owner_id": body["owner_id"],
        "pool_id": None,
        "hand_over_id": None,
        "reclaim_at": None,
        "totals": {"requests": 0, "interactions": 0},
        "registered_at": "2026-01-05T08:00:00.000000Z",
        "last_contact_at": None,
        "last_progress_at": None,
        "tiered_at": None,
        "retier_at": None,
        "merged_into": None,
        "merged_from": [],
        "details": msgspec.to_builtins(details),
        "name": body["name"],
        "region": None,
        "industry": None,
        "phase": None,
        "version": 1,
    }


# --- Into the read models -------------------------------------------------------------------------


def fill(place: Place, dsn: str, customers: int) -> None:
    """Copy customers into both read models, two processes at a time, and analyse the tables.

    Indexes and keys are made afterwards, which is quicker.
    """
    again = _stripped(place, dsn)
    step = -(-customers // PROCESSES)
    _at_once(
        (lambda first=first: place.child(
            *("crowd", "copy"), dsn=dsn, first=first, upto=min(first + step, customers)
        ))
        for first in range(0, customers, step)
    )  # fmt: skip
    roomy = make_dsn(dsn, options="-c maintenance_work_mem=512MB")
    _at_once(lambda each=each: place.administer(each, roomy) for each in again)
    place.administer("vacuum analyze", dsn)


def _stripped(place: Place, dsn: str) -> list[str]:
    """Drop the keys and indexes of the tables to be filled; return what makes them again."""
    ours = [f"views.{name}" for name in ("search_1", "search_keys_1", "customers_1")]
    within = ", ".join(f"'{name}'::regclass" for name in ours)
    keys = place.administer(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
        f" where contype = 'p' and conrelid in ({within})",
        dsn,
    )
    for table, name, _ in keys:
        place.administer(f"alter table {table} drop constraint {name}", dsn)
    indexes = place.administer(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        f" where indrelid in ({within})",
        dsn,
    )
    for name, _ in indexes:
        place.administer(f"drop index {name}", dsn)
    made = [definition for _, definition in indexes]
    return [*made, *(f"alter table {table} add {key}" for table, _, key in keys)]


def _at_once(tasks: Iterable[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(PROCESSES) as threads:
        for done in [threads.submit(task) for task in tasks]:
            done.result()


def copy(dsn: str, first: int, upto: int) -> None:
    """Copy some of the customers."""
    pool = Pool(dsn)
    numbers = iter(range(first, upto))
    tables = {**SEARCH.tables(1), "documents": CUSTOMERS.table(1)}
    while chunk := list(islice(numbers, CHUNK)):
        lines: dict[str, list[str]] = {name: [] for name in tables}
        for number in chunk:
            key, body = key_of(number), told(number)
            search, keys = copied(key, body)
            lines["search"].append(search)
            lines["keys"].append(keys)
            shown = orjson.dumps(document(key, body)).decode()
            lines["documents"].append(copy_line(key, shown))
        with pool.transaction() as cursor:
            for name, table in tables.items():
                cursor.copy_expert(
                    sql.SQL("copy {} from stdin").format(table), StringIO("".join(lines[name]))
                )
    pool.close()
