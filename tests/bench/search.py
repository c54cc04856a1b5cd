"""Finding a customer among a million: rare and common fragments, both scripts, telephone numbers.

Asked over HTTP of a warm server, by somebody who sees the whole company, by somebody who sees one
department of ten, and by somebody who sees twenty customers. Each question takes turns with looking
one customer up by its id.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import crowd
from crowd import ELSEWHERE, FORMS, PLACES, SIGNS, STEMS, TRADES, TRADES_ZH
from figures import Sheet, Target
from place import Place, await_http, end, free_port

from application.crm import Crm
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.ids import CustomerId
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from web.commands.accounts import by_operator, create_key, grant, trusted_key

TIMES = 60
"""How often each kind of question is asked in a round."""
SOON = Target(50, at_least=False)
SOME = 20
API = "/api/v1"


def measure(sheet: Sheet, place: Place, dsn: str, customers: int, rounds: int) -> None:
    """Fill the tables, then measure each kind of question."""
    crm = Crm(dsn)
    try:
        projections = Projections(crm.pool, PROJECTIONS)
        projections.ensure()
        crowd.hire(crm)
        keys = who(crm, customers)
        projections.catch_up()
    finally:
        crm.close()
    sheet.say(f"Search: filling the index with {customers:,} customers")
    crowd.fill(place, dsn, customers)
    port = free_port()
    server = place.start(
        "concord-search",
        *(Path(sys.executable).with_name("concord"), "serve"),
        DATABASE_URL=dsn,
        CONCORD_PORT=str(port),
    )
    await_http(port, "/health", server)
    try:
        ask(sheet, port, keys, customers, rounds)
    finally:
        end(server)


def who(crm: Crm, customers: int) -> dict[str, str]:
    """Return the keys of those who ask, by what they see."""
    department, few = create_key(crm, "department"), create_key(crm, "few")
    grant(crm, department.account, "account-manager", department_id=crowd.department(0))
    for number in range(customers, customers + SOME):  # beside all others, and known to the log
        mine = CustomerId(crowd.key_of(number))
        details = CustomerDetails(name=crowd.told(number)["name"])
        crm.handle(RegisterCustomer(id=mine, details=details), by_operator())
        grant(crm, few.account, "account-manager", customer_id=mine)
    return {
        "whole company": trusted_key(crm, "all").text,
        "one department": department.text,
        "twenty customers": few.text,
    }


def questions(customers: int, rng: random.Random) -> dict[str, Callable[[], str]]:
    """Return what is looked for, by its kind: each time another one."""

    def one() -> dict[str, str]:
        return crowd.told(rng.randrange(customers))

    def latin() -> str:
        return crowd.told(rng.randrange(customers // 2) * 2 + 1)["name"]

    def chinese() -> str:
        return crowd.told(rng.randrange(customers // 2) * 2)["name"]

    return {
        "a whole name": lambda: one()["name"],
        "the middle of a Latin name": lambda: latin()[2:8],
        "the middle of a Chinese name": lambda: chinese()[2:6],
        "two words": lambda: f"{rng.choice(STEMS)}{rng.choice(STEMS)} {rng.choice(TRADES)[:3]}",
        "one in twenty: a trade": lambda: rng.choice(TRADES).lower(),
        "one in seven: a legal form": lambda: rng.choice(FORMS).lower(),
        "two letters": lambda: rng.choice([*STEMS, "co"])[:2],
        "a single letter": lambda: rng.choice("abcdefghijklmnopqrstuvwxyz"),
        "a single Chinese sign": lambda: rng.choice(SIGNS),
        "two Chinese signs, a trade": lambda: rng.choice(TRADES_ZH),
        "a city": lambda: rng.choice([each for each in PLACES if each != ELSEWHERE]),
        f"a city where one has nobody: {ELSEWHERE}": lambda: ELSEWHERE,
        "half of all: 有限公司": lambda: "有限公司",
        "a telephone number": lambda: one()["phone"],
        "its last four digits": lambda: one()["phone"][-4:],
        "its last six digits": lambda: one()["phone"][-6:],
        "a tax id": lambda: one()["tax_id"],
        "part of a tax id": lambda: one()["tax_id"][6:13],
        "no hit": lambda: f"{rng.choice(STEMS)}xqz",
        "no hit, of common fragments": lambda: f"{rng.choice(TRADES).lower()}ing",
    }


def ask(sheet: Sheet, port: int, keys: dict[str, str], customers: int, rounds: int) -> None:
    """Ask each kind of question as each of those who ask."""
    group, rng = f"Search among {customers:,} customers", random.Random(sheet.seed)
    for place, key in keys.items():
        for kind, text in questions(customers, rng).items():
            sheet.say(f"Search, {place}: {kind}")
            with closing(HTTPConnection("127.0.0.1", port)) as link:
                found = _rounds(
                    lambda link=link, key=key, text=text: _took(
                        link, key, f"/customers/search?q={quote(text())}"
                    ),
                    lambda link=link, key=keys["whole company"]: _took(
                        link, key, f"/customers/{crowd.key_of(rng.randrange(customers))}"
                    ),
                    rounds,
                )
                medians, slowest, reference = zip(*found, strict=True)
            named = f"{kind}, {place}"
            first = sheet.add(group, f"a customer by its id ({named})", "ms", reference)
            sheet.compare(sheet.add(group, named, "ms", medians, SOON), first)
            sheet.add(group, f"{named}, slowest of a hundred", "ms", slowest, SOON)


def _rounds(
    asked: Callable[[], float], looked: Callable[[], float], rounds: int
) -> Iterator[tuple[float, float, float]]:
    for number in range(rounds + 1):
        pairs = [(asked(), looked()) for _ in range(TIMES)]
        if number:  # the first round warms up
            times, references = zip(*pairs, strict=True)
            late = statistics.quantiles(times, n=100, method="inclusive")[98]
            yield statistics.median(times), late, statistics.median(references)


def _took(link: HTTPConnection, key: str, path: str) -> float:
    began = time.perf_counter()
    link.request("GET", API + path, headers={"Authorization": f"Bearer {key}"})
    answer = link.getresponse()
    told = answer.read()
    taken = (time.perf_counter() - began) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}, {json.loads(told)}")
    return taken
