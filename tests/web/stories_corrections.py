"""Corrections: what goes well."""

from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, changed, pages

WHY = {"reason": "The contract says so"}
CORRECT = {"set": {"tier": "key"}} | WHY
"""Of a customer who was registered as a normal one."""


def correct(company: Company, fact: Answer, said: dict[str, Any]) -> Answer:
    """Correct the fact that a change led to."""
    path = f"/audit/events/{fact.position}/corrections"
    return company.api.post(path, WHY | said).went_well()


def correction(company: Company) -> Answer:
    """Correct the registration of a new customer."""
    return correct(company, company.customer(), CORRECT)


def _correct(company: Company) -> tuple[Any, ...]:
    body = CORRECT | {"at": "2026-01-05T09:00:00+08:00", "by_id": company.member().id}
    return f"/audit/events/{company.customer().position}/corrections", body


CORRECTION_STORIES: dict[str, Story] = {
    "POST /audit/events/{position}/corrections": _correct,
    **pages("/corrections", correction),
    "POST /corrections/{id_}/replace": changed(
        "/corrections/{}/replace",
        correction,
        lambda c: {"set": {}, "at": "2026-01-05T09:00:00Z", "by_id": c.member().id} | WHY,
    ),
    "POST /corrections/{id_}/withdraw": changed("/corrections/{}/withdraw", correction, WHY),
}

CORRECTION_SORTS = {"/corrections": ["target", "target_name", "status", "made_at"]}
