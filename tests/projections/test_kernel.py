"""The read side's engine: live, stopped by a poison fact, rebuilt aside, run by two at once."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2 import sql
from spec import MONDAY

from application.demo import facts
from application.store.pool import connect
from domain.customers.interaction import Direction, InteractionLogged
from domain.kernel import Recorded, Subject, references
from domain.support.request import RequestResolved
from domain.values import ContactChannel
from projections.catalogue import PROJECTIONS, READ_MODELS
from projections.documents import ReadModel
from projections.kernel import Projections
from projections.projector import Projector
from projections.subjects import SUBJECTS
from projections.support.requests import REQUESTS

SOME = 700


def rows(projections: Projections, model: ReadModel, generation: int = 1) -> dict[Any, str]:
    """Every document of a generation as the database has it."""
    with projections.pool.reading() as cursor:
        cursor.execute(sql.SQL("select key, body::text from {}").format(model.table(generation)))
        return dict(cursor.fetchall())


@cache
def recorded() -> list[Recorded[Any]]:
    """The sample company's facts as they would stand in a log."""
    return [
        Recorded(
            position=number,
            recorded_at=MONDAY,
            stream_id=fact.stream_id,
            version=fact.version,
            event=fact.event,
            envelope=fact.envelope,
        )
        for number, fact in enumerate(facts()[:SOME], start=1)
    ]


# --- Replay is live ---------------------------------------------------------------------------


@cache
def replayed() -> list[tuple[ReadModel, UUID, list[Recorded[Any]], Any]]:
    """Some things of each read model: the facts about them, and the document of them all."""
    about: defaultdict[UUID, dict[int, Recorded[Any]]] = defaultdict(dict)
    kinds: defaultdict[str, set[UUID]] = defaultdict(set)
    for fact in recorded():
        for subject in fact.subjects:
            about[subject.id][fact.position] = fact
            kinds[subject.kind].add(subject.id)
    found = []
    for model in READ_MODELS:
        for key in sorted(kinds[model.subject])[:40]:
            facts = list(about[key].values())
            found.append((model, key, facts, stored(model.run(None, key, facts))))
    return found


def stored(document: Any) -> Any:
    """A document as it comes out of the database."""
    return None if document is None else orjson.loads(orjson.dumps(document))


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, SOME - 1), max_size=12))
def test_a_replay_gives_what_live_pages_gave_however_they_were_cut(cuts):
    edges = [0, *sorted(set(cuts)), SOME]
    for model, key, about, whole in replayed():
        paged: dict[str, Any] | None = None
        for start, end in pairwise(edges):
            page = [fact for fact in about if start < fact.position <= end]
            paged = stored(model.run(paged, key, page))
        assert paged == whole


def test_a_rebuild_gives_the_bytes_of_the_live_one(told, projections):
    while projections.step():
        pass
    for model in READ_MODELS:
        live = rows(projections, model)
        built = projections.rebuild(model.name)
        assert rows(projections, model, built.generation) == live
    assert len(rows(projections, REQUESTS, 2)) > 20


def test_a_live_model_is_verified_against_a_new_one(told, projections):
    projections.catch_up()
    for name in projections.catalogue:
        assert projections.verify(name) == []
    with projections.pool.transaction() as cursor:
        cursor.execute(
            'update views.requests_1 set body = body || \'{"title": "Forged"}\''
            " where key = (select min(key::text)::uuid from views.requests_1)"
        )
    found = projections.verify("requests")
    assert [each.split(":")[0] for each in found] == ["documents, live only", "documents, new only"]
    assert "Forged" in found[0]
    assert {each.generation for each in projections.standings()} == {1}  # nothing is left behind


def test_a_read_model_notices_only_events_that_name_a_document_of_its():
    for model in READ_MODELS:
        for event in model.notices:
            assert model.subject in {reference.kind for reference in references(event)}


@pytest.mark.parametrize("model", READ_MODELS, ids=lambda model: model.name)
def test_what_its_fold_knows_of_other_things_a_read_model_notices(model):
    documents = {}
    for fact in recorded():
        noticed = fact.kind == model.subject or type(fact.event) in model.notices
        for subject in fact.subjects:
            key = subject.id
            if subject.kind == model.subject and noticed:
                documents[key] = model.run(documents.get(key), key, [fact])
            elif subject.kind == model.subject and documents.get(key) is not None:
                changes = model.fold(documents[key], fact, key)
                assert changes is not None
                assert set(changes) <= {"last_fact_at"}, fact.name  # of its own facts, that is


