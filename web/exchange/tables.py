"""Tables as files that spreadsheets open: CSV with its mark of UTF-8, and XLSX.

Rows are written as they come, to a file beside the memory; a number stays a number, and no text
is ever run as a formula.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import IO

import xlsxwriter

from application.cells import guarded

Cell = str | int | Decimal | None
Rows = Iterable[Sequence[Cell]]

LONGEST_CELL = 32_767
"""How much text a cell of a spreadsheet holds; what is longer is cut off there."""


def _csv(rows: Rows, file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    text.flush()
    text.detach()  # the file goes on to be read


def _xlsx(rows: Rows, file: IO[bytes]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell[:LONGEST_CELL])
                elif cell is not None:
                    sheet.write_number(number, column, cell)


WRITERS: Mapping[str, Callable[[Rows, IO[bytes]], None]] = MappingProxyType(
    {"csv": _csv, "xlsx": _xlsx}
)
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)


def written(form: str, rows: Rows) -> IO[bytes]:
    """Write a table into a file that nobody else sees; it is gone when it is closed."""
    file = tempfile.TemporaryFile(prefix="concord-export-")  # noqa: SIM115 - the answer closes it
    try:
        WRITERS[form](rows, file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
