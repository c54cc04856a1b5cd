"""Who may do what with campaigns, markets and competitors, asked operation by operation."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, WHY, Asked, How, changes, lists, of, reads
from tests.web.stories_campaigns import COST, PLAN, SIZE, YEAR

CAMPAIGN = Resource.CAMPAIGN


def _begins(**body: Any) -> Asked:
    def told(side: Any) -> dict[str, Any]:
        return body | {"name": f"matrix {next(NUMBERS)}", "department_id": side.department}

    return Asked(How.JOIN, CAMPAIGN, "c", told)


CAMPAIGNS: dict[str, Asked] = {
    **{
        operation: asked
        for path in ("campaigns", "markets", "competitors")
        for operation, asked in {
            f"GET /{path}": lists(CAMPAIGN),
            f"GET /{path}/{{id_}}": reads(CAMPAIGN),
            **of(CAMPAIGN, path),
        }.items()
    },
    "POST /campaigns": _begins(**PLAN),
    "PUT /campaigns/{id_}": changes(CAMPAIGN, **PLAN),
    "POST /campaigns/{id_}/cost": changes(CAMPAIGN, **COST),
    "POST /campaigns/{id_}/answer": Asked(
        How.CHANGE, CAMPAIGN, "c", lambda _: {"answer": "opened"}
    ),
    "POST /campaigns/{id_}/end": changes(CAMPAIGN),
    "POST /campaigns/{id_}/retract": changes(CAMPAIGN, **WHY),
    "GET /reports/campaign-return": Asked(How.EVERYWHERE, Resource.REPORT, query={"position": "1"}),
    "POST /markets": _begins(),
    "POST /markets/{id_}/size": changes(CAMPAIGN, **SIZE),
    "POST /markets/{id_}/withdraw-size": changes(CAMPAIGN, **YEAR, **WHY),
    "POST /competitors": _begins(),
    "POST /competitors/{id_}/observe": Asked(
        How.CHANGE, CAMPAIGN, "c", lambda _: {"sight": "price", "note": "Lower"}
    ),
}


def _made(path: str, **told: Any) -> Callable[..., str]:
    def make(company: Any, customer: str, owner: str, department: str) -> str:
        name = {"name": company.word("matrix"), "department_id": department}
        return str(company.api.post(f"/{path}", told | name).went_well().id)

    return make


CAMPAIGNS_MADE: dict[str, Callable[..., str]] = {
    "campaigns": _made("campaigns", **PLAN),
    "markets": _made("markets"),
    "competitors": _made("competitors"),
}
