"""Every operation of the API with a request that goes well: what to send, and to what.

Each entry tells what has to happen first, then returns the request. Tests of bad input spoil
exactly one thing in it, so that nothing else can be the reason for a refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from domain.access.sharing import SHARING, SHARING_ID, Dataset, ObjectToSharing
from domain.ids import DepartmentId
from domain.kernel import Actor, Channel, Envelope
from tests.web.client import Answer, Api
from tests.web.company import Company
from tests.web.stories_campaigns import CAMPAIGNS
from tests.web.stories_complaints import COMPLAINT_STORIES
from tests.web.stories_corrections import CORRECTION_SORTS, CORRECTION_STORIES
from tests.web.stories_exchange import APART
from tests.web.stories_identity import IDENTITY
from tests.web.stories_metrics import METRICS_STORIES
from tests.web.stories_orders import ORDER_STORIES
from tests.web.stories_ownership import OWNERSHIP
from tests.web.stories_pipeline import PIPELINE_SORTS, PIPELINE_STORIES
from tests.web.stories_relations import STORIES as RELATIONS
from tests.web.stories_review_policies import REVIEW_POLICY_SORTS, REVIEW_POLICY_STORIES
from tests.web.stories_review_reports import REVIEW_REPORTS
from tests.web.stories_reviews import REVIEWS
from tests.web.stories_routing import ROUTING
from tests.web.stories_standards import STANDARDS, STANDARDS_SORTS
from tests.web.stories_surveys import SORTS as SURVEY_SORTS
from tests.web.stories_surveys import STORIES as SURVEYS
from tests.web.stories_tiers import STORIES as TIERS
from tests.web.stories_value import VALUE_SORTS, VALUE_STORIES


@dataclass(frozen=True)
class Ready:
    """A request that would go well."""

    api: Api
    method: str
    path: str
    body: dict[str, Any] | None = None
    stands_at: int | Callable[[], int] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: Answer | None = None

    @property
    def seen(self) -> int | None:
        """The version it is for; what all tests share is looked up."""
        return self.stands_at() if callable(self.stands_at) else self.stands_at

    def send(self, **other: Any) -> Answer:
        """Send it, with something different perhaps: ``body``, ``seen``, ``raw``, ``headers`` …"""
        told: dict[str, Any] = {"body": self.body, "after": self.after}
        if "seen" not in other:
            told["seen"] = self.seen
        if "raw" in other:
            del told["body"]
        told |= other | {"headers": self.headers | other.get("headers", {})}
        return self.api.ask(self.method, told.pop("path", self.path), **told)


Story = Callable[[Company], tuple[Any, ...]]
"""Tells the story so far and returns the path; then for a change its body, the version seen and
further headers, for a question what it must have come to."""


def ready(company: Company, operation: str) -> Ready:
    """Tell the story an operation needs and return the request that goes well.

    The story of a question is told once: whoever asks it again finds the same.
    """
    return (
        untouched(company, operation) if operation.startswith("GET") else _told(company, operation)
    )


@cache
def untouched(company: Company, operation: str) -> Ready:
    """A request for tests that never let it through: its story is told once, for all of them."""
    return _told(company, operation)


def _told(company: Company, operation: str) -> Ready:
    path, *more = OPERATIONS[operation](company)
    method = operation.partition(" ")[0]
    if method == "GET":
        return Ready(company.api, method, path, after=more[0] if more else None)
    return Ready(company.api, method, path, *more)


def changes() -> list[str]:
    """The operations that change one thing."""
    return [name for name in OPERATIONS if not name.startswith("GET") and name not in APART]


def reads() -> list[str]:
    """The operations that do not, and answer with JSON."""
    return [name for name in OPERATIONS if name.startswith("GET") and name not in APART]


# --- Stories ----------------------------------------------------------------------------------


def _department(action: str = "", body: Any = None, *, closed: bool = False) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = company.department()
        if closed:
            made = company.do(f"/departments/{made.id}/close", {}, seen=1)
        return f"/departments/{made.id}{action}", body or {}, made.version

    return tell


def _member(action: str, body: Callable[[Company], Any], *, left: bool = False) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = company.member()
        if left:
            made = company.do(f"/members/{made.id}/leave", {}, seen=1)
        return f"/members/{made.id}{action}", body(company), made.version

    return tell


def _customer(action: str, body: Any) -> Story:
    return lambda company: (f"/customers/{company.customer().id}{action}", body, 1)


def _contact(action: str, body: Any) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        customer = company.customer().id
        contact = company.contact(customer)
        return f"/customers/{customer}/contacts/{contact}{action}", body, 2

    return tell


def _ownership(action: str, body: Callable[[Company, str], Any]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        customer, owner = company.owned()
        return f"/customers/{customer}/ownership/{action}", body(company, owner), 1

    return tell


def _settle(company: Company) -> tuple[Any, ...]:
    customer, _, claimant = company.disputed()
    body = {"owner_id": claimant, "reason": "They met first"}
    judge = {"Concord-On-Behalf-Of": company.member().id}
    return f"/customers/{customer}/ownership/settle", body, 2, judge


def _claim(company: Company) -> tuple[Any, ...]:
    path = f"/customers/{company.customer().id}/ownership/claim"
    return path, {"member_id": company.member().id}


def _interact(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    contact = company.contact(customer)
    request = company.request(customer_id=customer)
    return f"/customers/{customer}/interactions", {
        "channel": "phone",
        "direction": "inbound",
        "summary": "Asked where it is",
        "contact_id": contact,
        "about_request_id": request.id,
    }


def _request(action: str, body: Any, *steps: tuple[str, dict[str, Any]]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = company.request(*steps)
        told = body(company) if callable(body) else body
        return f"/requests/{made.id}/{action}", told, made.version

    return tell


def _open(company: Company) -> tuple[Any, ...]:
    return "/requests", {
        "customer_id": company.customer().id,
        "department_id": company.department().id,
        "kind": "complaint",
        "channel": "email",
        "title": "It leaks",
    }


def _list(path: str, make: Callable[[Company], Answer]) -> Story:
    return lambda company: (path, make(company))


def _one(path: str, make: Callable[[Company], Answer]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), made

    return tell


def _queue(company: Company) -> tuple[Any, ...]:
    department = company.department().id
    return f"/departments/{department}/queue", company.request(department_id=department)


def _fact(company: Company) -> tuple[Any, ...]:
    return (f"/audit/events/{company.customer().position}",)


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


WAIT = ("wait", {"on": "customer"})
RESOLVE = ("resolve", {"resolution": "It is there now"})

OPERATIONS: dict[str, Story] = {
    # Departments
    "GET /departments": _list("/departments", Company.department),
    "POST /departments": lambda c: (
        "/departments",
        {"code": c.word("new"), "name": "After-sales", "kind": "support"},
    ),
    "GET /departments/{id_}": _one("/departments/{}", Company.department),
    "PATCH /departments/{id_}": _department("", {"name": "Sales & Accounts"}),
    "POST /departments/{id_}/close": _department("/close"),
    "POST /departments/{id_}/reopen": _department("/reopen", closed=True),
    "GET /departments/{id_}/queue": _queue,
    "GET /departments/{id_}/timeline": _one("/departments/{}/timeline", Company.department),
    "GET /departments/{id_}/history": _one("/departments/{}/history", Company.department),
    # Members
    "GET /members": _list("/members", Company.member),
    "POST /members": lambda c: (
        "/members",
        {
            "name": "李娜",
            "email": "li.na@concord.example",
            "department_id": c.department().id,
            "role": "team-lead",
        },
    ),
    "GET /members/{id_}": _one("/members/{}", Company.member),
    "PATCH /members/{id_}": _member("", lambda _: {"name": "Li Na", "email": "l@concord.example"}),
    "POST /members/{id_}/move": _member("/move", lambda c: {"department_id": c.department().id}),
    "POST /members/{id_}/role": _member("/role", lambda _: {"role": "team-lead"}),
    "POST /members/{id_}/leave": _member("/leave", lambda _: {}),
    "POST /members/{id_}/rejoin": _member(
        "/rejoin",
        lambda c: {
            "name": "Ana",
            "email": "ana@concord.example",
            "department_id": c.department().id,
            "role": "agent",
        },
        left=True,
    ),
    "GET /members/{id_}/timeline": _one("/members/{}/timeline", Company.member),
    "GET /members/{id_}/history": _one("/members/{}/history", Company.member),
    # Customers
    "GET /customers": _list("/customers", Company.customer),
    "POST /customers": lambda _: (
        "/customers",
        {
            "details": {
                "name": "云河科技",
                "short_name": "云河",
                "industry": "software",
                "business": "Maps for ships",
                "employees": 120,
                "phase": "growing",
                "address": "1 Quay",
                "region": "east",
                "phone": "+86 21 5555",
                "website": "https://yunhe.example",
                "tax_id": "91310000",
            },
            "tier": "key",
        },
    ),
    "GET /customers/{id_}": _one("/customers/{}", Company.customer),
    "PATCH /customers/{id_}": _customer("", {"details": {"region": "north", "employees": 7}}),
    "POST /customers/{id_}/tier": _customer("/tier", {"tier": "strategic", "reason": "It grew"}),
    "POST /customers/{id_}/contacts": _customer(
        "/contacts",
        {"name": "Maria Costa", "title": "CFO", "email": "maria@harbour.example", "phone": "5"},
    ),
    "PUT /customers/{id_}/contacts/{contact_id}": _contact(
        "", {"name": "Maria C. Silva", "title": None, "email": "m@harbour.example", "phone": None}
    ),
    "POST /customers/{id_}/contacts/{contact_id}/remove": _contact("/remove", {}),
    "GET /customers/{id_}/timeline": _one("/customers/{}/timeline", Company.customer),
    "GET /customers/{id_}/history": _one("/customers/{}/history", Company.customer),
    # Ownership
    "GET /customers/{id_}/ownership": _one("/customers/{}/ownership", Company.customer),
    "POST /customers/{id_}/ownership/claim": _claim,
    "POST /customers/{id_}/ownership/transfer": _ownership(
        "transfer", lambda c, _: {"to_id": c.member().id, "reason": "Parental leave"}
    ),
    "POST /customers/{id_}/ownership/release": _ownership("release", lambda _, __: {}),
    "POST /customers/{id_}/ownership/dispute": _ownership(
        "dispute", lambda c, _: {"claimant_id": c.member().id, "reason": "I met them first"}
    ),
    "POST /customers/{id_}/ownership/settle": _settle,
    **OWNERSHIP,
    # Interactions
    "POST /customers/{id_}/interactions": _interact,
    "POST /interactions/{id_}/retract": lambda c: (
        f"/interactions/{c.interaction().id}/retract",
        {"reason": "Another customer's"},
        1,
    ),
    "GET /interactions/{id_}/timeline": _one("/interactions/{}/timeline", Company.interaction),
    "GET /interactions/{id_}/history": _one("/interactions/{}/history", Company.interaction),
    # Requests
    "GET /requests": _list("/requests", Company.request),
    "POST /requests": _open,
    "GET /requests/{id_}": _one("/requests/{}", Company.request),
    "POST /requests/{id_}/assign": _request("assign", lambda c: {"member_id": c.member().id}),
    "POST /requests/{id_}/queue": _request("queue", lambda c: {"department_id": c.department().id}),
    "POST /requests/{id_}/reply": _request("reply", {"kind": "internal", "text": "Ask the yard"}),
    "POST /requests/{id_}/customer-message": _request("customer-message", {"text": "Well?"}),
    "POST /requests/{id_}/wait": _request("wait", {"on": "third-party", "contracted": True}),
    "POST /requests/{id_}/end-wait": _request("end-wait", {"on": "customer"}, WAIT),
    "POST /requests/{id_}/prioritise": _request(
        "prioritise", {"urgency": "high", "importance": "low"}
    ),
    "POST /requests/{id_}/step": _request("step", {"step": "Looked at the photograph"}),
    "POST /requests/{id_}/resolve": _request("resolve", {"resolution": "Replaced"}),
    "POST /requests/{id_}/reopen": _request("reopen", {}, RESOLVE),
    "POST /requests/{id_}/close": _request("close", {}, RESOLVE),
    "POST /requests/{id_}/void": _request("void", {"reason": "Spam"}),
    "GET /requests/{id_}/timeline": _one("/requests/{}/timeline", Company.request),
    "GET /requests/{id_}/history": _one("/requests/{}/history", Company.request),
    # Imports, which come in by the command line
    "GET /imports": lambda c: (c.imported() and "/imports",),
    "GET /imports/{id_}": lambda c: (f"/imports/{c.imported().id}",),
    "GET /imports/{id_}/timeline": lambda c: (f"/imports/{c.imported().id}/timeline",),
    "GET /imports/{id_}/history": lambda c: (f"/imports/{c.imported().id}/history",),
    # Access
    "GET /principals": _list("/principals", _enrolled),
    "POST /principals": lambda c: ("/principals", {"member_id": c.member().id}),
    "GET /principals/{id_}": _one("/principals/{}", _enrolled),
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
    "GET /principals/{id_}/timeline": _one("/principals/{}/timeline", _enrolled),
    "GET /principals/{id_}/history": _one("/principals/{}/history", _enrolled),
    "GET /access/views": _list("/access/views", Company.customer),
    "GET /access/reviews": lambda _: ("/access/reviews",),
    "GET /access/explain": lambda _: ("/access/explain?action=read&resource=customer",),
    "GET /roles": _list("/roles", _role),
    "POST /roles": lambda c: ("/roles", {"name": c.word("night-shift")} | PERMITTED),
    "GET /roles/{id_}": _one("/roles/{}", _role),
    "PUT /roles/{id_}": _changed_role(
        "", {"permissions": [{"resource": "request", "action": "read"}], "shows": ["notes"]}
    ),
    "POST /roles/{id_}/withdraw": _changed_role("/withdraw", {}),
    "GET /roles/{id_}/timeline": _one("/roles/{}/timeline", _role),
    "GET /roles/{id_}/history": _one("/roles/{}/history", _role),
    "GET /sharing": _shared("/sharing"),
    "POST /sharing/objections": _object,
    "POST /sharing/agreements": _agree,
    "POST /sharing/objections/withdraw": _withdraw,
    "GET /sharing/{id_}/timeline": _shared(f"/sharing/{SHARING_ID}/timeline"),
    "GET /sharing/{id_}/history": _shared(f"/sharing/{SHARING_ID}/history"),
    # Looking back
    "GET /audit/events": _list("/audit/events", Company.customer),
    "GET /audit/events/{position}": _fact,
    "GET /reports/service-flow": lambda _: ("/reports/service-flow",),
    **CAMPAIGNS,
    **ORDER_STORIES,
    **PIPELINE_STORIES,
    **METRICS_STORIES,
    **VALUE_STORIES,
    **RELATIONS,
    **TIERS,
    **IDENTITY,
    **ROUTING,
    **STANDARDS,
    **SURVEYS,
    **COMPLAINT_STORIES,
    **REVIEWS,
    **CORRECTION_STORIES,
    **REVIEW_POLICY_STORIES,
    **REVIEW_REPORTS,
    **APART,
}

SORTS = {
    "/customers": [
        "name", "tier", "owner_id", "region", "industry", "registered_at", "last_contact_at",
        "reclaim_at",
        "retier_at", "phase",
        "merged_into",
    ],
    "/departments": ["code", "name", "kind", "status"],
    "/members": ["name", "department_id", "role", "status"],
    "/routings": ["department_id", "status", "set_at"],
    "/requests": [
        "status", "customer_id", "department_id", "holder_id", "kind", "priority", "opened_at",
        "last_fact_at",
        "channel", "queue_order", "waits_for", "route_at", "promised_again_by", "remind_at",
        "tier",
    ],
    "/imports": ["source", "status"],
    "/principals": ["member_id", "kind", "status", "next_review_due_at"],
    "/campaigns": ["name", "channel", "status", "department_id", "starts_on", "planned_at"],
    "/markets": ["name", "department_id"],
    "/competitors": ["name", "department_id", "last_seen_at"],
    **PIPELINE_SORTS,
    **VALUE_SORTS,
    **STANDARDS_SORTS,
    **SURVEY_SORTS,
    **CORRECTION_SORTS,
    **REVIEW_POLICY_SORTS,
    "/tier-policies": ["name"],
    "/segments": ["name", "department_id", "status", "defined_at"],
    "/offers": [
        "status", "customer_id", "segment_id", "department_id", "made_at", "valid_until",
        "expires_at",
    ],
}  # fmt: skip
EVERY_SORT = [
    (path, sign + name) for path, names in SORTS.items() for name in names for sign in ("", "-")
]
OFTEN_SORTED = ("/customers", "/members", "/requests")
LOOKED_BACK_BY = [
    (path, sort)
    for path, sort in EVERY_SORT
    if path in OFTEN_SORTED or sort == f"-{SORTS[path][-1]}"
]
"""Every sort of three lists, and one of each other: as of a moment, all take the same way."""
