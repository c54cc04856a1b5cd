"""Over HTTP: commands, a customer, a list; against an empty route behind the same server."""

import json
import random
import sys
import time
from pathlib import Path
from subprocess import Popen
from uuid import UUID

from client import request
from figures import Sheet, Target
from place import HERE, Place, await_http, end, free_port, halted
from told import customers

from application.crm import Crm
from application.demo import facts, landmarks
from domain.ids import MemberId
from domain.support.request_rules import REQUEST
from domain.support.request_states import Open
from projections.catalogue import PROJECTIONS
from projections.kernel import Projections
from web.commands.accounts import trusted_key

CLIENTS = 16
API = "/api/v1"
EMPTY = "empty route"
COMMAND = Target(0.35)
"""Of a whole command, to an empty route."""


def measure(sheet: Sheet, place: Place, dsn: str, *, rounds: int, seconds: float) -> None:
    """Measure each kind of request in turn, with the read models kept by the same server."""
    crm = Crm(dsn)
    try:
        key = trusted_key(crm, "bench", MemberId(landmarks().member_id)).text
        kinds = kinds_of_requests(key, random.Random(sheet.seed))
        servers = _start(place, dsn)
        projections = Projections(crm.pool, PROJECTIONS)
        found: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            sheet.say(f"HTTP, round {number} of {rounds}")
            for name, clients in kinds.items():
                rate = _round(place, servers, name, clients, seconds if number else 0.3)
                if number:  # the first one warms up
                    found.setdefault(name, []).append(rate)
                _settle(projections)
        for _, server in servers.values():
            end(server)
    finally:
        crm.close()
    group = f"HTTP, {CLIENTS} connections, requests/s"
    empty = sheet.add(group, EMPTY, "/s", found.pop(EMPTY))
    for name, each in found.items():
        sheet.compare(
            sheet.add(group, name, "/s", each),
            empty,
            COMMAND if name.startswith("command") else None,
        )


def _start(place: Place, dsn: str) -> dict[str, tuple[int, Popen[bytes]]]:
    """Start Concord as it is shipped, and the empty route; return their ports and processes."""
    port, empty_port = free_port(), free_port()
    concord = place.start(
        "concord",
        *(Path(sys.executable).with_name("concord"), "serve"),
        DATABASE_URL=dsn,
        CONCORD_PORT=str(port),
    )
    empty = place.start("empty", sys.executable, HERE / "empty.py", str(empty_port))
    await_http(port, "/health", concord)
    await_http(empty_port, "/", empty)
    return {"concord": (port, concord), "empty": (empty_port, empty)}


def _round(
    place: Place,
    servers: dict[str, tuple[int, Popen[bytes]]],
    name: str,
    clients: list[list[str]],
    seconds: float,
) -> float:
    asked, other = ("empty", "concord") if name == EMPTY else ("concord", "empty")
    with halted(servers[other][1]):
        told = place.child(
            "client", "load", port=servers[asked][0], seconds=seconds, clients=clients
        )
    rate: float = told["rate"]
    return rate


def kinds_of_requests(key: str, rng: random.Random) -> dict[str, list[list[str]]]:
    """Return what each client asks, for every kind of request."""

    def ask(method: str, path: str, body: dict[str, str] | None = None, **headers: str) -> str:
        said = json.dumps(body) if body else ""
        return request(method, API + path, said, Authorization=f"Bearer {key}", **headers)

    def read(id_: UUID) -> str:
        return ask("GET", f"/customers/{id_}")

    chosen = [rng.sample(customers(), 10) for _ in range(CLIENTS)]
    call = {
        "channel": "phone",
        "direction": "inbound",
        "summary": "Asked when the second pallet arrives, and whether it can come on a Monday.",
    }
    reply = {"text": "The second pallet leaves our warehouse on Monday morning."}
    return {
        EMPTY: [[request("GET", "/")] * 2] * CLIENTS,
        "command: log an interaction": [
            [read(own[0]), *(ask("POST", f"/customers/{id_}/interactions", call) for id_ in own)]
            for own in chosen
        ],
        "command: reply, If-Match": [
            [
                ask("GET", f"/requests/{id_}"),
                ask("POST", f"/requests/{id_}/reply", reply, If_Match='"{version}"'),
            ]
            for id_ in rng.sample(_open_requests(), CLIENTS)
        ],
        "read a customer": [[read(id_) for id_ in own] for own in chosen],
        "list 50 customers": [[ask("GET", "/customers?limit=50")] * 2] * CLIENTS,
    }


def _open_requests() -> list[UUID]:
    lives: dict[UUID, list[object]] = {}
    for fact in facts():
        if fact.kind == REQUEST.kind:
            lives.setdefault(fact.stream_id, []).append(fact)
    return sorted(id_ for id_, life in lives.items() if isinstance(REQUEST.fold(life), Open))


def _settle(projections: Projections) -> None:
    """Wait until the read models have come as far as the log, so that the next round has quiet."""
    deadline, head = time.monotonic() + 20, projections.log.head()
    while min(standing.position for standing in projections.live()) < head:
        if time.monotonic() > deadline:
            raise TimeoutError("The read models do not catch up.")
        time.sleep(0.05)
