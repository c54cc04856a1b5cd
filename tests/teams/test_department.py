"""A department: created under one code, renamed, closed, reopened, taken back."""

import pytest
from spec import SALES, spec

from domain.teams.department import (
    DEPARTMENT,
    Absent,
    Closed,
    CloseDepartment,
    CreateDepartment,
    DepartmentClosed,
    DepartmentCreated,
    DepartmentKind,
    DepartmentRenamed,
    DepartmentReopened,
    DepartmentRetracted,
    Open,
    RenameDepartment,
    ReopenDepartment,
    RetractDepartment,
    department_id,
)

CREATE = CreateDepartment(id=SALES, code="sales", name="Sales", kind=DepartmentKind.CORE)
RENAME = RenameDepartment(id=SALES, name="Sales & Accounts")
CLOSE = CloseDepartment(id=SALES)
REOPEN = ReopenDepartment(id=SALES)
RETRACT = RetractDepartment(id=SALES)

CREATED = DepartmentCreated(code="sales", name="Sales", kind=DepartmentKind.CORE)
RENAMED = DepartmentRenamed(name="Sales & Accounts")
CLOSED = DepartmentClosed()
REOPENED = DepartmentReopened()
RETRACTED = DepartmentRetracted()

NEVER_CREATED = pytest.param((), id="never created")
AT_WORK = pytest.param((CREATED,), id="open")
SHUT = pytest.param((CREATED, CLOSED), id="closed")
TAKEN_BACK = pytest.param((CREATED, RETRACTED), id="taken back")
AT_WORK_AGAIN = pytest.param((CREATED, CLOSED, REOPENED), id="reopened")

# --- Rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["sales", "Sales", "SALES", "  sales\t"])
def test_a_code_names_one_department_however_it_is_written(written):
    assert department_id(written) == SALES


def test_two_codes_name_two_departments():
    assert department_id("sales") != department_id("service")


@pytest.mark.parametrize("history", [NEVER_CREATED, TAKEN_BACK])
def test_a_department_is_created(history):
    (
        spec(DEPARTMENT)
        .given(*history)
        .when(CREATE)
        .then(DepartmentCreated(code="sales", name="Sales", kind=DepartmentKind.CORE))
        .then_state(Open("sales", "Sales", DepartmentKind.CORE))
    )


@pytest.mark.parametrize("history", [AT_WORK, SHUT])
def test_no_two_departments_share_a_code(history):
    spec(DEPARTMENT).given(*history).when(CREATE).then_rejected("department.exists", field="code")


def test_a_new_name_leaves_code_and_kind():
    (
        spec(DEPARTMENT)
        .given(CREATED)
        .when(RENAME)
        .then(DepartmentRenamed(name="Sales & Accounts"))
        .then_state(Open("sales", "Sales & Accounts", DepartmentKind.CORE))
    )


def test_the_name_it_has_already_is_no_news():
    spec(DEPARTMENT).given(CREATED, RENAMED).when(RENAME).then_nothing()


def test_a_department_closes_and_keeps_what_is_known_of_it():
    (
        spec(DEPARTMENT)
        .given(CREATED, RENAMED)
        .when(CLOSE)
        .then(DepartmentClosed())
        .then_state(Closed("sales", "Sales & Accounts", DepartmentKind.CORE))
    )


def test_a_closed_department_opens_again_under_its_name():
    (
        spec(DEPARTMENT)
        .given(CREATED, RENAMED, CLOSED)
        .when(REOPEN)
        .then(DepartmentReopened())
        .then_state(Open("sales", "Sales & Accounts", DepartmentKind.CORE))
    )


@pytest.mark.parametrize("command", [RENAME, CLOSE, REOPEN])
@pytest.mark.parametrize("history", [NEVER_CREATED, TAKEN_BACK])
def test_what_does_not_exist_is_not_renamed_closed_or_reopened(history, command):
    spec(DEPARTMENT).given(*history).when(command).then_rejected("department.unknown")


@pytest.mark.parametrize("command", [RENAME, CLOSE])
def test_a_closed_department_is_neither_renamed_nor_closed_again(command):
    spec(DEPARTMENT).given(CREATED, CLOSED).when(command).then_rejected("department.closed")


def test_only_a_closed_department_reopens():
    spec(DEPARTMENT).given(CREATED).when(REOPEN).then_rejected("department.not-closed")


@pytest.mark.parametrize("history", [AT_WORK, SHUT])
def test_a_department_recorded_by_mistake_is_taken_back(history):
    (
        spec(DEPARTMENT)
        .given(*history)
        .when(RETRACT)
        .then(DepartmentRetracted())
        .then_state(Absent())
    )


@pytest.mark.parametrize("history", [NEVER_CREATED, TAKEN_BACK])
def test_taking_back_what_is_not_there_is_no_news(history):
    spec(DEPARTMENT).given(*history).when(RETRACT).then_nothing()


@pytest.mark.parametrize("history", [AT_WORK, AT_WORK_AGAIN])
def test_an_open_department_takes_people_and_requests(history):
    assert spec(DEPARTMENT).given(*history).active


@pytest.mark.parametrize("history", [NEVER_CREATED, SHUT, TAKEN_BACK])
def test_any_other_takes_nothing_new(history):
    assert not spec(DEPARTMENT).given(*history).active


def test_a_rename_in_the_history_of_a_closed_department_is_obeyed():
    told = spec(DEPARTMENT).given(CREATED, CLOSED, RENAMED)
    assert told.state == Closed("sales", "Sales & Accounts", DepartmentKind.CORE)


@pytest.mark.parametrize("event", [RENAMED, CLOSED, REOPENED])
def test_no_later_fact_brings_back_what_was_taken_back(event):
    assert spec(DEPARTMENT).given(CREATED, RETRACTED, event).state == Absent()


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_the_life_of_a_department_over_http(api, company):
    code = company.word("sales")
    created = api.post("/departments", {"code": code, "name": "Sales"}).went_well()
    assert created.status == 201
    assert created.headers["Location"] == f"/api/v1/departments/{created.id}"
    path = f"/departments/{created.id}"
    shown = api.get(path, after=created).went_well()
    assert shown.headers["ETag"] == '"1"'
    told = {"code": code, "name": "Sales", "kind": "core", "status": "open", "version": 1}
    assert told.items() <= shown.json.items()

    renamed = api.patch(path, {"name": "Sales & Accounts"}, seen=created).went_well()
    closed = api.post(f"{path}/close", {"reason": "Merged"}, seen=renamed).went_well()
    assert api.get(path, after=closed).json["status"] == "closed"
    api.patch(path, {"name": "Ours"}, seen=closed).refused(409, "department.closed")
    api.post(f"{path}/close", {}, seen=closed).refused(409, "department.closed")
    reopened = api.post(f"{path}/reopen", {}, seen=closed).went_well()
    told = {"name": "Sales & Accounts", "status": "open", "version": 4}
    assert told.items() <= api.get(path, after=reopened).json.items()
    api.post(f"{path}/reopen", {}, seen=reopened).refused(409, "department.not-closed")


def test_a_code_is_taken_over_http(api, company):
    code = company.word("sales")
    company.department(code=code)
    again = api.post("/departments", {"code": code, "name": "Other"})
    again.refused(409, "department.exists", "/code")


def test_the_same_name_again_is_no_news_over_http(api, company):
    department = company.department(name="Sales")
    renamed = api.patch(f"/departments/{department.id}", {"name": "Sales"}, seen=1).went_well()
    assert (renamed.version, renamed.position, renamed.headers["ETag"]) == (1, None, '"1"')
    assert renamed.headers["Concord-Position"] is None
