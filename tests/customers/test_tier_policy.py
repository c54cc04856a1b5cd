"""A tier policy: drafted, tried, published in versions; what it says of a customer over HTTP."""

from datetime import date

import pytest
from spec import HARBOUR, sample_id, spec

from application.store.codec import decode
from domain.customers.customer import (
    CustomerDetails,
    CustomerRegistered,
    CustomerTiered,
    TierCustomer,
)
from domain.customers.customer_rules import CUSTOMER
from domain.customers.tier_policy import (
    TIER_POLICY,
    DraftTierPolicy,
    Policy,
    PublishTierPolicy,
    RedraftTierPolicy,
    TierLabels,
    TierPolicyDrafted,
    TierPolicyPublished,
    tier_policy_id,
)
from domain.customers.tiering import TierBand, TierCriterion, TierFamily, TierMeasure, TierRules
from domain.ids import TierPolicyId
from domain.values import Tier
from tests.web.stories_tiers import EFFECTIVE, RULES, drafted, published

ID = tier_policy_id("value")
PEOPLE = TierCriterion(
    family=TierFamily.POTENTIAL,
    measure=TierMeasure.EMPLOYEES,
    weight=100,
    bands=(TierBand(at_least=100, points=60), TierBand(at_least=1000, points=100)),
)
BY_SIZE = TierRules(criteria=(PEOPLE,), strategic_from=80, key_from=50)
STRICTER = TierRules(criteria=(PEOPLE,), strategic_from=90, key_from=70)
NEW_YEAR, SPRING = date(2025, 1, 1), date(2025, 4, 1)

DRAFTED = TierPolicyDrafted(name="value", rules=BY_SIZE, labels=TierLabels.VALUE, review_months=6)
PUBLISHED = TierPolicyPublished(
    name="value",
    version=1,
    rules=BY_SIZE,
    labels=TierLabels.VALUE,
    review_months=6,
    effective_from=NEW_YEAR,
)
REDRAFTED = TierPolicyDrafted(
    name="value", rules=STRICTER, labels=TierLabels.STRATEGIC, review_months=12
)
AGAIN = TierPolicyPublished(
    name="value",
    version=2,
    rules=STRICTER,
    labels=TierLabels.STRATEGIC,
    review_months=12,
    effective_from=SPRING,
)


def draft(rules=BY_SIZE, months=6, name="value", id_=ID):
    labels = TierLabels.VALUE
    return DraftTierPolicy(id=id_, name=name, rules=rules, labels=labels, review_months=months)


def publish(day):
    return PublishTierPolicy(id=ID, effective_from=day)


# --- Rules ------------------------------------------------------------------------------------


def test_a_policy_is_drafted():
    told = spec(TIER_POLICY).when(draft()).then(DRAFTED)
    told.then_state(Policy("value", draft=DRAFTED))


@pytest.mark.parametrize("history", [(DRAFTED,), (DRAFTED, PUBLISHED)])
def test_a_name_is_taken_once(history):
    spec(TIER_POLICY).given(*history).when(draft()).then_rejected(
        "tier-policy.exists", field="name"
    )


def test_the_id_follows_from_the_name():
    other = draft(id_=TierPolicyId(sample_id(1)))
    spec(TIER_POLICY).when(other).then_rejected("tier-policy.not-the-names", field="id")


def test_rules_that_cannot_be_meant_are_refused():
    flawed = TierRules(criteria=(PEOPLE,), strategic_from=50, key_from=50)
    spec(TIER_POLICY).when(draft(flawed)).then_rejected("tier-policy.rules", field="rules")
    told = spec(TIER_POLICY).given(DRAFTED)
    again = RedraftTierPolicy(id=ID, rules=flawed)
    told.when(again).then_rejected("tier-policy.rules", field="rules")


@pytest.mark.parametrize("months", [0, -1, 121])
def test_tiers_are_reviewed_within_ten_years(months):
    spec(TIER_POLICY).when(draft(months=months)).then_rejected(
        "tier-policy.review-months", field="review_months"
    )


def test_a_draft_is_published_as_the_first_version():
    (
        spec(TIER_POLICY)
        .given(DRAFTED)
        .when(publish(NEW_YEAR))
        .then(PUBLISHED)
        .then_state(Policy("value", versions=(PUBLISHED,)))
    )


