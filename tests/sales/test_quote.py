"""Quotes: what is offered, what it comes to, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from spec import FRIDAY, HARBOUR, MONDAY, TUESDAY, spec

from domain.ids import QuoteId
from domain.kernel import Actor, Channel, Envelope
from domain.money import LARGEST, Money
from domain.sales.quote import (
    QUOTE,
    AcceptQuote,
    DeclineQuote,
    ExpireQuote,
    IssueQuote,
    QuoteAccepted,
    QuoteDeclined,
    QuoteExpired,
    QuoteIssued,
    QuoteLine,
    QuoteWithdrawn,
    WithdrawQuote,
    quote_id,
)
from projections.timers import TIMERS
from tests.web.stories_pipeline import LINES, UNTIL, WHY, opportunity, quote

ID = quote_id("Q-1")


def line(quantity, minor, currency="CNY"):
    return QuoteLine("Plotter", Decimal(quantity), Money(minor, currency))


ISSUE = IssueQuote(
    id=ID,
    customer_id=HARBOUR,
    number="Q-1",
    lines=(line(3, 645150), line("1.5", 333)),
    valid_until=date(2025, 3, 6),
    expires_at=FRIDAY,
)
ISSUED = QuoteIssued(
    customer_id=HARBOUR,
    opportunity_id=None,
    number="Q-1",
    lines=ISSUE.lines,
    total=Money(3 * 645150 + 500, "CNY"),  # 499.5 fen are halfway: the even one is 500
    valid_until=date(2025, 3, 6),
    expires_at=FRIDAY,
)
WHOSE = {"customer_id": HARBOUR, "opportunity_id": None}

# --- Rules ------------------------------------------------------------------------------------


def test_it_says_what_its_lines_come_to():
    spec(QUOTE).when(ISSUE).then(ISSUED)


@pytest.mark.parametrize(
    ("quantity", "minor", "price"),
    [("1", 0, 0), ("0.5", 1, 0), ("0.5", 3, 2), ("0.0001", 10_000, 1), ("2.5", 5, 12)],
)
def test_a_line_is_rounded_to_the_minor_unit_and_halves_to_the_even_one(quantity, minor, price):
    assert line(quantity, minor, "JPY").price == Money(price, "JPY")


def test_a_number_has_one_quote():
    spec(QUOTE).given(ISSUED).when(ISSUE).then_rejected("quote.exists", field="number")
    assert quote_id(" q-1") == ID


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"lines": ()}, "quote.no-lines", "lines"),
        ({"lines": (line(0, 1),)}, "quote.quantity-not-positive", "lines"),
        ({"lines": (line(-1, 1),)}, "quote.quantity-not-positive", "lines"),
        ({"lines": (line(1, -1),)}, "quote.price-below-zero", "lines"),
        ({"lines": (line(1, 1), line(1, 1, "JPY"))}, "quote.other-currency", "lines"),
        ({"lines": (line(2, LARGEST),)}, "quote.too-large", "lines"),
        ({"expires_at": TUESDAY}, "quote.validity-past", "valid_until"),
    ],
)
def test_what_is_no_offer(wrong, code, field):
    spec(QUOTE).when(replace(ISSUE, **wrong)).then_rejected(code, field=field)


ENDS = [
    (AcceptQuote(id=ID), QuoteAccepted(**WHOSE)),
    (DeclineQuote(id=ID), QuoteDeclined(**WHOSE)),
    (WithdrawQuote(id=ID), QuoteWithdrawn(**WHOSE)),
]


@pytest.mark.parametrize(("command", "end"), ENDS)
def test_an_offer_comes_to_one_end(command, end):
    spec(QUOTE).given(ISSUED).when(command, reason="x").then(end)
    for _, before in [*ENDS, (None, QuoteExpired(**WHOSE))]:
        told = spec(QUOTE).given(ISSUED, before)
        told.when(command, reason="x").then_rejected("quote.settled")


@pytest.mark.parametrize("command", [DeclineQuote(id=ID), WithdrawQuote(id=ID)])
def test_who_ends_it_says_why(command):
    told = spec(QUOTE).given(ISSUED).when(command)
    told.then_rejected("quote.reason-missing", field="reason")


@pytest.mark.parametrize("command", [command for command, _ in ENDS])
def test_nothing_becomes_of_an_offer_that_was_not_made(command):
    spec(QUOTE).when(command, reason="x").then_rejected("quote.unknown")


def test_after_its_last_day_an_offer_is_not_accepted_any_more():
    just = FRIDAY - timedelta(microseconds=1)
    spec(QUOTE).given(ISSUED).when(AcceptQuote(id=ID), at=just).then(QuoteAccepted(**WHOSE))
    spec(QUOTE).given(ISSUED).when(AcceptQuote(id=ID), at=FRIDAY).then_rejected("quote.expired")


def test_it_expires_when_its_last_day_has_passed_and_only_while_it_is_open():
    told = spec(QUOTE).given(ISSUED)
    told.when(ExpireQuote(id=ID), at=TUESDAY).then_nothing()
    told.when(ExpireQuote(id=ID), at=FRIDAY).then(QuoteExpired(**WHOSE))
    for end in (QuoteAccepted(**WHOSE), QuoteExpired(**WHOSE)):
        told.given(end).when(ExpireQuote(id=ID), at=FRIDAY).then_nothing()
    spec(QUOTE).when(ExpireQuote(id=ID), at=MONDAY).then_nothing()


def test_others_refer_to_an_offer_that_stands_or_was_taken():
    assert spec(QUOTE).given(ISSUED).active
    assert spec(QUOTE).given(ISSUED, QuoteAccepted(**WHOSE)).active
    assert not spec(QUOTE).given(ISSUED, QuoteDeclined(**WHOSE)).active
    assert not spec(QUOTE).active


# --- HTTP -------------------------------------------------------------------------------------

pytest_plugins = ["tests.web.fixtures"]


def test_a_quote_is_issued_and_accepted_over_http(api, company):
    made = quote(company)
    shown = api.get(f"/quotes/{made.id}", after=made).went_well().json
    assert shown["total"] == {"amount": "19354.50", "currency": "CNY"}
    assert shown["lines"][0] == LINES[0] | {"price": {"amount": "19354.50", "currency": "CNY"}}
    assert shown["valid_until"] == UNTIL
    midnight = datetime.fromisoformat(UNTIL).replace(tzinfo=UTC) + timedelta(hours=16)
    assert datetime.fromisoformat(shown["expires_at"]) == midnight  # in Shanghai
    done = company.do(f"/quotes/{made.id}/accept", {}, seen=1)
    assert api.get(f"/quotes/{made.id}", after=done).json["status"] == "accepted"
    api.post(f"/quotes/{made.id}/decline", WHY, seen=2).refused(409, "quote.settled")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"unit_price": {"amount": "12.5", "currency": "JPY"}}, "/lines/0/unit_price/amount"),
        ({"unit_price": {"amount": "-1", "currency": "CNY"}}, "/lines/0/unit_price/amount"),
        ({"unit_price": {"amount": "9" * 15, "currency": "CNY"}}, "/lines/0/unit_price/amount"),
        ({"unit_price": {"amount": "1", "currency": "ABC"}}, "/lines/0/unit_price/currency"),
        ({"quantity": "-1"}, "/lines/0/quantity"),
        ({"quantity": "1e3"}, "/lines/0/quantity"),
        ({"quantity": 3}, "/lines/0/quantity"),
    ],
)
def test_numbers_that_are_none(wrong, pointer, api, company):
    body = {"number": company.word("Q"), "lines": [LINES[0] | wrong], "valid_until": UNTIL}
    path = f"/customers/{company.customer().id}/quotes"
    api.post(path, body).refused(422, "fields.invalid", pointer)


def test_one_quote_has_one_currency_a_number_of_its_own_and_a_day_to_come(api, company):
    path = f"/customers/{company.customer().id}/quotes"
    number = company.word("Q")
    body = {"number": number, "lines": LINES, "valid_until": UNTIL}
    yen = {"product": "x", "quantity": "1", "unit_price": {"amount": "5", "currency": "JPY"}}
    mixed = api.post(path, body | {"lines": [LINES[0], yen]})
    mixed.refused(409, "quote.other-currency", "/lines")
    past = api.post(path, body | {"valid_until": "2026-01-01"})
    past.refused(409, "quote.validity-past", "/valid_until")
    never = api.post(path, body | {"valid_until": "9999-12-31"})
    never.refused(422, "fields.invalid", "/valid_until")
    others = {"opportunity_id": opportunity(company).id}
    api.post(path, body | others).refused(422, "opportunity.unknown", "/opportunity_id")
    api.post(path, body).went_well()
    api.post(path, body).refused(409, "quote.exists", "/number")


def test_the_timer_ends_what_nobody_answered(api, company, running):
    made = quote(company)
    document = api.get(f"/quotes/{made.id}", after=made).json
    (timer,) = [each for each in TIMERS if each.name == "quote.expire"]
    assert document[timer.field] is not None

    def tick(when):
        by = Envelope(
            occurred_at=when,
            actor=Actor.system("timer"),
            channel=Channel.POLICY,
            reason=timer.reason,
        )
        return running.crm.handle(timer.command(document), by)

    due = datetime.fromisoformat(document[timer.field])
    assert tick(due - timedelta(seconds=1)).position is None
    ended = tick(due)
    assert ended.stream_id == UUID(made.id) == QuoteId(UUID(made.id))
    assert tick(due).position is None
    api.get("/quotes", **{"filter[number]": document["number"]})
    wait = {"Concord-Min-Position": str(ended.position)}
    shown = api.get(f"/quotes/{made.id}", headers=wait).json
    assert (shown["status"], shown[timer.field]) == ("expired", None)
    assert shown["settled_because"] == timer.reason
