"""What scores are made of may be read by everybody who may read the rules of reviews."""

from domain.access.roles import Resource
from tests.access.asked import Asked, How

METRICS_ASKED: dict[str, Asked] = {
    "GET /metrics-catalogue": Asked(How.LIST, Resource.REVIEW_POLICY),
}
