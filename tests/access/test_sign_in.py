"""Signing in: login names, passwords and lock-out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

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
from tests.access.browser import PASSWORD, WRONG, now
from web.access import passwords
from web.access.passwords import Attempts, check_length, hashed, prove, settle
from web.access.sessions import Sessions

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
