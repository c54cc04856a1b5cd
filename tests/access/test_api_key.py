"""An API key: opens the door for what it may be used for, until it expires or is revoked."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from spec import ANA, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, at, sample_id, spec

from application.store.codec import decode
from domain.access.api_key import (
    ALL_SCOPES,
    KEY,
    Absent,
    Active,
    CreateKey,
    Credential,
    KeyCreated,
    KeyRevoked,
    KeyRotated,
    Old,
    Revoked,
    RevokeKey,
    RotateKey,
    Scope,
    opens,
)
from domain.confidential import Secret, secret_fields
from domain.ids import KeyId
from domain.kernel import Reference, references

ID = KeyId(sample_id(0x4E7))
FINGERPRINT, NEWER, NEWEST = "5e" * 32, "6f" * 32, "70" * 32

CREATE = CreateKey(id=ID, label="Nightly export", secret_sha256=FINGERPRINT)
ROTATE = RotateKey(id=ID, secret_sha256=NEWER)
REVOKE = RevokeKey(id=ID)

CREATED = KeyCreated(
    label="Nightly export",
    secret_sha256=FINGERPRINT,
    acts_as_id=None,
    scopes=ALL_SCOPES,
    expires_at=None,
)
UNTIL_WEDNESDAY = replace(CREATED, expires_at=WEDNESDAY)
ROTATED = KeyRotated(secret_sha256=NEWER, old_until=WEDNESDAY)
REVOKED = KeyRevoked()

ACTIVE = Active("Nightly export", FINGERPRINT, None, ALL_SCOPES, None)

# --- Rules: creating --------------------------------------------------------------------------


def test_a_key_is_created_for_a_service_account_and_may_do_everything_for_good():
    spec(KEY).when(CREATE).then(CREATED).then_state(ACTIVE)


def test_or_for_a_member_who_acts_through_a_program():
    (
        spec(KEY)
        .when(replace(CREATE, acts_as_id=ANA))
        .then(replace(CREATED, acts_as_id=ANA))
        .then_state(replace(ACTIVE, acts_as_id=ANA))
    )


def test_that_member_must_not_have_left():
    assert Reference("acts_as_id", "member", must_be_active=True) in references(CreateKey)


def test_or_just_for_some_uses():
    (
        spec(KEY)
        .when(replace(CREATE, scopes=(Scope.OPERATE, Scope.READ, Scope.READ)))
        .then(replace(CREATED, scopes=(Scope.READ, Scope.OPERATE)))  # each once, in one order
        .then_state(replace(ACTIVE, scopes=(Scope.READ, Scope.OPERATE)))
    )


def test_a_key_for_nothing_is_refused():
    spec(KEY).when(replace(CREATE, scopes=())).then_rejected("key.scopes-missing", field="scopes")


def test_a_use_nobody_knows_is_refused():
    unknown = replace(CREATE, scopes=(Scope.READ, "fly"))
    spec(KEY).when(unknown).then_rejected("key.scope-unknown", field="scopes")


def test_or_until_a_day():
    (
        spec(KEY)
        .when(replace(CREATE, expires_at=WEDNESDAY))
        .then(UNTIL_WEDNESDAY)
        .then_state(replace(ACTIVE, expires_at=WEDNESDAY))
    )


@pytest.mark.parametrize("day", [MONDAY, TUESDAY], ids=["past", "now"])
def test_a_key_that_would_have_expired_already_is_refused(day):
    late = replace(CREATE, expires_at=day)
    spec(KEY).when(late, at=TUESDAY).then_rejected("key.expiry-past", field="expires_at")


@pytest.mark.parametrize("label", ["", "  ", "\n\t\u3000"])
def test_a_key_without_a_label_is_refused(label):
    nameless = replace(CREATE, label=label)
    spec(KEY).when(nameless).then_rejected("key.label-missing", field="label")


def test_a_label_has_at_most_200_characters():
    spec(KEY).when(replace(CREATE, label="云" * 200)).then(replace(CREATED, label="云" * 200))
    longer = replace(CREATE, label="云" * 201)
    spec(KEY).when(longer).then_rejected("key.label-too-long", field="label")


@pytest.mark.parametrize("history", [(CREATED,), (CREATED, REVOKED)], ids=["active", "revoked"])
def test_no_key_is_created_twice(history):
    spec(KEY).given(*history).when(CREATE).then_rejected("key.exists")


# --- Rules: rotating --------------------------------------------------------------------------


def test_a_key_gets_a_new_secret_and_the_old_one_works_for_another_day():
    (
        spec(KEY)
        .given(CREATED)
        .when(ROTATE, at=TUESDAY)
        .then(KeyRotated(secret_sha256=NEWER, old_until=WEDNESDAY))
        .then_state(replace(ACTIVE, secret_sha256=NEWER, old=Old(FINGERPRINT, WEDNESDAY)))
    )


def test_or_for_as_long_as_asked_for_up_to_seven_days():
    week = timedelta(days=7)
    (
        spec(KEY)
        .given(CREATED)
        .when(replace(ROTATE, old_for=week), at=TUESDAY)
        .then(KeyRotated(secret_sha256=NEWER, old_until=TUESDAY + week))
    )


def test_or_not_at_all():
    (
        spec(KEY)
        .given(CREATED)
        .when(replace(ROTATE, old_for=timedelta(0)))
        .then(KeyRotated(secret_sha256=NEWER, old_until=None))
        .then_state(replace(ACTIVE, secret_sha256=NEWER))
    )


@pytest.mark.parametrize(
    "old_for",
    [timedelta(days=7, microseconds=1), timedelta.max, -timedelta(microseconds=1), timedelta.min],
)
def test_an_old_secret_that_would_work_too_long_is_refused(old_for):
    too_long = replace(ROTATE, old_for=old_for)
    spec(KEY).given(CREATED).when(too_long).then_rejected(
        "key.old-for-out-of-range", field="old_for"
    )


def test_no_secret_outlives_its_key():
    (
        spec(KEY)
        .given(UNTIL_WEDNESDAY)
        .when(replace(ROTATE, old_for=timedelta(days=5)), at=TUESDAY)
        .then(KeyRotated(secret_sha256=NEWER, old_until=WEDNESDAY))
    )


def test_a_second_rotation_ends_the_first_secret():
    (
        spec(KEY)
        .given(CREATED, ROTATED)
        .when(replace(ROTATE, secret_sha256=NEWEST), at=TUESDAY)
        .then(KeyRotated(secret_sha256=NEWEST, old_until=WEDNESDAY))
        .then_state(replace(ACTIVE, secret_sha256=NEWEST, old=Old(NEWER, WEDNESDAY)))
    )


def test_what_a_key_is_for_stays_when_it_is_rotated():
    told = replace(CREATED, acts_as_id=ANA, scopes=(Scope.READ,), expires_at=THURSDAY)
    (
        spec(KEY)
        .given(told)
        .when(ROTATE, at=TUESDAY)
        .then(ROTATED)
        .then_state(
            Active(
                "Nightly export", NEWER, ANA, (Scope.READ,), THURSDAY, Old(FINGERPRINT, WEDNESDAY)
            )
        )
    )


def test_no_unknown_key_is_rotated():
    spec(KEY).when(ROTATE).then_rejected("key.unknown")


def test_no_revoked_key_is_rotated():
    spec(KEY).given(CREATED, REVOKED).when(ROTATE).then_rejected("key.revoked")


@pytest.mark.parametrize("day", [WEDNESDAY, THURSDAY], ids=["just now", "before"])
def test_no_expired_key_is_rotated(day):
    spec(KEY).given(UNTIL_WEDNESDAY).when(ROTATE, at=day).then_rejected("key.expired")


# --- Rules: revoking --------------------------------------------------------------------------


def test_a_key_is_revoked():
    spec(KEY).given(CREATED).when(REVOKE).then(KeyRevoked()).then_state(Revoked())


def test_also_while_its_old_secret_works_and_after_it_has_expired():
    spec(KEY).given(CREATED, ROTATED).when(REVOKE).then(KeyRevoked()).then_state(Revoked())
    spec(KEY).given(UNTIL_WEDNESDAY).when(REVOKE, at=THURSDAY).then(KeyRevoked())


def test_no_unknown_key_is_revoked():
    spec(KEY).when(REVOKE).then_rejected("key.unknown")


def test_no_key_is_revoked_twice():
    spec(KEY).given(CREATED, REVOKED).when(REVOKE).then_rejected("key.revoked")


def test_an_active_key_may_be_referred_to():
    assert spec(KEY).given(CREATED).active


@pytest.mark.parametrize("history", [(), (CREATED, REVOKED)], ids=["unknown", "revoked"])
def test_any_other_may_not(history):
    assert not spec(KEY).given(*history).active


def test_history_that_makes_no_sense_is_not_refused():
    assert spec(KEY).given(ROTATED).state == Absent()
    assert spec(KEY).given(CREATED, REVOKED, at(TUESDAY, ROTATED)).state == Revoked()


# --- Rules: what opens the door ---------------------------------------------------------------

MOMENT = timedelta(microseconds=1)


def test_a_key_opens_the_door_with_its_own_secret_only():
    key = spec(KEY).given(CREATED).state
    assert opens(key, Credential(ID, FINGERPRINT, THURSDAY))
    assert not opens(key, Credential(ID, NEWER, THURSDAY))
    assert not opens(key, Credential(ID, "", THURSDAY))


@pytest.mark.parametrize("history", [(), (CREATED, REVOKED), (CREATED, ROTATED, REVOKED)])
def test_no_key_that_is_unknown_or_revoked_opens_it(history):
    key = spec(KEY).given(*history).state
    for secret in (FINGERPRINT, NEWER, "0" * 64, ""):
        assert not opens(key, Credential(ID, secret, MONDAY))


@pytest.mark.parametrize("secret", [FINGERPRINT, NEWER])
def test_no_expired_key_opens_it_whatever_its_secret(secret):
    rotated = KeyRotated(secret_sha256=NEWER, old_until=THURSDAY)
    key = spec(KEY).given(UNTIL_WEDNESDAY, rotated).state
    assert opens(key, Credential(ID, secret, WEDNESDAY - MOMENT))
    assert not opens(key, Credential(ID, secret, WEDNESDAY))


def test_an_old_secret_opens_it_until_its_time_is_over():
    key = spec(KEY).given(CREATED, ROTATED).state
    assert opens(key, Credential(ID, FINGERPRINT, WEDNESDAY - MOMENT))
    assert not opens(key, Credential(ID, FINGERPRINT, WEDNESDAY))
    assert opens(key, Credential(ID, NEWER, THURSDAY))


def test_an_old_secret_that_ended_at_once_opens_nothing():
    key = spec(KEY).given(CREATED, KeyRotated(secret_sha256=NEWER, old_until=None)).state
    assert not opens(key, Credential(ID, FINGERPRINT, MONDAY))
    assert not opens(key, Credential(ID, "0" * 64, MONDAY))  # what no secret leads to
    assert opens(key, Credential(ID, NEWER, MONDAY))


# --- In the log -------------------------------------------------------------------------------


def test_a_key_from_before_there_were_scopes_may_do_everything_for_good():
    happened, _ = decode(
        "key.created",
        '{"event":{"label":"Nightly export","secret_sha256":"' + FINGERPRINT + '",'
        '"acts_as_id":null},"envelope":{"occurred_at":"2025-03-03T09:00:00Z",'
        '"actor":{"kind":"system","id":"operator"},"channel":"cli"}}',
    )
    assert happened == CREATED


def test_every_hash_is_marked_as_a_secret():
    assert secret_fields(KeyCreated) == secret_fields(KeyRotated) == {"secret_sha256"}
    assert Secret() in get_args(KeyRotated.__annotations__["secret_sha256"])
