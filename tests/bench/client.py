"""Clients of a web server: keep-alive connections, each asks again as soon as it has its answer.

All in one thread over plain sockets, so that on two cores most of the time is the server's.
"""

import re
import selectors
import socket
import time
from dataclasses import dataclass, field
from itertools import chain, cycle
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ETAG = re.compile(rb'\r\netag: *"(\d+)"', re.IGNORECASE)


@dataclass
class Connection:
    """One client: it asks its requests in turn, and knows the version it was last told."""

    link: socket.socket
    requests: Any
    asked: float = 0.0
    version: bytes = b"0"
    received: bytearray = field(default_factory=bytearray)

    def ask(self) -> None:
        self.asked = time.perf_counter()
        self.received.clear()
        self.link.sendall(next(self.requests).replace(b"{version}", self.version))

    def hear(self) -> int | None:
        """Read what has come; return the status once the answer is whole."""
        said = self.link.recv(1 << 18)
        if not said:
            raise ConnectionError(f"The server hung up after {bytes(self.received[:200])!r}.")
        self.received += said
        head = self.received.find(b"\r\n\r\n")
        if head < 0:
            return None
        top = bytes(self.received[:head])
        length = _LENGTH.search(top)
        if len(self.received) - head - 4 < int(length[1] if length else 0):
            return None
        if etag := _ETAG.search(top):
            self.version = etag[1]
        return int(top[9:12])


def load(
    port: int, seconds: float, clients: list[list[str]], wanted: int | None = None
) -> dict[str, Any]:
    """Ask for so long, each client its own requests; return the rate and the times taken.

    A client asks its first request once, beforehand, and then the others in turn. A request may
    say ``{version}``: the one that the last answer's ETag told. Raises ``RuntimeError`` where an
    answer is not a success, or of the status that is ``wanted``.
    """
    taken: list[float] = []
    with selectors.DefaultSelector() as selector:
        for first, *others in clients:
            link = socket.create_connection(("127.0.0.1", port), timeout=20)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(link, chain([first.encode()], cycle(map(str.encode, others))))
            connection.ask()
            while connection.hear() is None:
                pass
            selector.register(link, selectors.EVENT_READ, connection)
        began = time.perf_counter()
        for key in selector.get_map().values():
            key.data.ask()
        while selector.get_map():
            for key, _ in selector.select(timeout=20):
                connection = key.data
                if (status := connection.hear()) is None:
                    continue
                now = time.perf_counter()
                if status != wanted if wanted else not 200 <= status < 300:
                    raise RuntimeError(f"The answer was {bytes(connection.received)!r}")
                taken.append(now - connection.asked)
                if now < began + seconds:
                    connection.ask()
                else:
                    selector.unregister(connection.link)
                    connection.link.close()
    return {"rate": len(taken) / (time.perf_counter() - began), "seconds": sorted(taken)}


def request(method: str, path: str, body: str = "", **headers: str) -> str:
    """Write a request down; ``_`` in a header's name stands for ``-``."""
    raw = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if raw:
        lines += ["Content-Type: application/json", f"Content-Length: {len(raw)}"]
    return "\r\n".join((*lines, "", body))
