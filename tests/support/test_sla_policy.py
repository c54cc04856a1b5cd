"""A service standard: drafted, published in versions; what a new request is promised by it."""

from datetime import date
from uuid import UUID

import pytest
from spec import SERVICE, sample_id, spec

from domain.ids import MemberId, SlaPolicyId
from domain.support.promise import Targets
from domain.support.sla_policy import (
    SLA_POLICY,
    DraftSlaPolicy,
    Line,
    PublishSlaPolicy,
    RedraftSlaPolicy,
    SlaPolicyDrafted,
    SlaPolicyPublished,
    Standard,
    Statement,
    sla_policy_id,
    targets_of,
)
from domain.support.words import RequestKind
from domain.values import Tier
from tests.web.stories_standards import LINES, STATEMENT, calendar, drafted, line, standard
from web.commands.accounts import create_key

pytest_plugins = ["tests.web.fixtures"]

ID = sla_policy_id(SERVICE)
SAYING = Statement(en="Within the hour.", zh="一小时内。")
FAST, MEDIUM, SLOW = Targets(30, 60, 240), Targets(120, 240, 480), Targets(240, 480, 1440)
COMPLAINTS = Line(tier=Tier.NORMAL, kind=RequestKind.COMPLAINT, targets=MEDIUM)
PLAIN = (
    Line(tier=Tier.STRATEGIC, targets=FAST),
    Line(tier=Tier.KEY, targets=MEDIUM),
    Line(tier=Tier.NORMAL, targets=SLOW),
)
ALL = (*PLAIN, COMPLAINTS)
NEW_YEAR, SPRING = date(2025, 1, 1), date(2025, 4, 1)
TOLD = {"department_id": SERVICE, "statement": SAYING, "calendar_id": None}

DRAFTED = SlaPolicyDrafted(lines=PLAIN, **TOLD)
PUBLISHED = SlaPolicyPublished(lines=PLAIN, version=1, effective_from=NEW_YEAR, **TOLD)
REDRAFTED = SlaPolicyDrafted(lines=ALL, **TOLD)
AGAIN = SlaPolicyPublished(lines=ALL, version=2, effective_from=SPRING, **TOLD)


def draft(lines=PLAIN, id_=ID, department_id=SERVICE):
    return DraftSlaPolicy(id=id_, department_id=department_id, statement=SAYING, lines=lines)


def redraft(lines):
    return RedraftSlaPolicy(id=ID, statement=SAYING, lines=lines)


def publish(day):
    return PublishSlaPolicy(id=ID, effective_from=day)


# --- Rules ------------------------------------------------------------------------------------


def test_a_standard_is_drafted():
    told = spec(SLA_POLICY).when(draft()).then(DRAFTED).state
    assert told == Standard(SERVICE, draft=DRAFTED)
    assert not SLA_POLICY.active(told)


def test_there_is_one_for_the_company_and_one_for_each_department():
    assert len({sla_policy_id(None), sla_policy_id(SERVICE), ID}) == 2
    spec(SLA_POLICY).given(DRAFTED).when(draft()).then_rejected(
        "sla-policy.exists", field="department_id"
    )
    for other in (SlaPolicyId(sample_id(1)), sla_policy_id(None)):
        spec(SLA_POLICY).when(draft(id_=other)).then_rejected(
            "sla-policy.not-the-departments", field="id"
        )


def test_the_draft_is_published_and_what_was_published_stays():
    story = spec(SLA_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED)
    told = story.when(publish(SPRING)).then(AGAIN).state
    assert told == Standard(SERVICE, versions=(PUBLISHED, AGAIN))
    assert told.version(1) == PUBLISHED
    assert told.version(9) is None


def test_what_cannot_be_published():
    spec(SLA_POLICY).when(publish(SPRING)).then_rejected("sla-policy.unknown")
    spec(SLA_POLICY).given(DRAFTED, PUBLISHED).when(publish(SPRING)).then_rejected(
        "sla-policy.no-draft"
    )
    story = spec(SLA_POLICY).given(DRAFTED, PUBLISHED, REDRAFTED)
    story.when(publish(date(2024, 12, 31))).then_rejected(
        "sla-policy.too-early", field="effective_from"
    )


def test_the_same_draft_again_changes_nothing():
    spec(SLA_POLICY).given(DRAFTED).when(redraft(PLAIN)).then_nothing()
    spec(SLA_POLICY).given(DRAFTED).when(redraft(ALL)).then(REDRAFTED)
    spec(SLA_POLICY).when(redraft(PLAIN)).then_rejected("sla-policy.unknown")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (PLAIN[:2], "sla-policy.tier-missing"),
        ((*PLAIN[:2], COMPLAINTS), "sla-policy.tier-missing"),
        ((*PLAIN, PLAIN[0]), "sla-policy.line-twice"),
        ((*ALL, COMPLAINTS), "sla-policy.line-twice"),
        ((*PLAIN[:2], Line(tier=Tier.NORMAL, targets=Targets(0, 1, 1))), "sla-policy.minutes"),
        (
            (*PLAIN[:2], Line(tier=Tier.NORMAL, targets=Targets(1, 1, 527_041))),
            "sla-policy.minutes",
        ),
    ],
)
def test_lines_that_leave_a_promise_open(lines, code):
    spec(SLA_POLICY).when(draft(lines)).then_rejected(code, field="lines")
    spec(SLA_POLICY).given(DRAFTED).when(redraft(lines)).then_rejected(code, field="lines")


