"""Claims, offers, teams and the way back to the pool: who owns a customer by whose word."""

from datetime import timedelta

import pytest
from spec import (
    ANA,
    BO,
    FRIDAY,
    HARBOUR,
    LI_NA,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    YUNHE,
    at,
    spec,
)

from domain.customers.holding import Because, GaveUp, Hold, Lapse, TeamMate, due
from domain.customers.ownership import (
    AcceptOffer,
    CustomerClaimed,
    CustomerReclaimed,
    CustomerReleased,
    CustomerShared,
    CustomerUnshared,
    DeclineOffer,
    OfferCustomer,
    OfferDeclined,
    OfferWithdrawn,
    Owned,
    OwnershipSettled,
    OwnershipTransferred,
    ReclaimCustomer,
    ShareCustomer,
    Unowned,
    UnshareCustomer,
    WithdrawOffer,
)
from domain.customers.ownership_rules import OWNERSHIP
from domain.customers.pool import PoolRules
from tests.customers.one_ownership import (
    CLAIMED,
    CONTESTED,
    EAST,
    ID,
    MOVED,
    OFFERED,
    PROTECTED,
    RELEASED,
    RULES,
    TIMER,
    claim,
    lost,
)

# --- Claims -------------------------------------------------------------------------------------


def test_who_wins_holds_the_customer_on_the_pools_terms():
    asked = claim(ANA, pool_id=EAST, rules=RULES, held=1)
    spec(OWNERSHIP).when(asked, at=MONDAY).then(PROTECTED).then_state(
        Owned(
            HARBOUR,
            ANA,
            Hold(
                since=MONDAY,
                pool_id=EAST,
                protected_until=WEDNESDAY,
                protection_days=2,
                idle_days=30,
                stall_days=60,
            ),
        )
    )


@pytest.mark.parametrize("rules", [PoolRules(), RULES])
def test_of_an_owned_customer_another_is_told_whose_it_is(rules):
    told = spec(OWNERSHIP).given(CLAIMED)
    refused = lost(BO, Because.TAKEN, owner_id=ANA)
    told.when(claim(rules=rules)).then(refused).then_state(told.state)


def test_and_until_when_it_is_protected():
    told = spec(OWNERSHIP).given(PROTECTED)
    protected = lost(BO, Because.PROTECTED, owner_id=ANA, until=WEDNESDAY)
    told.when(claim(), at=TUESDAY).then(protected)
    told.when(claim(), at=WEDNESDAY).then(lost(BO, Because.TAKEN, owner_id=ANA))


@pytest.mark.parametrize("who", [BO, LI_NA])
def test_of_a_contested_one_that_it_is_contested(who):
    told = spec(OWNERSHIP).given(PROTECTED, CONTESTED)
    told.when(claim(who)).then(lost(who, Because.DISPUTED, owner_id=ANA))


@pytest.mark.parametrize("history", [(CLAIMED,), (CLAIMED, CONTESTED)])
def test_owners_do_not_claim_their_own(history):
    spec(OWNERSHIP).given(*history).when(claim(ANA)).then_rejected("ownership.taken")


@pytest.mark.parametrize(
    "gone",
    [
        RELEASED,
        CustomerReclaimed(
            customer_id=HARBOUR,
            from_id=ANA,
            because=Lapse.NO_CONTACT,
            since=MONDAY,
            pool_id=EAST,
        ),
    ],
    ids=["gave it up", "lost it"],
)
def test_who_gave_it_up_or_lost_it_waits(gone):
    told = spec(OWNERSHIP).given(CLAIMED, at(TUESDAY, gone))
    waiting = lost(ANA, Because.WAITING, until=FRIDAY)
    asked = claim(ANA, rules=PoolRules(wait_days=3))
    told.when(asked, at=THURSDAY).then(waiting)
    told.when(asked, at=FRIDAY).then(CLAIMED)
    told.when(claim(ANA), at=THURSDAY).then(CLAIMED)  # a pool without that rule
    others = claim(BO, rules=PoolRules(wait_days=3))
    told.when(others, at=THURSDAY).then(CustomerClaimed(customer_id=HARBOUR, owner_id=BO))


def test_who_lost_a_dispute_waits_too():
    settled = OwnershipSettled(customer_id=HARBOUR, from_id=ANA, claimant_id=BO, owner_id=BO)
    told = spec(OWNERSHIP).given(
        CLAIMED, CONTESTED, at(TUESDAY, settled), CustomerReleased(customer_id=HARBOUR, from_id=BO)
    )
    asked = claim(ANA, rules=PoolRules(wait_days=3))
    told.when(asked, at=THURSDAY).then(lost(ANA, Because.WAITING, until=FRIDAY))


