"""The order proof: followers miss nothing and see nothing twice, however transactions overlap."""

import random
from collections.abc import Callable
from itertools import pairwise
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from application.store.appending import Append, insert_one
from application.store.codec import encode
from application.store.pool import connect
from domain.kernel import Fact
from domain.teams.department import DepartmentClosed

WRITERS = 8
SECONDS = 4


@pytest.fixture
def stored(envelope) -> Callable[[], StoredEvent]:
    """Make a fact of a new stream, ready to be inserted."""

    def make() -> StoredEvent:
        fact = Fact(stream_id=uuid4(), version=1, event=DepartmentClosed(), envelope=envelope())
        return StoredEvent(fact.stream_id, 1, fact.name, encode(fact))

    return make


# --- Many writers, many followers -------------------------------------------------------------


class ChangedItsMind(Exception):
    pass


class Followed:
    """A follower in a thread: goes on from page to page until everything is written and read."""

    def __init__(self, page: Callable[[int], list[int]], all_written: Event) -> None:
        self.page, self.all_written = page, all_written
        self.seen: list[int] = []
        self.pages = 0
        self.thread = Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while True:
            last = self.all_written.is_set()
            if page := self.page(self.seen[-1] if self.seen else 0):
                self.pages += 1
                self.seen += page
            elif last:
                return
            else:
                sleep(0.002)


class Subscribed:
    """A follower in a thread that listens to a subscription."""

    def __init__(self, crm) -> None:
        self.subscription = crm.log_recorder.subscribe(gt=0)
        self.seen: list[int] = []
        self.thread = Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        self.seen.extend(row.id for row in self.subscription)


