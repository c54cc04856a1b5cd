"""Connections: whoever sends or takes slowly waits alone, and keeps nobody else from an answer.

A thread of gunicorn's reads a request from its first byte on, for as long as that takes, and the
loop that watches all connections waits for each that ends. Here the loop collects a header by
itself, a thread begins where there is one, and body and answer have a time to be done in.
"""

import errno
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http import get_parser
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from web.problems import Problem

HEADER_SECONDS = 10.0
"""How long a request's header may take to arrive."""
BODY_SECONDS = 20.0
"""How long its body may take."""
ANSWER_SECONDS = 60.0
"""How long a client may take to fetch its answer."""
LEFTOVER_SECONDS = 1.0
"""How long what is left of a body that nobody read is waited for, to keep the connection."""
PARTING_SECONDS = 2.0
"""How long a connection that is done with stays half open, so that its answer is not cut off."""

MAX_CONNECTIONS = 500
"""Connections of one process at once: each is a file, and 1,024 files are a usual limit."""
MAX_LINE = 4094
MAX_HEADER = 64 * 1024
_MOST_DISCARDED = 1024 * 1024
_PIECE = 16 * 1024
_END = b"\r\n\r\n"
_PASSING = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)


class TooSlow(Problem):
    """The client did not send its request in time."""

    def __init__(self) -> None:
        seconds = f"{HEADER_SECONDS:.0f} seconds for the header, {BODY_SECONDS:.0f} for the body"
        super().__init__(
            408, "request.too-slow", f"The request took too long to arrive: {seconds}."
        )


class Line(socket.socket):
    """A connection that gives its client only so much time to send, and to take what is sent."""

    hears_until: float | None = None
    tells_until: float | None = None
    give_up: Callable[[], None] | None = None
    """What to do where the client was too slow; beside raising ``TooSlow``."""

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive; raise ``TooSlow`` where the time is over."""
        if self.hears_until is None:
            return super().recv(bufsize, flags)
        with suppress(TimeoutError):
            if (left := self.hears_until - time.monotonic()) > 0:
                self.settimeout(left)
                return super().recv(bufsize, flags)
        if self.give_up is not None:
            self.give_up()
        raise TooSlow

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send; all that is sent of one answer has one time, however often this is called."""
        if self.tells_until is None:
            self.tells_until = time.monotonic() + ANSWER_SECONDS
        with suppress(TimeoutError):
            if (left := self.tells_until - time.monotonic()) > 0:
                self.settimeout(left)
                super().sendall(data, flags)
                return
        # As if the client had gone: that is nothing to log a fault for.
        raise BrokenPipeError(errno.EPIPE, "The client takes its answer too slowly.")


class Legible:
    """A body; where it is none that can be read, the client is told, as with a header."""

    def __init__(self, reader: Any, told: Callable[[Exception], Problem]) -> None:
        self.reader, self.told = reader, told

    def read(self, size: int) -> Any:
        """Read on; raise ``Problem`` where it makes no sense."""
        try:
            return self.reader.read(size)
        except ParseException as error:
            raise self.told(error) from error


class Conversation(TConn):
    """One connection, and what has arrived on it of the next header."""

    sock: Line
    parser: Any
    timeout: float | None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.arrived = bytearray()
        self.discarded = 0

    def begin(self) -> bool:
        """Begin with the next header; return whether a thread can read it already."""
        self.sock.setblocking(False)
        self.sock.hears_until = self.sock.tells_until = None
        self.timeout = time.monotonic() + HEADER_SECONDS
        if self.parser is not None:  # it may have read on into the next request
            self.arrived += self.parser.unreader.take_buffered()
        return _END in self.arrived or self.hear()

    def hear(self) -> bool:
        """Take what has arrived; return whether there is no more to wait for."""
        try:
            piece = self.sock.recv(_PIECE)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        searched = max(0, len(self.arrived) - len(_END) + 1)
        self.arrived += piece
        return not piece or self.arrived.find(_END, searched) >= 0 or self.too_large()

    def too_large(self) -> bool:
        """Whether this is more than a header has."""
        return len(self.arrived) > MAX_HEADER and self.arrived.find(_END, 0, MAX_HEADER) < 0

    def hand_over(self) -> None:
        """Let the parser begin with what has arrived."""
        if self.parser is None:
            self.parser = get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader.unread(bytes(self.arrived))
        self.arrived.clear()
        self.data_ready = True

    def part(self) -> bool:
        """Say that no more is coming from here; return whether the client has gone already."""
        try:
            self.sock.hears_until = None
            self.sock.setblocking(False)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return True
        self.timeout = time.monotonic() + PARTING_SECONDS
        return self.has_gone()

    def has_gone(self) -> bool:
        """Discard what still arrives; return whether nothing more does, or too much."""
        try:
            piece = self.sock.recv(_PIECE)
        except BlockingIOError:
            return False
        except OSError:
            return True
        self.discarded += len(piece)
        return not piece or self.discarded > _MOST_DISCARDED


