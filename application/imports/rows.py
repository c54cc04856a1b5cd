"""What the rows of a file say in our words: checked, gathered by case, in order of time."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from sys import intern
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from application.imports.files import BadRow, Line, read_lines
from application.imports.mapping import ImportMap, ImportProblem, Means, TimeForm
from domain.support.words import RequestKind
from domain.values import NAME, TEXT, ContactChannel

Progress = Callable[[int, int], None]
"""Told how many rows are done and how many there are; 0 while that is not known yet."""

BAD_ROWS_SHOWN = 100
ROWS_OF_A_CASE = 100_000
"""A case is recorded in one transaction; more rows than this are most likely no case at all."""
_TELL_EVERY = 1000

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_TEXTS = frozenset({"text", "resolution"})
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what was done to which case, when and by whom.

    ``mark`` is the fingerprint of its case, time, step, actor and text, and of its number among
    equal rows: the same row has the same mark in every file that holds it.
    """

    line: int
    mark: str
    case: str
    time: datetime
    step: str
    customer: str
    actor: str | None
    queue: str | None
    title: str
    kind: RequestKind
    channel: ContactChannel
    text: str
    resolution: str


@dataclass
class Reading:
    """What a file holds: the rows that can be imported, case by case, and a count of the others."""

    cases: dict[str, list[Row]] = field(default_factory=dict)
    rows: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)

    @property
    def good(self) -> int:
        """How many rows can be imported."""
        return sum(map(len, self.cases.values()))

    def refuse(self, row: BadRow) -> None:
        """Count a bad row; the first of them are shown."""
        self.bad += 1
        if len(self.bad_rows) < BAD_ROWS_SHOWN:
            self.bad_rows.append(row)


def read_rows(file: Path, map_: ImportMap, progress: Progress) -> Reading:
    """Read a file whole. Raises ``ImportProblem`` where it is broken or does not fit the map."""
    reading = Reading()
    reader = _RowReader(map_)
    for line in read_lines(file, map_.file, set(map_.columns.mapped.values())):
        reading.rows += 1
        _take(line, reader, reading)
        if not reading.rows % _TELL_EVERY:
            progress(reading.rows, 0)
    for case, rows in reading.cases.items():
        if len(rows) > ROWS_OF_A_CASE:
            raise ImportProblem(
                f"{file.name}: the case {_short(case)} has {len(rows)} rows;"
                f" is {map_.columns.case!r} really the column of the case?"
            )
        rows.sort(key=lambda row: row.time)  # a stable sort: the file's order breaks ties
    return reading


def _take(line: Line | BadRow, reader: "_RowReader", reading: Reading) -> None:
    if isinstance(line, BadRow):
        reading.refuse(line)
        return
    try:
        row = reader.row(line)
    except _Unmapped as unmapped:
        reading.unmapped[unmapped.value] += 1
    except _BadCell as bad:
        reading.refuse(BadRow(line.number, bad.column, bad.why))
    else:
        reading.cases.setdefault(row.case, []).append(row)


class _Unmapped(Exception):
    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class _BadCell(Exception):
    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


class _NoOffset(Exception):
    """A time that may be any of two dozen."""


class _RowReader:
    """Reads one line after the other by the map."""

    def __init__(self, map_: ImportMap) -> None:
        self._map = map_
        self._columns = map_.columns.mapped
        self._time = _time_reader(map_.time)
        self._equal: Counter[bytes] = Counter()

    def row(self, line: Line) -> Row:
        cells = line.cells
        step = intern(self._required("step", cells))
        if step not in self._map.steps:
            raise _Unmapped(step)
        case = intern(self._required("case", cells))
        time = self._when(cells)
        named = self._named("actor", cells)
        text = self._cell("text", cells)
        return Row(
            line=line.number,
            case=case,
            time=time,
            step=step,
            customer=intern(self._required("customer", cells)),
            # Whoever wrote as the customer is no colleague, even where the file has one column.
            actor=None if self._map.steps[step].means is Means.CUSTOMER_WROTE else named,
            queue=self._named("queue", cells),
            title=intern(self._cell("title", cells) or self._titled(case)),
            kind=self._word("kind", cells, self._map.kinds, self._map.request.kind),
            channel=self._word("channel", cells, self._map.channels, self._map.request.channel),
            text=text or step,
            resolution=self._cell("resolution", cells) or step,
            mark=self._mark(case, time.isoformat(), step, named or "", text or ""),
        )

    def _mark(self, *words: str) -> str:
        told = "\x1f".join(words).encode()
        digest = hashlib.blake2b(told, digest_size=10).digest()
        self._equal[digest] += 1
        numbered = digest + str(self._equal[digest]).encode()
        return hashlib.blake2b(numbered, digest_size=10).hexdigest()

    def _titled(self, case: str) -> str:
        title = self._map.request.title.replace("{case}", case)
        if len(title) > NAME:
            raise _BadCell(self._columns["case"], f"The title would be longer than {NAME}.")
        return title

    def _when(self, cells: Mapping[str, Any]) -> datetime:
        written = self._required("time", cells)
        try:
            return self._time(written)
        except (ValueError, OverflowError):
            form = self._map.time.format
            expected = f"in the form {form!r}" if form else "as ISO 8601 writes it"
            why = f"{_short(written)} is no time {expected}."
        except _NoOffset:
            why = f"{_short(written)} has no offset, and the map's time.timezone names no zone."
        raise _BadCell(self._columns["time"], why)

    def _named(self, role: str, cells: Mapping[str, Any]) -> str | None:
        value = self._cell(role, cells)
        return intern(value) if value else None

    def _word(
        self, role: str, cells: Mapping[str, Any], words: Mapping[str, Word], usual: Word
    ) -> Word:
        value = self._cell(role, cells)
        if value is None:
            return usual
        if (named := words.get(value)) is not None:
            return named
        try:
            return type(usual)(value)
        except ValueError:
            why = f"{_short(value)} is no {role}; the map's [{role}s] may say which one it is."
            raise _BadCell(self._columns[role], why) from None

    def _required(self, role: str, cells: Mapping[str, Any]) -> str:
        value = self._cell(role, cells)
        if value is None:
            raise _BadCell(self._columns[role], "It is empty.")
        return value

    def _cell(self, role: str, cells: Mapping[str, Any]) -> str | None:
        column = self._columns.get(role)
        value = cells.get(column) if column else None
        if column is None or value is None:
            return None
        text = _text(column, value).strip()
        longest, control = (TEXT, _CONTROL_IN_TEXT) if role in _TEXTS else (NAME, _CONTROL)
        if len(text) > longest:
            raise _BadCell(column, f"It has {len(text)} characters; {longest} are allowed.")
        if found := control.search(text):
            raise _BadCell(column, f"It contains the character U+{ord(found.group()):04X}.")
        return text or None


def _text(column: str, value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            raise _BadCell(column, "It is neither a text nor a number.")


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:59] + "…")  # noqa: PLR2004 - fits a line


def _time_reader(form: TimeForm) -> Callable[[str], datetime]:
    zone = ZoneInfo(form.timezone) if form.timezone else None

    def read(written: str) -> datetime:
        time = (
            datetime.strptime(written, form.format)  # noqa: DTZ007 - the zone is looked at below
            if form.format
            else datetime.fromisoformat(written)
        )
        if time.tzinfo is None:
            if zone is None:
                raise _NoOffset
            time = time.replace(tzinfo=zone)
        return time.astimezone(UTC)

    return read
