"""The running server: found, started, waited for and stopped.

PostgreSQL calls a server's first process its postmaster; it writes who and where it is into
`postmaster.pid`, in the data directory.
"""

import os
import shlex
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from application.store.binaries import EmbeddedUnavailable
from application.store.cluster import Cluster, digest
from application.store.lockfile import GLANCE, lock

PATIENCE = 30.0  # seconds a server may stay silent while it starts, recovers or stops
SOCKET_FOLDER = 85  # bytes: macOS allows 104 for the socket in it
OLD_LOG = 10_000_000  # bytes of log after which the next start begins a new one


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says of a server, which may be long gone."""

    pid: int
    folder: str  # of its socket
    port: str
    ready: bool

    @classmethod
    def noted(cls, cluster: Cluster) -> "Postmaster | None":
        """Read the file, if there is one that makes sense."""
        try:
            text = (cluster.data / "postmaster.pid").read_text(errors="surrogateescape")
            # In order: id, data directory, start, port, socket folder, address, memory, status.
            pid, _, _, port, folder, _, _, status, *_ = [*text.split("\n"), *[""] * 8]
            return cls(int(pid), folder, port, status.strip() == "ready")
        except (FileNotFoundError, ValueError):
            return None

    def dsn(self) -> str:
        """Where a client finds it, as libpq wants it said."""
        host = self.folder.replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' port={self.port} user=concord dbname=concord"

    def exists(self) -> bool:
        """Whether any process has its id."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

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
                pass
        return True

    def serves(self, cluster: Cluster) -> bool:
        """Whether it lets us in, and really serves this data."""
        try:
            asked = cluster.run(
                *("psql", "-XAtqw", "-d", self.dsn()),
                *("-c", "SELECT current_setting('data_directory')"),
                timeout=10,
            )
        except subprocess.TimeoutExpired:
            return False
        return asked.returncode == 0 and asked.stdout.strip() == os.fsencode(cluster.data)


def attach(cluster: Cluster) -> Postmaster | None:
    """Find the running server, once it answers; None when none runs.

    Waits for one that starts or recovers, as long as its log grows, and for one that stops.
    """
    deadline = time.monotonic() + PATIENCE
    size = _log_size(cluster)
    while True:
        alive = cluster.beside("log").is_held()
        found = Postmaster.noted(cluster)
        if found is not None and found.ready:
            # Read again: while a new server starts, the file may still be the old one's.
            if found.serves(cluster) and Postmaster.noted(cluster) == found:
                return found
        elif size != (size := _log_size(cluster)):
            deadline = time.monotonic() + PATIENCE
        if not alive:
            return None
        if time.monotonic() > deadline:
            raise EmbeddedUnavailable(
                f"The PostgreSQL of {cluster.data} runs but does not answer: end process "
                f"{found.pid if found else 'postgres'}, or set DATABASE_URL to use another "
                f"server. The end of its log:\n{_log_end(cluster)}"
            )
        time.sleep(GLANCE)


def start(cluster: Cluster, settings: Mapping[str, str]) -> Postmaster:
    """Start the server and wait until it answers."""
    _clear_stale(cluster)
    log = cluster.beside("log")
    if _log_size(cluster) > OLD_LOG:
        log.path.replace(cluster.beside("log.1").path)
    written = _log_size(cluster)
    folder = _socket_folder(cluster)
    always = {  # what the rest of this module relies on
        "listen_addresses": "",
        "unix_socket_directories": f'"{folder}"',  # quoted, for it is a list
        "port": "5432",
        "logging_collector": "off",
        "log_destination": "stderr",
    }
    wishes = [f"--{name}={value}" for name, value in {**settings, **always}.items()]
    options = shlex.join(["-D", str(cluster.data), *wishes])
    try:
        output = log.open()
        try:
            lock(output)
            # pg_ctl leaves the server in a session of its own, where Ctrl-C does not reach it,
            # and to init, so that no zombie of it can look alive. The data directory goes
            # through PGDATA, as pg_ctl would put it to the shell without escaping.
            env = {"PGDATA": str(cluster.data)}
            cluster.run("pg_ctl", "start", "-W", "-s", "-o", options, output=output, env=env)
        finally:
            os.close(output)  # closed, not unlocked: the lock is the server's now
        server = attach(cluster)
    except BaseException:
        stop(cluster, lambda _: None)
        raise
    if server is None:
        _remove(folder)
        raise EmbeddedUnavailable(
            f"PostgreSQL did not start on {cluster.data}: correct what its log says, or set "
            "DATABASE_URL to use another server. "
            f"The end of {log.path}:\n{_log_end(cluster, written)}"
        )
    return server


