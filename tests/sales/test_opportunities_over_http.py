"""Opportunities over HTTP: one by one, in lists, on the board; and what not everybody sees."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.ids import MemberId
from domain.kernel import Actor, Channel, Envelope
from projections.timers import TIMERS
from tests.web.stories_pipeline import CNY, LOSE, STAGES, WHY, lead, opportunity, pipeline, quote
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]


def hours_ago(hours):
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def somebody(running, company, role, **where):
    """Who has a role, in the whole company unless it is said where."""
    joined = company.member()
    return joining(running, company, joined, role, **where)


def joining(running, company, joined, role, **where):
    """Somebody who has joined already, with a role."""
    member = MemberId(UUID(joined.id))
    grant(running.crm, enrolled(running.crm, member), role, **where)
    company.api.get("/members", after=joined, limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, role, member).text)


def test_the_whole_path_from_contact_to_the_sale(api, company):
    customer, ana, bo = company.customer().id, company.member().id, company.member().id
    made = opportunity(
        company, customer=customer, holder_id=ana, occurred_at=hours_ago(10), amount=CNY
    )
    path = f"/opportunities/{made.id}"
    stages = [("need", 8), ("proposal", 5), ("follow-up", 4)]
    last = made
    for stage, hours in stages:
        body = {"stage": stage, "stage_owner_id": bo, "occurred_at": hours_ago(hours)}
        last = company.do(f"{path}/stage", body, seen=last)
    offered = quote(company, customer=customer)
    proposal = {"title": "Three plotters", "quote_id": offered.id, "amount": CNY}
    last = company.do(f"{path}/proposal", proposal, seen=last)
    split = [{"member_id": ana, "percent": "70"}, {"member_id": bo, "percent": "30"}]
    last = company.do(f"{path}/win", {"split": split, "occurred_at": hours_ago(1)}, seen=last)

    shown = api.get(path, after=last).went_well().json
    assert (shown["status"], shown["stage"], shown["split"]) == ("won", "follow-up", split)
    assert shown["proposals"][0]["quote_id"] == offered.id
    assert shown["amount"] == CNY
    stays = api.get(f"{path}/stages", after=last).went_well().json["items"]
    told = [(each["stage"], each["owner_id"]) for each in stays]
    assert told == [("contact", ana), ("need", bo), ("proposal", bo), ("follow-up", bo)]
    for each, hours in zip(stays, (2, 3, 1, 3), strict=True):
        assert abs(each["seconds"] - hours * 3600) <= 60
        assert each["left_at"] is not None
    for member in (ana, bo):  # both have it on their timelines
        names = [each["name"] for each in api.get(f"/members/{member}/timeline").json["items"]]
        assert "opportunity.won" in names
    then = api.get(f"{path}/stages", at_version=2).went_well().json["items"]
    assert [each["seconds"] is None for each in then] == [False, True]


def test_what_is_closed_once_is_closed(api, company):
    won, lost = opportunity(company, ("win", {})), opportunity(company, ("lose", LOSE))
    for made, body in ((won, {}), (lost, {})):
        path = f"/opportunities/{made.id}"
        api.post(f"{path}/win", body, seen=2).refused(409, "opportunity.closed")
        api.post(f"{path}/lose", LOSE, seen=2).refused(409, "opportunity.closed")
        api.post(f"{path}/amend", {"title": "x"}, seen=2).refused(409, "opportunity.closed")
    shown = api.get(f"/opportunities/{lost.id}", after=lost).json
    assert (shown["lost_because"], shown["competitor"]) == ("competitor", "Northern Charts")
    again = company.do(f"/opportunities/{lost.id}/reopen", WHY, seen=2)
    shown = api.get(f"/opportunities/{lost.id}", after=again).json
    assert (shown["status"], shown["lost_because"], shown["closed_at"]) == ("open", None, None)
    assert [each["left_at"] is None for each in shown["stages"]["items"]] == [False, True]


@pytest.mark.parametrize(
    ("split", "refusal"),
    [
        ([("ana", "99")], (409, "split.not-whole", "/split")),
        ([("ana", "100"), (None, "0")], (409, "split.not-positive", "/split")),
        ([("ana", "50"), ("ana", "50")], (409, "split.member-twice", "/split")),
        ([("ana", "-1")], (422, "fields.invalid", "/split/0/percent")),
        ([("ana", "1e2")], (422, "fields.invalid", "/split/0/percent")),
        ([("ana", 100)], (422, "fields.invalid", "/split/0/percent")),
        ([("ana", "50"), ("nobody", "50")], (422, "member.unknown", "/split/1/member_id")),
    ],
)
def test_credit_that_does_not_add_up(split, refusal, api, company):
    customer = company.customer().id
    known = {"ana": company.member().id, "nobody": customer, None: None}
    made = opportunity(company, customer=customer)
    body = {"split": [{"member_id": known[who], "percent": part} for who, part in split]}
    api.post(f"/opportunities/{made.id}/win", body, seen=1).refused(*refusal)


def test_what_an_opportunity_names_is_the_customers_own(api, company):
    customer, ana, other = company.customer().id, company.member(), company.customer().id
    made = opportunity(company, customer=customer)
    usual = {"title": "x", "holder_id": ana.id}
    path = f"/customers/{customer}/opportunities"
    api.post(path, usual | {"need_id": other}).refused(422, "need.unknown", "/need_id")
    api.post(path, usual | {"lead_id": other}).refused(422, "lead.unknown", "/lead_id")
    ended = lead(company)
    company.do(f"/leads/{ended.id}/disqualify", WHY, seen=1)
    api.post(path, usual | {"lead_id": ended.id}).refused(422, "lead.not-active", "/lead_id")
    theirs = {"title": "x", "quote_id": quote(company, customer=other).id}
    proposal = f"/opportunities/{made.id}/proposal"
    api.post(proposal, theirs, seen=1).refused(422, "quote.unknown", "/quote_id")
    company.do(f"/members/{ana.id}/leave", {}, seen=ana)
    api.post(path, usual).refused(422, "member.not-active", "/holder_id")
    over = {"holder_id": ana.id} | WHY
    answer = api.post(f"/opportunities/{made.id}/hand-over", over, seen=1)
    answer.refused(422, "member.not-active", "/holder_id")
    nobody = f"/customers/{ana.id}/opportunities"
    usual["holder_id"] = company.member().id
    api.post(nobody, usual).refused(404, "not-found")


@pytest.mark.parametrize(
    ("amount", "pointer"),
    [
        ({"amount": "12.5", "currency": "JPY"}, "/amount/amount"),
        ({"amount": "0", "currency": "CNY"}, "/amount/amount"),
        ({"amount": "-5", "currency": "CNY"}, "/amount/amount"),
        ({"amount": "999999999999999", "currency": "CNY"}, "/amount/amount"),
        ({"amount": "1e9", "currency": "CNY"}, "/amount/amount"),
        ({"amount": "1", "currency": "cny"}, "/amount/currency"),
    ],
)
def test_amounts_that_are_none(amount, pointer, api, company):
    made = opportunity(company)
    for step in ("amend", "proposal"):
        body = {"title": "x", "amount": amount}
        answer = api.post(f"/opportunities/{made.id}/{step}", body, seen=1)
        answer.refused(422, "fields.invalid", pointer)


def test_what_is_told_late_stays_in_order(api, company):
    made = opportunity(company, ("stage", {"stage": "need"}), occurred_at=hours_ago(5))
    path = f"/opportunities/{made.id}"
    back = {"stage": "proposal", "occurred_at": hours_ago(1)}
    api.post(f"{path}/stage", back, seen=2).refused(409, "opportunity.out-of-order")
    before = {"title": "x", "occurred_at": hours_ago(24)}
    answer = api.post(f"{path}/proposal", before, seen=2)
    answer.refused(409, "fact.before-its-beginning", "/occurred_at")


def test_what_is_left_out_of_an_amendment_stays(api, company):
    made = opportunity(company, amount=CNY, expected_on="2027-01-31")
    path = f"/opportunities/{made.id}"
    changed = company.do(f"{path}/amend", {"expected_on": None}, seen=1)
    shown = api.get(path, after=changed).json
    assert (shown["title"], shown["amount"], shown["expected_on"]) == (
        "Chart plotters",
        CNY,
        None,
    )


# --- Lists and the board ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def deals(company):
    """A pipeline with sales of two currencies in two stages."""
    code = company.word("board")
    pipeline(company, code=code)
    department = company.department().id
    customer, owner = company.owned()
    usual = {
        "pipeline": code, "department_id": department, "customer": customer, "holder_id": owner,
    }  # fmt: skip
    for stage, amount, currency in (
        ("first", "100.00", "CNY"),
        ("first", "0.05", "CNY"),
        ("first", "101", "JPY"),
        ("offer", "10.00", "CNY"),
    ):
        money = {"amount": amount, "currency": currency}
        opportunity(company, stage=stage, amount=money, **usual)
    opportunity(company, stage="offer", **usual)
    opportunity(company, ("win", {}), stage="offer", amount=CNY, **usual)
    last = opportunity(company, ("lose", LOSE), stage="first", amount=CNY, **usual)
    company.api.get("/opportunities", after=last, limit=1).went_well()
    return usual


def test_the_board_counts_and_adds_up_what_is_open(api, deals):
    board = api.get("/opportunities/board", pipeline=deals["pipeline"]).went_well().json
    first, offer = board["stages"]
    assert (first["stage"], first["name"], first["probability"], first["count"]) == (
        "first", "First talk", "10", 3,
    )  # fmt: skip
    assert first["amounts"] == [
        # 10 % of 100.05 is 10.005, halfway: the even one
        {"amount": "100.05", "currency": "CNY", "weighted": "10.00"},
        {"amount": "101", "currency": "JPY", "weighted": "10"},
    ]
    assert (offer["count"], offer["probability"]) == (2, "62.5")
    assert offer["amounts"] == [{"amount": "10.00", "currency": "CNY", "weighted": "6.25"}]
    assert "masked" not in board
    query = {"pipeline": deals["pipeline"], "filter[holder_id]": deals["customer"]}
    nobodys = api.get("/opportunities/board", **query).json
    assert [each["count"] for each in nobodys["stages"]] == [0, 0]
    assert [each["amounts"] for each in nobodys["stages"]] == [[], []]


def test_the_standard_board_has_its_stages_without_being_set_up(api):
    board = api.get("/opportunities/board").went_well().json
    stages = [each["stage"] for each in board["stages"] if each["name"] is not None]
    assert stages == ["contact", "need", "proposal", "follow-up"]


def test_the_board_shows_amounts_only_to_whom_they_are_shown(deals, running, company):
    blind = somebody(running, company, "marketing")
    board = blind.get("/opportunities/board", pipeline=deals["pipeline"]).went_well().json
    assert [(each["count"], each["amounts"]) for each in board["stages"]] == [(3, None), (2, None)]
    assert board["masked"] == ["money"]
    listed = blind.get("/opportunities", **{"filter[pipeline]": deals["pipeline"]}).json["items"]
    assert len(listed) == 7
    for each in listed:
        assert (each["amount"], each["amount_key"], each["masked"]) == (None, None, ["money"])
    for sort in ("amount_key", "-amount_key"):  # the order would tell
        blind.get("/opportunities", sort=sort).refused(403, "access.refused", "sort")


def test_the_board_and_the_funnel_count_only_what_one_may_see(deals, running, company):
    elsewhere = {"department_id": UUID(company.department().id)}
    other = somebody(running, company, "sales", **elsewhere)
    board = other.get("/opportunities/board", pipeline=deals["pipeline"]).went_well().json
    assert [(each["count"], each["amounts"]) for each in board["stages"]] == [(0, []), (0, [])]
    department = company.department().id
    made = lead(company, department_id=department, holder_id=company.member().id)
    mine = {"filter[department_id]": department}
    assert company.api.get("/leads/funnel", after=made, **mine).json["captured"] == 1
    assert other.get("/leads/funnel", **mine).json["captured"] == 0


def test_amounts_sort_by_currency_and_size(api, deals):
    query = {"filter[pipeline]": deals["pipeline"], "filter[status]": "open"}
    found = api.get("/opportunities", sort="amount_key", **query).went_well().json["items"]
    told = [each["amount"] and tuple(each["amount"].values()) for each in found]
    assert told == [
        None, ("0.05", "CNY"), ("10.00", "CNY"), ("100.00", "CNY"), ("101", "JPY"),
    ]  # fmt: skip


def test_the_department_is_the_holders_unless_another_is_said(api, company):
    department = company.department().id
    ana = company.member(department_id=department).id
    made = opportunity(company, holder_id=ana)
    listed = api.get("/opportunities", after=made, **{"filter[department_id]": department})
    assert listed.ids == [made.id]


def test_the_timer_marks_what_rests_too_long_once(api, company, running):
    code = company.word("stale")
    pipeline(company, code=code)
    made = opportunity(company, pipeline=code, occurred_at=hours_ago(24 * 8))
    other = opportunity(company, pipeline=code)
    mine = {"filter[pipeline]": code}
    (timer,) = [each for each in TIMERS if each.name == "opportunity.mark-stale"]
    (document,) = [
        each
        for each in api.get("/opportunities", after=other, **mine).json["items"]
        if each[timer.field] <= datetime.now(UTC).isoformat()
    ]
    assert document["id"] == made.id
    by = Envelope(
        occurred_at=datetime.now(UTC),
        actor=Actor.system("timer"),
        channel=Channel.POLICY,
        reason=timer.reason,
    )
    told = running.crm.handle(timer.command(document), by)
    assert running.crm.handle(timer.command(document), by).position is None
    wait = {"Concord-Min-Position": str(told.position)}
    stale = {"filter[stale]": "yes"} | mine
    (shown,) = api.get("/opportunities", headers=wait, **stale).json["items"]
    assert (shown["id"], shown["stale"], shown["stale_at"]) == (made.id, "yes", None)
    assert api.get("/opportunities", **mine, **{"filter[stale]": ""}).ids == [other.id]
    (first, _) = api.get("/opportunities/board", pipeline=code).json["stages"]
    assert (first["count"], first["stale"]) == (2, 1)
    moved = company.do(f"/opportunities/{made.id}/stage", {"stage": "offer"}, seen=2)
    shown = api.get(f"/opportunities/{made.id}", after=moved).json
    assert (shown["stale"], shown["stale_at"]) == (None, None)
    assert STAGES[1]["stale_after_days"] is None


def test_of_two_who_close_it_at_once_one_does(api, company):
    made = opportunity(company)
    path = f"/opportunities/{made.id}"
    company.do(f"{path}/win", {}, seen=1)
    api.post(f"{path}/lose", LOSE, seen=1).refused(412, "version.stale")


# --- Whose lead it is -----------------------------------------------------------------------------


def test_who_sells_takes_a_lead_that_nobody_holds_and_gives_it_to_nobody_else(running, company):
    department = company.department().id
    joined, other = (company.member(department_id=department) for _ in range(2))
    where = {"department_id": UUID(department)}
    ana = joining(running, company, joined, "sales", **where)
    made = lead(company, department_id=department)
    path = f"/leads/{made.id}"
    ana.post(f"{path}/assign", {"holder_id": other.id}, seen=1).refused(403, "access.refused")
    ana.post(f"{path}/disqualify", WHY, seen=1).refused(403, "access.refused")
    ana.post(f"{path}/assign", {"holder_id": joined.id}, seen=1).went_well()
    ana.post(f"{path}/disqualify", WHY, seen=2).went_well()


def test_naming_ones_own_customer_opens_no_lead_of_somebody_else(running, company):
    customer, _ = company.owned()
    team = somebody(running, company, "team-lead", customer_id=UUID(customer))
    hidden = lead(company, holder_id=company.member().id)
    body = {"customer_id": customer}
    team.post(f"/leads/{hidden.id}/qualify", body, seen=1).refused(404, "not-found")
    theirs = lead(company, customer_id=customer)
    team.post(f"/leads/{theirs.id}/qualify", body, seen=1).went_well()


def test_a_lead_for_somebody_in_another_department_is_not_captured(running, company):
    mine, other = company.department().id, company.member()
    ana = somebody(running, company, "sales", department_id=UUID(mine))
    body = {"name": "x", "source": "web", "department_id": mine}
    ana.post("/leads", body | {"holder_id": other.id}).refused(403, "access.refused")
    ana.post("/leads", body).went_well()


def test_how_to_reach_a_lead_is_shown_to_whom_it_is_shown(running, company):
    notes = {"customer_id": company.customer().id, "budget": "30,000"}
    made = lead(company, email="maria@lighthouse.example", phone="5")
    done = company.do(f"/leads/{made.id}/qualify", notes, seen=1)
    told = ("email", "phone", "qualification")
    sales, marketing = (somebody(running, company, role) for role in ("sales", "marketing"))
    shown = sales.get(f"/leads/{made.id}", after=done).went_well().json
    assert [shown[name] is None for name in told] == [False] * 3
    shown = marketing.get(f"/leads/{made.id}", after=done).went_well().json
    assert [shown[name] for name in told] == [None] * 3
    assert shown["masked"] == ["contact", "notes"]
    facts = marketing.get(f"/leads/{made.id}/history", after=done).went_well().json["items"]
    assert [sorted(each["masked"]) for each in facts] == [
        ["email", "phone"],
        ["authority", "budget", "need", "timing"],
    ]