def test_what_is_not_noticed_changes_nothing():
    log = recorded()
    opened = next(fact for fact in log if fact.name == "request.opened")
    called = InteractionLogged(
        customer_id=opened.event.customer_id,
        channel=ContactChannel.PHONE,
        direction=Direction.INBOUND,
        summary="Asked how far we are.",
        contact_id=None,
        about_request_id=opened.stream_id,
    )
    about = replace(opened, stream_id=uuid4(), event=called, position=opened.position + 1)
    assert Subject("request", opened.stream_id) in about.subjects
    key = opened.stream_id
    assert REQUESTS.run(None, key, [opened, about]) == REQUESTS.run(None, key, [opened])
    assert REQUESTS.concerned([about]) == {}


# --- Poison -----------------------------------------------------------------------------------


def chokes(on: type[Any]) -> ReadModel:
    """The request board, with a fold that cannot take one kind of event."""

    def fold(document: Any, fact: Recorded[Any], key: Any) -> Any:
        if isinstance(fact.event, on):
            raise KeyError("a field nobody thought of")
        return REQUESTS.fold(document, fact, key)

    return replace(REQUESTS, fold=fold)


def test_a_poison_fact_stops_only_its_read_model_and_is_named(told):
    others = [each for each in PROJECTIONS if each.name != "requests"]
    poisoned = Projections(told.pool, [chokes(RequestResolved), *others])
    poisoned.ensure()
    poisoned.catch_up()

    log = [fact for page in told.facts.pages() for fact in page]
    poison = next(fact for fact in log if isinstance(fact.event, RequestResolved))
    before = [fact for fact in log if fact.position < poison.position]
    standings = {each.name: each for each in poisoned.live()}
    stopped = standings.pop("requests")
    assert stopped.failed_at == poison.position
    assert "request.resolved" in (stopped.error or "")
    assert "a field nobody thought of" in (stopped.error or "")
    assert stopped.position == before[-1].position  # everything before it is there
    assert len(rows(poisoned, REQUESTS)) == len(
        {fact.stream_id for fact in before if fact.kind == "request"}
    )
    assert {each.position for each in standings.values()} == {told.facts.head()}
    assert all(each.error is None for each in standings.values())

    healed = Projections(told.pool, PROJECTIONS)
    healed.catch_up()
    assert next(s for s in healed.live() if s.name == "requests").position == stopped.position
    assert healed.retry("requests") == ["requests"]
    healed.catch_up()
    assert {each.position for each in healed.live()} == {told.facts.head()}
    live = rows(healed, REQUESTS)
    assert rows(healed, REQUESTS, healed.rebuild("requests").generation) == live


def test_a_new_generation_that_chokes_leaves_the_live_one(told, projections):
    projections.catch_up()
    live = rows(projections, REQUESTS)
    with pytest.raises(RuntimeError, match=r"request\.resolved"):
        Projections(told.pool, [chokes(RequestResolved)]).rebuild("requests")
    standing = next(each for each in projections.live() if each.name == "requests")
    assert (standing.generation, standing.error) == (1, None)
    assert rows(projections, REQUESTS) == live


# --- Rebuild aside and swap ---------------------------------------------------------------------


def test_a_changed_fold_is_built_aside_and_swapped_at_once(told, projections):
    projections.catch_up()

    def fold(document: Any, fact: Recorded[Any], key: Any) -> Any:
        folded = REQUESTS.fold(document, fact, key)
        return None if folded is None else folded | {"colour": "blue"}

    newer = replace(REQUESTS, version=REQUESTS.version + 1, fold=fold)
    changed = Projections(told.pool, [newer, SUBJECTS])
    assert changed.outdated() == ["requests"]
    seen_half = []

    def progress(_done: int, _all: int) -> None:
        live = next(each for each in changed.live() if each.name == "requests")
        seen_half.append(live.generation != 1)

    built = changed.rebuild("requests", progress)
    assert not any(seen_half[:-1])
    assert changed.outdated() == []
    assert {orjson.loads(body)["colour"] for body in rows(changed, REQUESTS, 2).values()} == {
        "blue"
    }
    assert (built.generation, built.status) == (2, "live")
    # A reader who looked a moment ago still finds the retired one; later rebuilds remove it.
    changed.rebuild("requests")
    assert rows(changed, REQUESTS, 1)
    changed.keep_retired = timedelta(0)
    changed.rebuild("requests")
    with pytest.raises(Exception, match="does not exist"):
        rows(changed, REQUESTS, 1)


