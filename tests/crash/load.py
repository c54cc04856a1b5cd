"""Clients that write over HTTP and repeat what was not answered, under the same key."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

API = "/api/v1"
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.02
AGAIN_SECONDS = 0.1
REPLIES = 8
"""How often a request is replied to before it is resolved."""


@dataclass(frozen=True)
class Acknowledged:
    """A change that was answered with 2xx, and what the answer said."""

    key: str
    stream_id: str
    version: int
    position: int
    first_sent: float
    answered: float
    last_sent_at: float
    """By the clock, as the database stamps facts; the other times only grow."""
    attempts: int


@dataclass
class Journal:
    """What all clients have been told."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    """How often each answer came that was not 2xx."""
    refused: list[str] = field(default_factory=list)
    """Changes that must go well and were refused."""
    unanswered: list[str] = field(default_factory=list)
    """Changes that were never acknowledged."""


@dataclass(frozen=True)
class Company:
    """Whom the clients write about."""

    key: str
    department: str
    customers: Sequence[str]
    requests: Sequence[str]
    """Which all of them write to."""


class Client:
    """One caller on a kept-alive connection: sends a change until it is acknowledged."""

    def __init__(self, name: str, port: int, company: Company, journal: Journal) -> None:
        self.name = name
        self.port = port
        self.company = company
        self.journal = journal
        self.chance = random.Random(name)
        self.number = 0
        self.deadline: float | None = None
        self._connection: http.client.HTTPConnection | None = None

    def run(self, stop: threading.Event) -> None:
        """Write until told to stop; what is under way then is still finished."""
        own = self._own_request()
        while not stop.is_set():
            draw = self.chance.random()
            if draw < 0.55:
                self._log_interaction()
            elif draw < 0.85:
                next(own)
            else:
                self._write_to_all()
            time.sleep(self.chance.random() * PAUSE_SECONDS)
        self._close()

    # --- What they write ---

    def _log_interaction(self) -> None:
        """A stream of its own each time: nobody else writes there."""
        customer = self.chance.choice(self.company.customers)
        body = {"channel": "phone", "direction": "inbound", "summary": "Called: {key}"}
        self.change("POST", f"/customers/{customer}/interactions", body)

    def _own_request(self) -> Iterator[None]:
        """A stream that only this client writes, each time with the version it has seen."""
        while True:
            opening = {
                "customer_id": self.chance.choice(self.company.customers),
                "department_id": self.company.department,
                "kind": "support",
                "channel": "email",
                "title": "Where is it? {key}",
            }
            seen = self.change("POST", "/requests", opening)
            yield
            for _ in range(REPLIES):
                if seen is not None:
                    path = f"/requests/{seen.stream_id}/reply"
                    seen = self.change("POST", path, {"text": "Soon: {key}"}, seen.version)
                    yield
            if seen is not None:
                path = f"/requests/{seen.stream_id}/resolve"
                self.change("POST", path, {"resolution": "Found: {key}"}, seen.version)
                yield

    def _write_to_all(self) -> None:
        """Streams that all clients write at the same time, whatever version they stand at."""
        request = self.chance.choice(self.company.requests)
        self.change("POST", f"/requests/{request}/customer-message", {"text": "And? {key}"}, "*")

    # --- How they send it ---

    def change(
        self, method: str, path: str, body: dict[str, Any], seen: int | str | None = None
    ) -> Acknowledged | None:
        """Send a change until it is acknowledged; None where it never was."""
        self.number += 1
        key = f"key-{self.name}-{self.number}-"
        headers = {
            "Authorization": f"Bearer {self.company.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        if seen is not None:
            headers["If-Match"] = "*" if seen == "*" else f'"{seen}"'
        data = json.dumps(body).replace("{key}", key).encode()
        first_sent, attempts = time.monotonic(), 0
        while self.deadline is None or time.monotonic() < self.deadline:
            attempts, last_sent_at = attempts + 1, time.time()
            status, told = self._ask(method, path, data, headers)
            if status in {200, 201}:
                done = Acknowledged(
                    key=key,
                    stream_id=told["id"],
                    version=int(told["version"]),
                    position=int(told["position"] or 0),
                    first_sent=first_sent,
                    answered=time.monotonic(),
                    last_sent_at=last_sent_at,
                    attempts=attempts,
                )
                self.journal.acknowledged.append(done)
                return done
            code = told.get("code", told.get("lost", "?"))
            self.journal.statuses[f"{status} {code}" if status else code] += 1
            if 0 < status < 500 and code != "idempotency.in-flight":
                self.journal.refused.append(
                    f"{key} {method} {path}, attempt {attempts}: {status} {told}"
                )
                return None
            if attempts > 1:  # the first time at once: what was sent may still be under way
                time.sleep(AGAIN_SECONDS)
        self.journal.unanswered.append(key)
        return None

    def _ask(
        self, method: str, path: str, data: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """The status and the answer; 0 where there was none."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=PATIENCE_SECONDS
                )
            self._connection.request(method, API + path, data, headers)
            response = self._connection.getresponse()
            told = json.loads(response.read())
            return response.status, told if isinstance(told, dict) else {}
        except (OSError, http.client.HTTPException) as error:
            self._close()
            return 0, {"lost": type(error).__name__}

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None


class Load:
    """Several clients at once, each in a thread."""

    def __init__(self, name: str, count: int, port: int, company: Company) -> None:
        self.journal = Journal()
        self._stop = threading.Event()
        self.clients = [
            Client(f"{name}-{number}", port, company, self.journal) for number in range(count)
        ]
        self._threads = [
            threading.Thread(target=client.run, args=(self._stop,), daemon=True)
            for client in self.clients
        ]

    def start(self) -> None:
        """Let them begin."""
        for thread in self._threads:
            thread.start()

    @property
    def count(self) -> int:
        """How much has been acknowledged so far."""
        return len(self.journal.acknowledged)

    def stop(self, patience: float) -> None:
        """Let each finish what it has sent, and wait for them."""
        for client in self.clients:
            client.deadline = time.monotonic() + patience
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(patience + PATIENCE_SECONDS + 1)
