"""Looking back: what lists and documents showed then, they show as of then."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import pytest

from application.crm import Crm
from application.demo import facts
from application.store.log import Window
from domain.access.conditions import EVERYTHING
from domain.kernel import Recorded, Subject
from projections.catalogue import READ_MODELS
from projections.customers.customers import CUSTOMERS
from projections.history import AuditQuery, History
from projections.reader import ListQuery, Reader
from projections.support.requests import REQUESTS
from projections.support.sla_board import SLA_BOARD

AS_OF_LISTS = [model for model in READ_MODELS if model is not SLA_BOARD]
"""The board of promised times is one of now; the past of a request is at its clocks."""


def asked(**about):
    """A question of somebody who may see everything."""
    return ListQuery(condition=EVERYTHING, **about)


@pytest.fixture
def history(told: Crm, projections: Any) -> History:
    projections.catch_up()
    return History(Reader(told.pool))


def log_of(crm: Crm) -> list[Recorded[Any]]:
    return [fact for page in crm.facts.pages() for fact in page]


def loaded(items: list[str]) -> list[Any]:
    return [orjson.loads(item) for item in items]


@pytest.mark.parametrize("descending", [False, True])
def test_lists_and_documents_show_as_of_a_position_what_they_showed_then(
    crm, projections, descending
):
    reader = Reader(crm.pool)
    then: list[tuple[int, Any]] = []
    for start, end in pairwise((0, 300, 700, 1500)):
        crm.append(facts()[start:end])
        projections.catch_up()
        shown = {
            (model.name, field): reader.documents(
                model, asked(sort=field, descending=descending, limit=200)
            )
            for model in AS_OF_LISTS
            for field in model.fields
        }
        then.append((crm.facts.head(), shown))
    history = History(reader)
    for position, shown in then:
        for model in AS_OF_LISTS:
            for field in model.fields:
                page = history.documents(
                    model,
                    asked(sort=field, descending=descending, limit=200),
                    Window(position=position),
                )
                live = shown[model.name, field]
                assert loaded(page.items) == loaded(live.items)
                assert page.next == live.next
                if live.items:
                    first = loaded(live.items)[0]
                    again = history.document(model, UUID(first["id"]), Window(position=position))
                    assert orjson.loads(orjson.dumps(again)) == first


def test_pages_as_of_then_go_on_where_the_last_one_ended(told, history):
    window = Window(position=told.facts.head())
    everything = history.documents(CUSTOMERS, asked(sort="name", limit=1000), window)
    collected, after = [], None
    while True:
        page = history.documents(CUSTOMERS, asked(sort="name", limit=7, after=after), window)
        collected += page.items
        after = page.next
        if after is None:
            break
    assert collected == everything.items
    assert len(collected) > 20


def test_a_filter_by_a_things_id_finds_what_a_look_at_all_finds(told, history):
    window = Window(position=told.facts.head())
    everything = loaded(
        history.documents(REQUESTS, asked(sort="opened_at", limit=1000), window).items
    )
    departments = {each["department_id"] for each in everything}
    assert len(departments) > 1
    for department in departments:
        query = ListQuery(
            condition=EVERYTHING,
            sort="opened_at",
            limit=1000,
            filters={"department_id": department},
        )
        found = loaded(history.documents(REQUESTS, query, window).items)
        assert found == [each for each in everything if each["department_id"] == department]


def test_as_of_a_day_only_what_had_happened_counts(told, history):
    log = log_of(told)
    day = sorted(fact.occurred_at for fact in log)[len(log) // 2]
    for model in (CUSTOMERS, REQUESTS):
        keys = sorted({s.id for fact in log for s in fact.subjects if s.kind == model.subject})
        for key in keys[:30]:
            seen = [
                fact
                for fact in log
                if Subject(model.subject, key) in fact.subjects and fact.occurred_at <= day
            ]
            assert history.document(model, key, Window(as_of=day)) == model.run(None, key, seen)


def test_a_timeline_has_everything_about_its_subject_the_latest_first(told, history):
    log = log_of(told)
    for kind in ("customer", "member", "department", "request", "contact"):
        id_ = max(
            (s.id for fact in log for s in fact.subjects if s.kind == kind),
            key=lambda each: sum(each in {s.id for s in fact.subjects} for fact in log[:300]),
        )
        subject = Subject(kind, id_)
        expected = sorted(
            (fact for fact in log if subject in fact.subjects),
            key=lambda fact: (fact.occurred_at, fact.position),
            reverse=True,
        )
        collected: list[Recorded[Any]] = []
        while page := history.timeline(
            subject,
            limit=9,
            before=(collected[-1].occurred_at, collected[-1].position) if collected else None,
        ):
            collected += page
        assert collected == expected
        assert expected


def test_the_audit_history_finds_what_a_look_at_every_fact_finds(told, history):
    log = log_of(told)
    some = log[len(log) // 2]
    actor = str(some.envelope.actor)
    subject = some.subjects[0]
    since, until = log[100].recorded_at, log[-100].recorded_at + timedelta(microseconds=1)
    questions = [
        (AuditQuery(actor=actor), lambda fact: str(fact.envelope.actor) == actor),
        (AuditQuery(name=some.name), lambda fact: fact.name == some.name),
        (AuditQuery(subject=subject), lambda fact: subject in fact.subjects),
        (
            AuditQuery(since=since, until=until),
            lambda fact: since <= fact.recorded_at < until,
        ),
        (
            AuditQuery(actor=actor, subject=subject, name=some.name),
            lambda fact: (
                str(fact.envelope.actor) == actor
                and subject in fact.subjects
                and fact.name == some.name
            ),
        ),
        (
            AuditQuery(before=some.position),
            lambda fact: fact.position < some.position,
        ),
    ]
    for question, holds in questions:
        expected = [fact for fact in reversed(log) if holds(fact)][: question.limit]
        assert history.audit(question) == expected
        assert expected


def test_nothing_is_known_of_a_time_before_everything(told, history):
    early = datetime(2001, 1, 1, tzinfo=UTC)
    assert history.documents(CUSTOMERS, asked(sort="name"), Window(as_of=early)).items == []
    assert history.log.position_at(early) == 0
