"""Leads: captured, put into hands, qualified or not; and the funnel they make."""

from dataclasses import replace

import pytest
from spec import ANA, BO, HARBOUR, SALES, YUNHE, sample_id, spec

from domain.ids import LeadId
from domain.kernel import Reference, personal_fields, references
from domain.sales.lead import (
    LEAD,
    AssignLead,
    CaptureLead,
    Disqualified,
    DisqualifyLead,
    LeadAssigned,
    LeadCaptured,
    LeadDisqualified,
    LeadQualified,
    LeadReopened,
    LeadSource,
    Open,
    Qualified,
    QualifyLead,
    ReopenLead,
)
from tests.web.stories_pipeline import WHY, lead, opportunity

ID = LeadId(sample_id(0x1EAD))
CAPTURE = CaptureLead(
    id=ID,
    name="Lighthouse Ltd",
    source=LeadSource.SOCIAL,
    department_id=SALES,
    email="maria@lighthouse.example",
)
CAPTURED = LeadCaptured(
    name="Lighthouse Ltd",
    source=LeadSource.SOCIAL,
    source_detail=None,
    department_id=SALES,
    holder_id=None,
    customer_id=None,
    campaign_id=None,
    referral_id=None,
    contact_name=None,
    email="maria@lighthouse.example",
    phone=None,
    need=None,
)
ANAS = LeadAssigned(customer_id=None, holder_id=ANA, from_id=None)
QUALIFY = QualifyLead(id=ID, customer_id=HARBOUR, budget="30,000")
QUALIFIED = LeadQualified(
    customer_id=HARBOUR, opportunity_id=None, budget="30,000", authority=None, need=None,
    timing=None,
)  # fmt: skip
GIVEN_UP = LeadDisqualified(customer_id=None)

# --- Rules ------------------------------------------------------------------------------------


def test_a_lead_is_captured_in_nobodys_hands():
    spec(LEAD).when(CAPTURE).then(CAPTURED).then_state(Open(None, None))


def test_a_lead_is_captured_once():
    spec(LEAD).given(CAPTURED).when(CAPTURE).then_rejected("lead.exists")


def test_it_goes_from_hand_to_hand():
    first = spec(LEAD).given(CAPTURED).when(AssignLead(id=ID, holder_id=ANA))
    first.then(ANAS).then_state(Open(ANA, None))
    spec(LEAD).given(CAPTURED, ANAS).when(AssignLead(id=ID, holder_id=BO)).then(
        LeadAssigned(customer_id=None, holder_id=BO, from_id=ANA)
    )
    spec(LEAD).given(CAPTURED, ANAS).when(AssignLead(id=ID, holder_id=ANA)).then_nothing()


def test_it_is_qualified_as_a_customer():
    told = spec(LEAD).given(CAPTURED, ANAS).when(QUALIFY)
    told.then(QUALIFIED).then_state(Qualified(ANA, HARBOUR))


@pytest.mark.parametrize("reason", [None, ""])
def test_it_is_not_disqualified_without_a_reason(reason):
    told = spec(LEAD).given(CAPTURED)
    told.when(DisqualifyLead(id=ID), reason=reason).then_rejected(
        "lead.reason-missing", field="reason"
    )


def test_it_is_disqualified_for_a_reason():
    told = spec(LEAD).given(CAPTURED, ANAS).when(DisqualifyLead(id=ID), reason="No ships")
    told.then(GIVEN_UP).then_state(Disqualified(ANA, None))


@pytest.mark.parametrize("end", [QUALIFIED, GIVEN_UP])
@pytest.mark.parametrize(
    "command", [QUALIFY, DisqualifyLead(id=ID), AssignLead(id=ID, holder_id=BO)]
)
def test_what_is_decided_is_not_decided_again(command, end):
    told = spec(LEAD).given(CAPTURED, end)
    told.when(command, reason="Again").then_rejected("lead.not-open")


def test_what_is_decided_is_taken_up_again_and_may_become_another_customers():
    again = LeadReopened(customer_id=HARBOUR)
    spec(LEAD).given(CAPTURED, QUALIFIED).when(ReopenLead(id=ID)).then(again)
    told = spec(LEAD).given(CAPTURED, QUALIFIED, again)
    told.when(replace(QUALIFY, customer_id=YUNHE)).then(replace(QUALIFIED, customer_id=YUNHE))
    told.when(ReopenLead(id=ID)).then_rejected("lead.not-closed")


