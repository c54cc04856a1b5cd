"""Review policies, cycles and feedback: what each operation is about, and what it needs."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, Asked, How, changes, lists, of, reads
from tests.web.stories_review_policies import (
    CONTENT,
    LATER,
    RATING,
    given,
    opened,
    redrafted,
)

POLICY, FEEDBACK = Resource.REVIEW_POLICY, Resource.FEEDBACK


def _cycle(side: Any) -> dict[str, Any]:
    return {
        "code": f"matrix-cycle-{next(NUMBERS)}",
        "name": "Spring",
        "from": "2090-01-01",
        "to": "2090-04-01",
        "policies": [{"role": "agent", "policy_id": side.made["review-policies"]}],
    }


REVIEW_POLICIES_ASKED: dict[str, Asked] = {
    "GET /review-policies": lists(POLICY),
    "POST /review-policies": Asked(
        How.FOUND,
        POLICY,
        "c",
        lambda _: CONTENT | {"code": f"matrix-review-{next(NUMBERS)}", "role": "agent"},
    ),
    "GET /review-policies/{id_}": reads(POLICY),
    "GET /review-policies/{id_}/differences": Asked(How.READ, POLICY, query={"from_version": "1"}),
    "POST /review-policies/{id_}/redraft": changes(POLICY, **CONTENT),
    "POST /review-policies/{id_}/publish": changes(POLICY, **LATER),
    "POST /review-policies/{id_}/retire": changes(POLICY, reason="Because"),
    **of(POLICY, "review-policies"),
    "GET /review-cycles": lists(POLICY),
    "POST /review-cycles": Asked(How.FOUND, POLICY, "c", _cycle),
    "GET /review-cycles/{id_}": reads(POLICY),
    "POST /review-cycles/{id_}/close": changes(POLICY),
    **of(POLICY, "review-cycles"),
    "GET /feedback": lists(FEEDBACK),
    "GET /feedback/{id_}": reads(FEEDBACK),
    "POST /feedback/{id_}/withdraw": changes(FEEDBACK, "r"),  # who gave it: the rules say so
    **of(FEEDBACK, "feedback"),
    "POST /members/{id_}/feedback": Asked(How.JOIN, FEEDBACK, "c", lambda _: RATING),
}


def _shown(told: Any, path: str, made: Any) -> str:
    told.api.get(f"/{path}/{made.id}", after=made).went_well()
    return str(made.id)


REVIEW_POLICIES_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "review-policies": lambda told, *_: _shown(told, "review-policies", redrafted(told)),
    "review-cycles": lambda told, *_: _shown(told, "review-cycles", opened(told)),
    "feedback": lambda told, *_: _shown(told, "feedback", given(told)),
}
