"""Delegation, terms of sharing and roles of one's own, as the API obeys them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.access.principal import Delegate, EndDelegation, SuspendPrincipal, principal_id
from domain.access.record import RecordViewed
from domain.access.role import Allowed, DefineRole, WithdrawRole, role_id
from domain.access.roles import Action, Resource
from domain.access.sharing import SHARING_ID, AgreeOnSharing, Dataset, ObjectToSharing
from domain.confidential import FieldClass
from domain.ids import DelegationId, DepartmentId, MemberId
from domain.kernel import Actor, Channel, Envelope
from tests.web.company import Company
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]


def told(name: str = "operator", reason: str | None = None) -> Envelope:
    return Envelope(
        occurred_at=datetime.now(UTC),
        actor=Actor.system(name),
        channel=Channel.CLI,
        reason=reason,
    )


@pytest.fixture
def hire(running, company):
    """Let somebody join, with a role in a place; return who, and how they ask."""

    def hire(role=None, department=None, **place):
        joined = company.member(**({"department_id": department} if department else {}))
        member = MemberId(UUID(joined.id))
        account = enrolled(running.crm, member)
        if role:
            grant(running.crm, account, role, **place)
        company.api.get("/members", after=joined, limit=1).went_well()
        return member, running.api.acting_as(create_key(running.crm, "hers", member).text)

    return hire


def shown(company, *answers):
    for answer in answers:
        for path in ("/customers", "/requests", "/members"):
            company.api.get(path, after=answer, limit=1).went_well()


# --- Acting for somebody --------------------------------------------------------------------------


def delegated(running, of, to, *, start=-1, end=1):
    now, id_ = datetime.now(UTC), DelegationId(uuid4())
    command = Delegate(
        id=principal_id(of),
        delegation_id=id_,
        to_id=to,
        starts_at=now + timedelta(hours=start),
        ends_at=now + timedelta(hours=end),
    )
    running.crm.handle(command, told())
    return id_


def test_a_colleague_acts_on_the_grants_of_whom_they_act_for(running, company, hire):
    lead, _ = hire("team-lead")
    deputy, ask = hire()
    headers = {"Concord-On-Behalf-Of": str(lead)}
    customer = company.customer()
    shown(company, customer)
    path = f"/customers/{customer.id}"
    ask.get(path, headers=headers).refused(403, "acting.not-delegated")
    given = delegated(running, lead, deputy)
    ask.get(path, headers=headers).went_well()
    ask.get(path).refused(404, "not-found")  # not on their own
    body = {"tier": "key", "reason": "Grew"}
    done = ask.post(f"{path}/tier", body, seen=1, headers=headers).went_well()
    fact = company.api.get(f"/audit/events/{done.position}", after=done).json
    assert fact["actor"] == {"kind": "member", "id": str(deputy)}
    assert fact["on_behalf_of"] == str(lead)
    running.crm.handle(EndDelegation(id=principal_id(lead), delegation_id=given), told())
    ask.get(path, headers=headers).refused(403, "acting.not-delegated")
    ask.post(f"{path}/tier", body, seen=2, headers=headers).refused(403, "acting.not-delegated")


@pytest.mark.parametrize(("start", "end"), [(1, 2), (-2, -1)])
def test_not_before_it_starts_and_not_after_it_ends(start, end, running, hire):
    lead, _ = hire("team-lead")
    deputy, ask = hire()
    delegated(running, lead, deputy, start=start, end=end)
    headers = {"Concord-On-Behalf-Of": str(lead)}
    ask.get("/customers", headers=headers).refused(403, "acting.not-delegated")


@pytest.mark.parametrize("who", ["lead", "deputy"])
def test_nobody_acts_by_way_of_a_suspended_account(who, running, hire):
    lead, _ = hire("team-lead")
    deputy, ask = hire()
    delegated(running, lead, deputy)
    gone = {"lead": lead, "deputy": deputy}[who]
    running.crm.handle(SuspendPrincipal(id=principal_id(gone)), told())
    headers = {"Concord-On-Behalf-Of": str(lead)}
    assert ask.get("/customers", headers=headers).status == 403


# --- Terms of sharing -----------------------------------------------------------------------------


def test_what_is_withheld_is_not_there_for_those_it_is_withheld_from(running, company, hire):
    ours, theirs = company.department().id, company.department().id
    owner, mine = hire("sales", ours)
    _, other = hire("team-lead", theirs)
    _, auditor = hire("auditor", theirs)
    customer, free = company.customer(), company.customer()
    claim = f"/customers/{customer.id}/ownership/claim"
    company.api.post(claim, {"member_id": str(owner)}).went_well()
    elsewhere = company.request(customer_id=free.id, department_id=ours)
    shown(company, elsewhere)
    paths = (f"/customers/{customer.id}", f"/requests/{elsewhere.id}")
    for who in (other, auditor):
        for path in paths:
            who.get(path).went_well()
    try:
        for dataset in Dataset:
            withhold(running, ours, dataset, [theirs])
        for path in paths:
            other.get(path).refused(404, "not-found")
            other.get(f"{path}/timeline").refused(404, "not-found")
            other.get(f"{path}/history").refused(404, "not-found")
            auditor.get(path).went_well()
            other.get(path, position=elsewhere.position).refused(404, "not-found")
        assert other.get("/requests", **{"filter[customer_id]": free.id}).ids == []
        assert auditor.get("/requests", **{"filter[customer_id]": free.id}).ids == [elsewhere.id]
        tier = {"tier": "key", "reason": "Grew"}
        other.post(f"{paths[0]}/tier", tier, seen=1).refused(404, "not-found")
        other.post(f"{paths[1]}/close", {}, seen=1).refused(404, "not-found")
        other.get(f"/customers/{free.id}").went_well()  # nobody's, so nobody withholds it
        mine.get(paths[0]).went_well()
    finally:
        for dataset in Dataset:
            withhold(running, ours, dataset, [])
    other.get(paths[0]).went_well()


def withhold(running, department, dataset, others):
    about = {"department_id": DepartmentId(UUID(department)), "dataset": dataset}
    from_ids = tuple(map(UUID, others)) or (uuid4(),)
    objection = ObjectToSharing(id=SHARING_ID, from_ids=from_ids, **about)
    running.crm.handle(objection, told("sales", "They wrote to our customers"))
    agreed = AgreeOnSharing(id=SHARING_ID, withheld_from=tuple(map(UUID, others)), **about)
    running.crm.handle(agreed, told("board", "Until the quarter ends"))


# --- A role of one's own --------------------------------------------------------------------------


def test_a_role_of_ones_own_permits_what_it_says(running, company, hire):
    name = company.word("front-desk")
    allowed = Allowed(Resource.CUSTOMER, Action.READ)
    role = DefineRole(id=role_id(name), name=name, permissions=(allowed,), shows=())
    running.crm.handle(role, told())
    member, ask = hire()
    customer = company.customer()
    shown(company, customer)
    ask.get(f"/customers/{customer.id}").refused(404, "not-found")
    grant(running.crm, principal_id(member), name, role_id=role_id(name))
    ask.get(f"/customers/{customer.id}").went_well()
    ask.get("/requests").refused(403, "access.refused")
    ask.post("/customers", {"details": {"name": "x"}}).refused(403, "access.refused")
    running.crm.handle(WithdrawRole(id=role_id(name)), told())
    ask.get(f"/customers/{customer.id}").refused(404, "not-found")


# --- What is masked, and who looked ---------------------------------------------------------------


def test_notes_among_colleagues_are_masked_and_named(company, hire):
    _, logistics = hire("logistics")
    request = company.request(("reply", {"kind": "internal", "text": "He is upset"}))
    public = company.do(f"/requests/{request.id}/reply", {"text": "It is coming"}, seen=request)
    told_of = logistics.get(f"/requests/{request.id}/history", after=public).went_well().json
    replies = [each for each in told_of["items"] if each["name"] == "request.replied"]
    assert [each["data"]["text"] for each in replies] == [None, "It is coming"]
    assert [each.get("masked") for each in replies] == [["text"], None]


def test_each_look_at_personal_data_is_recorded_and_found(company, hire, running):
    member, ask = hire("sales")
    customer = company.customer()
    shown(company, customer)
    path, subject = f"/customers/{customer.id}", f"customer:{customer.id}"
    ask.get(path).went_well()
    ask.get(f"{path}/nowhere")
    ask.get("/departments").went_well()  # nobody's data
    head = running.query("select max(id) from log.events")[0][0]
    views = company.api.get("/access/views", subject=subject, actor=f"member:{member}", after=head)
    (view,) = views.went_well().json["items"]
    assert view["name"] == RecordViewed.__event_name__
    assert view["data"] == {
        "things": [{"kind": "customer", "id": customer.id}],
        "through": "get_customer",
    }
    timeline = company.api.get(f"{path}/timeline", after=head).json["items"]
    assert [each["name"] for each in timeline] == ["customer.registered"]


def test_nobody_looks_for_somebody_who_is_not_there(company):
    customer = company.customer()
    shown(company, customer)
    headers = {"Concord-On-Behalf-Of": str(uuid4())}
    for path in ("/customers", f"/customers/{customer.id}"):
        answer = company.api.get(path, headers=headers)
        answer.refused(422, "member.unknown", "Concord-On-Behalf-Of")


def test_what_cannot_be_recorded_is_not_shown(serve, dsn):
    """Whoever looks leaves a trace, or sees nothing."""
    with serve(dsn) as running:
        company = Company(running.api, running.crm)
        customer = company.customer()
        company.api.get("/customers", after=customer).went_well()
        running.query("revoke insert on log.events from concord_app; select 1")
        answer = company.api.get(f"/customers/{customer.id}")
        answer.refused(503, "view.not-recorded")
        assert customer.id not in answer.body.decode()
        company.api.get("/departments", limit=1).went_well()


def test_the_classes_that_are_shown_are_those_of_the_grant_for_this_row(running, company, hire):
    """Contacts of one's own team's customer, and of no other that one may read about."""
    member, ask = hire("marketing")
    customers = [company.customer().id for _ in range(2)]
    for each in customers:
        contact = {"name": "Maria Costa", "email": "maria@harbour.example"}
        last = company.do(f"/customers/{each}/contacts", contact, seen=1)
    grant(running.crm, principal_id(member), "sales", customer_id=UUID(customers[0]))
    shown(company, last)
    masked = [ask.get(f"/customers/{each}").json.get("masked", []) for each in customers]
    assert masked == [[], [FieldClass.CONTACT]]
