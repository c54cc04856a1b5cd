"""Who owns a customer: claimed, handed over, released, contested and settled."""

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, MONDAY, TUESDAY, YUNHE, at, sample_id, spec

from domain.customers.holding import GaveUp, Hold
from domain.customers.ownership import (
    ClaimCustomer,
    CustomerClaimed,
    CustomerReleased,
    Disputed,
    DisputeOwnership,
    Owned,
    OwnershipDisputed,
    OwnershipSettled,
    OwnershipTransferred,
    ReleaseCustomer,
    SettleOwnership,
    TransferOwnership,
    Unowned,
    ownership_id,
)
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import MemberId
from domain.kernel import Actor, Reference, references

ID = ownership_id(HARBOUR)
LEAD = MemberId(sample_id(0x1EAD))

CLAIM = ClaimCustomer(id=ID, customer_id=HARBOUR, member_id=ANA)
HAND_OVER = TransferOwnership(id=ID, to_id=BO)
RELEASE = ReleaseCustomer(id=ID)
CONTEST = DisputeOwnership(id=ID, claimant_id=BO)
SETTLE_FOR_BO = SettleOwnership(id=ID, owner_id=BO)

CLAIMED = CustomerClaimed(customer_id=HARBOUR, owner_id=ANA)
NEXT_CLAIM = CustomerClaimed(customer_id=HARBOUR, owner_id=LI_NA)
HANDED_OVER = OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO)
RELEASED = CustomerReleased(customer_id=HARBOUR, from_id=ANA)
CONTESTED = OwnershipDisputed(customer_id=HARBOUR, owner_id=ANA, claimant_id=BO)
SETTLED_FOR_BO = OwnershipSettled(customer_id=HARBOUR, from_id=ANA, claimant_id=BO, owner_id=BO)

NEVER_CLAIMED = pytest.param((), id="never claimed")
GIVEN_UP = pytest.param((CLAIMED, RELEASED), id="released")
ANAS = pytest.param((CLAIMED,), id="owned")
IN_DISPUTE = pytest.param((CLAIMED, CONTESTED), id="disputed")
SETTLED = pytest.param((CLAIMED, CONTESTED, SETTLED_FOR_BO), id="settled")

# --- Rules ------------------------------------------------------------------------------------


def test_each_customer_has_one_ownership():
    assert ownership_id(HARBOUR) == ownership_id(HARBOUR)
    assert ownership_id(HARBOUR) != ownership_id(YUNHE)


@pytest.mark.parametrize("history", [NEVER_CLAIMED, GIVEN_UP])
def test_who_claims_a_customer_that_nobody_owns_owns_it(history):
    (
        spec(OWNERSHIP)
        .given(*history)
        .when(ClaimCustomer(id=ID, customer_id=HARBOUR, member_id=LI_NA))
        .then(CustomerClaimed(customer_id=HARBOUR, owner_id=LI_NA))
    )
    told = spec(OWNERSHIP).given(*history, at(TUESDAY, NEXT_CLAIM)).state
    assert (told.owner_id, told.hold) == (LI_NA, Hold(since=TUESDAY))


@pytest.mark.parametrize("history", [ANAS, IN_DISPUTE])
def test_the_owner_need_not_claim_the_customer(history):
    spec(OWNERSHIP).given(*history).when(CLAIM).then_rejected("ownership.taken")


