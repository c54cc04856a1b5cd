"""Deciding on what a process remembers: whatever others wrote meanwhile, the answer is today's."""

from dataclasses import replace
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from spec import ANA, BO, HARBOUR, MONDAY, SALES, SERVICE, sample_id

from application.access import Asking
from application.crm import Crm, KeyRevoked, StaleVersion
from application.deciding import UnknownReference
from application.store.appending import Append, IdempotencyKey, KeyUsed, Outdated, insert
from domain.access.api_key import CreateKey, Credential, RevokeKey
from domain.customers.customer import (
    ChangeCustomerDetails,
    CustomerDetails,
    RegisterCustomer,
    TierCustomer,
)
from domain.customers.ownership import ClaimCustomer, ownership_id
from domain.ids import KeyId
from domain.kernel import Actor, Rejected
from domain.teams.department import CreateDepartment, DepartmentKind
from domain.teams.member import JoinMember, LeaveMember, MoveMember
from domain.values import Tier

ANAS_KEY = KeyId(sample_id(0x6E))
CREDENTIAL = Credential(ANAS_KEY, "0" * 64, MONDAY)


@pytest.fixture
def one(crm, envelope) -> Crm:
    """A process that remembers a company."""
    for command in (
        CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE),
        CreateDepartment(id=SERVICE, code="service", name="Service", kind=DepartmentKind.CORE),
        JoinMember(id=ANA, name="Ana", department_id=SALES, role="agent"),
        JoinMember(id=BO, name="Bo", department_id=SALES, role="agent"),
        RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour Foods")),
        CreateKey(id=ANAS_KEY, label="Ana's", secret_sha256="0" * 64, acts_as_id=ANA),
    ):
        crm.handle(command, envelope())
    return crm


@pytest.fixture
def other(one, dsn):
    """Another process over the same log."""
    other = Crm(dsn)
    yield other
    other.close()


def count(crm: Crm) -> int:
    return len(crm.facts.page(0))


def test_what_another_process_changed_is_seen(one, other, envelope):
    other.handle(TierCustomer(id=HARBOUR, tier=Tier.KEY), envelope(reason="grown"))
    # As one remembers it, this would be a change, and its version would be free.
    outcome = one.handle(TierCustomer(id=HARBOUR, tier=Tier.KEY), envelope(reason="grown"))
    assert (outcome.version, outcome.position) == (2, None)
    details = ChangeCustomerDetails(id=HARBOUR, details=CustomerDetails(name="Harbour"))
    assert one.handle(details, envelope(), expected=2).version == 3
    with pytest.raises(StaleVersion) as stale:
        other.handle(details, envelope(), expected=2)
    assert stale.value.current == 3


def test_nothing_is_given_to_who_has_left_elsewhere(one, other, envelope):
    other.handle(LeaveMember(id=ANA), envelope())
    before = count(one)
    claim = ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=ANA)
    with pytest.raises(UnknownReference) as refused:
        one.handle(claim, envelope())
    assert refused.value.field == "member_id"
    assert count(one) == before


def test_who_has_left_elsewhere_does_nothing_more(one, other, envelope):
    other.handle(LeaveMember(id=ANA), envelope())
    before = count(one)
    with pytest.raises(UnknownReference) as refused:
        one.handle(
            TierCustomer(id=HARBOUR, tier=Tier.KEY),
            envelope(actor=Actor.member(ANA), reason="grown"),
        )
    assert refused.value.field == "actor"
    assert count(one) == before


def test_the_department_of_who_acts_is_the_one_now(one, other, envelope):
    other.handle(MoveMember(id=ANA, department_id=SERVICE), envelope())
    one.handle(
        TierCustomer(id=HARBOUR, tier=Tier.KEY), envelope(actor=Actor.member(ANA), reason="grown")
    )
    (*_, tiered) = one.facts.stream(HARBOUR)
    assert tiered.envelope.department_id == SERVICE


