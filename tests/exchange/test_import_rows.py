"""What one row of an imported file means: one fact, and those it implies."""

import pytest
from exchange.importing import (
    HEADER,
    OPERATOR,
    requests,
)

from application.imports import run_import
from domain.teams.department import DEPARTMENT, department_id


@pytest.mark.parametrize(
    ("rows", "facts", "as_steps"),
    [
        pytest.param(
            ["new", "take ana", "solve ana", "close ana"],
            ["RequestOpened", "RequestAssigned", "RequestResolved", "RequestClosed"],
            0,
            id="a plain case",
        ),
        pytest.param(
            ["new ana", "solve bo"],
            ["RequestOpened ~RequestAssigned", "~RequestAssigned RequestResolved"],
            0,
            id="whoever does the step holds the case",
        ),
        pytest.param(
            ["solve ana"],
            ["RequestOpened ~RequestAssigned ~RequestResolved"],
            0,
            id="the first row opens the request, whatever it says",
        ),
        pytest.param(
            ["close"],
            ["RequestOpened ~RequestResolved ~RequestClosed"],
            0,
            id="a case of one row, closed",
        ),
        pytest.param(
            ["take ana", "hold ana", "take ana", "hold ana", "take bo"],
            ["RequestOpened ~RequestAssigned", "WaitingStarted", "~WaitingEnded StepTaken",
             "WaitingStarted", "~WaitingEnded RequestAssigned"],
            1,
            id="a wait ends when work goes on",
        ),
        pytest.param(
            ["hold", "remark", "answer", "repair", "hold", "solve"],
            ["RequestOpened ~WaitingStarted", "StepTaken", "RequestReplied",
             "~WaitingEnded StepTaken", "WaitingStarted", "RequestResolved"],
            0,
            id="neither a remark nor a reply ends a wait",
        ),
        pytest.param(
            ["hold", "supplier", "go", "go"],
            ["RequestOpened ~WaitingStarted", "WaitingStarted", "~WaitingEnded WaitingEnded",
             "StepTaken"],
            1,
            id="waiting ends for whatever it was",
        ),
        pytest.param(
            ["new", "hold", "supplier", "mail ana", "hold", "hold"],
            ["RequestOpened", "WaitingStarted", "WaitingStarted", "~WaitingEnded CustomerWrote",
             "WaitingStarted", "StepTaken"],
            1,
            id="a customer who writes ends the wait for the customer and is no holder",
        ),
        pytest.param(
            ["solve", "take ana"],
            ["RequestOpened ~RequestResolved", "~RequestReopened RequestAssigned"],
            0,
            id="who takes a resolved request has reopened it",
        ),
        pytest.param(
            ["solve", "hold"],
            ["RequestOpened ~RequestResolved", "~RequestReopened WaitingStarted"],
            0,
            id="only an open request waits",
        ),
        pytest.param(
            ["solve ana", "remark ana", "solve ana", "close ana", "remark ana", "close ana"],
            ["RequestOpened ~RequestAssigned ~RequestResolved", "StepTaken", "StepTaken",
             "RequestClosed", "StepTaken", "StepTaken"],
            2,
            id="a remark reopens nothing; solved and closed twice are steps",
        ),
        pytest.param(
            ["solve ana", "solve bo"],
            ["RequestOpened ~RequestAssigned ~RequestResolved", "~RequestAssigned StepTaken"],
            1,
            id="a resolved request may change hands",
        ),
        pytest.param(
            ["close ana", "close bo"],
            ["RequestOpened ~RequestAssigned ~RequestResolved ~RequestClosed",
             "~RequestReopened ~RequestAssigned ~RequestResolved RequestClosed"],
            0,
            id="a closed one changes hands only by coming back",
        ),
        pytest.param(
            ["close", "answer", "close", "mail"],
            ["RequestOpened ~RequestResolved ~RequestClosed", "~RequestReopened RequestReplied",
             "~RequestResolved RequestClosed", "~RequestReopened CustomerWrote"],
            0,
            id="nothing is written on a closed one",
        ),
        pytest.param(
            ["close ana", "back bo", "back ana"],
            ["RequestOpened ~RequestAssigned ~RequestResolved ~RequestClosed",
             "RequestReopened ~RequestAssigned", "~RequestAssigned StepTaken"],
            1,
            id="reopened, and then in whose hands",
        ),
        pytest.param(
            ["new", "new", "take"],
            ["RequestOpened", "StepTaken", "StepTaken"],
            2,
            id="opened twice; assigned to nobody",
        ),
    ],
)  # fmt: skip
def test_a_row_gives_one_fact_and_what_it_implies(story, rows, facts, as_steps):
    assert story(*rows) == (facts, as_steps)


def test_rows_are_told_in_order_of_time_and_ties_in_order_of_the_file(crm, shop, tmp_path):
    file = tmp_path / "mixed.csv"
    file.write_text(
        HEADER
        + "C1,2025-03-03T11:00Z,close,Harbour,,,\n"
        + "C1,2025-03-03T09:00+00:00,remark,Harbour,,,\n"
        + "C1,2025-03-03T11:00+02:00,take,Harbour,ana,,\n"
    )
    run_import(crm, file, shop, OPERATOR)
    lines = [fact.envelope.imported.line for fact in next(iter(requests(crm).values()))]
    assert lines == [3, 4, 2, 2]


def test_assigned_without_a_member_goes_into_the_queue(crm, shop, tmp_path):
    file = tmp_path / "queue.csv"
    file.write_text(
        HEADER
        + "C1,2025-03-03T09:00Z,new,Harbour,ana,sales,\n"
        + "C1,2025-03-03T10:00Z,take,Harbour,,service,\n"
        + "C1,2025-03-03T11:00Z,close,Harbour,ana,,\n"
    )
    run_import(crm, file, shop, OPERATOR)
    facts = next(iter(requests(crm).values()))
    assert [type(fact.event).__name__ for fact in facts] == [
        "RequestOpened", "RequestAssigned", "RequestQueued", "RequestAssigned",
        "RequestResolved", "RequestClosed",
    ]  # fmt: skip
    assert facts[2].event.department_id == department_id("shop-service")
    assert not facts[2].envelope.imported.derived


def test_a_long_queue_name_still_has_a_short_code(crm, shop, tmp_path):
    file = tmp_path / "long.csv"
    file.write_text(HEADER + f"C1,2025-03-03T09:00Z,new,Harbour,,{'x' * 100},\n")
    run_import(crm, file, shop, OPERATOR)
    opened = next(iter(requests(crm).values()))[0].event
    department = crm.load(DEPARTMENT, opened.department_id).state
    assert len(department.code) == 60
    assert department.name == "x" * 100
