"""Reading one's own write, waiting for it, and not being told twice what has not changed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import pytest

from tests.web.operations import reads, ready

pytest_plugins = ["tests.web.fixtures"]

NEVER = str(2**62)


@contextmanager
def an_open_write(dsn: str) -> Iterator[None]:
    """Somebody's transaction that has begun to write and holds all followers back."""
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()")
        yield
    finally:
        connection.close()


# --- Concord-Min-Position ---------------------------------------------------------------------


def test_whoever_asks_for_their_own_write_sees_it(company):
    for _ in range(30):
        made = company.customer()
        shown = company.api.get(f"/customers/{made.id}", after=made).went_well()
        assert shown.json["id"] == made.id
        assert int(shown.headers["Concord-Position"]) >= int(made.position)


def test_a_customer_is_shown_with_the_requests_of_that_position(company):
    for _ in range(30):
        request = company.request()
        customer = company.api.get(f"/requests/{request.id}/history").json["items"][0]["data"]
        shown = company.api.get(f"/customers/{customer['customer_id']}", after=request).went_well()
        assert [one["id"] for one in shown.json["open_requests"]] == [request.id]
        assert int(shown.headers["Concord-Position"]) >= int(request.position)


def test_the_position_shown_never_goes_back(company):
    positions = []
    for _ in range(20):
        company.customer()
        shown = company.api.get("/customers", limit=1).went_well()
        positions.append(int(shown.headers["Concord-Position"]))
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    "operation",
    [name for name in reads() if not name.endswith(("/history", "/service-flow", "{position}"))],
)
def test_what_is_not_reached_in_time_is_to_be_asked_again(operation, company):
    question = ready(company, operation)
    answer = question.send(after=NEVER, headers={"Prefer": "wait=0"})
    answer.refused(503, "read.behind")
    assert answer.headers["Retry-After"] == "1"
    assert int(answer.headers["Concord-Position"]) < int(NEVER)


@pytest.mark.parametrize(
    ("prefer", "seconds"), [("wait=0", 0), ("wait=1", 1), ("respond-async, wait=1", 1), ("", 2)]
)
def test_it_waits_as_long_as_asked_and_two_seconds_otherwise(prefer, seconds, api):
    began = time.monotonic()
    api.get("/customers", after=NEVER, headers={"Prefer": prefer}).refused(503, "read.behind")
    assert seconds <= time.monotonic() - began < seconds + 2


def test_a_wait_ends_as_soon_as_the_write_is_seen(company, running):
    with an_open_write(running.dsn):
        made = company.customer()
        held_back = company.api.get(
            f"/customers/{made.id}", after=made, headers={"Prefer": "wait=0"}
        )
        held_back.refused(503, "read.behind")
    began = time.monotonic()
    company.api.get(f"/customers/{made.id}", after=made, headers={"Prefer": "wait=9"}).went_well()
    assert time.monotonic() - began < 5


# --- The past, while somebody's write holds followers back ------------------------------------


def test_the_past_is_not_shown_before_it_is_whole(company, running):
    api = company.api
    with an_open_write(running.dsn):
        made = company.customer()
        early = [
            api.get(f"/customers/{made.id}", position=made.position, after=None),
            api.get(f"/customers/{made.id}", at_version=1, after=None),
            api.get(f"/customers/{made.id}/timeline", position=made.position, after=None),
        ]
    api.get(f"/customers/{made.id}", after=made).went_well()
    late = [
        api.get(f"/customers/{made.id}", position=made.position),
        api.get(f"/customers/{made.id}", at_version=1),
        api.get(f"/customers/{made.id}/timeline", position=made.position),
    ]
    for soon, afterwards in zip(early, late, strict=True):
        afterwards.went_well()
        if soon.status == 503:
            soon.refused(503, "read.behind")
            assert soon.headers["Retry-After"] == "1"
        else:
            assert soon.body == afterwards.body


# --- ETag -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["departments", "members", "requests", "customers"])
def test_the_etag_shown_is_the_one_to_change_with(path, company):
    made = getattr(company, path.removesuffix("s"))()
    shown = company.api.get(f"/{path}/{made.id}", after=made).went_well()
    assert shown.headers["ETag"] == made.headers["ETag"] == f'"{shown.json["version"]}"'


@pytest.mark.parametrize("path", ["departments", "members"])
def test_who_has_seen_this_version_is_not_shown_it_again(path, company):
    made = getattr(company, path.removesuffix("s"))()
    shown = company.api.get(f"/{path}/{made.id}", after=made).went_well()
    seen = {"If-None-Match": shown.headers["ETag"]}
    again = company.api.get(f"/{path}/{made.id}", headers=seen)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == shown.headers["ETag"]
    other = company.api.get(f"/{path}/{made.id}", headers={"If-None-Match": '"99"'})
    assert other.body == shown.body


def test_the_ownership_has_an_etag_of_its_own(company):
    customer, _ = company.owned()
    path = f"/customers/{customer}/ownership"
    company.do(f"/customers/{customer}/tier", {"tier": "key", "reason": "It grew"}, seen=1)
    released = company.do(f"{path}/release", {}, seen=1)
    shown = company.api.get(path, after=released).went_well()
    assert (shown.headers["ETag"], shown.json["version"]) == ('"2"', 2)
    again = company.api.get(path, headers={"If-None-Match": '"2"'})
    assert (again.status, again.body) == (304, b"")


def test_a_customer_is_shown_again_when_others_have_worked_for_it(company):
    """Its version counts its own facts; requests and interactions are the facts of others."""
    made = company.customer()
    shown = company.api.get(f"/customers/{made.id}", after=made).went_well()
    request = company.request(customer_id=made.id)
    seen = {"If-None-Match": shown.headers["ETag"]}
    again = company.api.get(f"/customers/{made.id}", after=request, headers=seen)
    assert again.status == 200
    assert again.json["totals"]["requests"] == 1
    assert [one["id"] for one in again.json["open_requests"]] == [request.id]
