"""What a member can be given to do: what they are good at, and when they are away."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from domain.ids import MemberId
from domain.kernel import Rejected, command, event

BEST = 5
"""The highest level of a skill; 1 is the lowest."""


@dataclass(frozen=True, slots=True)
class Skill:
    """Something a member is good at, from level 1 (learning it) to 5 (teaches it)."""

    name: str
    level: int


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a member is away: from ``starts_at`` on, back at ``ends_at``."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Abilities:
    """A member's skills by name, and absences by when they start."""

    skills: tuple[Skill, ...] = ()
    absences: tuple[Absence, ...] = ()

    def away_at(self, now: datetime) -> Absence | None:
        """Return the absence that the member is in at a time, or None where they are there."""
        return next((each for each in self.absences if each.starts_at <= now < each.ends_at), None)


NO_ABILITIES = Abilities()

# --- Events -----------------------------------------------------------------------------------


@event("member.skill-recorded", zh="成员技能评定")
class SkillRecorded:
    """Member's skill recorded."""

    skill: str
    level: int


@event("member.skill-withdrawn", zh="成员技能撤销")
class SkillWithdrawn:
    """Member's skill withdrawn."""

    skill: str


@event("member.absence-announced", zh="成员请假")
class AbsenceAnnounced:
    """Member away for some time."""

    starts_at: datetime
    ends_at: datetime


@event("member.absence-withdrawn", zh="成员销假")
class AbsenceWithdrawn:
    """Member not away after all, or back early."""

    starts_at: datetime


Event = SkillRecorded | SkillWithdrawn | AbsenceAnnounced | AbsenceWithdrawn

# --- Commands ---------------------------------------------------------------------------------


@command
class RecordSkill:
    """Record what a member is good at, and how good: level 1 to 5."""

    id: MemberId
    skill: str
    level: int


@command
class WithdrawSkill:
    """Say that a member has a skill no more."""

    id: MemberId
    skill: str


@command
class AnnounceAbsence:
    """Say when a member is away: no work is routed to them then."""

    id: MemberId
    starts_at: datetime
    ends_at: datetime


@command
class WithdrawAbsence:
    """Take an absence back, by when it starts."""

    id: MemberId
    starts_at: datetime


Command = RecordSkill | WithdrawSkill | AnnounceAbsence | WithdrawAbsence

# --- Rules ------------------------------------------------------------------------------------


def check_skill(command: RecordSkill | WithdrawSkill, member: Abilities) -> None:
    """Check a skill. Raises ``Rejected``: member.not-a-level, member.no-such-skill."""
    match command:
        case RecordSkill(level=level):
            if not 1 <= level <= BEST:
                raise Rejected(
                    "member.not-a-level", f"A level is 1 to {BEST}, the best.", field="level"
                )
        case WithdrawSkill(skill=skill):
            if skill not in {each.name for each in member.skills}:
                raise Rejected(
                    "member.no-such-skill", "The member has no such skill.", field="skill"
                )
        case _:
            assert_never(command)


def check_absence(command: AnnounceAbsence | WithdrawAbsence, member: Abilities) -> None:
    """Check an absence.

    Raises ``Rejected``: member.absence-backwards, member.already-away, member.no-such-absence.
    """
    match command:
        case AnnounceAbsence(starts_at=starts, ends_at=ends):
            if ends <= starts:
                raise Rejected(
                    "member.absence-backwards", "An absence ends after it starts.", field="ends_at"
                )
            if any(each.starts_at < ends and starts < each.ends_at for each in member.absences):
                raise Rejected(
                    "member.already-away",
                    "The member is away for a part of that time already; take that back first.",
                    field="starts_at",
                )
        case WithdrawAbsence(starts_at=starts):
            if starts not in {each.starts_at for each in member.absences}:
                raise Rejected(
                    "member.no-such-absence", "No absence starts then.", field="starts_at"
                )
        case _:
            assert_never(command)


def changed(command: Command, member: Abilities) -> list[Event]:
    """Return what follows from a command that was checked."""
    match command:
        case RecordSkill(skill=skill, level=level):
            known = Skill(skill, level) in member.skills
            return [] if known else [SkillRecorded(skill=skill, level=level)]
        case WithdrawSkill(skill=skill):
            return [SkillWithdrawn(skill=skill)]
        case AnnounceAbsence(starts_at=starts_at, ends_at=ends_at):
            return [AbsenceAnnounced(starts_at=starts_at, ends_at=ends_at)]
        case WithdrawAbsence(starts_at=starts_at):
            return [AbsenceWithdrawn(starts_at=starts_at)]
        case _:
            assert_never(command)


def after(member: Abilities, event: Event) -> Abilities:
    """Return what a member can do after one of these facts."""
    match event:
        case SkillRecorded(skill=name, level=level):
            others = [each for each in member.skills if each.name != name]
            skills = sorted([*others, Skill(name, level)], key=lambda each: each.name)
            return replace(member, skills=tuple(skills))
        case SkillWithdrawn(skill=name):
            left = tuple(each for each in member.skills if each.name != name)
            return replace(member, skills=left)
        case AbsenceAnnounced(starts_at=starts_at, ends_at=ends_at):
            absences = [*member.absences, Absence(starts_at, ends_at)]
            ordered = sorted(absences, key=lambda each: each.starts_at)
            return replace(member, absences=tuple(ordered))
        case AbsenceWithdrawn(starts_at=starts_at):
            kept = tuple(each for each in member.absences if each.starts_at != starts_at)
            return replace(member, absences=kept)
        case _:
            assert_never(event)
