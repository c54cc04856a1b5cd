"""Acceptance stories: recorded by real commands into PostgreSQL, asked of the reports by replay.

Every ``*.json`` in ``$CONCORD_CASES`` (by itself ``shared/cases`` beside the checkout) and in
``stories/`` here is one. A question is skipped where what it needs is not there yet; the reason
names it.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from application.crm import Crm
from application.store.embedded import Server
from projections.scoring.catalogue import METRICS
from tests.acceptance.actions import ACTIONS
from tests.acceptance.questions import QUESTIONS, normal
from tests.acceptance.retelling import as_known
from tests.acceptance.scores import known_rows
from tests.acceptance.standards import publish_standard
from tests.acceptance.story import Story, Telling
from tests.databases import fresh_database

OWN = Path(__file__).parent / "stories"
CASES = Path(os.environ.get("CONCORD_CASES") or Path(__file__).parents[3] / "shared" / "cases")


def stories(folder: Path) -> list[Story]:
    files = [file for file in sorted(folder.glob("*.json")) if file.name != "schema.json"]
    return [Story.read(file) for file in files]


STORIES = {story.name: story for folder in (CASES, OWN) for story in stories(folder)}


def asked() -> Iterator[Any]:
    for story in STORIES.values():
        for number, question in enumerate(story.questions):
            yield pytest.param(story.name, number, id=f"{story.name}[{number}] {question['ask']}")


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, server: Server, template: str) -> Iterator[Telling]:
    """A story told into a database of its own, and as it was known into others where it must be."""
    story = STORIES[request.param]
    name = re.sub(r"[^a-z0-9]", "_", f"story_{story.name}".lower())
    with ExitStack() as stack:

        def into(database: str, story: Story) -> Telling:
            dsn = stack.enter_context(fresh_database(server, template, database))
            telling = Telling(stack.enter_context(closing(Crm(dsn, pool_size=2))), story)
            try:
                tell(telling)
            except Exception as error:  # noqa: BLE001 - each question says so, and the next goes on
                telling.broken = error
            return telling

        @cache
        def retell(known_at: str) -> Telling:
            again = into(f"{name}_{next(numbers)}", as_known(story, known_at))
            again.retell = None if again.broken else retell
            again.strained = True  # it knows what it knows: what others ask is told again
            return again

        numbers = count(1)
        telling = into(name, story)
        telling.retell = retell
        yield telling


def tell(telling: Telling) -> None:
    publish_standard(telling)
    for line in telling.story.lines:
        if telling.story.settled and "set" in line:
            continue
        if action := ACTIONS.get(line["do"]):
            action(telling, line)
        else:
            telling.missing.setdefault(line["do"], set()).add(line["id"])


@pytest.mark.parametrize(("told", "number"), list(asked()), indirect=["told"])
def test_story(told: Telling, number: int) -> None:
    question = told.story.questions[number]
    answering = QUESTIONS.get(question["ask"])
    if answering is None:
        pytest.skip(f"nobody answers {question['ask']} yet")
    telling = told.as_known(question["known_at"])
    if lacking := answering.lacks(telling, question):
        pytest.skip(f"there is no command for {', '.join(sorted(lacking))} yet")
    if telling.broken:
        raise telling.broken
    assert normal(answering.answer(telling, question)) == normal(question["answer"])


def partly() -> Iterator[Any]:
    for story in STORIES.values():
        for number, question in enumerate(story.questions):
            if question["ask"] in ("score", "team_score"):
                rows = (question.get("policy") or story.told["policy"])["metrics"]
                names = {row["metric"] for row in rows}
                if names - METRICS.keys() and names & METRICS.keys():
                    yield pytest.param(story.name, number, id=f"{story.name}[{number}]")


@pytest.mark.parametrize(("told", "number"), list(partly()), indirect=["told"])
def test_the_rows_of_a_score_that_can_be_computed(told: Telling, number: int) -> None:
    question = told.story.questions[number]
    expected = [row for row in question["answer"]["metrics"] if row["metric"] in METRICS]
    telling = told.as_known(question["known_at"])
    assert normal(known_rows(telling, question)) == normal(expected)


def test_the_stories_are_here() -> None:
    if not CASES.is_dir():
        pytest.skip(f"the stories are not here: {CASES} is missing")
    assert STORIES
