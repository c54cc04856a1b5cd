"""What access costs: a decision, lists and single customers with and without it, and a 404.

Without: looks are not recorded, and everything may be seen, so that no condition is asked. With:
looks are recorded; by grants for the whole company, for one department, and with contacts masked.
"""

import sys
import timeit
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

from client import request
from figures import Sheet
from place import Place, await_http, end, free_port, halted

from application.access import Authority, Check, Sight
from application.crm import Crm
from application.demo import facts, landmarks
from domain.customers.interaction import INTERACTION, LogInteraction
from domain.customers.ownership import CustomerClaimed, OwnershipTransferred
from domain.ids import CustomerId, DepartmentId, InteractionId, MemberId
from domain.teams.member import MEMBER
from web.commands.accounts import NewKey, create_key, grant, trusted_key

API = "/api/v1"
CLIENTS = 8
GROUP = f"Access, {CLIENTS} connections, requests/s"
WITHOUT, WITH = "without", "with"
TIMES = 2000


def measure(sheet: Sheet, place: Place, dsn: str, *, rounds: int, seconds: float) -> None:
    """Measure decisions in this process, then each kind of look in turn over HTTP."""
    crm = Crm(dsn)
    try:
        keys = _keys(crm)
        decisions(sheet, crm, keys, rounds)
        servers = {
            WITHOUT: _start(place, dsn, WITHOUT, CONCORD_RECORD_VIEWS="false"),
            WITH: _start(place, dsn, WITH),
        }
        found: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            sheet.say(f"Access, round {number} of {rounds}")
            for name, (server, asked) in looks(keys).items():
                wanted = 404 if name.startswith("404") else None
                lasting = seconds if number else 0.3
                (other,) = servers.keys() - {server}
                with halted(servers[other][1]):
                    port = servers[server][0]
                    told = place.child(
                        "client", "load", port=port, seconds=lasting, clients=asked, wanted=wanted
                    )
                rate: float = told["rate"]
                if number:  # the first one warms up
                    found.setdefault(name, []).append(rate)
        for _, server_process in servers.values():
            end(server_process)
    finally:
        crm.close()
    _tell(sheet, found)


def _keys(crm: Crm) -> dict[str, NewKey]:
    member = MemberId(landmarks().member_id)
    state = crm.load(MEMBER, member).state
    made = {"all": trusted_key(crm, "bench")}
    for name, role, place in (
        ("department", "sales", {"department_id": DepartmentId(state.department_id)}),
        ("masked", "marketing", {}),
        ("team", "sales", {"customer_id": _customers()[0]}),
    ):
        made[name] = create_key(crm, name)
        grant(crm, made[name].account, role, **place)
    return made


def _customers() -> list[CustomerId]:
    """Customers that somebody owns, always in the same order."""
    owned = (CustomerClaimed, OwnershipTransferred)
    return sorted({each.event.customer_id for each in facts() if isinstance(each.event, owned)})


# --- Decisions ------------------------------------------------------------------------------------


def decisions(sheet: Sheet, crm: Crm, keys: dict[str, NewKey], rounds: int) -> None:
    """Measure what deciding on a command costs: on states that are remembered, as it is done."""
    customer = _customers()[0]
    command = LogInteraction(
        id=InteractionId(uuid4()),
        customer_id=customer,
        channel="phone",  # type: ignore[arg-type]
        direction="inbound",  # type: ignore[arg-type]
        summary="Asked",
    )
    for name in ("all", "department"):
        authority = Authority(keys[name].account, datetime.now(UTC))
        Check(authority, Sight(crm.states.look)).check(INTERACTION, command)

        def decide(authority: Authority = authority) -> None:
            Check(authority, Sight(crm.states.remembered)).check(INTERACTION, command)

        took = [timeit.timeit(decide, number=TIMES) / TIMES * 1e6 for _ in range(rounds)]
        grants = "for the whole company" if name == "all" else "for one department"
        sheet.add("Access, a decision", f"on a command, by grants {grants}", "µs", took)


# --- Over HTTP ------------------------------------------------------------------------------------


def looks(keys: dict[str, NewKey]) -> dict[str, tuple[str, list[list[str]]]]:
    """Return what is asked: of which server, and by what requests."""
    customers = _customers()

    def ask(who: str, path: str) -> list[list[str]]:
        bearer = f"Bearer {keys[who].text}"
        return [[request("GET", API + path, "", Authorization=bearer)] * 2] * CLIENTS

    lists, one = "/customers?limit=50", f"/customers/{customers[0]}"
    return {
        "list of 50, without": (WITHOUT, ask("all", lists)),
        "list of 50, whole company": (WITH, ask("all", lists)),
        "list of 50, one department": (WITH, ask("department", lists)),
        "list of 50, contacts masked": (WITH, ask("masked", lists)),
        "a customer, without": (WITHOUT, ask("all", one)),
        "a customer, whole company": (WITH, ask("all", one)),
        "a customer, one department": (WITH, ask("department", one)),
        "404: not there": (WITH, ask("team", f"/customers/{uuid4()}")),
        "404: not for them": (WITH, ask("team", f"/customers/{customers[1]}")),
    }


def _start(place: Place, dsn: str, name: str, **settings: str) -> tuple[int, Popen[bytes]]:
    port = free_port()
    process = place.start(
        f"concord-{name}",
        *(Path(sys.executable).with_name("concord"), "serve"),
        DATABASE_URL=dsn,
        CONCORD_PORT=str(port),
        **settings,
    )
    await_http(port, "/health", process)
    return port, process


def _tell(sheet: Sheet, found: dict[str, list[float]]) -> None:
    for first, begins in (
        ("list of 50, without", "list"),
        ("a customer, without", "a customer"),
        ("404: not there", "404"),
    ):
        reference = sheet.add(GROUP, first, "/s", found[first])
        for name, rates in found.items():
            if name.startswith(begins) and name != first:
                sheet.compare(sheet.add(GROUP, name, "/s", rates), reference, None)
