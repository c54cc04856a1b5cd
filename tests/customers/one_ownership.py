"""The ownership of one customer: its pool's terms, and what can happen to it."""

from spec import ANA, BO, HARBOUR, WEDNESDAY

from domain.customers.ownership import (
    ClaimCustomer,
    ClaimRejected,
    CustomerClaimed,
    CustomerReleased,
    OwnershipDisputed,
    OwnershipOffered,
    OwnershipTransferred,
    ownership_id,
)
from domain.customers.pool import PoolRules, pool_id
from domain.kernel import Actor

ID = ownership_id(HARBOUR)
EAST = pool_id("east")
RULES = PoolRules(claim_limit=2, wait_days=3, protection_days=2, idle_days=30, stall_days=60)
TIMER = Actor.system("timer")

CLAIMED = CustomerClaimed(customer_id=HARBOUR, owner_id=ANA)
PROTECTED = CustomerClaimed(
    customer_id=HARBOUR,
    owner_id=ANA,
    pool_id=EAST,
    held=1,
    protected_until=WEDNESDAY,
    protection_days=2,
    idle_days=30,
    stall_days=60,
)
RELEASED = CustomerReleased(customer_id=HARBOUR, from_id=ANA)
CONTESTED = OwnershipDisputed(customer_id=HARBOUR, owner_id=ANA, claimant_id=BO)
OFFERED = OwnershipOffered(customer_id=HARBOUR, from_id=ANA, to_id=BO, note="They asked for you")
MOVED = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO)


def claim(who=BO, **told) -> ClaimCustomer:
    return ClaimCustomer(id=ID, customer_id=HARBOUR, member_id=who, **told)


def lost(who, because, **told) -> ClaimRejected:
    return ClaimRejected(customer_id=HARBOUR, claimant_id=who, because=because, **told)