def test_a_published_policy_is_drafted_and_published_again_and_its_first_version_stays():
    told = spec(TIER_POLICY).given(DRAFTED, PUBLISHED)
    told.when(RedraftTierPolicy(id=ID, rules=STRICTER)).then(REDRAFTED)
    after = told.given(REDRAFTED, AGAIN).state
    assert [each.version for each in after.versions] == [1, 2]
    assert after.version(1).rules == BY_SIZE
    assert after.version(3) is None


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2024, 12, 31), None),
        (NEW_YEAR, 1),
        (date(2025, 3, 31), 1),
        (SPRING, 2),
        (date(2030, 1, 1), 2),
    ],
)
def test_on_each_day_one_version_is_in_force(day, version):
    policy = spec(TIER_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED, AGAIN).state
    found = policy.in_force(day)
    assert (found and found.version) == version


def test_the_same_draft_again_changes_nothing():
    same = RedraftTierPolicy(id=ID, rules=STRICTER)
    spec(TIER_POLICY).given(DRAFTED, REDRAFTED).when(same).then_nothing()


@pytest.mark.parametrize("command", [RedraftTierPolicy(id=ID, rules=STRICTER), publish(NEW_YEAR)])
def test_what_is_not_there_is_neither_drafted_anew_nor_published(command):
    spec(TIER_POLICY).when(command).then_rejected("tier-policy.unknown")


def test_without_a_draft_nothing_is_published():
    told = spec(TIER_POLICY).given(DRAFTED, PUBLISHED)
    told.when(publish(SPRING)).then_rejected("tier-policy.no-draft")


def test_no_version_is_in_force_before_the_one_it_follows():
    told = spec(TIER_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED)
    told.when(publish(date(2024, 12, 31))).then_rejected(
        "tier-policy.too-early", field="effective_from"
    )
    told.when(publish(NEW_YEAR)).then(
        TierPolicyPublished(
            name="value",
            version=2,
            rules=STRICTER,
            labels=TierLabels.STRATEGIC,
            review_months=12,
            effective_from=NEW_YEAR,
        )
    )


def test_customers_are_tiered_by_what_was_published():
    assert not spec(TIER_POLICY).given(DRAFTED).active
    assert spec(TIER_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED).active


# --- A customer's tier ------------------------------------------------------------------------

HERE = CustomerRegistered(details=CustomerDetails(name="Harbour Foods"), tier=Tier.KEY)


@pytest.mark.parametrize("tier", Tier)
def test_a_review_by_a_policy_is_told_also_where_it_keeps_the_tier(tier):
    by = {"policy_id": ID, "policy_version": 2, "review_at": SPRING, "suggested": Tier.NORMAL}
    review = TierCustomer(id=HARBOUR, tier=tier, **by)
    told = spec(CUSTOMER).given(HERE)
    told.when(review).then_rejected("customer.reason-missing", field="reason")
    told.when(review, reason="Looked at").then(CustomerTiered(previous=Tier.KEY, tier=tier, **by))


def test_a_tier_given_before_there_were_policies_is_read():
    written = (
        '{"event":{"previous":"normal","tier":"key"},"envelope":{"occurred_at":'
        '"2025-03-03T09:00:00Z","actor":{"kind":"system","id":"x"},"channel":"api"}}'
    )
    event, _ = decode("customer.tiered", written)
    assert event == CustomerTiered(previous=Tier.NORMAL, tier=Tier.KEY)


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_policy_shows_its_draft_and_its_versions(api, company):
    made = published(company)
    path = f"/tier-policies/{made.id}"
    again = company.do(f"{path}/redraft", {"rules": RULES, "review_months": 3}, seen=made)
    shown = api.get(path, after=again).went_well().json
    assert (shown["version"], shown["draft"]["review_months"]) == (3, 3)
    (version,) = shown["versions"]
    told = (version["version"], version["effective_from"], version["review_months"])
    assert told == (1, "2026-01-01", 12)
    rules = version["rules"]
    assert (rules["strategic_from"], rules["criteria"][1]["window_days"]) == (70, None)
    assert api.get(path, at_version=1).went_well().json["versions"] == []


@pytest.mark.parametrize(
    ("spoil", "pointers"),
    [
        (lambda rules: rules | {"criteria": rules["criteria"][:1]}, ["/rules/criteria"]),
        (lambda rules: rules | {"key_from": 70}, ["/rules/key_from"]),
        (lambda rules: rules | {"key_from": 101}, ["/rules/key_from"]),
        (
            lambda rules: (
                rules
                | {"criteria": [rules["criteria"][0] | {"currency": "CNY"}, rules["criteria"][1]]}
            ),
            ["/rules/criteria/0/currency"],
        ),
        (
            lambda rules: (
                rules | {"criteria": [rules["criteria"][0] | {"weight": 0}, rules["criteria"][1]]}
            ),
            ["/rules/criteria/0/weight"],
        ),
        (
            lambda rules: (
                rules
                | {
                    "criteria": [
                        rules["criteria"][0] | {"bands": rules["criteria"][0]["bands"][::-1]},
                        rules["criteria"][1],
                    ]
                }
            ),
            ["/rules/criteria/0/bands"],
        ),
    ],
)
def test_what_is_wrong_with_rules_is_said_where_it_stands(spoil, pointers, api, company):
    answer = api.post("/tier-policies", {"name": company.word("policy"), "rules": spoil(RULES)})
    assert (answer.status, answer.pointers) == (422, pointers), answer.body


