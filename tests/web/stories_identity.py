"""Stories of what tells customers apart: merging, likeness, search, the field dictionary."""

from collections.abc import Callable
from typing import Any

from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]


def _merge(company: Company) -> tuple[Any, ...]:
    body = {"into_id": company.customer().id, "reason": "Same tax id"}
    return f"/customers/{company.customer().id}/merge", body, 1


def _unmerge(company: Company) -> tuple[Any, ...]:
    gone = company.customer().id
    into = {"into_id": company.customer().id, "reason": "Same tax id"}
    merged = company.do(f"/customers/{gone}/merge", into, seen=1)
    return f"/customers/{gone}/unmerge", {"reason": "Two branches"}, merged.version


IDENTITY: dict[str, Story] = {
    "POST /customers/{id_}/merge": _merge,
    "POST /customers/{id_}/unmerge": _unmerge,
}
