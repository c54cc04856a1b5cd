"""Signing in by OpenID Connect: through a provider that tells the truth, or lies in any way."""

import os
import subprocess
import sys
import time
import urllib.request
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from environs import EnvError

from domain.access.sign_in import LinkIdentity, UnlinkIdentity, identity_id
from tests.access.browser import Browser, Person, hired, now, set_cookies
from tests.web.client import API
from web.access import oidc

pytest_plugins = ["tests.web.fixtures", "tests.access.entrance"]

START, CALLBACK = "/session/oidc/start", "/session/oidc/callback"


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def at_provider(url):
    """Sign in there, and return where it sends the browser back to."""
    try:
        urllib.request.build_opener(Stay).open(url)
    except HTTPError as answer:
        with answer:
            return answer.headers["Location"]
    raise AssertionError("It sends nobody back.")


@pytest.fixture
def honest(provider):
    """The provider, telling the truth until told otherwise."""
    provider.honest()
    provider.subject = f"ana-{uuid4().hex}"
    yield provider
    provider.honest()


@pytest.fixture
def ana(entrance, honest):
    """Somebody whom the provider knows."""
    member_id, subject = hired(entrance.crm), honest.subject
    id_ = identity_id(honest.issuer, subject)
    command = LinkIdentity(id=id_, member_id=member_id, issuer=honest.issuer, subject=subject)
    entrance.crm.handle(command, now())
    return Person(entrance.crm, entrance.api, member_id, subject)


def set_out(browser, **query):
    """Begin; return where the provider sends the browser back to, below the API."""
    answer = browser.get(START, **query)
    assert answer.status == 302, answer.body
    back = urlsplit(at_provider(answer.headers["Location"]))
    assert back.path == API + CALLBACK
    return f"{CALLBACK}?{back.query}"


def travelled(browser, **query):
    """Set out and come back."""
    return browser.get(set_out(browser, **query))


# --- The good path ----------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["by_rsa", "by_ec"])
def test_somebody_is_vouched_for_and_let_in(sign, entrance, honest, ana):
    honest.sign = getattr(honest, sign)
    browser = Browser(entrance.api)
    answer = travelled(browser, return_to="/console?tab=mine")
    assert (answer.status, answer.headers["Location"]) == (303, "/console?tab=mine")
    assert set(browser.cookies) == {"concord_session"}
    session = browser.get("/session").went_well().json
    assert session["member_id"] == str(ana.member_id)
    browser.csrf = session["csrf_token"]
    browser.post("/customers", {"details": {"name": "Harbour Foods"}}).went_well()
    told = entrance.query(
        "select state::json -> 'event' from log.events where name = 'sign-in.succeeded'"
        " and stream_id = %s",
        str(identity_id(honest.issuer, honest.subject)),
    )
    assert told == [({"member_id": str(ana.member_id), "method": "oidc"},)]
    assert browser.ask("DELETE", "/session").status == 204
    assert not browser.is_in()


def test_what_is_asked_of_the_provider(entrance, honest, ana):
    travelled(Browser(entrance.api))
    asked = dict(honest.asked)
    begun, taken = asked["/authorize"], asked["/token"]
    assert begun["scope"] == "openid"
    assert begun["code_challenge_method"] == "S256"
    assert 43 <= len(taken["code_verifier"]) <= 128
    assert taken["grant_type"] == "authorization_code"
    assert begun["redirect_uri"] == taken["redirect_uri"]
    assert "client_secret" not in taken
    paths = [path for path, _ in honest.asked]
    assert paths.count("/jwks") == 1


def test_the_journeys_cookie_is_short_lived(entrance, honest):
    for secure, name in ((False, "concord_oidc"), (True, "__Host-concord-oidc")):
        answer = Browser(entrance.api, secure=secure).get(START)
        (told,) = set_cookies(answer).values()
        assert told.key == name
        assert (told["httponly"], told["samesite"], told["path"]) == (True, "Lax", "/")
        assert (bool(told["secure"]), told["max-age"]) == (secure, "600")
        uri = parse_qs(urlsplit(answer.headers["Location"]).query)["redirect_uri"][0]
        assert uri.startswith("https://" if secure else "http://")


def test_a_session_is_new_by_this_way_too(entrance, honest, ana):
    browser = Browser(entrance.api)
    travelled(browser)
    before = dict(browser.cookies)
    travelled(browser)
    assert browser.cookies != before
    assert not Browser(entrance.api, before).is_in()


def test_who_signs_in_by_a_provider_has_no_password_here(entrance, honest, ana):
    browser = Browser(entrance.api)
    travelled(browser)
    browser.csrf = browser.get("/session").json["csrf_token"]
    body = {"old": "x" * 12, "new": "y" * 12}
    browser.post("/session/password", body).refused(403, "sign-in.failed", "/old")


# --- Lies -------------------------------------------------------------------------------------

