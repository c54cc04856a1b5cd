"""Roles over HTTP: the built-in ones, the company's own, and what they open for who has them."""

from uuid import UUID

import pytest
from spec import sample_id

from domain.access.role import role_id
from domain.access.roles import ROLES
from domain.ids import MemberId
from web.commands.accounts import create_key

pytest_plugins = ["tests.web.fixtures"]

READS_CUSTOMERS = {"resource": "customer", "action": "read", "reach": "place"}
REGISTERS = {"resource": "customer", "action": "create", "reach": "place"}
ANY = {"If-Match": "*"}


def define(api, name, *permissions, shows=()):
    told = {"name": name, "permissions": list(permissions), "shows": list(shows)}
    return api.post("/roles", told)


def redefine(api, name, *permissions, shows=()):
    told = {"permissions": list(permissions), "shows": list(shows)}
    return api.ask("PUT", f"/roles/{name}", told, headers=ANY)


def withdraw(api, name):
    return api.post(f"/roles/{name}/withdraw", {}, headers=ANY)


@pytest.fixture
def somebody(running, company, api):
    """Hire somebody and grant them a role over HTTP; their own way to ask."""

    def hire(role):
        member = MemberId(UUID(company.member().id))
        key = create_key(running.crm, "own", member)
        path = f"/principals/{key.account}/grants"
        api.post(path, {"role": role}, headers=ANY).went_well()
        return running.api.acting_as(key.text)

    return hire


# --- Shown ------------------------------------------------------------------------------------


def test_all_roles_are_listed_in_one_form_by_name(api, company):
    names = [company.word(stem) for stem in ("a-first", "mid", "zz-last")]
    last = [define(api, name, READS_CUSTOMERS).went_well() for name in names][-1]
    api.get("/roles/sales", after=last)
    whole = api.get("/roles", after=last, limit=200).went_well().json["items"]
    found = [each["name"] for each in whole]
    assert found == sorted(found)
    assert set(found) >= {*ROLES, *names}
    paged = [each for page in api.pages("/roles", limit=3) for each in page.json["items"]]
    assert paged == whole
    assert {each["name"] for each in whole if each["built_in"]} == set(ROLES)


def test_a_built_in_role_is_shown_by_its_name(api):
    shown = api.get("/roles/hr").went_well().json
    assert (shown["id"], shown["name"], shown["built_in"]) == ("hr", "hr", True)
    assert shown["version"] is None
    assert {"resource": "member", "action": "create", "reach": "place"} in shown["permissions"]
    assert {"resource": "member", "action": "read", "reach": "company"} in shown["permissions"]
    assert shown["shows"] == ["contact", "review"]


def test_a_role_of_the_companys_own_is_shown_by_name_and_by_id(api, company):
    name = company.word("night")
    done = define(api, name, READS_CUSTOMERS, REGISTERS, shows=["money"]).went_well()
    assert done.id == str(role_id(name))
    shown = api.get(f"/roles/{name}", after=done).went_well()
    assert shown.json == {
        "id": done.id,
        "version": 1,
        "name": name,
        "built_in": False,
        "status": "active",
        "permissions": [REGISTERS, READS_CUSTOMERS],
        "shows": ["money"],
    }
    assert shown.headers["ETag"] == '"1"'
    assert api.get(f"/roles/{done.id}").json == shown.json


def test_what_is_no_role_is_not_found(api):
    for name in ("emperor", str(sample_id(0xBAD)), "SALES", "a b"):
        path = f"/roles/{name.replace(' ', '%20')}"
        api.get(path).refused(404, "not-found")
        redefine(api, name.replace(" ", "%20"), READS_CUSTOMERS).refused(404, "not-found")


# --- Defined ----------------------------------------------------------------------------------


def test_a_role_of_the_companys_own_permits_what_it_says(api, company, somebody):
    name, customer = company.word("reader"), company.customer(tier="key").id
    define(api, name, READS_CUSTOMERS).went_well()
    one = somebody(name)
    one.get(f"/customers/{customer}").went_well()
    one.post("/customers", {"details": {"name": "x"}}).refused(403, "access.refused")
    redefine(api, name, READS_CUSTOMERS, REGISTERS).went_well()
    one.post("/customers", {"details": {"name": "x"}}).went_well()
    redefine(api, name, REGISTERS).went_well()
    one.get(f"/customers/{customer}").refused(404, "not-found")


