"""A file whose lock says who is there; the kernel lets go of it when a process dies, however."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from application.store.binaries import Account, EmbeddedUnavailable

GLANCE = 0.02  # seconds between two looks at a lock


@dataclass(frozen=True)
class LockFile:
    """A file beside the data, in a folder that may be somebody else's."""

    path: Path
    account: Account

    def open(self) -> int:
        """Open it, made if need be.

        Root is careful there: no links, and it gives away only what it has made itself.
        """
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            opened = os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            opened = os.open(self.path, flags)
        else:
            if os.geteuid() == 0:
                os.fchown(opened, self.account.uid, self.account.gid)
        info = os.fstat(opened)
        if info.st_uid not in (self.account.uid, os.geteuid()) or info.st_nlink != 1:
            os.close(opened)
            raise EmbeddedUnavailable(
                f"{self.path} is not a file of user {self.account.uid}: "
                "remove it or set DATABASE_URL."
            )
        return opened

    def is_held(self) -> bool:
        """Whether anybody holds a lock on it."""
        if not self.path.exists():
            return False
        probe = self.open()  # anew: a lock belongs to an open file, and we ask on behalf of nobody
        try:
            free = lock(probe)
            if free:
                unlock(probe)
        finally:
            os.close(probe)
        return not free


def lock(opened: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Take the lock of an open file, if it is to be had right now."""
    try:
        fcntl.flock(opened, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(opened: int) -> None:
    """Give the lock back: said aloud, since closing releases nothing while a fork has a copy."""
    fcntl.flock(opened, fcntl.LOCK_UN)
