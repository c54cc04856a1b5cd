"""What was bought and what is owed: by product, by currency, by customer, by age."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.reports.receivables import BUCKETS, ageing, bucket, purchases
from tests.web.stories_orders import LINE, PAY_ALL, order, yuan

pytest_plugins = ["tests.web.fixtures"]

TODAY = date(2026, 3, 31)

# --- Sums ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (-400, "not-due"), (0, "not-due"), (1, "1-30"), (30, "1-30"), (31, "31-60"),
        (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "over-90"), (10_000, "over-90"),
    ],
)  # fmt: skip
def test_how_long_it_is_overdue(days, name):
    assert bucket((TODAY - timedelta(days=days)).isoformat(), TODAY) == name


def test_what_has_no_day_is_not_due():
    assert bucket(None, TODAY) == "not-due"


def owed(open_: dict[str, str] | None, currency: str = "CNY", **more: Any) -> dict[str, Any]:
    return {
        "owing": "yes",
        "currency": currency,
        "customer_id": "a",
        "due_on": None,
        "open": open_,
    } | more


def test_currencies_are_never_put_together():
    yen = {"amount": "500", "currency": "JPY"}
    found = ageing([owed(yuan("1.50")), owed(yen, "JPY"), owed(yuan("2.50"))], TODAY)
    told = [(each["currency"], each["orders"], each["open"]) for each in found["currencies"]]
    assert told == [("CNY", 2, yuan("4.00")), ("JPY", 1, yen)]


def test_a_sum_of_which_a_part_is_not_shown_is_not_shown():
    orders = [owed(yuan("1.50")), owed(None, due_on="2026-03-01"), owed(yuan("2.00"))]
    (found,) = ageing(orders, TODAY)["currencies"]
    assert (found["orders"], found["open"]) == (3, None)
    shown = {each["overdue"]: (each["orders"], each["open"]) for each in found["buckets"]}
    assert shown["not-due"] == (2, yuan("3.50"))
    assert shown["1-30"] == (1, None)
    assert shown["31-60"] == (0, yuan("0.00"))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**15),
            st.sampled_from(["CNY", "USD"]),
            st.sampled_from(["a", "b", "c"]),
            st.none() | st.integers(-100, 200),
        )
    )
)
def test_every_open_fen_is_in_one_bucket_of_one_customer(told):
    orders = [
        owed(
            {"amount": f"{minor // 100}.{minor % 100:02d}", "currency": currency},
            currency,
            customer_id=customer,
            due_on=None if days is None else (TODAY - timedelta(days=days)).isoformat(),
        )
        for minor, currency, customer, days in told
    ]
    found = ageing(orders, TODAY)
    for currency in ("CNY", "USD"):
        wanted = sum(minor for minor, of, *_ in told if of == currency)
        for part in ("currencies", "customers"):
            shown = [each for each in found[part] if each["currency"] == currency]
            assert sum(fen(each["open"]) for each in shown) == wanted
            assert sum(fen(b["open"]) for each in shown for b in each["buckets"]) == wanted
            assert all([b["overdue"] for b in each["buckets"]] == list(BUCKETS) for each in shown)


def fen(amount: dict[str, str]) -> int:
    return int(amount["amount"].replace(".", ""))


def test_products_are_summed_by_name_number_and_currency():
    def bought(quantity: str, amount: str, sku: str | None = "CB-2") -> dict[str, Any]:
        return LINE | {"sku": sku, "quantity": quantity, "amount": yuan(amount)}

    orders: list[dict[str, Any]] = [
        {"status": "paid", "currency": "CNY", "lines": [bought("0.5", "10.00"), bought("2", "3")]},
        {"status": "open", "currency": "CNY", "lines": [bought("1", "1.00", None)]},
        {"status": "voided", "currency": "CNY", "lines": [bought("9", "9.00")]},
    ]
    found = purchases(orders)
    told = [(each["sku"], each["lines"], each["quantity"], each["amount"]) for each in found]
    assert told == [(None, 1, "1", yuan("1.00")), ("CB-2", 2, "2.5", yuan("13.00"))]


# --- HTTP -----------------------------------------------------------------------------------------


def test_what_a_customer_owes_by_age_now_and_then(api, company):
    customer = company.customer().id
    when = {"occurred_at": "2025-01-01T09:00:00+08:00"}
    order(company, customer=customer, due_on="2025-01-31", **when)
    order(company, PAY_ALL, customer=customer, due_on="2025-01-31", **when)
    order(company, customer=customer, due_on="2999-12-31", **when)
    last = order(company, customer=customer, currency="USD", lines=[
        LINE | {"unit_price": {"amount": "1.00", "currency": "USD"}, "unit_cost": None}
    ], occurred_at="2025-05-01T09:00:00Z")  # fmt: skip
    for moment, told in (
        ("2025-01-31T23:59:59+08:00", {"not-due": "901.50"}),
        ("2025-02-01T00:00:00+08:00", {"1-30": "601.00", "not-due": "300.50"}),
        ("2025-03-03T00:00:00+08:00", {"31-60": "601.00", "not-due": "300.50"}),
        ("2025-05-02T00:00:00+08:00", {"over-90": "601.00", "not-due": "300.50"}),
    ):
        answer = api.get("/receivables/ageing", after=last, as_of=moment).went_well()
        shown = answer.json["customers"]
        mine = [each for each in shown if each["customer_id"] == customer]
        ages = {
            b["overdue"]: b["open"]["amount"]
            for each in mine
            if each["currency"] == "CNY"
            for b in each["buckets"]
            if b["orders"]
        }
        assert ages == told, moment
        assert len(mine) == (2 if moment.startswith("2025-05") else 1)
    now = api.get("/receivables/ageing", after=last).went_well().json["customers"]
    (mine,) = (e for e in now if (e["customer_id"], e["currency"]) == (customer, "CNY"))
    assert (mine["orders"], mine["open"]) == (2, yuan("601.00"))


def test_what_a_customer_bought(api, company):
    customer = company.customer(occurred_at="2025-01-01T09:00:00Z").id
    first = order(company, PAY_ALL, customer=customer, occurred_at="2025-01-01T09:00:00Z")
    box = LINE | {"quantity": "0.5", "unit_price": yuan("10.00"), "unit_cost": None}
    second = order(company, customer=customer, lines=[box, box], channel="phone")
    spoilt = order(company, ("void", {"reason": "Twice"}), customer=customer)
    path = f"/customers/{customer}/purchases"
    page = api.get(path, after=spoilt).went_well()
    assert page.ids == [spoilt.id, second.id, first.id]
    assert [each.ids for each in api.pages(path, limit=1)] == [[i] for i in page.ids]
    told = api.get(f"{path}/summary", after=spoilt).went_well().json["products"]
    assert [(t["product"], t["quantity"], t["amount"]) for t in told] == [
        ("Cold box", "3.0", yuan("310.50"))
    ]
    then = api.get(f"{path}/summary", as_of="2025-02-01T00:00:00Z").json["products"]
    assert [(t["quantity"], t["amount"]) for t in then] == [("2", yuan("300.50"))]
    assert api.get(path, as_of="2025-02-01T00:00:00Z").ids == [first.id]
    assert api.get(f"{path}/summary", as_of="2024-12-31T00:00:00Z").status == 404