def test_a_customer_is_handed_over():
    (
        spec(OWNERSHIP)
        .given(CLAIMED)
        .when(HAND_OVER, reason="Ana goes on leave")
        .then(OwnershipTransferred(customer_id=HARBOUR, from_id=ANA, owner_id=BO))
        .then_state(Owned(HARBOUR, BO, Hold(since=TUESDAY)))
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_a_handover_needs_a_reason(reason):
    spec(OWNERSHIP).given(CLAIMED).when(HAND_OVER, reason=reason).then_rejected(
        "ownership.reason-missing", field="reason"
    )


def test_no_customer_is_handed_to_its_owner():
    spec(OWNERSHIP).given(CLAIMED, HANDED_OVER).when(HAND_OVER, reason="Again").then_rejected(
        "ownership.same-owner", field="to_id"
    )


def test_an_owner_gives_a_customer_up():
    (
        spec(OWNERSHIP)
        .given(CLAIMED, HANDED_OVER)
        .when(RELEASE, by=BO)
        .then(CustomerReleased(customer_id=HARBOUR, from_id=BO))
        .then_state(Unowned((GaveUp(BO, TUESDAY),)))
    )


def test_an_ownership_is_contested_and_stays_until_it_is_settled():
    (
        spec(OWNERSHIP)
        .given(CLAIMED)
        .when(CONTEST, by=BO, reason="I have served them since 2019")
        .then(OwnershipDisputed(customer_id=HARBOUR, owner_id=ANA, claimant_id=BO))
        .then_state(Disputed(HARBOUR, ANA, BO, Hold(since=MONDAY)))
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_contesting_needs_grounds(reason):
    spec(OWNERSHIP).given(CLAIMED).when(CONTEST, by=BO, reason=reason).then_rejected(
        "ownership.reason-missing", field="reason"
    )


def test_no_owner_contests_their_own_customer():
    contest = DisputeOwnership(id=ID, claimant_id=ANA)
    spec(OWNERSHIP).given(CLAIMED).when(contest, reason="Mine").then_rejected(
        "ownership.same-owner", field="claimant_id"
    )


@pytest.mark.parametrize("command", [HAND_OVER, RELEASE, CONTEST])
@pytest.mark.parametrize("history", [NEVER_CLAIMED, GIVEN_UP])
def test_what_nobody_owns_is_neither_handed_over_nor_released_nor_contested(history, command):
    spec(OWNERSHIP).given(*history).when(command, reason="Fair").then_rejected("ownership.unowned")


@pytest.mark.parametrize(
    "command",
    [
        TransferOwnership(id=ID, to_id=LI_NA),
        RELEASE,
        CONTEST,
        DisputeOwnership(id=ID, claimant_id=LI_NA),
    ],
    ids=["hand over", "release", "contest again", "contest as a third"],
)
def test_nothing_moves_while_the_ownership_is_in_dispute(command):
    told = spec(OWNERSHIP).given(CLAIMED, CONTESTED)
    told.when(command, reason="Fair").then_rejected("ownership.disputed")


@pytest.mark.parametrize(
    ("winner", "after"),
    [
        (ANA, Owned(HARBOUR, ANA, Hold(since=MONDAY))),
        (BO, Owned(HARBOUR, BO, Hold(since=TUESDAY), (GaveUp(ANA, TUESDAY),))),
    ],
    ids=["the owner", "the claimant"],
)
def test_a_dispute_is_settled_for_either_side(winner, after):
    (
        spec(OWNERSHIP)
        .given(CLAIMED, CONTESTED)
        .when(SettleOwnership(id=ID, owner_id=winner), by=LEAD, reason="The older contract counts")
        .then(OwnershipSettled(customer_id=HARBOUR, from_id=ANA, claimant_id=BO, owner_id=winner))
        .then_state(after)
    )


def test_a_program_settles_nothing():
    told = spec(OWNERSHIP).given(CLAIMED, CONTESTED)
    told.when(SETTLE_FOR_BO, by=Actor.system("cli"), reason="Ruled").then_rejected(
        "ownership.no-judge"
    )


@pytest.mark.parametrize("history", [NEVER_CLAIMED, GIVEN_UP, ANAS, SETTLED])
def test_where_there_is_no_dispute_nothing_is_settled(history):
    spec(OWNERSHIP).given(*history).when(SETTLE_FOR_BO, by=LEAD, reason="Ruled").then_rejected(
        "ownership.not-disputed"
    )


@pytest.mark.parametrize(
    ("judge", "principal"),
    [(ANA, None), (BO, None), (LEAD, ANA), (LEAD, BO), (ANA, LEAD), (BO, LEAD)],
    ids=["owner", "claimant", "for owner", "for claimant", "owner for other", "claimant for other"],
)
def test_neither_side_settles_its_own_dispute_in_any_guise(judge, principal):
    told = spec(OWNERSHIP).given(CLAIMED, CONTESTED)
    told.when(SETTLE_FOR_BO, by=judge, on_behalf_of=principal, reason="Ruled").then_rejected(
        "ownership.involved"
    )


def test_a_dispute_is_not_settled_for_a_third():
    told = spec(OWNERSHIP).given(CLAIMED, CONTESTED)
    told.when(SettleOwnership(id=ID, owner_id=LI_NA), by=LEAD, reason="Ruled").then_rejected(
        "ownership.not-a-side", field="owner_id"
    )


@pytest.mark.parametrize("reason", [None, ""])
def test_a_settlement_needs_a_reason(reason):
    told = spec(OWNERSHIP).given(CLAIMED, CONTESTED)
    told.when(SETTLE_FOR_BO, by=LEAD, reason=reason).then_rejected(
        "ownership.reason-missing", field="reason"
    )


def test_a_settled_customer_may_be_contested_anew():
    (
        spec(OWNERSHIP)
        .given(CLAIMED, CONTESTED, SETTLED_FOR_BO)
        .when(DisputeOwnership(id=ID, claimant_id=LI_NA), reason="New facts")
        .then(OwnershipDisputed(customer_id=HARBOUR, owner_id=BO, claimant_id=LI_NA))
    )


@pytest.mark.parametrize("history", [ANAS, IN_DISPUTE, SETTLED])
def test_a_customer_has_an_owner_even_in_dispute(history):
    assert spec(OWNERSHIP).given(*history).active


@pytest.mark.parametrize("history", [NEVER_CLAIMED, GIVEN_UP])
def test_and_none_before_a_claim_or_after_a_release(history):
    assert not spec(OWNERSHIP).given(*history).active


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (ClaimCustomer, "member_id"),
        (TransferOwnership, "to_id"),
        (DisputeOwnership, "claimant_id"),
        (SettleOwnership, "owner_id"),
    ],
)
def test_nobody_who_has_left_becomes_an_owner_or_a_claimant(command, field):
    assert Reference(field, "member", must_be_active=True) in references(command)


