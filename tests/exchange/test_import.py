"""The import of other systems' files: what a file becomes, and the reference log's figures."""

import json
from collections import Counter
from datetime import timedelta
from itertools import groupby, pairwise
from statistics import mean, median

import pytest
from exchange.importing import (
    ANA,
    BO,
    EXPECTED,
    FRONT,
    HARBOUR,
    HEADER,
    LI_NA,
    LOGISTICS,
    MAPS,
    OPERATOR,
    SERVICE,
    T1,
    T2,
    TICKETS,
    YUNHE,
    by_member,
    requests,
    rows_in_log,
    shanghai,
    told,
)

from application.imports import BadRow, read_map, run_import, undo_import
from domain.customers.customer import CustomerDetails, CustomerRegistered
from domain.exchange.import_run import IMPORT_RUN, Finished, Tally
from domain.ids import named_id
from domain.kernel import Actor, Channel
from domain.support.request import RequestAssigned, VoidRequest
from domain.teams.department import (
    DEPARTMENT,
    CreateDepartment,
    DepartmentCreated,
    DepartmentKind,
)
from domain.teams.member import MemberJoined
from domain.values import Tier

# --- A file becomes events --------------------------------------------------------------------


def test_a_file_of_tickets_becomes_events(crm, tickets):
    report = run_import(crm, TICKETS, tickets, OPERATOR)

    assert {id_: told(facts) for id_, facts in requests(crm).items()} == EXPECTED
    assert report.tally == Tally(
        rows=13, added=12, facts=24, known=0, unmapped=1, bad=0, as_steps=1
    )
    assert report.unmapped == {"telepathy": 1}
    assert report.bad_rows == ()
    assert crm.load(IMPORT_RUN, report.import_id).state == Finished("tickets")


def test_people_and_departments_appear_where_the_file_first_names_them(crm, tickets):
    run_import(crm, TICKETS, tickets, OPERATOR)
    facts = [fact for page in crm.facts.pages() for fact in page]
    parties = {
        fact.stream_id: (fact.occurred_at, fact.event)
        for fact in facts
        if fact.kind in {"customer", "member", "department"}
    }

    def department(code, name):
        return DepartmentCreated(code=code, name=name, kind=DepartmentKind.CORE)

    def colleague(name):
        return MemberJoined(name=name, email=None, department_id=SERVICE, role="service agent")

    def customer(name):
        return CustomerRegistered(details=CustomerDetails(name=name), tier=Tier.NORMAL)

    assert parties == {
        FRONT: (shanghai(3, 9), department("front-office", "Front office")),
        SERVICE: (shanghai(3, 9, 10), department("tickets-service", "Team service")),
        LOGISTICS: (shanghai(4, 9), department("tickets-logistics", "Team logistics")),
        ANA: (shanghai(3, 9, 10), colleague("Ana")),
        BO: (shanghai(3, 10), colleague("Bo")),
        LI_NA: (shanghai(3, 9, 30), colleague("李娜")),
        HARBOUR: (shanghai(3, 9), customer("Harbour Foods")),
        YUNHE: (shanghai(3, 9, 30), customer("云河科技")),
    }


def test_every_fact_says_where_it_comes_from(crm, tickets):
    report = run_import(crm, TICKETS, tickets, OPERATOR)
    assigned = crm.facts.stream(T2)[1]

    assert assigned.envelope.channel is Channel.IMPORT
    assert assigned.envelope.actor == Actor.member(LI_NA)
    assert (assigned.envelope.department_id, assigned.envelope.role) == (SERVICE, "service agent")
    assert assigned.envelope.imported.import_id == report.import_id
    assert assigned.envelope.imported.label == "assigned"
    created = crm.facts.stream(T1)[0]
    assert created.envelope.actor == Actor.system("import")
    # Two equal rows are two facts: each has a mark of its own.
    rows = [
        fact.envelope.imported.row
        for fact in crm.facts.stream(T1)
        if not fact.envelope.imported.derived
    ]
    assert len(set(rows)) == len(rows) == 9


