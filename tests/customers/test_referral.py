"""A referral: made, converted once, or lapsed; and the funnel that counts them."""

from decimal import Decimal

import pytest
from spec import HARBOUR, YUNHE, sample_id, spec

from domain.confidential import FieldClass, confidential_fields
from domain.customers.referral import (
    REFERRAL,
    Converted,
    ConvertReferral,
    Lapsed,
    LapseReferral,
    Made,
    MakeReferral,
    ReferralConverted,
    ReferralLapsed,
    ReferralMade,
)
from domain.ids import ReferralId
from domain.kernel import Reference, personal_fields, references
from domain.values import ContactChannel
from tests.web.stories_relations import REFERRAL as TOLD
from tests.web.stories_relations import referral, somebody

ID = ReferralId(sample_id(0x4E))

MAKE = MakeReferral(
    id=ID,
    customer_id=HARBOUR,
    referred_name="李娜",
    referred_contact="li.na@yunhe.example",
    channel=ContactChannel.MEETING,
)
CONVERT = ConvertReferral(id=ID, referred_id=YUNHE)
LAPSE = LapseReferral(id=ID)

MADE = ReferralMade(
    customer_id=HARBOUR,
    referred_name="李娜",
    referred_contact="li.na@yunhe.example",
    channel=ContactChannel.MEETING,
)
CONVERTED = ReferralConverted(customer_id=HARBOUR, referred_id=YUNHE)
LAPSED = ReferralLapsed(customer_id=HARBOUR)

# --- Rules ------------------------------------------------------------------------------------


def test_a_referral_is_made():
    spec(REFERRAL).when(MAKE).then(MADE).then_state(Made(HARBOUR))


@pytest.mark.parametrize("history", [(MADE,), (MADE, CONVERTED), (MADE, LAPSED)])
def test_no_referral_is_made_twice(history):
    spec(REFERRAL).given(*history).when(MAKE).then_rejected("referral.exists")


def test_who_was_referred_becomes_a_customer():
    told = spec(REFERRAL).given(MADE)
    told.when(CONVERT).then(CONVERTED).then_state(Converted(HARBOUR, YUNHE))


def test_no_customer_refers_itself():
    own = ConvertReferral(id=ID, referred_id=HARBOUR)
    spec(REFERRAL).given(MADE).when(own).then_rejected("referral.of-itself", field="referred_id")


def test_a_referral_lapses_with_a_reason():
    told = spec(REFERRAL).given(MADE)
    told.when(LAPSE, reason="They chose another").then(LAPSED).then_state(Lapsed(HARBOUR))
    for reason in (None, ""):
        told.when(LAPSE, reason=reason).then_rejected("referral.reason-missing", field="reason")


@pytest.mark.parametrize("command", [CONVERT, LAPSE, ConvertReferral(id=ID, referred_id=HARBOUR)])
@pytest.mark.parametrize(
    ("history", "code"),
    [
        ((), "referral.unknown"),
        ((MADE, CONVERTED), "referral.converted"),
        ((MADE, LAPSED), "referral.lapsed"),
    ],
)
def test_it_converts_or_lapses_once(history, code, command):
    spec(REFERRAL).given(*history).when(command, reason="So").then_rejected(code)


def test_what_has_lapsed_counts_no_more():
    assert spec(REFERRAL).given(MADE).active
    assert spec(REFERRAL).given(MADE, CONVERTED).active
    assert not spec(REFERRAL).given(MADE, LAPSED).active


def test_both_are_customers_we_serve():
    active = {"must_be_active": True}
    assert Reference("customer_id", "customer", **active) in references(MakeReferral)
    assert Reference("referred_id", "customer", **active) in references(ConvertReferral)


