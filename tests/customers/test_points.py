"""Points: granted, redeemed and taken back in whole numbers; a referral is rewarded once."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec import HARBOUR, YUNHE, sample_id, spec

from domain.customers.points import (
    POINTS,
    Account,
    GrantPoints,
    PointsGranted,
    PointsRedeemed,
    PointsTakenBack,
    RedeemPoints,
    TakePointsBack,
    points_id,
)
from domain.ids import ReferralId
from domain.kernel import Rejected, references
from tests.web.stories_relations import converted, granted, referral

ID = points_id(HARBOUR)
FRIEND = ReferralId(sample_id(0xF1))
COUSIN = ReferralId(sample_id(0xF2))


def grant(points=100, referral_id=None, referrer_id=None):
    return GrantPoints(
        id=ID,
        customer_id=HARBOUR,
        points=points,
        referral_id=referral_id,
        referrer_id=referrer_id,
    )


def redeem(points):
    return RedeemPoints(id=ID, customer_id=HARBOUR, points=points, what="A visit")


def take_back(points):
    return TakePointsBack(id=ID, customer_id=HARBOUR, points=points)


def was_granted(points=100, referral_id=None):
    return PointsGranted(customer_id=HARBOUR, points=points, referral_id=referral_id)


# --- Rules ------------------------------------------------------------------------------------


def test_each_customer_has_one_account():
    assert points_id(HARBOUR) == points_id(HARBOUR) != points_id(YUNHE)


def test_points_are_granted():
    told = spec(POINTS).given(was_granted(20)).when(grant(100)).then(was_granted(100))
    told.then_state(Account(HARBOUR, balance=120))


@pytest.mark.parametrize("command", [grant, redeem, take_back])
@pytest.mark.parametrize("points", [0, -1, -100])
def test_there_are_no_points_below_one(points, command):
    told = spec(POINTS).given(was_granted())
    told.when(command(points), reason="x").then_rejected("points.not-positive", field="points")


def test_a_referral_of_theirs_that_converted_is_rewarded():
    told = spec(POINTS).when(grant(50, FRIEND, HARBOUR)).then(was_granted(50, FRIEND))
    told.then_state(Account(HARBOUR, balance=50, rewarded=frozenset({FRIEND})))


def test_and_once_only():
    told = spec(POINTS).given(was_granted(50, FRIEND), was_granted(5))
    told.when(grant(1, FRIEND, HARBOUR)).then_rejected(
        "points.rewarded-already", field="referral_id"
    )
    told.when(grant(1, COUSIN, HARBOUR)).then(was_granted(1, COUSIN))


@pytest.mark.parametrize("referrer", [None, YUNHE], ids=["not converted", "another's"])
def test_no_other_referral_is_rewarded(referrer):
    spec(POINTS).when(grant(50, FRIEND, referrer)).then_rejected(
        "points.not-their-referral", field="referral_id"
    )


def test_points_are_redeemed_to_the_last_one():
    told = spec(POINTS).given(was_granted(100))
    redeemed = PointsRedeemed(customer_id=HARBOUR, points=100, what="A visit")
    told.when(redeem(100)).then(redeemed).then_state(Account(HARBOUR, balance=0))


def test_points_are_taken_back_with_a_reason():
    told = spec(POINTS).given(was_granted(100))
    taken = PointsTakenBack(customer_id=HARBOUR, points=30)
    told.when(take_back(30), reason="Twice by mistake").then(taken).then_state(
        Account(HARBOUR, balance=70)
    )
    for reason in (None, ""):
        told.when(take_back(30), reason=reason).then_rejected(
            "points.reason-missing", field="reason"
        )


@pytest.mark.parametrize("command", [redeem, take_back])
@pytest.mark.parametrize("history", [(), (was_granted(99),), (was_granted(50), was_granted(49))])
def test_no_more_than_there_are(history, command):
    told = spec(POINTS).given(*history)
    told.when(command(100), reason="x").then_rejected("points.too-few", field="points")


def test_the_customer_who_made_the_referral_is_looked_up_and_no_reference():
    assert [each.field for each in references(GrantPoints)] == ["id", "customer_id", "referral_id"]


@given(
    wishes=st.lists(
        st.tuples(st.sampled_from([grant, redeem, take_back]), st.integers(-5, 60)), max_size=30
    )
)
def test_the_balance_is_what_was_granted_less_what_went_and_never_below_zero(wishes):
    account, history, balance = POINTS.initial, spec(POINTS), 0
    for wish, points in wishes:
        outcome = history.when(wish(points), reason="So")
        refused = points < 1 or (wish is not grant and points > balance)
        assert isinstance(outcome.refusal, Rejected) == refused
        if not refused:
            history = history.given(*outcome.events)
            balance += points if wish is grant else -points
        account = history.state
        assert account.balance == balance >= 0
        assert history.active == (balance > 0)


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_points_over_http(api, company):
    customer = company.customer()
    path = f"/customers/{customer.id}/points"
    empty = api.get(path, after=customer).went_well()
    assert empty.headers["ETag"] == '"0"'
    assert empty.json == {
        "customer_id": customer.id,
        "version": 0,
        "balance": 0,
        "granted": 0,
        "redeemed": 0,
        "taken_back": 0,
        "latest": [],
    }
    first = api.post(f"{path}/grant", {"points": 100}, seen=0).went_well()
    api.post(f"{path}/grant", {"points": 100}, seen=0).refused(412, "version.stale")
    api.post(f"{path}/grant", {"points": 100}).refused(428, "version.missing", "If-Match")
    body = {"points": 30, "what": "A visit to us"}
    redeemed = api.post(f"{path}/redeem", body, seen=first).went_well()
    more = api.post(f"{path}/redeem", body | {"points": 71}, seen=redeemed)
    more.refused(409, "points.too-few", "/points")
    wordless = api.post(f"{path}/take-back", {"points": 20}, seen=redeemed)
    wordless.refused(409, "points.reason-missing", "/reason")
    taken = {"points": 20, "reason": "Twice by mistake"}
    last = api.post(f"{path}/take-back", taken, seen=redeemed).went_well()
    shown = api.get(path, after=last).went_well()
    assert shown.headers["ETag"] == '"3"'
    told = {name: value for name, value in shown.json.items() if name != "latest"}
    assert told == {
        "customer_id": customer.id,
        "version": 3,
        "balance": 50,
        "granted": 100,
        "redeemed": 30,
        "taken_back": 20,
    }
    entries = [(each["entry"], each["points"], each["what"]) for each in shown.json["latest"]]
    assert entries == [
        ("taken-back", 20, None),
        ("redeemed", 30, "A visit to us"),
        ("granted", 100, None),
    ]
    assert api.get(path, position=first.position).json["balance"] == 100
    names = [each["name"] for each in api.get(f"/customers/{customer.id}/timeline").json["items"]]
    assert names[:3] == ["points.taken-back", "points.redeemed", "points.granted"]


@pytest.mark.parametrize("points", [0, -5, 0.5, 1.0, "5", True, None, 1_000_001])
def test_what_are_no_points_over_http(points, api, company):
    customer = company.customer().id
    sent = api.post(f"/customers/{customer}/points/grant", {"points": points}, seen=0)
    sent.refused(422, "fields.invalid", "/points")


def test_a_referral_is_rewarded_once_over_http(api, company):
    customer, other = company.customer().id, company.customer().id
    path, body = f"/customers/{customer}/points/grant", {"points": 100}
    still_open = body | {"referral_id": referral(company, customer=customer).id}
    refused = "points.not-their-referral"
    api.post(path, still_open, seen=0).refused(409, refused, "/referral_id")
    others = body | {"referral_id": converted(company, other)}
    api.post(path, others, seen=0).refused(409, refused, "/referral_id")
    nothing = body | {"referral_id": str(sample_id(9))}
    api.post(path, nothing, seen=0).refused(422, "referral.unknown", "/referral_id")

    own = converted(company, customer)
    rewarded = api.post(path, body | {"referral_id": own}, seen=0).went_well()
    assert api.get(f"/referrals/{own}", after=rewarded).json["points"] == 100
    twice = api.post(path, body | {"referral_id": own}, seen=rewarded)
    twice.refused(409, "points.rewarded-already", "/referral_id")


def test_of_two_who_redeem_the_same_points_one_gets_them_over_http(api, company):
    customer, _ = granted(company, 100)
    path, body = f"/customers/{customer}/points/redeem", {"points": 80, "what": "A visit"}
    answers = []

    def redeem_them() -> None:
        answers.append(api.post(path, body, headers={"If-Match": "*"}))

    threads = [threading.Thread(target=redeem_them) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [each for each in answers if each.status == 200]
    assert len(done) == 1
    assert {each.problem()["code"] for each in answers if each.status != 200} == {"points.too-few"}
    assert api.get(f"/customers/{customer}/points", after=done[0]).json["balance"] == 20


def test_nobody_has_no_points_over_http(api):
    nobody = f"/customers/{sample_id(9)}/points"
    api.get(nobody).refused(404, "not-found")
    api.post(f"{nobody}/grant", {"points": 1}, seen=0).refused(404, "not-found")


@settings(max_examples=5, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=24))
def test_the_account_shows_the_last_twenty_entries_over_http(sizes, api, company):
    customer = company.customer().id
    path = f"/customers/{customer}/points"
    for size in sizes:
        last = api.post(f"{path}/grant", {"points": size}, headers={"If-Match": "*"})
    told = api.get(path, after=last.went_well()).json
    assert told["balance"] == told["granted"] == sum(sizes)
    assert [each["points"] for each in told["latest"]] == sizes[::-1][:20]
