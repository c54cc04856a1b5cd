"""A complaint: acknowledged, on the fast path, classified, made good, and settled by their word."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from spec import ANA, BO, HARBOUR, LI_NA, SERVICE, TUESDAY, WEDNESDAY, at, by, sample_id, spec

from domain.confidential import FieldClass, confidential_fields
from domain.ids import RequestId
from domain.kernel import Actor, personal_fields
from domain.money import Money
from domain.support.complaint import (
    COMPLAINT,
    AcknowledgeComplaint,
    ApproveCompensation,
    Cause,
    ClassifyComplaint,
    CompensationApproved,
    CompensationDeclined,
    CompensationKind,
    CompensationProposed,
    ComplaintAcknowledged,
    ComplaintClassified,
    ComplaintEscalated,
    ComplaintSettled,
    DeclineCompensation,
    EscalateComplaint,
    ProposeCompensation,
    SettleComplaint,
    Severity,
    complaint_id,
)
from domain.support.words import RequestKind
from domain.values import ContactChannel
from tests.web.stories_complaints import AMOUNT, PROPOSE, RESOLVE, WHY, acted, on_behalf, raised

pytest_plugins = ["tests.web.fixtures"]

REQUEST = RequestId(sample_id(0x4E))
REFUND = Money(12050, "CNY")
FACT: dict[str, Any] = {"customer_id": HARBOUR, "request_id": REQUEST}
THERE: dict[str, Any] = {
    "id": complaint_id(REQUEST),
    "request_id": REQUEST,
    "customer_id": HARBOUR,
    "kind": RequestKind.COMPLAINT,
}

ACKNOWLEDGE = AcknowledgeComplaint(**THERE, channel=ContactChannel.PHONE, text="We look into it")
ESCALATE = EscalateComplaint(**THERE, severity=Severity.CRITICAL, to_member_id=BO)
CLASSIFY = ClassifyComplaint(**THERE, cause=Cause.DELIVERY, detail="The night carrier")
OFFER = ProposeCompensation(**THERE, form=CompensationKind.REFUND, amount=REFUND)
APPROVE = ApproveCompensation(**THERE)
DECLINE = DeclineCompensation(**THERE)
SETTLE = SettleComplaint(**THERE, resolved=True, accepted=True, words="Well done")

ACKNOWLEDGED = ComplaintAcknowledged(**FACT, channel=ContactChannel.PHONE, text="We look into it")
CLASSIFIED = ComplaintClassified(**FACT, cause=Cause.DELIVERY, detail="The night carrier")
OFFERED = CompensationProposed(**FACT, kind=CompensationKind.REFUND, amount=REFUND)
APPROVED = CompensationApproved(**FACT, kind=CompensationKind.REFUND, amount=REFUND)
DECLINED = CompensationDeclined(**FACT)
SETTLED = ComplaintSettled(**FACT, accepted=True, words="Well done")

NO_COMPLAINTS = [kind for kind in RequestKind if kind is not RequestKind.COMPLAINT]

# --- Rules ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [ACKNOWLEDGE, ESCALATE, CLASSIFY, OFFER, APPROVE, SETTLE])
@pytest.mark.parametrize("kind", [*NO_COMPLAINTS, None])
def test_only_of_a_request_that_complains(wish, kind):
    wish = replace(wish, kind=kind)
    spec(COMPLAINT).when(wish, reason="x").then_rejected("complaint.not-a-complaint")


def test_the_customer_is_told_once():
    spec(COMPLAINT).when(ACKNOWLEDGE).then(ACKNOWLEDGED)
    told = spec(COMPLAINT).given(CLASSIFIED, ACKNOWLEDGED)
    told.when(ACKNOWLEDGE).then_rejected("complaint.already-acknowledged")


def test_the_fast_path_leads_somewhere_and_says_why():
    escalated = ComplaintEscalated(
        **FACT, severity=Severity.CRITICAL, member_id=BO, department_id=None
    )
    spec(COMPLAINT).when(ESCALATE, reason="They leave us").then(escalated)
    spec(COMPLAINT).when(ESCALATE).then_rejected("complaint.reason-missing", field="reason")
    nowhere = replace(ESCALATE, to_member_id=None)
    spec(COMPLAINT).when(nowhere, reason="They leave us").then_rejected(
        "complaint.nowhere-to", field="to_member_id"
    )
    department = replace(nowhere, to_department_id=SERVICE)
    spec(COMPLAINT).when(department, reason="They leave us").then(
        replace(escalated, member_id=None, department_id=SERVICE)
    )


def test_a_cause_may_be_classified_again():
    told = spec(COMPLAINT).given(CLASSIFIED)
    told.when(CLASSIFY).then_nothing()
    other = replace(CLASSIFY, cause=Cause.PRODUCT)
    told.when(other).then(replace(CLASSIFIED, cause=Cause.PRODUCT))
    told.when(replace(CLASSIFY, detail=None)).then(replace(CLASSIFIED, detail=None))


def test_somebody_else_approves():
    told = spec(COMPLAINT).given(by(ANA, OFFERED))
    told.when(APPROVE, by=BO).then(APPROVED)
    told.when(DECLINE, by=BO, reason="Too much").then(DECLINED)
    told.when(DECLINE, by=BO).then_rejected("complaint.reason-missing", field="reason")


@pytest.mark.parametrize("wish", [APPROVE, DECLINE])
def test_nobody_decides_on_their_own_proposal_in_any_guise(wish):
    told = spec(COMPLAINT).given(by(ANA, OFFERED))
    told.when(wish, by=ANA, reason="x").then_rejected("complaint.own-approval")
    told.when(wish, by=BO, on_behalf_of=ANA, reason="x").then_rejected("complaint.own-approval")
    told.when(wish, by=ANA, on_behalf_of=LI_NA, reason="x").then_rejected("complaint.own-approval")


def test_no_program_approves():
    told = spec(COMPLAINT).given(OFFERED)
    told.when(APPROVE, by=Actor.system("bot")).then_rejected("complaint.nobody-approves")


@pytest.mark.parametrize("history", [(), (CLASSIFIED,), (OFFERED, APPROVED), (OFFERED, DECLINED)])
def test_there_must_be_something_to_approve(history):
    told = spec(COMPLAINT).given(*history)
    told.when(APPROVE, by=BO).then_rejected("complaint.nothing-proposed")


def test_one_proposal_after_another():
    told = spec(COMPLAINT).given(OFFERED)
    told.when(OFFER).then_rejected("complaint.compensation-pending")
    spec(COMPLAINT).given(OFFERED, APPROVED).when(OFFER).then(OFFERED)


def test_the_customer_has_the_last_word_once_it_is_resolved():
    spec(COMPLAINT).when(SETTLE).then(SETTLED)
    told = spec(COMPLAINT).given(at(TUESDAY, SETTLED))
    told.when(replace(SETTLE, accepted=False), at=WEDNESDAY).then(replace(SETTLED, accepted=False))
    unresolved = replace(SETTLE, resolved=False)
    spec(COMPLAINT).when(unresolved).then_rejected("complaint.not-resolved")


def test_what_is_personal_and_confidential():
    assert personal_fields(ComplaintAcknowledged) == {"text": "customer_id"}
    assert personal_fields(ComplaintSettled) == {"words": "customer_id"}
    assert confidential_fields(OFFERED) == {"amount": FieldClass.MONEY}
    assert confidential_fields(CLASSIFIED) == {"detail": FieldClass.NOTES}


# --- HTTP -----------------------------------------------------------------------------------------


def test_a_complaint_from_the_first_word_to_the_last(api, company):
    request = raised(company)
    nothing = api.get(f"/requests/{request}/complaint", after=company.request()).went_well()
    assert (nothing.headers["ETag"], nothing.json["acknowledged_at"]) == ('"0"', None)
    first = acted(company, request, "acknowledge", {"channel": "phone"})
    assert first.id == str(complaint_id(RequestId(UUID(request))))
    acted(company, request, "classify", {"cause": "other"}, 1)
    acted(company, request, "classify", {"cause": "product", "detail": "Seal"}, 2)
    ana, bo = company.member().id, company.member().id
    acted(company, request, *PROPOSE, 3, headers=on_behalf(company, ana))
    path = f"/requests/{request}/complaint"
    own = api.post(f"{path}/approve-compensation", {}, seen=4, headers=on_behalf(company, ana))
    own.refused(409, "complaint.own-approval")
    acted(company, request, "approve-compensation", {}, 4, headers=on_behalf(company, bo))
    early = api.post(f"{path}/settle", {"accepted": True}, seen=5)
    early.refused(409, "complaint.not-resolved")
    company.do(f"/requests/{request}/{RESOLVE[0]}", RESOLVE[1], headers={"If-Match": "*"})
    last = acted(company, request, "settle", {"accepted": True}, 5)
    shown = api.get(path, after=last).went_well()
    assert shown.headers["ETag"] == '"6"'
    told = shown.json
    assert (told["cause"], told["detail"], told["settled"]) == ("product", "Seal", "accepted")
    assert (told["compensation"], told["form"], told["amount"]) == ("approved", "refund", AMOUNT)
    assert api.get(f"/complaints/{last.id}").json == told
    assert last.id in api.get("/complaints", **{"filter[request_id]": request}).ids
    names = [f["name"] for f in api.get(f"/complaints/{last.id}/history").json["items"]]
    assert names.count("complaint.classified") == 2
    around = [f["name"] for f in api.get(f"/requests/{request}/timeline").json["items"]]
    assert "complaint.settled" in around


def test_other_requests_are_no_complaints(api, company):
    for kind in ("support", "enquiry", "suggestion", "demand"):
        request = company.request(kind=kind).id
        path = f"/requests/{request}/complaint/acknowledge"
        answer = api.post(path, {"channel": "phone"}, seen=0)
        answer.refused(409, "complaint.not-a-complaint")


def test_a_voided_complaint_takes_nothing_more(api, company):
    request = raised(company, ("void", WHY))
    path = f"/requests/{request}/complaint/acknowledge"
    api.post(path, {"channel": "phone"}, seen=0).refused(409, "request.not-active")


def test_a_version_seen_is_the_complaints_own(api, company):
    request = raised(company)
    acted(company, request, "classify", {"cause": "other"})
    path = f"/requests/{request}/complaint/classify"
    api.post(path, {"cause": "product"}, seen=0).refused(412, "version.stale")


def test_causes_in_the_order_of_pareto(api, company):
    department = company.department().id
    told = [("delivery", 2), ("product", 1), (None, 3)]
    for cause, number in told:
        for _ in range(number):
            last = company.request(kind="complaint", department_id=department)
            if cause:
                last = acted(company, last.id, "classify", {"cause": cause})
    spam = company.request(("void", WHY), kind="complaint", department_id=department)
    mine = {"filter[department_id]": department}
    found = api.get("/complaint-causes", after=spam, **mine).went_well().json
    assert found["complaints"] == 6
    assert [tuple(line.values()) for line in found["causes"]] == [
        ("delivery", 2, "33.33", "33.33"),
        ("product", 1, "16.67", "50.00"),
        ("unclassified", 3, "50.00", "100.00"),
    ]
