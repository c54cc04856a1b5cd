"""Lists as files: what one may see of them, as no spreadsheet runs it, and that it was taken."""

import csv
import io
import zipfile
from decimal import Decimal
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from application.cells import guarded, unguarded
from domain.ids import MemberId
from tests.web.client import Answer
from tests.web.stories_orders import order, yuan
from tests.web.stories_pipeline import opportunity
from web.commands.accounts import create_key, enrolled, grant
from web.exchange.columns import EXPORTS, cell
from web.exchange.tables import WRITERS

pytest_plugins = ["tests.web.fixtures"]

FORMS = ("csv", "xlsx")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EVIL = [
    "=1+1", "+86 21 5888 0000", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1",
    "  =1", "\u3000=1", "\xa0@x", "'=1", "''=1", "'\t=1", '=HYPERLINK("http://evil","x")',
    "-", "\n=1",
]  # fmt: skip
HARMLESS = [
    "",
    "Harbour",
    "'quoted'",
    "云河科技",
    "a=1",
    "1-2",
    "O'Neill",
    "'",
    "2025-03-03",
    "007",
]


def table(answer: Answer) -> list[list[str]]:
    """The rows of a file as a spreadsheet that knows no formulas would show them."""
    if answer.headers["Content-Type"].startswith("text/csv"):
        text = answer.body.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline="")))
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.body))
    return [list(map(str, row)) for row in book.get_sheet_by_index(0).to_python()]


# --- Cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", EVIL)
def test_what_might_run_is_marked_and_the_mark_taken_away_again(text):
    marked = guarded(text)
    assert marked == "'" + text
    assert unguarded(marked) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_nothing_else_is_touched(text):
    assert guarded(text) == text
    assert unguarded(text) == text


def test_a_cell_of_a_column():
    document = {
        "amount": {"amount": "-6451.50", "currency": "CNY"},
        "number": 7,
        "contacts": [{"name": "Ana", "email": None}, {"name": "李娜", "email": "li@x.example"}],
        "nothing": None,
        "none": [],
    }
    assert cell(document, "amount.amount") == Decimal("-6451.50")
    assert cell(document, "amount.currency") == "CNY"
    assert cell(document, "number") == 7
    assert cell(document, "contacts.name") == "Ana; 李娜"
    assert cell(document, "contacts.email") == "li@x.example"
    for empty in ("nothing", "none", "none.name", "unknown.name"):
        assert cell(document, empty) is None


def test_a_number_stays_one_and_a_text_that_looks_like_one_a_text():
    row = [Decimal("-6451.50"), 7, "-6451.50", "=1+1", None]
    for form, writer in WRITERS.items():
        file = io.BytesIO()
        writer([row], file)
        if form == "csv":
            assert file.getvalue() == "\ufeff-6451.50,7,'-6451.50,'=1+1,\r\n".encode()
        else:
            with zipfile.ZipFile(file) as parts:
                sheet = parts.read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet
            file.seek(0)
            (told,) = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
            assert told == [-6451.5, 7, "-6451.50", "=1+1"]
            assert ">=1+1<" in sheet
            assert "hyperlink" not in sheet


# --- Over HTTP ------------------------------------------------------------------------------------


def exported(api, path, **query) -> list[list[str]]:
    return table(api.get(path, **query).went_well())


@pytest.mark.parametrize("form", FORMS)
def test_a_list_as_a_file_has_what_the_list_has(form, api, company):
    region = company.word("region")
    details = {"region": region, "phone": "+86 21 5888", "employees": 12, "short_name": "云河"}
    last = [company.customer(name, details=details) for name in ("=1+1", "云河科技")][-1]
    answer = api.get(
        "/exports/customers",
        after=last,
        format=form,
        sort="-name",
        **{"filter[region]": region},
    ).went_well()
    heads, *rows = table(answer)
    assert heads[:4] == ["id", "name", "short_name", "industry"]
    told = [dict(zip(heads, row, strict=True)) for row in rows]
    mark = "'" if form == "csv" else ""
    assert [each["name"] for each in told] == ["云河科技", f"{mark}=1+1"]
    assert told[0]["id"] == last.id
    assert told[0]["phone"] == f"{mark}+86 21 5888"
    assert float(told[0]["employees"]) == 12
    assert (told[0]["short_name"], told[0]["tier"], told[0]["owner_id"]) == ("云河", "normal", "")
    kind, name = answer.headers["Content-Type"], answer.headers["Content-Disposition"]
    assert kind == ("text/csv; charset=utf-8" if form == "csv" else XLSX)
    assert name.startswith('attachment; filename="customers-2')
    assert name.endswith(f'.{form}"')
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if form == "csv":
        assert answer.body.startswith(b"\xef\xbb\xbf")


def test_its_columns_are_named_in_the_readers_language(api):
    chinese = {"Accept-Language": "zh"}
    for each in EXPORTS:
        heads = exported(api, f"/exports/{each.model.name}", headers=chinese)[0]
        assert heads == list(each.columns.values())


def test_more_than_a_page_comes_whole(api, company, monkeypatch):
    region = company.word("pages")
    body = {"details": {"name": "Harbour", "region": region}}
    changes = [{"method": "POST", "path": "/customers", "body": body}] * 100
    for _ in range(11):
        last = api.post("/bulk", {"changes": changes}).went_well()
    position = last.headers["Concord-Position"]
    rows = exported(api, "/exports/customers", after=position, **{"filter[region]": region})
    assert len(rows) == 1101
    assert len({row[0] for row in rows}) == 1101