@pytest.mark.parametrize(("held", "wins"), [(0, True), (1, True), (2, False), (7, False)])
def test_nobody_owns_more_of_a_pool_than_its_limit(held, wins):
    asked = claim(pool_id=EAST, rules=PoolRules(claim_limit=2), held=held)
    won = CustomerClaimed(customer_id=HARBOUR, owner_id=BO, pool_id=EAST, held=held)
    full = lost(BO, Because.LIMIT, pool_id=EAST, held=held, claim_limit=2)
    spec(OWNERSHIP).when(asked).then(won if wins else full)


def test_a_double_of_somebody_elses_customer_is_not_claimed():
    spec(OWNERSHIP).when(claim(like=YUNHE)).then(lost(BO, Because.DUPLICATE, like_id=YUNHE))


def test_what_was_not_looked_into_is_never_won():
    hasty = claim(looked_into=False)
    spec(OWNERSHIP).when(hasty).then_rejected("ownership.just-freed")
    spec(OWNERSHIP).given(CLAIMED, RELEASED).when(hasty).then_rejected("ownership.just-freed")
    spec(OWNERSHIP).given(CLAIMED).when(hasty).then(lost(BO, Because.TAKEN, owner_id=ANA))


# --- Offers -------------------------------------------------------------------------------------

OFFER = OfferCustomer(id=ID, to_id=BO, note="They asked for you")


def test_an_owner_offers_and_the_receiver_accepts():
    told = spec(OWNERSHIP).given(PROTECTED)
    told.when(OFFER).then(OFFERED)
    offered = spec(OWNERSHIP).given(PROTECTED, OFFERED)
    accepted = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO, note="Gladly")
    after = offered.when(AcceptOffer(id=ID, note="Gladly"), by=BO, at=THURSDAY).then(accepted)
    assert after.state.owner_id == BO
    assert after.state.hold.protected_until == THURSDAY + timedelta(days=2)  # protected anew
    assert after.state.hold.offered_to is None


@pytest.mark.parametrize("command", [AcceptOffer(id=ID), DeclineOffer(id=ID)])
def test_nobody_else_answers_an_offer(command):
    told = spec(OWNERSHIP).given(CLAIMED, OFFERED)
    for other in (ANA, LI_NA, TIMER):
        told.when(command, by=other).then_rejected("ownership.not-receiver")
    told.when(command, by=LI_NA, on_behalf_of=ANA).then_rejected("ownership.not-receiver")
    assert told.when(command, by=LI_NA, on_behalf_of=BO).events
    assert told.when(command, by=BO).events


def test_an_offer_is_declined_or_withdrawn():
    told = spec(OWNERSHIP).given(CLAIMED, OFFERED)
    declined = told.when(DeclineOffer(id=ID), by=BO)
    declined.then(OfferDeclined(customer_id=HARBOUR, to_id=BO))
    withdrawn = told.when(WithdrawOffer(id=ID))
    withdrawn.then(OfferWithdrawn(customer_id=HARBOUR, to_id=BO))
    assert declined.state == withdrawn.state == spec(OWNERSHIP).given(CLAIMED).state


@pytest.mark.parametrize("command", [AcceptOffer(id=ID), DeclineOffer(id=ID), WithdrawOffer(id=ID)])
@pytest.mark.parametrize(
    "history",
    [
        (CLAIMED,),
        (CLAIMED, OFFERED, OfferWithdrawn(customer_id=HARBOUR, to_id=BO)),
        (CLAIMED, OFFERED, OfferDeclined(customer_id=HARBOUR, to_id=BO)),
        (CLAIMED, OFFERED, MOVED),
    ],
    ids=["none", "withdrawn", "declined", "moved"],
)
def test_what_is_not_offered_is_not_answered(history, command):
    spec(OWNERSHIP).given(*history).when(command, by=BO).then_rejected("ownership.no-offer")


def test_nobody_is_offered_their_own_and_nothing_is_offered_twice():
    to_oneself = OfferCustomer(id=ID, to_id=ANA)
    told = spec(OWNERSHIP).given(CLAIMED)
    told.when(to_oneself).then_rejected("ownership.same-owner", field="to_id")
    spec(OWNERSHIP).given(CLAIMED, OFFERED).when(OFFER).then_rejected("ownership.offered")


@pytest.mark.parametrize(
    "command", [OFFER, AcceptOffer(id=ID), ShareCustomer(id=ID, member_id=BO, part="x")]
)
def test_neither_in_dispute_nor_without_an_owner(command):
    spec(OWNERSHIP).given(CLAIMED, OFFERED, CONTESTED).when(command, by=BO).then_rejected(
        "ownership.disputed"
    )
    spec(OWNERSHIP).when(command, by=BO).then_rejected("ownership.unowned")


# --- The team -----------------------------------------------------------------------------------