def test_a_customer_is_tiered_by_a_policy_and_due_again_after_its_months(api, company):
    policy = published(company, review_months=6)
    customer = company.customer(occurred_at="2026-01-02T09:00:00+08:00").id
    body = {
        "tier": "key",
        "suggested": "strategic",
        "policy_id": policy.id,
        "reason": "They asked for less",
        "occurred_at": "2026-02-28T17:00:00Z",  # the first of March where the company is
    }
    done = company.do(f"/customers/{customer}/tier", body, seen=1)
    shown = api.get(f"/customers/{customer}", after=done).went_well().json
    assert (shown["tier"], shown["retier_at"]) == ("key", "2026-09-01")
    assert shown["tiered_at"] == "2026-02-28T17:00:00.000000Z"
    fact = api.get(f"/audit/events/{done.position}").went_well().json["data"]
    assert (fact["suggested"], fact["policy_version"]) == ("strategic", 1)
    # A review may keep the tier; without a policy that would change nothing.
    same = body | {"occurred_at": "2026-04-15T09:00:00+08:00"}
    kept = company.do(f"/customers/{customer}/tier", same, seen=done)
    assert kept.version == done.version + 1
    assert api.get(f"/customers/{customer}", after=kept).json["retier_at"] == "2026-10-15"
    plain = {"tier": "key", "reason": "Again"}
    assert company.do(f"/customers/{customer}/tier", plain, seen=kept).position is None


def test_a_tier_by_a_policy_that_is_not_in_force_is_refused(api, company):
    customer = company.customer(occurred_at="2025-01-02T09:00:00+08:00").id
    tier = {"tier": "key", "reason": "Grown"}
    path = f"/customers/{customer}/tier"
    policy = published(company)
    before = tier | {"policy_id": policy.id, "occurred_at": "2025-12-31T12:00:00+08:00"}
    api.post(path, before, seen=1).refused(422, "tier-policy.no-version", "/policy_version")
    third = tier | {"policy_id": policy.id, "policy_version": 3}
    api.post(path, third, seen=1).refused(422, "tier-policy.no-version", "/policy_version")
    unpublished = tier | {"policy_id": drafted(company).id}
    api.post(path, unpublished, seen=1).refused(422, "tier-policy.not-active", "/policy_id")
    nothing = tier | {"policy_id": customer}
    api.post(path, nothing, seen=1).refused(422, "tier-policy.unknown", "/policy_id")
    alone = tier | {"policy_version": 1}
    api.post(path, alone, seen=1).refused(422, "fields.invalid", "/policy_version")


def test_the_board_counts_who_is_due(api, company):
    before = api.get("/tiers/board", after=company.customer()).went_well().json
    policy = published(company, review_months=1)
    last = None
    for since in ("2026-01-05T09:00:00+08:00", None):
        told = {"occurred_at": since} if since else {}
        customer = company.customer(**told).id
        body = {"tier": "strategic", "policy_id": policy.id, "reason": "Grown"} | told
        last = company.do(f"/customers/{customer}/tier", body, seen=1)
    after = api.get("/tiers/board", after=last).went_well().json
    first_before, first_after = before["tiers"][0], after["tiers"][0]
    assert first_after["tier"] == "strategic"
    for name, more in (("customers", 2), ("overdue", 1), ("unscheduled", 0)):
        assert first_after[name] == first_before[name] + more, name
    assert after["customers"] == before["customers"] + 2
    # A month is 28 to 31 days: due soon, unless it has 31.
    assert first_after["due_soon"] - first_before["due_soon"] in {0, 1}
    due = api.get("/customers", sort="retier_at", limit=200).went_well().json["items"]
    assert [each["retier_at"] for each in due] == sorted(
        (each["retier_at"] for each in due), key=lambda day: day or ""
    )


def test_nothing_is_published_twice_over_http(api, company):
    policy = published(company)
    path = f"/tier-policies/{policy.id}/publish"
    api.post(path, EFFECTIVE, seen=policy).refused(409, "tier-policy.no-draft")
