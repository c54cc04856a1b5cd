"""``concord access``, run as people run it: what it does, what it says, what it refuses."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from spec import ANA, MONDAY, SALES, sample_id

from application.crm import Crm
from domain.access.principal import (
    REVIEW_EVERY,
    Enrolled,
    EnrolPerson,
    GrantAccess,
    SuspendPrincipal,
    principal_id,
    service_principal_id,
)
from domain.access.principal_rules import PRINCIPAL
from domain.access.role import Allowed, DefineRole, role_id
from domain.access.roles import ROLES, Action, Resource
from domain.ids import GrantId, KeyId
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember
from tests.command import Command
from web.commands.accounts import create_key

OLD = GrantId(sample_id(0x9))


@pytest.fixture
def concord(command: Command, dsn: str, tmp_path: Path) -> Any:
    """Run the command over a database of its own."""

    def run(*words: str, group: str = "access") -> subprocess.CompletedProcess[str]:
        return command.run(
            group,
            *words,
            DATABASE_URL=dsn,
            CONCORD_DATA=str(tmp_path / "unused"),
            CONCORD_TIMEZONE="Asia/Shanghai",
        )

    return run


@pytest.fixture
def ana(crm: Crm, envelope: Any) -> str:
    """A member, not enrolled yet."""
    sales = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)
    crm.handle(sales, envelope())
    crm.handle(JoinMember(id=ANA, name="Ana", department_id=SALES, role="agent"), envelope())
    return str(ANA)


@pytest.fixture
def old(crm: Crm, ana: str, envelope: Any) -> str:
    """A grant of hers from long ago."""
    who = principal_id(ANA)
    crm.handle(EnrolPerson(id=who, member_id=ANA), envelope())
    crm.handle(GrantAccess(id=who, grant_id=OLD, role="sales"), envelope(occurred_at=MONDAY))
    return str(OLD)


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def grants(crm: Crm, who: Any) -> dict[str, Any]:
    state = crm.load(PRINCIPAL, who).state
    assert isinstance(state, Enrolled)
    return {str(id_): grant for id_, grant in state.grants.items()}


# --- Granting ---------------------------------------------------------------------------------


def test_a_member_is_enrolled_by_their_first_grant(concord: Any, crm: Crm, ana: str) -> None:
    done = concord("grant", "sales", "--member", ana)
    grant_id = said(done)
    assert f"concord access revoke {grant_id}" in done.stderr
    (given,) = grants(crm, principal_id(ANA)).items()
    assert given[0] == grant_id
    assert (given[1].role, given[1].department_id, given[1].ends_at) == ("sales", None, None)


def test_a_grant_holds_in_a_place_for_a_time(concord: Any, crm: Crm, ana: str) -> None:
    words = ("--department", str(SALES), "--from", "2101-02-03", "--until", "2101-02-04")
    grant_id = said(concord("grant", "service", "--member", ana, *words))
    given = grants(crm, principal_id(ANA))[grant_id]
    assert given.department_id == SALES
    assert given.starts_at == datetime(2101, 2, 2, 16, tzinfo=UTC)
    assert given.ends_at == datetime(2101, 2, 4, 16, tzinfo=UTC)  # with the day, in Shanghai
    again = said(concord("grant", "service", "--principal", str(principal_id(ANA))))
    assert again in grants(crm, principal_id(ANA))


def test_a_key_is_granted_what_its_program_may(concord: Any, crm: Crm, ana: str) -> None:
    key, own = create_key(crm, "Export"), create_key(crm, "own", ANA)
    assert said(concord("grant", "finance", "--key", str(key.id))) in grants(crm, key.account)
    said(concord("grant", "sales", "--key", str(own.id)))
    assert [each.role for each in grants(crm, principal_id(ANA)).values()] == ["sales"]


def test_a_role_of_the_companys_own_is_granted(
    concord: Any, crm: Crm, ana: str, envelope: Any
) -> None:
    permissions = (Allowed(Resource.CUSTOMER, Action.READ),)
    told = DefineRole(id=role_id("night"), name="night", permissions=permissions)
    crm.handle(told, envelope())
    said(concord("grant", "night", "--member", ana))
    refused(concord("grant", "day", "--member", ana), "ROLE", "'day'", "account-manager")


def test_what_cannot_be_granted_is_refused(concord: Any, crm: Crm, ana: str) -> None:
    nobody = str(sample_id(0xBAD))
    refused(concord("grant", "sales"), "--member, --key and --principal")
    both = ("--member", ana, "--key", nobody)
    refused(concord("grant", "sales", *both), "--member, --key and --principal")
    refused(concord("grant", "sales", "--key", nobody), "--key")
    refused(concord("grant", "sales", "--member", nobody), "--member")
    refused(concord("grant", "sales", "--member", ana, "--department", nobody), "--department")
    refused(concord("grant", "sales", "--member", ana, "--customer", nobody), "--customer")
    for words in (("--from", "someday"), ("--from", "2027-02-30"), ("--until", "2027-02-30")):
        refused(concord("grant", "sales", "--member", ana, *words), words[0])
    late = ("--from", "2101-02-03", "--until", "2101-01-01")
    refused(concord("grant", "sales", "--member", ana, *late), "--until")
    assert not any(grants(crm, principal_id(ANA)))


# --- Reviewing and revoking -------------------------------------------------------------------


def test_a_grant_is_kept_by_a_review(concord: Any, crm: Crm, old: str) -> None:
    assert "Ana" in said(concord("review", old))
    due = grants(crm, principal_id(ANA))[old].review_due_at
    assert abs(due - datetime.now(UTC) - REVIEW_EVERY) < timedelta(minutes=2)


def test_a_grant_is_taken_back(concord: Any, crm: Crm, old: str) -> None:
    assert "sales" in said(concord("revoke", old))
    assert grants(crm, principal_id(ANA)) == {}
    for step in ("revoke", "review"):
        refused(concord(step, old), "no such grant")


# --- The list ---------------------------------------------------------------------------------


def test_the_list_begins_with_what_is_overdue(
    concord: Any, crm: Crm, old: str, envelope: Any
) -> None:
    key = create_key(crm, "Export\x1b[31m")
    coming = said(concord("grant", "finance", "--key", str(key.id), "--from", "2101-02-03"))
    listed = json.loads(said(concord("list", "--json")))
    assert [each["grant_id"] for each in listed] == [old, coming]
    first, second = listed
    assert (first["role"], first["member_id"], first["overdue"]) == ("sales", str(ANA), True)
    assert (first["state"], second["state"]) == ("active", "to-come")
    assert second["principal_id"] == str(service_principal_id(key.id))
    done = concord("list")
    lines = said(done).splitlines()
    assert lines[0] == f"{old}  active  sales"
    assert "Ana" in lines[1]
    assert "in the whole company" in lines[1]
    assert "(overdue)" in lines[2]
    assert "\x1b" not in done.stdout
    assert "Overdue" in done.stderr
    crm.handle(SuspendPrincipal(id=principal_id(ANA)), envelope())
    assert f"{old}  suspended  sales" in said(concord("list"))


def test_an_empty_list_says_what_is_next(concord: Any) -> None:
    done = concord("list")
    assert said(done) == ""
    assert "concord access grant" in done.stderr
    assert json.loads(said(concord("list", "--json"))) == []


def test_the_table_of_roles_is_shown(concord: Any) -> None:
    told = json.loads(said(concord("roles", "--json")))
    assert [each["name"] for each in told] == list(ROLES)
    shown = said(concord("roles"))
    assert all(name in shown for name in ROLES)
    assert "change (own)" in shown


# --- With a new key ---------------------------------------------------------------------------


def test_a_key_is_created_with_its_roles(concord: Any, crm: Crm, ana: str) -> None:
    words = ("--role", "service", "--role", "finance", "--department", str(SALES), "--json")
    told = json.loads(said(concord("create", "Export", *words, group="key")))
    given = grants(crm, service_principal_id(KeyId(UUID(told["id"])))).values()
    assert told["roles"] == sorted(each.role for each in given) == ["finance", "service"]
    assert {each.department_id for each in given} == {SALES}


def test_a_key_without_roles_may_nothing_yet_and_says_so(concord: Any) -> None:
    done = concord("create", "Export", group="key")
    assert said(done).startswith("ck_")
    assert "Nothing is permitted yet: concord access grant ROLE --key " in done.stderr


def test_where_a_role_cannot_be_granted_no_key_is_created(concord: Any, crm: Crm, ana: str) -> None:
    nobody = str(sample_id(0xBAD))
    refused(concord("create", "x", "--role", "emperor", group="key"), "--role", "'emperor'")
    refused(concord("create", "x", "--department", str(SALES), group="key"), "--role")
    words = ("--role", "sales", "--department", nobody)
    refused(concord("create", "x", *words, group="key"), "--department")
    assert json.loads(said(concord("list", "--json", group="key"))) == []
