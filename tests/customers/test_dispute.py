"""A dispute between customers: settled by a mediator who owns neither of them."""

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, YUNHE, sample_id, spec

from domain.confidential import FieldClass, confidential_fields
from domain.customers.dispute import (
    DISPUTE,
    DisputeRaised,
    DisputeSettled,
    DisputeWithdrawn,
    MediatorNamed,
    NameMediator,
    Open,
    Over,
    RaiseDispute,
    SettleDispute,
    WithdrawDispute,
)
from domain.ids import DisputeId
from domain.kernel import Actor, Reference, references
from tests.web.stories_relations import dispute, mediated, somebody

ID = DisputeId(sample_id(0xD1))
OWNERS = (ANA, BO)
"""Ana owns Harbour Foods, Bo Yunhe; Li Na owns neither."""

RAISE = RaiseDispute(id=ID, customer_id=HARBOUR, against_id=YUNHE, about="Pallets mixed up")
NAME = NameMediator(id=ID, mediator_id=LI_NA, owner_ids=OWNERS)
SETTLE = SettleDispute(id=ID, terms="Each pays half", owner_ids=OWNERS)
WITHDRAW = WithdrawDispute(id=ID)

SIDES = {"customer_id": HARBOUR, "against_id": YUNHE}
RAISED = DisputeRaised(**SIDES, about="Pallets mixed up")
NAMED = MediatorNamed(**SIDES, mediator_id=LI_NA)
SETTLED = DisputeSettled(**SIDES, terms="Each pays half")
WITHDRAWN = DisputeWithdrawn(**SIDES)

# --- Rules ------------------------------------------------------------------------------------


def test_a_dispute_is_raised():
    spec(DISPUTE).when(RAISE).then(RAISED).then_state(Open(HARBOUR, YUNHE))


def test_no_customer_has_a_dispute_with_itself():
    own = RaiseDispute(id=ID, customer_id=HARBOUR, against_id=HARBOUR, about="Pallets")
    spec(DISPUTE).when(own).then_rejected("dispute.with-itself", field="against_id")


@pytest.mark.parametrize("history", [(RAISED,), (RAISED, NAMED, SETTLED), (RAISED, WITHDRAWN)])
def test_no_dispute_is_raised_twice(history):
    spec(DISPUTE).given(*history).when(RAISE).then_rejected("dispute.exists")


def test_somebody_neutral_mediates():
    told = spec(DISPUTE).given(RAISED)
    told.when(NAME).then(NAMED).then_state(Open(HARBOUR, YUNHE, LI_NA))


@pytest.mark.parametrize("owner", OWNERS)
def test_nobody_mediates_who_owns_one_of_the_two(owner):
    name = NameMediator(id=ID, mediator_id=owner, owner_ids=OWNERS)
    spec(DISPUTE).given(RAISED).when(name).then_rejected("dispute.not-neutral", field="mediator_id")


def test_where_nobody_owns_them_anybody_may_mediate():
    name = NameMediator(id=ID, mediator_id=LI_NA)
    spec(DISPUTE).given(RAISED).when(name).then(NAMED)


def test_another_takes_the_mediators_place():
    other = NameMediator(id=ID, mediator_id=BO, owner_ids=(ANA,))
    told = spec(DISPUTE).given(RAISED, NAMED)
    told.when(other).then(MediatorNamed(**SIDES, mediator_id=BO))
    told.when(NAME).then_nothing()


def test_the_mediator_settles_with_a_reason():
    told = spec(DISPUTE).given(RAISED, NAMED)
    told.when(SETTLE, by=LI_NA, reason="Both agreed").then(SETTLED).then_state(Over(HARBOUR, YUNHE))
    for reason in (None, ""):
        told.when(SETTLE, by=LI_NA, reason=reason).then_rejected(
            "dispute.reason-missing", field="reason"
        )


def test_before_a_mediator_is_named_nothing_is_settled():
    told = spec(DISPUTE).given(RAISED)
    told.when(SETTLE, by=LI_NA, reason="So").then_rejected("dispute.no-mediator")


@pytest.mark.parametrize(
    ("judge", "principal"),
    [(ANA, None), (BO, None), (Actor.system("cli"), None), (LI_NA, ANA)],
    ids=["an owner", "the other", "a program", "the mediator for an owner"],
)
def test_nobody_else_settles(judge, principal):
    told = spec(DISPUTE).given(RAISED, NAMED)
    told.when(SETTLE, by=judge, on_behalf_of=principal, reason="So").then_rejected(
        "dispute.not-the-mediator"
    )


