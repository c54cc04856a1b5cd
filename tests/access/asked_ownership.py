"""How the operations on ownership, pools and hand-overs are asked for in the matrix."""

from collections.abc import Callable
from typing import Any

from domain.access.roles import Resource
from tests.access.asked import NUMBERS, WHY, Asked, How, changes, company, lists, of, reads
from tests.web.stories_ownership import RULES, handed_over, pool


def _policy(letter: str, body: Any = None, done: int = 412) -> Asked:
    return company(letter, lambda _: body or {}, done, Resource.POLICY)


def _pool(made: Any, *_: str) -> str:
    opened = pool(made)
    made.api.get("/pools", after=opened, limit=1).went_well()
    return opened.id


def _hand_over(made: Any, customer: str, owner: str, _: str) -> str:
    run = handed_over(made, customer, owner, made.member().id)
    made.api.get("/hand-overs", after=made.crm.facts.last(), limit=1).went_well()
    return str(run)


OWNERSHIP_MADE: dict[str, Callable[[Any, str, str, str], str]] = {
    "pools": _pool,
    "hand-overs": _hand_over,
}

OWNERSHIP: dict[str, Asked] = {
    "GET /customers/{id_}/ownership/ledger": reads(Resource.CUSTOMER),
    "GET /customers/{id_}/ownership/dispute": reads(Resource.CUSTOMER),
    "POST /customers/{id_}/ownership/offer": Asked(
        How.CHANGE, Resource.OWNERSHIP, "w", lambda side: {"to_id": side.member}
    ),
    "POST /customers/{id_}/ownership/offer/accept": changes(Resource.OWNERSHIP, "c"),
    "POST /customers/{id_}/ownership/offer/decline": changes(Resource.OWNERSHIP, "c"),
    "POST /customers/{id_}/ownership/offer/withdraw": changes(Resource.OWNERSHIP),
    "POST /customers/{id_}/ownership/share": Asked(
        How.CHANGE, Resource.OWNERSHIP, "w", lambda side: {"member_id": side.member, "part": "x"}
    ),
    "POST /customers/{id_}/ownership/unshare": Asked(
        How.CHANGE, Resource.OWNERSHIP, "w", lambda side: {"member_id": side.member}
    ),
    "GET /pools": lists(Resource.POLICY),
    "POST /pools": company(
        "c",
        lambda _: {"name": "East", "region": f"matrix-{next(NUMBERS)}", "rules": RULES},
        201,
        Resource.POLICY,
    ),
    "GET /pools/{id_}": reads(Resource.POLICY),
    "POST /pools/{id_}/rules": _policy("w", {"rules": RULES}),
    "POST /pools/{id_}/close": _policy("w"),
    "GET /pools/{id_}/customers": lists(Resource.CUSTOMER),
    **of(Resource.POLICY, "pools"),
    # All customers of the one who owns Harbour Foods, to that same one: refused once it is allowed.
    "POST /members/{id_}/hand-over": Asked(
        How.CREATE_THERE, Resource.OWNERSHIP, "s", lambda side: {"to_id": side.member} | WHY, 409
    ),
    "GET /hand-overs": lists(Resource.OWNERSHIP),
    "GET /hand-overs/{id_}": reads(Resource.OWNERSHIP),
    "POST /hand-overs/{id_}/undo": changes(Resource.OWNERSHIP, "s"),
    **of(Resource.OWNERSHIP, "hand-overs"),
}
