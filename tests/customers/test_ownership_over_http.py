"""Owning customers over HTTP: why a claim lost, what both see of it, and what it was back then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from spec import sample_id

from domain.customers.customer import RetractCustomer
from domain.customers.ownership import ReclaimCustomer, ownership_id
from domain.ids import CustomerId, DepartmentId, MemberId
from domain.kernel import Actor, Channel, Envelope
from projections.customers.customers import CUSTOMERS
from projections.reader import Reader
from projections.timers import TIMERS
from tests.web.client import wait_until
from tests.web.stories_ownership import by_lead, pool
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]


def claim(api, customer, member, **more):
    return api.post(f"/customers/{customer}/ownership/claim", {"member_id": member}, **more)


def in_pool(company, **rules) -> dict[str, str]:
    """The details of a customer in a region with these rules."""
    region = company.word("region")
    pool(company, region=region, rules=rules)
    return {"region": region}


def person(running, company, role: str):
    """Somebody with a key of their own and a role in their department."""
    joined = company.member()
    where = UUID(company.api.get(f"/members/{joined.id}", after=joined).json["department_id"])
    who = MemberId(UUID(joined.id))
    grant(running.crm, enrolled(running.crm, who), role, department_id=DepartmentId(where))
    return joined.id, running.api.acting_as(create_key(running.crm, role, who).text), str(where)


# --- Why a claim lost -----------------------------------------------------------------------------


def test_a_claim_too_late_is_refused_in_the_open(api, company):
    customer, owner = company.owned()
    rival = company.member(name="Rita").id
    late = claim(api, customer, rival)
    late.refused(409, "ownership.taken")
    assert owner in late.problem()["detail"]
    position = late.headers["Concord-Position"]
    ledger = api.get(f"/customers/{customer}/ownership/ledger", after=position).json["items"]
    assert [fact["name"] for fact in ledger] == ["ownership.claim-rejected", "ownership.claimed"]
    assert (ledger[0]["data"]["claimant_id"], ledger[0]["data"]["owner_id"]) == (rival, owner)
    for path in (f"/customers/{customer}", f"/members/{rival}", f"/members/{owner}"):
        told = api.get(f"{path}/timeline", after=position).json["items"]
        assert "ownership.claim-rejected" in {fact["name"] for fact in told}
    assert api.get(f"/customers/{customer}/ownership").headers["ETag"] == '"2"'


def test_the_ledger_has_pages(api, company):
    customer, _ = company.owned()
    for _ in range(4):
        late = claim(api, customer, company.member().id)
    path = f"/customers/{customer}/ownership/ledger"
    pages = api.pages(path, limit=2, after=late.headers["Concord-Position"])
    versions = [[fact["stream"]["version"] for fact in page.json["items"]] for page in pages]
    assert versions == [[5, 4], [3, 2], [1]]


def test_the_same_losing_request_again_gets_the_same_answer(api, company, running):
    customer, _ = company.owned()
    headers, rival = {"Idempotency-Key": company.word("claim")}, company.member().id
    first = claim(api, customer, rival, headers=headers).refused(409, "ownership.taken")
    facts = running.facts()
    again = claim(api, customer, rival, headers=headers).refused(409, "ownership.taken")
    assert again.problem()["detail"] == first.problem()["detail"]
    assert again.headers["Concord-Position"] == first.headers["Concord-Position"]
    assert running.facts() == facts


def test_a_protected_customer_is_refused_until_then(api, company):
    customer = company.customer(details=in_pool(company, protection_days=14)).id
    claim(api, customer, company.member().id).went_well()
    told = claim(api, customer, company.member().id)
    told.refused(409, "ownership.protected")
    until = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
    assert until in told.problem()["detail"]


def test_who_gave_it_up_waits_and_another_does_not(api, company):
    customer = company.customer(details=in_pool(company, wait_days=14)).id
    ana, bo = company.member().id, company.member().id
    claim(api, customer, ana).went_well()
    company.do(f"/customers/{customer}/ownership/release", {}, seen=1)
    claim(api, customer, ana).refused(409, "ownership.waiting")
    claim(api, customer, bo).went_well()


def test_a_contested_customer_is_not_claimed(api, company):
    customer, _, claimant = company.disputed()
    claim(api, customer, claimant).refused(409, "ownership.disputed")
    claim(api, customer, company.member().id).refused(409, "ownership.disputed")


def test_of_many_claims_at_once_by_one_person_the_limit_holds(api, company):
    details, ana = in_pool(company, claim_limit=3), company.member().id
    customers = [company.customer(details=details).id for _ in range(10)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda each: claim(api, each, ana), customers))
    assert sorted(answer.status for answer in answers) == [200] * 3 + [409] * 7
    for answer in answers:
        if answer.status == 409:
            answer.refused(409, "ownership.limit")
    won = customers[[answer.status for answer in answers].index(200)]
    company.do(f"/customers/{won}/ownership/release", {}, seen=1)
    lost = customers[[answer.status for answer in answers].index(409)]
    claim(api, lost, ana).went_well()
    elsewhere = company.customer().id
    claim(api, elsewhere, ana).went_well()  # another pool's, or none's


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Hafen Möbel GmbH"}, {"name": "HAFEN  MÖBEL  GmbH."}),
        ({"tax_id": "9131-0000-77"}, {"tax_id": "9131000077"}),
        ({"phone": "+86 138 0013 8000"}, {"phone": "138-0013-8000"}),
        ({"website": "https://www.Moebel.example/de"}, {"website": "moebel.example"}),
    ],
    ids=["name", "tax id", "telephone", "website"],
)
def test_a_double_of_somebody_elses_customer_is_refused(api, company, one, other):
    region = company.word("region")
    first = company.customer(details=one | {"region": region}).id
    owner = company.member().id
    won = claim(api, first, owner).went_well()
    second = company.customer(details=other | {"region": region})
    api.get("/customers", after=second, limit=1).went_well()
    wait_for(company, won, second)
    told = claim(api, second.id, company.member().id)
    told.refused(409, "ownership.duplicate")
    assert first in told.problem()["detail"]
    claim(api, second.id, owner).went_well()  # theirs are theirs


def test_a_shared_contact_makes_a_double_and_another_region_none(api, company):
    reached = {"name": "Maria", "email": f"{company.word('maria')}@harbour.example"}
    first, second = company.customer().id, company.customer().id
    for customer in (first, second):
        last = company.do(f"/customers/{customer}/contacts", reached, seen=1)
    won = claim(api, first, company.member().id).went_well()
    wait_for(company, won, last)
    claim(api, second, company.member().id).refused(409, "ownership.duplicate")
    name = company.word("Same name")
    here, there = (
        company.customer(name, details={"region": company.word("region")}).id for _ in range(2)
    )
    claim(api, here, company.member().id).went_well()
    last = claim(api, there, company.member().id).went_well()
    assert last.version == 1


def wait_for(company, *answers) -> None:
    """Wait until what customers are recognised by shows these."""
    reader = Reader(company.crm.pool)
    last = max(int(answer.position) for answer in answers)
    wait_until(lambda: reader.position("search") >= last)


def test_what_is_not_there_or_gone_is_not_claimed(api, company, running):
    gone = company.customer().id
    by = by_lead("By mistake")
    running.crm.handle(RetractCustomer(id=CustomerId(UUID(gone))), by)
    claim(api, gone, company.member().id).refused(422, "customer.not-active")
    claim(api, str(sample_id(7)), company.member().id).refused(404, "not-found")
    left = company.member()
    company.do(f"/members/{left.id}/leave", {}, seen=1)
    told = claim(api, company.customer().id, left.id)
    told.refused(422, "member.not-active", "/member_id")


# --- From one to the next -------------------------------------------------------------------------


def test_an_offer_moves_the_customer_when_the_receiver_says_so(api, company, running):
    customer, owner = company.owned()
    bo = company.member().id
    bos = running.api.acting_as(running.new_key(member=bo).text)
    path = f"/customers/{customer}/ownership"
    told = {"to_id": bo, "note": "They asked for you"}
    offered = api.post(f"{path}/offer", told, seen=1).went_well()
    shown = api.get(path, after=offered).json
    assert (shown["owner_id"], shown["offered_to"]) == (owner, bo)
    api.post(f"{path}/offer/accept", {}, seen=2).refused(409, "ownership.not-receiver")
    accepted = bos.post(f"{path}/offer/accept", {"note": "Gladly"}, seen=2).went_well()
    shown = api.get(path, after=accepted).json
    assert (shown["owner_id"], shown["offered_to"]) == (bo, None)
    bos.post(f"{path}/offer/accept", {}, seen=3).refused(409, "ownership.no-offer")


def test_offers_that_make_no_sense_are_refused(api, company, running):
    customer, owner = company.owned()
    path = f"/customers/{customer}/ownership"
    api.post(f"{path}/offer", {"to_id": owner}, seen=1).refused(
        409, "ownership.same-owner", "/to_id"
    )
    left, bo = company.member(), company.member().id
    company.do(f"/members/{left.id}/leave", {}, seen=1)
    for verb, body in (
        ("offer", {"to_id": left.id}),
        ("transfer", {"to_id": left.id, "reason": "x"}),
    ):
        api.post(f"{path}/{verb}", body, seen=1).refused(422, "member.not-active", "/to_id")
    company.do(f"{path}/offer", {"to_id": bo}, seen=1)
    api.post(f"{path}/offer", {"to_id": bo}, seen=2).refused(409, "ownership.offered")
    company.do(f"{path}/offer/withdraw", {}, seen=2)
    bos = running.api.acting_as(running.new_key(member=bo).text)
    bos.post(f"{path}/offer/accept", {}, seen=3).refused(409, "ownership.no-offer")


def test_an_owner_offers_and_does_not_push(company, running):
    ana, her_api, department = person(running, company, "account-manager")
    lead = company.member(department_id=department).id
    crm, who = running.crm, MemberId(UUID(lead))
    place = DepartmentId(UUID(department))
    grant(crm, enrolled(crm, who), "team-lead", department_id=place)
    leads = running.api.acting_as(create_key(crm, "lead", who).text)
    customer = company.customer().id
    claim(her_api, customer, ana).went_well()
    path, told = f"/customers/{customer}/ownership", {"to_id": lead, "reason": "Yours"}
    her_api.post(f"{path}/transfer", told, seen=1).refused(403, "access.refused")
    her_api.post(f"{path}/offer", {"to_id": lead}, seen=1).went_well()
    moved = leads.post(f"{path}/transfer", told, seen=2).went_well()
    assert company.api.get(path, after=moved).json["owner_id"] == lead


def test_the_team_is_shown(api, company):
    customer, _ = company.owned()
    path, bo = f"/customers/{customer}/ownership", company.member().id
    done = company.do(f"{path}/share", {"member_id": bo, "part": "Invoices"}, seen=1)
    assert api.get(path, after=done).json["team"] == [{"member_id": bo, "part": "Invoices"}]
    shown = api.get(f"/customers/{customer}").json["ownership"]["team"]
    assert shown == [{"member_id": bo, "part": "Invoices"}]
    done = company.do(f"{path}/unshare", {"member_id": bo}, seen=2)
    assert api.get(path, after=done).json["team"] == []


def test_who_owned_it_at_any_time(api, company):
    now = datetime.now(UTC)
    days = [now - timedelta(days=number) for number in (40, 30, 20, 10)]
    members = [company.member().id for _ in range(3)]
    customer = company.customer(occurred_at=days[0].isoformat()).id
    path = f"/customers/{customer}/ownership"
    company.do(f"{path}/claim", {"member_id": members[0], "occurred_at": days[1].isoformat()})
    for number in (1, 2):
        told = {
            "to_id": members[number],
            "reason": "x",
            "occurred_at": days[number + 1].isoformat(),
        }
        last = company.do(f"{path}/transfer", told, seen=number)
    for hours, expected in ((-1, [None, *members[:2]]), (1, members)):
        for day, owner in zip(days[1:], expected, strict=True):
            moment = (day + timedelta(hours=hours)).isoformat()
            shown = api.get(path, after=last, as_of=moment).went_well().json
            assert shown["owner_id"] == owner, (day, hours)


# --- Back to the pool -----------------------------------------------------------------------------


def test_without_contact_a_customer_goes_back_to_the_pool(api, company, running):
    details = in_pool(company, idle_days=30, protection_days=40)
    begun = datetime.now(UTC) - timedelta(days=50)
    customer = company.customer(details=details, occurred_at=begun.isoformat()).id
    told = {"occurred_at": begun.isoformat()}
    owner = company.member().id
    path = f"/customers/{customer}"
    claimed = company.do(f"{path}/ownership/claim", {"member_id": owner} | told)
    shown = api.get(path, after=claimed).json
    due = datetime.fromisoformat(shown["reclaim_at"])
    assert abs(due - (begun + timedelta(days=40))) < timedelta(seconds=1)  # protected so long
    (timer,) = [each for each in TIMERS if each.model is CUSTOMERS]
    command = timer.command(shown)
    assert isinstance(command, ReclaimCustomer)

    by = Actor.system("timer")
    early = Envelope(occurred_at=due - timedelta(hours=1), actor=by, channel=Channel.POLICY)
    assert running.crm.handle(command, early).position is None
    now = Envelope(
        occurred_at=datetime.now(UTC), actor=by, channel=Channel.POLICY, reason=timer.reason
    )
    done = running.crm.handle(command, now)
    shown = api.get(path, after=done).json
    assert (shown["owner_id"], shown["pool_id"], shown["reclaim_at"]) == (None, None, None)
    assert running.crm.handle(command, now).position is None  # once
    fact = api.get(f"/audit/events/{done.position}").json
    assert fact["data"]["because"] == "no-contact"
    assert fact["reason"] == timer.reason


def test_a_contact_puts_it_off(api, company):
    begun = datetime.now(UTC) - timedelta(days=20)
    details = in_pool(company, idle_days=30)
    customer = company.customer(details=details, occurred_at=begun.isoformat()).id
    told = {"member_id": company.member().id, "occurred_at": begun.isoformat()}
    claimed = company.do(f"/customers/{customer}/ownership/claim", told)
    before = api.get(f"/customers/{customer}", after=claimed).json["reclaim_at"]
    called = company.interaction(customer=customer)
    after = api.get(f"/customers/{customer}", after=called).json["reclaim_at"]
    later = datetime.fromisoformat(after) - datetime.fromisoformat(before)
    assert timedelta(days=19, hours=23) < later < timedelta(days=20, hours=1)
    reclaim = ReclaimCustomer(
        id=ownership_id(CustomerId(UUID(customer))), owner_id=MemberId(UUID(told["member_id"]))
    )
    assert reclaim.last_contact_at is None


# --- Disputes -------------------------------------------------------------------------------------


def test_a_dispute_is_replayed_with_every_contact_of_both_sides(api, company, running):
    customer, owner = company.owned()
    bo = company.member().id
    keys = {who: running.api.acting_as(running.new_key(member=who).text) for who in (owner, bo)}
    call = {"channel": "phone", "direction": "outbound", "summary": "Called"}
    path = f"/customers/{customer}"

    def calls(who):
        return keys[who].post(f"{path}/interactions", call).went_well()

    first, second = calls(bo), calls(bo)
    mistake = calls(bo)
    company.do(f"/interactions/{mistake.id}/retract", {"reason": "x"}, seen=1)
    one = calls(owner)
    request = company.request(customer_id=customer)
    step = f"/requests/{request.id}/reply"
    reply = keys[bo].post(step, {"kind": "public", "text": "Yes"}, seen=1).went_well()
    keys[bo].post(step, {"kind": "internal", "text": "Hm"}, seen=2).went_well()
    for_bo = api.post(
        f"{path}/interactions", call, headers={"Concord-On-Behalf-Of": bo}
    ).went_well()
    grounds = {"claimant_id": bo, "reason": "I have called them"}
    company.do(f"{path}/ownership/dispute", grounds, seen=1)
    last = calls(owner)
    shown = api.get(f"{path}/ownership/dispute", after=last).went_well().json
    assert (shown["status"], shown["settled_at"]) == ("open", None)
    assert [fact["name"] for fact in shown["history"]] == [
        "ownership.claimed",
        "ownership.disputed",
    ]
    assert shown["history"][1]["reason"] == "I have called them"
    sides = {side["side"]: side for side in shown["sides"]}
    theirs = [first.position, second.position, reply.position, for_bo.position]
    assert sides["claimant"]["member_id"] == bo
    assert sides["claimant"]["events"] == theirs
    assert (sides["claimant"]["contacts"], sides["claimant"]["before_dispute"]) == (4, 4)
    assert sides["owner"]["events"] == [one.position, last.position]
    assert (sides["owner"]["contacts"], sides["owner"]["before_dispute"]) == (2, 1)
    assert sides["owner"]["first_at"] < shown["disputed_at"] < sides["owner"]["last_at"]

    judge = {"Concord-On-Behalf-Of": company.member().id}
    verdict = {"owner_id": bo, "reason": "Four contacts against one"}
    settled = company.do(f"{path}/ownership/settle", verdict, seen=2, headers=judge)
    shown = api.get(f"{path}/ownership/dispute", after=settled).json
    assert (shown["status"], shown["settled_for"]) == ("settled", bo)


def test_where_nothing_is_contested_there_are_no_sides(api, company):
    customer, _ = company.owned()
    shown = api.get(f"/customers/{customer}/ownership/dispute").went_well().json
    assert (shown["status"], shown["sides"], len(shown["history"])) == ("none", [], 1)
