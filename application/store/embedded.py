"""Concord's own PostgreSQL, for whoever has not set up a server: started, shared and stopped here.

The first process to enter starts the server, others attach, and the last to leave stops it.
Three files beside the data directory carry that, each through `flock`, which the kernel lets go
of when a process dies, however it dies:

`<data>.lock`   held alone for the moment of entering or leaving;
`<data>.users`  shared by every process that is inside;
`<data>.log`    the server's output, locked by the server itself: it and all its children inherit
                the lock with their standard output, so a free lock proves that none is left.
                A process id proves less: it may be a zombie's, or a stranger's after a restart.
"""

import fcntl
import hashlib
import logging
import os
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from application.store import binaries
from application.store.binaries import (
    Account,
    Binaries,
    EmbeddedUnavailable,
    find_binaries,
    make_folder,
)

__all__ = ["EmbeddedUnavailable", "Server", "embedded_server"]

PATIENCE = 30.0  # seconds a server may stay silent while it starts, recovers or stops
QUEUE = 60.0  # seconds to wait for another process that is entering or leaving
GLANCE = 0.02  # seconds between two looks
SOCKET_FOLDER = 85  # bytes: macOS allows 104 for the socket in it
OLD_LOG = 10_000_000  # bytes of log after which the next start begins a new one

ORDINARY = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "idle_in_transaction_session_timeout": "60s",  # an idle writer holds back every follower
    "log_min_error_statement": "panic",  # customers' data stays out of the log
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


