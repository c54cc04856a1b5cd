"""Questions about what reviews come to that go well."""

from typing import Any

from domain.reviews.review_policy import review_policy_id
from tests.web.client import Answer
from tests.web.company import Company
from tests.web.telling import Story

PERIOD = {"from": "2025-01-01", "to": "2025-04-01"}
ASKED = "&".join(f"{name}={value}" for name, value in PERIOD.items())
LONG_AGO = {"occurred_at": "2024-06-01T09:00:00Z"}
SALES = [
    {"metric": "sales_amount", "weight": "60", "floor": "0", "target": "1000"},
    {"metric": "order_count", "weight": "40", "floor": "0", "target": "4"},
]


def ruled(company: Company, code: str, *, role: str = "department", **told: Any) -> str:
    """Publish a policy for periods from 2025 on, and return its id."""
    id_ = str(review_policy_id(code))
    if company.api.get("/review-policies", **{"filter[code]": code}).ids:
        return id_
    body = {"code": code, "role": role, "name": {"en": "Departments", "zh": "部门"}}
    body |= {"rules": {"terms": SALES, "currency": "CNY"}} | told | LONG_AGO
    made = company.api.post("/review-policies", body).went_well()
    published = company.do(
        f"/review-policies/{made.id}/publish",
        LONG_AGO | {"effective_from": "2025-01-01"},
        seen=made,
    )
    company.api.get("/review-policies", after=published, limit="1").went_well()
    return id_


def _employed(company: Company) -> Answer:
    """Somebody who has worked here since before the period."""
    department = company.department().id
    return company.member(department_id=department, occurred_at="2024-12-01T09:00:00Z")


def _department(company: Company) -> tuple[Any, ...]:
    policy = ruled(company, company.word("departments"))
    made = _employed(company)
    return f"/reports/department-review?{ASKED}&policy={policy}", made


def _team(company: Company) -> tuple[Any, ...]:
    policy = ruled(company, company.word("departments"))
    made = _employed(company)
    return f"/reports/team-review?{ASKED}&policy={policy}&members={made.id}", made


def _indicators(company: Company) -> tuple[Any, ...]:
    policy = ruled(company, company.word("departments"))
    return f"/reports/indicators?{ASKED}&policy={policy}", _employed(company)


REVIEW_REPORTS: dict[str, Story] = {
    "GET /reports/department-review": _department,
    "GET /reports/team-review": _team,
    "GET /reports/calibration": lambda _: (f"/reports/calibration?{ASKED}",),
    "GET /reports/indicators": _indicators,
}
