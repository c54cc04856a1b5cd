"""An API key: opens the door from its creation until it is revoked for good."""

import pytest
from spec import ANA, sample_id, spec

from domain.access.api_key import KEY, Active, CreateKey, KeyCreated, KeyRevoked, Revoked, RevokeKey
from domain.ids import KeyId
from domain.kernel import Reference, references

ID = KeyId(sample_id(0x4E7))
FINGERPRINT = "5e" * 32

CREATE = CreateKey(id=ID, label="Nightly export", secret_sha256=FINGERPRINT)
REVOKE = RevokeKey(id=ID)

CREATED = KeyCreated(label="Nightly export", secret_sha256=FINGERPRINT, acts_as_id=None)
REVOKED = KeyRevoked()

# --- Rules ------------------------------------------------------------------------------------


def test_a_key_is_created_for_a_service_account():
    (
        spec(KEY)
        .when(CREATE)
        .then(KeyCreated(label="Nightly export", secret_sha256=FINGERPRINT, acts_as_id=None))
        .then_state(Active("Nightly export", FINGERPRINT, acts_as_id=None))
    )


def test_or_for_a_member_who_acts_through_a_program():
    (
        spec(KEY)
        .when(CreateKey(id=ID, label="Ana's own", secret_sha256=FINGERPRINT, acts_as_id=ANA))
        .then(KeyCreated(label="Ana's own", secret_sha256=FINGERPRINT, acts_as_id=ANA))
        .then_state(Active("Ana's own", FINGERPRINT, acts_as_id=ANA))
    )


def test_that_member_must_not_have_left():
    assert Reference("acts_as_id", "member", must_be_active=True) in references(CreateKey)


@pytest.mark.parametrize("history", [(CREATED,), (CREATED, REVOKED)], ids=["active", "revoked"])
def test_no_key_is_created_twice(history):
    spec(KEY).given(*history).when(CREATE).then_rejected("key.exists")


def test_a_key_is_revoked():
    spec(KEY).given(CREATED).when(REVOKE).then(KeyRevoked()).then_state(Revoked())


def test_no_unknown_key_is_revoked():
    spec(KEY).when(REVOKE).then_rejected("key.unknown")


def test_no_key_is_revoked_twice():
    spec(KEY).given(CREATED, REVOKED).when(REVOKE).then_rejected("key.revoked")


def test_an_active_key_opens_the_door():
    assert spec(KEY).given(CREATED).active


@pytest.mark.parametrize("history", [(), (CREATED, REVOKED)], ids=["unknown", "revoked"])
def test_any_other_does_not(history):
    assert not spec(KEY).given(*history).active


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def asked_with(api, header):
    return api.acting_as(None).get("/customers", limit=1, headers={"Authorization": header})


def test_a_key_opens_the_door_until_it_is_revoked_over_http(api, running):
    key = running.new_key()
    assert asked_with(api, f"Bearer {key.text}").status == 200
    assert asked_with(api, f"bearer  {key.text}").status == 200  # the scheme's case is free
    running.revoke(key)
    asked_with(api, f"Bearer {key.text}").refused(401, "key.invalid")


def test_the_id_of_another_thing_opens_nothing_over_http(api, company, running):
    secret = running.new_key().text.rpartition("_")[2]
    customer, department = company.customer().id, company.department().id
    for other in (customer, department, str(running.new_key().id), str(sample_id(0xBAD))):
        header = f"Bearer ck_{other.replace('-', '')}_{secret}"
        answer = asked_with(api, header)
        answer.refused(401, "key.invalid")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Concord"'


@pytest.mark.parametrize(
    "header",
    [
        "{key}",
        "Bearer",
        "Bearer{key}",
        "Basic {key}",
        "Token {key}",
        "Bearer {key}x",
        "Bearer {cut}",
        "Bearer {key} {key}",
        "Bearer {key},",
        "Bearer {upper}",
        "Bearer {cut}\u00e9",
        "Bearer {id}_" + "A" * 43,
        "Bearer ck_" + "0" * 32 + "_" + "A" * 43,
        "Bearer " + "x" * 4000,
    ],
)
def test_what_is_no_key_opens_nothing_over_http(header, api, running):
    key = running.new_key().text
    parts = {"cut": key[:-1], "upper": key.upper(), "id": key.rpartition("_")[0]}
    asked_with(api, header.format(key=key, **parts)).refused(401, "key.invalid")


def test_a_key_kept_is_only_a_hash_over_http(api, running):
    key = running.new_key()
    told = running.query("select state from log.events where stream_id = %s", str(key.id))
    assert key.text.rpartition("_")[2] not in str(told)


def test_the_hash_of_a_secret_is_kept_and_never_shown(api, company):
    department = company.department().id  # something later than the key, to wait for
    api.get(f"/departments/{department}/history").went_well()
    shown = api.get("/audit/events?name=key.created").went_well().json["items"]
    assert shown
    assert all(set(fact["data"]) == {"label", "acts_as_id"} for fact in shown)
