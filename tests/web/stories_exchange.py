"""The stories of what is not one change, or not answered with JSON: each has tests of its own."""

from collections.abc import Callable
from typing import Any

from tests.web.company import Company
from tests.web.stories_orders import contract, order
from tests.web.stories_pipeline import lead, opportunity
from tests.web.stories_scorecards import SCORECARDS_APART
from tests.web.stories_surveys import APART as SURVEY_LINK


def _many(company: Company) -> tuple[Any, ...]:
    path = f"/customers/{company.customer().id}/tier"
    body = {"tier": "key", "reason": "They grow"}
    return "/bulk", {"changes": [{"method": "POST", "path": path, "if_match": "1", "body": body}]}


APART: dict[str, Callable[[Company], tuple[Any, ...]]] = {
    "POST /bulk": _many,
    "POST /imports/customers": lambda _: ("/imports/customers", {"name": "Harbour"}),
    "GET /exports/customers": lambda c: ("/exports/customers", c.customer()),
    "GET /exports/requests": lambda c: ("/exports/requests", c.request()),
    "GET /exports/members": lambda c: ("/exports/members", c.member()),
    "GET /exports/leads": lambda c: ("/exports/leads", lead(c)),
    "GET /exports/opportunities": lambda c: ("/exports/opportunities", opportunity(c)),
    "GET /exports/orders": lambda c: ("/exports/orders", order(c)),
    "GET /exports/contracts": lambda c: ("/exports/contracts", contract(c)),
    **SURVEY_LINK,
    **SCORECARDS_APART,
}
