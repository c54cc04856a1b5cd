"""Our recorders and factory under the eventsourcing library's own test cases.

Every test of ``eventsourcing.tests.persistence`` runs against ours, except these:

| the library's test | why it cannot apply | what we test instead |
|---|---|---|
| ApplicationRecorderTestCase.test_insert_select | wants the ids 1, 2, 3; ours are positions | test_insert_select_with_real_positions |
| InfrastructureFactoryTestCase.test_create_aggregate_recorder | streams are always part of the one log: no snapshots aside | test_a_recorder_aside_from_the_log_is_refused |
| TranscoderTestCase | facts are written by our codec, not by a transcoder | test_codec.py |

AggregateRecorderTestCase runs on a recorder that keeps the positions to itself (it wants None
from every insert), and ApplicationRecorderTestCase.optional_test_insert_subscribe runs too.
The last test here holds this table complete.
"""  # noqa: E501 - a table

import inspect
import sys
from collections.abc import Sequence
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any
from unittest import TestCase, skip
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    InfrastructureFactory,
    InfrastructureFactoryError,
    IntegrityError,
    StoredEvent,
    Tracking,
)
from eventsourcing.tests import persistence as library
from eventsourcing.utils import Environment

from application.store.factory import ConcordFactory
from application.store.pool import Pool
from application.store.recorder import FollowerRecorder, LogProcessRecorder, LogRecorder

# --- The library's cases ----------------------------------------------------------------------


class OnOurStore:
    """Gives each of the library's tests a fresh database."""

    @pytest.fixture(autouse=True)
    def _on(self, dsn):
        self.dsn = dsn
        self.pool = Pool(dsn)
        yield
        self.pool.close()


class PositionsHidden(LogRecorder):
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super().insert_events(stored_events, **kwargs)


class TestAggregateRecorder(OnOurStore, library.AggregateRecorderTestCase):
    def create_recorder(self):
        return PositionsHidden(self.pool)


class TestApplicationRecorder(OnOurStore, library.ApplicationRecorderTestCase):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = False

    def create_recorder(self):
        return LogRecorder(self.pool)

    @skip("wants the ids 1, 2, 3; ours are positions")
    def test_insert_select(self):
        pass

    def test_insert_subscribe(self):
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnOurStore, library.TrackingRecorderTestCase):
    def create_recorder(self):
        return FollowerRecorder(self.pool)


class TestProcessRecorder(OnOurStore, library.ProcessRecorderTestCase):
    def create_recorder(self):
        return LogProcessRecorder(self.pool)


class TestProcessRecorderAsApplicationRecorder(TestApplicationRecorder):
    def create_recorder(self):
        return LogProcessRecorder(self.pool)


class TestProcessRecorderAsTrackingRecorder(TestTrackingRecorder):
    def create_recorder(self):
        return LogProcessRecorder(self.pool)


class TestNonInterleaving(OnOurStore, library.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self):
        return LogRecorder(self.pool)


class OtherFollower(FollowerRecorder):
    pass


class TestFactory(OnOurStore, library.InfrastructureFactoryTestCase[ConcordFactory]):
    def setUp(self):
        self.env = Environment(
            env={"PERSISTENCE_MODULE": "application.store.factory", "DATABASE_URL": self.dsn}
        )
        super().setUp()

    def expected_factory_class(self):
        return ConcordFactory

    def expected_aggregate_recorder_class(self):
        raise NotImplementedError

    def expected_application_recorder_class(self):
        return LogRecorder

    def expected_tracking_recorder_class(self):
        return FollowerRecorder

    def tracking_recorder_subclass(self):
        return OtherFollower

    def expected_process_recorder_class(self):
        return LogProcessRecorder

    @skip("streams are always part of the one log: no snapshots aside")
    def test_create_aggregate_recorder(self):
        pass


# --- Ours, for those that cannot apply --------------------------------------------------------


def stored(stream: UUID, version: int, topic: str = "topic", state: str = "{}") -> StoredEvent:
    return StoredEvent(stream, version, topic, state.encode())


@pytest.fixture
def pool(dsn):
    pool = Pool(dsn)
    yield pool
    pool.close()