def test_the_new_generation_does_not_go_back_behind_the_live_one(crm, projections):
    crm.append(facts()[:200])
    projections.catch_up()
    late = iter([facts()[200:400], facts()[400:600]])

    def meanwhile(_done: int, _all: int) -> None:
        more = next(late, None)
        if more:
            crm.append(more)
            projections.catch_up()  # the live one goes on

    built = projections.rebuild("customers", meanwhile)
    assert built.position == crm.facts.head()
    assert next(late, None) is None


def test_an_unknown_name_is_answered_with_the_known_ones(projections):
    with pytest.raises(LookupError, match="customers"):
        projections.rebuild("costumers")


# --- Two at once ------------------------------------------------------------------------------


def test_two_projectors_without_a_lock_fold_nothing_twice(crm, projections):
    crm.append(facts()[:1000])
    failures: list[BaseException] = []

    def race() -> None:
        try:
            for _ in range(40):
                Projections(crm.pool, PROJECTIONS).step()
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    projections.catch_up()
    for model in READ_MODELS:
        live = rows(projections, model)
        assert rows(projections, model, projections.rebuild(model.name).generation) == live
    with projections.pool.reading() as cursor:
        cursor.execute("select count(*) from views.facts_1")
        assert cursor.fetchone() == (1000,)


@contextmanager
def projecting(projections: Projections, *names: str) -> Iterator[tuple[Projector, list[str]]]:
    """Run a projector beside the test, of all read models or these; what it says is noted."""
    projector, said = Projector(projections, names or None), []
    thread = threading.Thread(target=projector.run, args=(said.append,))
    thread.start()
    try:
        yield projector, said
    finally:
        projector.stop()
        thread.join(5)


def current(projections: Projections) -> bool:
    """Whether all have come to the end of the log."""
    return {each.position for each in projections.live()} == {projections.log.head()}


def test_what_one_projector_keeps_another_leaves_alone_until_it_ends(crm, projections):
    crm.append(facts()[:300])
    with projecting(projections, "customers") as (first, kept):
        _until(lambda: kept == ["Keeping up to date: customers."])
        with projecting(Projections(crm.pool, PROJECTIONS)) as (_, taken):
            _until(lambda: current(projections))
            others = sorted({each.name for each in PROJECTIONS} - {"customers"})
            assert taken == [f"Keeping up to date: {', '.join(others)}."]
            first.stop()
            _until(lambda: taken[1:] == ["Keeping up to date: customers."])
            crm.append(facts()[300:400])
            _until(lambda: current(projections))
    assert projections.verify("customers") == []


def test_a_lock_is_lost_with_its_connection(crm, projections, dsn):
    crm.append(facts()[:300])
    with projecting(projections, "customers") as (_, kept):
        _until(lambda: kept == ["Keeping up to date: customers."])
        with projecting(Projections(crm.pool, PROJECTIONS), "customers") as (_, taken):
            with closing(connect(dsn, role=None)) as owner, owner.cursor() as cursor:
                cursor.execute(
                    "select pg_terminate_backend(pid) from pg_locks join pg_database d"
                    " on d.oid = database where locktype = 'advisory' and datname = %s",
                    (owner.info.dbname,),
                )
            # Whoever asks first has it now; the other waits.
            _until(lambda: len(kept) + len(taken) == 2)
            crm.append(facts()[300:400])
            _until(lambda: projections.live(["customers"])[0].position == projections.log.head())
            assert len(kept) + len(taken) == 2
    assert projections.verify("customers") == []


def test_one_projector_leads_and_another_takes_over(crm, projections):
    first, second = Projector(projections), Projector(Projections(crm.pool, PROJECTIONS))
    leading: list[str] = []
    threads = [
        threading.Thread(target=first.run, args=(lambda _: leading.append("first"),)),
        threading.Thread(target=second.run, args=(lambda _: leading.append("second"),)),
    ]
    try:
        threads[0].start()
        _until(lambda: leading == ["first"])
        threads[1].start()
        crm.append(facts()[:100])
        _until(lambda: {each.position for each in projections.live()} == {crm.facts.head()})
        assert leading == ["first"]
        first.stop()
        threads[0].join(5)
        _until(lambda: leading == ["first", "second"])
        crm.append(facts()[100:200])
        _until(lambda: {each.position for each in projections.live()} == {crm.facts.head()})
    finally:
        for projector, thread in zip((first, second), threads, strict=True):
            projector.stop()
            thread.join(5)


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "It did not come to that in 20 seconds."
        time.sleep(0.02)
