"""A review policy: drafted, published, in force for a period, and its fingerprint."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import TUESDAY, sample_id, spec

from domain.ids import ReviewPolicyId
from domain.reviews.review_policy import (
    REVIEW_POLICY,
    Blend,
    DraftReviewPolicy,
    Policy,
    PolicyName,
    PublishReviewPolicy,
    RedraftReviewPolicy,
    RetireReviewPolicy,
    ReviewPolicyDrafted,
    ReviewPolicyPublished,
    ReviewPolicyRetired,
    fingerprint,
    review_policy_id,
)
from domain.reviews.scoring_rules import Better, CreditRule, Missing, Rules, Term
from projections.reports.policies import Policies

ID = review_policy_id("service-agent")
ZONE = "Asia/Shanghai"
NAME = PolicyName(en="Service agents", zh="客服专员")
MET = Term(metric="resolution_met", weight=Decimal(60), floor=Decimal(60), target=Decimal(95))
REOPENED = Term(
    metric="reopen_rate",
    weight=Decimal(40),
    floor=Decimal(20),
    target=Decimal(2),
    direction=Better.LOWER,
)
RULES = Rules(terms=(MET, REOPENED))
OTHERS = Rules(terms=(replace(MET, weight=Decimal(100)),))
SPRING, SUMMER = date(2025, 4, 1), date(2025, 7, 1)
TOLD = {"code": "service-agent", "role": "agent", "name": NAME, "blend": Blend()}


def known_hash(rules: str, version: int, day: str) -> str:
    """The fingerprint as the format says it: sorted JSON, decimals as short as they go."""
    blend = '"blend":{"individual":"70","team":"30"}'
    text = (
        f'{{{blend},"code":"service-agent","effective_from":"{day}","role":"agent",'
        f'"rules":{rules},"version":{version}}}'
    )
    assert json.loads(text)
    return hashlib.sha256(text.encode()).hexdigest()


RULES_TEXT = (
    '{"cap":"120","currency":null,"minimum_coverage":"60","missing":"renormalise","terms":['
    '{"aspect":null,"credit":null,"direction":"higher","floor":"60","metric":"resolution_met",'
    '"minimum_sample":null,"target":"95","version":1,"weight":"60"},'
    '{"aspect":null,"credit":null,"direction":"lower","floor":"20","metric":"reopen_rate",'
    '"minimum_sample":null,"target":"2","version":1,"weight":"40"}]}'
)
OTHERS_TEXT = (
    '{"cap":"120","currency":null,"minimum_coverage":"60","missing":"renormalise","terms":['
    '{"aspect":null,"credit":null,"direction":"higher","floor":"60","metric":"resolution_met",'
    '"minimum_sample":null,"target":"95","version":1,"weight":"100"}]}'
)
DRAFTED = ReviewPolicyDrafted(rules=RULES, **TOLD)
PUBLISHED = ReviewPolicyPublished(
    rules=RULES,
    version=1,
    effective_from=SPRING,
    hash=known_hash(RULES_TEXT, 1, "2025-04-01"),
    **TOLD,
)
REDRAFTED = ReviewPolicyDrafted(rules=OTHERS, **TOLD)
AGAIN = ReviewPolicyPublished(
    rules=OTHERS,
    version=2,
    effective_from=SUMMER,
    hash=known_hash(OTHERS_TEXT, 2, "2025-07-01"),
    **TOLD,
)


def draft(rules=RULES, id_=ID, **told):
    return DraftReviewPolicy(
        id=id_, code="service-agent", role="agent", name=NAME, rules=rules, **told
    )


def redraft(rules=RULES, **told):
    return RedraftReviewPolicy(id=ID, name=NAME, rules=rules, **told)


def publish(day, zone=ZONE):
    return PublishReviewPolicy(id=ID, effective_from=day, zone=zone)


# --- Rules ------------------------------------------------------------------------------------


def test_a_policy_is_drafted_and_scores_nobody():
    state = spec(REVIEW_POLICY).when(draft()).then(DRAFTED).state
    assert state == Policy("service-agent", "agent", draft=DRAFTED)
    assert not REVIEW_POLICY.active(state)
    assert state.in_force(date(2999, 1, 1)) is None


def test_there_is_one_policy_of_each_code():
    spec(REVIEW_POLICY).given(DRAFTED).when(draft()).then_rejected(
        "review-policy.exists", field="code"
    )
    spec(REVIEW_POLICY).when(draft(id_=ReviewPolicyId(sample_id(1)))).then_rejected(
        "review-policy.not-the-codes", field="id"
    )


def test_the_draft_is_published_and_what_was_published_stays():
    story = spec(REVIEW_POLICY).given(DRAFTED).when(publish(SPRING)).then(PUBLISHED)
    assert REVIEW_POLICY.active(story.state)
    later = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED)
    state = later.when(publish(SUMMER)).then(AGAIN).state
    assert state == Policy("service-agent", "agent", versions=(PUBLISHED, AGAIN))
    assert (state.version(1), state.version(2), state.version(3)) == (PUBLISHED, AGAIN, None)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2025, 3, 31), None),
        (date(2025, 4, 1), 1),
        (date(2025, 6, 30), 1),
        (date(2025, 7, 1), 2),
        (date(2030, 1, 1), 2),
    ],
)
def test_a_period_goes_by_the_version_in_force_on_its_first_day(day, version):
    state = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED, AGAIN).state
    found = state.in_force(day)
    assert (found and found.version) == version


def test_what_cannot_be_published():
    spec(REVIEW_POLICY).when(publish(SPRING)).then_rejected("review-policy.unknown")
    told = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED)
    told.when(publish(SUMMER)).then_rejected("review-policy.no-draft")
    story = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED)
    for day in (date(2025, 3, 20), SPRING):
        story.when(publish(day)).then_rejected("review-policy.too-early", field="effective_from")
    story.when(publish(SUMMER, zone="Atlantis/Capital")).then_rejected(
        "review-policy.zone", field="zone"
    )


@pytest.mark.parametrize("day", [date(2024, 1, 1), TUESDAY.date()])
def test_a_period_that_has_begun_is_not_given_other_rules(day):
    spec(REVIEW_POLICY).given(DRAFTED).when(publish(day)).then_rejected(
        "review-policy.not-before-period", field="effective_from"
    )


def test_the_day_of_publishing_is_that_where_the_company_is():
    evening = datetime(2025, 3, 31, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
    midnight = datetime(2025, 3, 31, 16, tzinfo=UTC)  # the first of April there
    story = spec(REVIEW_POLICY).given(DRAFTED)
    story.when(publish(SPRING), at=evening).then(PUBLISHED)
    story.when(publish(SPRING), at=midnight).then_rejected(
        "review-policy.not-before-period", field="effective_from"
    )
    story.when(publish(SPRING, zone="Europe/Rome"), at=midnight).then(PUBLISHED)


def test_the_same_draft_again_changes_nothing():
    spec(REVIEW_POLICY).given(DRAFTED).when(redraft()).then_nothing()
    spec(REVIEW_POLICY).given(DRAFTED).when(redraft(OTHERS)).then(REDRAFTED)
    spec(REVIEW_POLICY).when(redraft()).then_rejected("review-policy.unknown")


RETIRE = RetireReviewPolicy(id=ID, zone=ZONE)
RETIRED = ReviewPolicyRetired(code="service-agent", role="agent", day=TUESDAY.date())
WHY = "Nobody works so any more"


def test_a_published_policy_is_retired_with_a_reason_and_its_versions_stay():
    story = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED)
    state = story.when(RETIRE, reason=WHY).then(RETIRED).state
    assert (state.versions, state.draft, state.retired_on) == (
        story.state.versions,
        None,
        TUESDAY.date(),
    )
    assert not REVIEW_POLICY.active(state)
    story.when(RETIRE).then_rejected("review-policy.reason-missing", field="reason")
    gone = replace(RETIRE, zone="Atlantis/Capital")
    story.when(gone, reason=WHY).then_rejected("review-policy.zone", field="zone")
    spec(REVIEW_POLICY).when(RETIRE, reason=WHY).then_rejected("review-policy.unknown")
    draft_only = spec(REVIEW_POLICY).given(DRAFTED)
    draft_only.when(RETIRE, reason=WHY).then_rejected("review-policy.not-published")


def test_it_is_retired_on_the_day_where_the_company_is():
    midnight = datetime(2025, 3, 31, 16, tzinfo=UTC)  # the first of April in Shanghai
    told = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED).when(RETIRE, at=midnight, reason=WHY)
    told.then(replace(RETIRED, day=SPRING))


def test_a_retired_policy_is_followed_by_no_other_version():
    story = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED, RETIRED)
    for order in (redraft(OTHERS), publish(SUMMER), RETIRE):
        story.when(order, reason=WHY).then_rejected("review-policy.retired")
    story.when(draft()).then_rejected("review-policy.exists", field="code")


def test_roles_are_scored_by_a_retired_policy_up_to_its_last_day():
    policy = spec(REVIEW_POLICY).given(DRAFTED, PUBLISHED).state
    known = Policies({ID: replace(policy, retired_on=SUMMER)})
    assert known.of_role("agent", SPRING).version.version == 1
    assert known.of_role("agent", SUMMER).version.version == 1
    assert known.of_role("agent", date(2025, 7, 2)) is None


def rules(*terms, **told):
    return Rules(terms=terms, **told)


def part(weight, **told):
    return replace(MET, weight=Decimal(weight), **told)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (rules(), "no-metrics"),
        (rules(part(60), part(39, metric="win_rate")), "weights"),
        (rules(part("60.01"), part(40, metric="win_rate")), "weights"),
        (rules(*(part(2, metric=f"m{n}") for n in range(51))), "too-many-metrics"),
        (rules(part(60), part(40)), "metric-twice"),
        (rules(part(0), part(100, metric="win_rate")), "weight"),
        (rules(part(-1), part(101, metric="win_rate")), "weight"),
        (rules(part(100, target=Decimal(60))), "range"),
        (rules(part(100, target=Decimal(50))), "range"),
        (rules(part(100, direction=Better.LOWER)), "range"),
        (rules(part(100, minimum_sample=0)), "sample"),
        (rules(part(100), cap=Decimal(0)), "cap"),
        (rules(part(100), cap=Decimal("200.01")), "cap"),
        (rules(part(100), minimum_coverage=Decimal(-1)), "coverage"),
        (rules(part(100), minimum_coverage=Decimal("100.5")), "coverage"),
    ],
)
def test_rules_that_cannot_be_followed(wrong, code):
    for story, command in (
        (spec(REVIEW_POLICY), draft(wrong)),
        (spec(REVIEW_POLICY).given(DRAFTED), redraft(wrong)),
    ):
        story.when(command).then_rejected(f"review-policy.{code}", field="rules")


def test_one_metric_may_count_for_each_aspect():
    asked = [part(50, metric="aspect_satisfaction", aspect=each) for each in ("price", "speed")]
    spec(REVIEW_POLICY).when(draft(rules(*asked))).then(
        replace(DRAFTED, rules=Rules(terms=tuple(asked)))
    )


@pytest.mark.parametrize(("individual", "team"), [("70", "29"), ("101", "-1"), ("70", "30.5")])
def test_the_parts_of_individual_and_team_make_a_whole(individual, team):
    blend = Blend(individual=Decimal(individual), team=Decimal(team))
    spec(REVIEW_POLICY).when(draft(blend=blend)).then_rejected("review-policy.blend", field="blend")


# --- The fingerprint --------------------------------------------------------------------------

AMOUNTS = st.decimals(0, 100, places=2)
SOME_TERMS = st.builds(
    Term,
    metric=st.sampled_from(["win_rate", "nps"]),
    version=st.integers(1, 2),
    weight=AMOUNTS,
    floor=AMOUNTS,
    target=AMOUNTS,
    direction=st.sampled_from(Better),
    minimum_sample=st.none() | st.integers(1, 3),
    credit=st.none() | st.sampled_from(CreditRule),
    aspect=st.none() | st.just("price"),
)
SOME_RULES = st.builds(
    Rules,
    terms=st.lists(SOME_TERMS, max_size=2).map(tuple),
    cap=st.sampled_from([Decimal(100), Decimal(120)]),
    minimum_coverage=st.sampled_from([Decimal(60), Decimal("60.00"), Decimal(50)]),
    missing=st.sampled_from(Missing),
)


def printed(of, name=NAME, number=1):
    told = ReviewPolicyDrafted(code="code", role="agent", name=name, rules=of, blend=Blend())
    return fingerprint(told, number, SPRING)


@given(SOME_RULES, SOME_RULES)
def test_the_fingerprint_changes_with_the_rules_and_only_then(one, other):
    assert (printed(one) == printed(other)) == (one == other)


@given(SOME_RULES)
def test_another_name_leaves_the_fingerprint_and_another_version_does_not(some):
    assert printed(some) == printed(some, PolicyName(en="Others", zh="其他"))
    assert printed(some) != printed(some, number=2)
