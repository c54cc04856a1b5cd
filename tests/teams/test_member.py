"""A member: joins a department, moves, changes role, leaves and may come back."""

import pytest
from spec import LI_NA, SALES, SERVICE, spec

from domain.kernel import Reference, personal_fields, references
from domain.teams.member import (
    MEMBER,
    Absent,
    Active,
    ChangeMemberDetails,
    ChangeMemberRole,
    JoinMember,
    LeaveMember,
    Left,
    MemberDetailsChanged,
    MemberJoined,
    MemberLeft,
    MemberMoved,
    MemberRetracted,
    MemberRoleChanged,
    MoveMember,
    RetractMember,
)

JOIN = JoinMember(
    id=LI_NA, name="李娜", email="li.na@concord.example", department_id=SALES, role="agent"
)
CORRECT = ChangeMemberDetails(id=LI_NA, name="李娜 (Lina)", email="lina@concord.example")
MOVE = MoveMember(id=LI_NA, department_id=SERVICE)
PROMOTE = ChangeMemberRole(id=LI_NA, role="team-lead")
LEAVE = LeaveMember(id=LI_NA)
RETRACT = RetractMember(id=LI_NA)

JOINED = MemberJoined(name="李娜", email="li.na@concord.example", department_id=SALES, role="agent")
CORRECTED = MemberDetailsChanged(name="李娜 (Lina)", email="lina@concord.example")
MOVED = MemberMoved(from_department_id=SALES, department_id=SERVICE)
PROMOTED = MemberRoleChanged(role="team-lead")
LEFT = MemberLeft(department_id=SALES)
RETRACTED = MemberRetracted()

NEVER_JOINED = pytest.param((), id="never joined")
AT_WORK = pytest.param((JOINED,), id="at work")
GONE = pytest.param((JOINED, LEFT), id="left")
TAKEN_BACK = pytest.param((JOINED, RETRACTED), id="taken back")

# --- Rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [NEVER_JOINED, GONE, TAKEN_BACK])
def test_a_colleague_joins_or_comes_back(history):
    (
        spec(MEMBER)
        .given(*history)
        .when(JOIN)
        .then(
            MemberJoined(
                name="李娜", email="li.na@concord.example", department_id=SALES, role="agent"
            )
        )
        .then_state(Active("李娜", "li.na@concord.example", SALES, "agent"))
    )


def test_a_colleague_without_email_joins_too():
    (
        spec(MEMBER)
        .when(JoinMember(id=LI_NA, name="李娜", department_id=SALES, role="agent"))
        .then(MemberJoined(name="李娜", email=None, department_id=SALES, role="agent"))
    )


def test_nobody_joins_twice():
    spec(MEMBER).given(JOINED).when(JOIN).then_rejected("member.exists")


@pytest.mark.parametrize("command", [JoinMember, MoveMember])
def test_the_department_must_be_open(command):
    must_be_open = Reference("department_id", "department", must_be_active=True)
    assert must_be_open in references(command)


def test_name_and_email_are_corrected():
    (
        spec(MEMBER)
        .given(JOINED)
        .when(CORRECT)
        .then(MemberDetailsChanged(name="李娜 (Lina)", email="lina@concord.example"))
        .then_state(Active("李娜 (Lina)", "lina@concord.example", SALES, "agent"))
    )


@pytest.mark.parametrize(
    ("name", "email"), [("李娜", None), ("Li Na", "li.na@concord.example")], ids=["email", "name"]
)
def test_either_alone_is_a_correction(name, email):
    correct = ChangeMemberDetails(id=LI_NA, name=name, email=email)
    spec(MEMBER).given(JOINED).when(correct).then(MemberDetailsChanged(name=name, email=email))


def test_details_that_are_so_already_are_no_news():
    spec(MEMBER).given(JOINED, CORRECTED).when(CORRECT).then_nothing()


def test_a_move_tells_from_where_to_where():
    (
        spec(MEMBER)
        .given(JOINED)
        .when(MOVE)
        .then(MemberMoved(from_department_id=SALES, department_id=SERVICE))
        .then_state(Active("李娜", "li.na@concord.example", SERVICE, "agent"))
    )


def test_nobody_moves_to_where_they_are():
    spec(MEMBER).given(JOINED, MOVED).when(MOVE).then_rejected(
        "member.already-there", field="department_id"
    )


def test_a_role_changes():
    (
        spec(MEMBER)
        .given(JOINED)
        .when(PROMOTE)
        .then(MemberRoleChanged(role="team-lead"))
        .then_state(Active("李娜", "li.na@concord.example", SALES, "team-lead"))
    )


def test_the_role_they_have_already_is_no_news():
    spec(MEMBER).given(JOINED, PROMOTED).when(PROMOTE).then_nothing()


def test_a_member_leaves_the_department_they_are_in_by_then():
    (
        spec(MEMBER)
        .given(JOINED, MOVED)
        .when(LEAVE)
        .then(MemberLeft(department_id=SERVICE))
        .then_state(Left("李娜", "li.na@concord.example", SERVICE))
    )


@pytest.mark.parametrize("command", [CORRECT, MOVE, PROMOTE, LEAVE])
@pytest.mark.parametrize("history", [NEVER_JOINED, TAKEN_BACK])
def test_nothing_is_changed_about_nobody(history, command):
    spec(MEMBER).given(*history).when(command).then_rejected("member.unknown")


