"""A hand-over in bulk: five hundred customers at once, and back again."""

from uuid import UUID

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, YUNHE, sample_id, spec
from uuid_utils.compat import uuid7

from application.deciding import follow_up
from domain.customers.customer import CustomerDetails, RegisterCustomer
from domain.customers.customer_rules import CUSTOMER
from domain.customers.hand_over import (
    HAND_OVER,
    MOST,
    CarryOutHandOver,
    HandOverCarriedOut,
    HandOverUndone,
    Kept,
    KeptCustomer,
    UndoHandOver,
    hand_over_id,
)
from domain.customers.ownership import ClaimCustomer, TransferOwnership, ownership_id
from domain.customers.ownership_rules import OWNERSHIP
from domain.ids import CustomerId, MemberId
from tests.web.stories_ownership import broken_off, by_lead

ID = hand_over_id(ANA, BO, 1)
BOTH = (HARBOUR, YUNHE)
CARRY_OUT = CarryOutHandOver(id=ID, from_id=ANA, to_id=BO, customers=BOTH)
DONE = HandOverCarriedOut(from_id=ANA, to_id=BO, customers=BOTH, left_out=())
KEPT = KeptCustomer(YUNHE, Kept.MOVED_ON)
UNDO = UndoHandOver(id=ID, given_back=(HARBOUR,), kept=(KEPT,))
UNDONE = HandOverUndone(from_id=ANA, to_id=BO, given_back=(HARBOUR,), kept=(KEPT,))


def test_each_hand_over_between_two_has_an_id():
    ids = {hand_over_id(*pair, n) for pair in ((ANA, BO), (BO, ANA), (ANA, LI_NA)) for n in (1, 2)}
    assert len(ids) == 6


def test_customers_are_handed_over():
    spec(HAND_OVER).when(CARRY_OUT, reason="She leaves").then(DONE)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"to_id": ANA}, "same-member", "to_id"),
        ({"customers": ()}, "nothing", None),
        ({"customers": tuple(sample_id(n) for n in range(MOST + 1))}, "too-many", None),
    ],
)
def test_not_to_oneself_not_nothing_and_not_too_much(wrong, code, field):
    asked = CarryOutHandOver(**{"id": ID, "from_id": ANA, "to_id": BO, "customers": BOTH} | wrong)
    spec(HAND_OVER).when(asked, reason="x").then_rejected(f"hand-over.{code}", field=field)


def test_as_many_as_allowed_and_with_a_reason():
    most = tuple(sample_id(number) for number in range(MOST))
    asked = CarryOutHandOver(id=ID, from_id=ANA, to_id=BO, customers=most)
    assert len(spec(HAND_OVER).when(asked, reason="x").events) == 1
    spec(HAND_OVER).when(CARRY_OUT).then_rejected("hand-over.reason-missing", field="reason")


def test_it_is_carried_out_and_undone_once():
    spec(HAND_OVER).given(DONE).when(CARRY_OUT, reason="x").then_rejected("hand-over.exists")
    spec(HAND_OVER).given(DONE).when(UNDO).then(UNDONE)
    spec(HAND_OVER).given(DONE, UNDONE).when(UNDO).then_rejected("hand-over.undone")
    spec(HAND_OVER).when(UNDO).then_rejected("hand-over.unknown")


def test_it_holds_until_it_is_undone():
    assert spec(HAND_OVER).given(DONE).active
    assert not spec(HAND_OVER).given(DONE, UNDONE).active


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def many(running, company, owner: str, number: int) -> list[str]:
    """So many customers of one member, written past the API."""
    facts, made = [], [CustomerId(uuid7()) for _ in range(number)]
    for id_ in made:
        register = RegisterCustomer(id=id_, details=CustomerDetails(name=company.word("Many")))
        claim = ClaimCustomer(
            id=ownership_id(id_), customer_id=id_, member_id=MemberId(UUID(owner))
        )
        for decider, command in ((CUSTOMER, register), (OWNERSHIP, claim)):
            facts += follow_up(decider, command, running.crm.load(decider, command.id), by_lead())
    running.crm.append(facts)
    return list(map(str, made))


def owner_of(running, customer: str) -> str | None:
    state = running.crm.load(OWNERSHIP, ownership_id(CustomerId(UUID(customer)))).state
    return str(state.owner_id) if OWNERSHIP.active(state) else None


