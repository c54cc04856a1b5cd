"""Signing in: login names, passwords, lock-out; and nothing of it in the log that may not be."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from argon2 import PasswordHasher, extract_parameters
from spec import ANA, BO, MONDAY, SALES, TUESDAY, WEDNESDAY, sample_id, spec

from domain.access.sign_in import (
    SIGN_IN,
    Absent,
    ChangePassword,
    IdentityLinked,
    IdentityUnlinked,
    LinkIdentity,
    LockSignIn,
    Method,
    PasswordChanged,
    PasswordRehashed,
    PasswordRemoved,
    PasswordSet,
    RehashPassword,
    RemovePassword,
    SetPassword,
    SignedIn,
    SignIn,
    SignInLocked,
    SignInUnlocked,
    UnlinkIdentity,
    UnlockSignIn,
    WithPassword,
    identity_id,
    login_name,
    sign_in_id,
)
from domain.confidential import secret_fields
from domain.kernel import Actor, Rejected
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember, LeaveMember
from tests.access.browser import PASSWORD, WRONG, Browser, hired, now, with_password
from tests.web.client import wait_until
from web.access import passwords
from web.access.passwords import Attempts, check_length, hashed, prove, settle
from web.access.sessions import Sessions

pytest_plugins = ["tests.web.fixtures", "tests.access.entrance"]

# --- Rules ------------------------------------------------------------------------------------

LOGIN = "ana"
ID = sign_in_id(LOGIN)
ISSUER, SUBJECT = "https://provider.example", "0017"
IDENTITY = identity_id(ISSUER, SUBJECT)
SET = PasswordSet(member_id=ANA, login=LOGIN, hash="h1")
LINKED = IdentityLinked(member_id=ANA, issuer=ISSUER, subject=SUBJECT)
LOCKED = SignInLocked(member_id=ANA, until=WEDNESDAY)


def test_a_login_name_is_one_members():
    give = SetPassword(id=ID, member_id=ANA, login=LOGIN, hash="h1")
    spec(SIGN_IN).when(give).then(SET)
    spec(SIGN_IN).given(SET).when(give).then(SET)  # a new password
    other = SetPassword(id=ID, member_id=BO, login=LOGIN, hash="h2")
    spec(SIGN_IN).given(SET).when(other).then_rejected("sign-in.taken", field="member_id")
    removed = PasswordRemoved(member_id=ANA)
    spec(SIGN_IN).given(SET).when(RemovePassword(id=ID)).then(removed).then_state(Absent())
    given = PasswordSet(member_id=BO, login=LOGIN, hash="h2")
    spec(SIGN_IN).given(SET, removed).when(other).then(given)


@pytest.mark.parametrize("typed", ["ana", "ANA", " Ana ", "ａｎａ"])
def test_a_login_name_is_the_same_however_it_is_typed(typed):
    assert (login_name(typed), sign_in_id(typed)) == (LOGIN, ID)


@pytest.mark.parametrize("login", ["", " ", "an a", "a\nb", "a/b", "x" * 101, "a\x00"])
def test_what_is_no_login_name(login):
    give = SetPassword(id=sign_in_id(login), member_id=ANA, login=login, hash="h1")
    spec(SIGN_IN).when(give).then_rejected("sign-in.login-malformed", field="login")


@pytest.mark.parametrize("login", ["li.na@concord.example", "李娜", "o_o", "a+b-c", "x" * 100])
def test_what_is_one(login):
    give = SetPassword(id=sign_in_id(login), member_id=ANA, login=login, hash="h1")
    spec(SIGN_IN).when(give).then(PasswordSet(member_id=ANA, login=login, hash="h1"))


def test_a_login_name_and_an_identity_have_one_id_each():
    wrong = SetPassword(id=sign_in_id("bo"), member_id=ANA, login=LOGIN, hash="h1")
    spec(SIGN_IN).when(wrong).then_rejected("sign-in.not-the-logins")
    stray = LinkIdentity(id=ID, member_id=ANA, issuer=ISSUER, subject=SUBJECT)
    spec(SIGN_IN).when(stray).then_rejected("sign-in.not-the-identitys")


def test_an_identity_is_one_members():
    link = LinkIdentity(id=IDENTITY, member_id=ANA, issuer=ISSUER, subject=SUBJECT)
    spec(SIGN_IN).when(link).then(LINKED)
    spec(SIGN_IN).given(LINKED).when(link).then_nothing()
    other = LinkIdentity(id=IDENTITY, member_id=BO, issuer=ISSUER, subject=SUBJECT)
    spec(SIGN_IN).given(LINKED).when(other).then_rejected("sign-in.taken", field="member_id")
    unlinked = IdentityUnlinked(member_id=ANA)
    spec(SIGN_IN).given(LINKED).when(UnlinkIdentity(id=IDENTITY)).then(unlinked)
    blank = LinkIdentity(id=identity_id(ISSUER, " "), member_id=ANA, issuer=ISSUER, subject=" ")
    spec(SIGN_IN).when(blank).then_rejected("sign-in.identity-malformed")


def test_who_is_let_in_is_a_fact():
    by_password = SignedIn(member_id=ANA, method=Method.PASSWORD)
    spec(SIGN_IN).given(SET).when(SignIn(id=ID, proven="h1")).then(by_password)
    by_identity = SignedIn(member_id=ANA, method=Method.OIDC)
    spec(SIGN_IN).given(LINKED).when(SignIn(id=IDENTITY)).then(by_identity)
    # Without a password only an identity lets in, and a password no identity.
    spec(SIGN_IN).given(SET).when(SignIn(id=ID)).then_rejected("sign-in.unknown")
    wrong = SignIn(id=IDENTITY, proven="h1")
    spec(SIGN_IN).given(LINKED).when(wrong).then_rejected("sign-in.unknown")
    removed = PasswordRemoved(member_id=ANA)
    gone = SignIn(id=ID, proven="h1")
    spec(SIGN_IN).given(SET, removed).when(gone).then_rejected("sign-in.unknown")


def test_what_was_proven_must_still_be_so():
    story = spec(SIGN_IN).given(SET, PasswordChanged(member_id=ANA, hash="h2"))
    for late in (
        SignIn(id=ID, proven="h1"),
        ChangePassword(id=ID, proven="h1", hash="h3"),
        RehashPassword(id=ID, proven="h1", hash="h3"),
    ):
        story.when(late).then_rejected("sign-in.password-changed")
    changed = PasswordChanged(member_id=ANA, hash="h3")
    story.when(ChangePassword(id=ID, proven="h2", hash="h3")).then(changed)
    anew = RehashPassword(id=ID, proven="h2", hash="h3")
    story.when(anew).then(PasswordRehashed(hash="h3")).then_state(WithPassword(ANA, "h3"))


def test_while_it_is_locked_nobody_is_let_in():
    lock = LockSignIn(id=ID, until=WEDNESDAY)
    spec(SIGN_IN).given(SET).when(lock, by=Actor.system("sign-in")).then(LOCKED)
    locked = spec(SIGN_IN).given(SET, LOCKED)
    locked.when(lock).then_nothing()
    enter = SignIn(id=ID, proven="h1")
    locked.when(enter, at=TUESDAY).then_rejected("sign-in.locked")
    locked.when(enter, at=WEDNESDAY).then(SignedIn(member_id=ANA, method=Method.PASSWORD))
    unlocked = SignInUnlocked(member_id=ANA)
    locked.when(UnlockSignIn(id=ID), at=TUESDAY).then(unlocked).then_state(WithPassword(ANA, "h1"))
    locked.when(UnlockSignIn(id=ID), at=WEDNESDAY).then_nothing()
    anew = SetPassword(id=ID, member_id=ANA, login=LOGIN, hash="h2")
    locked.when(anew).then_state(WithPassword(ANA, "h2"))


def test_hashes_are_secret():
    for event in (PasswordSet, PasswordChanged, PasswordRehashed):
        assert secret_fields(event) == {"hash"}


# --- Passwords --------------------------------------------------------------------------------


def test_a_password_is_hashed_as_strongly_as_it_says():
    kept = hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    told = extract_parameters(kept)
    assert (told.salt_len, told.hash_len) == (16, 32)
    assert kept != hashed(PASSWORD)  # each with a salt of its own
    assert passwords.fits(kept, PASSWORD)
    assert not passwords.fits(kept, WRONG)
    assert not passwords.fits("no hash", PASSWORD)
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(PasswordHasher(19, 19456, 1).hash("x"))
    assert not passwords.is_outdated(passwords._NOBODYS)


def test_a_password_is_the_same_however_it_is_composed():
    assert passwords.fits(hashed("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 " * 2 + "cafe\u0301")


@pytest.mark.parametrize("password", ["x" * 12, "密码密码密码密码密码密码", " " * 12, "x" * 200])
def test_a_password_needs_its_length_and_nothing_else(password):
    check_length(password)


@pytest.mark.parametrize(
    ("password", "code"), [("x" * 11, "too-short"), ("", "too-short"), ("x" * 201, "too-long")]
)
def test_a_password_too_short_or_too_long(password, code):
    with pytest.raises(Rejected) as refused:
        check_length(password)
    assert refused.value.code == f"password.{code}"


# --- Attempts ---------------------------------------------------------------------------------


@pytest.fixture
def known(crm, envelope):
    """Ana, who has a password."""
    sales = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)
    crm.handle(sales, envelope())
    crm.handle(JoinMember(id=ANA, name="Ana", department_id=SALES, role="agent"), envelope())
    crm.handle(SetPassword(id=ID, member_id=ANA, login=LOGIN, hash=hashed(PASSWORD)), envelope())
    return crm


def minutes(number):
    return MONDAY + timedelta(minutes=number)


def tried(crm, password, at, id_=ID):
    proof = prove(crm, id_, password, at)
    settle(crm, proof, at)
    return proof.way is not None


def counted(crm):
    with crm.pool.reading() as cursor:
        cursor.execute("select count(*), sum(cardinality(failed_at)) from log.sign_in_failures")
        return cursor.fetchone()


def test_five_wrong_ones_within_a_quarter_of_an_hour_lock_for_another(known):
    assert [tried(known, WRONG, minutes(n)) for n in range(4)] == [False] * 4
    assert not known.load(SIGN_IN, ID).state.locked(minutes(4))
    assert not tried(known, WRONG, minutes(4))
    assert known.load(SIGN_IN, ID).state.locked_until == minutes(19)
    assert not tried(known, PASSWORD, minutes(5))
    assert not tried(known, PASSWORD, minutes(18))
    assert known.load(SIGN_IN, ID).version == 2  # one fact of all that
    assert tried(known, PASSWORD, minutes(19))
    assert counted(known) == (0, None)


def test_the_right_one_is_let_in_up_to_the_last_attempt_and_forgets_the_others(known):
    for _ in range(3):
        for n in range(4):
            assert not tried(known, WRONG, minutes(n))
        assert tried(known, PASSWORD, minutes(4))
    assert known.load(SIGN_IN, ID).state.locked_until is None


def test_wrong_ones_of_long_ago_do_not_count(known):
    for n in range(0, 60, 4):
        tried(known, WRONG, minutes(n))
    assert known.load(SIGN_IN, ID).state.locked_until is None
    assert counted(known) == (1, 4)


def test_many_at_once_are_not_each_the_first(known):
    tries = [*[WRONG] * 11, PASSWORD]
    with ThreadPoolExecutor(6) as threads:
        proofs = list(threads.map(lambda each: prove(known, ID, each, MONDAY), tries))
    assert sum(not proof.too_many for proof in proofs) <= 5


def test_an_unknown_login_name_costs_the_same(known, monkeypatch):
    """Counted, not timed: one hash, one look and as many statements."""
    verified, said = [], []
    fits, handle = passwords.fits, known.pool.reading
    monkeypatch.setattr(passwords, "fits", lambda *told: verified.append(1) or fits(*told))
    monkeypatch.setattr(known.pool, "reading", lambda: said.append(1) or handle())
    costs = {}
    for name, id_, password in (
        ("right", ID, PASSWORD),
        ("wrong", ID, WRONG),
        ("unknown", sign_in_id("nobody"), WRONG),
        ("an identity's", IDENTITY, WRONG),
    ):
        known.load(SIGN_IN, id_)
        verified.clear(), said.clear()
        prove(known, id_, password, MONDAY)
        costs[name] = (len(verified), len(said))
    known.handle(LockSignIn(id=ID, until=TUESDAY), now())
    known.load(SIGN_IN, ID)
    verified.clear(), said.clear()
    prove(known, ID, PASSWORD, MONDAY)
    costs["locked"] = (len(verified), len(said))
    assert set(costs.values()) == {(1, 2)}, costs


def test_unknown_login_names_are_forgotten(crm):
    for n in range(50):
        tried(crm, WRONG, minutes(n), sign_in_id(f"nobody-{n}"))
    Attempts(crm.pool).forget(ID, minutes(60))
    assert counted(crm) == (5, 5)
    for _ in range(5):
        tried(crm, WRONG, minutes(60), sign_in_id("nobody"))
    assert counted(crm) == (5, 5)
    assert crm.facts.head() == 0


# --- Over HTTP --------------------------------------------------------------------------------


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


def test_the_hash_is_in_the_log_of_facts_and_the_password_is_not(known):
    with known.pool.reading() as cursor:
        cursor.execute("select state from log.events where name = 'sign-in.password-set'")
        ((state,),) = cursor.fetchall()
    assert "$argon2id$" in state
    assert PASSWORD not in state


def test_who_has_left_gets_no_password(known, envelope):
    known.handle(LeaveMember(id=ANA), envelope(occurred_at=TUESDAY))
    with pytest.raises(Exception, match="not active"):
        known.handle(
            SetPassword(id=ID, member_id=ANA, login=LOGIN, hash="h2"),
            envelope(occurred_at=WEDNESDAY),
        )
    assert Sessions(known.pool).end_all(ANA) == 0


def test_sign_ins_stream_is_no_other_things():
    assert sign_in_id("ana") != identity_id("ana", "ana") != sample_id(1)
