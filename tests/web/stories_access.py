"""Stories of access: accounts, roles, and what departments share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access.sharing import SHARING, SHARING_ID, Dataset, ObjectToSharing
from domain.ids import DepartmentId
from domain.kernel import Actor, Channel, Envelope
from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, listed, pages


def _enrolled(company: Company) -> Answer:
    body = {"member_id": company.member().id}
    return company.api.post("/principals", body).went_well()


def _principal(action: str, body: Any, *before: str) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = _enrolled(company)
        for step in before:
            made = company.do(f"/principals/{made.id}/{step}", {}, seen=made)
        told = body(company) if callable(body) else body
        return f"/principals/{made.id}/{action}", told, made.version

    return tell


def _part_of_principal(part: str, action: str, body: Callable[[Company], Any]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        account = _enrolled(company).id
        done = company.do(f"/principals/{account}/{part}", body(company), seen=1)
        (made,) = company.api.get(f"/principals/{account}", after=done).json[part]
        return f"/principals/{account}/{part}/{made['id']}/{action}", {}, 2

    return tell


def _grant(company: Company) -> dict[str, Any]:
    return {
        "role": "service",
        "department_id": company.department().id,
        "customer_id": company.customer().id,
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2126-01-01T00:00:00Z",
    }


def _delegation(company: Company) -> dict[str, Any]:
    to, now = company.member().id, datetime.now(UTC)
    return {
        "to_id": to,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(days=9)).isoformat(),
    }


PERMITTED = {
    "permissions": [{"resource": "customer", "action": "read", "reach": "own"}],
    "shows": ["contact"],
}


def _role(company: Company) -> Answer:
    told = {"name": company.word("role")} | PERMITTED
    return company.api.post("/roles", told).went_well()


def _changed_role(action: str, body: Any) -> Story:
    return lambda company: (f"/roles/{_role(company).id}{action}", body, 1)


WHY = {"reason": "In the middle of a deal"}


def _terms(company: Company) -> Callable[[], int]:
    """Tells the version of the company's terms of sharing, which all tests share."""
    return lambda: company.crm.load(SHARING, SHARING_ID).version


def _object(company: Company) -> tuple[Any, ...]:
    whose, other = company.department().id, company.department().id
    told = {"department_id": whose, "dataset": "customers", "from_ids": [other]} | WHY
    return "/sharing/objections", told, _terms(company)


def _objected(company: Company) -> tuple[dict[str, Any], str]:
    whose, other = company.department().id, company.department().id
    by = Envelope(  # somebody else than who settles it
        occurred_at=datetime.now(UTC),
        actor=Actor.system("operator"),
        channel=Channel.CLI,
        reason="In the middle of a deal",
    )
    told = ObjectToSharing(
        id=SHARING_ID,
        department_id=DepartmentId(UUID(whose)),
        dataset=Dataset.CUSTOMERS,
        from_ids=(UUID(other),),
    )
    company.crm.handle(told, by)
    return {"department_id": whose, "dataset": "customers"}, other


def _agree(company: Company) -> tuple[Any, ...]:
    whose, other = _objected(company)
    return "/sharing/agreements", whose | {"withheld_from": [other]} | WHY, _terms(company)


def _withdraw(company: Company) -> tuple[Any, ...]:
    whose, _ = _objected(company)
    return "/sharing/objections/withdraw", whose, _terms(company)


def _shared(path: str) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        told, body, _ = _object(company)
        return path, company.do(told, body, headers={"If-Match": "*"})

    return tell


ACCESS: dict[str, Story] = {
    **pages("/principals", _enrolled),
    "POST /principals": lambda c: ("/principals", {"member_id": c.member().id}),
    "POST /principals/{id_}/grants": _principal("grants", _grant),
    "POST /principals/{id_}/grants/{grant_id}/revoke": _part_of_principal(
        "grants", "revoke", _grant
    ),
    "POST /principals/{id_}/grants/{grant_id}/review": _part_of_principal(
        "grants", "review", _grant
    ),
    "POST /principals/{id_}/suspend": _principal("suspend", {}),
    "POST /principals/{id_}/restore": _principal("restore", {}, "suspend"),
    "POST /principals/{id_}/delegations": _principal("delegations", _delegation),
    "POST /principals/{id_}/delegations/{delegation_id}/end": _part_of_principal(
        "delegations", "end", _delegation
    ),
    "GET /access/views": listed("/access/views", Company.customer),
    "GET /access/reviews": lambda _: ("/access/reviews",),
    "GET /access/explain": lambda _: ("/access/explain?action=read&resource=customer",),
    **pages("/roles", _role),
    "POST /roles": lambda c: ("/roles", {"name": c.word("night-shift")} | PERMITTED),
    "PUT /roles/{id_}": _changed_role(
        "", {"permissions": [{"resource": "request", "action": "read"}], "shows": ["notes"]}
    ),
    "POST /roles/{id_}/withdraw": _changed_role("/withdraw", {}),
    "GET /sharing": _shared("/sharing"),
    "POST /sharing/objections": _object,
    "POST /sharing/agreements": _agree,
    "POST /sharing/objections/withdraw": _withdraw,
    "GET /sharing/{id_}/timeline": _shared(f"/sharing/{SHARING_ID}/timeline"),
    "GET /sharing/{id_}/history": _shared(f"/sharing/{SHARING_ID}/history"),
}
