"""An import: a file taken into the log, gone on with, finished, undone and done again."""

from dataclasses import replace

import pytest
from spec import spec

from domain.exchange.import_run import (
    IMPORT_RUN,
    Absent,
    Finished,
    FinishImport,
    ImportFinished,
    ImportStarted,
    ImportUndone,
    Running,
    StartImport,
    Tally,
    UndoImport,
    Undone,
    import_id,
)

ID = import_id("helpdesk", "0f" * 32)
TALLY = Tally(rows=9, added=5, facts=7, known=1, unmapped=2, bad=1, as_steps=3)

START = StartImport(
    id=ID, source="helpdesk", file="log.csv", file_sha256="0f" * 32, map_sha256="a1" * 32
)
FINISH = FinishImport(id=ID, tally=TALLY)
UNDO = UndoImport(id=ID, taken_back=6, kept=1)

STARTED = ImportStarted(
    source="helpdesk", file="log.csv", file_sha256="0f" * 32, map_sha256="a1" * 32
)
FINISHED = ImportFinished(tally=TALLY)
UNDONE = ImportUndone(taken_back=6, kept=1)

NEVER_STARTED = pytest.param((), id="never started")
RUNNING = pytest.param((STARTED,), id="running")
DONE = pytest.param((STARTED, FINISHED), id="finished")
STOPPED_AND_UNDONE = pytest.param((STARTED, UNDONE), id="undone while running")
DONE_AND_UNDONE = pytest.param((STARTED, FINISHED, UNDONE), id="undone")

# --- Rules ------------------------------------------------------------------------------------


def test_the_same_file_from_the_same_source_is_the_same_import():
    assert import_id("helpdesk", "0f" * 32) == ID


@pytest.mark.parametrize(
    ("source", "file_sha256"), [("erp", "0f" * 32), ("helpdesk", "f0" * 32)], ids=["source", "file"]
)
def test_another_file_or_source_is_another_import(source, file_sha256):
    assert import_id(source, file_sha256) != ID


@pytest.mark.parametrize("history", [NEVER_STARTED, DONE, STOPPED_AND_UNDONE, DONE_AND_UNDONE])
def test_an_import_starts_for_the_first_time_or_again(history):
    (
        spec(IMPORT_RUN)
        .given(*history)
        .when(START)
        .then(
            ImportStarted(
                source="helpdesk", file="log.csv", file_sha256="0f" * 32, map_sha256="a1" * 32
            )
        )
        .then_state(Running("helpdesk", "a1" * 32))
    )


def test_an_import_that_stopped_in_the_middle_goes_on():
    spec(IMPORT_RUN).given(STARTED).when(START).then_nothing().then_state(
        Running("helpdesk", "a1" * 32)
    )


def test_an_import_finishes_with_its_tally():
    (
        spec(IMPORT_RUN)
        .given(STARTED)
        .when(FINISH)
        .then(
            ImportFinished(
                tally=Tally(rows=9, added=5, facts=7, known=1, unmapped=2, bad=1, as_steps=3)
            )
        )
        .then_state(Finished("helpdesk"))
    )


def test_going_on_under_another_map_is_said():
    told = spec(IMPORT_RUN).given(STARTED).when(replace(START, map_sha256="b2" * 32))
    told.then(replace(STARTED, map_sha256="b2" * 32))
    told.then_state(Running("helpdesk", "b2" * 32))


def test_what_was_never_started_does_not_finish():
    spec(IMPORT_RUN).when(FINISH).then_rejected("import.unknown")


@pytest.mark.parametrize("history", [DONE, DONE_AND_UNDONE])
def test_only_an_import_that_runs_finishes(history):
    spec(IMPORT_RUN).given(*history).when(FINISH).then_rejected("import.not-running")


@pytest.mark.parametrize("history", [RUNNING, DONE])
def test_an_import_is_undone_even_in_the_middle(history):
    (
        spec(IMPORT_RUN)
        .given(*history)
        .when(UNDO)
        .then(ImportUndone(taken_back=6, kept=1))
        .then_state(Undone("helpdesk"))
    )


def test_what_was_never_imported_is_not_undone():
    spec(IMPORT_RUN).when(UNDO).then_rejected("import.unknown")


@pytest.mark.parametrize("history", [STOPPED_AND_UNDONE, DONE_AND_UNDONE])
def test_no_import_is_undone_twice(history):
    spec(IMPORT_RUN).given(*history).when(UNDO).then_rejected("import.undone")


@pytest.mark.parametrize("history", [RUNNING, DONE])
def test_the_facts_of_an_import_stand(history):
    assert spec(IMPORT_RUN).given(*history).active


@pytest.mark.parametrize("history", [NEVER_STARTED, STOPPED_AND_UNDONE, DONE_AND_UNDONE])
def test_until_it_is_undone(history):
    assert not spec(IMPORT_RUN).given(*history).active


@pytest.mark.parametrize("event", [FINISHED, UNDONE])
def test_the_end_of_what_never_began_is_obeyed_and_changes_nothing(event):
    assert spec(IMPORT_RUN).given(event).state == Absent()
