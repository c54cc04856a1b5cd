"""What a file of customers says, and which files are none."""

import io
import zipfile

import pytest
import xlsxwriter

from application.imports import ImportProblem
from application.imports.sheets import MOST_ROWS
from tests.exchange.sheets import FORMS, errors, made, read

# --- What a file says -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "head",
    [
        ["name", "short_name", "industry", "region", "phone", "tax_id", "website", "address",
         "employees", "tier", "phase", "business"],
        ["名称", "简称", "行业", "地区", "电话", "税号", "网站", "地址", "员工数", "等级", "阶段",
         "主营业务"],
        [" Name ", "Short name", "INDUSTRY", "Region", "Phone", "tax-id", "Website", "Address",
         "Employees", "Tier", "Phase", "Business"],
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(form, head):
    row = ["云河科技", "云河", "IT", "华东", "+86 21 5888", "9131", "https://y.example", "静安",
           120, "重点", "Growing", "云"]  # fmt: skip
    (found,) = read(made(form, head, row), form).good
    assert found.details.name == "云河科技"
    assert found.details.phone == "+86 21 5888"
    assert found.details.employees == 120
    assert found.details.tax_id == "9131"
    assert found.details.phase == "growing"
    assert found.details.business == "云"
    assert found.tier == "key"


def test_a_cell_says_what_it_says():
    content = made("xlsx", ["name", "phone", "employees"], ["=1+1", 8613800000000, 7.0])
    (row,) = read(content, "xlsx").good
    assert (row.details.name, row.details.phone, row.details.employees) == (
        "=1+1",
        "8613800000000",
        7,
    )
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "name")
        sheet.write_formula(1, 0, '="Har"&"bour"', None, "Harbour")
    (row,) = read(file.getvalue(), "xlsx").good
    assert row.details.name == "Harbour"


@pytest.mark.parametrize("form", FORMS)
def test_what_is_wrong_is_told_by_line_and_column(form):
    rows = [
        ["name", "employees", "tier", "phone", "owner"],
        ["Harbour", "many", "gold", "1" * 61, "nobody@x.example"],
        ["", "", "", "", ""],
        ["", "7", "", "", ""],
        ["Yunhe", "7", "", "", ""],
        ["x" * 201, "100000001", "", "", ""],
    ]
    assert errors(made(form, *rows), form) == [
        (2, "employees"),
        (2, "tier"),
        (2, "phone"),
        (2, "owner"),
        (4, "name"),
        (6, "name"),
        (6, "employees"),
    ]
    found = read(made(form, *rows), form)
    assert (found.rows, len(found.good), found.bad) == (4, 1, 3)


def test_equal_rows_have_one_mark_in_both_forms_and_any_order_of_columns():
    first = read(made("csv", ["name", "phone"], ["Harbour", "+86"])).good[0]
    second = read(made("xlsx", ["电话", "名称"], ["+86", "Harbour"]), "xlsx").good[0]
    other = read(made("csv", ["name", "phone"], ["Harbour", "+87"])).good[0]
    assert first.mark == second.mark != other.mark


# --- Files that are none --------------------------------------------------------------------------


def packed(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def changed(part: str, change) -> bytes:
    """A good file with one of its parts changed."""
    file = zipfile.ZipFile(io.BytesIO(made("xlsx", ["name"], ["Harbour"], ["Yunhe"])))
    parts = {name: file.read(name) for name in file.namelist()}
    return packed(**parts | {part: change(parts[part])})


SHEET = "xl/worksheets/sheet1.xml"
FAR = changed(SHEET, lambda data: data.replace(b'r="A3"', b'r="XFD3"'))
DEEP = changed(SHEET, lambda data: data.replace(b'r="3"', b'r="1048576"').replace(
    b'"A3"', b'"B1048576"').replace(b'"A2"', b'"B2"'))  # fmt: skip
ENTITIES = changed(
    SHEET,
    lambda data: data.replace(b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet', 1),
)
SHARED = changed(
    "xl/sharedStrings.xml",
    lambda _: b"<sst><si><t>name</t></si><si><t>" + b"x" * 9_000_000 + b"</t></si></sst>",
)
MANY_TEXTS = changed(
    SHEET,
    lambda data: data.replace(
        b"</sheetData>",
        b"".join(
            b'<row r="%d"><c r="A%d" t="s"><v>1</v></c></row>' % (number, number)
            for number in range(4, 20)
        )
        + b"</sheetData>",
    ),
)


def with_both() -> bytes:
    parts = {}
    for content in (MANY_TEXTS, SHARED):
        file = zipfile.ZipFile(io.BytesIO(content))
        for name in file.namelist():
            if content is MANY_TEXTS or name == "xl/sharedStrings.xml":
                parts[name] = file.read(name)
    return packed(**parts)


@pytest.mark.parametrize(
    ("content", "form", "why"),
    [
        (b"", "csv", "empty"),
        (b"\xef\xbb\xbf", "csv", "empty"),
        (b"\r\n\r\n", "csv", "empty"),
        (b" " * 10 * 2**20, "csv", "empty"),
        (b"name\n" + b" " * 10 * 2**20 + b"x", "csv", "longer than"),
        (b" \n" * 5 * 2**20, "csv", "more than 50,000 rows"),
        (b" " * 21 * 2**20, "csv", "larger than 20 MiB"),
        (b"phone\n1\n", "csv", "lacks the column 'name'"),
        (b"name,colour\nA,red\n", "csv", "'colour'"),
        (b"name,phone,Name\nA,1,B\n", "csv", "'name' more than once"),
        ("名称,name\nA,B\n".encode(), "csv", "'name' more than once"),
        ("名称\n云河\n".encode("gb18030"), "csv", "CSV UTF-8"),
        (b'name\n"A\n', "csv", "breaks at line"),
        (b"name\nA\0\n", "csv", "NUL"),
        (b"name\n" + b"A\n" * (MOST_ROWS + 1), "csv", "more than 50,000 rows"),
        (b"name" + b",x" * 100 + b"\n", "csv", "more than 100 columns"),
        (b"name\nHarbour\n", "xlsx", "no XLSX"),
        (b"", "xlsx", "no XLSX"),
        (packed(a=b"x"), "xlsx", "no workbook"),
        (packed(**{"xl/workbook.xml": b"<x"}), "xlsx", "no XLSX"),
        (packed(**{"xl/workbook.xml": b"<x/>"}), "xlsx", "no XLSX"),
        (packed(**{"xl/workbook.xml": b"<x/>", "a.xml": b" " * 40 * 2**20}), "xlsx", "32 MiB"),
        (FAR, "xlsx", "columns"),
        (DEEP, "xlsx", "too far apart"),
        (ENTITIES, "xlsx", "entities"),
        (with_both(), "xlsx", "texts are too much"),
        (made("xlsx", ["name"], ["A"])[:-30], "xlsx", "no XLSX"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_is_no_table_of_customers_is_refused_in_a_sentence(content, form, why):
    with pytest.raises(ImportProblem, match=why):
        read(content, form)
