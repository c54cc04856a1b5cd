"""An API key over HTTP: whom it lets in, to do what, until when; and when it was last used."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from spec import HARBOUR, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, sample_id

from application.access import Asking
from application.crm import Crm, KeyRevoked
from application.store.pool import connect
from domain.access.api_key import (
    CreateKey,
    Credential,
    KeyCreated,
    KeyRotated,
    RotateKey,
    Scope,
)
from domain.access.principal import EnrolService, service_principal_id
from domain.access.roles import EVERYTHING_TOGETHER
from domain.customers.customer import CustomerDetails, RegisterCustomer, TierCustomer
from domain.ids import KeyId
from domain.kernel import Actor, Channel, Envelope, Fact
from domain.values import Tier
from tests.web.client import wait_until
from tests.web.operations import changes, reads, ready, untouched
from web.access.auth import Uses
from web.commands.accounts import create_key, grant, revoke_key, rotate_key, trusted_key

pytest_plugins = ["tests.web.fixtures"]

NEW_CUSTOMER = {"details": {"name": "Harbour Foods"}}
UNKNOWN = f"ck_{'0' * 32}_{'A' * 43}"


def sha256(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


# --- Whom it lets in --------------------------------------------------------------------------


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


def test_the_hash_of_a_secret_is_kept_and_never_shown(api, company, running):
    rotate_key(running.crm, running.new_key().id)
    later = company.department()  # to wait for
    for name, told in (
        ("key.created", {"label", "acts_as_id", "scopes", "expires_at"}),
        ("key.rotated", {"old_until"}),
    ):
        shown = api.get(f"/audit/events?name={name}", after=later).went_well().json["items"]
        assert shown
        assert all(set(fact["data"]) == told for fact in shown)


def test_a_revoked_key_sees_nothing_more_by_any_method(running):
    key = running.new_key()
    own = running.api.acting_as(key.text)
    own.post("/customers", NEW_CUSTOMER).went_well()  # the server remembers it now
    running.revoke(key)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert own.ask(method, "/customers").status == 401


# --- What for ---------------------------------------------------------------------------------


def limited(running, *scopes):
    """A program whose key is just for this."""
    return running.api.acting_as(trusted_key(running.crm, "limited", scopes=scopes).text)


def refused_for(answer, scope):
    answer.refused(403, "key.scope")
    assert f"'{scope}'" in answer.json["detail"]


def test_who_may_only_read_changes_nothing(running, company):
    own = limited(running, Scope.READ)
    own.get("/customers", limit=1).went_well()
    assert own.ask("HEAD", "/customers").status == 200
    refused_for(own.get("//metrics"), "operate")
    requests = [untouched(company, operation) for operation in changes()]
    facts = running.facts()
    for request in requests:
        refused_for(request.send(headers={"Authorization": f"Bearer {own.key}"}), "change")
    assert running.facts() == facts


def test_who_may_only_change_is_shown_nothing(running, company):
    own = limited(running, Scope.CHANGE)
    own.post("/customers", NEW_CUSTOMER).went_well()
    refused_for(own.get("//metrics"), "operate")
    assert own.ask("HEAD", "/customers").status == 403
    for operation in reads():
        request = ready(company, operation)
        refused_for(request.send(headers={"Authorization": f"Bearer {own.key}"}), "read")


def test_who_watches_concord_sees_no_customers(running):
    own = limited(running, Scope.OPERATE)
    assert own.get("//metrics").status == 200
    refused_for(own.get("/customers"), "read")
    refused_for(own.post("/customers", NEW_CUSTOMER), "change")


def test_a_key_for_two_uses_is_told_both(running):
    own = limited(running, Scope.READ, Scope.CHANGE)
    own.get("/customers", limit=1).went_well()
    own.post("/customers", NEW_CUSTOMER).went_well()
    answer = own.get("//metrics")
    refused_for(answer, "operate")
    assert "read and change" in answer.json["detail"]


# --- Until when -------------------------------------------------------------------------------


def by_operator(at=MONDAY):
    return Envelope(occurred_at=at, actor=Actor.system("operator"), channel=Channel.CLI)


def told_of_a_key(running, *, expires_at=None, old_until=None, rotated=False):
    """Write a key's life into the log as it may have been; return its texts, newest first."""
    key_id, secrets = KeyId(uuid4()), ["A" * 42 + "n", "A" * 42 + "o"]
    newest, oldest = (sha256(each) for each in secrets)
    created = KeyCreated(
        label="told",
        secret_sha256=oldest if rotated else newest,
        acts_as_id=None,
        scopes=tuple(Scope),
        expires_at=expires_at,
    )
    life = [created] + [KeyRotated(secret_sha256=newest, old_until=old_until)] * rotated
    running.crm.append(
        [
            Fact(stream_id=key_id, version=version, event=event, envelope=by_operator())
            for version, event in enumerate(life, start=1)
        ]
    )
    return [f"ck_{key_id.hex}_{secret}" for secret in secrets]


