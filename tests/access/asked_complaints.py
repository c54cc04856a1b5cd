"""Complaints, call-backs, summaries and improvements: who may do what with them."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes, company, lists, of, reads
from tests.web import stories_complaints as stories

REQUEST = Resource.REQUEST


def _of_no_customer(asked: dict[str, Asked]) -> dict[str, Asked]:
    """What a customer's team has no more part in than anybody else."""
    return {
        operation: Asked(
            each.how,
            each.resource,
            each.letter,
            each.body,
            each.done,
            each.query,
            of_customers=False,
        )
        for operation, each in asked.items()
    }


ABOUT: dict[str, dict[str, Any]] = {
    "acknowledge": {"channel": "phone"},
    "escalate": {"severity": "major", **WHY},
    "classify": {"cause": "product"},
    "propose-compensation": {"form": "goods", "amount": stories.AMOUNT},
    "approve-compensation": {},
    "decline-compensation": WHY,
    "settle": {"accepted": False},
}

COMPLAINTS_ASKED: dict[str, Asked] = {
    "GET /complaints": lists(REQUEST),
    "GET /complaints/{id_}": reads(REQUEST),
    **of(REQUEST, "complaints"),
    "GET /complaint-causes": Asked(How.LIST, REQUEST),
    "GET /requests/{id_}/complaint": reads(REQUEST),
    **{
        f"POST /requests/{{id_}}/complaint/{name}": changes(REQUEST, **body)
        for name, body in ABOUT.items()
    },
    "POST /customers/{id_}/follow-ups": Asked(
        How.OFFER,
        REQUEST,
        "c",
        lambda side: {
            "department_id": side.department,
            "about": "Does it run?",
            "due_at": stories.SOON,
        },
    ),
    "GET /follow-ups": lists(REQUEST),
    "GET /follow-ups/{id_}": reads(REQUEST),
    **of(REQUEST, "follow-ups"),
    "POST /follow-ups/{id_}/assign": Asked(
        How.CHANGE, REQUEST, "w", lambda side: {"member_id": side.member}
    ),
    "POST /follow-ups/{id_}/move": changes(REQUEST, due_at=stories.SOON, **WHY),
    "POST /follow-ups/{id_}/finish": changes(REQUEST, satisfied="yes", outcome="All is well"),
    "POST /follow-ups/{id_}/call-off": changes(REQUEST, **WHY),
    "GET /reports/complaints": Asked(How.EVERYWHERE, Resource.REPORT, query=stories.PERIOD),
    "POST /complaint-summaries": company(
        "w",
        lambda _: {"conclusions": "Late again", **stories.PERIOD},
        done=201,
        resource=REQUEST,
    ),
    "GET /complaint-summaries": lists(REQUEST),
    "GET /complaint-summaries/{id_}": Asked(How.COMPANY_READ, REQUEST),
    **{
        f"GET /complaint-summaries/{{id_}}/{page}": Asked(How.COMPANY_READ, REQUEST)
        for page in ("timeline", "history")
    },
    **_of_no_customer(
        {
            "POST /improvements": Asked(
                How.JOIN,
                REQUEST,
                "c",
                lambda side: (
                    stories.FINDING | {"department_id": side.department, "member_id": side.member}
                ),
            ),
            "GET /improvements": lists(REQUEST),
            "GET /improvements/{id_}": reads(REQUEST),
            **of(REQUEST, "improvements"),
            "POST /improvements/{id_}/measures": changes(REQUEST, measure="A second carrier"),
            "POST /improvements/{id_}/extend": changes(
                REQUEST, due_at="2999-07-31T09:00:00Z", **WHY
            ),
            "POST /improvements/{id_}/finish": changes(REQUEST),
            "POST /improvements/{id_}/verify": changes(REQUEST, **stories.AFTER),
            "POST /improvements/{id_}/close": changes(REQUEST, **WHY),
        }
    ),
}


def _shown(told: Any, path: str, made: Any) -> str:
    """Wait until what was made is shown, and return its id."""
    told.api.get(f"/{path}", after=made, limit=1).went_well()
    return str(made.id)


def _complaint(told: Any, customer: str, _owner: str, department: str) -> str:
    made = stories.complaint(told, customer_id=customer, department_id=department)
    return _shown(told, "complaints", made)


def _follow_up(told: Any, customer: str, _owner: str, department: str) -> str:
    made = stories.follow_up(told, customer=customer, department_id=department)
    return _shown(told, "follow-ups", made)


def _improvement(told: Any, _customer: str, owner: str, department: str) -> str:
    made = stories.improvement(told, department_id=department, member_id=owner)
    return _shown(told, "improvements", made)


COMPLAINTS_MADE: dict[str, Callable[..., str]] = {
    "complaints": _complaint,
    "follow-ups": _follow_up,
    "complaint-summaries": lambda told, *_: _shown(
        told, "complaint-summaries", stories.summary(told)
    ),
    "improvements": _improvement,
}
