"""Requests written by hand, byte for byte, and what comes back for them."""

import socket
from contextlib import suppress
from email.message import Message
from email.parser import BytesParser

from tests.web.client import API, PATIENCE, Answer, Api

FORBIDDEN = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer forbids a browser."""


def read(answer: bytes) -> Answer:
    """Read one answer, as it came over the wire."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    told: Message = BytesParser().parsebytes(headers)
    return Answer(int(line.split(b" ")[1]), told, body)


def connect(api: Api, sent: bytes = b"") -> socket.socket:
    """Connect, and send this for a start."""
    connection = socket.create_connection(("127.0.0.1", api.port), timeout=3 * PATIENCE)
    connection.sendall(sent)
    return connection


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def change(key: str | None, *headers: str) -> bytes:
    """The header of a change."""
    lines = [
        f"POST {API}/customers HTTP/1.1",
        "Host: concord",
        "Content-Type: application/json",
        *([f"Authorization: Bearer {key}"] if key else []),
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
