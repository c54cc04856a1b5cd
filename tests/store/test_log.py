"""The log as its readers see it: by page, by stream, by position, as of a time."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from spec import HARBOUR, MONDAY, SALES, YUNHE

from application.store.codec import encode
from application.store.log import NOW, Window
from application.store.pool import connect
from domain.customers.customer import CustomerDetails, CustomerRegistered, CustomerTiered
from domain.kernel import Fact, Recorded
from domain.teams.department import DepartmentRenamed
from domain.values import Tier

REGISTERED = CustomerRegistered(details=CustomerDetails(name="Harbour Foods"), tier=Tier.NORMAL)
TIERED = CustomerTiered(previous=Tier.NORMAL, tier=Tier.KEY)


def minute(number: float) -> datetime:
    return MONDAY + timedelta(minutes=number)


@pytest.fixture
def appended(crm, envelope) -> list[Recorded]:
    """Ten facts of two streams in turn, in four transactions; as they should be read."""
    facts = [
        Fact(
            stream_id=stream,
            version=version,
            event=DepartmentRenamed(name=f"{version}") if stream == SALES else TIERED,
            envelope=envelope(occurred_at=minute(-version)),
        )
        for version in range(1, 6)
        for stream in (SALES, HARBOUR)
    ]
    parts = [facts[:1], facts[1:4], facts[4:9], facts[9:]]
    positions = [position for part in parts for position in crm.append(part)]
    with crm.pool.reading() as cursor:
        cursor.execute("select recorded_at from log.events order by id")
        times = [time for (time,) in cursor]
    return [
        Recorded(
            stream_id=fact.stream_id,
            version=fact.version,
            event=fact.event,
            envelope=fact.envelope,
            position=position,
            recorded_at=time,
        )
        for fact, position, time in zip(facts, positions, times, strict=True)
    ]


# --- Pages ------------------------------------------------------------------------------------


def test_an_empty_log(crm):
    assert crm.facts.head() == 0
    assert crm.facts.page(0) == []
    assert list(crm.facts.pages()) == []
    assert crm.facts.stream(HARBOUR) == []
    assert crm.facts.at([1, 2]) == crm.facts.at([]) == []
    assert crm.facts.position_at(MONDAY) == 0


def test_pages(crm, appended):
    third, sixth = appended[2].position, appended[5].position
    assert crm.facts.page(0) == appended
    assert crm.facts.page(0, limit=4) == appended[:4]
    assert crm.facts.page(third) == appended[3:]
    assert crm.facts.page(third - 1, limit=1) == [appended[2]]
    assert crm.facts.page(third, upto=sixth) == appended[3:6]
    assert crm.facts.page(third, upto=sixth - 1) == appended[3:5]
    assert crm.facts.page(third, upto=third) == []
    assert crm.facts.page(appended[-1].position) == []
    assert crm.facts.head() == appended[-1].position


def test_pages_of_some_names_only(crm, appended):
    tiered = appended[1::2]
    assert crm.facts.page(0, names=["customer.tiered"]) == tiered
    assert crm.facts.page(0, names=["customer.tiered"], limit=2) == tiered[:2]
    assert crm.facts.page(tiered[0].position, names=("customer.tiered", "x.y")) == tiered[1:]
    assert crm.facts.page(0, names=["customer.tiered", "department.renamed"]) == appended
    assert crm.facts.page(0, names=["customer.retracted"]) == []
    assert crm.facts.page(0, names=[]) == []  # none, not all


def test_page_after_page(crm, appended, monkeypatch):
    real, asked = crm.facts.page, []

    def small(after, **kwargs):
        asked.append(after)
        return real(after, **kwargs, limit=4)

    monkeypatch.setattr(crm.facts, "page", small)
    assert list(crm.facts.pages()) == [appended[:4], appended[4:8], appended[8:]]
    assert asked == [0, *(appended[number].position for number in (3, 7, 9))]
    third, seventh = appended[2].position, appended[6].position
    assert list(crm.facts.pages(after=third, upto=seventh)) == [appended[3:7]]
    assert list(crm.facts.pages(names=["department.renamed"])) == [
        appended[0:8:2],
        appended[8:9],
    ]


# --- One thing, some positions ----------------------------------------------------------------


def test_a_stream(crm, appended):
    sales = appended[0::2]
    assert crm.facts.stream(SALES) == sales
    assert crm.facts.stream(SALES, upto_version=3) == sales[:3]
    assert crm.facts.stream(SALES, upto_version=0) == []
    assert crm.facts.stream(SALES, upto_version=99) == sales
    assert crm.facts.stream(SALES, after_version=3) == sales[3:]
    assert crm.facts.stream(SALES, after_version=1, upto_version=4) == sales[1:4]
    assert crm.facts.stream(SALES, after_version=1, limit=2) == sales[1:3]
    assert crm.facts.stream(SALES, after_version=5) == []
    assert crm.facts.stream(YUNHE) == []


def test_one_sees_what_one_has_just_written_in_a_stream_even_while_followers_wait(
    crm, dsn, appended
):
    writer = connect(dsn)
    try:
        writer.cursor().execute("select pg_current_xact_id()")
        fact = appended[-1]
        crm.append([Fact(stream_id=HARBOUR, version=6, event=TIERED, envelope=fact.envelope)])
        assert [each.version for each in crm.facts.stream(HARBOUR)][-1] == 6
        assert crm.facts.head() == fact.position
    finally:
        writer.close()


def test_facts_at_positions_come_in_the_logs_order(crm, appended):
    asked = [appended[7].position, appended[1].position, appended[1].position, 12345]
    assert crm.facts.at(asked) == [appended[1], appended[7]]


# --- As of a time -----------------------------------------------------------------------------


@pytest.fixture
def history(dsn, envelope):
    """Write facts as if they had been recorded at the given minutes, in this order."""
    state = encode(
        Fact(stream_id=HARBOUR, version=1, event=REGISTERED, envelope=envelope())
    ).decode()

    def write(rows: dict[int, float]) -> None:
        owner = connect(dsn, role=None)
        with owner, owner.cursor() as cursor:
            # Positions of our own choice are below those of any transaction to come.
            for position, recorded in rows.items():
                cursor.execute(
                    "insert into log.events (id, stream_id, version, name, state, recorded_at)"
                    " values (%s, %s, 1, 'customer.registered', %s, %s)",
                    (position, uuid4(), state, minute(recorded)),
                )
        owner.close()

    return write


IN_ORDER = {10: 1, 11: 1, 1 << 20: 2, 5 << 20: 3, (5 << 20) + 1: 3, 100 << 20: 10}


@pytest.mark.parametrize(
    ("asked", "position"),
    [
        (-1000, 0),
        (0.99, 0),
        (1, 11),
        (1.5, 11),
        (2, 1 << 20),
        (2.99, 1 << 20),
        (3, (5 << 20) + 1),
        (9.99, (5 << 20) + 1),
        (10, 100 << 20),
        (1000, 100 << 20),
    ],
)
def test_the_position_at_a_time(crm, history, asked, position):
    history(IN_ORDER)
    assert crm.facts.position_at(minute(asked)) == position


def test_the_position_at_each_time_of_real_facts(crm, appended):
    for number, fact in enumerate(appended):
        before = appended[number - 1].position if number else 0
        instant = timedelta(microseconds=1)
        # clock_timestamp() tells two rows of one statement apart; should it ever not, they
        # count as one.
        known = max(each.position for each in appended if each.recorded_at <= fact.recorded_at)
        assert crm.facts.position_at(fact.recorded_at) == known
        if number and appended[number - 1].recorded_at < fact.recorded_at:
            assert crm.facts.position_at(fact.recorded_at - instant) == before


# Two transactions overlap: the first takes its place in the order, the second writes, then the
# first does. What was recorded when is out of order then.
OVERLAPPING = [
    {1 << 20: 1, 2 << 20: 5, 3 << 20: 3, 4 << 20: 6},
    {1 << 20: 4, 2 << 20: 3, 3 << 20: 2, 4 << 20: 1},
    {1 << 20: 1, (1 << 20) + 1: 9, 2 << 20: 2, 1 << 21: 3, 3 << 20: 4, 1 << 22: 5, 1 << 23: 10},
    {(1 << 27) - 1: 10, 1 << 27: 2, (1 << 27) + 1: 3, (1 << 27) + 2: 1},
]


@pytest.mark.parametrize("rows", OVERLAPPING)
def test_out_of_order_the_cut_is_between_a_fact_known_and_one_not(crm, history, rows):
    history(rows)
    positions = sorted(rows)
    for asked in range(12):
        cut = crm.facts.position_at(minute(asked + 0.5))
        assert cut in [0, *positions]
        following = [position for position in positions if position > cut]
        assert not cut or rows[cut] <= asked + 0.5
        assert not following or rows[following[0]] > asked + 0.5


@pytest.mark.parametrize("rows", OVERLAPPING)
def test_what_was_known_at_a_time_stays_the_same_as_the_log_grows(crm, history, rows):
    asked = [number + 0.5 for number in range(12)]
    history(rows)
    before = [crm.facts.position_at(minute(each)) for each in asked]
    history({1 << 28: 12, 1 << 29: 13, (1 << 29) + 1: 12.5})
    after = [crm.facts.position_at(minute(each)) for each in asked]
    assert after == before


# --- What a question may see ------------------------------------------------------------------


def test_a_window_on_two_axes(appended):
    third, fifth = appended[2], appended[4]  # versions 2 and 3 of one stream
    assert [each for each in appended if NOW.shows(each)] == appended
    known = Window(position=third.position)
    assert [each for each in appended if known.shows(each)] == appended[:3]
    assert [each for each in appended if Window(position=0).shows(each)] == []
    # The fixture tells them backwards: the later in the log, the earlier it had happened.
    true = Window(as_of=fifth.occurred_at)
    assert [each for each in appended if true.shows(each)] == appended[4:]
    both = Window(position=appended[5].position, as_of=fifth.occurred_at)
    assert [each for each in appended if both.shows(each)] == appended[4:6]
