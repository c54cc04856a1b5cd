"""Contracts over HTTP: signed, changed, renewed and ended, and listed by what ends first."""

from datetime import datetime

import pytest

from tests.web.stories_orders import CONTRACT, contract, yuan
from tests.web.stories_pipeline import opportunity

pytest_plugins = ["tests.web.fixtures"]


def test_a_contract_is_signed_changed_renewed_and_ended(api, company):
    signed = contract(company, renewal="by-agreement", value=yuan("98000.00"))
    path = f"/contracts/{signed.id}"
    shown = api.get(path, after=signed).went_well().json
    assert (shown["status"], shown["ends_at"]) == ("running", "2124-12-31T16:00:00.000000Z")
    changed = api.post(f"{path}/change", {"title": "Cold chain, east"}, seen=signed).went_well()
    shown = api.get(path, after=changed).json
    assert (shown["title"], shown["value"], shown["number"]) == ("Cold chain, east", None, None)
    shorter = api.post(f"{path}/renew", {"ends_at": "2124-06-01T00:00:00Z"}, seen=changed)
    shorter.refused(409, "contract.not-later", "/ends_at")
    longer = api.post(f"{path}/renew", {"ends_at": None}, seen=changed).went_well()
    early = api.post(f"{path}/end", {"ended_at": "2024-12-31T00:00:00Z"}, seen=longer)
    early.refused(409, "contract.ends-before-start", "/ended_at")
    ended = api.post(f"{path}/end", {"ended_at": "2026-10-01T00:00:00Z"}, seen=longer).went_well()
    shown = api.get(path, after=ended).json
    assert (shown["status"], shown["because"], shown["renewals"]) == ("ended", "terminated", 1)
    again = api.post(f"{path}/renew", {"ends_at": None}, seen=ended)
    again.refused(409, "contract.ended")
    gone = api.post(f"{path}/retract", {}, seen=ended).went_well()
    api.get(path, after=gone).refused(404, "not-found")


@pytest.mark.parametrize(
    ("told", "code", "pointer"),
    [
        ({"ends_at": CONTRACT["starts_at"]}, "contract.ends-before-start", "/ends_at"),
        ({"renewal": "automatic"}, "contract.renewal-incomplete", "/renewal_months"),
        (
            {"renewal": "automatic", "renewal_months": 1, "ends_at": None},
            "contract.renewal-incomplete",
            "/ends_at",
        ),
        ({"renewal_months": 0}, "fields.invalid", "/renewal_months"),
        ({"ends_at": "9999-12-31T23:59:59Z"}, "fields.invalid", "/ends_at"),
        ({"ends_at": "2026-12-31"}, "fields.invalid", "/ends_at"),
        ({"value": {"amount": "0.5", "currency": "JPY"}}, "fields.invalid", "/value/amount"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "fields.invalid", "/occurred_at"),
    ],
)
def test_what_is_not_a_contract_is_not_taken(told, code, pointer, api, company):
    path = f"/customers/{company.customer().id}/contracts"
    status = 422 if code == "fields.invalid" else 409
    api.post(path, CONTRACT | told).refused(status, code, pointer)


def test_a_time_is_kept_as_it_reads_where_we_are(api, company):
    for told, kept in (
        ("2026-01-31T16:00:00Z", "2026-02-01T00:00:00+08:00"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),  # when clocks had seconds of their own
        ("2999-12-31T15:59:59Z", "2999-12-31T23:59:59+08:00"),
    ):
        signed = contract(company, starts_at=told, ends_at=None)
        fact = api.get(f"/audit/events/{signed.position}", after=signed).went_well().json
        assert fact["data"]["starts_at"] == kept
        shown = api.get(f"/contracts/{signed.id}", after=signed).json["starts_at"]
        assert datetime.fromisoformat(shown) == datetime.fromisoformat(told)


def test_the_contract_book_by_what_ends_first(api, company):
    customer = company.customer().id
    ends = ["2127-05-01T00:00:00Z", None, "2126-12-01T00:00:00Z", "2127-02-01T00:00:00Z"]
    made = [contract(company, customer=customer, ends_at=end) for end in ends]
    last = company.do(f"/contracts/{made[3].id}/end", {"ended_at": ends[2]}, seen=made[3])
    book = {"filter[customer_id]": customer}
    assert api.get("/contracts", after=last, **book).ids == [made[i].id for i in (1, 2, 3, 0)]
    running_ = book | {"filter[status]": "running"}
    assert api.get("/contracts", sort="-ends_at", **running_).ids == [made[i].id for i in (0, 2, 1)]


def test_a_contract_ends_while_it_is_still_being_sold(api, company):
    customer = company.customer().id
    sold = opportunity(company, customer=customer)
    signed = contract(company, customer=customer, opportunity_id=sold.id)
    ended = company.do(
        f"/contracts/{signed.id}/end", {"ended_at": "2026-02-01T00:00:00Z"}, seen=signed
    )
    shown = api.get(f"/contracts/{signed.id}", after=ended).json
    assert (shown["status"], shown["opportunity_id"]) == ("ended", sold.id)
    assert api.get(f"/opportunities/{sold.id}", after=ended).json["status"] == "open"
    book = api.get("/contracts", **{"filter[opportunity_id]": sold.id}).went_well()
    assert book.ids == [signed.id]
