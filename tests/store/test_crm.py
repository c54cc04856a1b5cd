"""Commands on a real log: raced, retried, referred, stamped; done wholly or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Lock, local
from uuid import uuid4

import psycopg2
import pytest
from eventsourcing.persistence import IntegrityError
from spec import (
    ANA,
    BO,
    FRIDAY,
    HARBOUR,
    LI_NA,
    MONDAY,
    SALES,
    SERVICE,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    YUNHE,
    sample_id,
)

from application.crm import Crm, KeyReused, Outcome, StaleVersion
from application.deciding import Loaded, UnknownReference
from application.store.appending import Append, IdempotencyKey, KeyInFlight, insert_one
from application.store.codec import encode
from application.store.pool import connect
from application.store.recorder import Answered
from domain.customers.customer import (
    AddContact,
    ChangeCustomerDetails,
    CustomerDetails,
    RegisterCustomer,
    RetractCustomer,
    TierCustomer,
)
from domain.customers.customer_rules import CUSTOMER
from domain.customers.holding import Because
from domain.customers.interaction import Direction, LogInteraction
from domain.customers.ownership import ClaimCustomer, ClaimRejected, CustomerClaimed, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import ContactId, InteractionId, MemberId, RequestId
from domain.kernel import Actor, Channel, Fact, Rejected
from domain.support.request import OpenRequest, VoidRequest
from domain.support.request_rules import REQUEST
from domain.support.words import RequestKind
from domain.teams.department import (
    DEPARTMENT,
    CloseDepartment,
    CreateDepartment,
    DepartmentClosed,
    DepartmentCreated,
    DepartmentKind,
    DepartmentRenamed,
    Open,
    RenameDepartment,
)
from domain.teams.member import (
    ChangeMemberRole,
    JoinMember,
    LeaveMember,
    MoveMember,
    RetractMember,
)
from domain.values import ContactChannel, Tier

KEY = IdempotencyKey("ana's key", "2025-03-03/1", "sha256 of the request")
RENAME = RenameDepartment(id=SALES, name="Key accounts")


def join(member: MemberId, name: str, department=SALES, role: str = "agent") -> JoinMember:
    return JoinMember(id=member, name=name, department_id=department, role=role)


def details(name: str) -> CustomerDetails:
    return CustomerDetails(name=name)


@pytest.fixture
def company(crm, envelope) -> Crm:
    """A Concord with two departments, three members and a customer."""
    for command in (
        CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE),
        CreateDepartment(id=SERVICE, code="service", name="Service", kind=DepartmentKind.CORE),
        join(ANA, "Ana"),
        join(BO, "Bo", SERVICE),
        join(LI_NA, "李娜", role="lead"),
        RegisterCustomer(id=HARBOUR, details=details("Harbour Foods")),
    ):
        crm.handle(command, envelope())
    return crm


@pytest.fixture
def nothing_more(company):
    """Checks that the test appends nothing."""
    before = company.facts.page(0)
    assert len(before) == 6
    yield
    assert company.facts.page(0) == before


def events(crm: Crm, stream_id) -> list:
    return [fact.event for fact in crm.facts.stream(stream_id)]


def keys(crm: Crm) -> int:
    with crm.pool.reading() as cursor:
        cursor.execute("select count(*) from log.idempotency")
        return cursor.fetchone()[0]


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


@pytest.fixture
def racing(company, monkeypatch) -> Callable[[list], tuple[list, int]]:
    """Handle commands in a thread each, all loaded before the first appends.

    Returns what came of each, and how often facts were appended, in vain or not.
    """

    def race(calls: list) -> tuple[list, int]:
        everybody, first_time, lock = Barrier(len(calls)), local(), Lock()
        appended = 0
        append = company.append

        def together(facts, **kwargs):
            nonlocal appended
            if not hasattr(first_time, "over"):
                first_time.over = True
                everybody.wait(10)
            with lock:
                appended += 1
            return append(facts, **kwargs)

        def call(args):
            command, envelope, kwargs = args
            try:
                return company.handle(command, envelope, **kwargs)
            except (Rejected, StaleVersion, KeyInFlight) as answer:
                return answer

        monkeypatch.setattr(company, "append", together)
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(call, calls)), appended

    return race


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


# --- Idempotency ------------------------------------------------------------------------------


def test_the_same_request_again_gives_the_same_answer(company, envelope):
    first = company.handle(RENAME, envelope(), idempotency=KEY)
    assert first.version == 2
    company.handle(RenameDepartment(id=SALES, name="Meanwhile"), envelope())
    before = company.facts.page(0)
    again = company.handle(RENAME, envelope(), idempotency=KEY)
    stale = company.handle(RENAME, envelope(), idempotency=KEY, expected=1)
    assert again == stale == first
    assert company.facts.page(0) == before
    assert company.log_recorder.answered(KEY) == Answered(KEY.fingerprint, SALES, 2)


def test_a_request_that_changed_nothing_gives_the_same_answer_too(company, envelope):
    same = RenameDepartment(id=SALES, name="Sales")
    first = company.handle(same, envelope(), idempotency=KEY)
    assert first == Outcome(SALES, 1, None)
    company.handle(RENAME, envelope())
    # A retry of the first request, whose answer was lost, must not undo what came since.
    assert company.handle(same, envelope(), idempotency=KEY) == first
    assert company.load(DEPARTMENT, SALES).state.name == "Key accounts"
    with pytest.raises(KeyReused):
        company.handle(same, envelope(), idempotency=replace(KEY, fingerprint="other"))


def test_a_request_about_nothing_gives_the_same_answer_too(company, envelope):
    absent = RetractCustomer(id=YUNHE)
    first = company.handle(absent, envelope(), idempotency=KEY)
    assert first == Outcome(YUNHE, 0, None)
    company.handle(RegisterCustomer(id=YUNHE, details=details("云河科技")), envelope())
    assert company.handle(absent, envelope(), idempotency=KEY) == first
    assert company.load(CUSTOMER, YUNHE).version == 1


def test_a_key_belongs_to_one_request(company, envelope):
    company.handle(RENAME, envelope(), idempotency=KEY)
    other = RenameDepartment(id=SALES, name="Other")
    with pytest.raises(KeyReused):
        company.handle(other, envelope(), idempotency=replace(KEY, fingerprint="other"))
    assert company.load(DEPARTMENT, SALES).version == 2


def test_keys_of_others_are_others(company, envelope):
    for number, key in enumerate(
        (
            KEY,
            replace(KEY, key="2025-03-03/2"),
            replace(KEY, principal="bo's key"),
            # The two parts are kept apart.
            IdempotencyKey("a", "bc", "f"),
            IdempotencyKey("ab", "c", "f"),
        ),
        start=2,
    ):
        renamed = RenameDepartment(id=SALES, name=f"Sales {number}")
        assert company.handle(renamed, envelope(), idempotency=key).version == number
    assert keys(company) == 5


def stored_rename(company, envelope):
    event = DepartmentRenamed(name="Cut short")
    fact = Fact(stream_id=SALES, version=2, event=event, envelope=envelope)
    return company.events.mapper.to_stored_event(fact)


def test_a_request_in_flight_is_not_answered_twice(company, dsn, envelope, nothing_more):
    first = connect(dsn)
    try:
        # On its way into the log and not committed yet, with its key.
        insert_one(first.cursor(), Append([stored_rename(company, envelope())], KEY))
        with pytest.raises(KeyInFlight):
            company.handle(RENAME, envelope(), idempotency=KEY)
        # Nobody else is held up by it.
        for other in (replace(KEY, key="other"), replace(KEY, principal="other")):
            same = RenameDepartment(id=SALES, name="Sales")
            assert company.handle(same, envelope(), idempotency=other).version == 1
        first.rollback()
    finally:
        first.close()


@pytest.mark.parametrize("ending", ["rollback", "crash"])
def test_what_was_cut_short_leaves_neither_key_nor_fact(company, dsn, owner, envelope, ending):
    writer = connect(dsn)
    try:
        cursor = writer.cursor()
        insert_one(cursor, Append([stored_rename(company, envelope())], KEY))
        if ending == "rollback":
            writer.rollback()
        else:
            owner.execute("select pg_terminate_backend(%s, 5000)", (writer.info.backend_pid,))
            with pytest.raises(psycopg2.OperationalError):
                writer.commit()
    finally:
        writer.close()
    assert keys(company) == 0
    assert company.load(DEPARTMENT, SALES).version == 1
    assert company.handle(RENAME, envelope(), idempotency=KEY).version == 2
    assert keys(company) == 1


def test_a_conflict_leaves_no_key_behind(company, envelope):
    taken = Fact(stream_id=SALES, version=1, event=DepartmentClosed(), envelope=envelope())
    with pytest.raises(IntegrityError):
        company.append([taken], idempotency=KEY)
    assert keys(company) == 0
    assert company.log_recorder.answered(KEY) is None


def test_the_same_request_twice_at_once_is_done_once(company, racing, envelope):
    outcomes, _ = racing([(RENAME, envelope(), {"idempotency": KEY})] * 8)
    done = [each for each in outcomes if isinstance(each, Outcome)]
    assert done
    assert set(done) == {Outcome(SALES, 2, company.facts.head())}
    assert all(isinstance(each, Outcome | KeyInFlight) for each in outcomes)
    assert company.load(DEPARTMENT, SALES).version == 2


TWINS = [
    (RENAME, RENAME),
    # Each attempt to make a new thing comes with a new id.
    (
        RegisterCustomer(id=YUNHE, details=details("云河科技")),
        RegisterCustomer(id=sample_id(0xC3), details=details("云河科技")),
    ),
]
UNCHANGING = (RetractCustomer(id=YUNHE), RetractCustomer(id=sample_id(0xC3)))


@pytest.mark.parametrize(
    ("requests", "look"),
    [
        *((each, "remembered") for each in (*TWINS, UNCHANGING)),
        (UNCHANGING, "look"),
        (UNCHANGING, "answered"),
    ],
)
def test_a_retry_overtaken_by_its_twin_gives_the_twins_answer(
    company, monkeypatch, envelope, requests, look
):
    request_, twin = requests
    place, answers = (company.log_recorder if look == "answered" else company.states), []
    looked = getattr(place, look)

    def overtaken(asked):
        found = looked(asked)
        if not answers:  # the twin comes between this request's look and its append
            answers.append(None)
            answers[0] = company.handle(twin, envelope(), idempotency=KEY)
        return found

    monkeypatch.setattr(place, look, overtaken)
    before = len(company.facts.page(0))
    assert company.handle(request_, envelope(), idempotency=KEY) == answers[0]
    assert len(company.facts.page(0)) == before + (answers[0].position is not None)
    assert keys(company) == 1


# --- References -------------------------------------------------------------------------------


def interaction(customer=HARBOUR, request=None) -> LogInteraction:
    return LogInteraction(
        id=InteractionId(sample_id(0x11)),
        customer_id=customer,
        channel=ContactChannel.CHAT,
        direction=Direction.INBOUND,
        summary="询价",
        about_request_id=request,
    )


@pytest.mark.parametrize(
    ("command", "field", "code"),
    [
        (interaction(YUNHE), "customer_id", "customer.unknown"),
        (interaction(request=RequestId(sample_id(7))), "about_request_id", "request.unknown"),
        (join(sample_id(8), "New", sample_id(9)), "department_id", "department.unknown"),
        (
            ClaimCustomer(
                id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=MemberId(sample_id(8))
            ),
            "member_id",
            "member.unknown",
        ),
        # The id of another kind of thing names nothing either.
        (interaction(ANA), "customer_id", "customer.unknown"),
        (interaction(request=RequestId(HARBOUR)), "about_request_id", "request.unknown"),
        (join(sample_id(8), "New", HARBOUR), "department_id", "department.unknown"),
        (
            ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=HARBOUR),
            "member_id",
            "member.unknown",
        ),
    ],
)
@pytest.mark.usefixtures("nothing_more")
def test_what_a_command_names_must_exist(company, envelope, command, field, code):
    with pytest.raises(UnknownReference) as unknown:
        company.handle(command, envelope())
    assert (unknown.value.field, unknown.value.code) == (field, code)


@pytest.mark.parametrize(
    "command",
    [
        LeaveMember(id=HARBOUR),
        join(HARBOUR, "New"),
        RenameDepartment(id=ANA, name="x"),
        TierCustomer(id=ANA, tier=Tier.KEY),
        RegisterCustomer(id=ANA, details=details("x")),
        ClaimCustomer(id=ANA, customer_id=HARBOUR, member_id=ANA),
    ],
)
def test_a_command_for_another_kind_of_thing_is_refused(company, envelope, nothing_more, command):
    with pytest.raises((Rejected, UnknownReference, StaleVersion)):
        company.handle(command, envelope())


def test_who_has_left_is_given_nothing_new(company, envelope):
    company.handle(LeaveMember(id=BO), envelope())
    claim = ClaimCustomer(id=ownership_id(HARBOUR), customer_id=HARBOUR, member_id=BO)
    with pytest.raises(UnknownReference) as unknown:
        company.handle(claim, envelope())
    assert (unknown.value.field, unknown.value.code) == ("member_id", "member.not-active")
    assert str(unknown.value) == f"The member {BO} is not active any more."
    assert company.load(OWNERSHIP, ownership_id(HARBOUR)).version == 0


def test_a_closed_department_is_given_nothing_new(company, envelope):
    company.handle(CloseDepartment(id=SERVICE), envelope())
    request = OpenRequest(
        id=RequestId(sample_id(7)),
        customer_id=HARBOUR,
        department_id=SERVICE,
        kind=RequestKind.SUPPORT,
        channel=ContactChannel.EMAIL,
        title="Wrong invoice",
    )
    for command in (request, join(MemberId(sample_id(8)), "New", SERVICE)):
        with pytest.raises(UnknownReference) as unknown:
            company.handle(command, envelope())
        assert (unknown.value.field, unknown.value.code) == (
            "department_id",
            "department.not-active",
        )
    assert company.handle(replace(request, department_id=SALES), envelope()).version == 1


def test_what_only_has_to_be_known_may_be_over(company, envelope):
    request = OpenRequest(
        id=RequestId(sample_id(7)),
        customer_id=HARBOUR,
        department_id=SALES,
        kind=RequestKind.SUPPORT,
        channel=ContactChannel.EMAIL,
        title="Wrong invoice",
    )
    company.handle(request, envelope())
    company.handle(VoidRequest(id=request.id), envelope(reason="spam"))
    assert not REQUEST.active(company.load(REQUEST, request.id).state)
    assert company.handle(interaction(request=request.id), envelope()).version == 1


def test_a_customer_taken_back_is_given_nothing_new(company, envelope):
    company.handle(RetractCustomer(id=HARBOUR), envelope(reason="imported by mistake"))
    with pytest.raises(UnknownReference) as unknown:
        company.handle(interaction(), envelope())
    assert (unknown.value.field, unknown.value.code) == ("customer_id", "customer.not-active")


# --- Who acts ---------------------------------------------------------------------------------


def test_the_department_and_role_of_who_acts_are_stamped(company, envelope):
    ana = envelope(actor=Actor.member(ANA))
    company.handle(RENAME, ana)
    company.handle(MoveMember(id=ANA, department_id=SERVICE), envelope())
    company.handle(ChangeMemberRole(id=ANA, role="lead"), envelope())
    company.handle(RenameDepartment(id=SALES, name="Third"), ana)
    created, second, third = company.facts.stream(SALES)
    assert (created.envelope.department_id, created.envelope.role) == (None, None)
    assert second.envelope == replace(ana, department_id=SALES, role="agent")
    assert third.envelope == replace(ana, department_id=SERVICE, role="lead")


def test_nobody_tells_their_own_role(company, envelope):
    company.handle(
        RENAME, envelope(actor=Actor.member(ANA), department_id=SERVICE, role="director")
    )
    stamp = company.facts.stream(SALES)[1].envelope
    assert (stamp.department_id, stamp.role) == (SALES, "agent")


def test_what_is_taken_back_is_dated_to_where_it_began(company, envelope):
    def tell(command, day: datetime, channel=Channel.API) -> None:
        told = envelope(occurred_at=day, reason="by mistake", channel=channel)
        company.handle(command, told)

    def days() -> list[datetime]:
        return [fact.occurred_at for fact in company.facts.stream(YUNHE)]

    tell(RegisterCustomer(id=YUNHE, details=details("云河科技")), WEDNESDAY)
    tell(TierCustomer(id=YUNHE, tier=Tier.KEY), TUESDAY, Channel.IMPORT)  # happened before
    tell(RetractCustomer(id=YUNHE), FRIDAY)
    assert days() == [WEDNESDAY, TUESDAY, TUESDAY]
    tell(RegisterCustomer(id=YUNHE, details=details("云河科技")), THURSDAY)
    tell(RetractCustomer(id=YUNHE), FRIDAY)
    assert days()[3:] == [THURSDAY, THURSDAY]  # it began anew


def test_who_acts_for_another_keeps_their_own_department(company, envelope):
    ana_for_bo = envelope(actor=Actor.member(ANA), on_behalf_of=BO)
    company.handle(RENAME, ana_for_bo)
    renamed = company.facts.stream(SALES)[1]
    assert renamed.envelope == replace(ana_for_bo, department_id=SALES, role="agent")
    assert renamed.envelope.performer == BO


@pytest.mark.parametrize(
    ("story", "code"),
    [
        ([], "member.unknown"),
        ([join(sample_id(8), "New"), LeaveMember(id=sample_id(8))], "member.not-active"),
        ([join(sample_id(8), "New"), RetractMember(id=sample_id(8))], "member.unknown"),
        ([RegisterCustomer(id=sample_id(8), details=details("New"))], "member.unknown"),
    ],
)
@pytest.mark.parametrize("field", ["actor", "on_behalf_of"])
def test_who_is_not_at_work_does_not_act(company, envelope, field, story, code):
    for command in story:
        company.handle(command, envelope())
    nobody = MemberId(sample_id(8))
    told = {"actor": Actor.member(nobody)} if field == "actor" else {"on_behalf_of": nobody}
    with pytest.raises(UnknownReference) as unknown:
        company.handle(RENAME, envelope(**told))
    assert (unknown.value.field, unknown.value.code) == (field, code)
    assert events(company, SALES) == [
        DepartmentCreated(code="sales", name="Sales", kind=DepartmentKind.CORE)
    ]


def test_an_actor_is_stamped_as_of_the_command_even_after_a_conflict(company, racing, envelope):
    ana, bo = (envelope(actor=Actor.member(member)) for member in (ANA, BO))
    commands = [RenameDepartment(id=SALES, name=name) for name in ("A", "B")]
    racing([(commands[0], ana, {}), (commands[1], bo, {})])
    stamped = {
        fact.event.name: (fact.envelope.actor, fact.envelope.department_id)
        for fact in company.facts.stream(SALES)[1:]
    }
    assert stamped == {"A": (ana.actor, SALES), "B": (bo.actor, SERVICE)}


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