def test_a_withdrawn_role_permits_nothing_until_it_is_defined_again(api, company, somebody):
    name = company.word("reader")
    define(api, name, READS_CUSTOMERS).went_well()
    one = somebody(name)
    one.get("/customers").went_well()
    done = withdraw(api, name).went_well()
    one.get("/customers").refused(403, "access.refused")
    assert api.get(f"/roles/{name}", after=done).json["status"] == "withdrawn"
    path = f"/principals/{create_key_account(api, company)}/grants"
    api.post(path, {"role": name}, headers=ANY).refused(422, "role.unknown", "/role")
    withdraw(api, name).refused(409, "role.withdrawn")
    define(api, name, READS_CUSTOMERS).went_well()
    one.get("/customers").went_well()


def create_key_account(api, company):
    return api.post("/principals", {"member_id": company.member().id}).went_well().id


@pytest.mark.parametrize(
    ("wrong", "status", "code", "pointer"),
    [
        ({"name": "sales"}, 409, "role.built-in", "/name"),
        ({"permissions": []}, 409, "role.empty", "/permissions"),
        (
            {"permissions": [{"resource": "customer", "action": "grant"}]},
            409,
            "role.no-such-permission",
            "/permissions",
        ),
        ({"name": "Night Shift"}, 422, "fields.invalid", "/name"),
        ({"shows": ["everything"]}, 422, "fields.invalid", "/shows/0"),
    ],
)
def test_what_is_no_role_is_not_defined(wrong, status, code, pointer, api):
    told = {"name": "night-watch", "permissions": [READS_CUSTOMERS], "shows": []} | wrong
    api.post("/roles", told).refused(status, code, pointer)


def test_a_name_is_taken_once_over_http(api, company):
    name = company.word("night")
    define(api, name, READS_CUSTOMERS).went_well()
    define(api, name, REGISTERS).refused(409, "role.exists", "/name")


def test_a_built_in_role_stays_as_it_is_over_http(api):
    redefine(api, "sales", READS_CUSTOMERS).refused(409, "role.built-in", "/name")
    withdraw(api, "sales").refused(409, "role.built-in", "/name")


def test_nobody_says_what_their_own_role_permits(api, company, running):
    name = company.word("boss")
    grants = {"resource": "access", "action": "grant", "reach": "place"}
    define(api, name, grants).went_well()
    key = running.new_key("boss")
    path = f"/principals/{key.account}/grants"
    api.post(path, {"role": name}, headers=ANY).went_well()
    own = running.api.acting_as(key.text)
    redefine(own, name, grants, READS_CUSTOMERS).refused(409, "role.own")
    withdraw(api, name).went_well()
    define(own, name, grants, READS_CUSTOMERS).refused(409, "role.own")
    define(api, name, grants).went_well()


def test_who_has_seen_an_older_role_changes_nothing(api, company):
    name = company.word("night")
    define(api, name, READS_CUSTOMERS).went_well()
    redefine(api, name, REGISTERS).went_well()
    told = {"permissions": [READS_CUSTOMERS], "shows": []}
    api.ask("PUT", f"/roles/{name}", told, seen=1).refused(412, "version.stale")
    api.ask("PUT", f"/roles/{name}", told).refused(428, "version.missing", "If-Match")


def test_a_roles_past_is_shown(api, company):
    name = company.word("night")
    define(api, name, READS_CUSTOMERS).went_well()
    done = redefine(api, name, REGISTERS).went_well()
    before = api.get(f"/roles/{name}", at_version=1).went_well().json
    assert before["permissions"] == [READS_CUSTOMERS]
    told = api.get(f"/roles/{done.id}/history", after=done).went_well().json["items"]
    assert [fact["name"] for fact in told] == ["role.defined", "role.changed"]
