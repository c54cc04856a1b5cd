"""Reviews: who may do what with them."""

from typing import Any

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes, lists, of, reads
from tests.web import stories_reviews as stories

REVIEW = Resource.REVIEW
CHANGED: dict[str, dict[str, Any]] = {
    "assign": {},
    "draft": {},
    "collect-inputs": {},
    "share": {},
    "withdraw": WHY,
    "acknowledge": {},
    "disagree": {"comment": "No"},
    "appeal": {"figures": ["feedback_manager"], "text": "No"},
    "note-impact": {},
    "decide-outcome": {"kind": "none", "text": "All stays"},
    "agree-help-plan": {"text": "Visits with Bo", "until": "2999-06-30"},
}
SETTLED: dict[str, dict[str, Any]] = {
    "calibrate": {"adjustment": "1.50"} | WHY,
    "confirm": WHY,
    "uphold": WHY,
    "dismiss": WHY,
    "seal": {},
    "supplement": WHY,
}

REVIEWS_ASKED: dict[str, Asked] = {
    "GET /reviews": lists(REVIEW),
    "GET /reviews/{id_}": reads(REVIEW),
    "GET /reviews/{id_}/explanation": reads(REVIEW),
    "GET /reviews/{id_}/evidence": reads(REVIEW),
    "GET /reviews/{id_}/replay": reads(REVIEW),
    **of(REVIEW, "reviews"),
    "POST /reviews": Asked(
        How.JOIN,
        REVIEW,
        "c",
        lambda side: (
            {"member_id": side.member, "policy_id": side.made["review-policy"]} | stories.PERIOD
        ),
    ),
    **{f"POST /reviews/{{id_}}/{name}": changes(REVIEW, **body) for name, body in CHANGED.items()},
    **{
        f"POST /reviews/{{id_}}/{name}": changes(REVIEW, "s", **body)
        for name, body in SETTLED.items()
    },
}


def _review(told: Any, _customer: str, owner: str, department: str) -> str:
    who = stories.people(told, department=department, reviewee=owner)
    begun = stories.opened(told, who)
    done = stories.taken(told, who, begun.id, begun, *stories.SHARED)
    told.api.get("/reviews", after=done, limit=1).went_well()
    return str(begun.id)


REVIEWS_MADE = {
    "reviews": _review,
    "review-policy": lambda told, *_: stories.policy(told),
}
