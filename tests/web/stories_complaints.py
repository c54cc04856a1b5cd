"""Complaints, call-backs, summaries and improvements: what goes well."""

from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, changed, listed, past, shown

WHY = {"reason": "They called three times"}
AMOUNT = {"amount": "120.50", "currency": "CNY"}
PROPOSE = ("propose-compensation", {"form": "refund", "amount": AMOUNT})
RESOLVE = ("resolve", {"resolution": "Replaced"})
SOON = "2999-03-01T09:00:00Z"
PERIOD = {"from": "2025-01-01", "to": "2025-04-01"}
BASELINE = {"baseline_from": "2024-10-01", "baseline_to": "2024-12-30"}
AFTER = {"after_from": "2025-01-01", "after_to": "2025-04-01"}
"""Ninety days, as many as from January to March 2025."""
FINDING = {
    "finding": "One delivery in five comes late",
    "figure": "cause-share",
    "cause": "delivery",
    "due_at": "2999-06-30T09:00:00Z",
    **BASELINE,
}


def raised(company: Company, *steps: tuple[str, dict[str, Any]], **told: Any) -> str:
    """A request that complains, and these steps with it."""
    return company.request(*steps, kind="complaint", **told).id


def acted(
    company: Company, request: str, step: str, body: dict[str, Any], seen: int = 0, **more: Any
) -> Answer:
    """Do something about a complaint."""
    return company.do(f"/requests/{request}/complaint/{step}", body, seen=seen, **more)


def complaint(company: Company, **told: Any) -> Answer:
    """A complaint whose cause is classified."""
    return acted(company, raised(company, **told), "classify", {"cause": "delivery"})


def follow_up(company: Company, **told: Any) -> Answer:
    """Schedule a call back to a new customer unless one is given."""
    customer = told.pop("customer", None) or company.customer().id
    if "department_id" not in told:
        told["department_id"] = company.department().id
    body = {"about": "Does it run?", "due_at": SOON} | told
    return company.api.post(f"/customers/{customer}/follow-ups", body).went_well()


def on_behalf(company: Company, member: str | None = None) -> dict[str, str]:
    """The headers of somebody for whom it is done."""
    return {"Concord-On-Behalf-Of": member or company.member().id}


def summary(company: Company) -> Answer:
    """Publish a summary."""
    body = {"conclusions": "Late deliveries again", **PERIOD}
    headers = on_behalf(company)
    return company.api.post("/complaint-summaries", body, headers=headers).went_well()


def improvement(company: Company, *steps: tuple[str, dict[str, Any]], **told: Any) -> Answer:
    """Open an improvement of a new department unless one is given, and take these steps."""
    department = told.pop("department_id", None) or company.department().id
    body = {"department_id": department, "member_id": company.member().id} | FINDING | told
    answer = company.api.post("/improvements", body).went_well()
    for step, more in steps:
        answer = company.do(f"/improvements/{answer.id}/{step}", more, seen=answer)
    return answer


