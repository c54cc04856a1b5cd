"""Survey forms, programmes and surveys: what each operation is about, and what it needs."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, WHY, Asked, How, changes, lists, of, reads
from tests.web.stories_surveys import QUESTIONS, SAID, SAMPLING, form, programme, survey

POLICY, INTERACTION = Resource.POLICY, Resource.INTERACTION


def _with_form(told: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda side: told | {"form_id": side.made["survey-forms"]}


SURVEYS_ASKED: dict[str, Asked] = {
    "GET /survey-forms": lists(POLICY),
    "POST /survey-forms": Asked(
        How.FOUND,
        POLICY,
        "c",
        lambda _: {"name": f"matrix-form-{next(NUMBERS)}", "questions": QUESTIONS},
    ),
    "GET /survey-forms/{id_}": reads(POLICY),
    "POST /survey-forms/{id_}/redraft": changes(POLICY, questions=QUESTIONS),
    "POST /survey-forms/{id_}/publish": changes(POLICY),
    **of(POLICY, "survey-forms"),
    "GET /survey-programmes": lists(POLICY),
    "POST /survey-programmes": Asked(
        How.FOUND,
        POLICY,
        "c",
        lambda side: {
            "name": f"matrix-programme-{next(NUMBERS)}",
            "sampling": SAMPLING,
            "form_id": side.made["survey-forms"],
        },
    ),
    "GET /survey-programmes/{id_}": reads(POLICY),
    "POST /survey-programmes/{id_}/change": Asked(
        How.CHANGE, POLICY, "w", _with_form({"sampling": SAMPLING})
    ),
    "POST /survey-programmes/{id_}/pause": changes(POLICY),
    "POST /survey-programmes/{id_}/resume": changes(POLICY),
    "POST /survey-programmes/{id_}/end": changes(POLICY, **WHY),
    **of(POLICY, "survey-programmes"),
    # A person picks nobody: that is for the rules to refuse, where the grants let it through.
    "POST /customers/{id_}/surveys": Asked(
        How.CREATE_THERE, INTERACTION, "c", _with_form({}), done=409
    ),
    "GET /surveys": lists(INTERACTION),
    "GET /surveys/{id_}": reads(INTERACTION),
    "POST /surveys/{id_}/answers": changes(INTERACTION, **SAID),
    "POST /surveys/{id_}/link": changes(INTERACTION),
    "POST /surveys/{id_}/void": changes(INTERACTION, **WHY),
    **of(INTERACTION, "surveys"),
    "GET /reports/satisfaction": Asked(
        How.EVERYWHERE,
        Resource.REPORT,
        query={"aspect": "overall", "from": "2025-01-01", "to": "2025-02-01"},
    ),
}


def _shown(path: str, make: Callable[..., Any]) -> Callable[[Any, str, str, str], str]:
    def tell(told: Any, customer: str, _owner: str, _department: str) -> str:
        made = make(told, customer) if path == "surveys" else make(told)
        told.api.get(f"/{path}/{made.id}", after=made).went_well()
        return str(made.id)

    return tell


SURVEYS_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "survey-forms": _shown("survey-forms", form),
    "survey-programmes": _shown("survey-programmes", programme),
    "surveys": _shown("surveys", survey),
}
