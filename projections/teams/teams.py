"""The organisation: departments, and the members who work in them."""

from typing import Any
from uuid import UUID

from domain.kernel import Recorded
from domain.teams import department, member
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
    version=1,
    subject="member",
    fold=fold_member,
    fields=("name", "department_id", "role", "status"),
    row={"department_id": "department_id", "holder_id": "id"},
    personal=True,
)