def test_five_hundred_customers_move_and_come_back(running, company, api):
    ana, bo, third = (company.member().id for _ in range(3))
    customers = many(running, company, ana, 500)
    body = {"to_id": bo, "reason": "Ana leaves us"}
    headers = {"Idempotency-Key": company.word("hand-over")}
    done = api.post(f"/members/{ana}/hand-over", body, headers=headers).went_well()
    shown = api.get(f"/{done.headers['Location'].removeprefix('/api/v1/')}", after=done).json
    assert sorted(shown["customers"]) == sorted(customers)
    assert {owner_of(running, each) for each in customers} == {bo}
    counted = running.query(
        "select count(*) from log.events where name = 'ownership.transferred'"
        " and state::jsonb->'event'->>'hand_over_id' = %s and "
        " state::jsonb->'envelope'->>'reason' = 'Ana leaves us'",
        done.id,
    )
    assert counted == [(500,)]

    facts = running.facts()
    again = api.post(f"/members/{ana}/hand-over", body, headers=headers)
    assert (again.status, again.json) == (201, done.json)
    nothing = api.post(f"/members/{ana}/hand-over", body)
    nothing.refused(409, "hand-over.nothing")
    assert running.facts() == facts

    moved_on, contested, changed, *others = customers
    path = "/customers/{}/ownership/{}"
    company.do(path.format(moved_on, "transfer"), {"to_id": third, "reason": "x"}, seen=2)
    grounds = {"claimant_id": third, "reason": "x"}
    company.do(path.format(contested, "dispute"), grounds, seen=2)
    mate = {"member_id": third, "part": "x"}
    company.do(path.format(changed, "share"), mate, seen=2)

    undone = api.post(f"/hand-overs/{done.id}/undo", {}, seen=1).went_well()
    shown = api.get(f"/hand-overs/{done.id}", after=undone).json
    assert shown["status"] == "undone"
    assert sorted(shown["given_back"]) == sorted(others)
    assert {each["customer_id"]: each["because"] for each in shown["kept"]} == {
        moved_on: "moved-on",
        contested: "disputed",
        changed: "changed",
    }
    assert {owner_of(running, each) for each in others} == {ana}
    assert [owner_of(running, each) for each in customers[:3]] == [third, bo, bo]
    twice = api.post(f"/hand-overs/{done.id}/undo", {}, seen=undone)
    twice.refused(409, "hand-over.undone")


def test_one_that_broke_off_goes_on_and_records_all(running, company, api):
    owner, to, first = broken_off(company)
    rest = many(running, company, owner, 3)
    body = {"to_id": to, "reason": "She leaves"}
    done = api.post(f"/members/{owner}/hand-over", body).went_well()
    shown = api.get(f"/hand-overs/{done.id}", after=done).json
    assert sorted(shown["customers"]) == sorted([first, *rest])
    undone = api.post(f"/hand-overs/{done.id}/undo", {}, seen=1).went_well()
    shown = api.get(f"/hand-overs/{done.id}", after=undone).json
    assert (len(shown["given_back"]), shown["kept"]) == (4, [])


def test_an_undoing_that_broke_off_goes_on(running, company, api):
    ana, bo = company.member().id, company.member().id
    customers = many(running, company, ana, 3)
    done = api.post(f"/members/{ana}/hand-over", {"to_id": bo, "reason": "x"}).went_well()
    back = TransferOwnership(
        id=ownership_id(CustomerId(UUID(customers[0]))),
        to_id=MemberId(UUID(ana)),
        hand_over=UUID(done.id),
    )
    running.crm.handle(back, by_lead())
    undone = api.post(f"/hand-overs/{done.id}/undo", {}, seen=1).went_well()
    shown = api.get(f"/hand-overs/{done.id}", after=undone).json
    assert sorted(shown["given_back"]) == sorted(customers)


def test_what_is_contested_stays_with_whom_it_is(running, company, api):
    customer, owner, _ = company.disputed()
    (free,) = many(running, company, owner, 1)
    to = company.member().id
    done = api.post(f"/members/{owner}/hand-over", {"to_id": to, "reason": "x"}).went_well()
    shown = api.get(f"/hand-overs/{done.id}", after=done).json
    assert shown["customers"] == [free]
    assert shown["left_out"] == [{"customer_id": customer, "because": "disputed"}]
    assert owner_of(running, customer) == owner


def test_who_has_left_gives_and_does_not_take(running, company, api):
    ana, bo = company.member(), company.member()
    customers = many(running, company, ana.id, 2)
    path = f"/members/{ana.id}/hand-over"
    company.do(f"/members/{ana.id}/leave", {}, seen=1)
    gone = company.member()
    company.do(f"/members/{gone.id}/leave", {}, seen=1)
    late = api.post(path, {"to_id": gone.id, "reason": "x"})
    late.refused(422, "member.not-active", "/to_id")
    api.post(path, {"to_id": ana.id, "reason": "x"}).refused(409, "hand-over.same-member", "/to_id")
    api.post(path, {"to_id": bo.id}).refused(409, "hand-over.reason-missing", "/reason")
    api.post(f"/members/{sample_id(5)}/hand-over", {"to_id": bo.id, "reason": "x"}).refused(
        404, "not-found"
    )
    done = api.post(path, {"to_id": bo.id, "reason": "x"}).went_well()
    assert {owner_of(running, each) for each in customers} == {bo.id}
    undo = api.post(f"/hand-overs/{done.id}/undo", {}, seen=1)
    undo.refused(409, "hand-over.sender-left")
    assert {owner_of(running, each) for each in customers} == {bo.id}


def test_more_than_a_thousand_are_refused_before_one_moves(running, company, api):
    ana, bo = company.member().id, company.member().id
    many(running, company, ana, MOST + 1)
    facts = running.facts()
    answer = api.post(f"/members/{ana}/hand-over", {"to_id": bo, "reason": "x"})
    answer.refused(409, "hand-over.too-many")
    assert running.facts() == facts
