"""Every operation of the API, written by hand: what it is about, what it needs, what to send."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from domain.access.roles import Resource
from tests.access.asked import (
    CONTACT,
    NUMBERS,
    ONE,
    PERMITTED,
    SAID,
    WANTED,
    WHY,
    Asked,
    How,
    changes,
    company,
    lists,
    of,
    reads,
    steps,
    whose,
)
from tests.access.asked_campaigns import CAMPAIGNS, CAMPAIGNS_MADE
from tests.access.asked_complaints import COMPLAINTS_ASKED, COMPLAINTS_MADE
from tests.access.asked_corrections import CORRECTIONS_ASKED, CORRECTIONS_MADE
from tests.access.asked_exchange import EXCHANGE
from tests.access.asked_identity import IDENTITY, IDENTITY_MADE
from tests.access.asked_metrics import METRICS_ASKED
from tests.access.asked_orders import ORDERS_ASKED, ORDERS_MADE
from tests.access.asked_ownership import OWNERSHIP, OWNERSHIP_MADE
from tests.access.asked_pipeline import PIPELINE_ASKED, PIPELINE_MADE
from tests.access.asked_relations import MADE as RELATIONS_MADE
from tests.access.asked_relations import RELATIONS
from tests.access.asked_review_policies import REVIEW_POLICIES_ASKED, REVIEW_POLICIES_MADE
from tests.access.asked_review_reports import REVIEW_REPORTS_ASKED, REVIEW_REPORTS_MADE
from tests.access.asked_reviews import REVIEWS_ASKED, REVIEWS_MADE
from tests.access.asked_routing import ROUTING, ROUTING_MADE
from tests.access.asked_scorecards import SCORECARDS_ASKED
from tests.access.asked_standards import STANDARDS_ASKED, STANDARDS_MADE
from tests.access.asked_surveys import SURVEYS_ASKED, SURVEYS_MADE
from tests.access.asked_tiers import ASKED_TIERS, MADE_TIERS
from tests.access.asked_value import VALUE_ASKED, VALUE_MADE

MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    **CAMPAIGNS_MADE,
    **ORDERS_MADE,
    **PIPELINE_MADE,
    **VALUE_MADE,
    **RELATIONS_MADE,
    **OWNERSHIP_MADE,
    **MADE_TIERS,
    **IDENTITY_MADE,
    **ROUTING_MADE,
    **STANDARDS_MADE,
    **SURVEYS_MADE,
    **COMPLAINTS_MADE,
    **REVIEWS_MADE,
    **CORRECTIONS_MADE,
    **REVIEW_POLICIES_MADE,
    **REVIEW_REPORTS_MADE,
}
"""How a side's further things are made, by the first word of their path: of (company, customer,
owner, department)."""

ASKED: dict[str, Asked] = {
    # Departments
    "GET /departments": lists(Resource.DEPARTMENT),
    "POST /departments": Asked(
        How.FOUND,
        Resource.DEPARTMENT,
        "c",
        lambda _: {"code": f"matrix-{next(NUMBERS)}", "name": "New"},
    ),
    "GET /departments/{id_}": reads(Resource.DEPARTMENT),
    "PATCH /departments/{id_}": changes(Resource.DEPARTMENT, name="Other"),
    "POST /departments/{id_}/close": changes(Resource.DEPARTMENT),
    "POST /departments/{id_}/reopen": changes(Resource.DEPARTMENT),
    "GET /departments/{id_}/queue": Asked(How.QUEUE, Resource.REQUEST),
    **of(Resource.DEPARTMENT, "departments"),
    # Members
    "GET /members": lists(Resource.MEMBER),
    "POST /members": Asked(
        How.JOIN,
        Resource.MEMBER,
        "c",
        lambda side: {"name": "New", "department_id": side.department, "role": "agent"},
    ),
    "GET /members/{id_}": reads(Resource.MEMBER),
    "PATCH /members/{id_}": changes(Resource.MEMBER, name="Other"),
    "POST /members/{id_}/move": Asked(
        How.CHANGE, Resource.MEMBER, "w", lambda side: {"department_id": side.department}
    ),
    "POST /members/{id_}/role": changes(Resource.MEMBER, role="agent"),
    "POST /members/{id_}/leave": changes(Resource.MEMBER),
    "POST /members/{id_}/rejoin": Asked(
        How.CHANGE,
        Resource.MEMBER,
        "c",
        lambda side: {"name": "Ana", "department_id": side.department, "role": "agent"},
    ),
    **of(Resource.MEMBER, "members"),
    # Customers
    "GET /customers": lists(Resource.CUSTOMER),
    "POST /customers": Asked(
        How.REGISTER, Resource.CUSTOMER, "c", lambda _: {"details": {"name": "Harbour Foods"}}
    ),
    "GET /customers/{id_}": reads(Resource.CUSTOMER),
    "PATCH /customers/{id_}": changes(Resource.CUSTOMER, details={"region": "north"}),
    "POST /customers/{id_}/tier": changes(Resource.CUSTOMER, tier="key", **WHY),
    "POST /customers/{id_}/contacts": changes(Resource.CUSTOMER, **CONTACT),
    "PUT /customers/{id_}/contacts/{contact_id}": changes(Resource.CUSTOMER, **CONTACT),
    "POST /customers/{id_}/contacts/{contact_id}/remove": changes(Resource.CUSTOMER),
    **of(Resource.CUSTOMER, "customers"),
    # Ownership
    "GET /customers/{id_}/ownership": reads(Resource.CUSTOMER),
    "POST /customers/{id_}/ownership/claim": Asked(
        How.CREATE_THERE, Resource.OWNERSHIP, "c", lambda side: {"member_id": side.member}, done=409
    ),
    "POST /customers/{id_}/ownership/transfer": Asked(
        How.CHANGE, Resource.OWNERSHIP, "s", lambda side: {"to_id": side.member} | WHY
    ),
    "POST /customers/{id_}/ownership/release": changes(Resource.OWNERSHIP),
    "POST /customers/{id_}/ownership/dispute": Asked(
        How.CHANGE, Resource.OWNERSHIP, "c", lambda side: {"claimant_id": side.member} | WHY
    ),
    "POST /customers/{id_}/ownership/settle": Asked(
        How.CHANGE, Resource.OWNERSHIP, "s", lambda side: {"owner_id": side.member} | WHY
    ),
    **OWNERSHIP,
    # Interactions
    "POST /customers/{id_}/interactions": Asked(
        How.CREATE_THERE, Resource.INTERACTION, "c", lambda _: SAID, done=201
    ),
    "POST /interactions/{id_}/retract": changes(Resource.INTERACTION, **WHY),
    **of(Resource.INTERACTION, "interactions"),
    # Requests
    "GET /requests": lists(Resource.REQUEST),
    "POST /requests": Asked(
        How.OPEN,
        Resource.REQUEST,
        "c",
        lambda side: {"customer_id": side.customer, "department_id": side.department} | WANTED,
    ),
    "GET /requests/{id_}": reads(Resource.REQUEST),
    "POST /requests/{id_}/assign": Asked(
        How.CHANGE, Resource.REQUEST, "w", lambda side: {"member_id": side.member}
    ),
    "POST /requests/{id_}/queue": Asked(
        How.CHANGE, Resource.REQUEST, "w", lambda side: {"department_id": side.department}
    ),
    **steps(),
    **of(Resource.REQUEST, "requests"),
    # Imports
    "GET /imports": lists(Resource.IMPORT),
    "GET /imports/{id_}": reads(Resource.IMPORT),
    **of(Resource.IMPORT, "imports"),
    # Access
    "GET /principals": lists(Resource.ACCESS),
    "POST /principals": company("g", lambda _: {"member_id": str(uuid4())}, done=422),
    "GET /principals/{id_}": Asked(How.COMPANY_READ, Resource.ACCESS),
    "POST /principals/{id_}/grants": company("g", lambda _: {"role": "sales"}),
    "POST /principals/{id_}/grants/{grant_id}/revoke": company("g"),
    "POST /principals/{id_}/grants/{grant_id}/review": company("v"),
    "POST /principals/{id_}/suspend": company("g"),
    "POST /principals/{id_}/restore": company("g"),
    "POST /principals/{id_}/delegations": company(
        "w", lambda side: {"to_id": side.member, "ends_at": "2099-01-01T00:00:00Z"}
    ),
    "POST /principals/{id_}/delegations/{delegation_id}/end": company("w"),
    **{
        f"GET /{path}/{{id_}}/{page}": Asked(How.COMPANY_READ, Resource.ACCESS)
        for path in ("principals", "roles")
        for page in ("timeline", "history")
    },
    **of(Resource.SHARING, "sharing"),
    "GET /access/reviews": Asked(How.EVERYWHERE, Resource.ACCESS, query=ONE),
    "GET /access/explain": Asked(
        How.OWN, Resource.ACCESS, query={"action": "read", "resource": "customer"}
    ),
    "GET /roles": Asked(How.EVERYWHERE, Resource.ACCESS, query=ONE),
    "POST /roles": company("g", lambda _: {"name": f"matrix-{next(NUMBERS)}"} | PERMITTED, 201),
    "GET /roles/{id_}": Asked(How.COMPANY_READ, Resource.ACCESS),
    "PUT /roles/{id_}": company("g", lambda _: PERMITTED),
    "POST /roles/{id_}/withdraw": company("g"),
    "GET /sharing": Asked(How.EVERYWHERE, Resource.SHARING),
    "POST /sharing/objections": Asked(
        How.TERMS, Resource.SHARING, "w", lambda side: whose(side) | {"from_ids": []}
    ),
    "POST /sharing/agreements": Asked(
        How.TERMS, Resource.SHARING, "s", lambda side: whose(side) | {"withheld_from": []}
    ),
    "POST /sharing/objections/withdraw": Asked(How.TERMS, Resource.SHARING, "w", whose),
    # Looking back
    "GET /audit/events": lists(Resource.AUDIT),
    "GET /audit/events/{position}": Asked(How.FACT, Resource.AUDIT),
    "GET /access/views": Asked(How.EVERYWHERE, Resource.ACCESS, query=ONE),
    "GET /reports/service-flow": Asked(How.EVERYWHERE, Resource.REPORT, query={"position": "1"}),
    **CAMPAIGNS,
    **ORDERS_ASKED,
    **PIPELINE_ASKED,
    **METRICS_ASKED,
    **VALUE_ASKED,
    **RELATIONS,
    **ASKED_TIERS,
    **IDENTITY,
    **ROUTING,
    **STANDARDS_ASKED,
    **EXCHANGE,
    **SURVEYS_ASKED,
    **COMPLAINTS_ASKED,
    **REVIEWS_ASKED,
    **SCORECARDS_ASKED,
    **CORRECTIONS_ASKED,
    **REVIEW_POLICIES_ASKED,
    **REVIEW_REPORTS_ASKED,
}
