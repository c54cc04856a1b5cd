"""What counts as a purchase, and what it brought: orders in, figures out."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from spec import ANA, HARBOUR, YUNHE, sample_id

from domain.customers.customer import CustomerRetracted
from domain.kernel import Actor, Channel, Envelope, Recorded
from domain.money import Money
from domain.sales.order import (
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderVoided,
)
from domain.sales.split import Share
from projections.reports.customer_value import Question, report
from projections.reports.orders import Orders

SHANGHAI = ZoneInfo("Asia/Shanghai")
QUESTION = Question(SHANGHAI)


@dataclass
class Told:
    """Orders told fact by fact, at positions 1, 2, 3 …"""

    orders: Orders = field(default_factory=Orders)
    facts: int = 0

    def tell(self, order, when, event):
        self.facts += 1
        envelope = Envelope(occurred_at=when, actor=Actor.member(ANA), channel=Channel.API)
        fact = Recorded(
            stream_id=order,
            version=self.facts,
            event=event,
            envelope=envelope,
            position=self.facts,
            recorded_at=when,
        )
        self.orders.take(fact)
        return self

    def placed(
        self, order, when, price, *, cost=None, customer=HARBOUR, quantity="1", currency="CNY"
    ):
        unit_cost = None if cost is None else Money(cost, currency)
        line = OrderLine("Box", None, Decimal(quantity), Money(price, currency), unit_cost)
        event = OrderPlaced(
            customer_id=customer, number=None, currency=currency, lines=(line,),
            split=(Share(ANA, Decimal(100)),), due_on=None, due_at=None, opportunity_id=None,
            contract_id=None, channel=None,
        )  # fmt: skip
        return self.tell(order, when, event)

    def paid(self, order, when, minor, currency="CNY"):
        amount = Money(minor, currency)
        event = OrderPaid(
            customer_id=HARBOUR, payment_id=sample_id(1), amount=amount, method=None, reference=None
        )
        return self.tell(order, when, event)

    def refunded(self, order, when, minor):
        amount = Money(minor, "CNY")
        event = OrderRefunded(customer_id=HARBOUR, refund_id=sample_id(2), amount=amount)
        return self.tell(order, when, event)

    def bought(self, order, when, price, **told):
        return self.placed(order, when, price, **told).paid(
            order, when, price, told.get("currency", "CNY")
        )

    def report(self, question=QUESTION):
        return report(self.orders, question)

    def line(self, question=QUESTION):
        (found,) = self.report(question)["customers"]
        return found


ONE, TWO, THREE, FOUR = (sample_id(number) for number in range(0xD1, 0xD5))
MARCH_3 = datetime(2025, 3, 3, 2, tzinfo=UTC)


def days(number):
    return MARCH_3 + timedelta(days=number)


def test_two_orders_on_one_local_date_are_one_purchase():
    late = datetime(2025, 3, 2, 16, 30, tzinfo=UTC)  # half past midnight of the 3rd, in Shanghai
    told = Told().bought(ONE, late, 1000).bought(TWO, MARCH_3, 500).bought(THREE, days(14), 700)
    line = told.line()
    assert (line["first_on"], line["x"], line["t_x"], line["T"]) == ("2025-03-03", 1, 2.0, 2.0)
    assert line["net"] == "22.00"
    assert told.report()["counts"]["transactions"] == 3


def test_voided_refunded_and_unpaid_orders_are_no_purchases_and_are_counted():
    told = Told().bought(ONE, MARCH_3, 1000).bought(TWO, days(7), 500).bought(THREE, days(14), 700)
    told.refunded(TWO, days(8), 200).refunded(TWO, days(40), 300)
    told.tell(THREE, days(15), OrderVoided(customer_id=HARBOUR)).placed(FOUR, days(21), 900)
    found = told.report()
    counts = found["counts"]
    assert (counts["voided"], counts["fully_refunded"], counts["not_paid"]) == (1, 1, 1)
    assert (counts["transactions"], counts["net"]) == (1, "10.00")
    assert (found["customers"][0]["x"], found["calibration_end"]) == (0, "2025-03-03")


def test_what_costs_nothing_is_a_purchase_when_it_is_placed():
    told = Told().placed(ONE, MARCH_3, 0).bought(TWO, days(7), 500)
    assert told.line()["x"] == 1


def test_a_refund_in_part_lowers_what_came_in():
    told = Told().bought(ONE, MARCH_3, 1000, cost=300, quantity="1").refunded(ONE, days(1), 250)
    line = told.line()
    assert (line["net"], line["contribution"]) == ("7.50", "4.50")


def test_the_calibration_ends_with_its_last_date():
    told = Told().bought(ONE, MARCH_3, 1000).bought(TWO, days(7), 500).bought(THREE, days(8), 500)
    line = told.line(Question(SHANGHAI, calibration_end=date(2025, 3, 10)))
    assert (line["x"], line["t_x"], line["T"], line["net"]) == (1, 1.0, 1.0, "15.00")


def test_money_of_two_currencies_is_never_added():
    told = (
        Told()
        .bought(ONE, MARCH_3, 1000)
        .bought(TWO, days(7), 500)
        .bought(THREE, days(14), 700, currency="EUR")
    )
    counts = told.report()["counts"]
    assert (told.report()["currency"], counts["net"], counts["other_currency"]) == (
        "CNY",
        "15.00",
        1,
    )
    euro = told.report(Question(SHANGHAI, currency="EUR"))
    assert (euro["counts"]["net"], euro["counts"]["other_currency"]) == ("7.00", 2)


def test_where_nobody_bought_again_nothing_is_expected_and_nothing_made_up():
    told = Told().bought(ONE, MARCH_3, 1000).bought(TWO, days(1), 500, customer=YUNHE)
    found = told.report()
    assert found["bg_nbd"] is found["gamma_gamma"] is None
    assert found["counts"]["repeat_purchase_rate"] == "0.00"
    for line in found["customers"]:
        assert line["alive"] is line["expected_purchases"] is line["lifetime_value"] is None


def test_of_an_empty_log_there_is_no_rate():
    found = Told().report()
    assert found["counts"]["repeat_purchase_rate"] is None
    assert found["counts"]["net"] is found["currency"] is found["calibration_end"] is None
    assert found["customers"] == []


def test_a_margin_stands_in_where_costs_are_not_told():
    told = Told()
    for number, (customer, day, price) in enumerate(
        [
            (HARBOUR, 0, 1000),
            (HARBOUR, 9, 900),
            (YUNHE, 3, 2000),
            (YUNHE, 30, 2500),
            (YUNHE, 50, 1800),
        ]
    ):
        told.bought(sample_id(0xE0 + number), days(day), price, customer=customer)
    plain = told.report()["customers"]
    assert [line["lifetime_value"] for line in plain] == [None, None]
    guessed = told.report(Question(SHANGHAI, margin=Decimal("0.25")))["customers"]
    for line in guessed:
        whole = Decimal(line["net"]) + Decimal(line["expected_revenue"])
        assert abs(Decimal(line["lifetime_value"]) - whole / 4) <= Decimal("0.01")
        assert line["contribution"] is None


def test_money_next_year_is_worth_less():
    told = Told()
    for number, day in enumerate([0, 10, 25, 26, 60]):
        told.bought(sample_id(0xE0 + number), days(day), 1000 + day)
    told.bought(sample_id(0xF0), days(5), 900, customer=YUNHE)
    told.bought(sample_id(0xF1), days(50), 800, customer=YUNHE)

    def revenue(discount):
        horizon = QUESTION.horizon.__class__(52, Decimal(discount))
        lines = told.report(Question(SHANGHAI, horizon=horizon))["customers"]
        return lines[0]["expected_purchases"], Decimal(lines[0]["expected_revenue"])

    (same, now), (same_too, later) = revenue("0"), revenue("0.5")
    assert same == same_too
    assert now / Decimal("1.5") < later < now


def test_orders_of_a_customer_registered_by_mistake_are_gone():
    told = Told().bought(ONE, MARCH_3, 1000)
    told.tell(HARBOUR, days(1), CustomerRetracted())
    assert told.report()["counts"]["orders"] == 0