_warn = logging.getLogger(__name__).warning


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL that answers."""

    dsn: str  # libpq keywords for the owner, over a unix socket
    data: Path
    pid: int  # the postmaster's
    bin: Path  # the folder of the programs in use: pg_dump, psql …


@contextmanager
def embedded_server(
    data: Path,
    *,
    durable: bool = True,
    settings: Mapping[str, str] = {},
    say: Callable[[str], None] = _warn,
) -> Iterator[Server]:
    """Use the PostgreSQL of this data directory, made and started if need be.

    `data` is a folder inside one where files may be made beside it (not the root of a volume).
    `durable=False` trades safety against power loss for speed, for tests. `settings` are further
    server settings; like `durable` they matter only to the process that starts the server.
    `say` is told what the caller should know, such as that the data had to go elsewhere.
    A process that dies inside without unwinding may leave the server running: whoever uses the
    data next attaches to it, and stops it when leaving.
    """
    entered = os.getpid()
    try:
        cluster = _Cluster.settle(data, say)
        with cluster.alone() as lock:
            server = cluster.attach()
            if server is None:
                cluster.prepare(durable, lock)
                server = cluster.start({**ORDINARY, **({} if durable else NOT_DURABLE), **settings})
            place = cluster.join()
    except (OSError, subprocess.SubprocessError) as problem:
        raise EmbeddedUnavailable(
            f"PostgreSQL could not be started on {data} ({problem}): "
            "choose another folder or set DATABASE_URL."
        ) from problem
    try:
        yield server
    finally:
        # A forked child (a gunicorn worker) that unwinds through here has not entered. It must
        # not unlock either: it shares its parent's open file, and with it the parent's lock.
        if os.getpid() == entered:
            cluster.leave(place, say)


@dataclass(frozen=True)
class _Postmaster:
    """What `postmaster.pid` says of a server, which may be long gone."""

    pid: int
    folder: str  # of its socket
    port: str
    ready: bool

    def dsn(self) -> str:
        host = self.folder.replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' port={self.port} user=concord dbname=concord"

    def listens(self) -> bool:
        """Whether some process listens on its socket, or may do so where we cannot look."""
        if not self.folder:
            return True
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(f"{self.folder}/.s.PGSQL.{self.port}")
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except OSError:
                return True
        return True


@dataclass(frozen=True)
class _Cluster:
    """A data directory with the files beside it, who runs it, and with which programs."""

    data: Path
    account: Account
    binaries: Binaries

    @classmethod
    def settle(cls, wish: Path, say: Callable[[str], None]) -> "_Cluster":
        """Decide who runs the server, and put the data where they can enter."""
        data = Path(os.path.realpath(wish))
        account = Account.owning(data)
        existing = next(folder for folder in data.parents if folder.exists())
        if not account.enters(existing):
            if (data / "PG_VERSION").exists():
                raise EmbeddedUnavailable(
                    f"PostgreSQL runs as user {account.uid}, who cannot enter {existing}: "
                    f"move {data} to a folder open to that user, or set DATABASE_URL."
                )
            data = binaries.REFUGE / _short(data)
            say(
                f"PostgreSQL runs as user {account.uid}, who cannot enter {existing}: "
                f"the data is kept in {data}."
            )
            account = Account.owning(data)
        make_folder(data.parent)
        return cls(data, account, find_binaries(account, data))

    def _beside(self, ending: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{ending}")

    @property
    def log(self) -> Path:
        return self._beside("log")

    # Entering and leaving

    @contextmanager
    def alone(self) -> Iterator[int]:
        """Nobody else enters or leaves meanwhile; gives the open lock file."""
        deadline = time.monotonic() + QUEUE
        held = self._open(self._beside("lock"))
        try:
            while not _lock(held, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise EmbeddedUnavailable(
                        f"Another process has been starting or stopping PostgreSQL on {self.data} "
                        f"for {QUEUE:.0f} s: try again, end that process, or set DATABASE_URL."
                    )
                time.sleep(GLANCE)
            try:
                yield held
            finally:
                _unlock(held)
        finally:
            os.close(held)

    def join(self) -> int:
        """Count as a user from now on: the open file whose lock says so."""
        place = self._open(self._beside("users"))
        _lock(place, fcntl.LOCK_SH)  # asked for alone (see `alone`), so never refused
        return place

    def leave(self, place: int, say: Callable[[str], None]) -> None:
        """Stop being a user; stop the server if nobody else is one. Never raises."""
        # A forked child still holds a copy of the open file, so closing ours would not release
        # the lock: unlocking does, for all copies. Children of the process that entered live
        # on its stay and end with it. Between here and the probe others may come or go: each
        # comer joins, and each leaver probes, in its turn alone.
        _unlock(place)
        os.close(place)
        try:
            with self.alone():
                # Opened anew: a lock belongs to an open file, and we ask on behalf of nobody.
                if not self._locked(self._beside("users")):
                    self.stop(say)
        except (OSError, subprocess.SubprocessError, EmbeddedUnavailable) as problem:
            say(f"PostgreSQL on {self.data} may have been left running: {problem}")

    # The server's life

    def attach(self) -> Server | None:
        """The running server, once it answers; None when none runs.

        Waits for one that starts or recovers, as long as its log grows, and for one that stops.
        """
        deadline = time.monotonic() + PATIENCE
        size = self._log_size()
        while True:
            alive = self._locked(self.log)
            found = self._postmaster()
            if found is not None and found.ready:
                # Read again: while a new server starts, the file may still be the old one's.
                if self._answers(found) and self._postmaster() == found:
                    return Server(found.dsn(), self.data, found.pid, self.binaries.folder)
            elif size != (size := self._log_size()):
                deadline = time.monotonic() + PATIENCE
            if not alive:
                return None
            if time.monotonic() > deadline:
                raise EmbeddedUnavailable(
                    f"The PostgreSQL of {self.data} runs but does not answer: end process "
                    f"{found.pid if found else 'postgres'}, or set DATABASE_URL to use another "
                    f"server. The end of its log:\n{self._tail(0)}"
                )
            time.sleep(GLANCE)

    def prepare(self, durable: bool, lock: int) -> None:
        """Make the cluster and its database if there is none, all of it or nothing.

        The programs that do so inherit the lock of `alone`: should we be killed, whoever comes
        next waits until they too have ended before sweeping up after them.
        """
        if (self.data / "PG_VERSION").exists():
            self._adopt()
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedUnavailable(
                f"{self.data} holds files but no PostgreSQL data: "
                "choose an empty or new folder, or set DATABASE_URL."
            )
        for left in self.data.parent.iterdir():  # by a first use that was cut short
            if left.name.startswith(f"{self.data.name}.new-"):
                shutil.rmtree(left)
        staging = Path(tempfile.mkdtemp(prefix=f"{self.data.name}.new-", dir=self.data.parent))
        try:
            self.account.own(staging)
            self._initdb(staging, durable, lock)
            staging.rename(self.data)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        parent = os.open(self.data.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)

    def start(self, settings: Mapping[str, str]) -> Server:
        """Start the server and wait until it answers."""
        self._clear_stale()
        if self._log_size() > OLD_LOG:
            self.log.replace(self._beside("log.1"))
        written = self._log_size()
        folder = self._socket_folder()
        always = {  # what the rest of this module relies on
            "listen_addresses": "",
            "unix_socket_directories": f'"{folder}"',  # quoted, for it is a list
            "port": "5432",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        options = ["-D", str(self.data)]
        for name, value in {**settings, **always}.items():
            options += ["-c", f"{name}={value}"]
        try:
            log = self._open(self.log)
            try:
                _lock(log, fcntl.LOCK_EX)
                # pg_ctl leaves the server in a session of its own, where Ctrl-C does not reach
                # it, and to init, so that no zombie of it can look alive. The data directory
                # goes through PGDATA, as pg_ctl would put it to the shell without escaping.
                self.account.run(
                    *(self._tool("pg_ctl"), "start", "-W", "-s", "-o", shlex.join(options)),
                    output=log,
                    env={"PGDATA": str(self.data)},
                )
            finally:
                os.close(log)  # closed, not unlocked: the lock is the server's now
            server = self.attach()
        except BaseException:
            self.stop(lambda _: None)
            raise
        if server is None:
            _remove(folder)
            raise EmbeddedUnavailable(
                f"PostgreSQL did not start on {self.data}: correct what its log says, or set "
                f"DATABASE_URL to use another server. The end of {self.log}:\n{self._tail(written)}"
            )
        return server

    def stop(self, say: Callable[[str], None]) -> None:
        """Stop the server we or another Concord started; one started by hand is left alone."""
        found = self._postmaster()
        for mode in ("fast", "immediate"):  # SIGINT, then SIGQUIT
            deadline = time.monotonic() + PATIENCE
            asked = 0.0
            while time.monotonic() < deadline:
                if not self._locked(self.log):
                    if found is not None and "/concord-" in found.folder:
                        _remove(Path(found.folder))
                    return
                if time.monotonic() > asked + 1:  # again, in case it was too young to hear
                    # Through pg_ctl, as its user: the process id was written by that user, and
                    # must not make root signal anybody else's process.
                    self.account.run(
                        *(self._tool("pg_ctl"), "stop", "-W", "-s", "-m", mode, "-D", self.data)
                    )
                    asked = time.monotonic()
                time.sleep(GLANCE)
        say(f"PostgreSQL on {self.data} does not stop; process {found.pid if found else '?'}.")

    # Details

    def _tool(self, name: str) -> Path:
        return self.binaries.folder / name

    def _initdb(self, folder: Path, durable: bool, lock: int) -> None:
        for locale in ("C.UTF-8", "C"):  # not every system has the first
            made = self.account.run(
                *(self._tool("initdb"), "-D", folder, "-U", "concord", "--auth=trust"),
                *("-E", "UTF8", f"--locale={locale}", *([] if durable else ["--no-sync"])),
                keep=[lock],
            )
            if made.returncode == 0:
                break
        if made.returncode == 0:
            made = self.account.run(
                *(self._tool("postgres"), "--single", "-D", folder),
                *("-c", "exit_on_error=on", *([] if durable else ["-F"]), "postgres"),
                feed=b"CREATE DATABASE concord;\n",
                keep=[lock],
            )
        if made.returncode != 0:
            said = made.stdout.decode(errors="replace").strip()
            raise EmbeddedUnavailable(
                f"PostgreSQL could not make its data in {self.data}: correct what it says below, "
                f"choose another folder, or set DATABASE_URL.\n{said}"
            )

    def _adopt(self) -> None:
        """Hand data that root brought here, from a backup perhaps, to whoever runs the server."""
        if self.data.stat().st_uid != self.account.uid:
            for path in (self.data, *self.data.rglob("*")):
                self.account.own(path)

    def _clear_stale(self) -> None:
        """Remove a `postmaster.pid` that would make PostgreSQL take a stranger for its server.

        No process of a server of ours is left when this runs, so a living process under the
        noted id is either a server somebody started by hand, or came by the id later (after a
        container's restart ids repeat). PostgreSQL itself sees to the ids of the dead.
        """
        found = self._postmaster()
        pidfile = self.data / "postmaster.pid"
        if found is None:
            pidfile.unlink(missing_ok=True)  # empty: the machine went down while it was written
        elif _exists(found.pid):
            if found.listens():
                raise EmbeddedUnavailable(
                    f"Process {found.pid} may be a PostgreSQL on {self.data} that Concord cannot "
                    f"use: end it, remove {pidfile} if it is something else, or set DATABASE_URL."
                )
            pidfile.unlink()
            Path(found.folder, f".s.PGSQL.{found.port}.lock").unlink(missing_ok=True)

    def _socket_folder(self) -> Path:
        """A private folder for the socket, with a short path."""
        name = f"concord-{self.account.uid}-{_short(self.data)}"
        usual = Path(tempfile.gettempdir())
        fits = len(os.fsencode(usual / name)) <= SOCKET_FOLDER and self.account.enters(usual)
        folder = (usual if fits else Path("/tmp")) / name  # noqa: S108 - made private below
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if os.geteuid() == 0 and folder.lstat().st_uid == 0:
            self.account.own(folder)
        info = folder.lstat()
        private = stat.filemode(info.st_mode) == "drwx------"  # no link either
        if not private or info.st_uid != self.account.uid:
            raise EmbeddedUnavailable(
                f"{folder} is not a private folder of user {self.account.uid}: remove it, set "
                "TMPDIR to another folder, or set DATABASE_URL."
            )
        return folder

    def _postmaster(self) -> _Postmaster | None:
        try:
            lines = (self.data / "postmaster.pid").read_text(errors="surrogateescape").split("\n")
            # In order: id, data directory, start, port, socket folder, address, memory, status.
            lines += [""] * (8 - len(lines))
            return _Postmaster(int(lines[0]), lines[4], lines[3], lines[7].strip() == "ready")
        except (FileNotFoundError, ValueError):
            return None

    def _answers(self, found: _Postmaster) -> bool:
        """Whether it lets us in, and really serves this data."""
        try:
            asked = self.account.run(
                *(self._tool("psql"), "-XAtqw", "-d", found.dsn()),
                *("-c", "SELECT current_setting('data_directory')"),
                timeout=10,
            )
        except subprocess.TimeoutExpired:
            return False
        return asked.returncode == 0 and asked.stdout.strip() == os.fsencode(self.data)

    def _open(self, path: Path) -> int:
        """Open a file beside the data, made if need be, in a folder that may be somebody else's.

        Root is careful there: no links, and it gives away only what it has made itself.
        """
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            opened = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            opened = os.open(path, flags)
        else:
            if os.geteuid() == 0:
                os.fchown(opened, self.account.uid, self.account.gid)
        info = os.fstat(opened)
        if info.st_uid not in (self.account.uid, os.geteuid()) or info.st_nlink != 1:
            os.close(opened)
            raise EmbeddedUnavailable(
                f"{path} is not a file of user {self.account.uid}: remove it or set DATABASE_URL."
            )
        return opened

    def _locked(self, path: Path) -> bool:
        """Whether anybody holds a lock on this file."""
        if not path.exists():
            return False
        probe = self._open(path)
        try:
            if not _lock(probe, fcntl.LOCK_EX):
                return True
            _unlock(probe)
            return False
        finally:
            os.close(probe)

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _tail(self, start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(max(start, self._log_size() - 4000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-8:])


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _lock(opened: int, kind: int) -> bool:
    try:
        fcntl.flock(opened, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(opened: int) -> None:
    # Said aloud, since closing releases nothing while a forked child has a copy.
    fcntl.flock(opened, fcntl.LOCK_UN)


def _remove(folder: Path) -> None:
    with suppress(OSError):  # not empty, or not there
        folder.rmdir()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
