"""Slow clients: they are told so, they wait by themselves, and keep nobody else from an answer."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.web.client import PATIENCE
from tests.web.wire import FORBIDDEN, change, connect, read, rest
from web import connections
from web.connections import Line, TooSlow

pytest_plugins = ["tests.web.fixtures"]

MEGABYTE = 1024 * 1024


def drip(connection: socket.socket, byte: bytes) -> threading.Thread:
    """Go on sending, a byte now and then, until nobody listens any more."""

    def go_on() -> None:
        with suppress(OSError):
            for _ in range(600):
                time.sleep(0.1)
                connection.sendall(byte)

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    return thread


HALF = b"GET /health HTTP/1.1\r\nHost: concord\r\nX: "
LAST = b"GET /health HTTP/1.1\r\nHost: concord\r\nConnection: close\r\n\r\n"


@pytest.mark.slow
def test_whoever_sends_slowly_is_told_so_and_keeps_nobody_waiting(serve, dsn):
    with ExitStack() as ends, serve(dsn, CONCORD_THREADS="2") as running:
        api, facts = running.api, running.facts()

        def many(sent: bytes) -> list[socket.socket]:
            return [ends.enter_context(connect(api, sent)) for _ in range(10)]

        silent, half, answered = many(b""), many(HALF), many(LAST)
        without_key = many(change(None, "Content-Length: 50"))
        drops = drip(half[0], b"x")
        for _ in range(5):
            api.get("//health").went_well()

        # A body is read by a thread, once its sender has shown a key: that has an end, too.
        bodies = [
            ends.enter_context(connect(api, change(api.key, *headers) + start))
            for headers, start in [
                (["Content-Length: 5000"], b'{"details"'),
                (["Transfer-Encoding: chunked"], b"32\r\n{"),
            ]
        ]
        drops_too = drip(bodies[0], b" ")
        for connection in (*half, *bodies):
            answer = read(rest(connection))
            answer.refused(408, "request.too-slow")
            assert answer.headers["Connection"] == "close"
            assert {name: answer.headers[name] for name in FORBIDDEN} == FORBIDDEN
        assert [rest(connection) for connection in silent] == [b""] * len(silent)
        assert {read(rest(connection)).status for connection in answered} == {200}
        assert {read(rest(connection)).status for connection in without_key} == {401}
        for thread in (drops, drops_too):
            thread.join(timeout=PATIENCE)
            assert not thread.is_alive()
        api.get("//health").went_well()
        assert running.facts() == facts
        told = [line["status"] for line in running.logged("unreadable")]
        assert told.count(408) == len(half)
        assert [one["status"] for one in running.logged("request")].count(408) == len(bodies)
        assert running.logged("fault") == []
        many(HALF)  # and it ends all the same, with such connections open


def test_a_header_may_come_in_pieces(api):
    with connect(api) as connection:
        for byte in LAST:
            connection.sendall(bytes([byte]))
        assert read(rest(connection)).status == 200


def test_several_requests_may_come_at_once_and_in_part(api):
    with connect(api) as connection:
        more = LAST.replace(b"close", b"keep-alive")
        for piece in (more + more[:20], more[20:] + LAST[:-3], LAST[-3:]):
            connection.sendall(piece)
            time.sleep(0.2)
        assert re.findall(rb"HTTP/1.1 (\d+) ", rest(connection)) == [b"200"] * 3


def test_whoever_goes_in_the_middle_of_a_header_is_let_go(api):
    assert api.send(HALF) == b""
    assert api.send(b"") == b""


@pytest.fixture
def ends() -> Iterator[tuple[Line, socket.socket]]:
    """Both ends of a connection."""
    here, there = socket.socketpair()
    with Line(fileno=here.detach()) as line, there:
        yield line, there


def test_whoever_does_not_take_the_answer_loses_it(ends, monkeypatch):
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.2)
    line, there = ends
    ends_it = threading.Timer(PATIENCE, there.close)  # else a mistake would hang the tests
    ends_it.start()
    with pytest.raises(BrokenPipeError):
        line.sendall(b"x" * 100 * MEGABYTE)
    assert ends_it.is_alive()
    ends_it.cancel()
    with pytest.raises(BrokenPipeError):  # the whole answer has one time
        line.sendall(b"x")


def test_whoever_takes_the_answer_by_and_by_gets_it(ends):
    line, there = ends
    taken = bytearray()

    def take() -> None:
        while piece := there.recv(MEGABYTE):
            taken.extend(piece)

    thread = threading.Thread(target=take)
    thread.start()
    for _ in range(3):
        line.sendall(b"x" * MEGABYTE)
    line.shutdown(socket.SHUT_WR)
    thread.join(timeout=PATIENCE)
    assert len(taken) == 3 * MEGABYTE


def test_what_is_not_sent_in_time_is_not_waited_for(ends):
    line, there = ends
    given_up = []
    line.give_up = lambda: given_up.append(True)
    line.hears_until = time.monotonic() + 0.2
    there.sendall(b"in time")
    assert line.recv(100) == b"in time"
    with pytest.raises(TooSlow):
        line.recv(100)
    there.sendall(b"too late")
    with pytest.raises(TooSlow):
        line.recv(100)
    assert given_up