def _about(step: str, body: dict[str, Any], *before: tuple[str, dict[str, Any]]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        request = raised(company)
        for seen, (name, told) in enumerate(before):
            acted(company, request, name, told, seen)
        path = f"/requests/{request}/complaint/{step}"
        return path, body, len(before), on_behalf(company)

    return tell


def _escalate(company: Company) -> tuple[Any, ...]:
    body = {
        "severity": "critical",
        "to_member_id": company.member().id,
        "to_department_id": company.department().id,
    }
    return f"/requests/{raised(company)}/complaint/escalate", body | WHY, 0


def _settle(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    request = raised(company, customer_id=customer)
    follow_up(company, customer=customer, request_id=request)  # else the timer schedules one
    company.do(f"/requests/{request}/resolve", {"resolution": "Replaced"}, seen=1)
    body = {"accepted": True, "words": "Well done"}
    return f"/requests/{request}/complaint/settle", body, 0


def _of_request(company: Company) -> tuple[Any, ...]:
    request = raised(company)
    made = acted(company, request, "acknowledge", {"channel": "phone"})
    return f"/requests/{request}/complaint", made


def _schedule(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/follow-ups", {
        "department_id": company.department().id,
        "member_id": company.member().id,
        "request_id": company.request(customer_id=customer).id,
        "about": "Does it run?",
        "due_at": SOON,
    }


def _publish(company: Company) -> tuple[Any, ...]:
    body = {"conclusions": "Late deliveries again", "acknowledge_hours": 8, **PERIOD}
    return "/complaint-summaries", body, None, on_behalf(company)


def _open_improvement(company: Company) -> tuple[Any, ...]:
    found = complaint(company)
    company.api.get("/audit/events", after=found).went_well()
    body = {"department_id": company.department().id, "member_id": company.member().id}
    return "/improvements", body | FINDING | {"evidence": [found.position]}


def _verify(company: Company) -> tuple[Any, ...]:
    done = improvement(company, ("finish", {}))
    return f"/improvements/{done.id}/verify", AFTER, 2, on_behalf(company)


COMPLAINT_STORIES: dict[str, Story] = {
    # Complaints
    "GET /complaints": listed("/complaints", complaint),
    "GET /complaints/{id_}": shown("/complaints/{}", complaint),
    **past("/complaints", complaint),
    "GET /requests/{id_}/complaint": _of_request,
    "GET /complaint-causes": listed("/complaint-causes", complaint),
    "POST /requests/{id_}/complaint/acknowledge": _about(
        "acknowledge", {"channel": "email", "text": "We look into it"}
    ),
    "POST /requests/{id_}/complaint/escalate": _escalate,
    "POST /requests/{id_}/complaint/classify": _about(
        "classify", {"cause": "product", "detail": "The seal"}, ("classify", {"cause": "other"})
    ),
    "POST /requests/{id_}/complaint/propose-compensation": _about(*PROPOSE),
    "POST /requests/{id_}/complaint/approve-compensation": _about(
        "approve-compensation", {}, PROPOSE
    ),
    "POST /requests/{id_}/complaint/decline-compensation": _about(
        "decline-compensation", WHY, PROPOSE
    ),
    "POST /requests/{id_}/complaint/settle": _settle,
    # Call-backs
    "POST /customers/{id_}/follow-ups": _schedule,
    "GET /follow-ups": listed("/follow-ups", follow_up),
    "GET /follow-ups/{id_}": shown("/follow-ups/{}", follow_up),
    **past("/follow-ups", follow_up),
    "POST /follow-ups/{id_}/assign": changed(
        "/follow-ups/{}/assign", follow_up, lambda c: {"member_id": c.member().id}
    ),
    "POST /follow-ups/{id_}/move": changed(
        "/follow-ups/{}/move", follow_up, {"due_at": "2999-04-01T09:00:00Z"} | WHY
    ),
    "POST /follow-ups/{id_}/finish": changed(
        "/follow-ups/{}/finish",
        follow_up,
        {"satisfied": "no", "outcome": "It leaks again", "note": "She sounded tired"},
    ),
    "POST /follow-ups/{id_}/call-off": changed("/follow-ups/{}/call-off", follow_up, WHY),
    # Reports and summaries
    "GET /reports/complaints": lambda _: ("/reports/complaints?from=2025-01-01&to=2025-04-01",),
    "POST /complaint-summaries": _publish,
    "GET /complaint-summaries": listed("/complaint-summaries", summary),
    "GET /complaint-summaries/{id_}": shown("/complaint-summaries/{}", summary),
    **past("/complaint-summaries", summary),
    # Improvements
    "POST /improvements": _open_improvement,
    "GET /improvements": listed("/improvements", improvement),
    "GET /improvements/{id_}": shown("/improvements/{}", improvement),
    **past("/improvements", improvement),
    "POST /improvements/{id_}/measures": changed(
        "/improvements/{}/measures", improvement, {"measure": "A second carrier"}
    ),
    "POST /improvements/{id_}/extend": changed(
        "/improvements/{}/extend", improvement, {"due_at": "2999-07-31T09:00:00Z"} | WHY
    ),
    "POST /improvements/{id_}/finish": changed("/improvements/{}/finish", improvement, {}),
    "POST /improvements/{id_}/verify": _verify,
    "POST /improvements/{id_}/close": changed("/improvements/{}/close", improvement, WHY),
}
