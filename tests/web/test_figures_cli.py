"""``concord import-orders`` and ``concord report …``, run as people run them."""

import json
from functools import partial
from typing import Any

import pytest

from tests.command import Command

ORDERS = "ana 20250106 1 100.00\nana 20250210 1 60.00\nbo 20250108 1 80.00\nbo 20250630 1 90.00\n"


@pytest.fixture
def concord(command: Command, dsn: str, tmp_path: Any) -> Any:
    """Run the command over a database of its own."""
    return partial(command.run, DATABASE_URL=dsn, CONCORD_DATA=str(tmp_path / "unused"))


def test_a_file_of_orders_becomes_figures(concord, tmp_path):
    file = tmp_path / "orders.txt"
    file.write_text(ORDERS)
    columns = ("--columns", "customer,date,quantity,amount")
    done = concord("import-orders", str(file), "--source", "shop", *columns, "--currency", "CNY")
    assert done.returncode == 0, done.stderr
    assert "4 added as 10 facts" in done.stdout
    value = concord("report", "customer-value", "--horizon-weeks", "4", "--json")
    found = json.loads(value.stdout)
    assert found["counts"]["net"] == "330.00"
    assert found["counts"]["repeat_purchase_rate"] == "100.00"
    period = ("--from", "2025-01-01", "--to", "2025-02-01")
    credit = json.loads(concord("report", "credit", *period, "--json").stdout)
    assert [(each["currency"], each["total"]) for each in credit["currencies"]] == [
        ("CNY", "180.00")
    ]
    assert credit["currencies"][0]["unattributed"] == "180.00"
    basis = ("--basis", "orders", "--gap-days", "30")
    later = ("--from", "2025-02-01", "--to", "2025-03-01")
    retention = json.loads(concord("report", "retention", *later, *basis, "--json").stdout)
    # Ana's first order counts until 5 February; her second, on the 10th, wins her back.
    assert (retention["opening"], retention["churn"], len(retention["won_back"])) == (2, "50.00", 1)
    for drawn in (("credit", *period), ("retention", *later, *basis), ("customer-value",)):
        answer = concord("report", *drawn)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip()


def test_mistakes_are_one_sentence(concord, tmp_path):
    file = tmp_path / "orders.txt"
    file.write_text(ORDERS)
    told = ("--source", "shop", "--columns", "customer,date", "--currency", "CNY")
    wrong = concord("import-orders", str(file), *told)
    assert wrong.returncode == 1
    assert "Name customer, date and amount" in wrong.stderr
    backwards = concord("report", "credit", "--from", "2025-02-01", "--to", "2025-01-01")
    assert backwards.returncode != 0
    assert "A period ends after it begins." in backwards.stderr
