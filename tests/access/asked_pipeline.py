"""What each operation about leads, pipelines, opportunities and quotes is about and needs."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, WHY, Asked, How, changes, company, lists, of, reads
from tests.web.stories_pipeline import (
    LINES,
    LOSE,
    STAGES,
    UNTIL,
    lead,
    opportunity,
    pipeline,
    quote,
)

SALES, RULES = Resource.OPPORTUNITY, Resource.POLICY


def _pipeline(*_: Any) -> dict[str, Any]:
    return {"code": f"matrix-{next(NUMBERS)}", "name": "Export", "stages": STAGES}


PIPELINE_ASKED: dict[str, Asked] = {
    # Pipelines are the company's: they belong to no department
    "GET /pipelines": lists(RULES),
    "POST /pipelines": company("c", _pipeline, 201, RULES),
    "GET /pipelines/{id_}": reads(RULES),
    "PUT /pipelines/{id_}": company(
        "w", lambda _: {"name": "Other", "stages": STAGES}, resource=RULES
    ),
    "POST /pipelines/{id_}/withdraw": company("w", resource=RULES),
    **of(RULES, "pipelines"),
    # Leads: nobody's yet, as a customer who is new
    "GET /leads": lists(SALES),
    "GET /leads/funnel": Asked(How.LIST, SALES),
    "POST /leads": Asked(
        How.REGISTER,
        SALES,
        "c",
        lambda side: {"name": "New", "source": "web", "department_id": side.department},
    ),
    "GET /leads/{id_}": reads(SALES),
    "POST /leads/{id_}/assign": Asked(
        How.CHANGE, SALES, "w", lambda side: {"holder_id": side.member}
    ),
    "POST /leads/{id_}/qualify": Asked(
        How.CHANGE, SALES, "w", lambda side: {"customer_id": side.customer}
    ),
    "POST /leads/{id_}/disqualify": changes(SALES, **WHY),
    "POST /leads/{id_}/reopen": changes(SALES),
    **of(SALES, "leads"),
    # Opportunities
    "GET /opportunities": lists(SALES),
    "GET /opportunities/board": Asked(How.LIST, SALES),
    "POST /customers/{id_}/opportunities": Asked(
        How.CREATE_THERE,
        SALES,
        "c",
        lambda side: {"title": "Plotters", "holder_id": side.member},
        done=201,
    ),
    "GET /opportunities/{id_}": reads(SALES),
    "GET /opportunities/{id_}/stages": reads(SALES),
    "POST /opportunities/{id_}/stage": changes(SALES, stage="need"),
    "POST /opportunities/{id_}/hand-over": Asked(
        How.CHANGE, SALES, "w", lambda side: {"holder_id": side.member} | WHY
    ),
    "POST /opportunities/{id_}/amend": changes(SALES, title="Other"),
    "POST /opportunities/{id_}/proposal": changes(SALES, title="Three plotters"),
    "POST /opportunities/{id_}/win": changes(SALES),
    "POST /opportunities/{id_}/lose": changes(SALES, **LOSE),
    "POST /opportunities/{id_}/reopen": changes(SALES, **WHY),
    **of(SALES, "opportunities"),
    # Quotes
    "GET /quotes": lists(SALES),
    "POST /customers/{id_}/quotes": Asked(
        How.CREATE_THERE,
        SALES,
        "c",
        lambda _: {"number": f"M-{next(NUMBERS)}", "lines": LINES, "valid_until": UNTIL},
        done=201,
    ),
    "GET /quotes/{id_}": reads(SALES),
    "POST /quotes/{id_}/accept": changes(SALES),
    "POST /quotes/{id_}/decline": changes(SALES, **WHY),
    "POST /quotes/{id_}/withdraw": changes(SALES, **WHY),
    **of(SALES, "quotes"),
}


def _shown(company: Any, path: str, answer: Any) -> str:
    company.api.get(path, after=answer).went_well()
    return str(answer.id)


PIPELINE_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "pipelines": lambda company, *_: _shown(company, "/pipelines", pipeline(company)),
    "leads": lambda company, customer, owner, department: _shown(
        company,
        "/leads",
        lead(company, customer_id=customer, holder_id=owner, department_id=department),
    ),
    "opportunities": lambda company, customer, owner, _: _shown(
        company, "/opportunities", opportunity(company, customer=customer, holder_id=owner)
    ),
    "quotes": lambda company, customer, *_: _shown(
        company, "/quotes", quote(company, customer=customer)
    ),
}
