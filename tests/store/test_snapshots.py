"""Snapshots: a long life is not read whole, and nothing else is different."""

from datetime import date, timedelta
from functools import reduce

import pytest
from spec import ANA, BO, HARBOUR, MONDAY, SALES, SERVICE

from application import snapshots
from application.catalogue import BY_KIND
from application.crm import Crm
from application.deciding import Loaded, follow_up
from application.demo import facts
from domain.access.api_key import CreateKey
from domain.access.data import ExportData
from domain.access.principal import EnrolService, GrantAccess
from domain.access.record import Thing, ViewRecord
from domain.access.role import Allowed, DefineRole, role_id
from domain.access.roles import Action, Reach, Resource
from domain.access.sharing import SHARING_ID, AgreeOnSharing, Dataset, ObjectToSharing
from domain.access.sign_in import LockSignIn, SetPassword, sign_in_id
from domain.audit.correction import CorrectFact, FieldChange, correction_id
from domain.confidential import FieldClass
from domain.customers.customer import (
    ChangeCustomerDetails,
    CustomerDetails,
    CustomerDetailsChanged,
    RegisterCustomer,
)
from domain.customers.customer_rules import CUSTOMER
from domain.exchange.import_run import StartImport
from domain.ids import (
    ComplaintSummaryId,
    DataId,
    GrantId,
    ImportId,
    KeyId,
    PrincipalId,
    RecordId,
)
from domain.kernel import Actor, Channel, Envelope, Fact, Subject
from domain.support.complaint_summary import PublishSummary, Question

LONG = 20_000


TOLD = [
    Envelope(
        occurred_at=MONDAY,
        actor=Actor.service(program),
        on_behalf_of=member,
        channel=Channel.API,
        reason="As they wish",
    )
    for program, member in ((HARBOUR, ANA), (SALES, BO))
]
"""By one and the other in turn: nobody settles their own objection."""
CONTESTED = {"id": SHARING_ID, "department_id": SALES, "dataset": Dataset.CUSTOMERS}
UNTOLD = {
    "key": [CreateKey(id=KeyId(HARBOUR), label="Export", secret_sha256="0" * 64, acts_as_id=ANA)],
    "import": [
        StartImport(
            id=ImportId(HARBOUR),
            source="helpdesk",
            file="a.csv",
            file_sha256="0" * 64,
            map_sha256="0" * 64,
        )
    ],
    "principal": [
        EnrolService(id=PrincipalId(HARBOUR), label="Export"),
        GrantAccess(
            id=PrincipalId(HARBOUR),
            grant_id=GrantId(HARBOUR),
            role="sales",
            department_id=SALES,
        ),
    ],
    "role": [
        DefineRole(
            id=role_id("night-shift"),
            name="night-shift",
            permissions=(Allowed(Resource.REQUEST, Action.READ, Reach.OWN),),
            shows=(FieldClass.CONTACT,),
        )
    ],
    "record": [
        ViewRecord(id=RecordId(HARBOUR), things=(Thing("customer", HARBOUR),), through="get_it")
    ],
    "data": [ExportData(id=DataId(HARBOUR), what="customers", form="csv")],
    "sign-in": [
        SetPassword(id=sign_in_id("ana"), member_id=ANA, login="ana", hash="$argon2id$"),
        LockSignIn(id=sign_in_id("ana"), until=MONDAY + timedelta(minutes=5)),
    ],
    "sharing": [
        ObjectToSharing(**CONTESTED, from_ids=(SERVICE,)),
        AgreeOnSharing(**CONTESTED, withheld_from=(SERVICE,)),
        ObjectToSharing(**CONTESTED, from_ids=(SERVICE,)),
    ],
    "complaint-summary": [
        PublishSummary(
            id=ComplaintSummaryId(HARBOUR),
            question=Question(
                first=date(2026, 1, 1),
                last=date(2026, 4, 1),
                timezone="Asia/Shanghai",
                acknowledge_hours=24,
                resolve_hours=120,
            ),
            position=7,
            digest="0" * 64,
            conclusions="Fewer by night",
        )
    ],
    "correction": [
        CorrectFact(
            id=correction_id(7),
            target=7,
            event_name="order.paid",
            changes=(FieldChange("amount", '{"minor":1,"currency":"CNY"}'),),
            about=(Subject("order", HARBOUR),),
            corrected_at=MONDAY,
            by_id=BO,
        )
    ],
}
"""What the sample company does not tell of."""


def untold(kind: str) -> list[Fact]:
    life: list[Fact] = []
    for number, command in enumerate(UNTOLD.get(kind, ())):
        loaded = Loaded(BY_KIND[kind].initial, 0).followed(BY_KIND[kind], life)
        life += follow_up(BY_KIND[kind], command, loaded, TOLD[number % 2])
    return life


