"""The lists of needs, preferences, partners, referrals and disputes: in order, page after page."""

from typing import Any

import pytest

from tests.web import stories_relations as stories

pytest_plugins = ["tests.web.fixtures"]

SORTS = {
    "/needs": ["customer_id", "status", "latent", "product", "urgency", "recorded_at"],
    "/preferences": ["customer_id", "contact_id", "topic", "status", "recorded_at"],
    "/partners": ["customer_id", "partner_id", "link", "status", "linked_at"],
    "/referrals": ["customer_id", "status", "channel", "referred_id", "made_at"],
    "/disputes": ["customer_id", "against_id", "mediator_id", "status", "raised_at"],
}
EVERY_SORT = [
    (path, sign + name) for path, names in SORTS.items() for name in names for sign in ("", "-")
]


@pytest.fixture(scope="module")
def customer(company) -> str:
    """A customer with five of each, with some fields left empty."""
    customer = company.customer().id
    maria, made = company.contact(customer), []
    for number in range(5):
        sometimes = number % 2 == 0
        product = {"product": f"Line {number % 3}" if sometimes else None}
        urgency = {"urgency": ["low", "high", None][number % 3], "latent": sometimes}
        made.append(stories.need(company, customer=customer, **product, **urgency))
        hers = {"contact_id": maria if sometimes else None, "topic": f"topic {number % 3}{number}"}
        made.append(stories.preference(company, customer=customer, **hers))
        whom = {} if sometimes else {"partner_name": f"Bank {number}"}
        link = ["bank", "supplier"][number % 2]
        made.append(stories.partner(company, customer=customer, link=link, **whom))
        channel = ["email", "web", "phone"][number % 3]
        made.append(stories.referral(company, customer=customer, channel=channel))
        made.append(stories.dispute(company, customer=customer))
    need, _, partner, referral, dispute = made[:5]
    company.do(f"/needs/{need.id}/meet", {}, seen=1)
    company.do(f"/partners/{partner.id}/end", {}, seen=1)
    referred = {"referred_id": company.customer().id}
    company.do(f"/referrals/{referral.id}/convert", referred, seen=1)
    mediator = {"mediator_id": company.member().id}
    last = company.do(f"/disputes/{dispute.id}/mediator", mediator, seen=1)
    for path in SORTS:
        company.api.get(path, after=last, limit=1).went_well()
    return str(customer)


def test_these_are_all_the_ways_to_sort(api):
    paths = api.get("/openapi.json").json["paths"]
    for path, names in SORTS.items():
        parameters = paths[f"/api/v1{path}"]["get"]["parameters"]
        (sort,) = [each for each in parameters if each.get("name") == "sort"]
        assert set(sort["schema"]["enum"]) == {sign + name for name in names for sign in ("", "-")}


def in_order(items: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """The items as they should stand: by the field's text, null first, then by id."""
    name = sort.removeprefix("-")

    def place(item: dict[str, Any]) -> tuple[bytes, str]:
        return ("" if item[name] is None else str(item[name])).encode(), item["id"]

    return sorted(items, key=place, reverse=sort[0] == "-")


@pytest.mark.parametrize(("path", "sort"), EVERY_SORT)
def test_each_stands_once_in_order_now_and_as_of_a_position(path, sort, api, customer):
    asked = {"sort": sort, "filter[customer_id]": customer}
    pages = api.pages(path, limit=2, **asked)
    found = [item for page in pages for item in page.json["items"]]
    assert len({item["id"] for item in found}) == 5
    assert found == in_order(found, sort)
    position = pages[0].headers["Concord-Position"]
    then = [item for page in api.pages(path, limit=2, position=position, **asked)
            for item in page.json["items"]]  # fmt: skip
    assert then == found


@pytest.mark.parametrize("path", SORTS)
def test_a_list_shows_what_each_shows(path, api, customer):
    items = api.get(path, **{"filter[customer_id]": customer}).json["items"]
    for item in items:
        assert api.get(f"{path}/{item['id']}").json == item