def test_who_exists_already_is_left_as_they_are(crm, tickets):
    crm.handle(
        CreateDepartment(
            id=FRONT, code="front-office", name="Reception", kind=DepartmentKind.SUPPORT
        ),
        by_member(),
    )
    run_import(crm, TICKETS, tickets, OPERATOR)

    assert crm.load(DEPARTMENT, FRONT).state.name == "Reception"
    assert crm.load(DEPARTMENT, FRONT).version == 1


# --- Rows that are not imported ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        (",2025-03-03T09:00Z,new,H,,,",
         ("case", "It is empty.")),
        ("C2,,new,H,,,",
         ("at", "It is empty.")),
        ("C2,2025-03-03T09:00Z, ,H,,,",
         ("what", "It is empty.")),
        ("C2,2025-03-03T09:00Z,new,,,,",
         ("customer", "It is empty.")),
        ("C2,31.2.2025,new,H,,,",
         ("at", "'31.2.2025' is no time as ISO 8601 writes it.")),
        ("C2,0001-01-01T00:00+14:00,new,H,,,",
         ("at", "'0001-01-01T00:00+14:00' is no time as ISO 8601 writes it.")),
        ("C2,2025-03-03T09:00,new,H,,,",
         ("at", "'2025-03-03T09:00' has no offset, and the map's time.timezone names no zone.")),
        (f"C2,2025-03-03T09:00Z,new,{'H' * 201},,,",
         ("customer", "It has 201 characters; 200 are allowed.")),
        (f"C2,2025-03-03T09:00Z,answer,H,,,{'x' * 10_001}",
         ("text", "It has 10001 characters; 10000 are allowed.")),
        (f"C2,2025-03-03T09:00Z,answer,H,,,{'x' * 1_000_000}",
         ("text", "It has 1000000 characters; 10000 are allowed.")),
        ("C2,2025-03-03T09:00Z,new,H,a\x00b,,",
         ("who", "It contains the character U+0000.")),
        ('C2,2025-03-03T09:00Z,new,"H\nH",,,',
         ("customer", "It contains the character U+000A.")),
        ("C2,2025-03-03T09:00Z,answer,H,,,a\x1bb",
         ("text", "It contains the character U+001B.")),
        ("C2,2025-03-03T09:00Z,new,H,,,,,",
         (None, "It has 9 cells, the header 7.")),
    ],
)  # fmt: skip
def test_a_bad_row_names_its_line_and_column_and_the_rest_goes_on(crm, shop, tmp_path, row, bad):
    file = tmp_path / "bad.csv"
    good = "C1,2025-03-03T09:00Z,new,H,,,\n"
    file.write_text(HEADER + good + row + "\n" + good.replace("C1", "C3"))
    report = run_import(crm, file, shop, OPERATOR)

    assert report.bad_rows == (BadRow(3, *bad),)
    assert (report.tally.rows, report.tally.added, report.tally.bad) == (3, 2, 1)
    assert set(requests(crm)) == {named_id("shop", "request", case) for case in ("C1", "C3")}


def test_a_bad_row_is_told_in_a_sentence():
    assert str(BadRow(3, "at", "It is empty.")) == "Line 3, column 'at': It is empty."
    assert str(BadRow(3, None, "It is not JSON.")) == "Line 3: It is not JSON."


