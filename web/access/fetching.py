"""Fetching from other servers: over TLS, from public addresses, briefly, and not without end.

Whoever may name an address (a provider, a webhook) must not reach through us what only we reach:
the machine itself, the company's network, a cloud's metadata. A name is looked up once, every
address it has is checked, and the connection goes to one that was.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

SECONDS = 5.0
"""How long a fetch may take, from the first byte to the last."""
MOST = 1024 * 1024
"""How many bytes an answer may have."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]


class NotFetched(Exception):
    """Nothing could be fetched, or nothing that can be used."""


class Forbidden(NotFetched):
    """The address is none that may be fetched from."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What another server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON. Raises ``NotFetched`` where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise NotFetched("The answer is not JSON.") from error


def is_public(address: Address) -> bool:
    """Tell whether an address is one that anybody reaches, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if any(each is not None and not is_public(each) for each in inner):
            return False
        if address.ipv4_mapped is not None:
            return True
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def addresses(host: str, port: int) -> list[str]:
    """Look a name up: every address it has."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Fetcher:
    """Fetches what may be fetched.

    ``allow_private`` is for a provider within the company: then private addresses, too, and there
    (nowhere else) without TLS.
    """

    allow_private: bool = False
    seconds: float = SECONDS
    most: int = MOST
    resolve: Resolve = addresses
    tls: ssl.SSLContext | None = None

    def fetch(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Ask another server and return its answer; where it sends us on, we do not go.

        Raises ``Forbidden`` and ``NotFetched``.
        """
        parts, host, port = self._checked(url)
        places = self._places(parts.scheme, host, port)
        connection = _Connection(host, port, places, self._tls(parts.scheme), self.seconds)
        told = {"Accept": "application/json", "Accept-Encoding": "identity"} | dict(headers or {})
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        timer = threading.Timer(self.seconds, connection.cut_off)
        timer.daemon = True
        timer.start()
        with closing(connection):
            try:
                connection.request(method, path, body, told)
                with connection.getresponse() as response:
                    content = response.read(self.most + 1)
            except (OSError, http.client.HTTPException, ValueError) as error:
                slow = connection.is_cut_off or isinstance(error, TimeoutError)
                why = "did not answer in time" if slow else "could not be asked"
                raise NotFetched(f"{host} {why} ({type(error).__name__}).") from error
            finally:
                timer.cancel()
            if connection.is_cut_off:
                raise NotFetched(f"{host} did not answer in time.")
            if len(content) > self.most:
                raise NotFetched(f"{host} answered with more than {self.most:,} bytes.")
            return Fetched(response.status, dict(response.headers), content)

    def _checked(self, url: str) -> tuple[SplitResult, str, int]:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Forbidden("It is no URL.") from error
        schemes = ("https", "http") if self.allow_private else ("https",)
        if parts.scheme not in schemes:
            raise Forbidden(f"Only {' and '.join(schemes)} is fetched.")
        if not parts.hostname or parts.username is not None or parts.password is not None:
            raise Forbidden("A URL needs a host, and must not name a user.")
        return parts, parts.hostname, port or (443 if parts.scheme == "https" else 80)

    def _places(self, scheme: str, host: str, port: int) -> list[str]:
        try:
            found = self.resolve(host, port)
            parsed = [ipaddress.ip_address(each.partition("%")[0]) for each in found]
        except (OSError, ValueError) as error:  # ValueError: no name there can be
            raise NotFetched(f"{host} has no address.") from error
        if not parsed:
            raise NotFetched(f"{host} has no address.")
        public = all(is_public(each) for each in parsed)
        if not public and not self.allow_private:
            raise Forbidden(f"{host} has an address that is not public.")
        if public and scheme != "https":
            raise Forbidden("Over the internet only https is fetched.")
        return found

    def _tls(self, scheme: str) -> ssl.SSLContext | None:
        return (self.tls or ssl.create_default_context()) if scheme == "https" else None


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were checked, under the name they were looked up by."""

    def __init__(
        self, host: str, port: int, places: list[str], tls: ssl.SSLContext | None, seconds: float
    ) -> None:
        if tls is not None:
            self.default_port = http.client.HTTPS_PORT
        super().__init__(f"[{host}]" if ":" in host else host, port, timeout=seconds)
        self.places = places
        self.tls = tls
        self.is_cut_off = False
        self.line: socket.socket | None = None
        """The library forgets its own when the answer ends with the connection."""

    def connect(self) -> None:
        """Connect to the first that answers; over TLS its certificate must be the name's."""
        self.sock = self.line = self._reached()
        if self.is_cut_off:
            raise TimeoutError
        if self.tls is not None:
            talking = self.tls.wrap_socket(
                self.line,
                server_hostname=self.host.strip("[]"),
                do_handshake_on_connect=False,
            )
            self.sock = self.line = talking
            talking.do_handshake()

    def _reached(self) -> socket.socket:
        *others, last = self.places
        for place in others:
            with suppress(OSError):
                return socket.create_connection((place, self.port), timeout=self.timeout)
            if self.is_cut_off:
                raise TimeoutError
        return socket.create_connection((last, self.port), timeout=self.timeout)

    def cut_off(self) -> None:
        """End it from another thread, however far it has come."""
        self.is_cut_off = True
        if (line := self.line) is not None:
            with suppress(OSError):
                # Below TLS: who reads at this moment finds that nothing more comes.
                socket.socket.shutdown(line, socket.SHUT_RDWR)
