"""Who uses the cluster: each process enters and leaves in its turn, and says that it is inside."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from application.store.binaries import EmbeddedUnavailable
from application.store.cluster import Cluster
from application.store.lockfile import GLANCE, lock, unlock

QUEUE = 60.0  # seconds to wait for another process that is entering or leaving


@contextmanager
def alone(cluster: Cluster) -> Iterator[int]:
    """Nobody else enters or leaves meanwhile; gives the open lock file."""
    deadline = time.monotonic() + QUEUE
    turn = cluster.beside("lock").open()
    try:
        while not lock(turn):
            if time.monotonic() > deadline:
                raise EmbeddedUnavailable(
                    f"Another process has been starting or stopping PostgreSQL on {cluster.data} "
                    f"for {QUEUE:.0f} s: try again, end that process, or set DATABASE_URL."
                )
            time.sleep(GLANCE)
        try:
            yield turn
        finally:
            unlock(turn)
    finally:
        os.close(turn)


def join(cluster: Cluster) -> int:
    """Count as a user from now on: the open file whose lock says so."""
    place = cluster.beside("users").open()
    lock(place, fcntl.LOCK_SH)  # asked for alone (see `alone`), so never refused
    return place


def leave(place: int) -> None:
    """Stop being a user."""
    # A forked child still holds a copy of the open file, so closing ours would not release the
    # lock: unlocking does, for all copies. Children of the process that entered live on its stay
    # and end with it.
    unlock(place)
    os.close(place)


def remain(cluster: Cluster) -> bool:
    """Whether anybody is a user; asked alone."""
    return cluster.beside("users").is_held()
