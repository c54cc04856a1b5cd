"""Requests that come again: answered as before, and done once."""

from dataclasses import replace

import psycopg2
import pytest
from eventsourcing.persistence import IntegrityError
from spec import SALES, YUNHE, sample_id

from application.crm import KeyReused, Outcome
from application.store.appending import Append, IdempotencyKey, KeyInFlight, insert_one
from application.store.pool import connect
from application.store.recorder import Answered
from domain.customers.customer import RegisterCustomer, RetractCustomer
from domain.customers.customer_rules import CUSTOMER
from domain.kernel import Fact
from domain.teams.department import (
    DEPARTMENT,
    DepartmentClosed,
    DepartmentRenamed,
    RenameDepartment,
)
from tests.store.small_company import KEY, RENAME, details, keys


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
