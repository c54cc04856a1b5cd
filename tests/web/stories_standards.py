"""Requests about business calendars and service standards that go well."""

from typing import Any

from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story, changed, listed, pages, shown

DAY = [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]
HOURS = {
    "zone": "Asia/Shanghai",
    "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
    "changes": [{"begins": "2026-01-01", "week": {"sat": [{"opens": "22:00", "closes": "00:00"}]}}],
    "closed": ["2025-10-01", "2025-10-02"],
    "working": [{"day": "2025-09-28", "shifts": DAY}],
}
STATEMENT = {"en": "We answer within the hour.", "zh": "我们一小时内答复。"}


def line(tier: str, first: int, following: int, resolution: int, **told: Any) -> dict[str, Any]:
    """A line of a standard, in business minutes."""
    targets = {
        "first_response": first,
        "next_response": following,
        "resolution": resolution,
    }
    return {"tier": tier, "targets": targets} | told


LINES = [
    line("strategic", 30, 60, 240),
    line("key", 120, 240, 480),
    line("normal", 240, 480, 1440),
    line("normal", 60, 120, 480, kind="complaint"),
]
EFFECTIVE = {"effective_from": "2025-01-01"}


def drafted_calendar(company: Company, **told: Any) -> Answer:
    """Draft a calendar."""
    usual = {"name": company.word("hours"), "hours": HOURS}
    return company.api.post("/calendars", usual | told).went_well()


def calendar(company: Company, **told: Any) -> Answer:
    """Publish a calendar."""
    made = drafted_calendar(company, **told)
    return company.do(f"/calendars/{made.id}/publish", EFFECTIVE, seen=made)


def drafted(company: Company, **told: Any) -> Answer:
    """Draft the standard of a department, a new one unless it is given."""
    usual: dict[str, Any] = {"statement": STATEMENT, "lines": LINES}
    if "department_id" not in told:
        told["department_id"] = company.department().id
    if "calendar_id" not in told:
        told["calendar_id"] = calendar(company).id
    return company.api.post("/sla-policies", usual | told).went_well()


def standard(company: Company, **told: Any) -> Answer:
    """Publish the standard of a department."""
    made = drafted(company, **told)
    return company.do(f"/sla-policies/{made.id}/publish", EFFECTIVE, seen=made)


def promised(company: Company, *steps: tuple[str, dict[str, Any]], **told: Any) -> Answer:
    """Open a request in a department that has promised its times."""
    department = company.department().id
    standard(company, department_id=department, calendar_id=None)
    return company.request(*steps, department_id=department, **told)


def _draft(company: Company) -> tuple[Any, ...]:
    department, hours = company.department().id, calendar(company).id
    body = {"department_id": department, "calendar_id": hours}
    return "/sla-policies", body | {"statement": STATEMENT, "lines": LINES}


def _promising(company: Company) -> str:
    department: str = company.department().id
    standard(company, department_id=department)
    return department


PERIOD = "from=2025-01-01&to=2026-01-01"


def _rehearsed(company: Company) -> tuple[Any, ...]:
    made = drafted(company)
    return f"/reports/sla/rehearsal?{PERIOD}&policy={made.id}", made


STANDARDS: dict[str, Story] = {
    **pages("/calendars", calendar),
    "POST /calendars": lambda c: ("/calendars", {"name": c.word("hours"), "hours": HOURS}),
    "POST /calendars/{id_}/redraft": changed("/calendars/{}/redraft", calendar, {"hours": HOURS}),
    "POST /calendars/{id_}/publish": changed("/calendars/{}/publish", drafted_calendar, EFFECTIVE),
    **pages("/sla-policies", standard),
    "POST /sla-policies": _draft,
    "POST /sla-policies/{id_}/redraft": changed(
        "/sla-policies/{}/redraft", standard, {"statement": STATEMENT, "lines": LINES}
    ),
    "POST /sla-policies/{id_}/publish": changed("/sla-policies/{}/publish", drafted, EFFECTIVE),
    "GET /requests/{id_}/clocks": shown("/requests/{}/clocks", promised),
    "GET /service-standard": lambda c: (f"/service-standard?department_id={_promising(c)}",),
    "GET /sla-board": listed("/sla-board", promised),
    "GET /sla-board/counts": listed("/sla-board/counts", promised),
    "GET /reports/sla": listed(f"/reports/sla?{PERIOD}", promised),
    "GET /reports/sla/rehearsal": _rehearsed,
    "POST /requests/{id_}/retier": changed("/requests/{}/retier", promised, {"tier": "key"}),
}
STANDARDS_SORTS = {
    "/calendars": ["name"],
    "/sla-policies": ["department_id"],
}
