"""Needs, preferences, behaviours, partners, referrals, points and disputes in the matrix."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from domain.access.roles import Resource
from tests.access.asked import WHY, Asked, How, changes, lists, of, reads
from tests.web import stories_relations as stories


def creates(body: dict[str, Any]) -> Asked:
    return Asked(How.CREATE_THERE, Resource.INTERACTION, "c", lambda _: body, done=201)


def _made(make: Callable[..., Any], path: str | None = None) -> Callable[..., str]:
    """Makes a thing of a side's customer, and waits until it shows."""

    def tell(company: Any, customer: str, owner: str, department: str) -> str:
        made = make(company, customer=customer)
        company.api.get(path or "/audit/events", after=made, limit=1).went_well()
        return str(made.id)

    return tell


MADE: dict[str, Callable[..., str]] = {
    "needs": _made(stories.need, "/needs"),
    "preferences": _made(stories.preference, "/preferences"),
    "behaviours": _made(stories.behaviour),
    "partners": _made(stories.partner, "/partners"),
    "referrals": _made(stories.referral, "/referrals"),
    "disputes": _made(stories.dispute, "/disputes"),
}

RELATIONS: dict[str, Asked] = {
    "POST /customers/{id_}/needs": creates(stories.NEED),
    "GET /needs": lists(Resource.INTERACTION),
    "GET /needs/{id_}": reads(Resource.INTERACTION),
    "POST /needs/{id_}/change": changes(Resource.INTERACTION, what="Less", latent=False),
    "POST /needs/{id_}/meet": changes(Resource.INTERACTION),
    "POST /needs/{id_}/drop": changes(Resource.INTERACTION, **WHY),
    **of(Resource.INTERACTION, "needs"),
    "POST /customers/{id_}/preferences": creates({"topic": "colour", "choice": "red"}),
    "GET /preferences": lists(Resource.INTERACTION),
    "GET /preferences/{id_}": reads(Resource.INTERACTION),
    "POST /preferences/{id_}/withdraw": changes(Resource.INTERACTION),
    **of(Resource.INTERACTION, "preferences"),
    "POST /customers/{id_}/behaviours": creates({"channel": "web", "what": "viewed pricing"}),
    "GET /customers/{id_}/behaviours": reads(Resource.CUSTOMER),
    "POST /behaviours/{id_}/retract": changes(Resource.INTERACTION, **WHY),
    **of(Resource.INTERACTION, "behaviours"),
    "POST /customers/{id_}/partners": Asked(
        How.CREATE_THERE,
        Resource.INTERACTION,
        "c",
        lambda _: {"link": "bank", "partner_name": f"Bank {uuid4()}"},
        done=201,
    ),
    "GET /partners": lists(Resource.INTERACTION),
    "GET /partners/{id_}": reads(Resource.INTERACTION),
    "POST /partners/{id_}/end": changes(Resource.INTERACTION),
    **of(Resource.INTERACTION, "partners"),
    "POST /customers/{id_}/referrals": creates(stories.REFERRAL),
    "GET /referrals": lists(Resource.INTERACTION),
    "GET /referrals/funnel": Asked(How.LIST, Resource.INTERACTION),
    "GET /referrals/{id_}": reads(Resource.INTERACTION),
    "POST /referrals/{id_}/convert": Asked(
        How.CHANGE, Resource.INTERACTION, "w", lambda side: {"referred_id": side.customer}
    ),
    "POST /referrals/{id_}/lapse": changes(Resource.INTERACTION, **WHY),
    **of(Resource.INTERACTION, "referrals"),
    "GET /customers/{id_}/points": reads(Resource.CUSTOMER),
    "POST /customers/{id_}/points/grant": changes(Resource.CUSTOMER, points=1),
    "POST /customers/{id_}/points/redeem": changes(Resource.CUSTOMER, points=1, what="A cup"),
    "POST /customers/{id_}/points/take-back": changes(Resource.CUSTOMER, points=1, **WHY),
    "POST /customers/{id_}/disputes": Asked(
        How.CREATE_THERE,
        Resource.INTERACTION,
        "c",
        # With itself: that is for the rules to refuse, where the grants let it through to them.
        lambda side: {"against_id": side.customer, "about": "Pallets"},
        done=409,
    ),
    "GET /disputes": lists(Resource.INTERACTION),
    "GET /disputes/{id_}": reads(Resource.INTERACTION),
    "POST /disputes/{id_}/mediator": Asked(
        How.CHANGE, Resource.INTERACTION, "w", lambda side: {"mediator_id": side.member}
    ),
    "POST /disputes/{id_}/settle": changes(Resource.INTERACTION, terms="Half each", **WHY),
    "POST /disputes/{id_}/withdraw": changes(Resource.INTERACTION),
    **of(Resource.INTERACTION, "disputes"),
}
