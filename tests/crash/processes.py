"""Processes that are started, killed for real and started again, each known by its id."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

RESTART_SECONDS = 0.05
GOODBYE_SECONDS = 30.0


@dataclass(frozen=True)
class Process:
    """A process of this machine. Ids are given again, so its start tells it from a later one."""

    pid: int
    parent: int
    session: int
    started: int

    @classmethod
    def find(cls, pid: int) -> "Process | None":
        """The living process with this id; zombies are dead."""
        try:
            text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, parent, _, session, *rest = text.rpartition(")")[2].split()
        return None if state in "ZX" else cls(pid, int(parent), int(session), int(rest[15]))

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        found = Process.find(self.pid)
        return found is not None and found.started == self.started

    @property
    def title(self) -> str:
        """What it calls itself."""
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_text(errors="replace").strip("\0 ")
        except (FileNotFoundError, ProcessLookupError):
            return ""

    def send(self, number: signal.Signals) -> bool:
        """Send it a signal; tell whether it was still there."""
        with suppress(ProcessLookupError):
            if self.alive:
                os.kill(self.pid, number)
                return True
        return False

    def kill(self) -> bool:
        """Kill it for real: no handler, no goodbye."""
        return self.send(signal.SIGKILL)


def processes() -> list[Process]:
    """Every living process, the oldest first."""
    found = (Process.find(int(entry.name)) for entry in Path("/proc").glob("[0-9]*"))
    living = [process for process in found if process is not None]
    return sorted(living, key=lambda process: (process.started, process.pid))


def children(pid: int) -> list[Process]:
    """The living children of a process, the oldest first."""
    return [process for process in processes() if process.parent == pid]


def wait_until(holds: Callable[[], object], seconds: float, step: float = 0.01) -> bool:
    """Look again and again until it is so, or the time is over; tell which."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


class Service:
    """A command that is started again whenever it ends, as a service manager does."""

    def __init__(self, *command: str, log: Path, **environment: str) -> None:
        self.command = [sys.executable, *command]
        self.log = log
        self.environment = _plain(os.environ) | environment
        self.unasked: list[int] = []
        """The exit codes of those that ended without being killed."""
        self._orphans: set[Process] = set()
        self._killed: set[int] = set()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Start it, and again each time it ends, until it is stopped."""
        self._thread.start()

    def main(self) -> Process | None:
        """The process itself, while it runs."""
        found = None if self._process is None else Process.find(self._process.pid)
        return found if found is not None and found.parent == os.getpid() else None

    def workers(self) -> list[Process]:
        """Its children, the oldest first."""
        main = self.main()
        return [] if main is None else children(main.pid)

    def kill(self) -> bool:
        """Kill the process itself; its children are left to notice."""
        main = self.main()
        if main is None:
            return False
        self._killed.add(main.pid)
        return main.kill()

    def stop(self) -> int | None:
        """End it as an administrator does; return its exit code, None where it had to be killed."""
        self._stopping.set()
        if not self._thread.ident:
            return 0
        if main := self.main():
            main.send(signal.SIGTERM)
        self._thread.join(GOODBYE_SECONDS)
        in_time = not self._thread.is_alive()
        if main := self.main():
            main.kill()
        self._thread.join(GOODBYE_SECONDS)
        for process in self._orphans:
            process.kill()
        return self._process.returncode if in_time and self._process is not None else None

    def left(self) -> list[Process]:
        """Those of its processes that still run."""
        main = self.main()
        return [process for process in self._orphans if process.alive] + ([main] if main else [])

    def _supervise(self) -> None:
        with self.log.open("ab") as log:
            while not self._stopping.is_set():
                self._process = process = subprocess.Popen(
                    self.command,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for us: we end it
                )
                if self._stopping.is_set():  # it was too young to be found
                    process.terminate()
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                # Not yet reaped: nobody else can have its id, nor that of its session.
                self._orphans.update(each for each in processes() if each.session == process.pid)
                code = process.wait()
                if not self._stopping.is_set():
                    if process.pid not in self._killed:
                        self.unasked.append(code)
                    self._stopping.wait(RESTART_SECONDS)


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what configures a Concord of somebody else's."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("CONCORD_", "PROMETHEUS_")) and name != "DATABASE_URL"
    }