@pytest.mark.parametrize(
    "command", [QUALIFY, DisqualifyLead(id=ID), ReopenLead(id=ID), AssignLead(id=ID, holder_id=BO)]
)
def test_nothing_happens_to_a_lead_that_is_not_there(command):
    spec(LEAD).when(command, reason="x").then_rejected("lead.unknown")


def test_an_opportunity_comes_of_an_open_or_a_qualified_lead():
    assert spec(LEAD).given(CAPTURED).active
    assert spec(LEAD).given(CAPTURED, QUALIFIED).active
    assert not spec(LEAD).given(CAPTURED, GIVEN_UP).active
    assert not spec(LEAD).active


def test_what_is_personal_is_marked():
    assert personal_fields(LeadCaptured).keys() == {"contact_name", "email", "phone"}
    assert Reference("customer_id", "customer", must_be_active=True) in references(QualifyLead)
    assert Reference("holder_id", "member", must_be_active=True) in references(AssignLead)


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_lead_from_the_first_word_to_a_customer_over_http(api, company):
    ana, customer = company.member().id, company.customer().id
    made = lead(company, source="referral", email="maria@lighthouse.example", phone="5")
    path = f"/leads/{made.id}"
    held = company.do(f"{path}/assign", {"holder_id": ana}, seen=made)
    done = company.do(f"{path}/qualify", {"customer_id": customer, "need": "Charts"}, seen=held)
    shown = api.get(path, after=done).went_well().json
    assert (shown["status"], shown["holder_id"], shown["customer_id"]) == (
        "qualified",
        ana,
        customer,
    )
    assert shown["qualification"] == {
        "budget": None, "authority": None, "need": "Charts", "timing": None,
    }  # fmt: skip
    deal = opportunity(company, customer=customer, lead_id=made.id)
    assert api.get(path, after=deal).json["opportunity_id"] == deal.id
    names = [each["name"] for each in api.get(f"/customers/{customer}/timeline").json["items"]]
    assert names == ["opportunity.opened", "lead.qualified", "customer.registered"]
    before = api.get(path, at_version=1).json
    assert (before["status"], before["customer_id"]) == ("open", None)


def test_a_lead_is_qualified_only_for_a_customer_there_is_and_that_customers_deal(api, company):
    made, nobody = lead(company), company.member().id
    path = f"/leads/{made.id}/qualify"
    api.post(path, {"customer_id": nobody}, seen=1).refused(422, "customer.unknown", "/customer_id")
    others = {"customer_id": company.customer().id, "opportunity_id": opportunity(company).id}
    api.post(path, others, seen=1).refused(422, "opportunity.unknown", "/opportunity_id")


def test_nobody_who_has_left_is_given_a_lead(api, company):
    made, ana = lead(company), company.member()
    company.do(f"/members/{ana.id}/leave", {}, seen=ana)
    answer = api.post(f"/leads/{made.id}/assign", {"holder_id": ana.id}, seen=1)
    answer.refused(422, "member.not-active", "/holder_id")


def test_nothing_happens_to_a_lead_before_it_was_captured(api, company):
    made = lead(company)
    early = {"occurred_at": "2020-01-01T00:00:00Z"} | WHY
    answer = api.post(f"/leads/{made.id}/disqualify", early, seen=1)
    answer.refused(409, "fact.before-its-beginning", "/occurred_at")


def test_the_funnel_counts_each_source_and_what_came_of_it(api, company):
    department = company.department().id
    sources = ["event", "event", "event", "referral", "social"]
    made = [lead(company, department_id=department, source=each) for each in sources]
    customer = {"customer_id": company.customer().id}
    for number in (0, 3):
        company.do(f"/leads/{made[number].id}/qualify", customer, seen=1)
    last = company.do(f"/leads/{made[1].id}/disqualify", WHY, seen=1)
    mine = {"filter[department_id]": department}
    funnel = api.get("/leads/funnel", after=last, **mine).went_well().json
    assert funnel["captured"] == 5
    assert funnel["statuses"] == {"open": 2, "qualified": 2, "disqualified": 1}
    assert funnel["conversion"] == "0.4000"
    found = {each.pop("source"): each for each in funnel["sources"]}
    assert found["event"] == {
        "captured": 3, "open": 1, "qualified": 1, "disqualified": 1, "conversion": "0.3333",
    }  # fmt: skip
    assert (found["referral"]["conversion"], found["social"]["conversion"]) == ("1.0000", "0.0000")
    assert found["web"]["conversion"] is None  # of none there is no part
    listed = api.get("/leads", **mine, **{"filter[status]": "qualified"}).ids
    assert sorted(listed) == sorted([made[0].id, made[3].id])
