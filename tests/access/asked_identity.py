"""Merging, likeness, search and the field dictionary: what each needs, and what to send."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes

IDENTITY_MADE: dict[str, Callable[[Any, str, str, str], str]] = {}

IDENTITY: dict[str, Asked] = {
    "POST /customers/{id_}/merge": Asked(
        How.CHANGE, Resource.CUSTOMER, "w", lambda side: {"into_id": side.customer} | WHY
    ),
    "POST /customers/{id_}/unmerge": changes(Resource.CUSTOMER, **WHY),
}
