"""``concord key``, run as people run it: what it does, what it says, what it refuses."""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from spec import ANA, SALES, sample_id

from application.crm import Crm
from application.store.pool import connect
from domain.access.api_key import Credential, KeyCreated, KeyRotated, Scope
from domain.ids import KeyId
from domain.kernel import Fact
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember, LeaveMember
from tests.command import Command
from web.access.auth import Uses, authenticate
from web.commands.keys import listed
from web.problems import Problem

TEXT = r"ck_[0-9a-f]{32}_[\w-]{43}"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def concord(command: Command, dsn: str, tmp_path: Path) -> Any:
    """Run the command over a database of its own; return what it printed and its exit code."""
    return partial(
        command.run,
        "key",
        DATABASE_URL=dsn,
        CONCORD_DATA=str(tmp_path / "unused"),
        CONCORD_TIMEZONE="Asia/Shanghai",
    )


@pytest.fixture
def ana(crm: Crm, envelope: Any) -> str:
    """A member."""
    sales = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)
    crm.handle(sales, envelope())
    crm.handle(JoinMember(id=ANA, name="Ana", department_id=SALES, role="agent"), envelope())
    return str(ANA)


def made(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def keys(concord: Any) -> list[dict[str, Any]]:
    return made(concord("list", "--json"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def opens(crm: Crm, text: str) -> bool:
    try:
        authenticate(crm, f"Bearer {text}")
    except Problem:
        return False
    return True


# --- Creating ---------------------------------------------------------------------------------


def test_a_key_is_for_everything_and_for_good_unless_told_otherwise(concord, crm):
    done = concord("create", "warehouse system")
    assert re.fullmatch(TEXT, done.stdout.strip())
    assert "read and change and operate, until it is revoked" in done.stderr
    assert "concord key revoke" in done.stderr
    (key,) = keys(concord)
    assert key["label"] == "warehouse system"
    assert key["scopes"] == ["read", "change", "operate"]
    assert (key["member_id"], key["expires_at"], key["last_used_at"]) == (None, None, None)
    assert key["state"] == "active"
    assert opens(crm, done.stdout.strip())


def test_a_key_is_just_for_some_uses_of_a_member_and_for_some_days(concord, ana):
    words = ("--member", ana, "--scope", "change", "--scope", "read", "--expires", "90d")
    key = made(concord("create", "Ana's phone", *words, "--json"))
    (shown,) = keys(concord)
    assert (shown["id"], shown["member_id"]) == (key["id"], ana)
    assert shown["scopes"] == ["read", "change"]
    assert shown["expires_at"] == key["expires_at"]
    in_days = moment(key["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=90) - MINUTE < in_days <= timedelta(days=90)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("2099-01-31", "2099-01-31T16:00:00+00:00"), ("2099-12-31", "2099-12-31T16:00:00+00:00")],
)
def test_a_day_is_lasted_out_where_we_are(concord, given, expected):
    assert made(concord("create", "x", "--expires", given, "--json"))["expires_at"] == expected


def test_when_a_key_ends_is_said_where_we_are(concord):
    assert "until 2099-02-01 00:00 CST" in concord("create", "x", "--expires", "2099-01-31").stderr


def test_today_is_a_day_to_come(concord):
    here = (datetime.now(UTC) + timedelta(hours=8)).date()
    assert concord("create", "x", "--expires", here.isoformat()).returncode == 0


@pytest.mark.parametrize(
    ("words", "option", "why"),
    [
        (("create", " "), "LABEL:", "needs a label"),
        (("create", "x" * 201), "LABEL:", "at most 200 characters"),
        (("create", "x", "--scope", "fly"), "'--scope'", "'read', 'change', 'operate'"),
        (("create", "x", "--expires", "0d"), "--expires:", "expired already"),
        (("create", "x", "--expires", "2025-01-31"), "--expires:", "expired already"),
        (("create", "x", "--expires", "soon"), "'--expires'", "neither a period such as 90d"),
        (("create", "x", "--expires", "-1d"), "'--expires'", "neither a period"),
        (("create", "x", "--expires", "2027-02-30"), "'--expires'", "neither a period"),
        (("create", "x", "--expires", "9999-12-31"), "'--expires'", "neither a period"),
        (("create", "x", "--expires", "999999999d"), "'--expires'", "neither a period"),
        (("create", "x", "--member", "ana"), "'--member'", "not a valid UUID"),
        (("create", "x", "--member", str(uuid4())), "--member:", "does not exist"),
        (("rotate", "ana"), "'ID'", "not a valid UUID"),
        (("rotate", "{key}", "--old-until", "8d"), "--old-until:", "at most 7 days"),
        (("rotate", "{key}", "--old-until", "2027-01-31"), "'--old-until'", "24h or 3d"),
        (("rotate", "{key}", "--old-until", "1d", "--at-once"), "--at-once", "not both"),
        (("rotate", str(uuid4())), "", "no such key"),
        (("revoke", str(uuid4())), "", "no such key"),
    ],
)
def test_what_cannot_be_is_one_sentence_that_names_the_option(concord, words, option, why):
    key = made(concord("create", "known", "--json"))["id"] if "{key}" in words else ""
    before = len(keys(concord))
    done = concord(*(word.format(key=key) for word in words))
    assert done.returncode in {1, 2}
    said = " ".join(done.stderr.split())
    assert option in said
    assert why in said
    assert "Traceback" not in said
    assert len(keys(concord)) == before


# --- Rotating and revoking --------------------------------------------------------------------


def test_a_rotated_key_has_two_secrets_for_a_day(concord, crm):
    old = made(concord("create", "x", "--json"))
    done = concord("rotate", old["id"])
    assert re.fullmatch(TEXT, new := done.stdout.strip())
    assert "The old secret works until" in done.stderr
    assert new != old["key"]
    assert opens(crm, new)
    assert opens(crm, old["key"])
    (key,) = keys(concord)
    until = moment(key["old_secret_until"]) - datetime.now(UTC)
    assert timedelta(hours=24) - MINUTE < until <= timedelta(hours=24)
    assert "its old secret works until" in concord("list").stdout


def test_or_for_as_long_as_told(concord):
    key = made(concord("create", "x", "--json"))["id"]
    told = made(concord("rotate", key, "--old-until", "3d", "--json"))
    assert set(told) == {"id", "key", "old_secret_until"}
    until = moment(told["old_secret_until"]) - datetime.now(UTC)
    assert timedelta(days=3) - MINUTE < until <= timedelta(days=3)


@pytest.mark.parametrize("words", [("--at-once",), ("--old-until", "0h")])
def test_or_one_at_once(concord, crm, words):
    old = made(concord("create", "x", "--json"))
    done = concord("rotate", old["id"], *words)
    assert "opens nothing any more" in done.stderr
    assert opens(crm, done.stdout.strip())
    assert not opens(crm, old["key"])
    assert keys(concord)[0]["old_secret_until"] is None


def test_a_revoked_key_opens_nothing_and_gets_no_new_secret(concord, crm):
    key = made(concord("create", "x", "--json"))
    made(concord("rotate", key["id"], "--json"))
    done = concord("revoke", key["id"])
    assert "opens nothing any more" in done.stdout
    assert not opens(crm, key["key"])
    (shown,) = keys(concord)
    assert (shown["state"], shown["old_secret_until"]) == ("revoked", None)
    again = concord("rotate", key["id"])
    assert (again.returncode, again.stderr.strip()) == (1, "The key is revoked already.")


# --- The list ---------------------------------------------------------------------------------


def test_without_keys_it_says_how_to_make_one(concord):
    done = concord("list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "concord key create" in done.stderr
    assert keys(concord) == []


def test_every_key_is_listed_the_oldest_first_and_never_a_secret(concord, crm, ana, envelope):
    first = made(concord("create", "first\x1b[2J [red]云", "--json"))
    second = made(concord("create", "second", "--member", ana, "--scope", "read", "--json"))
    rotated = made(concord("rotate", first["id"], "--json"))
    third = made(concord("create", "third", "--json"))
    concord("revoke", third["id"])
    used = datetime(2026, 3, 3, 9, tzinfo=UTC)
    Uses.keep(crm.pool, Credential(KeyId(sample_id(1)), "", used))  # of another log, say
    Uses.keep(crm.pool, Credential(KeyId(UUID(second["id"])), "", used))
    shown = keys(concord)
    assert [key["id"] for key in shown] == [first["id"], second["id"], third["id"]]
    assert [key["state"] for key in shown] == ["active", "active", "revoked"]
    assert moment(shown[1]["last_used_at"]) == used
    assert set(shown[0]) == {
        "id", "label", "member_id", "scopes", "created_at", "expires_at", "last_used_at",
        "old_secret_until", "state",
    }  # fmt: skip
    plain = concord("list").stdout
    assert f"{first['id']}  active  first\ufffd[2J [red]云" in plain
    assert f"member {ana}; for read\n" in plain
    assert "last used 2026-03-03 17:00 CST" in plain
    everything = plain + json.dumps(shown)
    with crm.pool.reading() as cursor:
        cursor.execute("select string_agg(state, ' ') from log.events where name like 'key.%'")
        hashes = re.findall(r"[0-9a-f]{64}", cursor.fetchone()[0])
    secrets = [key["key"].split("_", 2)[2] for key in (first, second, third, rotated)]
    assert len(hashes) == 4
    assert not any(secret in everything for secret in [*secrets, *hashes])

    crm.handle(LeaveMember(id=ANA), envelope())
    assert [key["state"] for key in keys(concord)] == ["active", "member-left", "revoked"]


def test_a_key_is_listed_as_it_stands_at_that_time(crm, envelope):
    now = datetime(2026, 3, 3, 9, tzinfo=UTC)
    created = KeyCreated(
        label="x",
        secret_sha256="5e" * 32,
        acts_as_id=None,
        scopes=(Scope.READ,),
        expires_at=now + 3 * MINUTE,
    )
    rotated = KeyRotated(secret_sha256="6f" * 32, old_until=now + MINUTE)
    id_ = sample_id(7)
    crm.append(
        [
            Fact(stream_id=id_, version=version, event=event, envelope=envelope())
            for version, event in enumerate((created, rotated), start=1)
        ]
    )
    found = [listed(crm, now + minutes * MINUTE)[0] for minutes in (0, 1, 3)]
    assert [each.state for each in found] == ["active", "active", "expired"]
    assert [each.old_secret_until for each in found] == [now + MINUTE, None, None]


def test_a_key_of_an_older_log_is_listed_and_rotated(concord, crm):
    key_id = str(uuid4())
    written = (
        '{"event":{"label":"old","secret_sha256":"5e","acts_as_id":null},"envelope":{'
        '"occurred_at":"2025-03-03T09:00:00Z","actor":{"kind":"system","id":"operator"},'
        '"channel":"cli"}}'
    )
    crm.log_recorder.insert_events([StoredEvent(UUID(key_id), 1, "key.created", written.encode())])
    (shown,) = keys(concord)
    assert (shown["id"], shown["label"], shown["state"]) == (key_id, "old", "active")
    assert (shown["scopes"], shown["expires_at"]) == (["read", "change", "operate"], None)
    assert opens(crm, made(concord("rotate", key_id, "--json"))["key"])
    assert concord("revoke", key_id).returncode == 0


def test_a_key_just_revoked_is_listed_so_whoever_is_writing(concord, crm, dsn):
    key = made(concord("create", "x", "--json"))["id"]
    writer = connect(dsn)
    try:
        with writer.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()")  # holds back who reads the log in order
            concord("revoke", key)
            assert keys(concord)[0]["state"] == "revoked"
    finally:
        writer.close()


# --- Help -------------------------------------------------------------------------------------


def test_help_says_what_each_command_and_option_does(concord):
    told = {words: concord(*words, "--help") for words in ((), ("create",), ("rotate",), ("list",))}
    assert all(done.returncode == 0 for done in told.values())
    for name in ("create", "rotate", "revoke", "list"):
        assert re.search(rf"^  {name} ", told[()].stdout, re.MULTILINE)
    create = told["create",].stdout
    for word in ("--member", "--scope", "--expires", "90d", "/metrics", "concord key create"):
        assert word in create
    for word in ("--old-until", "--at-once", "24h", "7d"):
        assert word in told["rotate",].stdout