def test_that_one_took_it_and_whom_one_looked_at_are_facts_before(api, company, running):
    region = company.word("taken")
    made = company.customer(details={"region": region})
    answer = api.get("/exports/customers", after=made, **{"filter[region]": region}).went_well()
    (count,) = running.query(
        "select count(*) from log.events where name = 'data.exported'"
        " and state::jsonb->'envelope'->>'correlation_id' = %s",
        answer.headers["X-Request-Id"],
    )[0]
    assert count == 1
    page = api.get("/audit/events", name="data.exported", limit=1, after=running.crm.facts.last())
    (fact,) = page.went_well().json["items"]
    assert fact["data"] == {"what": "customers", "form": "csv", "rows": 1}
    looks = api.get("/access/views", subject=f"customer:{made.id}").json["items"]
    assert [look["data"]["through"] for look in looks] == ["export_customers"]


def test_too_many_rows_are_refused_and_nothing_is_recorded(dsn, serve, company):
    with serve(dsn, CONCORD_EXPORT_ROWS="2") as running:
        own = type(company)(running.api, running.crm)
        for _ in range(3):
            last = own.customer()
        facts = running.query("select count(*) from log.events")
        answer = running.api.get("/exports/customers", after=last)
        answer.refused(422, "export.too-many-rows")
        assert "more than 2 rows" in answer.json["detail"]
        assert running.query("select count(*) from log.events") == facts
        name = running.api.get(f"/customers/{last.id}").json["name"]
        assert len(exported(running.api, "/exports/customers", **{"filter[name]": name})) == 2


def test_questions_are_checked(api):
    api.get("/exports/customers", format="pdf").refused(422, "fields.invalid", "format")
    api.get("/exports/customers", limit=1).refused(422, "fields.invalid", "limit")
    api.get("/exports/customers", sort="x").refused(422, "fields.invalid", "sort")
    api.get("/exports/secrets").refused(404, "not-found")


def somebody(running, company, role, department=None):
    department = department or company.department().id
    joined = company.member(department_id=department)
    member = MemberId(UUID(joined.id))
    if role:
        grant(running.crm, enrolled(running.crm, member), role, department_id=UUID(department))
    company.api.get("/members", after=joined, limit=1).went_well()
    return running.api.acting_as(create_key(running.crm, "x", member).text), joined.id


def test_who_may_not_see_the_list_may_not_take_it(running, company):
    nobody, _ = somebody(running, company, None)
    facts = running.facts()
    for each in EXPORTS:
        nobody.get(f"/exports/{each.model.name}").refused(403, "access.refused")
    assert running.facts() == facts


@pytest.mark.parametrize("form", FORMS)
def test_one_takes_only_what_one_sees_and_masked_cells_are_empty(form, running, company):
    department = company.department().id
    region = company.word("masked")
    mine, theirs = (company.customer(details={"region": region}).id for _ in range(2))
    for customer, owner in (
        (mine, company.member(department_id=department).id),
        (theirs, company.member().id),
    ):
        # Of one's own: who has the same address is a double, and cannot be claimed by another.
        contact = {"name": "Maria Costa", "email": f"{customer}@x.example", "phone": "+86 21 1"}
        company.do(f"/customers/{customer}/contacts", contact, seen=1)
        done = company.do(f"/customers/{customer}/ownership/claim", {"member_id": owner})
    for role, shown in (("sales", True), ("marketing", False)):
        who, _ = somebody(running, company, role, department)
        query = {"filter[region]": region, "format": form}
        heads, *rows = exported(who, "/exports/customers", after=done, **query)
        (row,) = [dict(zip(heads, each, strict=True)) for each in rows]
        assert row["id"] == mine
        assert row["contacts.name"] == "Maria Costa"
        assert row["contacts.email"] == (f"{mine}@x.example" if shown else "")
        assert row["contacts.phone"].lstrip("'") == ("+86 21 1" if shown else "")


def test_money_is_a_number_beside_its_currency_and_hidden_from_whom_it_is_hidden(running, company):
    department = company.department().id
    holder = company.member(department_id=department).id
    customer = company.customer().id
    company.do(f"/customers/{customer}/ownership/claim", {"member_id": holder})
    deal = {"title": "Plotters", "amount": {"amount": "1234567.80", "currency": "CNY"}}
    made = opportunity(company, customer=customer, holder_id=holder, **deal)
    query = {"filter[customer_id]": customer}
    for role, amount in (("sales", "1234567.80"), ("marketing", "")):
        who, _ = somebody(running, company, role, department)
        heads, *rows = exported(who, "/exports/opportunities", after=made, **query)
        (row,) = [dict(zip(heads, each, strict=True)) for each in rows]
        assert (row["id"], row["title"], row["amount.amount"]) == (made.id, "Plotters", amount)
        sorted_ = who.get("/exports/opportunities", sort="amount_key", **query)
        if amount:
            sorted_.went_well()
        else:
            sorted_.refused(403, "access.refused", "sort")


def test_an_order_is_a_row_with_what_is_paid_of_it(api, company):
    placed = order(company, ("pay", {"amount": yuan("100.00")}))
    customer = api.get(f"/orders/{placed.id}", after=placed).json["customer_id"]
    query = {"filter[customer_id]": customer}
    heads, row = exported(api, "/exports/orders", after=placed, **query)
    told = dict(zip(heads, row, strict=True))
    amounts = [told[f"{each}.amount"] for each in ("total", "paid", "open")]
    assert (told["currency"], amounts) == ("CNY", ["300.50", "100.00", "200.50"])


def test_exports_are_counted(dsn, serve):
    with serve(dsn, CONCORD_RATE_EXPORTS="2/minute") as running:
        for _ in range(2):
            running.api.get("/exports/members").went_well()
        running.api.get("/exports/members").refused(429, "rate.limited")
        running.api.get("/members").went_well()
