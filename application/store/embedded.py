"""Concord's own PostgreSQL, for whoever has not set up a server: started, shared and stopped here.

The first process to enter starts the server, others attach, and the last to leave stops it.
Three files beside the data directory carry that, each through its lock:

`<data>.lock`   held alone for the moment of entering or leaving;
`<data>.users`  shared by every process that is inside;
`<data>.log`    the server's output, locked by the server itself: it and all its children inherit
                the lock with their standard output, so a free lock proves that none is left.
                A process id proves less: it may be a zombie's, or a stranger's after a restart.
"""

import logging
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from application.store import postmaster, visitors
from application.store.binaries import EmbeddedUnavailable
from application.store.cluster import Cluster

__all__ = ["EmbeddedUnavailable", "Server", "embedded_server"]

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
        cluster = Cluster.settle(data, say)
        with visitors.alone(cluster) as turn:
            running = postmaster.attach(cluster)
            if running is None:
                cluster.prepare(durable, turn)
                wishes = {**ORDINARY, **({} if durable else NOT_DURABLE), **settings}
                running = postmaster.start(cluster, wishes)
            place = visitors.join(cluster)
    except (OSError, subprocess.SubprocessError) as problem:
        raise EmbeddedUnavailable(
            f"PostgreSQL could not be started on {data} ({problem}): "
            "choose another folder or set DATABASE_URL."
        ) from problem
    try:
        yield Server(running.dsn(), cluster.data, running.pid, cluster.binaries.folder)
    finally:
        # A forked child (a gunicorn worker) that unwinds through here has not entered. It must
        # not unlock either: it shares its parent's open file, and with it the parent's lock.
        if os.getpid() == entered:
            visitors.leave(place)
            _stop_if_last(cluster, say)


def _stop_if_last(cluster: Cluster, say: Callable[[str], None]) -> None:
    """Stop the server unless somebody uses it. Never raises."""
    # Since we left, others may have come or gone: each comer joins, and each leaver looks, in its
    # turn alone.
    try:
        with visitors.alone(cluster):
            if not visitors.remain(cluster):
                postmaster.stop(cluster, say)
    except (OSError, subprocess.SubprocessError, EmbeddedUnavailable) as problem:
        say(f"PostgreSQL on {cluster.data} may have been left running: {problem}")
