"""The whole story of the sample company, from its first day with Concord to its ninetieth."""

from functools import cache
from typing import Any

from application.demo import accounts, disputes, pooling, staff
from application.demo.companies import companies
from application.demo.requests import requests_of
from application.demo.script import Line, Script
from application.demo.talking import talk_with
from domain.kernel import Fact


def written() -> list[Line]:
    """Write the story down, command by command: the same every time."""
    script = Script()
    for storyline in staff.storylines(script):
        script.plan(storyline)
    for company in companies():
        for storyline in accounts.storylines(script, company):
            script.plan(storyline)
        script.plan(talk_with(script, company))
        for storyline in requests_of(script, company):
            script.plan(storyline)
    for storyline in disputes.storylines(script):
        script.plan(storyline)
    for storyline in pooling.storylines(script):
        script.plan(storyline)
    return script.play()


@cache
def facts() -> tuple[Fact[Any], ...]:
    """Return every fact of the story, in order of time."""
    return tuple(fact for line in written() for fact in line.facts)
