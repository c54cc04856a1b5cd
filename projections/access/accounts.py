"""Who may what: accounts with their grants, the company's own roles, and the terms of sharing."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain.access import principal, role, sharing
from domain.access.principal import REVIEW_EVERY
from domain.kernel import Recorded
from projections.documents import Document, ReadModel, utc

# --- Accounts -------------------------------------------------------------------------------------


def fold_principal(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns an account."""
    match fact.event:
        case principal.PersonEnrolled(member_id=member_id):
            return _enrolled(key, kind="person", member_id=str(member_id), label=None)
        case principal.ServiceEnrolled(label=label):
            return _enrolled(key, kind="service", member_id=None, label=label)
        case _ if document is None:
            return None
        case principal.AccessGranted():
            return _with_grants([*document["grants"], _granted(fact)])
        case principal.AccessRevoked(grant_id=grant_id):
            return _with_grants(_others(document["grants"], grant_id))
        case principal.AccessReviewed(grant_id=grant_id):
            due = fact.occurred_at + REVIEW_EVERY
            reviewed = {"reviewed_at": utc(fact.occurred_at), "review_due_at": utc(due)}
            return _with_grants(
                each | reviewed if each["id"] == str(grant_id) else each
                for each in document["grants"]
            )
        case principal.AccessDelegated() as given:
            delegation = {
                "id": str(given.delegation_id),
                "to_id": str(given.to_id),
                "starts_at": utc(given.starts_at),
                "ends_at": utc(given.ends_at),
            }
            return {"delegations": [*document["delegations"], delegation]}
        case principal.DelegationEnded(delegation_id=delegation_id):
            return {"delegations": list(_others(document["delegations"], delegation_id))}
        case principal.PrincipalSuspended():
            return {"status": "suspended"}
        case principal.PrincipalRestored():
            return {"status": "active"}
        case _:
            return {}


def _enrolled(key: UUID, **who: str | None) -> Document:
    return {
        "id": str(key),
        **who,
        "status": "active",
        "grants": [],
        "delegations": [],
        "next_review_due_at": None,
    }


def _granted(fact: Recorded[Any]) -> Document:
    given: principal.AccessGranted = fact.event
    return {
        "id": str(given.grant_id),
        "role": given.role,
        "department_id": given.department_id and str(given.department_id),
        "customer_id": given.customer_id and str(given.customer_id),
        "starts_at": utc(given.starts_at),
        "ends_at": given.ends_at and utc(given.ends_at),
        "reviewed_at": utc(fact.occurred_at),
        "review_due_at": utc(fact.occurred_at + REVIEW_EVERY),
    }


def _others(parts: Iterable[Document], id_: UUID) -> Iterable[Document]:
    return (each for each in parts if each["id"] != str(id_))


def _with_grants(grants: Iterable[Document]) -> Document:
    now = list(grants)
    due = [each["review_due_at"] for each in now if to_review(each, each["review_due_at"])]
    return {"grants": now, "next_review_due_at": min(due, default=None)}


def to_review(grant: Document, at: str) -> bool:
    """Tell whether a grant must have been reviewed by a time, and does not end before it."""
    ends_at = grant["ends_at"]
    return bool(grant["review_due_at"] <= at and (ends_at is None or at < ends_at))


PRINCIPALS = ReadModel(
    name="principals",
    version=1,
    subject="principal",
    fold=fold_principal,
    fields=("member_id", "kind", "status", "next_review_due_at"),
    row={"holder_id": "member_id"},
)

# --- Roles ----------------------------------------------------------------------------------------


def fold_role(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact that concerns a role of the company's own."""
    match fact.event:
        case role.RoleDefined(name=name) as defined:
            return {
                "id": str(key),
                "name": name,
                "built_in": False,
                "status": "active",
                **_permits(defined),
            }
        case _ if document is None:
            return None
        case role.RoleChanged() as changed:
            return _permits(changed)
        case role.RoleWithdrawn():
            return {"status": "withdrawn"}
        case _:
            return {}


def _permits(said: role.RoleDefined | role.RoleChanged) -> Document:
    return {"permissions": permitted(said.permissions), "shows": [str(each) for each in said.shows]}


def permitted(lines: Iterable[role.Allowed]) -> list[Document]:
    """Write down what a role may do, line by line."""
    return [
        {"resource": str(line.resource), "action": str(line.action), "reach": str(line.reach)}
        for line in lines
    ]


COMPANY_ROLES = ReadModel(
    name="roles", version=1, subject="role", fold=fold_role, fields=("name", "status")
)

# --- Sharing --------------------------------------------------------------------------------------


def fold_sharing(document: Document | None, fact: Recorded[Any], key: UUID) -> Document | None:
    """Fold one fact about the terms of sharing: one document for the whole company."""
    event = fact.event
    whose = {"department_id": str(event.department_id), "dataset": str(event.dataset)}
    terms = [] if document is None else document["terms"]
    before: Document = {"withheld_from": [], "agreed_at": None, "objection": None}
    others = []
    for term in terms:
        if (term["department_id"], term["dataset"]) == tuple(whose.values()):
            before = term
        else:
            others.append(term)
    after = sorted(
        [*others, whose | before | _said(fact)],
        key=lambda term: (term["department_id"], term["dataset"]),
    )
    return {"id": str(key), "terms": after}


def _said(fact: Recorded[Any]) -> Document:
    match fact.event:
        case sharing.SharingObjected(from_ids=from_ids):
            by = fact.envelope.actor
            objection = {
                "from_ids": [str(each) for each in from_ids],
                "by": {"kind": str(by.kind), "id": by.id},
                "on_behalf_of": fact.envelope.on_behalf_of and str(fact.envelope.on_behalf_of),
                "reason": fact.envelope.reason,
                "raised_at": utc(fact.occurred_at),
            }
            return {"objection": objection}
        case sharing.SharingAgreed(withheld_from=withheld_from):
            return {
                "withheld_from": [str(each) for each in withheld_from],
                "agreed_at": utc(fact.occurred_at),
                "objection": None,
            }
        case sharing.ObjectionWithdrawn():
            return {"objection": None}
        case _:
            return {}


SHARING_TERMS = ReadModel(name="sharing", version=1, subject="sharing", fold=fold_sharing)