@pytest.fixture(params=[LogRecorder, LogProcessRecorder])
def recorder(request, pool):
    return request.param(pool)


def test_insert_select_with_real_positions(recorder):
    assert recorder.insert_events([]) == []
    assert recorder.select_notifications(start=None, limit=3) == []
    assert recorder.select_notifications(start=None, limit=3, topics=["topic1"]) == []
    assert recorder.max_notification_id() is None

    one, other = uuid4(), uuid4()
    events = [
        stored(one, 1, "topic1", "state1"),
        stored(one, 2, "topic2", "状态二"),
        stored(other, 1, "topic3", "state3"),
    ]
    first, second = recorder.insert_events(events[:2])
    (third,) = recorder.insert_events(events[2:])
    assert second == first + 1  # of one transaction
    assert third >> 20 > second >> 20  # of a later one
    assert third & 0xFFFFF == first & 0xFFFFF == 0  # each counts from the start

    assert recorder.select_events(one) == events[:2]
    assert recorder.select_events(other) == events[2:]
    with pytest.raises(IntegrityError):
        recorder.insert_events(events[2:])
    assert recorder.max_notification_id() == third

    def told(*args, **kwargs):
        return [
            (row.id, row.originator_id, row.originator_version, row.topic, row.state)
            for row in recorder.select_notifications(*args, **kwargs)
        ]

    a, b, c = [
        (position, each.originator_id, each.originator_version, each.topic, each.state)
        for position, each in zip((first, second, third), events, strict=True)
    ]
    after = {"inclusive_of_start": False}
    assert told(None, 10) == told(0, 10) == told(first, 10) == [a, b, c]
    assert told(None, 10, stop=second) == told(first, 10, second) == [a, b]
    assert told(second, 10, second) == [b]
    assert told(first, 10, second, **after) == [b]
    assert told(first, 10, **after) == told(first + 1, 10) == [b, c]
    assert told(second, 10, **after) == [c]
    assert told(third, 10, **after) == told(third + 1, 10) == []
    assert told(None, 10, topics=["topic1", "topic2", "topic3"]) == [a, b, c]
    assert told(first, 10, topics=["topic1"]) == [a]
    assert told(first, 3, topics=["topic2"]) == [b]
    assert told(first, 3, topics=["topic3"]) == [c]
    assert told(first, 3, topics=["topic1", "topic3"]) == [a, c]
    assert told(first, 1, topics=["topic3", "topic4"]) == [c]  # the limit counts what it gives
    assert told(first, 3, topics=["topic4"]) == []
    assert told(None, 1) == [a]
    assert told(first, 1, **after) == told(second, 1) == [b]
    assert told(second, 2) == [b, c]
    assert told(third, 1) == [c]


def test_a_recorder_aside_from_the_log_is_refused(dsn):
    env = {"PERSISTENCE_MODULE": "application.store.factory", "DATABASE_URL": dsn}
    factory = InfrastructureFactory.construct(Environment(env=env))
    with pytest.raises(InfrastructureFactoryError, match="no separate recorder for snapshots"):
        factory.aggregate_recorder("snapshots")
    factory.close()


# --- Ours, for what the library does not ask --------------------------------------------------


def test_a_factory_without_a_database_says_so():
    env = {"PERSISTENCE_MODULE": "application.store.factory"}
    with pytest.raises(InfrastructureFactoryError, match="DATABASE_URL"):
        InfrastructureFactory.construct(Environment(env=env))


def test_a_factory_closes_its_connections(dsn):
    env = {"PERSISTENCE_MODULE": "application.store.factory", "DATABASE_URL": dsn}
    factory = InfrastructureFactory.construct(Environment(env=env | {"CONCORD_POOL_SIZE": "3"}))
    assert factory.pool.pool_size == 3
    recorder = factory.application_recorder()
    assert recorder.max_notification_id() is None
    factory.close()
    with pytest.raises(ConnectionPoolClosedError):
        recorder.max_notification_id()


def test_more_events_than_one_statement_carries_keep_their_order(recorder):
    stream = uuid4()
    positions = recorder.insert_events([stored(stream, v) for v in range(1, 1202)])
    first = positions[0]
    assert positions == list(range(first, first + 1201))
    rows = recorder.select_notifications(None, 2000)
    assert [(row.id, row.originator_version) for row in rows] == [
        (first + v - 1, v) for v in range(1, 1202)
    ]


