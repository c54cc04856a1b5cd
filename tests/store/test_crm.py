"""Commands on a real log: raced, stamped with a beginning; done wholly or not at all."""

from datetime import timedelta
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError
from spec import HARBOUR, MONDAY, SALES, TUESDAY, YUNHE, sample_id

from application.crm import Crm, Outcome, StaleVersion
from application.deciding import Loaded
from application.store.codec import encode
from domain.customers.customer import (
    AddContact,
    ChangeCustomerDetails,
    RetractCustomer,
    TierCustomer,
)
from domain.customers.holding import Because
from domain.customers.ownership import ClaimCustomer, ClaimRejected, CustomerClaimed, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import ContactId, MemberId
from domain.kernel import Actor, Channel, Fact, Rejected
from domain.teams.department import (
    DEPARTMENT,
    CreateDepartment,
    DepartmentKind,
    DepartmentRenamed,
    Open,
    RenameDepartment,
)
from domain.values import Tier
from tests.store.small_company import KEY, RENAME, details, events, join, keys

# --- One command ------------------------------------------------------------------------------


def test_a_command_becomes_facts(company, envelope):
    around = envelope(occurred_at=TUESDAY, reason="grown")
    outcome = company.handle(RENAME, around)
    created, renamed = company.facts.stream(SALES)
    assert outcome == Outcome(SALES, 2, renamed.position)
    assert created.position < renamed.position
    assert (created.version, renamed.version) == (1, 2)
    assert renamed.event == DepartmentRenamed(name="Key accounts")
    assert renamed.envelope == around
    assert company.load(DEPARTMENT, SALES) == Loaded(
        Open("sales", "Key accounts", DepartmentKind.CORE), 2
    )


def test_what_is_not_there_yet_is_at_version_0(crm):
    assert crm.load(DEPARTMENT, SALES) == Loaded(DEPARTMENT.initial, 0)


def test_a_command_that_changes_nothing_appends_nothing(company, envelope, nothing_more):
    same = RenameDepartment(id=SALES, name="Sales")
    assert company.handle(same, envelope()) == Outcome(SALES, 1, None)
    assert company.handle(same, envelope(), expected=1) == Outcome(SALES, 1, None)
    absent = RetractCustomer(id=YUNHE)
    assert company.handle(absent, envelope()) == Outcome(YUNHE, 0, None)


def test_a_refused_command_appends_nothing(company, envelope, nothing_more):
    again = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)
    with pytest.raises(Rejected) as refused:
        company.handle(again, envelope(), idempotency=KEY)
    assert refused.value.code == "department.exists"
    assert keys(company) == 0


def test_facts_are_appended_all_or_none(company, envelope, nothing_more):
    def fact(version, event):
        return Fact(stream_id=SALES, version=version, event=event, envelope=envelope())

    taken = [fact(2, DepartmentRenamed(name="A")), fact(1, DepartmentRenamed(name="B"))]
    with pytest.raises(IntegrityError):
        company.append(taken)
    refused = [fact(2, DepartmentRenamed(name="A")), fact(3, DepartmentRenamed(name="\0"))]
    with pytest.raises(Rejected):
        company.append(refused)
    assert company.append([]) == []


def test_facts_appended_together_stand_together(company, envelope):
    names = ["A", "B", "C"]
    positions = company.append(
        [
            Fact(
                stream_id=SALES,
                version=version,
                event=DepartmentRenamed(name=name),
                envelope=envelope(),
            )
            for version, name in enumerate(names, start=2)
        ]
    )
    assert positions == list(range(positions[0], positions[0] + 3))
    assert [fact.event.name for fact in company.facts.at(positions)] == names


# --- Versions and races -----------------------------------------------------------------------


def test_the_version_the_caller_has_seen_must_be_the_one_now(company, envelope):
    assert company.handle(RENAME, envelope(), expected=1).version == 2
    with pytest.raises(StaleVersion) as stale:
        company.handle(RenameDepartment(id=SALES, name="Other"), envelope(), expected=1)
    assert stale.value.current == 2
    assert company.load(DEPARTMENT, SALES).version == 2
    with pytest.raises(StaleVersion) as stale:
        company.handle(RENAME, envelope(), expected=3)
    assert stale.value.current == 2
    absent = CreateDepartment(id=sample_id(9), code="x", name="X", kind=DepartmentKind.CORE)
    with pytest.raises(StaleVersion) as stale:
        company.handle(absent, envelope(), expected=1)
    assert stale.value.current == 0


