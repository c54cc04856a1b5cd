"""Scorecards: a question that is asked by POST, because of all that it may say."""

from collections.abc import Callable
from typing import Any

from tests.web.company import Company
from tests.web.stories_reviews import PERIOD, policy


def _card(company: Company) -> tuple[Any, ...]:
    told = {"member_id": company.member().id, "policy_id": policy(company)}
    return "/scorecards", told | PERIOD


SCORECARDS_APART: dict[str, Callable[[Company], tuple[Any, ...]]] = {"POST /scorecards": _card}