def test_no_owner_settles_in_the_mediators_name():
    told = spec(DISPUTE).given(RAISED, NAMED)
    told.when(SETTLE, by=ANA, on_behalf_of=LI_NA, reason="So").then_rejected("dispute.not-neutral")


def test_nor_a_mediator_who_has_become_an_owner():
    grown = SettleDispute(id=ID, terms="Half each", owner_ids=(ANA, LI_NA))
    told = spec(DISPUTE).given(RAISED, NAMED)
    told.when(grown, by=LI_NA, reason="So").then_rejected("dispute.not-neutral")


@pytest.mark.parametrize("history", [(RAISED,), (RAISED, NAMED)])
def test_a_dispute_is_withdrawn(history):
    told = spec(DISPUTE).given(*history)
    told.when(WITHDRAW).then(WITHDRAWN).then_state(Over(HARBOUR, YUNHE))


@pytest.mark.parametrize("command", [NAME, SETTLE, WITHDRAW])
@pytest.mark.parametrize(
    ("history", "code"),
    [
        ((), "dispute.unknown"),
        ((RAISED, NAMED, SETTLED), "dispute.over"),
        ((RAISED, WITHDRAWN), "dispute.over"),
    ],
)
def test_what_is_over_or_never_was_stays_so(history, code, command):
    spec(DISPUTE).given(*history).when(command, by=LI_NA, reason="So").then_rejected(code)


def test_it_goes_on_until_it_is_over():
    assert spec(DISPUTE).given(RAISED, NAMED).active
    assert not spec(DISPUTE).given(RAISED, NAMED, SETTLED).active
    assert not spec(DISPUTE).active


def test_nobody_who_has_left_mediates_and_both_are_customers_we_serve():
    assert Reference("mediator_id", "member", must_be_active=True) in references(NameMediator)
    for side in SIDES:
        assert Reference(side, "customer", must_be_active=True) in references(RaiseDispute)


def test_what_it_is_about_is_told_among_colleagues():
    assert confidential_fields(RAISED) == {"about": FieldClass.NOTES}
    assert confidential_fields(SETTLED) == {"terms": FieldClass.NOTES}


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_dispute_over_http(api, company):
    customer, owner = company.owned()
    against, other_owner = company.owned()
    raised = dispute(company, customer=customer, against_id=against)
    path = f"/disputes/{raised.id}"
    for involved in (owner, other_owner):
        named = api.post(f"{path}/mediator", {"mediator_id": involved}, seen=raised)
        named.refused(409, "dispute.not-neutral", "/mediator_id")
    mediator = company.member().id
    settle, theirs = {"terms": "Each pays half"}, {"Concord-On-Behalf-Of": mediator}
    early = api.post(f"{path}/settle", settle, seen=1, headers=theirs)
    early.refused(409, "dispute.no-mediator")
    named = api.post(f"{path}/mediator", {"mediator_id": mediator}, seen=raised).went_well()
    assert api.get(path, after=named).json["status"] == "mediated"
    api.post(f"{path}/settle", settle, seen=named).refused(409, "dispute.not-the-mediator")
    wordless = api.post(f"{path}/settle", settle, seen=named, headers=theirs)
    wordless.refused(409, "dispute.reason-missing", "/reason")
    body = settle | {"reason": "Both agreed"}
    settled = api.post(f"{path}/settle", body, seen=named, headers=theirs).went_well()
    shown = api.get(path, after=settled).went_well().json
    assert shown == {
        "id": raised.id,
        "version": 3,
        "customer_id": customer,
        "against_id": against,
        "about": "Pallets mixed up",
        "status": "settled",
        "mediator_id": mediator,
        "terms": "Each pays half",
        "raised_at": shown["raised_at"],
        "ended_at": shown["ended_at"],
    }
    for each in (customer, against):
        told = api.get(f"/customers/{each}/timeline", after=settled).json["items"]
        names = [one["name"] for one in told[:3]]
        assert names == ["dispute.settled", "dispute.mediator-named", "dispute.raised"]
    again = api.post(f"{path}/withdraw", {}, seen=settled)
    again.refused(409, "dispute.over")