def test_a_key_revoked_elsewhere_changes_nothing_more(one, other, envelope):
    tier = TierCustomer(id=HARBOUR, tier=Tier.KEY)
    told = envelope(actor=Actor.member(ANA), reason="grown")
    other.handle(RevokeKey(id=ANAS_KEY), envelope())
    before = count(one)
    with pytest.raises(KeyRevoked):
        one.handle(tier, told, by=Asking(CREDENTIAL))
    with pytest.raises(KeyRevoked):
        one.handle(tier, told, by=Asking(replace(CREDENTIAL, id=KeyId(uuid4()))))
    assert count(one) == before


def test_a_key_revoked_elsewhere_is_not_told_an_earlier_answer(one, other, envelope):
    tier, told = TierCustomer(id=HARBOUR, tier=Tier.KEY), envelope(reason="grown")
    once = IdempotencyKey("ana", "1", "f")
    one.handle(tier, told, by=Asking(CREDENTIAL), idempotency=once)
    other.handle(RevokeKey(id=ANAS_KEY), envelope())
    with pytest.raises(KeyRevoked):
        one.handle(tier, told, by=Asking(CREDENTIAL), idempotency=once)


def test_a_refusal_that_is_only_remembered_is_no_refusal(one, other, envelope):
    yunhe = sample_id(0xC2)
    with pytest.raises(Rejected):
        one.handle(TierCustomer(id=yunhe, tier=Tier.KEY), envelope(reason="grown"))
    other.handle(RegisterCustomer(id=yunhe, details=CustomerDetails(name="云河科技")), envelope())
    told = envelope(reason="grown")
    assert one.handle(TierCustomer(id=yunhe, tier=Tier.KEY), told).version == 2


def test_a_command_on_what_is_remembered_asks_the_database_once(one, envelope, monkeypatch):
    asked = []
    reading = type(one.pool).reading

    def counting(pool):
        asked.append(1)
        return reading(pool)

    monkeypatch.setattr(type(one.pool), "reading", counting)
    one.handle(
        TierCustomer(id=HARBOUR, tier=Tier.KEY),
        envelope(actor=Actor.member(ANA), reason="grown"),
        by=Asking(CREDENTIAL),
    )
    assert len(asked) == 1


# --- Groups -----------------------------------------------------------------------------------


def stored(stream_id=None, version=1) -> StoredEvent:
    return StoredEvent(stream_id or uuid4(), version, "x.y", b"{}")


def test_an_outdated_append_is_left_out_of_its_group_and_nothing_else(crm):
    known = uuid4()
    crm.log_recorder.insert_events([stored(known), stored(known, 2)])
    key, second, answered = (IdempotencyKey("ana", each, "f") for each in "123")
    crm.log_recorder.remember(answered, known, 2)
    group = [
        Append([stored(), stored()], seen={known: 2}),
        Append([stored(), stored()], key, seen={known: 1, uuid4(): 0}),
        Append([stored()], second, seen={known: 3}),
        Append([stored()], answered),
    ]
    with crm.pool.transaction() as cursor:
        first, outdated, third, used = insert(cursor, group)
    assert isinstance(outdated, Outdated)
    assert isinstance(used, KeyUsed)
    with crm.pool.reading() as cursor:
        cursor.execute("select id, stream_id from log.events order by id offset 2")
        written = dict(cursor.fetchall())
        cursor.execute("select key from log.idempotency order by key")
        assert cursor.fetchall() == [("2",), ("3",)]
    expected = [each.originator_id for append in (group[0], group[2]) for each in append.events]
    assert [written[position] for position in [*first, *third]] == expected
    assert len(written) == 3
    assert crm.log_recorder.answered(key) is None


def test_a_version_taken_fails_its_group_whole(crm):
    known = uuid4()
    crm.log_recorder.insert_events([stored(known)])
    with pytest.raises(IntegrityError), crm.pool.transaction() as cursor:
        insert(cursor, [Append([stored()]), Append([stored(known)])])
    assert count_rows(crm) == 1


def count_rows(crm: Crm) -> int:
    with crm.pool.reading() as cursor:
        cursor.execute("select count(*) from log.events")
        return cursor.fetchone()[0]
