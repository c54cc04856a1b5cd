"""What each operation about routing, skills, absences and promised words is about and needs."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import ONE, Asked, How, changes, company, lists, of, reads
from tests.web.stories_routing import AWAY, SOON, TOLD, routed, rule

RULES, REQUEST, MEMBER = Resource.POLICY, Resource.REQUEST, Resource.MEMBER


def _rules(side: Any) -> dict[str, Any]:
    return {"department_id": side.department, "rules": [rule(member=side.member)]}


ROUTING: dict[str, Asked] = {
    # Rules are the company's, though each is for one department
    "GET /routings": lists(RULES),
    "POST /routings": company("c", _rules, resource=RULES),
    "GET /routings/{id_}": reads(RULES),
    "POST /routings/{id_}/withdraw": company("w", resource=RULES),
    **of(RULES, "routings"),
    "POST /requests/{id_}/route": changes(REQUEST),
    "GET /departments/{id_}/load": Asked(How.QUEUE, REQUEST),
    "POST /members/{id_}/skill": changes(MEMBER, skill="Hydraulics", level=4),
    "POST /members/{id_}/withdraw-skill": changes(MEMBER, skill="Hydraulics"),
    "POST /members/{id_}/away": changes(MEMBER, **AWAY),
    "POST /members/{id_}/back": changes(MEMBER, starts_at=SOON),
    "GET /open-promises": Asked(How.LIST, REQUEST, query=ONE),
    "POST /requests/{id_}/inform": changes(REQUEST, **TOLD),
    "POST /requests/{id_}/link": Asked(
        How.CHANGE, REQUEST, "w", lambda side: {"other_id": side.request, "as": "related"}
    ),
}


def _routing(told: Any, *_: str) -> str:
    made = routed(told)  # of a department of its own: the requests of a side stay where they are
    told.api.get(f"/routings/{made.id}", after=made).went_well()
    return str(made.id)


ROUTING_MADE: dict[str, Callable[[Any, str, str, str], str]] = {"routings": _routing}
