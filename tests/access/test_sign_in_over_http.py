"""Signing in over HTTP and by the operator; and nothing of it in the log that may not be."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from domain.access.sign_in import SIGN_IN, LockSignIn, SetPassword, sign_in_id
from tests.access.browser import PASSWORD, WRONG, Browser, hired, now, with_password
from tests.web.client import wait_until

pytest_plugins = ["tests.web.fixtures", "tests.access.entrance"]


def test_somebody_signs_in_and_out(entrance, ana):
    browser = Browser(entrance.api)
    answer = browser.sign_in(ana.login.upper(), ana.password).went_well()
    assert answer.status == 200
    assert set(answer.json) == {"member_id", "csrf_token", "expires_at"}
    assert answer.json["member_id"] == str(ana.member_id)
    assert browser.get("/session").went_well().json == answer.json
    made = browser.post("/customers", {"details": {"name": "Harbour Foods"}}).went_well()
    facts = entrance.query(
        "select state::json -> 'envelope' -> 'actor' from log.events where stream_id = %s", made.id
    )
    assert facts == [({"kind": "member", "id": str(ana.member_id)},)]
    cookies = dict(browser.cookies)
    assert browser.ask("DELETE", "/session").status == 204
    assert browser.cookies == {}
    Browser(entrance.api, cookies).get("/session").refused(401, "session.over")
    assert [name for name, _ in told_of(entrance, ana)] == [
        "sign-in.password-set",
        "sign-in.succeeded",
    ]


def told_of(running, person):
    return running.query(
        "select name, state::json -> 'event' from log.events where stream_id = %s order by version",
        str(sign_in_id(person.login)),
    )


def test_wrong_unknown_locked_and_left_are_told_the_same(entrance, ana):
    locked, left, known = (with_password(entrance) for _ in range(3))
    until = datetime.now(UTC) + timedelta(minutes=1)
    entrance.crm.handle(LockSignIn(id=sign_in_id(locked.login), until=until), now())
    left.leaves()
    tries = [
        (known.login, WRONG),
        ("nobody", WRONG),
        (f"nobody-{uuid4().hex}", PASSWORD),
        (locked.login, PASSWORD),
        (left.login, PASSWORD),
    ]
    told = []
    for login, password in tries:
        answer = Browser(entrance.api).sign_in(login, password)
        answer.refused(401, "sign-in.failed")
        body = {name: value for name, value in answer.json.items() if name != "request_id"}
        headers = {name: value for name, value in answer.headers.items() if name != "Date"}
        del headers["X-Request-Id"]
        told.append((body, headers))
    assert all(each == told[0] for each in told)
    assert "Set-Cookie" not in told[0][1]


def test_a_login_name_is_locked_and_unlocked_over_http(entrance, ana, run):
    def last():
        return told_of(entrance, ana)[-1]

    for _ in range(5):
        Browser(entrance.api).sign_in(ana.login, WRONG).refused(401, "sign-in.failed")
    Browser(entrance.api).sign_in(ana.login, ana.password).refused(401, "sign-in.failed")
    wait_until(lambda: last()[0] == "sign-in.locked")  # when the answer is on its way
    in_minutes = datetime.fromisoformat(last()[1]["until"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < in_minutes <= timedelta(minutes=15)
    Browser(entrance.api).sign_in(ana.login, ana.password).refused(401, "sign-in.failed")
    assert [name for name, _ in told_of(entrance, ana)].count("sign-in.locked") == 1
    run("unlock", ana.login)
    assert ana.browser().is_in()


def test_a_failure_of_long_ago_does_not_lock_over_http(entrance, ana):
    for _ in range(4):
        Browser(entrance.api).sign_in(ana.login, WRONG)
    entrance.query(
        "update log.sign_in_failures set failed_at = array(select each - interval '16 minutes'"
        " from unnest(failed_at) each) where sign_in_id = %s returning 1",
        str(sign_in_id(ana.login)),
    )
    Browser(entrance.api).sign_in(ana.login, WRONG).refused(401, "sign-in.failed")
    assert ana.browser().is_in()


def test_a_hash_of_another_cost_is_made_anew(entrance, ana):
    old = PasswordHasher(1, 8192, 1).hash(ana.password)
    id_ = sign_in_id(ana.login)
    command = SetPassword(id=id_, member_id=ana.member_id, login=ana.login, hash=old)
    entrance.crm.handle(command, now())
    assert ana.browser().is_in()
    assert [name for name, _ in told_of(entrance, ana)][-2:] == [
        "sign-in.succeeded",
        "sign-in.password-rehashed",
    ]
    assert "m=19456,t=2,p=1" in entrance.crm.load(SIGN_IN, id_).state.hash
    assert ana.browser().is_in()
    assert told_of(entrance, ana)[-1][0] == "sign-in.succeeded"


BODIES = {
    "nothing": (None, 400, "body.missing"),
    "no password": ({"login": "ana"}, 422, "fields.invalid"),
    "something else": ({"login": "a", "password": "b", "x": 1}, 422, "fields.invalid"),
    "no text": ({"login": "ana", "password": 7}, 422, "fields.invalid"),
    "no end": ({"login": "ana", "password": "x" * 201}, 422, "fields.invalid"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_what_does_not_make_sense_is_not_tried(kind, entrance):
    body, status, code = BODIES[kind]
    answer = Browser(entrance.api).post("/session", body)
    assert (answer.status, answer.problem()["code"]) == (status, code)


def test_a_form_of_another_site_signs_nobody_in(entrance, ana):
    """Only JSON is taken: a browser does not send that to another site by itself."""
    body = json.dumps({"login": ana.login, "password": ana.password}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = entrance.api.acting_as(None).ask(
            "POST", "/session", raw=body, headers={"Content-Type": kind}
        )
        answer.refused(415, "body.not-json")
        assert "Set-Cookie" not in answer.headers


def test_the_audit_history_shows_who_signed_in_and_no_hash(entrance, ana):
    ana.browser()
    shown = entrance.query("select name from log.events where state like %s", f"%{ana.member_id}%")
    assert ("sign-in.succeeded",) in shown
    subject = f"sign-in:{sign_in_id(ana.login)}"

    def told():
        return entrance.api.get("/audit/events", subject=subject).went_well().json["items"]

    wait_until(lambda: len(told()) == 2)
    assert [each["name"] for each in told()] == ["sign-in.succeeded", "sign-in.password-set"]
    assert "argon2" not in json.dumps(told())


# --- One's own password -----------------------------------------------------------------------

NEW = "another twelve characters"


def test_a_changed_password_ends_all_other_sessions(entrance, ana):
    here, elsewhere, colleague = ana.browser(), ana.browser(), with_password(entrance).browser()
    assert here.post("/session/password", {"old": ana.password, "new": NEW}).status == 204
    assert (here.is_in(), elsewhere.is_in(), colleague.is_in()) == (True, False, True)
    Browser(entrance.api).sign_in(ana.login, ana.password).refused(401, "sign-in.failed")
    Browser(entrance.api).sign_in(ana.login, NEW).went_well()
    (told,) = [event for name, event in told_of(entrance, ana) if name.endswith("-changed")]
    assert told["member_id"] == str(ana.member_id)


def test_a_password_is_changed_by_who_knows_it(entrance, ana):
    browser, elsewhere = ana.browser(), ana.browser()
    for _ in range(5):
        answer = browser.post("/session/password", {"old": WRONG, "new": NEW})
        answer.refused(403, "sign-in.failed", "/old")
    # Whoever sits at somebody's browser does not guess for ever, either.
    wait_until(lambda: told_of(entrance, ana)[-1][0] == "sign-in.locked")
    answer = browser.post("/session/password", {"old": ana.password, "new": NEW})
    answer.refused(403, "sign-in.failed", "/old")
    assert elsewhere.is_in()


def test_a_new_password_needs_its_length(entrance, ana):
    browser = ana.browser()
    for new, code in (("short", "password.too-short"), ("x" * 201, "password.too-long")):
        body = {"old": ana.password, "new": new}
        browser.post("/session/password", body).refused(422, code, "/new")
    assert ana.browser().is_in()


# --- The operator -----------------------------------------------------------------------------


@pytest.fixture
def run(command, entrance):
    """Run ``concord sign-in`` as the operator."""

    def run(*words, stdin="", fails=False, **settings):
        done = command.run("sign-in", *words, given=stdin, DATABASE_URL=entrance.dsn, **settings)
        assert (done.returncode != 0) is fails, done.stderr
        return done

    return run


def test_the_operator_sets_and_takes_a_password(entrance, run):
    member, login = str(hired(entrance.crm)), f"Li.{uuid4().hex[:8]}"
    words = ("set-password", login, "--member", member, "--stdin")
    done = run(*words, stdin=f"{PASSWORD}\n")
    assert PASSWORD not in done.stdout + done.stderr
    browser = Browser(entrance.api)
    browser.sign_in(login, PASSWORD).went_well()
    run(*words, stdin=f"{NEW}\n")  # forgotten, perhaps: a new one, and all sessions end
    assert not browser.is_in()
    browser.sign_in(login, NEW).went_well()
    run("remove", login)
    assert not browser.is_in()
    Browser(entrance.api).sign_in(login, NEW).refused(401, "sign-in.failed")
    assert "no such login name" in run("remove", login, fails=True).stderr


def test_what_the_operator_is_refused(entrance, ana, run):
    member = str(hired(entrance.crm))
    set_ = ("set-password", f"li.{uuid4().hex[:8]}", "--stdin", "--member")
    assert "at least 12" in run(*set_, member, stdin="short\n", fails=True).stderr
    stranger = run(*set_, str(uuid4()), stdin=PASSWORD, fails=True)
    assert "--member" in stranger.stderr
    taken = ("set-password", ana.login, "--stdin", "--member", member)
    assert "another member's" in run(*taken, stdin=PASSWORD, fails=True).stderr
    assert "no such" in run("unlock", "nobody", fails=True).stderr
    link = ("link", "--subject", "7", "--member", member)
    settings = {"CONCORD_OIDC_ISSUER": ""}
    assert "--issuer" in run(*link, fails=True, **settings).stderr


# --- Secrets and the log ----------------------------------------------------------------------


def test_no_password_and_no_token_is_ever_written_to_the_log(entrance, ana):
    browser = ana.browser()
    elsewhere = ana.browser()
    token = browser.cookies["concord_session"]
    browser.sign_in(ana.login, WRONG)
    browser.post("/session", {"login": WRONG, "password": PASSWORD, WRONG: PASSWORD})
    browser.post("/session", {"login": PASSWORD, "password": [PASSWORD]})
    browser.post("/session/password", {"old": WRONG, "new": NEW})
    browser.post("/session/password", {"old": PASSWORD, "new": NEW})
    browser.get(f"/session?token={token}&password={PASSWORD.replace(' ', '+')}")
    browser.get("/session", headers={"Cookie": f"concord_session={token}x"})
    browser.post("/customers", {}, headers={"X-CSRF-Token": f"{browser.csrf}x"})
    browser.ask("DELETE", "/session")
    secrets = [PASSWORD, WRONG, NEW, token, browser.csrf, *elsewhere.cookies.values(), "argon2"]
    log = "\n".join(entrance.log_lines())
    assert "/session" in log
    assert [secret for secret in secrets if secret in log] == []
    kept = entrance.query("select t::text from log.sessions t")
    assert [secret for secret in secrets for row in kept if secret in row[0]] == []