class PatientWorker(ThreadWorker):
    """A worker whose threads have work to do: they wait for no header and for no farewell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pending_conns: deque[Conversation] = deque()
        self.parting: deque[Conversation] = deque()

    def told(self, error: Exception) -> Problem:
        """Return the problem with what cannot be read."""
        raise NotImplementedError

    def refusal(self, error: Exception) -> bytes:
        """Return the whole answer to what cannot be read."""
        raise NotImplementedError

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _PASSING:
                raise
            return
        self.nr_conns += 1
        line = Line(fileno=client.detach())
        self.enqueue_req(Conversation(self.cfg, line, address, listener.getsockname()))

    def enqueue_req(self, conn: Conversation) -> None:
        """Wait for the next header, and hand it to a thread when it is there."""
        if conn.begin():
            super().enqueue_req(conn)
            return
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._listen, conn))

    def _listen(self, conn: Conversation, _sock: Any) -> None:
        if conn.hear():
            self.poller.unregister(conn.sock)
            self.pending_conns.remove(conn)
            super().enqueue_req(conn)

    def handle(self, conn: Conversation) -> Any:
        """Answer a request whose header has arrived, in a thread."""
        conn.sock.hears_until = time.monotonic() + HEADER_SECONDS
        conn.sock.give_up = None
        if conn.too_large():
            long_line = b"\r\n" not in conn.arrived[: MAX_LINE + 2]
            error = LimitRequestLine(MAX_HEADER) if long_line else LimitRequestHeaders("all")
            self.handle_error(None, conn.sock, conn.client, error)
            return False
        conn.hand_over()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Conversation) -> Any:
        """Answer it; from here on its body has its time."""
        conn.sock.give_up = req.force_close  # where the next request begins is not known then
        conn.sock.hears_until = time.monotonic() + BODY_SECONDS
        req.body.reader = Legible(req.body.reader, self.told)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Conversation, keepalive: Any) -> bool:
        conn.sock.hears_until = None
        deadline = time.monotonic() + LEFTOVER_SECONDS
        return bool(keepalive and conn.parser.finish_body(deadline=deadline))

    def finish_request(self, conn: Conversation, fs: "Future[Any]") -> None:
        """Keep the connection for the next request, or take leave of it."""
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            self._part(conn)

    def _part(self, conn: Conversation) -> None:
        if conn.part():
            self._let_go(conn)
            return
        self.parting.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._leave, conn))

    def _leave(self, conn: Conversation, _sock: Any) -> None:
        if conn.has_gone():
            self.poller.unregister(conn.sock)
            self.parting.remove(conn)
            self._let_go(conn)

    def _let_go(self, conn: Conversation) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Give up on those whose time is over; each of the two stands in order of time."""
        for conn in self._overdue(self.pending_conns):
            if conn.arrived:
                with suppress(OSError):  # sent or not, the loop does not wait for it
                    conn.sock.send(self.refusal(TooSlow()))
            self._part(conn)
        for conn in self._overdue(self.parting):
            self._let_go(conn)

    def _overdue(self, waiting: deque[Conversation]) -> list[Conversation]:
        found = []
        now = time.monotonic()
        while waiting and (waiting[0].timeout or 0) <= now:
            found.append(waiting.popleft())
            self.poller.unregister(found[-1].sock)
        return found