def test_colleagues_join_and_leave_the_customers_team():
    shared = CustomerShared(customer_id=HARBOUR, member_id=BO, part="Technical questions")
    join = ShareCustomer(id=ID, member_id=BO, part="Technical questions")
    spec(OWNERSHIP).given(CLAIMED).when(join).then(shared)
    told = spec(OWNERSHIP).given(CLAIMED, shared)
    told.when(join).then_nothing()
    other = CustomerShared(customer_id=HARBOUR, member_id=BO, part="Invoices")
    told.when(ShareCustomer(id=ID, member_id=BO, part="Invoices")).then(other)
    assert spec(OWNERSHIP).given(CLAIMED, shared, other).state.hold.team == (
        TeamMate(BO, "Invoices"),
    )
    left = CustomerUnshared(customer_id=HARBOUR, member_id=BO)
    told.when(UnshareCustomer(id=ID, member_id=BO)).then(left)
    spec(OWNERSHIP).given(CLAIMED, shared, left).when(
        UnshareCustomer(id=ID, member_id=BO)
    ).then_rejected("ownership.not-on-team", field="member_id")


def test_the_owner_is_on_no_team_and_the_new_one_leaves_it():
    own = ShareCustomer(id=ID, member_id=ANA, part="x")
    spec(OWNERSHIP).given(CLAIMED).when(own).then_rejected(
        "ownership.same-owner", field="member_id"
    )
    shared = [CustomerShared(customer_id=HARBOUR, member_id=who, part="x") for who in (BO, LI_NA)]
    moved = spec(OWNERSHIP).given(CLAIMED, *shared, MOVED).state
    assert moved.hold.team == (TeamMate(LI_NA, "x"),)


# --- Back to the pool ---------------------------------------------------------------------------

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("idle", "stall", "contact", "others", "expected"),
    [
        (None, None, None, (None, None), None),
        (30, None, None, (None, None), (30, Lapse.NO_CONTACT, 0)),
        (30, None, 12, (None, None), (42, Lapse.NO_CONTACT, 12)),
        (30, None, -5, (None, None), (30, Lapse.NO_CONTACT, 0)),  # before it was theirs
        (30, 60, 50, (None, None), (60, Lapse.NO_PROGRESS, 0)),
        (30, 60, 50, (40, None), (80, Lapse.NO_CONTACT, 50)),
        (30, None, None, (None, 45), (45, Lapse.NO_CONTACT, 0)),
        (None, 10, None, (3, 7), (13, Lapse.NO_PROGRESS, 3)),
    ],
)
def test_when_a_customer_goes_back(idle, stall, contact, others, expected):
    progress, protected = others

    def day(number):
        return None if number is None else MONDAY + number * DAY

    hold = Hold(since=MONDAY, idle_days=idle, stall_days=stall, protected_until=day(protected))
    found = due(hold, day(contact), day(progress))
    told = None if expected is None else (day(expected[0]), expected[1], day(expected[2]))
    assert found == told


def test_what_is_due_goes_back_and_who_lost_it_is_remembered():
    back = ReclaimCustomer(id=ID, owner_id=ANA, last_contact_at=MONDAY, last_progress_at=MONDAY)
    told = spec(OWNERSHIP).given(PROTECTED)
    told.when(back, by=TIMER, at=MONDAY + 30 * DAY).then(
        CustomerReclaimed(
            customer_id=HARBOUR,
            from_id=ANA,
            because=Lapse.NO_CONTACT,
            since=MONDAY,
            pool_id=EAST,
        )
    ).then_state(Unowned((GaveUp(ANA, MONDAY + 30 * DAY),)))


@pytest.mark.parametrize(
    ("history", "back", "when"),
    [
        ((PROTECTED,), ReclaimCustomer(id=ID, owner_id=ANA), MONDAY + 29 * DAY),
        (
            (PROTECTED,),
            ReclaimCustomer(id=ID, owner_id=ANA, last_contact_at=TUESDAY),
            MONDAY + 30 * DAY,
        ),
        ((PROTECTED, MOVED), ReclaimCustomer(id=ID, owner_id=ANA), MONDAY + 99 * DAY),
        ((PROTECTED, RELEASED), ReclaimCustomer(id=ID, owner_id=ANA), MONDAY + 99 * DAY),
        ((PROTECTED, CONTESTED), ReclaimCustomer(id=ID, owner_id=ANA), MONDAY + 99 * DAY),
        ((CLAIMED,), ReclaimCustomer(id=ID, owner_id=ANA), MONDAY + 999 * DAY),
    ],
    ids=["early", "a call", "another's", "nobody's", "contested", "no terms"],
)
def test_what_is_not_due_any_more_stays(history, back, when):
    told = spec(OWNERSHIP).given(*history)
    told.when(back, by=TIMER, at=when).then_nothing()
    told.when(back, by=LI_NA, at=when).then_rejected("ownership.not-due")
