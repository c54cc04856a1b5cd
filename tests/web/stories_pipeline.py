"""What each operation about leads, pipelines, opportunities and quotes needs to go well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]

WHY = {"reason": "They asked for it"}
CNY = {"amount": "6451.50", "currency": "CNY"}
STAGES = [
    {"code": "first", "name": "First talk", "probability": "10", "stale_after_days": 7},
    {"code": "offer", "name": "Offer", "probability": "62.5", "stale_after_days": None},
]
LINES = [
    {"product": "Chart plotter", "quantity": "3", "unit_price": CNY},
    {"product": "Mounting", "quantity": "1.5", "unit_price": {"amount": "0", "currency": "CNY"}},
]
UNTIL = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()

# --- What has to be there -------------------------------------------------------------------------


def pipeline(company: Company, **told: Any) -> Answer:
    """Set a pipeline up."""
    usual = {"code": company.word("pipeline"), "name": "Export", "stages": STAGES}
    return company.api.post("/pipelines", usual | told).went_well()


def lead(company: Company, **told: Any) -> Answer:
    """Capture a lead."""
    if "department_id" not in told:
        told["department_id"] = company.department().id
    usual = {"name": company.word("Lead"), "source": "event"}
    return company.api.post("/leads", usual | told).went_well()


def opportunity(company: Company, *steps: tuple[str, dict[str, Any]], **told: Any) -> Answer:
    """Open an opportunity and take these steps with it; return the last answer."""
    customer = told.pop("customer", None) or company.customer().id
    if "holder_id" not in told:
        told["holder_id"] = company.member().id
    path = f"/customers/{customer}/opportunities"
    answer = company.api.post(path, {"title": "Chart plotters"} | told).went_well()
    for step, body in steps:
        answer = company.do(f"/opportunities/{answer.id}/{step}", body, seen=answer)
    return answer


def quote(company: Company, **told: Any) -> Answer:
    """Issue a quote."""
    customer = told.pop("customer", None) or company.customer().id
    usual = {"number": company.word("Q"), "lines": LINES, "valid_until": UNTIL}
    return company.api.post(f"/customers/{customer}/quotes", usual | told).went_well()


# --- Stories --------------------------------------------------------------------------------------

Make = Callable[[Company], Answer]


def _list(path: str, make: Make) -> Story:
    return lambda company: (path, make(company))


def _one(path: str, make: Make) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), made

    return tell


def _change(path: str, make: Make, body: Any) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), body(company) if callable(body) else body, made.version

    return tell


def _lead(step: str, body: Any, *, decided: bool = False) -> Story:
    def make(company: Company) -> Answer:
        made = lead(company)
        return company.do(f"/leads/{made.id}/disqualify", WHY, seen=1) if decided else made

    return _change(f"/leads/{{}}/{step}", make, body)


def _opportunity(step: str, body: Any, *before: tuple[str, dict[str, Any]]) -> Story:
    return _change(f"/opportunities/{{}}/{step}", lambda c: opportunity(c, *before), body)


def _open(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/opportunities", {
        "title": "Chart plotters for three ships",
        "holder_id": company.member().id,
        "department_id": company.department().id,
        "pipeline": "standard",
        "stage": "need",
        "stage_owner_id": company.member().id,
        "amount": CNY,
        "expected_on": "2027-01-31",
        "lead_id": lead(company).id,
    }


def _capture(company: Company) -> tuple[Any, ...]:
    return "/leads", {
        "name": "Lighthouse Ltd",
        "source": "social",
        "source_detail": "A question under our post",
        "department_id": company.department().id,
        "holder_id": company.member().id,
        "customer_id": company.customer().id,
        "contact_name": "Maria Costa",
        "email": "maria@lighthouse.example",
        "phone": "+351 21 555",
        "need": "Charts of the river",
    }


def _qualify(company: Company) -> dict[str, Any]:
    customer = company.customer().id
    return {
        "customer_id": customer,
        "opportunity_id": opportunity(company, customer=customer).id,
        "budget": "30,000",
        "authority": "The captain decides",
        "need": "Charts",
        "timing": "Before spring",
    }


def _split(company: Company) -> dict[str, Any]:
    shares = [{"member_id": company.member().id, "percent": "66.67"}]
    return {"split": [*shares, {"member_id": None, "percent": "33.33"}]}


def _issue(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/quotes", {
        "number": company.word("Q-2026"),
        "lines": LINES,
        "valid_until": UNTIL,
        "opportunity_id": opportunity(company, customer=customer).id,
    }


def _proposal(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    made = opportunity(company, customer=customer)
    quoted = quote(company, customer=customer)
    body = {"title": "Three plotters", "quote_id": quoted.id, "amount": CNY}
    return f"/opportunities/{made.id}/proposal", body, made.version


LOSE = {"because": "competitor", "competitor": "Northern Charts"} | WHY


def _looks(path: str, make: Make) -> dict[str, Story]:
    """Everything that shows one thing."""
    one = f"/{path}/{{}}"
    return {
        f"GET /{path}/{{id_}}": _one(one, make),
        f"GET /{path}/{{id_}}/timeline": _one(f"{one}/timeline", make),
        f"GET /{path}/{{id_}}/history": _one(f"{one}/history", make),
    }


PIPELINE_STORIES: dict[str, Story] = {
    # Pipelines
    "GET /pipelines": _list("/pipelines", pipeline),
    "POST /pipelines": lambda c: (
        "/pipelines",
        {"code": c.word("export"), "name": "Export", "stages": STAGES},
    ),
    **_looks("pipelines", pipeline),
    "PUT /pipelines/{id_}": _change(
        "/pipelines/{}", pipeline, {"name": "Export, other", "stages": STAGES[:1]}
    ),
    "POST /pipelines/{id_}/withdraw": _change("/pipelines/{}/withdraw", pipeline, {}),
    # Leads
    "GET /leads": _list("/leads", lead),
    "GET /leads/funnel": _list("/leads/funnel", lead),
    "POST /leads": _capture,
    **_looks("leads", lead),
    "POST /leads/{id_}/assign": _lead("assign", lambda c: {"holder_id": c.member().id}),
    "POST /leads/{id_}/qualify": _lead("qualify", _qualify),
    "POST /leads/{id_}/disqualify": _lead("disqualify", WHY),
    "POST /leads/{id_}/reopen": _lead("reopen", {}, decided=True),
    # Opportunities
    "GET /opportunities": _list("/opportunities", opportunity),
    "GET /opportunities/board": _list("/opportunities/board", opportunity),
    "POST /customers/{id_}/opportunities": _open,
    **_looks("opportunities", opportunity),
    "GET /opportunities/{id_}/stages": _one("/opportunities/{}/stages", opportunity),
    "POST /opportunities/{id_}/stage": _opportunity(
        "stage", lambda c: {"stage": "proposal", "stage_owner_id": c.member().id}
    ),
    "POST /opportunities/{id_}/hand-over": _opportunity(
        "hand-over", lambda c: {"holder_id": c.member().id} | WHY
    ),
    "POST /opportunities/{id_}/amend": _opportunity(
        "amend", {"title": "Four plotters", "amount": CNY, "expected_on": "2027-02-28"}
    ),
    "POST /opportunities/{id_}/proposal": _proposal,
    "POST /opportunities/{id_}/win": _opportunity("win", _split),
    "POST /opportunities/{id_}/lose": _opportunity("lose", LOSE),
    "POST /opportunities/{id_}/reopen": _opportunity("reopen", WHY, ("win", {})),
    # Quotes
    "GET /quotes": _list("/quotes", quote),
    "POST /customers/{id_}/quotes": _issue,
    **_looks("quotes", quote),
    "POST /quotes/{id_}/accept": _change("/quotes/{}/accept", quote, {}),
    "POST /quotes/{id_}/decline": _change("/quotes/{}/decline", quote, WHY),
    "POST /quotes/{id_}/withdraw": _change("/quotes/{}/withdraw", quote, WHY),
}

PIPELINE_SORTS = {
    "/pipelines": ["code", "name", "status"],
    "/leads": [
        "name", "status", "source", "department_id", "holder_id", "customer_id", "campaign_id",
        "captured_at", "decided_at",
    ],
    "/opportunities": [
        "status", "customer_id", "department_id", "holder_id", "pipeline", "stage", "stale",
        "stale_at", "campaign_id", "expected_on", "amount_key", "opened_at", "closed_at",
    ],
    "/quotes": [
        "number", "status", "customer_id", "opportunity_id", "valid_until", "issued_at",
        "expires_at",
    ],
}  # fmt: skip