def test_two_commands_at_once_that_both_hold_both_succeed(company, racing, envelope):
    commands = [
        TierCustomer(id=HARBOUR, tier=Tier.KEY),
        AddContact(id=HARBOUR, contact_id=ContactId(sample_id(5)), name="Zhang Wei"),
    ]
    outcomes, appended = racing([(each, envelope(reason="grown"), {}) for each in commands])
    assert sorted(outcome.version for outcome in outcomes) == [2, 3]
    assert appended == 3  # one of them twice
    names = [fact.name for fact in company.facts.stream(HARBOUR)]
    assert names[0] == "customer.registered"
    assert sorted(names[1:]) == ["customer.contact-added", "customer.tiered"]
    for outcome in outcomes:
        (fact,) = company.facts.at([outcome.position])
        assert fact.version == outcome.version


def test_of_two_commands_at_once_on_a_version_seen_one_is_stale(company, racing, envelope):
    commands = [ChangeCustomerDetails(id=HARBOUR, details=details(name)) for name in ("A", "B")]
    outcomes, appended = racing([(each, envelope(), {"expected": 1}) for each in commands])
    (won,) = [each for each in outcomes if isinstance(each, Outcome)]
    (lost,) = [each for each in outcomes if isinstance(each, StaleVersion)]
    assert won.version == lost.current == 2
    assert appended == 2
    winner = commands[outcomes.index(won)]
    assert [event.details for event in events(company, HARBOUR)[1:]] == [winner.details]


def test_of_sixteen_who_claim_a_customer_one_gets_it(company, racing, envelope):
    members = [MemberId(sample_id(0x1000 + number)) for number in range(16)]
    for number, member in enumerate(members):
        company.handle(join(member, f"Member {number}"), envelope())
    ownership = ownership_id(HARBOUR)
    claims = [
        ClaimCustomer(id=ownership, customer_id=HARBOUR, member_id=member) for member in members
    ]
    outcomes, _ = racing(
        [(each, envelope(actor=Actor.member(each.member_id)), {}) for each in claims]
    )
    events = [each.event for each in outcomes]
    (winner,) = [number for number, it in enumerate(events) if isinstance(it, CustomerClaimed)]
    lost = [it for it in events if isinstance(it, ClaimRejected)]
    assert {(it.because, it.owner_id) for it in lost} == {(Because.TAKEN, members[winner])}
    assert {it.claimant_id for it in lost} == set(members) - {members[winner]}
    now = company.load(OWNERSHIP, ownership)
    assert (now.state.owner_id, now.version) == (members[winner], 16)


def test_twenty_who_change_one_thing_at_once_all_succeed(company, racing, envelope):
    commands = [
        AddContact(id=HARBOUR, contact_id=ContactId(uuid4()), name=f"Contact {number}")
        for number in range(20)
    ]
    outcomes, _ = racing([(each, envelope(), {}) for each in commands])
    assert sorted(outcome.version for outcome in outcomes) == list(range(2, 22))


# --- The application itself -------------------------------------------------------------------


def test_two_processes_share_one_log(company, dsn, envelope):
    other = Crm(dsn, pool_size=2)
    try:
        outcome = other.handle(RENAME, envelope())
        assert company.load(DEPARTMENT, SALES).state.name == "Key accounts"
        assert company.facts.page(0) == other.facts.page(0)
        assert company.facts.head() == outcome.position
    finally:
        other.close()


def test_what_is_stored_is_what_the_codec_writes(company, envelope):
    company.handle(RENAME, envelope(occurred_at=MONDAY))
    (row,) = company.log_recorder.select_events(SALES, gt=1)
    fact = Fact(
        stream_id=SALES,
        version=2,
        event=DepartmentRenamed(name="Key accounts"),
        envelope=envelope(),
    )
    assert (row.topic, row.state) == ("department.renamed", encode(fact))


# --- Times ------------------------------------------------------------------------------------


def test_nothing_happens_before_its_beginning(company, envelope):
    began = company.load(DEPARTMENT, SALES).began
    early = envelope(occurred_at=began - timedelta(minutes=6))
    with pytest.raises(Rejected) as refusal:
        company.handle(RENAME, early)
    assert (refusal.value.code, refusal.value.field) == (
        "fact.before-its-beginning",
        "occurred_at",
    )
    # Clocks differ a little, and another system's history is history.
    assert company.handle(RENAME, envelope(occurred_at=began - timedelta(minutes=4))).version == 2
    again = RenameDepartment(id=SALES, name="Sales again")
    imported = envelope(occurred_at=began - timedelta(days=6), channel=Channel.IMPORT)
    assert company.handle(again, imported).version == 3
