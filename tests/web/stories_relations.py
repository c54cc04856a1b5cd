"""Needs, preferences, behaviours, partners, referrals, points and disputes: what goes well."""

from typing import Any
from uuid import UUID

from domain.ids import MemberId
from tests.web.client import Answer, Api
from tests.web.company import Company
from tests.web.telling import Story, changed, listed, past, shown
from web.commands.accounts import create_key, enrolled

WHY = {"reason": "They told us so"}
NEED = {"what": "A second pallet line", "product": "Line 7", "urgency": "high"}
REFERRAL = {"referred_name": "云河科技", "referred_contact": "+86 21 5555", "channel": "meeting"}


def need(company: Company, **told: Any) -> Answer:
    """Record a need, of a new customer unless one is given."""
    customer = told.pop("customer", None) or company.customer().id
    return company.api.post(f"/customers/{customer}/needs", NEED | told).went_well()


def preference(company: Company, **told: Any) -> Answer:
    """Record what a customer chooses."""
    customer = told.pop("customer", None) or company.customer().id
    body = {"topic": "language", "choice": "中文"} | told
    return company.api.post(f"/customers/{customer}/preferences", body).went_well()


def behaviour(company: Company, **told: Any) -> Answer:
    """Capture what a customer did."""
    customer = told.pop("customer", None) or company.customer().id
    body = {"channel": "web", "what": "viewed pricing"} | told
    return company.api.post(f"/customers/{customer}/behaviours", body).went_well()


def partner(company: Company, **told: Any) -> Answer:
    """Link a customer with a partner: a new customer, too, unless a name is given."""
    customer = told.pop("customer", None) or company.customer().id
    if "partner_name" not in told and "partner_id" not in told:
        told["partner_id"] = company.customer().id
    body = {"link": "supplier"} | told
    return company.api.post(f"/customers/{customer}/partners", body).went_well()


def referral(company: Company, **told: Any) -> Answer:
    """Let a customer refer somebody."""
    customer = told.pop("customer", None) or company.customer().id
    return company.api.post(f"/customers/{customer}/referrals", REFERRAL | told).went_well()


def converted(company: Company, customer: str) -> str:
    """A referral of a customer's that has converted."""
    made = referral(company, customer=customer)
    body = {"referred_id": company.customer().id}
    company.do(f"/referrals/{made.id}/convert", body, seen=1)
    return made.id


def granted(company: Company, points: int = 100) -> tuple[str, Answer]:
    """A customer with points."""
    customer = company.customer().id
    return customer, company.do(f"/customers/{customer}/points/grant", {"points": points}, seen=0)


def dispute(company: Company, **told: Any) -> Answer:
    """Raise a dispute between two customers, both new unless they are given."""
    customer = told.pop("customer", None) or company.customer().id
    against = told.pop("against_id", None) or company.customer().id
    body = {"against_id": against, "about": "Pallets mixed up"} | told
    return company.api.post(f"/customers/{customer}/disputes", body).went_well()


def mediated(company: Company, **told: Any) -> tuple[Answer, str]:
    """A dispute before a mediator, and who that is."""
    raised, mediator = dispute(company, **told), company.member().id
    path = f"/disputes/{raised.id}/mediator"
    return company.do(path, {"mediator_id": mediator}, seen=1), mediator


def somebody(company: Company, role: str, customer: str) -> Api:
    """A member who has a role for one customer, and nothing else."""
    member = MemberId(UUID(company.member().id))
    path = f"/principals/{enrolled(company.crm, member)}/grants"
    company.do(path, {"role": role, "customer_id": customer}, headers={"If-Match": "*"})
    return company.api.acting_as(create_key(company.crm, role, member).text)


