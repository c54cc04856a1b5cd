"""The ``concord`` command, run as people run it, but for its imports, which are done only once.

Each run is a process of its own: with its own arguments, environment, input and output, and it ends
as any ``concord`` does. It is forked from one that has imported the command and done nothing else:
hundreds of runs would spend most of their time importing. Tests that are about the start of a
process, or about what it inherits beside ``CONCORD_*`` and ``DATABASE_URL``, start a real one.
"""

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

MOST = 100_000  # bytes of arguments and settings
SECONDS = 120


@dataclass(frozen=True)
class Command:
    """Runs ``concord``."""

    channel: socket.socket

    def run(
        self, *words: object, given: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end with these arguments, standard input and settings."""
        assert all(name.startswith("CONCORD_") or name == "DATABASE_URL" for name in settings)
        asked = [str(word) for word in words]
        told = json.dumps({"words": asked, "settings": dict(os.environ) | settings})
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            stdin.write(given.encode())
            stdin.seek(0)
            with theirs:
                files = [theirs.fileno(), stdin.fileno(), stdout.fileno(), stderr.fileno()]
                socket.send_fds(self.channel, [told.encode()], files)
            ours.settimeout(SECONDS)
            process = int(ours.recv(100))
            try:
                code = int(ours.recv(100))
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise
            for file in (stdout, stderr):
                file.seek(0)
            said, complained = stdout.read().decode(), stderr.read().decode()
            return subprocess.CompletedProcess(asked, code, said, complained)


@contextmanager
def imported() -> Iterator[Command]:
    """Keep a process that is ready to run the command for as long as the block."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.command", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        yield Command(ours)
    assert process.wait(timeout=20) == 0


def wait_for_work(channel: socket.socket) -> None:
    """Fork for each run, until nobody is left to ask for one; return in what is to run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for them
    while True:
        told, files, _, _ = socket.recv_fds(channel, MOST, 4)
        if not told:
            sys.exit(0)
        if os.fork() == 0:
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run(json.loads(told), *files)
            return
        for file in files:
            os.close(file)


def _run(told: dict[str, Any], answer: int, *files: int) -> None:
    child = os.fork()
    if child:
        os.write(answer, str(child).encode())
        _, status = os.waitpid(child, 0)
        os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(answer)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(told["settings"])
    sys.argv[1:] = told["words"]


if __name__ == "__main__":
    import web.cli  # noqa: F401

    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        wait_for_work(asked)
    runpy.run_module("web", run_name="__main__", alter_sys=True)