def test_only_the_first_bad_rows_are_shown_but_all_are_counted(crm, shop, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text(HEADER + "C1,never,new,H,,,\n" * 250)
    report = run_import(crm, file, shop, OPERATOR)
    assert (report.tally.bad, len(report.bad_rows)) == (250, 100)
    assert rows_in_log(crm) == 0  # nothing to add: not even that it was tried


def test_unmapped_values_are_counted_most_frequent_first(crm, shop, tmp_path):
    file = tmp_path / "odd.csv"
    row = "C1,2025-03-03T09:00Z,{},H,,,\n"
    file.write_text(HEADER + "".join(row.format(what) for what in ("new", "a", "b", "b", "乙")))
    report = run_import(crm, file, shop, OPERATOR)
    assert list(report.unmapped.items()) == [("b", 2), ("a", 1), ("乙", 1)]
    assert (report.tally.unmapped, report.tally.added) == (4, 1)


def test_rows_of_a_voided_request_are_refused(crm, shop, story, tmp_path):
    story("new ana")
    id_ = named_id("shop", "request", "C1")
    crm.handle(VoidRequest(id=id_), by_member(reason="spam"))
    file = tmp_path / "more.csv"
    file.write_text(HEADER + "C1,2025-03-04T09:00Z,answer,Harbour,ana,,\n")
    before = rows_in_log(crm)
    report = run_import(crm, file, shop, OPERATOR)
    assert [str(row) for row in report.bad_rows] == [
        "Line 2: The request was voided; nothing is added to it."
    ]
    assert rows_in_log(crm) == before


def test_an_unknown_kind_or_channel_is_a_bad_row(crm, tickets, tmp_path):
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS.read_text().replace(";投诉;", ";骂人;").replace(";mail;", ";fax;"))
    report = run_import(crm, file, tickets, OPERATOR)
    assert list(map(str, report.bad_rows)) == [
        "Line 2, column 'via': 'fax' is no channel; the map's [channels] may say which one it is.",
        "Line 3, column 'type': '骂人' is no kind; the map's [kinds] may say which one it is.",
    ]


# --- The real log -----------------------------------------------------------------------------


def flow(crm):
    """Compute the reference figures from the recorded facts, apart from any report's code."""
    courses = []
    labels = Counter()
    holders_seen = set()
    for facts in requests(crm).values():
        labels.update(
            fact.envelope.imported.label for fact in facts if not fact.envelope.imported.derived
        )
        holders = [
            holder
            for holder, _ in groupby(
                fact.event.member_id for fact in facts if isinstance(fact.event, RequestAssigned)
            )
        ]
        holders_seen.update(holders)
        times = [fact.occurred_at for fact in facts]
        courses.append((holders, (max(times) - min(times)) / timedelta(days=1)))
    handovers = [len(list(pairwise(holders))) for holders, _ in courses]
    returns = [
        sum(first == third for first, third in zip(holders, holders[2:], strict=False))
        for holders, _ in courses
    ]
    days = [each for _, each in courses]
    return {
        "cases": len(courses),
        "events": labels.total(),
        "handovers": sum(handovers),
        "cases_with_handover": sum(map(bool, handovers)),
        "ping_pongs": sum(returns),
        "cases_with_ping_pong": sum(map(bool, returns)),
        "resources": len(holders_seen),
        "median_days": round(median(days), 4),
        "mean_days": round(mean(days), 4),
    }, labels


def test_the_helpdesk_log_gives_its_reference_figures(crm, shared):
    file = shared / "data/helpdesk/helpdesk.xes.gz"
    if not file.is_file():
        pytest.skip(f"the helpdesk log is not here: {file} is missing")
    reference = json.loads((shared / "data/figures.json").read_text())["helpdesk"]
    activities = reference.pop("activities")
    map_ = read_map(MAPS / "helpdesk.toml")

    report = run_import(crm, file, map_, OPERATOR)
    figures, labels = flow(crm)
    assert figures == reference
    assert {label: labels[label] for label in activities} == activities
    assert report.tally.rows == report.tally.added == reference["events"]
    assert report.unmapped == {}

    recorded = rows_in_log(crm)
    assert run_import(crm, file, map_, OPERATOR).tally.known == reference["events"]
    assert rows_in_log(crm) == recorded

    assert undo_import(crm, report.import_id, OPERATOR, "trial") == (reference["cases"], 0)
    assert requests(crm) == {}
    assert run_import(crm, file, map_, OPERATOR).tally == report.tally
    assert flow(crm) == (figures, labels)