def test_the_line_of_the_kind_counts_before_the_one_for_all_others():
    assert targets_of(ALL, Tier.NORMAL, RequestKind.COMPLAINT) == MEDIUM
    assert targets_of(ALL, Tier.NORMAL, RequestKind.SUPPORT) == SLOW
    assert targets_of(ALL, Tier.STRATEGIC, RequestKind.COMPLAINT) == FAST


# --- Over HTTP --------------------------------------------------------------------------------


def opened(company, **told):
    answer = company.request(**told)
    return answer, company.api.get(f"/requests/{answer.id}", after=answer).went_well().json


def test_a_request_is_promised_by_its_departments_standard(api, company):
    department, hours = company.department().id, calendar(company).id
    policy = standard(company, department_id=department, calendar_id=hours)
    customer = company.customer(tier="key").id
    _, shown = opened(company, department_id=department, customer_id=customer)
    assert shown["tier"] == "key"
    assert shown["promise"] == {
        "policy_id": policy.id,
        "policy_version": 1,
        "calendar_id": hours,
        "calendar_version": 1,
        "targets": {"first_response": 120, "next_response": 240, "resolution": 480},
    }
    _, complaint = opened(company, department_id=department, kind="complaint")
    assert complaint["promise"]["targets"]["first_response"] == 60
    _, enquiry = opened(company, department_id=department, kind="enquiry")
    assert enquiry["promise"]["targets"]["first_response"] == 240


def test_what_is_published_later_changes_no_promise(api, company):
    department = company.department().id
    policy = standard(company, department_id=department, calendar_id=None)
    first, before = opened(company, department_id=department)
    slower = [line(tier, 1000, 2000, 3000) for tier in ("strategic", "key", "normal")]
    body = {"statement": STATEMENT, "lines": slower}
    redrafted = company.do(f"/sla-policies/{policy.id}/redraft", body, seen=policy)
    path = f"/sla-policies/{policy.id}/publish"
    company.do(path, {"effective_from": "2026-01-01"}, seen=redrafted)
    _, after = opened(company, department_id=department)
    assert api.get(f"/requests/{first.id}").json["promise"] == before["promise"]
    assert after["promise"]["policy_version"] == 2
    assert after["promise"]["targets"]["resolution"] == 3000
    _, late = opened(company, department_id=department, occurred_at="2025-12-31T23:00:00Z")
    assert late["promise"]["policy_version"] == 2  # in force where the organisation is
    _, early = opened(company, department_id=department, occurred_at="2025-12-31T09:00:00Z")
    assert early["promise"]["policy_version"] == 1


def test_without_a_standard_in_force_nothing_is_promised(api, company):
    department = company.department().id
    drafted(company, department_id=department, calendar_id=None)
    made, shown = opened(company, department_id=department)
    assert (shown["tier"], shown["promise"]) == (None, None)
    answer = api.post(f"/requests/{made.id}/retier", {"tier": "key"}, seen=made)
    answer.refused(409, "request.no-standard")


def test_another_tier_is_promised_by_the_same_versions(api, company):
    department = company.department().id
    policy = standard(company, department_id=department, calendar_id=None)
    made, before = opened(company, department_id=department)
    body = {"statement": STATEMENT, "lines": [*LINES[1:], line("strategic", 1, 1, 1)]}
    redrafted = company.do(f"/sla-policies/{policy.id}/redraft", body, seen=policy)
    company.do(
        f"/sla-policies/{policy.id}/publish", {"effective_from": "2025-01-01"}, seen=redrafted
    )
    path = f"/requests/{made.id}/retier"
    told = company.do(path, {"tier": "strategic"}, seen=made)
    shown = api.get(f"/requests/{made.id}", after=told).json
    assert shown["tier"] == "strategic"
    targets = {"first_response": 30, "next_response": 60, "resolution": 240}
    assert shown["promise"] == before["promise"] | {"targets": targets}
    api.post(path, {"tier": "strategic"}, seen=told).refused(409, "request.same-promise")


def test_nobody_promises_by_hours_that_were_never_published(api, company):
    made = api.post("/calendars", {"name": company.word("hours"), "hours": {
        "zone": "UTC", "week": {"mon": [{"opens": "09:00", "closes": "12:00"}]},
    }}).went_well()  # fmt: skip
    body = {"department_id": company.department().id, "calendar_id": made.id}
    answer = api.post("/sla-policies", body | {"statement": STATEMENT, "lines": LINES})
    answer.refused(422, "calendar.not-active", "/calendar_id")


def test_everybody_reads_what_is_promised_today(api, company):
    department = company.department().id
    path = {"department_id": department}
    hours = calendar(company)
    policy = standard(company, department_id=department, calendar_id=hours.id)
    shown = api.get("/service-standard", **path).went_well().json["standard"]
    assert (shown["policy_id"], shown["department_id"]) == (policy.id, department)
    assert shown["statement"] == STATEMENT
    assert [each["tier"] for each in shown["lines"]] == ["strategic", "key", "normal", "normal"]
    assert shown["hours"]["zone"] == "Asia/Shanghai"
    grantless = create_key(company.crm, "reader", MemberId(UUID(company.member().id)))
    reader = api.acting_as(grantless.text)
    assert reader.get("/service-standard", **path).went_well().json["standard"] == shown
    assert reader.get("/sla-policies").status == 403
