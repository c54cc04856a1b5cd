"""The story of the catalogue of metrics: nothing has to happen before it is read."""

from collections.abc import Callable
from typing import Any

from tests.web.company import Company

METRICS_STORIES: dict[str, Callable[[Company], tuple[Any, ...]]] = {
    "GET /metrics-catalogue": lambda _: ("/metrics-catalogue",),
}
