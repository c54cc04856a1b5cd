"""Requests about survey forms, programmes and surveys that go well."""

from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, changed, pages

OVERALL = {
    "code": "overall",
    "english": "All in all?",
    "chinese": "总体满意度？",
    "scale": "1-5",
}
RECOMMEND = {
    "code": "recommend",
    "english": "Would you recommend us?",
    "chinese": "愿意推荐我们吗？",
    "scale": "0-10",
}
QUESTIONS = {
    "english": "How did we do?",
    "chinese": "您对我们满意吗？",
    "aspects": [OVERALL, RECOMMEND],
    "asks_comment": True,
}
SAMPLING = {
    "trigger": "request-resolved",
    "share": 0,
    "rest_days": 30,
    "valid_days": 14,
    "channel": "link",
    "every_days": None,
}
SAID = {"channel": "phone", "answers": [{"aspect": "overall", "score": 4}]}


def drafted(company: Company, **told: Any) -> Answer:
    """Draft a form."""
    usual = {"name": company.word("form"), "audience": "customers", "questions": QUESTIONS}
    return company.api.post("/survey-forms", usual | told).went_well()


def form(company: Company, **told: Any) -> Answer:
    """Publish a form."""
    made = drafted(company, **told)
    return company.do(f"/survey-forms/{made.id}/publish", {}, seen=made)


def programme(company: Company, **told: Any) -> Answer:
    """Start a programme; it asks nobody yet, unless told otherwise: other tests count facts."""
    usual = {"name": company.word("programme"), "sampling": SAMPLING}
    if "form_id" not in told:
        told["form_id"] = form(company).id
    return company.api.post("/survey-programmes", usual | told).went_well()


def paused(company: Company) -> Answer:
    """Pause a programme."""
    made = programme(company)
    return company.do(f"/survey-programmes/{made.id}/pause", {}, seen=made)


def survey(company: Company, customer: str | None = None, **told: Any) -> Answer:
    """Ask a customer, a new one unless one is given."""
    if "form_id" not in told:
        told["form_id"] = form(company).id
    path = f"/customers/{customer or company.customer().id}/surveys"
    return company.api.post(path, told).went_well()


def answered(company: Company) -> Answer:
    """Ask, and record the answer."""
    sent = survey(company)
    said = SAID | {"comment": "Quick"}
    return company.do(f"/surveys/{sent.id}/answers", said, seen=sent)


def link(company: Company, sent: Answer) -> str:
    """Issue the link to a survey, and return where it leads."""
    told = company.do(f"/surveys/{sent.id}/link", {}, headers={"If-Match": "*"})
    return str(told.json["link"]).removeprefix("/api/v1")


def _change_programme(company: Company) -> tuple[Any, ...]:
    made = programme(company)
    body = {"form_id": form(company).id, "sampling": SAMPLING | {"rest_days": 31}}
    return f"/survey-programmes/{made.id}/change", body, made.version


def _send(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/surveys", {
        "form_id": form(company).id,
        "request_id": company.request(customer_id=customer).id,
        "channel": "interview",
        "valid_days": 7,
    }


STORIES: dict[str, Story] = {
    **pages("/survey-forms", form),
    "POST /survey-forms": lambda c: (
        "/survey-forms",
        {"name": c.word("form"), "audience": "staff", "questions": QUESTIONS},
    ),
    "POST /survey-forms/{id_}/redraft": changed(
        "/survey-forms/{}/redraft", form, {"questions": QUESTIONS}
    ),
    "POST /survey-forms/{id_}/publish": changed("/survey-forms/{}/publish", drafted, {}),
    **pages("/survey-programmes", programme),
    "POST /survey-programmes": lambda c: (
        "/survey-programmes",
        {"name": c.word("programme"), "form_id": form(c).id, "sampling": SAMPLING},
    ),
    "POST /survey-programmes/{id_}/change": _change_programme,
    "POST /survey-programmes/{id_}/pause": changed("/survey-programmes/{}/pause", programme, {}),
    "POST /survey-programmes/{id_}/resume": changed("/survey-programmes/{}/resume", paused, {}),
    "POST /survey-programmes/{id_}/end": changed(
        "/survey-programmes/{}/end", programme, {"reason": "Nobody answers"}
    ),
    **pages("/surveys", answered),
    "POST /customers/{id_}/surveys": _send,
    "POST /surveys/{id_}/answers": changed("/surveys/{}/answers", survey, SAID),
    "POST /surveys/{id_}/void": changed("/surveys/{}/void", survey, {"reason": "A test"}),
    "GET /reports/satisfaction": lambda _: (
        "/reports/satisfaction?aspect=overall&from=2025-01-01&to=2025-02-01&by=department",
    ),
}

APART: dict[str, Story] = {"POST /surveys/{id_}/link": changed("/surveys/{}/link", survey, {})}
"""What answers with more than where it led (tests/support/test_survey_links.py)."""

SORTS = {
    "/survey-forms": ["name", "audience"],
    "/survey-programmes": ["name", "status", "form_id"],
    "/surveys": [
        "status", "customer_id", "member_id", "form_id", "programme_id", "request_id", "order_id",
        "channel", "sent_at", "due_at", "answered_at",
    ],
}  # fmt: skip
