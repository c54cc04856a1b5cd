"""Lists of orders and contracts: every way to sort and to filter, now and as of a position."""

from typing import Any

import pytest

from tests.web.stories_orders import LINE, PAY_ALL, contract, order, yuan

pytest_plugins = ["tests.web.fixtures"]

SORTS = {
    "/orders": {
        "status", "customer_id", "number", "owing", "overdue", "overdue_at", "due_on", "placed_at",
        "last_paid_at", "contract_id", "opportunity_id", "channel", "amount_key",
    },
    "/contracts": {
        "status", "customer_id", "number", "renewal", "starts_at", "ends_at", "term_ends_at",
        "signed_at", "opportunity_id",
    },
}  # fmt: skip
FILTERS = {
    "/orders": {
        "customer_id", "status", "owing", "overdue", "number", "contract_id", "opportunity_id",
        "channel",
    },
    "/contracts": {"customer_id", "status", "renewal", "number", "opportunity_id"},
}  # fmt: skip
BOTH_WAYS = [
    (path, sign + name) for path, names in SORTS.items() for name in sorted(names) for sign in "+-"
]


@pytest.fixture(scope="module")
def shop(company) -> Any:
    """A customer with orders and contracts of every sort."""
    customer = company.customer().id
    for number in range(6):
        signed = contract(
            company,
            customer=customer,
            number=[None, "17", "9"][number % 3],
            renewal=["none", "by-agreement"][number % 2],
            ends_at=[None, "2127-01-01T00:00:00Z", "2130-06-30T00:00:00Z"][number % 3],
        )
        if number == 4:
            company.do(f"/contracts/{signed.id}/end", {"ended_at": "2026-02-01T00:00:00Z"}, seen=1)
        last = order(
            company,
            *([PAY_ALL] if number % 3 == 0 else []),
            customer=customer,
            number=[None, "17", "9"][number % 3],
            channel=["phone", None][number % 2],
            due_on=["2126-01-31", None, "2999-01-31"][number % 3],
            occurred_at=f"2025-01-0{number + 1}T09:00:00Z",
            lines=[LINE] if number % 3 == 0 else [LINE | {"unit_price": yuan(f"{number}.00")}],
            contract_id=signed.id if number % 2 else None,
        )
    for path in SORTS:
        company.api.get(path, after=last).went_well()
    return customer


def whole(api: Any, path: str, **asked: Any) -> list[dict[str, Any]]:
    return [item for page in api.pages(path, **asked) for item in page.json["items"]]


def test_these_are_all_the_ways_to_sort_and_filter(api):
    document = api.get("/openapi.json").json
    for path, names in SORTS.items():
        told = document["paths"][f"/api/v1{path}"]["get"]["parameters"]
        (sort,) = (each for each in told if each.get("name") == "sort")
        assert set(sort["schema"]["enum"]) == names | {f"-{name}" for name in names}
        filters = {each.get("name", "") for each in told}
        assert {name for name in filters if name.startswith("filter")} == {
            f"filter[{name}]" for name in FILTERS[path]
        }


@pytest.mark.parametrize(("path", "sort"), BOTH_WAYS)
def test_page_after_page_shows_each_once_in_order(path, sort, api, shop):
    name, asked = sort[1:], {"filter[customer_id]": shop, "sort": sort.removeprefix("+")}

    def place(item: dict[str, Any]) -> tuple[bytes, str]:
        return (item[name] or "").encode(), item["id"]

    now = api.get(path, limit=200, **asked).went_well()
    found = now.json["items"]
    assert len(found) == 6
    assert found == sorted(found, key=place, reverse=sort[0] == "-")
    assert whole(api, path, limit=4, **asked) == found
    position = now.headers["Concord-Position"]
    assert whole(api, path, limit=5, position=position, **asked) == found


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in FILTERS.items() for name in sorted(names)]
)
def test_a_filter_shows_those_and_only_those(path, name, api, shop):
    mine = {"filter[customer_id]": shop}
    everything = whole(api, path, limit=200, **mine)
    for value in {item[name] for item in everything} - {None}:
        found = whole(api, path, limit=200, **mine | {f"filter[{name}]": value})
        assert found
        assert found == [item for item in everything if item[name] == value]