def test_followers_miss_nothing_see_nothing_twice_and_agree(crm, dsn, stored):
    committed: list[list[int]] = []  # in the order of the commits, as the writers came to know
    rolled_back: list[list[int]] = []
    all_written = Event()
    until = monotonic() + SECONDS

    def write(seed: int) -> None:
        chance = random.Random(seed)
        while monotonic() < until:
            try:
                with crm.pool.transaction() as cursor:
                    if chance.random() < 0.3:  # its place in the order is fixed long before it
                        cursor.execute("select pg_current_xact_id()")
                        sleep(chance.random() * 0.02)
                    count = chance.randint(1, 4)
                    positions = insert_one(cursor, Append([stored() for _ in range(count)]))
                    sleep(chance.random() * 0.02)
                    if chance.random() < 0.25:
                        raise ChangedItsMind  # noqa: TRY301 - as a piece of work does
            except ChangedItsMind:
                rolled_back.append(positions)
            else:
                committed.append(positions)

    def rows(limit: int) -> Callable[[int], list[int]]:
        return lambda after: [
            row.id
            for row in crm.log_recorder.select_notifications(after, limit, inclusive_of_start=False)
        ]

    def facts(after: int) -> list[int]:
        return [fact.position for fact in crm.facts.page(after, limit=50)]

    subscribed = Subscribed(crm)
    followers = [Followed(page, all_written) for page in (rows(1), rows(7), rows(500), facts)]
    writers = [Thread(target=write, args=(seed,)) for seed in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    all_written.set()
    for follower in followers:
        follower.thread.join(5)
    while len(subscribed.seen) < len(followers[0].seen) and monotonic() < until + 5:
        sleep(0.01)
    subscribed.subscription.stop()
    subscribed.thread.join(5)

    written = sorted(position for positions in committed for position in positions)
    assert positions_in(dsn) == written  # what the writers were told is what the table has
    for follower in (*followers, subscribed):
        assert follower.seen == written
        assert all(one < next_one for one, next_one in pairwise(follower.seen))
    # The test was hard enough: much was written and rolled back, transactions overtook each
    # other, and the followers read all the while.
    assert len(committed) > 100
    assert len(rolled_back) > 20
    overtaken = sum(one > next_one for one, next_one in pairwise(committed))
    assert overtaken > 20
    assert all(follower.pages > 20 for follower in followers)


def positions_in(dsn: str) -> list[int]:
    connection = connect(dsn, role=None)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select id from log.events order by id")
            return [position for (position,) in cursor]
    finally:
        connection.close()


# --- The proof has teeth ----------------------------------------------------------------------


def missed_when_the_first_commits_last(
    dsn: str, write: Callable[[Any], int], page: Callable[[int], list[int]]
) -> int:
    """Let two transactions overlap and count the rows that a follower never gets to see."""
    first, second = connect(dsn), connect(dsn)
    try:
        written = {write(first.cursor())}
        written.add(write(second.cursor()))
        second.commit()
        seen = page(0)
        first.commit()
        while more := page(seen[-1] if seen else 0):
            seen += more
    finally:
        first.close()
        second.close()
    assert len(written) == 2
    assert set(seen) <= written
    return len(written - set(seen))


def test_a_follower_of_the_log_misses_nothing(crm, dsn, stored):
    def page(after: int) -> list[int]:
        return [fact.position for fact in crm.facts.page(after)]

    def write(cursor: Any) -> int:
        return insert_one(cursor, Append([stored()]))[0]

    assert missed_when_the_first_commits_last(dsn, write, page) == 0


def test_a_follower_of_a_plain_sequence_misses_a_row(crm, dsn):
    with crm.pool.transaction() as cursor:
        cursor.execute("create table views.plain (id bigserial primary key)")

    def page(after: int) -> list[int]:
        with crm.pool.reading() as cursor:
            cursor.execute("select id from views.plain where id > %s order by id", (after,))
            return [number for (number,) in cursor]

    def write(cursor: Any) -> int:
        cursor.execute("insert into views.plain default values returning id")
        return cursor.fetchone()[0]

    assert missed_when_the_first_commits_last(dsn, write, page) == 1


# --- Open transactions ------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_an_open_write_holds_followers_back_until_it_ends(crm, dsn, stored, ending):
    (before,) = crm.log_recorder.insert_events([stored()])
    writer = connect(dsn)
    try:
        (held,) = insert_one(writer.cursor(), Append([stored()]))
        (after,) = crm.log_recorder.insert_events([stored()])
        assert before < held < after
        for _ in range(2):
            assert [fact.position for fact in crm.facts.page(0)] == [before]
            assert crm.facts.head() == crm.log_recorder.max_notification_id() == before
            assert crm.facts.position_at(crm.facts.at([after])[0].recorded_at) == before
        getattr(writer, ending)()
    finally:
        writer.close()
    expected = [before, held, after] if ending == "commit" else [before, after]
    assert [fact.position for fact in crm.facts.page(0)] == expected
    assert crm.facts.head() == crm.log_recorder.max_notification_id() == after


def test_a_writer_that_goes_idle_is_ended_by_the_database(crm, dsn, stored):
    writer = connect(dsn)
    try:
        cursor = writer.cursor()
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)
        cursor.execute("set idle_in_transaction_session_timeout = '100ms'")
        insert_one(cursor, Append([stored()]))
        (after,) = crm.log_recorder.insert_events([stored()])
        assert crm.facts.head() == 0
        deadline = monotonic() + 5
        while not crm.facts.head() and monotonic() < deadline:
            sleep(0.01)
        assert [fact.position for fact in crm.facts.page(0)] == [after]
    finally:
        writer.close()


def test_an_open_read_holds_nobody_back(crm, stored):
    with crm.pool.transaction() as cursor:
        cursor.execute("select count(*) from log.events")
        positions = crm.log_recorder.insert_events([stored()])
        assert [fact.position for fact in crm.facts.page(0)] == positions


def test_a_write_that_follows_its_own_transaction_sees_no_further_than_others(crm, stored):
    """A projector reads first and writes later: its own open write would hold it back."""
    with crm.pool.transaction() as cursor:
        (own,) = insert_one(cursor, Append([stored()]))
        cursor.execute("select count(*) from log.events where id < log.horizon()")
        assert cursor.fetchone() == (0,)
    assert crm.facts.head() == own


def test_how_long_an_open_write_has_held_followers_back_can_be_watched(crm, dsn):
    assert crm.facts.waiting_transactions() == 0
    writer = connect(dsn)
    try:
        writer.cursor().execute("select pg_current_xact_id()")
        sleep(0.2)
        assert 0.2 <= crm.facts.waiting_transactions() < 5
    finally:
        writer.close()
