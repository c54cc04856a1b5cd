"""Asking a running Concord over HTTP as any program would: sockets, bytes, nothing of Flask."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Any
from urllib.parse import quote, urlencode

API = "/api/v1"
PATIENCE = 20.0  # seconds; a server that takes longer hangs
OWN = "own"
"""After what was written last through this program, whomever it acted as."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def id(self) -> str:
        """The id of the thing that was changed."""
        return str(self.json["id"])

    @property
    def version(self) -> int:
        """The version it stands at now."""
        return int(self.json["version"])

    @property
    def position(self) -> str | None:
        """The position of the fact it led to."""
        return self.json["position"]  # type: ignore[no-any-return]

    @property
    def ids(self) -> list[str]:
        """The ids of the items of a page."""
        return [item["id"] for item in self.json["items"]]

    @property
    def pointers(self) -> list[str]:
        """The fields a problem blames."""
        return [error["pointer"] for error in self.json.get("errors", [])]

    def went_well(self) -> "Answer":
        """It was done, or found."""
        assert self.status in {200, 201}, f"{self.status}: {self.body[:2000]!r}"
        return self

    def refused(self, status: int, code: str, *pointers: str) -> "Answer":
        """It is a problem document with this status and code that blames these fields."""
        told = self.problem()
        found = (self.status, told["code"], tuple(self.pointers))
        assert found == (status, code, pointers), f"{found}: {told['detail']}"
        return self

    def problem(self) -> dict[str, Any]:
        """The problem document; it is whole and agrees with the answer around it."""
        kind = self.headers["Content-Type"]
        assert kind == "application/problem+json", f"{self.status} {kind}: {self.body[:500]!r}"
        told: dict[str, Any] = self.json
        assert set(told) - {"errors"} == {
            "type", "title", "status", "code", "detail", "request_id",
        }  # fmt: skip
        assert told["status"] == self.status
        assert told["type"] == f"urn:concord:problem:{told['code']}"
        assert told["request_id"] == self.headers["X-Request-Id"]
        assert all(told[name] for name in ("title", "code", "detail", "request_id")), told
        for error in told.get("errors", []):
            assert set(error) == {"pointer", "detail"}
            assert error["detail"]
        return told


@dataclass(frozen=True)
class Api:
    """A caller with a key; each question on a connection of its own.

    It reads what it wrote: a read waits for that unless it is told what to wait for.
    """

    port: int
    key: str | None
    written: list[int] = field(default_factory=lambda: [0], repr=False, compare=False)
    """The position of what was written last; with those that act as others it is shared."""

    def acting_as(self, key: str | None) -> "Api":
        """The same server, asked by somebody else."""
        return replace(self, key=key)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        seen: Any = None,
        after: Any = OWN,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Send a request below ``/api/v1`` (or to ``//path`` outside it) and take the answer.

        ``body`` is sent as JSON, ``raw`` as it is. ``seen``: the version for If-Match.
        ``after``: what a read must have come to, an answer or a position; None: it does not wait.
        """
        told = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            told["Content-Type"] = "application/json"
        if seen is not None:
            told["If-Match"] = f'"{seen.version if isinstance(seen, Answer) else seen}"'
        if after == OWN:
            after = (self.written[0] or None) if method == "GET" else None
        if after is not None:
            told["Concord-Min-Position"] = str(getattr(after, "position", after))
            told["Prefer"] = "wait=10"  # patience, unless the headers say otherwise
        told |= headers or {}
        url = path.removeprefix("/") if path.startswith("//") else API + path
        if query:
            names = {name.removeprefix("_"): value for name, value in query.items()}
            url += ("&" if "?" in url else "?") + urlencode(names, quote_via=quote)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                # A server may answer before it has read all, as it does to what is too large.
                connection.request(method, url, raw, {"Connection": "close"} | told)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if method != "GET" and (position := answer.headers["Concord-Position"]):
            self.written[0] = max(self.written[0], int(position))
        return answer

    def get(self, path: str, **more: Any) -> Answer:
        """Read."""
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        """Create, or do something by its name."""
        return self.ask("POST", path, body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> Answer:
        """Change details."""
        return self.ask("PATCH", path, body, **more)

    def pages(self, path: str, **query: Any) -> list[Answer]:
        """Every page of a list, from the first to the last."""
        found = [self.get(path, **query).went_well()]
        while cursor := found[-1].json["next_cursor"]:
            found.append(self.get(path, **query, cursor=cursor).went_well())
            assert len(found) < 1000, "It never ends."
        return found

    def send(self, request: bytes) -> bytes:
        """Send bytes that need not be HTTP, and take all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while more := connection.recv(65536):
                received += more
            return received


def wait_until(
    condition: Callable[[], bool], complaint: Callable[[], str] = lambda: "", seconds: float = 10.0
) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"It did not come to it. {complaint()}"
        time.sleep(0.05)
