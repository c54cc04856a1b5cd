"""What is killed, running as it does for a customer, and the clients and the reader beside it.

``concord web`` with two workers, ``concord project`` and a durable PostgreSQL, each a service that
is started again when it ends.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eventsourcing.persistence import PersistenceError
from uuid_utils.compat import uuid7

from application.crm import Crm
from application.store.log import Log
from application.store.migrate import migrate
from application.store.pool import Pool
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.ids import CustomerId, RequestId
from domain.kernel import Actor, Channel, Envelope
from domain.support.request import OpenRequest
from domain.support.words import RequestKind
from domain.teams.department import CreateDepartment, DepartmentKind, department_id
from domain.values import ContactChannel
from tests.crash import follower
from tests.crash.database import Database
from tests.crash.load import Company, Load
from tests.crash.processes import Process, Service
from web.commands.accounts import trusted_key

CUSTOMERS = 12
SHARED = 2


class Stage:
    """Everything that runs during a campaign, ended one by one when the stack is closed."""

    def __init__(self, folder: Path, name: str, clients: int, stack: ExitStack) -> None:
        self.folder = folder
        self.database = Database(folder / "data")
        stack.callback(self.database.close)
        self.dsn = self.database.dsn
        migrate(self.dsn)
        self.port = _free_port()
        told = {"DATABASE_URL": self.dsn, "TMPDIR": str(folder), "CONCORD_LOG_LEVEL": "warning"}
        self.projector = Service("-m", "web", "project", log=folder / "project.log", **told)
        self.web = Service(
            *("-m", "web", "web"),
            log=folder / "web.log",
            **told,
            CONCORD_PORT=str(self.port),
            CONCORD_HOST="127.0.0.1",
            CONCORD_WORKERS="2",
        )
        self.services = {"web": self.web, "projector": self.projector}
        self.load = Load(name, clients, self.port, _company(self.dsn))
        self.notes = folder / "follower"
        with (folder / "follower.log").open("wb") as log:
            self.follower = subprocess.Popen(
                [sys.executable, follower.__file__, str(self.notes)],
                env=os.environ | {"DATABASE_URL": self.dsn},
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we end it
            )
        stack.callback(self.end_follower)
        for service in self.services.values():
            stack.callback(service.stop)
            service.start()
        stack.callback(self.load.stop, 0)
        self.load.start()

    def kill(self, kind: str, which: float) -> bool:
        """Kill something; tell whether it was there to be killed."""
        match kind:
            case "web worker":
                return _one_of(self.web.workers(), which)
            case "web master":
                return self.web.kill()
            case "projector":
                return self.projector.kill()
            case "backend":
                return _one_of(self.database.backends(), which)
            case "postmaster":
                return self.database.kill(alone=True)
            case "database":
                return self.database.kill()
            case _:
                raise LookupError(f"Nothing is called {kind!r}.")

    def end_follower(self) -> int:
        """End the follower; return its exit code."""
        self.follower.terminate()
        return self.follower.wait(10)

    def head(self) -> int:
        """The position of the last fact; -1 while the database does not answer."""
        pool = Pool(self.dsn, size=1)
        try:
            return Log(pool).head()
        except PersistenceError:
            return -1
        finally:
            pool.close()

    def health(self) -> dict[str, Any]:
        """What /health says; nothing where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            told = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        else:
            return told if isinstance(told, dict) else {}
        finally:
            connection.close()

    def settled(self) -> bool:
        """Whether all is well again, the read models and the follower with it."""
        told = self.health()
        models = told.get("read_models", [])
        return (
            told.get("status") == "ok"
            and bool(models)
            and all(model["current"] for model in models)
            and follower.last_position(self.notes) == self.head()
        )


def _one_of(found: list[Process], which: float) -> bool:
    return bool(found) and found[int(which * len(found))].kill()


def _company(dsn: str) -> Company:
    """Found a department, find customers with something to ask, make a key."""
    crm = Crm(dsn)
    by = Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("campaign"), channel=Channel.CLI
    )
    department = department_id("service")
    customers = [CustomerId(uuid7()) for _ in range(CUSTOMERS)]
    requests = [RequestId(uuid7()) for _ in range(SHARED)]
    commands = [
        CreateDepartment(id=department, code="service", name="Service", kind=DepartmentKind.CORE),
        *(
            RegisterCustomer(id=customer, details=CustomerDetails(name="Harbour"))
            for customer in customers
        ),
        *(
            OpenRequest(
                id=each,
                customer_id=customers[0],
                department_id=department,
                kind=RequestKind.SUPPORT,
                channel=ContactChannel.EMAIL,
                title="Where is it?",
            )
            for each in requests
        ),
    ]
    try:
        for command in commands:
            crm.handle(command, by)
        key = trusted_key(crm, "campaign").text
    finally:
        crm.close()
    return Company(key, str(department), [*map(str, customers)], [*map(str, requests)])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
