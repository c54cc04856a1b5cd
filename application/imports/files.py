"""Other systems' files, row by row: CSV, XES event logs and JSON Lines, gzipped or not.

Nothing is held but the row at hand. A file that is broken is an ``ImportProblem``; a row that is
broken while the rest can be read is a ``BadRow`` among the rows.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import orjson

from application.imports.mapping import FileForm, Format, ImportProblem

_CHUNK = 1 << 16
csv.field_size_limit(1 << 24)  # an over-long text is a bad row; Python's limit would stop the file
_GZIP = b"\x1f\x8b"
_ENDINGS = {".csv": Format.CSV, ".xes": Format.XES, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL}


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in the file: the number of its line, and what its columns hold."""

    number: int
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not imported, where it stands, and why."""

    line: int
    column: str | None
    why: str

    def __str__(self) -> str:
        """Say it in one sentence."""
        where = f", column {self.column!r}" if self.column else ""
        return f"Line {self.line}{where}: {self.why}"


Lines = Iterator[Line | BadRow]


def sha256_of(file: Path) -> str:
    """Return the hash of the file's bytes. Raises ``ImportProblem`` where it cannot be read."""
    with _understood(file), file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def read_lines(file: Path, form: FileForm, wanted: Collection[str]) -> Lines:
    """Read a file's rows, of their columns only those wanted.

    Raises ``ImportProblem`` where the file cannot be read or is broken, and where it has rows but
    lacks a wanted column.
    """
    kind = form.format or _format_of(file)
    with _understood(file), _opened(file) as content:
        match kind:
            case Format.CSV:
                yield from _csv(content, form, wanted)
            case Format.XES:
                yield from _with_all(wanted, _xes(content, frozenset(wanted)))
            case Format.JSONL:
                yield from _with_all(wanted, _json_lines(content, wanted))


def _format_of(file: Path) -> Format:
    named = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    if (kind := _ENDINGS.get(named.suffix.lower())) is None:
        endings = ", ".join(_ENDINGS)
        raise ImportProblem(
            f"{file.name} ends in none of {endings}: say file.format (csv, xes, jsonl) in the map."
        )
    return kind


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with file.open("rb") as content:
        zipped = content.peek(2)[:2] == _GZIP
        if file.suffix.lower() == ".gz" and not zipped:
            raise ImportProblem("it is named .gz but is not gzipped.")
        if not zipped:
            yield content
            return
        with gzip.open(content) as unzipped:
            yield unzipped  # type: ignore[misc]  # a GzipFile reads as any file of bytes


@contextmanager
def _understood(file: Path) -> Iterator[None]:
    try:
        yield
    except ImportProblem as problem:
        raise ImportProblem(f"{file.name}: {problem}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportProblem(f"{file.name}: the gzip file is broken: {error}.") from error
    except UnicodeError as error:
        raise ImportProblem(
            f"{file.name}: it is not written in the encoding that file.encoding says: {error}."
        ) from error
    except OSError as error:
        raise ImportProblem(f"{file} cannot be read: {error.strerror or error}.") from error


def _with_all(wanted: Collection[str], lines: Lines) -> Lines:
    """Refuse a file in which a wanted column never occurs: most likely a slip in the map."""
    missing, read = set(wanted), False
    for line in lines:
        if isinstance(line, Line):
            read = True
            missing -= line.cells.keys()
        yield line
    if read and missing:
        raise ImportProblem(f"no row has the column {min(missing)!r} that the map names.")


# --- CSV --------------------------------------------------------------------------------------


def _csv(content: IO[bytes], form: FileForm, wanted: Collection[str]) -> Lines:
    encoding = "utf-8-sig" if form.encoding.lower() in {"utf-8", "utf8"} else form.encoding
    text = io.TextIOWrapper(content, encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=form.delimiter, strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        places = {column: _place(header, column) for column in wanted}
        start = reader.line_num + 1
        for row in reader:
            if len(row) > len(header):
                yield BadRow(start, None, f"It has {len(row)} cells, the header {len(header)}.")
            elif row:
                yield Line(start, {c: row[i] for c, i in places.items() if i < len(row)})
            start = reader.line_num + 1
    except csv.Error as error:
        raise ImportProblem(f"the CSV breaks at line {reader.line_num}: {error}.") from error
    finally:
        text.detach()  # the file is closed by who opened it


def _place(header: list[str], column: str) -> int:
    match header.count(column):
        case 0:
            has = ", ".join(header) or "nothing"
            raise ImportProblem(f"the header lacks the column {column!r}; it has {has}.")
        case 1:
            return header.index(column)
        case _:
            raise ImportProblem(f"the header has the column {column!r} more than once.")


# --- JSON Lines -------------------------------------------------------------------------------


def _json_lines(content: IO[bytes], wanted: Collection[str]) -> Lines:
    for number, line in enumerate(content, start=1):
        written = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not written:
            continue
        try:
            row = orjson.loads(written)
        except orjson.JSONDecodeError as error:
            yield BadRow(number, None, f"It is not JSON: {error.msg} at character {error.pos + 1}.")
            continue
        if isinstance(row, dict):
            yield Line(number, {column: row[column] for column in wanted if column in row})
        else:
            yield BadRow(number, None, "It is not a JSON object.")


# --- XES --------------------------------------------------------------------------------------


def _xes(content: IO[bytes], wanted: frozenset[str]) -> Lines:
    parser = expat.ParserCreate()
    log = _XesLog(parser, wanted)
    try:
        while chunk := content.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from log.taken()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code)
        raise ImportProblem(f"the XML breaks at line {error.lineno}: {why}.") from error
    yield from log.taken()


class _XesLog:
    """Collects events as the parser meets them; a trace's attributes are columns ``case:…``."""

    def __init__(self, parser: expat.XMLParserType, wanted: frozenset[str]) -> None:
        self._parser = parser
        self._wanted = wanted
        self._path: list[str] = []
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] = {}
        self._line = 0
        self._events: list[Line] = []
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._entity

    def taken(self) -> list[Line]:
        """Hand over the events met since the last time."""
        events, self._events = self._events, []
        return events

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = name.rpartition(":")[2]
        holder = self._path[-1] if self._path else None
        self._path.append(element)
        if holder is None and element != "log":
            raise ImportProblem(f"it is not an XES log: its root is <{name}>, not <log>.")
        if element == "trace":
            self._trace = {}
        elif element == "event":
            self._event, self._line = dict(self._trace), self._parser.CurrentLineNumber
        elif holder == "event":
            self._keep(self._event, attributes.get("key", ""), attributes)
        elif holder == "trace":
            self._keep(self._trace, f"case:{attributes.get('key', '')}", attributes)

    def _keep(self, cells: dict[str, str], column: str, attributes: dict[str, str]) -> None:
        if column in self._wanted:
            cells[column] = attributes.get("value", "")

    def _end(self, _: str) -> None:
        match self._path.pop():
            case "event":
                self._events.append(Line(self._line, self._event))
            case "trace":
                self._trace = {}

    def _entity(self, *_: Any) -> None:
        raise ImportProblem("its XML declares entities; an event log needs none.")
