"""As of any moment: what is answered about the past is what was answered then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.client import Answer, Api
from tests.web.company import Company
from tests.web.operations import LOOKED_BACK_BY

pytest_plugins = ["tests.web.fixtures"]


def ago(**time: float) -> str:
    """A moment in the past, as it is written."""
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def turmoil(company: Company, department: str, region: str) -> Answer:
    """Change everything there is in a department, and add to it."""
    api = company.api
    for customer in api.get("/customers", limit=200, **{"filter[region]": region}).json["items"]:
        path = f"/customers/{customer['id']}"
        other = {"details": {"name": f"New {customer['name']}", "industry": "tourism"}}
        seen = api.patch(path, other, seen=customer["version"]).went_well()
        api.post(f"{path}/tier", {"tier": "strategic", "reason": "All are"}, seen=seen)
        if customer["owner_id"] is None:
            company.do(f"{path}/ownership/claim", {"member_id": company.member().id})
        else:
            company.do(f"{path}/ownership/release", {}, seen=customer["ownership"]["version"])
        company.interaction(customer=customer["id"])
    mine = {"filter[department_id]": department}
    for request in api.get("/requests", limit=200, **mine).json["items"]:
        path = f"/requests/{request['id']}"
        if request["status"] == "open":
            company.do(f"{path}/resolve", {"resolution": "x"}, seen=request["version"])
        else:
            company.do(f"{path}/reopen", {}, seen=request["version"])
    for member in api.get("/members", limit=200, **mine).json["items"]:
        path = f"/members/{member['id']}"
        company.do(f"{path}/role", {"role": "manager"}, seen=member["version"])
    company.customer("Newcomer", details={"region": region})
    company.member(department_id=department)
    return company.request(department_id=department)


class Remembered:
    """Live answers, each with the position it showed."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.answers: list[tuple[str, dict[str, str], Answer]] = []

    def ask(self, path: str, **query: str) -> None:
        """Ask now and remember."""
        answer = self.api.get(path, **query).went_well()
        assert answer.headers["Concord-Position"].isdecimal()
        self.answers.append((path, query, answer))

    def still_holds(self, moment: Callable[[Answer], dict[str, Any]]) -> None:
        """The same question about that moment has the same answer."""
        for path, query, then in self.answers:
            again = self.api.get(path, **query, **moment(then)).went_well()
            assert again.json == then.json, f"{path} {query}"
            assert again.headers["ETag"] is None, "The past cannot be changed."


def test_what_was_answered_then_is_answered_again(api, company):
    region, department = company.word("region"), company.department().id
    members = [company.member(department_id=department).id for _ in range(3)]
    customers = [company.customer(details={"region": region}).id for _ in range(4)]
    company.do(f"/customers/{customers[0]}/ownership/claim", {"member_id": members[0]})
    made = {"customer_id": customers[1], "department_id": department}
    request = company.request(("assign", {"member_id": members[1]}), **made)
    last = company.request(("wait", {"on": "customer"}), ("resolve", {"resolution": "x"}), **made)
    interaction = company.interaction(customer=customers[0])
    for path in ("/customers", "/requests", "/members", "/departments"):
        api.get(path, after=max(last, interaction, key=lambda one: int(one.position)))
    here = {"filter[department_id]": department}
    mine = {"/customers": {"filter[region]": region}, "/members": here, "/requests": here}
    live = Remembered(api)
    for path, sort in LOOKED_BACK_BY:
        live.ask(path, sort=sort, limit="5", **mine.get(path, {}))
    for customer in customers:
        live.ask(f"/customers/{customer}")
        live.ask(f"/customers/{customer}/ownership")
        live.ask(f"/customers/{customer}/timeline")
    for member in members:
        live.ask(f"/members/{member}")
    live.ask(f"/requests/{request.id}")
    live.ask(f"/departments/{department}")
    live.ask(f"/departments/{department}/queue")
    live.ask(f"/departments/{department}/queue", **{"filter[holder_id]": members[1]})
    for name, value in (("owner_id", members[0]), ("owner_id", ""), ("tier", "normal")):
        live.ask("/customers", **{f"filter[{name}]": value}, **mine["/customers"])

    api.get("/requests", after=turmoil(company, department, region)).went_well()
    live.still_holds(lambda then: {"position": then.headers["Concord-Position"]})

    # The facts at those positions were recorded at times of their own: asking by those is the same.
    recorded = {
        position: api.get(f"/audit/events/{position}").json["recorded_at"]
        for position in {then.headers["Concord-Position"] for _, _, then in live.answers}
    }
    live.still_holds(lambda then: {"known_at": recorded[then.headers["Concord-Position"]]})
    live.still_holds(
        lambda then: {"position": then.headers["Concord-Position"], "as_of": "9999-01-01T00:00:00Z"}
    )


