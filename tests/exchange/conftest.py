"""The maps that the tests of imports read, and a way to tell a case in a line."""

import pytest
from exchange.importing import HEADER, MAP, MAPS, OPERATOR

from application.imports import read_map, run_import
from domain.ids import named_id


@pytest.fixture
def tickets():
    return read_map(MAPS / "tickets-csv.toml")


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "shop.toml").write_text(MAP)
    return read_map(tmp_path / "shop.toml")


@pytest.fixture
def story(crm, shop, tmp_path):
    """Import the steps of one case, an hour apart, and return what each row became."""

    def tell(*rows, map_=shop):
        lines = []
        for hour, row in enumerate(rows):
            what, _, who = row.partition(" ")
            lines.append(f"C1,2025-03-03T{hour:02}:00Z,{what},Harbour,{who},,")
        file = tmp_path / "story.csv"
        file.write_text(HEADER + "\n".join(lines))
        report = run_import(crm, file, map_, OPERATOR)
        facts = crm.facts.stream(named_id("shop", "request", "C1"))
        per_row = {line: [] for line in range(2, len(rows) + 2)}
        for fact in facts:
            event = type(fact.event).__name__
            mark = "~" if fact.envelope.imported.derived else ""
            per_row[fact.envelope.imported.line].append(mark + event)
        return [" ".join(events) for events in per_row.values()], report.tally.as_steps

    return tell
