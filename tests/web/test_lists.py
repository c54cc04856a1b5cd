"""Lists: every thing once, in order, page after page; filtered; and the same as one by one."""

from typing import Any

import pytest

from tests.web.client import Answer, Api
from tests.web.company import Company
from tests.web.operations import EVERY_SORT, LOOKED_BACK_BY, SORTS

pytest_plugins = ["tests.web.fixtures"]

NAMES = ["Harbour", "harbour", "Harbour", "Äther & Söhne", "云河科技", "云河", "A", "a b",
         "O'Brien \"& Co\" 100%_\\", "🚢 Shipping", "\uffee", "a", "Z", "1", " a"]  # fmt: skip


class Shop:
    """A department with people, customers and requests of every sort, with fields left empty."""

    def __init__(self, company: Company) -> None:
        self.api = company.api
        self.region = company.word("region")
        self.department = company.department(kind="support").id
        self.members = [
            company.member(department_id=self.department, name=name, role=role).id
            for name, role in (("Ana", "agent"), ("Ana", "lead"), ("李娜", "agent"))
        ]
        company.do(f"/members/{self.members[1]}/leave", {}, seen=1)
        self.customers = [self._customer(company, number) for number in range(len(NAMES))]
        company.imported()
        for number in range(12):
            self.last = self._request(company, number)

    def _customer(self, company: Company, number: int) -> str:
        details = {"region": self.region, "industry": ["food", None, "ship"][number % 3]}
        tier = ["normal", "key"][number % 2]
        customer = company.customer(NAMES[number], details=details, tier=tier).id
        if number % 4 == 0:
            owner = {"member_id": self.members[0 if number % 8 else 2]}
            company.do(f"/customers/{customer}/ownership/claim", owner)
        if number % 5 == 0:
            company.interaction(customer=customer)
        return str(customer)

    def _request(self, company: Company, number: int) -> Answer:
        kind = ["support", "complaint", "demand"][number % 3]
        customer = self.customers[number % 2]
        steps: list[tuple[str, dict[str, Any]]] = []
        if number % 2:
            steps.append(("assign", {"member_id": self.members[0]}))
        if number % 5:
            level = ["low", "medium", "high"]
            ranked = {"urgency": level[number % 3], "importance": level[number % 2]}
            steps.append(("prioritise", ranked))
        if number % 4 == 3:
            steps.append(("resolve", {"resolution": "Done"}))
        told = {"customer_id": customer, "department_id": self.department, "kind": kind}
        return company.request(*steps, **told)

    def own(self, path: str) -> dict[str, str]:
        """The filter that shows only what is this shop's."""
        return {
            "/customers": {"filter[region]": self.region},
            "/members": {"filter[department_id]": self.department},
            "/requests": {"filter[department_id]": self.department},
        }.get(path, {})


@pytest.fixture(scope="module")
def shop(company) -> Shop:
    """The shop, once it shows."""
    shop = Shop(company)
    for path in ("/customers", "/requests", "/members", "/departments"):
        company.api.get(path, after=shop.last).went_well()
    return shop


def test_these_are_all_the_ways_to_sort(document):
    for path, names in SORTS.items():
        told = document["paths"][f"/api/v1{path}"]["get"]
        (sort,) = [each for each in told["parameters"] if each.get("name") == "sort"]
        assert set(sort["schema"]["enum"]) == {sign + name for name in names for sign in ("", "-")}


