"""An offer to one customer: accepted, declined, withdrawn, or expired by itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from spec import FRIDAY, HARBOUR, THURSDAY, WEDNESDAY, sample_id, spec

from domain.customers.offer import (
    OFFER,
    AcceptOffer,
    DeclineOffer,
    ExpireOffer,
    MakeOffer,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    Open,
    Over,
    WithdrawOffer,
)
from domain.ids import CustomerId, DepartmentId, OfferId, SegmentId
from domain.kernel import Actor, Channel, Envelope, Reference, references
from domain.money import Money
from domain.teams.department import department_id
from projections.customers.segments import OFFERS
from projections.documents import utc
from projections.reader import Reader
from projections.timers import TIMERS
from tests.web.stories_tiers import offer, segment

ID = OfferId(sample_id(0x0F))
BIG = SegmentId(sample_id(0x5E))
MARKETING = department_id("marketing")
LAST_DAY, END = date(2025, 3, 6), THURSDAY
WHOSE = {"customer_id": HARBOUR, "department_id": MARKETING}

MAKE = MakeOffer(
    id=ID,
    **WHOSE,
    segment_id=BIG,
    title="Spring",
    text="Ten pallets for nine",
    valid_until=LAST_DAY,
    expires_at=END,
    price=Money(645_150, "CNY"),
)
MADE = OfferMade(
    **WHOSE,
    segment_id=BIG,
    title="Spring",
    text="Ten pallets for nine",
    valid_until=LAST_DAY,
    expires_at=END,
    price=Money(645_150, "CNY"),
)
FOR_EVER = replace(MADE, valid_until=None, expires_at=None)
ACCEPTED, DECLINED = OfferAccepted(**WHOSE), OfferDeclined(**WHOSE)
WITHDRAWN, EXPIRED = OfferWithdrawn(**WHOSE), OfferExpired(**WHOSE)
ANSWERS = [AcceptOffer(id=ID), DeclineOffer(id=ID), WithdrawOffer(id=ID)]
ENDS = [ACCEPTED, DECLINED, WITHDRAWN, EXPIRED]

# --- Rules ------------------------------------------------------------------------------------


def test_an_offer_is_made():
    told = spec(OFFER).when(MAKE).then(MADE)
    told.then_state(Open(HARBOUR, MARKETING, END))


def test_it_may_be_good_for_ever_and_cost_nothing():
    gift = replace(MAKE, valid_until=None, expires_at=None, price=Money(0, "CNY"))
    spec(OFFER).when(gift).then(replace(FOR_EVER, price=Money(0, "CNY")))


def test_it_is_made_once():
    spec(OFFER).given(MADE).when(MAKE).then_rejected("offer.exists")


def test_no_offer_begins_when_its_last_day_is_over():
    spec(OFFER).when(MAKE, at=END).then_rejected("offer.expired", field="valid_until")


@pytest.mark.parametrize("left_out", ["valid_until", "expires_at"])
def test_a_last_day_has_an_end(left_out):
    spec(OFFER).when(replace(MAKE, **{left_out: None})).then_rejected("offer.no-time")


def test_nobody_is_paid_for_taking_an_offer():
    spec(OFFER).when(replace(MAKE, price=Money(-1, "CNY"))).then_rejected(
        "offer.negative", field="price"
    )


@pytest.mark.parametrize(
    ("command", "event"), list(zip(ANSWERS, [ACCEPTED, DECLINED, WITHDRAWN], strict=True))
)
def test_it_is_answered_or_withdrawn(command, event):
    told = spec(OFFER).given(MADE).when(command, reason="So they said", at=WEDNESDAY).then(event)
    told.then_state(Over(HARBOUR, MARKETING))


@pytest.mark.parametrize("command", ANSWERS[1:])
def test_declining_and_withdrawing_need_a_reason(command):
    spec(OFFER).given(MADE).when(command).then_rejected("offer.reason-missing", field="reason")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("command", ANSWERS)
def test_what_is_over_is_not_answered_again(command, end):
    told = spec(OFFER).given(MADE, end)
    told.when(command, reason="Again").then_rejected("offer.not-open")
    assert not told.active


@pytest.mark.parametrize("command", ANSWERS)
def test_what_is_not_there_is_not_answered(command):
    spec(OFFER).when(command, reason="So").then_rejected("offer.unknown")


@pytest.mark.parametrize("at", [END, FRIDAY])
def test_after_its_last_day_it_is_not_accepted(at):
    spec(OFFER).given(MADE).when(AcceptOffer(id=ID), at=at).then_rejected("offer.expired")


def test_but_what_was_said_about_it_may_still_be_recorded():
    told = spec(OFFER).given(MADE)
    told.when(DeclineOffer(id=ID), at=FRIDAY, reason="Too dear").then(DECLINED)


@pytest.mark.parametrize("at", [END, FRIDAY])
def test_it_expires_when_its_last_day_is_over(at):
    told = spec(OFFER).given(MADE)
    told.when(ExpireOffer(id=ID), at=at, by=Actor.system("timer")).then(EXPIRED)


@pytest.mark.parametrize("history", [(), (FOR_EVER,), *((MADE, end) for end in ENDS)])
def test_a_timer_that_comes_too_late_changes_nothing(history):
    spec(OFFER).given(*history).when(ExpireOffer(id=ID), at=FRIDAY).then_nothing()


def test_or_too_early():
    early = END - timedelta(microseconds=1)
    spec(OFFER).given(MADE).when(ExpireOffer(id=ID), at=early).then_nothing()


@pytest.mark.parametrize("field", ["customer", "department", "segment"])
def test_it_names_who_is_there(field):
    assert Reference(f"{field}_id", field, must_be_active=True) in references(MakeOffer)


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_an_offer_is_made_and_accepted_over_http(api, company):
    customer, department = company.customer().id, company.department().id
    part_of = segment(company, department_id=department).id
    price = {"amount": "6451.50", "currency": "CNY"}
    told = {"department_id": department, "segment_id": part_of, "price": price}
    made = offer(company, customer, **told, valid_until="2999-12-31")
    shown = api.get(f"/offers/{made.id}", after=made).went_well().json
    assert (shown["status"], shown["price"], shown["customer_id"]) == ("open", price, customer)
    # The last day ends at midnight where the company is, eight hours before that of UTC.
    assert shown["expires_at"] == "2999-12-31T16:00:00.000000Z"
    accepted = company.do(f"/offers/{made.id}/accept", {}, seen=made)
    after = api.get(f"/offers/{made.id}", after=accepted).json
    assert (after["status"], after["expires_at"]) == ("accepted", None)
    assert api.get("/offers", **{"filter[customer_id]": customer}).ids == [made.id]
    for filters in ({"segment_id": part_of}, {"department_id": department}):
        of = {f"filter[{name}]": value for name, value in filters.items()}
        assert api.get("/offers", **of, **{"filter[status]": "accepted"}).ids == [made.id]
        assert api.get("/offers", **of, **{"filter[status]": "open"}).ids == []
    labels = api.get(f"/customers/{customer}/timeline", after=accepted).json["items"]
    assert [each["name"] for each in labels][:2] == ["offer.accepted", "offer.made"]
    again = api.post(f"/offers/{made.id}/withdraw", {"reason": "Sold out"}, seen=accepted)
    again.refused(409, "offer.not-open")


def test_offers_that_cannot_be_made_over_http(api, company):
    path = f"/customers/{company.customer().id}/offers"
    usual = {"department_id": company.department().id, "title": "Spring", "text": "Ten"}
    past = usual | {"valid_until": "2025-01-01"}
    api.post(path, past).refused(409, "offer.expired", "/valid_until")
    api.post(path, usual | {"valid_until": "3000-01-01"}).refused(
        422, "fields.invalid", "/valid_until"
    )
    retired = segment(company)
    company.do(f"/segments/{retired.id}/retire", {}, seen=retired)
    api.post(path, usual | {"segment_id": retired.id}).refused(
        422, "segment.not-active", "/segment_id"
    )
    nobody = f"/customers/{usual['department_id']}/offers"
    api.post(nobody, usual).refused(404, "not-found")


def test_what_is_due_is_what_the_timer_expires(api, company, running):
    """The timer's own question to the read model, and its command, as the worker puts them."""
    (timer,) = [each for each in TIMERS if each.model is OFFERS]
    now = datetime.now(UTC)
    told = {
        "customer_id": CustomerId(UUID(company.customer(occurred_at=AGES_AGO).id)),
        "department_id": DepartmentId(UUID(company.department().id)),
        "title": "Spring",
        "text": "Ten",
    }
    ids = {}
    for name, days in (("due", 1), ("later", -9), ("never", None)):
        ends = None if days is None else now - timedelta(days=days)
        ids[name] = OfferId(uuid4())
        made = MakeOffer(id=ids[name], **told, valid_until=ends and ends.date(), expires_at=ends)
        last = running.crm.handle(made, by_timer(now - timedelta(days=30)))
    api.get("/offers", after=last).went_well()
    reader = Reader(running.crm.pool)

    def due():
        found = map(orjson.loads, reader.due(OFFERS, timer.field, utc(now), 1000))
        return {each["id"]: each for each in found if UUID(each["id"]) in ids.values()}

    (document,) = due().values()
    assert document["id"] == str(ids["due"])
    command = timer.command(document)
    expired = running.crm.handle(command, by_timer(now))
    assert expired.version == 2
    shown = api.get(f"/offers/{ids['due']}", after=expired).went_well().json
    assert (shown["status"], shown["expires_at"]) == ("expired", None)
    assert due() == {}
    assert running.crm.handle(command, by_timer(now)).position is None


AGES_AGO = "2025-01-02T09:00:00Z"


def by_timer(now: datetime) -> Envelope:
    actor, channel = Actor.system("timer"), Channel.POLICY
    return Envelope(occurred_at=now, actor=actor, channel=channel, reason="Nobody answered.")
