"""Scorecards: who may ask for them."""

from domain.access.roles import Resource
from tests.access.asked import Asked, How
from tests.web.stories_reviews import PERIOD

SCORECARDS_ASKED: dict[str, Asked] = {
    "POST /scorecards": Asked(
        How.COMPUTE,
        Resource.REVIEW,
        "r",
        lambda side: {"member_id": side.member, "policy_id": side.made["review-policy"]} | PERIOD,
    ),
}
