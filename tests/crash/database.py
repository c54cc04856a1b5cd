"""A durable PostgreSQL of one's own that can be killed and started again over the same data."""

import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from application.store.embedded import EmbeddedUnavailable, Server, embedded_server
from tests.crash.processes import Process, children, wait_until

START_SECONDS = 60.0


class Database:
    """PostgreSQL with fsync on, kept running as a service manager would."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.dsn = ""
        self.recoveries: list[float] = []
        """How long each start after a kill took, in seconds."""
        self._stack = ExitStack()
        self._starting: threading.Thread | None = None
        self._ended = threading.Event()
        self._enter()

    def _enter(self) -> None:
        stack = ExitStack()
        server: Server = stack.enter_context(embedded_server(self.data, durable=True))
        # The earlier visit ends only now: whoever leaves last would stop the server.
        self._stack, before = stack, self._stack
        before.close()
        self.dsn = server.dsn

    def postmaster(self) -> Process | None:
        """The first process of the server, while it runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
        except (FileNotFoundError, ValueError):
            return None
        found = Process.find(pid)
        return found if found is not None and "postgres" in found.title else None

    def backends(self) -> list[Process]:
        """The processes that answer clients, the oldest first."""
        postmaster = self.postmaster()
        found = [] if postmaster is None else children(postmaster.pid)
        clients = [process for process in found if " [local]" in process.title]
        return sorted(clients, key=lambda process: (process.started, process.pid))

    def kill(self, *, alone: bool = False) -> bool:
        """Kill the postmaster, with all its children or ``alone``; then start it again.

        Left alone, its children end by themselves, some of them in the middle of a commit.
        """
        postmaster = self.postmaster()
        if postmaster is None:
            return False
        if alone:
            killed = postmaster.kill()
        else:
            postmaster.send(signal.SIGSTOP)  # it must not have children nobody counted
            for process in children(postmaster.pid):
                process.kill()
            killed = postmaster.kill()
        wait_until(lambda: not postmaster.alive, 10)
        self._restart()
        return killed

    def _restart(self) -> None:
        if self._starting is not None and self._starting.is_alive():
            return  # killed while it was starting: the same thread tries again
        self._starting = threading.Thread(target=self._start_again, daemon=True)
        self._starting.start()

    def _start_again(self) -> None:
        began = time.monotonic()
        while not self._ended.is_set():
            try:
                self._enter()
            except EmbeddedUnavailable:  # killed again meanwhile
                if time.monotonic() - began > START_SECONDS:
                    raise
                time.sleep(0.05)
                continue
            if self.postmaster() is not None:
                self.recoveries.append(time.monotonic() - began)
                return

    def close(self) -> None:
        """Stop the server for good."""
        self._ended.set()
        if postmaster := self.postmaster():
            postmaster.send(signal.SIGCONT)  # we may have been stopped between two signals
        if self._starting is not None:
            self._starting.join(START_SECONDS)
        self._stack.close()
