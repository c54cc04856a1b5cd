"""Files of customers, as spreadsheets write them."""

import csv
import io

import xlsxwriter

from application.imports.customer_rows import read_customers
from application.imports.sheets import read_sheet
from tests.web.test_exports import XLSX

FORMS = ("csv", "xlsx")
TYPES = {"csv": "text/csv", "xlsx": XLSX}


def made(form: str, *rows) -> bytes:
    """A file as a spreadsheet writes it."""
    if form == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        return b"\xef\xbb\xbf" + text.getvalue().encode()
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                write = sheet.write_string if isinstance(cell, str) else sheet.write
                write(number, column, cell)
    return file.getvalue()


def read(content: bytes, form: str = "csv"):
    return read_customers(read_sheet(content, form), lambda _: None)


def errors(content: bytes, form: str = "csv") -> list[tuple]:
    return [(each.line, each.column) for each in read(content, form).errors]