@pytest.mark.parametrize("kind", BY_KIND)
def test_every_state_is_read_back_as_it_was(kind):
    lives = {HARBOUR: untold(kind)}
    for each in facts():
        if each.kind == kind:
            lives.setdefault(each.stream_id, []).append(each)
    states = [
        Loaded(BY_KIND[kind].initial, 0).followed(BY_KIND[kind], life)
        for life in lives.values()
        if life
    ]
    assert states
    for loaded in states:
        read = snapshots.decode(kind, loaded.version, snapshots.encode(loaded).decode())
        assert (read.state, read.version, read.began) == (
            loaded.state,
            loaded.version,
            loaded.began,
        )


@pytest.fixture
def long_life(crm, envelope) -> Crm:
    """A customer whose name has changed 20,000 times."""
    crm.handle(RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour 0")), envelope())
    crm.append(
        [
            Fact(
                stream_id=HARBOUR,
                version=number + 1,
                event=CustomerDetailsChanged(details=CustomerDetails(name=f"Harbour {number}")),
                envelope=envelope(occurred_at=MONDAY + timedelta(minutes=number)),
            )
            for number in range(1, LONG)
        ]
    )
    return crm


@pytest.fixture
def read(monkeypatch):
    """Counts the facts that are read to know how things stand."""
    counted = []
    followed = Loaded.followed

    def counting(loaded, decider, facts):
        counted.append(len(facts))
        return followed(loaded, decider, facts)

    monkeypatch.setattr(Loaded, "followed", counting)
    return counted


def rename(crm, envelope, name):
    details = ChangeCustomerDetails(id=HARBOUR, details=CustomerDetails(name=name))
    return crm.handle(details, envelope(occurred_at=MONDAY + timedelta(days=30)))


def test_a_long_life_is_read_whole_once(long_life, dsn, envelope, read):
    assert rename(long_life, envelope, "a").version == LONG + 1
    assert sum(read) == LONG  # all but the first, which it remembered, and its own
    for number in range(3):
        later = Crm(dsn)  # a process that remembers nothing
        read.clear()
        try:
            assert rename(later, envelope, f"b{number}").version == LONG + 2 + number
            assert sum(read) <= snapshots.EVERY + 1
            assert later.load(CUSTOMER, HARBOUR).began == MONDAY
        finally:
            later.close()


def test_what_is_kept_grows_with_the_life(crm, dsn, envelope, monkeypatch):
    monkeypatch.setattr(snapshots, "EVERY", 5)
    crm.handle(RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour")), envelope())
    for number in range(12):
        rename(crm, envelope, f"Harbour {number}")
    assert kept(crm) == [("customer", HARBOUR, 10)]


def test_a_command_does_not_fail_for_want_of_a_snapshot(crm, owner, envelope, monkeypatch):
    monkeypatch.setattr(snapshots, "EVERY", 2)
    owner.execute("revoke insert on views.snapshots from concord_app")
    crm.handle(RegisterCustomer(id=HARBOUR, details=CustomerDetails(name="Harbour")), envelope())
    assert rename(crm, envelope, "Harbour Foods").version == 2
    assert kept(crm) == []


def test_rules_that_changed_begin_at_the_facts_again(long_life, dsn, envelope, read, monkeypatch):
    whole = long_life.load(CUSTOMER, HARBOUR)
    with long_life.pool.reading() as cursor:
        wrong = Loaded(CUSTOMER.initial, LONG)
        monkeypatch.setattr(snapshots, "rules", lambda: "older")
        snapshots.save(cursor, ("customer", HARBOUR), wrong)
        monkeypatch.setattr(snapshots, "rules", lambda: "today's")
    later = Crm(dsn)
    try:
        read.clear()
        assert later.load(CUSTOMER, HARBOUR) == whole
        assert sum(read) == LONG
    finally:
        later.close()


def test_an_older_snapshot_does_not_replace_a_later_one(long_life):
    whole = long_life.load(CUSTOMER, HARBOUR)
    with long_life.pool.reading() as cursor:
        snapshots.save(cursor, ("customer", HARBOUR), Loaded(whole.state, 500, whole.began))
    assert kept(long_life) == [("customer", HARBOUR, LONG)]


def test_a_state_is_the_same_from_its_snapshot_as_from_its_facts(long_life, dsn):
    whole = reduce(CUSTOMER.evolve, long_life.facts.stream(HARBOUR), CUSTOMER.initial)
    long_life.load(CUSTOMER, HARBOUR)
    later = Crm(dsn)
    try:
        assert later.load(CUSTOMER, HARBOUR).state == whole
    finally:
        later.close()


def kept(crm):
    with crm.pool.reading() as cursor:
        cursor.execute("select kind, stream_id, version from views.snapshots")
        return cursor.fetchall()
