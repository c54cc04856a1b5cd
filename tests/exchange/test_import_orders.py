"""Files of orders: what a row becomes, what is known again, what is refused and why."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from application.imports.mapping import ImportProblem
from application.imports.orders import OrderForm, import_orders
from domain.customers.customer import CustomerRegistered
from domain.exchange.import_run import ImportFinished, ImportStarted
from domain.ids import named_id
from domain.kernel import Actor
from domain.money import Money
from domain.sales.order import OrderPaid, OrderPlaced

OPERATOR = Actor.system("operator")
FORM = OrderForm(
    source="shop",
    columns=("customer", "date", "quantity", "amount"),
    currency="CNY",
    zone=ZoneInfo("Asia/Shanghai"),
)


@pytest.fixture
def take(crm, tmp_path):
    """Import these lines."""

    def run(lines, form=FORM):
        file = tmp_path / "orders.txt"
        file.write_text(lines, encoding="utf-8")
        return import_orders(crm, file, form, OPERATOR)

    return run


def facts(crm, *kinds):
    return [fact for page in crm.facts.pages() for fact in page if isinstance(fact.event, kinds)]


def test_a_row_is_an_order_placed_and_paid_at_noon_by_a_customer_met_once(crm, take):
    tally = take("云河 20250303 2 30.00\r\n云河 2025-03-10 3 10.00\n").tally
    assert (tally.rows, tally.added, tally.facts, tally.bad) == (2, 2, 5, 0)
    (registered,) = facts(crm, CustomerRegistered)
    assert registered.stream_id == named_id("shop", "customer", "云河")
    first, second = facts(crm, OrderPlaced)
    assert first.occurred_at == datetime(2025, 3, 3, 4, tzinfo=UTC)
    (line,) = first.event.lines
    assert (line.quantity, line.unit_price) == (2, Money(1500, "CNY"))
    (line,) = second.event.lines  # a third of ten yuan is no price
    assert (line.quantity, line.unit_price) == (1, Money(1000, "CNY"))
    paid = facts(crm, OrderPaid)
    assert [fact.event.amount.minor for fact in paid] == [3000, 1000]
    assert [fact.envelope.imported.line for fact in paid] == [1, 2]
    assert all(fact.event.customer_id == registered.stream_id for fact in paid)


def test_equal_rows_are_two_orders_and_the_same_rows_again_are_known(crm, take):
    twice = "ana 20250303 1 5.00\nana 20250303 1 5.00\n"
    assert take(twice).tally.added == 2
    longer = take(twice + "ana 20250304 1 5.00\n").tally
    assert (longer.added, longer.known) == (1, 2)
    assert len(facts(crm, OrderPlaced)) == 3
    assert len(facts(crm, CustomerRegistered)) == 1
    again = take(twice).tally
    assert (again.added, again.facts, again.known) == (0, 0, 2)
    assert len(facts(crm, ImportStarted)) == len(facts(crm, ImportFinished)) == 2


def test_what_costs_nothing_is_placed_and_not_paid(crm, take):
    assert take("ana 20250303 1 0.00\n").tally.facts == 2
    assert facts(crm, OrderPaid) == []


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("ana 20250230 1 5.00", "date"),
        ("ana yesterday 1 5.00", "date"),
        ("ana 20250303 1 5.001", "amount"),
        ("ana 20250303 1 -5.00", "amount"),
        ("ana 20250303 1 NaN", "amount"),
        ("ana 20250303 0 5.00", "quantity"),
        ("ana 20250303 1e400 5.00", "quantity"),
        ("ana 20250303 5.00", None),
    ],
)
def test_a_row_that_says_no_order_is_named_and_the_others_are_taken(take, row, column):
    outcome = take(f"bo 20250303 1 5.00\n{row}\n")
    assert (outcome.tally.added, outcome.tally.bad) == (1, 1)
    (bad,) = outcome.bad_rows
    assert (bad.line, bad.column) == (2, column)


@pytest.mark.parametrize(
    "columns",
    [("customer", "date"), ("customer", "date", "amount", "amount"), ("who", "date", "amount")],
)
def test_columns_that_make_no_order_are_refused_before_anything_is_written(crm, take, columns):
    form = OrderForm(source="shop", columns=columns, currency="CNY", zone=FORM.zone)
    with pytest.raises(ImportProblem):
        take("ana 20250303 5.00\n", form)
    assert crm.facts.head() == 0


def test_a_file_with_another_delimiter_and_numbers_of_its_own(crm, take):
    form = OrderForm(
        source="shop",
        columns=("number", "customer", "_", "date", "amount", "product"),
        currency="EUR",
        zone=FORM.zone,
        delimiter=";",
    )
    assert (
        take(
            "A-7;Bo & Söhne;x;2025-03-03;12,5;Tea\nA-8;Bo & Söhne;x;2025-03-03;12.5;Tea\n", form
        ).tally.bad
        == 1
    )
    (placed,) = facts(crm, OrderPlaced)
    assert (placed.event.number, placed.event.currency) == ("A-8", "EUR")
    assert (placed.event.lines[0].product, placed.event.lines[0].unit_price.minor) == ("Tea", 1250)
