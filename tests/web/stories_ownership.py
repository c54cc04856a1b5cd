"""The operations on ownership, pools and hand-overs, each with a request that goes well."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.customers.hand_over import CarryOutHandOver, hand_over_id
from domain.customers.ownership import TransferOwnership, ownership_id
from domain.ids import CustomerId, MemberId
from domain.kernel import Actor, Channel, Envelope
from tests.web.client import Answer
from tests.web.company import Company

Story = Callable[[Company], tuple[Any, ...]]

RULES = {
    "claim_limit": 300,
    "wait_days": 7,
    "protection_days": 14,
    "idle_days": 60,
    "stall_days": 120,
}


def pool(company: Company, **told: Any) -> Answer:
    """Open the pool of a region that nobody has thought of yet."""
    usual = {"name": "公海", "region": company.word("region"), "rules": RULES}
    return company.api.post("/pools", usual | told).went_well()


def by_lead(reason: str = "She leaves") -> Envelope:
    """Somebody moves customers behind the API."""
    return Envelope(
        occurred_at=datetime.now(UTC),
        actor=Actor.system("operator"),
        channel=Channel.CLI,
        reason=reason,
    )


def broken_off(company: Company) -> tuple[str, str, str]:
    """A hand-over that moved its one customer and was not recorded: from, to, customer."""
    customer, owner = company.owned()
    to = company.member().id
    run = hand_over_id(MemberId(UUID(owner)), MemberId(UUID(to)), 1)
    moved = TransferOwnership(
        id=ownership_id(CustomerId(UUID(customer))), to_id=MemberId(UUID(to)), hand_over=run
    )
    company.crm.handle(moved, by_lead())
    return owner, to, customer


def handed_over(company: Company, customer: str, owner: str, to: str) -> UUID:
    """A hand-over that was recorded, whatever became of the customer since."""
    from_id, to_id = MemberId(UUID(owner)), MemberId(UUID(to))
    command = CarryOutHandOver(
        id=hand_over_id(from_id, to_id, 1),
        from_id=from_id,
        to_id=to_id,
        customers=(UUID(customer),),
    )
    company.crm.handle(command, by_lead())
    return command.id


def _offered(company: Company) -> tuple[str, str, str]:
    customer, owner = company.owned()
    to = company.member().id
    path = f"/customers/{customer}/ownership"
    company.do(f"{path}/offer", {"to_id": to, "note": "They asked for you"}, seen=1)
    return path, owner, to


def _answered(action: str, body: Any) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        path, _, to = _offered(company)
        return f"{path}/offer/{action}", body, 2, {"Concord-On-Behalf-Of": to}

    return tell


def _withdraw(company: Company) -> tuple[Any, ...]:
    path, *_ = _offered(company)
    return f"{path}/offer/withdraw", {}, 2


def _offer(company: Company) -> tuple[Any, ...]:
    customer, _ = company.owned()
    body = {"to_id": company.member().id, "note": "They asked for you"}
    return f"/customers/{customer}/ownership/offer", body, 1


def _share(company: Company) -> tuple[Any, ...]:
    customer, _ = company.owned()
    body = {"member_id": company.member().id, "part": "technical questions"}
    return f"/customers/{customer}/ownership/share", body, 1


def _unshare(company: Company) -> tuple[Any, ...]:
    path, body, _ = _share(company)
    company.do(path, body, seen=1)
    left = path.replace("/share", "/unshare")
    return left, {"member_id": body["member_id"]}, 2


def _of_owned(path: str) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        customer, _ = company.owned()
        rival = {"member_id": company.member().id}
        lost = company.api.post(f"/customers/{customer}/ownership/claim", rival)
        company.api.get("/customers", limit=1, after=lost.headers["Concord-Position"])
        body = {"claimant_id": rival["member_id"], "reason": "I met them first"}
        return path.format(customer), company.do(
            f"/customers/{customer}/ownership/dispute", body, seen=2
        )

    return tell


def _of_pool(path: str, body: Any = None) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        made = pool(company)
        told = path.format(made.id)
        return (told, made) if body is None else (told, body, 1)

    return tell


def _unowned(company: Company) -> tuple[Any, ...]:
    made = pool(company)
    region = company.api.get(f"/pools/{made.id}", after=made).json["region"]
    return f"/pools/{made.id}/customers", company.customer(details={"region": region})


def _hand_over(company: Company) -> tuple[Any, ...]:
    owner, to, customer = broken_off(company)
    done = company.crm.facts.last()
    company.api.get(f"/customers/{customer}", after=done).went_well()
    return f"/members/{owner}/hand-over", {"to_id": to, "reason": "She leaves"}


def _done(path: str, *, changes: bool = False) -> Story:
    def tell(company: Company) -> tuple[Any, ...]:
        customer, owner = company.owned()
        run = handed_over(company, customer, owner, company.member().id)
        told = path.format(run)
        if changes:
            return told, {}, 1
        company.api.get("/hand-overs", after=company.crm.facts.last(), limit=1).went_well()
        return (told,)

    return tell


OWNERSHIP: dict[str, Story] = {
    "GET /customers/{id_}/ownership/ledger": _of_owned("/customers/{}/ownership/ledger"),
    "GET /customers/{id_}/ownership/dispute": _of_owned("/customers/{}/ownership/dispute"),
    "POST /customers/{id_}/ownership/offer": _offer,
    "POST /customers/{id_}/ownership/offer/accept": _answered("accept", {"note": "Gladly"}),
    "POST /customers/{id_}/ownership/offer/decline": _answered("decline", {"reason": "Too much"}),
    "POST /customers/{id_}/ownership/offer/withdraw": _withdraw,
    "POST /customers/{id_}/ownership/share": _share,
    "POST /customers/{id_}/ownership/unshare": _unshare,
    "GET /pools": _of_pool("/pools"),
    "POST /pools": lambda c: (
        "/pools",
        {"name": "East", "region": c.word("region"), "department_id": None, "rules": RULES},
    ),
    "GET /pools/{id_}": _of_pool("/pools/{}"),
    "POST /pools/{id_}/rules": _of_pool("/pools/{}/rules", {"rules": RULES | {"wait_days": 30}}),
    "POST /pools/{id_}/close": _of_pool("/pools/{}/close", {}),
    "GET /pools/{id_}/customers": _unowned,
    "GET /pools/{id_}/timeline": _of_pool("/pools/{}/timeline"),
    "GET /pools/{id_}/history": _of_pool("/pools/{}/history"),
    "POST /members/{id_}/hand-over": _hand_over,
    "GET /hand-overs": _done("/hand-overs"),
    "GET /hand-overs/{id_}": _done("/hand-overs/{}"),
    "POST /hand-overs/{id_}/undo": _done("/hand-overs/{}/undo", changes=True),
    "GET /hand-overs/{id_}/timeline": _done("/hand-overs/{}/timeline"),
    "GET /hand-overs/{id_}/history": _done("/hand-overs/{}/history"),
}
