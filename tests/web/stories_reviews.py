"""Reviews from their opening to their seal: what goes well."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, listed, past, shown

WHY = {"reason": "The harbour was closed for two weeks"}
LONG_AGO = {"occurred_at": "2024-11-01T09:00:00Z"}
PERIOD = {"from": "2025-01-01", "to": "2025-04-01"}
MANAGERS = {"metric": "feedback_manager", "weight": "100", "floor": "1", "target": "5"}
"""What managers say from 1 to 5, in a straight line from 0 to 100 points."""


@cache
def policy(company: Company) -> str:
    """A policy in force since 2025: what managers say is all that counts."""
    code = company.word("review-policy")
    told = {"code": code, "role": "agent", "name": {"en": "Agents", "zh": "专员"}}
    told["rules"] = {"cap": "120", "minimum_coverage": "60", "terms": [MANAGERS]}
    drafted = company.api.post("/review-policies", told | LONG_AGO).went_well()
    body = {"effective_from": "2025-01-01"} | LONG_AGO
    published = company.do(f"/review-policies/{drafted.id}/publish", body, seen=drafted)
    company.api.get("/review-policies", after=published, limit=1).went_well()
    return drafted.id


@dataclass(frozen=True)
class People:
    """Whom a review is about and who has a hand in it, by their ids."""

    department: str
    reviewee: str
    author: str
    first: str
    second: str
    sealer: str
    judge: str


def people(company: Company, **told: str) -> People:
    """Six people; all in a new department, unless one is given."""
    department = told.get("department") or company.department().id
    names = ("reviewee", "author", "first", "second", "sealer", "judge")
    ids = {name: told.get(name) or company.member(department_id=department).id for name in names}
    return People(department=department, **ids)


def acting(member: str) -> dict[str, str]:
    """The headers of somebody for whom it is done."""
    return {"Concord-On-Behalf-Of": member}


def opened(company: Company, who: People) -> Answer:
    """Open a review of the first quarter of 2025."""
    body = {"member_id": who.reviewee, "policy_id": policy(company)} | PERIOD
    return company.api.post("/reviews", body, headers=acting(who.author)).went_well()


@dataclass(frozen=True)
class Step:
    """One step on the way: by whom, what, and with which body."""

    who: str
    verb: str
    body: dict[str, Any]


WAY = (
    Step("author", "draft", {}),
    Step("author", "collect-inputs", {"summary": "Two peers"}),
    Step("first", "calibrate", {"adjustment": "1.50"} | WHY),
    Step("second", "confirm", WHY),
    Step("author", "share", {}),
    Step("reviewee", "acknowledge", {}),
    Step("sealer", "seal", {}),
)
"""From the opening to the seal."""
APPEAL = Step(
    "reviewee", "appeal", {"figures": ["feedback_manager"], "text": "Half of it is missing"}
)
UPHOLD, DISMISS = Step("judge", "uphold", WHY), Step("judge", "dismiss", WHY)
SHARED = WAY[:5]


def taken(company: Company, who: People, review: str, seen: Answer, *steps: Step) -> Answer:
    """Take steps with a review."""
    for step in steps:
        headers = acting(getattr(who, step.who))
        path = f"/reviews/{review}/{step.verb}"
        seen = company.do(path, step.body, seen=seen, headers=headers)
    return seen


def reviewed(company: Company, *steps: Step) -> Answer:
    """A review of somebody, so far along its way."""
    who = people(company)
    begun = opened(company, who)
    return taken(company, who, begun.id, begun, *steps)


def _next(step: Step, *before: Step) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        who = people(company)
        begun = opened(company, who)
        seen = taken(company, who, begun.id, begun, *before)
        path = f"/reviews/{begun.id}/{step.verb}"
        return path, step.body, seen.version, acting(getattr(who, step.who))

    return tell


def _opening(company: Company) -> tuple[Any, ...]:
    body = {"member_id": company.member().id, "policy_id": policy(company)} | PERIOD
    return "/reviews", body, None, acting(company.member().id)


def _assigning(company: Company) -> tuple[Any, ...]:
    who = people(company)
    begun = opened(company, who)
    calibrators = {"first_calibrator_id": who.first, "second_calibrator_id": who.second}
    body = {**calibrators, "judge_id": who.judge}
    return f"/reviews/{begun.id}/assign", body, begun.version, acting(who.author)


REVIEWS: dict[str, Story] = {
    "POST /reviews/{id_}/assign": _assigning,
    "POST /reviews": _opening,
    "GET /reviews": listed("/reviews", lambda company: reviewed(company, *SHARED)),
    "GET /reviews/{id_}/explanation": shown(
        "/reviews/{}/explanation", lambda company: reviewed(company, *WAY)
    ),
    "GET /reviews/{id_}/evidence": shown(
        "/reviews/{}/evidence", lambda company: reviewed(company, *WAY)
    ),
    "GET /reviews/{id_}/replay": shown(
        "/reviews/{}/replay", lambda company: reviewed(company, *WAY)
    ),
    "GET /reviews/{id_}": shown("/reviews/{}", lambda company: reviewed(company, *WAY)),
    **past("/reviews", lambda company: reviewed(company, *SHARED)),
    "POST /reviews/{id_}/draft": _next(WAY[0]),
    "POST /reviews/{id_}/collect-inputs": _next(WAY[1], *WAY[:1]),
    "POST /reviews/{id_}/calibrate": _next(WAY[2], *WAY[:2]),
    "POST /reviews/{id_}/confirm": _next(WAY[3], *WAY[:3]),
    "POST /reviews/{id_}/share": _next(WAY[4], *WAY[:4]),
    "POST /reviews/{id_}/withdraw": _next(Step("author", "withdraw", WHY)),
    "POST /reviews/{id_}/acknowledge": _next(WAY[5], *SHARED),
    "POST /reviews/{id_}/disagree": _next(
        Step("reviewee", "disagree", {"comment": "Half of it is missing"}), *SHARED
    ),
    "POST /reviews/{id_}/appeal": _next(APPEAL, *SHARED),
    "POST /reviews/{id_}/uphold": _next(UPHOLD, *SHARED, APPEAL),
    "POST /reviews/{id_}/dismiss": _next(DISMISS, *SHARED, APPEAL),
    "POST /reviews/{id_}/seal": _next(WAY[6], *WAY[:6]),
    "POST /reviews/{id_}/note-impact": _next(Step("author", "note-impact", {}), *WAY),
    "POST /reviews/{id_}/supplement": _next(
        Step("sealer", "supplement", WHY), *WAY, APPEAL, UPHOLD
    ),
    "POST /reviews/{id_}/decide-outcome": _next(
        Step("author", "decide-outcome", {"kind": "pay", "text": "Three percent more"} | WHY), *WAY
    ),
    "POST /reviews/{id_}/agree-help-plan": _next(
        Step("author", "agree-help-plan", {"text": "Visits with Bo", "until": "2999-06-30"}),
        *SHARED,
    ),
}
