"""Claiming a customer over HTTP: the pool it is claimed from, what the claimant has, doubles."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Response

from application.crm import Outcome
from application.deciding import UnknownReference
from domain.access.conditions import EVERYTHING
from domain.customers.customer import Active
from domain.customers.customer_rules import CUSTOMER
from domain.customers.holding import Because
from domain.customers.ownership import ClaimCustomer, ClaimRejected, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.customers.pool import POOL, Open, PoolRules, pool_id
from domain.ids import CustomerId, MemberId, PoolId
from domain.kernel import Envelope, Rejected
from domain.teams import member
from projections.customers.customers import CUSTOMERS
from projections.customers.lookalikes import Lookalikes, Pair
from projections.documents import Document, utc
from projections.reader import Behind
from web.access.seeing import access
from web.changes import answer, handled
from web.problems import Problem
from web.running import concord

WAIT_SECONDS = 5.0
"""How long a claim waits at most until what the claimant owns can be counted."""


def claim(customer_id: CustomerId, claimant_id: MemberId, given: Envelope) -> Response:
    """Carry a claim out, and answer whether it won; where it did not, why. Raises ``Problem``."""
    try:
        outcome = _first_come(customer_id, claimant_id, given)
    except UnknownReference as error:
        if error.code != "customer.not-active":
            raise
        raise Problem(  # who asks may know of it: that was checked before
            422,
            error.code,
            "This customer is not active any more: it was merged into another, or taken back.",
        ) from error
    if isinstance(outcome.event, ClaimRejected):
        raise _lost(outcome, outcome.event)
    return answer(outcome)


def _first_come(customer_id: CustomerId, claimant_id: MemberId, given: Envelope) -> Outcome:
    command = ClaimCustomer(
        id=ownership_id(customer_id),
        customer_id=customer_id,
        member_id=claimant_id,
        looked_into=False,
    )
    if concord().crm.load(OWNERSHIP, command.id).version:
        try:  # somebody owns it, most likely, so that nothing else matters
            return handled(command, given)
        except Rejected as refusal:
            if refusal.code != "ownership.just-freed":
                raise
    found, rules = _pool_of(customer_id, claimant_id)
    like = lookalike_of(customer_id, claimant_id)
    with _counted(found, rules, claimant_id) as held:
        looked_into = replace(
            command, pool_id=found, rules=rules, held=held, like=like, looked_into=True
        )
        return handled(looked_into, given)


# --- What the claim is decided on -----------------------------------------------------------------


def _pool_of(customer_id: CustomerId, claimant_id: MemberId) -> tuple[PoolId | None, PoolRules]:
    """Return the narrowest open pool there is: the region's, the claimant's department's, ours."""
    states = concord().crm.states
    named = states.look([(CUSTOMER, customer_id), (member.MEMBER, claimant_id)])
    state, who = named[CUSTOMER.kind, customer_id].state, named["member", claimant_id].state
    places = [pool_id()]
    if isinstance(who, member.Active):
        places.insert(0, pool_id(department_id=who.department_id))
    if isinstance(state, Active) and state.details.region is not None:
        places.insert(0, pool_id(region=state.details.region))
    pools = states.look([(POOL, place) for place in places])
    for place in places:
        here = pools[POOL.kind, place].state
        if isinstance(here, Open):
            return place, here.rules
    return None, PoolRules()


@contextmanager
def _counted(found: PoolId | None, rules: PoolRules, claimant_id: MemberId) -> Iterator[int | None]:
    """Count what the claimant owns of the pool; none of their other claims comes in between."""
    if found is None or rules.claim_limit is None:
        yield None
        return
    here = concord()
    with here.crm.pool.transaction() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (str(claimant_id),))
        written = here.log.last()
        if here.reader.wait(CUSTOMERS.name, written, WAIT_SECONDS) < written:
            raise Behind("What the claimant owns cannot be counted yet.")
        filters = {"owner_id": str(claimant_id)}
        yield here.reader.count(CUSTOMERS, "pool_id", filters).get(str(found), 0)


def lookalike_of(customer_id: CustomerId, claimant_id: MemberId) -> CustomerId | None:
    """Return a customer of somebody else's that this one looks like, or None.

    Alike are those of the same name (in one region), tax id, telephone number, website, or contact,
    unless somebody has said of the two that they are not the same.
    """
    reader = concord().reader
    pairs = Lookalikes(reader, EVERYTHING, people=True).of(customer_id)
    known = reader.documents_of(CUSTOMERS, [customer_id, *(pair.other for pair in pairs)])
    for pair in pairs:
        other = known[pair.other]
        theirs = other["owner_id"] not in {None, str(claimant_id)}
        if theirs and not pair.dismissed and _alike(pair, known[customer_id], other):
            return CustomerId(pair.other)
    return None


def _alike(pair: Pair, one: Document, other: Document) -> bool:
    why = {*pair.why} - {"similar-name"}
    if one["region"] and other["region"] and one["region"] != other["region"]:
        why -= {"name"}
    return bool(why)


# --- Who lost is told why -------------------------------------------------------------------------


def _lost(outcome: Outcome, event: ClaimRejected) -> Problem:
    headers = {"ETag": f'"{outcome.version}"', "Concord-Position": str(outcome.position)}
    return Problem(409, f"ownership.{event.because}", _sentence(event), headers=headers)


def _sentence(event: ClaimRejected) -> str:
    until = "" if event.until is None else utc(event.until)
    match event.because:
        case Because.TAKEN:
            return f"{_name(event.owner_id)} owns this customer. Ask them, or contest it."
        case Because.PROTECTED:
            return f"{_name(event.owner_id)} owns this customer; it is protected until {until}."
        case Because.DISPUTED:
            owner = _name(event.owner_id)
            return f"{owner} owns this customer and it is contested; wait until that is settled."
        case Because.WAITING:
            return f"{_name(event.claimant_id)} gave it up or lost it and may claim after {until}."
        case Because.LIMIT:
            who = _name(event.claimant_id)
            return f"{who} owns {event.held} customers of this pool; {event.claim_limit} is most."
        case Because.DUPLICATE:
            return _double(event)


def _double(event: ClaimRejected) -> str:
    if event.like_id is None or not access().readable(CUSTOMER.kind, event.like_id):
        return "It looks like a customer that somebody else owns, whom you may not see."
    state = concord().crm.load(CUSTOMER, event.like_id).state
    name = state.details.name if isinstance(state, Active) else "another customer"
    return f"It looks like {name} ({event.like_id}), which somebody else owns."


def _name(member_id: MemberId | None) -> str:
    if member_id is None:
        return "Somebody"
    known = concord().crm.states.remembered([(member.MEMBER, member_id)])
    state = known["member", member_id].state
    if isinstance(state, member.Absent):
        state = concord().crm.load(member.MEMBER, member_id).state
    name = "Somebody" if isinstance(state, member.Absent) else state.name
    return f"{name} ({member_id})"
