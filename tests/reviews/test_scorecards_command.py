"""Scorecards from the command line: everybody's, by a policy or by rules of a file."""

import csv
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from application.crm import Crm
from application.demo import facts
from application.demo.people import ACCOUNT_MANAGER
from application.demo.reviewing import FIRST, LAST, RULES
from projections.reports.period import Period
from projections.reviews.cards import shown_card
from projections.scoring.asked import Terms
from projections.scoring.many import Manner, scorecards
from tests.command import Command

PERIOD = ("--from", FIRST, "--to", LAST)


@pytest.fixture
def company(crm: Crm, dsn: str) -> str:
    """The sample company; where it is."""
    crm.append(facts())
    return dsn


def test_all_cards_as_json_are_those_of_the_replay(company, crm, command: Command):
    words = ("report", "scorecards", "--policy", ACCOUNT_MANAGER, *PERIOD, "--json")
    done = command.run(*words, "--processes", 1, DATABASE_URL=company)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    terms = Terms(period=Period(FIRST, LAST, ZoneInfo("Asia/Shanghai")), rules=RULES)
    cards = scorecards(crm.facts, terms, departments=True, manner=Manner(processes=1))
    assert [each["figures"] for each in told] == [
        json.loads(orjson.dumps(shown_card(card)["figures"])) for card in cards
    ]
    assert {each["official"] for each in told} == {True}
    assert any(each["total"] for each in told)
    again = command.run(*words, "--processes", 2, DATABASE_URL=company)
    assert again.stdout == done.stdout


def test_rules_of_a_file_are_a_what_if(company, command: Command, tmp_path: Path):
    file = tmp_path / "rules.json"
    term = {"metric": "sales_amount", "weight": "100", "floor": "0", "target": "50000"}
    file.write_text(json.dumps({"terms": [term]}))
    table = tmp_path / "cards.csv"
    words = ("report", "scorecards", "--rules", file, *PERIOD, "--processes", 1)
    drawn = command.run(*words, DATABASE_URL=company)
    assert "a what-if, not official" in " ".join(drawn.stdout.split())
    done = command.run(*words, "--csv", table, DATABASE_URL=company)
    assert done.returncode == 0, done.stderr
    with table.open(newline="") as written:
        rows = list(csv.DictReader(written))
    assert rows
    assert all(row["name"] for row in rows)
    assert any(row["total"] not in {"", "0.00"} for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say by which --policy"),
        (("--policy", "nobody"), "No version of the policy nobody was in force"),
        (("--policy", ACCOUNT_MANAGER, "--department", "moon"), "Nobody ever worked in moon"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(company, command: Command, words, said):
    done = command.run(
        "report", "scorecards", *words, *PERIOD, "--processes", 1, DATABASE_URL=company
    )
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())
