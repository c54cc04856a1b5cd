"""What each operation about routing, skills, absences and promised words needs to go well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.web.client import Answer
from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]

FIRST = {"If-Match": '"0"'}
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
LATER = (datetime.now(UTC) + timedelta(days=40)).isoformat()
TOLD = {"channel": "phone", "text": "The part arrives on Thursday.", "again_by": SOON}
AWAY = {"starts_at": SOON, "ends_at": LATER}


def rule(name: str = "All", **told: Any) -> dict[str, Any]:
    """A rule for every request, unless ``when`` says otherwise."""
    return {"name": name, "when": told.pop("when", {}), "to": told}


def routed(company: Company, *rules: dict[str, Any], **told: Any) -> Answer:
    """Set the rules of a department, a new one unless it is given: its one member takes all."""
    department = told.pop("department_id", None) or company.department().id
    if not rules:
        rules = (rule(member=company.member(department_id=department).id),)
    body = {"department_id": department, "rules": list(rules)}
    return company.do("/routings", body, headers=told.pop("headers", FIRST))


def department_of(company: Company, made: Answer) -> str:
    """The department whose rules these are."""
    shown = company.api.get(f"/routings/{made.id}", after=made).went_well()
    return str(shown.json["department_id"])


def skilled(company: Company, name: str = "Hydraulics", level: int = 3, **told: Any) -> Answer:
    """A member who is good at something."""
    made = company.member(**told)
    return company.do(f"/members/{made.id}/skill", {"skill": name, "level": level}, seen=made)


def absent(company: Company, body: dict[str, Any] | None = None, **told: Any) -> Answer:
    """A member who is away, next month unless told otherwise."""
    made = company.member(**told)
    return company.do(f"/members/{made.id}/away", body or AWAY, seen=made)


def promised(company: Company, **told: Any) -> Answer:
    """A request whose customer was promised to hear of it again."""
    return company.request(("inform", TOLD), **told)


# --- Stories --------------------------------------------------------------------------------------


def _one(path: str, make: Callable[[Company], Answer]) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), made

    return tell


def _change(path: str, make: Callable[[Company], Answer], body: Any) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = make(company)
        return path.format(made.id), body(company) if callable(body) else body, made.version

    return tell


def _set(company: Company) -> tuple[Any, ...]:
    department = company.department().id
    team = {
        "departments": [department, company.department().id],
        "skills": [{"name": "Hydraulics", "level": 2}],
        "at_most": 12,
    }
    when = {
        "kinds": ["complaint", "support"],
        "channels": ["phone"],
        "tiers": ["key", "strategic"],
        "least_priority": 4,
    }
    rules = [
        rule("Pressing", when=when, team=team, queue=None, member=None),
        rule("Ana", when={"kinds": ["enquiry"]}, member=company.member().id),
        rule("Rest", queue=company.department().id),
    ]
    return "/routings", {"department_id": department, "rules": rules}, 0


def _route(company: Company) -> tuple[Any, ...]:
    # It was there before the rules were: nothing but a person routes it.
    department = company.department().id
    made = company.request(department_id=department)
    shown = company.api.get("/routings", after=routed(company, department_id=department))
    shown.went_well()
    return f"/requests/{made.id}/route", {}, made.version


def _load(company: Company) -> tuple[Any, ...]:
    department = company.department().id
    return f"/departments/{department}/load", company.request(department_id=department)


ROUTING: dict[str, Story] = {
    # Rules
    "GET /routings": lambda company: ("/routings", routed(company)),
    "POST /routings": _set,
    "GET /routings/{id_}": _one("/routings/{}", routed),
    "GET /routings/{id_}/timeline": _one("/routings/{}/timeline", routed),
    "GET /routings/{id_}/history": _one("/routings/{}/history", routed),
    "POST /routings/{id_}/withdraw": _change("/routings/{}/withdraw", routed, {}),
    "POST /requests/{id_}/route": _route,
    "GET /departments/{id_}/load": _load,
    # Who can take what
    "POST /members/{id_}/skill": _change(
        "/members/{}/skill", Company.member, {"skill": "Hydraulics", "level": 4}
    ),
    "POST /members/{id_}/withdraw-skill": _change(
        "/members/{}/withdraw-skill", skilled, {"skill": "Hydraulics"}
    ),
    "POST /members/{id_}/away": _change("/members/{}/away", Company.member, AWAY),
    "POST /members/{id_}/back": _change("/members/{}/back", absent, {"starts_at": SOON}),
    # What customers are told
    "GET /open-promises": lambda company: ("/open-promises", promised(company)),
    "POST /requests/{id_}/inform": _change("/requests/{}/inform", Company.request, TOLD),
    "POST /requests/{id_}/link": _change(
        "/requests/{}/link",
        Company.request,
        lambda company: {"other_id": company.request().id, "as": "earlier"},
    ),
}