LIES = {
    "another nonce": lambda claims: claims | {"nonce": "x" * 43},
    "no nonce": lambda claims: {name: claims[name] for name in claims if name != "nonce"},
    "another audience": lambda claims: claims | {"aud": "another-client"},
    "other audiences": lambda claims: claims | {"aud": ["another-client", "a-third"]},
    "no audience": lambda claims: {name: claims[name] for name in claims if name != "aud"},
    "for another's use": lambda claims: claims | {"aud": [claims["aud"], "x"], "azp": "x"},
    "another issuer": lambda claims: claims | {"iss": "https://provider.example"},
    "nearly the issuer": lambda claims: claims | {"iss": claims["iss"] + "/"},
    "no issuer": lambda claims: {name: claims[name] for name in claims if name != "iss"},
    "expired": lambda claims: claims | {"exp": int(time.time()) - 3600},
    "never expiring": lambda claims: {name: claims[name] for name in claims if name != "exp"},
    "of the future": lambda claims: claims | {"iat": int(time.time()) + 3600},
    "not yet": lambda claims: claims | {"nbf": int(time.time()) + 3600},
    "about nobody": lambda claims: {name: claims[name] for name in claims if name != "sub"},
    "about a blank": lambda claims: claims | {"sub": " "},
    "about a number": lambda claims: claims | {"sub": 17},
    "another token's": lambda claims: claims | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


def refused(entrance, browser, answer, status=401, code="oidc.failed"):
    answer.refused(status, code)
    assert "concord_session" not in browser.cookies
    assert not browser.is_in()


@pytest.mark.parametrize("lie", LIES)
def test_a_claim_that_is_not_good_lets_nobody_in(lie, entrance, honest, ana):
    honest.claims = LIES[lie]
    browser = Browser(entrance.api)
    refused(entrance, browser, travelled(browser))


@pytest.mark.parametrize("sign", ["by_nobody", "by_the_public_key", "by_a_stranger"])
def test_a_signature_that_is_not_the_providers_lets_nobody_in(sign, entrance, honest, ana):
    honest.sign = getattr(honest, sign)
    browser = Browser(entrance.api)
    refused(entrance, browser, travelled(browser))


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "e30.e30.e30", "a.b.c.d.e", "\u00e9.\u00e9.\u00e9", None, 7, {}]
)
def test_what_is_no_token_lets_nobody_in(token, entrance, honest, ana):
    honest.sign = lambda _: token
    browser = Browser(entrance.api)
    refused(entrance, browser, travelled(browser))


def test_a_state_is_good_once(entrance, honest, ana):
    browser = Browser(entrance.api)
    back = set_out(browser)
    held = dict(browser.cookies)
    assert browser.get(back).status == 303
    again = Browser(entrance.api, held)
    refused(entrance, again, again.get(back))


def test_a_state_is_good_in_the_browser_that_set_out(entrance, honest, ana):
    """Else somebody could be made to work in another's session, or lend their own."""
    back = set_out(Browser(entrance.api))
    other = Browser(entrance.api)
    refused(entrance, other, other.get(back))
    mine, theirs = Browser(entrance.api), Browser(entrance.api)
    back = set_out(mine)
    set_out(theirs)
    refused(entrance, theirs, theirs.get(back))


@pytest.mark.parametrize("state", ["x", "A" * 43, "\u00e9"])
def test_a_state_that_nobody_was_given(state, entrance, honest, ana):
    browser = Browser(entrance.api)
    set_out(browser)
    refused(entrance, browser, browser.get(CALLBACK, state=state, code="x"))


def test_a_state_is_good_for_ten_minutes(entrance, honest, ana):
    browser = Browser(entrance.api)
    back = set_out(browser)
    entrance.query(
        "update log.oidc_journeys set began_at = began_at - interval '10 minutes' returning 1"
    )
    refused(entrance, browser, browser.get(back))


@pytest.mark.parametrize("verifier", ["", "x" * 64])
def test_without_the_verifier_the_provider_gives_nothing(verifier, entrance, honest, ana):
    browser = Browser(entrance.api)
    back = set_out(browser)
    entrance.query("update log.oidc_journeys set verifier = %s returning 1", verifier)
    refused(entrance, browser, browser.get(back))
    assert [path for path, _ in honest.asked].count("/token") == 1


def test_a_code_of_somebody_elses(entrance, honest, ana):
    """A code is bound to the journey by its challenge: put into another one it gives nothing."""
    mine, theirs = Browser(entrance.api), Browser(entrance.api)
    codes = [parse_qs(urlsplit(set_out(each)).query) for each in (mine, theirs)]
    mixed = {"state": codes[0]["state"][0], "code": codes[1]["code"][0]}
    refused(entrance, mine, mine.get(CALLBACK, **mixed))


def test_who_changes_their_mind_at_the_provider(entrance, honest, ana):
    browser = Browser(entrance.api)
    state = parse_qs(urlsplit(set_out(browser)).query)["state"][0]
    refused(entrance, browser, browser.get(CALLBACK, state=state, error="access_denied"))


def test_an_answer_that_names_another_issuer(entrance, honest, ana):
    browser = Browser(entrance.api)
    back = set_out(browser)
    refused(entrance, browser, browser.get(f"{back}&iss=https://provider.example"))
    browser = Browser(entrance.api)
    assert browser.get(f"{set_out(browser)}&iss={honest.issuer}").status == 303


