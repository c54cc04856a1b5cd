"""What each tier is promised."""

import pytest
from spec import spec

from domain.customers.service_plan import (
    SERVICE_PLAN,
    Promised,
    ServicePlanSet,
    ServicePromises,
    SetServicePlan,
    service_plan_id,
)
from domain.values import Tier

KEY = service_plan_id(Tier.KEY)
MONTHLY = ServicePromises(visits_per_year=12, review_meetings_per_year=4)
YEARLY = ServicePromises(visits_per_year=1, review_meetings_per_year=0, response_note="Next day")
SET = ServicePlanSet(tier=Tier.KEY, promises=MONTHLY)


def promise(promises, tier=Tier.KEY, id_=KEY):
    return SetServicePlan(id=id_, tier=tier, promises=promises)


def test_a_tier_is_promised_something():
    plan = spec(SERVICE_PLAN).when(promise(MONTHLY)).then(SET)
    plan.then_state(Promised(Tier.KEY, MONTHLY))


def test_and_something_else_later():
    changed = ServicePlanSet(tier=Tier.KEY, promises=YEARLY)
    spec(SERVICE_PLAN).given(SET).when(promise(YEARLY)).then(changed)


def test_the_same_again_changes_nothing():
    spec(SERVICE_PLAN).given(SET).when(promise(MONTHLY)).then_nothing()


@pytest.mark.parametrize("number", [-1, 367])
@pytest.mark.parametrize("field", ["visits_per_year", "review_meetings_per_year"])
def test_nobody_is_visited_more_than_every_day(number, field):
    told = {"visits_per_year": 1, "review_meetings_per_year": 1} | {field: number}
    spec(SERVICE_PLAN).when(promise(ServicePromises(**told))).then_rejected(
        "service-plan.frequency", field="promises"
    )


def test_each_tier_has_one_plan():
    assert len({service_plan_id(tier) for tier in Tier}) == 3
    spec(SERVICE_PLAN).when(promise(MONTHLY, tier=Tier.STRATEGIC)).then_rejected(
        "service-plan.not-the-tiers", field="tier"
    )


def test_a_tier_has_a_plan_once_it_is_set():
    assert not spec(SERVICE_PLAN).active
    assert spec(SERVICE_PLAN).given(SET).active


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_service_differs_by_tier_over_http(api, company):
    last = None
    for tier, visits in (("strategic", 24), ("key", 12)):
        note = company.word("Within hours")
        told = {"visits_per_year": visits, "review_meetings_per_year": 4, "response_note": note}
        last = company.do(
            "/service-plans", {"tier": tier, "promises": told}, headers={"If-Match": "*"}
        )
    shown = api.get("/service-plans", after=last, **{"filter[tier]": "key"}).went_well()
    (plan,) = shown.json["items"]
    assert plan["promises"]["visits_per_year"] == 12
    assert plan["promises"]["owner_role"] is None
    board = api.get("/tiers/board").went_well().json
    visits = {
        each["tier"]: (each["promises"] or {}).get("visits_per_year") for each in board["tiers"]
    }
    assert (visits["strategic"], visits["key"]) == (24, 12)
    stale = api.post("/service-plans", {"tier": "key", "promises": told}, seen=plan["version"] + 7)
    stale.refused(412, "version.stale")
