"""Corrections in the matrix: whoever leads everywhere corrects, whoever audits everywhere sees."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes, lists, of, reads
from tests.web.stories_corrections import correct

TITLE = {"set": {"title": "Where was it?"}}


def _made(company: Any, customer: str, _: str, department: str) -> str:
    opened = company.request(customer_id=customer, department_id=department)
    made = correct(company, opened, TITLE)
    company.api.get("/corrections", after=made, limit=1).went_well()
    return str(made.id)


CORRECTIONS_MADE: dict[str, Callable[..., str]] = {"corrections": _made}

CORRECTIONS_ASKED: dict[str, Asked] = {
    "POST /audit/events/{position}/corrections": Asked(
        How.FOUND, Resource.AUDIT, "c", lambda _: {"set": {"tier": "key"}} | WHY
    ),
    "GET /corrections": lists(Resource.AUDIT),
    "GET /corrections/{id_}": reads(Resource.AUDIT),
    "POST /corrections/{id_}/replace": changes(Resource.AUDIT, "c", **TITLE, **WHY),
    "POST /corrections/{id_}/withdraw": changes(Resource.AUDIT, "c", **WHY),
    **of(Resource.AUDIT, "corrections"),
}
