"""Requests about review policies, review cycles and feedback that go well."""

from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, changed, pages, shown

NAME = {"en": "Service agents", "zh": "客服专员"}
TERMS = [
    {"metric": "resolution_met", "weight": "40", "floor": "60", "target": "95"},
    {
        "metric": "reopen_rate",
        "weight": "10",
        "floor": "20",
        "target": "2",
        "direction": "lower",
    },
    {
        "metric": "aspect_satisfaction",
        "aspect": "attitude",
        "weight": "50",
        "floor": "50",
        "target": "90.5",
        "minimum_sample": 8,
    },
]
CONTENT: dict[str, Any] = {
    "name": NAME,
    "rules": {"terms": TERMS, "cap": "120"},
    "blend": {"individual": "70", "team": "30"},
}
LATER = {"effective_from": "2090-01-01"}
RATING = {"source": "peer", "rating": "4.5", "text": "Answers at once, and knows the yard."}


def drafted(company: Company, **told: Any) -> Answer:
    """Draft a policy."""
    usual = {"code": company.word("review"), "role": "agent"} | CONTENT
    return company.api.post("/review-policies", usual | told).went_well()


def published(company: Company, **told: Any) -> Answer:
    """Publish a policy, for periods that begin on New Year's Day of 2090 or later."""
    made = drafted(company, **told)
    return company.do(f"/review-policies/{made.id}/publish", LATER, seen=made)


def redrafted(company: Company, **told: Any) -> Answer:
    """Publish a policy and draft its next version."""
    made = published(company)
    return company.do(f"/review-policies/{made.id}/redraft", CONTENT | told, seen=made)


def cycle_body(company: Company, policy_id: str, **told: Any) -> dict[str, Any]:
    """A cycle of the first quarter of 2090."""
    usual = {
        "code": company.word("cycle"),
        "name": "Spring",
        "from": "2090-01-01",
        "to": "2090-04-01",
        "policies": [{"role": "agent", "policy_id": policy_id}],
    }
    return usual | told


def opened(company: Company) -> Answer:
    """Open a cycle by a policy of its own."""
    body = cycle_body(company, published(company).id)
    return company.api.post("/review-cycles", body).went_well()


def by(member_id: str) -> dict[str, str]:
    """Who a service account acts for."""
    return {"Concord-On-Behalf-Of": member_id}


def given(company: Company, about: str | None = None, giver: str | None = None) -> Answer:
    """Give feedback on a colleague."""
    giver = giver or company.member().id
    path = f"/members/{about or company.member().id}/feedback"
    return company.do(path, RATING, headers=by(giver))


def _give(company: Company) -> tuple[Any, ...]:
    return (
        f"/members/{company.member().id}/feedback",
        RATING,
        None,
        by(company.member().id),
    )


def _withdraw(company: Company) -> tuple[Any, ...]:
    giver = company.member().id
    made = given(company, giver=giver)
    return f"/feedback/{made.id}/withdraw", {}, made.version, by(giver)


REVIEW_POLICY_STORIES: dict[str, Story] = {
    **pages("/review-policies", published),
    "POST /review-policies": lambda c: (
        "/review-policies",
        {"code": c.word("review"), "role": "agent", **CONTENT},
    ),
    "POST /review-policies/{id_}/redraft": changed(
        "/review-policies/{}/redraft", published, CONTENT
    ),
    "POST /review-policies/{id_}/publish": changed("/review-policies/{}/publish", drafted, LATER),
    "POST /review-policies/{id_}/retire": changed(
        "/review-policies/{}/retire", published, {"reason": "Nobody works so any more"}
    ),
    "GET /review-policies/{id_}/differences": shown(
        "/review-policies/{}/differences?from_version=1", redrafted
    ),
    **pages("/review-cycles", opened),
    "POST /review-cycles": lambda c: ("/review-cycles", cycle_body(c, published(c).id)),
    "POST /review-cycles/{id_}/close": changed("/review-cycles/{}/close", opened, {}),
    **pages("/feedback", given),
    "POST /members/{id_}/feedback": _give,
    "POST /feedback/{id_}/withdraw": _withdraw,
}
REVIEW_POLICY_SORTS = {
    "/review-policies": ["code", "role", "status"],
    "/review-cycles": ["code", "status", "from", "to"],
    "/feedback": ["given_at", "about_id", "holder_id", "source", "status", "review_id"],
}
