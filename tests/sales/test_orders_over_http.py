"""Orders and contracts over HTTP: odd lives, bad input, and what who may not see money is shown."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.ids import ContractId, MemberId, OrderId
from domain.kernel import Actor, Channel, Envelope
from domain.sales.contract import PassContractEnd
from domain.sales.order import MarkOverdue
from tests.web.client import wait_until
from tests.web.stories_orders import CONTRACT, LINE, ORDER, PAY_ALL, contract, order, yuan
from tests.web.stories_pipeline import opportunity, quote
from web.commands.accounts import create_key, enrolled, grant

pytest_plugins = ["tests.web.fixtures"]


def lines(price, quantity="1", **more):
    return {"lines": [LINE | {"unit_price": price, "quantity": quantity, "unit_cost": None} | more]}


# --- A life -------------------------------------------------------------------------------------


def test_an_order_is_placed_paid_paid_back_and_voided(api, company):
    customer, owner = company.owned()
    placed = order(company, customer=customer, due_on="2126-01-31", number="17")
    path = f"/orders/{placed.id}"
    shown = api.get(path, after=placed).went_well().json
    assert (shown["status"], shown["total"], shown["open"]) == (
        "open",
        yuan("300.50"),
        yuan("300.50"),
    )
    assert shown["split"] == [{"member_id": owner, "percent": "100", "credit": yuan("300.50")}]
    assert shown["lines"][0]["amount"] == yuan("300.50")
    assert shown["due_at"] == shown["overdue_at"] == "2126-01-31T16:00:00.000000Z"  # Shanghai

    told = {"amount": yuan("100.00"), "method": "WeChat", "reference": "V-7"}
    paid = api.post(f"{path}/pay", told, seen=placed).went_well()
    shown = api.get(path, after=paid).json
    assert (shown["status"], shown["paid"], shown["open"]) == (
        "part-paid",
        yuan("100.00"),
        yuan("200.50"),
    )
    assert [each["method"] for each in shown["payments"]] == ["WeChat"]
    back = api.post(f"{path}/refund", {"amount": yuan("40.00")}, seen=paid).went_well()
    shown = api.get(path, after=back).json
    assert (shown["refunded"], shown["split"][0]["credit"]) == (yuan("40.00"), yuan("260.50"))
    wordless = api.post(f"{path}/void", {}, seen=back)
    wordless.refused(409, "order.reason-missing", "/reason")
    voided = api.post(f"{path}/void", {"reason": "Placed twice"}, seen=back).went_well()
    shown = api.get(path, after=voided).json
    assert (shown["status"], shown["open"], shown["split"][0]["credit"]) == (
        "voided",
        yuan("0.00"),
        yuan("0.00"),
    )
    assert len(shown["payments"]) == 1
    for action, body in (("pay", told), ("refund", {"amount": yuan("1.00")}), ("void", {})):
        api.post(f"{path}/{action}", body, seen=voided).refused(409, "order.voided")


def test_credit_is_named_and_frozen_by_the_first_payment(api, company):
    ana, bo = company.member().id, company.member().id
    split = [{"member_id": ana, "percent": "66.67"}, {"member_id": bo, "percent": "33.33"}]
    placed = order(company, split=split)
    shown = api.get(f"/orders/{placed.id}", after=placed).json
    assert [each["credit"]["amount"] for each in shown["split"]] == ["200.34", "100.16"]
    timeline = api.get(f"/members/{bo}/timeline", after=placed).json["items"]
    assert timeline[0]["name"] == "order.placed"
    paid = company.do(f"/orders/{placed.id}/pay", PAY_ALL[1], seen=placed)
    late = api.post(f"/orders/{placed.id}/split", {"split": []}, seen=paid)
    late.refused(409, "order.split-frozen", "/split")


def test_without_an_owner_nobody_gets_the_credit(api, company):
    placed = order(company)
    assert api.get(f"/orders/{placed.id}", after=placed).json["split"] == []


def test_the_same_order_comes_in_once(api, company):
    told = {"number": company.word("17"), "source": "web-shop"}
    order(company, **told)
    path = f"/customers/{company.customer().id}/orders"
    api.post(path, ORDER | told).refused(409, "order.exists")
    order(company, **told | {"source": "erp"})
    api.post(path, ORDER | {"source": "erp"}).refused(422, "fields.invalid", "/number")


def test_the_same_payment_and_refund_count_once(api, company):
    told = {"amount": yuan("1.00"), "payment_id": str(uuid4())}
    back = {"amount": yuan("0.10"), "refund_id": str(uuid4())}
    made = order(company, ("pay", told), ("refund", back))
    path = f"/orders/{made.id}"
    api.post(f"{path}/pay", told, seen=made).refused(409, "payment.exists", "/payment_id")
    api.post(f"{path}/refund", back, seen=made).refused(409, "payment.exists", "/refund_id")


# --- Bad input ----------------------------------------------------------------------------------

YEN = {"amount": "100", "currency": "JPY"}


@pytest.mark.parametrize(
    ("told", "pointers"),
    [
        ({"lines": []}, {"/lines"}),
        (lines(yuan("1"), "0.0000001"), {"/lines/0/quantity"}),
        (lines(yuan("1"), "-1"), {"/lines/0/quantity"}),
        (lines(yuan("1"), "1e3"), {"/lines/0/quantity"}),
        (lines(yuan("1"), 1), {"/lines/0/quantity"}),
        (lines(yuan("1"), "1\n"), {"/lines/0/quantity"}),
        (lines(yuan("1"), "１"), {"/lines/0/quantity"}),
        (lines(YEN | {"amount": "100.5"}), {"/lines/0/unit_price/amount"}),
        (lines(YEN | {"currency": "XXX"}), {"/lines/0/unit_price/currency"}),
        (lines(yuan("0.001")), {"/lines/0/unit_price/amount"}),
        (lines(yuan("-0.01")), {"/lines/0/unit_price/amount"}),
        (lines(yuan("10000000000000.01")), {"/lines/0/unit_price/amount"}),
        (lines({"amount": 5, "currency": "CNY"}), {"/lines/0/unit_price/amount"}),
        (lines(yuan("1"), product=" "), {"/lines/0/product"}),
        (lines(yuan("1"), colour="red"), {"/lines/0/colour"}),
        ({"lines": [LINE] * 501}, {"/lines"}),
        ({"currency": "cny"}, {"/currency"}),
        ({"currency": "RMB"}, {"/currency"}),
        ({"due_on": "2025-02-30"}, {"/due_on"}),
        ({"due_on": "9999-12-31"}, {"/due_on"}),
        ({"due_on": "2025-01-31T00:00:00Z"}, {"/due_on"}),
        ({"split": [{"member_id": None, "percent": "100%"}]}, {"/split/0/percent"}),
        ({"split": [{"member_id": "me", "percent": "100"}]}, {"/split/0/member_id"}),
        ({"split": [{"percent": "100"}]}, {"/split/0/member_id"}),
        ({"source": "Web Shop", "number": "1"}, {"/source"}),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, {"/occurred_at"}),
    ],
)
def test_what_is_not_an_order_is_not_taken(told, pointers, api, company, running):
    path, before = f"/customers/{company.customer().id}/orders", running.facts()
    answer = api.post(path, ORDER | told)
    assert (answer.status, answer.problem()["code"]) == (422, "fields.invalid")
    assert set(answer.pointers) == pointers
    assert running.facts() == before


@pytest.mark.parametrize(
    ("told", "code", "pointer"),
    [
        (lines(yuan("1"), "0"), "order.quantity-not-positive", "/lines"),
        (lines(YEN), "order.other-currency", "/lines"),
        (lines(yuan("1"), unit_cost=YEN), "order.other-currency", "/lines"),
        (lines(yuan("10000000000000"), "2"), "order.too-large", "/lines"),
        ({"split": [{"member_id": None, "percent": "99.99"}]}, "split.not-whole", "/split"),
        ({"split": [{"member_id": None, "percent": "0"}]}, "split.not-positive", "/split"),
        ({"split": [{"member_id": None, "percent": "50"}] * 2}, "split.member-twice", "/split"),
    ],
)
def test_what_the_rules_refuse(told, code, pointer, api, company):
    path = f"/customers/{company.customer().id}/orders"
    api.post(path, ORDER | told).refused(409, code, pointer)


def test_who_is_not_there_is_named(api, company):
    nobody = {"split": [{"member_id": str(uuid4()), "percent": "100"}]}
    path = f"/customers/{company.customer().id}/orders"
    api.post(path, ORDER | nobody).refused(422, "member.unknown", "/split")
    made = order(company)
    path = f"/orders/{made.id}/split"
    api.post(path, nobody, seen=made).refused(422, "member.unknown", "/split")
    api.post(f"/customers/{uuid4()}/orders", ORDER).refused(404, "not-found")
    api.post(f"/customers/{uuid4()}/contracts", CONTRACT).refused(404, "not-found")


@pytest.mark.parametrize(
    ("kind", "make", "path", "body"),
    [
        ("contract", contract, "orders", ORDER),
        ("opportunity", opportunity, "orders", ORDER),
        ("opportunity", opportunity, "contracts", CONTRACT),
        ("quote", quote, "contracts", CONTRACT),
    ],
)
def test_nothing_of_another_customer_stands_in_it(kind, make, path, body, company):
    customer, field = company.customer().id, f"{kind}_id"
    place = f"/customers/{customer}/{path}"
    for strange in (str(uuid4()), make(company).id):
        refusal = company.api.post(place, body | {field: strange})
        refusal.refused(422, f"{kind}.unknown", f"/{field}")
    company.do(place, body | {field: make(company, customer=customer).id})


def test_half_a_box_and_yen_without_a_point_and_the_largest_order(api, company):
    half = order(company, **lines(yuan("0.01"), "0.5"))
    assert api.get(f"/orders/{half.id}", after=half).json["total"] == yuan("0.01")
    yen = order(company, currency="JPY", **lines(YEN, "0.125"))
    assert api.get(f"/orders/{yen.id}", after=yen).json["total"]["amount"] == "13"
    most = order(company, **lines(yuan("10000000000000.00")))
    assert api.get(f"/orders/{most.id}", after=most).json["total"]["amount"] == "10000000000000.00"
    paid = company.do(f"/orders/{most.id}/pay", {"amount": yuan("9999999999999.99")}, seen=most)
    assert api.get(f"/orders/{most.id}", after=paid).json["open"] == yuan("0.01")


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("pay", {"amount": yuan("300.51")}, "order.overpaid"),
        ("pay", {"amount": YEN}, "order.other-currency"),
        ("refund", {"amount": yuan("0.01")}, "order.over-refunded"),
    ],
)
def test_no_amount_goes_beyond_the_order(action, body, code, api, company):
    made = order(company)
    path = f"/orders/{made.id}/{action}"
    api.post(path, body, seen=made).refused(409, code, "/amount")


@pytest.mark.parametrize("amount", [yuan("0"), yuan("-1"), yuan("0.00"), YEN | {"amount": "1.0"}])
def test_what_is_paid_is_an_amount_above_zero(amount, api, company):
    made = order(company)
    answer = api.post(f"/orders/{made.id}/pay", {"amount": amount}, seen=made)
    answer.refused(422, "fields.invalid", "/amount/amount")


def test_nothing_is_paid_before_it_was_ordered_or_in_the_future(api, company):
    made = order(company, occurred_at="2025-03-01T09:00:00+08:00")
    pay = {"amount": yuan("1.00")}
    path = f"/orders/{made.id}/pay"
    early = api.post(path, pay | {"occurred_at": "2025-02-28T09:00:00+08:00"}, seen=made)
    early.refused(409, "fact.before-its-beginning", "/occurred_at")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    late = api.post(path, pay | {"occurred_at": tomorrow}, seen=made)
    late.refused(422, "fields.invalid", "/occurred_at")
    done = api.post(path, pay | {"occurred_at": "2025-03-02T09:00:00+08:00"}, seen=made)
    shown = api.get(f"/orders/{made.id}", after=done.went_well()).json
    assert shown["last_paid_at"] == "2025-03-02T01:00:00.000000Z"
    before = api.get(f"/orders/{made.id}", as_of="2025-03-01T12:00:00+08:00").json
    assert before["status"] == "open"


# --- The clock ----------------------------------------------------------------------------------


def shown_once(api, path, told):
    """The thing as it is shown, once the clock has rung for it."""

    def look():
        return api.get(path).went_well().json

    wait_until(lambda: told.items() <= look().items(), lambda: f"{path}: {look()}", seconds=30)
    return look()


def handled(running, command):
    envelope = Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("timer"), channel=Channel.POLICY
    )
    return running.crm.handle(command, envelope)


def test_what_is_not_paid_becomes_overdue_once(api, company, running):
    made = order(company, due_on="2025-01-31", occurred_at="2025-01-02T09:00:00Z")
    api.get(f"/orders/{made.id}", after=made).went_well()
    shown = shown_once(api, f"/orders/{made.id}", {"overdue": "yes", "overdue_at": None})
    assert (shown["version"], shown["due_on"]) == (2, "2025-01-31")
    *_, fact = api.get(f"/orders/{made.id}/history").went_well().json["items"]
    assert fact["name"] == "order.overdue"
    assert fact["data"]["open"] == {"minor": 30050, "currency": "CNY"}
    assert handled(running, MarkOverdue(id=OrderId(UUID(made.id)))).position is None
    listed = api.get("/orders", **{"filter[overdue]": "yes"}, sort="-placed_at", limit=200)
    assert made.id in listed.ids
    moved = company.do(f"/orders/{made.id}/due-date", {"due_on": "2126-02-28"}, seen=2)
    assert api.get(f"/orders/{made.id}", after=moved).json["overdue"] == ""


def test_a_contract_expires_or_renews_itself(api, company, running):
    until = {"starts_at": "2024-01-31T00:00:00+08:00", "ends_at": "2025-01-31T00:00:00+08:00"}
    expiring = contract(company, **until)
    decades = {"renewal": "automatic", "renewal_months": 1200}
    renewing = contract(company, **until, **decades)
    api.get("/contracts", after=renewing, limit=1).went_well()
    shown = shown_once(api, f"/contracts/{expiring.id}", {"status": "ended"})
    assert (shown["because"], shown["ended_at"]) == ("expired", "2025-01-30T16:00:00.000000Z")
    shown = shown_once(api, f"/contracts/{renewing.id}", {"renewals": 1})
    assert (shown["status"], shown["ends_at"]) == ("running", "2125-01-30T16:00:00.000000Z")
    for made in (expiring, renewing):
        assert handled(running, PassContractEnd(id=ContractId(UUID(made.id)))).position is None


# --- Who is not shown money -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def moneyless(running, company):
    """Somebody in service: they see orders, and not what they amount to."""
    joined = company.member()
    member = MemberId(UUID(joined.id))
    grant(running.crm, enrolled(running.crm, member), "service")
    running.api.get("/members", after=joined, limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, "service", member).text)


def test_amounts_are_shown_to_those_who_see_money(api, company, moneyless):
    customer = company.customer().id
    made = order(company, ("pay", {"amount": yuan("1.00")}), customer=customer, number="17")
    signed = contract(company, customer=customer, value=yuan("98000.00"))
    api.get("/contracts", after=signed, limit=1).went_well()
    api.get("/orders", after=signed, limit=1).went_well()
    for shown in (
        moneyless.get(f"/orders/{made.id}").went_well().json,
        *moneyless.get("/orders", **{"filter[customer_id]": customer}).went_well().json["items"],
        *moneyless.get(f"/customers/{customer}/purchases").went_well().json["items"],
    ):
        assert shown["masked"] == ["money"]
        assert (shown["number"], shown["lines"][0]["quantity"]) == ("17", "2")
        assert "300" not in str(shown)
        assert "150.25" not in str(shown)
    (bought,) = moneyless.get(f"/customers/{customer}/purchases/summary").json["products"]
    assert (bought["quantity"], bought["amount"]) == ("2", None)
    assert moneyless.get(f"/contracts/{signed.id}").json["value"] is None
    facts = moneyless.get(f"/orders/{made.id}/history").went_well()
    assert b"15025" not in facts.body
    ageing = moneyless.get("/receivables/ageing").went_well()
    assert {each["open"] for each in ageing.json["currencies"]} == {None}
    assert {each["open"] for each in ageing.json["customers"]} == {None}


@pytest.mark.parametrize("sort", ["amount_key", "-amount_key"])
def test_nor_does_the_order_of_a_list_tell_them(sort, api, moneyless):
    api.get("/orders", sort=sort).went_well()
    moneyless.get("/orders", sort=sort).refused(403, "access.refused", "sort")
