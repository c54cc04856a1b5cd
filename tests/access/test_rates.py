"""How often somebody may ask, and what they are told when it was too often."""

import pytest
from environs import EnvError
from flask import Flask

from tests.access.browser import WRONG, Browser, with_password
from web.access import rates
from web.access.rates import DEFAULTS, LIMITED, Rate, Rates, client, rate_of, settings
from web.problems import Problem

pytest_plugins = ["tests.web.fixtures", "tests.access.entrance"]


def limited(answer):
    answer.refused(429, "rate.limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    return answer


# --- Signing in -------------------------------------------------------------------------------


def test_from_one_place_ten_a_minute_sign_in(serve, dsn):
    with serve(dsn) as running:
        for n in range(10):
            Browser(running.api).sign_in(f"nobody-{n}", WRONG).refused(401, "sign-in.failed")
        ana = with_password(running)
        limited(Browser(running.api).sign_in(ana.login, ana.password))
        limited(Browser(running.api).get("/session/oidc/start"))
        running.api.get("/openapi.json").went_well()
        assert ("rate.limited", 429) not in {
            (line.get("event"), line.get("status")) for line in running.logged("fault")
        }


def test_a_login_name_is_tried_five_times_a_minute_from_wherever(serve, dsn):
    with serve(dsn, CONCORD_RATE_SIGN_IN="1000/minute") as running:
        for name in ("nobody", "NOBODY", " nobody ", "Nobody", "nobody"):
            Browser(running.api).sign_in(name, WRONG).refused(401, "sign-in.failed")
        limited(Browser(running.api).sign_in("nobody", WRONG))
        Browser(running.api).sign_in("somebody", WRONG).refused(401, "sign-in.failed")


def test_places_are_told_apart_by_what_our_own_proxy_says(serve, dsn):
    told = {"CONCORD_PROXIES": "1", "CONCORD_RATE_SIGN_IN": "2/minute"}

    def asked(running, *said):
        body = {"login": "nobody", "password": WRONG}
        headers = {"X-Forwarded-For": ", ".join(said)}
        return Browser(running.api).post("/session", body, headers=headers)

    with serve(dsn, **told, CONCORD_RATE_LOGIN="1000/minute") as running:
        for _ in range(2):
            asked(running, "192.0.2.1").refused(401, "sign-in.failed")
        limited(asked(running, "192.0.2.1"))
        limited(asked(running, "192.0.2.99", "192.0.2.1"))  # what a client says itself is nothing
        asked(running, "192.0.2.1", "192.0.2.2").refused(401, "sign-in.failed")


# --- Lists and what reads much ----------------------------------------------------------------


def test_lists_are_counted_by_key(serve, dsn):
    with serve(dsn, CONCORD_RATE_LISTS="3/minute") as running:
        other = running.api.acting_as(running.new_key("another").text)
        for path in ("/customers", "/requests", "/members"):
            assert running.api.get(path, limit=1).status != 429
        limited(running.api.get("/departments"))
        assert running.api.ask("OPTIONS", "/customers").status == 200
        assert other.get("/customers", limit=1).status != 429
        running.api.acting_as(None).get("/customers").refused(401, "key.invalid")
        running.api.get("/customers/nothing").refused(404, "not-found")


def test_lists_are_counted_by_session(serve, dsn):
    with serve(dsn, CONCORD_RATE_LISTS="2/minute") as running:
        first, second = with_password(running).browser(), with_password(running).browser()
        for _ in range(2):
            first.get("/customers").went_well()
        limited(first.get("/customers"))
        second.get("/customers").went_well()
        assert first.is_in()


def test_what_reads_much_is_counted_by_itself(serve, dsn):
    with serve(dsn, CONCORD_RATE_EXPORTS="1/minute") as running:
        path = "/reports/service-flow"
        first = running.api.get(path).status
        assert first != 429
        limited(running.api.get(path))
        assert running.api.get("/customers", limit=1).status != 429


def test_every_list_is_counted(running):
    paths = running.api.get("/openapi.json").json["paths"]
    lists = {
        operation["get"]["operationId"]
        for operation in paths.values()
        if "cursor" in {one.get("name") for one in operation.get("get", {}).get("parameters", [])}
    }
    counted = {endpoint.partition(".")[2] for endpoint in LIMITED}
    about_one = {each for each in lists if each.endswith(("_timeline", "_history"))}
    uncounted = {each for each in lists - about_one if rate_of(f"x.{each}") is not Rate.LISTS}
    assert uncounted <= counted  # in those about one thing nothing is searched for


# --- Settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", Rate)
def test_every_limit_is_a_setting(rate, monkeypatch):
    name = f"CONCORD_RATE_{rate.name}"
    assert str(settings().rates[rate]).startswith(DEFAULTS[rate].partition("/")[0])
    monkeypatch.setenv(name, "7/hour")
    assert (settings().rates[rate].amount, settings().rates[rate].get_expiry()) == (7, 3600)
    monkeypatch.setenv(name, "often")
    with pytest.raises(EnvError, match=name):
        settings()


def test_fewer_proxies_than_none(monkeypatch):
    monkeypatch.setenv("CONCORD_PROXIES", "-1")
    with pytest.raises(EnvError, match="CONCORD_PROXIES"):
        settings()


def test_what_strangers_call_themselves_is_forgotten(monkeypatch):
    monkeypatch.setattr(rates, "MOST_REMEMBERED", 10)
    monkeypatch.setenv("CONCORD_RATE_LOGIN", "1/second")
    counting = Rates(settings())
    for n in range(50):
        counting.check(Rate.LOGIN, str(n))
    for name in counting._storage.events:
        counting._storage.events[name] = []  # as the library leaves them
    counting.check(Rate.LOGIN, "the last")
    assert len(counting._storage.events) == 1
    with pytest.raises(Problem):
        counting.check(Rate.LOGIN, "the last")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_where_somebody_asks_from(address, place):
    with Flask("x").test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client(0) == place
        assert client(2) == place  # the proxies said nothing
