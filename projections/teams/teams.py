"""The organisation: departments, and the members who work in them."""

from operator import itemgetter
from typing import Any
from uuid import UUID

from domain.kernel import Recorded
from domain.teams import abilities, department, member
from projections.documents import Document, ReadModel, utc


def fold_department(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a department."""
    match fact.event:
        case department.DepartmentCreated(code=code, name=name, kind=kind):
            return {
                "id": str(key),
                "code": code,
                "name": name,
                "kind": kind,
                "status": "open",
                "created_at": utc(fact.occurred_at),
            }
        case department.DepartmentRetracted():
            return None
        case _ if document is None:
            return None
        case department.DepartmentRenamed(name=name):
            return {"name": name}
        case department.DepartmentClosed():
            return {"status": "closed"}
        case department.DepartmentReopened():
            return {"status": "open"}
        case _:
            return {}


def fold_member(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a member."""
    match fact.event:
        case member.MemberJoined() as joined:
            return {
                "id": str(key),
                "name": joined.name,
                "email": joined.email,
                "department_id": str(joined.department_id),
                "role": joined.role,
                "status": "active",
                "skills": [],
                "absences": [],
                "joined_at": utc(fact.occurred_at),
                "left_at": None,
            }
        case member.MemberRetracted():
            return None
        case _ if document is None:
            return None
        case member.MemberDetailsChanged(name=name, email=email):
            return {"name": name, "email": email}
        case member.MemberMoved(department_id=department_id):
            return {"department_id": str(department_id)}
        case member.MemberRoleChanged(role=role):
            return {"role": role}
        case member.MemberLeft():
            return {"status": "left", "left_at": utc(fact.occurred_at)}
        case _:
            return _able(document, fact)


def _able(document: Document, fact: Recorded[Any]) -> Document:
    match fact.event:
        case abilities.SkillRecorded(skill=skill, level=level):
            others = [each for each in document["skills"] if each["name"] != skill]
            skills = sorted([*others, {"name": skill, "level": level}], key=itemgetter("name"))
            return {"skills": skills}
        case abilities.SkillWithdrawn(skill=skill):
            return {"skills": [each for each in document["skills"] if each["name"] != skill]}
        case abilities.AbsenceAnnounced(starts_at=starts_at, ends_at=ends_at):
            absence = {"starts_at": utc(starts_at), "ends_at": utc(ends_at)}
            absences = sorted([*document["absences"], absence], key=itemgetter("starts_at"))
            return {"absences": absences}
        case abilities.AbsenceWithdrawn(starts_at=starts_at):
            gone = utc(starts_at)
            kept = [each for each in document["absences"] if each["starts_at"] != gone]
            return {"absences": kept}
        case _:
            return {}


DEPARTMENTS = ReadModel(
    name="departments",
    version=1,
    subject="department",
    fold=fold_department,
    fields=("code", "name", "kind", "status"),
    row={"department_id": "id"},
)

MEMBERS = ReadModel(
    name="members",
    version=2,
    subject="member",
    fold=fold_member,
    fields=("name", "department_id", "role", "status"),
    row={"department_id": "department_id", "holder_id": "id"},
    personal=True,
)
