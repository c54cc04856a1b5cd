"""A review cycle: opened for a period by the policies in force on its first day, and closed."""

from dataclasses import replace
from datetime import date

import pytest
from spec import sample_id, spec

from domain.ids import ReviewCycleId
from domain.kernel import Fact
from domain.reviews.review_cycle import (
    REVIEW_CYCLE,
    CloseReviewCycle,
    Cycle,
    OpenReviewCycle,
    ReviewCycleClosed,
    ReviewCycleOpened,
    RolePolicy,
    review_cycle_id,
)
from domain.reviews.review_policy import review_policy_id
from tests.web.stories_review_policies import (
    LATER,
    by,
    cycle_body,
    drafted,
    opened,
    published,
    redrafted,
)

pytest_plugins = ["tests.web.fixtures"]

ID = review_cycle_id("2025-q2")
SPRING, SUMMER = date(2025, 4, 1), date(2025, 7, 1)
AGENTS = RolePolicy(
    role="agent",
    policy_id=review_policy_id("service-agent"),
    version=2,
    hash="ab" * 32,
    effective_from=SPRING,
)
SELLERS = replace(AGENTS, role="sales", policy_id=review_policy_id("seller"), version=1)
TOLD = {
    "code": "2025-q2",
    "name": "Spring",
    "first": SPRING,
    "last": SUMMER,
    "zone": "Asia/Shanghai",
    "policies": (AGENTS, SELLERS),
}
OPENED = ReviewCycleOpened(**TOLD)
CLOSED = ReviewCycleClosed(code="2025-q2")


def open_(id_=ID, **told):
    return OpenReviewCycle(id=id_, **TOLD | told)


# --- Rules ------------------------------------------------------------------------------------


def test_a_cycle_is_opened_and_closed():
    state = spec(REVIEW_CYCLE).when(open_()).then(OPENED).state
    assert state == Cycle("2025-q2", SPRING, SUMMER, "Asia/Shanghai", (AGENTS, SELLERS))
    assert (state.policy_of("sales"), state.policy_of("finance")) == (SELLERS, None)
    assert REVIEW_CYCLE.active(state)
    story = spec(REVIEW_CYCLE).given(OPENED).when(CloseReviewCycle(id=ID)).then(CLOSED)
    assert not REVIEW_CYCLE.active(story.state)


def test_it_is_opened_once_and_closed_once():
    spec(REVIEW_CYCLE).given(OPENED).when(open_()).then_rejected(
        "review-cycle.exists", field="code"
    )
    spec(REVIEW_CYCLE).when(open_(id_=ReviewCycleId(sample_id(1)))).then_rejected(
        "review-cycle.not-the-codes", field="id"
    )
    spec(REVIEW_CYCLE).when(CloseReviewCycle(id=ID)).then_rejected("review-cycle.unknown")
    spec(REVIEW_CYCLE).given(OPENED, CLOSED).when(CloseReviewCycle(id=ID)).then_rejected(
        "review-cycle.closed"
    )


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"last": SPRING}, "period", "last"),
        ({"first": SUMMER, "last": SPRING}, "period", "last"),
        ({"policies": ()}, "no-policies", "policies"),
        ({"policies": (AGENTS, replace(SELLERS, role="agent"))}, "role-twice", "policies"),
        (
            {"policies": (AGENTS, replace(SELLERS, effective_from=date(2025, 4, 2)))},
            "policy-too-late",
            "policies",
        ),
    ],
)
def test_cycles_that_nobody_can_be_reviewed_in(wrong, code, field):
    spec(REVIEW_CYCLE).when(open_(**wrong)).then_rejected(f"review-cycle.{code}", field=field)


def test_its_opening_is_told_with_the_policies_it_names():
    (fact,) = spec(REVIEW_CYCLE).given(OPENED).facts
    assert isinstance(fact, Fact)
    assert {("review-policy", AGENTS.policy_id), ("review-policy", SELLERS.policy_id)} < fact.about


# --- Over HTTP --------------------------------------------------------------------------------


