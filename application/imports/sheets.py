"""Tables that people keep, CSV or XLSX, as rows of text: read whole, within limits.

What an XLSX file unpacks to, and how far its cells lie apart, is looked at before it is read: a
small file can be written that would fill the memory.
"""

import csv
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineWorkbook

from application.cells import unguarded
from application.imports.mapping import ImportProblem

MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_CELL = 10_000
LARGEST_FILE = 20 * 2**20
LARGEST_UNPACKED = 32 * 2**20
MOST_CELLS = 2_000_000
MOST_TEXT = 64_000_000
FORMS = ("csv", "xlsx")
_DIGITS = re.compile("[0-9]{1,7}")
_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_NEEDED = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row and the number of its line in the file."""

    line: int
    cells: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not any(cell.strip() for cell in self.cells)


def read_sheet(content: bytes, form: str) -> list[SheetRow]:
    """Read a file's rows that are not empty, its header first.

    Raises ``ImportProblem`` where it is not of that form, is empty, or is larger than the limits.
    """
    if len(content) > LARGEST_FILE:
        raise ImportProblem(f"The file is larger than {LARGEST_FILE // 2**20} MiB; divide it.")
    found: list[SheetRow] = []
    rows = _csv(content) if form == "csv" else _xlsx(content)
    for number, row in enumerate(rows):
        if max(len(found), number // 2) > MOST_ROWS:  # empty ones count by half
            raise ImportProblem(f"The file has more than {MOST_ROWS:,} rows; divide it.")
        if row.is_empty:
            continue
        if len(row.cells) > MOST_COLUMNS and any(row.cells[MOST_COLUMNS:]):
            raise ImportProblem(f"Line {row.line} has more than {MOST_COLUMNS} columns.")
        if any(len(cell) > LONGEST_CELL for cell in row.cells):
            raise ImportProblem(f"Line {row.line} has a cell longer than {LONGEST_CELL:,}.")
        found.append(row)
    if not found:
        raise ImportProblem("The file is empty: its first row must name the columns.")
    return found


# --- CSV ------------------------------------------------------------------------------------------


def _csv(content: bytes) -> Iterator[SheetRow]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportProblem(
            f"The file is not UTF-8 (at byte {error.start}): save it as 'CSV UTF-8'."
        ) from error
    if "\0" in text:
        raise ImportProblem("The file is no CSV: it has NUL characters.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            yield SheetRow(start, [unguarded(cell) for cell in cells])
            start = reader.line_num + 1
    except csv.Error as error:
        raise ImportProblem(f"The CSV breaks at line {reader.line_num}: {error}.") from error


# --- XLSX -----------------------------------------------------------------------------------------


def _xlsx(content: bytes) -> Iterator[SheetRow]:
    safe = _unpacked(content)
    try:
        book = CalamineWorkbook.from_filelike(safe)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # what panics inside the library is no ``Exception``
        raise _no_xlsx(error) from error
    for line, cells in enumerate(rows, start=1):
        yield SheetRow(line, [_text(cell) for cell in cells])


def _unpacked(content: bytes) -> io.BytesIO:
    """Pack a file's parts anew, each as large as it says and looked into."""
    packed = io.BytesIO()
    left, weight = LARGEST_UNPACKED, Weight()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(packed, "w") as safe:
            if _NEEDED not in parts.namelist():
                raise _no_xlsx("it has no workbook")
            for part in parts.infolist():
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                if part.filename in safe.namelist():
                    raise _no_xlsx(f"{part.filename} is in it twice")
                if (left := left - part.file_size) < 0:
                    unpacked = LARGEST_UNPACKED // 2**20
                    raise ImportProblem(f"The file unpacks to more than {unpacked} MiB.")
                data = parts.read(part)
                weight.add(data)
                safe.writestr(part.filename, data)
        weight.check()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _no_xlsx(error) from error
    except expat.ExpatError as error:
        raise _no_xlsx(expat.ErrorString(error.code)) from error
    packed.seek(0)
    return packed


def _no_xlsx(why: object) -> ImportProblem:
    return ImportProblem(f"The file is no XLSX that can be read: {str(why).rstrip('.')}.")


class Weight:
    """How much memory a file's cells would take: those between the outermost, and their texts.

    A text that many cells share stands in the file once, and once for each of them in the memory.
    """

    def __init__(self) -> None:
        self._shared: list[list[int]] = []
        """How long the shared texts of each part are."""
        self._uses: Counter[int] = Counter()
        """How many cells show each shared text."""
        self._row = self._column = self._width = self._cells = 0
        self._is_shared = self._in_value = False
        self._value = ""
        self._length = 0

    def add(self, data: bytes) -> None:
        """Look at a part. Raises ``ImportProblem`` where its cells are too many, or too far apart.

        Raises ``expat.ExpatError`` where it is no XML.
        """
        self._row = self._column = self._width = 0
        self._shared.append([])
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        parser.Parse(data, True)

    def check(self) -> None:
        """Raise ``ImportProblem`` where the texts are too much."""
        for lengths in self._shared:
            known = [(lengths[each], uses) for each, uses in self._uses.items()
                     if each < len(lengths)]  # fmt: skip
            if sum(length * uses for length, uses in known) > MOST_TEXT:
                raise ImportProblem("The file's texts are too much to be read; divide it.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                place = attributes.get("r", "")
                self._row = int(place) if _DIGITS.fullmatch(place) else self._row + 1
                self._column = 0
            case "c":
                found = _PLACE.fullmatch(attributes.get("r", ""))
                self._column = _number(found[1]) if found else self._column + 1
                self._row = int(found[2]) if found else self._row
                self._width = max(self._width, self._column)
                self._cells += 1
                self._is_shared = attributes.get("t") == "s"
                if max(self._row * self._width, self._cells) > MOST_CELLS:
                    raise ImportProblem("The file's cells are too many, or lie too far apart.")
            case "v":
                self._in_value, self._value = True, ""
            case "si":
                self._length = 0

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._in_value and self._is_shared:
            self._value += text

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v":
                self._in_value = False
                if self._is_shared and _DIGITS.fullmatch(self._value.strip()):
                    self._uses[int(self._value)] += 1
            case "si":
                self._shared[-1].append(self._length)

    def _entity(self, *_: Any) -> None:
        raise ImportProblem("The file is no XLSX that can be read: its XML declares entities.")


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _text(cell: Any) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))  # a telephone number that the spreadsheet took for a number
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)