def test_only_a_customer_we_serve_is_claimed():
    assert Reference("customer_id", "customer", must_be_active=True) in references(ClaimCustomer)


def test_the_latest_fact_tells_who_owns_whatever_came_before():
    told = spec(OWNERSHIP).given(CLAIMED, RELEASED, HANDED_OVER).state
    assert told == Owned(HARBOUR, BO, Hold(since=MONDAY), (GaveUp(ANA, MONDAY),))


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_customer_is_claimed_handed_over_and_released_over_http(api, company):
    customer, ana, bo = company.customer().id, company.member().id, company.member().id
    path = f"/customers/{customer}/ownership"
    claimed = api.post(f"{path}/claim", {"member_id": ana}).went_well()
    assert claimed.version == 1
    told = {"status": "owned", "owner_id": ana, "claimant_id": None, "version": 1}
    shown = api.get(path, after=claimed).went_well()
    assert told.items() <= shown.json.items()
    assert shown.headers["ETag"] == '"1"'
    api.post(f"{path}/claim", {"member_id": ana}).refused(409, "ownership.taken")

    wordless = api.post(f"{path}/transfer", {"to_id": bo}, seen=1)
    wordless.refused(409, "ownership.reason-missing", "/reason")
    same = api.post(f"{path}/transfer", {"to_id": ana, "reason": "x"}, seen=1)
    same.refused(409, "ownership.same-owner", "/to_id")
    given = api.post(f"{path}/transfer", {"to_id": bo, "reason": "Leave"}, seen=1).went_well()
    assert api.get(f"/customers/{customer}", after=given).json["owner_id"] == bo

    released = api.post(f"{path}/release", {}, seen=given).went_well()
    shown = api.get(f"/customers/{customer}", after=released).json
    assert (shown["owner_id"], shown["ownership"]["status"]) == (None, "unowned")
    api.post(f"{path}/release", {}, seen=released).refused(409, "ownership.unowned")


def test_a_dispute_is_settled_by_somebody_uninvolved_over_http(api, company, running):
    customer, owner, claimant = company.disputed()
    path = f"/customers/{customer}/ownership"
    api.post(f"{path}/release", {}, seen=2).refused(409, "ownership.disputed")
    body = {"owner_id": claimant, "reason": "They met first"}
    api.post(f"{path}/settle", body, seen=2).refused(409, "ownership.no-judge")
    for involved in (owner, claimant):
        own = running.api.acting_as(running.new_key(member=involved).text)
        own.post(f"{path}/settle", body, seen=2).refused(409, "ownership.involved")
        behalf = {"Concord-On-Behalf-Of": involved}
        refusal = api.post(f"{path}/settle", body, seen=2, headers=behalf)
        refusal.refused(409, "ownership.involved")

    judge = company.member().id
    own = running.api.acting_as(running.new_key(member=judge).text)
    third = own.post(f"{path}/settle", body | {"owner_id": judge}, seen=2)
    third.refused(409, "ownership.not-a-side", "/owner_id")
    wordless = own.post(f"{path}/settle", {"owner_id": claimant}, seen=2)
    wordless.refused(409, "ownership.reason-missing", "/reason")
    settled = own.post(f"{path}/settle", body, seen=2).went_well()
    told = {"status": "owned", "owner_id": claimant, "claimant_id": None, "version": 3}
    assert told.items() <= api.get(path, after=settled).json.items()
    again = own.post(f"{path}/settle", body, seen=settled)
    again.refused(409, "ownership.not-disputed")
    fact = api.get(f"/audit/events/{settled.position}").json
    assert fact["actor"] == {"kind": "member", "id": judge}


def test_before_the_first_claim_the_version_is_0_over_http(api, company):
    customer, member = company.customer(), company.member().id
    path = f"/customers/{customer.id}/ownership"
    assert api.get(path, after=customer).headers["ETag"] == '"0"'
    body = {"to_id": member, "reason": "x"}
    api.post(f"{path}/transfer", body, seen=0).refused(409, "ownership.unowned")
    stale = api.post(f"{path}/transfer", body, seen=3)
    stale.refused(412, "version.stale")
    assert stale.headers["ETag"] == '"0"'
