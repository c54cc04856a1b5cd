"""Where the data lives: its folder, the files beside it, who runs the server, with which programs.

A cluster is what PostgreSQL calls the data directory of one server.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from application.store import binaries
from application.store.binaries import (
    Account,
    Binaries,
    EmbeddedUnavailable,
    find_binaries,
    make_folder,
)
from application.store.lockfile import LockFile


@dataclass(frozen=True)
class Cluster:
    """A data directory, the user it belongs to, and the programs that work on it."""

    data: Path
    account: Account
    binaries: Binaries

    @classmethod
    def settle(cls, wish: Path, say: Callable[[str], None]) -> "Cluster":
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
            data = binaries.REFUGE / digest(data)
            say(
                f"PostgreSQL runs as user {account.uid}, who cannot enter {existing}: "
                f"the data is kept in {data}."
            )
            account = Account.owning(data)
        make_folder(data.parent)
        return cls(data, account, find_binaries(account, data))

    def beside(self, ending: str) -> LockFile:
        """Give the file `<data>.<ending>`."""
        return LockFile(self.data.with_name(f"{self.data.name}.{ending}"), self.account)

    def run(
        self, tool: str, *arguments: str | Path, **how: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one of PostgreSQL's programs; `how` as for `Account.run`."""
        return self.account.run(self.binaries.folder / tool, *arguments, **how)

    def prepare(self, durable: bool, turn: int) -> None:
        """Make the data and its database if there is none, all of it or nothing.

        The programs that do so inherit the lock of this turn: should we be killed, whoever comes
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
            self._make(staging, durable, turn)
            staging.rename(self.data)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        parent = os.open(self.data.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)

    def _make(self, folder: Path, durable: bool, turn: int) -> None:
        for locale in ("C.UTF-8", "C"):  # not every system has the first
            made = self.run(
                *("initdb", "-D", folder, "-U", "concord", "--auth=trust"),
                *("-E", "UTF8", f"--locale={locale}", *([] if durable else ["--no-sync"])),
                keep=[turn],
            )
            if made.returncode == 0:
                made = self.run(
                    *("postgres", "--single", "-D", folder),
                    *("-c", "exit_on_error=on", *([] if durable else ["-F"]), "postgres"),
                    feed=b"CREATE DATABASE concord;\n",
                    keep=[turn],
                )
                break
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


def digest(path: Path) -> str:
    """Name a path in a few characters."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
