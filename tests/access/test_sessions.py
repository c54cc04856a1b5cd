"""Sessions: begun anew at every sign-in, over in time, moved by nobody else's page."""

import hashlib
from datetime import timedelta

import pytest
from spec import ANA, BO, MONDAY, sample_id

from domain.access.sign_in import SignInId
from tests.access.browser import WRONG, Browser, set_cookies
from web.access.sessions import AT_MOST, IDLE, Sessions

pytest_plugins = ["tests.web.fixtures", "tests.access.entrance"]

WAY = SignInId(sample_id(0x51))
MINUTE = timedelta(minutes=1)
COOKIE, SECURE_COOKIE = "concord_session", "__Host-concord"
CUSTOMER = {"details": {"name": "Harbour Foods"}}

# --- What is kept -----------------------------------------------------------------------------


@pytest.fixture
def sessions(crm):
    return Sessions(crm.pool)


def rows(sessions, what="*"):
    with sessions.pool.reading() as cursor:
        cursor.execute(f"select {what} from log.sessions")
        return cursor.fetchall()


def test_only_the_hash_of_a_token_is_kept(sessions):
    token, session = sessions.begin(ANA, WAY, MONDAY)
    assert len(token) == 43
    kept = hashlib.sha256(token.encode()).digest()
    ((found, *others),) = rows(sessions)
    assert bytes(found) == session.token_sha256 == kept
    assert token not in str(others)
    assert session.csrf_token not in str(others)
    assert token not in session.csrf_token
    assert sessions.find(token, MONDAY) == session
    assert sessions.find(token[:-1] + ("A" if token[-1] != "A" else "B"), MONDAY) is None
    assert sessions.find("", MONDAY) is None
    assert sessions.find("\ud800", MONDAY) is None


def test_a_session_nobody_uses_is_over(sessions):
    token, _ = sessions.begin(ANA, WAY, MONDAY)
    assert sessions.find(token, MONDAY + IDLE - MINUTE)
    assert sessions.find(token, MONDAY + IDLE + IDLE - 2 * MINUTE)
    assert sessions.find(token, MONDAY + 3 * IDLE) is None


def test_a_session_is_over_after_half_a_day_however_much_it_is_used(sessions):
    token, session = sessions.begin(ANA, WAY, MONDAY)
    assert session.expires_at == MONDAY + AT_MOST == MONDAY + timedelta(hours=12)
    at = MONDAY
    while at + 10 * MINUTE < MONDAY + AT_MOST:
        at += 10 * MINUTE
        assert sessions.find(token, at) is not None
    assert sessions.find(token, MONDAY + AT_MOST) is None


def test_a_use_is_written_down_at_most_once_a_minute(sessions):
    token, _ = sessions.begin(ANA, WAY, MONDAY)
    for seconds, seen in ((0, 0), (59, 0), (60, 60), (100, 60), (119, 60), (120, 120)):
        sessions.find(token, MONDAY + timedelta(seconds=seconds))
        assert rows(sessions, "last_seen_at") == [(MONDAY + timedelta(seconds=seen),)]


def test_sessions_end(sessions):
    (token, here), (other, _), (bos, _) = (
        sessions.begin(who, WAY, MONDAY) for who in (ANA, ANA, BO)
    )
    assert sessions.end_all(ANA, but=here) == 1
    assert sessions.find(other, MONDAY) is None
    assert sessions.find(token, MONDAY)
    sessions.end(token)
    assert sessions.find(token, MONDAY) is None
    assert sessions.end_all(ANA) == 0
    assert sessions.find(bos, MONDAY)


def test_what_is_over_is_forgotten(sessions):
    for _ in range(3):
        sessions.begin(ANA, WAY, MONDAY)
    sessions.begin(ANA, WAY, MONDAY + AT_MOST)
    assert rows(sessions, "created_at") == [(MONDAY + AT_MOST,)]


@pytest.mark.parametrize(
    "statement",
    [
        "update log.sessions set member_id = gen_random_uuid()",
        "update log.sessions set expires_at = now()",
        "truncate log.sessions",
        "update log.oidc_journeys set nonce = ''",
    ],
)
def test_the_application_rewrites_no_session(sessions, statement):
    with pytest.raises(Exception, match="permission denied"), sessions.pool.reading() as cursor:
        cursor.execute(statement)


# --- The cookie -------------------------------------------------------------------------------


def signed_in(entrance, ana, *, secure=False):
    browser = Browser(entrance.api, secure=secure)
    return browser, browser.sign_in(ana.login, ana.password).went_well()


def test_the_cookie_is_for_no_script_and_no_other_site(entrance, ana):
    _, answer = signed_in(entrance, ana)
    cookies = set_cookies(answer)
    assert list(cookies) == [COOKIE]
    told = cookies[COOKIE]
    assert (told["httponly"], told["samesite"], told["path"]) == (True, "Lax", "/")
    assert (told["secure"], told["domain"]) == ("", "")
    assert int(told["max-age"]) == AT_MOST.total_seconds()
    assert answer.headers["Cache-Control"] == "no-store"


def test_over_tls_the_cookie_is_this_hosts_only(entrance, ana):
    browser, answer = signed_in(entrance, ana, secure=True)
    cookies = set_cookies(answer)
    assert list(cookies) == [SECURE_COOKIE]
    told = cookies[SECURE_COOKIE]
    assert (told["httponly"], told["samesite"], told["path"]) == (True, "Lax", "/")
    assert (told["secure"], told["domain"]) == (True, "")
    assert browser.is_in()
    # One that a neighbour under the same domain could have set counts for nothing.
    browser.cookies = {COOKIE: browser.cookies[SECURE_COOKIE]}
    assert not browser.is_in()