def without_request_id(answer):
    return {name: told for name, told in answer.json.items() if name != "request_id"}


def test_an_expired_key_is_as_good_as_unknown(running):
    expired, _ = told_of_a_key(running, expires_at=TUESDAY)
    facts = running.facts()
    for ask in (
        lambda own: own.get("/customers"),
        lambda own: own.post("/customers", NEW_CUSTOMER),
        lambda own: own.get("//metrics"),
    ):
        answer, unknown = (ask(running.api.acting_as(key)) for key in (expired, UNKNOWN))
        answer.refused(401, "key.invalid")
        assert without_request_id(answer) == without_request_id(unknown)
        assert answer.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"]
    assert running.facts() == facts


def test_a_key_opens_the_door_until_it_expires(running):
    soon = datetime.now(UTC) + timedelta(seconds=2)
    own = running.api.acting_as(trusted_key(running.crm, "short", expires_at=soon).text)
    own.post("/customers", NEW_CUSTOMER).went_well()
    own.get("/customers", limit=1).went_well()
    wait_until(lambda: own.get("/customers", limit=1).status == 401)
    assert datetime.now(UTC) >= soon
    own.post("/customers", NEW_CUSTOMER).refused(401, "key.invalid")  # also as it is remembered


def test_after_a_rotation_both_secrets_open_the_door(running):
    before = running.new_key()
    after = rotate_key(running.crm, before.id)
    assert after.id == before.id
    for key in (before, after):
        own = running.api.acting_as(key.text)
        own.get("/customers", limit=1).went_well()
        own.post("/customers", NEW_CUSTOMER).went_well()
    running.revoke(after)
    for key in (before, after):
        running.api.acting_as(key.text).get("/customers").refused(401, "key.invalid")


def test_an_old_secret_opens_nothing_when_its_time_is_over(running):
    new, old = told_of_a_key(running, rotated=True, old_until=WEDNESDAY)
    running.api.acting_as(new).get("//metrics").went_well()
    running.api.acting_as(old).get("//metrics").refused(401, "key.invalid")
    running.api.acting_as(old).post("/customers", NEW_CUSTOMER).refused(401, "key.invalid")


def test_an_old_secret_ended_at_once_changes_nothing_though_it_is_remembered(running):
    before = running.new_key()
    own = running.api.acting_as(before.text)
    own.post("/customers", NEW_CUSTOMER).went_well()  # the server remembers it now
    after = rotate_key(running.crm, before.id, timedelta(0))  # by another process
    facts = running.facts()
    own.post("/customers", NEW_CUSTOMER).refused(401, "key.invalid")
    own.get("/customers").refused(401, "key.invalid")
    assert running.facts() == facts
    running.api.acting_as(after.text).post("/customers", NEW_CUSTOMER).went_well()


# --- As a change is carried out ---------------------------------------------------------------

ID = KeyId(sample_id(0x6F))
SECRET, NEWER = "5e" * 32, "6f" * 32
CHANGE = TierCustomer(id=HARBOUR, tier=Tier.KEY)


@pytest.fixture
def until_thursday(crm: Crm) -> Crm:
    """A customer, and a key that opens the door until Thursday, its old secret until Wednesday."""
    crm.handle(
        RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour")), by_operator(MONDAY)
    )
    created = CreateKey(id=ID, label="x", secret_sha256=SECRET, expires_at=THURSDAY)
    crm.handle(created, by_operator(MONDAY))
    crm.handle(RotateKey(id=ID, secret_sha256=NEWER), by_operator(TUESDAY))
    return crm


@pytest.mark.parametrize("claimed", [MONDAY, THURSDAY])
@pytest.mark.parametrize(("secret", "end"), [(SECRET, WEDNESDAY), (NEWER, THURSDAY)])
def test_the_time_now_counts_and_not_the_time_that_is_claimed(
    until_thursday, envelope, secret, end, claimed
):
    told = envelope(occurred_at=claimed, reason="grown")
    with pytest.raises(KeyRevoked):
        until_thursday.handle(CHANGE, told, by=Asking(Credential(ID, secret, end)))
    before = Credential(ID, secret, end - timedelta(microseconds=1))
    assert until_thursday.handle(CHANGE, told, by=Asking(before)).version == 2


def test_a_secret_that_is_not_the_keys_changes_nothing(until_thursday, envelope):
    for credential in (
        Credential(ID, "0" * 64, TUESDAY),
        Credential(KeyId(uuid4()), NEWER, TUESDAY),
        Credential(KeyId(HARBOUR), NEWER, TUESDAY),
    ):
        with pytest.raises(KeyRevoked):
            until_thursday.handle(CHANGE, envelope(reason="grown"), by=Asking(credential))


