"""Merging, likeness, search and the field dictionary: what each needs, and what to send."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes, lists, reads

IDENTITY_MADE: dict[str, Callable[[Any, str, str, str], str]] = {}

IDENTITY: dict[str, Asked] = {
    "POST /customers/{id_}/merge": Asked(
        How.CHANGE, Resource.CUSTOMER, "w", lambda side: {"into_id": side.customer} | WHY
    ),
    "POST /customers/{id_}/unmerge": changes(Resource.CUSTOMER, **WHY),
    "GET /customers/search": Asked(How.LIST, Resource.CUSTOMER, query={"q": "Matrix"}),
    "GET /customers/{id_}/duplicates": reads(Resource.CUSTOMER),
    "GET /fields": Asked(How.OWN, Resource.CUSTOMER),
    "GET /reports/data-quality": Asked(How.EVERYWHERE, Resource.REPORT),
    "GET /duplicates": lists(Resource.CUSTOMER),
    "POST /customers/{id_}/duplicates/dismiss": Asked(
        How.CREATE_THERE,
        Resource.CUSTOMER,
        "w",
        lambda side: {"other_id": side.customer} | WHY,
        done=409,
    ),
    "POST /customers/{id_}/duplicates/restore": Asked(
        How.CHANGE, Resource.CUSTOMER, "w", lambda side: {"other_id": side.customer} | WHY
    ),
}