def stop(cluster: Cluster, say: Callable[[str], None]) -> None:
    """Stop the server we or another Concord started; one started by hand is left alone."""
    found = Postmaster.noted(cluster)
    for mode in ("fast", "immediate"):  # SIGINT, then SIGQUIT
        deadline = time.monotonic() + PATIENCE
        asked = 0.0
        while time.monotonic() < deadline:
            if not cluster.beside("log").is_held():
                if found is not None and "/concord-" in found.folder:
                    _remove(Path(found.folder))
                return
            if time.monotonic() > asked + 1:  # again, in case it was too young to hear
                # Through pg_ctl, as its user: the process id was written by that user, and must
                # not make root signal anybody else's process.
                cluster.run("pg_ctl", "stop", "-W", "-s", "-m", mode, "-D", cluster.data)
                asked = time.monotonic()
            time.sleep(GLANCE)
    say(f"PostgreSQL on {cluster.data} does not stop; process {found.pid if found else '?'}.")


def _clear_stale(cluster: Cluster) -> None:
    """Remove a `postmaster.pid` that would make PostgreSQL take a stranger for its server.

    No process of a server of ours is left when this runs, so a living process under the noted id
    is either a server somebody started by hand, or came by the id later (after a container's
    restart ids repeat). PostgreSQL itself sees to the ids of the dead.
    """
    found = Postmaster.noted(cluster)
    pidfile = cluster.data / "postmaster.pid"
    if found is None:
        pidfile.unlink(missing_ok=True)  # empty: the machine went down while it was written
    elif found.exists():
        if found.listens():
            raise EmbeddedUnavailable(
                f"Process {found.pid} may be a PostgreSQL on {cluster.data} that Concord cannot "
                f"use: end it, remove {pidfile} if it is something else, or set DATABASE_URL."
            )
        pidfile.unlink()
        Path(found.folder, f".s.PGSQL.{found.port}.lock").unlink(missing_ok=True)


def _socket_folder(cluster: Cluster) -> Path:
    """Make a private folder for the socket, with a short path."""
    name = f"concord-{cluster.account.uid}-{digest(cluster.data)}"
    usual = Path(tempfile.gettempdir())
    fits = len(os.fsencode(usual / name)) <= SOCKET_FOLDER and cluster.account.enters(usual)
    folder = (usual if fits else Path("/tmp")) / name  # noqa: S108 - made private below
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if os.geteuid() == 0 and folder.lstat().st_uid == 0:
        cluster.account.own(folder)
    info = folder.lstat()
    private = stat.filemode(info.st_mode) == "drwx------"  # no link either
    if not private or info.st_uid != cluster.account.uid:
        raise EmbeddedUnavailable(
            f"{folder} is not a private folder of user {cluster.account.uid}: remove it, set "
            "TMPDIR to another folder, or set DATABASE_URL."
        )
    return folder


def _remove(folder: Path) -> None:
    with suppress(OSError):  # not empty, or not there
        folder.rmdir()


def _log_size(cluster: Cluster) -> int:
    path = cluster.beside("log").path
    return path.stat().st_size if path.exists() else 0


def _log_end(cluster: Cluster, start: int = 0) -> str:
    with cluster.beside("log").path.open("rb") as log:
        log.seek(max(start, _log_size(cluster) - 4000))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-8:])