# --- A log from before there were scopes ------------------------------------------------------


def test_a_key_of_an_older_log_has_every_scope_and_needs_grants(running):
    key_id, secret = KeyId(uuid4()), "B" * 43
    event = {"label": "old", "secret_sha256": sha256(secret), "acts_as_id": None}
    around = {
        "occurred_at": "2025-03-03T09:00:00Z",
        "actor": {"kind": "system", "id": "operator"},
        "channel": "cli",
    }
    written = json.dumps({"event": event, "envelope": around}).encode()
    running.crm.log_recorder.insert_events([StoredEvent(key_id, 1, "key.created", written)])
    own = running.api.acting_as(f"ck_{key_id.hex}_{secret}")
    own.post("/customers", NEW_CUSTOMER).refused(403, "access.refused")
    by = Envelope(
        occurred_at=datetime.now(UTC), actor=Actor.system("operator"), channel=Channel.CLI
    )
    who = service_principal_id(key_id)
    running.crm.handle(EnrolService(id=who, label="old"), by)
    for role in EVERYTHING_TOGETHER:
        grant(running.crm, who, role)
    done = own.post("/customers", NEW_CUSTOMER).went_well()
    own.get(f"/customers/{done.id}", after=done).went_well()
    assert own.get("//metrics").status == 200
    (shown,) = own.get("/audit/events", after=done, subject=f"key:{key_id}").json["items"]
    assert shown["data"] == {
        "label": "old",
        "acts_as_id": None,
        "scopes": ["read", "change", "operate"],
        "expires_at": None,
    }
    newer = running.api.acting_as(rotate_key(running.crm, key_id, timedelta(0)).text)
    newer.get("/customers", limit=1).went_well()
    own.get("/customers").refused(401, "key.invalid")
    revoke_key(running.crm, key_id)
    newer.get("/customers").refused(401, "key.invalid")


# --- When it was last used --------------------------------------------------------------------


def last_used(running, key):
    found = running.query("select used_at from log.key_use where key_id = %s", str(key.id))
    return found[0][0] if found else None


def test_the_use_of_a_key_is_written_down_once_a_minute_and_is_no_fact(running):
    key = running.new_key()
    assert last_used(running, key) is None
    own, began, facts = running.api.acting_as(key.text), datetime.now(UTC), running.facts()
    own.get("/customers", limit=1).went_well()
    wait_until(lambda: last_used(running, key) is not None)
    once = last_used(running, key)
    assert began <= once <= datetime.now(UTC)
    for _ in range(3):
        own.get("/customers", limit=1).went_well()
    own.get("//metrics")
    assert last_used(running, key) == once
    assert running.facts() == facts


def test_what_is_no_key_is_no_use_and_what_it_is_not_for_is_one(running):
    key = create_key(running.crm, "limited", scopes=(Scope.OPERATE,))
    own = running.api.acting_as(key.text)
    own.acting_as(key.text[:-1] + "~").get("/customers").refused(401, "key.invalid")
    assert last_used(running, key) is None
    own.get("/customers").refused(403, "key.scope")  # it is still in somebody's program
    wait_until(lambda: last_used(running, key) is not None)


def test_a_process_writes_a_use_down_at_most_once_a_minute():
    uses, other = Uses(), KeyId(sample_id(2))
    minutes = (0, 0.5, 0.99, 1, 1.5, 2.5)
    due = [uses.is_due(Credential(ID, SECRET, MONDAY + timedelta(minutes=m))) for m in minutes]
    assert due == [True, False, False, True, False, True]
    assert uses.is_due(Credential(other, SECRET, MONDAY))


def test_the_last_use_of_all_processes_stays(crm):
    for day in (TUESDAY, WEDNESDAY, MONDAY):
        Uses.keep(crm.pool, Credential(ID, SECRET, day))
    with crm.pool.reading() as cursor:
        cursor.execute("select key_id, used_at from log.key_use")
        assert cursor.fetchall() == [(ID, WEDNESDAY)]


def test_nobody_fails_because_a_use_was_not_written_down(crm, dsn):
    owner = connect(dsn, role=None)
    with owner, owner.cursor() as cursor:
        cursor.execute("drop table log.key_use")
    owner.close()
    Uses.keep(crm.pool, Credential(ID, SECRET, MONDAY))


@pytest.mark.parametrize("statement", ["delete from log.key_use", "truncate log.key_use"])
def test_the_application_forgets_no_use(crm, statement):
    with pytest.raises(Exception, match="permission denied"), crm.pool.reading() as cursor:
        cursor.execute(statement)
