"""The whole story of the sample company, from its first day with Concord to its ninetieth."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from application.demo import (
    accounts,
    campaigning,
    cold_store,
    complaining,
    contracting,
    disputes,
    duplicates,
    grouping,
    knowing,
    leading,
    offering,
    ordering,
    pooling,
    promising,
    relations,
    reviewing,
    rivals,
    routing,
    selling,
    staff,
    surveying,
    valuing,
)
from application.demo.companies import companies
from application.demo.requests import requests_of
from application.demo.script import Line, Script, Storyline
from application.demo.talking import talk_with
from domain.kernel import Fact


def written() -> list[Line]:
    """Write the story down, command by command: the same every time."""
    script = Script()
    script.watch = promising.escalations
    for storyline in [*staff.storylines(script), *_customers(script), *_company(script)]:
        script.plan(storyline)
    return script.play()


def _customers(script: Script) -> Iterator[Storyline]:
    for company in companies():
        yield from accounts.storylines(script, company)
        yield talk_with(script, company)
        yield from requests_of(script, company)
        yield from knowing.storylines(script, company)
        yield from selling.storylines(script, company)
        yield from ordering.storylines(script, company)


def _company(script: Script) -> Iterator[Storyline]:
    for topic in (disputes, pooling, rivals, campaigning, leading, contracting):
        yield from topic.storylines(script)
    for topic in (relations, grouping, offering, duplicates, routing):
        yield from topic.storylines(script)
    yield from surveying.storylines(script)
    yield promising.standards(script)
    yield from complaining.storylines(script)
    yield selling.pipelines(script)
    yield cold_store.storyline(script)
    yield valuing.storyline(script)
    yield reviewing.storyline(script)


@cache
def facts() -> tuple[Fact[Any], ...]:
    """Return every fact of the story, in order of time."""
    return tuple(fact for line in written() for fact in line.facts)