def test_who_was_referred_is_a_person_of_their_own():
    assert personal_fields(ReferralMade) == {"referred_name": "self", "referred_contact": "self"}
    assert confidential_fields(MADE) == {"referred_contact": FieldClass.CONTACT}


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_referral_over_http(api, company):
    customer, referred = company.customer().id, company.customer().id
    made = api.post(f"/customers/{customer}/referrals", TOLD).went_well()
    shown = api.get(f"/referrals/{made.id}", after=made).went_well().json
    assert shown == TOLD | {
        "id": made.id,
        "version": 1,
        "customer_id": customer,
        "status": "made",
        "referred_id": None,
        "points": None,
        "made_at": shown["made_at"],
        "converted_at": None,
        "lapsed_at": None,
    }
    path = f"/referrals/{made.id}/convert"
    own = api.post(path, {"referred_id": customer}, seen=made)
    own.refused(409, "referral.of-itself", "/referred_id")
    nobody = api.post(path, {"referred_id": str(sample_id(9))}, seen=made)
    nobody.refused(422, "customer.unknown", "/referred_id")
    done = api.post(path, {"referred_id": referred}, seen=made).went_well()
    now = api.get(f"/referrals/{made.id}", after=done).json
    assert (now["status"], now["referred_id"]) == ("converted", referred)
    # Converting grants nothing by itself.
    assert now["points"] is None
    assert api.get(f"/customers/{customer}/points").json["balance"] == 0
    told = api.get(f"/customers/{referred}/timeline").json["items"]
    assert "referral.converted" in {each["name"] for each in told}
    api.post(path, {"referred_id": referred}, seen=done).refused(409, "referral.converted")
    api.post(path, {"referred_id": referred}, seen=made).refused(412, "version.stale")
    lapse = api.post(f"/referrals/{made.id}/lapse", {"reason": "x"}, seen=done)
    lapse.refused(409, "referral.converted")


def test_how_to_reach_them_is_for_those_who_are_shown_it_over_http(company):
    customer = company.customer().id
    made = referral(company, customer=customer)
    for role, told in (("sales", TOLD["referred_contact"]), ("marketing", None)):
        who = somebody(company, role, customer)
        one = who.get(f"/referrals/{made.id}", after=made).went_well().json
        (listed,) = who.get("/referrals").went_well().json["items"]
        assert one == listed
        assert (one["referred_contact"], one.get("masked")) == (told, None if told else ["contact"])


def test_the_funnel_of_one_who_sees_a_single_customer_over_http(company):
    customer = company.customer().id
    made = [referral(company, customer=customer) for _ in range(3)]
    body = {"referred_id": company.customer().id}
    company.do(f"/referrals/{made[0].id}/convert", body, seen=1)
    last = company.do(f"/referrals/{made[1].id}/lapse", {"reason": "No answer"}, seen=1)
    who = somebody(company, "sales", customer)
    told = who.get("/referrals/funnel", after=last).went_well().json
    assert told == {
        "total": 3, "made": 1, "converted": 1, "lapsed": 1, "conversion_rate": "0.3333",
    }  # fmt: skip
    nothing = somebody(company, "sales", company.customer().id)
    assert nothing.get("/referrals/funnel", after=last).json == {
        "total": 0, "made": 0, "converted": 0, "lapsed": 0, "conversion_rate": None,
    }  # fmt: skip


def test_the_funnel_counts_what_the_lists_hold_over_http(api, company):
    last = referral(company)
    told = api.get("/referrals/funnel", after=last).json
    for status in ("made", "converted", "lapsed"):
        pages = api.pages("/referrals", limit=200, **{"filter[status]": status})
        assert told[status] == sum(len(page.ids) for page in pages)
    assert told["total"] == told["made"] + told["converted"] + told["lapsed"]
    rate = Decimal(told["conversion_rate"])
    assert abs(rate - Decimal(told["converted"]) / told["total"]) <= Decimal("0.00005")


def test_the_lists_of_referrals_over_http(api, company):
    customer, referred = company.customer().id, company.customer().id
    one = referral(company, customer=customer, channel="email")
    two = referral(company, customer=customer, channel="phone")
    last = company.do(f"/referrals/{two.id}/convert", {"referred_id": referred}, seen=two)
    mine = {"filter[customer_id]": customer}
    assert api.get("/referrals", after=last, **mine, **{"filter[channel]": "email"}).ids == [one.id]
    assert api.get("/referrals", **mine, **{"filter[referred_id]": ""}).ids == [one.id]
    assert api.get("/referrals", **{"filter[referred_id]": referred}).ids == [two.id]
    assert set(api.get("/referrals", **mine).ids) == {one.id, two.id}