def test_a_mediator_who_becomes_an_owner_settles_no_more_over_http(api, company):
    customer, _ = company.owned()
    named, mediator = mediated(company, customer=customer)
    given = {"to_id": mediator, "reason": "Parental leave"}
    company.do(f"/customers/{customer}/ownership/transfer", given, seen=1)
    body, theirs = {"terms": "x", "reason": "x"}, {"Concord-On-Behalf-Of": mediator}
    path = f"/disputes/{named.id}"
    settle = api.post(f"{path}/settle", body, seen=named, headers=theirs)
    settle.refused(409, "dispute.not-neutral")
    other = company.member().id
    again = company.do(f"{path}/mediator", {"mediator_id": other}, seen=named)
    headers = {"Concord-On-Behalf-Of": other}
    api.post(f"{path}/settle", body, seen=again, headers=headers).went_well()


def test_a_mediator_who_has_left_over_http(api, company):
    gone = company.member()
    company.do(f"/members/{gone.id}/leave", {}, seen=gone)
    raised = dispute(company)
    late = api.post(f"/disputes/{raised.id}/mediator", {"mediator_id": gone.id}, seen=raised)
    late.refused(422, "member.not-active", "/mediator_id")

    named, mediator = mediated(company)
    company.do(f"/members/{mediator}/leave", {}, seen=1)
    body, theirs = {"terms": "x", "reason": "x"}, {"Concord-On-Behalf-Of": mediator}
    settle = api.post(f"/disputes/{named.id}/settle", body, seen=named, headers=theirs)
    settle.refused(422, "member.not-active", "Concord-On-Behalf-Of")


def test_what_cannot_be_a_dispute_over_http(api, company):
    customer = company.customer().id
    path, body = f"/customers/{customer}/disputes", {"about": "Pallets"}
    own = api.post(path, body | {"against_id": customer})
    own.refused(409, "dispute.with-itself", "/against_id")
    nobody = str(sample_id(9))
    api.post(path, body | {"against_id": nobody}).refused(422, "customer.unknown", "/against_id")
    strange = api.post(f"/customers/{nobody}/disputes", body | {"against_id": customer})
    strange.refused(404, "not-found")
    for verb, told in (("mediator", {"mediator_id": company.member().id}), ("withdraw", {})):
        api.post(f"/disputes/{nobody}/{verb}", told, seen=1).refused(404, "not-found")
    made = dispute(company, customer=customer, occurred_at="2025-03-05T09:00:00Z")
    early = api.post(
        f"/disputes/{made.id}/withdraw", {"occurred_at": "2025-03-01T09:00:00Z"}, seen=made
    )
    early.refused(409, "fact.before-its-beginning", "/occurred_at")


def test_a_customer_one_may_not_know_of_is_no_side_over_http(company):
    customer, other = company.customer().id, company.customer().id
    who = somebody(company, "sales", customer)
    body = {"about": "Pallets", "against_id": other}
    who.post(f"/customers/{customer}/disputes", body).refused(
        422, "customer.unknown", "/against_id"
    )


def test_the_disputes_of_a_customer_over_http(api, company):
    customer, against = company.customer().id, company.customer().id
    one = dispute(company, customer=customer, against_id=against)
    two = dispute(company, customer=customer)
    three, mediator = mediated(company, customer=against, against_id=customer)
    last = company.do(f"/disputes/{two.id}/withdraw", {}, seen=two)

    def found(**filters):
        asked = {f"filter[{name}]": value for name, value in filters.items()}
        return set(api.get("/disputes", after=last, **asked).went_well().ids)

    assert found(customer_id=customer) == {one.id, two.id}
    assert found(against_id=customer) == {three.id}
    assert found(mediator_id=mediator) == {three.id}
    assert found(customer_id=customer, status="withdrawn") == {two.id}
    assert found(customer_id=customer, mediator_id="", status="raised") == {one.id}


def test_what_it_is_about_is_for_those_who_are_shown_notes_over_http(company):
    customer = company.customer().id
    named, mediator = mediated(company, customer=customer)
    body, theirs = {"terms": "Half", "reason": "x"}, {"Concord-On-Behalf-Of": mediator}
    done = company.do(f"/disputes/{named.id}/settle", body, seen=named, headers=theirs)
    for role, told in (("service", ("Pallets mixed up", "Half")), ("logistics", (None, None))):
        who = somebody(company, role, customer)
        shown = who.get(f"/disputes/{named.id}", after=done).went_well().json
        assert (shown["about"], shown["terms"]) == told
        assert shown.get("masked") == (None if told[0] else ["notes"])