def test_an_insert_that_fails_late_leaves_nothing(recorder):
    stream = uuid4()
    recorder.insert_events([stored(stream, 901)])
    with pytest.raises(IntegrityError):  # in the second statement of the transaction
        recorder.insert_events([stored(stream, v) for v in range(1, 902)])
    assert [each.originator_version for each in recorder.select_events(stream)] == [901]


def test_each_row_tells_when_the_database_recorded_it(recorder, pool):
    def clock():
        with pool.reading() as cursor:
            cursor.execute("select clock_timestamp()")
            return cursor.fetchone()[0]

    before = clock()
    recorder.insert_events([stored(uuid4(), 1)])
    (row,) = recorder.select_notifications(None, 1)
    assert before < row.recorded_at < clock()
    assert row.recorded_at.utcoffset().total_seconds() == 0


def test_a_waiting_subscription_hears_of_new_rows_and_of_its_end(recorder):
    subscription = recorder.subscribe()
    heard, first_heard = [], Event()

    def listen():
        for row in subscription:
            heard.append(row.id)
            first_heard.set()

    listener = Thread(target=listen)
    listener.start()
    positions = recorder.insert_events([stored(uuid4(), 1), stored(uuid4(), 1)])
    assert first_heard.wait(5)
    asked = monotonic()
    subscription.stop()
    listener.join(5)
    assert monotonic() - asked < 1
    assert heard in (positions, positions[:1])  # stopped at once, or after the page in hand


def waiting(cursor) -> int:
    cursor.execute("select count(*) from pg_locks where not granted")
    return cursor.fetchone()[0]


def test_one_of_two_processes_moves_a_follower(pool):
    follower = FollowerRecorder(pool)
    outcomes = []

    def move():
        try:
            follower.insert_tracking(Tracking("timeline", 7))
            outcomes.append("moved")
        except IntegrityError:
            outcomes.append("too late")

    # Both have written before either commits: the second has to wait for the first.
    with pool.transaction() as cursor:
        cursor.execute("insert into log.tracking values ('timeline', 6)")
        movers = [Thread(target=move) for _ in range(2)]
        for mover in movers:
            mover.start()
        deadline = monotonic() + 5
        while waiting(cursor) < 2 and monotonic() < deadline:
            sleep(0.01)
    for mover in movers:
        mover.join(5)
    assert sorted(outcomes) == ["moved", "too late"]
    assert follower.max_tracking_id("timeline") == 7


def test_events_and_the_follower_move_together_or_not_at_all(pool):
    recorder, stream = LogProcessRecorder(pool), uuid4()
    recorder.insert_events([stored(stream, 1)], tracking=Tracking("policy", 5))
    with pytest.raises(IntegrityError):  # the same fact again: a policy acts once
        recorder.insert_events([stored(stream, 2)], tracking=Tracking("policy", 5))
    with pytest.raises(IntegrityError):  # a version that is taken
        recorder.insert_events([stored(stream, 1)], tracking=Tracking("policy", 6))
    assert [each.originator_version for each in recorder.select_events(stream)] == [1]
    assert recorder.max_tracking_id("policy") == 5


# --- The table is complete --------------------------------------------------------------------


def test_every_test_of_the_library_runs_or_is_named():
    table = [line.split("|")[1].strip() for line in __doc__.splitlines() if line.startswith("| ")][
        1:
    ]
    ours = [
        cls
        for _, cls in inspect.getmembers(sys.modules[__name__], inspect.isclass)
        if issubclass(cls, TestCase)
    ]
    not_run = []
    for name, case in inspect.getmembers(library, inspect.isclass):
        tests = [test for test in dir(case) if test.startswith("test")]
        if case.__module__ != library.__name__ or not issubclass(case, TestCase) or not tests:
            continue
        runs = [cls for cls in ours if issubclass(cls, case)]
        if not runs:
            not_run.append(name)
        not_run += [
            f"{name}.{test}"
            for test in tests
            if runs and not any(getattr(cls, test) is getattr(case, test) for cls in runs)
        ]
    assert sorted(not_run) == sorted(table)