# --- Whom we know -----------------------------------------------------------------------------


def test_who_is_not_linked_is_nobody_here(entrance, honest):
    browser = Browser(entrance.api)
    answer = travelled(browser)
    refused(entrance, browser, answer, 403, "oidc.not-linked")
    assert honest.subject in answer.json["detail"]  # to tell the operator


def test_who_is_not_linked_any_more_or_has_left(entrance, honest, ana):
    browser = Browser(entrance.api)
    ana.leaves()
    refused(entrance, browser, travelled(browser), 403, "member.not-active")
    id_ = identity_id(honest.issuer, honest.subject)
    entrance.crm.handle(UnlinkIdentity(id=id_), now())
    browser = Browser(entrance.api)
    refused(entrance, browser, travelled(browser), 403, "oidc.not-linked")


def test_the_operator_links_and_unlinks(entrance, honest):
    def run(*words):
        settings = {"CONCORD_OIDC_ISSUER": honest.issuer, "CONCORD_OIDC_CLIENT_ID": "x"}
        subprocess.run(
            [sys.executable, "-m", "web", "sign-in", *words, "--subject", honest.subject],
            env=os.environ | {"DATABASE_URL": entrance.dsn} | settings,
            capture_output=True,
            check=True,
            timeout=60,
        )

    run("link", "--member", str(hired(entrance.crm)))
    browser = Browser(entrance.api)
    assert travelled(browser).status == 303
    assert browser.is_in()
    run("unlink")
    assert not browser.is_in()


# --- Where to ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "/\\evil.example", "https://evil.example", "x", "/a b", "/\t/evil", "/a\\b",
     "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "/\u00e9"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site_afterwards(place, entrance, honest):
    answer = Browser(entrance.api).get(START, return_to=place)
    answer.refused(422, "fields.invalid", "return_to")


def test_a_provider_that_does_not_answer(serve, dsn, honest):
    settings = {"CONCORD_OIDC_CLIENT_ID": "x", "CONCORD_OIDC_ALLOW_PRIVATE": "true"}
    honest.down = True
    with serve(dsn, CONCORD_OIDC_ISSUER=honest.issuer, **settings) as running:
        answer = Browser(running.api).get(START)
        answer.refused(503, "oidc.unavailable")
        assert answer.headers["Retry-After"] == "5"
        honest.honest()
        honest.metadata = {"issuer": "https://provider.example"}
        Browser(running.api).get(START).refused(503, "oidc.unavailable")
        honest.metadata = {"authorization_endpoint": None}
        Browser(running.api).get(START).refused(503, "oidc.unavailable")


def test_a_provider_at_a_private_address_is_not_asked(serve, dsn, honest):
    settings = {"CONCORD_OIDC_CLIENT_ID": "x"}
    port = urlsplit(honest.issuer).port
    for issuer in (honest.issuer, f"https://127.0.0.1:{port}"):
        with serve(dsn, CONCORD_OIDC_ISSUER=issuer, **settings) as running:
            Browser(running.api).get(START).refused(503, "oidc.unavailable")
            assert running.logged("oidc.unavailable")
    assert honest.asked == []


def test_without_a_provider_there_is_no_such_way(serve, dsn):
    with serve(dsn) as running:
        for path in (START, f"{CALLBACK}?state=x&code=y"):
            Browser(running.api).get(path).refused(404, "oidc.not-configured")


def test_settings_of_half_a_provider(monkeypatch):
    monkeypatch.setenv("CONCORD_OIDC_ISSUER", "https://provider.example")
    monkeypatch.delenv("CONCORD_OIDC_CLIENT_ID", raising=False)
    with pytest.raises(EnvError, match="CONCORD_OIDC_CLIENT_ID"):
        oidc.settings()
    monkeypatch.setenv("CONCORD_OIDC_CLIENT_ID", "x")
    monkeypatch.setenv("CONCORD_OIDC_CLIENT_SECRET", "very secret")
    assert "very secret" not in repr(oidc.settings())


# --- Secrets and the log ----------------------------------------------------------------------


def test_nothing_of_a_journey_is_ever_written_to_the_log(entrance, honest, ana):
    seen = []
    sign = honest.sign
    honest.sign = lambda claims: seen.append(sign(claims)) or seen[-1]
    for lie in ("another nonce", None):
        honest.claims = LIES[lie] if lie else lambda claims: claims
        browser = Browser(entrance.api)
        back = set_out(browser)
        seen += [*browser.cookies.values(), *parse_qs(urlsplit(back).query)["state"]]
        seen += parse_qs(urlsplit(back).query)["code"]
        browser.get(back)
        seen += browser.cookies.values()
    seen += [asked["code_verifier"] for path, asked in honest.asked if path == "/token"]
    seen += [asked["nonce"] for path, asked in honest.asked if path == "/authorize"]
    seen.append("the secret of")
    log = "\n".join(entrance.log_lines())
    assert "oidc.refused" in log
    assert [secret for secret in seen if secret in log] == []
