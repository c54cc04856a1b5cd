"""What is shown of an order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from spec import HARBOUR, THURSDAY, TUESDAY, at

from domain.sales.order import OrderDueChanged
from tests.sales.one_order import OVERDUE, PLACED, VOIDED, document, line, paid, refunded, yuan


def amounts(shown: dict[str, Any]) -> tuple[str, ...]:
    return tuple(shown[name]["amount"] for name in ("total", "paid", "refunded", "open"))


@pytest.mark.parametrize(
    ("history", "status", "told", "owing"),
    [
        ((), "open", ("300.50", "0.00", "0.00", "300.50"), "yes"),
        ((paid(50),), "part-paid", ("300.50", "0.50", "0.00", "300.00"), "yes"),
        ((paid(50), refunded(50)), "part-paid", ("300.50", "0.50", "0.50", "300.00"), "yes"),
        ((paid(30050),), "paid", ("300.50", "300.50", "0.00", "0.00"), ""),
        ((paid(30050), refunded(50)), "paid", ("300.50", "300.50", "0.50", "0.00"), ""),
        ((paid(30050), refunded(30050)), "refunded", ("300.50", "300.50", "300.50", "0.00"), ""),
        ((paid(50), VOIDED), "voided", ("300.50", "0.50", "0.00", "0.00"), ""),
    ],
)
def test_what_it_shows(history, status, told, owing):
    shown = document(PLACED, *history)
    assert (shown["status"], amounts(shown), shown["owing"]) == (status, told, owing)


def test_an_order_of_nothing_but_gifts_is_paid():
    shown = document(replace(PLACED, lines=(line(yuan(0)),)))
    assert (shown["status"], shown["owing"], shown["overdue_at"]) == ("paid", "", None)


def test_when_it_is_overdue_is_shown_until_it_is():
    due = "2025-03-05T16:00:00.000000Z"
    later = OrderDueChanged(customer_id=HARBOUR, due_on=date(2025, 3, 7), due_at=THURSDAY)
    stories: list[tuple[Sequence[Any], tuple[Any, ...]]] = [
        ((), ("", due)),
        ((OVERDUE,), ("yes", None)),
        ((OVERDUE, paid(50)), ("yes", None)),
        ((OVERDUE, later), ("", "2025-03-06T09:00:00.000000Z")),
        ((OVERDUE, paid(30050)), ("", None)),
        ((paid(30050), refunded(30050)), ("", None)),
        ((OVERDUE, VOIDED), ("", None)),
    ]
    for history, told in stories:
        shown = document(PLACED, *history)
        assert (shown["overdue"], shown["overdue_at"]) == told, history


def test_the_last_payment_is_the_latest_whenever_it_was_told():
    shown = document(PLACED, at(THURSDAY, paid(50)), at(TUESDAY, paid(60, 2)))
    assert shown["last_paid_at"] == "2025-03-06T09:00:00.000000Z"
    assert [each["amount"]["amount"] for each in shown["payments"]] == ["0.50", "0.60"]