def in_order(items: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """The items as they should stand: by the field's text, null first, then by id."""
    name = sort.removeprefix("-")

    def place(item: dict[str, Any]) -> tuple[bytes, str]:
        return ("" if item[name] is None else str(item[name])).encode(), item["id"]

    return sorted(items, key=place, reverse=sort[0] == "-")


def items(pages: list[Answer]) -> list[dict[str, Any]]:
    """All items of all pages."""
    return [item for page in pages for item in page.json["items"]]


@pytest.mark.parametrize(("path", "sort"), EVERY_SORT)
def test_page_after_page_shows_each_once_in_order(path, sort, api, shop):
    limit = 3 if shop.own(path) else 40
    pages = api.pages(path, sort=sort, limit=limit, **shop.own(path))
    found = items(pages)
    assert len({item["id"] for item in found}) == len(found)
    assert found == in_order(found, sort)
    assert {len(page.json["items"]) for page in pages[:-1]} <= {limit}
    whole = items(api.pages(path, sort=sort, limit=200, **shop.own(path)))
    assert found == whole
    if path == "/customers":
        assert {item["id"] for item in found} == set(shop.customers)


@pytest.mark.parametrize(("path", "sort"), LOOKED_BACK_BY)
def test_and_so_do_the_pages_of_a_moment(path, sort, api, shop):
    now = api.get(path, sort=sort, limit=200, **shop.own(path))
    position = now.headers["Concord-Position"]
    asked = {"sort": sort, "position": position} | shop.own(path)
    limit = 7 if shop.own(path) else 90  # of what all tests share there are thousands
    pages = api.pages(path, limit=limit, **asked)
    found = items(pages)
    assert found[:200] == now.json["items"]
    assert {len(page.json["items"]) for page in pages[:-1]} <= {limit}
    assert found == items(
        api.pages(path, sort=sort, limit=200, position=position, **shop.own(path))
    )


@pytest.mark.parametrize("path", SORTS)
def test_a_list_shows_what_each_thing_shows(path, api, shop):
    for item in api.get(path, limit=30, **shop.own(path)).json["items"]:
        alone = api.get(f"{path}/{item['id']}").json
        alone = {name: value for name, value in alone.items() if name in item}
        assert item == alone


def test_the_first_page_has_50_and_at_most_200(api, company):
    while len(api.get("/departments", limit=200).ids) < 60:
        api.get("/departments", after=company.department())
    assert len(api.get("/departments").ids) == 50
    assert len(api.get("/departments", limit=1).ids) == 1


def test_an_empty_list_has_no_next_page(api):
    empty = api.get("/customers", **{"filter[region]": "nowhere at all"})
    assert empty.body == b'{"items":[],"next_cursor":null}'


# --- Filters ----------------------------------------------------------------------------------

FILTERS = {
    "/customers": ["tier", "owner_id", "region", "industry", "name", "merged_into"],
    "/departments": ["status", "kind"],
    "/members": ["department_id", "role", "status"],
    "/requests": [
        *("status", "customer_id", "department_id", "holder_id", "kind", "channel"),
        *("tier", "priority", "waits_for"),
    ],
    "/imports": ["source", "status"],
}


def test_these_are_all_the_filters(document):
    for path, names in FILTERS.items():
        told = document["paths"][f"/api/v1{path}"]["get"]
        found = {each.get("name", "") for each in told["parameters"]}
        assert {name for name in found if name.startswith("filter")} == {
            f"filter[{name}]" for name in names
        }


@pytest.mark.parametrize("then", [False, True], ids=["now", "at a position"])
@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in FILTERS.items() for name in names]
)
def test_a_filter_shows_those_and_only_those(path, name, then, api, shop):
    first = api.get(path, limit=1).went_well()
    moment = {"position": first.headers["Concord-Position"]} if then else {}
    everything = items(api.pages(path, limit=200, **shop.own(path), **moment))
    values = {item[name] for item in everything}
    nothing = {None} if name in {"owner_id", "holder_id", "industry"} else set()
    assert values >= nothing
    for value in [each for each in values if each is not None or nothing][:20]:
        asked = shop.own(path) | {f"filter[{name}]": "" if value is None else value}
        found = items(api.pages(path, limit=200, **asked, **moment))
        assert found == [item for item in everything if item[name] == value], value


def test_filters_hold_together(api, shop):
    asked = shop.own("/customers") | {"filter[tier]": "key", "filter[industry]": "food"}
    found = items(api.pages("/customers", **asked))
    assert found
    assert {(item["tier"], item["industry"]) for item in found} == {("key", "food")}


# --- The department's queue -------------------------------------------------------------------


def test_the_queue_shows_what_is_open_the_oldest_first(api, shop):
    path = f"/departments/{shop.department}/queue"
    everything = items(api.pages("/requests", limit=200, **shop.own("/requests")))
    opened = [one for one in everything if one["status"] == "open"]
    queue = items(api.pages(path, limit=2))
    assert queue == in_order(opened, "opened_at")
    assert 0 < len(queue) < len(everything)
    untaken = items(api.pages(path, **{"filter[holder_id]": ""}))
    assert untaken == [one for one in queue if one["holder_id"] is None]
    complaints = items(api.pages(path, **{"filter[kind]": "complaint"}))
    assert complaints == [one for one in queue if one["kind"] == "complaint"]


def test_a_request_leaves_the_queue_with_its_department(api, company):
    here, there = company.department().id, company.department().id
    request = company.request(department_id=here)
    first = f"/departments/{here}/queue"
    assert api.get(first, after=request).ids == [request.id]
    moved = company.do(f"/requests/{request.id}/queue", {"department_id": there}, seen=request)
    assert api.get(first, after=moved).ids == []
    assert api.get(f"/departments/{there}/queue").ids == [request.id]
    assert api.get(first, position=request.position).ids == [request.id]
    assert api.get(f"/departments/{there}/queue", position=request.position).ids == []


def test_nothing_shows_twice_while_things_come_and_go(api: Api, company):
    department = company.department().id
    made = [company.request(department_id=department) for _ in range(6)]
    path, shown = f"/departments/{department}/queue", []
    page = api.get(path, limit=2, after=made[-1])
    while True:
        shown += page.ids
        done = company.do(f"/requests/{page.ids[0]}/resolve", {"resolution": "x"}, seen=1)
        company.request(department_id=department)
        if page.json["next_cursor"] is None or len(shown) >= 10:
            break
        page = api.get(path, limit=2, cursor=page.json["next_cursor"], after=done)
    assert shown[:6] == [one.id for one in made]
    assert len(set(shown)) == len(shown)
