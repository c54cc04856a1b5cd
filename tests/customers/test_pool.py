"""A pool: opened once for its place, with rules that make sense; and what it is over HTTP."""

import pytest
from spec import SALES, SERVICE, sample_id, spec

from domain.customers.pool import (
    LONGEST,
    POOL,
    ClosePool,
    OpenPool,
    PoolClosed,
    PoolOpened,
    PoolRules,
    PoolRulesSet,
    SetPoolRules,
    pool_id,
)
from tests.web.stories_ownership import RULES, pool

EAST = pool_id("east")
STRICT = PoolRules(claim_limit=3, wait_days=14)
OPEN = OpenPool(id=EAST, name="East", region="east", rules=STRICT)
OPENED = PoolOpened(name="East", region="east", department_id=None, rules=STRICT)


def test_each_place_has_one_pool():
    places = [pool_id("east"), pool_id("west"), pool_id(department_id=SALES),
              pool_id(department_id=SERVICE), pool_id()]  # fmt: skip
    assert len(set(places)) == 5
    assert pool_id("east") == EAST
    assert pool_id(str(SALES)) != pool_id(department_id=SALES)


def test_a_pool_is_opened():
    spec(POOL).when(OPEN).then(OPENED)


def test_but_not_twice():
    spec(POOL).given(OPENED).when(OPEN).then_rejected("pool.exists")


def test_a_closed_pool_opens_again():
    spec(POOL).given(OPENED, PoolClosed()).when(OPEN).then(OPENED)


def test_a_pool_is_not_of_two_places():
    both = OpenPool(id=EAST, name="East", region="east", department_id=SALES)
    spec(POOL).when(both).then_rejected("pool.two-places", field="department_id")


def test_rules_change():
    other = PoolRules(idle_days=30)
    told = spec(POOL).given(OPENED)
    told.when(SetPoolRules(id=EAST, rules=other)).then(PoolRulesSet(rules=other))
    told.when(SetPoolRules(id=EAST, rules=STRICT)).then_nothing()


@pytest.mark.parametrize(
    "wrong",
    [
        {"claim_limit": 0},
        {"claim_limit": -1},
        {"wait_days": -1},
        {"protection_days": -7},
        {"idle_days": 0},
        {"stall_days": -30},
        {"idle_days": LONGEST + 1},
    ],
)
def test_days_are_not_negative_and_a_limit_is_one_at_least(wrong):
    rules = PoolRules(**wrong)
    asked = OpenPool(id=EAST, name="East", region="east", rules=rules)
    spec(POOL).when(asked).then_rejected("pool.out-of-range", field="rules")
    told = spec(POOL).given(OPENED)
    told.when(SetPoolRules(id=EAST, rules=rules)).then_rejected("pool.out-of-range", field="rules")


@pytest.mark.parametrize("command", [SetPoolRules(id=EAST, rules=STRICT), ClosePool(id=EAST)])
def test_what_is_not_open_is_not_changed(command):
    spec(POOL).when(command).then_rejected("pool.unknown")
    spec(POOL).given(OPENED, PoolClosed()).when(command).then_rejected("pool.closed")


def test_only_an_open_pool_holds():
    assert spec(POOL).given(OPENED).active
    assert not spec(POOL).given(OPENED, PoolClosed()).active
    assert not spec(POOL).active


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_pool_lives_over_http(api, company):
    region = company.word("region")
    made = pool(company, region=region)
    assert made.id == str(pool_id(region))
    shown = api.get(f"/pools/{made.id}", after=made).went_well().json
    assert (shown["region"], shown["rules"], shown["status"]) == (region, RULES, "open")
    body = {"name": "Again", "region": region, "rules": RULES}
    api.post("/pools", body).refused(409, "pool.exists")
    stale = api.post(f"/pools/{made.id}/rules", {"rules": {}}, seen=7)
    stale.refused(412, "version.stale")
    eased = api.post(f"/pools/{made.id}/rules", {"rules": {"idle_days": 90}}, seen=1).went_well()
    shown = api.get(f"/pools/{made.id}", after=eased).json
    assert shown["rules"] == dict.fromkeys(RULES) | {"idle_days": 90}
    closed = api.post(f"/pools/{made.id}/close", {}, seen=eased).went_well()
    assert api.get(f"/pools/{made.id}", after=closed).json["status"] == "closed"
    api.post(f"/pools/{made.id}/close", {}, seen=closed).refused(409, "pool.closed")


@pytest.mark.parametrize("days", [-1, 1.5, "7", 10**6])
def test_negative_days_are_refused_over_http(api, company, days):
    body = {"name": "East", "region": company.word("region"), "rules": {"wait_days": days}}
    api.post("/pools", body).refused(422, "fields.invalid", "/rules/wait_days")


def test_a_department_and_a_region_at_once_are_refused_over_http(api, company):
    body = {"name": "x", "region": company.word("r"), "department_id": company.department().id}
    told = api.post("/pools", body | {"rules": RULES})
    told.refused(409, "pool.two-places", "/department_id")


def test_the_pool_shows_what_nobody_owns_in_its_region(api, company):
    region = company.word("region")
    made = pool(company, region=region)
    free, taken = (company.customer(details={"region": region}) for _ in range(2))
    company.customer(details={"region": company.word("elsewhere")})
    claim = {"member_id": company.member().id}
    last = company.do(f"/customers/{taken.id}/ownership/claim", claim)
    assert api.get(f"/pools/{made.id}/customers", after=last).went_well().ids == [free.id]
    released = company.do(f"/customers/{taken.id}/ownership/release", {}, seen=1)
    shown = api.get(f"/pools/{made.id}/customers", after=released).went_well().ids
    assert shown == [free.id, taken.id]
    unknown = api.get(f"/pools/{sample_id(1)}/customers")
    unknown.refused(404, "not-found")
