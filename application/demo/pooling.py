"""The public pool: opened with strict rules, eased after a week; and a customer it took back."""

from datetime import datetime
from typing import Any

from application.demo.companies import CONTESTED, Company, companies
from application.demo.hours import at
from application.demo.people import (
    ANA_SOUZA,
    CHEN_JING,
    EMILY_CARTER,
    MARCO_ROSSI,
    WANG_WEI,
    Person,
)
from application.demo.script import TIMER, Beat, Script, Storyline, acted
from domain.customers.ownership import (
    ClaimCustomer,
    DeclineOffer,
    OfferCustomer,
    ReclaimCustomer,
    ShareCustomer,
    UnshareCustomer,
    WithdrawOffer,
)
from domain.customers.pool import ClosePool, OpenPool, PoolRules, SetPoolRules, pool_id

_STRICT = PoolRules(wait_days=14, idle_days=4)
_EASED = PoolRules(claim_limit=80, wait_days=14, protection_days=7, idle_days=60, stall_days=120)
_SOUTH = "华南 South China"


def storylines(script: Script) -> list[Storyline]:
    """Return the pool's own story, and that of the customer that came back from it."""
    contested = companies()[CONTESTED]
    return [
        _pool(script),
        _regional(script),
        _taken_back(script, contested),
        _passed_around(script, contested),
    ]


def _pool(script: Script) -> Storyline:
    yield at(7, 1, 10)
    opened = OpenPool(id=pool_id(), name="公海 Public pool", rules=_STRICT)
    script.say(opened, CHEN_JING, reason="试行一周 On trial for a week")
    yield at(7, 10, 16)
    eased = SetPoolRules(id=pool_id(), rules=_EASED)
    script.say(eased, CHEN_JING, reason="四天太短 Four days are too short")


def _regional(script: Script) -> Storyline:
    south = pool_id(region=_SOUTH)
    opened = OpenPool(id=south, name="华南公海 South China pool", region=_SOUTH, rules=_EASED)
    yield from acted(
        script,
        Beat(at(7, 20, 9, 30), CHEN_JING, opened, "华南单独试行 Tried for South China alone"),
        Beat(at(8, 31, 17), CHEN_JING, ClosePool(id=south), "客户太少 Too few customers"),
    )


def _taken_back(script: Script, company: Company) -> Storyline:
    yield at(7, 1, 14)
    claim = _claim(company, MARCO_ROSSI)
    script.say(claim, MARCO_ROSSI, reason="They are on my list for this quarter.")
    yield at(7, 5, 14, 1)
    back = ReclaimCustomer(id=company.ownership_id, owner_id=MARCO_ROSSI.id)
    script.say(back, TIMER, reason="Too long without a contact or progress; back in the pool")
    yield at(7, 7, 9, 30)
    script.say(claim, MARCO_ROSSI, reason="I meant to call them this week.")


def _passed_around(script: Script, company: Company) -> Storyline:
    def step(moment: datetime, who: Person, reason: str | None = None, **told: Any) -> Storyline:
        yield moment
        kind = told.pop("kind")
        script.say(kind(id=company.ownership_id, **told), who, reason=reason)

    note = "They would rather speak Portuguese."
    yield from step(at(7, 15, 9), EMILY_CARTER, kind=OfferCustomer, to_id=ANA_SOUZA.id, note=note)
    yield from step(at(7, 15, 15), ANA_SOUZA, "My quarter is full.", kind=DeclineOffer)
    yield from step(at(8, 3, 9), EMILY_CARTER, kind=OfferCustomer, to_id=WANG_WEI.id)
    yield from step(at(8, 4, 9), EMILY_CARTER, "The customer prefers me.", kind=WithdrawOffer)
    yield from step(
        at(8, 19, 9),
        EMILY_CARTER,
        kind=ShareCustomer,
        member_id=MARCO_ROSSI.id,
        part="Distribution centre",
    )
    yield from step(
        at(9, 16, 9),
        EMILY_CARTER,
        "One of us has to speak for both.",
        kind=UnshareCustomer,
        member_id=MARCO_ROSSI.id,
    )


def _claim(company: Company, who: Person) -> ClaimCustomer:
    return ClaimCustomer(
        id=company.ownership_id,
        customer_id=company.id,
        member_id=who.id,
        pool_id=pool_id(),
        rules=_STRICT,
    )
