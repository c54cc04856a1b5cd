"""Accounts over HTTP: enrolled, granted roles, reviewed, suspended; and what each opens at once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from spec import sample_id

from domain.access.principal import (
    REVIEW_EVERY,
    EnrolPerson,
    GrantAccess,
    principal_id,
    service_principal_id,
)
from domain.ids import GrantId, MemberId
from domain.kernel import Actor, Channel, Envelope
from tests.access.accounts import account, days, do
from web.commands.accounts import create_key, grant

pytest_plugins = ["tests.web.fixtures"]

NOBODY = str(sample_id(0xBAD))


# --- Enrolling --------------------------------------------------------------------------------


def test_a_member_is_enrolled_once_over_http(api, company):
    member = company.member().id
    done = api.post("/principals", {"member_id": member}).went_well()
    assert done.status == 201
    assert done.id == str(principal_id(MemberId(UUID(member))))
    assert account(api, done.id, done) == {
        "id": done.id,
        "version": 1,
        "kind": "person",
        "member_id": member,
        "label": None,
        "status": "active",
        "grants": [],
        "delegations": [],
        "next_review_due_at": None,
    }
    api.post("/principals", {"member_id": member}).refused(409, "principal.enrolled")


def test_who_is_not_at_work_is_not_enrolled_over_http(api, company):
    gone = company.member()
    company.do(f"/members/{gone.id}/leave", {}, seen=gone)
    for member, code in ((gone.id, "member.not-active"), (NOBODY, "member.unknown")):
        api.post("/principals", {"member_id": member}).refused(422, code, "/member_id")


def test_accounts_are_listed_by_whose_they_are_and_how_they_stand(api, running, person):
    one = person("sales")
    program = running.new_key("Nightly export")
    done = do(api, f"/principals/{one.account}/suspend").went_well()
    query = {"filter[member_id]": one.member, "filter[status]": "suspended"}
    (shown,) = api.get("/principals", after=done, **query).went_well().json["items"]
    assert (shown["id"], shown["status"], shown["kind"]) == (one.account, "suspended", "person")
    query = {"filter[kind]": "service", "limit": 200}
    programs = [each for page in api.pages("/principals", **query) for each in page.json["items"]]
    (shown,) = [each for each in programs if each["id"] == str(program.account)]
    assert (shown["label"], shown["member_id"]) == ("Nightly export", None)
    assert {grant["role"] for grant in shown["grants"]} == {
        "team-lead",
        "administrator",
        "auditor",
        "hr",
    }


# --- Granting ---------------------------------------------------------------------------------


def test_what_is_granted_is_opened_at_once_and_closed_at_once(api, company, person):
    one, customer = person(), company.customer()
    one.api.get(f"/customers/{customer.id}", after=customer).refused(404, "not-found")
    one.api.get("/customers").refused(403, "access.refused")
    change = {"tier": "key", "reason": "It grew"}
    tier = f"/customers/{customer.id}/tier"
    do(one.api, tier, change).refused(404, "not-found")
    done = do(api, f"/principals/{one.account}/grants", {"role": "team-lead"}).went_well()
    one.api.get(f"/customers/{customer.id}", after=customer).went_well()
    one.api.get("/customers").went_well()
    do(one.api, tier, change).went_well()
    (given,) = account(api, one.account, done)["grants"]
    do(api, f"/principals/{one.account}/grants/{given['id']}/revoke").went_well()
    one.api.get(f"/customers/{customer.id}").refused(404, "not-found")
    one.api.get("/customers").refused(403, "access.refused")
    do(one.api, tier, change | {"tier": "strategic"}).refused(404, "not-found")


@pytest.mark.parametrize(
    ("begin", "end"), [(1, None), (1, 9), (-9, -1)], ids=["to come", "for a while", "over"]
)
def test_a_grant_to_come_or_past_opens_nothing(begin, end, api, person):
    one = person()
    body = {"role": "team-lead", "starts_at": days(begin), "ends_at": end and days(end)}
    do(api, f"/principals/{one.account}/grants", body).went_well()
    one.api.get("/customers").refused(403, "access.refused")
    one.api.post("/customers", {"details": {"name": "x"}}).refused(403, "access.refused")


def test_a_grant_holds_where_it_was_given(api, company, person):
    one = person()
    mine, other = company.department().id, company.department().id
    body = {"role": "service", "department_id": mine}
    done = do(api, f"/principals/{one.account}/grants", body).went_well()
    here, there = company.request(department_id=mine), company.request(department_id=other)
    assert one.api.get("/requests", after=there).went_well().ids == [here.id]
    one.api.get(f"/requests/{there.id}").refused(404, "not-found")
    (shown,) = account(api, one.account, done)["grants"]
    assert (shown["department_id"], shown["customer_id"]) == (mine, None)


def test_a_grant_for_one_customer_shows_no_other(api, company, person):
    one, customer, other = person(), company.customer(), company.customer()
    body = {"role": "sales", "customer_id": customer.id}
    do(api, f"/principals/{one.account}/grants", body).went_well()
    assert one.api.get("/customers", after=other).went_well().ids == [customer.id]


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"role": "emperor"}, "role.unknown", "/role"),
        ({"department_id": NOBODY}, "department.unknown", "/department_id"),
        ({"customer_id": NOBODY}, "customer.unknown", "/customer_id"),
    ],
)
def test_what_a_grant_names_must_be_there_over_http(wrong, code, pointer, api, person):
    path = f"/principals/{person().account}/grants"
    do(api, path, {"role": "sales"} | wrong).refused(422, code, pointer)


def test_a_grant_ends_after_it_starts_over_http(api, person):
    body = {"role": "sales", "starts_at": days(3), "ends_at": days(2)}
    answer = do(api, f"/principals/{person().account}/grants", body)
    answer.refused(409, "grant.ends-before-it-starts", "/ends_at")


def test_who_has_seen_an_older_version_grants_nothing(api, person):
    one = person("sales")
    path = f"/principals/{one.account}/grants"
    api.post(path, {"role": "service"}, seen=1).refused(412, "version.stale")
    api.post(path, {"role": "service"}).refused(428, "version.missing", "If-Match")


def test_a_grant_sent_twice_is_given_once(api, person):
    one = person()
    sent = [
        api.post(
            f"/principals/{one.account}/grants",
            {"role": "sales"},
            headers={"If-Match": '"1"', "Idempotency-Key": f"grant-{one.member}"},
        ).went_well()
        for _ in range(2)
    ]
    assert sent[0].json == sent[1].json
    assert len(account(api, one.account, sent[1])["grants"]) == 1


def test_there_is_nothing_to_revoke_that_is_not_there(api, person):
    one = person("sales")
    for id_, grant_id in ((one.account, NOBODY), (NOBODY, NOBODY)):
        for step in ("revoke", "review"):
            answer = do(api, f"/principals/{id_}/grants/{grant_id}/{step}")
            answer.refused(404, "not-found")


# --- Suspending -------------------------------------------------------------------------------


def test_who_is_suspended_may_nothing_until_restored(api, company, person):
    one, customer = person("team-lead"), company.customer()
    one.api.get("/customers").went_well()
    do(api, f"/principals/{one.account}/suspend").went_well()
    one.api.get("/customers").refused(403, "access.refused")
    one.api.get(f"/customers/{customer.id}").refused(404, "not-found")
    one.api.post("/customers", {"details": {"name": "x"}}).refused(403, "access.refused")
    do(api, f"/principals/{one.account}/restore").went_well()
    one.api.get("/customers").went_well()
    one.api.post("/customers", {"details": {"name": "x"}}).went_well()


# --- Four eyes --------------------------------------------------------------------------------


def test_nobody_decides_on_their_own_access(api, running, person):
    boss = person("administrator")
    own = f"/principals/{boss.account}"
    done = do(boss.api, f"/principals/{person().account}/grants", {"role": "sales"}).went_well()
    (mine,) = account(api, boss.account, done)["grants"]
    facts = running.facts()
    do(boss.api, f"{own}/grants", {"role": "auditor"}).refused(409, "grant.own")
    do(boss.api, f"{own}/grants/{mine['id']}/review").refused(409, "grant.own")
    do(boss.api, f"{own}/restore").refused(409, "grant.own")
    assert running.facts() == facts
    do(api, f"{own}/grants/{mine['id']}/review").went_well()


def test_a_program_does_not_grant_to_itself_either(running):
    key = create_key(running.crm, "admin")
    grant(running.crm, key.account, "administrator")
    own = running.api.acting_as(key.text)
    path = f"/principals/{service_principal_id(key.id)}/grants"
    do(own, path, {"role": "auditor"}).refused(409, "grant.own")


# --- Delegating -------------------------------------------------------------------------------


def test_a_colleague_is_let_act_until_a_day_or_until_it_is_ended(api, company, person):
    one, colleague = person("sales"), company.member().id
    path = f"/principals/{one.account}/delegations"
    done = do(api, path, {"to_id": colleague, "ends_at": days(9)}).went_well()
    (shown,) = account(api, one.account, done)["delegations"]
    assert shown["to_id"] == colleague
    done = do(api, f"{path}/{shown['id']}/end").went_well()
    assert account(api, one.account, done)["delegations"] == []
    do(api, f"{path}/{shown['id']}/end").refused(404, "not-found")


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"ends_at": days(91)}, (409, "delegation.too-long", "/ends_at")),
        ({"ends_at": days(-1)}, (409, "delegation.ends-before-it-starts", "/ends_at")),
        ({"to_id": NOBODY}, (422, "member.unknown", "/to_id")),
    ],
)
def test_a_delegation_is_to_a_colleague_and_not_for_long(wrong, refused, api, company, person):
    body = {"to_id": company.member().id, "ends_at": days(9)} | wrong
    answer = do(api, f"/principals/{person().account}/delegations", body)
    answer.refused(*refused)


# --- Reviewing --------------------------------------------------------------------------------


@pytest.fixture
def long_ago(running, company):
    """Grant something to a new member, so many days ago."""

    def give(days_ago, role="sales", **times):
        at = datetime.now(UTC) - timedelta(days=days_ago)
        by = Envelope(occurred_at=at, actor=Actor.system("operator"), channel=Channel.CLI)
        member = MemberId(UUID(company.member(occurred_at=at.isoformat()).id))
        who = principal_id(member)
        running.crm.handle(EnrolPerson(id=who, member_id=member), by)
        grant_id = GrantId(UUID(int=days_ago + who.int % 2**100))
        told = GrantAccess(id=who, grant_id=grant_id, role=role, **times)
        return running.crm.handle(told, by)

    return give


def reviews(api, after, **query):
    pages = [api.get("/access/reviews", after=after, **query).went_well()]
    while cursor := pages[-1].json["next_cursor"]:
        pages.append(api.get("/access/reviews", **query, cursor=cursor).went_well())
    return [item for page in pages for item in page.json["items"]]


def test_what_is_due_for_review_is_listed_the_longest_waiting_first(api, long_ago):
    older, newer, fresh = (long_ago(number) for number in (400, 200, 10))
    mine = [str(each.stream_id) for each in (older, newer, fresh)]

    def found(**query):
        listed = [each for each in reviews(api, fresh, **query) if each["id"] in mine]
        return [each["id"] for each in listed]

    assert found() == mine[:2]
    assert found(limit=1) == mine[:2]
    assert found(at=days(REVIEW_EVERY.days)) == mine
    assert found(at=days(-100)) == mine[:1]
    (due,) = [each for each in reviews(api, fresh) if each["id"] == mine[0]]
    (shown,) = due["grants"]
    assert due["due_since"] == shown["review_due_at"]
    assert shown["role"] == "sales"
    due_at = datetime.now(UTC) - timedelta(days=400) + REVIEW_EVERY
    assert abs(datetime.fromisoformat(due["due_since"]) - due_at) < timedelta(minutes=5)


def test_what_is_reviewed_or_revoked_or_over_is_not_due(api, long_ago):
    kept, gone = long_ago(300), long_ago(301)
    over = long_ago(302, ends_at=datetime.now(UTC) - timedelta(days=1))
    ended_before = long_ago(303, ends_at=datetime.now(UTC) - timedelta(days=200))
    mine = {str(each.stream_id) for each in (kept, gone, over, ended_before)}
    last = ended_before
    for outcome, step in ((kept, "review"), (gone, "revoke")):
        (shown,) = account(api, outcome.stream_id, ended_before)["grants"]
        path = f"/principals/{outcome.stream_id}/grants/{shown['id']}/{step}"
        last = do(api, path).went_well()
    assert not mine & {each["id"] for each in reviews(api, last)}
    shown = account(api, kept.stream_id, last)
    again = datetime.fromisoformat(shown["next_review_due_at"])
    assert abs(again - datetime.now(UTC) - REVIEW_EVERY) < timedelta(minutes=1)
    assert account(api, ended_before.stream_id, last)["next_review_due_at"] is None


# --- Looking back -----------------------------------------------------------------------------


def test_an_accounts_past_is_shown(api, person):
    one = person("sales")
    done = do(api, f"/principals/{one.account}/suspend", {"reason": "On leave"}).went_well()
    told = api.get(f"/principals/{one.account}/history", after=done).went_well().json["items"]
    assert [fact["name"] for fact in told] == [
        "principal.person-enrolled",
        "principal.access-granted",
        "principal.suspended",
    ]
    before = api.get(f"/principals/{one.account}", at_version=1).went_well().json
    assert (before["status"], before["grants"]) == ("active", [])
    told = api.get(f"/principals/{one.account}/timeline", after=done).went_well().json["items"]
    assert told[0]["reason"] == "On leave"