@pytest.mark.parametrize("command", [CORRECT, MOVE, PROMOTE, LEAVE])
def test_nothing_is_changed_about_one_who_has_left(command):
    spec(MEMBER).given(JOINED, LEFT).when(command).then_rejected("member.left")


@pytest.mark.parametrize("history", [AT_WORK, GONE])
def test_a_member_recorded_by_mistake_is_taken_back(history):
    spec(MEMBER).given(*history).when(RETRACT).then(MemberRetracted()).then_state(Absent())


@pytest.mark.parametrize("history", [NEVER_JOINED, TAKEN_BACK])
def test_taking_back_nobody_is_no_news(history):
    spec(MEMBER).given(*history).when(RETRACT).then_nothing()


def test_work_is_given_to_members_at_work():
    assert spec(MEMBER).given(JOINED).active


@pytest.mark.parametrize("history", [NEVER_JOINED, GONE, TAKEN_BACK])
def test_and_to_nobody_else(history):
    assert not spec(MEMBER).given(*history).active


def test_a_correction_in_the_history_of_one_who_has_left_is_obeyed():
    assert spec(MEMBER).given(JOINED, LEFT, CORRECTED).state == Left(
        "李娜 (Lina)", "lina@concord.example", SALES
    )


@pytest.mark.parametrize("event", [MOVED, PROMOTED, LEFT])
def test_other_facts_after_leaving_change_nothing(event):
    told = spec(MEMBER).given(JOINED, LEFT, event)
    assert told.state == Left("李娜", "li.na@concord.example", SALES)


@pytest.mark.parametrize("event", [CORRECTED, MOVED, PROMOTED, LEFT])
def test_no_later_fact_brings_back_who_was_taken_back(event):
    assert spec(MEMBER).given(JOINED, RETRACTED, event).state == Absent()


@pytest.mark.parametrize("event", [MemberJoined, MemberDetailsChanged])
def test_name_and_email_are_the_members_own_personal_data(event):
    assert personal_fields(event) == {"name": "self", "email": "self"}


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_the_life_of_a_member_over_http(api, company):
    here, there = company.department().id, company.department().id
    body = {"name": "李娜", "email": "li.na@concord.example", "department_id": here}
    joined = api.post("/members", body | {"role": "agent"}).went_well()
    assert joined.status == 201
    assert joined.headers["Location"] == f"/api/v1/members/{joined.id}"
    path = f"/members/{joined.id}"
    moved = api.post(f"{path}/move", {"department_id": there}, seen=joined).went_well()
    promoted = api.post(f"{path}/role", {"role": "team-lead"}, seen=moved).went_well()
    told = {"name": "李娜", "department_id": there, "role": "team-lead", "status": "active"}
    assert told.items() <= api.get(path, after=promoted).json.items()

    left = api.post(f"{path}/leave", {}, seen=promoted).went_well()
    gone = api.get(path, after=left).json
    assert gone["status"] == "left"
    assert gone["left_at"] > gone["joined_at"]
    for step, change in (("move", {"department_id": here}), ("role", {"role": "x"}), ("leave", {})):
        api.post(f"{path}/{step}", change, seen=left).refused(409, "member.left")
    api.patch(path, {"name": "Li Na"}, seen=left).refused(409, "member.left")

    again = {"name": "李娜", "department_id": here, "role": "agent"}
    rejoined = api.post(f"{path}/rejoin", again, seen=left).went_well()
    assert rejoined.id == joined.id
    told = {"status": "active", "left_at": None, "email": None, "role": "agent", "version": 5}
    assert told.items() <= api.get(path, after=rejoined).json.items()
    api.post(f"{path}/rejoin", again, seen=rejoined).refused(409, "member.exists")


def test_what_a_correction_leaves_out_stays_over_http(api, company):
    member = company.member(name="Lina", email="lina@concord.example")
    path = f"/members/{member.id}"
    renamed = api.patch(path, {"name": "李娜"}, seen=member).went_well()
    shown = api.get(path, after=renamed).json
    assert (shown["name"], shown["email"]) == ("李娜", "lina@concord.example")
    without = api.patch(path, {"email": None}, seen=renamed).went_well()
    shown = api.get(path, after=without).json
    assert (shown["name"], shown["email"]) == ("李娜", None)
    nothing = api.patch(path, {}, seen=without).went_well()
    assert (nothing.version, nothing.position) == (3, None)


def test_nobody_joins_or_moves_to_a_closed_department_over_http(api, company):
    closed = company.department()
    company.do(f"/departments/{closed.id}/close", {}, seen=closed)
    body = {"name": "Ana", "department_id": closed.id, "role": "agent"}
    api.post("/members", body).refused(422, "department.not-active", "/department_id")
    member = company.member()
    moved = api.post(f"/members/{member.id}/move", {"department_id": closed.id}, seen=member)
    moved.refused(422, "department.not-active", "/department_id")


def test_a_move_to_where_one_is_already_is_refused_over_http(api, company):
    department = company.department().id
    member = company.member(department_id=department)
    moved = api.post(f"/members/{member.id}/move", {"department_id": department}, seen=member)
    moved.refused(409, "member.already-there", "/department_id")
