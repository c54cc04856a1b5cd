"""How value models, the value card and the reports on sales are asked for in the matrix."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, Asked, How, company, lists, of, reads
from tests.web.stories_value import SETTINGS, model

_PERIOD = {"from": "2025-01-01", "to": "2025-04-01", "position": "1"}


def _report(**query: str) -> Asked:
    return Asked(How.EVERYWHERE, Resource.REPORT, query=query)


VALUE_ASKED: dict[str, Asked] = {
    "GET /value-models": lists(Resource.POLICY),
    "POST /value-models": company(
        "c", lambda _: {"name": f"matrix-{next(NUMBERS)}", **SETTINGS}, 201, Resource.POLICY
    ),
    "GET /value-models/{id_}": reads(Resource.POLICY),
    "POST /value-models/{id_}/revise": company("w", lambda _: SETTINGS, resource=Resource.POLICY),
    "POST /value-models/{id_}/run": company("w", resource=Resource.POLICY),
    **of(Resource.POLICY, "value-models"),
    "GET /customers/{id_}/value": reads(Resource.ORDER),
    "GET /reports/credit": _report(**_PERIOD),
    "GET /reports/retention": _report(**_PERIOD),
    "GET /reports/customer-value": _report(position="1"),
}


def _model(made_by: Any, *_: str) -> str:
    made = model(made_by)
    made_by.api.get("/value-models", after=made, limit=1).went_well()
    return str(made.id)


VALUE_MADE: dict[str, Callable[[Any, str, str, str], str]] = {"value-models": _model}
