"""Whatever happens to an ownership, there is one owner at most, and the picture is the replay."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, YUNHE

from domain.customers.holding import Because, Hold, due
from domain.customers.ownership import (
    AcceptOffer,
    ClaimCustomer,
    CustomerClaimed,
    CustomerReclaimed,
    CustomerReleased,
    DeclineOffer,
    DisputeOwnership,
    OfferCustomer,
    Owned,
    OwnershipSettled,
    OwnershipTransferred,
    ReclaimCustomer,
    ReleaseCustomer,
    SettleOwnership,
    ShareCustomer,
    TransferOwnership,
    UnshareCustomer,
    WithdrawOffer,
)
from domain.customers.ownership_rules import OWNERSHIP
from domain.customers.pool import PoolRules
from domain.kernel import Actor, Channel, Envelope, Fact, Recorded, Rejected
from projections.customers.customers import CUSTOMERS
from projections.customers.ownership import UNOWNED
from projections.documents import utc
from tests.customers.one_ownership import EAST, ID, TIMER, lost

MEMBERS = st.sampled_from([ANA, BO, LI_NA])
TERMS = st.builds(
    PoolRules,
    claim_limit=st.none() | st.integers(1, 2),
    wait_days=st.none() | st.integers(0, 9),
    protection_days=st.none() | st.integers(0, 9),
    idle_days=st.none() | st.integers(1, 9),
    stall_days=st.none() | st.integers(1, 9),
)
COMMANDS = st.one_of(
    st.builds(
        ClaimCustomer,
        id=st.just(ID),
        customer_id=st.just(HARBOUR),
        member_id=MEMBERS,
        pool_id=st.just(EAST),
        rules=TERMS,
        held=st.integers(0, 3),
    ),
    *(
        st.builds(kind, id=st.just(ID), **{field: MEMBERS})
        for kind, field in (
            (TransferOwnership, "to_id"),
            (OfferCustomer, "to_id"),
            (ReclaimCustomer, "owner_id"),
            (UnshareCustomer, "member_id"),
            (DisputeOwnership, "claimant_id"),
            (SettleOwnership, "owner_id"),
        )
    ),
    st.builds(ShareCustomer, id=st.just(ID), member_id=MEMBERS, part=st.sampled_from("xy")),
    *(st.just(kind(id=ID)) for kind in (ReleaseCustomer, AcceptOffer, DeclineOffer, WithdrawOffer)),
)
STEPS = st.lists(
    st.tuples(COMMANDS, MEMBERS, st.booleans(), st.integers(0, 12)), min_size=5, max_size=40
)


@settings(deadline=None, max_examples=300)
@given(steps=STEPS)
def test_there_is_one_owner_at_most_and_the_picture_is_the_replay(steps):
    """Replayed by another rule: the owner is whom the last fact that moves it names."""
    state, now, facts = OWNERSHIP.initial, MONDAY, []
    document = {
        "id": str(HARBOUR),
        "last_contact_at": None,
        "last_progress_at": None,
        "details": {},
    }
    document |= {"ownership": _unowned(), "owner_id": None, "pool_id": None}
    for command, who, by_machine, days in steps:
        now += timedelta(days=days)
        actor = TIMER if by_machine else Actor.member(who)
        around = Envelope(occurred_at=now, actor=actor, channel=Channel.API, reason="x")
        try:
            events = OWNERSHIP.decide(command, state, around)
        except Rejected:
            continue
        assert len(events) <= 1
        for event in events:
            version = len(facts) + 1
            fact = Recorded(
                stream_id=ID,
                version=version,
                event=event,
                envelope=around,
                position=version,
                recorded_at=now,
            )
            facts.append(fact)
            state = OWNERSHIP.evolve(state, fact)
            document = CUSTOMERS.run(document, HARBOUR, [fact])
        owner = _owner(facts)
        assert getattr(state, "owner_id", None) == owner
        assert OWNERSHIP.active(state) == (owner is not None)
        _is_the_picture(document, state, facts)
    assert OWNERSHIP.fold(facts) == state


def _unowned():

    return UNOWNED | {"version": 0}


def _owner(facts: list[Fact]):
    owner = None
    for fact in facts:
        match fact.event:
            case CustomerClaimed() | OwnershipTransferred() | OwnershipSettled():
                owner = fact.event.owner_id
            case CustomerReleased() | CustomerReclaimed():
                owner = None
    return owner


def _is_the_picture(document, state, facts):
    shown = document["ownership"]
    assert shown["version"] == len(facts)
    owner = getattr(state, "owner_id", None)
    assert shown["owner_id"] == document["owner_id"] == (owner and str(owner))
    claimant = getattr(state, "claimant_id", None)
    assert shown["claimant_id"] == (claimant and str(claimant))
    hold = getattr(state, "hold", Hold())
    until = hold.protected_until
    assert shown["protected_until"] == (until and utc(until))
    assert shown["since"] == (hold.since and utc(hold.since))
    assert shown["offered_to"] == (hold.offered_to and str(hold.offered_to))
    team = [{"member_id": str(mate.member_id), "part": mate.part} for mate in hold.team]
    assert shown["team"] == team
    assert document["pool_id"] == (hold.pool_id and str(hold.pool_id))
    lapsed = due(hold, None, None) if type(state) is Owned else None
    assert document.get("reclaim_at") == (lapsed and utc(lapsed.at))


def test_a_claim_of_a_double_leaves_the_others_picture_alone():
    other = {"id": str(YUNHE), "ownership": _unowned(), "owner_id": None, "last_contact_at": None}
    fact = Recorded(
        stream_id=ID,
        version=7,
        event=lost(BO, Because.DUPLICATE, like_id=YUNHE),
        envelope=Envelope(occurred_at=MONDAY, actor=TIMER, channel=Channel.API),
        position=1,
        recorded_at=MONDAY,
    )
    assert CUSTOMERS.run(dict(other), YUNHE, [fact]) == other
