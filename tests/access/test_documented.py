"""The README's table of roles is the one that everything is held against."""

from pathlib import Path

from domain.access.roles import Resource
from tests.access.table import CELLS, SHOWN

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_the_table_of_roles():
    section = README.read_text().partition("## Who sees what")[2].partition("\n## ")[0]
    head, _, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.split("\n")
        if line.startswith("|")
    )
    assert head == ["role", *Resource, "shows"]
    found = {
        (role, resource): cell
        for role, *cells, _ in rows
        for resource, cell in zip(Resource, cells, strict=True)
    }
    assert found == CELLS
    shown = {role: set(last.split(", ")) - {"-"} for role, *_, last in rows}
    assert shown == {role: set(map(str, kinds)) for role, kinds in SHOWN.items()}