def _record_need(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    found = {"found_in_id": company.interaction(customer=customer).id, "latent": True}
    return f"/customers/{customer}/needs", NEED | found


def _record_preference(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    body = {"topic": "channel", "choice": "phone", "contact_id": company.contact(customer)}
    return f"/customers/{customer}/preferences", body


def _capture(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/behaviours", {
        "channel": "app",
        "what": "searched",
        "item": "pallets",
        "url": "https://harbour.example/search?q=pallets",
        "contact_id": company.contact(customer),
    }


def _profile(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    return f"/customers/{customer}/behaviours", behaviour(company, customer=customer)


def _link(company: Company) -> tuple[Any, ...]:
    body = {"link": "bank", "partner_name": "Bank of the Harbour", "note": "Pays their invoices"}
    return f"/customers/{company.customer().id}/partners", body


def _grant(company: Company) -> tuple[Any, ...]:
    customer = company.customer().id
    body = {"points": 100, "referral_id": converted(company, customer)}
    return f"/customers/{customer}/points/grant", body, 0


def _points(company: Company) -> tuple[Any, ...]:
    customer, made = granted(company)
    return f"/customers/{customer}/points", made


def _redeem(company: Company) -> tuple[Any, ...]:
    customer, _ = granted(company)
    return f"/customers/{customer}/points/redeem", {"points": 40, "what": "A visit to us"}, 1


def _take_back(company: Company) -> tuple[Any, ...]:
    customer, _ = granted(company)
    return f"/customers/{customer}/points/take-back", {"points": 100} | WHY, 1


def _settle(company: Company) -> tuple[Any, ...]:
    named, mediator = mediated(company)
    body = {"terms": "Each pays half"} | WHY
    return f"/disputes/{named.id}/settle", body, 2, {"Concord-On-Behalf-Of": mediator}


STORIES: dict[str, Story] = {
    # Needs
    "POST /customers/{id_}/needs": _record_need,
    "GET /needs": listed("/needs", need),
    "GET /needs/{id_}": shown("/needs/{}", need),
    "POST /needs/{id_}/change": changed(
        "/needs/{}/change",
        need,
        {"what": "Two lines", "latent": True, "product": "Line 8", "urgency": "low"},
    ),
    "POST /needs/{id_}/meet": changed("/needs/{}/meet", need, {"how": "Sold them one"}),
    "POST /needs/{id_}/drop": changed("/needs/{}/drop", need, WHY),
    **past("/needs", need),
    # Preferences
    "POST /customers/{id_}/preferences": _record_preference,
    "GET /preferences": listed("/preferences", preference),
    "GET /preferences/{id_}": shown("/preferences/{}", preference),
    "POST /preferences/{id_}/withdraw": changed("/preferences/{}/withdraw", preference, {}),
    **past("/preferences", preference),
    # Behaviours
    "POST /customers/{id_}/behaviours": _capture,
    "GET /customers/{id_}/behaviours": _profile,
    "POST /behaviours/{id_}/retract": changed("/behaviours/{}/retract", behaviour, WHY),
    **past("/behaviours", behaviour),
    # Partners
    "POST /customers/{id_}/partners": _link,
    "GET /partners": listed("/partners", partner),
    "GET /partners/{id_}": shown("/partners/{}", partner),
    "POST /partners/{id_}/end": changed("/partners/{}/end", partner, {}),
    **past("/partners", partner),
    # Referrals
    "POST /customers/{id_}/referrals": lambda c: (
        f"/customers/{c.customer().id}/referrals",
        REFERRAL,
    ),
    "GET /referrals": listed("/referrals", referral),
    "GET /referrals/funnel": listed("/referrals/funnel", referral),
    "GET /referrals/{id_}": shown("/referrals/{}", referral),
    "POST /referrals/{id_}/convert": changed(
        "/referrals/{}/convert", referral, lambda c: {"referred_id": c.customer().id}
    ),
    "POST /referrals/{id_}/lapse": changed("/referrals/{}/lapse", referral, WHY),
    **past("/referrals", referral),
    # Points
    "GET /customers/{id_}/points": _points,
    "POST /customers/{id_}/points/grant": _grant,
    "POST /customers/{id_}/points/redeem": _redeem,
    "POST /customers/{id_}/points/take-back": _take_back,
    # Disputes
    "POST /customers/{id_}/disputes": lambda c: (
        f"/customers/{c.customer().id}/disputes",
        {"against_id": c.customer().id, "about": "Pallets mixed up"},
    ),
    "GET /disputes": listed("/disputes", dispute),
    "GET /disputes/{id_}": shown("/disputes/{}", dispute),
    "POST /disputes/{id_}/mediator": changed(
        "/disputes/{}/mediator", dispute, lambda c: {"mediator_id": c.member().id}
    ),
    "POST /disputes/{id_}/settle": _settle,
    "POST /disputes/{id_}/withdraw": changed("/disputes/{}/withdraw", dispute, {}),
    **past("/disputes", dispute),
}
