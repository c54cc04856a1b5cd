"""What members are good at, and when they are away."""

import pytest
from spec import FRIDAY, MONDAY, SERVICE, THURSDAY, TUESDAY, WEDNESDAY, sample_id, spec

from domain.ids import MemberId
from domain.teams.abilities import (
    Absence,
    AbsenceAnnounced,
    AbsenceWithdrawn,
    AnnounceAbsence,
    RecordSkill,
    Skill,
    SkillRecorded,
    SkillWithdrawn,
    WithdrawAbsence,
    WithdrawSkill,
)
from domain.teams.member import MEMBER, MemberJoined, MemberLeft

pytest_plugins = ["tests.web.fixtures"]

ID = MemberId(sample_id(0xA1))
JOINED = MemberJoined(name="Ana", email=None, department_id=SERVICE, role="agent")
GOOD = SkillRecorded(skill="Hydraulics", level=3)
AWAY = AbsenceAnnounced(starts_at=TUESDAY, ends_at=THURSDAY)


def test_skills_are_recorded_raised_and_withdrawn():
    story = spec(MEMBER).given(JOINED, GOOD)
    assert story.state.abilities.skills == (Skill("Hydraulics", 3),)
    better = SkillRecorded(skill="Hydraulics", level=5)
    story.when(RecordSkill(id=ID, skill="Hydraulics", level=5)).then(better)
    story.when(RecordSkill(id=ID, skill="Hydraulics", level=3)).then_nothing()
    gone = SkillWithdrawn(skill="Hydraulics")
    story.when(WithdrawSkill(id=ID, skill="Hydraulics")).then(gone)
    assert spec(MEMBER).given(JOINED, GOOD, better).state.abilities.skills == (
        Skill("Hydraulics", 5),
    )
    assert spec(MEMBER).given(JOINED, GOOD, gone).state.abilities.skills == ()


@pytest.mark.parametrize("level", [0, 6, -1])
def test_a_level_is_one_to_five(level):
    asked = spec(MEMBER).given(JOINED).when(RecordSkill(id=ID, skill="x", level=level))
    asked.then_rejected("member.not-a-level", field="level")


def test_a_skill_that_nobody_recorded_is_not_withdrawn():
    asked = spec(MEMBER).given(JOINED).when(WithdrawSkill(id=ID, skill="x"))
    asked.then_rejected("member.no-such-skill", field="skill")


@pytest.mark.parametrize(
    ("now", "away"),
    [(MONDAY, False), (TUESDAY, True), (WEDNESDAY, True), (THURSDAY, False), (FRIDAY, False)],
)
def test_somebody_is_away_from_the_start_until_they_are_back(now, away):
    here = spec(MEMBER).given(JOINED, AWAY).state.abilities
    assert here.away_at(now) == (Absence(TUESDAY, THURSDAY) if away else None)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "refusal"),
    [
        (TUESDAY, TUESDAY, ("member.absence-backwards", "ends_at")),
        (WEDNESDAY, TUESDAY, ("member.absence-backwards", "ends_at")),
        (WEDNESDAY, FRIDAY, ("member.already-away", "starts_at")),
        (MONDAY, WEDNESDAY, ("member.already-away", "starts_at")),
        (MONDAY, FRIDAY, ("member.already-away", "starts_at")),
        (MONDAY, TUESDAY, None),
        (THURSDAY, FRIDAY, None),
    ],
)
def test_nobody_is_away_twice_at_a_time(starts_at, ends_at, refusal):
    command = AnnounceAbsence(id=ID, starts_at=starts_at, ends_at=ends_at)
    outcome = spec(MEMBER).given(JOINED, AWAY).when(command)
    if refusal:
        outcome.then_rejected(refusal[0], field=refusal[1])
    else:
        outcome.then(AbsenceAnnounced(starts_at=starts_at, ends_at=ends_at))


def test_an_absence_is_taken_back_by_when_it_starts():
    story = spec(MEMBER).given(JOINED, AWAY)
    back = AbsenceWithdrawn(starts_at=TUESDAY)
    story.when(WithdrawAbsence(id=ID, starts_at=TUESDAY)).then(back)
    wrong = story.when(WithdrawAbsence(id=ID, starts_at=MONDAY))
    wrong.then_rejected("member.no-such-absence", field="starts_at")
    assert spec(MEMBER).given(JOINED, AWAY, back).state.abilities.absences == ()


@pytest.mark.parametrize(
    "command",
    [
        RecordSkill(id=ID, skill="x", level=1),
        WithdrawSkill(id=ID, skill="x"),
        AnnounceAbsence(id=ID, starts_at=MONDAY, ends_at=FRIDAY),
        WithdrawAbsence(id=ID, starts_at=MONDAY),
    ],
)
def test_who_left_or_never_was_can_nothing(command):
    left = spec(MEMBER).given(JOINED, MemberLeft(department_id=SERVICE))
    left.when(command).then_rejected("member.left")
    spec(MEMBER).given().when(command).then_rejected("member.unknown")


def test_the_member_shows_them(company, api):
    made = company.member()
    path = f"/members/{made.id}"
    for step, body in (
        ("skill", {"skill": "Welding", "level": 2}),
        ("skill", {"skill": "Hydraulics", "level": 5}),
        ("skill", {"skill": "Welding", "level": 4}),
        ("away", {"starts_at": "2031-05-01T00:00:00Z", "ends_at": "2031-05-04T00:00:00Z"}),
        ("away", {"starts_at": "2030-05-01T00:00:00Z", "ends_at": "2030-05-04T00:00:00Z"}),
        ("back", {"starts_at": "2031-05-01T00:00:00Z"}),
    ):
        made = company.do(f"{path}/{step}", body, seen=made)
    shown = api.get(path, after=made).went_well().json
    assert shown["skills"] == [{"name": "Hydraulics", "level": 5}, {"name": "Welding", "level": 4}]
    assert [each["starts_at"] for each in shown["absences"]] == ["2030-05-01T00:00:00.000000Z"]
