"""How an operation is asked for in the matrix: what it is about, what it needs, what to send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from typing import Any

from domain.access.roles import Resource


class How(Enum):
    """What an operation does, as far as it matters to who may do it."""

    LIST = auto()
    READ = auto()
    CHANGE = auto()
    CREATE_THERE = auto()
    """Something new, or a claim, at a customer that the path names."""
    REGISTER = auto()
    JOIN = auto()
    OFFER = auto()
    """Something of the department that the body tells, for a customer that the path names."""
    FOUND = auto()
    OPEN = auto()
    QUEUE = auto()
    FACT = auto()
    EVERYWHERE = auto()
    COMPANY = auto()
    """A change that belongs to no department."""
    TERMS = auto()
    """A change of the terms of sharing, whose department the body tells."""
    COMPANY_READ = auto()
    """One thing that belongs to no department."""
    COMPUTE = auto()
    """A question about a member that the body names."""
    OWN = auto()
    """About nobody but who asks."""


@dataclass(frozen=True)
class Asked:
    """One operation: the letter of the table that permits it, and a body that fits."""

    how: How
    resource: Resource
    letter: str = "r"
    body: Callable[[Any], dict[str, Any]] | None = None
    done: int = 412
    """The status where it is permitted."""
    query: Mapping[str, str] = field(default_factory=dict)
    of_customers: bool = True
    """Whether it is about a customer, where its resource is."""
    of_departments: bool = True
    """Whether it belongs to a department, where its resource does."""


NUMBERS = count(1)
WHY = {"reason": "Because"}
CONTACT = {"name": "Maria Costa", "email": "maria@harbour.example"}
SAID = {"channel": "phone", "direction": "inbound", "summary": "Asked for a price"}
WANTED = {"kind": "support", "channel": "email", "title": "Where is it?"}
ONE = {"limit": "1"}


def lists(resource: Resource) -> Asked:
    return Asked(How.LIST, resource, query=ONE)


def reads(resource: Resource) -> Asked:
    return Asked(How.READ, resource)


def changes(resource: Resource, letter: str = "w", **body: Any) -> Asked:
    return Asked(How.CHANGE, resource, letter, lambda _: body)


def of(kind: Resource, path: str) -> dict[str, Asked]:
    """Timeline and history."""
    return {f"GET /{path}/{{id_}}/{page}": reads(kind) for page in ("timeline", "history")}


def steps() -> dict[str, Asked]:
    bodies: dict[str, dict[str, Any]] = {
        "reply": {"kind": "internal", "text": "Ask the yard"},
        "customer-message": {"text": "Well?"},
        "wait": {"on": "customer"},
        "end-wait": {"on": "customer"},
        "prioritise": {"urgency": "high", "importance": "low"},
        "step": {"step": "Looked at it"},
        "resolve": {"resolution": "Replaced"},
        "reopen": {},
        "close": {},
        "void": WHY,
    }
    return {
        f"POST /requests/{{id_}}/{name}": changes(Resource.REQUEST, **body)
        for name, body in bodies.items()
    }


PERMITTED = {"permissions": [{"resource": "customer", "action": "read"}], "shows": []}


def whose(side: Any) -> dict[str, Any]:
    return {"department_id": side.department, "dataset": "customers"}


def company(
    letter: str,
    body: Callable[[Any], dict[str, Any]] = lambda _: {},
    done: int = 412,
    resource: Resource = Resource.ACCESS,
) -> Asked:
    return Asked(How.COMPANY, resource, letter, body, done)
