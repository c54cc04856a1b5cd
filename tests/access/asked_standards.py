"""Calendars and service standards: what each operation is about, and what it needs."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from domain.access.roles import Resource
from domain.support.sla_policy import sla_policy_id
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
PERIOD = {"from": "2025-01-01", "to": "2026-01-01"}
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
        lambda _: TERMS | {"department_id": str(uuid4())},
        done=422,
    ),
    "GET /sla-policies/{id_}": reads(POLICY),
    "POST /sla-policies/{id_}/redraft": changes(POLICY, **TERMS),
    "POST /sla-policies/{id_}/publish": changes(POLICY, **EFFECTIVE),
    **of(POLICY, "sla-policies"),
    "GET /requests/{id_}/clocks": reads(Resource.REQUEST),
    "GET /service-standard": Asked(How.OWN, Resource.POLICY),
    "GET /sla-board": lists(Resource.REQUEST),
    "GET /sla-board/counts": Asked(How.LIST, Resource.REQUEST),
    "GET /reports/sla": Asked(How.EVERYWHERE, Resource.REPORT, query=PERIOD),
    "GET /reports/sla/rehearsal": Asked(
        How.EVERYWHERE, Resource.REPORT, query=PERIOD | {"policy": str(sla_policy_id(None))}
    ),
    "POST /requests/{id_}/retier": changes(Resource.REQUEST, tier="key"),
}


def _shown(told: Any, path: str, made: Any) -> str:
    told.api.get(f"/{path}/{made.id}", after=made).went_well()
    return str(made.id)


def _standard(told: Any, *where: str) -> str:
    """A department's standard; the company's, which a report names, is drafted with the first."""
    whose = {"department_id": where[-1], "calendar_id": None}
    if told.api.get("/sla-policies", **{"filter[department_id]": ""}).ids == []:
        _shown(told, "sla-policies", drafted(told, department_id=None, calendar_id=None))
    return _shown(told, "sla-policies", drafted(told, **whose))


STANDARDS_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "calendars": lambda told, *_: _shown(told, "calendars", drafted_calendar(told)),
    "sla-policies": _standard,
}