def test_a_cycle_takes_the_version_in_force_on_its_first_day(api, company):
    policy = redrafted(company)
    again = company.do(
        f"/review-policies/{policy.id}/publish", {"effective_from": "2090-04-01"}, seen=policy
    )
    versions = api.get(f"/review-policies/{policy.id}", after=again).json["versions"]
    for first, last, version in (
        ("2090-01-01", "2090-04-01", versions[0]),
        ("2090-03-31", "2090-04-30", versions[0]),
        ("2090-04-01", "2090-07-01", versions[1]),
    ):
        body = cycle_body(company, policy.id, **{"from": first, "to": last})
        made = api.post("/review-cycles", body).went_well()
        told = api.get(f"/review-cycles/{made.id}", after=made).went_well().json
        assert told["policies"] == [
            {
                "role": "agent",
                "policy_id": policy.id,
                "version": version["version"],
                "hash": version["hash"],
                "effective_from": version["effective_from"],
            }
        ]
        assert (told["from"], told["to"], told["status"]) == (first, last, "open")
        assert told["timezone"] == "Asia/Shanghai"


def test_a_policy_published_after_the_period_began_is_refused(api, company):
    in_time, draft = published(company), drafted(company)
    named = [{"role": role, "policy_id": id_} for role, id_ in (
        ("sales", in_time.id), ("agent", draft.id), ("finance", str(sample_id(9))),
    )]  # fmt: skip
    body = cycle_body(company, in_time.id, policies=named)
    api.post("/review-cycles", body).refused(
        422, "fields.invalid", "/policies/1/policy_id", "/policies/2/policy_id"
    )
    early = cycle_body(company, in_time.id, **{"from": "2089-12-31"})
    assert LATER["effective_from"] == "2090-01-01"
    api.post("/review-cycles", early).refused(422, "fields.invalid", "/policies/0/policy_id")


def test_a_role_is_named_once_and_a_period_ends_after_it_begins(api, company):
    policy = published(company).id
    twice = [{"role": "agent", "policy_id": policy}] * 2
    api.post("/review-cycles", cycle_body(company, policy, policies=twice)).refused(
        409, "review-cycle.role-twice", "/policies"
    )
    api.post("/review-cycles", cycle_body(company, policy, to="2090-01-01")).refused(
        422, "fields.invalid", "/to"
    )


def test_what_is_published_later_leaves_an_open_cycle_as_it_is(api, company):
    policy = redrafted(company)
    made = api.post("/review-cycles", cycle_body(company, policy.id)).went_well()
    before = api.get(f"/review-cycles/{made.id}", after=made).json
    path = f"/review-policies/{policy.id}/publish"
    later = company.do(path, {"effective_from": "2090-01-02"}, seen=policy)
    assert api.get(f"/review-cycles/{made.id}", after=later).json == before


def test_a_retired_policy_stays_in_open_cycles_and_comes_into_no_other(api, company):
    policy = published(company)
    cycle = api.post("/review-cycles", cycle_body(company, policy.id)).went_well()
    before = api.get(f"/review-cycles/{cycle.id}", after=cycle).json
    path = f"/review-policies/{policy.id}/retire"
    api.post(path, {}, seen=policy).refused(409, "review-policy.reason-missing", "/reason")
    gone = company.do(path, {"reason": "Nobody works so any more"}, seen=policy)
    shown = api.get(f"/review-policies/{policy.id}", after=gone).went_well().json
    assert (shown["status"], len(shown["versions"])) == ("retired", 1)
    assert shown["retired_at"] is not None
    again = cycle_body(company, policy.id)
    api.post("/review-cycles", again).refused(422, "fields.invalid", "/policies/0/policy_id")
    assert api.get(f"/review-cycles/{cycle.id}", after=gone).json == before
    review = {"member_id": company.member().id, "policy_id": policy.id}
    review |= {"from": before["from"], "to": before["to"]}
    author = by(company.member().id)
    api.post("/reviews", review, headers=author).refused(422, "fields.invalid", "/policy_id")
    of_the_cycle = review | {"cycle_id": cycle.id}
    api.post("/reviews", of_the_cycle, headers=author).went_well()


def test_a_cycle_is_closed_by_the_one_who_saw_it_last(api, company):
    made = opened(company)
    path = f"/review-cycles/{made.id}/close"
    closed = company.do(path, {}, seen=made)
    api.post(path, {}, seen=made).refused(412, "version.stale")
    api.post(path, {}, seen=closed).refused(409, "review-cycle.closed")
    told = api.get(f"/review-cycles/{made.id}", after=closed).json
    assert told["status"] == "closed"
    assert told["closed_at"] is not None
    listed = api.get("/review-cycles", **{"filter[code]": told["code"]}).went_well()
    assert listed.ids == [made.id]
    assert (
        api.get("/review-cycles", **{"filter[status]": "open", "limit": 200}).ids.count(made.id)
        == 0
    )
