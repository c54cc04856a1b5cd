"""Calendars and service standards: what each operation is about, and what it needs."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, Asked, How, changes, lists, of, reads
from tests.web.stories_standards import (
    EFFECTIVE,
    HOURS,
    LINES,
    STATEMENT,
    drafted,
    drafted_calendar,
)

POLICY = Resource.POLICY
TERMS = {"statement": STATEMENT, "lines": LINES}


STANDARDS_ASKED: dict[str, Asked] = {
    "GET /calendars": lists(POLICY),
    "POST /calendars": Asked(
        How.FOUND, POLICY, "c", lambda _: {"name": f"matrix-hours-{next(NUMBERS)}", "hours": HOURS}
    ),
    "GET /calendars/{id_}": reads(POLICY),
    "POST /calendars/{id_}/redraft": changes(POLICY, hours=HOURS),
    "POST /calendars/{id_}/publish": changes(POLICY, **EFFECTIVE),
    **of(POLICY, "calendars"),
    "GET /sla-policies": lists(POLICY),
    "POST /sla-policies": Asked(
        How.COMPANY,
        POLICY,
        "c",
        lambda side: TERMS | {"department_id": side.department},
        done=409,  # this department has its own already
    ),
    "GET /sla-policies/{id_}": reads(POLICY),
    "POST /sla-policies/{id_}/redraft": changes(POLICY, **TERMS),
    "POST /sla-policies/{id_}/publish": changes(POLICY, **EFFECTIVE),
    **of(POLICY, "sla-policies"),
    "POST /requests/{id_}/retier": changes(Resource.REQUEST, tier="key"),
}


def _shown(told: Any, path: str, made: Any) -> str:
    told.api.get(f"/{path}/{made.id}", after=made).went_well()
    return str(made.id)


STANDARDS_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "calendars": lambda told, *_: _shown(told, "calendars", drafted_calendar(told)),
    "sla-policies": lambda told, _customer, _owner, department: _shown(
        told, "sla-policies", drafted(told, department_id=department, calendar_id=None)
    ),
}
