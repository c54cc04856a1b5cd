"""Hand-overs in the sample company: all that somebody looks after goes to colleagues, or back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from application.demo.hours import at
from application.demo.people import ACCOUNT_MANAGER, LI_QIANG, SALES, SUN_YUE, ZHANG_LEI, Person
from application.demo.script import Script, Storyline
from application.demo.words import Dice
from domain.customers.hand_over import (
    CarryOutHandOver,
    Kept,
    KeptCustomer,
    UndoHandOver,
    hand_over_id,
)
from domain.customers.ownership import Disputed, Owned, TransferOwnership, ownership_id
from domain.ids import CustomerId, LeadId, OpportunityId
from domain.sales import lead, opportunity
from domain.sales.lead import AssignLead
from domain.sales.opportunity import HandOverOpportunity

_AWAY = "两周年假，由张磊代管。"
_BACK = "年假结束，客户归还。"


def on_holiday(script: Script) -> Storyline:
    """Tell how 李强 goes on holiday, and gets his customers back."""
    yield at(7, 31, 16)
    lent = _all_to(script, LI_QIANG, ZHANG_LEI, _AWAY, _customers_of(script, LI_QIANG))
    yield at(8, 17, 9, 30)
    _give_back(script, LI_QIANG, ZHANG_LEI, lent)


def hand_over_customers(script: Script, giver: Person, reason: str) -> None:
    """Hand over a leaving colleague's customers: most to the newcomer at once, some to others."""
    dice = Dice.of("handing over", giver.login)
    others = [
        person for person in script.team(SALES, ACCOUNT_MANAGER) if person not in {giver, SUN_YUE}
    ]
    together = []
    for customer_id in _customers_of(script, giver):
        if dice.likely(0.7):
            together.append(customer_id)
        else:
            heir = dice.choice(others)
            move = TransferOwnership(id=ownership_id(customer_id), to_id=heir.id)
            script.say(move, giver, reason=reason)
    _all_to(script, giver, SUN_YUE, reason, together)


def hand_over_sales(script: Script, giver: Person, by: Person, reason: str) -> None:
    """Put a leaving colleague's open opportunities and leads into others' hands."""
    dice = Dice.of("sales of", giver.login)
    heirs = [person for person in script.team(SALES, ACCOUNT_MANAGER) if person != giver]
    for id_, held in script.things(opportunity.Open):
        if held.holder_id == giver.id:
            over = HandOverOpportunity(id=OpportunityId(id_), holder_id=dice.choice(heirs).id)
            script.say(over, by, reason=reason)
    for id_, open_ in script.things(lead.Open):
        if open_.holder_id == giver.id:
            script.say(AssignLead(id=LeadId(id_), holder_id=dice.choice(heirs).id), by)


# --- Customers, many at once ----------------------------------------------------------------------


def _customers_of(script: Script, who: Person) -> list[CustomerId]:
    return [owned.customer_id for _, owned in script.things(Owned) if owned.owner_id == who.id]


def _all_to(
    script: Script, giver: Person, heir: Person, reason: str, customers: Sequence[CustomerId]
) -> dict[UUID, Any]:
    """Return how the ownership of each stands after it."""
    id_ = hand_over_id(giver.id, heir.id, 1)
    for customer_id in customers:
        move = TransferOwnership(id=ownership_id(customer_id), to_id=heir.id, hand_over=id_)
        script.say(move, giver, reason=reason)
    carried_out = CarryOutHandOver(
        id=id_, from_id=giver.id, to_id=heir.id, customers=tuple(sorted(customers))
    )
    script.say(carried_out, giver, reason=reason)
    return {each: script.state(ownership_id(each)) for each in customers}


def _give_back(script: Script, giver: Person, heir: Person, lent: dict[UUID, Any]) -> None:
    given_back, kept = [], []
    for key, then in sorted(lent.items()):
        id_ = ownership_id(CustomerId(key))
        if (because := _kept(script.state(id_), then, heir)) is not None:
            kept.append(KeptCustomer(key, because))
            continue
        script.say(TransferOwnership(id=id_, to_id=giver.id), heir, reason=_BACK)
        given_back.append(key)
    undo = UndoHandOver(
        id=hand_over_id(giver.id, heir.id, 1), given_back=tuple(given_back), kept=tuple(kept)
    )
    script.say(undo, heir, reason=_BACK)


def _kept(now: Any, then: Any, heir: Person) -> Kept | None:
    if isinstance(now, Disputed):
        return Kept.DISPUTED
    if not isinstance(now, Owned) or now.owner_id != heir.id:
        return Kept.MOVED_ON
    return None if now == then else Kept.CHANGED