def test_the_cookie_goes_when_somebody_signs_out(entrance, ana):
    for secure, name in ((False, COOKIE), (True, SECURE_COOKIE)):
        browser, _ = signed_in(entrance, ana, secure=secure)
        answer = browser.ask("DELETE", "/session")
        told = set_cookies(answer)[name]
        assert (told.value, told["max-age"], bool(told["secure"])) == ("", "0", secure)


# --- Whose it is ------------------------------------------------------------------------------


def test_a_session_is_new_at_every_sign_in(entrance, ana):
    """Whatever somebody else has put into the browser before is no session afterwards."""
    browser, _ = signed_in(entrance, ana)
    before = dict(browser.cookies)
    browser.sign_in(ana.login, ana.password).went_well()
    assert browser.cookies != before
    assert browser.is_in()
    assert not Browser(entrance.api, before).is_in()
    planted = Browser(entrance.api, {COOKIE: "A" * 43})
    planted.sign_in(ana.login, ana.password).went_well()
    assert planted.cookies[COOKIE] != "A" * 43
    assert not Browser(entrance.api, {COOKIE: "A" * 43}).is_in()


def test_a_failed_sign_in_leaves_the_session_as_it_is(entrance, ana):
    browser, _ = signed_in(entrance, ana)
    browser.sign_in(ana.login, WRONG).refused(401, "sign-in.failed")
    assert browser.is_in()


def test_a_key_wins_over_a_session(entrance, ana):
    browser, _ = signed_in(entrance, ana)
    browser.csrf = None
    key = entrance.new_key()
    held = {"Authorization": f"Bearer {key.text}"}
    assert browser.get("/openapi.json", headers=held).status == 200
    browser.get("/session", headers=held).refused(401, "session.over")
    for wrong in ("Bearer x", "", f"Bearer {key.text}x"):
        browser.get("/session", headers={"Authorization": wrong}).refused(401, "key.invalid")
    anybody = entrance.api.acting_as(None)
    anybody.get("/session").refused(401, "key.invalid")


def test_a_session_is_not_for_operating_concord(entrance, ana):
    browser, _ = signed_in(entrance, ana)
    browser.get("//metrics").refused(403, "key.scope")


def test_sessions_routes_take_no_more_than_they_name(entrance, ana):
    browser, _ = signed_in(entrance, ana)
    browser.get("/session?x=1").refused(422, "fields.invalid", "x")
    assert browser.ask("PUT", "/session").status == 405
    entrance.api.acting_as(None).get("/session/nothing").refused(404, "not-found")


# --- Whose page it was ------------------------------------------------------------------------


def test_a_change_needs_the_pages_token(entrance, ana):
    browser, answer = signed_in(entrance, ana)
    before = entrance.facts()
    browser.csrf = None
    browser.post("/customers", CUSTOMER).refused(403, "csrf.missing")
    stranger, _ = signed_in(entrance, ana)
    before = entrance.facts()
    good = answer.json["csrf_token"]
    for wrong in ("", "x", stranger.csrf, good[:-1], f"{good}x", good.upper(), "\u00e9"):
        browser.csrf = wrong
        browser.post("/customers", CUSTOMER).refused(403, "csrf.wrong")
    assert entrance.facts() == before
    for method, path in (("DELETE", "/session"), ("POST", "/session/password")):
        browser.csrf = None
        browser.ask(method, path, {} if method == "POST" else None).refused(403, "csrf.missing")
    browser.csrf = browser.get("/session").went_well().json["csrf_token"]
    assert browser.csrf == good
    browser.post("/customers", CUSTOMER).went_well()


def test_looking_needs_none(entrance, ana):
    browser, _ = signed_in(entrance, ana)
    browser.csrf = None
    for method in ("GET", "HEAD", "OPTIONS"):
        assert browser.ask(method, "/customers").status == 200
        assert browser.ask(method, "/session").status == 200


# --- When it is over --------------------------------------------------------------------------


def moved(entrance, ana, column, back):
    entrance.query(
        f"update log.sessions set {column} = {column} - %s::interval where member_id = %s"
        " returning 1",
        back,
        str(ana.member_id),
    )


@pytest.mark.parametrize(
    ("column", "just", "too_long"),
    [("last_seen_at", "29 minutes", "2 minutes"), ("expires_at", "11:59", "2 minutes")],
)
def test_a_session_ends_by_itself(column, just, too_long, entrance, ana):
    browser, _ = signed_in(entrance, ana)
    moved(entrance, ana, column, just)
    assert browser.is_in()  # and seen, just now
    moved(entrance, ana, column, "29 minutes" if column == "last_seen_at" else "0")
    moved(entrance, ana, column, too_long)
    browser.get("/session").refused(401, "session.over")
    browser.post("/customers", CUSTOMER).refused(401, "session.over")
    browser.sign_in(ana.login, ana.password).went_well()
    assert browser.is_in()


def test_who_has_left_gets_no_further(entrance, ana):
    browser, _ = signed_in(entrance, ana)
    ana.leaves()
    before = entrance.facts()
    browser.get("/session").refused(403, "member.not-active")
    browser.get("/customers").refused(403, "member.not-active")
    browser.post("/customers", CUSTOMER).refused(403, "member.not-active")
    assert entrance.facts() == before
    browser.sign_in(ana.login, ana.password).refused(401, "sign-in.failed")