def test_each_version_is_shown_as_it_was(api, company):
    customer = company.customer().id
    path, seen = f"/customers/{customer}", None
    shown = [api.get(path, after=company.interaction(customer=customer))]
    for region in ("north", "south", None):
        seen = api.patch(path, {"details": {"region": region}}, seen=len(shown)).went_well()
        shown.append(api.get(path, after=seen).went_well())
    assert [one.json["version"] for one in shown] == [1, 2, 3, 4]
    assert [one.json["region"] for one in shown] == [None, "north", "south", None]
    for version, then in enumerate(shown[1:], start=2):
        assert api.get(path, at_version=version).json == then.json
    # At version 1 the interaction was not known yet.
    assert api.get(path, at_version=1).json["totals"]["interactions"] == 0


def test_a_version_that_was_not_known_then_is_not_shown(api, company):
    request = company.request()
    later = company.do(f"/requests/{request.id}/reply", {"text": "Soon"}, seen=request)
    path = f"/requests/{request.id}"
    then = api.get(path, at_version=later.version, position=request.position).went_well()
    assert then.json["version"] == request.version
    assert then.json == api.get(path, at_version=1).json


@pytest.fixture(scope="module")
def back_dated(company) -> dict[str, Answer]:
    """A customer of long ago, whose request was opened ten days ago and resolved five days ago."""
    customer = company.customer(occurred_at=ago(days=30))
    opened = company.request(customer_id=customer.id, occurred_at=ago(days=10))
    path = f"/requests/{opened.id}"
    resolved = company.do(
        f"{path}/resolve", {"resolution": "x", "occurred_at": ago(days=5)}, seen=opened
    )
    return {"customer": customer, "opened": opened, "resolved": resolved}


@pytest.mark.parametrize(
    ("days", "status"), [(30.1, None), (10.1, None), (9.9, "open"), (5.1, "open"),
                         (4.9, "resolved"), (0, "resolved")],
)  # fmt: skip
def test_what_was_true_is_told_by_when_it_happened(days, status, api, back_dated):
    path, moment = f"/requests/{back_dated['opened'].id}", {"as_of": ago(days=days)}
    mine = {"filter[customer_id]": back_dated["customer"].id}
    if status is None:
        api.get(path, **moment).refused(404, "not-found")
        assert api.get("/requests", **mine, **moment).ids == []
    else:
        assert api.get(path, **moment).went_well().json["status"] == status
        (one,) = api.get("/requests", **mine, **moment).json["items"]
        assert one["status"] == status


def test_the_customer_of_then_shows_the_requests_of_then(api, back_dated):
    path = f"/customers/{back_dated['customer'].id}"
    api.get(path, as_of=ago(days=31)).refused(404, "not-found")
    shown = [api.get(path, as_of=ago(days=days)).went_well().json for days in (20, 7, 1)]
    assert [one["totals"]["requests"] for one in shown] == [0, 1, 1]
    assert [len(one["open_requests"]) for one in shown] == [0, 1, 0]


def test_what_was_true_then_and_known_then(api, back_dated):
    path = f"/requests/{back_dated['opened'].id}"
    opened, resolved = back_dated["opened"].position, back_dated["resolved"].position
    told = [
        api.get(path, as_of=ago(days=days), position=position).went_well().json["status"]
        for days in (7, 1)
        for position in (opened, resolved)
    ]
    assert told == ["open", "open", "open", "resolved"]
    customer = back_dated["customer"].position
    api.get(path, as_of=ago(days=1), position=customer).refused(404, "not-found")


def test_an_offset_is_only_another_way_to_write_the_moment(api, back_dated):
    path = f"/requests/{back_dated['opened'].id}"
    moment = datetime.now(UTC) - timedelta(days=7)
    for hours in (-11, 0, 8):
        there = moment + timedelta(hours=hours)
        written = f"{there:%Y-%m-%dT%H:%M:%S}{'+' if hours >= 0 else '-'}{abs(hours):02}:00"
        assert api.get(path, as_of=written).went_well().json["status"] == "open"


def test_a_report_of_a_moment_is_the_same_bytes_each_time(api, company, back_dated):
    position = back_dated["resolved"].position
    then = api.get("/reports/service-flow", position=position).went_well()
    last = company.request()
    again = api.get("/reports/service-flow", position=position).went_well()
    assert again.body == then.body
    later = api.get("/reports/service-flow", position=last.position).went_well()
    assert later.body != then.body
