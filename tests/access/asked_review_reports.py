"""Reports about reviews: who may read them all."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from domain.reviews.review_policy import review_policy_id
from tests.access.asked import Asked, How
from tests.web.stories_review_reports import PERIOD, ruled

CODE = "matrix-departments"
BY = PERIOD | {"policy": str(review_policy_id(CODE))}


def _report(**query: str) -> Asked:
    return Asked(How.EVERYWHERE, Resource.REVIEW, query=query)


REVIEW_REPORTS_ASKED: dict[str, Asked] = {
    "GET /reports/department-review": _report(**BY),
    "GET /reports/team-review": _report(**BY, members="0190f000-0000-7000-8000-000000000001"),
    "GET /reports/calibration": _report(),
    "GET /reports/indicators": _report(**PERIOD),
}
REVIEW_REPORTS_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "review-reports": lambda told, *_: ruled(told, CODE),
}
