"""An order: placed, credited, paid, paid back and overdue; who gets the credit adds up."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec import ANA, BO, HARBOUR, LI_NA, THURSDAY, TUESDAY, spec

from domain.confidential import FieldClass, confidential_fields
from domain.kernel import Actor, Channel, Envelope, Reference, references
from domain.money import LARGEST, Money
from domain.sales.order import (
    ChangeDueDate,
    ChangeSplit,
    MarkOverdue,
    OrderDueChanged,
    OrderSplitChanged,
    PlaceOrder,
    VoidOrder,
    amount_of,
    credit,
    order_id,
)
from domain.sales.order_rules import ORDER
from domain.sales.split import Share
from tests.sales.one_order import (
    BOXES,
    HALVES,
    ID,
    OVERDUE,
    PLACE,
    PLACED,
    VOIDED,
    WEDNESDAY_OVER,
    document,
    line,
    paid,
    pay,
    refund,
    refunded,
    yuan,
)

# --- Placed -----------------------------------------------------------------------------------


def test_an_order_is_placed():
    spec(ORDER).when(PLACE).then(PLACED)


def test_the_same_order_is_placed_once():
    spec(ORDER).given(PLACED).when(PLACE).then_rejected("order.exists")
    spec(ORDER).given(PLACED, VOIDED).when(PLACE).then_rejected("order.exists")


def test_a_number_and_whose_it_is_are_one_order():
    assert order_id("web-shop", "17") == order_id("web-shop", "17")
    assert len({order_id("web-shop", "17"), order_id("erp", "17"), order_id("erp", "18")}) == 3


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "order.lines-missing"),
        ((line(yuan(1), "0"),), "order.quantity-not-positive"),
        ((line(yuan(1), "-1"),), "order.quantity-not-positive"),
        ((line(yuan(1), "NaN"),), "order.quantity-not-positive"),
        ((line(yuan(1), "Infinity"),), "order.quantity-not-positive"),
        ((line(yuan(1), "1E+99"),), "order.too-large"),
        ((line(Money(1, "USD")),), "order.other-currency"),
        ((*BOXES, line(Money(1, "JPY"))), "order.other-currency"),
        ((line(yuan(1), cost=Money(1, "USD")),), "order.other-currency"),
        ((line(yuan(-1)),), "order.price-negative"),
        ((line(yuan(1), cost=yuan(-1)),), "order.price-negative"),
        ((line(yuan(LARGEST), "2"),), "order.too-large"),
        ((line(yuan(LARGEST)), line(yuan(1))), "order.too-large"),
    ],
)
def test_no_line_is_without_a_quantity_or_a_price_in_the_orders_currency(lines, code):
    spec(ORDER).when(replace(PLACE, lines=lines)).then_rejected(code, field="lines")


def test_the_largest_order_there_is():
    spec(ORDER).when(replace(PLACE, lines=(line(yuan(LARGEST)),))).then(
        replace(PLACED, lines=(line(yuan(LARGEST)),))
    )


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        (yuan(15025), "2", 30050),
        (yuan(1), "0.5", 1),  # half a fen is rounded up
        (yuan(1), "0.4999", 0),
        (yuan(333), "0.333333", 111),
        (Money(101, "JPY"), "0.5", 51),
        (yuan(LARGEST), "0.123456", 123456 * 10**9),
        (yuan(10**15 - 1), "999999999.999999", 10**24 - 2 * 10**9),
    ],
)
def test_a_line_costs_quantity_times_price(price, quantity, amount):
    assert amount_of(line(price, quantity)) == Money(amount, price.currency)


def test_prices_and_costs_and_what_is_paid_are_shown_to_those_who_see_money():
    assert confidential_fields(PLACED) == {"lines": FieldClass.MONEY}
    assert confidential_fields(paid(1)) == {"amount": FieldClass.MONEY}
    assert confidential_fields(refunded(1)) == {"amount": FieldClass.MONEY}
    assert confidential_fields(OVERDUE) == {"open": FieldClass.MONEY}


def test_only_a_customer_we_serve_orders():
    assert Reference("customer_id", "customer", must_be_active=True) in references(PlaceOrder)


# --- Credit -----------------------------------------------------------------------------------


def share(*parts: tuple[Any, str]) -> tuple[Share, ...]:
    return tuple(Share(member, Decimal(percent)) for member, percent in parts)


@pytest.mark.parametrize(
    ("split", "code"),
    [
        (share((ANA, "100.0001")), "split.not-whole"),
        (share((ANA, "99.9999")), "split.not-whole"),
        (share((ANA, "60"), (BO, "60")), "split.not-whole"),
        (share((ANA, "50"), (ANA, "50")), "split.member-twice"),
        (share((None, "50"), (None, "50")), "split.member-twice"),
        (share((ANA, "100"), (BO, "0")), "split.not-positive"),
        (share((ANA, "150"), (BO, "-50")), "split.not-positive"),
    ],
)
@pytest.mark.parametrize("then", [True, False], ids=["placed", "changed"])
def test_shares_are_a_whole(split, code, then):
    if then:
        spec(ORDER).when(replace(PLACE, split=split)).then_rejected(code, field="split")
    else:
        told = spec(ORDER).given(PLACED).when(ChangeSplit(id=ID, split=split))
        told.then_rejected(code, field="split")


def test_who_shares_it_sees_it_among_what_concerns_them():
    for event in (PLACED, OrderSplitChanged(customer_id=HARBOUR, split=(*HALVES, Share(None, 0)))):
        fact = spec(ORDER).given(event).facts[0]
        assert {("member", ANA), ("member", BO), ("customer", HARBOUR)} <= fact.about
        assert {kind for kind, _ in fact.about} == {"order", "customer", "member"}


def test_credit_is_shared_otherwise_until_the_first_payment():
    new = share((LI_NA, "100"))
    change = ChangeSplit(id=ID, split=new)
    changed = OrderSplitChanged(customer_id=HARBOUR, split=new)
    spec(ORDER).given(PLACED).when(change).then(changed)
    spec(ORDER).given(PLACED, changed).when(change).then_nothing()
    nobody = ChangeSplit(id=ID, split=())
    spec(ORDER).given(PLACED).when(nobody).then(OrderSplitChanged(customer_id=HARBOUR, split=()))
    for history in ([paid(1)], [paid(1), refunded(1)], [paid(30050)]):
        told = spec(ORDER).given(PLACED, *history).when(change)
        told.then_rejected("order.split-frozen", field="split")


def test_without_a_split_nobody_gets_the_credit():
    assert credit(yuan(100), ()) == {None: yuan(100)}
    assert credit(yuan(100), share((ANA, "33.3333"), (None, "66.6667"))) == {
        ANA: yuan(33),
        None: yuan(67),
    }


def test_the_odd_fen_goes_to_the_largest_remainder():
    thirds = share((ANA, "33.3333"), (BO, "33.3333"), (LI_NA, "33.3334"))
    assert credit(yuan(100), thirds) == {ANA: yuan(33), BO: yuan(33), LI_NA: yuan(34)}


# --- Paid and paid back -----------------------------------------------------------------------


def test_an_order_is_paid_in_parts():
    spec(ORDER).given(PLACED).when(pay(10000)).then(paid(10000))
    spec(ORDER).given(PLACED, paid(10000)).when(pay(20050, 2)).then(paid(20050, 2))


@pytest.mark.parametrize("history", [(), (paid(10000, 9), refunded(10000))])
def test_no_more_is_paid_than_is_open(history):
    told = spec(ORDER).given(PLACED, *history)
    most = 30050 if not history else 20050  # what was paid back does not come due again
    told.when(pay(most + 1)).then_rejected("order.overpaid", field="amount")
    told.when(pay(most)).then(paid(most))


def test_no_more_is_paid_back_than_was_paid():
    spec(ORDER).given(PLACED).when(refund(1)).then_rejected("order.over-refunded", field="amount")
    told = spec(ORDER).given(PLACED, paid(500), refunded(200))
    told.when(refund(301, 102)).then_rejected("order.over-refunded", field="amount")
    told.when(refund(300, 102)).then(refunded(300, 102))


def test_the_same_payment_or_refund_counts_once():
    told = spec(ORDER).given(PLACED, paid(500), refunded(200))
    told.when(pay(500)).then_rejected("payment.exists", field="payment_id")
    told.when(refund(1)).then_rejected("payment.exists", field="refund_id")


@pytest.mark.parametrize("command", [pay(5, currency="USD"), refund(5, currency="JPY")])
def test_it_is_paid_in_its_own_currency(command):
    told = spec(ORDER).given(PLACED, paid(500, 9)).when(command)
    told.then_rejected("order.other-currency", field="amount")


@pytest.mark.parametrize("command", [pay(0), pay(-5), refund(0), refund(-5)])
def test_amounts_are_above_zero(command):
    told = spec(ORDER).given(PLACED, paid(500, 9)).when(command)
    told.then_rejected("order.not-positive", field="amount")


CHANGES = [
    pay(1),
    refund(1),
    ChangeSplit(id=ID, split=()),
    ChangeDueDate(id=ID, due_on=date(2025, 4, 1), due_at=None),
    VoidOrder(id=ID),
]


@pytest.mark.parametrize("command", CHANGES, ids=lambda command: type(command).__name__)
def test_nothing_happens_to_an_order_that_was_voided_or_never_placed(command):
    spec(ORDER).given(PLACED, VOIDED).when(command, reason="x").then_rejected("order.voided")
    spec(ORDER).when(command, reason="x").then_rejected("order.unknown")


def test_voiding_needs_a_reason():
    told = spec(ORDER).given(PLACED, paid(500))
    told.when(VoidOrder(id=ID)).then_rejected("order.reason-missing", field="reason")
    told.when(VoidOrder(id=ID), reason="Placed twice").then(VOIDED)


# --- Overdue ----------------------------------------------------------------------------------

TIMER = Actor.system("timer")


def test_what_is_not_paid_on_its_day_is_overdue_once():
    told = spec(ORDER).given(PLACED, paid(50))
    overdue = replace(OVERDUE, open=yuan(30000))
    before = WEDNESDAY_OVER - timedelta(microseconds=1)
    told.when(MarkOverdue(id=ID), at=before, by=TIMER).then_nothing()
    told.when(MarkOverdue(id=ID), at=WEDNESDAY_OVER, by=TIMER).then(overdue)
    again = spec(ORDER).given(PLACED, paid(50), overdue)
    again.when(MarkOverdue(id=ID), at=THURSDAY, by=TIMER).then_nothing()


@pytest.mark.parametrize(
    "history",
    [(), (PLACED, paid(30050)), (PLACED, VOIDED), (replace(PLACED, due_on=None, due_at=None),)],
    ids=["never placed", "paid", "voided", "no day"],
)
def test_where_nothing_is_due_nothing_is_overdue(history):
    told = spec(ORDER).given(*history)
    told.when(MarkOverdue(id=ID), at=THURSDAY, by=TIMER).then_nothing()


def test_another_day_is_another_promise():
    change = ChangeDueDate(id=ID, due_on=date(2025, 3, 7), due_at=WEDNESDAY_OVER.replace(day=7))
    changed = OrderDueChanged(
        customer_id=HARBOUR, due_on=date(2025, 3, 7), due_at=WEDNESDAY_OVER.replace(day=7)
    )
    told = spec(ORDER).given(PLACED, OVERDUE)
    told.when(change).then(changed)
    told = spec(ORDER).given(PLACED, OVERDUE, changed)
    told.when(change).then_nothing()
    told.when(MarkOverdue(id=ID), at=THURSDAY).then_nothing()
    later = replace(OVERDUE, due_on=date(2025, 3, 7))
    told.when(MarkOverdue(id=ID), at=WEDNESDAY_OVER.replace(day=8)).then(later)


# --- Whatever is paid and paid back -------------------------------------------------------------

PERCENTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=4)


@st.composite
def splits(draw: st.DrawFn) -> tuple[Share, ...]:
    """Shares with up to four digits after the point, that add up."""
    weights = draw(PERCENTS)
    whole, members = 10**6, [ANA, BO, LI_NA, None]
    parts = [max(1, weight * (whole - len(weights)) // sum(weights)) for weight in weights]
    parts[0] += whole - sum(parts)
    return tuple(
        Share(member, Decimal(part).scaleb(-4))
        for member, part in zip(members, parts, strict=False)
    )


@given(
    split=st.just(()) | splits(),
    price=st.integers(0, LARGEST),
    moves=st.lists(st.tuples(st.booleans(), st.integers(1, LARGEST)), max_size=12),
    voided=st.booleans(),
)
def test_credit_adds_up_and_no_more_is_paid_back_than_was_paid(split, price, moves, voided):
    envelope = Envelope(occurred_at=TUESDAY, actor=Actor.member(ANA), channel=Channel.API)
    told = spec(ORDER).given(replace(PLACED, lines=(line(yuan(price)),), split=split))
    counted = {True: 0, False: 0}
    for number, (pays, minor) in enumerate(moves, start=1):
        state = told.state
        left = state.open if pays else state.paid - state.refunded
        if left <= 0:
            continue
        minor = 1 + minor % left  # noqa: PLW2901 - somewhere within what is possible
        command = pay(minor, number) if pays else refund(minor, number)
        told = told.given(*ORDER.decide(command, state, envelope))
        counted[pays] += minor
    if voided:
        told = told.given(VOIDED)
    else:
        assert (told.state.paid, told.state.refunded) == (counted[True], counted[False])
        assert 0 <= told.state.refunded <= told.state.paid <= price
    shown = document(*(fact.event for fact in told.facts))
    net = 0 if voided else price - counted[False]
    shared_out = sum(int(Decimal(each["credit"]["amount"]) * 100) for each in shown["split"])
    assert shared_out == (net if split else 0)
    assert sum(part.minor for part in credit(yuan(net), split).values()) == net
