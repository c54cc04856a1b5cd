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


def _search(company: Company) -> tuple[Any, ...]:
    name = company.word("Sought")
    return f"/customers/search?q={name}&limit=5", company.customer(name)


def _alike(company: Company) -> tuple[Any, ...]:
    name = company.word("Alike Foods")
    first = company.customer(f"{name} Ltd")
    return first.id, company.customer(f"{name} GmbH")


def _duplicates(company: Company) -> tuple[Any, ...]:
    one, other = _alike(company)
    return f"/customers/{one}/duplicates", other


def _pairs(company: Company) -> tuple[Any, ...]:
    return "/duplicates", _alike(company)[1]


def _dismiss(company: Company) -> tuple[Any, ...]:
    one, other = _alike(company)
    path = f"/customers/{one}/duplicates/dismiss"
    return path, {"other_id": other.id, "reason": "Two families of that name"}


def _restore(company: Company) -> tuple[Any, ...]:
    path, body = _dismiss(company)
    company.do(path, body)
    return path.replace("dismiss", "restore"), body, 1


IDENTITY: dict[str, Story] = {
    "POST /customers/{id_}/merge": _merge,
    "POST /customers/{id_}/unmerge": _unmerge,
    "GET /customers/search": _search,
    "GET /customers/{id_}/duplicates": _duplicates,
    "GET /duplicates": _pairs,
    "GET /fields": lambda _: ("/fields?kind=customer",),
    "GET /reports/data-quality": lambda c: ("/reports/data-quality", c.customer()),
    "POST /customers/{id_}/duplicates/dismiss": _dismiss,
    "POST /customers/{id_}/duplicates/restore": _restore,
}
